package scheduler

import (
	"context"
	"time"

	"roundsman/bot"
	"roundsman/digest"
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
