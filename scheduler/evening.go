package scheduler

import (
	"context"
	"time"

	"roundsman/bot"
	"roundsman/digest"
	"roundsman/visit"
)

// evening posts the summary of the team's day. It is worth reading until the
// team has gone to bed.
func (s *Scheduler) evening() job {
	return job{
		name: "evening_summary", at: s.Policy.EveningSummary, within: 4 * time.Hour,
		write: func(ctx context.Context, team visit.Team, date visit.Date, late bool) (bot.Body, error) {
			day, err := digest.Load(ctx, s.Store, s.Policy, team, date)
			if err != nil || len(day.Reps) == 0 {
				return bot.Body{}, err
			}
			return digest.Evening(day, s.Say, late), nil
		},
	}
}
