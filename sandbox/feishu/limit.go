package feishu

import (
	"math"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"
)

func itoa(n int) string { return strconv.Itoa(n) }

// allow counts one use of key unless that would exceed n uses within window; the
// lock must be held. A refused use does not count. wait is until the next free
// place.
func (s *Server) allow(key string, n int, window time.Duration) (wait time.Duration, ok bool) {
	now := s.limNow()
	used := slices.DeleteFunc(s.windows[key], func(t time.Time) bool {
		return t.After(now) || now.Sub(t) >= window
	})
	if len(used) >= n {
		s.windows[key] = used
		return window - now.Sub(used[len(used)-n]), false
	}
	s.windows[key] = append(used, now)
	return 0, true
}

// throttle applies the gateway's limit to the calls that have the documented one
// of 50/s and 1000/min per app: sending, updating and uploading.
func (c *call) throttle() *apiError {
	if c.app == nil || c.app.Unlimited || !strings.HasPrefix(c.r.URL.Path, "/open-apis/im/") {
		return nil
	}
	switch c.r.Method {
	case http.MethodPost, http.MethodPatch, http.MethodPut, http.MethodDelete:
	default:
		return nil
	}
	c.s.mu.Lock()
	defer c.s.mu.Unlock()
	key := c.app.ID + " " + c.r.Pattern
	for _, l := range []struct {
		n      int
		window time.Duration
	}{{1000, time.Minute}, {50, time.Second}} {
		if wait, ok := c.s.allow(key+l.window.String(), l.n, l.window); !ok {
			return &apiError{
				status: http.StatusTooManyRequests, code: codeRateApp, msg: "request trigger frequency limit",
				header: http.Header{
					"X-Ogw-Ratelimit-Limit": {itoa(l.n)},
					"X-Ogw-Ratelimit-Reset": {itoa(int(math.Ceil(wait.Seconds())))},
				},
			}
		}
	}
	return nil
}

// perChat applies 5 QPS to one user or one group (shared by its bots); the lock
// must be held.
func (c *call) perChat(id string) *apiError {
	if c.app.Unlimited {
		return nil
	}
	if _, ok := c.s.allow("chat "+id, 5, time.Second); !ok {
		return fail(codeRateChat, "This operation triggers the frequency limit.")
	}
	return nil
}
