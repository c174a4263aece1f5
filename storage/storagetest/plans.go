package storagetest

import (
	"context"
	"testing"

	"roundsman/storage"
	"roundsman/visit"
)

func fullPlannedVisit() visit.PlannedVisit {
	return visit.PlannedVisit{
		Rep: "rep-" + chinese, Date: "2026-11-24", Customer: "客户-" + chinese, Order: 3,
		Window:  visit.Span{From: visit.Clock{Hour: 9, Minute: 5}, To: visit.Clock{Hour: 10, Minute: 30}},
		Purpose: visit.Collection, Reference: chinese, CollectionTarget: 1 << 53, OrderTarget: 1<<62 + 1, Note: chinese,
		Why: visit.Why{Kind: visit.WhyOverdue, Days: 8, Cadence: 7}, By: "manager-" + chinese,
	}
}

func testPlans(t *testing.T, s suite) {
	setup := func(t *testing.T, visits ...visit.PlannedVisit) (context.Context, storage.Plans) {
		t.Helper()
		t.Parallel()
		p := s.open(t).Plans()
		if len(visits) > 0 {
			ok(t, p.Put(t.Context(), visits...))
		}
		return t.Context(), p
	}
	planned := func(rep string, date visit.Date, customer string, order int) visit.PlannedVisit {
		return visit.PlannedVisit{Rep: rep, Date: date, Customer: customer, Order: order}
	}

	t.Run("every field comes back", func(t *testing.T) {
		full, zero := fullPlannedVisit(), visit.PlannedVisit{}
		complete(t, full)
		instant := planned("r", "2026-11-24", "c", 1)
		instant.Window = visit.Span{From: visit.Clock{Hour: 9, Minute: 5}, To: visit.Clock{Hour: 9, Minute: 5}}
		ctx, p := setup(t, full, zero, instant)
		equal(t, val(p.Day(ctx, full.Rep, full.Date))(t), []visit.PlannedVisit{full})
		equal(t, val(p.Day(ctx, "", ""))(t), []visit.PlannedVisit{zero})
		equal(t, val(p.Date(ctx, "2026-11-24"))(t), []visit.PlannedVisit{instant, full})
	})

	t.Run("no plan", func(t *testing.T) {
		ctx, p := setup(t)
		equal(t, val(p.Day(ctx, "r", "2026-11-24"))(t), []visit.PlannedVisit(nil))
		equal(t, val(p.Date(ctx, "2026-11-24"))(t), []visit.PlannedVisit(nil))
	})

	t.Run("of some reps", func(t *testing.T) {
		const date = "2026-11-24"
		ctx, p := setup(t, planned("b", date, "c2", 2), planned("b", date, "c1", 2), planned("b", date, "c3", 1), planned("a", date, "c1", 1),
			planned("c", date, "c1", 1), planned("a", "2026-11-25", "c1", 1))
		equal(t, val(p.Of(ctx, date, "b", "a", "b", "nobody"))(t), []visit.PlannedVisit{
			planned("a", date, "c1", 1), planned("b", date, "c3", 1), planned("b", date, "c1", 2), planned("b", date, "c2", 2),
		})
		equal(t, val(p.Of(ctx, date))(t), []visit.PlannedVisit(nil))
	})

	t.Run("of some dates", func(t *testing.T) {
		ctx, p := setup(t, planned("a", "2026-11-24", "c2", 1), planned("a", "2026-11-24", "c1", 2), planned("a", "2026-11-23", "c9", 1),
			planned("a", "2026-11-30", "c1", 1), planned("a", "2026-12-01", "c1", 1), planned("a", "2026-11-22", "c1", 1),
			planned("aa", "2026-11-24", "c1", 1), planned("A", "2026-11-24", "c1", 1), planned("", "2026-11-24", "c1", 1))
		equal(t, val(p.Span(ctx, "a", "2026-11-23", "2026-11-30"))(t), []visit.PlannedVisit{
			planned("a", "2026-11-23", "c9", 1), planned("a", "2026-11-24", "c2", 1), planned("a", "2026-11-24", "c1", 2), planned("a", "2026-11-30", "c1", 1),
		})
		equal(t, val(p.Span(ctx, "a", "2026-11-24", "2026-11-24"))(t), []visit.PlannedVisit{planned("a", "2026-11-24", "c2", 1), planned("a", "2026-11-24", "c1", 2)})
		equal(t, val(p.Span(ctx, "a", "2026-11-30", "2026-11-24"))(t), []visit.PlannedVisit(nil))
		equal(t, val(p.Span(ctx, "nobody", "0000-01-01", "9999-12-31"))(t), []visit.PlannedVisit(nil))
		full := fullPlannedVisit()
		ok(t, p.Put(ctx, full))
		equal(t, val(p.Span(ctx, full.Rep, "0000-01-01", "9999-12-31"))(t), []visit.PlannedVisit{full})
	})

	t.Run("a planned visit is replaced by its key", func(t *testing.T) {
		ctx, p := setup(t, fullPlannedVisit())
		replaced := fullPlannedVisit()
		replaced.Order, replaced.Note, replaced.Window, replaced.Purpose = 9, "", visit.Span{}, ""
		ok(t, p.Put(ctx, replaced, planned(replaced.Rep, replaced.Date, "other", 1)))
		equal(t, val(p.Day(ctx, replaced.Rep, replaced.Date))(t),
			[]visit.PlannedVisit{planned(replaced.Rep, replaced.Date, "other", 1), replaced})
	})

	t.Run("in order", func(t *testing.T) {
		const d = "2026-11-24"
		ctx, p := setup(t,
			planned("乙", d, "x", 1), planned("a", d, "z", 10), planned("a", d, "y", 2), planned("甲", d, "x", 0),
			planned("a", d, "b", 2), planned("a", d, "甲", 2), planned("a", d, "乙", 2),
			planned("a", "2026-11-25", "x", 1), planned("A", d, "x", 5),
		)
		a := []visit.PlannedVisit{planned("a", d, "b", 2), planned("a", d, "y", 2), planned("a", d, "乙", 2), planned("a", d, "甲", 2), planned("a", d, "z", 10)}
		equal(t, val(p.Day(ctx, "a", d))(t), a)
		want := append([]visit.PlannedVisit{planned("A", d, "x", 5)}, a...)
		want = append(want, planned("乙", d, "x", 1), planned("甲", d, "x", 0))
		equal(t, val(p.Date(ctx, d))(t), want)
	})
}
