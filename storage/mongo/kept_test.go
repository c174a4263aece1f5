package mongo_test

import (
	"context"
	"testing"
	"time"

	"go.mongodb.org/mongo-driver/v2/bson"

	"roundsman/storage"
	"roundsman/storage/mongo"
	"roundsman/visit"
)

// TestWhatANewerVersionWroteIsKept changes, with this version, records that a
// newer one has written a field to, and looks for the field.
func TestWhatANewerVersionWroteIsKept(t *testing.T) {
	t.Parallel()
	s := setup(t)
	later := func(n int) time.Time { return noon.Add(time.Duration(n) * time.Second) }
	drop := func(_ any, err error) error { return err }
	do := func(steps ...func(context.Context) error) {
		t.Helper()
		for i, step := range steps {
			if err := step(t.Context()); err != nil {
				t.Fatalf("step %d: %v", i, err)
			}
		}
	}
	post := storage.Post{ID: "p", Chat: "c", Version: 1, Body: []byte("1")}
	changes := func(n int) []func(context.Context) error {
		name := string(rune('0' + n))
		rep := visit.Rep{ID: "r", Name: name, Identities: map[string]string{"feishu": name}}
		return []func(context.Context) error{
			func(ctx context.Context) error { return s.Roster().PutReps(ctx, rep) },
			func(ctx context.Context) error { return s.Roster().PutTeam(ctx, visit.Team{Name: "t", Timezone: name}) },
			func(ctx context.Context) error { return s.Customers().Put(ctx, visit.Customer{ID: "c", Name: name}) },
			func(ctx context.Context) error { return s.Plans().Put(ctx, visit.PlannedVisit{Rep: "r", Order: n}) },
			func(ctx context.Context) error {
				amount := int64(n)
				return s.Targets().Put(ctx, visit.MonthTarget{Rep: "r", Month: "2026-11", Order: &amount})
			},
			func(ctx context.Context) error {
				return s.Routes().Put(ctx, visit.Route{Rep: "r", Stops: []visit.RouteStop{{Weekday: n, Customer: "c"}}})
			},
			func(ctx context.Context) error {
				return s.Outcomes().Put(ctx, visit.Outcome{Rep: "r", Facts: n, Dropped: []string{name}})
			},
			func(ctx context.Context) error {
				return s.Complaints().Put(ctx, visit.ComplaintCase{ID: "c", Text: name})
			},
			func(ctx context.Context) error {
				return s.Calendar().Put(ctx, visit.Holiday{Date: "2026-10-01", Name: name})
			},
			func(ctx context.Context) error {
				return s.Media().PutBlob(ctx, storage.Blob{SHA256: "b", At: later(n), Data: []byte("b")})
			},
			func(ctx context.Context) error {
				return s.Quotas().Swap(ctx, storage.Quota{Key: "q", Version: int64(n), Expires: later(99)})
			},
			func(ctx context.Context) error {
				return s.Leases().Take(ctx, "l", name, later(10*n), later(10*n+5))
			},
			func(ctx context.Context) error { return s.Imports().Put(ctx, storage.Import{ID: "i", Kind: name}) },
		}
	}
	do(changes(1)...)
	do(
		func(ctx context.Context) error { return drop(s.Inbox().Accept(ctx, storage.Event{Key: "k"})) },
		func(ctx context.Context) error { return drop(s.Outbox().Desire(ctx, post)) },
		func(ctx context.Context) error {
			return s.Facts().Append(ctx, visit.Fact{ID: "f", Date: "2026-01-01", Fix: &visit.Fix{Address: "a"}})
		},
		func(ctx context.Context) error {
			return drop(s.Runs().Begin(ctx, storage.Run{Job: "j", State: storage.RunRendered}))
		},
		func(ctx context.Context) error { return s.Media().Enqueue(ctx, storage.Fetch{ID: "f"}) },
		func(ctx context.Context) error { return s.Imports().Done(ctx, "i") },
		func(ctx context.Context) error { return s.Undos().Put(ctx, storage.Undo{ID: "u"}) },
	)

	db := mongo.Database(s.Store)
	changed := []string{
		"reps", "teams", "customers", "plans", "targets", "routes", "outcomes", "complaints", "holidays", "blobs", "quotas", "leases", "imports", "undos",
		"inbox", "outbox", "facts", "runs", "fetches",
	}
	newer := bson.D{{Key: "$set", Value: bson.D{{Key: "v", Value: 2}, {Key: "mood", Value: "good"}}}}
	for _, name := range changed {
		if r, err := db.Collection(name).UpdateMany(t.Context(), bson.D{}, newer); err != nil || r.ModifiedCount != 1 {
			t.Fatalf("%s: %v, %v", name, r, err)
		}
	}
	if _, err := db.Collection("facts").UpdateMany(t.Context(), bson.D{}, bson.D{{Key: "$set", Value: bson.D{{Key: "fix.mood", Value: "good"}}}}); err != nil {
		t.Fatal(err)
	}

	do(changes(2)...)
	post.Version = 2
	do(
		func(ctx context.Context) error { return s.Inbox().Defer(ctx, "k", 1, later(1), false, "e") },
		func(ctx context.Context) error { return s.Inbox().Done(ctx, "k", later(2)) },
		func(ctx context.Context) error { return drop(s.Outbox().Desire(ctx, post)) },
		func(ctx context.Context) error {
			return drop(s.Deliveries().Claim(ctx, "p", noon, storage.Claim{Owner: "o", Until: later(9)}))
		},
		func(ctx context.Context) error {
			return s.Deliveries().Report(ctx, "p", "o", storage.Progress{State: storage.PostFailed}, true)
		},
		func(ctx context.Context) error { return drop(s.Outbox().Again(ctx, "p", storage.PostFailed)) },
		func(ctx context.Context) error { return drop(s.Facts().Redact(ctx, "2026-02-01")) },
		func(ctx context.Context) error {
			return s.Runs().Settle(ctx, storage.Run{Job: "j"}.ID(), storage.RunPosted)
		},
		func(ctx context.Context) error { return s.Media().Claim(ctx, "f", "o", noon, later(9)) },
		func(ctx context.Context) error { return s.Media().Retry(ctx, "f", "o", 1, later(1)) },
		func(ctx context.Context) error { return s.Media().Finish(ctx, "f") },
		func(ctx context.Context) error { return s.Imports().Done(ctx, "i") },
		func(ctx context.Context) error { return s.Undos().Undone(ctx, "u", "e") },
		func(ctx context.Context) error { return s.Leases().Keep(ctx, "l", "2", later(30)) },
	)
	for _, name := range changed {
		var got struct {
			V    int    `bson:"v"`
			Mood string `bson:"mood"`
		}
		if err := db.Collection(name).FindOne(t.Context(), bson.D{}).Decode(&got); err != nil || got.V != 2 || got.Mood != "good" {
			t.Errorf("%s: %v, %v", name, got, err)
		}
	}
	n, err := db.Collection("facts").CountDocuments(t.Context(), bson.D{{Key: "fix.mood", Value: "good"}, {Key: "fix.address", Value: bson.D{{Key: "$exists", Value: false}}}})
	if err != nil || n != 1 {
		t.Errorf("the redacted fact is not as it should be: %d, %v", n, err)
	}
	// And what this version wrote is there.
	if c, err := s.Customers().Get(t.Context(), "c"); err != nil || c[0].Name != "2" {
		t.Errorf("the customer is %v, %v", c, err)
	}
	if r, err := s.Roster().ByIdentity(t.Context(), "feishu", "2"); err != nil || r.Name != "2" {
		t.Errorf("the person is %v, %v", r, err)
	}
}

