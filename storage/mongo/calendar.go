package mongo

import (
	"context"

	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/mongo/options"

	"roundsman/visit"
)

type holidayDoc struct {
	Date string `bson:"_id"`
	V    int32  `bson:"v"`
	Work bool   `bson:"work"`
	Name string `bson:"name"`
}

func (d holidayDoc) record() visit.Holiday {
	return visit.Holiday{Date: visit.Date(d.Date), Work: d.Work, Name: d.Name}
}

type calendar struct{ s *Store }

func (c calendar) Put(ctx context.Context, holidays ...visit.Holiday) error {
	docs := make([]any, len(holidays))
	for i, h := range holidays {
		docs[i] = holidayDoc{string(h.Date), form, h.Work, h.Name}
	}
	return c.s.put(ctx, "storing holidays", holidaysName, docs...)
}

func (c calendar) Delete(ctx context.Context, dates ...visit.Date) error {
	return remove(ctx, c.s, "removing holidays", holidaysName, dates)
}

func (c calendar) All(ctx context.Context) ([]visit.Holiday, error) {
	return many[holidayDoc](ctx, c.s, "reading holidays", holidaysName, bson.D{}, options.Find().SetSort(by("_id")))
}
