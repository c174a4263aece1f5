package bot

import (
	"context"
	"time"
)

// idleCheck is how often the stores are asked although nobody said that something is due.
const idleCheck = 250 * time.Millisecond

// attend does the work when it is woken, and now and then without, until ctx ends.
func attend(ctx context.Context, wake <-chan struct{}, work func()) {
	tick := time.NewTicker(idleCheck)
	defer tick.Stop()
	for {
		work()
		select {
		case <-ctx.Done():
			return
		case <-wake:
		case <-tick.C:
		}
	}
}

// signal leaves a note in a channel of one place.
func signal(c chan struct{}) {
	select {
	case c <- struct{}{}:
	default:
	}
}
