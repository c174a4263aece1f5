package storagetest

import (
	"context"
	"fmt"
	"testing"

	"roundsman/storage"
	"roundsman/visit"
)

func fen(n int64) *int64 { return &n }

func fullTarget() visit.MonthTarget {
	return visit.MonthTarget{Rep: "rep-" + chinese, Month: "2026-11", Order: fen(1<<62 + 1), Collection: fen(1 << 53)}
}

func testTargets(t *testing.T, s suite) {
	setup := func(t *testing.T, targets ...visit.MonthTarget) (context.Context, storage.Targets) {
		t.Helper()
		t.Parallel()
		st := s.open(t).Targets()
		ok(t, st.Put(t.Context(), targets...))
		return t.Context(), st
	}

	t.Run("every field comes back", func(t *testing.T) {
		full := fullTarget()
		complete(t, full)
		zero := visit.MonthTarget{Rep: "0", Month: "2026-11", Order: fen(0)}
		ctx, st := setup(t, full, zero, visit.MonthTarget{})
		equal(t, val(st.Get(ctx, "2026-11", full.Rep, "0", "unknown", full.Rep))(t), []visit.MonthTarget{zero, full})
		equal(t, val(st.Get(ctx, "", ""))(t), []visit.MonthTarget{{}})
	})

	t.Run("only what is asked for, by rep", func(t *testing.T) {
		var all []visit.MonthTarget
		for i, rep := range []string{"乙", "b", "a", "甲", "B"} {
			for _, m := range []visit.Month{"2026-11", "2026-12"} {
				all = append(all, visit.MonthTarget{Rep: rep, Month: m, Collection: fen(int64(i))})
			}
		}
		ctx, st := setup(t, all...)
		var got []string
		for _, m := range val(st.Get(ctx, "2026-12", "甲", "a", "b", "B", "乙"))(t) {
			got = append(got, fmt.Sprint(m.Rep, " ", m.Month, " ", *m.Collection))
		}
		equal(t, got, []string{"B 2026-12 4", "a 2026-12 2", "b 2026-12 1", "乙 2026-12 0", "甲 2026-12 3"})
		equal(t, val(st.Get(ctx, "2026-12"))(t), []visit.MonthTarget(nil))
		equal(t, val(st.Get(ctx, "2027-01", "a"))(t), []visit.MonthTarget(nil))
	})

	t.Run("an amount that is nil stays, one that is zero does not", func(t *testing.T) {
		ctx, st := setup(t, fullTarget())
		key := visit.MonthTarget{Rep: fullTarget().Rep, Month: fullTarget().Month}
		one := key
		one.Order = fen(7)
		ok(t, st.Put(ctx, one))
		want := fullTarget()
		want.Order = fen(7)
		equal(t, val(st.Get(ctx, key.Month, key.Rep))(t), []visit.MonthTarget{want})
		two, none := key, key
		two.Collection = fen(0)
		ok(t, st.Put(ctx, two, none))
		want.Collection = fen(0)
		equal(t, val(st.Get(ctx, key.Month, key.Rep))(t), []visit.MonthTarget{want})
	})

	t.Run("two who set one amount each are both heard", func(t *testing.T) {
		ctx, st := setup(t)
		for _, err := range race(t, func(_ context.Context, i int) error {
			m := visit.MonthTarget{Rep: "r", Month: "2026-11"}
			if i%2 == 0 {
				m.Order = fen(1)
			} else {
				m.Collection = fen(2)
			}
			return st.Put(ctx, m)
		}) {
			ok(t, err)
		}
		equal(t, val(st.Get(ctx, "2026-11", "r"))(t), []visit.MonthTarget{{Rep: "r", Month: "2026-11", Order: fen(1), Collection: fen(2)}})
	})
}
