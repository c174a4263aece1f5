package sheet_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"roundsman/digest/sheet"
	"roundsman/storage"
	"roundsman/visit"
)

// broken is a store whose writes of customers fail after some.
type broken struct {
	storage.Store
	writes int
}

var errDied = errors.New("the process died")

func (b *broken) Customers() storage.Customers { return brokenCustomers{b.Store.Customers(), b} }

type brokenCustomers struct {
	storage.Customers
	b *broken
}

func (c brokenCustomers) Put(ctx context.Context, put ...visit.Customer) error {
	if c.b.writes--; c.b.writes < 0 {
		return errDied
	}
	return c.Customers.Put(ctx, put...)
}

func manyCustomers(name string, n int) string {
	var b strings.Builder
	b.WriteString("编号,名称\n")
	for i := range n {
		fmt.Fprintf(&b, "N%04d,%s\n", i, name)
	}
	return b.String()
}

func pending(t *testing.T, store storage.Store) int {
	t.Helper()
	jobs, err := store.Imports().Pending(t.Context())
	ok(t, err)
	return len(jobs)
}

// named counts the customers with the name.
func named(t *testing.T, store storage.Store, name string) int {
	t.Helper()
	found, err := store.Customers().Search(t.Context(), name, 10_000)
	ok(t, err)
	return len(found)
}

// An import that died between two batches is completed by the next start.
func TestResume(t *testing.T) {
	t.Parallel()
	store := seeded(t)
	table := good(t, sheet.Customers, store, manyCustomers("旧名", 1200))
	if err := table.Apply(t.Context(), &broken{store, 1}, now); !errors.Is(err, errDied) {
		t.Fatalf("got %v", err)
	}
	if n := named(t, store, "旧名"); n != 500 || pending(t, store) != 1 {
		t.Fatalf("%d customers, %d jobs", n, pending(t, store))
	}
	for range 2 {
		ok(t, sheet.Resume(t.Context(), store))
		if n := named(t, store, "旧名"); n != 1200 || pending(t, store) != 0 {
			t.Fatalf("%d customers, %d jobs", n, pending(t, store))
		}
	}
}

// A newer import has the last word over one that was interrupted before it.
func TestNewerImportWins(t *testing.T) {
	t.Parallel()
	store := seeded(t)
	old := good(t, sheet.Customers, store, manyCustomers("旧名", 700))
	if err := old.Apply(t.Context(), &broken{store, 0}, now); !errors.Is(err, errDied) {
		t.Fatalf("got %v", err)
	}
	newer := good(t, sheet.Customers, store, manyCustomers("新名", 600))
	ok(t, newer.Apply(t.Context(), store, now))
	ok(t, sheet.Resume(t.Context(), store))
	if n, o := named(t, store, "新名"), named(t, store, "旧名"); n != 600 || o != 100 || pending(t, store) != 0 {
		t.Errorf("%d new, %d old", n, o)
	}
}

// The same file again comes to the same, and can be imported after another.
func TestSameFileAgain(t *testing.T) {
	t.Parallel()
	store := seeded(t)
	csv := "日期,工号,客户编号,备注\n2026-11-25,R1,C2,先\n2026-11-26,R1,C1,\n2026-11-25,R1,C1,后\n"
	want := []visit.PlannedVisit{
		{Rep: "R1", Date: "2026-11-25", Customer: "C2", Order: 1, Note: "先"},
		{Rep: "R1", Date: "2026-11-25", Customer: "C1", Order: 2, Note: "后"},
	}
	for range 2 {
		ok(t, good(t, sheet.Plans, store, csv).Apply(t.Context(), store, now))
		got, err := store.Plans().Day(t.Context(), "R1", "2026-11-25")
		ok(t, err)
		equal(t, got, want)
		ok(t, good(t, sheet.Plans, store, "日期,工号,客户编号\n2026-11-25,R1,C1\n").Apply(t.Context(), store, now))
	}
}

