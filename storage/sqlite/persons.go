package sqlite

import (
	"bytes"
	"context"
	"math"
	"slices"
	"strconv"

	"roundsman/storage"
	"roundsman/visit"
)

type persons struct{ s *Store }

// everything marks a statement that reads a whole table on purpose: erasures
// are rare, and an index for each of them would cost every write.
const everything = "/* everything */ "

// seenRow is a row as far as an erasure looks at it.
type seenRow struct {
	rowid int64
	keys  [3]string
	state string
	data  []byte
}

func scanSeen(row scanner) (r seenRow, err error) {
	err = row.Scan(&r.rowid, &r.keys[0], &r.keys[1], &r.keys[2], &r.state, &r.data)
	return r, err
}

// erasing is what an error of this file was doing.
const erasing = "erasing a person"

// seenPage is how many rows are looked at at once: some hold files.
const seenPage = 50

// each looks at all rows of a query by rowid, which is its first column and its
// first parameter; the second is how many. do says how a row is changed, by a
// statement whose parameters are the rowid and what it returns beside it.
func (p persons) each(ctx context.Context, query string, do func(seenRow) (statement string, args []any), more ...any) error {
	last := int64(math.MinInt64)
	for {
		page, err := many(ctx, p.s, erasing, scanSeen, query, append([]any{last, seenPage}, more...)...)
		if err != nil {
			return err
		}
		var statements []string
		var parameters [][]any
		for _, r := range page {
			last = r.rowid
			if statement, args := do(r); statement != "" {
				statements, parameters = append(statements, statement), append(parameters, append([]any{r.rowid}, args...))
			}
		}
		if len(statements) > 0 {
			err := p.s.write(ctx, erasing, func(t *tx) error {
				for i, statement := range statements {
					if _, err := t.exec(statement, parameters[i]...); err != nil {
						return err
					}
				}
				return nil
			})
			if err != nil {
				return err
			}
		}
		if len(page) < seenPage {
			return nil
		}
	}
}

// The states of an event as an erasure sees them.
const (
	seenWaiting = "waiting"
	seenHandled = "handled"
)

func (p persons) OnItsWay(ctx context.Context, l storage.Leaver) (way storage.OnItsWay, err error) {
	err = p.events(ctx, "state = 0 OR state = 2", l, func(r seenRow) (string, []any) {
		switch l.Event(r.keys[0], r.data) {
		case storage.Theirs:
			way.Blobs = append(way.Blobs, l.Blobs(r.data)...)
		case storage.NamesThem:
			if r.state == seenWaiting {
				way.Events++
			}
		case storage.NamesNobody:
		}
		return "", nil
	})
	if err != nil {
		return way, err
	}
	fetches, err := p.fetches(ctx, l)
	if err != nil {
		return way, err
	}
	for _, f := range fetches {
		if f[2] != "" {
			way.Events++
		}
		way.Blobs = append(way.Blobs, l.Blobs([]byte(f[1]))...)
	}
	for _, of := range []struct {
		query string
		waits func(seenRow) bool
	}{
		{"SELECT rowid, chat, id, created, state, body FROM outbox WHERE rowid > ? AND +state = 'pending' ORDER BY rowid LIMIT ?", func(r seenRow) bool {
			return !l.Key(r.keys[0]) && waits(l, r)
		}},
		{"SELECT rowid, id, '', '', state, body FROM runs WHERE rowid > ? AND +state = 'rendered' ORDER BY rowid LIMIT ?", func(r seenRow) bool {
			return !l.Key(r.keys[0]) && l.Payload(r.data)
		}},
		{"SELECT rowid, id, '', '', '', data FROM imports WHERE rowid > ? AND held = 0 ORDER BY rowid LIMIT ?", func(r seenRow) bool { return l.Payload(r.data) }},
	} {
		err := p.each(ctx, of.query, func(r seenRow) (string, []any) {
			if of.waits(r) {
				way.Posts++
			}
			return "", nil
		})
		if err != nil {
			return way, err
		}
	}
	return way, nil
}

// waits reports whether a post that is not delivered yet, and not to the person,
// is waited for: it names them, or has a file that was made while something of
// them was in the record.
func waits(l storage.Leaver, r seenRow) bool {
	created, _ := strconv.ParseInt(r.keys[2], 10, 64)
	return l.Key(r.keys[1]) || l.Payload(r.data) || l.File(r.data) && created < millis(l.Recorded)
}

// events looks at events in some states.
func (p persons) events(ctx context.Context, in string, l storage.Leaver, do func(seenRow) (string, []any)) error {
	return p.each(ctx, "SELECT rowid, key, '', '', CASE WHEN state = 1 THEN 'handled' WHEN state = 2 THEN 'dead' WHEN attempts = 0 AND next > ?3 THEN 'later' ELSE 'waiting' END, payload "+
		"FROM inbox WHERE rowid > ?1 AND ("+in+") ORDER BY rowid LIMIT ?2", do, millis(l.Now))
}

