package scheduler

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"time"

	"roundsman/bot"
	"roundsman/storage"
	"roundsman/visit"
)

const (
	// amendFor is how long after its slot a summary is kept up with what comes
	// late: until the next morning's plan.
	amendFor = 12 * time.Hour
	// amendEvery is how often a team's day is looked at for it.
	amendEvery = 2 * time.Minute
)

// amended is what was last looked at of a summary.
type amended struct {
	at    time.Time
	facts int64
}

// amend brings the summary that a group has read to what the team's day has
// become since by late visits and reports, where messages can be changed. The
// post's version is made of the number of the day's facts, which only grows:
// of two replicas neither goes back behind the other.
func (s *Scheduler) amend(ctx context.Context, j job, team visit.Team, group string, now time.Time) error {
	to, err := bot.ParseAddress(group)
	if err != nil || !slices.Contains(s.Changing, to.Platform) {
		return nil //nolint:nilerr // a group that is none hears nothing, and the run says so
	}
	policy := s.Policy.Of(team)
	at, _ := j.at(policy)
	today := visit.DateOf(now.In(policy.Zone))
	for _, date := range []visit.Date{today.Add(-1), today} {
		slot := date.At(at, policy.Zone)
		if now.Before(slot) || now.Sub(slot) > amendFor {
			continue
		}
		if err := s.amendOne(ctx, j, team, storage.Run{Job: j.name, Group: group, Date: date}, to, now); err != nil {
			return fmt.Errorf("bring %s up to date: %w", j.name, err)
		}
	}
	return nil
}

func (s *Scheduler) amendOne(ctx context.Context, j job, team visit.Team, run storage.Run, to bot.Address, now time.Time) error {
	seen := s.looked[run.ID()]
	if now.Sub(seen.at) < amendEvery {
		return nil
	}
	run, err := s.Store.Runs().Get(ctx, run.ID())
	if errors.Is(err, storage.ErrNotFound) || err == nil && run.State != storage.RunPosted {
		return nil
	}
	if err != nil {
		return err
	}
	facts := int64(0)
	for o, err := range s.Store.Outcomes().Range(ctx, storage.FactFilter{Team: team.Name, From: run.Date, To: run.Date}) {
		if err != nil {
			return err
		}
		facts += int64(o.Facts)
	}
	s.looked[run.ID()] = amended{now, facts}
	delete(s.looked, storage.Run{Job: run.Job, Group: run.Group, Date: run.Date.Add(-2)}.ID())
	if facts == seen.facts {
		return nil
	}
	post, err := s.Store.Outbox().Get(ctx, runPost+run.ID())
	if err != nil {
		return err
	}
	body, err := j.write(ctx, team, run.Date, run.Late)
	if err != nil || body.Empty() || says(post, body) {
		return err
	}
	return s.Outbox.Say(ctx, bot.Post{ID: post.ID, To: to, Body: body, Version: 1 + facts})
}

// says reports whether a post says just that.
func says(post storage.Post, body bot.Body) bool {
	var said bot.Body
	if json.Unmarshal(post.Body, &said) != nil {
		return false
	}
	x, errX := json.Marshal(said)
	y, errY := json.Marshal(body)
	return errX == nil && errY == nil && bytes.Equal(x, y)
}
