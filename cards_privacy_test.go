package main

import (
	"time"

	"roundsman/visit"
)

// privacy is what people are told of what is kept of them, and what admins do about it.
func (g *gallery) privacy() {
	g.ok(g.store.Roster().PutReps(g.Context(), visit.Rep{ID: "R5", Name: "陈静", Role: visit.RoleAdmin, Identities: map[string]string{g.platform: "chen"}}))
	g.at(9, 0)
	g.text("zhang", "谁看过我", "who looked")
	g.pin("zhang", 0)
	g.text("wang", "地图 张伟", "map 张伟")
	g.text("wang", "张伟 昨天", "张伟 yesterday")
	g.at(9, 5)
	g.text("zhang", "谁看过我", "who looked")
	g.text("zhang", "我的数据 全部", "my data all")
	g.text("zhang", "撤回同意", "withdraw")
	g.press("zhang", "button.cancel")
	g.text("zhang", "撤回同意", "withdraw")
	g.press("zhang", "button.withdraw")
	g.at(9, 10)
	g.pin("zhang", 0)
	g.text("zhang", "撤回同意", "withdraw")
	g.text("zhang", "申请删除", "erase me")
	asked := g.find("zhang", "button.ask_erase")
	g.tap("zhang", asked)
	g.now = g.now.Add(time.Minute)
	g.tap("zhang", asked)
	g.text("chen", "删除数据", "erase data")
	g.text("chen", "删除数据 陈静", "erase data 陈静")
	g.text("chen", "保全", "hold")
	g.text("chen", "解除保全 张伟", "release 张伟")
	g.text("chen", "保全 张伟 劳动仲裁", "hold 张伟 labour dispute")
	g.text("chen", "删除数据 张伟", "erase data 张伟")
	g.press("chen", "button.erase")
	g.text("boss", "删除数据 张伟", "erase data 张伟")
	g.press("boss", "button.erase")
	g.text("chen", "解除保全 张伟", "release 张伟")
}
