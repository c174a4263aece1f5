package scheduler_test

import (
	"testing"

	"roundsman/bot"
	"roundsman/visit"
)

// The managers' detail names who is below the minimum and whom somebody avoids.
func TestTheDetailNamesWhoIsAvoided(t *testing.T) {
	t.Parallel()
	f := setup(t, "2026-11-24 07:00:00")
	ctx := t.Context()
	f.ok(f.store.Roster().PutReps(ctx, visit.Rep{ID: "m", Name: "王芳", Team: team, Role: visit.RoleManager, Identities: map[string]string{"feishu": "ou_m"}}))
	f.ok(f.store.Roster().PutTeam(ctx, visit.Team{Name: team, Settings: map[string]string{"min_visits": "3"}}))
	f.ok(f.store.Customers().Put(ctx, visit.Customer{ID: "C1", Name: "难缠客户", Owner: "z"}, visit.Customer{ID: "C2", Name: "好客户", Owner: "z"}))
	for i := range 3 {
		f.ok(f.store.Outcomes().Put(ctx, visit.Outcome{Rep: "z", Team: team, Date: visit.Date("2026-11-20").Add(i), Facts: 1, Dropped: []string{"C1"}, Shed: []string{"C1"}}))
	}
	f.ok(f.store.Plans().Put(ctx, visit.PlannedVisit{Rep: "z", Date: "2026-11-24", Customer: "C2"}))
	teams, err := f.store.Roster().Teams(ctx)
	f.ok(err)
	bodies, _, err := f.scheduler().Job(ctx, "evening_detail", "2026-11-24", teams, true)
	f.ok(err)
	var lines []bot.Line
	for _, b := range bodies {
		lines = b.Card.Lines
	}
	want := []bot.Line{
		{Label: "不足 3 家", Text: "张伟（0）"},
		{Label: "回避客户", Text: "难缠客户（张伟：移出计划 3 次）"},
		{Kind: bot.LineRule},
		{Label: "张伟", Text: "没有签到 · 计划 1，达成 0"},
	}
	if len(lines) != len(want) {
		t.Fatalf("the detail: %+v", lines)
	}
	for i, l := range lines {
		if l != want[i] {
			t.Errorf("line %d: %+v, want %+v", i, l, want[i])
		}
	}
}
