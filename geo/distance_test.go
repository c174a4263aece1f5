package geo_test

import (
	"math"
	"testing"

	"pgregory.net/rapid"

	"roundsman/geo"
)

// anywhere draws valid points of the whole globe in any datum.
func anywhere(t *rapid.T, name string) geo.Point {
	return rapid.Custom(func(t *rapid.T) geo.Point {
		return geo.Point{
			Lat:   rapid.Float64Range(-90, 90).Draw(t, "lat"),
			Lng:   rapid.Float64Range(-180, 180).Draw(t, "lng"),
			Datum: rapid.SampledFrom([]geo.Datum{geo.WGS84, geo.GCJ02, geo.BD09}).Draw(t, "datum"),
		}
	}).Filter(geo.Point.Valid).Draw(t, name)
}

func wgs84(lat, lng float64) geo.Point { return geo.Point{Lat: lat, Lng: lng, Datum: geo.WGS84} }

func TestDistance(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		a, b      geo.Point
		want, tol float64
	}{
		"same":                  {wgs84(31.2, 121.4), wgs84(31.2, 121.4), 0, 0},
		"a_millionth_of_degree": {wgs84(31, 121), wgs84(31.000001, 121), 0.1112, 0.0001},
		// GeographicLib's examples; the sphere is 0.27 % and 0.04 % off.
		"jfk_lhr":           {wgs84(40.6, -73.8), wgs84(51.6, -0.5), 5551759.4, 0.003 * 5551759},
		"near_antipodes":    {wgs84(-41.32, 174.81), wgs84(40.96, -5.5), 19959679.267, 0.0005 * 19959679},
		"antimeridian":      {wgs84(0, 179.999), wgs84(0, -179.999), 222.39, 0.01},
		"one_pole":          {wgs84(90, 0), wgs84(90, 123), 0, 1e-6},
		"antipodes_of_nan":  {wgs84(-83.9609786704, 159.77436576000014), wgs84(83.9609786704, 159.77436576000014-180), math.Pi * 6371000, 1},
		"one_place_two_way": {wgs84(39.915, 116.404), geo.Point{Lat: 39.91640428150164, Lng: 116.41024449916938, Datum: geo.GCJ02}, 0, 1e-4},
		// The same numbers in two datums are 555 m apart in Beijing.
		"numbers_mixed_up": {wgs84(39.915, 116.404), geo.Point{Lat: 39.915, Lng: 116.404, Datum: geo.GCJ02}, 555, 3},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if got := geo.Distance(tt.a, tt.b); !(math.Abs(got-tt.want) <= tt.tol) {
				t.Errorf("%v m, want %v ± %v", got, tt.want, tt.tol)
			}
		})
	}
}

func TestDistanceIsNeverAcceptedForWhatIsNoPlace(t *testing.T) {
	t.Parallel()
	good := wgs84(31, 121)
	for _, bad := range []geo.Point{{}, wgs84(math.NaN(), 121), wgs84(31, math.Inf(1)), wgs84(100, 500), {Lat: 31, Lng: 121}} {
		for _, d := range []float64{geo.Distance(good, bad), geo.Distance(bad, good), geo.Distance(bad, bad), geo.Bearing(bad, good)} {
			if d <= 1e9 || !math.IsNaN(d) {
				t.Errorf("%v gives %v", bad, d)
			}
		}
		// The box is for a first look and asks for no datum.
		if bad.Datum != "" && geo.Around(good, 1000).Contains(bad) {
			t.Errorf("%v is in the box", bad)
		}
	}
}

func TestDistanceIsAMetricWithoutGaps(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		a, b := anywhere(t, "a"), anywhere(t, "b")
		ab, ba := geo.Distance(a, b), geo.Distance(b, a)
		tolerance := 1e-6
		if ab > 1.9e7 {
			// Near antipodes the haversine loses half of its digits.
			tolerance = 0.2
		}
		if !(ab >= 0 && ab <= math.Pi*6371000*(1+1e-12)) || !(math.Abs(ab-ba) <= tolerance) {
			t.Fatalf("%v and %v: %v and %v m", a, b, ab, ba)
		}
		if beta := geo.Bearing(a, b); !(beta >= 0 && beta < 360) {
			t.Fatalf("bearing %v", beta)
		}
		opposite := wgs84(-a.Lat, math.Mod(a.Lng+360, 360)-180)
		a.Datum = geo.WGS84
		if d := geo.Distance(a, opposite); opposite.Valid() && a.Valid() && !(math.Abs(d-math.Pi*6371000) < 1) {
			t.Fatalf("antipodes %v: %v m", a, d)
		}
	})
}

