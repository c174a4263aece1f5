package sqlite

import (
	"bytes"
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"time"

	"roundsman/storage"
)

type outbox struct{ s *Store }

// endOfTexts sorts after every text in UTF-8.
const endOfTexts = "\U0010FFFF\U0010FFFF"

const postColumns = `id, chat, body, version, not_before, created,
	state, sent_version, try_version, try_part, try_since, remote, attempts, next, error`

func scanPost(row scanner) (storage.Post, error) {
	var p storage.Post
	var notBefore, created, trySince, next instant
	var remote []byte
	err := row.Scan(&p.ID, &p.Chat, &p.Body, &p.Version, &notBefore, &created,
		&p.State, &p.SentVersion, &p.TryVersion, &p.TryPart, &trySince, &remote, &p.Attempts, &next, &p.Error)
	if err != nil {
		return storage.Post{}, err
	}
	p.NotBefore, p.Created, p.TrySince, p.Next = notBefore.Time, created.Time, trySince.Time, next.Time
	err = json.Unmarshal(remote, &p.Remote)
	return p, err
}

func (o outbox) Desire(ctx context.Context, p storage.Post) (bool, error) {
	zero := millis(time.Time{})
	n, err := o.s.exec(ctx, "desiring a post", `
		INSERT INTO outbox (`+postColumns+`, owner, until, claimed)
		VALUES (?1, ?2, ?3, ?4, ?5, ?6, 'pending', 0, 0, 0, ?7, '[]', 0, ?7, '', '', ?7, 0)
		ON CONFLICT (id) DO UPDATE SET
			body = excluded.body, version = excluded.version, state = 'pending', attempts = 0, next = excluded.next,
			not_before = iif(sent_version = 0 AND remote = '[]', excluded.not_before, not_before)
		WHERE excluded.version > version`,
		p.ID, p.Chat, bytes.Clone(p.Body), p.Version, millis(p.NotBefore), millis(p.Created), zero)
	return n > 0, err
}

func (o outbox) Again(ctx context.Context, id string, in ...storage.PostState) (bool, error) {
	const doing = "bringing a post back"
	states, err := encode(append([]storage.PostState{}, in...))
	if err != nil {
		return false, translate(ctx, doing, err)
	}
	changed := false
	err = o.s.write(ctx, doing, func(t *tx) error {
		n, err := t.exec(`
			UPDATE outbox SET state = 'pending', attempts = 0, next = ?3, try_since = ?3, error = ''
			WHERE id = ?1 AND state <> 'pending' AND state IN (SELECT value FROM json_each(?2))`, id, states, millis(time.Time{}))
		if changed = n > 0; err != nil || changed {
			return err
		}
		return t.row("SELECT 1 FROM outbox WHERE id = ?", id).Scan(new(int))
	})
	return changed && err == nil, err
}

// Due visits each chat once, however many posts wait in it: the next chat and
// its head are each one step in an index, which SQLite is told to take: it
// would rather walk all that is pending, once a chat.
func (o outbox) Due(ctx context.Context, now time.Time, of storage.Chats, limit int) ([]storage.Post, error) {
	const doing = "reading due posts"
	if of.Chat != "" {
		return many(ctx, o.s, doing, scanPost, `
			SELECT `+postColumns+` FROM outbox WHERE rowid = (
				SELECT iif(next <= ?1 AND until <= ?1, rowid, NULL) FROM outbox INDEXED BY outbox_pending
				WHERE state = 'pending' AND chat = ?3 AND not_before <= ?1 ORDER BY created, id LIMIT 1)
			LIMIT ?2`, millis(now), max(limit, 0), of.Chat)
	}
	from, below := "", endOfTexts
	if of.Platform != "" {
		from, below = of.Platform+":", of.Platform+";" // the sign after the colon
	}
	return many(ctx, o.s, doing, scanPost, `
		WITH RECURSIVE chats (chat) AS (
			SELECT (SELECT chat FROM outbox INDEXED BY outbox_pending WHERE state = 'pending' AND chat >= ?3 AND chat < ?4 ORDER BY chat LIMIT 1)
			UNION ALL
			SELECT (SELECT o.chat FROM outbox o INDEXED BY outbox_pending
				WHERE o.state = 'pending' AND o.chat > chats.chat AND o.chat < ?4 ORDER BY o.chat LIMIT 1)
			FROM chats WHERE chats.chat IS NOT NULL
		), heads (head) AS (
			SELECT (SELECT iif(o.next <= ?1 AND o.until <= ?1, o.rowid, NULL) FROM outbox o INDEXED BY outbox_pending
				WHERE o.state = 'pending' AND o.chat = chats.chat AND o.not_before <= ?1 ORDER BY o.created, o.id LIMIT 1)
			FROM chats
		)
		SELECT `+postColumns+` FROM heads CROSS JOIN outbox ON outbox.rowid = heads.head
		ORDER BY created, id LIMIT ?2`, millis(now), max(limit, 0), from, below)
}

