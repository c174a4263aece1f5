package scheduler

import (
	"context"
	"time"

	"roundsman/bot"
	"roundsman/digest"
	"roundsman/digest/sheet"
	"roundsman/visit"
)

// evening posts the summary of the team's day. It is worth reading until the
// team has gone to bed.
func (s *Scheduler) evening() job {
	return job{
		name: "evening_summary", at: at(func(p visit.Policy) visit.Clock { return p.EveningSummary }), within: 4 * time.Hour, kept: true,
		write: func(ctx context.Context, team visit.Team, date visit.Date, late bool) (bot.Body, error) {
			calendar, err := s.calendar(ctx)
			if err != nil {
				return bot.Body{}, err
			}
			day, err := digest.LoadEvening(ctx, s.Store, calendar, s.Policy, team, date)
			if err != nil || len(day.Reps) == 0 {
				return bot.Body{}, err
			}
			return digest.Evening(day, s.Say, s.Policy.Of(team).Group == visit.GroupBrief, late), nil
		},
	}
}

// summarySheet follows the summary of a large team where a message cannot fold
// away what each rep did.
func (s *Scheduler) summarySheet() job {
	return job{
		name: "summary_sheet", at: at(func(p visit.Policy) visit.Clock { return p.EveningSummary }), within: 4 * time.Hour, unfolding: true,
		write: func(ctx context.Context, team visit.Team, date visit.Date, _ bool) (bot.Body, error) {
			if s.Policy.Of(team).Group == visit.GroupBrief {
				return bot.Body{}, nil
			}
			day, err := digest.Load(ctx, s.Store, s.Policy, team, date)
			if err != nil || !day.Large() || day.Total().Planned+day.Total().Visits == 0 {
				return bot.Body{}, err
			}
			name, data, err := sheet.Summary(day, s.Say)
			if err != nil {
				return bot.Body{}, err
			}
			return bot.Body{File: &bot.File{Data: data, Name: name}}, nil
		},
	}
}

// summaryPicture follows the summary. It is a post of its own: a picture cannot
// be changed, and a summary can.
func (s *Scheduler) summaryPicture() job {
	return job{
		name: "summary_picture", at: at(func(p visit.Policy) visit.Clock { return p.EveningSummary }), within: 4 * time.Hour,
		write: func(ctx context.Context, team visit.Team, date visit.Date, _ bool) (bot.Body, error) {
			if s.Policy.Of(team).Group == visit.GroupBrief {
				return bot.Body{}, nil
			}
			day, err := digest.Load(ctx, s.Store, s.Policy, team, date)
			if err != nil || day.Total().Planned+day.Total().Visits == 0 {
				return bot.Body{}, err
			}
			return digest.SummaryPicture(day, s.Say)
		},
	}
}
