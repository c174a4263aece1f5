package handlers_test

import (
	"fmt"
	"testing"
	"time"

	"roundsman/bot"
	"roundsman/geo"
	"roundsman/visit"
)

// Proposals of the next day's plan, each for a rep with 150 customers, a fixed
// route and a quarter of a year of visits, from the event in the lane to the post in the outbox.
func BenchmarkProposals(b *testing.B) {
	const reps, customers, days = 100, 150, 60
	f := setup(b)
	ctx := b.Context()
	for n := range reps {
		rep := visit.Rep{ID: fmt.Sprintf("B%03d", n), Name: fmt.Sprint("销售", n), Team: team, Role: visit.RoleRep, Identities: map[string]string{"blue": fmt.Sprint("u", n)}}
		f.ok(f.store.Roster().PutReps(ctx, rep))
		list := make([]visit.Customer, customers)
		for i := range list {
			list[i] = visit.Customer{
				ID: fmt.Sprintf("%s-%03d", rep.ID, i), Name: fmt.Sprintf("客户%d的超市", i), Owner: rep.ID, Grade: "B",
				Point: geo.Offset(shop, float64(i*137%9000), float64(i*71%360)),
			}
		}
		f.ok(f.store.Customers().Put(ctx, list...))
		route := visit.Route{Rep: rep.ID}
		for d := range 5 {
			route.Stops = append(route.Stops, visit.RouteStop{Weekday: d + 1, Customer: list[d].ID}, visit.RouteStop{Weekday: d + 1, Customer: list[d+5].ID, Week: 1 + d%2})
		}
		f.ok(f.store.Routes().Put(ctx, route))
		for d := range days {
			o := visit.Outcome{Rep: rep.ID, Team: team, Date: visit.Date("2026-11-24").Add(-1 - d), Facts: 5}
			for k := range 5 {
				o.Calls = append(o.Calls, visit.Call{Visit: fmt.Sprint(d, "/", k), Customer: list[(d*5+k)%customers].ID, Verdict: visit.Verified})
			}
			f.ok(f.store.Outcomes().Put(ctx, o))
		}
	}
	f.clock(16, 0)
	for n := 0; b.Loop(); n++ {
		// Each round of the reps is of another day.
		rep, day := fmt.Sprintf("B%03d", n%reps), visit.Date("2026-11-24").Add(n/reps)
		f.now = day.At(visit.Clock{Hour: 16}, f.now.Location())
		f.ok(f.service.Handle(ctx, bot.Message{
			Key: fmt.Sprint("due/", rep, day), At: f.now, Received: f.now, Due: &bot.Due{Job: "plan_proposal", Rep: rep, Date: day},
		}))
	}
	b.ReportMetric(10_000*b.Elapsed().Seconds()/float64(b.N), "s/10000")
	if p := f.posts(); len(p) == 0 {
		b.Fatal("nothing was proposed")
	}
}

// A check-in with all that is compared, by a rep with no past and with five years
// of eight visits each workday, of which all still have their places.
func BenchmarkCheckIn(b *testing.B) {
	for _, years := range []int{0, 5} {
		b.Run(fmt.Sprint(years, "_years"), func(b *testing.B) {
			f := setup(b)
			first := visit.Date("2026-11-23").Add(-365 * years)
			var facts []visit.Fact
			for day := range 365 * years {
				date := first.Add(day)
				if day%7 > 4 {
					continue
				}
				for i := range 8 {
					at := date.At(visit.Clock{Hour: 9 + i}, f.now.Location())
					facts = append(facts, visit.Fact{
						ID: fmt.Sprint("old-", date, "-", i), Kind: visit.KindFix, Rep: "zhang", Team: team, Date: date, At: visit.Millis(at),
						Fix: &visit.Fix{
							Point: geo.Offset(shop, float64(i)*300, float64(day)), Evidence: visit.EvidencePin, Support: -1, Rule: visit.RuleVersion,
							Claims: []visit.Claim{{Customer: "C1", Verdict: visit.Verified, Distance: 20, Radius: 200, Near: 500}},
						},
					})
				}
			}
			f.ok(f.store.Facts().Append(b.Context(), facts...))
			for b.Loop() {
				f.pass(24 * time.Hour)
				f.at("zhang", geo.Offset(shop, 20, 0))
			}
		})
	}
}
