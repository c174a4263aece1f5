package mongo

import (
	"context"
	"slices"
	"time"

	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/mongo"
	"go.mongodb.org/mongo-driver/v2/mongo/options"

	"roundsman/storage"
)

const (
	// callTimeout bounds a call on one document: a platform that waits 3 s for
	// its acknowledgement gets one, or is told to come again.
	callTimeout = 2 * time.Second
	// listTimeout bounds a call on many documents.
	listTimeout = 10 * time.Second
	// longTimeout bounds a photo, an import, or one batch of a sweep.
	longTimeout = time.Minute
)

// bounded returns ctx with an end: its own, or after d.
func bounded(ctx context.Context, d time.Duration) (context.Context, context.CancelFunc) {
	if _, ok := ctx.Deadline(); ok {
		return ctx, func() {}
	}
	return context.WithTimeout(ctx, d)
}

// document is a record as it is stored.
type document[R any] interface {
	record() R
}

// many returns the records of the documents that a query finds.
func many[D document[R], R any](ctx context.Context, s *Store, doing, in string, filter bson.D, opts *options.FindOptionsBuilder) ([]R, error) {
	docs, err := find[D](ctx, s, in, filter, opts)
	if err != nil {
		return nil, translate(ctx, doing, err)
	}
	var out []R
	for _, d := range docs {
		out = append(out, d.record())
	}
	return out, nil
}

// find returns the documents that a query finds. The filter is not nil.
func find[D any](ctx context.Context, s *Store, in string, filter bson.D, opts *options.FindOptionsBuilder) ([]D, error) {
	ctx, cancel := bounded(ctx, listTimeout)
	defer cancel()
	cursor, err := s.in(in).Find(ctx, filter, opts)
	if err != nil {
		return nil, err
	}
	var docs []D
	err = cursor.All(ctx, &docs)
	return docs, err
}

// one returns the record of the first document that a query finds, or storage.ErrNotFound.
func one[D document[R], R any](ctx context.Context, s *Store, doing, in string, filter bson.D, opts *options.FindOneOptionsBuilder) (R, error) {
	var d D
	if err := s.in(in).FindOne(ctx, filter, opts).Decode(&d); err != nil {
		var none R
		return none, translate(ctx, doing, err)
	}
	return d.record(), nil
}

// insert adds a document unless its key is there, and reports whether it did.
func (s *Store) insert(ctx context.Context, doing, in string, doc any) (fresh bool, err error) {
	_, err = s.in(in).InsertOne(ctx, doc)
	if duplicate(err) {
		return false, nil
	}
	if err != nil {
		return false, translate(ctx, doing, err)
	}
	return true, nil
}

// update changes one document and reports whether there was one to change.
func (s *Store) update(ctx context.Context, doing, in string, filter bson.D, update any) (found bool, err error) {
	r, err := s.in(in).UpdateOne(ctx, filter, update)
	if err != nil {
		return false, translate(ctx, doing, err)
	}
	return r.MatchedCount > 0, nil
}

// upsert changes the document that the filter finds, or makes it. It reports
// false if the document is there and the filter does not let it through: then
// the server tries to make it and finds its key taken.
func (s *Store) upsert(ctx context.Context, doing, in string, filter bson.D, update any) (done bool, err error) {
	_, err = s.in(in).UpdateOne(ctx, filter, update, options.UpdateOne().SetUpsert(true))
	if duplicate(err) {
		return false, nil
	}
	if err != nil {
		return false, translate(ctx, doing, err)
	}
	return true, nil
}

// put replaces records by their keys, or makes them. All are looked at before
// the first is written.
func (s *Store) put(ctx context.Context, doing, in string, records ...any) error {
	if len(records) == 0 {
		return translate(ctx, doing, s.ready(ctx))
	}
	writes := make([]mongo.WriteModel, len(records))
	for i, record := range records {
		r, err := replace(record)
		if err != nil {
			return translate(ctx, doing, err)
		}
		writes[i] = mongo.NewUpdateOneModel().SetFilter(r.filter).SetUpdate(r.update).SetUpsert(true)
	}
	for some := range slices.Chunk(writes, putBatch) {
		if err := s.putSome(ctx, in, some); err != nil {
			return translate(ctx, doing, err)
		}
	}
	return nil
}

// putBatch bounds how many records are sent at once, each time with a new end.
const putBatch = 1000

