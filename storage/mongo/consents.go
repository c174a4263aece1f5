package mongo

import (
	"context"

	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/mongo/options"

	"roundsman/visit"
)

type consentDoc struct {
	Source  string        `bson:"_id"`
	V       int32         `bson:"v"`
	Rep     string        `bson:"rep"`
	Version string        `bson:"version"`
	At      bson.DateTime `bson:"at"`
}

func (d consentDoc) record() visit.Consent {
	return visit.Consent{Rep: d.Rep, Version: d.Version, At: instant(d.At), Source: d.Source}
}

type consents struct{ s *Store }

func (c consents) Put(ctx context.Context, consent visit.Consent) error {
	_, err := c.s.insert(ctx, "storing a consent", consentsName,
		consentDoc{Source: consent.Source, V: form, Rep: consent.Rep, Version: consent.Version, At: date(consent.At)})
	return err
}

func (c consents) Latest(ctx context.Context, rep string) (visit.Consent, error) {
	return one[consentDoc](ctx, c.s, "reading a consent", consentsName,
		bson.D{{Key: "rep", Value: rep}}, options.FindOne().SetSort(bson.D{{Key: "at", Value: -1}, {Key: "_id", Value: -1}}))
}

func (c consents) Of(ctx context.Context, rep string) ([]visit.Consent, error) {
	return many[consentDoc](ctx, c.s, "reading consents", consentsName,
		bson.D{{Key: "rep", Value: rep}}, options.Find().SetSort(by("at", "_id")))
}
