package sheet_test

import (
	"context"
	"fmt"
	"io"
	"iter"
	"testing"
	"time"

	"roundsman/digest"
	"roundsman/digest/sheet"
	"roundsman/geo"
	"roundsman/storage"
	"roundsman/storage/sqlite"
	"roundsman/visit"
)

// month is November 2026 of a company, in memory: on each of its 21 workdays a
// rep has a plan of five visits, which are made with their results, and a report.
type month struct {
	digest.Nouns

	reps      []visit.Rep
	customers map[string][]visit.Customer
	byID      map[string]visit.Customer
	facts     map[visit.Date][]visit.Fact
	plans     map[visit.Date][]visit.PlannedVisit
}

const (
	monthFrom, monthTo = visit.Date("2026-11-01"), visit.Date("2026-11-30")
	monthOwned         = 50
)

func newMonth(reps int) *month {
	m := &month{
		customers: make(map[string][]visit.Customer), byID: make(map[string]visit.Customer),
		facts: make(map[visit.Date][]visit.Fact), plans: make(map[visit.Date][]visit.PlannedVisit),
	}
	calendar, zone := visit.NewCalendar(true, nil), time.FixedZone("CST", 8*3600)
	for n := range reps {
		rep := visit.Rep{ID: fmt.Sprintf("R%05d", n), Name: fmt.Sprintf("销售%d", n), Team: fmt.Sprintf("第%d队", n/50), Role: visit.RoleRep}
		m.reps = append(m.reps, rep)
		for i := range monthOwned {
			c := visit.Customer{
				ID: fmt.Sprintf("%s-%03d", rep.ID, i), Name: fmt.Sprintf("永辉超市 %d 号店", i), Owner: rep.ID, Grade: []string{"A", "B", "C"}[i%3],
				Point: geo.Offset(shop, float64(n*100+i*500), 90),
			}.Located()
			m.customers[rep.ID], m.byID[c.ID] = append(m.customers[rep.ID], c), c
		}
		for d, day := monthFrom, 0; d <= monthTo; d = d.Add(1) {
			if !calendar.Workday(d) {
				continue
			}
			for i := range 5 {
				c := m.customers[rep.ID][(5*day+i)%monthOwned]
				m.plans[d] = append(m.plans[d], visit.PlannedVisit{
					Rep: rep.ID, Date: d, Customer: c.ID, Order: i + 1, Purpose: visit.Order, OrderTarget: 100_000, Note: "带样品",
				})
				at := visit.Millis(d.At(visit.Clock{Hour: 9 + i}, zone))
				fact := func(kind visit.Kind, minute int) visit.Fact {
					t := at.Add(time.Duration(minute) * time.Minute)
					return visit.Fact{ID: fmt.Sprintf("%s/%s/%d/%s", d, rep.ID, i, kind), Kind: kind, Rep: rep.ID, Team: rep.Team, Date: d, At: t, Received: t, Platform: "feishu"}
				}
				fix, result := fact(visit.KindFix, 0), fact(visit.KindResult, 5)
				fix.Fix = &visit.Fix{Point: c.Point, Evidence: visit.EvidencePin, Support: -1, Rule: visit.RuleVersion, Claims: []visit.Claim{{Customer: c.ID, Verdict: visit.Verified, Distance: 12, Radius: 200, Near: 500}}}
				fen := int64(120_000)
				result.Result = &visit.Result{Kind: visit.ResultDeal, Order: &fen, Competitor: "竞品在做买二赠一", Feedback: "希望周五送货"}
				m.facts[d] = append(m.facts[d], fix, result, fact(visit.KindCheckOut, 20))
			}
			at := visit.Millis(d.At(visit.Clock{Hour: 18}, zone))
			m.facts[d] = append(m.facts[d], visit.Fact{ID: fmt.Sprintf("%s/%s/report", d, rep.ID), Kind: visit.KindReport, Rep: rep.ID, Team: rep.Team, Date: d, At: at, Received: at, Note: "今天都到了，明天先打电话再去"})
			day++
		}
	}
	return m
}

