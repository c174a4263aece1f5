package visit_test

import (
	"testing"
	"time"

	"pgregory.net/rapid"

	"roundsman/visit"
)

func company() visit.Policy {
	return visit.Policy{
		Zone: time.UTC, PlanProposal: visit.Clock{Hour: 17, Minute: 30}, PlanDeadline: visit.Clock{Hour: 20},
		MorningPlan: visit.Clock{Hour: 8}, ReportDeadline: visit.Clock{Hour: 19},
		EveningSummary: visit.Clock{Hour: 19, Minute: 30}, MinVisits: 6,
	}
}

// What a setting is shown as can be set again and gives the same policy.
func TestSettingsAreReadAsTheyAreShown(t *testing.T) {
	policy := company()
	for name, text := range map[string]string{
		"min_visits": "4", "plan_proposal": "16：00", "plan_deadline": "23:59", "morning_plan": "07:30",
		"report_deadline": "18:15", "evening_summary": "21:00", "quiet_hours": "12:00-13:30", "group": "精简", "plan_approval": "开",
		"radius": "300米", "near": "800", "max_accuracy": "100", "min_stay": "10分钟", "max_age": "3", "drift": "关", "spot_checks": "5%", "evidence": "定位页",
	} {
		changed, err := policy.With(name, text)
		if err != nil {
			t.Fatal(name, err)
		}
		if changed == policy {
			t.Errorf("%s %s changed nothing", name, text)
		}
		again, err := policy.With(name, changed.Setting(name))
		if err != nil || again != changed {
			t.Errorf("%s = %q is not read back: %v", name, changed.Setting(name), err)
		}
	}
	for _, bad := range [][2]string{
		{"min_visits", "-1"},
		{"min_visits", "51"},
		{"min_visits", "NaN"},
		{"plan_deadline", "17:30"},
		{"plan_deadline", "25:00"},
		{"plan_proposal", "20:00"},
		{"quiet_hours", "noon"},
		{"group", "loud"},
		{"plan_approval", "maybe"},
		{"evidence", "qr"},
		{"radius", "49"},
		{"radius", "5001"},
		{"near", "1e3"},
		{"max_accuracy", "NaN"},
		{"max_age", "0"},
		{"drift", "50"},
		{"min_stay", "121"},
		{"min_stay", "5h"},
		{"spot_checks", "101"},
		{"", "1"},
	} {
		if _, err := policy.With(bad[0], bad[1]); err == nil {
			t.Errorf("%s = %q was taken", bad[0], bad[1])
		}
	}
}

// A team's hours count together, whatever order they are listed in, and never
// end up with a deadline that is not after its proposal.
func TestATeamsHoursGoTogether(t *testing.T) {
	late := visit.Team{Settings: map[string]string{"plan_proposal": "21:00", "plan_deadline": "22:30", "min_visits": "many", "unknown": "1"}}
	p := company().Of(late)
	if p.PlanProposal.String() != "21:00" || p.PlanDeadline.String() != "22:30" || p.MinVisits != 6 {
		t.Errorf("the team proposes at %s, locks at %s, at least %d", p.PlanProposal, p.PlanDeadline, p.MinVisits)
	}
	rapid.Check(t, func(t *rapid.T) {
		clock := rapid.StringMatching(`([01][0-9]|2[0-3]):[0-5][0-9]`)
		team := visit.Team{Settings: make(map[string]string)}
		for _, name := range []string{"plan_proposal", "plan_deadline"} {
			if rapid.Bool().Draw(t, "has "+name) {
				team.Settings[name] = clock.Draw(t, name)
			}
		}
		p := company().Of(team)
		if p.PlanDeadline.Sub(p.PlanProposal) <= 0 {
			t.Fatalf("%v: proposed at %s, locked at %s", team.Settings, p.PlanProposal, p.PlanDeadline)
		}
	})
}
