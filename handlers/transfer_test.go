package handlers_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"roundsman/bot"
	"roundsman/visit"
)

// owners are the customers' owners by id.
func (f *fixture) owners(ids ...string) (out []string) {
	f.Helper()
	customers, err := f.store.Customers().Get(f.Context(), ids...)
	f.ok(err)
	for _, c := range customers {
		out = append(out, c.Owner)
	}
	return out
}

// planned are the customers of a rep's plan of a date.
func (f *fixture) planned(rep string, date visit.Date) (out []string) {
	f.Helper()
	imported, err := f.store.Plans().Day(f.Context(), rep, date)
	f.ok(err)
	facts, err := f.store.Facts().Day(f.Context(), rep, date)
	f.ok(err)
	for _, l := range visit.FoldPlan(imported, facts).Lines {
		out = append(out, l.Customer)
	}
	return out
}

// toTransfer gives the fixture's first rep something of everything that moves.
func toTransfer(t *testing.T) *fixture {
	t.Helper()
	f := setup(t)
	ctx := t.Context()
	f.ok(f.store.Plans().Put(ctx,
		visit.PlannedVisit{Rep: "zhang", Date: "2026-11-25", Customer: "C1", Purpose: visit.Collection, CollectionTarget: 500_000, Order: 1},
		visit.PlannedVisit{Rep: "zhang", Date: "2026-11-27", Customer: "C2", Order: 1},
		visit.PlannedVisit{Rep: "li", Date: "2026-11-27", Customer: "C1·", Order: 1},
	))
	f.ok(f.store.Routes().Put(ctx, visit.Route{Rep: "zhang", Stops: []visit.RouteStop{{Weekday: 1, Customer: "C1"}, {Weekday: 2, Customer: "C2"}}}))
	f.text("wang", "投诉 C1 破损")
	return f
}

func TestCustomersAreTransferredByATap(t *testing.T) {
	t.Parallel()
	f := toTransfer(t)
	ctx := t.Context()
	f.text("boss", "客户 转移 张伟→李娜")
	ask := f.last("boss")
	if got := show(ask); got != "转移客户：张伟 → 李娜 | 客户 4 家 华联超市、大润发、好德便利、罗森 | 明天起的计划拜访 2 次 | 未结投诉 1 件 | 固定路线 2 站 | [转移] | [取消] | 今天的计划不变。点“转移”才生效" {
		t.Fatalf("asked: %s", got)
	}
	if got := f.owners("C1", "C4"); !slices.Equal(got, []string{"zhang", "zhang"}) {
		t.Fatalf("before the tap: %v", got)
	}

	f.press("boss", value(t, ask, "转移"))
	tap := f.lastMessage
	for range 2 { // the second is the same after a crash
		if got := f.owners("C1", "C2", "C3", "C4"); !slices.Equal(got, []string{"li", "li", "li", "li"}) {
			t.Errorf("owners: %v", got)
		}
		for rep, want := range map[string][3]string{"zhang": {"C1 C2 C3 C4", "", ""}, "li": {"C1· C2· C3· C4·", "C1", "C1· C2"}} {
			for i, date := range []visit.Date{"2026-11-24", "2026-11-25", "2026-11-27"} {
				if got := strings.Join(f.planned(rep, date), " "); got != want[i] {
					t.Errorf("%s on %s: %s", rep, date, got)
				}
			}
		}
		open, err := f.store.Complaints().Open(ctx, team)
		f.ok(err)
		if len(open) != 1 || open[0].Handler != "li" {
			t.Errorf("open: %+v", open)
		}
		routes, err := f.store.Routes().Get(ctx, "zhang", "li")
		f.ok(err)
		if len(routes) != 2 || len(routes[0].Stops) != 2 || len(routes[1].Stops) != 0 {
			t.Errorf("routes: %+v", routes)
		}
		for _, user := range []string{"zhang", "li", "wang"} {
			told := slices.DeleteFunc(f.said(user), func(s string) bool { return !strings.Contains(s, "管理员转移了客户：张伟 → 李娜") })
			if len(told) != 1 {
				t.Errorf("%s was told %v", user, told)
			}
		}
		if got := show(f.saidTo("boss", "已转移")); !contains(got, "已转移：张伟 → 李娜 | 客户 4 家", "发“撤销”") {
			t.Errorf("done: %s", got)
		}
		f.handle(tap)
	}
	lines, err := f.store.Facts().Day(ctx, "li", "2026-11-25")
	f.ok(err)
	if len(lines) != 1 || lines[0].Plan.Put[0].CollectionTarget != 500_000 {
		t.Errorf("what is to be done there: %+v", lines)
	}
	f.press("boss", value(t, ask, "转移"))
	if got := show(f.last("boss")); got != "已经选过了，不用再点" {
		t.Errorf("tapped again: %s", got)
	}
}

