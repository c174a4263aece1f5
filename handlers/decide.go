package handlers

import (
	"context"
	"errors"
	"fmt"

	"roundsman/bot"
	"roundsman/digest"
	"roundsman/storage"
	"roundsman/visit"
)

// What a manager may answer to the question about a visit.
const (
	decideAccept = "accept"
	decideReject = "reject"
	decideAsk    = "ask"
)

// decide is a manager's tap on the question about a visit. The answer is a fact
// of the rep's day, and so goes through the rep's lane.
func (s *Service) decide(ctx context.Context, m bot.Message, manager person, a action) error {
	fix, err := s.Store.Facts().Get(ctx, a.Fix)
	if errors.Is(err, storage.ErrNotFound) {
		return s.reply(ctx, m, s.text("button.expired"))
	}
	if err != nil {
		return fmt.Errorf("find the visit: %w", err)
	}
	who, err := s.rep(ctx, fix.Rep)
	if err != nil {
		return err
	}
	if !manager.Role.AtLeast(visit.RoleManager) || who.ID == manager.ID || who.Team != manager.Team && !manager.Role.AtLeast(visit.RoleAdmin) {
		return s.reply(ctx, m, s.text("team.not_yours"))
	}
	plan, facts, err := s.day(ctx, who.ID, fix.Date)
	if err != nil {
		return err
	}
	f := s.fact(m, who, visit.KindDecision, "decision", func(f *visit.Fact) {
		f.Date, f.Team, f.By = fix.Date, fix.Team, manager.ID
		switch a.Of {
		case decideAsk:
			f.Kind, f.Visit = visit.KindAsked, a.Fix
		case decideAccept:
			f.Decision = &visit.Decision{Visit: a.Fix, Verdict: visit.Verified}
		default:
			f.Decision = &visit.Decision{Visit: a.Fix, Verdict: visit.OffSite}
		}
	})
	facts = without(facts, f.ID)
	day := visit.Fold(plan, facts)
	v := day.Visit(a.Fix)
	if v == nil {
		return s.reply(ctx, m, s.text("button.expired"))
	}
	// Whoever did not see yet what another manager said sees that first.
	if v.Decided == nil || v.Decided.By == manager.ID || !v.Decided.At.After(a.At) {
		if err := s.hand(ctx, f); err != nil {
			return err
		}
		day = visit.Fold(plan, append(facts, f))
		v = day.Visit(a.Fix)
	}
	view, err := s.view(ctx, who, plan, day)
	if err != nil {
		return err
	}
	body, err := s.doubtBody(ctx, view, *v, fix.Date, manager.Rep, m.At)
	if err != nil {
		return err
	}
	return s.answerPress(ctx, m, doubtPost(a.Fix)+"/"+manager.ID, body, int64(day.Facts))
}

// decided takes a manager's decision on a visit, or their question about it,
// into the rep's day, and tells the rep.
func (s *Service) decided(ctx context.Context, who person, f visit.Fact) error {
	if _, err := s.advance(ctx, who, tap{}, f); err != nil {
		return err
	}
	plan, facts, err := s.day(ctx, who.ID, f.Date)
	if err != nil {
		return err
	}
	day := visit.Fold(plan, facts)
	about, key := f.Visit, "decision.asks"
	if f.Decision != nil {
		about, key = f.Decision.Visit, "decision.told"
	}
	v := day.Visit(about)
	if v == nil {
		return nil
	}
	if f.Decision != nil && f.Decision.Verdict == visit.Verified {
		if err := s.firstPlace(ctx, v.Source, v.Customer, f.By); err != nil {
			return err
		}
	}
	view, err := s.view(ctx, who, plan, day)
	if err != nil {
		return err
	}
	by, err := s.rep(ctx, f.By)
	if err != nil {
		return err
	}
	pairs := []any{
		"Name", by.Name, "Date", s.Say.Date(f.Date.Time()), "Time", s.Say.Clock(v.Start.In(who.zone)),
		"Customer", digest.Title(view.name, *v, s.Say), "Text", digest.Why(*v, s.Say),
	}
	if f.Decision != nil {
		pairs = append(pairs, "What", digest.Decision(f.Decision.Verdict, s.Say))
		if f.Decision.Verdict != visit.Verified {
			key = "decision.told_no"
		}
	}
	return s.sayHome(ctx, who.Rep, "decision/"+f.ID, s.text(key, pairs...))
}
