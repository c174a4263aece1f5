package mongo

import (
	"bytes"
	"context"
	"fmt"
	"time"

	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/mongo"
	"go.mongodb.org/mongo-driver/v2/mongo/options"

	"roundsman/storage"
)

// idleSince is when, by the server's clock, a document came to its end. It is
// what TTL indexes go by: the instants of the records are the program's, whose
// own sweeps come long before.
const idleSince = "idle_since"

// leftover is how long after its end the server removes a document that no sweep removed.
const leftover = 60 * 24 * time.Hour

// pendingIndex has what is to be said, chat by chat.
const pendingIndex = "pending"

// index is an index of a collection. A partial one begins with the field of its
// condition: MongoDB takes an index only for a question about its first field.
type index struct {
	in, name string
	keys     bson.D
	// of is the condition that a document must meet.
	of     bson.D
	unique bool
	// after is how long after the date in its key a document is removed.
	after time.Duration
}

// indexes are those beside _id. Texts are compared byte by byte: there is no collation.
var indexes = []index{
	{in: inboxName, name: "waiting", keys: by("state", "next", "_id"), of: bson.D{{Key: "state", Value: eventWaiting}}},
	{in: inboxName, name: "dead", keys: by("state", "_id"), of: bson.D{{Key: "state", Value: eventDead}}},
	{in: inboxName, name: "dead_received", keys: by("state", "received"), of: bson.D{{Key: "state", Value: eventDead}}},
	{in: inboxName, name: "handled", keys: by("state", "handled"), of: bson.D{{Key: "state", Value: eventHandled}}},
	{in: inboxName, name: "leftover", keys: by(idleSince), after: leftover},

	{in: outboxName, name: "state", keys: by("state", "created", "_id")},
	// The head of every chat is found, or found wanting, here alone.
	{
		in: outboxName, name: pendingIndex, keys: by("state", "chat", "created", "_id", "not_before", "next", "until"),
		of: bson.D{{Key: "state", Value: string(storage.PostPending)}},
	},
	{in: outboxName, name: "leftover", keys: by(idleSince), after: leftover},

	{in: factsName, name: "rep", keys: by("rep", "date", "at", "_id")},
	{in: factsName, name: "team", keys: by("team", "date", "rep", "at", "_id")},
	{in: factsName, name: "date", keys: by("date", "rep", "at", "_id")},
	{in: factsName, name: "located", keys: by("located", "date"), of: bson.D{{Key: "located", Value: true}}},

	{in: factsName, name: "latest", keys: by("located", "rep", "at", "_id"), of: bson.D{{Key: "located", Value: true}}},
	{in: factsName, name: "place", keys: by("located", "fix.point.lat", "fix.point.lng", "at"), of: bson.D{{Key: "located", Value: true}}},

	{in: factsName, name: "unsealed", keys: by("block", "at", "_id")},

	{in: actsName, name: "about", keys: by("about", "at", "_id")},
	{in: actsName, name: "at", keys: by("at", "_id")},
	{in: actsName, name: "unsealed", keys: by("block", "at", "_id")},

	{in: outcomesName, name: "rep", keys: by("rep", "date")},
	{in: outcomesName, name: "team", keys: by("team", "date", "rep")},
	{in: outcomesName, name: "date", keys: by("date", "rep")},
	// Of these two an outcome has an entry for each customer.
	{in: outcomesName, name: "verified", keys: by("verified", "date")},
	{in: outcomesName, name: "customer", keys: bson.D{{Key: "calls.customer", Value: 1}, {Key: "date", Value: -1}, {Key: "rep", Value: 1}}},

	{in: complaintsName, name: "open", keys: by("open", "team", "due", "_id"), of: bson.D{{Key: "open", Value: true}}},

	// The one unique index beside _id, on a collection that does not grow.
	{
		in: repsName, name: "logins", keys: by("logins"), unique: true,
		of: bson.D{{Key: "logins", Value: bson.D{{Key: "$exists", Value: true}}}},
	},

	{in: customersName, name: "owner", keys: by("owner", "_id")},
	{in: customersName, name: "place", keys: bson.D{{Key: "place", Value: "2dsphere"}}},

	{in: plansName, name: "date", keys: by("date", "rep", "order", "customer")},

	{in: consentsName, name: "rep", keys: by("rep", "at", "_id")},

	{in: runsName, name: "rendered", keys: by("state", "_id"), of: bson.D{{Key: "state", Value: string(storage.RunRendered)}}},

	{in: fetchesName, name: "open", keys: by("finished", "next", "_id", "until"), of: bson.D{{Key: "finished", Value: false}}},
	{in: fetchesName, name: "finished", keys: by("finished", "created"), of: bson.D{{Key: "finished", Value: true}}},
	{in: blobsName, name: "at", keys: by("at")},
	{in: chunksName, name: "at", keys: by("at", "_id")},

	{in: printsName, name: "at", keys: by("at", "_id")},
	{in: printsName, name: "sha256", keys: by("sha256", "at", "_id")},
	{in: printsName, name: "quarters", keys: by("quarters", "at", "_id")},

	{in: importsName, name: "pending", keys: by("done", "at", "_id"), of: bson.D{{Key: "done", Value: false}}},

	{in: undosName, name: "at", keys: by("at", "_id")},

	{in: erasuresName, name: "open", keys: by("open", "at", "_id"), of: bson.D{{Key: "open", Value: true}}},

	{in: leasesName, name: "until", keys: by("until")},
	{in: leasesName, name: "leftover", keys: by(idleSince), after: leftover},
	{in: quotasName, name: "expires", keys: by("expires")},
	{in: quotasName, name: "leftover", keys: by(idleSince), after: leftover},
}

