package visit_test

import (
	"fmt"
	"testing"
	"time"

	"pgregory.net/rapid"

	"roundsman/visit"
)

// drawDay draws a plan and facts of a day: visits with results, said more than
// once and in any order.
func drawDay(rt *rapid.T) (plan []visit.PlannedVisit, facts []visit.Fact) {
	at := time.Date(2026, 11, 24, 1, 0, 0, 0, time.UTC)
	customer := rapid.SampledFrom([]string{"C1", "C2", "C3", "C4", ""})
	for i := range rapid.IntRange(0, 4).Draw(rt, "planned") {
		plan = append(plan, visit.PlannedVisit{Customer: fmt.Sprint("C", i+1), Order: i + 1, OrderTarget: int64(i) * 100})
	}
	for i := range rapid.IntRange(0, 6).Draw(rt, "visits") {
		at = at.Add(time.Duration(rapid.IntRange(1, 180).Draw(rt, "minutes")) * time.Minute)
		id := fmt.Sprint("fix", i)
		f := visit.Fact{ID: id, Kind: visit.KindFix, Rep: "R", Team: "T", At: at, Fix: &visit.Fix{}}
		if c := customer.Draw(rt, "customer"); c != "" {
			f.Fix.Claims = []visit.Claim{{Customer: c, Verdict: rapid.SampledFrom([]visit.Verdict{visit.Verified, visit.Near, visit.OffSite}).Draw(rt, "verdict")}}
		} else {
			facts = append(facts, visit.Fact{ID: id + "/choice", Kind: visit.KindChoice, Rep: "R", Team: "T", At: at, Choice: &visit.Choice{Fix: id, Prospect: true}})
		}
		facts = append(facts, f)
		for k := range rapid.IntRange(0, 3).Draw(rt, "results") {
			r := visit.Result{Visit: id}
			if rapid.Bool().Draw(rt, "ordered") {
				fen := rapid.Int64Range(0, 1_000_000).Draw(rt, "order")
				r.Order = &fen
			}
			if rapid.Bool().Draw(rt, "collects") {
				fen := rapid.Int64Range(0, 1_000_000).Draw(rt, "collected")
				r.Collected = &fen
			}
			facts = append(facts, visit.Fact{ID: fmt.Sprint(id, "/r", k), Kind: visit.KindResult, Rep: "R", Team: "T", At: at.Add(time.Duration(k+1) * time.Second), Result: &r})
		}
	}
	return plan, rapid.Permutation(facts).Draw(rt, "order of arrival")
}

// A day's amounts are the sums of the last words on each visit, however they
// arrived, and what is kept of the day counts as the day does.
func TestSumsEqualTheFacts(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(rt *rapid.T) {
		plan, facts := drawDay(rt)
		day := visit.Fold(plan, facts)
		tally := day.Tally(plan)
		var ordered, collected int64
		for _, v := range day.Visits {
			var order, money *visit.Fact
			for _, f := range facts {
				if f.Kind != visit.KindResult || f.Result.Visit != v.ID {
					continue
				}
				if f.Result.Order != nil && (order == nil || f.At.After(order.At)) {
					order = &f
				}
				if f.Result.Collected != nil && (money == nil || f.At.After(money.At)) {
					money = &f
				}
			}
			if order != nil {
				ordered += *order.Result.Order
			}
			if money != nil {
				collected += *money.Result.Collected
			}
		}
		// What names a fix that began no visit falls to another one.
		stray := false
		for _, f := range facts {
			stray = stray || f.Kind == visit.KindResult && day.Visit(f.Result.Visit) == nil
		}
		if !stray && (tally.Ordered != ordered || tally.Collected != collected) {
			rt.Fatalf("ordered %d and collected %d, of the facts %d and %d", tally.Ordered, tally.Collected, ordered, collected)
		}
		if tally.Reached > tally.Planned || tally.Reached < 0 || tally.Distinct > tally.Visits {
			rt.Fatalf("%+v", tally)
		}
		kept := visit.OutcomeOf(visit.Rep{ID: "R", Team: "T"}, visit.Policy{Zone: time.UTC}, "2026-11-24", plan, facts).Tally()
		tally.Unplaced, tally.Photos, tally.MissingPhotos = 0, 0, 0
		if kept != tally {
			rt.Fatalf("kept is %+v, the day %+v", kept, tally)
		}
	})
}

// What a manager decided counts, the latest word, and the rule's verdict stays.
func TestADecisionIsTheEffectiveVerdict(t *testing.T) {
	t.Parallel()
	at := time.Date(2026, 11, 24, 1, 0, 0, 0, time.UTC)
	fix := visit.Fact{ID: "f", Kind: visit.KindFix, Rep: "R", At: at, Fix: &visit.Fix{Claims: []visit.Claim{{Customer: "C1", Verdict: visit.Near}}}}
	decide := func(id, of string, minutes int, v visit.Verdict) visit.Fact {
		return visit.Fact{
			ID: id, Kind: visit.KindDecision, Rep: "R", By: "M", At: at.Add(time.Duration(minutes) * time.Minute),
			Decision: &visit.Decision{Visit: of, Verdict: v},
		}
	}
	for name, tt := range map[string]struct {
		facts []visit.Fact
		want  visit.Verdict
	}{
		"nobody_decided":    {nil, visit.Near},
		"accepted":          {[]visit.Fact{decide("d", "f", 10, visit.Verified)}, visit.Verified},
		"doubted":           {[]visit.Fact{decide("d", "f", 10, visit.Suspicious)}, visit.Suspicious},
		"the_latest_counts": {[]visit.Fact{decide("d2", "f", 20, visit.OffSite), decide("d1", "f", 10, visit.Verified)}, visit.OffSite},
		"of_another_visit":  {[]visit.Fact{decide("d", "g", 10, visit.Verified)}, visit.Near},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			facts := append(tt.facts, fix)
			plan := []visit.PlannedVisit{{Customer: "C1", Order: 1}}
			day := visit.Fold(plan, facts)
			if v := day.Visits[0]; v.Verdict() != tt.want || v.Claim.Verdict != visit.Near {
				t.Errorf("effective %q, by the rule %q", v.Verdict(), v.Claim.Verdict)
			}
			reached := 0
			if tt.want == visit.Verified {
				reached = 1
			}
			kept := visit.OutcomeOf(visit.Rep{ID: "R"}, visit.Policy{Zone: time.UTC}, "2026-11-24", plan, facts)
			if kept.Calls[0].Verdict != tt.want || kept.Tally().Reached != reached || day.Tally(plan).Reached != reached {
				t.Errorf("kept %+v, %+v", kept.Calls[0], kept.Tally())
			}
		})
	}
}
