package handlers

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"roundsman/bot"
	"roundsman/privacy"
	"roundsman/storage"
	"roundsman/visit"
)

const (
	// lookedFor is how far back people see who looked at them; what is older is
	// in the record all the same.
	lookedFor = 90 * 24 * time.Hour
	// looksShown bounds the list, looksCounted what is counted beyond it.
	looksShown   = 15
	looksCounted = 1000
)

// noteLook records that the caller is about to be shown where others were. If
// it fails nothing may be shown.
func (s *Service) noteLook(ctx context.Context, c call, kind visit.ActKind, team, what string, about ...string) error {
	return privacy.Note(ctx, s.Store.Acts(), privacy.Look{Kind: kind, Cause: c.m.Key, At: c.m.At, By: c.who.ID, Team: team, What: what}, about...)
}

// whoLooked lists who looked at the person's whereabouts or photos.
func (s *Service) whoLooked(ctx context.Context, c call) error {
	looks, err := privacy.Looks(ctx, s.Store.Acts(), c.who.ID, c.m.At.Add(-lookedFor), looksCounted)
	if err != nil {
		return err
	}
	card := bot.Card{Title: s.Say.T("looked.title", "Days", s.Say.Days(lookedFor)), Footer: s.Say.T("looked.footer")}
	if len(looks) == 0 {
		card.Lines = []bot.Line{{Text: s.Say.T("looked.none")}}
	}
	for _, a := range looks[:min(len(looks), looksShown)] {
		name, err := s.looker(ctx, a.By)
		if err != nil {
			return err
		}
		text := name + " · " + s.looked(a.What)
		if a.Reason != "" {
			text += " · " + s.Say.T("looked.reason", "Reason", bot.CutBytes(a.Reason, 120))
		}
		card.Lines = append(card.Lines, bot.Line{Label: s.when(c, a.At), Text: text})
	}
	if more := len(looks) - looksShown; more > 0 {
		card.Lines = append(card.Lines, bot.Line{Kind: bot.LineQuiet, Text: s.Say.T("list.more", "Count", more)})
	}
	return s.reply(ctx, c.m, bot.Body{Card: &card})
}

// looker names whoever looked.
func (s *Service) looker(ctx context.Context, by string) (string, error) {
	switch by {
	case "":
		return s.Say.T("looked.by_itself"), nil
	case visit.Shell:
		return s.Say.T("looked.by_shell"), nil
	}
	rep, err := s.Store.Roster().Rep(ctx, by)
	if errors.Is(err, storage.ErrNotFound) {
		// An admin by configuration, or somebody who left.
		return s.Say.T("looked.by_other"), nil
	}
	if err != nil {
		return "", fmt.Errorf("read who looked: %w", err)
	}
	return rep.Name, nil
}

// looked says what was looked at: "map 2026-11-24", in words.
func (s *Service) looked(what string) string {
	kind, rest, _ := strings.Cut(what, " ")
	out := s.Say.T("looked." + kind)
	for word := range strings.FieldsSeq(rest) {
		if date, err := visit.ParseDate(word); err == nil {
			word = s.Say.Date(date.Time())
		}
		out += " " + word
	}
	return out
}
