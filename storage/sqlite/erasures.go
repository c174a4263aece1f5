package sqlite

import (
	"bytes"
	"context"

	"roundsman/storage"
)

type erasures struct{ s *Store }

func (e erasures) Put(ctx context.Context, put storage.Erasure) (bool, error) {
	n, err := e.s.exec(ctx, "storing an erasure", `
		INSERT INTO erasures (id, rep, state, at, due, version, data) VALUES (?, ?, ?, ?, ?, ?, ?) ON CONFLICT (id) DO NOTHING`,
		put.ID, put.Rep, string(put.State), millis(put.At), millis(put.Due), put.Version, bytes.Clone(put.Data))
	return n > 0, err
}

func (e erasures) Swap(ctx context.Context, put storage.Erasure) error {
	const doing = "changing an erasure"
	n, err := e.s.exec(ctx, doing, "UPDATE erasures SET rep = ?, state = ?, at = ?, due = ?, version = ?, data = ? WHERE id = ? AND version = ?",
		put.Rep, string(put.State), millis(put.At), millis(put.Due), put.Version, bytes.Clone(put.Data), put.ID, put.Version-1)
	return conflictUnless(ctx, doing, n, err)
}

func scanErasure(row scanner) (e storage.Erasure, err error) {
	var at, due instant
	err = row.Scan(&e.ID, &e.Rep, &e.State, &at, &due, &e.Version, &e.Data)
	e.At, e.Due = at.Time, due.Time
	return e, err
}

func (e erasures) Get(ctx context.Context, id string) (storage.Erasure, error) {
	return one(ctx, e.s, "reading an erasure", scanErasure, "SELECT id, rep, state, at, due, version, data FROM erasures WHERE id = ?", id)
}

func (e erasures) Open(ctx context.Context) ([]storage.Erasure, error) {
	return many(ctx, e.s, "reading erasures", scanErasure,
		"SELECT id, rep, state, at, due, version, data FROM erasures WHERE state <> 'done' ORDER BY at, id")
}
