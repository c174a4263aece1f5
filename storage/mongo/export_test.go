package mongo

import (
	"context"
	"errors"
	"sync"

	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/mongo"
	"go.mongodb.org/mongo-driver/v2/mongo/options"
)

// Database returns the database under a store.
func Database(s *Store) *mongo.Database { return s.db }

// Migration is a step of the schema.
type Migration = migration

// OpenWith opens a store with migrations after those that there are, and with a
// last word on the client's options.
func OpenWith(ctx context.Context, uri string, opts Options, further []Migration, adjust func(*options.ClientOptions)) (*Store, error) {
	steps := append(append([]migration{}, migrations...), further...)
	return open(ctx, uri, opts, steps, adjust)
}

// OpenBare connects and does nothing else.
func OpenBare(uri string) (*Store, error) {
	name, err := databaseName(uri)
	if err != nil {
		return nil, err
	}
	client, err := connect(uri, Options{}, nil)
	if err != nil {
		return nil, err
	}
	s := &Store{client: client, db: client.Database(name)}
	s.close = sync.OnceValue(s.shut)
	return s, nil
}

// Lacks reads what a server says about itself.
func Lacks(raw bson.Raw) ([]string, error) {
	var h hello
	err := bson.Unmarshal(raw, &h)
	return h.lacks(), err
}

// Translate gives an engine's error its meaning.
var Translate = translate

// IndexDiffers says what of an index is not as it should be, as a server describes it.
func IndexDiffers(collection string, raw bson.Raw) (string, error) {
	var got indexDoc
	if err := bson.Unmarshal(raw, &got); err != nil {
		return "", err
	}
	for _, want := range indexes {
		if want.in == collection && want.name == got.Name {
			return want.differs(got), nil
		}
	}
	return "", errors.New("there is no such index")
}
