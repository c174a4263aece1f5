package sqlite

import (
	"bytes"
	"context"
	"time"

	"roundsman/storage"
)

type quotas struct{ s *Store }

func (q quotas) Get(ctx context.Context, key string) (storage.Quota, error) {
	return one(ctx, q.s, "reading a quota", func(row scanner) (u storage.Quota, err error) {
		var expires instant
		err = row.Scan(&u.Key, &u.Version, &expires, &u.Data)
		u.Expires = expires.Time
		return u, err
	}, "SELECT key, version, expires, data FROM quotas WHERE key = ?", key)
}

func (q quotas) Swap(ctx context.Context, u storage.Quota) error {
	const doing = "changing a quota"
	if u.Version == 1 {
		n, err := q.s.exec(ctx, doing, `
			INSERT INTO quotas (key, version, expires, data) VALUES (?, 1, ?, ?) ON CONFLICT (key) DO NOTHING`,
			u.Key, millis(u.Expires), bytes.Clone(u.Data))
		return conflictUnless(ctx, doing, n, err)
	}
	n, err := q.s.exec(ctx, doing, "UPDATE quotas SET version = ?1, expires = ?2, data = ?3 WHERE key = ?4 AND version = ?1 - 1",
		u.Version, millis(u.Expires), bytes.Clone(u.Data), u.Key)
	return conflictUnless(ctx, doing, n, err)
}

func (q quotas) Sweep(ctx context.Context, before time.Time) (int, error) {
	return q.s.sweep(ctx, "sweeping quotas", sweepBatch, `
		DELETE FROM quotas WHERE key IN (SELECT key FROM quotas WHERE expires < ? LIMIT ?)`, millis(before))
}
