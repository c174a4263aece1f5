package handlers

import (
	"context"
	"errors"
	"fmt"

	"roundsman/photo"
	"roundsman/storage"
	"roundsman/visit"
)

// alikeShown bounds, of each kind, the photos that a new one is compared with.
const alikeShown = 50

// examined says what speaks against a photo whose bytes are there: kept is that
// fact, sent the one by which the rep sent it.
func (s *Service) examined(ctx context.Context, who person, sent, kept visit.Fact) (visit.Fact, error) {
	old, err := s.Store.Facts().Get(ctx, kept.ID)
	if err == nil {
		return old, nil // judged before a crash, by what was known then
	}
	if !errors.Is(err, storage.ErrNotFound) {
		return kept, fmt.Errorf("find the photo: %w", err)
	}
	plan, facts, err := s.day(ctx, who.ID, sent.Date)
	if err != nil {
		return kept, err
	}
	v := withPhoto(visit.Fold(plan, facts), sent.ID)
	look := kept.Photo.Look
	looks := storage.Print{Photo: sent.ID, SHA256: kept.Photo.SHA256, D: look.D, P: look.P, Rep: who.ID, At: visit.Millis(sent.At)}
	found, err := s.Store.Media().Alike(ctx, looks, alikeShown)
	if err != nil {
		return kept, fmt.Errorf("look for the same photo: %w", err)
	}
	var twins []visit.Twin
	for _, p := range found {
		file := p.SHA256 == looks.SHA256
		if !file && photo.Similar(photo.Hash{D: p.D, P: p.P}, photo.Hash{D: looks.D, P: looks.P}) != photo.Same || v.holds(p.Photo) {
			continue
		}
		twins = append(twins, visit.Twin{Photo: p.Photo, Rep: p.Rep, At: p.At, File: file})
	}
	if err := s.Store.Media().PutPrint(ctx, looks); err != nil {
		return kept, fmt.Errorf("keep what the photo looks like: %w", err)
	}
	examined := *kept.Photo
	examined.Signals = visit.PhotoSignals(who.ID, sent.At, *look, v.fix(), twins)
	kept.Photo = &examined
	return kept, nil
}

// album is the visit that a photo belongs to, if any, else the photos that belong to none yet.
type album struct {
	visit  *visit.Visit
	photos []visit.PhotoState
}

func withPhoto(d visit.Day, id string) album {
	for i := range d.Visits {
		a := album{&d.Visits[i], d.Visits[i].Photos}
		if a.holds(id) {
			return a
		}
	}
	return album{photos: d.Loose}
}

func (a album) holds(id string) bool {
	for _, p := range a.photos {
		if p.ID == id {
			return true
		}
	}
	return false
}

func (a album) fix() *visit.Fix {
	if a.visit == nil {
		return nil
	}
	return &a.visit.Fix
}

// photosBefore says what speaks against a location that comes after its photos:
// that their camera was elsewhere.
func photosBefore(fix visit.Fact, today []visit.Fact) []visit.Signal {
	sent := make(map[string]visit.Fact)
	for _, f := range today {
		if f.Kind == visit.KindPhoto {
			sent[f.ID] = f
		}
	}
	var out []visit.Signal
	for _, f := range today {
		if f.Kind != visit.KindPhotoKept || f.Photo == nil || f.Photo.Look == nil {
			continue
		}
		p, ok := sent[f.Photo.Of]
		if lead := fix.At.Sub(p.At); !ok || lead < 0 || lead > visit.PhotoLead {
			continue
		}
		out = append(out, visit.PhotoSignals(fix.Rep, p.At, visit.Look{Place: f.Photo.Look.Place}, fix.Fix, nil)...)
	}
	return out
}
