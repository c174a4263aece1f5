package handlers

import (
	"context"
	"errors"
	"fmt"

	"roundsman/bot"
)

// makeMenu gives the platform's chat the menu. Only an admin's word does it: it
// replaces whatever menu there was.
func (s *Service) makeMenu(ctx context.Context, c call) error {
	maker, ok := s.platforms[c.m.Platform].(bot.MenuMaker)
	if !ok {
		return s.reply(ctx, c.m, s.text("menu.not_here"))
	}
	err := maker.MakeMenu(ctx, s.menu(c.m.Platform))
	if se := (*bot.SendError)(nil); errors.As(err, &se) && !se.Retry && !se.Unknown {
		return s.reply(ctx, c.m, s.text("menu.refused", "Code", se.Code))
	}
	if err != nil {
		return fmt.Errorf("make the menu: %w", err)
	}
	return s.reply(ctx, c.m, s.text("menu.done"))
}

// menu is what a rep does every day, the first within a thumb's reach. Its items
// say commands.
func (s *Service) menu(platform string) []bot.MenuItem {
	says := func(key, command string) bot.MenuItem { return bot.MenuItem{Text: s.Say.T(key), Say: command} }
	items := []bot.MenuItem{
		{Text: s.Say.T("menu.plans"), Items: []bot.MenuItem{
			says("menu.today_plan", "计划"), says("menu.next_plan", "明天"), says("menu.checkout", "签退"),
		}},
		{Text: s.Say.T("menu.more"), Items: []bot.MenuItem{
			says("menu.report", "日报"), says("menu.targets", "目标"), says("menu.why", "为什么"), says("menu.my_data", "我的数据"), says("menu.help", "帮助"),
		}},
	}
	if page := s.pageButtons(platform); len(page) > 0 {
		items = append([]bot.MenuItem{{Text: s.Say.T("menu.checkin"), Link: page[0].Link}}, items...)
	}
	return items
}
