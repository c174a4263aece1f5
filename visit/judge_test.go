package visit_test

import (
	"math"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"roundsman/geo"
	"roundsman/visit"
)

var rules = visit.Rules{Radius: 200, Near: 500, MaxAccuracy: 150}

// shop is a place in Shanghai.
var shop = geo.Point{Lat: 31.2304, Lng: 121.4737, Datum: geo.GCJ02}

func at(metres float64) geo.Point { return geo.Offset(shop, metres, 90) }

func TestJudge(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		metres, accuracy, radius float64
		evidence                 visit.Evidence
		want                     visit.Verdict
		reason                   visit.Reason
	}{
		"at_the_door":                     {10, 0, 0, visit.EvidencePin, visit.Verified, ""},
		"just_inside":                     {199, 0, 0, visit.EvidencePin, visit.Verified, ""},
		"drift_of_a_pin":                  {224, 0, 0, visit.EvidencePin, visit.Verified, visit.ReasonDrift},
		"beyond_the_drift":                {227, 0, 0, visit.EvidencePin, visit.Near, visit.ReasonOutside},
		"edge_of_near":                    {549, 0, 0, visit.EvidencePin, visit.Near, visit.ReasonOutside},
		"beyond_near":                     {560, 0, 0, visit.EvidencePin, visit.OffSite, visit.ReasonFar},
		"far":                             {2300, 0, 0, visit.EvidencePin, visit.OffSite, visit.ReasonFar},
		"own_small_radius":                {90, 5, 50, visit.EvidencePin, visit.Near, visit.ReasonOutside},
		"own_large_radius":                {390, 5, 400, visit.EvidencePin, visit.Verified, ""},
		"near_grows_with_the_radius":      {790, 5, 400, visit.EvidencePin, visit.Near, visit.ReasonOutside},
		"too_inaccurate":                  {10, 400, 0, visit.EvidenceDevice, visit.Near, visit.ReasonInaccurate},
		"too_inaccurate_and_far":          {1500, 400, 0, visit.EvidenceDevice, visit.OffSite, visit.ReasonFar},
		"not_confidently_outside":         {900, 450, 0, visit.EvidenceDevice, visit.Near, visit.ReasonInaccurate},
		"a_bad_fix_does_not_widen_fences": {252, 150, 0, visit.EvidenceDevice, visit.Near, visit.ReasonOutside},
		"accuracy_zero_is_missing":        {10, 0, 0, visit.EvidenceDevice, visit.Verified, ""},
		"accuracy_nan_is_missing":         {10, math.NaN(), 0, visit.EvidenceDevice, visit.Verified, ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got := rules.Judge(visit.Fix{Point: at(tt.metres), Accuracy: tt.accuracy, Evidence: tt.evidence},
				visit.Customer{ID: "c", Point: shop, Radius: tt.radius})
			if got.Verdict != tt.want || tt.reason != "" && !slices.Contains(got.Reasons, tt.reason) {
				t.Errorf("got %s %v at %v m, want %s %s", got.Verdict, got.Reasons, got.Distance, tt.want, tt.reason)
			}
			if math.Abs(got.Distance-tt.metres) > 1 {
				t.Errorf("distance %v, want %v", got.Distance, tt.metres)
			}
		})
	}
}

// A fix and a customer in different datums are the same place; mixed up they would be 500 m apart.
func TestJudgeKnowsTheDatum(t *testing.T) {
	t.Parallel()
	for _, d := range []geo.Datum{geo.WGS84, geo.GCJ02, geo.BD09} {
		got := rules.Judge(visit.Fix{Point: shop.In(d), Evidence: visit.EvidencePin}, visit.Customer{ID: "c", Point: shop})
		if got.Verdict != visit.Verified || got.Distance > 0.2 {
			t.Errorf("%s: %s at %v m", d, got.Verdict, got.Distance)
		}
		// The same numbers in another datum are another place, beyond every fence.
		for _, other := range []geo.Datum{geo.WGS84, geo.GCJ02, geo.BD09} {
			mixed := shop.In(d)
			mixed.Datum = other
			got := rules.Judge(visit.Fix{Point: mixed, Evidence: visit.EvidencePin}, visit.Customer{ID: "c", Point: shop})
			if far := got.Distance > 400; far != (other != d) || (got.Verdict == visit.Verified) == far {
				t.Errorf("%s taken for %s: %s at %v m", d, other, got.Verdict, got.Distance)
			}
		}
	}
}

func TestJudgeNeverAcceptsWhatIsNoPlace(t *testing.T) {
	t.Parallel()
	for _, p := range []geo.Point{{}, {Lat: math.NaN(), Lng: 121, Datum: geo.WGS84}, {Lat: 31, Lng: math.Inf(1), Datum: geo.WGS84}, {Lat: 31, Lng: 121}} {
		if got := rules.Judge(visit.Fix{Point: p}, visit.Customer{ID: "c", Point: shop}); got.Verdict != visit.OffSite {
			t.Errorf("%v: %s", p, got.Verdict)
		}
	}
}

// Nearer is never judged worse.
func TestJudgeIsMonotonic(t *testing.T) {
	t.Parallel()
	order := []visit.Verdict{visit.Verified, visit.Near, visit.OffSite}
	rapid.Check(t, func(rt *rapid.T) {
		accuracy := rapid.Float64Range(0, 2000).Draw(rt, "accuracy")
		bearing := rapid.Float64Range(0, 360).Draw(rt, "bearing")
		a := rapid.Float64Range(0, 5000).Draw(rt, "nearer")
		b := a + rapid.Float64Range(0, 5000).Draw(rt, "farther")
		c := visit.Customer{ID: "c", Point: shop, Radius: rapid.Float64Range(0, 1000).Draw(rt, "radius")}
		judge := func(m float64) int {
			v := rules.Judge(visit.Fix{Point: geo.Offset(shop, m, bearing), Accuracy: accuracy, Evidence: visit.EvidenceDevice}, c)
			return slices.Index(order, v.Verdict)
		}
		if judge(a) > judge(b) {
			rt.Fatalf("%v m is worse than %v m", a, b)
		}
	})
}

