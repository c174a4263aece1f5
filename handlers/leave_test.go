package handlers_test

import (
	"testing"

	"roundsman/visit"
)

func TestLeaveIsAskedForAndGranted(t *testing.T) {
	t.Parallel()
	for _, user := range []string{"zhang", "li"} {
		t.Run(user, func(t *testing.T) {
			t.Parallel()
			f := setup(t)
			f.ok(f.store.Plans().Put(t.Context(), visit.PlannedVisit{Rep: user, Date: tomorrowIs, Customer: "C1", Order: 1}))
			f.text(user, "请假 明天 看病")
			if got := show(f.last(user)); !contains(got, "已请经理批：11月25日 周三") {
				t.Errorf("the rep reads: %s", got)
			}
			card := f.last("wang")
			if got := show(card); !contains(got, "请假 | 11月25日 周三 | 事由 看病 | [同意] | [不同意]") {
				t.Fatalf("the manager reads: %s", got)
			}
			f.press("wang", value(t, card, "同意"))
			if got := f.said("wang"); !contains(got[0], "已同意") || !contains(got[1], "空出 1 家", "华联超市") {
				t.Errorf("after the tap: %q", got)
			}
			if got := show(f.last(user)); !contains(got, "王芳同意了您的请假：11月25日 周三") {
				t.Errorf("the rep hears: %s", got)
			}
			n := len(f.said(user))
			f.clock(16, 0)
			f.due("plan_proposal", user)
			if got := f.said(user); len(got) != n {
				t.Errorf("a plan is proposed for a day of leave: %s", got[n:])
			}
			facts, err := f.store.Facts().Day(t.Context(), user, tomorrowIs)
			f.ok(err)
			imported, err := f.store.Plans().Day(t.Context(), user, tomorrowIs)
			f.ok(err)
			if p := visit.FoldPlan(imported, facts); len(p.Lines) != 0 || len(p.Excused) != 1 {
				t.Errorf("the plan: %+v", p)
			}
		})
	}
}

func TestLeaveWords(t *testing.T) {
	t.Parallel()
	f := setup(t)
	for text, want := range map[string]string{
		"请假 明天 上午":          "11月25日 周三 上午",
		"请假 11-26至11-27 结婚": "11月26日 周四 – 11月27日 周五",
		"请假 下午":             "11月24日 周二 下午",
		"请假 昨天":             "没有请",
		"请假 某天":             "没有请：看不懂“某天”",
		"请假 11-27至11-25":    "没有请",
		"请假 11-01至12-31":    "没有请",
	} {
		f.text("zhang", text)
		if got := show(f.last("zhang")); !contains(got, want) {
			t.Errorf("%s: %s", text, got)
		}
	}
	// Somebody else's tap counts for nothing.
	f.text("zhang", "请假 后天")
	f.press("zhang", value(t, f.last("wang"), "同意"))
	if got := show(f.last("zhang")); !contains(got, "发给别人的按钮") {
		t.Errorf("the rep taps: %s", got)
	}
}
