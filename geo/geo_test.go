package geo_test

import (
	"encoding/csv"
	"errors"
	"math"
	"os"
	"strconv"
	"testing"

	"github.com/tidwall/geodesic"
	"pgregory.net/rapid"

	"roundsman/geo"
)

// The golden file was written by the npm packages gcoord 1.0.7 and
// coordtransform 2.1.2, which agree to the last digit.
func TestDatumsAgreeWithOthers(t *testing.T) {
	t.Parallel()
	f, err := os.Open("testdata/datums.csv")
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	rows, err := csv.NewReader(f).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	for _, row := range rows[1:] {
		var v [6]float64
		for i := range v {
			if v[i], err = strconv.ParseFloat(row[i+1], 64); err != nil {
				t.Fatal(err)
			}
		}
		points := []geo.Point{{Lat: v[0], Lng: v[1], Datum: geo.WGS84}, {Lat: v[2], Lng: v[3], Datum: geo.GCJ02}, {Lat: v[4], Lng: v[5], Datum: geo.BD09}}
		for _, from := range points {
			for _, to := range points {
				got := from.In(to.Datum)
				if got.Datum != to.Datum || math.Abs(got.Lat-to.Lat) > 1e-9 || math.Abs(got.Lng-to.Lng) > 1e-9 {
					t.Errorf("%s: %v in %s is %v, want %v", row[0], from, to.Datum, got, to)
				}
			}
		}
	}
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
func place(rt *rapid.T, name string) geo.Point {
	return geo.Point{
		Lat: rapid.Float64Range(24, 41).Draw(rt, name+" lat"), Lng: rapid.Float64Range(97.1, 119.5).Draw(rt, name+" lng"), Datum: geo.WGS84,
	}
}

func TestDatumsRoundTrip(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(rt *rapid.T) {
		p := place(rt, "p")
		for _, d := range []geo.Datum{geo.GCJ02, geo.BD09} {
			back := p.In(d).In(geo.WGS84)
			if math.Abs(back.Lat-p.Lat) > 1e-9 || math.Abs(back.Lng-p.Lng) > 1e-9 {
				rt.Fatalf("%v through %s is %v", p, d, back)
			}
		}
	})
}

func TestDistanceAgainstTheEllipsoid(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(rt *rapid.T) {
		a := place(rt, "a")
		b := geo.Offset(a, rapid.Float64Range(1, 1e6).Draw(rt, "metres"), rapid.Float64Range(0, 360).Draw(rt, "bearing"))
		var want float64
		geodesic.WGS84.Inverse(a.Lat, a.Lng, b.Lat, b.Lng, &want, nil, nil)
		if got := geo.Distance(a, b); math.Abs(got-want) > 0.006*want {
			rt.Fatalf("%v m, the ellipsoid says %v", got, want)
		}
	})
}

func TestDistanceIsANumberForEveryPlace(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(rt *rapid.T) {
		a := geo.Point{Lat: rapid.Float64Range(-90, 90).Draw(rt, "lat"), Lng: rapid.Float64Range(-180, 180).Draw(rt, "lng"), Datum: geo.WGS84}
		antipode := geo.Point{Lat: -a.Lat, Lng: a.Lng - math.Copysign(180, a.Lng), Datum: geo.WGS84}
		if !a.Valid() || !antipode.Valid() {
			return
		}
		for _, b := range []geo.Point{a, antipode} {
			d, back := geo.Distance(a, b), geo.Distance(b, a)
			if math.IsNaN(d) || d < 0 || d > 20100e3 || math.Abs(d-back) > 1e-3 {
				rt.Fatalf("%v to %v is %v, back %v", a, b, d, back)
			}
		}
	})
	if d := geo.Distance(geo.Point{Lat: -83.9609786704, Lng: 159.77436576000014, Datum: geo.WGS84}, geo.Point{Lat: 83.9609786704, Lng: -20.22563423999986, Datum: geo.WGS84}); math.IsNaN(d) {
		t.Error("antipodes are not a number apart")
	}
	if d := geo.Distance(geo.Point{Lat: math.NaN(), Lng: 1, Datum: geo.WGS84}, geo.Point{Lat: 1, Lng: 1, Datum: geo.WGS84}); d <= 1e9 {
		t.Errorf("no place is %v m away", d)
	}
}

func TestOffsetAndBearing(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(rt *rapid.T) {
		a := place(rt, "a").In(rapid.SampledFrom([]geo.Datum{geo.WGS84, geo.GCJ02, geo.BD09}).Draw(rt, "datum"))
		metres, bearing := rapid.Float64Range(10, 20000).Draw(rt, "metres"), rapid.Float64Range(0, 359.9).Draw(rt, "bearing")
		b := geo.Offset(a, metres, bearing)
		if d := geo.Distance(a, b); math.Abs(d-metres) > 0.01 {
			rt.Fatalf("%v m became %v", metres, d)
		}
		if got := geo.Bearing(a, b); math.Abs(math.Remainder(got-bearing, 360)) > 0.1 || got < 0 || got >= 360 {
			rt.Fatalf("bearing %v became %v", bearing, got)
		}
	})
}

