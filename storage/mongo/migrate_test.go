package mongo_test

import (
	"context"
	"errors"
	"sync/atomic"
	"testing"
	"time"

	"go.mongodb.org/mongo-driver/v2/bson"
	driver "go.mongodb.org/mongo-driver/v2/mongo"

	"roundsman/storage"
	"roundsman/storage/mongo"
)

// bare connects to a database and does nothing else.
func bare(t *testing.T, uri string) *driver.Database {
	t.Helper()
	s, err := mongo.OpenBare(uri)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	return mongo.Database(s)
}

func TestASchemaIsBroughtForwardOnce(t *testing.T) {
	t.Parallel()
	s := setup(t)
	if _, err := s.Inbox().Accept(t.Context(), storage.Event{Key: "k"}); err != nil {
		t.Fatal(err)
	}
	var did atomic.Int32
	failed := errors.New("the power failed")
	steps := []mongo.Migration{
		func(ctx context.Context, db *driver.Database) error {
			did.Add(1)
			_, err := db.Collection("inbox").UpdateMany(ctx, bson.D{}, bson.D{{Key: "$set", Value: bson.D{{Key: "lane", Value: "x"}}}})
			return err
		},
		func(context.Context, *driver.Database) error { return failed },
	}
	if _, err := mongo.OpenWith(t.Context(), s.uri, mongo.Options{}, steps, nil); !errors.Is(err, failed) {
		t.Fatalf("got %v", err)
	}
	// The first step is done and the second is not; then several come at once.
	steps[1] = func(context.Context, *driver.Database) error {
		did.Add(100)
		return nil
	}
	const n = 3
	errs := make(chan error, n)
	for range n {
		go func() {
			newer, err := mongo.OpenWith(t.Context(), s.uri, mongo.Options{}, steps, nil)
			if err == nil {
				err = newer.Close()
			}
			errs <- err
		}()
	}
	for range n {
		if err := <-errs; err != nil {
			t.Error(err)
		}
	}
	if did.Load() != 101 {
		t.Errorf("the steps were done %d times (1 each of the first, 100 each of the second)", did.Load())
	}
	// This version does not touch what a newer one made.
	if _, err := mongo.Open(t.Context(), s.uri, mongo.Options{}); !errors.Is(err, mongo.ErrForeign) {
		t.Errorf("got %v, want ErrForeign", err)
	}
}

func TestAnotherProgramsDatabaseIsRefused(t *testing.T) {
	t.Parallel()
	uri := database(t)
	db := bare(t, uri)
	if _, err := db.Collection("customers").InsertOne(t.Context(), bson.D{{Key: "_id", Value: 1}}); err != nil {
		t.Fatal(err)
	}
	if _, err := mongo.Open(t.Context(), uri, mongo.Options{}); !errors.Is(err, mongo.ErrForeign) {
		t.Fatalf("got %v, want ErrForeign", err)
	}
	names, err := db.ListCollectionNames(t.Context(), bson.D{})
	if err != nil || len(names) != 1 {
		t.Errorf("the database has %v, %v", names, err)
	}
	if _, err := db.Collection("meta").InsertOne(t.Context(), bson.D{{Key: "_id", Value: "schema"}, {Key: "version", Value: 1}}); err != nil {
		t.Fatal(err)
	}
	if _, err := mongo.Open(t.Context(), uri, mongo.Options{}); !errors.Is(err, mongo.ErrForeign) {
		t.Fatalf("got %v, want ErrForeign", err)
	}
}

// TestEmptyCollectionsAreFine is how an operator shards them before the first start.
func TestEmptyCollectionsAreFine(t *testing.T) {
	t.Parallel()
	uri := database(t)
	if err := bare(t, uri).CreateCollection(t.Context(), "inbox"); err != nil {
		t.Fatal(err)
	}
	open(t, uri)
}

func TestAStarterThatDiedIsWaitedFor(t *testing.T) {
	t.Parallel()
	uri := database(t)
	_, err := bare(t, uri).Collection("meta").InsertOne(t.Context(), bson.D{
		{Key: "_id", Value: "starting"}, {Key: "owner", Value: "dead"}, {Key: "until", Value: time.Now().Add(300 * time.Millisecond)},
	})
	if err != nil {
		t.Fatal(err)
	}
	begin := time.Now()
	open(t, uri)
	if took := time.Since(begin); took < 200*time.Millisecond || took > 15*time.Second {
		t.Errorf("it took %v", took)
	}
}
