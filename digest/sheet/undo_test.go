package sheet_test

import (
	"errors"
	"testing"
	"time"

	"roundsman/digest/sheet"
	"roundsman/storage"
	"roundsman/visit"
)

// kept is everything that imports write.
type kept struct {
	Customers []visit.Customer
	Reps      []visit.Rep
	Plans     []visit.PlannedVisit
	Targets   []visit.MonthTarget
	Routes    []visit.Route
	Holidays  []visit.Holiday
}

func keptIn(t *testing.T, s storage.Store) (k kept) {
	t.Helper()
	var errs [6]error
	ctx := t.Context()
	k.Customers, errs[0] = s.Customers().Search(ctx, "", 10_000)
	k.Reps, errs[1] = s.Roster().Reps(ctx)
	k.Plans, errs[2] = s.Plans().Date(ctx, "2026-11-25")
	k.Targets, errs[3] = s.Targets().Get(ctx, "2026-11", "007", "008", "009")
	k.Routes, errs[4] = s.Routes().Get(ctx, "007", "008", "009")
	k.Holidays, errs[5] = s.Calendar().All(ctx)
	ok(t, errors.Join(errs[:]...))
	return k
}

// small is a company of two people with one of everything.
func small(t *testing.T) storage.Store {
	t.Helper()
	store := seeded(t)
	ctx, amount := t.Context(), int64(100)
	ok(t, store.Roster().PutReps(ctx,
		visit.Rep{ID: "007", Name: "张伟", Team: "华东一队", Role: visit.RoleRep, Identities: map[string]string{"feishu": "u7"}},
		visit.Rep{ID: "008", Name: "李娜", Team: "华东一队", Role: visit.RoleRep, Identities: map[string]string{"feishu": "u8"}},
	))
	ok(t, store.Customers().Put(ctx,
		visit.Customer{ID: "U1", Name: "华联", Owner: "007", Point: shop, Phone: "021"}, visit.Customer{ID: "U2", Name: "罗森", Owner: "007"},
	))
	ok(t, store.Plans().Put(ctx, visit.PlannedVisit{Rep: "007", Date: "2026-11-25", Customer: "U1", Order: 3, Note: "带样品"}))
	ok(t, store.Targets().Put(ctx, visit.MonthTarget{Rep: "007", Month: "2026-11", Order: &amount}))
	ok(t, store.Routes().Put(ctx, visit.Route{Rep: "007", Stops: []visit.RouteStop{{Weekday: 1, Customer: "U2"}}}))
	ok(t, store.Calendar().Put(ctx, visit.Holiday{Date: "2026-12-31", Name: "盘点"}))
	return store
}

func TestAnImportIsUndone(t *testing.T) {
	t.Parallel()
	for kind, want := range map[sheet.Kind]struct {
		csv               string
		changes           sheet.Changes
		restored, removed int
	}{
		sheet.Customers: {"编号,名称,负责人\nU1,华联超市,008\nU2,罗森,007\nU3,新店,008\n", sheet.Changes{New: 1, Changed: 1, Same: 1}, 2, 1},
		sheet.Reps:      {"工号,姓名,团队,角色,飞书\n007,张伟,华南队,manager,u8\n008,李娜,华东一队,rep,u7\n009,赵六,西部,rep,u9\n", sheet.Changes{New: 1, Changed: 2}, 2, 1},
		sheet.Plans:     {"日期,工号,客户编号,目的\n2026-11-25,007,U1,收款\n2026-11-25,008,U2,送货\n", sheet.Changes{New: 1, Changed: 1}, 1, 1},
		sheet.Targets:   {"月份,工号,订货目标,回款目标\n2026-11,007,5,6\n2026-11,008,7,8\n", sheet.Changes{New: 1, Changed: 1}, 1, 1},
		sheet.Routes:    {"工号,星期,客户编号\n007,2,U1\n007,3,U2\n", sheet.Changes{Changed: 1}, 1, 0},
		sheet.Holidays:  {"日期,类型,名称\n2026-12-31,rest,盘点\n2027-01-04,rest,调休\n", sheet.Changes{New: 1, Same: 1}, 1, 1},
	} {
		t.Run(string(kind), func(t *testing.T) {
			t.Parallel()
			ctx, store := t.Context(), small(t)
			was := keptIn(t, store)
			table := good(t, kind, store, want.csv)
			changes, err := table.Compare(ctx, store)
			ok(t, err)
			equal(t, changes, want.changes)
			ok(t, table.Apply(ctx, store, now))
			if after, err := table.Compare(ctx, store); err != nil || after.New+after.Changed > 0 {
				t.Errorf("once it is in: %+v, %v", after, err)
			}
			u, err := store.Undos().Latest(ctx, now)
			ok(t, err)
			equal(t, u.Kind, string(kind))
			for range 2 {
				restored, removed, err := sheet.Undo(ctx, store, u)
				ok(t, err)
				equal(t, [2]int{restored, removed}, [2]int{want.restored, want.removed})
				equal(t, keptIn(t, store), was)
			}
		})
	}
}

// What an import that died had written already is not taken for what was before.
func TestAnImportThatWasResumedIsUndone(t *testing.T) {
	t.Parallel()
	ctx, store := t.Context(), small(t)
	was := keptIn(t, store)
	table := good(t, sheet.Customers, store, manyCustomers("新店", 1200))
	if err := table.Apply(ctx, &broken{store, 1}, now); !errors.Is(err, errDied) {
		t.Fatalf("got %v", err)
	}
	ok(t, sheet.Resume(ctx, store))
	if n := named(t, store, "新店"); n != 1200 {
		t.Fatalf("%d customers", n)
	}
	u, err := store.Undos().Latest(ctx, now)
	ok(t, err)
	_, _, err = sheet.Undo(ctx, store, u)
	ok(t, err)
	equal(t, keptIn(t, store), was)
}

// The same table twice is two imports, each with its own past.
func TestTheSameImportAgainIsAnother(t *testing.T) {
	t.Parallel()
	ctx, store := t.Context(), small(t)
	table := good(t, sheet.Customers, store, "编号,名称\nU1,新名\n")
	ok(t, table.Apply(ctx, store, now))
	ok(t, table.Apply(ctx, store, now.Add(time.Minute)))
	u, err := store.Undos().Latest(ctx, now.Add(time.Minute))
	ok(t, err)
	_, _, err = sheet.Undo(ctx, store, u)
	ok(t, err)
	if named(t, store, "新名") != 1 {
		t.Error("the second one's past is the first one's table")
	}
}
