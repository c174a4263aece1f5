package visit_test

import (
	"math"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"

	"roundsman/geo"
	"roundsman/visit"
)

func TestWhatACodeLifts(t *testing.T) {
	t.Parallel()
	deviceOnly := rules
	deviceOnly.DeviceOnly = true
	for name, tt := range map[string]struct {
		rules  visit.Rules
		fix    visit.Fix
		noSite bool
		want   visit.Verdict
		reason visit.Reason
	}{
		"too inaccurate":               {rules, visit.Fix{Point: at(10), Accuracy: 300, Evidence: visit.EvidenceDevice, Code: "c"}, false, visit.Verified, visit.ReasonCode},
		"not confidently outside":      {rules, visit.Fix{Point: at(900), Accuracy: 450, Evidence: visit.EvidenceDevice, Code: "c"}, false, visit.Verified, visit.ReasonCode},
		"not the device's own":         {deviceOnly, visit.Fix{Point: at(10), Evidence: visit.EvidencePin, Code: "c"}, false, visit.Near, visit.ReasonEvidence},
		"another customer's code":      {rules, visit.Fix{Point: at(10), Accuracy: 300, Evidence: visit.EvidenceDevice, Code: "d"}, false, visit.Near, visit.ReasonInaccurate},
		"no code":                      {rules, visit.Fix{Point: at(10), Accuracy: 300, Evidence: visit.EvidenceDevice}, false, visit.Near, visit.ReasonInaccurate},
		"late":                         {rules, visit.Fix{Point: at(10), Accuracy: 300, Evidence: visit.EvidencePin, Late: true, Code: "c"}, false, visit.Near, visit.ReasonInaccurate},
		"late, only a device's counts": {deviceOnly, visit.Fix{Point: at(10), Accuracy: 10, Evidence: visit.EvidencePin, Late: true, Code: "c"}, false, visit.Near, visit.ReasonEvidence},
		"as good as it need be":        {rules, visit.Fix{Point: at(10), Accuracy: 500, Evidence: visit.EvidenceDevice, Code: "c"}, false, visit.Verified, visit.ReasonCode},
		"a hidden location":            {rules, visit.Fix{Point: at(10), Accuracy: 501, Evidence: visit.EvidenceDevice, Code: "c"}, false, visit.Near, visit.ReasonInaccurate},
		"outside":                      {rules, visit.Fix{Point: at(400), Accuracy: 10, Evidence: visit.EvidenceDevice, Code: "c"}, false, visit.Near, visit.ReasonOutside},
		"far":                          {rules, visit.Fix{Point: at(2000), Accuracy: 10, Evidence: visit.EvidenceDevice, Code: "c"}, false, visit.OffSite, visit.ReasonFar},
		"no known place":               {rules, visit.Fix{Point: at(10), Accuracy: 10, Evidence: visit.EvidenceDevice, Code: "c"}, true, visit.Near, visit.ReasonNoPoint},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c := visit.Customer{ID: "c", Point: shop}
			if tt.noSite {
				c.Point = geo.Point{}
			}
			got := tt.rules.Judge(tt.fix, c)
			if got.Verdict != tt.want || !slices.Equal(got.Reasons, []visit.Reason{tt.reason}) {
				t.Errorf("got %s %v, want %s %s", got.Verdict, got.Reasons, tt.want, tt.reason)
			}
		})
	}
}

