package handlers

import (
	"cmp"
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

// consentFor is how long the notice's button works.
const consentFor = 7 * 24 * time.Hour

// agreed reports whether the person's whereabouts may be kept.
func (s *Service) agreed(ctx context.Context, who person) (bool, error) {
	c, err := s.latestConsent(ctx, who)
	return c.Allows(s.Policy.ConsentRequired), err
}

// latestConsent is the person's last word, or none.
func (s *Service) latestConsent(ctx context.Context, who person) (visit.Consent, error) {
	c, err := s.Store.Consents().Latest(ctx, who.ID)
	if err != nil && !errors.Is(err, storage.ErrNotFound) {
		return c, fmt.Errorf("read a consent: %w", err)
	}
	return c, nil
}

// notice is the version of the notice that somebody's team needs.
func (p person) notice() string {
	if p.policy.Group == visit.GroupWide {
		return visit.ConsentWideNotice
	}
	return visit.ConsentNotice
}

// consentPost is the id of the notice: one a day, so that it is found again
// by somebody who scrolled past it yesterday, and another one after a yes was
// taken back, whose notice says that it was given.
func consentPost(m bot.Message, who person, version string, date visit.Date, withdrawn string) string {
	id := fmt.Sprintf("consent/%s/%s/%s/%s", who.ID, m.Platform, version, date)
	if withdrawn != "" {
		id += "/after/" + withdrawn
	}
	return id
}

// withdrawal is the event by which a yes was taken back; empty if that is not the last word.
func withdrawal(c visit.Consent) string {
	if c.Withdrawn() {
		return c.Source
	}
	return ""
}

// askConsent shows what is kept, for how long and who sees it. Nothing of m is kept.
func (s *Service) askConsent(ctx context.Context, m bot.Message, who person) error {
	latest, err := s.latestConsent(ctx, who)
	if err != nil {
		return err
	}
	date := s.Policy.DateIn(who.team, m.At)
	card := s.noticeCard(m, who, date, withdrawal(latest))
	id := consentPost(m, who, who.notice(), date, withdrawal(latest))
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
	latest, err := s.latestConsent(ctx, who)
	if err != nil {
		return err
	}
	date := s.Policy.DateIn(who.team, m.At)
	notice, err := s.Store.Outbox().Get(ctx, consentPost(m, who, who.notice(), date, withdrawal(latest)))
	if err != nil && !errors.Is(err, storage.ErrNotFound) {
		return fmt.Errorf("look up the notice: %w", err)
	}
	if err == nil && notice.SentVersion > 0 && slices.Contains(agreeWords, strings.ToLower(m.Text)) {
		return s.consent(ctx, m, who, action{Date: date, Of: who.notice(), Fix: withdrawal(latest)})
	}
	return s.askConsent(ctx, m, who)
}

// askWider asks somebody whose team's group hears more than they agreed to, once
// a month. Until they agree the group hears of them what it heard before.
func (s *Service) askWider(ctx context.Context, m bot.Message, who person) error {
	if who.policy.Group != visit.GroupWide || !s.Policy.ConsentRequired {
		return nil
	}
	c, err := s.latestConsent(ctx, who)
	if err != nil || !c.Holds() || c.Wide() {
		return err
	}
	first := s.Policy.DateIn(who.team, m.At).Month().First()
	card := s.noticeCard(m, who, first, "")
	card.Title, card.Footer = s.Say.T("consent.wider"), s.Say.T("consent.wider_footer")
	return s.Outbox.Say(ctx, bot.Post{ID: consentPost(m, who, who.notice(), first, ""), To: direct(m), Body: bot.Body{Card: card}})
}

// noticeCard is the notice with its button, whose Fix is the withdrawal that it comes after.
func (s *Service) noticeCard(m bot.Message, who person, date visit.Date, withdrawn string) *bot.Card {
	card := s.consentCard(who.notice())
	card.Buttons = []bot.Button{s.button(s.Say.T("button.agree"), bot.ButtonPrimary, m.At.Add(consentFor),
		action{Do: doConsent, Rep: who.ID, Date: date, Of: who.notice(), Fix: withdrawn})}
	return card
}

// consentCard is the text of a notice.
func (s *Service) consentCard(version string) *bot.Card {
	say := s.Say
	sees := "consent.who_text"
	if version == visit.ConsentWideNotice {
		sees = "consent.who_text_wide"
	}
	return &bot.Card{
		Title: say.T("consent.title"),
		Lines: []bot.Line{
			{Label: say.T("consent.what"), Text: say.T("consent.what_text", "Hours", s.Policy.WorkHours.String())},
			{Label: say.T("consent.long"), Text: say.T("consent.long_text",
				"Coordinates", say.Days(s.Policy.KeepCoordinates), "Photos", say.Days(s.Policy.KeepPhotos))},
			{Label: say.T("consent.who"), Text: say.T(sees)},
			{Label: say.T("consent.rights"), Text: say.T("consent.rights_text")},
		},
		Footer: say.T("consent.footer"),
	}
}

// consent records a yes to the notice that was shown.
func (s *Service) consent(ctx context.Context, m bot.Message, who person, a action) error {
	version := cmp.Or(a.Of, visit.ConsentNotice)
	latest, err := s.latestConsent(ctx, who)
	if err != nil {
		return err
	}
	if latest.Source != m.Key && (latest.Version == version || latest.Wide()) {
		return s.reply(ctx, m, s.text("consent.already"))
	}
	first := !latest.Holds() || latest.Source == m.Key
	err = s.Store.Consents().Put(ctx, visit.Consent{Rep: who.ID, Version: version, At: visit.Millis(m.At), Source: m.Key})
	if err != nil {
		return fmt.Errorf("keep a consent: %w", err)
	}
	card := s.consentCard(version)
	card.Tone = bot.ToneGood
	card.Title = s.Say.T("consent.given", "Time", s.Say.Clock(m.At.In(who.zone)))
	if card.Footer = ""; first {
		card.Footer = s.Say.T("consent.next")
	}
	return s.answerPress(ctx, m, consentPost(m, who, version, a.Date, a.Fix), bot.Body{Card: card}, 2)
}
