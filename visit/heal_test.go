package visit_test

import (
	"math"
	"testing"

	"roundsman/geo"
	"roundsman/visit"
)

func TestCheckPlace(t *testing.T) {
	t.Parallel()
	at := func(evidence visit.Evidence, east float64, n int) (out []visit.Fix) {
		for i := range n {
			// A few metres around, in turn.
			p := geo.Offset(geo.Offset(square, east, 90), float64(8*i%23), float64(97*i%360))
			if evidence == visit.EvidencePin {
				p = p.In(geo.GCJ02)
			}
			out = append(out, visit.Fix{Point: p, Accuracy: 12, Evidence: evidence})
		}
		return out
	}
	right := visit.Customer{Point: square.In(geo.GCJ02)}
	// The same numbers, said to be of another datum.
	wrong := visit.Customer{Point: geo.Point{Lat: right.Point.Lat, Lng: right.Point.Lng, Datum: geo.WGS84}}
	baidu := square.In(geo.BD09)
	wrongBaidu := visit.Customer{Point: geo.Point{Lat: baidu.Lat, Lng: baidu.Lng, Datum: geo.GCJ02}}
	fence, err := geo.ParseFence("121.46,31.22;121.49,31.22;121.49,31.24", geo.WGS84)
	if err != nil {
		t.Fatal(err)
	}
	inaccurate := at(visit.EvidenceDevice, 300, 6)
	for i := range inaccurate {
		inaccurate[i].Accuracy = 66
	}
	var scattered []visit.Fix
	for i := range 6 {
		scattered = append(scattered, at(visit.EvidenceDevice, 200*float64(i), 1)...)
	}
	const device, pin = visit.EvidenceDevice, visit.EvidencePin
	for name, tt := range map[string]struct {
		customer visit.Customer
		fixes    []visit.Fix
		datum    geo.Datum
		move     bool
	}{
		"right":                    {right, at(device, 0, 9), "", false},
		"nobody was there":         {right, nil, "", false},
		"read as WGS-84":           {wrong, at(device, 0, 3), geo.GCJ02, false},
		"read as WGS-84, by pins":  {wrong, at(pin, 0, 3), geo.GCJ02, false},
		"read so, twice":           {wrong, at(device, 0, 2), "", false},
		"Baidu's":                  {wrongBaidu, at(device, 0, 4), geo.BD09, false},
		"moved":                    {right, at(device, 180, 5), "", true},
		"moved, with some outside": {right, append(at(device, 180, 5), at(device, 900, 2)...), "", true},
		"moved, four times":        {right, at(device, 180, 4), "", false},
		"moved a little":           {right, at(device, 70, 9), "", false},
		"moved, by pins":           {right, at(pin, 180, 9), "", false},
		"all over":                 {right, scattered, "", false},
		"too inaccurate":           {right, inaccurate, "", false},
		"without a place":          {visit.Customer{}, at(device, 0, 9), "", false},
		"with a fence":             {visit.Customer{Point: right.Point, Fence: fence}, at(device, 180, 9), "", false},
	} {
		got := visit.CheckPlace(tt.customer, tt.fixes)
		if got.Datum != tt.datum || got.Move.IsZero() == tt.move || got.IsZero() == (tt.move || tt.datum != "") {
			t.Errorf("%s: %+v", name, got)
		}
		if tt.move && (geo.Distance(got.Move, geo.Offset(square, 180, 90)) > 15 || math.Abs(got.Metres-180) > 15) {
			t.Errorf("%s: moved to %+v", name, got)
		}
	}
}

func TestDuplicates(t *testing.T) {
	t.Parallel()
	c := func(id, name string, east float64) visit.Customer {
		return visit.Customer{ID: id, Name: name, Point: geo.Offset(square, east, 90)}
	}
	got := visit.Duplicates([]visit.Customer{
		c("1", "华联超市", 0), c("2", "华联超市（南京东路店）", 60), c("3", "大润发", 10), c("4", "华联超市", 300),
		c("5", "Lotus Mart", 500), c("6", "lotus-mart", 505), c("7", "好德", 800), c("8", "好德", 881),
		{ID: "9", Name: "华联超市"},
		c("10", "店", 900), c("11", "店", 900), c("12", "？", 1000), c("13", "？", 1000),
	}, 9)
	want := [][2]string{{"10", "11"}, {"5", "6"}, {"1", "2"}}
	if len(got) != len(want) {
		t.Fatalf("found %+v", got)
	}
	for i, d := range got {
		if [2]string{d.A.ID, d.B.ID} != want[i] {
			t.Errorf("pair %d is %s and %s, want %v", i, d.A.ID, d.B.ID, want[i])
		}
	}
	if one := visit.Duplicates([]visit.Customer{c("1", "华联", 0), c("2", "华联", 1), c("3", "华联", 2)}, 2); len(one) != 2 {
		t.Errorf("not bounded: %d", len(one))
	}
}
