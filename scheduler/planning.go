package scheduler

import (
	"context"
	"slices"
	"time"

	"roundsman/bot"
	"roundsman/digest"
	"roundsman/visit"
)

const (
	// remindBefore is how long before the deadline a rep is reminded of a plan that they have not confirmed.
	remindBefore = time.Hour
	// lateComers is how long after the deadline the manager hears who did not
	// confirm: what was tapped in its last minute has come by then.
	lateComers = 5 * time.Minute
)

// planning is what is due for the next workday's plans: proposed, reminded of,
// locked, and who did not confirm told to the manager.
func (s *Scheduler) planning() []job {
	proposal, deadline := s.Policy.PlanProposal, s.Policy.PlanDeadline
	between := deadline.Sub(proposal)
	jobs := []job{
		// Whoever comes in the middle of the day still has the rest of it watched.
		{name: "day_open", at: s.Policy.WorkHours.From, within: 15 * time.Hour, to: toReps},
		// After the deadline there is nothing to be proposed any more.
		{name: "plan_proposal", at: proposal, within: between, to: toReps},
		{name: "plan_reminder", at: deadline.Add(-remindBefore), within: remindBefore, to: toReps},
		{name: "plan_lock", at: deadline, within: lookBack, to: toReps},
		{
			name: "plan_unconfirmed", at: deadline.Add(lateComers), within: 12 * time.Hour, to: toManagers,
			write: func(ctx context.Context, team visit.Team, date visit.Date, _ bool) (bot.Body, error) {
				holidays, err := s.Store.Calendar().All(ctx)
				if err != nil {
					return bot.Body{}, err
				}
				next := visit.NewCalendar(s.Policy.China, holidays).Next(date)
				day, err := digest.Load(ctx, s.Store, s.Policy, team, next)
				if err != nil {
					return bot.Body{}, err
				}
				return digest.Unconfirmed(day, s.Say), nil
			},
		},
	}
	if between <= remindBefore {
		// The proposal itself is the reminder.
		jobs = slices.DeleteFunc(jobs, func(j job) bool { return j.name == "plan_reminder" })
	}
	return jobs
}
