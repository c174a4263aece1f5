package sqlite

import (
	"bytes"
	"context"

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

func (i imports) Pending(ctx context.Context) ([]storage.Import, error) {
	return many(ctx, i.s, "reading imports", func(row scanner) (storage.Import, error) {
		var job storage.Import
		var at instant
		err := row.Scan(&job.ID, &job.Kind, &at, &job.Rows, &job.Data, &job.Done)
		job.At = at.Time
		return job, err
	}, "SELECT id, kind, at, rows, data, done FROM imports WHERE done = 0 ORDER BY at, id")
}

func (i imports) Done(ctx context.Context, id string) error {
	_, err := i.s.exec(ctx, "finishing an import", "UPDATE imports SET done = 1, data = NULL WHERE id = ? AND done = 0", id)
	return err
}
