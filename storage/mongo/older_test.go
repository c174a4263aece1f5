package mongo_test

import (
	"testing"
	"time"

	"go.mongodb.org/mongo-driver/v2/bson"

	"roundsman/storage/mongo"
	"roundsman/storage/storagetest"
)

// What older versions wrote is read as it was meant.
func TestWhatAnOlderVersionWroteIsRead(t *testing.T) {
	t.Parallel()
	s := setup(t)
	at := func(hours int) bson.DateTime {
		return bson.NewDateTimeFromTime(storagetest.OlderAt.Add(time.Duration(hours) * time.Hour))
	}
	fact := func(id, message string, hours int, fix bson.D) bson.D {
		return bson.D{
			{Key: "_id", Value: id},
			{Key: "v", Value: 1},
			{Key: "kind", Value: "fix"},
			{Key: "rep", Value: "r"},
			{Key: "team", Value: "t"},
			{Key: "date", Value: "2026-11-20"},
			{Key: "at", Value: at(hours)},
			{Key: "received", Value: at(hours)},
			{Key: "platform", Value: "wecom"},
			{Key: "message", Value: message},
			{Key: "located", Value: true},
			{Key: "fix", Value: fix},
		}
	}
	point := func(lat, lng float64) bson.E {
		return bson.E{Key: "point", Value: bson.D{{Key: "lat", Value: lat}, {Key: "lng", Value: lng}, {Key: "datum", Value: "gcj02"}}}
	}
	claim := func(customer string, distance float64) bson.E {
		return bson.E{Key: "claims", Value: bson.A{bson.D{
			{Key: "customer", Value: customer}, {Key: "verdict", Value: "verified"}, {Key: "distance", Value: distance}, {Key: "radius", Value: 200.0}, {Key: "near", Value: 500.0},
		}}}
	}
	rule := func(name string, support float64) []bson.E {
		return []bson.E{{Key: "evidence", Value: "pin"}, {Key: "support", Value: support}, {Key: "rule", Value: name}, {Key: "max_accuracy", Value: 150.0}}
	}
	db := mongo.Database(s.Store)
	first := append(bson.D{point(31.23, 121.47), {Key: "address", Value: "世纪大道"}, claim("c1", 12.5)}, rule("1", -1)...)
	second := append(bson.D{point(31.25, 121.49), claim("c2", 3), {Key: "signals", Value: bson.A{bson.D{
		{Key: "kind", Value: "travel"}, {Key: "hard", Value: true}, {Key: "value", Value: 1500.0}, {Key: "with", Value: "v1"},
	}}}}, rule("2", 30)...)
	if _, err := db.Collection("facts").InsertMany(t.Context(), []any{fact("v1", "1", 0, first), fact("v2", "2", 1, second)}); err != nil {
		t.Fatal(err)
	}
	outcome := bson.D{
		{Key: "_id", Value: bson.D{{Key: "rep", Value: "r"}, {Key: "date", Value: "2026-11-20"}}},
		{Key: "v", Value: 1},
		{Key: "rep", Value: "r"},
		{Key: "team", Value: "t"},
		{Key: "date", Value: "2026-11-20"},
		{Key: "facts", Value: 2},
		{Key: "planned", Value: bson.A{"c1"}},
		{Key: "verified", Value: bson.A{"c1"}},
		{Key: "calls", Value: bson.A{bson.D{
			{Key: "visit", Value: "v1"},
			{Key: "customer", Value: "c1"},
			{Key: "verdict", Value: "verified"},
			{Key: "planned", Value: true},
			{Key: "start", Value: at(0)},
			{Key: "last", Value: at(0)},
		}}},
	}
	if _, err := db.Collection("outcomes").InsertOne(t.Context(), outcome); err != nil {
		t.Fatal(err)
	}
	storagetest.CheckOlder(t, s)
}
