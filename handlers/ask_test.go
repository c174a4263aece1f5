package handlers_test

import (
	"testing"
	"time"

	"roundsman/geo"
	"roundsman/visit"
)

func TestAManagerAsksByName(t *testing.T) {
	t.Parallel()
	f := setup(t)
	f.ok(f.store.Customers().Put(t.Context(), visit.Customer{ID: "C1", Name: "华联超市", Owner: "zhang", Grade: "A", Point: shop}))
	f.at("zhang", shop)
	f.text("zhang", "成交 订货 12000")
	f.pass(time.Hour)
	f.at("zhang", geo.Offset(shop, 2000, 90))
	f.pass(time.Hour)
	for text, want := range map[string][]string{
		"张伟":       {"张伟 11月24日 周二", "计划达成 2/4 (50%)", "09:00 ✅ 华联超市 已核实", "订货 12,000 元", "还有 2 家"},
		"zw":       {"张伟 11月24日 周二"},
		"张伟 昨天":    {"张伟 11月23日 周一", "没有计划，也没有签到"},
		"华联超市":     {"C1 · 张伟 · A", "上次 11月24日 周二（0 天前） · 周期 7 天", "11月24日 周二 张伟 ✅ 已核实 · 成交 · 订货 12,000 元"},
		"hlcs":     {"“hlcs”是哪一家？", "[华联超市]", "[华联超市·]"},
		"大润":       {"[大润发]"},
		"计划表":      {"华东一队 11月25日 周三 客户拜访计划表", "还没有计划"},
		"计划表 今天":   {"华东一队 11月24日 周二 客户拜访计划表", "张伟 · 4 家", "1. 华联超市"},
		"遗忘客户":     {"遗忘客户：0 家", "做得好"},
		"计划表 华南一队": {"只能看自己的团队"},
		"一会儿去开会":   {"使用前请您确认"},
	} {
		f.text("wang", text)
		got := show(f.last("wang"))
		for _, w := range want {
			if !contains(got, w) {
				t.Errorf("%s: %s\nlacks %q", text, got, w)
			}
		}
	}
	// To a rep these are words of a visit.
	n := len(f.said("zhang"))
	f.text("zhang", "李娜")
	if got := f.said("zhang"); len(got) > n && contains(got[len(got)-1], "李娜 11月") {
		t.Errorf("a rep reads %q", got[n:])
	}
}

func TestForgottenCustomersAreListed(t *testing.T) {
	t.Parallel()
	f := setup(t)
	f.ok(f.store.Customers().Put(t.Context(), visit.Customer{ID: "C1", Name: "华联超市", Owner: "zhang", Grade: "A", Point: shop}))
	f.ok(f.store.Outcomes().Put(t.Context(), visit.Outcome{
		Rep: "zhang", Team: team, Date: "2026-11-04", Facts: 1, Calls: []visit.Call{{Visit: "v", Customer: "C1", Verdict: visit.Verified}},
	}))
	f.text("wang", "遗忘客户")
	if got := show(f.last("wang")); !contains(got, "遗忘客户：1 家", "张伟 华联超市：20 天没去，周期 7 天") {
		t.Errorf("listed: %s", got)
	}
}
