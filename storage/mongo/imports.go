package mongo

import (
	"context"

	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/mongo/options"

	"roundsman/storage"
)

type importDoc struct {
	ID   string        `bson:"_id"`
	Kind string        `bson:"kind"`
	At   bson.DateTime `bson:"at"`
	Rows int           `bson:"rows"`
	Data []byte        `bson:"data"`
	Done bool          `bson:"done"`
}

func (d importDoc) record() storage.Import {
	return storage.Import{ID: d.ID, Kind: d.Kind, At: instant(d.At), Rows: d.Rows, Data: d.Data, Done: d.Done}
}

type imports struct{ s *Store }

// Put leaves a job alone that is there and not done: the same id is the same content.
func (i imports) Put(ctx context.Context, job storage.Import) error {
	bound, cancel := bounded(ctx, longTimeout)
	defer cancel()
	_, err := i.s.upsert(bound, "storing an import", importsName, bson.D{{Key: "_id", Value: job.ID}, {Key: "done", Value: true}}, bson.D{
		{Key: "$set", Value: bson.D{
			{Key: "kind", Value: job.Kind},
			{Key: "at", Value: date(job.At)},
			{Key: "rows", Value: job.Rows},
			{Key: "data", Value: job.Data},
			{Key: "done", Value: false},
		}},
		{Key: "$max", Value: bson.D{{Key: "v", Value: int32(form)}}},
	})
	return err
}

func (i imports) Pending(ctx context.Context) ([]storage.Import, error) {
	bound, cancel := bounded(ctx, longTimeout)
	defer cancel()
	return many[importDoc](bound, i.s, "reading imports", importsName,
		bson.D{{Key: "done", Value: false}}, options.Find().SetSort(by("at", "_id")))
}

func (i imports) Done(ctx context.Context, id string) error {
	_, err := i.s.update(ctx, "finishing an import", importsName, bson.D{{Key: "_id", Value: id}, {Key: "done", Value: false}}, bson.D{
		{Key: "$set", Value: bson.D{{Key: "done", Value: true}}},
		{Key: "$unset", Value: bson.D{{Key: "data", Value: ""}}},
	})
	return err
}
