package handlers

import (
	"context"
	"fmt"
	"slices"
	"time"

	"roundsman/bot"
	"roundsman/digest"
	"roundsman/visit"
)

const (
	// jobDoubt: the managers hear of a rep's doubtful visits; it is due for those
	// that began in one half hour, at its end and a little.
	jobDoubt = "doubt"
	// doubtsOf is how long the time is whose doubtful visits are told together.
	doubtsOf = 30 * time.Minute
	// reasonFor is how long they are waited with, so that the rep's reason can come.
	reasonFor = 10 * time.Minute
)

// doubtful reports whether a manager is to look at a visit.
func doubtful(v visit.Visit) bool {
	switch v.Verdict() {
	case visit.Near, visit.OffSite, visit.Suspicious:
		return true
	}
	return false
}

// watchDoubt sees to it that the managers hear of what is doubtful about a check-in.
func (s *Service) watchDoubt(ctx context.Context, who person, fix visit.Fact) error {
	if slices.ContainsFunc(fix.Fix.Claims, func(c visit.Claim) bool { return c.Verdict == visit.Verified }) || len(fix.Fix.Claims) == 0 {
		return nil
	}
	begun := fix.At.Truncate(doubtsOf)
	err := s.Inlet.Accept(ctx, bot.Message{
		Key: fmt.Sprintf("due/%s/%s/%d", jobDoubt, who.ID, begun.Unix()), At: begun.Add(doubtsOf + reasonFor), Received: fix.Received,
		Due: &bot.Due{Job: jobDoubt, Rep: who.ID, Date: fix.Date, Of: begun.Format(time.RFC3339)},
	})
	if err != nil {
		return fmt.Errorf("watch a doubtful visit: %w", err)
	}
	return nil
}

// dueDoubt tells the managers of the doubtful visits of half an hour, as they
// stand now: one that another location verified meanwhile is none any more.
func (s *Service) dueDoubt(ctx context.Context, m bot.Message, who person) error {
	begun, err := time.Parse(time.RFC3339, m.Due.Of)
	if err != nil {
		return fmt.Errorf("read what is due: %w", err)
	}
	plan, facts, err := s.day(ctx, who.ID, m.Due.Date)
	if err != nil {
		return err
	}
	day := visit.Fold(plan, facts)
	day.Visits = slices.DeleteFunc(day.Visits, func(v visit.Visit) bool {
		return !doubtful(v) || v.Start.Before(begun) || !v.Start.Before(begun.Add(doubtsOf))
	})
	if len(day.Visits) == 0 {
		return nil
	}
	view, err := s.view(ctx, who, plan, day)
	if err != nil {
		return err
	}
	team := digest.TeamDay{Team: who.team, Date: m.Due.Date, Zone: who.zone, Customers: view.customers}
	body := digest.Doubts(team, digest.RepDay{Rep: who.Rep, Plan: plan, Day: day}, s.Say)
	return s.tellManagers(ctx, who, m.Key, func(visit.Rep, []visit.Rep) bot.Body { return body })
}