// TestTextsOfUsersAreNoExpressions stores texts that a pipeline would read as
// fields, and looks at what comes back.
func TestTextsOfUsersAreNoExpressions(t *testing.T) {
	t.Parallel()
	s := setup(t)
	ctx := t.Context()
	post := storage.Post{ID: "$version", Chat: "$body", Body: []byte("$chat"), Version: 1}
	if _, err := s.Outbox().Desire(ctx, post); err != nil {
		t.Fatal(err)
	}
	if _, err := s.Deliveries().Claim(ctx, post.ID, noon, storage.Claim{Owner: "$chat", Until: noon.Add(time.Minute)}); err != nil {
		t.Fatal(err)
	}
	progress := storage.Progress{State: "$$NOW", Error: "$$ROOT", Remote: []string{"$version", "$$REMOVE"}}
	if err := s.Deliveries().Report(ctx, post.ID, "$chat", progress, false); err != nil {
		t.Fatal(err)
	}
	got, err := s.Outbox().Get(ctx, post.ID)
	if err != nil || got.Chat != "$body" || string(got.Body) != "$chat" || got.State != "$$NOW" || got.Error != "$$ROOT" ||
		len(got.Remote) != 2 || got.Remote[0] != "$version" || got.Remote[1] != "$$REMOVE" {
		t.Errorf("got %+v, %v", got, err)
	}
	if err := s.Customers().Put(ctx, visit.Customer{ID: "$name", Name: "a\x00$b"}); err != nil {
		t.Fatal(err)
	}
	for _, text := range []string{"$name", "\x00", "$b"} {
		if found, err := s.Customers().Search(ctx, text, 9); err != nil || len(found) != 1 {
			t.Errorf("searching %q: %v, %v", text, found, err)
		}
	}
	// Neither platform's user is the other's, whatever is in their names.
	odd := []visit.Rep{
		{ID: "1", Identities: map[string]string{"a:b": "c", "x.$y": "z"}},
		{ID: "2", Identities: map[string]string{"a": "b:c", `a","b`: "c"}},
	}
	if err := s.Roster().PutReps(ctx, odd...); err != nil {
		t.Fatal(err)
	}
	for _, rep := range odd {
		for platform, user := range rep.Identities {
			if r, err := s.Roster().ByIdentity(ctx, platform, user); err != nil || r.ID != rep.ID {
				t.Errorf("%s of %s is %v, %v", user, platform, r, err)
			}
		}
	}
}
