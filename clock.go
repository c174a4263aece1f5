package main

import (
	"context"
	"fmt"
	"sync"
	"time"

	"roundsman/storage"
)

const (
	// measureEvery is how often the store is asked for its time.
	measureEvery = 15 * time.Second
	// surely is how long an answer may take to be worth something.
	surely = 500 * time.Millisecond
	// smallStep is by how much a new answer may be behind the one before without
	// the clock going back: it stands still meanwhile.
	smallStep = 2 * time.Second
)

// sharedClock is the time of a store that several processes share. They count
// leases, order posts and know what is due by it, so that none of them is misled
// by its machine's clock. Between two askings it goes on by the machine's
// monotonic clock, which no correction of the wall clock moves.
type sharedClock struct {
	source storage.Clock

	mu sync.Mutex
	// at is when the store was asked, by the machine's clock, and store what it said.
	at, store time.Time
	// last is the latest time that was told.
	last time.Time
}

// newSharedClock asks the store once; it fails if that does not answer.
func newSharedClock(ctx context.Context, source storage.Clock) (*sharedClock, error) {
	c := &sharedClock{source: source}
	return c, c.measure(ctx)
}

// measure asks the store for its time. The answer is taken as of the middle of the call.
func (c *sharedClock) measure(ctx context.Context) error {
	began := time.Now()
	t, err := c.source.Time(ctx)
	if err != nil {
		return fmt.Errorf("ask the store for its time: %w", err)
	}
	took := time.Since(began)
	c.mu.Lock()
	defer c.mu.Unlock()
	if took > surely && !c.at.IsZero() {
		// An answer that took so long says little; the next one will do.
		return nil
	}
	c.at, c.store = began.Add(took/2), t
	return nil
}

// Now is the store's time. It does not go back by small steps.
func (c *sharedClock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	now := c.store.Add(time.Since(c.at)).UTC()
	if back := c.last.Sub(now); back > 0 && back < smallStep {
		return c.last
	}
	c.last = now
	return now
}

// skew is by how much the machine's clock is ahead of the store's.
func (c *sharedClock) skew() time.Duration { return time.Now().Round(0).Sub(c.Now()) }

// run keeps asking until ctx ends. A store that does not answer leaves the clock going on.
func (c *sharedClock) run(ctx context.Context) {
	tick := time.NewTicker(measureEvery)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
			ctx, cancel := context.WithTimeout(ctx, 5*time.Second)
			_ = c.measure(ctx)
			cancel()
		}
	}
}

// clockOf is the clock of a command that works on the store beside whoever serves it.
func clockOf(ctx context.Context, store storage.Store) (func() time.Time, error) {
	shared, ok := store.(storage.Clock)
	if !ok {
		return time.Now, nil
	}
	c, err := newSharedClock(ctx, shared)
	if err != nil {
		return nil, err
	}
	return c.Now, nil
}
