package digest_test

import (
	"fmt"
	"path/filepath"
	"testing"
	"time"

	"pgregory.net/rapid"

	"roundsman/digest"
	"roundsman/storage/sqlite"
	"roundsman/visit"
)

// Whoever has a month's target and whoever has not: the team's total is that of
// its reps, over a month the shares come to the targets, and a week later the
// outcomes, which keep what was planned, say the same of the day.
func TestMonthsAndPlansAddUp(t *testing.T) {
	t.Parallel()
	ctx := t.Context()
	store, err := sqlite.Open(ctx, filepath.Join(t.TempDir(), "r.db"), sqlite.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := store.Close(); err != nil {
			t.Error(err)
		}
	})
	policy := visit.Policy{Zone: time.FixedZone("CST", 8*3600), DayStarts: visit.Clock{Hour: 4}, China: true}
	runs := 0
	rapid.Check(t, func(t *rapid.T) {
		ok := func(err error) {
			t.Helper()
			if err != nil {
				t.Fatal(err)
			}
		}
		// Each run has a team of its own.
		runs++
		squad := visit.Team{Name: fmt.Sprint("队", runs)}
		month, calendar := date.Month(), visit.NewCalendar(true, nil)
		var want visit.Tally
		for i := range rapid.IntRange(1, 4).Draw(t, "reps") {
			rep := visit.Rep{ID: fmt.Sprint(squad.Name, "-", i), Name: "张伟", Team: squad.Name, Role: visit.RoleRep}
			ok(store.Roster().PutReps(ctx, rep))
			planned := rapid.Int64Range(0, 1e9).Draw(t, "planned")
			line := visit.PlannedVisit{Rep: rep.ID, Date: date, Customer: "C", Order: 1, OrderTarget: planned, CollectionTarget: planned}
			ok(store.Plans().Put(ctx, line))
			ok(store.Outcomes().Put(ctx, visit.OutcomeOf(rep, policy, date, []visit.PlannedVisit{line}, nil)))
			target := visit.MonthTarget{Rep: rep.ID, Month: month}
			day := visit.Tally{OrderTarget: planned, CollectionTarget: planned}
			if rapid.Bool().Draw(t, "has a target") {
				n := rapid.Int64Range(1, 1e12).Draw(t, "target")
				target.Order = &n
				day.OrderTarget, _ = target.On(date, calendar)
				ok(store.Targets().Put(ctx, target))
			}
			want = want.Add(day)
		}
		day, err := digest.Load(ctx, store, policy, squad, date)
		ok(err)
		var sum visit.Tally
		for _, r := range day.Reps {
			sum = sum.Add(r.Tally)
		}
		if total := day.Total(); total != sum || total.OrderTarget != want.OrderTarget || total.CollectionTarget != want.CollectionTarget {
			t.Fatalf("the total is %+v, the reps' sum %+v, want %+v", total, sum, want)
		}
		later := digest.TeamDay{Team: squad, Date: date.Add(7)}
		ok(digest.LoadHistory(ctx, store, policy, &later))
		if got := later.Before; got.OrderTarget != want.OrderTarget || got.CollectionTarget != want.CollectionTarget {
			t.Fatalf("a week later it is %+v, want %+v", got, want)
		}
	})
}

// A target goes with whoever changes teams: what they did for the old one is counted there without it.
func TestATargetGoesWithItsRep(t *testing.T) {
	t.Parallel()
	ctx := t.Context()
	store, err := sqlite.Open(ctx, filepath.Join(t.TempDir(), "r.db"), sqlite.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := store.Close(); err != nil {
			t.Error(err)
		}
	})
	n := int64(21_000_000)
	for _, err := range []error{
		store.Roster().PutReps(ctx, visit.Rep{ID: "1", Name: "张伟", Team: "新队", Role: visit.RoleRep}),
		store.Targets().Put(ctx, visit.MonthTarget{Rep: "1", Month: date.Month(), Order: &n}),
		store.Facts().Append(ctx, visit.Fact{ID: "f", Kind: visit.KindNote, Rep: "1", Team: "旧队", Date: date, At: date.Time(), Note: "x"}),
	} {
		if err != nil {
			t.Fatal(err)
		}
	}
	policy := visit.Policy{Zone: time.UTC, China: true}
	for name, want := range map[string]int64{"旧队": 0, "新队": 1_000_000} {
		day, err := digest.Load(ctx, store, policy, visit.Team{Name: name}, date)
		if err != nil {
			t.Fatal(err)
		}
		if got := day.Total().OrderTarget; len(day.Reps) != 1 || got != want {
			t.Errorf("%s: %d reps, a target of %d, want %d", name, len(day.Reps), got, want)
		}
	}
}
