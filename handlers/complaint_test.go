package handlers_test

import (
	"strings"
	"testing"
	"time"

	"roundsman/bot"
)

func TestAComplaintIsSeenTo(t *testing.T) {
	t.Parallel()
	f := setup(t)
	f.text("li", "投诉 C1 破损2箱")
	if got := show(f.last("li")); !contains(got, "已登记投诉：华联超市 | 破损2箱 | 处理人 张伟 | 期限 11月25日 周三 19:00", "[已处理]") {
		t.Fatalf("to whom opened it: %s", got)
	}
	for _, user := range []string{"zhang", "wang"} {
		if got := show(f.last(user)); !contains(got, "李娜登记了投诉：华联超市", "破损2箱", "[已处理]") {
			t.Errorf("to %s: %s", user, got)
		}
	}
	open, err := f.store.Complaints().Open(t.Context(), team)
	f.ok(err)
	if len(open) != 1 || open[0].Handler != "zhang" || open[0].By != "li" {
		t.Fatalf("open: %+v", open)
	}
	f.text("zhang", "投诉")
	if got := show(f.last("zhang")); !contains(got, "未结投诉 1 件", "华联超市 破损2箱 · 张伟", "[结案：华联超市]") {
		t.Errorf("the list: %s", got)
	}
	f.text("zhang", "日报")
	if got := show(f.last("zhang")); !contains(got, "客诉处理 华联超市（破损2箱） · 未结，期限 11月25日 周三") {
		t.Errorf("the report: %s", got)
	}

	f.text("zhang", "结案 华联 补发两箱")
	if got := show(f.last("zhang")); got != "好，已结案：华联超市" {
		t.Errorf("closed: %s", got)
	}
	for _, user := range []string{"li", "wang"} {
		if got := show(f.last(user)); got != "张伟结了华联超市的投诉：补发两箱" {
			t.Errorf("%s hears: %s", user, got)
		}
	}
	f.text("zhang", "日报")
	if got := show(f.last("zhang")); !contains(got, "华联超市（破损2箱） · 已结案：补发两箱") {
		t.Errorf("the report: %s", got)
	}
	f.press("wang", value(t, f.saidTo("wang", "李娜登记了投诉"), "已处理"))
	if got := show(f.last("wang")); got != "这件投诉已经结案了" {
		t.Errorf("closed again: %s", got)
	}
}

// saidTo is the newest post to the user that says something.
func (f *fixture) saidTo(user, what string) (found bot.Body) {
	f.Helper()
	for _, p := range f.posts() {
		if b := f.body(p); p.Chat == platformOf(user)+":user/"+user && strings.Contains(show(b), what) {
			found = b
		}
	}
	return found
}

func TestAComplaintBeyondItsTime(t *testing.T) {
	t.Parallel()
	f := setup(t)
	f.text("wang", "投诉 C1 送错货 处理人:li 期限:今天")
	if got := show(f.last("wang")); !contains(got, "处理人 李娜 | 期限 11月24日 周二 19:00") {
		t.Fatalf("opened: %s", got)
	}
	if len(f.later) != 1 {
		t.Fatalf("%d events wait", len(f.later))
	}
	due := f.later[0]
	f.now = due.At
	f.handle(due)
	for _, user := range []string{"li", "wang"} {
		if got := show(f.last(user)); !contains(got, "投诉到期还没结案：华联超市", "送错货") {
			t.Errorf("to %s: %s", user, got)
		}
	}
	f.press("wang", value(t, f.last("wang"), "已处理"))
	if got := show(f.last("li")); got != "王芳结了华联超市的投诉：已处理" {
		t.Errorf("to who saw to it: %s", got)
	}
	said := len(f.posts())
	f.handle(due)
	if len(f.posts()) != said {
		t.Error("what is closed is reminded of")
	}
}

// At a customer its name need not be said.
func TestAComplaintOfWhereOneIs(t *testing.T) {
	t.Parallel()
	f := setup(t)
	f.at("zhang", shop)
	f.text("zhang", "投诉 破损2箱")
	if got := show(f.last("zhang")); !contains(got, "已登记投诉：华联超市 | 破损2箱") {
		t.Fatalf("opened: %s", got)
	}
	if day := f.day("zhang"); len(day.Complaints) != 1 || len(day.LooseNotes) > 0 {
		t.Errorf("the day: %+v", day.Complaints)
	}
}

func TestComplaintsThatCannotBe(t *testing.T) {
	t.Parallel()
	f := setup(t)
	for text, want := range map[string]string{
		"投诉":                             "没有未结的投诉",
		"投诉 C1":                          "请写“投诉 客户 情况”",
		"投诉 沃尔玛 破损":                      "没有找到客户“沃尔玛”",
		"投诉 C1 破损 期限:昨天":                 "看不懂“期限:昨天”",
		"投诉 C1 破损 处理人:赵六":                "没有找到",
		"结案 华联":                          "没有找到“华联”的未结投诉",
		"结案 " + strings.Repeat("长", 200): "的未结投诉",
	} {
		f.text("zhang", text)
		if got := show(f.last("zhang")); !contains(got, want) {
			t.Errorf("%s: %s", text, got)
		}
	}
	open, err := f.store.Complaints().Open(t.Context(), team)
	f.ok(err)
	if len(open) > 0 {
		t.Errorf("open: %+v", open)
	}
	f.pass(time.Minute)
	f.text("zhang", "投诉 C1 一")
	f.text("zhang", "投诉 C1 二")
	f.text("zhang", "结案 C1 好了")
	if got := show(f.last("zhang")); !contains(got, "结哪一件？ | [一] | [二]") {
		t.Errorf("of two: %s", got)
	}
	f.press("zhang", value(t, f.last("zhang"), "二"))
	open, err = f.store.Complaints().Open(t.Context(), team)
	f.ok(err)
	if len(open) != 1 || open[0].Text != "一" {
		t.Errorf("left: %+v", open)
	}
}
