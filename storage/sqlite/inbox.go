package sqlite

import (
	"bytes"
	"context"
	"math"
	"time"

	"roundsman/storage"
)

// The states of an event. The statements below have them as literals, without
// which SQLite does not use the partial indexes.
const (
	eventWaiting = 0
	eventDead    = 2
)

type inbox struct{ s *Store }

func (i inbox) Accept(ctx context.Context, e storage.Event) (bool, error) {
	state := eventWaiting
	if e.Dead {
		state = eventDead
	}
	// The caller may reuse the payload once its ctx has ended.
	n, err := i.s.exec(ctx, "accepting an event", `
		INSERT INTO inbox (key, at, received, payload, attempts, next, state, error, handled)
		VALUES (?, ?, ?, ?, ?, ?, ?, ?, 0) ON CONFLICT (key) DO NOTHING`,
		e.Key, millis(e.At), millis(e.Received), bytes.Clone(e.Payload), e.Attempts, millis(e.Next), state, e.Error)
	return n > 0, err
}

func scanEvent(row scanner) (storage.Event, error) {
	var e storage.Event
	var at, received, next instant
	err := row.Scan(&e.Key, &at, &received, &e.Payload, &e.Attempts, &next, &e.Dead, &e.Error)
	e.At, e.Received, e.Next = at.Time, received.Time, next.Time
	return e, err
}

func (i inbox) Pending(ctx context.Context, now time.Time, after storage.Cursor, limit int) ([]storage.Event, error) {
	from := int64(math.MinInt64)
	if after != (storage.Cursor{}) {
		from = millis(after.Next)
	}
	return many(ctx, i.s, "reading waiting events", scanEvent, `
		SELECT key, at, received, payload, attempts, next, state = 2, error FROM inbox
		WHERE state = 0 AND (next, key) > (?, ?) AND next <= ? ORDER BY next, key LIMIT ?`, from, after.Key, millis(now), max(limit, 0))
}

func (i inbox) Waiting(ctx context.Context, keys ...string) ([]storage.Event, error) {
	const doing = "reading events again"
	if len(keys) == 0 {
		return nil, ctx.Err()
	}
	list, err := encode(keys)
	if err != nil {
		return nil, translate(ctx, doing, err)
	}
	return many(ctx, i.s, doing, scanEvent, `
		SELECT key, at, received, payload, attempts, next, state = 2, error FROM inbox
		WHERE key IN (SELECT value FROM json_each(?)) AND state = 0 ORDER BY key`, list)
}

func (i inbox) Done(ctx context.Context, key string, now time.Time) error {
	_, err := i.s.exec(ctx, "marking an event handled",
		"UPDATE inbox SET state = 1, payload = NULL, handled = ? WHERE key = ? AND state <> 1", millis(now), key)
	return err
}

func (i inbox) Defer(ctx context.Context, key string, attempts int, next time.Time, dead bool, reason string) error {
	const doing = "deferring an event"
	state := eventWaiting
	if dead {
		state = eventDead
	}
	n, err := i.s.exec(ctx, doing,
		"UPDATE inbox SET attempts = ?, next = ?, state = ?, error = ? WHERE key = ? AND state <> 1",
		attempts, millis(next), state, reason, key)
	if err == nil && n == 0 {
		err = translate(ctx, doing, storage.ErrNotFound)
	}
	return err
}

func (i inbox) Dead(ctx context.Context, limit int) ([]storage.Event, error) {
	return many(ctx, i.s, "reading dead events", scanEvent, `
		SELECT key, at, received, payload, attempts, next, state = 2, error FROM inbox
		WHERE state = 2 ORDER BY key LIMIT ?`, max(limit, 0))
}

func (i inbox) Count(ctx context.Context, now time.Time) (waiting, dead int, err error) {
	type counts struct{ waiting, dead int }
	c, err := one(ctx, i.s, "counting events", func(row scanner) (c counts, err error) {
		err = row.Scan(&c.waiting, &c.dead)
		return c, err
	}, `SELECT (SELECT count(*) FROM inbox WHERE state = 0) - (SELECT count(*) FROM inbox WHERE state = 0 AND next > ? AND attempts = 0),
		(SELECT count(*) FROM inbox WHERE state = 2)`, millis(now))
	return c.waiting, c.dead, err
}

func (i inbox) Sweep(ctx context.Context, before time.Time) (int, error) {
	const doing = "sweeping the inbox"
	handled, err := i.s.sweep(ctx, doing, sweepBatch, `
		DELETE FROM inbox WHERE rowid IN (SELECT rowid FROM inbox WHERE state = 1 AND handled < ? LIMIT ?)`, millis(before))
	if err != nil {
		return handled, err
	}
	dead, err := i.s.sweep(ctx, doing, sweepBatch, `
		DELETE FROM inbox WHERE rowid IN (SELECT rowid FROM inbox WHERE state = 2 AND received < ? LIMIT ?)`, millis(before))
	return handled + dead, err
}
