package sqlite

import (
	"context"

	"roundsman/visit"
)

type calendar struct{ s *Store }

var mergedHoliday = merged[visit.Holiday]()

func (c calendar) Put(ctx context.Context, holidays ...visit.Holiday) error {
	const doing = "storing holidays"
	if len(holidays) == 0 {
		return nil
	}
	type record struct{ date, doc string }
	records := make([]record, len(holidays))
	for i, h := range holidays {
		doc, err := encode(h)
		if err != nil {
			return translate(ctx, doing, err)
		}
		records[i] = record{string(h.Date), doc}
	}
	return c.s.write(ctx, doing, func(t *tx) error {
		for _, r := range records {
			if _, err := t.exec("INSERT INTO holidays (date, doc) VALUES (?, ?) ON CONFLICT (date) DO UPDATE SET doc = "+mergedHoliday, r.date, r.doc); err != nil {
				return err
			}
		}
		return nil
	})
}

func (c calendar) Delete(ctx context.Context, dates ...visit.Date) error {
	return removeEach(ctx, c.s, "removing holidays", "DELETE FROM holidays WHERE date = ?", dates, byID[visit.Date])
}

func (c calendar) All(ctx context.Context) ([]visit.Holiday, error) {
	return many(ctx, c.s, "reading holidays", scanDoc[visit.Holiday], "SELECT doc FROM holidays ORDER BY date")
}
