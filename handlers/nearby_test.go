package handlers_test

import (
	"testing"
	"time"

	"roundsman/geo"
	"roundsman/visit"
)

// A forgotten customer around the corner is offered once a day, and a tap puts
// it onto the plan.
func TestAForgottenCustomerNearbyIsOffered(t *testing.T) {
	t.Parallel()
	f := setup(t)
	last := func(customer string, date visit.Date) {
		f.ok(f.store.Outcomes().Put(t.Context(), visit.Outcome{
			Rep: "x" + customer, Team: team, Date: date, Calls: []visit.Call{{Visit: customer, Customer: customer, Verdict: visit.Verified}},
		}))
	}
	for id, metres := range map[string]float64{"N1": 500, "N2": 600, "N3": 700, "N4": 900, "N5": 300} {
		f.ok(f.store.Customers().Put(t.Context(), visit.Customer{ID: id, Name: "店" + id, Owner: "zhang", Cadence: 7, Point: geo.Offset(shop, metres, 0)}))
	}
	last("N1", "2026-11-10") // twice as long as it should be
	last("N2", "2026-10-10") // the most forgotten
	last("N4", "2026-01-10") // too far
	last("N5", "2026-11-22") // not due; N3 was never visited
	f.at("zhang", shop)
	f.pass(10 * time.Minute)
	f.untilNow()
	offer := f.last("zhang")
	if got := show(offer); !contains(got, "就在附近 600 米：店N2", "45 天没去了（应 7 天一次）", "[顺路去]") {
		t.Fatalf("the offer: %s", got)
	}
	f.press("zhang", value(t, offer, "顺路去"))
	f.text("zhang", "计划")
	if got := show(f.last("zhang")); !contains(got, "店N2") {
		t.Errorf("the plan: %s", got)
	}
	said := len(f.said("zhang"))
	f.at("zhang", geo.Offset(shop, 2000, 90))
	f.at("zhang", shop)
	f.pass(10 * time.Minute)
	f.untilNow()
	for _, s := range f.said("zhang")[said:] {
		if contains(s, "就在附近") {
			t.Errorf("offered again: %s", s)
		}
	}
}

// Who has gone on to the next customer is not called back.
func TestNothingIsOfferedBehind(t *testing.T) {
	t.Parallel()
	f := setup(t)
	f.ok(f.store.Customers().Put(t.Context(), visit.Customer{ID: "N1", Name: "店N1", Owner: "zhang", Cadence: 7, Point: geo.Offset(shop, 500, 0)}))
	f.ok(f.store.Outcomes().Put(t.Context(), visit.Outcome{
		Rep: "x", Team: team, Date: "2026-10-10", Calls: []visit.Call{{Visit: "v", Customer: "N1", Verdict: visit.Verified}},
	}))
	f.at("zhang", shop)
	f.pass(5 * time.Minute)
	f.at("zhang", geo.Offset(shop, 2000, 90))
	f.pass(5 * time.Minute)
	f.untilNow()
	for _, s := range f.said("zhang") {
		if contains(s, "就在附近") {
			t.Errorf("offered: %s", s)
		}
	}
}