// What is due of a complaint is told to whoever has it now.
func TestATransferredComplaintIsDue(t *testing.T) {
	t.Parallel()
	f := toTransfer(t)
	f.text("boss", "customers transfer zhang -> li")
	f.press("boss", value(t, f.last("boss"), "转移"))
	i := slices.IndexFunc(f.later, func(m bot.Message) bool { return m.Due.Job == "complaint" })
	due := f.later[i]
	f.now = due.At
	f.handle(due)
	if got := show(f.last("li")); !contains(got, "投诉到期还没结案", "处理人 李娜") {
		t.Errorf("to who sees to it: %s", got)
	}
	if got := show(f.last("zhang")); contains(got, "投诉到期") {
		t.Errorf("to who did: %s", got)
	}
}

func TestATransferIsUndone(t *testing.T) {
	t.Parallel()
	f := toTransfer(t)
	ctx := t.Context()
	f.text("boss", "撤销")
	if got := show(f.last("boss")); !contains(got, "没有可撤销的") {
		t.Errorf("nothing yet: %s", got)
	}
	f.text("boss", "客户 转移 张伟 给 李娜")
	f.press("boss", value(t, f.last("boss"), "转移"))
	f.pass(9 * time.Minute)
	f.text("boss", "撤销")
	again := f.lastMessage
	for range 2 {
		if got := show(f.last("boss")); !contains(got, "好，已撤销转移：4 家客户") {
			t.Errorf("undone: %s", got)
		}
		if got := f.owners("C1", "C2", "C3", "C4", "C1·"); !slices.Equal(got, []string{"zhang", "li", "zhang", "zhang", "zhang"}) {
			t.Errorf("owners: %v", got)
		}
		for rep, want := range map[string][2]string{"zhang": {"C1", "C2"}, "li": {"", "C1·"}} {
			for i, date := range []visit.Date{"2026-11-25", "2026-11-27"} {
				if got := strings.Join(f.planned(rep, date), " "); got != want[i] {
					t.Errorf("%s on %s: %s", rep, date, got)
				}
			}
		}
		routes, err := f.store.Routes().Get(ctx, "zhang", "li")
		f.ok(err)
		if len(routes) != 1 || len(routes[0].Stops) != 2 {
			t.Errorf("routes: %+v", routes)
		}
		open, err := f.store.Complaints().Open(ctx, team)
		f.ok(err)
		if len(open) != 1 || open[0].Handler != "zhang" {
			t.Errorf("open: %+v", open)
		}
		for _, user := range []string{"zhang", "li", "wang"} {
			if got := show(f.last(user)); !contains(got, "管理员撤销了转移：张伟 → 李娜") {
				t.Errorf("%s: %s", user, got)
			}
		}
		f.handle(again)
	}
	f.text("boss", "undo")
	if got := show(f.last("boss")); !contains(got, "撤销不能再撤销") {
		t.Errorf("undone again: %s", got)
	}
}

