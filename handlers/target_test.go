package handlers_test

import (
	"testing"
	"time"

	"roundsman/geo"
	"roundsman/visit"
)

// target is what is kept of somebody's month: orders and collections in yuan, -1 for nothing.
func (f *fixture) target(rep string, month visit.Month) [2]int64 {
	f.Helper()
	got, err := f.store.Targets().Get(f.Context(), month, rep)
	f.ok(err)
	out := [2]int64{-1, -1}
	for _, t := range got {
		for i, fen := range []*int64{t.Order, t.Collection} {
			if fen != nil {
				out[i] = *fen / 100
			}
		}
	}
	return out
}

func TestAManagerSetsTargets(t *testing.T) {
	t.Parallel()
	const this, next = "2026-11", "2026-12"
	for _, tt := range []struct {
		text, want string
		month      visit.Month
		kept       [2]int64
	}{
		{"目标 张伟 订货 12万 回款 5万", "张伟 2026-11 目标 | 订货 0 元 / 目标 120,000 元（0%）", this, [2]int64{120_000, 50_000}},
		{"目标 zw 订货12万，回款5万元", "张伟 2026-11 目标", this, [2]int64{120_000, 50_000}},
		{"目标 伟 2026-12 订货 1.2 万", "回款 0 元（没有目标）", next, [2]int64{12_000, -1}},
		{"目标 张伟 12月 订货：一万二", "张伟 2026-12 目标", next, [2]int64{12_000, -1}},
		{"目标 下个月 张伟 收款 800", "还差 800 元，剩 23 个工作日，每天 35 元", next, [2]int64{-1, 800}},
		{"targets zhang 2026/12 order 5000 collection 60", "张伟 2026-12 目标", next, [2]int64{5000, 60}},
		{"目标 张伟 订货 0", "订货 0 元（没有目标）", this, [2]int64{0, -1}},
		// What is refused changes nothing, also of what could be read.
		{"目标 张伟 订货 12万 回款 -5万", "没有改：看不懂“回款 -5万”。例如", this, [2]int64{-1, -1}},
		{"目标 张伟 订货 NaN", "没有改：看不懂“订货 NaN”", this, [2]int64{-1, -1}},
		{"目标 张伟 订货 1e9", "没有改", this, [2]int64{-1, -1}},
		{"目标 张伟 订货 2亿", "最多一亿", this, [2]int64{-1, -1}},
		{"目标 张伟 订货 ∞", "没有改", this, [2]int64{-1, -1}},
		{"目标 张伟 订货", "没有改：看不懂“订货”", this, [2]int64{-1, -1}},
		{"目标 张伟 订货 1万 订货 2万", "没有改", this, [2]int64{-1, -1}},
		{"目标 张伟 订货 1万 谢谢", "没有改：看不懂“谢谢”", this, [2]int64{-1, -1}},
		{"目标 张伟 2026-13 订货 1万", "没有改：看不懂“2026-13”", next, [2]int64{-1, -1}},
		{"目标 张伟 13月 订货 1万", "没有改：看不懂“13月”", next, [2]int64{-1, -1}},
		{"目标 张伟 2026-10 订货 1万", "没有改：2026-10 已经过去", "2026-10", [2]int64{-1, -1}},
		{"目标 张伟 2028-01 订货 1万", "或者太远", "2028-01", [2]int64{-1, -1}},
		{"目标 订货 1万", "请写“目标 姓名", this, [2]int64{-1, -1}},
		{"目标 陈静 订货 1万", "没有找到“陈静”", this, [2]int64{-1, -1}},
	} {
		t.Run(tt.text, func(t *testing.T) {
			t.Parallel()
			f := setup(t)
			f.ok(f.store.Roster().PutReps(t.Context(), visit.Rep{ID: "chen", Name: "陈静", Team: "华南一队", Role: visit.RoleRep}))
			f.text("wang", tt.text)
			f.handle(f.lastMessage)
			if got := show(f.last("wang")); !contains(got, tt.want) {
				t.Errorf("said %s, want %s", got, tt.want)
			}
			if got := f.target("zhang", tt.month); got != tt.kept {
				t.Errorf("kept %v, want %v", got, tt.kept)
			}
			if got := f.target("chen", tt.month); got != [2]int64{-1, -1} {
				t.Errorf("of another team: %v", got)
			}
			if told := len(f.said("zhang")); told > 1 || (told == 1) != (tt.kept != [2]int64{-1, -1}) {
				t.Errorf("the rep was told %v", f.said("zhang"))
			}
		})
	}
}

