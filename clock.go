package main

import (
	"context"
	"fmt"
	"sync"
	"time"

	"roundsman/storage"
)

// measureEvery is how often the store is asked for its time.
const measureEvery = 15 * time.Second

// sharedClock is the time of a store that several processes share. They count
// leases, order posts and know what is due by it, so that none of them is misled
// by its machine's clock. Between two askings it goes on by the machine's
// monotonic clock, which no correction of the wall clock moves.
type sharedClock struct {
	source storage.Clock

	mu sync.Mutex
	// at is when the store was asked, by the machine's clock, and store what it said.
	at, store time.Time
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
	c.mu.Lock()
	defer c.mu.Unlock()
	c.at, c.store = began.Add(time.Since(began)/2), t
	return nil
}

// Now is the store's time.
func (c *sharedClock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.store.Add(time.Since(c.at)).UTC()
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