// fetches are the ids and the resources of the person's fetches, and of each
// whether it is at work.
func (p persons) fetches(ctx context.Context, l storage.Leaver) ([]keyed, error) {
	return many(ctx, p.s, erasing, scanKeyed, everything+
		"SELECT id, iif(message = '', resource, ''), iif(finished = 0 AND owner <> '' AND until > ?2, 'at work', '') FROM fetches WHERE rep = ?1", l.ID, millis(l.Now))
}

func (p persons) Erase(ctx context.Context, l storage.Leaver) (left storage.OnItsWay, err error) {
	const doing = erasing
	if err := p.own(ctx, doing, l.ID); err != nil {
		return left, err
	}
	fetches, err := p.fetches(ctx, l)
	if err != nil {
		return left, err
	}
	var idle []string
	for _, f := range fetches {
		if f[2] != "" {
			left.Events++
		} else {
			idle = append(idle, f[0])
		}
	}
	if err := removeEach(ctx, p.s, doing, "DELETE FROM fetches WHERE id = ?", idle, byID); err != nil {
		return left, err
	}
	err = p.events(ctx, "TRUE", l, func(r seenRow) (string, []any) {
		naming := l.Event(r.keys[0], r.data)
		switch {
		case naming == storage.Theirs, naming == storage.NamesThem && r.state == seenHandled:
			return "DELETE FROM inbox WHERE rowid = ?", nil
		case naming == storage.NamesNobody:
		case r.state == seenWaiting:
			left.Events++
		default:
			key, payload := l.Rewritten(r.keys[0], r.data)
			if key != r.keys[0] || !bytes.Equal(payload, r.data) {
				return "UPDATE OR REPLACE inbox SET key = ?2, payload = ?3 WHERE rowid = ?1", []any{key, payload}
			}
		}
		return "", nil
	})
	if err != nil {
		return left, err
	}
	err = p.each(ctx, "SELECT rowid, chat, id, created, state, body FROM outbox WHERE rowid > ? ORDER BY rowid LIMIT ?", func(r seenRow) (string, []any) {
		named := l.Key(r.keys[1])
		switch {
		case l.Key(r.keys[0]):
			return "DELETE FROM outbox WHERE rowid = ?", nil
		case r.state == string(storage.PostPending):
			if waits(l, r) {
				left.Posts++
			}
		case named:
			return "DELETE FROM outbox WHERE rowid = ?", nil
		case l.Payload(r.data) || l.File(r.data):
			return "UPDATE outbox SET body = CAST('{}' AS BLOB) WHERE rowid = ? AND state <> 'pending'", nil
		}
		return "", nil
	})
	if err != nil {
		return left, err
	}
	err = p.each(ctx, "SELECT rowid, id, '', '', state, body FROM runs WHERE rowid > ? ORDER BY rowid LIMIT ?", func(r seenRow) (string, []any) {
		switch {
		case l.Key(r.keys[0]):
			return "DELETE FROM runs WHERE rowid = ?", nil
		case r.state == string(storage.RunRendered):
			if l.Payload(r.data) {
				left.Posts++
			}
		case l.Payload(r.data) || l.File(r.data):
			return "UPDATE runs SET body = NULL WHERE rowid = ?", nil
		}
		return "", nil
	})
	if err != nil {
		return left, err
	}
	err = p.each(ctx, "SELECT rowid, id, '', '', CASE held WHEN 1 THEN 'held' ELSE '' END, data FROM imports WHERE rowid > ? ORDER BY rowid LIMIT ?", func(r seenRow) (string, []any) {
		switch {
		case !l.Payload(r.data):
		case r.state == "held":
			return "DELETE FROM imports WHERE rowid = ?", nil
		default:
			left.Posts++
		}
		return "", nil
	})
	if err != nil {
		return left, err
	}
	err = p.each(ctx, "SELECT rowid, by, cause || ' ' || undone_by, id, '', data FROM undos WHERE rowid > ? ORDER BY rowid LIMIT ?", func(r seenRow) (string, []any) {
		if l.Key(r.keys[0]) || l.Key(r.keys[1]) || l.Key(r.keys[2]) || l.Payload(r.data) {
			return "DELETE FROM undos WHERE rowid = ?", nil
		}
		return "", nil
	})
	if err != nil {
		return left, err
	}
	if err := p.complaints(ctx, l); err != nil {
		return left, err
	}
	if err := p.assigned(ctx, l); err != nil {
		return left, err
	}
	return left, p.shared(ctx, doing, l)
}

