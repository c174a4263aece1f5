package sqlite

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"fmt"
	"iter"
	"math"
	"time"

	"roundsman/storage"
	"roundsman/visit"
)

// newSalt is a salt for one thing. It cannot fail: the process ends first.
func newSalt() []byte {
	b := make([]byte, 16)
	_, _ = rand.Read(b)
	return b
}

type record struct{ s *Store }

// blockDoc is a block as it is stored.
type blockDoc struct {
	At     int64     `json:"at"`
	Prev   []byte    `json:"prev"`
	Root   []byte    `json:"root"`
	Hash   []byte    `json:"hash"`
	Leaves []leafDoc `json:"leaves"`
}

type leafDoc struct {
	Kind    storage.ThingKind `json:"kind"`
	Of      string            `json:"of,omitempty"`
	Payload []byte            `json:"payload"`
	Place   []byte            `json:"place,omitempty"`
}

func newBlockDoc(b storage.Block) blockDoc {
	d := blockDoc{At: millis(b.At), Prev: b.Prev[:], Root: b.Root[:], Hash: b.Hash[:], Leaves: make([]leafDoc, len(b.Leaves))}
	for i, l := range b.Leaves {
		d.Leaves[i] = leafDoc{Kind: l.Kind, Of: l.Of, Payload: l.Payload[:]}
		if l.Place != [32]byte{} {
			d.Leaves[i].Place = l.Place[:]
		}
	}
	return d
}

func scanBlock(row scanner) (b storage.Block, err error) {
	var doc []byte
	if err := row.Scan(&b.Number, &doc); err != nil {
		return b, err
	}
	var d blockDoc
	if err := json.Unmarshal(doc, &d); err != nil {
		return b, fmt.Errorf("block %d: %w", b.Number, err)
	}
	b.At = time.UnixMilli(d.At).UTC()
	copy(b.Prev[:], d.Prev)
	copy(b.Root[:], d.Root)
	copy(b.Hash[:], d.Hash)
	b.Leaves = make([]storage.Leaf, len(d.Leaves))
	for i, l := range d.Leaves {
		b.Leaves[i] = storage.Leaf{Kind: l.Kind, Of: l.Of}
		copy(b.Leaves[i].Payload[:], l.Payload)
		copy(b.Leaves[i].Place[:], l.Place)
	}
	return b, nil
}

// sealedFact and sealedAct are what is read of a thing: with the columns that it
// is found by. A thing that these contradict, or that cannot be read, comes without
// its salt: whoever altered one of them has altered the thing.
const (
	sealedFact = "SELECT doc, id, rep, team, date, at, salt, place_salt, block FROM facts "
	sealedAct  = "SELECT doc, id, about, at, salt, block FROM acts "
)

func scanFact(row scanner) (t storage.Thing, err error) {
	var doc []byte
	var id, rep, team, date string
	var at instant
	if err := row.Scan(&doc, &id, &rep, &team, &date, &at, &t.Salt, &t.PlaceSalt, &t.Block); err != nil {
		return t, err
	}
	f := new(visit.Fact)
	if err := decode(doc, f); err != nil || f.ID != id || f.Rep != rep || f.Team != team || string(f.Date) != date || !f.At.Equal(at.Time) {
		f.ID, t.Salt = id, nil
	}
	t.Kind, t.Fact = storage.ThingFact, f
	return t, nil
}

func scanAct(row scanner) (t storage.Thing, err error) {
	var doc []byte
	var id, about string
	var at instant
	if err := row.Scan(&doc, &id, &about, &at, &t.Salt, &t.Block); err != nil {
		return t, err
	}
	a := new(visit.Act)
	if err := decode(doc, a); err != nil || a.ID != id || a.About != about || !a.At.Equal(at.Time) {
		a.ID, t.Salt = id, nil
	}
	t.Kind, t.Act = storage.ThingAct, a
	return t, nil
}

func (r record) Unsealed(ctx context.Context, limit int) ([]storage.Thing, error) {
	const doing = "reading what is not sealed"
	things, err := many(ctx, r.s, doing, scanFact,
		sealedFact+"WHERE block = 0 ORDER BY at, id LIMIT ?", limit)
	if err != nil || len(things) == limit {
		return things, err
	}
	acts, err := many(ctx, r.s, doing, scanAct,
		sealedAct+"WHERE block = 0 ORDER BY at, id LIMIT ?", limit-len(things))
	return append(things, acts...), err
}

func (r record) Seal(ctx context.Context, b storage.Block) error {
	const doing = "sealing a block"
	doc, err := encode(newBlockDoc(b))
	if err != nil {
		return translate(ctx, doing, err)
	}
	return r.s.write(ctx, doing, func(t *tx) error {
		n, err := t.exec("INSERT INTO blocks (number, doc) VALUES (?, ?) ON CONFLICT (number) DO NOTHING", b.Number, doc)
		if err != nil {
			return err
		}
		if n == 0 {
			return storage.ErrConflict
		}
		salted := int64(0)
		for _, l := range b.Leaves {
			if l.Salt != nil {
				salted++
			}
		}
		marked, err := mark(t, b)
		if err == nil && marked < salted {
			err = storage.ErrConflict
		}
		return err
	})
}

