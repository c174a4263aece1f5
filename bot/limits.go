package bot

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"sync"
	"time"

	"roundsman/storage"
)

const (
	// slicesPer is how many slices a period is cut into. What was sent is counted by
	// slice, and one slice more than a period is looked at, so that no period,
	// wherever it begins, holds more than is allowed; it may hold a twentieth less.
	slicesPer = 20
	// maxQuotas bounds the memory; quotas that do not count any more are forgotten beyond it.
	maxQuotas = 20_000
	// countWithin bounds the counting of one send.
	countWithin = 2 * time.Second
	// longestTurn bounds how far ahead turns are given out.
	longestTurn = time.Minute
)

// limits holds back sends so that no platform's limit is passed by all
// processes together: what was sent is counted in the store, in one quota for
// the app, one for each kind of chat that is limited, and one for each chat.
type limits struct {
	store storage.Quotas

	mu     sync.Mutex
	quotas map[string]*quota
}

// quota is what this process knows of a stored quota. What it does not know is
// only more use of it, so that a wait that it finds is never too long.
type quota struct {
	rates []Rate

	mu      sync.Mutex
	version int64
	used    usage
	expires time.Time
	// turn is when those who have to wait may come back, and given how many were told so.
	turn  time.Time
	given int
}

// usage counts sends by slice, for each rate.
type usage []period

// period is what was sent in a rate's period, by the number of the slice.
type period struct {
	// Per is the rate's period in milliseconds; with another one the count means nothing.
	Per  int64           `json:"per"`
	Sent map[int64]int64 `json:"sent"`
}

func newLimits(store storage.Quotas) *limits {
	return &limits{store: store, quotas: make(map[string]*quota)}
}

// take counts a send to the address at now, or returns how long to wait first.
func (l *limits) take(ctx context.Context, a Abilities, to Address, now time.Time) (time.Duration, error) {
	// The narrowest first: what is counted and then not sent is least missed there.
	var quotas []*quota
	var keys []string
	for _, q := range []struct {
		key   string
		rates []Rate
	}{
		{to.String(), a.Chat[to.Place]},
		{to.Platform + ":" + string(to.Place), a.Place[to.Place]},
		{to.Platform, a.App},
	} {
		if len(q.rates) > 0 {
			keys, quotas = append(keys, q.key), append(quotas, l.quota(q.key, q.rates, now))
		}
	}
	for _, q := range quotas {
		if wait, by := q.wait(now); wait > 0 {
			return q.turnAfter(now, wait, by), nil
		}
	}
	for i, q := range quotas {
		if wait, err := q.take(ctx, l.store, "limit/"+keys[i], now); wait > 0 || err != nil {
			return wait, err
		}
	}
	return 0, nil
}

func (l *limits) quota(key string, rates []Rate, now time.Time) *quota {
	l.mu.Lock()
	defer l.mu.Unlock()
	if len(l.quotas) > maxQuotas {
		for k, q := range l.quotas {
			if q.idle(now) {
				delete(l.quotas, k)
			}
		}
	}
	q, ok := l.quotas[key]
	if !ok {
		q = &quota{rates: rates}
		l.quotas[key] = q
	}
	return q
}

func (q *quota) idle(now time.Time) bool {
	q.mu.Lock()
	defer q.mu.Unlock()
	return q.expires.Before(now)
}

// wait returns how long to wait by what is known here, and for which rate.
func (q *quota) wait(now time.Time) (time.Duration, Rate) {
	q.mu.Lock()
	defer q.mu.Unlock()
	return q.used.wait(q.rates, now)
}

// turnAfter tells those who have to wait when to come back: as many at once as
// the rate allows, the others a period later, and so on.
func (q *quota) turnAfter(now time.Time, wait time.Duration, by Rate) time.Duration {
	q.mu.Lock()
	defer q.mu.Unlock()
	next := now.Add(wait)
	if next.After(q.turn) || q.turn.Sub(now) > longestTurn {
		q.turn, q.given = next, 0
	}
	next = q.turn
	if q.given++; q.given >= by.N {
		q.turn, q.given = q.turn.Add(by.Per), 0
	}
	return next.Sub(now)
}

