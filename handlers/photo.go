package handlers

import (
	"context"
	"fmt"
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
	if err := s.advance(ctx, who, tap{}, facts...); err != nil {
		return err
	}
	s.FetchPhotos()
	return nil
}

// note keeps a text for the visit in progress.
func (s *Service) note(ctx context.Context, m bot.Message, who person) error {
	date := s.Policy.DateIn(who.team, m.At)
	plan, facts, err := s.day(ctx, who.ID, date)
	if err != nil {
		return err
	}
	day := visit.Fold(plan, facts)
	open := false
	for _, v := range day.Visits {
		// Of several, the one that was in progress when the text was written.
		open = open || v.Open(m.At) || !m.At.Before(v.Start) && m.At.Before(v.End)
	}
	if !open {
		return s.reply(ctx, m, s.text("note.no_visit"))
	}
	return s.advance(ctx, who, tap{}, s.fact(m, who, visit.KindNote, "note", func(f *visit.Fact) { f.Note = m.Text }))
}
