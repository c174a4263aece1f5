package geo_test

import (
	"errors"
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	golanggeo "github.com/kellydunn/golang-geo"
	"pgregory.net/rapid"

	"roundsman/geo"
)

// polygon makes vertices of pairs of latitude and longitude.
func polygon(d geo.Datum, latLng ...float64) []geo.Point {
	var out []geo.Point
	for i := 0; i < len(latLng); i += 2 {
		out = append(out, geo.Point{Lat: latLng[i], Lng: latLng[i+1], Datum: d})
	}
	return out
}

func mustFence(t testing.TB, vertices []geo.Point) geo.Fence {
	t.Helper()
	f, err := geo.NewFence(vertices)
	if err != nil {
		t.Fatal(err)
	}
	return f
}

// ring is n vertices on a circle around the place.
func ring(n int, lat, lng, degrees float64) []geo.Point {
	var out []geo.Point
	for i := range n {
		sin, cos := math.Sincos(2 * math.Pi * float64(i) / float64(n))
		out = append(out, wgs84(lat+degrees*sin, lng+degrees*cos))
	}
	return out
}

func TestNewFenceRefusesWhatIsNoFence(t *testing.T) {
	t.Parallel()
	square := []float64{31, 121, 31, 121.01, 31.01, 121.01, 31.01, 121}
	for name, tt := range map[string]struct {
		vertices []geo.Point
		want     error
		vertex   int
	}{
		"square":            {vertices: polygon(geo.GCJ02, square...)},
		"triangle":          {vertices: polygon(geo.WGS84, square[:6]...)},
		"closed":            {vertices: polygon(geo.WGS84, slices.Concat(square, square[:2])...)},
		"one_twice":         {vertices: polygon(geo.WGS84, slices.Concat(square[:2], square)...)},
		"two_hundred":       {vertices: ring(200, 31, 121, 0.01)},
		"closed_ring":       {vertices: append(ring(200, 31, 121, 0.01), wgs84(31, 121.01))},
		"nothing":           {want: geo.ErrFenceVertices},
		"two":               {vertices: polygon(geo.WGS84, square[:4]...), want: geo.ErrFenceVertices},
		"two_and_back":      {vertices: polygon(geo.WGS84, 31, 121, 31, 121.01, 31, 121), want: geo.ErrFenceVertices},
		"two_taking_turns":  {vertices: polygon(geo.WGS84, 31, 121, 31, 121.01, 31, 121, 31, 121.01), want: geo.ErrFenceVertices},
		"two_hundred_one":   {vertices: ring(201, 31, 121, 0.01), want: geo.ErrFenceTooMany},
		"a_million":         {vertices: make([]geo.Point, 1000000), want: geo.ErrFenceTooMany},
		"no_place":          {vertices: polygon(geo.WGS84, 31, 121, 31, math.NaN(), 31.01, 121), want: geo.ErrNotANumber, vertex: 2},
		"no_datum":          {vertices: polygon("", square...), want: geo.ErrDatum, vertex: 1},
		"swapped":           {vertices: polygon(geo.GCJ02, 31, 121, 31, 121.01, 121.01, 31.01), want: geo.ErrSwapped, vertex: 3},
		"mixed_datums":      {vertices: append(polygon(geo.GCJ02, square[:6]...), wgs84(31.01, 121)), want: geo.ErrFenceDatums, vertex: 4},
		"at_the_pole":       {vertices: polygon(geo.WGS84, -89, 1, -89, 1.01, -89.01, 1), want: geo.ErrOutOfRange, vertex: 1},
		"antimeridian":      {vertices: polygon(geo.WGS84, -17, 179.99, -17, -179.99, -17.01, 179.99), want: geo.ErrFenceSpan},
		"half_the_globe":    {vertices: polygon(geo.WGS84, 31, -60, 31, 120, 31.01, 121), want: geo.ErrFenceSpan},
		"too_wide":          {vertices: polygon(geo.WGS84, 31, 121, 31, 121.22, 31.01, 121), want: geo.ErrFenceSize},
		"as_wide_as_it_may": {vertices: polygon(geo.WGS84, 31, 121, 31, 121.209, 31.01, 121)},
		"wide_up_north":     {vertices: polygon(geo.WGS84, 60, 25, 60, 25.35, 60.01, 25)},
		"wide_south":        {vertices: polygon(geo.WGS84, -60, 25, -60, 25.37, -60.01, 25), want: geo.ErrFenceSize},
		"too_high":          {vertices: polygon(geo.WGS84, 31, 121, 31.18, 121.01, 31.01, 121), want: geo.ErrFenceSize},
		"on_a_line":         {vertices: polygon(geo.WGS84, 31, 121, 31.01, 121.01, 31.02, 121.02), want: geo.ErrFenceArea},
		"there_and_back":    {vertices: polygon(geo.WGS84, 31, 121, 31, 121.01, 31, 121.02, 31, 121.005), want: geo.ErrFenceArea},
		"half_a_metre":      {vertices: polygon(geo.WGS84, 31, 121, 31, 121.000005, 31.000005, 121.000005, 31.000005, 121), want: geo.ErrFenceArea},
		"an_8":              {vertices: polygon(geo.WGS84, 31, 121, 31.01, 121.01, 31.01, 121, 31, 121.01), want: geo.ErrFenceCrosses},
		"an_8_of_two_sizes": {vertices: polygon(geo.WGS84, 31, 121, 31.01, 121.01, 31.01, 121, 31, 121.02), want: geo.ErrFenceCrosses},
		"touching_an_edge":  {vertices: polygon(geo.WGS84, 31, 121, 31, 121.02, 31.01, 121.02, 31, 121.01, 31.01, 121), want: geo.ErrFenceCrosses},
		"twice_through":     {vertices: polygon(geo.WGS84, 31, 121, 31.01, 121.01, 31, 121.02, 31.02, 121.02, 31.01, 121.01, 31.02, 121), want: geo.ErrFenceCrosses},
		"a_thorn":           {vertices: polygon(geo.WGS84, 31, 121, 31, 121.02, 31, 121.01, 31.01, 121.01), want: geo.ErrFenceCrosses},
		"along_an_edge":     {vertices: polygon(geo.WGS84, 31, 121, 31, 121.04, 31.01, 121.04, 31.01, 121.03, 31, 121.03, 31, 121.01, 31.01, 121.01), want: geo.ErrFenceCrosses},
		"a_comb":            {vertices: polygon(geo.WGS84, 31, 121, 31, 121.04, 31.02, 121.04, 31.01, 121.03, 31.02, 121.02, 31.01, 121.01, 31.02, 121)},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f, err := geo.NewFence(tt.vertices)
			if !errors.Is(err, tt.want) {
				t.Fatalf("error %v, want %v", err, tt.want)
			}
			if (err != nil) != f.IsZero() {
				t.Errorf("%v beside the error %v", f, err)
			}
			var at *geo.VertexError
			if errors.As(err, &at) != (tt.vertex != 0) || at != nil && at.Vertex != tt.vertex {
				t.Errorf("%v names another vertex than %d", err, tt.vertex)
			}
		})
	}
}

