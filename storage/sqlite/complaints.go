package sqlite

import (
	"context"

	"roundsman/visit"
)

type complaints struct{ s *Store }

var mergedComplaint = merged[visit.ComplaintCase]()

func (c complaints) Put(ctx context.Context, put visit.ComplaintCase) error {
	const doing = "storing a complaint"
	put.Opened, put.Due = visit.Millis(put.Opened), visit.Millis(put.Due)
	doc, err := encode(put)
	if err != nil {
		return translate(ctx, doing, err)
	}
	return c.s.write(ctx, doing, func(t *tx) error {
		_, err := t.exec(`
			INSERT INTO complaints (id, team, due, open, doc) VALUES (?, ?, ?, ?, ?)
			ON CONFLICT (id) DO UPDATE SET team = excluded.team, due = excluded.due, open = excluded.open, doc = `+mergedComplaint+`
			WHERE open = 1`, put.ID, put.Team, put.Due.UnixMilli(), put.Open(), doc)
		return err
	})
}

func (c complaints) Get(ctx context.Context, id string) (visit.ComplaintCase, error) {
	return one(ctx, c.s, "reading a complaint", scanDoc[visit.ComplaintCase], "SELECT doc FROM complaints WHERE id = ?", id)
}

func (c complaints) Open(ctx context.Context, team string) ([]visit.ComplaintCase, error) {
	return many(ctx, c.s, "reading the open complaints", scanDoc[visit.ComplaintCase],
		"SELECT doc FROM complaints WHERE open = 1 AND team = ? ORDER BY due, id", team)
}