// Whatever is within the metres is in the box, in whatever datum.
func TestAroundMissesNothing(t *testing.T) {
	t.Parallel()
	datums := []geo.Datum{geo.WGS84, geo.GCJ02, geo.BD09}
	rapid.Check(t, func(rt *rapid.T) {
		lat := rapid.Float64Range(-89.9, 89.9).Draw(rt, "lat")
		p := geo.Point{Lat: lat, Lng: rapid.Float64Range(-179.9, 179.9).Draw(rt, "lng"), Datum: geo.WGS84}
		metres := rapid.Float64Range(1, 50000).Draw(rt, "metres")
		q := geo.Offset(p, metres*rapid.Float64Range(0, 1).Draw(rt, "share"), rapid.Float64Range(0, 360).Draw(rt, "bearing"))
		from, to := p.In(rapid.SampledFrom(datums).Draw(rt, "from")), q.In(rapid.SampledFrom(datums).Draw(rt, "to"))
		if !geo.Around(from, metres).Contains(to) {
			rt.Fatalf("%v is not around %v", to, from)
		}
	})
}

func TestParse(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		lat, lng string
		want     error
	}{
		"plain":       {"31.2304", "121.4737", nil},
		"spaces":      {" 31.2304 ", "121.4737", nil},
		"negative":    {"-33.86", "+151.21", nil},
		"empty":       {"", "121", geo.ErrNotANumber},
		"nan":         {"NaN", "121", geo.ErrNotANumber},
		"inf":         {"31", "Inf", geo.ErrNotANumber},
		"huge":        {"1e999", "121", geo.ErrOutOfRange},
		"hex":         {"0x1p4", "121", geo.ErrNotANumber},
		"comma":       {"31,2304", "121", geo.ErrNotANumber},
		"underscore":  {"3_1", "121", geo.ErrNotANumber},
		"two_signs":   {"--31", "121", geo.ErrNotANumber},
		"very_long":   {"31.00000000000000000000000000000000001", "121", geo.ErrNotANumber},
		"two_points":  {"31.2.3", "121", geo.ErrNotANumber},
		"null_island": {"0", "-0.0", geo.ErrNullIsland},
		"swapped":     {"121.47", "31.23", geo.ErrSwapped},
		"out":         {"91", "181", geo.ErrOutOfRange},
		"full_width":  {"３１", "121", geo.ErrNotANumber},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if _, err := geo.Parse(tt.lat, tt.lng, geo.GCJ02); !errors.Is(err, tt.want) {
				t.Errorf("got %v, want %v", err, tt.want)
			}
		})
	}
	if _, err := geo.New(31, 121, ""); !errors.Is(err, geo.ErrDatum) {
		t.Error("a point without a datum was made")
	}
}

func FuzzParse(f *testing.F) {
	f.Add("31.2304", "121.4737")
	f.Add("NaN", "1e999")
	f.Fuzz(func(t *testing.T, lat, lng string) {
		p, err := geo.Parse(lat, lng, geo.GCJ02)
		if err == nil && (!p.Valid() || math.IsNaN(geo.Distance(p, p))) {
			t.Errorf("%q, %q gave %v", lat, lng, p)
		}
	})
}

func TestParseDatum(t *testing.T) {
	t.Parallel()
	for s, want := range map[string]geo.Datum{"WGS84": geo.WGS84, "wgs-84": geo.WGS84, "GCJ-02": geo.GCJ02, "gcj02": geo.GCJ02, "BD09": geo.BD09, " bd09ll ": geo.BD09} {
		if got, err := geo.ParseDatum(s); err != nil || got != want {
			t.Errorf("%q: %q, %v", s, got, err)
		}
	}
	if _, err := geo.ParseDatum("CGCS2000"); !errors.Is(err, geo.ErrDatum) {
		t.Errorf("got %v", err)
	}
}

var (
	shanghai = geo.Point{Lat: 31.2304, Lng: 121.4737, Datum: geo.GCJ02}
	pudong   = geo.Point{Lat: 31.2352, Lng: 121.5063, Datum: geo.GCJ02}
)

func BenchmarkDistance(b *testing.B) {
	x, y := shanghai.WGS84(), pudong.WGS84()
	for b.Loop() {
		geo.Distance(x, y)
	}
}

func BenchmarkWGS84FromGCJ02(b *testing.B) {
	for b.Loop() {
		shanghai.WGS84()
	}
}