func TestFenceKeepsItsVertices(t *testing.T) {
	t.Parallel()
	vertices := polygon(geo.GCJ02, 31, 121, 31, 121.01, 31.01, 121.01)
	f := mustFence(t, slices.Concat(vertices[:1], vertices, vertices[:1]))
	if got := f.Vertices(); !slices.Equal(got, vertices) {
		t.Errorf("%v, want %v", got, vertices)
	}
	f.Vertices()[0].Lat = 0
	if !f.Equal(mustFence(t, vertices)) || f.Equal(geo.Fence{}) {
		t.Errorf("it changed to %v", f)
	}
}

func TestFenceContainsNoPlaceThatIsNone(t *testing.T) {
	t.Parallel()
	f := mustFence(t, polygon(geo.WGS84, 0, 29, 0, 29.1, 0.1, 29.1, 0.1, 29))
	for _, bad := range []geo.Point{{}, wgs84(0.05, math.NaN()), wgs84(math.NaN(), 29.05), wgs84(math.Inf(1), 29.05), {Lat: 0.05, Lng: 29.05}, wgs84(0.05, 389.05)} {
		if d := f.Distance(bad); f.Contains(bad) || d <= 1e9 || !math.IsNaN(d) {
			t.Errorf("%v is in the fence, or %v m away", bad, d)
		}
	}
	here := wgs84(0.05, 29.05)
	if d := f.Distance(here); !f.Contains(here) || d != 0 {
		t.Errorf("%v is not in it, %v m away", here, d)
	}
	var none geo.Fence
	if d := none.Distance(here); none.Contains(here) || !math.IsNaN(d) {
		t.Errorf("%v is in no fence, or %v m away", here, d)
	}
}

