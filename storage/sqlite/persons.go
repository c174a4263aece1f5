package sqlite

import (
	"context"
	"math"
	"slices"

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
func (p persons) each(ctx context.Context, query string, do func(seenRow) (statement string, args []any)) error {
	last := int64(math.MinInt64)
	for {
		page, err := many(ctx, p.s, erasing, scanSeen, query, last, seenPage)
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

func (p persons) Erase(ctx context.Context, id string, f storage.Finder) (left int, err error) {
	const doing = erasing
	if err := p.own(ctx, doing, id); err != nil {
		return 0, err
	}
	err = p.each(ctx, "SELECT rowid, key, '', '', '', payload FROM inbox WHERE rowid > ? ORDER BY rowid LIMIT ?", func(r seenRow) (string, []any) {
		if f.Key(r.keys[0]) || f.Event(r.data) {
			return "DELETE FROM inbox WHERE rowid = ?", nil
		}
		return "", nil
	})
	if err != nil {
		return 0, err
	}
	err = p.each(ctx, "SELECT rowid, chat, id, '', state, body FROM outbox WHERE rowid > ? ORDER BY rowid LIMIT ?", func(r seenRow) (string, []any) {
		named := f.Key(r.keys[1])
		switch {
		case f.Key(r.keys[0]):
			return "DELETE FROM outbox WHERE rowid = ?", nil
		case !named && !f.Payload(r.data):
			return "", nil
		case r.state == string(storage.PostPending):
			left++
			return "", nil
		case named:
			return "DELETE FROM outbox WHERE rowid = ?", nil
		}
		return "UPDATE outbox SET body = CAST('{}' AS BLOB) WHERE rowid = ? AND state <> 'pending'", nil
	})
	if err != nil {
		return 0, err
	}
	err = p.each(ctx, "SELECT rowid, id, '', '', state, body FROM runs WHERE rowid > ? ORDER BY rowid LIMIT ?", func(r seenRow) (string, []any) {
		switch {
		case f.Key(r.keys[0]):
			return "DELETE FROM runs WHERE rowid = ?", nil
		case !f.Payload(r.data):
		case r.state == string(storage.RunRendered):
			left++
		default:
			return "UPDATE runs SET body = NULL WHERE rowid = ?", nil
		}
		return "", nil
	})
	if err != nil {
		return 0, err
	}
	err = p.each(ctx, "SELECT rowid, id, '', '', CASE held WHEN 1 THEN 'held' ELSE '' END, data FROM imports WHERE rowid > ? ORDER BY rowid LIMIT ?", func(r seenRow) (string, []any) {
		switch {
		case !f.Payload(r.data):
		case r.state == "held":
			return "DELETE FROM imports WHERE rowid = ?", nil
		default:
			left++
		}
		return "", nil
	})
	if err != nil {
		return 0, err
	}
	err = p.each(ctx, "SELECT rowid, by, cause || ' ' || undone_by, id, '', data FROM undos WHERE rowid > ? ORDER BY rowid LIMIT ?", func(r seenRow) (string, []any) {
		if f.Key(r.keys[0]) || f.Key(r.keys[1]) || f.Key(r.keys[2]) || f.Payload(r.data) {
			return "DELETE FROM undos WHERE rowid = ?", nil
		}
		return "", nil
	})
	if err != nil {
		return 0, err
	}
	if err := p.complaints(ctx, f); err != nil {
		return 0, err
	}
	return left, p.shared(ctx, doing, f)
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

// own removes what is the person's by id, and their name from what is others'.
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
		{everything + "SELECT id, '', '' FROM fetches WHERE rep = ?1", "DELETE FROM fetches WHERE id = ?2"},
		{
			everything + "SELECT rep, date, customer FROM plans WHERE json_extract(doc, '$.by') = ?1",
			"UPDATE plans SET doc = json_set(doc, '$.by', '" + storage.Erased + "') WHERE rep = ?2 AND date = ?3 AND customer = ?4",
		},
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
