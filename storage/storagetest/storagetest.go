// Package storagetest is the one suite that every store passes: what the
// comments in package storage promise, as tests. It knows no engine. A test of
// an adapter calls [Run] with a way to open a fresh, empty store.
package storagetest

import (
	"context"
	"errors"
	"iter"
	"reflect"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"roundsman/storage"
)

// suite holds what the tests need.
type suite struct {
	open   func(t *testing.T) storage.Store
	reopen func(t *testing.T, s storage.Store) storage.Store
}

// Run runs the suite. open returns a store with nothing in it, which is closed
// when its test ends; reopen closes s and opens it again as a new process would.
func Run(t *testing.T, open func(t *testing.T) storage.Store, reopen func(t *testing.T, s storage.Store) storage.Store) {
	s := suite{open, reopen}
	for _, noun := range []struct {
		name string
		test func(*testing.T, suite)
	}{
		{"Store", testStore},
		{"Inbox", testInbox},
		{"Outbox", testOutbox},
		{"OutboxProperties", testOutboxProperties},
		{"Facts", testFacts},
		{"Outcomes", testOutcomes},
		{"Acts", testActs},
		{"Record", testRecord},
		{"OutcomesProperties", testOutcomesProperties},
		{"Complaints", testComplaints},
		{"Roster", testRoster},
		{"Customers", testCustomers},
		{"Plans", testPlans},
		{"Targets", testTargets},
		{"Routes", testRoutes},
		{"Calendar", testCalendar},
		{"Consents", testConsents},
		{"Runs", testRuns},
		{"Media", testMedia},
		{"Prints", testPrints},
		{"Imports", testImports},
		{"Undos", testUndos},
		{"Deletes", testDeletes},
		{"Erasures", testErasures},
		{"Persons", testPersons},
		{"Forget", testForget},
		{"Leases", testLeases},
		{"Quotas", testQuotas},
	} {
		t.Run(noun.name, func(t *testing.T) {
			t.Parallel()
			noun.test(t, s)
		})
	}
}

// long bounds what may hang when something is wrong.
const long = 30 * time.Second

// epoch is when the tests take place.
var epoch = time.Date(2026, 11, 24, 8, 30, 15, 123_000_000, time.UTC)

// at returns the instant n seconds after epoch.
func at(n int) time.Time { return epoch.Add(time.Duration(n) * time.Second) }

// chinese is a text that meets every byte that likes to get lost.
const chinese = "张伟 \"华东一队\" 'O''Brien' 100% _ \\ <b>&amp;</b> 🚚\n\t𠮷野家"

// equal fails the test unless got is want; an empty list and none are the same.
func equal[T any](t *testing.T, got, want T) {
	t.Helper()
	if diff := cmp.Diff(want, got, cmpopts.EquateEmpty()); diff != "" {
		t.Fatalf("(-want +got):\n%s", diff)
	}
}

// ok fails the test on an error.
func ok(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// val returns v, and fails the test on an error: val(s.Get(ctx, id))(t).
func val[T any](v T, err error) func(*testing.T) T {
	return func(t *testing.T) T {
		t.Helper()
		ok(t, err)
		return v
	}
}

// wants fails the test unless err is target.
func wants(t *testing.T, err, target error) {
	t.Helper()
	if !errors.Is(err, target) {
		t.Fatalf("got error %v, want %v", err, target)
	}
}

// collect returns what seq yields up to the first error.
func collect[T any](seq iter.Seq2[T, error]) ([]T, error) {
	var out []T
	for v, err := range seq {
		if err != nil {
			return out, err
		}
		out = append(out, v)
	}
	return out, nil
}

// complete fails the test if a field of v, at any depth, has its zero value: a
// record that is to prove that every field is kept must have them all.
func complete(t *testing.T, v any) {
	t.Helper()
	var walk func(path string, v reflect.Value)
	walk = func(path string, v reflect.Value) {
		if v.IsZero() {
			t.Fatalf("the test's record lacks %s", path)
		}
		switch v.Kind() {
		case reflect.Pointer:
			walk(path, v.Elem())
		case reflect.Slice:
			for i := range v.Len() {
				if v.Type().Elem().Kind() == reflect.Struct {
					walk(path, v.Index(i))
				}
			}
		case reflect.Struct:
			if _, isTime := v.Interface().(time.Time); isTime {
				return
			}
			for i := range v.NumField() {
				if f := v.Type().Field(i); f.IsExported() {
					walk(path+"."+f.Name, v.Field(i))
				}
			}
		}
	}
	walk(reflect.TypeOf(v).Name(), reflect.ValueOf(v))
}

// racers is how many goroutines want the same thing at once.
const racers = 16

// race calls try from many goroutines at once and returns their errors.
func race(t *testing.T, try func(ctx context.Context, i int) error) []error {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), long)
	defer cancel()
	errs := make([]error, racers)
	start, done := make(chan struct{}), make(chan int)
	for i := range racers {
		go func() {
			<-start
			errs[i] = try(ctx, i)
			done <- i
		}()
	}
	close(start)
	for range racers {
		<-done
	}
	return errs
}

// oneWins fails the test unless one of the racers had no error and all others ErrConflict.
func oneWins(t *testing.T, errs []error) {
	t.Helper()
	won := 0
	for _, err := range errs {
		if err == nil {
			won++
		} else {
			wants(t, err, storage.ErrConflict)
		}
	}
	equal(t, won, 1)
}
