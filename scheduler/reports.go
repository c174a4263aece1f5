package scheduler

import (
	"context"
	"time"

	"roundsman/bot"
	"roundsman/digest"
	"roundsman/visit"
)

// reportNotice is how long before its deadline a rep is reminded of the daily report.
const reportNotice = 30 * time.Minute

// reports is what is due for the daily reports: their reps are reminded, and
// the manager gets them on one card.
func (s *Scheduler) reports() []job {
	return []job{
		{name: "report_reminder", at: at(func(p visit.Policy) visit.Clock { return p.ReportDeadline.Add(-reportNotice) }), within: reportNotice, to: toReps},
		{
			name: "report_list", at: at(func(p visit.Policy) visit.Clock { return p.ReportDeadline.Add(lateComers) }), within: 4 * time.Hour, to: toManagers,
			write: func(ctx context.Context, team visit.Team, date visit.Date, _ bool) (bot.Body, error) {
				day, err := digest.Load(ctx, s.Store, s.Policy, team, date)
				if err != nil {
					return bot.Body{}, err
				}
				return digest.ReportList(day, s.Say), nil
			},
		},
	}
}