func TestFenceIsWhereItsDatumSays(t *testing.T) {
	t.Parallel()
	f := mustFence(t, polygon(geo.GCJ02, 31.23, 121.47, 31.23, 121.471, 31.231, 121.471, 31.231, 121.47))
	middle := geo.Point{Lat: 31.2305, Lng: 121.4705, Datum: geo.GCJ02}
	for _, d := range []geo.Datum{geo.WGS84, geo.GCJ02, geo.BD09} {
		if !f.Contains(middle.In(d)) {
			t.Errorf("its middle is not in it as %s", d)
		}
	}
	if other := wgs84(middle.Lat, middle.Lng); f.Contains(other) || !(f.Distance(other) > 300) {
		t.Errorf("the same numbers in another datum are %v m away", f.Distance(other))
	}
	for _, v := range f.Vertices() {
		if !f.Contains(v) || !f.Contains(v.In(geo.BD09)) {
			t.Errorf("the vertex %v is not in it", v)
		}
	}
}

// star returns a polygon around a place that does not cross itself, unless by
// rounding: its corners go around it, and so do some at the same latitude.
func star(r *rand.Rand, lat, lng float64) []geo.Point {
	n := 3 + r.IntN(30)
	size := math.Pow(10, -4+3*r.Float64()) * 0.8 // 9 m to 9 km
	unit := size / float64(2+r.IntN(1000))
	var out []geo.Point
	for i := range n {
		sin, cos := math.Sincos(2 * math.Pi * (float64(i) + 0.9*r.Float64()) / float64(n))
		far := size * (0.05 + 0.95*r.Float64())
		out = append(out, wgs84(lat+math.Round(far*sin/unit)*unit, lng+math.Round(far*cos/unit)*unit))
	}
	if r.IntN(2) == 0 {
		slices.Reverse(out)
	}
	return out
}

// winding returns how many times the polygon goes around p, by the angles under
// which p sees its edges.
func winding(polygon []geo.Point, p geo.Point) int {
	sum := 0.0
	for i, a := range polygon {
		b := polygon[(i+1)%len(polygon)]
		turn := math.Atan2(b.Lat-p.Lat, b.Lng-p.Lng) - math.Atan2(a.Lat-p.Lat, a.Lng-p.Lng)
		sum += math.Remainder(turn, 2*math.Pi)
	}
	return int(math.Round(sum / (2 * math.Pi)))
}

// nudged is golang-geo's answer, which is wrong at the very latitude of a vertex.
func nudged(polygon []geo.Point, p geo.Point) bool {
	var g golanggeo.Polygon
	for _, v := range polygon {
		g.Add(golanggeo.NewPoint(v.Lat, v.Lng))
		if v.Lat == p.Lat {
			p.Lat = math.Nextafter(p.Lat, math.Inf(1))
		}
	}
	return g.Contains(golanggeo.NewPoint(p.Lat, p.Lng))
}

