package storagetest

import (
	"testing"

	"roundsman/storage"
	"roundsman/visit"
)

// testDeletes tries what takes records away again: that one goes, its
// neighbours stay, and doing so twice is fine.
func testDeletes(t *testing.T, s suite) {
	t.Run("customers", func(t *testing.T) {
		t.Parallel()
		ctx, c := t.Context(), s.open(t).Customers()
		ok(t, c.Put(ctx, visit.Customer{ID: "a", Owner: "r"}, visit.Customer{ID: chinese, Owner: "r"}, visit.Customer{ID: "c"}))
		for range 2 {
			ok(t, c.Delete(ctx, chinese, "c", "unknown"))
			equal(t, val(c.Get(ctx, "a", chinese, "c"))(t), []visit.Customer{{ID: "a", Owner: "r"}})
			equal(t, len(val(c.Owned(ctx, "r"))(t)), 1)
		}
	})

	t.Run("people with their identities", func(t *testing.T) {
		t.Parallel()
		ctx, r := t.Context(), s.open(t).Roster()
		gone := visit.Rep{ID: "gone", Identities: map[string]string{"feishu": "u1", "wecom": "u2"}}
		stays := visit.Rep{ID: "stays", Identities: map[string]string{"feishu": "u3"}}
		ok(t, r.PutReps(ctx, gone, stays))
		for range 2 {
			ok(t, r.DeleteReps(ctx, "gone", "unknown"))
			equal(t, val(r.Reps(ctx))(t), []visit.Rep{stays})
		}
		_, err := r.ByIdentity(ctx, "feishu", "u1")
		wants(t, err, storage.ErrNotFound)
		stays.Identities["wecom"] = "u2"
		ok(t, r.PutReps(ctx, stays))
		equal(t, val(r.ByIdentity(ctx, "wecom", "u2"))(t), stays)
	})

	t.Run("planned visits", func(t *testing.T) {
		t.Parallel()
		ctx, p := t.Context(), s.open(t).Plans()
		line := func(rep, customer string, date visit.Date) visit.PlannedVisit {
			return visit.PlannedVisit{Rep: rep, Customer: customer, Date: date, Order: 1, Note: chinese}
		}
		stay := []visit.PlannedVisit{line("r", "b", "2026-11-24"), line("s", "a", "2026-11-24")}
		next := line("r", "a", "2026-11-25")
		ok(t, p.Put(ctx, append(stay, next, line("r", "a", "2026-11-24"))...))
		for range 2 {
			ok(t, p.Delete(ctx, visit.PlannedVisit{Rep: "r", Customer: "a", Date: "2026-11-24"}))
			equal(t, val(p.Date(ctx, "2026-11-24"))(t), stay)
			equal(t, val(p.Date(ctx, "2026-11-25"))(t), []visit.PlannedVisit{next})
		}
	})

	t.Run("targets, after which nothing is left to be merged with", func(t *testing.T) {
		t.Parallel()
		ctx, m := t.Context(), s.open(t).Targets()
		amount := int64(5)
		other := visit.MonthTarget{Rep: "r", Month: "2026-12", Order: &amount}
		ok(t, m.Put(ctx, visit.MonthTarget{Rep: "r", Month: "2026-11", Order: &amount}, other))
		for range 2 {
			ok(t, m.Delete(ctx, visit.MonthTarget{Rep: "r", Month: "2026-11"}))
			equal(t, val(m.Get(ctx, "2026-11", "r"))(t), []visit.MonthTarget(nil))
		}
		equal(t, val(m.Get(ctx, "2026-12", "r"))(t), []visit.MonthTarget{other})
		again := visit.MonthTarget{Rep: "r", Month: "2026-11", Collection: &amount}
		ok(t, m.Put(ctx, again))
		equal(t, val(m.Get(ctx, "2026-11", "r"))(t), []visit.MonthTarget{again})
	})

	t.Run("routes", func(t *testing.T) {
		t.Parallel()
		ctx, r := t.Context(), s.open(t).Routes()
		ok(t, r.Put(ctx, fullRoute(), visit.Route{Rep: "a"}))
		for range 2 {
			ok(t, r.Delete(ctx, fullRoute().Rep))
			equal(t, val(r.Get(ctx, fullRoute().Rep, "a"))(t), []visit.Route{{Rep: "a"}})
		}
	})

	t.Run("holidays", func(t *testing.T) {
		t.Parallel()
		ctx, c := t.Context(), s.open(t).Calendar()
		stays := visit.Holiday{Date: "2026-10-02", Name: "国庆"}
		ok(t, c.Put(ctx, visit.Holiday{Date: "2026-10-01", Name: "国庆"}, stays))
		for range 2 {
			ok(t, c.Delete(ctx, "2026-10-01", "2026-10-03"))
			equal(t, val(c.All(ctx))(t), []visit.Holiday{stays})
		}
	})
}