func BenchmarkClaims50(b *testing.B) {
	var plan []visit.PlannedVisit
	var customers []visit.Customer
	for i := range 50 {
		id := string(rune('a'+i%26)) + string(rune('a'+i/26))
		customers = append(customers, visit.Customer{ID: id, Point: geo.Offset(shop, float64(i*70), float64(i*29))}.Located())
		plan = append(plan, visit.PlannedVisit{Customer: id, Order: i})
	}
	fix := visit.Fix{Point: shop, Evidence: visit.EvidencePin}
	b.ReportAllocs()
	for b.Loop() {
		rules.Claims(fix, plan, customers)
	}
}

// A fence counts instead of a radius: inside is at the customer, outside the edge is measured.
func TestAFence(t *testing.T) {
	t.Parallel()
	corner := func(east, north float64) geo.Point {
		return geo.Offset(geo.Offset(square, east, 90), north, 0)
	}
	fence, err := geo.NewFence([]geo.Point{corner(0, 0), corner(1000, 0), corner(1000, 600), corner(0, 600)})
	if err != nil {
		t.Fatal(err)
	}
	rules := visit.Rules{Radius: 200, Near: 500, MaxAccuracy: 150}
	market := visit.Customer{ID: "m", Point: corner(500, 300), Fence: fence}
	for name, tt := range map[string]struct {
		at       geo.Point
		accuracy float64
		want     visit.Verdict
		distance float64
	}{
		"in the middle":             {corner(500, 300), 10, visit.Verified, 0},
		"in a corner":               {corner(2, 598), 10, visit.Verified, 0},
		"a little out":              {corner(-4, 300), 10, visit.Verified, 4},
		"over the street":           {corner(-60, 300), 10, visit.Near, 60},
		"beyond the radius of old":  {corner(-520, 300), 10, visit.OffSite, 520},
		"inside, but who knows":     {corner(500, 300), 400, visit.Near, 0},
		"far, from another quarter": {corner(5000, 300), 10, visit.OffSite, 4000},
	} {
		claim := rules.Judge(visit.Fix{Point: tt.at, Accuracy: tt.accuracy, Evidence: visit.EvidenceDevice}, market)
		if claim.Verdict != tt.want || math.Abs(claim.Distance-tt.distance) > 1 || !claim.Fenced || claim.Radius != 0 {
			t.Errorf("%s: %+v", name, claim)
		}
	}
	// A market that is long is meant from its other end, too.
	claims := rules.Claims(visit.Fix{Point: corner(998, 2), Accuracy: 10, Evidence: visit.EvidenceDevice}, nil, []visit.Customer{market})
	if len(claims) != 1 || claims[0].Verdict != visit.Verified {
		t.Errorf("claims %+v", claims)
	}
}

func TestOnlyADeviceVerifiesWhereThatIsWanted(t *testing.T) {
	t.Parallel()
	strict := rules
	strict.DeviceOnly = true
	for name, tt := range map[string]struct {
		metres, accuracy float64
		evidence         visit.Evidence
		want             visit.Verdict
		reasons          []visit.Reason
	}{
		"device":                 {10, 12, visit.EvidenceDevice, visit.Verified, nil},
		"device_with_drift":      {224, 50, visit.EvidenceDevice, visit.Verified, []visit.Reason{visit.ReasonDrift}},
		"pin":                    {10, 0, visit.EvidencePin, visit.Near, []visit.Reason{visit.ReasonEvidence}},
		"pin_with_drift":         {224, 0, visit.EvidencePin, visit.Near, []visit.Reason{visit.ReasonEvidence}},
		"pin_nearby":             {400, 0, visit.EvidencePin, visit.Near, []visit.Reason{visit.ReasonOutside}},
		"pin_off_site":           {2300, 0, visit.EvidencePin, visit.OffSite, []visit.Reason{visit.ReasonFar}},
		"nobody_says_what_it_is": {10, 0, "", visit.Near, []visit.Reason{visit.ReasonEvidence}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got := strict.Judge(visit.Fix{Point: at(tt.metres), Accuracy: tt.accuracy, Evidence: tt.evidence}, visit.Customer{ID: "c", Point: shop})
			if got.Verdict != tt.want || !slices.Equal(got.Reasons, tt.reasons) {
				t.Errorf("got %s %v, want %s %v", got.Verdict, got.Reasons, tt.want, tt.reasons)
			}
		})
	}
}

// A team may hold to its radius to the metre.
func TestWithoutDrift(t *testing.T) {
	t.Parallel()
	strict := rules
	strict.NoDrift = true
	for metres, want := range map[float64]visit.Verdict{190: visit.Verified, 210: visit.Near, 900: visit.OffSite} {
		fix := visit.Fix{Point: at(metres), Accuracy: 60, Evidence: visit.EvidenceDevice}
		if c := strict.Judge(fix, visit.Customer{ID: "c", Point: shop}); c.Verdict != want {
			t.Errorf("at %g m it is %s %v, want %s", metres, c.Verdict, c.Reasons, want)
		}
	}
	if c := rules.Judge(visit.Fix{Point: at(210), Accuracy: 60}, visit.Customer{ID: "c", Point: shop}); c.Verdict != visit.Verified {
		t.Errorf("with drift it is %s", c.Verdict)
	}
}
