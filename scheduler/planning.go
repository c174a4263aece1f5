package scheduler

import (
	"context"
	"time"

	"roundsman/bot"
	"roundsman/digest"
	"roundsman/visit"
)

// lateComers is how long after a deadline the manager hears who missed it: what
// was tapped in its last minute has come by then.
const lateComers = 5 * time.Minute

// planning is what is due for the next workday's plans: proposed, reminded of,
// locked, and who did not confirm told to the manager.
func (s *Scheduler) planning() []job {
	afterLock := at(func(p visit.Policy) visit.Clock { return p.PlanDeadline.Add(lateComers) })
	return []job{
		// Whoever comes in the middle of the day still has the rest of it watched.
		{name: "day_open", at: at(func(p visit.Policy) visit.Clock { return p.WorkHours.From }), within: 15 * time.Hour, to: toReps},
		// After the deadline, which comes when it comes, nothing is proposed any more.
		{name: "plan_proposal", at: at(func(p visit.Policy) visit.Clock { return p.PlanProposal }), within: 12 * time.Hour, to: toReps},
		{name: "plan_reminder", at: visit.Policy.PlanReminder, within: time.Hour, to: toReps},
		{name: "plan_lock", at: at(func(p visit.Policy) visit.Clock { return p.PlanDeadline }), within: lookBack, to: toReps},
		{
			name: "plan_unconfirmed", at: afterLock, within: 12 * time.Hour, to: toManagers,
			write: func(ctx context.Context, team visit.Team, date visit.Date, _ bool) (bot.Body, error) {
				if s.Policy.Of(team).ApprovePlans {
					// Whoever approves the plans sees there who did not confirm theirs.
					return bot.Body{}, nil
				}
				calendar, err := s.calendar(ctx)
				if err != nil {
					return bot.Body{}, err
				}
				day, err := digest.Load(ctx, s.Store, s.Policy, team, calendar.Next(date))
				if err != nil {
					return bot.Body{}, err
				}
				return digest.Unconfirmed(day, s.Say), nil
			},
		},
		// It is due in every team, so that a team that begins or ends with approvals
		// has missed nothing; where there are none the lane says nothing.
		{name: "plan_approval", at: afterLock, within: 12 * time.Hour, to: toManagerLanes},
	}
}
