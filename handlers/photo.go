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
	facts, err := s.queuePhotos(ctx, m, who)
	if err != nil {
		return err
	}
	said, bad := s.words(m, who)
	facts = append(facts, said...)
	if _, err := s.advance(ctx, who, tap{}, facts...); err != nil {
		return err
	}
	s.FetchPhotos()
	if bad != "" {
		return s.reply(ctx, m, s.badAmount(bad))
	}
	return nil
}

// queuePhotos makes facts of a message's photos and has their bytes fetched.
func (s *Service) queuePhotos(ctx context.Context, m bot.Message, who person) (facts []visit.Fact, err error) {
	for i, media := range m.Media {
		f := s.fact(m, who, visit.KindPhoto, "photo/"+strconv.Itoa(i), func(f *visit.Fact) { f.Photo = &visit.Photo{} })
		facts = append(facts, f)
		err := s.Store.Media().Enqueue(ctx, storage.Fetch{
			ID: f.ID, Rep: f.Rep, Date: f.Date, Platform: m.Platform, Message: m.ID,
			Resource: media.Resource, File: media.File, Name: media.Name,
			Created: visit.Millis(s.Now()), Next: visit.Millis(s.Now()),
		})
		if err != nil {
			return nil, fmt.Errorf("queue a photo: %w", err)
		}
	}
	return facts, nil
}

// words are the facts of a text in a visit: what came of it, and what else is
// said. Of a text with an amount that cannot be read nothing is kept.
func (s *Service) words(m bot.Message, who person) (facts []visit.Fact, bad string) {
	if m.Text == "" {
		return nil, ""
	}
	w := parseResult(m.Text)
	if w.bad != "" {
		return nil, w.bad
	}
	if !w.result.IsZero() {
		facts = append(facts, s.fact(m, who, visit.KindResult, "result", func(f *visit.Fact) { f.Result = &w.result }))
	}
	if w.note != "" {
		facts = append(facts, s.fact(m, who, visit.KindNote, "note", func(f *visit.Fact) { f.Note = w.note }))
	}
	return facts, ""
}

// badAmount says that an amount was not understood.
func (s *Service) badAmount(word string) bot.Body {
	return s.text("result.bad_amount", "Word", bot.CutBytes(word, 60))
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
	added, bad := s.words(m, who)
	if bad != "" {
		return s.reply(ctx, m, s.badAmount(bad))
	}
	if len(added) == 0 {
		return nil
	}
	if _, err := s.advance(ctx, who, tap{}, added...); err != nil {
		return err
	}
	if r := added[0]; r.Result != nil {
		if err := s.delivered(ctx, m, who, r); err != nil {
			return err
		}
	}
	plan, facts, err := s.day(ctx, who.ID, added[0].Date)
	if err != nil {
		return err
	}
	loose := visit.Fold(plan, facts).LooseWords()
	if !slices.Contains(loose, added[0].ID) {
		return nil
	}
	// Two messages sent at once may arrive in the other order: the location may
	// be a moment behind, and then takes this answer back.
	return s.Outbox.Say(ctx, bot.Post{
		ID: notePost(added[0].ID), To: direct(m), Body: s.text("note.no_visit"), Version: 1, NotBefore: s.Now().Add(overtaken),
	})
}

// notePost is the id of the answer to a text that belongs to no visit.
func notePost(fact string) string { return "note/" + fact }
