// Package fresh gives tests a store with nothing in it: on SQLite, or, where
// ROUNDSMAN_TEST_STORE is mongodb, on the server that ROUNDSMAN_TEST_MONGODB_URI
// names. It is the only package besides main that knows the adapters, and no
// program imports it.
package fresh

import (
	"context"
	"crypto/rand"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"roundsman/storage"
	"roundsman/storage/mongo"
	"roundsman/storage/sqlite"
)

const (
	// serverEnv names a MongoDB server, without a database.
	serverEnv = "ROUNDSMAN_TEST_MONGODB_URI"
	// storeEnv says on which store tests run that run on one.
	storeEnv = "ROUNDSMAN_TEST_STORE"
	// dropWithin bounds the removal of a test's database.
	dropWithin = 30 * time.Second
)

// MongoDB returns the URI of a database of the test's own, which is dropped
// when the test ends. Without a server the test is skipped, and says so.
func MongoDB(t testing.TB) string {
	t.Helper()
	server := os.Getenv(serverEnv)
	if server == "" {
		t.Skip(serverEnv + " is not set: NOT RUN ON MONGODB")
	}
	u, err := url.Parse(server)
	if err != nil {
		t.Fatal("the URI of " + serverEnv + " cannot be read")
	}
	u.Path = "/test_" + strings.ToLower(rand.Text()[:16])
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), dropWithin)
		defer cancel()
		s, err := mongo.Open(ctx, u.String(), mongo.Options{})
		if err == nil {
			err = s.Drop(ctx)
		}
		if err == nil {
			err = s.Close()
		}
		if err != nil {
			t.Errorf("a test's database was not dropped: %v", err)
		}
	})
	return u.String()
}

// Store opens a store with nothing in it, which is closed when the test ends.
func Store(t testing.TB) storage.Store {
	t.Helper()
	var s storage.Store
	var err error
	if os.Getenv(storeEnv) == "mongodb" {
		s, err = mongo.Open(t.Context(), MongoDB(t), mongo.Options{})
	} else {
		s, err = sqlite.Open(t.Context(), filepath.Join(t.TempDir(), "r.db"), sqlite.Options{})
	}
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	return s
}
