package geo_test

import (
	"encoding/json"
	"math"
	"os"
	"testing"

	"pgregory.net/rapid"

	"roundsman/geo"
)

// conversion is a place in the three datums as [latitude, longitude]. The file
// was made with the npm packages coordtransform 2.1.2 and gcoord 1.0.7, whose
// forward conversions agree on each row to the last digit.
type conversion struct {
	Name  string     `json:"name"`
	WGS84 [2]float64 `json:"wgs84"`
	GCJ02 [2]float64 `json:"gcj02"`
	BD09  [2]float64 `json:"bd09"`
}

func conversions(t *testing.T) []conversion {
	t.Helper()
	data, err := os.ReadFile("testdata/conversions.json")
	if err != nil {
		t.Fatal(err)
	}
	var rows []conversion
	if err := json.Unmarshal(data, &rows); err != nil {
		t.Fatal(err)
	}
	if len(rows) < 200 {
		t.Fatalf("%d rows", len(rows))
	}
	return rows
}

// degreesApart returns the larger difference of the coordinates, whatever the
// datum; NaN when there is one.
func degreesApart(a, b geo.Point) float64 {
	return math.Max(math.Abs(a.Lat-b.Lat), math.Abs(a.Lng-b.Lng))
}

func TestConversionsAgreeWithOtherLibraries(t *testing.T) {
	t.Parallel()
	for _, row := range conversions(t) {
		in := map[geo.Datum]geo.Point{
			geo.WGS84: {Lat: row.WGS84[0], Lng: row.WGS84[1], Datum: geo.WGS84},
			geo.GCJ02: {Lat: row.GCJ02[0], Lng: row.GCJ02[1], Datum: geo.GCJ02},
			geo.BD09:  {Lat: row.BD09[0], Lng: row.BD09[1], Datum: geo.BD09},
		}
		for from, p := range in {
			for to, want := range in {
				got := p.In(to)
				if d := degreesApart(got, want); !(d < 1e-9) || got.Datum != to {
					t.Errorf("%s from %s to %s: %v, want %v", row.Name, from, to, got, want)
				}
			}
			if !geo.InGCJRegion(p) {
				t.Errorf("%s as %s is not in the region", row.Name, from)
			}
		}
	}
}

func TestPublishedPair(t *testing.T) {
	t.Parallel()
	got := geo.Point{Lat: 39.915, Lng: 116.404, Datum: geo.WGS84}.In(geo.GCJ02)
	want := geo.Point{Lat: 39.91640428150164, Lng: 116.41024449916938, Datum: geo.GCJ02}
	if d := degreesApart(got, want); !(d < 1e-12) {
		t.Errorf("got %v, want %v", got, want)
	}
}

func TestAbroadNothingMoves(t *testing.T) {
	t.Parallel()
	for name, at := range map[string][2]float64{
		"taipei": {25.0330, 121.5654}, "kaohsiung": {22.6273, 120.3014}, "seoul": {37.5665, 126.9780}, "pyongyang": {39.0392, 125.7625},
		"hanoi": {21.0278, 105.8342}, "fukuoka": {33.5902, 130.4017}, "tokyo": {35.6762, 139.6503}, "bangkok": {13.7563, 100.5018},
		"new_delhi": {28.6139, 77.2090}, "ulaanbaatar": {47.8864, 106.9057}, "almaty": {43.2220, 76.8512}, "vladivostok": {43.1155, 131.8855},
		"manila": {14.5995, 120.9842}, "singapore": {1.3521, 103.8198}, "london": {51.5, -0.12}, "sydney": {-33.87, 151.21},
		"new_york": {40.71, -74.01}, "north_pole": {90, 0}, "south_pole": {-90, 10},
	} {
		p := geo.Point{Lat: at[0], Lng: at[1], Datum: geo.WGS84}
		if geo.InGCJRegion(p) {
			t.Errorf("%s is in the region", name)
		}
		if got := p.In(geo.GCJ02); got != (geo.Point{Lat: at[0], Lng: at[1], Datum: geo.GCJ02}) {
			t.Errorf("%s moves to %v", name, got)
		}
		p.Datum = geo.GCJ02
		if got := p.WGS84(); got != (geo.Point{Lat: at[0], Lng: at[1], Datum: geo.WGS84}) {
			t.Errorf("%s moves back to %v", name, got)
		}
	}
}

// inland draws places in mainland China, further than a kilometre from the
// edges of the region.
func inland(t *rapid.T) geo.Point {
	return geo.Point{
		Lat:   rapid.Float64Range(24, 41).Draw(t, "lat"),
		Lng:   rapid.Float64Range(97.1, 119.5).Draw(t, "lng"),
		Datum: rapid.SampledFrom([]geo.Datum{geo.WGS84, geo.GCJ02, geo.BD09}).Draw(t, "datum"),
	}
}

func TestThereAndBackAgain(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		p := inland(t)
		via := rapid.SampledFrom([]geo.Datum{geo.WGS84, geo.GCJ02, geo.BD09}).Draw(t, "via")
		if d := degreesApart(p, p.In(via).In(p.Datum)); !(d < 1e-9) {
			t.Fatalf("%v by way of %s comes back %g° off", p, via, d)
		}
	})
}

