package handlers_test

import (
	"testing"
	"time"

	"roundsman/geo"
	"roundsman/visit"
)

func TestAReportWritesItself(t *testing.T) {
	t.Parallel()
	for _, user := range []string{"zhang", "li"} {
		t.Run(user, func(t *testing.T) {
			t.Parallel()
			f := setup(t)
			f.at(user, shop)
			f.text(user, "成交 订货 12000 竞品: 打九折")
			f.pass(2 * time.Hour)
			f.at(user, geo.Offset(shop, 2000, 90))
			f.pass(20 * time.Minute)
			f.text(user, "签退")
			f.clock(18, 30)
			f.due("report_reminder", user)
			f.handle(f.lastMessage)
			card := f.last(user)
			if got := show(card); !contains(got, "11月24日 周二 日报", "出勤 09:00–11:20（2 小时 20 分）", "计划达成 2/4 (50%)", "订货 12,000 元",
				"✅ 华联超市", "· 成交 · 订货 12,000 元", "竞品 华联超市", "打九折", "还有 1 家没写结果：大润发", "心得 今天", "[提交日报]", "还没提交，19:00 截止") {
				t.Errorf("the report: %s", got)
			}
			f.pass(time.Minute)
			f.press(user, value(t, card, "提交"))
			if got := show(f.last(user)); !contains(got, "已提交") || contains(got, "[") {
				t.Errorf("submitted: %s", got)
			}
			f.text(user, "心得 价格要早报")
			f.clock(18, 45)
			if got := show(f.last(user)); !contains(got, "今日心得 价格要早报", "已提交（18:31）") {
				t.Errorf("with a word: %s", got)
			}
			f.press(user, value(t, card, "提交"))
			if got := show(f.last(user)); !contains(got, "已经选过") {
				t.Errorf("twice: %s", got)
			}
			n := len(f.posts())
			f.clock(18, 50)
			f.due("report_reminder", user)
			if len(f.posts()) != n {
				t.Errorf("reminded of what is done: %s", show(f.last(user)))
			}
		})
	}
}

func TestAReportAfterTheDeadlineIsLate(t *testing.T) {
	t.Parallel()
	f := setup(t)
	f.at("zhang", shop)
	f.clock(19, 10)
	f.text("zhang", "心得 忘了")
	if got := show(f.last("zhang")); !contains(got, "补报（19:10）") {
		t.Errorf("late: %s", got)
	}
}

func TestAManagerReadsAndComments(t *testing.T) {
	t.Parallel()
	f := setup(t)
	f.at("zhang", shop)
	f.text("zhang", "心得 还行")
	f.pass(time.Minute)
	f.text("wang", "日报 张")
	if got := show(f.last("wang")); !contains(got, "张伟 11月24日 周二 日报", "今日心得 还行", "批注 张伟") || contains(got, "[") {
		t.Errorf("the manager reads: %s", got)
	}
	f.text("wang", "批注 张伟 早点报价")
	if got := show(f.last("zhang")); !contains(got, "王芳批注了您 11月24日 周二 的日报：早点报价") {
		t.Errorf("the rep hears: %s", got)
	}
	f.text("zhang", "日报")
	if got := show(f.last("zhang")); !contains(got, "批注 早点报价") {
		t.Errorf("on the report: %s", got)
	}
	for text, want := range map[string]string{
		"日报 没有这人":     "没有找到“没有这人”",
		"日报 张伟 某天":    "看不懂日期“某天”",
		"批注 张伟":       "请写“批注 姓名 内容”",
		"日报 张伟 昨天":    "11月23日",
		"日报 zhang 昨天": "11月23日",
	} {
		f.text("wang", text)
		if got := show(f.last("wang")); !contains(got, want) {
			t.Errorf("%s: %s", text, got)
		}
	}
}

// A word that means several people is asked back about, and the tap says the command again.
func TestSeveralPeopleAreAskedAbout(t *testing.T) {
	t.Parallel()
	f := setup(t)
	f.at("zhang", shop)
	f.ok(f.store.Roster().PutReps(f.Context(), visit.Rep{ID: "zhuwei", Name: "朱微", Team: "华南一队", Role: visit.RoleRep}))
	for user, want := range map[string]string{
		"boss": "“zw”是哪一位？ | [张伟 zhang] | [朱微 zhuwei]",
		"wang": "张伟 11月24日 周二 日报",
	} {
		f.text(user, "日报 zw")
		if got := show(f.last(user)); !contains(got, want) {
			t.Errorf("%s is told %s, want %s", user, got, want)
		}
	}
	f.text("boss", "日报 zw")
	f.press("boss", value(t, f.last("boss"), "朱微"))
	if got := show(f.last("boss")); !contains(got, "朱微 11月24日 周二 日报") {
		t.Errorf("after the tap: %s", got)
	}
	f.text("boss", "日报 李")
	if got := show(f.last("boss")); !contains(got, "李娜") {
		t.Errorf("one: %s", got)
	}
}
