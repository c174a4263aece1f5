package web

import (
	"sync"
	"time"
)

const (
	// loginWithin bounds the asking of a platform whose code it is; the server's
	// own write deadline is ten seconds.
	loginWithin = 8 * time.Second
	// loginsAtOnce and loginsEvery bound logins: a burst, and how fast it comes back.
	loginsAtOnce = 200
	loginsEvery  = 50 * time.Millisecond
	// submissionsAMinute and readsAMinute bound what one person may ask for.
	submissionsAMinute = 12
	readsAMinute       = 120
	// uploadsAtOnce bounds one person's: one goes on for a while after its network is gone.
	uploadsAtOnce = 2
	// maxCounted bounds the people that are counted at once.
	maxCounted = 10_000
)

// limits count requests in the memory of this process: they keep one person
// from using up the others' service, no more.
type limits struct {
	mu        sync.Mutex
	minute    time.Time
	used      map[string]int
	logins    float64
	last      time.Time
	uploading map[string]int
}

// upload reports whether a person may upload now; if so, done is to be called at its end.
func (l *limits) upload(person string) (done func(), ok bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.uploading[person] == uploadsAtOnce {
		return nil, false
	}
	if l.uploading == nil {
		l.uploading = make(map[string]int)
	}
	l.uploading[person]++
	return func() {
		l.mu.Lock()
		defer l.mu.Unlock()
		if l.uploading[person]--; l.uploading[person] == 0 {
			delete(l.uploading, person)
		}
	}, true
}

// allow reports whether key has any of its most requests of this minute left.
func (l *limits) allow(now time.Time, key string, most int) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	if minute := now.Truncate(time.Minute); !minute.Equal(l.minute) || l.used == nil {
		l.minute, l.used = minute, make(map[string]int)
	}
	if len(l.used) >= maxCounted && l.used[key] == 0 {
		return false
	}
	l.used[key]++
	return l.used[key] <= most
}

// login reports whether one more login may be asked about.
func (l *limits) login(now time.Time) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.last.IsZero() {
		l.logins = loginsAtOnce
	} else {
		l.logins = min(loginsAtOnce, l.logins+float64(now.Sub(l.last))/float64(loginsEvery))
	}
	l.last = now
	if l.logins < 1 {
		return false
	}
	l.logins--
	return true
}
