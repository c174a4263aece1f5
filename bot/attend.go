package bot

import (
	"context"
	"time"
)

const (
	// idleCheck is how often the stores are asked although nobody said that something is due.
	idleCheck = 250 * time.Millisecond
	// finishFor is how long what was begun may go on after a stop was asked for;
	// with two recordings of how it ended, of five seconds each, that fits into a
	// graceful stop of twenty.
	finishFor = 7 * time.Second
)

// attend does the work when it is woken, and now and then without, until ctx
// ends. The work is told whether nobody woke it.
func attend(ctx context.Context, wake <-chan struct{}, work func(idle bool)) {
	tick := time.NewTicker(idleCheck)
	defer tick.Stop()
	for idle := true; ; {
		work(idle)
		select {
		case <-ctx.Done():
			return
		case <-wake:
			idle = false
		case <-tick.C:
			idle = true
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

// finishing returns a context that ends after within, and goes on when ctx ends,
// but not much longer: what was begun is finished, and no stop waits for what hangs.
func finishing(ctx context.Context, within time.Duration) (context.Context, context.CancelFunc) {
	out, cancel := context.WithTimeout(context.WithoutCancel(ctx), within)
	stop := context.AfterFunc(ctx, func() {
		t := time.AfterFunc(finishFor, cancel)
		context.AfterFunc(out, func() { t.Stop() })
	})
	return out, func() { stop(); cancel() }
}