// A code changes only what the phone could not know: whoever is outside by what it
// knows stays so, and only the coded customer's verdict changes.
func TestACodeBuysNothingElsewhere(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(rt *rapid.T) {
		fix := visit.Fix{
			Point:    geo.Offset(shop, rapid.Float64Range(0, 5000).Draw(rt, "metres"), rapid.Float64Range(0, 360).Draw(rt, "bearing")),
			Accuracy: rapid.OneOf(rapid.Float64Range(0, 3000), rapid.SampledFrom([]float64{0, math.NaN(), math.Inf(1), -1})).Draw(rt, "accuracy"),
			Evidence: rapid.SampledFrom([]visit.Evidence{visit.EvidenceDevice, visit.EvidencePin}).Draw(rt, "evidence"),
			Late:     rapid.Bool().Draw(rt, "late"),
		}
		r := rules
		r.DeviceOnly = rapid.Bool().Draw(rt, "device only")
		c := visit.Customer{ID: "c", Point: shop, Radius: rapid.Float64Range(0, 1000).Draw(rt, "radius")}
		plain := r.Judge(fix, c)
		fix.Code = "c"
		coded := r.Judge(fix, c)
		unknown := slices.Equal(plain.Reasons, []visit.Reason{visit.ReasonInaccurate})
		if coded.Verdict != plain.Verdict && (!unknown || fix.Late || coded.Verdict != visit.Verified) {
			rt.Fatalf("%s %v became %s %v", plain.Verdict, plain.Reasons, coded.Verdict, coded.Reasons)
		}
		if coded.Distance != plain.Distance || coded.Radius != plain.Radius || coded.Near != plain.Near {
			rt.Fatalf("%+v became %+v", plain, coded)
		}
		// The customer next door gains nothing.
		next := visit.Customer{ID: "d", Point: geo.Offset(shop, 30, 0)}
		without := fix
		without.Code = ""
		if a, b := r.Judge(fix, next), r.Judge(without, next); a.Verdict != b.Verdict || !slices.Equal(a.Reasons, b.Reasons) {
			rt.Fatalf("next door %+v became %+v", b, a)
		}
	})
}

// However many customers lie nearer, and however far it is, the coded one is kept.
func TestClaimsHoldTheCodedCustomer(t *testing.T) {
	t.Parallel()
	var customers []visit.Customer
	for i := range 20 {
		customers = append(customers, visit.Customer{ID: string(rune('A' + i)), Point: geo.Offset(shop, float64(i), 0)}.Located())
	}
	for name, c := range map[string]visit.Customer{
		"the last of many": {ID: "c", Point: at(150)},
		"beyond all reach": {ID: "c", Point: at(40_000)},
		"of unknown place": {ID: "c"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			fix := visit.Fix{Point: shop, Accuracy: 10, Evidence: visit.EvidenceDevice, Code: "c"}
			all := append(slices.Clone(customers), c.Located())
			got := rules.Claims(fix, nil, all)
			want := rules.Judge(fix, c)
			i := slices.IndexFunc(got, func(o visit.Claim) bool { return o.Customer == "c" })
			if len(got) != 12 || i < 0 || got[i].Verdict != want.Verdict || got[i].Distance != want.Distance {
				t.Errorf("the claims are %+v", got)
			}
			fix.Code = ""
			if got := rules.Claims(fix, nil, all); slices.ContainsFunc(got, func(o visit.Claim) bool { return o.Customer == "c" }) {
				t.Errorf("without the code they are %+v", got)
			}
		})
	}
}

// coded is a fix of the device with a customer's code, judged.
func coded(id string, minutes int, p geo.Point, accuracy float64, code string, customers ...visit.Customer) visit.Fact {
	fix := visit.Fix{Point: p, Accuracy: accuracy, Evidence: visit.EvidenceDevice, Support: -1, Code: code}
	f := visit.Fact{
		ID: id, Kind: visit.KindFix, Rep: "r1", Date: "2026-11-02", Fix: &fix,
		At: time.Date(2026, 11, 2, 1, minutes, 0, 0, time.UTC),
	}
	fix.Claims = rules.Claims(fix, nil, customers)
	fix.Signals = visit.Signals(f, visit.Past{})
	return f
}