// take counts a send in the store.
func (q *quota) take(ctx context.Context, store storage.Quotas, key string, now time.Time) (time.Duration, error) {
	q.mu.Lock()
	defer q.mu.Unlock()
	// Others wait for us meanwhile.
	ctx, cancel := context.WithTimeout(ctx, countWithin)
	defer cancel()
	if q.version > 0 && q.expires.Before(now) {
		// It may have been forgotten since, and begun anew by somebody else.
		if err := q.load(ctx, store, key); err != nil {
			return 0, err
		}
	}
	for {
		if wait, _ := q.used.wait(q.rates, now); wait > 0 {
			return wait, nil
		}
		used := q.used.with(q.rates, now)
		data, err := json.Marshal(used)
		if err != nil {
			return 0, fmt.Errorf("write a quota: %w", err)
		}
		expires := now
		for _, r := range q.rates {
			expires = maxTime(expires, now.Add(2*r.Per))
		}
		err = store.Swap(ctx, storage.Quota{Key: key, Version: q.version + 1, Data: data, Expires: expires})
		if err == nil {
			q.version, q.used, q.expires = q.version+1, used, expires
			return 0, nil
		}
		if !errors.Is(err, storage.ErrConflict) {
			return 0, fmt.Errorf("count a send: %w", err)
		}
		if err := q.load(ctx, store, key); err != nil {
			return 0, err
		}
	}
}

// load reads what others counted.
func (q *quota) load(ctx context.Context, store storage.Quotas, key string) error {
	stored, err := store.Get(ctx, key)
	if errors.Is(err, storage.ErrNotFound) {
		q.version, q.used = 0, nil
		return nil
	}
	if err != nil {
		return fmt.Errorf("read a quota: %w", err)
	}
	var used usage
	if err := json.Unmarshal(stored.Data, &used); err != nil {
		// Another version's; it counts from here on.
		used = nil
	}
	q.version, q.used, q.expires = stored.Version, used, stored.Expires
	return nil
}

// of returns what was sent in the rate's period.
func (u usage) of(r Rate) map[int64]int64 {
	for _, p := range u {
		if p.Per == r.Per.Milliseconds() {
			return p.Sent
		}
	}
	return nil
}

// wait returns how long until one more may be sent, and which rate says so.
func (u usage) wait(rates []Rate, now time.Time) (wait time.Duration, by Rate) {
	for _, r := range rates {
		width := max(r.Per.Milliseconds()/slicesPer, 1)
		current := now.UnixMilli() / width
		sent := u.of(r)
		var total int64
		for slice, n := range sent {
			if slice >= current-slicesPer {
				total += n
			}
		}
		// The oldest slices leave first. One that lies ahead was counted by a clock before ours.
		for oldest := current - slicesPer; total >= int64(r.N) && oldest <= current+slicesPer; oldest++ {
			total -= sent[oldest]
			left := time.Duration((oldest+slicesPer+1)*width-now.UnixMilli()) * time.Millisecond
			if left > wait {
				wait, by = left, r
			}
		}
	}
	return wait, by
}

// with returns the usage with one more send, without what does not count any more.
func (u usage) with(rates []Rate, now time.Time) usage {
	var out usage
	for _, r := range rates {
		width := max(r.Per.Milliseconds()/slicesPer, 1)
		current := now.UnixMilli() / width
		sent := map[int64]int64{current: 1}
		for slice, n := range u.of(r) {
			if slice >= current-slicesPer {
				sent[slice] += n
			}
		}
		out = append(out, period{r.Per.Milliseconds(), sent})
	}
	return out
}

func maxTime(a, b time.Time) time.Time {
	if b.After(a) {
		return b
	}
	return a
}
