package sqlite

import (
	"context"

	"roundsman/visit"
)

type consents struct{ s *Store }

func (c consents) Put(ctx context.Context, consent visit.Consent) error {
	const doing = "storing a consent"
	consent.At = visit.Millis(consent.At)
	doc, err := encode(consent)
	if err != nil {
		return translate(ctx, doing, err)
	}
	_, err = c.s.exec(ctx, doing,
		"INSERT INTO consents (source, rep, at, doc) VALUES (?, ?, ?, ?) ON CONFLICT (source) DO NOTHING",
		consent.Source, consent.Rep, millis(consent.At), doc)
	return err
}

func (c consents) Latest(ctx context.Context, rep string) (visit.Consent, error) {
	return one(ctx, c.s, "reading a consent", scanDoc[visit.Consent],
		"SELECT doc FROM consents WHERE rep = ? ORDER BY at DESC, source DESC LIMIT 1", rep)
}

func (c consents) Of(ctx context.Context, rep string) ([]visit.Consent, error) {
	return many(ctx, c.s, "reading consents", scanDoc[visit.Consent],
		"SELECT doc FROM consents WHERE rep = ? ORDER BY at, source", rep)
}
