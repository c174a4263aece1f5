package bot

import (
	"time"

	"github.com/cenkalti/backoff/v5"
)

// delay returns how long to wait after the given number of failed tries: from
// one second, doubling, at most longest, a tenth of it by chance.
func delay(attempts int, longest time.Duration) time.Duration {
	b := backoff.ExponentialBackOff{
		InitialInterval: time.Second, RandomizationFactor: 0.1, Multiplier: 2, MaxInterval: longest,
	}
	b.Reset()
	var d time.Duration
	for range min(attempts, 30) {
		d = b.NextBackOff()
	}
	return d
}