func TestHolidays(t *testing.T) {
	t.Parallel()
	store := seeded(t)
	table := good(t, sheet.Holidays, store, "名称,类型,日期\n元旦,放假,2027/1/1\n调休,Work,20270103\n")
	equal(t, table.Rows(), 2)
	ok(t, table.Apply(t.Context(), store, now))
	got, err := store.Calendar().All(t.Context())
	ok(t, err)
	equal(t, got, []visit.Holiday{{Date: "2027-01-01", Name: "元旦"}, {Date: "2027-01-03", Work: true, Name: "调休"}})
}

// An amount of which the file says nothing stays, one whose cell is empty is cleared.
func TestTargets(t *testing.T) {
	t.Parallel()
	store := seeded(t)
	stored := func() []visit.MonthTarget {
		t.Helper()
		got, err := store.Targets().Get(t.Context(), "2026-12", "R1", "R2")
		ok(t, err)
		return got
	}
	fen := func(n int64) *int64 { return &n }
	table := good(t, sheet.Targets, store, "月份,工号,回款目标,订货目标\n2026-12,R1,50000.5,120000\n2026/12/1,R2,,3\n2026年11月,R1,1,1\n")
	equal(t, table.Rows(), 3)
	for range 2 {
		ok(t, table.Apply(t.Context(), store, now))
		equal(t, stored(), []visit.MonthTarget{
			{Rep: "R1", Month: "2026-12", Collection: fen(5_000_050), Order: fen(12_000_000)},
			{Rep: "R2", Month: "2026-12", Collection: fen(0), Order: fen(300)},
		})
	}
	ok(t, good(t, sheet.Targets, store, "month,rep,order_target\n202612,R1,7\n202612,R2,\n").Apply(t.Context(), store, now))
	equal(t, stored(), []visit.MonthTarget{
		{Rep: "R1", Month: "2026-12", Collection: fen(5_000_050), Order: fen(700)},
		{Rep: "R2", Month: "2026-12", Collection: fen(0), Order: fen(0)},
	})
}

// What a spreadsheet makes of a month and of a day of the week is read as it was meant.
func TestTargetsAndRoutesOfAWorkbook(t *testing.T) {
	t.Parallel()
	december := time.Date(2026, 12, 1, 0, 0, 0, 0, time.UTC)
	book := workbook(t, []any{"月份", "工号", "订货目标"}, []any{december, "R1", 0.1 + 0.2}, []any{"2026-12", "R2", 12}, []any{202611, "R1", 5})
	got, err := sheet.Read(t.Context(), "目标.xlsx", sheet.Targets, bytes.NewReader(book), company())
	ok(t, err)
	fen := func(n int64) *int64 { return &n }
	equal(t, got.Targets, []visit.MonthTarget{
		{Rep: "R1", Month: "2026-12", Order: fen(30)}, {Rep: "R2", Month: "2026-12", Order: fen(1200)}, {Rep: "R1", Month: "2026-11", Order: fen(500)},
	})
	book = workbook(t, []any{"星期", "工号", "客户编号", "周次"}, []any{1, "R1", "C1"}, []any{"周日", "R1", "C2", 2}, []any{"星期三", "R1", "C2", 0})
	got, err = sheet.Read(t.Context(), "路线.xlsx", sheet.Routes, bytes.NewReader(book), company())
	ok(t, err)
	equal(t, got.Routes, []visit.Route{{Rep: "R1", Stops: []visit.RouteStop{
		{Weekday: 1, Customer: "C1"}, {Weekday: 7, Customer: "C2", Week: 2}, {Weekday: 3, Customer: "C2"},
	}}})
}

