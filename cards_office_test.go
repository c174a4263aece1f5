package main

import (
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"roundsman/bot"
	"roundsman/storage"
	"roundsman/visit"
)

// transfers are customers that are given to another rep, and given back.
func (g *gallery) transfers() {
	ctx := g.Context()
	g.ok(g.store.Routes().Put(ctx, visit.Route{Rep: "R1", Stops: []visit.RouteStop{{Weekday: 3, Customer: "C2"}}}))
	g.ok(g.store.Plans().Put(ctx, visit.PlannedVisit{Rep: "R1", Date: "2026-11-25", Customer: "C1", Order: 1, Purpose: visit.Order}))
	g.ok(g.store.Customers().Put(ctx, visit.Customer{ID: "C9", Name: "新店"}))
	g.at(9, 0)
	g.text("li", "投诉 C1 破损2箱", "complaint C1 two broken")
	g.text("wang", "撤销", "undo")
	g.text("boss", "撤销", "undo")
	for _, what := range []string{"张伟", "赵六→李娜", "张伟→赵六", "张伟→R1", "王芳→李娜", "罗→李娜"} {
		g.text("boss", "客户 转移 "+what, "customers transfer "+what)
	}
	g.text("boss", "客户 转移 张伟→李娜", "customers transfer 张伟 -> 李娜")
	g.press("boss", "button.cancel")
	g.text("boss", "客户 转移 张伟→李娜", "customers transfer 张伟 -> 李娜")
	transfer := g.find("boss", "button.transfer")
	g.tap("boss", transfer)
	g.tap("boss", transfer)
	g.text("boss", "撤销", "undo")
	g.text("boss", "撤销", "undo")
	g.text("boss", "客户 转移 新店→李娜", "customers transfer 新店 > 李娜")
	first := g.find("boss", "button.transfer")
	g.text("boss", "客户 转移 新店→张伟", "customers transfer 新店 > 张伟")
	g.tap("boss", first)
	g.press("boss", "button.transfer")
	g.text("boss", "客户 转移 华联→李娜", "customers transfer 华联 -> 李娜")
	old := g.find("boss", "button.transfer")
	g.at(9, 45)
	g.tap("boss", old)
	g.text("boss", "撤销", "undo")
}

// tables are those that an admin sends, and what is wrong with them.
func (g *gallery) tables() {
	g.at(9, 0)
	g.file("wang", "a.csv", "编号,名称\nN1,新店\n")
	g.file("boss", "a.pdf", "%PDF")
	g.file("boss", "b.csv", "甲,乙\n1,2\n")
	g.file("boss", "c.csv", "编号,名称,团队,角色,负责人\n1,2,3,4,5\n")
	g.file("boss", "d.csv", "编号,名称\n")
	g.file("boss", "e.csv", "编号,名称,负责人,级别,经度,纬度\nN1,新店,R9,D,121,\nN1,,R1,A,,\n")
	g.file("boss", "f.csv", "编号,名称,负责人\n"+strings.Repeat("N1,,R9\n", 7))
	g.file("boss", "g.csv", "")
	g.file("boss", "h.csv", strings.Repeat(" ", 6<<20))
	g.file("boss", "客户.csv", "编号,名称,负责人,级别\nC1,华联超市二店,R1,A\nC2,大润发,R1,B\nN1,新店,R2,C\n")
	g.press("boss", "button.cancel")
	g.file("boss", "customers.csv", "编号,名称,负责人,级别\nC1,华联超市二店,R1,A\nC2,大润发,R1,B\nN1,新店,R2,C\n")
	g.press("boss", "button.import")
	g.text("boss", "撤销", "undo")
	g.file("boss", "送货.csv", "日期,工号,客户编号,时间,目的,单号\n2026-11-24,R1,C4,14:00-15:00,送货,SO8\n2026-11-25,R1,C2,,送货,SO9\n")
	g.press("boss", "button.import")
	g.text("boss", "撤销", "undo")
	g.file("boss", "人员.csv", "工号,姓名,团队,角色\nR7,周涛,华北一队,销售员\n")
	g.press("boss", "button.import")
	g.text("boss", "撤销", "undo")
	g.file("boss", "目标.csv", "工号,月份,订货目标,回款目标\nR1,2026-11,120000,50000\n")
	old := g.find("boss", "button.import")
	g.at(9, 45)
	g.tap("boss", old)
}

