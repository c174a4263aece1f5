package sqlite

import (
	"cmp"
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"iter"
	"slices"

	"roundsman/storage"
	"roundsman/visit"
)

type outcomes struct{ s *Store }

var mergedOutcome = merged[visit.Outcome]()

// Put reads the outcome that it replaces, whose customers tell which rows of
// outcome_calls are its own: an index for that would be as large as the table.
func (o outcomes) Put(ctx context.Context, put visit.Outcome) error {
	const doing = "storing an outcome"
	put.Reported, put.ReportDue, put.Calls = visit.Millis(put.Reported), visit.Millis(put.ReportDue), slices.Clone(put.Calls)
	for i, c := range put.Calls {
		put.Calls[i].Start, put.Calls[i].Last = visit.Millis(c.Start), visit.Millis(c.Last)
	}
	doc, err := encode(put)
	if err != nil {
		return translate(ctx, doing, err)
	}
	rep, date, now := put.Rep, string(put.Date), calledOn(put)
	return o.s.write(ctx, doing, func(t *tx) error {
		old, err := scanDoc[visit.Outcome](t.row("SELECT doc FROM outcomes WHERE rep = ? AND date = ?", rep, date))
		if err != nil && !errors.Is(err, sql.ErrNoRows) {
			return err
		}
		if err == nil && old.Facts > put.Facts {
			return nil
		}
		if _, err := t.exec(`
			INSERT INTO outcomes (rep, date, team, facts, doc) VALUES (?, ?, ?, ?, ?)
			ON CONFLICT (rep, date) DO UPDATE SET team = excluded.team, facts = excluded.facts, doc = `+mergedOutcome,
			rep, date, put.Team, put.Facts, doc); err != nil {
			return err
		}
		before := calledOn(old)
		for customer, verified := range before {
			if is, there := now[customer]; there && is == verified {
				continue
			}
			if _, err := t.exec("DELETE FROM outcome_calls WHERE customer = ? AND verified = ? AND date = ? AND rep = ?",
				customer, verified, date, rep); err != nil {
				return err
			}
		}
		for customer, verified := range now {
			if was, there := before[customer]; there && was == verified {
				continue
			}
			if _, err := t.exec("INSERT INTO outcome_calls (customer, verified, date, rep) VALUES (?, ?, ?, ?)",
				customer, verified, date, rep); err != nil {
				return err
			}
		}
		return nil
	})
}

// calledOn returns the customers of the outcome's calls, and of each whether one of its calls is verified.
func calledOn(o visit.Outcome) map[string]bool {
	on := make(map[string]bool, len(o.Calls))
	for _, c := range o.Calls {
		if c.Customer != "" {
			on[c.Customer] = on[c.Customer] || c.Verdict == visit.Verified
		}
	}
	return on
}

// outcomePage is how many outcomes are read at once, see [factPage].
const outcomePage = 200

func (o outcomes) Range(ctx context.Context, filter storage.FactFilter) iter.Seq2[visit.Outcome, error] {
	return func(yield func(visit.Outcome, error) bool) {
		// The last of a page is where the next one begins: an outcome may be
		// replaced meanwhile, but never goes.
		from := visit.Outcome{Date: filter.From}
		for {
			page, err := o.page(ctx, filter, from)
			if err != nil {
				yield(visit.Outcome{}, err)
				return
			}
			more := len(page) == outcomePage
			if more {
				from = page[outcomePage-1]
				page = page[:outcomePage-1]
			}
			for _, one := range page {
				if !yield(one, nil) {
					return
				}
			}
			if !more {
				return
			}
		}
	}
}

// page returns the next outcomes from (from.Date, from.Rep) on. The + keeps
// SQLite from choosing the team's index, which would have to be sorted.
func (o outcomes) page(ctx context.Context, filter storage.FactFilter, from visit.Outcome) ([]visit.Outcome, error) {
	const doing = "reading outcomes"
	date, to := string(from.Date), cmp.Or(string(filter.To), endOfDates)
	switch {
	case filter.Rep != "":
		return many(ctx, o.s, doing, scanDoc[visit.Outcome], `
			SELECT doc FROM outcomes WHERE rep = ?1 AND date >= ?2 AND date <= ?3 AND (?4 = '' OR +team = ?4)
			ORDER BY date LIMIT ?5`, filter.Rep, date, to, filter.Team, outcomePage)
	case filter.Team != "":
		return many(ctx, o.s, doing, scanDoc[visit.Outcome], `
			SELECT doc FROM outcomes WHERE team = ? AND (date, rep) >= (?, ?) AND date <= ?
			ORDER BY date, rep LIMIT ?`, filter.Team, date, from.Rep, to, outcomePage)
	default:
		return many(ctx, o.s, doing, scanDoc[visit.Outcome], `
			SELECT doc FROM outcomes WHERE (date, rep) >= (?, ?) AND date <= ?
			ORDER BY date, rep LIMIT ?`, date, from.Rep, to, outcomePage)
	}
}

// LastVerified is one statement for all customers: a statement costs more than a step in the index.
func (o outcomes) LastVerified(ctx context.Context, before visit.Date, customers ...string) (map[string]visit.Date, error) {
	const doing = "reading the last visits"
	list, err := encode(append([]string{}, customers...)) // of none a list, too
	if err != nil {
		return nil, translate(ctx, doing, err)
	}
	type last struct {
		customer string
		date     sql.NullString
	}
	all, err := many(ctx, o.s, doing, func(row scanner) (last, error) {
		var l last
		err := row.Scan(&l.customer, &l.date)
		return l, err
	}, `
		SELECT value, (
			SELECT date FROM outcome_calls WHERE customer = value AND verified = 1 AND date < ? ORDER BY date DESC LIMIT 1
		) FROM json_each(?)`, string(before), list)
	if err != nil {
		return nil, err
	}
	out := make(map[string]visit.Date, len(all))
	for _, l := range all {
		if l.date.Valid {
			out[l.customer] = visit.Date(l.date.String)
		}
	}
	return out, nil
}

// OfCustomer merges the verified calls with the others: each are in order in
// the index, both together are not.
func (o outcomes) OfCustomer(ctx context.Context, customer string, limit int) ([]visit.Outcome, error) {
	return many(ctx, o.s, "reading a customer's outcomes", func(row scanner) (out visit.Outcome, err error) {
		var date, rep string // what the rows are in order by
		var doc []byte
		if err := row.Scan(&date, &rep, &doc); err != nil {
			return out, err
		}
		err = json.Unmarshal(doc, &out)
		return out, err
	}, `
		SELECT date, rep, (SELECT doc FROM outcomes AS o WHERE o.rep = c.rep AND o.date = c.date) FROM outcome_calls AS c
		WHERE customer = ?1 AND verified = 0
		UNION ALL
		SELECT date, rep, (SELECT doc FROM outcomes AS o WHERE o.rep = c.rep AND o.date = c.date) FROM outcome_calls AS c
		WHERE customer = ?1 AND verified = 1
		ORDER BY date DESC, rep LIMIT ?2`, customer, max(limit, 0))
}