func (o outbox) Claim(ctx context.Context, id string, now time.Time, c storage.Claim) (storage.Post, error) {
	var post storage.Post
	err := o.s.write(ctx, "claiming a post", func(t *tx) error {
		p, err := scanPost(t.row(`
			UPDATE outbox SET owner = ?1, until = ?2, claimed = version
			WHERE id = ?3 AND state = 'pending' AND (owner = ?1 OR until <= ?4)
			RETURNING `+postColumns, c.Owner, millis(c.Until), id, millis(now)))
		if err == nil {
			post = p
			return nil
		}
		return conflictIf(t, err, "SELECT 1 FROM outbox WHERE id = ? AND state = 'pending'", id)
	})
	if err != nil {
		return storage.Post{}, err
	}
	return post, nil
}

// conflictIf explains why a write found no row: if the query finds the record
// after all, somebody else holds it.
func conflictIf(t *tx, err error, query string, args ...any) error {
	if !errors.Is(err, sql.ErrNoRows) {
		return err
	}
	var found int
	if err := t.row(query, args...).Scan(&found); err != nil {
		return err
	}
	return storage.ErrConflict
}

func (o outbox) Report(ctx context.Context, id, owner string, p storage.Progress, release bool) error {
	if p.Remote == nil {
		p.Remote = []string{}
	}
	remote, err := encode(p.Remote)
	if err != nil {
		return translate(ctx, "reporting a post", err)
	}
	return o.s.write(ctx, "reporting a post", func(t *tx) error {
		// What stands in the chat stays there, whatever is reported later. A
		// failure is that of the version that was claimed.
		const again = "(?11 = 'sent' AND version > max(sent_version, ?3) OR ?11 = 'failed' AND version > claimed)"
		n, err := t.exec(`
			UPDATE outbox SET
				sent_version = max(sent_version, ?3), try_version = ?4, try_part = ?5, try_since = ?6, remote = ?7, error = ?10,
				state    = iif(`+again+`, 'pending', ?11),
				attempts = iif(`+again+`, 0, ?8),
				next     = iif(`+again+`, ?12, ?9),
				owner    = iif(?13, '', owner),
				until    = iif(?13, ?12, until)
			WHERE id = ?1 AND owner = ?2 AND owner <> ''`,
			id, owner, p.SentVersion, p.TryVersion, p.TryPart, millis(p.TrySince), remote,
			p.Attempts, millis(p.Next), p.Error, string(p.State), millis(time.Time{}), release)
		if err == nil && n == 0 {
			err = conflictIf(t, sql.ErrNoRows, "SELECT 1 FROM outbox WHERE id = ?", id)
		}
		return err
	})
}

func (o outbox) Get(ctx context.Context, id string) (storage.Post, error) {
	return one(ctx, o.s, "reading a post", scanPost, "SELECT "+postColumns+" FROM outbox WHERE id = ?", id)
}

func (o outbox) List(ctx context.Context, state storage.PostState, limit int) ([]storage.Post, error) {
	return many(ctx, o.s, "listing posts", scanPost,
		"SELECT "+postColumns+" FROM outbox WHERE state = ? ORDER BY created, id LIMIT ?", string(state), max(limit, 0))
}

func (o outbox) Backlog(ctx context.Context) (int, time.Time, error) {
	type backlog struct {
		n      int
		oldest instant
	}
	b, err := one(ctx, o.s, "measuring the outbox", func(row scanner) (b backlog, err error) {
		err = row.Scan(&b.n, &b.oldest)
		return b, err
	}, "SELECT count(*), coalesce(min(max(created, not_before)), ?) FROM outbox WHERE state = 'pending'", millis(time.Time{}))
	return b.n, b.oldest.Time, err
}

func (o outbox) Sweep(ctx context.Context, before time.Time) (int, error) {
	return o.s.sweep(ctx, "sweeping the outbox", sweepBatch, `
		DELETE FROM outbox WHERE rowid IN (
			SELECT rowid FROM outbox WHERE state IN ('sent', 'failed', 'uncertain') AND created < ? LIMIT ?)`, millis(before))
}
