package privacy

import (
	"context"
	"fmt"
	"slices"

	"roundsman/storage"
	"roundsman/visit"
)

// keepEvery is after how many records somebody who looks through them says that
// they are still at it.
const keepEvery = 10_000

// survey looks once through the record for what is a person's or names them.
type survey struct {
	eraser *Eraser
	f      finder
	rep    string
	keep   func() error
	// photos are the keys of bytes that the person sent, others those that somebody
	// else sent too.
	photos []string
	others map[string]bool
	// found are the things that are sealed; unsealed says that there are others that are not.
	found    []thing
	unsealed bool
	some     []thing
	seen     int
}

func (s *survey) run(ctx context.Context) error {
	s.others = make(map[string]bool)
	theirs := make(map[string]bool)
	for _, sha := range s.photos {
		theirs[sha] = true
	}
	store := s.eraser.Store
	for fact, err := range store.Facts().Range(ctx, storage.FactFilter{Rep: s.rep}) {
		if err != nil {
			return fmt.Errorf("find what is a person's: %w", err)
		}
		if fact.Photo != nil && fact.Photo.SHA256 != "" && !theirs[fact.Photo.SHA256] {
			theirs[fact.Photo.SHA256], s.photos = true, append(s.photos, fact.Photo.SHA256)
		}
		if err := s.add(ctx, thing{storage.ThingFact, fact.ID}); err != nil {
			return err
		}
	}
	for fact, err := range store.Facts().Range(ctx, storage.FactFilter{}) {
		if err != nil {
			return fmt.Errorf("find who is named: %w", err)
		}
		if fact.Rep == s.rep {
			continue
		}
		if fact.Photo != nil && theirs[fact.Photo.SHA256] {
			s.others[fact.Photo.SHA256] = true
		}
		if err := s.names(ctx, s.inFact(fact), thing{storage.ThingFact, fact.ID}); err != nil {
			return err
		}
	}
	for act, err := range store.Acts().Range(ctx) {
		if err != nil {
			return fmt.Errorf("find who is named: %w", err)
		}
		if err := s.names(ctx, s.inAct(act), thing{storage.ThingAct, act.ID}); err != nil {
			return err
		}
	}
	return s.sealed(ctx)
}

func (s *survey) inFact(fact visit.Fact) bool {
	_, named := s.f.fact(fact)
	return named
}

func (s *survey) inAct(act visit.Act) bool {
	_, named := s.f.act(act)
	return named || act.About == s.rep
}

// names takes a thing if it names the person.
func (s *survey) names(ctx context.Context, named bool, t thing) error {
	if s.seen++; s.seen%keepEvery == 0 {
		if err := s.keep(); err != nil {
			return err
		}
	}
	if !named {
		return nil
	}
	return s.add(ctx, t)
}

func (s *survey) add(ctx context.Context, t thing) error {
	if s.some = append(s.some, t); len(s.some) < perStep {
		return nil
	}
	return s.sealed(ctx)
}

// sealed looks which of some things are sealed.
func (s *survey) sealed(ctx context.Context) error {
	for _, kind := range []storage.ThingKind{storage.ThingFact, storage.ThingAct} {
		var ids []string
		for _, t := range s.some {
			if t.Kind == kind {
				ids = append(ids, t.ID)
			}
		}
		if len(ids) == 0 {
			continue
		}
		things, err := s.eraser.Store.Record().Things(ctx, kind, ids...)
		if err != nil {
			return fmt.Errorf("read what is sealed: %w", err)
		}
		for _, t := range things {
			if t.Block == 0 {
				s.unsealed = true
			} else {
				s.found = append(s.found, thing{kind, t.ID()})
			}
		}
	}
	s.some = s.some[:0]
	return nil
}

// alone are the keys of the bytes that only the person sent.
func (s *survey) alone() []string {
	return slices.DeleteFunc(slices.Clone(s.photos), func(key string) bool { return s.others[key] })
}