// office is what an admin asks and is told, and what is said in groups.
func (g *gallery) office() {
	ctx := g.Context()
	g.ok(g.store.Roster().PutTeam(ctx, visit.Team{Name: "华南一队"}))
	g.ok(g.store.Roster().PutTeam(ctx, visit.Team{Name: "华南二队"}))
	g.ok(g.store.Roster().PutReps(ctx,
		visit.Rep{ID: "R8", Name: "赵强", Team: "华南一队", Role: visit.RoleRep},
		visit.Rep{ID: "R9", Name: "孙丽", Role: visit.RoleRep, Identities: map[string]string{g.platform: "sun"}},
	))
	g.ok(g.store.Calendar().Put(ctx,
		visit.Holiday{Date: "2026-12-31", Name: "元旦"}, visit.Holiday{Date: "2027-01-01", Name: "元旦"}, visit.Holiday{Date: "2027-01-09", Name: "元旦", Work: true}))
	g.ok(g.store.Customers().Put(ctx, visit.Customer{ID: "C9", Name: "新店"}))
	g.at(9, 0)
	g.text("wang", "帮助", "help")
	g.text("boss", "帮助", "help")
	g.text("zhang", "成员", "members")
	g.text("boss", "成员", "members")
	g.text("boss", "成员 华东一队", "members 华东一队")
	g.text("boss", "成员 华南一队", "members 华南一队")
	g.text("boss", "成员 华南", "members 华南")
	g.text("boss", "成员 西北", "members 西北")
	g.text("sun", "团队", "team")
	g.text("zhang", "团队", "team")
	g.text("wang", "今天 华南一队", "today 华南一队")
	g.text("boss", "客户", "customers")
	g.text("boss", "客户 没有", "customers nothing")
	g.text("boss", "投诉 新店 破损", "complaint 新店 broken")
	g.text("boss", "假期", "holidays")
	g.text("boss", "预览", "preview")
	g.text("boss", "预览 早报 华东一队", "preview morning 华东一队")
	g.text("wang", "设置 最少拜访", "settings minvisits")
	g.text("wang", "免打扰 无", "quiet off")
	g.text("wang", "目标 张伟 订货", "targets 张伟 order")
	g.text("wang", "目标 订货 5", "targets order 5")
	g.text("boss", "遗忘客户 华南一队", "forgotten 华南一队")
	for n := range 16 {
		g.ok(g.store.Customers().Put(ctx, visit.Customer{ID: fmt.Sprint("K", n), Name: fmt.Sprint("连锁", n, "店"), Owner: "R8"}))
	}
	g.text("boss", "客户 连锁", "customers 连锁")
	g.text("wang", "目标 张伟 2020-01 订货 5", "targets 张伟 2020-01 order 5")
	g.text("zhang", "改派 张伟 大润发 李娜", "reassign 张伟 大润发 李娜")
	g.groups()
	g.trouble()
}

// groups are how a team's group comes to hear of it.
func (g *gallery) groups() {
	in := bot.Address{Platform: g.platform, Place: bot.ToGroup, ID: "g2"}
	said := func(zh, en string) {
		if g.say.Language() == "en" {
			zh = en
		}
		g.send("boss", func(m *bot.Message) { m.Chat, m.Mentioned, m.Text = in, true, zh })
		g.note("boss in the group: " + zh)
	}
	g.send("boss", func(m *bot.Message) { m.Chat, m.Notice = in, bot.NoticeJoined })
	g.note("the bot joins a group")
	if g.platforms[0].Abilities().HearsGroups {
		said("你好", "hello")
		said("绑定 华东一队", "bind 华东一队")
	}
	g.text("boss", "绑定 华东一队", "bind 华东一队")
	g.text("boss", "建群 华南一队", "newgroup 华南一队")
	g.text("boss", "建群 华东一队", "newgroup 华东一队")
	g.text("boss", "菜单", "menu")
	g.noGroups = true
	g.text("boss", "建群 华东一队", "newgroup 华东一队")
	g.text("boss", "菜单", "menu")
}

// trouble is what went wrong: events, posts and jobs.
func (g *gallery) trouble() {
	ctx := g.Context()
	g.at(11, 0)
	m := bot.Message{Platform: g.platform, From: "zhang", At: g.now, Received: g.now}
	place, words, due := m, m, bot.Message{At: g.now, Received: g.now, Due: &bot.Due{Job: "plan_lock", Rep: "R1", Date: "2026-11-24"}}
	place.Location, words.Text = &bot.Location{Lat: "31.2", Lng: "121.4"}, "secret"
	for i, m := range []bot.Message{place, words, due, {At: g.now}} {
		m.Key = fmt.Sprint("dead", i)
		payload, err := json.Marshal(m)
		g.ok(err)
		_, err = g.store.Inbox().Accept(ctx, storage.Event{Key: m.Key, At: g.now, Received: g.now, Payload: payload, Attempts: 5, Dead: true})
		g.ok(err)
	}
	g.text("boss", "死信", "deadletters")
	retry, drop := g.find("boss", "button.retry", "N", "1"), g.find("boss", "button.drop", "N", "2")
	g.tap("boss", retry)
	g.tap("boss", retry)
	g.tap("boss", drop)
	g.tap("boss", g.find("boss", "button.retry", "N", "2"))
	m.Key = "gave up"
	g.service.GiveUp(ctx, m)
	g.note("an event was given up")

	lose := func(id, to string, state storage.PostState) storage.Post {
		at, err := bot.ParseAddress(g.platform + ":" + to)
		g.ok(err)
		g.ok(g.outbox.Say(ctx, bot.Post{ID: id, To: at, Body: bot.Body{Text: "secret"}}))
		_, err = g.store.Deliveries().Claim(ctx, id, g.now, storage.Claim{Owner: "s", Until: g.now.Add(time.Minute)})
		g.ok(err)
		g.ok(g.store.Deliveries().Report(ctx, id, "s", storage.Progress{State: state, Error: "timeout"}, true))
		p, err := g.store.Outbox().Get(ctx, id)
		g.ok(err)
		return p
	}
	group := g.platform + ":group/g1"
	summary := lose("run/evening_summary|"+group+"|2026-11-24", "group/g1", storage.PostUncertain)
	detail := lose("run/evening_detail|managers/华东一队|2026-11-24", "user/wang", storage.PostFailed)
	lose("re/m1", "user/stranger", storage.PostUncertain)
	for _, l := range []bot.Loss{{Post: summary}, {Post: detail}, {Post: summary, Gone: true}} {
		g.ok(g.jobs.Lost(ctx, l))
	}
	g.note("posts were lost")
	g.text("boss", "未确认", "uncertain")
	resend := g.find("boss", "button.resend", "N", "1")
	g.tap("boss", resend)
	g.tap("boss", resend)
}
