package sqlite

import (
	"bytes"
	"context"
	"database/sql"
	"time"

	"roundsman/storage"
)

type media struct{ s *Store }

func (m media) Enqueue(ctx context.Context, f storage.Fetch) error {
	_, err := m.s.exec(ctx, "queueing a photo", `
		INSERT INTO fetches (id, rep, date, platform, message, resource, file, name, created, attempts, next, owner, until, finished)
		VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, '', ?, 0) ON CONFLICT (id) DO NOTHING`,
		f.ID, f.Rep, string(f.Date), f.Platform, f.Message, f.Resource, f.File, f.Name,
		millis(f.Created), f.Attempts, millis(f.Next), millis(time.Time{}))
	return err
}

func scanFetch(row scanner) (storage.Fetch, error) {
	var f storage.Fetch
	var created, next instant
	err := row.Scan(&f.ID, &f.Rep, &f.Date, &f.Platform, &f.Message, &f.Resource, &f.File, &f.Name, &created, &f.Attempts, &next)
	f.Created, f.Next = created.Time, next.Time
	return f, err
}

func (m media) Due(ctx context.Context, now time.Time, limit int) ([]storage.Fetch, error) {
	return many(ctx, m.s, "reading due photos", scanFetch, `
		SELECT id, rep, date, platform, message, resource, file, name, created, attempts, next FROM fetches
		WHERE finished = 0 AND next <= ?1 AND until <= ?1 ORDER BY next, id LIMIT ?2`, millis(now), max(limit, 0))
}

func (m media) Claim(ctx context.Context, id, owner string, now, until time.Time) error {
	return m.s.write(ctx, "claiming a photo", func(t *tx) error {
		n, err := t.exec("UPDATE fetches SET owner = ?, until = ? WHERE id = ? AND finished = 0 AND until <= ?",
			owner, millis(until), id, millis(now))
		if err == nil && n == 0 {
			err = conflictIf(t, sql.ErrNoRows, "SELECT 1 FROM fetches WHERE id = ? AND finished = 0", id)
		}
		return err
	})
}

func (m media) Retry(ctx context.Context, id, owner string, attempts int, next time.Time) error {
	return m.s.write(ctx, "deferring a photo", func(t *tx) error {
		n, err := t.exec(`
			UPDATE fetches SET attempts = ?, next = ?, owner = '', until = ?
			WHERE id = ? AND owner = ? AND owner <> '' AND finished = 0`,
			attempts, millis(next), millis(time.Time{}), id, owner)
		if err == nil && n == 0 {
			err = conflictIf(t, sql.ErrNoRows, "SELECT 1 FROM fetches WHERE id = ? AND finished = 0", id)
		}
		return err
	})
}

// Finish keeps the id only: where the photo was is nobody's business any more.
func (m media) Finish(ctx context.Context, id string) error {
	_, err := m.s.exec(ctx, "finishing a photo", `
		UPDATE fetches SET finished = 1, owner = '', message = '', resource = '', name = '' WHERE id = ? AND finished = 0`, id)
	return err
}

func (m media) PutBlob(ctx context.Context, b storage.Blob) error {
	_, err := m.s.exec(ctx, "storing a photo",
		"INSERT INTO blobs (sha256, type, at, data) VALUES (?, ?, ?, ?) ON CONFLICT (sha256) DO UPDATE SET at = excluded.at WHERE excluded.at > at",
		b.SHA256, b.Type, millis(b.At), bytes.Clone(b.Data))
	return err
}

func (m media) Blob(ctx context.Context, sha256 string) (storage.Blob, error) {
	return one(ctx, m.s, "reading a photo", func(row scanner) (b storage.Blob, err error) {
		var at instant
		err = row.Scan(&b.SHA256, &b.Type, &at, &b.Data)
		b.At = at.Time
		return b, err
	}, "SELECT sha256, type, at, data FROM blobs WHERE sha256 = ?", sha256)
}

func (m media) Kept(ctx context.Context, sha256 ...string) ([]string, error) {
	const doing = "looking for photos"
	if len(sha256) == 0 {
		return nil, ctx.Err()
	}
	list, err := encode(sha256)
	if err != nil {
		return nil, translate(ctx, doing, err)
	}
	return many(ctx, m.s, doing, scanOne[string], "SELECT sha256 FROM blobs WHERE sha256 IN (SELECT value FROM json_each(?)) ORDER BY sha256", list)
}

func (m media) DropBlobs(ctx context.Context, sha256 ...string) error {
	return removeEach(ctx, m.s, "removing photos", "DELETE FROM blobs WHERE sha256 = ?", sha256, byID)
}

// blobBatch bounds how many photos are removed between two other writes: each
// has hundreds of pages, all of which are visited.
const blobBatch = 10

func (m media) Sweep(ctx context.Context, before time.Time) (int, error) {
	const doing = "sweeping photos"
	blobs, err := m.s.sweep(ctx, doing, blobBatch, `
		DELETE FROM blobs WHERE rowid IN (SELECT rowid FROM blobs WHERE at < ? LIMIT ?)`, millis(before))
	if err != nil {
		return blobs, err
	}
	_, err = m.s.sweep(ctx, doing, sweepBatch, `
		DELETE FROM fetches WHERE rowid IN (SELECT rowid FROM fetches WHERE finished = 1 AND created < ? LIMIT ?)`, millis(before))
	if err != nil {
		return blobs, err
	}
	_, err = m.s.sweep(ctx, doing, sweepBatch, `
		DELETE FROM prints WHERE rowid IN (SELECT rowid FROM prints WHERE at < ? LIMIT ?)`, millis(before))
	return blobs, err
}

func (m media) Count(ctx context.Context) (int, error) {
	return one(ctx, m.s, "counting photos", scanOne[int], "SELECT count(*) FROM fetches WHERE finished = 0")
}