// TestThereAndBackAnywhere holds on the whole globe, edges included: a WGS-84
// place in the region comes back as itself.
func TestThereAndBackAnywhere(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		p := geo.Point{Lat: rapid.Float64Range(17.5, 54.5).Draw(t, "lat"), Lng: rapid.Float64Range(73, 136).Draw(t, "lng"), Datum: geo.WGS84}
		gcj := p.In(geo.GCJ02)
		if !geo.InGCJRegion(p) {
			if d := degreesApart(p, gcj); d != 0 {
				t.Fatalf("%v moves by %g° outside the region", p, d)
			}
			return
		}
		// On the very edge the ninth digit may decide otherwise.
		for _, q := range []geo.Point{{Lat: p.Lat + 1e-8, Lng: p.Lng}, {Lat: p.Lat - 1e-8, Lng: p.Lng}, {Lat: p.Lat, Lng: p.Lng + 1e-8}, {Lat: p.Lat, Lng: p.Lng - 1e-8}} {
			q.Datum = geo.WGS84
			if !geo.InGCJRegion(q) {
				t.Skip("on the edge")
			}
		}
		if d := degreesApart(p, gcj.WGS84()); !(d < 1e-9) {
			t.Fatalf("%v comes back %g° off", p, d)
		}
		// Measured: 19 to 679 m. A mix-up of datums can then never pass unseen.
		if d := geo.Distance(p, geo.Point{Lat: gcj.Lat, Lng: gcj.Lng, Datum: geo.WGS84}); !(d > 5 && d < 900) {
			t.Fatalf("the datums differ by %v m at %v", d, p)
		}
	})
}

func TestGCJRegion(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		lat, lng float64
		in       bool
	}{
		"beijing": {39.9, 116.4, true}, "hong_kong": {22.3193, 114.1694, true}, "macau": {22.1987, 113.5439, true},
		"haikou": {20.044, 110.1999, true}, "kashgar": {39.47, 75.99, true},
		"taipei": {25.033, 121.5654, false}, "kaohsiung": {22.6273, 120.3014, false}, "seoul": {37.5665, 126.978, false},
		"hanoi": {21.0278, 105.8342, false}, "tokyo": {35.68, 139.69, false}, "new_york": {40.7, -74, false},
		"ulaanbaatar": {47.8864, 106.9057, false}, "vladivostok": {43.1155, 131.8855, false}, "bangkok": {13.75, 100.5, false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := geo.Point{Lat: tt.lat, Lng: tt.lng, Datum: geo.WGS84}
			if got := geo.InGCJRegion(p); got != tt.in {
				t.Errorf("in the region: %v", got)
			}
			g := p.In(geo.GCJ02)
			if moved := g.Lat != p.Lat || g.Lng != p.Lng; moved != tt.in {
				t.Errorf("moved: %v", moved)
			}
		})
	}
}

// place is inside the region: for the last kilometre outside an edge of it there is no way back.

// In towns at the border the region's rough edges are wrong; whoever knows better says so.
func TestGCJRegardlessOfTheRegion(t *testing.T) {
	t.Parallel()
	for name, at := range map[string][2]float64{"heihe": {50.2456, 127.5285}, "sansha": {16.8331, 112.3336}} {
		w := geo.Point{Lat: at[0], Lng: at[1], Datum: geo.WGS84}
		if d := geo.Distance(w, w.In(geo.GCJ02)); d != 0 || geo.InGCJRegion(w) {
			t.Errorf("%s lies in the region: move it out of this table", name)
		}
		g := w.In(geo.GCJ02Always)
		same := geo.Point{Lat: g.Lat, Lng: g.Lng, Datum: geo.WGS84}
		if d := geo.Distance(w, same); !(d > 50 && d < 1000) {
			t.Errorf("%s is shifted by %.0f m", name, d)
		}
		if d := degreesApart(w, g.WGS84()); !(d < 1e-9) {
			t.Errorf("%s comes back %g° off", name, d)
		}
	}
	rapid.Check(t, func(t *rapid.T) {
		p := inland(t)
		g, a := p.In(geo.GCJ02), p.In(geo.GCJ02Always)
		if d := degreesApart(g, a); !(d < 1e-9) {
			t.Fatalf("%v: the two differ by %g° in the middle of China", p, d)
		}
		if d := degreesApart(p, a.In(p.Datum)); !(d < 1e-9) {
			t.Fatalf("%v comes back %g° off", p, d)
		}
		far := geo.Point{Lat: rapid.Float64Range(-90, 90).Draw(t, "lat"), Lng: rapid.Float64Range(-180, -20).Draw(t, "lng"), Datum: geo.WGS84}
		if got := far.In(geo.GCJ02Always); got.Lat != far.Lat || got.Lng != far.Lng {
			t.Fatalf("%v moves to %v", far, got)
		}
	})
}