// putTries is how often a replacement is tried whose key another writer made at
// the same moment: the next try finds the document.
const putTries = 3

func (s *Store) putSome(ctx context.Context, in string, writes []mongo.WriteModel) (err error) {
	ctx, cancel := bounded(ctx, longTimeout)
	defer cancel()
	for range putTries {
		if _, err = s.in(in).BulkWrite(ctx, writes); !duplicate(err) {
			break
		}
	}
	return err
}

// remove deletes the documents with the keys.
func remove[K any](ctx context.Context, s *Store, doing, in string, keys []K) error {
	if len(keys) == 0 {
		return translate(ctx, doing, s.ready(ctx))
	}
	for some := range slices.Chunk(keys, idsAtOnce) {
		bound, cancel := bounded(ctx, longTimeout)
		_, err := s.in(in).DeleteMany(bound, key(among(some)))
		cancel()
		if err != nil {
			return translate(ctx, doing, err)
		}
	}
	return nil
}

// exists explains why a conditional write found nothing: storage.ErrConflict if
// the filter finds the document after all, else storage.ErrNotFound.
func (s *Store) exists(ctx context.Context, doing, in string, filter bson.D) error {
	err := s.in(in).FindOne(ctx, filter, options.FindOne().SetProjection(bson.D{{Key: "_id", Value: 1}})).Err()
	if err == nil {
		err = storage.ErrConflict
	}
	return translate(ctx, doing, err)
}

// count returns how many documents the filter finds.
func (s *Store) count(ctx context.Context, doing, in string, filter bson.D) (int, error) {
	bound, cancel := bounded(ctx, listTimeout)
	defer cancel()
	n, err := s.in(in).CountDocuments(bound, filter)
	return int(n), translate(ctx, doing, err)
}

// sweepBatch bounds how many documents a sweep works on at once.
const sweepBatch = 500

// sweep deletes what the filter finds, and returns how many that were.
func (s *Store) sweep(ctx context.Context, doing, in string, filter bson.D) (int, error) {
	return s.batches(ctx, doing, in, filter, func(ctx context.Context, some bson.D) (int64, error) {
		r, err := s.in(in).DeleteMany(ctx, some)
		if err != nil {
			return 0, err
		}
		return r.DeletedCount, nil
	})
}

// batches hands what the filter finds to change, a batch at a time, until there
// is no more, and returns how many documents it changed. The filter is asked
// again with the change: a document may have become another meanwhile.
func (s *Store) batches(ctx context.Context, doing, in string, filter bson.D, change func(context.Context, bson.D) (int64, error)) (int, error) {
	total := 0
	for {
		n, more, err := s.batch(ctx, in, filter, change)
		total += int(n)
		if err != nil || !more {
			return total, translate(ctx, doing, err)
		}
	}
}

func (s *Store) batch(ctx context.Context, in string, filter bson.D, change func(context.Context, bson.D) (int64, error)) (n int64, more bool, err error) {
	ctx, cancel := bounded(ctx, longTimeout)
	defer cancel()
	found, err := find[struct {
		ID bson.RawValue `bson:"_id"`
	}](ctx, s, in, filter, options.Find().SetProjection(bson.D{{Key: "_id", Value: 1}}).SetLimit(sweepBatch))
	if err != nil || len(found) == 0 {
		return 0, false, err
	}
	ids := make(bson.A, len(found))
	for i, f := range found {
		ids[i] = f.ID
	}
	n, err = change(ctx, append(bson.D{{Key: "_id", Value: among(ids)}}, filter...))
	return n, len(found) == sweepBatch, err
}

// The comparisons of filters.
func among[S ~[]E, E any](list S) bson.D { return bson.D{{Key: "$in", Value: list}} }
func below(v any) bson.D                 { return bson.D{{Key: "$lt", Value: v}} }
func atMost(v any) bson.D                { return bson.D{{Key: "$lte", Value: v}} }
func above(v any) bson.D                 { return bson.D{{Key: "$gt", Value: v}} }

// key returns the filter of one document.
func key(id any) bson.D { return bson.D{{Key: "_id", Value: id}} }

// by returns a sort by the fields, all ascending.
func by(fields ...string) bson.D {
	out := make(bson.D, len(fields))
	for i, f := range fields {
		out[i] = bson.E{Key: f, Value: 1}
	}
	return out
}
