package feishu

import (
	"encoding/json"
	"net/http"
	"path"
	"slices"
	"strings"
	"time"
)

// Fault is a way for a call to go wrong. The zero value answers HTTP 500 once.
type Fault struct {
	// HTTPStatus answered; 0 means 400 with a Code, else 500.
	HTTPStatus int
	// Code and Msg of the JSON answer.
	Code int
	Msg  string
	// Times it happens; 0 means once, negative until lifted.
	Times int
	// Header is added to the answer.
	Header http.Header
	// Body replaces the JSON answer; HTML answers a gateway's error page.
	Body string
	HTML bool
	// Hang never answers, until the client gives up.
	Hang bool
	// Drop closes the connection without an answer.
	Drop bool
	// Truncate declares twice the length of the answer and closes after it.
	Truncate bool
	// AfterEffect lets the call take effect; only its answer is lost.
	AfterEffect bool
}

type rule struct {
	app             *App // nil: every app
	method, pattern string
	fault           Fault
	left            int // negative: without end
}

type delay struct {
	app     *App
	pattern string
	d       time.Duration
}

// Fail makes calls of any app go wrong. method is an HTTP method or "" for all;
// pattern is a path in which * stands for one segment ("/open-apis/im/v1/messages/*"),
// a trailing /** for any rest, and "" for every path. Of several that match, the
// oldest applies. The returned function lifts it.
func (s *Server) Fail(method, pattern string, f Fault) (lift func()) {
	return s.fail(nil, method, pattern, f)
}

// Fail is [Server.Fail] for the calls of one app.
func (a *App) Fail(method, pattern string, f Fault) (lift func()) {
	return a.s.fail(a, method, pattern, f)
}

func (s *Server) fail(a *App, method, pattern string, f Fault) func() {
	r := &rule{app: a, method: method, pattern: pattern, fault: f, left: f.Times}
	if r.left == 0 {
		r.left = 1
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.rules = append(s.rules, r)
	return func() {
		s.mu.Lock()
		defer s.mu.Unlock()
		s.rules = slices.DeleteFunc(s.rules, func(o *rule) bool { return o == r })
	}
}

// Delay makes matching calls of every app wait for d, in real time, before they
// are handled. The returned function lifts it.
func (s *Server) Delay(pattern string, d time.Duration) (lift func()) {
	return s.delay(nil, pattern, d)
}

// Delay is [Server.Delay] for the calls of one app.
func (a *App) Delay(pattern string, d time.Duration) (lift func()) { return a.s.delay(a, pattern, d) }

func (s *Server) delay(a *App, pattern string, d time.Duration) func() {
	l := &delay{a, pattern, d}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.delays = append(s.delays, l)
	return func() {
		s.mu.Lock()
		defer s.mu.Unlock()
		s.delays = slices.DeleteFunc(s.delays, func(o *delay) bool { return o == l })
	}
}

// match finds the delay and the fault of a call and uses up one time of it.
func (s *Server) match(a *App, r *http.Request) (time.Duration, *Fault) {
	s.mu.Lock()
	defer s.mu.Unlock()
	var d time.Duration
	for _, l := range s.delays {
		if (l.app == nil || l.app == a) && matches(l.pattern, r.URL.Path) {
			d += l.d
		}
	}
	for i, f := range s.rules {
		if f.app != nil && f.app != a || f.method != "" && f.method != r.Method || !matches(f.pattern, r.URL.Path) {
			continue
		}
		if f.left > 0 {
			f.left--
			if f.left == 0 {
				s.rules = slices.Delete(s.rules, i, i+1)
			}
		}
		out := f.fault
		return d, &out
	}
	return d, nil
}

func matches(pattern, p string) bool {
	if pattern == "" {
		return true
	}
	if head, ok := strings.CutSuffix(pattern, "/**"); ok {
		n := strings.Count(head, "/") + 1
		parts := strings.Split(p, "/")
		if len(parts) <= n {
			return false
		}
		p, pattern = strings.Join(parts[:n], "/"), head
	}
	ok, err := path.Match(pattern, p)
	return err == nil && ok
}

// pause waits and reports whether the client is still there.
func (s *Server) pause(r *http.Request, d time.Duration) bool {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return true
	case <-r.Context().Done():
	case <-s.done:
	}
	return false
}

// answer makes what a fault answers.
func (f *Fault) answer(c *call) answer {
	if f.Hang || f.Drop {
		return answer{hang: f.Hang}
	}
	a := answer{status: f.HTTPStatus, code: f.Code, header: http.Header{"Content-Type": {jsonType}}}
	if a.status == 0 {
		a.status = http.StatusInternalServerError
		if f.Code != 0 {
			a.status = http.StatusBadRequest
		}
	}
	switch {
	case f.HTML:
		a.header.Set("Content-Type", "text/html")
		a.body = []byte("<html><head><title>" + http.StatusText(a.status) + "</title></head><body><center><h1>" +
			itoa(a.status) + "</h1></center><hr><center>Tengine</center></body></html>\n")
	case f.Body != "":
		a.body = []byte(f.Body)
	default:
		code := f.Code
		if code == 0 && a.status >= 400 {
			code = 2200 // Internal Error
		}
		a.code = code
		msg := f.Msg
		if msg == "" {
			msg = http.StatusText(a.status)
		}
		a.body, _ = json.Marshal(map[string]any{"code": code, "msg": msg, "error": map[string]any{"log_id": c.logID}})
	}
	for k, v := range f.Header {
		a.header[http.CanonicalHeaderKey(k)] = v
	}
	if f.Truncate {
		a.length, a.cut = 2*len(a.body), true
	}
	return a
}
