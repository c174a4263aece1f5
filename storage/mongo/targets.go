package mongo

import (
	"context"
	"slices"

	"go.mongodb.org/mongo-driver/v2/mongo/options"

	"roundsman/visit"
)

// targetKey is the key of a month's target. Its fields are always written in this order.
type targetKey struct {
	Rep   string `bson:"rep"`
	Month string `bson:"month"`
}

// targetDoc has the amounts that are known: what is put without one leaves it alone.
type targetDoc struct {
	Key        targetKey `bson:"_id"`
	V          int32     `bson:"v"`
	Rep        string    `bson:"rep"`
	Order      *int64    `bson:"order,omitempty"`
	Collection *int64    `bson:"collection,omitempty"`
}

func (d targetDoc) record() visit.MonthTarget {
	return visit.MonthTarget{Rep: d.Key.Rep, Month: visit.Month(d.Key.Month), Order: d.Order, Collection: d.Collection}
}

type targets struct{ s *Store }

func (t targets) Put(ctx context.Context, put ...visit.MonthTarget) error {
	docs := make([]any, len(put))
	for i, target := range put {
		docs[i] = targetDoc{targetKey{target.Rep, string(target.Month)}, form, target.Rep, target.Order, target.Collection}
	}
	return t.s.put(ctx, "storing targets", targetsName, docs...)
}

func (t targets) Delete(ctx context.Context, targets ...visit.MonthTarget) error {
	keys := make([]targetKey, len(targets))
	for i, target := range targets {
		keys[i] = targetKey{target.Rep, string(target.Month)}
	}
	return remove(ctx, t.s, "removing targets", targetsName, keys)
}

func (t targets) Get(ctx context.Context, month visit.Month, reps ...string) ([]visit.MonthTarget, error) {
	const doing = "reading targets"
	if len(reps) == 0 {
		return nil, translate(ctx, doing, t.s.ready(ctx))
	}
	reps = slices.Compact(slices.Sorted(slices.Values(reps)))
	var out []visit.MonthTarget
	for some := range slices.Chunk(reps, idsAtOnce) {
		keys := make([]targetKey, len(some))
		for i, rep := range some {
			keys[i] = targetKey{rep, string(month)}
		}
		found, err := many[targetDoc](ctx, t.s, doing, targetsName, key(among(keys)), options.Find().SetSort(by("rep")))
		if err != nil {
			return nil, err
		}
		out = append(out, found...)
	}
	return out, nil
}
