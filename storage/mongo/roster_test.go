package mongo_test

import (
	"errors"
	"fmt"
	"testing"

	driver "go.mongodb.org/mongo-driver/v2/mongo"

	"roundsman/storage"
	"roundsman/visit"
)

// TestIdentitiesThatMovedHalfWay cuts the connection when two people have given
// up the identities that they are to exchange.
func TestIdentitiesThatMovedHalfWay(t *testing.T) {
	t.Parallel()
	uri := database(t)
	p, s := through(t, uri)
	kept := open(t, uri)
	rep := func(id, name, feishu string) visit.Rep {
		return visit.Rep{ID: id, Name: name, Identities: map[string]string{"feishu": feishu, "wecom": "own-" + id}}
	}
	if err := s.Roster().PutReps(t.Context(), rep("1", "", "a"), rep("2", "", "b")); err != nil {
		t.Fatal(err)
	}
	move := func() error {
		return s.Roster().PutReps(t.Context(), rep("1", "cut-here", "b"), rep("2", "cut-here", "a"))
	}
	p.cut("cut-here", false)
	if err := move(); err == nil {
		t.Skip("the driver repeated the write by itself")
	}
	for _, user := range []string{"a", "b"} {
		if r, err := kept.Roster().ByIdentity(t.Context(), "feishu", user); !errors.Is(err, storage.ErrNotFound) {
			t.Errorf("%s is %v, %v", user, r, err)
		}
	}
	// What does not move stays with its owner all the while.
	if r, err := kept.Roster().ByIdentity(t.Context(), "wecom", "own-1"); err != nil || r.ID != "1" {
		t.Errorf("own-1 is %v, %v", r, err)
	}
	if err := move(); err != nil {
		t.Fatal(err)
	}
	for user, id := range map[string]string{"a": "2", "b": "1"} {
		if r, err := kept.Roster().ByIdentity(t.Context(), "feishu", user); err != nil || r.ID != id {
			t.Errorf("%s is %v, %v", user, r, err)
		}
	}
}

// deadlock is how DocumentDB passes on PostgreSQL's 40P01: it gave one of several
// writes to a unique index up. MongoDB tries such a write again by itself.
const deadlock = 16908292

// TestAnIdentityIsOnePersonsHoweverManyWantIt: two processes look, find it
// free, and write; the index lets one of them.
func TestAnIdentityIsOnePersonsHoweverManyWantIt(t *testing.T) {
	t.Parallel()
	a := setup(t)
	b := open(t, a.uri)
	const racers = 4
	for round := range 3 {
		user := fmt.Sprint("user-", round)
		put := func(i int) error {
			s := []opened{a, b}[i%2]
			return s.Roster().PutReps(t.Context(), visit.Rep{ID: fmt.Sprint(round, "/", i), Identities: map[string]string{"feishu": user}})
		}
		start, done := make(chan struct{}), make(chan struct{})
		var errs [racers]error
		for i := range racers {
			go func() {
				<-start
				errs[i] = put(i)
				done <- struct{}{}
			}()
		}
		close(start)
		for range racers {
			<-done
		}
		won := 0
		for i, err := range errs {
			var server driver.ServerError
			if errors.As(err, &server) && server.HasErrorCode(deadlock) {
				err = put(i)
			}
			if err == nil {
				won++
			} else if !errors.Is(err, storage.ErrConflict) {
				t.Error(err)
			}
		}
		reps, err := a.Roster().Reps(t.Context())
		if won != 1 || err != nil || len(reps) != round+1 {
			t.Fatalf("%d have it, and there are %d people after round %d, %v", won, len(reps), round, err)
		}
	}
}