// A rep's route is what the last file says of it, in the order of its rows.
func TestRoutes(t *testing.T) {
	t.Parallel()
	store := seeded(t)
	ok(t, store.Customers().Put(t.Context(), visit.Customer{ID: "C3", Name: "王记", Owner: "R2"}))
	stored := func() []visit.Route {
		t.Helper()
		got, err := store.Routes().Get(t.Context(), "R1", "R2")
		ok(t, err)
		return got
	}
	table := good(t, sheet.Routes, store, "工号,星期,客户编号,周次\nR1,1,C2,\nR2,5,C3,\nR1,1,C1,2\n")
	equal(t, table.Rows(), 3)
	other := visit.Route{Rep: "R2", Stops: []visit.RouteStop{{Weekday: 5, Customer: "C3"}}}
	for range 2 {
		ok(t, table.Apply(t.Context(), store, now))
		equal(t, stored(), []visit.Route{{Rep: "R1", Stops: []visit.RouteStop{{Weekday: 1, Customer: "C2"}, {Weekday: 1, Customer: "C1", Week: 2}}}, other})
	}
	ok(t, good(t, sheet.Routes, store, "rep,weekday,customer\nR1,2,C1\n").Apply(t.Context(), store, now))
	equal(t, stored(), []visit.Route{{Rep: "R1", Stops: []visit.RouteStop{{Weekday: 2, Customer: "C1"}}}, other})
}

// Teams come with their people; one that exists keeps its groups and zone.
func TestRepsBringTeams(t *testing.T) {
	t.Parallel()
	store := seeded(t)
	csv := "工号,姓名,团队,角色,飞书,企业微信\nR3,王芳,华东二队,rep,,\nR4,赵敏,华东一队,rep,ou_4,zhaomin\n"
	ok(t, good(t, sheet.Reps, store, csv).Apply(t.Context(), store, now))
	teams, err := store.Roster().Teams(t.Context())
	ok(t, err)
	equal(t, teams, []visit.Team{
		{Name: "华东一队", Timezone: "Asia/Shanghai", Groups: []string{"feishu:oc_1"}},
		{Name: "华东二队"},
	})
	rep, err := store.Roster().ByIdentity(t.Context(), "wecom", "zhaomin")
	ok(t, err)
	equal(t, rep.ID, "R4")
}

// An account moves to somebody who is written 500 people before its old owner.
func TestIdentityMovesBetweenBatches(t *testing.T) {
	t.Parallel()
	store := seeded(t)
	var b strings.Builder
	b.WriteString("工号,姓名,团队,角色,飞书\nR0,新人,华东一队,rep,ou_1\n")
	for i := range 600 {
		fmt.Fprintf(&b, "P%d,某人,华东一队,rep,ou_p%[1]d\n", i)
	}
	b.WriteString("R1,张伟,华东一队,rep,ou_new\n")
	table := good(t, sheet.Reps, store, b.String())
	for range 2 {
		ok(t, table.Apply(t.Context(), store, now))
		for user, want := range map[string]string{"ou_1": "R0", "ou_new": "R1", "ou_2": "R2"} {
			rep, err := store.Roster().ByIdentity(t.Context(), "feishu", user)
			ok(t, err)
			equal(t, rep.ID, want)
		}
	}
}

// Whatever is wrong, nothing is written.
func TestNothingIsWrittenBeforeApply(t *testing.T) {
	t.Parallel()
	store := seeded(t)
	_, err := read(t, sheet.Customers, store, "编号,名称,级别\nC8,好,A\nC9,坏,Z\n")
	refused(t, err)
	good(t, sheet.Customers, store, "编号,名称,级别\nC8,好,A\n")
	found, err := store.Customers().Get(t.Context(), "C8", "C9")
	ok(t, err)
	if len(found) != 0 || pending(t, store) != 0 {
		t.Errorf("found %v", found)
	}
}

// A job that this version cannot read is left alone and named.
func TestForeignJob(t *testing.T) {
	t.Parallel()
	store := seeded(t)
	ok(t, store.Imports().Put(t.Context(), storage.Import{ID: "weather-1", Kind: "weather", At: now, Data: []byte("?")}))
	if err := sheet.Resume(t.Context(), store); err == nil || !strings.Contains(err.Error(), "weather-1") || pending(t, store) != 1 {
		t.Errorf("got %v", err)
	}
}
