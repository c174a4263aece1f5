package scheduler

import (
	"context"
	"time"

	"roundsman/bot"
	"roundsman/digest"
	"roundsman/privacy"
	"roundsman/visit"
)

// detail is what the managers alone hear in the evening: each rep's day in a
// line, and their ways on a picture.
func (s *Scheduler) detail() []job {
	evening := at(func(p visit.Policy) visit.Clock { return p.EveningSummary })
	return []job{
		{name: "evening_detail", at: evening, within: 4 * time.Hour, to: toManagers, write: s.writeDetail},
		{name: "day_maps", at: evening, within: 4 * time.Hour, to: toManagers, write: s.writeMaps},
	}
}

func (s *Scheduler) writeDetail(ctx context.Context, team visit.Team, date visit.Date, _ bool) (bot.Body, error) {
	day, err := digest.Load(ctx, s.Store, s.Policy, team, date)
	if err != nil || len(day.Reps) == 0 {
		return bot.Body{}, err
	}
	calendar, err := s.calendar(ctx)
	if err != nil {
		return bot.Body{}, err
	}
	avoided, err := digest.LoadAvoided(ctx, s.Store, calendar, team, date)
	if err != nil {
		return bot.Body{}, err
	}
	return digest.Detail(day, s.Policy.Of(team), avoided, s.Say), nil
}

func (s *Scheduler) writeMaps(ctx context.Context, team visit.Team, date visit.Date, _ bool) (bot.Body, error) {
	day, err := digest.Load(ctx, s.Store, s.Policy, team, date)
	if err != nil {
		return bot.Body{}, err
	}
	var shown []string
	for _, r := range day.Reps {
		if len(r.Day.Visits) > 0 {
			shown = append(shown, r.Rep.ID)
		}
	}
	// The managers get it unasked, and who is on it can see that they did.
	err = privacy.Note(ctx, s.Store.Acts(), privacy.Look{
		Kind: visit.ActLook, Cause: "day_maps/" + team.Name + "/" + string(date), At: s.Now(), Team: team.Name, What: privacy.LookMap + " " + string(date),
	}, shown...)
	if err != nil {
		return bot.Body{}, err
	}
	return digest.Maps(day, s.Policy.Of(team), s.Say)
}
