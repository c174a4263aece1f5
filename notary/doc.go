// Package notary seals what the store keeps into the record, and says whether
// the record still holds: it is what package record is to bytes, to facts and acts.
//
// One process at a time seals, by a lease; anyone may verify. It must not know
// platforms, texts or why something is kept.
package notary

import (
	"context"
	"fmt"

	"roundsman/record"
	"roundsman/storage"
)

// leafOf commits to a thing.
func leafOf(t storage.Thing) (record.Leaf, error) {
	payload, place, err := bytesOf(t)
	if err != nil {
		return record.Leaf{}, err
	}
	l := record.Leaf{Payload: record.Commit(t.Salt, payload)}
	if place != nil {
		l.Place = record.Commit(t.PlaceSalt, place)
	}
	return l, nil
}

// bytesOf are what is sealed of a thing: what stays, and where a person was, if it says.
func bytesOf(t storage.Thing) (payload, place []byte, err error) {
	if t.Act != nil {
		payload, err = t.Act.Payload()
		return payload, nil, err
	}
	if payload, err = t.Fact.Payload(); err != nil {
		return nil, nil, err
	}
	place, err = t.Fact.Place()
	return payload, place, err
}

// Hashes returns the record's commitments to facts, without where the person was,
// as hex digits by the facts' ids. What is not sealed yet has none.
func Hashes(ctx context.Context, store storage.Record, ids ...string) (map[string]string, error) {
	things, err := store.Things(ctx, storage.ThingFact, ids...)
	if err != nil {
		return nil, fmt.Errorf("read what is sealed: %w", err)
	}
	out := make(map[string]string, len(things))
	for _, t := range things {
		if t.Block == 0 {
			continue
		}
		l, err := leafOf(t)
		if err != nil {
			return nil, err
		}
		out[t.ID()] = l.Payload.String()
	}
	return out, nil
}

// leaves are a block's as package record has them.
func leaves(b storage.Block) []record.Leaf {
	out := make([]record.Leaf, len(b.Leaves))
	for i, l := range b.Leaves {
		out[i] = record.Leaf{Payload: l.Payload, Place: l.Place}
	}
	return out
}

// header is a block's as package record has it.
func header(b storage.Block) record.Header {
	return record.Header{Number: uint64(b.Number), Count: uint32(len(b.Leaves)), At: b.At, Prev: b.Prev, Root: b.Root}
}

// Head returns the number and the hash of the newest block, which is what a
// witness keeps, or storage.ErrNotFound.
func Head(ctx context.Context, store storage.Record) (record.Head, error) {
	b, err := store.Head(ctx)
	if err != nil {
		return record.Head{}, fmt.Errorf("read the head of the record: %w", err)
	}
	return header(b).Head(), nil
}
