package mongo

import (
	"context"
	"time"

	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/mongo/options"

	"roundsman/storage"
)

type undoDoc struct {
	ID       string        `bson:"_id"`
	V        int32         `bson:"v"`
	Kind     string        `bson:"kind"`
	By       string        `bson:"by"`
	Cause    string        `bson:"cause"`
	At       bson.DateTime `bson:"at"`
	Data     []byte        `bson:"data"`
	UndoneBy string        `bson:"undone_by"`
}

func (d undoDoc) record() storage.Undo {
	return storage.Undo{ID: d.ID, Kind: d.Kind, By: d.By, Cause: d.Cause, At: instant(d.At), Data: d.Data, UndoneBy: d.UndoneBy}
}

type undos struct{ s *Store }

func (u undos) Put(ctx context.Context, put storage.Undo) error {
	bound, cancel := bounded(ctx, longTimeout)
	defer cancel()
	_, err := u.s.insert(bound, "storing what can be undone", undosName,
		undoDoc{put.ID, form, put.Kind, put.By, put.Cause, date(put.At), put.Data, put.UndoneBy})
	return err
}

func (u undos) Get(ctx context.Context, id string) (storage.Undo, error) {
	bound, cancel := bounded(ctx, longTimeout)
	defer cancel()
	return one[undoDoc](bound, u.s, "reading what can be undone", undosName, key(id), options.FindOne())
}

func (u undos) Latest(ctx context.Context, until time.Time) (storage.Undo, error) {
	bound, cancel := bounded(ctx, longTimeout)
	defer cancel()
	return one[undoDoc](bound, u.s, "reading what can be undone", undosName, bson.D{{Key: "at", Value: atMost(date(until))}},
		options.FindOne().SetSort(bson.D{{Key: "at", Value: -1}, {Key: "_id", Value: -1}}))
}

func (u undos) Undone(ctx context.Context, id, by string) error {
	const doing = "marking what was undone"
	found, err := u.s.update(ctx, doing, undosName, append(key(id), bson.E{Key: "undone_by", Value: among(bson.A{"", by})}),
		bson.D{{Key: "$set", Value: bson.D{{Key: "undone_by", Value: by}}}})
	if err != nil || found {
		return err
	}
	return u.s.exists(ctx, doing, undosName, key(id))
}

func (u undos) Sweep(ctx context.Context, before time.Time) (int, error) {
	return u.s.sweep(ctx, "sweeping what can be undone", undosName, bson.D{{Key: "at", Value: below(date(before))}})
}