// toEdge returns the metres to the edge in a plane about p.
func toEdge(polygon []geo.Point, p geo.Point) float64 {
	const metres = 6371000 * math.Pi / 180
	east := metres * math.Cos(p.Lat*math.Pi/180)
	best := math.Inf(1)
	for i, a := range polygon {
		b := polygon[(i+1)%len(polygon)]
		ax, ay := (a.Lng-p.Lng)*east, (a.Lat-p.Lat)*metres
		bx, by := (b.Lng-p.Lng)*east, (b.Lat-p.Lat)*metres
		length := math.Hypot(bx-ax, by-ay)
		along := max(0, min(length, -(ax*(bx-ax)+ay*(by-ay))/length))
		best = min(best, math.Hypot(ax+along*(bx-ax)/length, ay+along*(by-ay)/length))
	}
	return best
}

func TestFenceContainsWhatOthersSay(t *testing.T) {
	t.Parallel()
	r := rand.New(rand.NewPCG(3, 4))
	asked, inside, level, refused := 0, 0, 0, 0
	for asked < 200000 {
		lat, lng := 120*r.Float64()-60, 340*r.Float64()-170
		if r.IntN(4) == 0 {
			lat, lng = 0, 0 // where signs change
		}
		polygon := star(r, lat, lng)
		f, err := geo.NewFence(polygon)
		if err != nil {
			refused++
			continue
		}
		reach := 0.0
		for _, v := range polygon {
			reach = max(reach, 1.2*math.Abs(v.Lat-lat), 1.2*math.Abs(v.Lng-lng))
		}
		for i := range 500 {
			p := wgs84(lat+reach*(2*r.Float64()-1), lng+reach*(2*r.Float64()-1))
			if i%3 == 0 {
				p.Lat = polygon[r.IntN(len(polygon))].Lat
				level++
			}
			asked++
			got := f.Contains(p)
			if got {
				inside++
			}
			if d := toEdge(polygon, p); d < 0.01 {
				continue
			}
			if want := winding(polygon, p) != 0; got != want {
				t.Fatalf("%v in %v: %v, by the angles %v", p, f, got, want)
			}
			if want := nudged(polygon, p); got != want {
				t.Fatalf("%v in %v: %v, by golang-geo %v", p, f, got, want)
			}
		}
		for i, a := range polygon {
			b := polygon[(i+1)%len(polygon)]
			for _, part := range []float64{0, 0.5, r.Float64(), 1} {
				p := wgs84(a.Lat+part*(b.Lat-a.Lat), a.Lng+part*(b.Lng-a.Lng))
				if d := f.Distance(p); !f.Contains(p) || d != 0 {
					t.Fatalf("%v on the edge of %v is not in it, %v m away", p, f, d)
				}
			}
		}
	}
	if inside < asked/10 || inside > asked*9/10 || refused > asked/1000 {
		t.Errorf("%d of %d places are inside, %d fences were refused: the test tests little", inside, asked, refused)
	}
	t.Logf("%d places, %d inside, %d at a vertex's latitude, %d fences refused", asked, inside, level, refused)
}

