package handlers_test

import (
	"testing"
	"time"

	"roundsman/visit"
)

func TestAManagerAssignsADelivery(t *testing.T) {
	t.Parallel()
	f := setup(t)
	f.text("wang", "派 张伟 大润发 送货 14:00-15:00 #SO1024")
	if got := show(f.last("wang")); !contains(got, "已派给张伟（11月24日 周二）：大润发（14:00-15:00 送货） · #SO1024") {
		t.Fatalf("the manager reads: %s", got)
	}
	if got := show(f.last("zhang")); !contains(got, "王芳改了您 11月24日 周二 的计划", "+ 大润发（14:00-15:00 送货） · #SO1024") {
		t.Errorf("the rep reads: %s", got)
	}
	f.handle(f.lastMessage) // as after a crash
	f.text("zhang", "计划")
	if got := show(f.last("zhang")); !contains(got, "大润发（14:00-15:00 送货）") {
		t.Errorf("the plan: %s", got)
	}
	f.text("wang", "派 张伟 罗森 收款 5000 明天 10:00")
	f.text("zhang", "明天 -罗森")
	if got := show(f.last("zhang")); !contains(got, "没有改：“罗森”是派下来的") {
		t.Errorf("a rep drops what was assigned: %s", got)
	}
	f.text("zhang", "明天")
	if got := show(f.last("zhang")); !contains(got, "罗森（10:00 收款） · 收 5,000 元 · 已安排", "[确认计划]") {
		t.Errorf("the plan of tomorrow: %s", got)
	}
}

func TestWhatCannotBeAssigned(t *testing.T) {
	t.Parallel()
	f := setup(t)
	f.pass(time.Hour)
	for text, want := range map[string]string{
		"派 张伟":                 "请写“派 姓名 客户",
		"派 没人 大润发":             "没有找到“没人”",
		"派 张伟 沃尔玛":             "没有找到“沃尔玛”",
		"派 张伟 大润发 25:00":       "看不懂“25:00”",
		"派 张伟 大润发 08:00-09:00": "这个时间已经过了",
		"派 张伟 大润发 昨天":          "这个时间已经过了",
		"派 张伟 大润发 2027-11-24":  "这个时间已经过了，或者太远",
		"派 张伟 大润发 送货 不知道":      "看不懂“不知道”",
		"改派 张伟 大润发":            "请写“改派",
		"改派 张伟 沃尔玛 李娜":         "计划里没有“沃尔玛”",
	} {
		f.text("wang", text)
		if got := show(f.last("wang")); !contains(got, want) {
			t.Errorf("%s: %s", text, got)
		}
	}
	f.text("zhang", "派 李娜 大润发")
	if got := show(f.last("zhang")); !contains(got, "需要经理权限") {
		t.Errorf("a rep assigns: %s", got)
	}
	if n := len(f.said("li")); n != 0 {
		t.Errorf("李娜 was told %d times", n)
	}
}

// The window ends without a check-in: both hear of it then, and a tap gives it to somebody else.
func TestAMissedWindowIsToldWhenItEnds(t *testing.T) {
	t.Parallel()
	f := setup(t)
	f.text("wang", "派 张伟 大润发 送货 14:00-15:00 #SO1024")
	f.text("wang", "派 张伟 好德便利 送货 14:30-15:30 #SO1025")
	f.text("wang", "派 张伟 好德便利 送货 16:00-17:00 #SO1025")
	if len(f.later) < 3 {
		t.Fatalf("%d windows are watched", len(f.later))
	}
	f.clock(15, 0)
	for _, m := range f.later {
		if !m.At.After(f.now.Add(time.Hour)) { // also the old end of the second, which has moved
			f.handle(m)
		}
	}
	if got := show(f.last("zhang")); !contains(got, "到点了还没有在这里签到：大润发（14:00-15:00 送货） · #SO1024") {
		t.Errorf("the rep reads: %s", got)
	}
	card := f.last("wang")
	if got := show(card); !contains(got, "张伟有一单到点没到", "大润发", "[转李娜]") {
		t.Fatalf("the manager reads: %s", got)
	}
	f.press("wang", value(t, card, "李娜"))
	if got := show(f.last("wang")); !contains(got, "大润发已由张伟改派给李娜") {
		t.Errorf("after the tap: %s", got)
	}
	if got := show(f.last("zhang")); !contains(got, "− 大润发") {
		t.Errorf("张伟 reads: %s", got)
	}
	if got := show(f.last("li")); !contains(got, "+ 大润发（送货） · #SO1024") {
		t.Errorf("李娜 reads: %s", got)
	}
	facts, err := f.store.Facts().Day(t.Context(), "zhang", "2026-11-24")
	f.ok(err)
	imported, err := f.store.Plans().Day(t.Context(), "zhang", "2026-11-24")
	f.ok(err)
	for _, l := range visit.FoldPlan(imported, facts).Lines {
		if l.Customer == "C2" {
			t.Error("it is still on 张伟's plan")
		}
	}
}

func TestAWindowThatWasMetIsQuiet(t *testing.T) {
	t.Parallel()
	f := setup(t)
	f.text("wang", "派 张伟 华联 送货 14:00-15:00 #SO1024")
	f.clock(14, 50)
	f.at("zhang", shop)
	n := len(f.posts())
	f.clock(15, 0)
	for _, m := range f.later {
		if m.Due.Job == "window" {
			f.handle(m)
		}
	}
	if len(f.posts()) != n {
		t.Errorf("told all the same: %s", show(f.last("zhang")))
	}
}

func TestADeliveryThatWasNotTakenIsTold(t *testing.T) {
	t.Parallel()
	f := setup(t)
	f.text("wang", "派 张伟 华联 送货 14:00-15:00 #SO1")
	f.at("zhang", shop)
	card := f.last("zhang")
	f.press("zhang", value(t, card, "改期"))
	if got := show(f.last("zhang")); !contains(got, "已放到下个工作日的计划", "#SO1 → 11月25日 周三") {
		t.Errorf("the rep reads: %s", got)
	}
	if got := show(f.last("wang")); !contains(got, "张伟 送货改期：华联超市", "→ 11月25日") {
		t.Errorf("the manager reads: %s", got)
	}
	f.text("zhang", "明天")
	if got := show(f.last("zhang")); !contains(got, "华联超市（送货） · #SO1 · 已安排", "[确认计划]") {
		t.Errorf("tomorrow: %s", got)
	}
	f.text("zhang", "拒收 包装破损")
	if got := show(f.last("wang")); !contains(got, "张伟 送货拒收：华联超市") {
		t.Errorf("the manager reads: %s", got)
	}
}
