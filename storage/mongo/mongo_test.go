package mongo_test

import (
	"context"
	"crypto/rand"
	"net/url"
	"os"
	"testing"
	"time"

	"go.uber.org/goleak"

	"roundsman/storage"
	"roundsman/storage/mongo"
	"roundsman/storage/storagetest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// server is the variable that names a server for the tests, whose databases they make and drop.
const server = "ROUNDSMAN_TEST_MONGODB_URI"

// noon is when the tests take place.
var noon = time.Date(2026, 11, 24, 4, 0, 0, 0, time.UTC)

// database returns the URI of a database of the test's own, dropped at its end.
func database(t testing.TB) string {
	t.Helper()
	base := os.Getenv(server)
	if base == "" {
		t.Skip(server + " is not set: the MongoDB tests did not run")
	}
	u, err := url.Parse(base)
	if err != nil {
		t.Fatalf("%s is no URI", server)
	}
	u.Path = "/roundsman-test-" + rand.Text()[:12]
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
		defer cancel()
		s, err := mongo.OpenBare(u.String())
		if err != nil {
			t.Errorf("dropping the database: %v", err)
			return
		}
		defer s.Close()
		if err := mongo.Database(s).Drop(ctx); err != nil {
			t.Errorf("dropping the database: %v", err)
		}
	})
	return u.String()
}

// opened is a store that knows its URI.
type opened struct {
	*mongo.Store
	uri string
}

func open(t testing.TB, uri string) opened {
	t.Helper()
	s, err := mongo.Open(t.Context(), uri, mongo.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	return opened{s, uri}
}

func setup(t testing.TB) opened {
	t.Helper()
	return open(t, database(t))
}

func TestStore(t *testing.T) {
	t.Parallel()
	storagetest.Run(t,
		func(t *testing.T) storage.Store { return setup(t) },
		func(t *testing.T, s storage.Store) storage.Store {
			if err := s.Close(); err != nil {
				t.Fatal(err)
			}
			return open(t, s.(opened).uri)
		})
}