func TestACodeNamesTheCustomer(t *testing.T) {
	t.Parallel()
	a, b := visit.Customer{ID: "a", Point: shop}.Located(), visit.Customer{ID: "b", Point: at(15)}.Located()
	plan := []visit.PlannedVisit{{Customer: "a", Order: 1}}
	f := coded("1", 0, shop, 12, "b", a, b)
	v := visit.Fold(plan, []visit.Fact{f}).Visits[0]
	if v.Customer != "b" || len(v.Options) != 0 || v.Evidence() != visit.EvidenceQR || v.Verdict() != visit.Verified {
		t.Errorf("the visit is %+v", v)
	}
	// What the rep says later counts, and then nothing proves it but the fix.
	choice := visit.Fact{ID: "2", Kind: visit.KindChoice, Rep: "r1", Date: f.Date, At: f.At.Add(time.Minute), Choice: &visit.Choice{Fix: "1", Customer: "a"}}
	if v := visit.Fold(plan, []visit.Fact{f, choice}).Visits[0]; v.Customer != "a" || v.Evidence() != visit.EvidenceDevice {
		t.Errorf("after the choice it is %+v", v)
	}
	// Away from it too, with the question that this raises.
	away := coded("1", 0, at(9000), 12, "b", a, b)
	v = visit.Fold(plan, []visit.Fact{away}).Visits[0]
	if v.Customer != "b" || v.Claim.Verdict != visit.OffSite || v.Verdict() != visit.Suspicious || v.Evidence() != visit.EvidenceDevice {
		t.Errorf("away from it the visit is %+v", v)
	}
	if len(v.Signals) != 1 || v.Signals[0].Kind != visit.SignalCodeAway || !v.Signals[0].Hard || math.Abs(v.Signals[0].Value-8985) > 1 {
		t.Errorf("what speaks against it is %+v", v.Signals)
	}
	late := coded("1", 0, shop, 12, "b", a, b)
	late.Fix.Late, late.Fix.Evidence = true, visit.EvidencePin
	if v := visit.Fold(plan, []visit.Fact{late}).Visits[0]; v.Customer != "b" || v.Evidence() != visit.EvidencePin {
		t.Errorf("late it is %+v", v)
	}
}

// A code that is scanned in the course of a visit makes it the stronger one, and
// what comes after takes nothing away.
func TestACodeScannedLaterCounts(t *testing.T) {
	t.Parallel()
	a := visit.Customer{ID: "a", Point: shop}.Located()
	first, scan, last := coded("1", 0, shop, 12, "", a), coded("2", 3, at(40), 20, "a", a), coded("3", 5, shop, 8, "", a)
	day := visit.Fold(nil, []visit.Fact{first, scan, last})
	if len(day.Visits) != 1 || day.Visits[0].Evidence() != visit.EvidenceQR || day.Visits[0].Fix.Accuracy != 20 {
		t.Errorf("the visits are %+v", day.Visits)
	}
	// A better verdict counts more than a code.
	near, inside := coded("1", 0, at(400), 12, "a", a), coded("2", 3, shop, 12, "", a)
	if v := visit.Fold(nil, []visit.Fact{near, inside}).Visits[0]; v.Verdict() != visit.Verified || v.Evidence() != visit.EvidenceDevice {
		t.Errorf("the visit is %+v", v)
	}
}

// The record's bytes of what has no code are those of before.
func TestACodeIsSealedOnlyWhereThereIsOne(t *testing.T) {
	t.Parallel()
	f := visit.Fact{ID: "1", Kind: visit.KindFix, Rep: "r1", Team: "t", Date: "2026-11-02", Fix: &visit.Fix{Evidence: visit.EvidenceDevice, Support: -1, Rule: "3"}}
	const head = `{"id":"1","kind":"fix","rep":"r1","team":"t","date":"2026-11-02","at":"0001-01-01T00:00:00Z","received":"0001-01-01T00:00:00Z",` +
		`"fix":{"evidence":"device","support":-1,"rule":"3"`
	for code, want := range map[string]string{"": head + "}}", "C1": head + `,"code":"C1"}}`} {
		f.Fix.Code = code
		f.Fix.Point = shop
		if got, err := f.Payload(); err != nil || string(got) != want {
			t.Errorf("%q is sealed as %s, %v; want %s", code, got, err, want)
		}
	}
}
