package handlers

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"roundsman/bot"
	"roundsman/storage"
	"roundsman/visit"
)

// consentVersion names the notice; a new text that changes what is kept needs
// a new version, and everybody is asked again.
const consentVersion = "1"

// consentFor is how long the notice's button works.
const consentFor = 7 * 24 * time.Hour

// agreed reports whether the person's whereabouts may be kept.
func (s *Service) agreed(ctx context.Context, who person) (bool, error) {
	if !s.Policy.ConsentRequired {
		return true, nil
	}
	c, err := s.Store.Consents().Latest(ctx, who.ID)
	if errors.Is(err, storage.ErrNotFound) {
		return false, nil
	}
	if err != nil {
		return false, fmt.Errorf("read a consent: %w", err)
	}
	return c.Version == consentVersion, nil
}

// consentPost is the id of the notice: one a day, so that it is found again
// by somebody who scrolled past it yesterday.
func consentPost(m bot.Message, who person, date visit.Date) string {
	return fmt.Sprintf("consent/%s/%s/%s/%s", who.ID, m.Platform, consentVersion, date)
}

// askConsent shows what is kept, for how long and who sees it. Nothing of m is kept.
func (s *Service) askConsent(ctx context.Context, m bot.Message, who person) error {
	date := s.Policy.DateIn(who.team, m.At)
	card := s.consentCard()
	card.Buttons = []bot.Button{s.button(s.Say.T("button.agree"), bot.ButtonPrimary, m.At.Add(consentFor),
		action{Do: doConsent, Rep: who.ID, Date: date})}
	id := consentPost(m, who, date)
	asked, err := s.Store.Outbox().Get(ctx, id)
	if err == nil && asked.Created.Before(visit.Millis(m.Received)) {
		// The notice is out; whoever goes on all the same is told what it waits for.
		return s.reply(ctx, m, s.text("consent.waiting"))
	}
	if err != nil && !errors.Is(err, storage.ErrNotFound) {
		return fmt.Errorf("look up the notice: %w", err)
	}
	return s.Outbox.Say(ctx, bot.Post{ID: id, To: direct(m), Body: bot.Body{Card: card}})
}

// agreeWords are what may be written instead of tapping the notice's button.
var agreeWords = []string{"同意", "agree", "i agree"}

// beforeConsent answers a text of somebody who has not agreed. A written yes
// counts only where the notice was shown: nobody agrees to what they did not see.
func (s *Service) beforeConsent(ctx context.Context, m bot.Message, who person) error {
	date := s.Policy.DateIn(who.team, m.At)
	notice, err := s.Store.Outbox().Get(ctx, consentPost(m, who, date))
	if err != nil && !errors.Is(err, storage.ErrNotFound) {
		return fmt.Errorf("look up the notice: %w", err)
	}
	if err == nil && notice.SentVersion > 0 && slices.Contains(agreeWords, strings.ToLower(m.Text)) {
		return s.consent(ctx, m, who, action{Date: date})
	}
	return s.askConsent(ctx, m, who)
}

func (s *Service) consentCard() *bot.Card {
	say := s.Say
	return &bot.Card{
		Title: say.T("consent.title"),
		Lines: []bot.Line{
			{Label: say.T("consent.what"), Text: say.T("consent.what_text", "Hours", s.Policy.WorkHours.String())},
			{Label: say.T("consent.long"), Text: say.T("consent.long_text",
				"Coordinates", say.Days(s.Policy.KeepCoordinates), "Photos", say.Days(s.Policy.KeepPhotos))},
			{Label: say.T("consent.who"), Text: say.T("consent.who_text")},
		},
		Footer: say.T("consent.footer"),
	}
}

// consent records a yes.
func (s *Service) consent(ctx context.Context, m bot.Message, who person, a action) error {
	agreed, err := s.agreed(ctx, who)
	if err != nil {
		return err
	}
	if agreed {
		latest, err := s.Store.Consents().Latest(ctx, who.ID)
		if err == nil && latest.Source != m.Key {
			return s.reply(ctx, m, s.text("consent.already"))
		}
	}
	err = s.Store.Consents().Put(ctx, visit.Consent{Rep: who.ID, Version: consentVersion, At: visit.Millis(m.At), Source: m.Key})
	if err != nil {
		return fmt.Errorf("keep a consent: %w", err)
	}
	card := s.consentCard()
	card.Tone = bot.ToneGood
	card.Title = s.Say.T("consent.given", "Time", s.Say.Clock(m.At.In(who.zone)))
	card.Footer = s.Say.T("consent.next")
	return s.answerPress(ctx, m, consentPost(m, who, a.Date), bot.Body{Card: card}, 2)
}
