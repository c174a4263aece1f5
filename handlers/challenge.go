package handlers

import (
	"context"
	"errors"
	"fmt"
	"time"

	"roundsman/bot"
	"roundsman/storage"
	"roundsman/visit"
)

const (
	// jobChallenge: the time for a spot check's photo is over.
	jobChallenge = "challenge"
	// promptly is how long ago a check-in may have come when it is spot-checked:
	// somebody who was there an hour ago cannot take a photo there now.
	promptly = time.Minute
	// challengeGrace is what is waited beside for a photo on its way.
	challengeGrace = 2 * time.Minute
)

// spotCheck asks for a photo on the spot of some of the visits that a location begins.
func (s *Service) spotCheck(ctx context.Context, who person, fix visit.Fact) error {
	id := fix.ID + "/challenge"
	f, err := s.Store.Facts().Get(ctx, id)
	if errors.Is(err, storage.ErrNotFound) {
		var ok bool
		if f, ok, err = s.drawSpotCheck(ctx, who, fix, id); err != nil || !ok {
			return err
		}
		if _, err = s.advance(ctx, who, tap{}, f); err != nil {
			return err
		}
	}
	if err != nil {
		return fmt.Errorf("look up a spot check: %w", err)
	}
	view := dayView{who: who}
	body := s.text("challenge.ask", "Number", f.Challenge.Number, "Minutes", int(visit.ChallengeFor.Minutes()))
	if to := view.chat(fix); to != (bot.Address{}) {
		if err := s.Outbox.Say(ctx, bot.Post{ID: "challenge/" + fix.ID, To: to, Body: body}); err != nil {
			return err
		}
	}
	err = s.Inlet.Accept(ctx, bot.Message{
		Key: "due/" + id, At: f.Challenge.Until.Add(challengeGrace), Received: f.Received,
		Due: &bot.Due{Job: jobChallenge, Rep: who.ID, Date: fix.Date, Of: fix.ID},
	})
	if err != nil {
		return fmt.Errorf("watch a spot check: %w", err)
	}
	return nil
}

// drawSpotCheck decides whether a visit is checked. Nobody can tell before, and
// whoever decides again after a crash decides the same.
func (s *Service) drawSpotCheck(ctx context.Context, who person, fix visit.Fact, id string) (visit.Fact, bool, error) {
	now := s.Now()
	sent := fix.At
	if fix.Fix.Evidence == visit.EvidenceDevice {
		// When it measured is the device's word, and a minute in flight mode is soon over.
		sent = fix.Received
	}
	if who.policy.SpotChecks == 0 || now.Sub(sent) > promptly {
		return visit.Fact{}, false, nil
	}
	plan, facts, err := s.day(ctx, who.ID, fix.Date)
	if err != nil {
		return visit.Fact{}, false, err
	}
	v := visit.Fold(plan, facts).Visit(fix.ID)
	// What a code proves needs no photo.
	if v == nil || v.Customer == "" || v.Ruled() == visit.OffSite || v.Evidence() == visit.EvidenceQR {
		return visit.Fact{}, false, nil
	}
	if s.Buttons.Draw("spot check/"+fix.ID, 100) >= who.policy.SpotChecks {
		return visit.Fact{}, false, nil
	}
	return visit.Fact{
		ID: id, Kind: visit.KindChallenged, Rep: fix.Rep, Team: fix.Team, Date: fix.Date, At: visit.Millis(now), Received: visit.Millis(now), Visit: fix.ID,
		Challenge: &visit.Challenge{Number: 10 + s.Buttons.Draw("spot check/number/"+fix.ID, 90), Until: visit.Millis(now.Add(visit.ChallengeFor))},
	}, true, nil
}

// dueChallenge notes that a spot check's time is over, if no photo came.
func (s *Service) dueChallenge(ctx context.Context, m bot.Message, who person) error {
	plan, facts, err := s.day(ctx, who.ID, m.Due.Date)
	if err != nil {
		return err
	}
	v := visit.Fold(plan, facts).Visit(m.Due.Of)
	if v == nil || v.Challenge.At.IsZero() || v.Challenge.Photo != "" {
		return nil
	}
	_, err = s.advance(ctx, who, tap{}, visit.Fact{
		ID: m.Key + "/missed", Kind: visit.KindChallengeMissed, Rep: who.ID, Team: v.Source.Team, Date: m.Due.Date,
		At: visit.Millis(m.At), Received: visit.Millis(s.Now()), Visit: v.ID,
	})
	return err
}

// challengeLine says what became of a visit's spot check.
func (s *Service) challengeLine(v visit.Visit) []bot.Line {
	if v.Challenge.At.IsZero() {
		return nil
	}
	key := "challenge.open"
	switch {
	case v.Challenge.Photo != "":
		key = "challenge.answered"
	case v.Challenge.Missed:
		key = "challenge.missed"
	}
	return []bot.Line{{Label: s.Say.T("challenge.label"), Text: s.Say.T(key, "Number", v.Challenge.Number)}}
}
