package bot_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"roundsman/bot"
	"roundsman/storage"
	"roundsman/storage/storagetest/fresh"
	"roundsman/visit"
)

// album is a platform that has pictures, by resource.
type album struct {
	*chatPlatform
	mu    sync.Mutex
	tries map[string]int
	// fetch answers for a resource at its n-th try, from 1.
	fetch func(ctx context.Context, resource string, n int) ([]byte, error)
}

func (a *album) Fetch(ctx context.Context, _ string, m bot.Media, _ int64) ([]byte, error) {
	a.mu.Lock()
	a.tries[m.Resource]++
	n := a.tries[m.Resource]
	a.mu.Unlock()
	return a.fetch(ctx, m.Resource, n)
}

func (a *album) tried(resource string) int {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.tries[resource]
}

// fetching is a queue of photos over a store.
type fetching struct {
	*testing.T
	media storage.Media
	album *album
	now   func() time.Time
	// facts are what the queue reported, by photo.
	mu    sync.Mutex
	facts map[string]visit.Fact
}

func setupFetching(t *testing.T, media storage.Media, now func() time.Time, fetch func(ctx context.Context, resource string, n int) ([]byte, error)) *fetching {
	t.Helper()
	return &fetching{
		T: t, media: media, now: now, facts: make(map[string]visit.Fact),
		album: &album{chatPlatform: newChatPlatform(bot.Abilities{}), tries: make(map[string]int), fetch: fetch},
	}
}

func (f *fetching) Accept(_ context.Context, m bot.Message) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.facts[m.Fact.Photo.Of] = *m.Fact
	return nil
}

func (f *fetching) Keep(ctx context.Context, m bot.Message) error { return f.Accept(ctx, m) }
func (f *fetching) Refuse(string, string)                         {}

// became returns what became of the photos, in the order of their names: "kept",
// the reason for which one is missing, or "".
func (f *fetching) became(photos ...string) (out []string) {
	f.mu.Lock()
	defer f.mu.Unlock()
	for _, p := range photos {
		fact, ok := f.facts[p]
		switch {
		case !ok:
			out = append(out, "")
		case fact.Kind == visit.KindPhotoKept:
			out = append(out, "kept")
		default:
			out = append(out, fact.Photo.Reason)
		}
	}
	return out
}

func (f *fetching) enqueue(photos ...string) {
	f.Helper()
	for _, p := range photos {
		err := f.media.Enqueue(f.Context(), storage.Fetch{
			ID: p, Rep: "rep", Date: "2026-11-24", Platform: "test", Message: "m", Resource: p, Created: f.now(), Next: f.now(),
		})
		if err != nil {
			f.Fatal(err)
		}
	}
}

// examine takes what is a picture; of "boom" it panics.
func examine(_ context.Context, data []byte) (storage.Blob, visit.Look, error) {
	switch string(data) {
	case "boom":
		panic("boom")
	case "picture":
		return storage.Blob{SHA256: "sha", Type: "image/jpeg", Data: []byte("view")}, visit.Look{D: 1}, nil
	case "bomb":
		return storage.Blob{}, visit.Look{}, &bot.FetchError{Reason: bot.FetchTooManyPixels}
	}
	return storage.Blob{}, visit.Look{}, &bot.FetchError{Reason: bot.FetchNotPicture}
}

func (f *fetching) photos() *bot.Photos {
	return bot.NewPhotos(f.media, f, []bot.Platform{f.album}, 1<<20, examine,
		bot.NewMetrics(prometheus.NewRegistry()), slog.New(slog.NewTextHandler(f.Output(), nil)), f.now, "here")
}

// run lets the queue work until the condition holds, which may let time pass.
func (f *fetching) run(until func() bool) {
	f.Helper()
	ctx, cancel := context.WithTimeout(f.Context(), 60*time.Second)
	defer cancel()
	photos := f.photos()
	done := make(chan struct{})
	go func() { photos.Run(ctx); close(done) }()
	defer func() { cancel(); <-done }()
	tick := time.NewTicker(time.Millisecond)
	defer tick.Stop()
	for !until() {
		select {
		case <-ctx.Done():
			f.Fatalf("waited in vain: %v", f.facts)
		case <-tick.C:
			photos.Wake()
		}
	}
}

// open is how many fetches are not finished.
func (f *fetching) open() int {
	f.Helper()
	n, err := f.media.Count(f.Context())
	if err != nil {
		f.Fatal(err)
	}
	return n
}

func TestWhatBecomesOfAPhoto(t *testing.T) {
	t.Parallel()
	clock := newClock()
	gateway := &bot.FetchError{Reason: bot.FetchUnreachable, Retry: true, Err: errors.New("502")}
	f := setupFetching(t, fresh.Store(t).Media(), clock.Now, func(_ context.Context, resource string, n int) ([]byte, error) {
		switch resource {
		case "later":
			if n < 4 {
				return nil, gateway
			}
			return []byte("picture"), nil
		case "unexplained":
			if n < 2 {
				return nil, errors.New("nobody knows why")
			}
			return []byte("picture"), nil
		case "expired":
			return nil, &bot.FetchError{Reason: bot.FetchExpired}
		case "refused":
			return nil, &bot.FetchError{Reason: bot.FetchRefused}
		}
		return []byte(resource), nil
	})
	names := []string{"picture", "later", "unexplained", "expired", "refused", "bomb", "polyglot"}
	f.enqueue(names...)
	f.run(func() bool {
		clock.pass(time.Second)
		return f.open() == 0
	})
	want := []string{"kept", "kept", "kept", bot.FetchExpired, bot.FetchRefused, bot.FetchTooManyPixels, bot.FetchNotPicture}
	if got := f.became(names...); fmt.Sprint(got) != fmt.Sprint(want) {
		t.Errorf("became %v, want %v", got, want)
	}
	for name, tries := range map[string]int{"picture": 1, "later": 4, "unexplained": 2, "expired": 1, "bomb": 1, "polyglot": 1} {
		if n := f.album.tried(name); n != tries {
			t.Errorf("%s: tried %d times, want %d", name, n, tries)
		}
	}
	// Of what is no picture nothing is kept; of pictures their view.
	blob, err := f.media.Blob(t.Context(), "sha")
	if err != nil || string(blob.Data) != "view" {
		t.Errorf("kept is %q, %v", blob.Data, err)
	}
	if n, err := f.media.Sweep(t.Context(), clock.Now().Add(time.Hour)); err != nil || n != 1 {
		t.Errorf("%d pictures are kept, %v", n, err)
	}
}

