package storagetest

import (
	"testing"
	"time"

	"roundsman/geo"
	"roundsman/storage"
	"roundsman/visit"
)

// OlderAt is when the first thing of [CheckOlder] happened.
var OlderAt = time.Date(2026, 11, 20, 1, 0, 0, 0, time.UTC)

// CheckOlder looks at what a store has that the adapter's test has put there in the
// forms of older versions: the facts "v1" and "v2" of the rep "r" of the team "t" on
// 2026-11-20, at [OlderAt] and an hour later, judged by the first and the second
// version of the rule (which knew no signals; no late fix and no fence), verified at
// "c1" and doubtful at "c2"; and that date's outcome with a verified call at "c1" of
// when nothing was kept of reports, leave and the minimum.
func CheckOlder(t *testing.T, s storage.Store) {
	t.Helper()
	ctx := t.Context()
	facts := val(s.Facts().Day(ctx, "r", "2026-11-20"))(t)
	equal(t, facts, []visit.Fact{
		{
			ID: "v1", Kind: visit.KindFix, Rep: "r", Team: "t", Date: "2026-11-20", At: OlderAt, Received: OlderAt, Platform: "wecom", Message: "1",
			Fix: &visit.Fix{
				Point: geo.Point{Lat: 31.23, Lng: 121.47, Datum: geo.GCJ02}, Address: "世纪大道", Evidence: visit.EvidencePin, Support: -1, Rule: "1", MaxAccuracy: 150,
				Claims: []visit.Claim{{Customer: "c1", Verdict: visit.Verified, Distance: 12.5, Radius: 200, Near: 500}},
			},
		},
		{
			ID: "v2", Kind: visit.KindFix, Rep: "r", Team: "t", Date: "2026-11-20", At: OlderAt.Add(time.Hour), Received: OlderAt.Add(time.Hour), Platform: "wecom", Message: "2",
			Fix: &visit.Fix{
				Point: geo.Point{Lat: 31.25, Lng: 121.49, Datum: geo.GCJ02}, Evidence: visit.EvidencePin, Support: 30, Rule: "2", MaxAccuracy: 150,
				Claims:  []visit.Claim{{Customer: "c2", Verdict: visit.Verified, Distance: 3, Radius: 200, Near: 500}},
				Signals: []visit.Signal{{Kind: visit.SignalTravel, Hard: true, Value: 1500, With: "v1"}},
			},
		},
	})
	// A visit keeps the verdict of its own time.
	day := visit.Fold(nil, facts)
	equal(t, len(day.Visits), 2)
	equal(t, day.Visits[0].Verdict(), visit.Verified)
	equal(t, day.Visits[1].Verdict(), visit.Suspicious)

	got := val(collect(s.Outcomes().Range(ctx, storage.FactFilter{From: "2026-11-20", To: "2026-11-20"})))(t)
	equal(t, len(got), 1)
	o := got[0]
	equal(t, o, visit.Outcome{
		Rep: "r", Team: "t", Date: "2026-11-20", Facts: 2, Planned: []string{"c1"},
		Calls: []visit.Call{{Visit: "v1", Customer: "c1", Verdict: visit.Verified, Planned: true, Start: OlderAt, Last: OlderAt}},
	})
	// Nothing is said of what was not kept: no report on time, no minimum that was missed.
	equal(t, o.OnTime(), false)
	equal(t, o.MetMinimum(), true)
	equal(t, o.Worked(), true)
	// It gives way to the one that is made of the same facts again.
	again := o
	again.Minimum, again.Reported, again.ReportDue = 4, OlderAt.Add(2*time.Hour), OlderAt.Add(3*time.Hour)
	ok(t, s.Outcomes().Put(ctx, again))
	got = val(collect(s.Outcomes().Range(ctx, storage.FactFilter{From: "2026-11-20", To: "2026-11-20"})))(t)
	equal(t, got, []visit.Outcome{again})
	// A place of then goes as one of now does.
	equal(t, val(s.Facts().Redact(ctx, "2026-11-21"))(t), 2)
	for _, f := range val(s.Facts().Day(ctx, "r", "2026-11-20"))(t) {
		equal(t, f.Located(), false)
		equal(t, f.Fix.Rule, map[string]string{"v1": "1", "v2": "2"}[f.ID])
	}
}