// indexDoc is an index as the server describes it.
type indexDoc struct {
	Name   string   `bson:"name"`
	Keys   bson.D   `bson:"key"`
	Of     bson.Raw `bson:"partialFilterExpression"`
	Unique bool     `bson:"unique"`
	Sparse bool     `bson:"sparse"`
	Hidden bool     `bson:"hidden"`
	// After are seconds.
	After *float64 `bson:"expireAfterSeconds"`
	// Collation is that of a collection which was made with one.
	Collation bson.Raw `bson:"collation"`
}

// missing returns the indexes that are not there, by collection. It fails with
// [ErrIndex] if one is there and is another.
func (s *Store) missing(ctx context.Context) (map[string][]index, error) {
	have := make(map[string]map[string]indexDoc)
	missing := make(map[string][]index)
	for _, want := range indexes {
		if have[want.in] == nil {
			list, err := s.indexesOf(ctx, want.in)
			if err != nil {
				return nil, err
			}
			have[want.in] = list
		}
		got, there := have[want.in][want.name]
		if !there {
			missing[want.in] = append(missing[want.in], want)
			continue
		}
		if what := want.differs(got); what != "" {
			return nil, fmt.Errorf("%w: %s of the collection %s has another %s; drop that index, and it is made anew at the next start",
				ErrIndex, want.name, want.in, what)
		}
	}
	return missing, nil
}

func (s *Store) indexesOf(ctx context.Context, collection string) (map[string]indexDoc, error) {
	ctx, cancel := bounded(ctx, listTimeout)
	defer cancel()
	cursor, err := s.in(collection).Indexes().List(ctx)
	if err != nil {
		return nil, err
	}
	var list []indexDoc
	if err := cursor.All(ctx, &list); err != nil {
		return nil, err
	}
	out := make(map[string]indexDoc, len(list))
	for _, i := range list {
		out[i.Name] = i
	}
	return out, nil
}

// differs says in a word what of the index is not as it should be; "" if nothing.
func (want index) differs(got indexDoc) string {
	of := bson.Raw{}
	if len(want.of) > 0 {
		of, _ = bson.Marshal(want.of) // texts and booleans always can be
	}
	switch {
	case fmt.Sprint(numbersOf(got.Keys)) != fmt.Sprint(numbersOf(want.keys)):
		return "key"
	case !bytes.Equal(got.Of, of):
		return "condition"
	case got.Unique != want.unique:
		return "uniqueness"
	case (got.After != nil) != (want.after > 0), got.After != nil && *got.After != want.after.Seconds():
		return "time to live"
	case got.Sparse, got.Hidden:
		return "kind"
	case len(got.Collation) > 0:
		return "collation, which its collection was made with"
	}
	return ""
}

// numbersOf returns the keys with their directions as one kind of number: some
// servers and tools make doubles of them.
func numbersOf(keys bson.D) bson.D {
	out := make(bson.D, len(keys))
	for i, k := range keys {
		switch n := k.Value.(type) {
		case int32:
			k.Value = float64(n)
		case int64:
			k.Value = float64(n)
		case int:
			k.Value = float64(n)
		}
		out[i] = k
	}
	return out
}

// makeIndexes makes indexes of a collection.
func (s *Store) makeIndexes(ctx context.Context, collection string, list []index) error {
	models := make([]mongo.IndexModel, len(list))
	for i, x := range list {
		o := options.Index().SetName(x.name)
		if x.unique {
			o.SetUnique(true)
		}
		if len(x.of) > 0 {
			o.SetPartialFilterExpression(x.of)
		}
		if x.after > 0 {
			o.SetExpireAfterSeconds(int32(x.after.Seconds()))
		}
		models[i] = mongo.IndexModel{Keys: x.keys, Options: o}
	}
	ctx, cancel := bounded(ctx, stepTakes)
	defer cancel()
	if _, err := s.in(collection).Indexes().CreateMany(ctx, models); err != nil {
		return fmt.Errorf("making indexes of the collection %s: %w", collection, withoutMessage(err))
	}
	return nil
}
