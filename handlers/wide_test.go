package handlers_test

import (
	"slices"
	"testing"
	"time"

	"roundsman/storage"
	"roundsman/visit"
)

// noticesOf are the notices about what is kept and who sees it that a user was shown.
func (f *fixture) noticesOf(user string) (out []string) {
	for _, s := range f.said(user) {
		if contains(s, "consent/") {
			out = append(out, s)
		}
	}
	return out
}

// evening is the summary as the group would hear it now.
func (f *fixture) evening() string {
	f.Helper()
	f.text("boss", "预览 晚报 "+team)
	return show(f.last("boss"))
}

func TestTheGroupHearsTimesOnlyOfThoseWhoAgreedToThat(t *testing.T) {
	t.Parallel()
	f := setup(t)
	f.text("wang", "群播报 明细")
	if got := show(f.last("wang")); !contains(got, "群播报 明细（本队设的）", "只显示同意了的人") {
		t.Fatalf("the setting: %s", got)
	}
	for _, user := range []string{"zhang", "li"} {
		f.at(user, shop)
		f.pass(time.Hour)
		f.at(user, shop)
		if got := f.noticesOf(user); len(got) != 1 || !contains(got[0], "群播报改了", "首次和末次拜访的时间", "不同意也能照常签到", "[同意]") {
			t.Fatalf("%s was asked %q", user, got)
		}
	}
	if got := f.evening(); contains(got, "09:00") || !contains(got, "不足 4 家 张伟（1）、李娜（1）") {
		t.Errorf("before anybody agreed: %s", got)
	}
	notice := f.body(f.posts()[slices.IndexFunc(f.posts(), func(p storage.Post) bool { return contains(p.ID, "consent/zhang/") })])
	f.press("zhang", value(t, notice, "同意"))
	f.handle(f.lastMessage) // as after a crash
	if got := f.noticesOf("zhang"); len(got) != 1 || !contains(got[0], "已同意") || contains(got[0], "请再发一次位置") {
		t.Errorf("after the tap: %q", got)
	}
	if got := f.evening(); !contains(got, "张伟 计划 4，达成 1 · 09:00–10:00", "李娜 计划 4，达成 1 |") {
		t.Errorf("after zhang agreed: %s", got)
	}
	f.pass(time.Minute)
	f.press("zhang", value(t, notice, "同意"))
	if got := show(f.last("zhang")); !contains(got, "已经同意过了") {
		t.Errorf("the second tap: %s", got)
	}
	f.text("wang", "群播报 完整")
	if got := f.evening(); contains(got, "09:00") || contains(got, "不足 4 家") {
		t.Errorf("in the narrower form: %s", got)
	}
	f.at("zhang", shop)
	if facts, err := f.store.Facts().Day(t.Context(), "zhang", "2026-11-24"); err != nil || len(facts) != 3 {
		t.Errorf("who agreed to more checks in as before: %d facts, %v", len(facts), err)
	}
}

func TestTheFirstNoticeSaysWhatTheGroupHears(t *testing.T) {
	t.Parallel()
	f := setup(t)
	f.text("wang", "群播报 明细")
	f.ok(f.store.Roster().PutReps(t.Context(), visit.Rep{ID: "new", Name: "新人", Team: team, Role: visit.RoleRep, Identities: map[string]string{"blue": "new"}}))
	f.at("new", shop)
	notice := f.last("new")
	if got := show(notice); !contains(got, "使用前请您确认", "首次和末次拜访的时间") {
		t.Fatalf("the notice: %s", got)
	}
	f.press("new", value(t, notice, "同意"))
	if got := show(f.last("new")); !contains(got, "已同意", "请再发一次位置") {
		t.Errorf("after the tap: %s", got)
	}
	c, err := f.store.Consents().Latest(t.Context(), "new")
	if err != nil || !c.Wide() {
		t.Errorf("kept %+v, %v", c, err)
	}
}
