package handlers_test

import (
	"slices"
	"testing"
	"time"

	"roundsman/privacy"
	"roundsman/storage"
	"roundsman/visit"
)

// erasures are those that are open, by their states and whom they are about.
func (f *fixture) erasures() (out []string) {
	f.Helper()
	open, err := f.store.Erasures().Open(f.Context())
	f.ok(err)
	for _, e := range open {
		out = append(out, string(e.State)+" "+e.Rep)
	}
	return out
}

func TestSomebodyAsksToBeErased(t *testing.T) {
	t.Parallel()
	f := setup(t)
	f.text("zhang", "申请删除")
	asked := f.last("zhang")
	if got := show(asked); !contains(got, "申请删除您的全部数据", "15 天内办理", "我的数据") {
		t.Fatalf("asked: %s", got)
	}
	if got := f.erasures(); len(got) != 0 {
		t.Errorf("before the tap: %q", got)
	}
	f.press("zhang", value(t, asked, "申请删除"))
	f.handle(f.lastMessage) // as after a crash
	if got := show(f.last("zhang")); !contains(got, "最迟 12月9日") {
		t.Errorf("the answer: %s", got)
	}
	if got := f.erasures(); !slices.Equal(got, []string{"asked zhang"}) {
		t.Errorf("recorded: %q", got)
	}
	if got := f.said("boss"); len(got) != 1 || !contains(got[0], "张伟申请删除自己的全部数据，最迟 12月9日", "删除数据 zhang") {
		t.Errorf("the admin was told %q", got)
	}
	f.pass(time.Hour)
	f.text("zhang", "申请删除")
	f.press("zhang", value(t, f.last("zhang"), "申请删除"))
	if got := show(f.last("zhang")); !contains(got, "已经申请过了，最迟 12月9日") || len(f.erasures()) != 1 {
		t.Errorf("again: %s, %q", got, f.erasures())
	}
}

func TestAnAdminHasSomebodyErased(t *testing.T) {
	t.Parallel()
	f := setup(t)
	f.ok(f.store.Roster().PutReps(t.Context(), visit.Rep{ID: "chen", Name: "陈静", Role: visit.RoleAdmin, Identities: map[string]string{"blue": "chen"}}))
	f.text("wang", "删除数据 张伟")
	if got := show(f.last("wang")); !contains(got, "需要管理员权限") {
		t.Errorf("a manager: %s", got)
	}
	f.text("chen", "删除数据 陈静")
	if got := show(f.last("chen")); !contains(got, "不能删除自己的数据") {
		t.Errorf("oneself: %s", got)
	}
	f.text("chen", "删除数据 张伟")
	shown := f.last("chen")
	if got := show(shown); !contains(got, "删除张伟的全部数据", "不能恢复", "[删除全部数据]") {
		t.Fatalf("shown: %s", got)
	}
	f.press("wang", value(t, shown, "删除全部数据"))
	if got := f.erasures(); len(got) != 0 {
		t.Errorf("somebody else's tap: %q", got)
	}
	f.press("chen", value(t, shown, "删除全部数据"))
	f.handle(f.lastMessage)
	if got := f.erasures(); !slices.Equal(got, []string{"ready zhang"}) {
		t.Errorf("recorded: %q", got)
	}
	if got := show(f.last("chen")); !contains(got, "几分钟内删除完毕") {
		t.Errorf("the answer: %s", got)
	}
	if got := show(f.last("zhang")); !contains(got, "您的数据正在删除") {
		t.Errorf("the person was told: %s", got)
	}
	// They left the roster meanwhile.
	f.ok(f.store.Roster().DeleteReps(t.Context(), "zhang"))
	f.handle(f.lastMessage)
	f.pass(time.Second)
	f.press("chen", value(t, shown, "删除全部数据"))
	if got := show(f.last("chen")); !contains(got, "名册里已经没有这个人") || len(f.erasures()) != 1 {
		t.Errorf("after it: %s, %q", got, f.erasures())
	}
}

// While somebody is held for a dispute, two admins have to confirm.
func TestAHoldTakesTwoAdmins(t *testing.T) {
	t.Parallel()
	f := setup(t)
	ctx := t.Context()
	f.ok(f.store.Roster().PutReps(ctx, visit.Rep{ID: "chen", Name: "陈静", Role: visit.RoleAdmin, Identities: map[string]string{"blue": "chen"}}))
	f.text("chen", "保全 张伟")
	if got := show(f.last("chen")); !contains(got, "例如：保全") {
		t.Errorf("without a reason: %s", got)
	}
	f.text("chen", "解除保全 张伟")
	if got := show(f.last("chen")); !contains(got, "没有保全") {
		t.Errorf("none: %s", got)
	}
	f.text("chen", "保全 张伟 劳动仲裁 12 号")
	if got := show(f.last("chen")); !contains(got, "已保全张伟的数据") {
		t.Errorf("held: %s", got)
	}
	acts, err := f.store.Acts().About(ctx, "zhang", f.now.Add(-time.Hour), 9)
	f.ok(err)
	if len(acts) != 1 || acts[0].Kind != visit.ActHold || acts[0].By != "chen" || acts[0].Reason != "劳动仲裁 12 号" {
		t.Errorf("recorded: %+v", acts)
	}
	confirm := func(who string) string {
		f.pass(time.Second)
		f.text(who, "删除数据 张伟")
		if got := show(f.last(who)); !contains(got, "需要两位管理员确认") {
			t.Errorf("%s was shown %s", who, got)
		}
		f.press(who, value(t, f.last(who), "删除全部数据"))
		return show(f.last(who))
	}
	for range 2 {
		if got := confirm("chen"); !contains(got, "还需要另一位管理员确认") || !slices.Equal(f.erasures(), []string{"asked zhang"}) {
			t.Fatalf("one admin: %s, %q", got, f.erasures())
		}
	}
	if got := f.said("boss"); len(got) != 1 || !contains(got[0], "还需要第二位确认") {
		t.Errorf("the other admin was told %q", got)
	}
	if got := confirm("boss"); !contains(got, "几分钟内删除完毕") || !slices.Equal(f.erasures(), []string{"ready zhang"}) {
		t.Errorf("two admins: %s, %q", got, f.erasures())
	}
}

func TestAHoldIsReleased(t *testing.T) {
	t.Parallel()
	f := setup(t)
	f.text("boss", "保全 张伟 仲裁")
	f.pass(time.Second)
	f.text("boss", "解除保全 张伟")
	f.handle(f.lastMessage)
	if got := show(f.last("boss")); !contains(got, "已解除对张伟数据的保全") {
		t.Errorf("released: %s", got)
	}
	if held, err := privacy.Held(t.Context(), f.store.Acts(), "zhang"); err != nil || held {
		t.Errorf("held: %v, %v", held, err)
	}
	f.text("boss", "删除数据 张伟")
	f.press("boss", value(t, f.last("boss"), "删除全部数据"))
	if got := f.erasures(); !slices.Equal(got, []string{string(storage.ErasureReady) + " zhang"}) {
		t.Errorf("recorded: %q", got)
	}
}