func (r record) Settle(ctx context.Context, b storage.Block) error {
	return r.s.write(ctx, "marking what is sealed", func(t *tx) error {
		_, err := mark(t, b)
		return err
	})
}

// mark marks what a block holds and is as it was, and returns how much that is.
func mark(t *tx, b storage.Block) (marked int64, err error) {
	for _, l := range b.Leaves {
		if l.Salt == nil {
			continue
		}
		query := "UPDATE facts SET block = ? WHERE id = ? AND block = 0 AND salt = ?"
		if l.Kind == storage.ThingAct {
			query = "UPDATE acts SET block = ? WHERE id = ? AND block = 0 AND salt = ?"
		}
		n, err := t.exec(query, b.Number, l.Of, l.Salt)
		if err != nil {
			return marked, err
		}
		marked += n
	}
	return marked, nil
}

func (r record) Head(ctx context.Context) (storage.Block, error) {
	return one(ctx, r.s, "reading the head of the record", scanBlock, "SELECT number, doc FROM blocks ORDER BY number DESC LIMIT 1")
}

// blockPage is how many blocks are read at once.
const blockPage = 16

func (r record) Blocks(ctx context.Context, from int64) iter.Seq2[storage.Block, error] {
	return func(yield func(storage.Block, error) bool) {
		for {
			page, err := many(ctx, r.s, "reading the record", scanBlock, "SELECT number, doc FROM blocks WHERE number >= ? ORDER BY number LIMIT ?", from, blockPage)
			if err != nil {
				yield(storage.Block{}, err)
				return
			}
			for _, b := range page {
				if !yield(b, nil) {
					return
				}
				from = b.Number + 1
			}
			if len(page) < blockPage {
				return
			}
		}
	}
}

func (r record) Things(ctx context.Context, kind storage.ThingKind, ids ...string) ([]storage.Thing, error) {
	const doing = "reading what is sealed"
	list, err := encode(ids)
	if err != nil {
		return nil, translate(ctx, doing, err)
	}
	if kind == storage.ThingAct {
		return many(ctx, r.s, doing, scanAct, sealedAct+"WHERE id IN (SELECT value FROM json_each(?))", list)
	}
	return many(ctx, r.s, doing, scanFact, sealedFact+"WHERE id IN (SELECT value FROM json_each(?))", list)
}

func (r record) Sealed(ctx context.Context) (int, error) {
	const doing = "counting what is sealed"
	facts, err := one(ctx, r.s, doing, scanOne[int], "SELECT (SELECT count(*) FROM facts) - (SELECT count(*) FROM facts WHERE block = 0)")
	if err != nil {
		return 0, err
	}
	acts, err := one(ctx, r.s, doing, scanOne[int], "SELECT (SELECT count(*) FROM acts) - (SELECT count(*) FROM acts WHERE block = 0)")
	return facts + acts, err
}

type acts struct{ s *Store }

func (a acts) Append(ctx context.Context, add ...visit.Act) error {
	const doing = "appending acts"
	docs := make([]string, len(add))
	for i, act := range add {
		act.At = visit.Millis(act.At)
		doc, err := encode(act)
		if err != nil {
			return translate(ctx, doing, err)
		}
		docs[i] = doc
	}
	return a.s.write(ctx, doing, func(t *tx) error {
		for i, act := range add {
			_, err := t.exec("INSERT INTO acts (id, about, at, salt, block, doc) VALUES (?, ?, ?, ?, 0, ?) ON CONFLICT (id) DO NOTHING",
				act.ID, act.About, millis(act.At), newSalt(), docs[i])
			if err != nil {
				return err
			}
		}
		return nil
	})
}

func (a acts) About(ctx context.Context, person string, from time.Time, limit int) ([]visit.Act, error) {
	return many(ctx, a.s, "reading acts", scanDoc[visit.Act],
		"SELECT doc FROM acts WHERE about = ? AND at >= ? ORDER BY at DESC, id DESC LIMIT ?", person, millis(from), limit)
}

// actPage is how many acts are read at once.
const actPage = 500

func (a acts) Range(ctx context.Context) iter.Seq2[visit.Act, error] {
	return func(yield func(visit.Act, error) bool) {
		at, id := int64(math.MinInt64), ""
		for {
			page, err := many(ctx, a.s, "reading acts", scanDoc[visit.Act],
				"SELECT doc FROM acts WHERE (at, id) > (?, ?) ORDER BY at, id LIMIT ?", at, id, actPage)
			if err != nil {
				yield(visit.Act{}, err)
				return
			}
			for _, act := range page {
				if !yield(act, nil) {
					return
				}
				at, id = millis(act.At), act.ID
			}
			if len(page) < actPage {
				return
			}
		}
	}
}