// assigned takes the person out of others' planned visits, which they assigned.
func (p persons) assigned(ctx context.Context, l storage.Leaver) error {
	for _, as := range l.As {
		visits, err := many(ctx, p.s, erasing, scanKeyed, everything+"SELECT rep, date, customer FROM plans WHERE json_extract(doc, '$.by') = ?1", as)
		if err != nil {
			return err
		}
		for some := range slices.Chunk(visits, sweepBatch) {
			err := removeEach(ctx, p.s, erasing, "UPDATE plans SET doc = json_set(doc, '$.by', '"+storage.Erased+"') WHERE rep = ?1 AND date = ?2 AND customer = ?3",
				some, func(k keyed) []any { return []any{k[0], k[1], k[2]} })
			if err != nil {
				return err
			}
		}
	}
	return nil
}

// complaints are others', whoever of them the person opened, saw to or closed.
func (p persons) complaints(ctx context.Context, f storage.Finder) error {
	return p.each(ctx, "SELECT rowid, id, '', '', '', doc FROM complaints WHERE rowid > ? ORDER BY rowid LIMIT ?", func(r seenRow) (string, []any) {
		c := visit.ComplaintCase{}
		if decode(r.data, &c) != nil {
			return "", nil
		}
		named := c
		named.ID, named.ClosedBy = f.Renamed(c.ID), f.Renamed(c.ClosedBy)
		for _, by := range []*string{&named.By, &named.Handler} {
			if f.Key(*by) {
				*by = storage.Erased
			}
		}
		doc, err := encode(named)
		if named == c || err != nil {
			return "", nil
		}
		return "UPDATE complaints SET id = ?2, doc = ?3 WHERE rowid = ?1", []any{named.ID, doc}
	})
}

// keyed is a row that is found by up to three texts.
type keyed [3]string

func scanKeyed(row scanner) (k keyed, err error) {
	err = row.Scan(&k[0], &k[1], &k[2])
	return k, err
}

// own removes what is the person's by id.
// What is to be removed is read beside the writer, which others wait for, and
// removed by its key.
func (p persons) own(ctx context.Context, doing, id string) error {
	for _, of := range []struct{ read, change string }{
		{
			everything + "SELECT c.customer, c.date, c.verified FROM outcomes AS o JOIN json_each(o.doc, '$.calls') AS j " +
				"JOIN outcome_calls AS c ON c.customer = coalesce(json_extract(j.value, '$.customer'), '') AND c.verified IN (0, 1) AND c.date = o.date AND c.rep = o.rep WHERE o.rep = ?1",
			"DELETE FROM outcome_calls WHERE customer = ?2 AND verified = ?4 AND date = ?3 AND rep = ?1",
		},
		{"SELECT date, '', '' FROM outcomes WHERE rep = ?1", "DELETE FROM outcomes WHERE rep = ?1 AND date = ?2"},
		{"SELECT date, customer, '' FROM plans WHERE rep = ?1", "DELETE FROM plans WHERE rep = ?1 AND date = ?2 AND customer = ?3"},
		{everything + "SELECT month, '', '' FROM targets WHERE rep = ?1", "DELETE FROM targets WHERE rep = ?1 AND month = ?2"},
		{"SELECT rep, '', '' FROM routes WHERE rep = ?1", "DELETE FROM routes WHERE rep = ?1"},
		{"SELECT source, '', '' FROM consents WHERE rep = ?1", "DELETE FROM consents WHERE source = ?2"},
		{everything + "SELECT photo, '', '' FROM prints WHERE rep = ?1", "DELETE FROM prints WHERE photo = ?2"},
	} {
		found, err := many(ctx, p.s, doing, scanKeyed, of.read, id)
		if err != nil {
			return err
		}
		for some := range slices.Chunk(found, sweepBatch) {
			err := removeEach(ctx, p.s, doing, of.change, some, func(k keyed) []any { return []any{id, k[0], k[1], k[2]} })
			if err != nil {
				return err
			}
		}
	}
	return nil
}

// shared removes what processes share of the person. These tables have no
// rowid, and are small.
func (p persons) shared(ctx context.Context, doing string, f storage.Finder) error {
	for _, of := range []struct{ read, remove string }{
		{everything + "SELECT name FROM leases", "DELETE FROM leases WHERE name = ?"},
		{everything + "SELECT key FROM quotas", "DELETE FROM quotas WHERE key = ?"},
	} {
		keys, err := many(ctx, p.s, doing, scanOne[string], of.read)
		if err != nil {
			return err
		}
		var found []string
		for _, key := range keys {
			if f.Key(key) {
				found = append(found, key)
			}
		}
		if err := removeEach(ctx, p.s, doing, of.remove, found, byID); err != nil {
			return err
		}
	}
	return nil
}
