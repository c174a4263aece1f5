package geo_test

import (
	"cmp"
	"iter"
	"math"
	"slices"
	"testing"

	gocmp "github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"roundsman/geo"
)

type hit struct {
	ID     int
	Metres float64
}

func hits(seq iter.Seq2[int, float64]) []hit {
	var out []hit
	for id, metres := range seq {
		out = append(out, hit{id, metres})
	}
	return out
}

// scan is what the index must find, found by looking at everything.
func scan(all []geo.Point, p geo.Point, metres float64) []hit {
	var out []hit
	for id, q := range all {
		if d := geo.Distance(p, q); d <= metres {
			out = append(out, hit{id, d})
		}
	}
	slices.SortFunc(out, func(a, b hit) int { return cmp.Or(cmp.Compare(a.Metres, b.Metres), cmp.Compare(a.ID, b.ID)) })
	return out
}

// TestIndexFindsWhatAScanFinds, also across the antimeridian, at the poles, and
// with several customers at one place.
func TestIndexFindsWhatAScanFinds(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		centre := rapid.OneOf(
			rapid.Custom(inland),
			rapid.SampledFrom([]geo.Point{wgs84(0.5, 179.99), wgs84(-40, -179.99), wgs84(89.95, 20), wgs84(-90, 0)}),
		).Draw(t, "centre")
		var all []geo.Point
		var index geo.Index[int]
		for range rapid.IntRange(0, 60).Draw(t, "n") {
			q := geo.Offset(centre, rapid.Float64Range(0, 1500).Draw(t, "metres"), rapid.Float64Range(0, 360).Draw(t, "bearing"))
			if len(all) > 0 && rapid.IntRange(0, 4).Draw(t, "again") == 0 {
				q = all[0]
			}
			if index.Insert(q, len(all)) != q.Valid() {
				t.Fatalf("insert %v", q)
			}
			if q.Valid() {
				all = append(all, q)
			}
		}
		if index.Len() != len(all) {
			t.Fatalf("%d of %d", index.Len(), len(all))
		}
		metres := rapid.SampledFrom([]float64{0, 100, 700, 3000, math.Inf(1)}).Draw(t, "within")
		if diff := gocmp.Diff(scan(all, centre, metres), hits(index.Within(centre, metres))); diff != "" {
			t.Fatalf("within %v m of %v (-scan +index):\n%s", metres, centre, diff)
		}
		n := rapid.IntRange(0, 70).Draw(t, "nearest")
		want := scan(all, centre, math.Inf(1))
		want = want[:min(n, len(want))]
		if len(want) == 0 {
			want = nil
		}
		if diff := gocmp.Diff(want, hits(index.Nearest(centre, n))); diff != "" {
			t.Fatalf("nearest %d of %v (-scan +index):\n%s", n, centre, diff)
		}
	})
}

func TestIndexNearestFindsTheFarthest(t *testing.T) {
	t.Parallel()
	var index geo.Index[string]
	here := geo.Point{Lat: 31.2304, Lng: 121.4737, Datum: geo.GCJ02}
	index.Insert(wgs84(-31.2, -58.5), "the other side of the earth")
	var got []string
	for name := range index.Nearest(here, 3) {
		got = append(got, name)
	}
	if diff := gocmp.Diff([]string{"the other side of the earth"}, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestIndexOfNothing(t *testing.T) {
	t.Parallel()
	var index geo.Index[int]
	here := wgs84(31, 121)
	if index.Insert(geo.Point{}, 1) || index.Insert(wgs84(math.NaN(), 1), 2) {
		t.Error("took what is no place")
	}
	if got := append(hits(index.Within(here, 1e9)), hits(index.Nearest(here, 5))...); len(got) != 0 {
		t.Errorf("found %v", got)
	}
	index.Insert(here, 3)
	bad := append(hits(index.Within(geo.Point{}, 1e9)), hits(index.Nearest(geo.Point{}, 5))...)
	bad = append(bad, hits(index.Within(here, math.NaN()))...)
	bad = append(bad, hits(index.Within(here, -1))...)
	if len(bad) != 0 {
		t.Errorf("found %v from nowhere", bad)
	}
	for id := range index.Within(here, 1) {
		if id != 3 {
			t.Errorf("found %d", id)
		}
		break
	}
}
