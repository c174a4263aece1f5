package handlers

import (
	"context"
	"strings"

	"roundsman/bot"
	"roundsman/visit"
)

// command is one line of the table that both answers and writes the help.
type command struct {
	// words are what one says, Chinese first; args is the catalogue key of what follows, or empty.
	words []string
	args  string
	// help is the catalogue key of what it is for.
	help string
	// role is the least role that may say it, checked each time.
	role visit.Role
	// changes says that what follows begins with + or −: other words after the
	// command's are a sentence, which may be a visit's note (明天 再来).
	changes bool
	// group says that it is answered in a group where it was said; what is not is answered in the person's own chat.
	group bool
	run   func(*Service, context.Context, call) error
}

// call is a command that somebody said.
type call struct {
	m   bot.Message
	who person
	// rest is what followed the command's word.
	rest string
}

// commandTable is every command. Its order is that of the help.
func commandTable() []command {
	return []command{
		{words: []string{"帮助", "help", "?", "？"}, help: "help.help", role: visit.RoleRep, group: true, run: (*Service).help},
		{words: []string{"计划", "plan"}, args: "args.plan", help: "help.plan", role: visit.RoleRep, changes: true, run: (*Service).plan},
		{words: []string{"明天", "tomorrow"}, args: "args.plan", help: "help.tomorrow", role: visit.RoleRep, changes: true, run: (*Service).tomorrow},
		{words: []string{"改期", "putoff"}, args: "args.putoff", help: "help.putoff", role: visit.RoleRep, run: (*Service).putOffVisit},
		{words: []string{"签到", "checkin", "check in"}, help: pageHelp, role: visit.RoleRep, run: (*Service).page},
		{words: []string{"签退", "checkout", "check out"}, help: "help.checkout", role: visit.RoleRep, run: (*Service).checkOut},
		{words: []string{"为什么", "why"}, args: "args.why", help: "help.why", role: visit.RoleRep, run: (*Service).why},
		{words: []string{"申请核实", "appeal"}, args: "args.appeal", help: "help.appeal", role: visit.RoleRep, run: (*Service).explain},
		{words: []string{"日报", "report"}, args: "args.report", help: "help.report", role: visit.RoleRep, run: (*Service).daily},
		{words: []string{"心得", "reflections"}, args: "args.text", help: "help.reflections", role: visit.RoleRep, run: (*Service).reflect},
		{words: []string{"目标", "targets"}, args: "args.targets", help: "help.targets", role: visit.RoleRep, run: (*Service).targets},
		{words: []string{"投诉", "complaint"}, args: "args.complaint", help: "help.complaint", role: visit.RoleRep, run: (*Service).complain},
		{words: []string{"结案", "resolve"}, args: "args.resolve", help: "help.resolve", role: visit.RoleRep, run: (*Service).settle},
		{words: []string{"派", "assign"}, args: "args.assign", help: "help.assign", role: visit.RoleManager, run: (*Service).assign},
		{words: []string{"改派", "reassign"}, args: "args.reassign", help: "help.reassign", role: visit.RoleManager, run: (*Service).reassign},
		{words: []string{"计划表", "plans"}, args: "args.plans", help: "help.plans", role: visit.RoleManager, run: (*Service).planTable},
		{words: []string{"批准", "approve"}, args: "args.approve", help: "help.approve", role: visit.RoleManager, run: (*Service).approve},
		{words: []string{"退回", "return"}, args: "args.return", help: "help.return", role: visit.RoleManager, run: (*Service).sendBack},
		{words: []string{"遗忘客户", "forgotten"}, args: "args.team_optional", help: "help.forgotten", role: visit.RoleManager, run: (*Service).forgotten},
		{words: []string{"设置", "settings"}, args: "args.settings", help: "help.settings", role: visit.RoleManager, run: (*Service).settings},
		{words: []string{"免打扰", "quiet"}, args: "args.quiet", help: "help.quiet", role: visit.RoleManager, run: (*Service).setQuiet},
		{words: []string{"群播报", "groupposts"}, args: "args.group", help: "help.group", role: visit.RoleManager, run: (*Service).setGroup},
		{words: []string{"地图", "map"}, args: "args.map", help: "help.map", role: visit.RoleManager, run: (*Service).showMap},
		{words: []string{"照片", "photos"}, args: "args.album", help: "help.album", role: visit.RoleRep, run: (*Service).album},
		{words: []string{"客户码", "code"}, args: "args.code", help: codeHelp, role: visit.RoleManager, run: (*Service).customerCode},
		{words: []string{"导出", "export"}, args: "args.export", help: "help.export", role: visit.RoleManager, run: (*Service).export},
		{words: []string{"批注", "comment"}, args: "args.comment", help: "help.comment", role: visit.RoleManager, run: (*Service).comment},
		{words: []string{"请假", "leave"}, args: "args.leave", help: "help.leave", role: visit.RoleRep, run: (*Service).askLeave},
		{words: []string{"撤回同意", "withdraw"}, help: "help.withdraw", role: visit.RoleRep, run: (*Service).askWithdraw},
		{words: []string{"我的数据", "my data"}, args: "args.my_data", help: "help.my_data", role: visit.RoleRep, run: (*Service).myData},
		{words: []string{"谁看过我", "who looked"}, help: "help.looked", role: visit.RoleRep, run: (*Service).whoLooked},
		{words: []string{"申请删除", "erase me"}, help: "help.erase_me", role: visit.RoleRep, run: (*Service).askErase},
		{words: []string{"团队", "team"}, help: "help.team", role: visit.RoleRep, run: (*Service).teamInfo},
		{words: []string{"今天", "today"}, args: "args.team_optional", help: "help.today", role: visit.RoleManager, run: (*Service).today},
		{words: []string{"绑定", "bind"}, args: "args.team", help: "help.bind", role: visit.RoleAdmin, group: true, run: (*Service).bind},
		{words: []string{"建群", "newgroup"}, args: "args.team", help: "help.newgroup", role: visit.RoleAdmin, run: (*Service).makeGroup},
		{words: []string{"菜单", "menu"}, help: "help.menu", role: visit.RoleAdmin, run: (*Service).makeMenu},
		{words: []string{"成员", "members"}, args: "args.team_optional", help: "help.members", role: visit.RoleAdmin, run: (*Service).members},
		{words: []string{"客户", "customers"}, args: "args.customers", help: "help.customers", role: visit.RoleAdmin, run: (*Service).customers},
		{words: []string{"校准", "calibrate"}, args: "args.calibrate", help: "help.calibrate", role: visit.RoleAdmin, run: (*Service).calibrate},
		{words: []string{"假期", "holidays"}, help: "help.holidays", role: visit.RoleAdmin, run: (*Service).holidays},
		{words: []string{"死信", "deadletters"}, help: "help.dead", role: visit.RoleAdmin, run: (*Service).deadLetters},
		{words: []string{"未确认", "uncertain"}, help: "help.uncertain", role: visit.RoleAdmin, run: (*Service).uncertain},
		{words: []string{"预览", "preview"}, args: "args.preview", help: "help.preview", role: visit.RoleAdmin, run: (*Service).preview},
		{words: []string{"删除数据", "erase data"}, args: "args.person", help: "help.erase", role: visit.RoleAdmin, run: (*Service).eraseOther},
		{words: []string{"保全", "hold"}, args: "args.hold", help: "help.hold", role: visit.RoleAdmin, run: (*Service).hold},
		{words: []string{"解除保全", "release"}, args: "args.person", help: "help.release", role: visit.RoleAdmin, run: (*Service).release},
		{words: []string{"撤销", "undo"}, help: "help.undo", role: visit.RoleAdmin, run: (*Service).undo},
	}
}

