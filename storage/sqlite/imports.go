package sqlite

import (
	"bytes"
	"context"
	"time"

	"roundsman/storage"
)

type imports struct{ s *Store }

func (i imports) Put(ctx context.Context, job storage.Import) error {
	_, err := i.s.exec(ctx, "storing an import", `
		INSERT INTO imports (id, kind, at, rows, data, done) VALUES (?, ?, ?, ?, ?, ?)
		ON CONFLICT (id) DO UPDATE SET kind = excluded.kind, at = excluded.at, rows = excluded.rows, data = excluded.data, done = 0
		WHERE done = 1`, job.ID, job.Kind, millis(job.At), job.Rows, bytes.Clone(job.Data), job.Done)
	return err
}

func (i imports) Hold(ctx context.Context, job storage.Import) error {
	_, err := i.s.exec(ctx, "holding an import",
		"INSERT INTO imports (id, kind, at, rows, data, done, held) VALUES (?, ?, ?, ?, ?, 0, 1) ON CONFLICT (id) DO NOTHING",
		job.ID, job.Kind, millis(job.At), job.Rows, bytes.Clone(job.Data))
	return err
}

func scanImport(row scanner) (job storage.Import, err error) {
	var at instant
	err = row.Scan(&job.ID, &job.Kind, &at, &job.Rows, &job.Data, &job.Done, &job.Held)
	job.At = at.Time
	return job, err
}

func (i imports) Get(ctx context.Context, id string) (storage.Import, error) {
	return one(ctx, i.s, "reading an import", scanImport, "SELECT id, kind, at, rows, data, done, held FROM imports WHERE id = ?", id)
}

func (i imports) Release(ctx context.Context, id string, at time.Time) error {
	_, err := i.s.exec(ctx, "releasing an import", "UPDATE imports SET held = 0, at = ? WHERE id = ? AND held = 1", millis(at), id)
	return err
}

func (i imports) Drop(ctx context.Context, id string) error {
	_, err := i.s.exec(ctx, "dropping an import", "DELETE FROM imports WHERE id = ? AND held = 1", id)
	return err
}

func (i imports) Sweep(ctx context.Context, before time.Time) (int, error) {
	return i.s.sweep(ctx, "sweeping imports", sweepBatch, `
		DELETE FROM imports WHERE id IN (SELECT id FROM imports WHERE done = 0 AND held = 1 AND at < ? ORDER BY at, id LIMIT ?)`, millis(before))
}

func (i imports) Pending(ctx context.Context) ([]storage.Import, error) {
	return many(ctx, i.s, "reading imports", scanImport,
		"SELECT id, kind, at, rows, data, done, held FROM imports WHERE done = 0 AND held = 0 ORDER BY at, id")
}

func (i imports) Done(ctx context.Context, id string) error {
	_, err := i.s.exec(ctx, "finishing an import", "UPDATE imports SET done = 1, data = NULL WHERE id = ? AND done = 0", id)
	return err
}
