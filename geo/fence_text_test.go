package geo_test

import (
	"encoding/json"
	"errors"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"roundsman/geo"
)

func TestParseFence(t *testing.T) {
	t.Parallel()
	triangle := polygon(geo.GCJ02, 31.23, 121.47, 31.23, 121.48, 31.24, 121.48)
	for name, tt := range map[string]struct {
		text   string
		want   []geo.Point
		err    error
		vertex int
	}{
		"pairs":              {text: "121.47,31.23;121.48,31.23;121.48,31.24", want: triangle},
		"spaces":             {text: "  121.47, 31.23 ; 121.48 ,31.23 ; 121.48,31.24 ; ", want: triangle},
		"lines":              {text: "121.47,31.23\r\n121.48,31.23\n121.48,31.24;\n", want: triangle},
		"bars":               {text: "121.47,31.23|121.48,31.23|121.48,31.24", want: triangle},
		"chinese_keyboard":   {text: "121.47，31.23；121.48，31.23；121.48，31.24；", want: triangle},
		"closed":             {text: "121.47,31.23;121.48,31.23;121.48,31.24;121.47,31.23", want: triangle},
		"wkt":                {text: "POLYGON((121.47 31.23, 121.48 31.23, 121.48 31.24, 121.47 31.23))", want: triangle},
		"wkt_spaced":         {text: " polygon (  ( 121.47  31.23,121.48 31.23 ,\n121.48 31.24,121.47 31.23 ) ) ", want: triangle},
		"wkt_open":           {text: "POLYGON((121.47 31.23,121.48 31.23,121.48 31.24))", want: triangle},
		"empty":              {text: " ", err: geo.ErrFenceVertices},
		"words":              {text: "the old market", err: geo.ErrFenceText},
		"too_long":           {text: strings.Repeat("121.47,31.23;", 1300), err: geo.ErrFenceText},
		"too_many":           {text: strings.Repeat("121.47,31.23;", 202), err: geo.ErrFenceTooMany},
		"latitude_first":     {text: "31.23,121.47;31.23,121.48;31.24,121.48", err: geo.ErrSwapped, vertex: 1},
		"one_swapped":        {text: "121.47,31.23;121.48,31.23;31.24,121.48", err: geo.ErrSwapped, vertex: 3},
		"a_word":             {text: "121.47,31.23;121.48,here;121.48,31.24", err: geo.ErrNotANumber, vertex: 2},
		"three_numbers":      {text: "121.47,31.23;121.48,31.23,5;121.48,31.24", err: geo.ErrNotANumber, vertex: 2},
		"one_number":         {text: "121.47,31.23;121.48;121.48,31.24", err: geo.ErrFenceText, vertex: 2},
		"out_of_range":       {text: "121.47,31.23;1214800,31.23;121.48,31.24", err: geo.ErrOutOfRange, vertex: 2},
		"null_island":        {text: "0,0;121.48,31.23;121.48,31.24", err: geo.ErrNullIsland, vertex: 1},
		"two":                {text: "121.47,31.23;121.48,31.23", err: geo.ErrFenceVertices},
		"wkt_latitude_first": {text: "POLYGON((31.23 121.47, 31.23 121.48, 31.24 121.48))", err: geo.ErrSwapped, vertex: 1},
		"wkt_hole":           {text: "POLYGON((121.47 31.23,121.48 31.23,121.48 31.24),(121.475 31.23,121.48 31.23,121.48 31.24))", err: geo.ErrFenceText},
		"wkt_height":         {text: "POLYGON Z((121.47 31.23 5,121.48 31.23 5,121.48 31.24 5))", err: geo.ErrFenceText},
		"wkt_three_numbers":  {text: "POLYGON((121.47 31.23,121.48 31.23 5,121.48 31.24))", err: geo.ErrFenceText, vertex: 2},
		"wkt_empty":          {text: "POLYGON EMPTY", err: geo.ErrFenceText},
		"wkt_no_ring":        {text: "POLYGON(())", err: geo.ErrFenceText},
		"wkt_half":           {text: "POLYGON((121.47 31.23", err: geo.ErrFenceText},
		"wkt_other":          {text: "MULTIPOLYGON(((121.47 31.23,121.48 31.23,121.48 31.24)))", err: geo.ErrFenceText},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f, err := geo.ParseFence(tt.text, geo.GCJ02)
			if !errors.Is(err, tt.err) {
				t.Fatalf("error %v, want %v", err, tt.err)
			}
			if diff := cmp.Diff(tt.want, f.Vertices()); diff != "" {
				t.Errorf("vertices (-want +got):\n%s", diff)
			}
			var at *geo.VertexError
			if errors.As(err, &at) != (tt.vertex != 0) || at != nil && at.Vertex != tt.vertex {
				t.Errorf("%v names another vertex than %d", err, tt.vertex)
			}
		})
	}
}

