package handlers_test

import (
	"slices"
	"testing"
	"time"

	"roundsman/visit"
)

// approving is a team whose manager approves plans, at the hour at which these are locked.
func approving(t *testing.T) *fixture {
	f := setup(t)
	f.text("wang", "设置 计划审批 开")
	if got := show(f.last("wang")); !contains(got, "计划审批 开（本队设的）") {
		t.Fatalf("the setting: %s", got)
	}
	f.clock(16, 0)
	f.due("plan_proposal", "zhang")
	f.due("plan_proposal", "li")
	f.press("zhang", value(t, f.last("zhang"), "确认计划"))
	return f
}

// lock lets the deadline pass and shows the manager what waits.
func (f *fixture) lock() {
	f.Helper()
	f.clock(20, 0)
	f.due("plan_lock", "zhang")
	f.due("plan_lock", "li")
	f.clock(20, 5)
	f.due("plan_approval", "wang")
}

// approval is how a rep's plan of tomorrow stands with the manager.
func (f *fixture) approval(rep string) visit.Approval {
	f.Helper()
	facts, err := f.store.Facts().Day(f.Context(), rep, tomorrowIs)
	f.ok(err)
	return visit.FoldPlan(nil, facts).Approval
}

func TestAManagerApprovesThePlansWithOneTap(t *testing.T) {
	t.Parallel()
	f := approving(t)
	f.text("wang", "批准")
	if got := show(f.last("wang")); !contains(got, "11月25日 周三 计划：1 份等你批准", "张伟 · 4 家 | 华联超市 → 大润发", "未确认 李娜", "[全部批准]") {
		t.Errorf("before the lock: %s", got)
	}
	f.lock()
	shown := f.last("wang")
	if got := show(shown); !contains(got, "2 份等你批准", "李娜 · 4 家 · 未确认 | 华联超市", "[全部批准]", "退回 姓名 理由") {
		t.Errorf("after it: %s", got)
	}
	n := len(f.said("zhang"))
	f.press("wang", value(t, shown, "全部批准"))
	f.handle(f.lastMessage) // as after a crash
	if got := show(f.last("wang")); !contains(got, "没有等你批准的", "已批准 张伟、李娜") || contains(got, "[") {
		t.Errorf("after the tap: %s", got)
	}
	if f.approval("zhang") != visit.ApprovalApproved || f.approval("li") != visit.ApprovalApproved {
		t.Error("not approved")
	}
	if got := f.said("zhang"); len(got) != n || !contains(got[n-1], "已批准") {
		t.Errorf("the rep was told %q", got)
	}
	f.text("wang", "批准 张伟")
	if got := show(f.last("wang")); !contains(got, "已经批准过了") {
		t.Errorf("again: %s", got)
	}
}

func TestAPlanThatIsSentBackIsChangedWithoutAnotherReason(t *testing.T) {
	t.Parallel()
	f := approving(t)
	f.lock()
	f.text("wang", "退回 张伟")
	if got := show(f.last("wang")); !contains(got, "请写明理由") {
		t.Errorf("without a reason: %s", got)
	}
	f.text("wang", "退回 zw 华联先去")
	if got := show(f.last("wang")); !contains(got, "已退回 张伟") {
		t.Errorf("sent back: %s", got)
	}
	if got := show(f.last("zhang")); !contains(got, "王芳请你改一下 11月25日 周三的计划：华联先去", "明天 +客户") {
		t.Errorf("the rep heard: %s", got)
	}
	f.pass(time.Minute)
	f.text("zhang", "明天 -大润发")
	if got := f.draft("zhang"); contains(got, "2. 大润发") || !contains(got, "待批准", "经理的话 华联先去") {
		t.Errorf("changed: %s", got)
	}
	shown := f.last("wang")
	if got := show(shown); !contains(got, "张伟改了 11月25日 周三的计划", "事由 华联先去", "[批准]") {
		t.Errorf("the manager sees: %s", got)
	}
	f.press("wang", value(t, shown, "批准"))
	if f.approval("zhang") != visit.ApprovalApproved || f.approval("li") != visit.ApprovalPending {
		t.Error("approved the wrong one")
	}
	f.pass(time.Minute)
	f.text("zhang", "明天 -好德")
	if got := f.draft("zhang"); !contains(got, "请带上理由") {
		t.Errorf("after the approval: %s", got)
	}
}

func TestWhatTheManagerDidNotSeeIsNotApproved(t *testing.T) {
	t.Parallel()
	f := approving(t)
	f.lock()
	all := value(t, f.last("wang"), "全部批准")
	f.pass(time.Minute)
	f.text("zhang", "明天 -大润发 理由 客户盘点")
	f.pass(time.Minute)
	f.press("wang", all)
	if f.approval("zhang") != visit.ApprovalPending || f.approval("li") != visit.ApprovalApproved {
		t.Error("a plan was approved that the manager had not seen")
	}
	if got := f.said("wang"); !slices.ContainsFunc(got, func(s string) bool { return contains(s, "1 份等你批准", "[全部批准]") }) {
		t.Errorf("after the tap: %q", got)
	}
}

func TestApprovalIsTheTeamsManagers(t *testing.T) {
	t.Parallel()
	f := approving(t)
	f.ok(f.store.Roster().PutReps(f.Context(), visit.Rep{ID: "zhao", Name: "赵敏", Team: "华南一队", Role: visit.RoleManager, Identities: map[string]string{"blue": "zhao"}}))
	f.text("wang", "批准 李娜")
	if got := show(f.last("wang")); !contains(got, "还没有确认") {
		t.Errorf("before the rep confirmed: %s", got)
	}
	for text, want := range map[string]string{"批准 张伟": "没有", "批准": "没有开计划审批"} {
		f.text("zhao", text)
		if got := show(f.last("zhao")); !contains(got, want) {
			t.Errorf("another team's manager said %s: %s", text, got)
		}
	}
	f.text("zhang", "批准 张伟")
	if f.approval("zhang") != visit.ApprovalPending {
		t.Error("the rep approved their own plan")
	}
	f.lock()
	f.press("zhao", value(t, f.last("wang"), "全部批准"))
	if f.approval("zhang") != visit.ApprovalPending {
		t.Error("somebody else's tap approved it")
	}
}
