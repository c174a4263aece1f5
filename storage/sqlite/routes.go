package sqlite

import (
	"context"

	"roundsman/visit"
)

type routes struct{ s *Store }

var mergedRoute = merged[visit.Route]()

func (r routes) Put(ctx context.Context, put ...visit.Route) error {
	const doing = "storing routes"
	if len(put) == 0 {
		return nil
	}
	type record struct{ rep, doc string }
	records := make([]record, len(put))
	for i, route := range put {
		doc, err := encode(route)
		if err != nil {
			return translate(ctx, doing, err)
		}
		records[i] = record{route.Rep, doc}
	}
	return r.s.write(ctx, doing, func(t *tx) error {
		for _, r := range records {
			if _, err := t.exec("INSERT INTO routes (rep, doc) VALUES (?, ?) ON CONFLICT (rep) DO UPDATE SET doc = "+mergedRoute, r.rep, r.doc); err != nil {
				return err
			}
		}
		return nil
	})
}

func (r routes) Delete(ctx context.Context, reps ...string) error {
	return removeEach(ctx, r.s, "removing routes", "DELETE FROM routes WHERE rep = ?", reps, byID[string])
}

func (r routes) Get(ctx context.Context, reps ...string) ([]visit.Route, error) {
	const doing = "reading routes"
	list, err := encode(append([]string{}, reps...)) // of none a list, too
	if err != nil {
		return nil, translate(ctx, doing, err)
	}
	return many(ctx, r.s, doing, scanDoc[visit.Route],
		"SELECT doc FROM routes WHERE rep IN (SELECT value FROM json_each(?)) ORDER BY rep", list)
}
