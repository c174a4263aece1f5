package main

import (
	"time"

	"roundsman/geo"
	"roundsman/visit"
)

// visited says that a customer was last visited on a date.
func (g *gallery) visited(customer string, date visit.Date) {
	g.Helper()
	g.ok(g.store.Outcomes().Put(g.Context(), visit.Outcome{
		Rep: "was" + customer, Team: "华东一队", Date: date, Facts: 1,
		Calls: []visit.Call{{Visit: customer, Customer: customer, Verdict: visit.Verified, Start: visit.Millis(date.Time())}},
	}))
}

// plans are how a plan comes about and is changed, what a manager assigns, and
// what is said to those who say it wrongly.
func (g *gallery) plans() {
	ctx := g.Context()
	g.ok(g.store.Roster().PutReps(ctx, visit.Rep{ID: "R3", Name: "张敏", Team: "华东一队", Role: visit.RoleRep, Identities: map[string]string{g.platform: "min"}}))
	g.ok(g.store.Routes().Put(ctx, visit.Route{Rep: "R1", Stops: []visit.RouteStop{{Weekday: 3, Customer: "C4"}}}))
	g.visited("C1", "2026-11-19")
	g.visited("C2", "2026-10-01")
	g.visited("C3", "2026-10-26")
	g.at(9, 0)
	g.text("li", "计划", "plan")
	g.text("li", "明天", "tomorrow")
	g.text("zhang", "计划 -好德", "plan -好德")
	g.text("zhang", "计划 -好德 理由 客户来电改期", "plan -好德 because they called it off")
	g.text("zhang", "计划 +罗森 25:00", "plan +罗森 25:00")
	g.text("zhang", "明天 +罗", "tomorrow +罗")
	g.text("zhang", "改期 全家", "putoff 全家")
	g.text("zhang", "改期 华联 昨天", "putoff 华联 yesterday")

	g.at(10, 0)
	g.text("wang", "派 张伟", "assign 张伟")
	g.text("wang", "派 张伟 大润发 飞", "assign 张伟 大润发 delivery fly")
	g.text("wang", "派 张伟 全家", "assign 张伟 全家")
	g.text("wang", "派 张伟 大润发 送货 09:00-09:30", "assign 张伟 大润发 delivery 09:00-09:30")
	g.text("wang", "派 张 大润发", "assign 张 大润发")
	g.text("wang", "派 赵六 大润发", "assign 赵六 大润发")
	g.text("wang", "派 张伟 大润发 服务 明天", "assign 张伟 大润发 service tomorrow")
	g.text("zhang", "明天 -大润发", "tomorrow -大润发")
	g.text("wang", "改派 张伟", "reassign 张伟")
	g.text("wang", "改派 张伟 全家 李娜", "reassign 张伟 全家 李娜")
	g.text("wang", "改派 张伟 华联 李娜", "reassign 张伟 华联 李娜")

	g.at(16, 0)
	g.job("plan_proposal", "2026-11-24")
	confirm := g.find("zhang", "button.confirm_plan")
	g.at(19, 0)
	g.job("plan_reminder", "2026-11-24")
	g.at(20, 5)
	g.job("plan_lock", "2026-11-24")
	g.job("plan_unconfirmed", "2026-11-24")
	g.tap("zhang", confirm)
	g.text("zhang", "明天", "tomorrow")
	g.text("wang", "计划表", "plans")
	g.text("zhang", "明天 -华联 理由 客户来电改期", "tomorrow -华联 because they called it off")
	g.now = g.now.AddDate(0, 0, 1)
	g.at(8, 30)
	g.job("morning_plan", "2026-11-25")
}

// leaves are leave that is asked for, granted and not, and what it leaves to others.
func (g *gallery) leaves() {
	g.at(9, 0)
	g.text("zhang", "请假 某天", "leave someday")
	g.text("zhang", "请假 2020-01-01", "leave 2020-01-01")
	g.text("zhang", "请假 11-26至11-27 探亲", "leave 11-26~11-27 family")
	deny := g.find("wang", "button.deny")
	g.tap("wang", deny)
	g.text("zhang", "请假 今天 下午 看病", "leave today afternoon doctor")
	g.press("wang", "button.grant")
	g.text("zhang", "请假 今天", "leave today")
	grant := g.find("wang", "button.grant")
	g.tap("wang", grant)
	g.tap("li", grant)
	g.at(19, 30)
	g.job("evening_summary", "2026-11-24")
	g.job("evening_detail", "2026-11-24")
}

