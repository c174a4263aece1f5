package sqlite_test

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"sync/atomic"
	"testing"
	"time"

	"roundsman/storage"
	"roundsman/storage/sqlite"
	"roundsman/visit"
)

// waitQueued waits until n writes wait for the writer.
func waitQueued(t *testing.T, s file, n int) {
	t.Helper()
	for deadline := time.Now().Add(10 * time.Second); sqlite.Queued(s.Store) < n; {
		if time.Now().After(deadline) {
			t.Fatalf("%d writes are queued, not %d", sqlite.Queued(s.Store), n)
		}
		runtime.Gosched()
	}
}

func TestConnectionIsDurable(t *testing.T) {
	t.Parallel()
	s := setup(t)
	for pragma, want := range map[string]string{"journal_mode": "wal", "synchronous": "2", "foreign_keys": "0", "busy_timeout": "5000"} {
		got, err := sqlite.Pragma(t.Context(), s.Store, pragma)
		if err != nil || got != want {
			t.Errorf("%s is %s, %v, want %s", pragma, got, err, want)
		}
	}
}

func TestOneFailureOfABatchLeavesTheOthers(t *testing.T) {
	t.Parallel()
	s := setup(t)
	rep := func(id, user string) visit.Rep {
		return visit.Rep{ID: id, Identities: map[string]string{"feishu": user}}
	}
	if err := s.Roster().PutReps(t.Context(), rep("0", "taken")); err != nil {
		t.Fatal(err)
	}
	// All of these come to lie in one transaction; every other one fails half-way.
	release := sqlite.Hold(s.Store)
	const n = 20
	errs := make([]error, n)
	done := make(chan struct{})
	for i := range n {
		go func() {
			user := fmt.Sprint(i)
			if i%2 == 1 {
				user = "taken"
			}
			errs[i] = s.Roster().PutReps(t.Context(), rep(fmt.Sprint("rep", i), user))
			done <- struct{}{}
		}()
	}
	waitQueued(t, s, n)
	release()
	for range n {
		<-done
	}
	for i, err := range errs {
		if i%2 == 0 && err != nil {
			t.Errorf("%d: %v", i, err)
		}
		if i%2 == 1 && !errors.Is(err, storage.ErrConflict) {
			t.Errorf("%d: %v, want ErrConflict", i, err)
		}
	}
	reps, err := s.Roster().Reps(t.Context())
	if err != nil || len(reps) != 1+n/2 {
		t.Errorf("%d people are kept, %v, want %d", len(reps), err, 1+n/2)
	}
}

func TestACallerWhoGivesUpWhileQueuedIsPassedOver(t *testing.T) {
	t.Parallel()
	s := setup(t)
	release := sqlite.Hold(s.Store)
	ctx, cancel := context.WithCancel(t.Context())
	errs := make(chan error)
	go func() {
		_, err := s.Inbox().Accept(ctx, storage.Event{Key: "k"})
		errs <- err
	}()
	waitQueued(t, s, 1)
	cancel()
	// The writer is still held: the answer comes without it.
	if err := <-errs; !errors.Is(err, context.Canceled) {
		t.Fatalf("got %v", err)
	}
	release()
	if fresh, err := s.Inbox().Accept(t.Context(), storage.Event{Key: "k"}); err != nil || !fresh {
		t.Fatalf("the abandoned event was stored: %v, %v", fresh, err)
	}
}

func TestCloseFinishesWhatIsQueued(t *testing.T) {
	t.Parallel()
	s := setup(t)
	release := sqlite.Hold(s.Store)
	const n = 50
	errs := make(chan error, n)
	for i := range n {
		go func() {
			_, err := s.Inbox().Accept(t.Context(), storage.Event{Key: fmt.Sprint(i)})
			errs <- err
		}()
	}
	waitQueued(t, s, n)
	release()
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	acked := 0
	for range n {
		if err := <-errs; err == nil {
			acked++
		} else if !errors.Is(err, sqlite.ErrClosed) {
			t.Error(err)
		}
	}
	if acked != n {
		t.Errorf("%d of %d queued writes were done", acked, n)
	}
	if waiting, _, err := open(t, s.path, sqlite.Options{}).Inbox().Count(t.Context(), time.Now().AddDate(1, 0, 0)); err != nil || waiting != acked {
		t.Errorf("%d are kept, %v", waiting, err)
	}
}

func TestAFullDiskLosesNothingAcknowledged(t *testing.T) {
	t.Parallel()
	s := setup(t)
	pages, err := sqlite.Pragma(t.Context(), s.Store, "page_count")
	if err != nil {
		t.Fatal(err)
	}
	var n int
	if _, err := fmt.Sscan(pages, &n); err != nil {
		t.Fatal(err)
	}
	if _, err := sqlite.Pragma(t.Context(), s.Store, fmt.Sprintf("max_page_count = %d", n+60)); err != nil {
		t.Fatal(err)
	}

	const writers, each = 8, 40
	type result struct {
		key string
		err error
	}
	results := make(chan result, writers*each)
	for i := range writers {
		go func() {
			for j := range each {
				key := fmt.Sprintf("%d-%d", i, j)
				_, err := s.Inbox().Accept(t.Context(), storage.Event{Key: key, Payload: make([]byte, 3000)})
				results <- result{key, err}
			}
		}()
	}
	acked := make(map[string]bool)
	refused := 0
	for range writers * each {
		r := <-results
		switch {
		case r.err == nil:
			acked[r.key] = true
		case errors.Is(r.err, sqlite.ErrFull):
			refused++
		default:
			t.Error(r.err)
		}
	}
	if len(acked) == 0 || refused == 0 {
		t.Fatalf("%d acknowledged, %d refused: the disk was not filled", len(acked), refused)
	}
	events, err := s.Inbox().Pending(t.Context(), noon, storage.Cursor{}, 1000)
	if err != nil {
		t.Fatal(err)
	}
	kept := make(map[string]bool)
	for _, e := range events {
		kept[e.Key] = true
	}
	for key := range acked {
		if !kept[key] {
			t.Errorf("%s was acknowledged and is gone", key)
		}
	}
	// With room again it goes on.
	if _, err := sqlite.Pragma(t.Context(), s.Store, "max_page_count = 1000000"); err != nil {
		t.Fatal(err)
	}
	if fresh, err := s.Inbox().Accept(t.Context(), storage.Event{Key: "after", Payload: make([]byte, 3000)}); err != nil || !fresh {
		t.Fatalf("after the disk had room again: %v, %v", fresh, err)
	}
}

func BenchmarkAccept(b *testing.B) {
	payload := make([]byte, 1500)
	b.Run("one", func(b *testing.B) {
		s := setup(b)
		i := 0
		for b.Loop() {
			i++
			if _, err := s.Inbox().Accept(b.Context(), storage.Event{Key: fmt.Sprint(i), At: noon, Received: noon, Payload: payload}); err != nil {
				b.Fatal(err)
			}
		}
		b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "events/s")
	})
	b.Run("64 goroutines", func(b *testing.B) {
		s := setup(b)
		var n atomic.Int64
		b.SetParallelism((64 + runtime.GOMAXPROCS(0) - 1) / runtime.GOMAXPROCS(0))
		b.RunParallel(func(pb *testing.PB) {
			for pb.Next() {
				e := storage.Event{Key: fmt.Sprint(n.Add(1)), At: noon, Received: noon, Payload: payload}
				if _, err := s.Inbox().Accept(b.Context(), e); err != nil {
					b.Error(err)
					return
				}
			}
		})
		b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "events/s")
	})
}
