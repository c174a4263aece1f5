package mongo

import (
	"context"

	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/mongo/options"

	"roundsman/storage"
	"roundsman/visit"
)

type runDoc struct {
	ID    string        `bson:"_id"`
	V     int32         `bson:"v"`
	Job   string        `bson:"job"`
	Group string        `bson:"group"`
	Date  string        `bson:"date"`
	Due   bson.DateTime `bson:"due"`
	At    bson.DateTime `bson:"at"`
	Late  bool          `bson:"late"`
	State string        `bson:"state"`
	Body  []byte        `bson:"body"`
}

func (d runDoc) record() storage.Run {
	return storage.Run{
		Job: d.Job, Group: d.Group, Date: visit.Date(d.Date), Due: instant(d.Due), At: instant(d.At), Late: d.Late,
		State: storage.RunState(d.State), Body: d.Body,
	}
}

type runs struct{ s *Store }

func (r runs) Begin(ctx context.Context, run storage.Run) (bool, error) {
	return r.s.insert(ctx, "beginning a run", runsName, runDoc{
		ID: run.ID(), V: form, Job: run.Job, Group: run.Group, Date: string(run.Date), Due: date(run.Due), At: date(run.At), Late: run.Late,
		State: string(run.State), Body: run.Body,
	})
}

func (r runs) Get(ctx context.Context, id string) (storage.Run, error) {
	return one[runDoc](ctx, r.s, "reading a run", runsName, key(id), nil)
}

func (r runs) Rendered(ctx context.Context, limit int) ([]storage.Run, error) {
	const doing = "reading rendered runs"
	if limit <= 0 {
		return nil, translate(ctx, doing, r.s.ready(ctx))
	}
	return many[runDoc](ctx, r.s, doing, runsName,
		bson.D{{Key: "state", Value: storage.RunRendered}}, options.Find().SetSort(by("_id")).SetLimit(int64(limit)))
}

func (r runs) Settle(ctx context.Context, id string, state storage.RunState) error {
	_, err := r.s.update(ctx, "settling a run", runsName, bson.D{{Key: "_id", Value: id}, {Key: "state", Value: storage.RunRendered}}, bson.D{
		{Key: "$set", Value: bson.D{{Key: "state", Value: state}}},
		{Key: "$unset", Value: bson.D{{Key: "body", Value: ""}}},
	})
	return err
}
