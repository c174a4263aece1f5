package mongo

import (
	"context"
	"time"

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
	Held bool          `bson:"held,omitempty"`
}

func (d importDoc) record() storage.Import {
	return storage.Import{ID: d.ID, Kind: d.Kind, At: instant(d.At), Rows: d.Rows, Data: d.Data, Done: d.Done, Held: d.Held}
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

func (i imports) Hold(ctx context.Context, job storage.Import) error {
	bound, cancel := bounded(ctx, longTimeout)
	defer cancel()
	_, err := i.s.insert(bound, "holding an import", importsName, bson.D{
		{Key: "_id", Value: job.ID},
		{Key: "v", Value: int32(form)},
		{Key: "kind", Value: job.Kind},
		{Key: "at", Value: date(job.At)},
		{Key: "rows", Value: job.Rows},
		{Key: "data", Value: job.Data},
		{Key: "done", Value: false},
		{Key: "held", Value: true},
	})
	return err
}

func (i imports) Get(ctx context.Context, id string) (storage.Import, error) {
	bound, cancel := bounded(ctx, longTimeout)
	defer cancel()
	return one[importDoc](bound, i.s, "reading an import", importsName, key(id), options.FindOne())
}

// isHeld is the filter of one job that waits for somebody's word.
func isHeld(id string) bson.D { return append(key(id), bson.E{Key: "held", Value: true}) }

func (i imports) Release(ctx context.Context, id string, at time.Time) error {
	_, err := i.s.update(ctx, "releasing an import", importsName, isHeld(id), bson.D{
		{Key: "$set", Value: bson.D{{Key: "at", Value: date(at)}}},
		{Key: "$unset", Value: bson.D{{Key: "held", Value: ""}}},
	})
	return err
}

func (i imports) Drop(ctx context.Context, id string) error {
	_, err := i.s.in(importsName).DeleteOne(ctx, isHeld(id))
	return translate(ctx, "dropping an import", err)
}

func (i imports) Sweep(ctx context.Context, before time.Time) (int, error) {
	return i.s.sweep(ctx, "sweeping imports", importsName,
		bson.D{{Key: "done", Value: false}, {Key: "held", Value: true}, {Key: "at", Value: below(date(before))}})
}

func (i imports) Pending(ctx context.Context) ([]storage.Import, error) {
	bound, cancel := bounded(ctx, longTimeout)
	defer cancel()
	return many[importDoc](bound, i.s, "reading imports", importsName,
		bson.D{{Key: "done", Value: false}, {Key: "held", Value: bson.D{{Key: "$ne", Value: true}}}}, options.Find().SetSort(by("at", "_id")))
}

func (i imports) Done(ctx context.Context, id string) error {
	_, err := i.s.update(ctx, "finishing an import", importsName, bson.D{{Key: "_id", Value: id}, {Key: "done", Value: false}}, bson.D{
		{Key: "$set", Value: bson.D{{Key: "done", Value: true}}},
		{Key: "$unset", Value: bson.D{{Key: "data", Value: ""}}},
	})
	return err
}
