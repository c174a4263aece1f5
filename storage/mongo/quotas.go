package mongo

import (
	"context"
	"time"

	"go.mongodb.org/mongo-driver/v2/bson"

	"roundsman/storage"
)

type quotaDoc struct {
	Key     string        `bson:"_id"`
	V       int32         `bson:"v"`
	Version int64         `bson:"version"`
	Data    []byte        `bson:"data"`
	Expires bson.DateTime `bson:"expires"`
}

func (d quotaDoc) record() storage.Quota {
	return storage.Quota{Key: d.Key, Version: d.Version, Data: d.Data, Expires: instant(d.Expires)}
}

type quotas struct{ s *Store }

func (q quotas) Get(ctx context.Context, name string) (storage.Quota, error) {
	return one[quotaDoc](ctx, q.s, "reading a quota", quotasName, key(name), nil)
}

// Swap of a first version makes the document, if there is none: no version is below 1.
func (q quotas) Swap(ctx context.Context, u storage.Quota) error {
	const doing = "changing a quota"
	change := bson.D{
		{Key: "$set", Value: bson.D{{Key: "version", Value: u.Version}, {Key: "data", Value: u.Data}, {Key: "expires", Value: date(u.Expires)}}},
		{Key: "$max", Value: bson.D{{Key: "v", Value: int32(form)}}},
		{Key: "$currentDate", Value: bson.D{{Key: idleSince, Value: true}}},
	}
	write := q.s.update
	if u.Version == 1 {
		write = q.s.upsert
	}
	done, err := write(ctx, doing, quotasName, bson.D{{Key: "_id", Value: u.Key}, {Key: "version", Value: u.Version - 1}}, change)
	return conflictUnless(ctx, doing, done, err)
}

func (q quotas) Sweep(ctx context.Context, before time.Time) (int, error) {
	return q.s.sweep(ctx, "sweeping quotas", quotasName, bson.D{{Key: "expires", Value: below(date(before))}})
}
