package notary

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"roundsman/record"
	"roundsman/storage"
	"roundsman/visit"
)

// ErrUnsealed says that what is to be proved is in no block yet.
var ErrUnsealed = errors.New("it is not sealed yet; try again in a minute")

// Prove makes the proof of a check-in: its location and every fact that is about
// it, with the chain up to the end of the next day, in which the head lies that
// was given out that evening. Where the person was is shown only if asked for.
// It fails with storage.ErrNotFound if there is no such check-in.
func Prove(ctx context.Context, store Kept, id string, withPlace bool) (record.Proof, error) {
	p := record.Proof{Version: record.Version}
	fix, err := store.Facts().Get(ctx, id)
	if err == nil && fix.Kind != visit.KindFix {
		err = storage.ErrNotFound
	}
	if err != nil {
		return p, fmt.Errorf("find the check-in: %w", err)
	}
	day, err := store.Facts().Day(ctx, fix.Rep, fix.Date)
	if err != nil {
		return p, fmt.Errorf("read the day: %w", err)
	}
	var ids []string
	for _, f := range about(id, day) {
		ids = append(ids, f.ID)
	}
	things, err := store.Record().Things(ctx, storage.ThingFact, ids...)
	if err != nil {
		return p, fmt.Errorf("read what is to be proved: %w", err)
	}
	slices.SortFunc(things, func(a, b storage.Thing) int { return slices.Index(ids, a.ID()) - slices.Index(ids, b.ID()) })
	first := int64(0)
	for _, t := range things {
		if t.Block == 0 {
			return p, ErrUnsealed
		}
		if first == 0 || t.Block < first {
			first = t.Block
		}
	}
	if first == 0 {
		return p, fmt.Errorf("find the check-in: %w", storage.ErrNotFound)
	}
	err = prove(ctx, store.Record(), &p, things, first, withPlace)
	return p, err
}

// about are the facts that are about a visit, the one that began it first.
func about(visitID string, day []visit.Fact) []visit.Fact {
	photos := make(map[string]bool)
	if v := visit.Fold(nil, day).Visit(visitID); v != nil {
		for _, p := range v.Photos {
			photos[p.ID] = true
		}
	}
	var out []visit.Fact
	for _, f := range day {
		switch {
		case f.ID == visitID:
			out = slices.Insert(out, 0, f)
		case f.Visit == visitID, f.Choice != nil && f.Choice.Fix == visitID, f.Result != nil && f.Result.Visit == visitID,
			f.Decision != nil && f.Decision.Visit == visitID, photos[f.ID], f.Photo != nil && photos[f.Photo.Of]:
			out = append(out, f)
		}
	}
	return out
}

// longestProof bounds how far a proof reaches beyond its first block.
const longestProof = 48 * time.Hour

func prove(ctx context.Context, store storage.Record, p *record.Proof, things []storage.Thing, first int64, withPlace bool) error {
	last := int64(0)
	for _, t := range things {
		last = max(last, t.Block)
	}
	var until time.Time
	for b, err := range store.Blocks(ctx, first) {
		if err != nil {
			return fmt.Errorf("read the record: %w", err)
		}
		if until.IsZero() {
			until = b.At.Add(longestProof)
		}
		if b.Number > last && b.At.After(until) {
			break
		}
		p.Chain = append(p.Chain, header(b))
		for _, t := range things {
			if t.Block != b.Number {
				continue
			}
			i := slices.IndexFunc(b.Leaves, func(l storage.Leaf) bool { return l.Kind == t.Kind && l.Of == t.ID() })
			if i < 0 {
				return &Problem{Block: uint64(b.Number), Index: -1, Kind: t.Kind, ID: t.ID(), Err: ErrExtra}
			}
			payload, place, err := bytesOf(t)
			if err != nil {
				return err
			}
			s := record.Shown{Payload: payload, Salt: t.Salt, Block: uint64(b.Number), Index: i, Path: record.Path(leaves(b), i)}
			if withPlace && place != nil {
				s.Place, s.PlaceSalt = place, t.PlaceSalt
			} else {
				s.PlaceHash = b.Leaves[i].Place
			}
			p.Things = append(p.Things, s)
		}
	}
	_, err := p.Verify()
	return err
}