// keep puts the month into a store.
func (m *month) keep(b *testing.B) *sqlite.Store {
	b.Helper()
	ctx, store := b.Context(), seeded(b)
	ok(b, store.Roster().PutReps(ctx, m.reps...))
	for _, r := range m.reps {
		ok(b, store.Customers().Put(ctx, m.customers[r.ID]...))
	}
	for d, facts := range m.facts {
		ok(b, store.Plans().Put(ctx, m.plans[d]...))
		ok(b, store.Facts().Append(ctx, facts...))
	}
	return store
}

type (
	monthRoster struct {
		storage.Roster
		m *month
	}
	monthCustomers struct {
		storage.Customers
		m *month
	}
	monthPlans struct {
		storage.Plans
		m *month
	}
	monthFacts struct {
		storage.Facts
		m *month
	}
	monthOutcomes struct{ storage.Outcomes }
	monthTargets  struct{ storage.Targets }
	monthCalendar struct{ storage.Calendar }
)

func (m *month) Roster() storage.Roster       { return monthRoster{m: m} }
func (m *month) Customers() storage.Customers { return monthCustomers{m: m} }
func (m *month) Plans() storage.Plans         { return monthPlans{m: m} }
func (m *month) Facts() storage.Facts         { return monthFacts{m: m} }
func (m *month) Outcomes() storage.Outcomes   { return monthOutcomes{} }
func (m *month) Targets() storage.Targets     { return monthTargets{} }
func (m *month) Calendar() storage.Calendar   { return monthCalendar{} }

func (monthOutcomes) LastVerified(context.Context, visit.Date, ...string) (map[string]visit.Date, error) {
	return nil, nil
}

func (monthTargets) Get(context.Context, visit.Month, ...string) ([]visit.MonthTarget, error) {
	return nil, nil
}

func (monthCalendar) All(context.Context) ([]visit.Holiday, error) { return nil, nil }

func (r monthRoster) Reps(context.Context) ([]visit.Rep, error) {
	return append([]visit.Rep(nil), r.m.reps...), nil
}
func (monthRoster) Teams(context.Context) ([]visit.Team, error) { return nil, nil }

func (c monthCustomers) Owned(_ context.Context, rep string) ([]visit.Customer, error) {
	return c.m.customers[rep], nil
}

func (c monthCustomers) Get(_ context.Context, ids ...string) (out []visit.Customer, _ error) {
	for _, id := range ids {
		if found, ok := c.m.byID[id]; ok {
			out = append(out, found)
		}
	}
	return out, nil
}

func (p monthPlans) Date(_ context.Context, d visit.Date) ([]visit.PlannedVisit, error) {
	return p.m.plans[d], nil
}

func (f monthFacts) Range(_ context.Context, filter storage.FactFilter) iter.Seq2[visit.Fact, error] {
	return func(yield func(visit.Fact, error) bool) {
		for d := filter.From; d <= filter.To; d = d.Add(1) {
			for _, fact := range f.m.facts[d] {
				if !yield(fact, nil) {
					return
				}
			}
		}
	}
}

// counted counts what is written.
type counted struct{ n int64 }

func (c *counted) Write(p []byte) (int, error) { c.n += int64(len(p)); return len(p), nil }

var _ io.Writer = (*counted)(nil)

// A month of a company of 1,000 reps, 105,000 visits, as a workbook: of what is
// in memory, and of what a store holds.
func BenchmarkWorkbook(b *testing.B) {
	p := policy(b)
	p.MinVisits, p.ReportDeadline = 4, visit.Clock{Hour: 19}
	run := func(name string, open func(*testing.B) digest.Nouns) {
		b.Run(name, func(b *testing.B) {
			store := open(b)
			b.ReportAllocs()
			var size counted
			for b.Loop() {
				size.n = 0
				dates := digest.Dates{Store: store, Policy: p, From: monthFrom, To: monthTo}
				ok(b, sheet.Workbook(b.Context(), &size, dates, speak(b, "zh")))
			}
			b.ReportMetric(float64(size.n)/(1<<20), "MB")
		})
	}
	run("memory", func(*testing.B) digest.Nouns { return newMonth(1000) })
	run("sqlite", func(b *testing.B) digest.Nouns { return newMonth(1000).keep(b) })
}
