package digest_test

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"roundsman/digest"
	"roundsman/storage/storagetest/fresh"
	"roundsman/visit"
)

// seedDates keeps three dates of two teams in two zones. 李娜 went from one to the other.
func seedDates(t *testing.T) digest.Dates {
	t.Helper()
	store, ctx := fresh.Store(t), t.Context()
	fix := func(id, rep, team string, date visit.Date, customer string) visit.Fact {
		at := visit.Millis(date.At(visit.Clock{Hour: 9}, time.UTC))
		return visit.Fact{
			ID: id, Kind: visit.KindFix, Rep: rep, Team: team, Date: date, At: at, Received: at,
			Fix: &visit.Fix{Support: -1, Claims: []visit.Claim{{Customer: customer, Verdict: visit.Verified}}},
		}
	}
	err := errors.Join(
		store.Roster().PutTeam(ctx, visit.Team{Name: "东", Timezone: "Asia/Shanghai"}),
		store.Roster().PutTeam(ctx, visit.Team{Name: "西", Timezone: "Asia/Urumqi", Settings: map[string]string{"min_visits": "2", "report_deadline": "20:00"}}),
		store.Roster().PutReps(ctx,
			visit.Rep{ID: "1", Name: "张伟", Team: "东", Role: visit.RoleRep},
			visit.Rep{ID: "2", Name: "李娜", Team: "西", Role: visit.RoleRep}, // until the 24th in 东
			visit.Rep{ID: "3", Name: "王芳", Team: "东", Role: visit.RoleManager},
		),
		store.Customers().Put(ctx, visit.Customer{ID: "C1", Name: "华联", Owner: "1", Grade: "A"}, visit.Customer{ID: "C2", Name: "大润发", Owner: "2", Grade: "A"}),
		store.Plans().Put(ctx,
			visit.PlannedVisit{Rep: "1", Date: "2026-11-24", Customer: "C1", Order: 1},
			visit.PlannedVisit{Rep: "2", Date: "2026-11-24", Customer: "C2", Order: 1},
			visit.PlannedVisit{Rep: "2", Date: "2026-11-26", Customer: "C2", Order: 1},
		),
		store.Facts().Append(ctx,
			fix("a", "1", "东", "2026-11-24", "C1"), fix("b", "2", "东", "2026-11-24", "C2"), fix("c", "2", "西", "2026-11-25", "gone")),
	)
	if err != nil {
		t.Fatal(err)
	}
	zone, err := time.LoadLocation("Asia/Shanghai")
	if err != nil {
		t.Fatal(err)
	}
	policy := visit.Policy{Zone: zone, DayStarts: visit.Clock{Hour: 4}, MinVisits: 1, PlanProposal: visit.Clock{Hour: 16}, PlanDeadline: visit.Clock{Hour: 20}, ReportDeadline: visit.Clock{Hour: 19}}
	return digest.Dates{Store: store, Policy: policy, From: "2026-11-24", To: "2026-11-26"}
}

// A date belongs to the team in which it happened, with that team's zone and settings.
func TestDatesOfTeams(t *testing.T) {
	t.Parallel()
	d := seedDates(t)
	for name, tt := range map[string]struct {
		teams []string
		want  []string
	}{
		"all": {nil, []string{
			"11-24 东 张伟 1/1 华联 minimum 1 due 11:00", "11-24 东 李娜 1/1 大润发 minimum 1 due 11:00",
			"11-25 西 李娜 0/0 gone minimum 2 due 14:00", "11-26 西 李娜 0/1 minimum 2 due 14:00",
		}},
		"before": {[]string{"东"}, []string{"11-24 东 张伟 1/1 华联 minimum 1 due 11:00", "11-24 东 李娜 1/1 大润发 minimum 1 due 11:00"}},
		"after":  {[]string{"西"}, []string{"11-25 西 李娜 0/0 gone minimum 2 due 14:00", "11-26 西 李娜 0/1 minimum 2 due 14:00"}},
		"nobody": {[]string{"北"}, nil},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			d := d
			d.Teams = tt.teams
			var got []string
			for row, err := range d.Each(t.Context()) {
				if err != nil {
					t.Fatal(err)
				}
				got = append(got, describe(row))
			}
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

// describe writes a row in short.
func describe(r digest.RepDate) string {
	text := fmt.Sprintf("%s %s %s %d/%d", r.Date[5:], r.Team, r.Rep.Name, r.Tally.Reached, r.Tally.Planned)
	for _, v := range r.Day.Visits {
		text += " " + r.Customers[v.Customer].Name
	}
	return text + fmt.Sprintf(" minimum %d due %s", r.Outcome.Minimum, r.Deadline.UTC().Format("15:04"))
}

func TestDatesEndWithTheirReader(t *testing.T) {
	t.Parallel()
	d := seedDates(t)
	n := 0
	for _, err := range d.Each(t.Context()) {
		if err != nil {
			t.Fatal(err)
		}
		n++
		break
	}
	if n != 1 {
		t.Errorf("%d rows", n)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	var last error
	for _, err := range d.Each(ctx) {
		last = err
	}
	if !errors.Is(last, context.Canceled) {
		t.Errorf("a reader that was cancelled got %v", last)
	}
}

// A workbook's metrics are those of its dates.
func TestScoresOfDates(t *testing.T) {
	t.Parallel()
	d := seedDates(t)
	var outcomes []visit.Outcome
	for row, err := range d.Each(t.Context()) {
		if err != nil {
			t.Fatal(err)
		}
		outcomes = append(outcomes, row.Outcome)
	}
	people, scores, err := d.Scores(t.Context(), outcomes)
	if err != nil || len(people) != 2 || people[0].ID != "1" || people[1].ID != "2" {
		t.Fatalf("people %v, %v", people, err)
	}
	got := map[visit.Metric]string{}
	for _, m := range []visit.Metric{visit.MetricAdherence, visit.MetricCoverage, visit.MetricMinimum, visit.MetricReports} {
		got[m] = visit.Total(scores).Shares[m].String()
	}
	want := map[visit.Metric]string{
		visit.MetricAdherence: "2/3 (67%)", visit.MetricCoverage: "2/2 (100%)", visit.MetricMinimum: "2/4 (50%)", visit.MetricReports: "0/4 (0%)",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}
