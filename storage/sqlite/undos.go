package sqlite

import (
	"bytes"
	"context"
	"time"

	"roundsman/storage"
)

type undos struct{ s *Store }

func (u undos) Put(ctx context.Context, put storage.Undo) error {
	_, err := u.s.exec(ctx, "storing what can be undone", `
		INSERT INTO undos (id, kind, by, cause, at, data, undone_by) VALUES (?, ?, ?, ?, ?, ?, ?) ON CONFLICT (id) DO NOTHING`,
		put.ID, put.Kind, put.By, put.Cause, millis(put.At), bytes.Clone(put.Data), put.UndoneBy)
	return err
}

func scanUndo(row scanner) (u storage.Undo, err error) {
	var at instant
	err = row.Scan(&u.ID, &u.Kind, &u.By, &u.Cause, &at, &u.Data, &u.UndoneBy)
	u.At = at.Time
	return u, err
}

func (u undos) Get(ctx context.Context, id string) (storage.Undo, error) {
	return one(ctx, u.s, "reading what can be undone", scanUndo,
		"SELECT id, kind, by, cause, at, data, undone_by FROM undos WHERE id = ?", id)
}

func (u undos) Latest(ctx context.Context, until time.Time) (storage.Undo, error) {
	return one(ctx, u.s, "reading what can be undone", scanUndo,
		"SELECT id, kind, by, cause, at, data, undone_by FROM undos WHERE at <= ? ORDER BY at DESC, id DESC LIMIT 1", millis(until))
}

func (u undos) Undone(ctx context.Context, id, by string) error {
	const doing = "marking what was undone"
	n, err := u.s.exec(ctx, doing, "UPDATE undos SET undone_by = ?1 WHERE id = ?2 AND undone_by IN ('', ?1)", by, id)
	if err != nil || n > 0 {
		return err
	}
	if _, err := u.Get(ctx, id); err != nil {
		return err
	}
	return translate(ctx, doing, storage.ErrConflict)
}

func (u undos) Sweep(ctx context.Context, before time.Time) (int, error) {
	return u.s.sweep(ctx, "sweeping what can be undone", sweepBatch,
		"DELETE FROM undos WHERE id IN (SELECT id FROM undos WHERE at < ? ORDER BY at, id LIMIT ?)", millis(before))
}
