package scheduler

import (
	"context"
	"time"

	"roundsman/bot"
	"roundsman/digest"
	"roundsman/visit"
)

// morning posts the team's plan of the day. After two hours the day has
// shown by itself who goes where.
func (s *Scheduler) morning() job {
	return job{
		name: "morning_plan", at: at(func(p visit.Policy) visit.Clock { return p.MorningPlan }), within: 2 * time.Hour,
		write: func(ctx context.Context, team visit.Team, date visit.Date, late bool) (bot.Body, error) {
			day, err := digest.Load(ctx, s.Store, s.Policy, team, date)
			if err != nil || len(day.Reps) == 0 {
				return bot.Body{}, err
			}
			if err := s.madeUp(ctx, &day); err != nil {
				return bot.Body{}, err
			}
			body := digest.Morning(day, s.Say, late)
			if body.Card != nil && s.Page != "" {
				body.Card.Buttons = []bot.Button{{Text: s.Say.T("button.page"), Link: s.Page}}
			}
			return body, nil
		},
	}
}

// madeUp adds what came after the summary of the workday before: where a
// message cannot be changed, nobody has heard of it yet.
func (s *Scheduler) madeUp(ctx context.Context, day *digest.TeamDay) error {
	calendar, err := s.calendar(ctx)
	if err != nil {
		return err
	}
	policy := s.Policy.Of(day.Team)
	before := calendar.Last(day.Date)
	return digest.LoadMadeUp(ctx, s.Store, day, before, before.At(policy.EveningSummary, policy.Zone))
}
