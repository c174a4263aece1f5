package main

import (
	"fmt"

	"roundsman/visit"
)

// periods are weeks and months: what the managers read and get as files, what
// they export, and what comes late or not at all.
func (g *gallery) periods() {
	ctx := g.Context()
	day := func(rep string, date visit.Date, planned, shed, done []string, order int64) {
		o := visit.Outcome{
			Rep: rep, Team: "华东一队", Date: date, Facts: 1, Planned: planned, Shed: shed, Dropped: shed, Minimum: 2,
			OrderTarget: 1000_00, ReportDue: visit.Millis(date.Time()), Reported: visit.Millis(date.Time()),
		}
		for i, c := range done {
			o.Calls = append(o.Calls, visit.Call{
				Visit: fmt.Sprint(rep, date, i), Customer: c, Verdict: visit.Verified, Start: visit.Millis(date.Time()), Last: visit.Millis(date.Time()),
			})
		}
		if len(o.Calls) > 0 {
			o.Calls[0].Order = &order
		}
		g.ok(g.store.Outcomes().Put(ctx, o))
	}
	day("R1", "2026-10-12", []string{"C1"}, nil, []string{"C1"}, 100_00)
	day("R1", "2026-11-09", []string{"C1", "C2"}, []string{"C4"}, []string{"C1"}, 300_00)
	day("R1", "2026-11-16", []string{"C1", "C2"}, []string{"C4"}, []string{"C1", "C2"}, 1200_00)
	day("R1", "2026-11-17", []string{"C2", "C3"}, []string{"C4"}, []string{"C3"}, 0)
	day("R2", "2026-11-17", []string{"C5"}, nil, nil, 0)

	g.job("evening_summary", "2026-11-24")
	g.tick(8, 20)
	g.tick(8, 45)
	g.tick(23, 50)
	g.text("wang", "导出", "export")
	g.text("wang", "导出 去年", "export decade")
	g.text("wang", "导出 上周", "export lastweek")
	g.text("wang", "导出 11-01至11-15", "export 11-01~11-15")
	g.text("boss", "导出 华东一队 本月", "export 华东一队 month")
	g.now = g.now.AddDate(0, 0, -1)
	g.job("weekly_digest", "2026-11-23")
	g.job("weekly_sheet", "2026-11-23")
	g.now = g.now.AddDate(0, 0, 8)
	g.at(9, 0)
	g.job("monthly_digest", "2026-12-01")
	g.job("monthly_sheet", "2026-12-01")
}

// tick is what the scheduler does by itself at a time of the day.
func (g *gallery) tick(hour, minute int) {
	g.Helper()
	g.at(hour, minute)
	g.ok(g.jobs.Tick(g.Context()))
	g.note("the scheduler looks what is due")
}