func TestFenceThereAndBackAgain(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		r := rand.New(rand.NewPCG(rapid.Uint64().Draw(t, "seed"), 0))
		lat, lng := rapid.Float64Range(-80, 80).Draw(t, "lat"), rapid.Float64Range(-179, 179).Draw(t, "lng")
		if rapid.Bool().Draw(t, "tiny") {
			lat, lng = 1e-200, -1e-300
		}
		f, err := geo.NewFence(star(r, lat, lng))
		if err != nil {
			t.Skip(err)
		}
		if again, err := geo.ParseFence(f.String(), geo.WGS84); err != nil || !again.Equal(f) {
			t.Fatalf("%v comes back as %v, %v", f, again, err)
		}
		data, err := json.Marshal(f)
		if err != nil {
			t.Fatal(err)
		}
		var again geo.Fence
		if err := json.Unmarshal(data, &again); err != nil || !again.Equal(f) {
			t.Fatalf("%s comes back as %v, %v", data, again, err)
		}
	})
}

// TestLongestFenceIsRead holds the bounds of the text and of the JSON.
func TestLongestFenceIsRead(t *testing.T) {
	t.Parallel()
	vertices := ring(200, -0.123456789, -170.123456789, 0.07)
	for i := range vertices {
		vertices[i].Datum = geo.BD09
	}
	f := mustFence(t, vertices)
	if again, err := geo.ParseFence(strings.ReplaceAll(f.String(), ";", " ; "), geo.BD09); err != nil || !again.Equal(f) {
		t.Errorf("comes back as %v, %v", again, err)
	}
	data, err := json.MarshalIndent(f, "", "  ")
	if err != nil {
		t.Fatal(err)
	}
	var again geo.Fence
	if err := json.Unmarshal(data, &again); err != nil || !again.Equal(f) {
		t.Errorf("%d bytes of JSON: %v", len(data), err)
	}
}

func TestFenceAsJSON(t *testing.T) {
	t.Parallel()
	want := mustFence(t, polygon(geo.GCJ02, 31.23, 121.47, 31.23, 121.48, 31.24, 121.48))
	data, err := json.Marshal(struct{ Fence geo.Fence }{want})
	if err != nil {
		t.Fatal(err)
	}
	const text = `{"Fence":[{"lat":31.23,"lng":121.47,"datum":"gcj02"},{"lat":31.23,"lng":121.48,"datum":"gcj02"},{"lat":31.24,"lng":121.48,"datum":"gcj02"}]}`
	if string(data) != text {
		t.Errorf("written as %s", data)
	}
	if data, err := json.Marshal(geo.Fence{}); err != nil || string(data) != "null" {
		t.Errorf("no fence is written as %s, %v", data, err)
	}
	for name, tt := range map[string]struct {
		text string
		want error
	}{
		"two":      {`[{"lat":31.23,"lng":121.47,"datum":"gcj02"},{"lat":31.23,"lng":121.48,"datum":"gcj02"}]`, geo.ErrFenceVertices},
		"empty":    {`[]`, geo.ErrFenceVertices},
		"no_place": {`[{},{"lat":31.23,"lng":121.48,"datum":"gcj02"},{"lat":31.24,"lng":121.48,"datum":"gcj02"}]`, geo.ErrDatum},
		"mars":     {`[{"lat":31.23,"lng":121.47,"datum":"mars"}]`, geo.ErrDatum},
		"too_long": {`[` + strings.Repeat(" ", 65<<10) + `]`, geo.ErrFenceText},
	} {
		got := want
		if err := json.Unmarshal([]byte(tt.text), &got); !errors.Is(err, tt.want) || !got.Equal(want) {
			t.Errorf("%s: read as %v, %v", name, got, err)
		}
	}
	got := want
	if err := json.Unmarshal([]byte(`null`), &got); err != nil || !got.IsZero() {
		t.Errorf("null is read as %v, %v", got, err)
	}
	for _, bad := range []string{`{}`, `"x"`, `[1]`} {
		if err := json.Unmarshal([]byte(bad), &got); err == nil {
			t.Errorf("%s was read", bad)
		}
	}
}

func FuzzParseFence(f *testing.F) {
	f.Add("121.47,31.23;121.48,31.23;121.48,31.24")
	f.Add("POLYGON((121.47 31.23, 121.48 31.23, 121.48 31.24, 121.47 31.23))")
	f.Add("121.47，31.23；1e2，3e1\n")
	f.Fuzz(func(t *testing.T, text string) {
		fence, err := geo.ParseFence(text, geo.GCJ02)
		if err != nil {
			if !fence.IsZero() {
				t.Errorf("%q gave %v beside %v", text, fence, err)
			}
			return
		}
		vertices := fence.Vertices()
		if len(vertices) < 3 || len(vertices) > geo.MaxFenceVertices {
			t.Errorf("%q has %d vertices", text, len(vertices))
		}
		for _, v := range vertices {
			if !fence.Contains(v) || fence.Distance(v) != 0 {
				t.Errorf("%q does not contain its vertex %v", text, v)
			}
		}
		if again, err := geo.ParseFence(fence.String(), geo.GCJ02); err != nil || !again.Equal(fence) {
			t.Errorf("%q comes back as %v, %v", text, again, err)
		}
	})
}