// What is not said of a target stays.
func TestATargetIsSetByParts(t *testing.T) {
	t.Parallel()
	f := setup(t)
	f.text("wang", "目标 张伟 订货 12万")
	f.text("wang", "目标 张伟 回款 5万")
	f.text("wang", "目标 张伟 订货 13万")
	if got := f.target("zhang", "2026-11"); got != [2]int64{130_000, 50_000} {
		t.Errorf("kept %v", got)
	}
	if got := show(f.last("zhang")); !contains(got, "王芳定了您 2026-11 的目标：订货 130,000 元。") {
		t.Errorf("the rep reads %s", got)
	}
}

func TestATargetOfOneOfSeveral(t *testing.T) {
	t.Parallel()
	f := setup(t)
	f.ok(f.store.Roster().PutReps(t.Context(), visit.Rep{ID: "zhang2", Name: "张小伟", Team: team, Role: visit.RoleRep}))
	f.text("wang", "目标 张 2026-12 订货 12万 回款 5万")
	card := f.last("wang")
	if got := show(card); !contains(got, "是哪一位", "[张伟 zhang]", "[张小伟 zhang2]") || f.target("zhang", "2026-12") != [2]int64{-1, -1} {
		t.Fatalf("asked: %s", got)
	}
	f.press("wang", value(t, card, "zhang2"))
	if got := f.target("zhang2", "2026-12"); got != [2]int64{120_000, 50_000} {
		t.Errorf("kept %v: %s", got, show(f.last("wang")))
	}
}

func TestARepSeesTheirMonth(t *testing.T) {
	t.Parallel()
	f := setup(t)
	for _, text := range []string{"目标 李娜", "目标 张伟 订货 1", "目标 订货 1"} {
		f.text("zhang", text)
		if got := show(f.last("zhang")); !contains(got, "需要经理权限") {
			t.Errorf("%s: %s", text, got)
		}
	}
	f.text("zhang", "目标")
	if got := show(f.last("zhang")); !contains(got, "张伟 2026-11 目标 | 订货 0 元（没有目标） | 回款 0 元（没有目标）") {
		t.Errorf("without any: %s", got)
	}
	f.text("wang", "目标 张伟 订货 12万 回款 5000")
	f.ok(f.store.Outcomes().Put(t.Context(), visit.Outcome{Rep: "zhang", Team: "旧队", Date: "2026-11-02", Calls: []visit.Call{{Visit: "v", Order: fen(30_000_00)}}}))
	f.ok(f.store.Outcomes().Put(t.Context(), visit.Outcome{Rep: "zhang", Team: team, Date: "2026-10-30", Calls: []visit.Call{{Visit: "w", Order: fen(9_999_00)}}}))
	f.at("zhang", shop)
	f.text("zhang", "成交 订货 12000 回款 6000")
	f.text("zhang", "目标")
	// Tuesday the 24th to Monday the 30th: five workdays.
	if got := show(f.last("zhang")); !contains(got, "订货 42,000 元 / 目标 120,000 元（35%） | 还差 78,000 元，剩 5 个工作日，每天 15,600 元",
		"回款 6,000 元 / 目标 5,000 元（120%） | 已达成") {
		t.Errorf("their month: %s", got)
	}
	f.text("zhang", "目标 10月")
	if got := show(f.last("zhang")); !contains(got, "张伟 2026-10 目标 | 订货 9,999 元（没有目标）") {
		t.Errorf("the month before: %s", got)
	}
	f.now = time.Date(2026, 12, 2, 9, 0, 0, 0, f.now.Location())
	f.text("zhang", "目标 上月")
	if got := show(f.last("zhang")); !contains(got, "2026-11", "订货 42,000 元 / 目标 120,000 元（35%） | 差 78,000 元 |") {
		t.Errorf("when it is over: %s", got)
	}
}

func fen(n int64) *int64 { return &n }