// TestFenceDistance compares with the nearest of many places on the edge.
func TestFenceDistance(t *testing.T) {
	t.Parallel()
	const steps = 1000
	rapid.Check(t, func(t *rapid.T) {
		r := rand.New(rand.NewPCG(rapid.Uint64().Draw(t, "seed"), 0))
		lat, lng := rapid.Float64Range(-60, 60).Draw(t, "lat"), rapid.Float64Range(-179.5, 179.5).Draw(t, "lng")
		polygon := star(r, lat, lng)
		f, err := geo.NewFence(polygon)
		if err != nil {
			t.Skip(err)
		}
		far := rapid.SampledFrom([]struct{ metres, slack, part float64 }{{1000, 0.001, 0}, {20000, 1, 0}, {100000, 0, 0.0001}, {1e6, 0, 0.01}}).Draw(t, "far")
		on := polygon[r.IntN(len(polygon))]
		p := geo.Offset(on, far.metres*rapid.Float64Range(0, 1).Draw(t, "part"), rapid.Float64Range(0, 360).Draw(t, "bearing"))
		if !p.Valid() || f.Contains(p) || math.Abs(p.Lat) > 60 {
			t.Skip("no place outside")
		}
		want, gap := math.Inf(1), 0.0
		for i, a := range polygon {
			b := polygon[(i+1)%len(polygon)]
			gap = max(gap, geo.Distance(a, b)/steps)
			for s := range steps + 1 {
				part := float64(s) / steps
				want = min(want, geo.Distance(p, wgs84(a.Lat+part*(b.Lat-a.Lat), a.Lng+part*(b.Lng-a.Lng))))
			}
		}
		// Of the places tried one is at most half a step from the nearest.
		tooFar := min(gap/2, gap*gap/4/max(want, 1e-9))
		got := f.Distance(p)
		if !(got <= want+far.slack+want*far.part) || !(got >= want-tooFar-1e-6) {
			t.Fatalf("%v is %v m from %v, of many places on its edge the nearest is %v m away", p, got, f, want)
		}
	})
}

func TestFenceDistanceAroundTheGlobe(t *testing.T) {
	t.Parallel()
	for _, side := range []float64{1, -1} {
		f := mustFence(t, polygon(geo.WGS84, -17, side*179.98, -17, side*179.99, -17.01, side*179.99, -17.01, side*179.98))
		p := wgs84(-17.005, -side*179.99)
		if got, want := f.Distance(p), geo.Distance(p, wgs84(-17.005, side*179.99)); !(math.Abs(got-want) < 0.01) {
			t.Errorf("from %v: %v m, want %v", p, got, want)
		}
	}
}

func TestFenceDistanceInMetres(t *testing.T) {
	t.Parallel()
	here := wgs84(31.2304, 121.4737)
	var square []geo.Point
	for _, bearing := range []float64{45, 135, 225, 315} {
		square = append(square, geo.Offset(here, 100*math.Sqrt2, bearing))
	}
	f := mustFence(t, square)
	for name, tt := range map[string]struct{ bearing, metres, want, tol float64 }{
		"middle":         {0, 0, 0, 0},
		"just_inside":    {90, 99.9, 0, 0},
		"at_the_edge":    {90, 100, 0, 0.001},
		"just_outside":   {90, 100.1, 0.1, 0.01},
		"east":           {90, 300, 200, 0.01},
		"north":          {0, 300, 200, 0.01},
		"at_the_corner":  {45, 100*math.Sqrt2 + 300, 300, 0.01},
		"two_kilometres": {180, 2100, 2000, 0.01},
	} {
		if got := f.Distance(geo.Offset(here, tt.metres, tt.bearing)); !(math.Abs(got-tt.want) <= tt.tol) {
			t.Errorf("%s: %v m, want %v", name, got, tt.want)
		}
	}
}

func BenchmarkFenceContains(b *testing.B) {
	f := mustFence(b, ring(20, 31.23, 121.47, 0.002))
	p := wgs84(31.2304, 121.4704)
	b.ReportAllocs()
	for b.Loop() {
		if !f.Contains(p) {
			b.Fatal("not in it")
		}
	}
}

func BenchmarkFenceDistance(b *testing.B) {
	f := mustFence(b, ring(20, 31.23, 121.47, 0.002))
	p := wgs84(31.2354, 121.4754)
	b.ReportAllocs()
	for b.Loop() {
		if !(f.Distance(p) > 0) {
			b.Fatal("in it")
		}
	}
}
