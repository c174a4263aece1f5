package bot_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"roundsman/bot"
	"roundsman/storage"
	"roundsman/storage/storagetest/fresh"
)

// recorder is a handler that writes down what it handles.
type recorder struct {
	mu      sync.Mutex
	handled []string
	active  map[string]int
	overlap bool
	gaveUp  []string
	fail    map[string]int
}

func (r *recorder) Lane(_ context.Context, m bot.Message) (string, error) { return m.From, nil }

func (r *recorder) Handle(_ context.Context, m bot.Message) error {
	r.mu.Lock()
	r.active[m.From]++
	r.overlap = r.overlap || r.active[m.From] > 1
	left := r.fail[m.Key]
	r.fail[m.Key]--
	r.mu.Unlock()
	defer func() {
		r.mu.Lock()
		r.active[m.From]--
		r.mu.Unlock()
	}()
	if left > 0 {
		if strings.HasPrefix(m.Key, "panic") {
			panic("boom")
		}
		return errors.New("not now")
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.handled = append(r.handled, m.Key)
	return nil
}

func (r *recorder) GiveUp(_ context.Context, m bot.Message) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.gaveUp = append(r.gaveUp, m.Key)
}

func (r *recorder) count() int {
	r.mu.Lock()
	defer r.mu.Unlock()
	return len(r.handled)
}

type arriving struct {
	*testing.T
	store  storage.Store
	clock  *clock
	intake *bot.Intake
	spool  *bot.Spool
	rec    *recorder
}

func setupArriving(t *testing.T) *arriving {
	t.Helper()
	a := &arriving{T: t, store: fresh.Store(t), clock: newClock(), rec: &recorder{active: map[string]int{}, fail: map[string]int{}}}
	var err error
	if a.spool, err = bot.OpenSpool(t.TempDir()); err != nil {
		t.Fatal(err)
	}
	a.intake = bot.NewIntake(a.store.Inbox(), a.spool, bot.NewMetrics(prometheus.NewRegistry()), a.log(), func(storage.Event) {})
	return a
}

func (a *arriving) log() *slog.Logger { return slog.New(slog.NewTextHandler(a.Output(), nil)) }

func (a *arriving) message(key, from string) bot.Message {
	return bot.Message{Key: key, Platform: "test", From: from, At: a.clock.Now(), Received: a.clock.Now(), Text: key}
}

func (a *arriving) accept(key, from string) {
	a.Helper()
	if err := a.intake.Accept(a.Context(), a.message(key, from)); err != nil {
		a.Fatal(err)
	}
}

// run lets the lanes work until the condition holds.
func (a *arriving) run(until func() bool) {
	a.Helper()
	ctx, cancel := context.WithTimeout(a.Context(), 20*time.Second)
	defer cancel()
	lanes := bot.NewLanes(a.store, a.rec, bot.NewMetrics(prometheus.NewRegistry()), a.log(), a.clock.Now, "here")
	done := make(chan struct{})
	go func() { lanes.Run(ctx); close(done) }()
	defer func() { cancel(); <-done }()
	tick := time.NewTicker(2 * time.Millisecond)
	defer tick.Stop()
	for !until() {
		select {
		case <-ctx.Done():
			a.Fatalf("waited in vain; handled %d", a.rec.count())
		case <-tick.C:
			lanes.Wake()
		}
	}
}

func TestLanesHandleEverythingOnceAndOneAtATime(t *testing.T) {
	t.Parallel()
	a := setupArriving(t)
	const events = 600 // more than a batch
	for i := range events {
		a.accept(fmt.Sprintf("e%04d", i), fmt.Sprint("rep", i%7))
	}
	for i := range 50 {
		a.accept(fmt.Sprintf("e%04d", i), "rep0") // again
	}
	a.run(func() bool {
		waiting, _, err := a.store.Inbox().Count(t.Context(), time.Now().AddDate(1, 0, 0))
		return err == nil && waiting == 0
	})
	if a.rec.overlap {
		t.Error("two events of a lane were handled at the same time")
	}
	waiting, dead, err := a.store.Inbox().Count(t.Context(), time.Now().AddDate(1, 0, 0))
	if err != nil || waiting != 0 || dead != 0 || a.rec.count() != events {
		t.Errorf("waiting %d, dead %d, handled %d, %v", waiting, dead, a.rec.count(), err)
	}
}

func TestLanesTryAgainAndGiveUp(t *testing.T) {
	t.Parallel()
	a := setupArriving(t)
	a.rec.fail = map[string]int{"twice": 2, "panic": 1, "always": 99, "panics always": 99}
	for _, key := range []string{"twice", "panic", "always", "panics always", "fine"} {
		a.accept(key, "rep")
	}
	a.run(func() bool {
		a.clock.pass(time.Second)
		a.rec.mu.Lock()
		defer a.rec.mu.Unlock()
		return len(a.rec.handled) == 3 && len(a.rec.gaveUp) == 2
	})
	dead, err := a.store.Inbox().Dead(t.Context(), 10)
	if err != nil || len(dead) != 2 {
		t.Fatalf("dead %+v, %v", dead, err)
	}
	for i, key := range []string{"always", "panics always"} {
		if e := dead[i]; e.Key != key || e.Attempts != 5 || len(e.Payload) == 0 {
			t.Errorf("dead: %+v", e)
		}
		if a.rec.fail[key] != 99-5 {
			t.Errorf("%s: tried %d times", key, 99-a.rec.fail[key])
		}
	}
}

// failing is an inbox that does not answer.
type failing struct{ storage.Inbox }

var errAway = errors.New("the store is away")

func (failing) Accept(context.Context, storage.Event) (bool, error) { return false, errAway }

func TestKeepSpoolsWhatTheStoreRefuses(t *testing.T) {
	t.Parallel()
	a := setupArriving(t)
	away := bot.NewIntake(failing{}, a.spool, bot.NewMetrics(prometheus.NewRegistry()), a.log(), func(storage.Event) {})
	if err := away.Accept(t.Context(), a.message("a", "rep")); !errors.Is(err, errAway) {
		t.Errorf("Accept: %v", err)
	}
	for _, key := range []string{"a", "b", "a"} {
		if err := away.Keep(t.Context(), a.message(key, "rep")); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := a.spool.Drain(t.Context(), failing{}); !errors.Is(err, errAway) {
		t.Errorf("Drain: %v", err)
	}
	a.accept("b", "rep") // came again to another replica meanwhile
	moved, err := a.spool.Drain(t.Context(), a.store.Inbox())
	if err != nil || moved != 2 {
		t.Errorf("moved %d, %v", moved, err)
	}
	a.run(func() bool { return a.rec.count() >= 2 })
	if a.rec.count() != 2 {
		t.Errorf("handled %v", a.rec.handled)
	}
	if moved, err := a.spool.Drain(t.Context(), a.store.Inbox()); moved != 0 || err != nil {
		t.Errorf("drained again: %d, %v", moved, err)
	}
}
