package geo_test

import (
	"cmp"
	"fmt"
	"math"
	"math/rand/v2"
	"runtime"
	"slices"
	"testing"

	gocmp "github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"pgregory.net/rapid"

	"roundsman/geo"
)

// scan is the oracle: every distance, and then the order.
func scan(points []geo.Point, p geo.Point, metres float64) []geo.Hit {
	var out []geo.Hit
	for i, q := range points {
		w := q.WGS84()
		if d := geo.Distance(p, q); d <= metres && math.Abs(w.Lat) <= 90 && math.Abs(w.Lng) <= 180 {
			out = append(out, geo.Hit{ID: int32(i), Metres: d})
		}
	}
	slices.SortFunc(out, nearer)
	return out
}

func nearer(a, b geo.Hit) int {
	return cmp.Or(cmp.Compare(a.Metres, b.Metres), cmp.Compare(a.ID, b.ID))
}

// scattered draws places in a few heaps, at addresses that some share, and some
// anywhere, in all datums, and among them what is no place.
func scattered(t *rapid.T) []geo.Point {
	r := rand.New(rand.NewPCG(rapid.Uint64().Draw(t, "seed"), 1))
	datums := []geo.Datum{geo.WGS84, geo.GCJ02, geo.BD09}
	centre := rapid.SampledFrom([]geo.Point{
		wgs84(31.23, 121.47), wgs84(39.9, 116.4), wgs84(0, 0.001), wgs84(0.0001, -180), wgs84(-17, 179.9999), wgs84(65, 180),
		wgs84(90, 0), wgs84(89.999, 50), wgs84(-90, 10), wgs84(-89.6, -179.9), wgs84(25.4, 119.92), wgs84(-33.9, 151.2),
	})
	var out []geo.Point
	for range 1 + r.IntN(3) {
		middle := centre.Draw(t, "centre")
		spread := math.Pow(10, 1+5*r.Float64())
		for range r.IntN(150) {
			p := geo.Offset(middle, spread*math.Abs(r.NormFloat64()), 360*r.Float64()).In(datums[r.IntN(3)])
			out = append(out, p)
			if r.IntN(5) == 0 {
				out = append(out, p, p)
			}
		}
		out = append(out, middle)
	}
	for range r.IntN(50) {
		out = append(out, geo.Point{Lat: 180*r.Float64() - 90, Lng: 360*r.Float64() - 180, Datum: datums[r.IntN(3)]})
	}
	out = append(out, geo.Point{}, wgs84(math.NaN(), 1), wgs84(91, 1), geo.Point{Lat: 1, Lng: 1}, wgs84(90, 180), wgs84(-90, -180), wgs84(1, 180), wgs84(1, -180))
	r.Shuffle(len(out), func(i, j int) { out[i], out[j] = out[j], out[i] })
	return out
}

func TestIndexFindsWhatAScanFinds(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		points := scattered(t)
		x := geo.NewIndex(points)
		for range 20 {
			p := rapid.SampledFrom(points).Draw(t, "at")
			if p.Valid() && rapid.Bool().Draw(t, "beside") {
				p = geo.Offset(p, math.Pow(10, rapid.Float64Range(-3, 5.5).Draw(t, "log metres")), rapid.Float64Range(0, 360).Draw(t, "bearing"))
			}
			if w := p.WGS84(); math.Abs(w.Lat) > 90 || math.Abs(w.Lng) > 180 {
				continue
			}
			metres := rapid.OneOf(rapid.SampledFrom([]float64{0, 50, 300, 2000, 100000}), rapid.Float64Range(0, 100000)).Draw(t, "metres")
			want := scan(points, p, metres)
			if len(want) > 0 && rapid.Bool().Draw(t, "to the last") {
				metres = want[len(want)-1].Metres // the limit is in it
			}
			earlier := geo.Hit{ID: -1}
			got := x.Within([]geo.Hit{earlier}, p, metres)
			if diff := gocmp.Diff(append([]geo.Hit{earlier}, want...), got); diff != "" {
				t.Fatalf("within %v m of %v (-scan +index):\n%s", metres, p, diff)
			}
			n := rapid.SampledFrom([]int{1, 2, 10, 1000}).Draw(t, "n")
			got = x.Nearest([]geo.Hit{earlier}, p, n, metres)
			if diff := gocmp.Diff(append([]geo.Hit{earlier}, want[:min(n, len(want))]...), got); diff != "" {
				t.Fatalf("the %d nearest within %v m of %v (-scan +index):\n%s", n, metres, p, diff)
			}
		}
	})
}

