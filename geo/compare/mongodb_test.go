package compare_test

import (
	"context"
	"crypto/rand"
	"testing"

	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/mongo"
	"go.mongodb.org/mongo-driver/v2/mongo/options"

	"roundsman/geo"
)

// startMongoDB keeps the places as GeoJSON points under a 2dsphere index.
func startMongoDB(ctx context.Context, t testing.TB, address string, points []geo.Point) engine {
	client, err := mongo.Connect(options.Client().ApplyURI(address).SetMaxPoolSize(1))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { client.Disconnect(context.WithoutCancel(ctx)) })
	db := client.Database("roundsman-bench-" + rand.Text()[:12])
	t.Cleanup(func() {
		if err := db.Drop(context.WithoutCancel(ctx)); err != nil {
			t.Errorf("dropping what was made: %v", err)
		}
	})
	places := db.Collection("place")
	for from := 0; from < len(points); from += 10000 {
		var docs []any
		for i := from; i < min(from+10000, len(points)); i++ {
			docs = append(docs, bson.D{{Key: "_id", Value: int32(i)}, {Key: "at", Value: at(points[i])}})
		}
		if _, err := places.InsertMany(ctx, docs, options.InsertMany().SetOrdered(false)); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := places.Indexes().CreateOne(ctx, mongo.IndexModel{Keys: bson.D{{Key: "at", Value: "2dsphere"}}}); err != nil {
		t.Fatal(err)
	}
	near := func(ctx context.Context, dst []geo.Hit, p geo.Point, metres float64, limit int) ([]geo.Hit, error) {
		stages := mongo.Pipeline{{{Key: "$geoNear", Value: bson.D{
			{Key: "near", Value: at(p)},
			{Key: "distanceField", Value: "d"},
			{Key: "maxDistance", Value: metres},
			{Key: "spherical", Value: true},
			{Key: "key", Value: "at"},
		}}}}
		if limit > 0 {
			stages = append(stages, bson.D{{Key: "$limit", Value: limit}})
		}
		cursor, err := places.Aggregate(ctx, append(stages, bson.D{{Key: "$project", Value: bson.D{{Key: "d", Value: 1}}}}), options.Aggregate().SetBatchSize(1000))
		if err != nil {
			return nil, err
		}
		var found []struct {
			ID     int32   `bson:"_id"`
			Metres float64 `bson:"d"`
		}
		if err := cursor.All(ctx, &found); err != nil {
			return nil, err
		}
		for _, f := range found {
			dst = append(dst, geo.Hit{ID: f.ID, Metres: f.Metres})
		}
		return dst, nil
	}
	return engine{
		name: "MongoDB $geoNear",
		within: func(ctx context.Context, dst []geo.Hit, p geo.Point, metres float64) ([]geo.Hit, error) {
			return near(ctx, dst, p, metres, 0)
		},
		nearest: func(ctx context.Context, p geo.Point) (geo.Hit, error) {
			hits, err := near(ctx, nil, p, reach, 1)
			if err == nil && len(hits) == 0 {
				err = errNothing
			}
			if err != nil {
				return geo.Hit{}, err
			}
			return hits[0], nil
		},
	}
}

// at is GeoJSON, longitude first.
func at(p geo.Point) bson.D {
	return bson.D{{Key: "type", Value: "Point"}, {Key: "coordinates", Value: bson.A{p.Lng, p.Lat}}}
}
