package handlers

import (
	"context"
	"errors"
	"fmt"

	"roundsman/bot"
	"roundsman/privacy"
	"roundsman/storage"
	"roundsman/visit"
)

// askErase tells somebody what erasing them means, and asks for a tap.
func (s *Service) askErase(ctx context.Context, c call) error {
	if !c.who.onRoster {
		return s.reply(ctx, c.m, s.text("mydata.none"))
	}
	card := bot.Card{
		Title: s.Say.T("erase.ask"), Tone: bot.ToneWarn,
		Lines: []bot.Line{
			{Label: s.Say.T("erase.what"), Text: s.Say.T("erase.what_text")},
			{Label: s.Say.T("erase.when"), Text: s.Say.T("erase.when_text", "Days", s.Say.Days(s.Policy.EraseWithin))},
		},
		Footer: s.Say.T("erase.take"),
	}
	card.Buttons = s.askButtons("button.ask_erase", doAskErase, doCancel, action{Rep: c.who.ID, Of: "re/" + c.m.Key, At: visit.Millis(c.m.At)})
	return s.reply(ctx, c.m, bot.Body{Card: &card})
}

// askedErase records that somebody asks for their erasure, and tells the admins.
func (s *Service) askedErase(ctx context.Context, m bot.Message, who person) error {
	e, err := privacy.Ask(ctx, s.Store.Erasures(), m.Key, who.ID, m.At, s.Policy.EraseWithin, privacy.Request{Asked: true})
	if err != nil {
		return err
	}
	due := s.Say.Date(e.Due.In(who.zone))
	if e.ID != privacy.ErasureID(m.Key) {
		return s.reply(ctx, m, s.text("erase.asked_before", "Date", due))
	}
	err = s.tellAdmins(ctx, "erasure/"+e.ID+"/asked", "", s.text("erase.tell", "Name", who.Name, "Rep", who.ID, "Date", due))
	if err != nil {
		return err
	}
	s.Log.Info("an erasure is asked for", "erasure", e.ID)
	return s.reply(ctx, m, s.text("erase.asked", "Date", due))
}

// tellAdmins says something to every admin but one, once an id.
func (s *Service) tellAdmins(ctx context.Context, id, but string, body bot.Body) error {
	reps, err := s.Store.Roster().Reps(ctx)
	if err != nil {
		return fmt.Errorf("read the roster: %w", err)
	}
	for _, a := range bot.AdminsOf(reps, s.Admins) {
		if a.ID == but {
			continue
		}
		if err := s.Outbox.Say(ctx, bot.Post{ID: id + "/" + a.String(), To: a, Body: body}); err != nil {
			return err
		}
	}
	return nil
}

// eraseOther shows an admin what erasing somebody means, and asks for a tap.
func (s *Service) eraseOther(ctx context.Context, c call) error {
	if c.rest == "" {
		return s.reply(ctx, c.m, s.text("erase.usage"))
	}
	rep, ok, err := s.colleague(ctx, c, c.rest, func(id string) string { return "删除数据 " + id })
	if err != nil || !ok {
		return err
	}
	if rep.ID == c.who.ID {
		return s.reply(ctx, c.m, s.text("erase.not_self"))
	}
	card := bot.Card{Title: s.Say.T("erase.confirm", "Name", rep.Name), Tone: bot.ToneBad, Footer: s.Say.T("erase.final")}
	card.Lines = []bot.Line{{Label: s.Say.T("erase.what"), Text: s.Say.T("erase.what_text")}}
	e, err := privacy.OpenErasure(ctx, s.Store.Erasures(), rep.ID)
	if err != nil && !errors.Is(err, storage.ErrNotFound) {
		return err
	}
	if err == nil {
		card.Lines = append(card.Lines, bot.Line{Label: s.Say.T("erase.when"), Text: s.Say.T("erase.due", "Date", s.Say.Date(e.Due.In(c.who.zone)))})
	}
	held, err := privacy.Held(ctx, s.Store.Acts(), rep.ID)
	if err != nil {
		return err
	}
	if held {
		card.Lines = append(card.Lines, bot.Line{Label: s.Say.T("erase.held"), Text: s.Say.T("erase.held_text")})
	}
	card.Buttons = s.askButtons("button.erase", doErase, doCancel, action{Rep: c.who.ID, Fix: rep.ID, Of: "re/" + c.m.Key, At: visit.Millis(c.m.At)})
	return s.reply(ctx, c.m, bot.Body{Card: &card})
}

// confirmErase has somebody erased, if that admin may and one is enough.
func (s *Service) confirmErase(ctx context.Context, m bot.Message, who person, a action) error {
	if !who.Role.AtLeast(visit.RoleAdmin) {
		return s.reply(ctx, m, s.text("command.denied", "Role", s.Say.T("role."+string(visit.RoleAdmin))))
	}
	if a.Fix == who.ID {
		return s.reply(ctx, m, s.text("erase.not_self"))
	}
	// A tap that was answered did its work: handled again after a crash it must
	// not find nobody there.
	if done, err := s.answered(ctx, m); err != nil || done {
		return err
	}
	rep, err := s.Store.Roster().Rep(ctx, a.Fix)
	if errors.Is(err, storage.ErrNotFound) {
		return s.reply(ctx, m, s.text("erase.gone"))
	}
	if err != nil {
		return fmt.Errorf("read whom to erase: %w", err)
	}
	e, err := privacy.Ask(ctx, s.Store.Erasures(), m.Key, rep.ID, m.At, s.Policy.EraseWithin, privacy.Request{})
	if err != nil {
		return err
	}
	e, err = privacy.Confirm(ctx, s.Store, e, who.ID, "")
	if errors.Is(err, privacy.ErrHeld) {
		err = s.tellAdmins(ctx, "erasure/"+e.ID+"/second", m.From, s.text("erase.second", "Name", rep.Name, "Rep", rep.ID))
		if err != nil {
			return err
		}
		return s.reply(ctx, m, s.text("erase.waits"))
	}
	if err != nil {
		return err
	}
	s.Log.Info("an erasure is confirmed", "erasure", e.ID)
	if to := bot.Home(rep, s.names()); to != (bot.Address{}) {
		if err := s.Outbox.Say(ctx, bot.Post{ID: "erasure/" + e.ID + "/begins", To: to, Body: s.text("erase.begins")}); err != nil {
			return err
		}
	}
	return s.reply(ctx, m, s.text("erase.ready"))
}
