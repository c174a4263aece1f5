package handlers_test

import (
	"strings"
	"testing"

	"roundsman/bot"
)

// Whatever somebody writes, alone or in a group, it is handled, and what is
// said for it is bounded.
func FuzzCommand(f *testing.F) {
	for _, s := range []string{
		"帮助", "今天 华东一队", "绑定", "建群 华东一队", "客户 (a+)+$", "预览 早报", "死信", "未确认", "签退", "<at user_id=\"all\"></at>",
		"今天 " + strings.Repeat("长", 3000), "help\x00", "\u202e今天", "bind <@all>", "同意",
		"明天 +华联 10:00 收款 5000 #1 -大润发 理由 改期", "明天＋华＋大润 下午3点半－罗森", "明天 +", "明天 -\n",
		"明天 +hl 10:00 -darunfa", "今天 hd", "成员 yd",
	} {
		f.Add(s, uint8(0), false)
		f.Add(s, uint8(3), true)
	}
	f.Fuzz(func(t *testing.T, text string, who uint8, inGroup bool) {
		fx := setup(t)
		users := []string{"zhang", "li", "wang", "boss", "nobody"}
		user := users[int(who)%len(users)]
		fx.handle(fx.message(user, func(m *bot.Message) {
			m.Text = bot.Clean(text, 2000)
			if inGroup && user != "li" {
				m.Chat, m.Mentioned = bot.Address{Platform: "blue", Place: bot.ToGroup, ID: "g1"}, true
			}
		}))
		for _, p := range fx.posts() {
			if len(p.Body) > 64<<10 {
				t.Errorf("%s has %d bytes", p.ID, len(p.Body))
			}
		}
	})
}
