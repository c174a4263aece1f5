package wecom

import (
	"encoding/json"
	"fmt"
	"net/http"
	"path"
	"slices"
	"time"
)

// Fault is a broken answer. The fields are tried in this order: Hang, Truncate,
// HTML or HTTPStatus, ErrCode.
type Fault struct {
	// HTTPStatus answers with this status and an HTML page, as a gateway does.
	HTTPStatus int
	// ErrCode and ErrMsg answer HTTP 200 with this code.
	ErrCode int
	ErrMsg  string
	// HTML answers with a page instead of JSON (HTTP 200 unless HTTPStatus is set).
	HTML bool
	// Truncate promises a longer body than it sends and cuts the connection.
	Truncate bool
	// Hang gives no answer until the client gives up or the server closes.
	Hang bool
	// AfterEffect lets the call happen first: only its answer is lost.
	AfterEffect bool
	// Times is how many calls are hit; 0 means all until the rule is removed.
	Times int
}

func (f Fault) status() int {
	switch {
	case f.Hang, f.Truncate, f.HTTPStatus == 0:
		return http.StatusOK
	default:
		return f.HTTPStatus
	}
}

// rule is a fault or a delay for the paths that match.
type rule struct {
	app     *App // nil: every app
	pattern string
	fault   *Fault
	left    int
	delay   time.Duration
}

// Fail breaks the calls of every app whose path matches pattern (as path.Match
// has it, e.g. "/cgi-bin/message/*"; "" means all). Tests that share a server use
// [App.Fail]. The returned function removes the rule. It panics on a bad pattern.
func (s *Server) Fail(pattern string, f Fault) (remove func()) { return s.addRule(nil, pattern, &f, 0) }

// Fail is [Server.Fail] for the calls in this app's name: with its token, its
// secret or the key of one of its robots.
func (a *App) Fail(pattern string, f Fault) (remove func()) { return a.s.addRule(a, pattern, &f, 0) }

// Delay makes the calls whose path matches pattern wait d of real time.
func (s *Server) Delay(pattern string, d time.Duration) (remove func()) {
	return s.addRule(nil, pattern, nil, d)
}

// Delay is [Server.Delay] for the calls in this app's name.
func (a *App) Delay(pattern string, d time.Duration) (remove func()) {
	return a.s.addRule(a, pattern, nil, d)
}

func (s *Server) addRule(a *App, pattern string, f *Fault, d time.Duration) func() {
	if _, err := path.Match(pattern, "/"); err != nil {
		panic(fmt.Sprintf("wecom sandbox: pattern %q: %v", pattern, err))
	}
	r := &rule{app: a, pattern: pattern, fault: f, delay: d}
	if f != nil {
		r.left = f.Times
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.rules = append(s.rules, r)
	return func() {
		s.mu.Lock()
		defer s.mu.Unlock()
		s.rules = slices.DeleteFunc(s.rules, func(x *rule) bool { return x == r })
	}
}

// ruleFor finds what hits a call: the sum of delays and the oldest fault, whose
// count goes down. The lock must be held.
func (s *Server) ruleFor(a *App, p string) (time.Duration, *Fault) {
	var delay time.Duration
	var hit *rule
	for _, r := range s.rules {
		if r.app != nil && r.app != a {
			continue
		}
		if r.pattern != "" {
			if m, _ := path.Match(r.pattern, p); !m {
				continue
			}
		}
		delay += r.delay
		if r.fault != nil && hit == nil {
			hit = r
		}
	}
	if hit == nil {
		return delay, nil
	}
	if hit.fault.Times > 0 {
		if hit.left--; hit.left == 0 {
			s.rules = slices.DeleteFunc(s.rules, func(x *rule) bool { return x == hit })
		}
	}
	return delay, hit.fault
}

func (s *Server) serveFault(w http.ResponseWriter, r *http.Request, f Fault) {
	const page = "<html><head><title>502 Bad Gateway</title></head><body><h1>502 Bad Gateway</h1></body></html>"
	switch {
	case f.Hang:
		select {
		case <-r.Context().Done():
		case <-s.done:
		}
		panic(http.ErrAbortHandler)
	case f.Truncate:
		w.Header().Set("Content-Type", "application/json; charset=UTF-8")
		w.Header().Set("Content-Length", "64")
		_, _ = w.Write([]byte(`{"errcode":0,"errm`))
		_ = http.NewResponseController(w).Flush()
		panic(http.ErrAbortHandler)
	case f.HTML, f.HTTPStatus != 0:
		w.Header().Set("Content-Type", "text/html")
		w.WriteHeader(f.status())
		_, _ = w.Write([]byte(page))
	default:
		msg := f.ErrMsg
		if msg == "" {
			msg = "system busy"
		}
		w.Header().Set("Content-Type", "application/json; charset=UTF-8")
		_ = json.NewEncoder(w).Encode(map[string]any{"errcode": f.ErrCode, "errmsg": msg})
	}
}