func TestBearing(t *testing.T) {
	t.Parallel()
	here := wgs84(31, 121)
	for name, tt := range map[string]struct {
		to   geo.Point
		want float64
	}{
		"north": {wgs84(32, 121), 0}, "south": {wgs84(30, 121), 180}, "same": {here, 0},
		"east": {wgs84(31, 121.001), 89.99974}, "west": {wgs84(31, 120.999), 270.00026},
	} {
		if got := geo.Bearing(here, tt.to); !(math.Abs(got-tt.want) < 0.0001) {
			t.Errorf("%s: %v, want %v", name, got, tt.want)
		}
	}
}

func TestOffsetLeadsAsFarAsItSays(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		p := inland(t)
		metres, bearing := rapid.Float64Range(0.1, 20000).Draw(t, "metres"), rapid.Float64Range(0, 359.99).Draw(t, "bearing")
		q := geo.Offset(p, metres, bearing)
		if q.Datum != p.Datum {
			t.Fatalf("datum %s", q.Datum)
		}
		if d := geo.Distance(p, q); !(math.Abs(d-metres) < 0.001) {
			t.Fatalf("%v m, want %v", d, metres)
		}
		if metres > 10 {
			turn := math.Abs(geo.Bearing(p, q) - bearing)
			if !(min(turn, 360-turn) < 0.01) {
				t.Fatalf("bearing %v, want %v", geo.Bearing(p, q), bearing)
			}
		}
	})
}

func TestOffsetAtTheEndsOfTheEarth(t *testing.T) {
	t.Parallel()
	for _, p := range []geo.Point{wgs84(90, 0), wgs84(-90, 45), wgs84(0.001, 180), wgs84(-0.001, -180), wgs84(89.9999, 10)} {
		for bearing := range 36 {
			for _, metres := range []float64{0, 1, 5000, 1e7} {
				q := geo.Offset(p, metres, float64(bearing*10))
				if d := geo.Distance(p, q); q.Valid() && !(math.Abs(d-metres) < 0.01) || math.IsNaN(q.Lat+q.Lng) {
					t.Errorf("%v m from %v: %v, which is %v m away", metres, p, q, d)
				}
			}
		}
	}
}

// TestBoxMissesNothing: what is within the metres is in the box, in any datum.
func TestBoxMissesNothing(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		p := rapid.OneOf(rapid.Custom(inland), rapid.Custom(func(t *rapid.T) geo.Point { return anywhere(t, "p") })).Draw(t, "p")
		metres := rapid.SampledFrom([]float64{1, 300, 5000, 200000, 9e6}).Draw(t, "metres")
		q := geo.Offset(p.WGS84(), metres*rapid.Float64Range(0, 0.9999).Draw(t, "part"), rapid.Float64Range(0, 360).Draw(t, "bearing")).
			In(rapid.SampledFrom([]geo.Datum{geo.WGS84, geo.GCJ02, geo.BD09}).Draw(t, "datum"))
		if !q.Valid() {
			t.Skip("no place")
		}
		if d := geo.Distance(p, q); d <= metres && !geo.Around(p, metres).Contains(q) {
			t.Fatalf("%v is %v m from %v and not in the box", q, d, p)
		}
	})
}

func TestBoxLeavesTheRestOut(t *testing.T) {
	t.Parallel()
	here := geo.Point{Lat: 31.2304, Lng: 121.4737, Datum: geo.GCJ02}
	box := geo.Around(here, 300)
	for bearing := range 8 {
		if q := geo.Offset(here, 5000, float64(bearing*45)); box.Contains(q) {
			t.Errorf("5 km at %d° is in a box of 300 m", bearing*45)
		}
	}
}
