package sqlite

import (
	"cmp"
	"context"
	"iter"
	"math"
	"time"

	"roundsman/geo"
	"roundsman/storage"
	"roundsman/visit"
)

type facts struct{ s *Store }

func (f facts) Append(ctx context.Context, add ...visit.Fact) error {
	const doing = "appending facts"
	docs := make([]string, len(add))
	placeSalts := make([][]byte, len(add))
	for i, fact := range add {
		fact = fact.Rounded()
		doc, err := encode(fact)
		if err != nil {
			return translate(ctx, doing, err)
		}
		docs[i] = doc
		if fact.Located() {
			placeSalts[i] = newSalt()
		}
	}
	return f.s.write(ctx, doing, func(t *tx) error {
		for i, fact := range add {
			_, err := t.exec(`
				INSERT INTO facts (id, rep, team, date, at, located, doc, salt, place_salt) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (id) DO NOTHING`,
				fact.ID, fact.Rep, fact.Team, string(fact.Date), millis(fact.At), fact.Located(), docs[i], newSalt(), placeSalts[i])
			if err != nil {
				return err
			}
		}
		return nil
	})
}

// noSupport is the distance to a device fix where there is none.
const noSupport = -1

// Redact edits the documents where they are, so that what it does not know of stays as it is.
func (f facts) Redact(ctx context.Context, before visit.Date) (int, error) {
	return f.s.sweep(ctx, "redacting facts", sweepBatch, `
		UPDATE facts SET located = 0, place_salt = NULL,
			doc = json_replace(json_remove(doc, '$.fix.point', '$.fix.address', '$.fix.accuracy', '$.photo.look.place'), '$.fix.support', ?1)
		WHERE rowid IN (SELECT rowid FROM facts WHERE located = 1 AND date < ?2 LIMIT ?3)`, noSupport, string(before))
}

func (f facts) Day(ctx context.Context, rep string, date visit.Date) ([]visit.Fact, error) {
	return many(ctx, f.s, "reading a day", scanDoc[visit.Fact],
		"SELECT doc FROM facts WHERE rep = ? AND date = ? ORDER BY at, id", rep, string(date))
}

func (f facts) Get(ctx context.Context, id string) (visit.Fact, error) {
	return one(ctx, f.s, "reading a fact", scanDoc[visit.Fact], "SELECT doc FROM facts WHERE id = ?", id)
}

func (f facts) Latest(ctx context.Context, rep string, until time.Time, limit int) ([]visit.Fact, error) {
	return many(ctx, f.s, "reading the latest places", scanDoc[visit.Fact],
		"SELECT doc FROM facts WHERE located = 1 AND rep = ? AND at <= ? AND json_extract(doc, '$.fix.point') IS NOT NULL ORDER BY at DESC, id DESC LIMIT ?",
		rep, millis(until), limit)
}

func (f facts) Same(ctx context.Context, p geo.Point, from time.Time, limit int) ([]visit.Fact, error) {
	const doing = "reading fixes of a place"
	place, err := encode(p)
	if err != nil {
		return nil, translate(ctx, doing, err)
	}
	return many(ctx, f.s, doing, scanDoc[visit.Fact],
		"SELECT doc FROM facts WHERE located = 1 AND json_extract(doc, '$.fix.point') = ? AND at >= ? ORDER BY at DESC, id DESC LIMIT ?",
		place, millis(from), limit)
}

// factPage is how many facts are read at once. Between two pages no
// transaction is open, so that a slow reader does not keep the log from shrinking.
const factPage = 500

// endOfDates sorts after every date.
const endOfDates = "~"

func (f facts) Range(ctx context.Context, filter storage.FactFilter) iter.Seq2[visit.Fact, error] {
	return func(yield func(visit.Fact, error) bool) {
		// The last fact seen; the first page begins before everything.
		last := visit.Fact{Date: filter.From}
		at := int64(math.MinInt64)
		var page []visit.Fact
		for {
			var err error
			if page, err = f.page(ctx, filter, last, at, page); err != nil {
				yield(visit.Fact{}, err)
				return
			}
			for _, fact := range page {
				if !yield(fact, nil) {
					return
				}
			}
			if len(page) < factPage {
				return
			}
			last = page[len(page)-1]
			at = millis(last.At)
		}
	}
}

// page returns the next facts after (last.Date, last.Rep, at, last.ID), in the
// place of those in buffer. The + keeps SQLite from choosing the team's index, which would have to be sorted.
func (f facts) page(ctx context.Context, filter storage.FactFilter, last visit.Fact, at int64, buffer []visit.Fact) ([]visit.Fact, error) {
	const doing = "reading facts"
	date, to := string(last.Date), cmp.Or(string(filter.To), endOfDates)
	switch {
	case filter.Rep != "":
		return manyInto(ctx, f.s, doing, buffer, scanDoc[visit.Fact], `
			SELECT doc FROM facts WHERE rep = ?1 AND (date, at, id) > (?2, ?3, ?4) AND date <= ?5
				AND (?6 = '' OR +team = ?6)
			ORDER BY date, at, id LIMIT ?7`, filter.Rep, date, at, last.ID, to, filter.Team, factPage)
	case filter.Team != "":
		return manyInto(ctx, f.s, doing, buffer, scanDoc[visit.Fact], `
			SELECT doc FROM facts WHERE team = ? AND (date, rep, at, id) > (?, ?, ?, ?) AND date <= ?
			ORDER BY date, rep, at, id LIMIT ?`, filter.Team, date, last.Rep, at, last.ID, to, factPage)
	default:
		return manyInto(ctx, f.s, doing, buffer, scanDoc[visit.Fact], `
			SELECT doc FROM facts WHERE (date, rep, at, id) > (?, ?, ?, ?) AND date <= ?
			ORDER BY date, rep, at, id LIMIT ?`, date, last.Rep, at, last.ID, to, factPage)
	}
}
