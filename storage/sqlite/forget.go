package sqlite

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"slices"

	"roundsman/storage"
	"roundsman/visit"
)

// forgetBatch bounds how many things are forgotten between two other writes:
// each may be in a block of its own.
const forgetBatch = 50

// tableOf is where things of a kind are.
func tableOf(kind storage.ThingKind) string {
	if kind == storage.ThingAct {
		return "acts"
	}
	return "facts"
}

func (r record) Forget(ctx context.Context, kind storage.ThingKind, ids ...string) error {
	const doing = "forgetting what is sealed"
	table := tableOf(kind)
	for some := range slices.Chunk(ids, forgetBatch) {
		err := r.s.write(ctx, doing, func(t *tx) error {
			if err := unname(t, kind, some); err != nil {
				return err
			}
			for _, id := range some {
				if _, err := t.exec("DELETE FROM "+table+" WHERE id = ?", id); err != nil {
					return err
				}
			}
			return nil
		})
		if err != nil {
			return err
		}
	}
	return nil
}

func (r record) Replace(ctx context.Context, thing storage.Thing) error {
	const doing = "replacing what is sealed"
	var change func(*tx) error
	if thing.Act != nil {
		act := *thing.Act
		act.At = visit.Millis(act.At)
		doc, err := encode(act)
		if err != nil {
			return translate(ctx, doing, err)
		}
		change = func(t *tx) error {
			_, err := t.exec("UPDATE acts SET about = ?, at = ?, salt = ?, block = 0, doc = ? WHERE id = ?", act.About, millis(act.At), newSalt(), doc, act.ID)
			return err
		}
	} else {
		f := thing.Fact.Rounded()
		doc, err := encode(f)
		if err != nil {
			return translate(ctx, doing, err)
		}
		var place []byte
		if f.Located() {
			place = newSalt()
		}
		change = func(t *tx) error {
			_, err := t.exec("UPDATE facts SET rep = ?, team = ?, date = ?, at = ?, located = ?, salt = ?, place_salt = ?, block = 0, doc = ? WHERE id = ?",
				f.Rep, f.Team, string(f.Date), millis(f.At), f.Located(), newSalt(), place, doc, f.ID)
			return err
		}
	}
	return r.s.write(ctx, doing, func(t *tx) error {
		if err := unname(t, thing.Kind, []string{thing.ID()}); err != nil {
			return err
		}
		return change(t)
	})
}

// unname takes things out of the leaves that name them.
func unname(t *tx, kind storage.ThingKind, ids []string) error {
	blocks := make(map[int64]bool)
	for _, id := range ids {
		var number int64
		err := t.row("SELECT block FROM "+tableOf(kind)+" WHERE id = ?", id).Scan(&number)
		if err != nil && !errors.Is(err, sql.ErrNoRows) {
			return err
		}
		if number > 0 {
			blocks[number] = true
		}
	}
	for number := range blocks {
		var doc []byte
		if err := t.row("SELECT doc FROM blocks WHERE number = ?", number).Scan(&doc); err != nil {
			return fmt.Errorf("block %d: %w", number, err)
		}
		var d blockDoc
		if err := json.Unmarshal(doc, &d); err != nil {
			return fmt.Errorf("block %d: %w", number, err)
		}
		for i, l := range d.Leaves {
			if l.Kind == kind && slices.Contains(ids, l.Of) {
				d.Leaves[i].Of = ""
			}
		}
		text, err := encode(d)
		if err != nil {
			return err
		}
		if _, err := t.exec("UPDATE blocks SET doc = ? WHERE number = ?", text, number); err != nil {
			return err
		}
	}
	return nil
}
