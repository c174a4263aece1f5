package bot_test

import (
	"context"
	"errors"
	"log/slog"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"roundsman/bot"
	"roundsman/storage"
)

// silent is an inbox that does not answer while it is away.
type silent struct {
	storage.Inbox
	away  atomic.Bool
	asked atomic.Int64
	kept  atomic.Int64
}

func (s *silent) Accept(ctx context.Context, _ storage.Event) (bool, error) {
	s.asked.Add(1)
	if s.away.Load() {
		<-ctx.Done()
		return false, ctx.Err()
	}
	s.kept.Add(1)
	return true, nil
}

// A store that does not answer costs one event two seconds, not every event.
func TestAStoreThatIsAwayIsSpared(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	synctest.Test(t, func(t *testing.T) {
		spool, err := bot.OpenSpool(dir)
		if err != nil {
			t.Fatal(err)
		}
		store := &silent{}
		store.away.Store(true)
		in := bot.NewIntake(store, spool, bot.NewMetrics(prometheus.NewRegistry()), slog.New(slog.DiscardHandler), func(storage.Event) {})
		keep := func(key string) time.Duration {
			t.Helper()
			began := time.Now()
			if err := in.Keep(t.Context(), bot.Message{Key: key, Platform: "test", At: began, Received: began}); err != nil {
				t.Fatal(err)
			}
			return time.Since(began)
		}
		if took := keep("first"); took != 2*time.Second {
			t.Errorf("the first event took %s", took)
		}
		for _, key := range []string{"a", "b", "c"} {
			if took := keep(key); took != 0 {
				t.Errorf("the event after it took %s", took)
			}
		}
		if err := in.Accept(t.Context(), bot.Message{Key: "refused"}); !errors.Is(err, bot.ErrAway) {
			t.Errorf("what the platform sends again is answered %v", err)
		}
		if n := store.asked.Load(); n != 1 {
			t.Errorf("the store was asked %d times", n)
		}
		time.Sleep(2 * time.Second)
		// One tries it again, and then it is spared for as long again.
		if took := keep("second"); took != 2*time.Second {
			t.Errorf("the event that tries it took %s", took)
		}
		if took := keep("d"); took != 0 {
			t.Errorf("the event after that took %s", took)
		}
		time.Sleep(2 * time.Second)
		store.away.Store(false)
		keep("back")
		keep("e")
		if n := store.kept.Load(); n != 2 || spool.Len() != 6 {
			t.Errorf("%d are in the store and %d on disk", n, spool.Len())
		}
	})
}

// A platform that hangs up says nothing about the store.
func TestAHangUpIsNotTheStoresFault(t *testing.T) {
	t.Parallel()
	store := &silent{}
	store.away.Store(true)
	in := bot.NewIntake(store, nil, bot.NewMetrics(prometheus.NewRegistry()), slog.New(slog.DiscardHandler), func(storage.Event) {})
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := in.Accept(ctx, bot.Message{Key: "a"}); !errors.Is(err, context.Canceled) {
		t.Fatal(err)
	}
	store.away.Store(false)
	if err := in.Accept(t.Context(), bot.Message{Key: "b"}); err != nil {
		t.Error(err)
	}
}