// rounds are a day on the road: customers that were forgotten, one nearby, a
// late delivery, a manager who asks, complaints that wait.
func (g *gallery) rounds() {
	ctx := g.Context()
	g.ok(g.store.Customers().Put(ctx, visit.Customer{ID: "N1", Name: "全家", Owner: "R1", Grade: "A", Cadence: 7, Point: geo.Offset(galleryPlace, 600, 0)}))
	g.visited("N1", "2026-10-10")
	g.text("wang", "投诉", "complaint")
	g.text("li", "投诉 大润发", "complaint 大润发")
	g.text("li", "投诉 没有的店 破损", "complaint nowhere broken")
	g.text("li", "投诉 大润发 破损 期限:昨天", "complaint 大润发 broken due:yesterday")
	g.text("li", "投诉 大润发 破损 期限:今天", "complaint 大润发 broken due:today")
	g.text("li", "投诉 大润发 发票抬头错了 处理人:李娜 期限:今天", "complaint 大润发 wrong invoice handler:李娜 due:today")
	g.text("wang", "结案 华联", "resolve 华联")
	g.text("wang", "结案 大润发", "resolve 大润发")
	g.job("day_open", "2026-11-24")
	g.at(10, 0)
	g.pin("zhang", 0)
	g.at(10, 15)
	g.press("zhang", "button.nearby")
	g.at(10, 31)
	g.pin("zhang", 0)
	g.at(13, 41)
	g.press("zhang", "button.on_way")
	g.at(14, 5)
	g.text("wang", "今天", "today")
	g.at(14, 20)
	g.pin("zhang", 2000)
	g.press("zhang", "delivery.partial")
	g.at(14, 40)
	g.pin("zhang", 60_000)
	g.at(14, 50)
	g.text("wang", "今天", "today")
	g.text("wang", "张伟", "张伟")
	g.text("wang", "李娜 昨天", "李娜 yesterday")
	g.text("wang", "全家", "全家")
	g.text("wang", "罗森", "罗森")
	g.text("wang", "罗", "罗")
	g.text("wang", "好德", "好德")
	g.text("wang", "遗忘客户", "forgotten")
	g.text("wang", "日报 张伟 大后天", "report 张伟 someday")
	g.text("wang", "批注 张伟", "comment 张伟")
	g.text("wang", "地图", "map")
	g.at(16, 0)
	g.job("plan_proposal", "2026-11-24")
	confirm := g.find("zhang", "button.confirm_plan")
	g.tap("zhang", confirm)
	g.tap("zhang", confirm)
	g.at(19, 5)
	g.text("wang", "投诉", "complaint")
	resolve := g.find("zhang", "button.resolve")
	g.tap("zhang", resolve)
	g.tap("zhang", resolve)
	g.at(19, 10)
	g.text("zhang", "心得 补报", "reflections late")
	g.text("wang", "批注 张伟 好", "comment 张伟 good")
	g.text("zhang", "日报", "report")
	g.at(19, 30)
	g.job("evening_summary", "2026-11-24")
	g.at(20, 30)
	g.pin("zhang", 4000)
	g.now = g.now.Add(12 * time.Hour)
	g.at(8, 30)
	g.job("morning_plan", "2026-11-25")
}

// approvals are a manager's words on the plans, and what a rep says to them.
func (g *gallery) approvals() {
	g.text("wang", "批准", "approve")
	g.text("wang", "设置 计划审批 开", "settings approval on")
	g.at(16, 0)
	g.text("zhang", "明天", "tomorrow")
	g.press("zhang", "button.confirm_plan")
	g.text("li", "明天", "tomorrow")
	g.text("wang", "批准 李娜", "approve 李娜")
	g.at(20, 5)
	g.job("plan_lock", "2026-11-24")
	g.job("plan_approval", "2026-11-24")
	all := g.find("wang", "button.approve_all")
	g.text("wang", "退回 张伟", "return 张伟")
	g.text("wang", "退回 张伟 罗森这周去过了", "return 张伟 罗森 was seen this week")
	g.text("zhang", "明天 -C4", "tomorrow -C4")
	one := g.find("wang", "button.approve")
	g.tap("wang", all)
	g.tap("wang", one)
	g.text("wang", "批准 张伟", "approve 张伟")
	g.text("wang", "计划表", "plans")
	g.text("zhang", "明天", "tomorrow")
}
