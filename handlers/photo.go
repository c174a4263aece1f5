package handlers

import (
	"context"
	"fmt"
	"slices"
	"strconv"

	"roundsman/bot"
	"roundsman/storage"
	"roundsman/visit"
)

// photos takes photos, with the words that came with them. The bytes are
// fetched by a queue of their own.
func (s *Service) photos(ctx context.Context, m bot.Message, who person) error {
	if ok, err := s.admit(ctx, m, who); err != nil || !ok {
		return err
	}
	var facts []visit.Fact
	for i, media := range m.Media {
		f := s.fact(m, who, visit.KindPhoto, "photo/"+strconv.Itoa(i), func(f *visit.Fact) { f.Photo = &visit.Photo{} })
		facts = append(facts, f)
		err := s.Store.Media().Enqueue(ctx, storage.Fetch{
			ID: f.ID, Rep: f.Rep, Date: f.Date, Platform: m.Platform, Message: m.ID,
			Resource: media.Resource, File: media.File, Name: media.Name,
			Created: visit.Millis(s.Now()), Next: visit.Millis(s.Now()),
		})
		if err != nil {
			return fmt.Errorf("queue a photo: %w", err)
		}
	}
	if m.Text != "" {
		facts = append(facts, s.fact(m, who, visit.KindNote, "note", func(f *visit.Fact) { f.Note = m.Text }))
	}
	if _, err := s.advance(ctx, who, tap{}, facts...); err != nil {
		return err
	}
	s.FetchPhotos()
	return nil
}

// note keeps a text for the visit in progress, or for the one whose location
// is still to come.
func (s *Service) note(ctx context.Context, m bot.Message, who person) error {
	agreed, err := s.agreed(ctx, who)
	if err != nil {
		return err
	}
	switch {
	case !who.onRoster:
		return s.reply(ctx, m, s.text("checkin.not_on_roster"))
	case !agreed:
		return s.beforeConsent(ctx, m, who)
	}
	f := s.fact(m, who, visit.KindNote, "note", func(f *visit.Fact) { f.Note = m.Text })
	if _, err := s.advance(ctx, who, tap{}, f); err != nil {
		return err
	}
	plan, facts, err := s.day(ctx, who.ID, f.Date)
	if err != nil {
		return err
	}
	loose := visit.Fold(plan, facts).LooseNotes
	if !slices.ContainsFunc(loose, func(n visit.NoteState) bool { return n.ID == f.ID }) {
		return nil
	}
	// Two messages sent at once may arrive in the other order: the location may
	// be a moment behind, and then takes this answer back.
	return s.Outbox.Say(ctx, bot.Post{
		ID: notePost(f.ID), To: direct(m), Body: s.text("note.no_visit"), Version: 1, NotBefore: s.Now().Add(overtaken),
	})
}

// notePost is the id of the answer to a text that belongs to no visit.
func notePost(fact string) string { return "note/" + fact }
