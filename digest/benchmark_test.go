package digest_test

import (
	"fmt"
	"testing"
	"time"

	"roundsman/catalog"
	"roundsman/digest"
	"roundsman/geo"
	"roundsman/storage"
	"roundsman/storage/storagetest/fresh"
	"roundsman/visit"
)

// A company of teams of fifty, five visits each on the day, and a customer list
// of 150 of whom every fifth was last visited some weeks ago.
const (
	benchTeam      = 50
	benchVisits    = 5
	benchCustomers = 150
	benchDate      = visit.Date("2026-11-24")
)

func benchCompany(b *testing.B, reps int) (storage.Store, []visit.Team) {
	b.Helper()
	ctx, store := b.Context(), fresh.Store(b)
	check := func(err error) {
		if err != nil {
			b.Fatal(err)
		}
	}
	zone := time.FixedZone("CST", 8*3600)
	var teams []visit.Team
	for n := range reps {
		if n%benchTeam == 0 {
			teams = append(teams, visit.Team{Name: fmt.Sprintf("第%d队", n/benchTeam+1)})
			check(store.Roster().PutTeam(ctx, teams[len(teams)-1]))
		}
		team := teams[len(teams)-1].Name
		rep := visit.Rep{ID: fmt.Sprintf("R%05d", n), Name: fmt.Sprintf("销售%d", n), Team: team, Role: visit.RoleRep}
		check(store.Roster().PutReps(ctx, rep))
		customers := make([]visit.Customer, benchCustomers)
		var plan []visit.PlannedVisit
		var facts []visit.Fact
		past := visit.Outcome{Rep: rep.ID, Team: team, Date: benchDate.Add(-7), Facts: 5}
		for i := range customers {
			customers[i] = visit.Customer{
				ID: fmt.Sprintf("%s-%03d", rep.ID, i), Name: fmt.Sprintf("客户%d的超市", i), Owner: rep.ID, Cadence: 5,
				Point: geo.Point{Lat: 31 + float64(i)/1000, Lng: 121 + float64(n%100)/100, Datum: geo.GCJ02},
			}
			if i%5 == 0 {
				past.Calls = append(past.Calls, visit.Call{Visit: fmt.Sprint("v", i), Customer: customers[i].ID, Verdict: visit.Verified})
			}
		}
		for i, c := range customers[:benchVisits] {
			plan = append(plan, visit.PlannedVisit{Rep: rep.ID, Date: benchDate, Customer: c.ID, Order: i + 1})
			at := benchDate.At(visit.Clock{Hour: 9 + i}, zone)
			fact := func(kind visit.Kind, minutes int, fill func(*visit.Fact)) {
				f := visit.Fact{
					ID: fmt.Sprintf("%s/%d/%s", rep.ID, i, kind), Kind: kind, Rep: rep.ID, Team: team, Date: benchDate,
					At: visit.Millis(at.Add(time.Duration(minutes) * time.Minute)),
				}
				fill(&f)
				facts = append(facts, f)
			}
			fact(visit.KindFix, 0, func(f *visit.Fact) {
				f.Fix = &visit.Fix{Point: c.Point, Evidence: visit.EvidencePin, Claims: []visit.Claim{{Customer: c.ID, Verdict: visit.Verified, Distance: 12}}}
			})
			fact(visit.KindPhoto, 1, func(f *visit.Fact) { f.Photo = &visit.Photo{} })
			fact(visit.KindNote, 2, func(f *visit.Fact) { f.Note = "补货两箱" })
			fen := int64(100_000)
			fact(visit.KindResult, 3, func(f *visit.Fact) { f.Result = &visit.Result{Kind: visit.ResultDeal, Order: &fen} })
			fact(visit.KindCheckOut, 20, func(*visit.Fact) {})
		}
		check(store.Customers().Put(ctx, customers...))
		check(store.Plans().Put(ctx, plan...))
		check(store.Facts().Append(ctx, facts...))
		check(store.Outcomes().Put(ctx, past))
	}
	return store, teams
}

// The evening summaries of all teams with their pictures, by the number of reps.
func BenchmarkSummaries(b *testing.B) {
	say, err := catalog.New("zh")
	if err != nil {
		b.Fatal(err)
	}
	policy := visit.Policy{Zone: time.FixedZone("CST", 8*3600), DayStarts: visit.Clock{Hour: 4}}
	for _, reps := range []int{benchTeam, 100, 1000, 10_000} {
		b.Run(fmt.Sprint("reps=", reps), func(b *testing.B) {
			store, teams := benchCompany(b, reps)
			for b.Loop() {
				for _, team := range teams {
					day, err := digest.Load(b.Context(), store, policy, team, benchDate)
					if err == nil {
						err = digest.LoadHistory(b.Context(), store, policy, &day)
					}
					if err != nil {
						b.Fatal(err)
					}
					body := digest.Evening(day, say, false, false)
					picture, err := digest.SummaryPicture(day, say)
					if err != nil || body.Card == nil || picture.Image == nil || len(day.Forgotten) == 0 {
						b.Fatalf("a summary of %d reps, %v", len(day.Reps), err)
					}
				}
			}
			b.ReportMetric(float64(b.Elapsed().Milliseconds())/float64(b.N*len(teams)), "ms/team")
		})
	}
}
