package geo_test

import (
	"encoding/json"
	"errors"
	"math"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"roundsman/geo"
)

func TestNewRefusesWhatIsNoPlace(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		lat, lng float64
		datum    geo.Datum
		want     error
	}{
		"shanghai":                {31.2304, 121.4737, geo.GCJ02, nil},
		"north_pole":              {90, 0, geo.WGS84, nil},
		"antimeridian":            {-17, 180, geo.WGS84, nil},
		"equator":                 {0, 30, geo.WGS84, nil},
		"murmansk":                {68.97, 33.09, geo.WGS84, nil},
		"svalbard":                {78.22, 15.65, geo.WGS84, nil},
		"nan_latitude":            {math.NaN(), 121, geo.WGS84, geo.ErrNotANumber},
		"nan_longitude":           {31, math.NaN(), geo.WGS84, geo.ErrNotANumber},
		"infinity":                {31, math.Inf(-1), geo.WGS84, geo.ErrNotANumber},
		"nothing":                 {0, 0, geo.WGS84, geo.ErrNullIsland},
		"negative_zero":           {math.Copysign(0, -1), 0, geo.WGS84, geo.ErrNullIsland},
		"shanghai_swapped":        {121.4737, 31.2304, geo.WGS84, geo.ErrSwapped},
		"urumqi_swapped":          {87.6168, 43.8256, geo.WGS84, geo.ErrSwapped},
		"kashgar_swapped":         {75.9898, 39.4704, geo.GCJ02, geo.ErrSwapped},
		"longitude_too_large":     {31, 181, geo.WGS84, geo.ErrOutOfRange},
		"latitude_too_large":      {-91, 100, geo.WGS84, geo.ErrOutOfRange},
		"degrees_without_a_point": {312304, 1214737, geo.WGS84, geo.ErrOutOfRange},
		"no_datum":                {31, 121, "", geo.ErrDatum},
		"other_datum":             {31, 121, "cgcs2000", geo.ErrDatum},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p, err := geo.New(tt.lat, tt.lng, tt.datum)
			if !errors.Is(err, tt.want) {
				t.Fatalf("error %v, want %v", err, tt.want)
			}
			want := geo.Point{Lat: tt.lat, Lng: tt.lng, Datum: tt.datum}
			if got := want.Valid(); got != (tt.want == nil) {
				t.Errorf("Valid() = %v", got)
			}
			if tt.want != nil {
				want = geo.Point{}
			}
			if diff := cmp.Diff(want, p); diff != "" {
				t.Errorf("point (-want +got):\n%s", diff)
			}
		})
	}
}

func TestParseNumbers(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		in   string
		want float64
		err  error
	}{
		"plain":          {"31.2304", 31.2304, nil},
		"spaces":         {" 31.2304\n", 31.2304, nil},
		"plus":           {"+31.5", 31.5, nil},
		"minus":          {"-31.5", -31.5, nil},
		"whole":          {"31", 31, nil},
		"exponent":       {"3.12e1", 31.2, nil},
		"tiny":           {"1e-7", 1e-7, nil},
		"thirty_two":     {"31." + strings.Repeat("1", 29), 31.111111111111111, nil},
		"thirty_three":   {"31." + strings.Repeat("1", 30), 0, geo.ErrNotANumber},
		"huge_exponent":  {"1e999999999", 0, geo.ErrOutOfRange},
		"too_far_north":  {"3123", 0, geo.ErrOutOfRange},
		"empty":          {"", 0, geo.ErrNotANumber},
		"blank":          {"  ", 0, geo.ErrNotANumber},
		"nan":            {"NaN", 0, geo.ErrNotANumber},
		"inf":            {"-Inf", 0, geo.ErrNotANumber},
		"infinity":       {"infinity", 0, geo.ErrNotANumber},
		"hexadecimal":    {"0x1Fp0", 0, geo.ErrNotANumber},
		"underscore":     {"3_1", 0, geo.ErrNotANumber},
		"comma":          {"31,2304", 0, geo.ErrNotANumber},
		"two_signs":      {"--31", 0, geo.ErrNotANumber},
		"two_points":     {"31.2.3", 0, geo.ErrNotANumber},
		"only_a_point":   {".", 0, geo.ErrNotANumber},
		"full_width":     {"３１.２", 0, geo.ErrNotANumber},
		"degrees_sign":   {"31.2°", 0, geo.ErrNotANumber},
		"inside_a_space": {"31 .2", 0, geo.ErrNotANumber},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p, err := geo.Parse(tt.in, "100.5", geo.WGS84)
			if !errors.Is(err, tt.err) || p.Lat != tt.want {
				t.Errorf("latitude: %v, %v; want %v, %v", p.Lat, err, tt.want, tt.err)
			}
			if errors.Is(tt.err, geo.ErrNotANumber) {
				if _, err := geo.Parse("31", tt.in, geo.WGS84); !errors.Is(err, tt.err) {
					t.Errorf("longitude: %v, want %v", err, tt.err)
				}
			}
		})
	}
}

func TestPointAsJSON(t *testing.T) {
	t.Parallel()
	want := geo.Point{Lat: 31.2304, Lng: 121.4737, Datum: geo.GCJ02}
	data, err := json.Marshal(want)
	if err != nil {
		t.Fatal(err)
	}
	if string(data) != `{"lat":31.2304,"lng":121.4737,"datum":"gcj02"}` {
		t.Errorf("written as %s", data)
	}
	var got geo.Point
	if err := json.Unmarshal(data, &got); err != nil || got != want {
		t.Errorf("read back as %v, %v", got, err)
	}
	if err := json.Unmarshal([]byte(`{"lat":1,"lng":2,"datum":"mars"}`), &got); !errors.Is(err, geo.ErrDatum) {
		t.Errorf("an unknown datum: %v", err)
	}
	var zero geo.Point
	if data, err = json.Marshal(zero); err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(data, &zero); err != nil || !zero.IsZero() || zero.Valid() || want.IsZero() {
		t.Errorf("no place comes back as %v, %v", zero, err)
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
