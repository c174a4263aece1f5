package main

import (
	"fmt"
	"time"

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

	order := int64(100_000_00)
	g.ok(g.store.Targets().Put(ctx, visit.MonthTarget{Rep: "R1", Month: "2026-11", Order: &order}))
	g.now = time.Date(2026, 12, 31, 9, 0, 0, 0, g.now.Location())
	g.text("wang", "目标 张伟 2026-11", "targets 张伟 2026-11")
	g.text("boss", "假期", "holidays")
}

// tick is what the scheduler does by itself at a time of the day.
func (g *gallery) tick(hour, minute int) {
	g.Helper()
	g.at(hour, minute)
	g.ok(g.jobs.Tick(g.Context()))
	g.note("the scheduler looks what is due")
}

// summaries are what a large team's group hears, and what one hears in the wider form.
func (g *gallery) summaries() {
	ctx := g.Context()
	g.service.Policy.ConsentRequired, g.jobs.Policy.ConsentRequired = true, true
	g.ok(g.store.Consents().Put(ctx, visit.Consent{Rep: "R1", Version: visit.ConsentNotice, At: g.now, Source: "seed"}))
	g.text("wang", "群播报 明细", "groupposts wide")
	g.at(9, 0)
	g.pin("zhang", 0)
	agree := g.find("zhang", "button.agree")
	g.text("boss", "预览 晚报 华东一队", "preview evening 华东一队")
	g.tap("zhang", agree)
	g.pin("li", 0)
	g.at(11, 0)
	g.pin("zhang", 2000)
	g.text("zhang", "订货 12000 竞品: 隔壁买二赠一", "order 12000 competitor: two for one next door")
	g.at(19, 30)
	g.job("evening_summary", "2026-11-24")
	g.job("summary_sheet", "2026-11-24")

	g.text("wang", "群播报 完整", "groupposts full")
	for n := range 6 {
		id := fmt.Sprint("F", n)
		g.ok(g.store.Customers().Put(ctx, visit.Customer{ID: id, Name: fmt.Sprint("遗忘", n, "店"), Owner: "R1", Cadence: 7}))
		g.visited(id, "2026-11-03")
	}
	for n := range 58 {
		rep := visit.Rep{ID: fmt.Sprint("L", n), Name: "欧阳小" + string([]rune("一二三四五六七八九十")[n%10]) + fmt.Sprint(n), Team: "华东一队", Role: visit.RoleRep}
		g.ok(g.store.Roster().PutReps(ctx, rep))
		for i := range 4 {
			g.ok(g.store.Plans().Put(ctx, visit.PlannedVisit{Rep: rep.ID, Date: "2026-11-25", Customer: fmt.Sprint("C", i+1), Order: i + 1}))
		}
	}
	g.now = g.now.AddDate(0, 0, 1)
	g.at(19, 30)
	g.job("evening_summary", "2026-11-25")
	g.job("summary_picture", "2026-11-25")
	g.job("summary_sheet", "2026-11-25")
}