// What cannot be had is tried for three days, ever more seldom, and is missing then.
func TestAPhotoIsTriedForThreeDays(t *testing.T) {
	t.Parallel()
	clock := newClock()
	began := clock.Now()
	f := setupFetching(t, fresh.Store(t).Media(), clock.Now, func(context.Context, string, int) ([]byte, error) {
		return nil, &bot.FetchError{Reason: bot.FetchUnreachable, Retry: true, Err: errors.New("404")}
	})
	f.enqueue("gone")
	last, at := 0, began
	f.run(func() bool {
		if f.open() == 0 {
			return true
		}
		if n := f.album.tried("gone"); n > last || clock.Now().Sub(at) < time.Hour {
			if n > last {
				last, at = n, clock.Now()
			}
			clock.pass(10 * time.Minute)
		}
		return false
	})
	if got := f.became("gone"); got[0] != bot.FetchUnreachable {
		t.Errorf("became %v", got)
	}
	// It was seen up to an hour after it was tried.
	if after := at.Sub(began); after < 71*time.Hour || after > 74*time.Hour {
		t.Errorf("it was tried for %v, %d times", after, last)
	}
}

// queue is one in memory: a store's own would not wait in a test's time.
type queue struct {
	storage.Media
	mu      sync.Mutex
	fetches map[string]storage.Fetch
}

func (q *queue) Enqueue(_ context.Context, f storage.Fetch) error {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.fetches[f.ID] = f
	return nil
}

func (q *queue) Due(_ context.Context, now time.Time, _ int) (due []storage.Fetch, err error) {
	q.mu.Lock()
	defer q.mu.Unlock()
	for _, f := range q.fetches {
		if !f.Next.After(now) {
			due = append(due, f)
		}
	}
	return due, nil
}

func (q *queue) Claim(context.Context, string, string, time.Time, time.Time) error { return nil }
func (q *queue) PutBlob(context.Context, storage.Blob) error                       { return nil }

func (q *queue) Retry(_ context.Context, id, _ string, attempts int, next time.Time) error {
	q.mu.Lock()
	defer q.mu.Unlock()
	f := q.fetches[id]
	f.Attempts, f.Next = attempts, next
	q.fetches[id] = f
	return nil
}

func (q *queue) Finish(_ context.Context, id string) error {
	q.mu.Lock()
	defer q.mu.Unlock()
	delete(q.fetches, id)
	return nil
}

// A source that does not answer is left after a minute, and keeps no other waiting.
func TestASlowSourceIsLeft(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		f := setupFetching(t, &queue{fetches: make(map[string]storage.Fetch)}, time.Now, func(ctx context.Context, resource string, n int) ([]byte, error) {
			if resource == "slow" && n == 1 {
				<-ctx.Done()
				return nil, ctx.Err()
			}
			return []byte("picture"), nil
		})
		began := time.Now()
		f.enqueue("slow", "quick")
		ctx, cancel := context.WithCancel(t.Context())
		done := make(chan struct{})
		go func() { f.photos().Run(ctx); close(done) }()
		for f.became("quick")[0] == "" && time.Since(began) < time.Hour {
			time.Sleep(100 * time.Millisecond)
		}
		if took := time.Since(began); took > 5*time.Second {
			t.Errorf("the quick one waited for %v", took)
		}
		for f.became("slow")[0] == "" && time.Since(began) < time.Hour {
			time.Sleep(time.Second)
		}
		if took := time.Since(began); f.became("slow")[0] != "kept" || took < time.Minute || took > 2*time.Minute {
			t.Errorf("the slow one became %v after %v", f.became("slow"), took)
		}
		cancel()
		<-done
	})
}

// A picture that makes us panic is tried again later, as another version may do
// better, and keeps neither the process nor other pictures from working.
func TestAPhotoThatMakesUsPanic(t *testing.T) {
	t.Parallel()
	clock := newClock()
	f := setupFetching(t, fresh.Store(t).Media(), clock.Now, func(_ context.Context, resource string, n int) ([]byte, error) {
		if resource == "mended" && n > 2 {
			return []byte("picture"), nil
		}
		if resource == "source" && n == 1 {
			panic("in the platform")
		}
		if resource == "fine" || resource == "source" {
			return []byte("picture"), nil
		}
		return []byte("boom"), nil
	})
	f.enqueue("mended", "source", "fine", "for ever")
	f.run(func() bool {
		clock.pass(time.Second)
		return f.open() == 1
	})
	if got := f.became("mended", "source", "fine", "for ever"); fmt.Sprint(got) != "[kept kept kept ]" {
		t.Errorf("became %q", got)
	}
}