func TestIndexBounds(t *testing.T) {
	t.Parallel()
	here := wgs84(31.23, 121.47)
	far := geo.Offset(here, 90000, 90)
	x := geo.NewIndex([]geo.Point{{}, here, geo.Offset(here, 100001, 0), far, wgs84(math.NaN(), 0)})
	if x.Len() != 3 {
		t.Errorf("%d places", x.Len())
	}
	for name, tt := range map[string]struct {
		x      *geo.Index
		p      geo.Point
		metres float64
		want   []int32
	}{
		"far":       {x, here, 95000, []int32{1, 3}},
		"unbounded": {x, here, math.Inf(1), []int32{1, 3}},
		"zero":      {x, here, 0, []int32{1}},
		"negative":  {x, here, -1, nil},
		"nan":       {x, here, math.NaN(), nil},
		"no_place":  {x, geo.Point{}, 1000, nil},
		"no_number": {x, wgs84(math.NaN(), 121), 1000, nil},
		"antipode":  {x, wgs84(-31.23, -58.53), math.Inf(1), nil},
		"no_points": {geo.NewIndex(nil), here, 1000, nil},
		"no_index":  {&geo.Index{}, here, 1000, nil},
		"south":     {x, wgs84(-90, 0), math.Inf(1), nil},
		"north":     {x, wgs84(90, 0), math.Inf(1), nil},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			for what, got := range map[string][]geo.Hit{"within": tt.x.Within(nil, tt.p, tt.metres), "nearest": tt.x.Nearest(nil, tt.p, 5, tt.metres)} {
				var ids []int32
				for _, h := range got {
					ids = append(ids, h.ID)
				}
				if diff := gocmp.Diff(tt.want, ids, cmpopts.EquateEmpty()); diff != "" {
					t.Errorf("%s (-want +got):\n%s", what, diff)
				}
			}
			for _, n := range []int{0, -1} {
				if got := tt.x.Nearest(nil, tt.p, n, tt.metres); got != nil {
					t.Errorf("%d nearest: %v", n, got)
				}
			}
		})
	}
	same := geo.NewIndex(slices.Repeat([]geo.Point{here}, 3000))
	got := same.Nearest(nil, here, 1<<40, 10)
	if len(got) != geo.MaxNearest || got[0].ID != 0 || got[geo.MaxNearest-1].ID != geo.MaxNearest-1 {
		t.Errorf("found %d of 3000 places at one address", len(got))
	}
}

// million is a million places: 200 cities of 4,000 with a deviation of 8 km, and
// the rest anywhere between the borders' extremes.
func million() []geo.Point {
	r := rand.New(rand.NewPCG(1, 1))
	out := make([]geo.Point, 0, 1000000)
	anywhere := func() geo.Point { return wgs84(18+35*r.Float64(), 74+60*r.Float64()) }
	for range 200 {
		city := anywhere()
		for range 4000 {
			north, east := 8000*r.NormFloat64(), 8000*r.NormFloat64()
			out = append(out, geo.Offset(city, math.Hypot(north, east), math.Atan2(east, north)*180/math.Pi))
		}
	}
	for len(out) < cap(out) {
		out = append(out, anywhere())
	}
	return out
}

func TestIndexOfAMillion(t *testing.T) {
	t.Parallel()
	if testing.Short() {
		t.Skip("takes a second")
	}
	points := million()
	var before, after runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&before)
	x := geo.NewIndex(points)
	runtime.GC()
	runtime.ReadMemStats(&after)
	// Other tests of the package keep little beside it.
	mb := (float64(after.HeapAlloc) - float64(before.HeapAlloc)) / 1e6
	t.Logf("%.1f MB", mb)
	if mb > 100 {
		t.Errorf("it takes %.1f MB", mb)
	}
	r := rand.New(rand.NewPCG(5, 6))
	for range 10 {
		p := geo.Offset(points[r.IntN(len(points))], 100, 360*r.Float64())
		box := geo.Around(p, 20000)
		var want []geo.Hit
		for i, q := range points {
			if !box.Contains(q) {
				continue
			}
			if d := geo.Distance(p, q); d <= 20000 {
				want = append(want, geo.Hit{ID: int32(i), Metres: d})
			}
		}
		slices.SortFunc(want, nearer)
		if diff := gocmp.Diff(want, x.Within(nil, p, 20000)); diff != "" {
			t.Errorf("within 20 km of %v (-scan +index):\n%s", p, diff)
		}
		if diff := gocmp.Diff(want[:min(3, len(want))], x.Nearest(nil, p, 3, 20000)); diff != "" {
			t.Errorf("nearest to %v (-scan +index):\n%s", p, diff)
		}
	}
	runtime.KeepAlive(points)
}

func TestIndexAllocatesNothing(t *testing.T) {
	points := city(10000)
	x := geo.NewIndex(points)
	hits := make([]geo.Hit, 0, len(points))
	i := 0
	if allocs := testing.AllocsPerRun(1000, func() {
		hits = x.Within(hits[:0], points[i%len(points)], 300)
		hits = x.Nearest(hits, points[i%len(points)], 5, 5000)
		i++
	}); allocs != 0 {
		t.Errorf("%v allocations", allocs)
	}
}

func BenchmarkIndex(b *testing.B) {
	points := million()
	x := geo.NewIndex(points)
	r := rand.New(rand.NewPCG(2, 2))
	asked := make([]geo.Point, 4096)
	for i := range asked {
		asked[i] = geo.Offset(points[r.IntN(len(points))], 300*r.Float64(), 360*r.Float64())
	}
	hits := make([]geo.Hit, 0, 10000)
	for _, metres := range []float64{300, 3000} {
		b.Run(fmt.Sprintf("within_%v_m", metres), func(b *testing.B) {
			b.ReportAllocs()
			found, i := 0, 0
			for b.Loop() {
				hits = x.Within(hits[:0], asked[i%len(asked)], metres)
				found += len(hits)
				i++
			}
			b.ReportMetric(float64(found)/float64(b.N), "hits/op")
		})
	}
	for _, n := range []int{1, 10} {
		b.Run(fmt.Sprintf("nearest_%d", n), func(b *testing.B) {
			b.ReportAllocs()
			i := 0
			for b.Loop() {
				hits = x.Nearest(hits[:0], asked[i%len(asked)], n, geo.MaxIndexMetres)
				if len(hits) != n {
					b.Fatalf("found %d", len(hits))
				}
				i++
			}
		})
	}
	b.Run("make", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			geo.NewIndex(points)
		}
	})
}
