package scheduler

import (
	"context"
	"fmt"
	"strings"

	"roundsman/bot"
	"roundsman/storage"
	"roundsman/visit"
)

// audience is who hears of a job.
type audience int

const (
	// toGroups: the team's groups, each with a run of its own.
	toGroups audience = iota
	// toManagers: the team's managers, each in their own chat.
	toManagers
	// toReps: nobody yet; the job is put into the lane of each of the team's reps.
	toReps
	// toManagerLanes: the same with the team's managers, who are shown something to tap.
	toManagerLanes
)

var audiences = []audience{toGroups, toManagers, toReps, toManagerLanes}

// lanes is whose lanes a job is put into; false if it is said by the scheduler.
func (a audience) lanes() (visit.Role, bool) {
	switch a {
	case toReps:
		return visit.RoleRep, true
	case toManagerLanes:
		return visit.RoleManager, true
	}
	return "", false
}

// Groups of the ledger that are no chats.
const (
	managersOf = "managers/"
	repsOf     = "reps/"
	lanesOf    = "managers' lanes/"
)

// of returns the ledger's groups for a team.
func (a audience) of(team visit.Team) []string {
	switch a {
	case toManagers:
		return []string{managersOf + team.Name}
	case toReps:
		return []string{repsOf + team.Name}
	case toManagerLanes:
		return []string{lanesOf + team.Name}
	}
	return team.Groups
}

// handToLanes puts what is due into the lane of each of the team who have a role, and
// reports whether nobody had written down before that it was done. Each event
// is keyed by the run, so that doing it twice is doing it once.
func (s *Scheduler) handToLanes(ctx context.Context, team visit.Team, role visit.Role, run storage.Run) (fresh bool, err error) {
	people, err := s.people(ctx, team.Name, role)
	if err != nil {
		return false, err
	}
	for _, r := range people {
		err := s.Inlet.Accept(ctx, bot.Message{
			Key: "due/" + run.ID() + "/" + r.ID, At: run.Due, Received: run.At,
			Due: &bot.Due{Job: run.Job, Rep: r.ID, Date: run.Date},
		})
		if err != nil {
			return false, fmt.Errorf("put %s into the lanes: %w", run.ID(), err)
		}
	}
	run.State = storage.RunPosted
	if fresh, err = s.Store.Runs().Begin(ctx, run); err != nil {
		return false, fmt.Errorf("record %s: %w", run.ID(), err)
	}
	if fresh {
		s.Ran(run.Job, outcome(run))
	}
	return fresh, nil
}

// people returns those of a team who have a role, by id.
func (s *Scheduler) people(ctx context.Context, team string, role visit.Role) ([]visit.Rep, error) {
	all, err := s.Store.Roster().Reps(ctx)
	if err != nil {
		return nil, fmt.Errorf("read the roster: %w", err)
	}
	var out []visit.Rep
	for _, r := range all {
		if r.Team == team && r.Role == role {
			out = append(out, r)
		}
	}
	return out, nil
}

// posts are those by which a run is said, without their bodies.
func (s *Scheduler) posts(ctx context.Context, r storage.Run) ([]bot.Post, error) {
	team, direct := strings.CutPrefix(r.Group, managersOf)
	if !direct {
		to, err := bot.ParseAddress(r.Group)
		return []bot.Post{{ID: runPost + r.ID(), To: to}}, err
	}
	managers, err := s.people(ctx, team, visit.RoleManager)
	if err != nil {
		return nil, err
	}
	var posts []bot.Post
	for _, m := range managers {
		if to := bot.Home(m, s.Platforms); to != (bot.Address{}) {
			posts = append(posts, bot.Post{ID: runPost + r.ID() + "|" + to.String(), To: to})
		}
	}
	return posts, nil
}
