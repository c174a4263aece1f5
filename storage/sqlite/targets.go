package sqlite

import (
	"context"

	"roundsman/visit"
)

type targets struct{ s *Store }

// Put merges documents: what is nil is not in the new one, and stays.
func (t targets) Put(ctx context.Context, put ...visit.MonthTarget) error {
	const doing = "storing targets"
	if len(put) == 0 {
		return nil
	}
	type record struct{ month, rep, doc string }
	records := make([]record, len(put))
	for i, target := range put {
		doc, err := encode(target)
		if err != nil {
			return translate(ctx, doing, err)
		}
		records[i] = record{string(target.Month), target.Rep, doc}
	}
	return t.s.write(ctx, doing, func(t *tx) error {
		for _, r := range records {
			_, err := t.exec(`
				INSERT INTO targets (month, rep, doc) VALUES (?, ?, ?)
				ON CONFLICT (month, rep) DO UPDATE SET doc = json_patch(doc, excluded.doc)`, r.month, r.rep, r.doc)
			if err != nil {
				return err
			}
		}
		return nil
	})
}

func (t targets) Delete(ctx context.Context, targets ...visit.MonthTarget) error {
	return removeEach(ctx, t.s, "removing targets", "DELETE FROM targets WHERE month = ? AND rep = ?", targets,
		func(t visit.MonthTarget) []any { return []any{string(t.Month), t.Rep} })
}

func (t targets) Get(ctx context.Context, month visit.Month, reps ...string) ([]visit.MonthTarget, error) {
	const doing = "reading targets"
	list, err := encode(append([]string{}, reps...)) // of none a list, too
	if err != nil {
		return nil, translate(ctx, doing, err)
	}
	return many(ctx, t.s, doing, scanDoc[visit.MonthTarget],
		"SELECT doc FROM targets WHERE month = ? AND rep IN (SELECT value FROM json_each(?)) ORDER BY rep", string(month), list)
}
