package handlers

import (
	"context"
	"fmt"

	"roundsman/bot"
	"roundsman/visit"
)

// askWithdraw tells what taking a consent back means, and asks for a tap.
func (s *Service) askWithdraw(ctx context.Context, c call) error {
	if !c.who.onRoster {
		return s.reply(ctx, c.m, s.text("checkin.not_on_roster"))
	}
	agreed, err := s.agreed(ctx, c.who)
	if err != nil {
		return err
	}
	if !agreed {
		return s.reply(ctx, c.m, s.text("withdraw.none"))
	}
	card := bot.Card{Title: s.Say.T("withdraw.title"), Tone: bot.ToneWarn, Lines: s.withdrawLines(), Footer: s.Say.T("withdraw.footer")}
	card.Buttons = s.askButtons("button.withdraw", doWithdraw, doCancel, action{Rep: c.who.ID, Of: "re/" + c.m.Key, At: visit.Millis(c.m.At)})
	return s.reply(ctx, c.m, bot.Body{Card: &card})
}

// withdrawLines say what ends, what stays and for how long, and how to have it erased.
func (s *Service) withdrawLines() []bot.Line {
	say := s.Say
	return []bot.Line{
		{Label: say.T("withdraw.ends"), Text: say.T("withdraw.ends_text")},
		{Label: say.T("withdraw.stays"), Text: say.T("withdraw.stays_text",
			"Coordinates", say.Days(s.Policy.KeepCoordinates), "Photos", say.Days(s.Policy.KeepPhotos))},
		{Label: say.T("withdraw.erase"), Text: say.T("withdraw.erase_text")},
	}
}

// withdraw takes a consent back: nothing of a location or a photo is kept from
// now on. The record of it is a consent that does not hold, so that the newest
// word counts, in whatever order the words are handled.
func (s *Service) withdraw(ctx context.Context, m bot.Message, who person, a action) error {
	err := s.Store.Consents().Put(ctx, visit.Consent{Rep: who.ID, Version: visit.ConsentWithdrawn, At: visit.Millis(m.At), Source: m.Key})
	if err != nil {
		return fmt.Errorf("keep the withdrawal of a consent: %w", err)
	}
	s.mu.Lock()
	delete(s.passive, who.ID)
	s.mu.Unlock()
	card := bot.Card{
		Title: s.Say.T("withdraw.done", "Time", s.Say.Clock(m.At.In(who.zone))), Tone: bot.ToneGood,
		Lines: s.withdrawLines()[1:], Footer: s.Say.T("withdraw.again"),
	}
	return s.answerPress(ctx, m, a.Of, bot.Body{Card: &card}, 2)
}
