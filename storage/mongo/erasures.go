package mongo

import (
	"context"

	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/mongo/options"

	"roundsman/storage"
)

type erasureDoc struct {
	ID      string        `bson:"_id"`
	V       int32         `bson:"v"`
	Rep     string        `bson:"rep"`
	State   string        `bson:"state"`
	At      bson.DateTime `bson:"at"`
	Due     bson.DateTime `bson:"due"`
	Version int64         `bson:"version"`
	Data    []byte        `bson:"data"`
	// Open is the state's, for the index.
	Open bool `bson:"open"`
}

func newErasure(e storage.Erasure) erasureDoc {
	return erasureDoc{e.ID, form, e.Rep, string(e.State), date(e.At), date(e.Due), e.Version, e.Data, e.State != storage.ErasureDone}
}

func (d erasureDoc) record() storage.Erasure {
	return storage.Erasure{
		ID: d.ID, Rep: d.Rep, State: storage.ErasureState(d.State), At: instant(d.At), Due: instant(d.Due), Version: d.Version, Data: d.Data,
	}
}

type erasures struct{ s *Store }

func (e erasures) Put(ctx context.Context, put storage.Erasure) (bool, error) {
	return e.s.insert(ctx, "storing an erasure", erasuresName, newErasure(put))
}

func (e erasures) Swap(ctx context.Context, put storage.Erasure) error {
	const doing = "changing an erasure"
	r, err := replace(newErasure(put))
	if err != nil {
		return translate(ctx, doing, err)
	}
	done, err := e.s.update(ctx, doing, erasuresName, append(r.filter, bson.E{Key: "version", Value: put.Version - 1}), r.update)
	return conflictUnless(ctx, doing, done, err)
}

func (e erasures) Get(ctx context.Context, id string) (storage.Erasure, error) {
	return one[erasureDoc](ctx, e.s, "reading an erasure", erasuresName, key(id), nil)
}

func (e erasures) Open(ctx context.Context) ([]storage.Erasure, error) {
	return many[erasureDoc](ctx, e.s, "reading erasures", erasuresName, bson.D{{Key: "open", Value: true}}, options.Find().SetSort(by("at", "_id")))
}
