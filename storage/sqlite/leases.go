package sqlite

import (
	"context"
	"time"

	"roundsman/storage"
)

type leases struct{ s *Store }

func (l leases) Take(ctx context.Context, name, owner string, now, until time.Time) error {
	const doing = "taking a lease"
	n, err := l.s.exec(ctx, doing, `
		INSERT INTO leases (name, owner, until) VALUES (?1, ?2, ?3)
		ON CONFLICT (name) DO UPDATE SET owner = excluded.owner, until = excluded.until WHERE until <= ?4`,
		name, owner, millis(until), millis(now))
	return conflictUnless(ctx, doing, n, err)
}

func (l leases) Keep(ctx context.Context, name, owner string, until time.Time) error {
	const doing = "keeping a lease"
	n, err := l.s.exec(ctx, doing, "UPDATE leases SET until = ? WHERE name = ? AND owner = ?", millis(until), name, owner)
	return conflictUnless(ctx, doing, n, err)
}

func (l leases) Give(ctx context.Context, name, owner string) error {
	_, err := l.s.exec(ctx, "giving a lease up", "DELETE FROM leases WHERE name = ? AND owner = ?", name, owner)
	return err
}

func (l leases) Sweep(ctx context.Context, before time.Time) (int, error) {
	return l.s.sweep(ctx, "sweeping leases", sweepBatch, `
		DELETE FROM leases WHERE name IN (SELECT name FROM leases WHERE until < ? LIMIT ?)`, millis(before))
}

// conflictUnless turns a write that changed nothing into a conflict.
func conflictUnless(ctx context.Context, doing string, n int64, err error) error {
	if err == nil && n == 0 {
		err = translate(ctx, doing, storage.ErrConflict)
	}
	return err
}
