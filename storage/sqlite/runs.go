package sqlite

import (
	"bytes"
	"context"

	"roundsman/storage"
)

type runs struct{ s *Store }

func (r runs) Begin(ctx context.Context, run storage.Run) (bool, error) {
	n, err := r.s.exec(ctx, "beginning a run", `
		INSERT INTO runs (id, job, grp, date, due, at, late, state, body)
		VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (id) DO NOTHING`,
		run.ID(), run.Job, run.Group, string(run.Date), millis(run.Due), millis(run.At), run.Late, string(run.State), bytes.Clone(run.Body))
	return n > 0, err
}

func scanRun(row scanner) (storage.Run, error) {
	var r storage.Run
	var due, at instant
	err := row.Scan(&r.Job, &r.Group, &r.Date, &due, &at, &r.Late, &r.State, &r.Body)
	r.Due, r.At = due.Time, at.Time
	return r, err
}

func (r runs) Get(ctx context.Context, id string) (storage.Run, error) {
	return one(ctx, r.s, "reading a run", scanRun,
		"SELECT job, grp, date, due, at, late, state, body FROM runs WHERE id = ?", id)
}

func (r runs) Rendered(ctx context.Context, limit int) ([]storage.Run, error) {
	return many(ctx, r.s, "reading rendered runs", scanRun, `
		SELECT job, grp, date, due, at, late, state, body FROM runs
		WHERE state = 'rendered' ORDER BY id LIMIT ?`, max(limit, 0))
}

func (r runs) Settle(ctx context.Context, id string, state storage.RunState) error {
	_, err := r.s.exec(ctx, "settling a run",
		"UPDATE runs SET state = ?, body = NULL WHERE id = ? AND state = 'rendered'", string(state), id)
	return err
}