// commandIn finds the command that a text begins with, and what follows it.
func commandIn(commands []command, text string) (command, string, bool) {
	text = strings.TrimSpace(text)
	for _, c := range commands {
		for _, w := range c.words {
			if len(text) < len(w) || !strings.EqualFold(text[:len(w)], w) {
				continue
			}
			rest := text[len(w):]
			if rest == "" {
				return c, "", true
			}
			// A sentence that begins like a command is not one.
			tail := strings.TrimSpace(rest)
			switch {
			case c.args == "":
			case c.changes && strings.ContainsRune("+-＋－", []rune(tail + " ")[0]), !c.changes && (rest[0] == ' ' || rest[0] == '\n'):
				return c, tail, true
			}
		}
	}
	return command{}, "", false
}

// command runs what the text asks for, or keeps it as a visit's note.
func (s *Service) command(ctx context.Context, m bot.Message, who person) error {
	c, rest, ok := commandIn(s.commands, m.Text)
	inGroup := m.Chat.Place != bot.ToUser
	switch {
	case !ok && inGroup:
		return s.replyHere(ctx, m, s.text("group.hint"))
	case !ok:
		if done, err := s.ask(ctx, m, who); done || err != nil {
			return err
		}
		return s.note(ctx, m, who)
	case !who.Role.AtLeast(c.role):
		return s.reply(ctx, m, s.text("command.denied", "Role", s.Say.T("role."+string(c.role))))
	case !inGroup || !c.group:
		// What is about people is told to whoever asked, never to a group.
		m.Chat = direct(m)
	}
	return c.run(s, ctx, call{m, who, rest})
}

// help lists what the person may say.
func (s *Service) help(ctx context.Context, c call) error {
	card := bot.Card{Title: s.Say.T("help.title"), Lines: []bot.Line{{Text: s.Say.T("help.checkin")}, {Kind: bot.LineRule}}}
	first := 0
	if s.Say.Language() != "zh" {
		first = 1
	}
	for _, cmd := range s.commands {
		if !c.who.Role.AtLeast(cmd.role) || cmd.help == pageHelp && len(s.pageButtons(c.m.Platform)) == 0 || cmd.help == codeHelp && !s.havePages() {
			continue
		}
		label := cmd.words[first]
		if cmd.args != "" {
			label += " " + s.Say.T(cmd.args)
		}
		card.Lines = append(card.Lines, bot.Line{Label: label, Text: s.Say.T(cmd.help)})
	}
	if c.who.Role.AtLeast(visit.RoleAdmin) {
		card.Lines = append(card.Lines, bot.Line{Text: s.Say.T("help.table")})
	}
	if c.who.Role.AtLeast(visit.RoleManager) {
		card.Footer = s.Say.T("help.ask")
	}
	return s.replyHere(ctx, c.m, bot.Body{Card: &card})
}
