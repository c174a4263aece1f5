package mongo

import (
	"context"
	"iter"
	"slices"

	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/mongo/options"

	"roundsman/storage"
	"roundsman/visit"
)

// forgetBatch bounds how many things are forgotten at once: each may be in a
// block of its own.
const forgetBatch = 50

// collectionOf is where things of a kind are.
func collectionOf(kind storage.ThingKind) string {
	if kind == storage.ThingAct {
		return actsName
	}
	return factsName
}

// Forget takes the names out of the blocks first: whoever comes after a death in
// between finds the things, and takes the way again.
func (r record) Forget(ctx context.Context, kind storage.ThingKind, ids ...string) error {
	const doing = "forgetting what is sealed"
	if len(ids) == 0 {
		return translate(ctx, doing, r.s.ready(ctx))
	}
	for some := range slices.Chunk(ids, forgetBatch) {
		if err := r.unname(ctx, kind, some); err != nil {
			return translate(ctx, doing, err)
		}
		if err := remove(ctx, r.s, doing, collectionOf(kind), some); err != nil {
			return err
		}
	}
	return nil
}

func (r record) Replace(ctx context.Context, t storage.Thing) error {
	const doing = "replacing what is sealed"
	var doc any
	if t.Act != nil {
		doc = newAct(*t.Act)
	} else {
		doc = newFact(*t.Fact)
	}
	raw, err := encode(doc)
	if err != nil {
		return translate(ctx, doing, err)
	}
	if err := r.unname(ctx, t.Kind, []string{t.ID()}); err != nil {
		return translate(ctx, doing, err)
	}
	bound, cancel := bounded(ctx, listTimeout)
	defer cancel()
	_, err = r.s.in(collectionOf(t.Kind)).ReplaceOne(bound, key(t.ID()), raw)
	return translate(ctx, doing, err)
}

// unname takes things out of the leaves that name them.
func (r record) unname(ctx context.Context, kind storage.ThingKind, ids []string) error {
	bound, cancel := bounded(ctx, longTimeout)
	defer cancel()
	found, err := find[struct {
		Block int64 `bson:"block"`
	}](bound, r.s, collectionOf(kind), append(key(among(ids)), bson.E{Key: "block", Value: above(int64(0))}),
		options.Find().SetProjection(bson.D{{Key: "_id", Value: 0}, {Key: "block", Value: 1}}))
	if err != nil || len(found) == 0 {
		return err
	}
	var numbers []int64
	for _, f := range found {
		numbers = append(numbers, f.Block)
	}
	_, err = r.s.in(blocksName).UpdateMany(bound, key(among(numbers)), bson.D{{Key: "$unset", Value: bson.D{{Key: "leaves.$[leaf].of", Value: ""}}}},
		options.UpdateMany().SetArrayFilters([]any{bson.D{{Key: "leaf.kind", Value: string(kind)}, {Key: "leaf.of", Value: among(ids)}}}))
	return err
}

// actPage is how many acts are read at once.
const actPage = 500

func (a acts) Range(ctx context.Context) iter.Seq2[visit.Act, error] {
	return func(yield func(visit.Act, error) bool) {
		filter := bson.D{}
		for {
			page, err := many[actDoc](ctx, a.s, "reading acts", actsName, filter, options.Find().SetSort(by("at", "_id")).SetLimit(actPage))
			if err != nil {
				yield(visit.Act{}, err)
				return
			}
			for _, t := range page {
				if !yield(*t.Act, nil) {
					return
				}
				filter = bson.D{{Key: "$or", Value: bson.A{
					bson.D{{Key: "at", Value: above(date(t.Act.At))}},
					bson.D{{Key: "at", Value: date(t.Act.At)}, {Key: "_id", Value: above(t.Act.ID)}},
				}}}
			}
			if len(page) < actPage {
				return
			}
		}
	}
}