func TestATransferThatIsTooOldStays(t *testing.T) {
	t.Parallel()
	f := toTransfer(t)
	f.text("boss", "客户 转移 张伟>李娜")
	ask := f.last("boss")
	f.pass(31 * time.Minute)
	f.press("boss", value(t, ask, "转移"))
	if got := show(f.last("boss")); !contains(got, "过了 30 分钟") {
		t.Errorf("an old preview: %s", got)
	}
	f.text("boss", "客户 转移 张伟>李娜")
	f.press("boss", value(t, f.last("boss"), "取消"))
	if got := show(f.saidTo("boss", "取消了")); got != "好，取消了，什么都没有改" {
		t.Errorf("cancelled: %s", got)
	}
	if got := f.owners("C1"); !slices.Equal(got, []string{"zhang"}) {
		t.Fatalf("owners: %v", got)
	}
	f.text("boss", "客户 转移 张伟>李娜")
	f.press("boss", value(t, f.last("boss"), "转移"))
	f.pass(11 * time.Minute)
	f.text("boss", "撤销")
	if got := show(f.last("boss")); !contains(got, "十分钟内没有导入或转移") {
		t.Errorf("too late: %s", got)
	}
	if got := f.owners("C1"); !slices.Equal(got, []string{"li"}) {
		t.Errorf("owners: %v", got)
	}
}

func TestOneCustomerIsTransferred(t *testing.T) {
	t.Parallel()
	f := toTransfer(t)
	f.text("boss", "客户 转移 C1 → 李娜")
	if got := show(f.last("boss")); !contains(got, "转移客户：张伟 → 李娜 | 客户 1 家 华联超市 | 明天起的计划拜访 1 次 | 未结投诉 1 件 | 固定路线 1 站") {
		t.Fatalf("asked: %s", got)
	}
	f.press("boss", value(t, f.last("boss"), "转移"))
	if got := f.owners("C1", "C2"); !slices.Equal(got, []string{"li", "zhang"}) {
		t.Errorf("owners: %v", got)
	}
	// One that has no owner can be given, too, and nobody else is told.
	f.ok(f.store.Customers().Put(t.Context(), visit.Customer{ID: "C9", Name: "新店"}))
	f.text("boss", "客户 转移 C9 → 李娜")
	f.press("boss", value(t, f.last("boss"), "转移"))
	if got := f.owners("C9"); !slices.Equal(got, []string{"li"}) {
		t.Errorf("owners: %v", got)
	}
	if got := show(f.last("wang")); !contains(got, "管理员转移了客户：无人负责 → 李娜") {
		t.Errorf("the manager: %s", got)
	}
}

func TestTransfersThatCannotBe(t *testing.T) {
	t.Parallel()
	f := setup(t)
	for text, want := range map[string]string{
		"客户 转移":          "请写“客户 转移 张伟→李娜”",
		"客户 转移 张伟":       "请写“客户 转移 张伟→李娜”",
		"客户 转移 张伟→":      "请写“客户 转移 张伟→李娜”",
		"客户 转移 张伟→李娜→王芳": "请写“客户 转移 张伟→李娜”",
		"客户 转移 赵六→李娜":    "没有找到叫“赵六”的人或客户",
		"客户 转移 张伟→赵六":    "没有找到“赵六”",
		"客户 转移 张伟→zhang": "已经是张伟负责了",
		"客户 转移 王芳→李娜":    "“王芳”没有可转的客户",
	} {
		f.text("boss", text)
		if got := show(f.last("boss")); !contains(got, want) {
			t.Errorf("%s: %s", text, got)
		}
	}
	for _, text := range []string{"客户 转移 张伟→李娜", "撤销"} {
		f.text("wang", text)
		if got := show(f.last("wang")); !contains(got, "这个命令需要") {
			t.Errorf("a manager says %s: %s", text, got)
		}
	}
}

func TestOfTwoWhomATransferMayMeanOneIsAsked(t *testing.T) {
	t.Parallel()
	f := setup(t)
	f.ok(f.store.Roster().PutReps(t.Context(), visit.Rep{ID: "zhang2", Name: "张伟", Team: "华南一队", Role: visit.RoleRep}))
	f.text("boss", "客户 转移 张伟→李娜")
	f.press("boss", value(t, f.last("boss"), "张伟 zhang2"))
	if got := show(f.last("boss")); !contains(got, "“zhang2”没有可转的客户") {
		t.Errorf("the other one: %s", got)
	}
	f.text("boss", "客户 转移 张伟→李娜")
	f.press("boss", value(t, f.last("boss"), "张伟 zhang"))
	f.press("boss", value(t, f.last("boss"), "转移"))
	if got := f.owners("C1"); !slices.Equal(got, []string{"li"}) {
		t.Errorf("owners: %v", got)
	}
}
