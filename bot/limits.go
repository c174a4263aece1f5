package bot

import (
	"slices"
	"sync"
	"time"
)

// limits holds back sends so that no platform's limit is passed: exactly N in
// any window, which a token bucket would overstep by its burst.
type limits struct {
	mu      sync.Mutex
	windows map[string][]*window
}

// window remembers when the last N sends were.
type window struct {
	rate Rate
	at   []time.Time
	next int
}

// maxWindows bounds the memory; idle chats are forgotten beyond it.
const maxWindows = 20_000

func newLimits() *limits { return &limits{windows: make(map[string][]*window)} }

// take counts a send to the address at now, or returns how long to wait first.
func (l *limits) take(a Abilities, to Address, now time.Time) time.Duration {
	l.mu.Lock()
	defer l.mu.Unlock()
	if len(l.windows) > maxWindows {
		l.forget(now)
	}
	all := slices.Concat(l.of(to.Platform, a.App), l.of(to.Platform+":"+string(to.Place), a.Place[to.Place]), l.of(to.String(), a.Chat[to.Place]))
	var wait time.Duration
	for _, w := range all {
		wait = max(wait, w.wait(now))
	}
	if wait > 0 {
		return wait
	}
	for _, w := range all {
		w.at[w.next] = now
		w.next = (w.next + 1) % len(w.at)
	}
	return 0
}

func (l *limits) of(key string, rates []Rate) []*window {
	ws, ok := l.windows[key]
	if !ok {
		for _, r := range rates {
			ws = append(ws, &window{rate: r, at: make([]time.Time, r.N)})
		}
		l.windows[key] = ws
	}
	return ws
}

func (l *limits) forget(now time.Time) {
	for key, ws := range l.windows {
		idle := true
		for _, w := range ws {
			last := w.at[(w.next+len(w.at)-1)%len(w.at)]
			idle = idle && now.Sub(last) >= w.rate.Per
		}
		if idle {
			delete(l.windows, key)
		}
	}
}

func (w *window) wait(now time.Time) time.Duration {
	oldest := w.at[w.next]
	if oldest.IsZero() {
		return 0
	}
	return max(0, oldest.Add(w.rate.Per).Sub(now))
}
