package handlers

import (
	"context"
	"errors"
	"fmt"
	"time"

	"roundsman/bot"
	"roundsman/digest"
	"roundsman/storage"
	"roundsman/visit"
)

const (
	// jobDoubt: the managers are asked about a doubtful visit; it is due a little
	// after the visit began, so that the rep's reason, or a better location, can come.
	jobDoubt  = "doubt"
	reasonFor = 10 * time.Minute
	// decideFor is how long a manager may decide by a tap.
	decideFor = 30 * 24 * time.Hour
)

// doubtful reports whether a manager is to look at a visit.
func doubtful(v visit.Visit) bool {
	switch v.Verdict() {
	case visit.Near, visit.OffSite, visit.Suspicious:
		return v.Decided == nil
	}
	return false
}

// doubtPost is the id of the question about a visit; each manager has their own.
func doubtPost(visit string) string { return "doubt/" + visit }

// watchDoubts sees to it that the managers are asked about what became doubtful.
func (s *Service) watchDoubts(ctx context.Context, c change) error {
	for _, v := range c.after.Visits {
		old := c.before.Visit(v.ID)
		if !doubtful(v) || old != nil && doubtful(*old) && old.Verdict() == v.Verdict() {
			continue
		}
		cause := c.added[0]
		at := v.Start.Add(reasonFor)
		if cause.At.After(at) {
			at = cause.At
		}
		err := s.Inlet.Accept(ctx, bot.Message{
			Key: fmt.Sprintf("due/%s/%s/%s", jobDoubt, v.ID, v.Verdict()), At: at, Received: cause.Received,
			Due: &bot.Due{Job: jobDoubt, Rep: c.who.ID, Date: cause.Date, Of: v.ID},
		})
		if err != nil {
			return fmt.Errorf("watch a doubtful visit: %w", err)
		}
	}
	return nil
}

// dueDoubt asks the managers about a visit as it stands now: one that another
// location verified meanwhile is in doubt no more.
func (s *Service) dueDoubt(ctx context.Context, m bot.Message, who person) error {
	plan, facts, err := s.day(ctx, who.ID, m.Due.Date)
	if err != nil {
		return err
	}
	day := visit.Fold(plan, facts)
	v := day.Visit(m.Due.Of)
	if v == nil || !doubtful(*v) {
		return nil
	}
	view, err := s.view(ctx, who, plan, day)
	if err != nil {
		return err
	}
	return s.askManagers(ctx, view, day, *v, m.Due.Date, "")
}

// askManagers shows each manager of the rep's team the question about a visit as
// it stands now. Where their message cannot be changed and was sent, another
// comes for the cause; without one, none.
func (s *Service) askManagers(ctx context.Context, view dayView, day visit.Day, v visit.Visit, date visit.Date, cause string) error {
	managers, _, err := s.teamOf(ctx, view.who)
	if err != nil {
		return err
	}
	for _, manager := range managers {
		to := bot.Home(manager, s.names())
		if to == (bot.Address{}) {
			continue
		}
		post := bot.Post{ID: doubtPost(v.ID) + "/" + manager.ID, To: to, Version: int64(day.Facts)}
		sent, err := s.wasSent(ctx, post.ID, post.Version)
		if err != nil {
			return err
		}
		if sent && !s.updatable(to) {
			if cause == "" {
				continue
			}
			post.ID += "/by/" + cause
		}
		if post.Body, err = s.doubtBody(ctx, view, v, date, manager, s.Now()); err != nil {
			return err
		}
		if err := s.Outbox.Say(ctx, post); err != nil {
			return err
		}
	}
	return nil
}

// refreshDoubts keeps what managers were asked as it stands, where they were.
func (s *Service) refreshDoubts(ctx context.Context, c change) error {
	for _, v := range c.after.Visits {
		old := c.before.Visit(v.ID)
		if old == nil || !moved(*old, v) {
			continue
		}
		asked, err := s.wereAsked(ctx, c.who, v.ID)
		if err != nil {
			return err
		}
		if !asked {
			continue
		}
		cause := ""
		if len(v.Said()) > len(old.Said()) && v.Decided == nil {
			cause = c.added[0].ID
		}
		if err := s.askManagers(ctx, c.dayView, c.after, v, c.added[0].Date, cause); err != nil {
			return err
		}
	}
	return nil
}

// moved reports whether something of a visit changed that its question shows.
func moved(old, v visit.Visit) bool {
	return old.Verdict() != v.Verdict() || len(old.Said()) != len(v.Said()) || len(old.Signals) != len(v.Signals) ||
		!old.Asked.Equal(v.Asked) || (old.Decided == nil) != (v.Decided == nil) || v.Decided != nil && old.Decided.ID != v.Decided.ID
}

// wereAsked reports whether some manager was asked about a visit.
func (s *Service) wereAsked(ctx context.Context, who person, visit string) (bool, error) {
	managers, _, err := s.teamOf(ctx, who)
	if err != nil {
		return false, err
	}
	for _, m := range managers {
		_, err := s.Store.Outbox().Get(ctx, doubtPost(visit)+"/"+m.ID)
		if err == nil {
			return true, nil
		}
		if !errors.Is(err, storage.ErrNotFound) {
			return false, fmt.Errorf("look up what was asked: %w", err)
		}
	}
	return false, nil
}

// doubtBody is the question about a visit for one manager, with what they may answer.
func (s *Service) doubtBody(ctx context.Context, view dayView, v visit.Visit, date visit.Date, manager visit.Rep, at time.Time) (bot.Body, error) {
	by := ""
	if id := lastSaid(v); id != "" {
		who, err := s.rep(ctx, id)
		if err != nil {
			return bot.Body{}, err
		}
		by = who.Name
	}
	team := digest.TeamDay{Team: view.who.team, Date: date, Zone: view.who.zone, Customers: view.customers}
	body := digest.Doubt(team, digest.RepDay{Rep: view.who.Rep, Plan: view.plan}, v, by, s.Say)
	if v.Verdict() == visit.Verified && v.Decided == nil {
		return body, nil
	}
	for _, b := range []struct {
		key, of string
		style   bot.ButtonStyle
		not     bool
	}{
		{"button.accept", decideAccept, bot.ButtonPrimary, v.Verdict() == visit.Verified},
		{"button.reject", decideReject, bot.ButtonPlain, v.Decided != nil && v.Verdict() != visit.Verified},
		{"button.ask", decideAsk, bot.ButtonPlain, v.Decided != nil || !v.Asked.IsZero()},
	} {
		if b.not {
			continue
		}
		body.Card.Buttons = append(body.Card.Buttons, s.button(s.Say.T(b.key), b.style, at.Add(decideFor),
			action{Do: doDecide, Rep: manager.ID, Fix: v.ID, Of: b.of, At: visit.Millis(at)}))
	}
	return body, nil
}

// lastSaid is who decided on a visit, else who asked about it, by id.
func lastSaid(v visit.Visit) string {
	if v.Decided != nil {
		return v.Decided.By
	}
	return v.AskedBy
}
