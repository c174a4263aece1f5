package mongo

import (
	"context"
	"time"

	"go.mongodb.org/mongo-driver/v2/bson"

	"roundsman/storage"
)

// leases are kept in the collection that is named.
type leases struct {
	s  *Store
	in string
}

func (l leases) Take(ctx context.Context, name, owner string, now, until time.Time) error {
	const doing = "taking a lease"
	done, err := l.s.upsert(ctx, doing, l.in, bson.D{{Key: "_id", Value: name}, {Key: "until", Value: atMost(date(now))}}, bson.D{
		{Key: "$set", Value: bson.D{{Key: "owner", Value: owner}, {Key: "until", Value: date(until)}}},
		{Key: "$max", Value: bson.D{{Key: "v", Value: int32(form)}}},
		{Key: "$currentDate", Value: bson.D{{Key: idleSince, Value: true}}},
	})
	return conflictUnless(ctx, doing, done, err)
}

func (l leases) Keep(ctx context.Context, name, owner string, until time.Time) error {
	const doing = "keeping a lease"
	done, err := l.s.update(ctx, doing, l.in, bson.D{{Key: "_id", Value: name}, {Key: "owner", Value: owner}}, bson.D{
		{Key: "$set", Value: bson.D{{Key: "until", Value: date(until)}}},
		{Key: "$currentDate", Value: bson.D{{Key: idleSince, Value: true}}},
	})
	return conflictUnless(ctx, doing, done, err)
}

func (l leases) Give(ctx context.Context, name, owner string) error {
	_, err := l.s.in(l.in).DeleteOne(ctx, bson.D{{Key: "_id", Value: name}, {Key: "owner", Value: owner}})
	return translate(ctx, "giving a lease up", err)
}

func (l leases) Sweep(ctx context.Context, before time.Time) (int, error) {
	return l.s.sweep(ctx, "sweeping leases", l.in, bson.D{{Key: "until", Value: below(date(before))}})
}

// conflictUnless turns a write that was not done into a conflict.
func conflictUnless(ctx context.Context, doing string, done bool, err error) error {
	if err == nil && !done {
		err = translate(ctx, doing, storage.ErrConflict)
	}
	return err
}
