package mongo_test

import (
	"context"
	"errors"
	"fmt"
	"sync/atomic"
	"testing"
	"time"

	"roundsman/storage"
)

// TestTwoProcessesShareADatabase lets two stores want the same things at once.
func TestTwoProcessesShareADatabase(t *testing.T) {
	t.Parallel()
	a := setup(t)
	b := open(t, a.uri)
	const each = 8 // goroutines of each process
	const things = 10
	for _, post := range []string{"p"} {
		for i := range things {
			if _, err := a.Outbox().Desire(t.Context(), storage.Post{ID: fmt.Sprint(post, i), Version: 1}); err != nil {
				t.Fatal(err)
			}
		}
	}
	until := noon.Add(time.Minute)
	for name, try := range map[string]func(ctx context.Context, s opened, thing int, owner string) (won bool, err error){
		"Accept": func(ctx context.Context, s opened, thing int, _ string) (bool, error) {
			return s.Inbox().Accept(ctx, storage.Event{Key: fmt.Sprint(thing)})
		},
		"Begin": func(ctx context.Context, s opened, thing int, _ string) (bool, error) {
			return s.Runs().Begin(ctx, storage.Run{Job: fmt.Sprint(thing)})
		},
		"Desire": func(ctx context.Context, s opened, thing int, _ string) (bool, error) {
			return s.Outbox().Desire(ctx, storage.Post{ID: fmt.Sprint("new", thing), Version: 1})
		},
		"Take": func(ctx context.Context, s opened, thing int, owner string) (bool, error) {
			err := s.Leases().Take(ctx, fmt.Sprint(thing), owner, noon, until)
			return err == nil, err
		},
		"Claim": func(ctx context.Context, s opened, thing int, owner string) (bool, error) {
			_, err := s.Deliveries().Claim(ctx, fmt.Sprint("p", thing), noon, storage.Claim{Owner: owner, Until: until})
			return err == nil, err
		},
		"Swap": func(ctx context.Context, s opened, thing int, _ string) (bool, error) {
			err := s.Quotas().Swap(ctx, storage.Quota{Key: fmt.Sprint(thing), Version: 1})
			return err == nil, err
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var wins [things]atomic.Int32
			start, done := make(chan struct{}), make(chan error)
			for i := range 2 * each {
				s := []opened{a, b}[i%2]
				go func() {
					<-start
					done <- func() error {
						for thing := range things {
							won, err := try(t.Context(), s, thing, fmt.Sprint("owner-", i))
							if err != nil && !errors.Is(err, storage.ErrConflict) {
								return err
							}
							if won {
								wins[thing].Add(1)
							}
						}
						return nil
					}()
				}()
			}
			close(start)
			for range 2 * each {
				if err := <-done; err != nil {
					t.Error(err)
				}
			}
			for thing := range things {
				if n := wins[thing].Load(); n != 1 {
					t.Errorf("%d have won %d", n, thing)
				}
			}
		})
	}
}

// TestTheNewestVersionWinsHoweverManyDesireItFirst: no version may be lost
// because another one was made in the same moment.
func TestTheNewestVersionWinsHoweverManyDesireItFirst(t *testing.T) {
	t.Parallel()
	a := setup(t)
	b := open(t, a.uri)
	const racers, posts = 8, 20
	for n := range posts {
		id := fmt.Sprint("post-", n)
		start, done := make(chan struct{}), make(chan error)
		for version := range racers {
			s := []opened{a, b}[version%2]
			go func() {
				<-start
				_, err := s.Outbox().Desire(t.Context(), storage.Post{ID: id, Version: int64(version + 1), Body: []byte{byte(version + 1)}})
				done <- err
			}()
		}
		close(start)
		for range racers {
			if err := <-done; err != nil {
				t.Error(err)
			}
		}
		if p, err := a.Outbox().Get(t.Context(), id); err != nil || p.Version != racers || p.Body[0] != racers {
			t.Fatalf("the post is at %d with %v, %v", p.Version, p.Body, err)
		}
	}
}

func TestTheServersTime(t *testing.T) {
	t.Parallel()
	s := setup(t)
	before, err := s.Time(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	after, err := s.Time(t.Context())
	if err != nil || after.Before(before) || before.Location() != time.UTC || time.Since(before).Abs() > time.Hour {
		t.Errorf("the time is %v, then %v, %v", before, after, err)
	}
}
