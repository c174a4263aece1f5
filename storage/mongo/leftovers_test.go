package mongo_test

import (
	"testing"
	"time"

	"go.mongodb.org/mongo-driver/v2/bson"

	"roundsman/storage"
	"roundsman/storage/mongo"
)

// TestOnlyWhatIsAtItsEndIsEverRemovedByTheServer looks at the date that TTL
// indexes go by: it is the server's, and stands only on what came to its end.
func TestOnlyWhatIsAtItsEndIsEverRemovedByTheServer(t *testing.T) {
	t.Parallel()
	s := setup(t)
	ctx := t.Context()
	now, err := s.Time(ctx)
	if err != nil {
		t.Fatal(err)
	}
	// idle reports whether the document has the date.
	idle := func(collection, id string) bool {
		t.Helper()
		var d struct {
			Since *time.Time `bson:"idle_since"`
		}
		if err := mongo.Database(s.Store).Collection(collection).FindOne(ctx, bson.D{{Key: "_id", Value: id}}).Decode(&d); err != nil {
			t.Fatal(err)
		}
		if d.Since != nil && (d.Since.Before(now.Add(-time.Second)) || d.Since.After(now.Add(time.Minute))) {
			t.Errorf("%s of %s is idle since %v, and the server's time is %v", id, collection, d.Since, now)
		}
		return d.Since != nil
	}
	want := func(collection, id, when string, want bool) {
		t.Helper()
		if got := idle(collection, id); got != want {
			t.Errorf("%s of %s, %s, is at its end: %v", id, collection, when, got)
		}
	}
	drop := func(_ any, err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	drop(s.Inbox().Accept(ctx, storage.Event{Key: "k"}))
	want("inbox", "k", "waiting", false)
	drop(nil, s.Inbox().Defer(ctx, "k", 1, noon, true, "e"))
	want("inbox", "k", "dead", false)
	drop(nil, s.Inbox().Done(ctx, "k", noon))
	want("inbox", "k", "handled", true)

	report := func(state storage.PostState, version int64) {
		t.Helper()
		drop(s.Deliveries().Claim(ctx, "p", noon, storage.Claim{Owner: "o", Until: noon}))
		drop(nil, s.Deliveries().Report(ctx, "p", "o", storage.Progress{State: state, SentVersion: version}, true))
	}
	drop(s.Outbox().Desire(ctx, storage.Post{ID: "p", Version: 1}))
	want("outbox", "p", "new", false)
	report(storage.PostPending, 0)
	want("outbox", "p", "pending", false)
	report(storage.PostFailed, 0)
	want("outbox", "p", "failed", true)
	drop(s.Outbox().Again(ctx, "p", storage.PostFailed))
	want("outbox", "p", "brought back", false)
	report(storage.PostSent, 1)
	want("outbox", "p", "sent", true)
	drop(s.Outbox().Desire(ctx, storage.Post{ID: "p", Version: 3}))
	want("outbox", "p", "desired anew", false)
	report(storage.PostSent, 2)
	want("outbox", "p", "sent too early", false)

	drop(nil, s.Leases().Take(ctx, "l", "o", noon, noon))
	want("leases", "l", "taken", true)
	drop(nil, s.Quotas().Swap(ctx, storage.Quota{Key: "q", Version: 1}))
	want("quotas", "q", "stored", true)
}
