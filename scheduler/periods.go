package scheduler

import (
	"context"
	"errors"
	"time"

	"roundsman/bot"
	"roundsman/digest"
	"roundsman/digest/sheet"
	"roundsman/visit"
)

// afterMorning is how long after the plan of the day the managers read of the
// week or the month before: not in the same minute.
const afterMorning = 30 * time.Minute

// periods is what the managers hear of the week and of the month before, each
// in their own chat: the groups hear of days.
func (s *Scheduler) periods() []job {
	due := at(func(p visit.Policy) visit.Clock { return p.MorningPlan.Add(afterMorning) })
	return []job{
		{name: "weekly_digest", on: (*visit.Calendar).OpensWeek, at: due, within: 24 * time.Hour, to: toManagers, write: s.period(digest.Week)},
		{name: "monthly_digest", on: (*visit.Calendar).OpensMonth, at: due, within: 48 * time.Hour, to: toManagers, write: s.period(digest.Month)},
		{name: "weekly_sheet", on: (*visit.Calendar).OpensWeek, at: due, within: 24 * time.Hour, to: toManagers, write: s.workbook(digest.Week)},
		{name: "monthly_sheet", on: (*visit.Calendar).OpensMonth, at: due, within: 48 * time.Hour, to: toManagers, write: s.workbook(digest.Month)},
	}
}

// period writes of the week or the month before that of the date.
func (s *Scheduler) period(length digest.Length) func(context.Context, visit.Team, visit.Date, bool) (bot.Body, error) {
	return func(ctx context.Context, team visit.Team, date visit.Date, late bool) (bot.Body, error) {
		calendar, err := s.calendar(ctx)
		if err != nil {
			return bot.Body{}, err
		}
		period, err := digest.LoadPeriod(ctx, s.Store, calendar, team, length, date)
		if err != nil {
			return bot.Body{}, err
		}
		body := digest.PeriodCard(period, s.Say)
		if late {
			body = digest.Late(body, s.Say)
		}
		return body, nil
	}
}

// workbook is the same period as a file that a company prints. One that is too
// large to be sent is left to the shell's export.
func (s *Scheduler) workbook(length digest.Length) func(context.Context, visit.Team, visit.Date, bool) (bot.Body, error) {
	return func(ctx context.Context, team visit.Team, date visit.Date, _ bool) (bot.Body, error) {
		calendar, err := s.calendar(ctx)
		if err != nil {
			return bot.Body{}, err
		}
		dates := digest.Dates{Store: s.Store, Policy: s.Policy, Teams: []string{team.Name}}
		dates.From, dates.To = length.Before(calendar, date)
		period, err := digest.LoadPeriod(ctx, s.Store, calendar, team, length, date)
		if err != nil || digest.PeriodCard(period, s.Say).Empty() {
			return bot.Body{}, err
		}
		name, data, err := sheet.File(ctx, dates, s.Say, bot.MaxFile)
		if errors.Is(err, sheet.ErrTooLarge) {
			s.Log.Warn("a team's workbook is too large to be sent", "team", team.Name, "period", string(length))
			return bot.Body{}, nil
		}
		if err != nil {
			return bot.Body{}, err
		}
		return bot.Body{File: &bot.File{Data: data, Name: name}}, nil
	}
}