func TestATeamsTargets(t *testing.T) {
	t.Parallel()
	f := setup(t)
	f.text("wang", "目标 张伟 订货 10万")
	f.at("zhang", shop)
	f.text("zhang", "成交 订货 25000 回款 1000")
	f.at("li", shop)
	f.text("li", "成交 订货 7000")
	f.text("wang", "目标")
	if got := show(f.last("wang")); !contains(got, "华东一队 2026-11 目标 | 订货 25,000 元 / 目标 100,000 元（25%） |",
		"张伟 订货 25,000 元 / 目标 100,000 元（25%） · 回款 1,000 元（没有目标）", "李娜 订货 7,000 元（没有目标）", "还剩 5 个工作日") || contains(got, "王芳") {
		t.Errorf("the team's: %s", got)
	}
	f.text("wang", "目标 张伟")
	if got := show(f.last("wang")); !contains(got, "张伟 2026-11 目标") {
		t.Errorf("a rep's: %s", got)
	}
	f.text("boss", "目标 华南 2026-12")
	if got := show(f.last("boss")); !contains(got, "华南一队 2026-12 目标") {
		t.Errorf("an admin asks about another: %s", got)
	}
	f.text("wang", "目标 华南一队")
	if got := show(f.last("wang")); !contains(got, "没有找到“华南一队”") {
		t.Errorf("a manager does: %s", got)
	}
}

// The day's share of the month stands in the report, on the board and in the
// summary, and comes to the same.
func TestTheDayHasItsShareOfTheMonth(t *testing.T) {
	t.Parallel()
	f := setup(t)
	// Lines with a target of their own count where there is no month's.
	for _, rep := range []string{"zhang", "li"} {
		c := map[string]string{"zhang": "C1", "li": "C1·"}[rep]
		f.ok(f.store.Plans().Put(t.Context(), visit.PlannedVisit{Rep: rep, Date: "2026-11-24", Customer: c, Order: 1, OrderTarget: 3_000_00, CollectionTarget: 400_00}))
	}
	f.text("wang", "目标 张伟 订货 21万") // of 21 workdays
	f.at("zhang", shop)
	f.text("zhang", "成交 订货 5000")
	f.text("zhang", "日报")
	if got := show(f.last("zhang")); !contains(got, "订货 5,000 元 / 目标 10,000 元（50%）", "回款 0 元 / 目标 400 元（0%）") {
		t.Errorf("the report: %s", got)
	}
	f.text("wang", "今天")
	if got := show(f.last("wang")); !contains(got, "订货 5,000 元 / 目标 13,000 元（38%）", "回款 0 元 / 目标 800 元（0%）") {
		t.Errorf("the board: %s", got)
	}
	f.text("wang", "张伟")
	if got := show(f.last("wang")); !contains(got, "订货 5,000 元 / 目标 10,000 元（50%）") {
		t.Errorf("somebody's day: %s", got)
	}
	f.text("boss", "预览 晚报 "+team)
	if got := show(f.last("boss")); !contains(got, "订货 5,000 元 / 目标 13,000 元（38%）", "订货 5,000 元（50%）", "订货 0 元（0%）") {
		t.Errorf("the summary: %s", got)
	}
}

// The fixed route comes before who is overdue, and says so.
func TestAPlanHasTheFixedRoute(t *testing.T) {
	t.Parallel()
	f := setup(t, func(p *visit.Policy) { p.MinVisits = 2 })
	f.ok(f.store.Customers().Put(t.Context(), visit.Customer{ID: "C9", Name: "远方商店", Owner: "zhang", Point: geo.Offset(shop, 30_000, 0)}))
	f.ok(f.store.Routes().Put(t.Context(), visit.Route{Rep: "zhang", Stops: []visit.RouteStop{
		{Weekday: 3, Customer: "C9"},
		{Weekday: 3, Customer: "C4", Week: 2},
		{Weekday: 3, Customer: "C2", Week: 1},
		{Weekday: 4, Customer: "C3"},
		{Weekday: 3, Customer: "C1·"},
	}}))
	f.text("zhang", "明天") // a Wednesday of week 48
	got := f.draft("zhang")
	if !contains(got, "远方商店 · 固定路线", "罗森 · 固定路线", "共 2 家") || contains(got, "好德") || contains(got, "大润发") || contains(got, "华联") {
		t.Errorf("the proposal: %s", got)
	}
	f.text("wang", "计划表")
	if got := show(f.last("wang")); !contains(got, "固定路线") {
		t.Errorf("the manager's table: %s", got)
	}
}
