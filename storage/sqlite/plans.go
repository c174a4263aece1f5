package sqlite

import (
	"context"
	"slices"

	"roundsman/visit"
)

type plans struct{ s *Store }

var mergedPlan = merged[visit.PlannedVisit]()

func (p plans) Put(ctx context.Context, visits ...visit.PlannedVisit) error {
	const doing = "storing planned visits"
	if len(visits) == 0 {
		return nil
	}
	type record struct {
		rep, date, customer string
		order               int
		doc                 string
	}
	records := make([]record, len(visits))
	for i, v := range visits {
		doc, err := encode(v)
		if err != nil {
			return translate(ctx, doing, err)
		}
		records[i] = record{v.Rep, string(v.Date), v.Customer, v.Order, doc}
	}
	return p.s.write(ctx, doing, func(t *tx) error {
		for _, r := range records {
			_, err := t.exec(`
				INSERT INTO plans (rep, date, customer, ord, doc) VALUES (?, ?, ?, ?, ?)
				ON CONFLICT (rep, date, customer) DO UPDATE SET ord = excluded.ord, doc = `+mergedPlan,
				r.rep, r.date, r.customer, r.order, r.doc)
			if err != nil {
				return err
			}
		}
		return nil
	})
}

func (p plans) Delete(ctx context.Context, visits ...visit.PlannedVisit) error {
	return removeEach(ctx, p.s, "removing planned visits", "DELETE FROM plans WHERE rep = ? AND date = ? AND customer = ?", visits,
		func(v visit.PlannedVisit) []any { return []any{v.Rep, string(v.Date), v.Customer} })
}

func (p plans) Day(ctx context.Context, rep string, date visit.Date) ([]visit.PlannedVisit, error) {
	return many(ctx, p.s, "reading a rep's plan", scanDoc[visit.PlannedVisit],
		"SELECT doc FROM plans WHERE rep = ? AND date = ? ORDER BY ord, customer", rep, string(date))
}

func (p plans) Span(ctx context.Context, rep string, from, to visit.Date) ([]visit.PlannedVisit, error) {
	return many(ctx, p.s, "reading a rep's plans", scanDoc[visit.PlannedVisit],
		"SELECT doc FROM plans WHERE rep = ? AND date BETWEEN ? AND ? ORDER BY date, ord, customer", rep, string(from), string(to))
}

// Of reads rep by rep: each one's plan is in order in the primary key, all together would have to be sorted.
func (p plans) Of(ctx context.Context, date visit.Date, reps ...string) ([]visit.PlannedVisit, error) {
	if len(reps) == 0 {
		return nil, translate(ctx, "reading some reps' plans", p.s.Ping(ctx))
	}
	var out []visit.PlannedVisit
	for _, rep := range slices.Compact(slices.Sorted(slices.Values(reps))) {
		lines, err := p.Day(ctx, rep, date)
		if err != nil {
			return nil, err
		}
		out = append(out, lines...)
	}
	return out, nil
}

func (p plans) Date(ctx context.Context, date visit.Date) ([]visit.PlannedVisit, error) {
	return many(ctx, p.s, "reading a date's plans", scanDoc[visit.PlannedVisit],
		"SELECT doc FROM plans WHERE date = ? ORDER BY rep, ord, customer", string(date))
}
