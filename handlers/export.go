package handlers

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"roundsman/bot"
	"roundsman/digest"
	"roundsman/digest/sheet"
	"roundsman/privacy"
	"roundsman/storage"
	"roundsman/visit"
)

// maxExported is the most days that are exported at once in the chat.
const maxExported = 62

// export sends a team's plans, reports and metrics as a workbook: 导出 本周,
// 导出 上月, 导出 11-01至11-15. An admin may put a team's name in front.
func (s *Service) export(ctx context.Context, c call) error {
	today := s.Policy.DateIn(c.who.team, c.m.At)
	if c.rest == "" {
		return s.reply(ctx, c.m, s.text("export.ask"))
	}
	name, span := "", c.rest
	if i := strings.LastIndexByte(c.rest, ' '); i >= 0 {
		name, span = strings.TrimSpace(c.rest[:i]), c.rest[i+1:]
	}
	from, to, ok := spanWord(span, today)
	if !ok || to < from || from.Days(to) >= maxExported || from > today {
		return s.reply(ctx, c.m, s.text("export.usage", "Word", bot.CutBytes(c.rest, 60)))
	}
	team, ok, err := s.asked(ctx, c, name)
	if err != nil || !ok {
		return err
	}
	calendar, err := s.calendar(ctx)
	if err != nil {
		return err
	}
	until := min(to, calendar.Next(today))
	shown, err := privacy.Concerned(ctx, s.Store.Facts(), storage.FactFilter{Team: team.Name, From: from, To: until})
	if err != nil {
		return err
	}
	if err := s.noteLook(ctx, c, visit.ActExport, team.Name, fmt.Sprintf("%s %s %s", privacy.LookExport, from, until), shown...); err != nil {
		return err
	}
	dates := digest.Dates{Store: s.Store, Policy: s.Policy, Teams: []string{team.Name}, From: from, To: until}
	file, data, err := sheet.File(ctx, dates, s.Say, bot.MaxFile)
	if errors.Is(err, sheet.ErrTooLarge) {
		return s.reply(ctx, c.m, s.text("export.too_large"))
	}
	if err != nil {
		return err
	}
	s.Log.Info("a team was exported", "team", team.Name, "from", string(from), "to", string(to), "by", c.who.ID)
	return s.reply(ctx, c.m, bot.Body{File: &bot.File{Data: data, Name: file}})
}

// spanWord reads a span of dates: 本周, 上月, a date, or two with 至 between them.
func spanWord(word string, today visit.Date) (from, to visit.Date, ok bool) {
	switch strings.ToLower(word) {
	case "本周", "week":
		from, to = digest.Week.Of(today)
		return from, to, true
	case "上周", "lastweek":
		from, to = digest.Week.Of(today.Add(-7))
		return from, to, true
	case "本月", "month":
		from, to = digest.Month.Of(today)
		return from, to, true
	case "上月", "lastmonth":
		from, _ = digest.Month.Of(today)
		from, to = digest.Month.Of(from.Add(-1))
		return from, to, true
	}
	first, last, span := strings.Cut(strings.NewReplacer("至", "~", "到", "~").Replace(word), "~")
	if from, ok = dateWord(first, today); !ok || !span {
		return from, from, ok
	}
	to, ok = dateWord(last, today)
	return from, to, ok
}
