package scheduler

import (
	"context"
	"time"

	"roundsman/bot"
	"roundsman/digest"
	"roundsman/visit"
)

// detail is what the managers alone hear in the evening: each rep's day in a
// line, and their ways on a picture.
func (s *Scheduler) detail() []job {
	evening := at(func(p visit.Policy) visit.Clock { return p.EveningSummary })
	write := func(body func(d digest.TeamDay, policy visit.Policy) (bot.Body, error)) func(context.Context, visit.Team, visit.Date, bool) (bot.Body, error) {
		return func(ctx context.Context, team visit.Team, date visit.Date, _ bool) (bot.Body, error) {
			day, err := digest.Load(ctx, s.Store, s.Policy, team, date)
			if err != nil {
				return bot.Body{}, err
			}
			return body(day, s.Policy.Of(team))
		}
	}
	return []job{
		{name: "evening_detail", at: evening, within: 4 * time.Hour, to: toManagers, write: write(func(d digest.TeamDay, policy visit.Policy) (bot.Body, error) {
			return digest.Detail(d, policy, s.Say), nil
		})},
		{name: "day_maps", at: evening, within: 4 * time.Hour, to: toManagers, write: write(func(d digest.TeamDay, policy visit.Policy) (bot.Body, error) {
			return digest.Maps(d, policy, s.Say)
		})},
	}
}
