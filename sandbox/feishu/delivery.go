package feishu

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"time"
)

// Delivery is one attempt to bring an event or card callback to an app.
type Delivery struct {
	AppID     string
	EventID   string
	EventType string
	MessageID string // of message events and card callbacks
	Attempt   int    // 1 is the first
	Via       string // webhook, websocket; empty when there was nowhere to send
	At        time.Time
	Latency   time.Duration // in real time
	Status    int           // HTTP status, or the code in the answering frame; 0 without answer
	Err       string        // why there was no answer
	OK        bool
	RetryAt   time.Time // on the clock; zero when it will not be tried again
}

// push is an event on its way to an app.
type push struct {
	app       *App
	env       *envelope
	body      []byte
	messageID string
	attempts  int
	due       time.Time
	busy      bool
	signed    *signedBody     // of the first attempt
	answer    chan pushAnswer // card callbacks: no retry, the answer is awaited
}

// pushAnswer is how an attempt ended.
type pushAnswer struct {
	via     string
	status  int
	body    []byte
	latency time.Duration
	err     error
}

func (r pushAnswer) ok() bool { return r.err == nil && r.status == 200 }

// Errors of an attempt without a usable answer.
var (
	// ErrNoCallback: neither a callback URL is set nor a WebSocket client
	// connected (the client shows 200340).
	ErrNoCallback = errors.New("feishu sandbox: no callback address and no connected client")
	// ErrCallbackTimeout: no answer within 3 s (the client shows 200341).
	ErrCallbackTimeout = errors.New("feishu sandbox: the callback did not answer in time")
	// ErrCallbackFailed: the answer was not 200 or not usable.
	ErrCallbackFailed = errors.New("feishu sandbox: the callback failed")
)

// maxInflight bounds the parallel deliveries to one app.
const maxInflight = 64

// enqueue puts an event into the app's queue; the lock must be held.
func (a *App) enqueue(env *envelope, messageID string) {
	a.queue = append(a.queue, &push{app: a, env: env, body: env.bytes(), messageID: messageID, due: a.s.now()})
	if messageID != "" {
		a.events[messageID] = env
	}
}

// pump starts what is due.
func (s *Server) pump() {
	poll := time.NewTicker(20 * time.Millisecond)
	defer poll.Stop()
	clean := time.NewTicker(time.Minute)
	defer clean.Stop()
	for {
		sweep := false
		select {
		case <-s.done:
			return
		case <-s.wake:
		case <-poll.C:
		case <-clean.C:
			sweep = true
		}
		s.mu.Lock()
		if sweep {
			s.sweep()
		}
		if s.closed {
			s.mu.Unlock()
			return
		}
		now := s.now()
		for _, a := range s.appOrder {
			if a.held {
				continue
			}
			for _, p := range a.queue {
				if a.inflight >= maxInflight {
					break
				}
				if !p.busy && !p.due.After(now) {
					s.start(p)
				}
			}
		}
		s.mu.Unlock()
	}
}

// start makes an attempt; the lock must be held and the server open. Frames are
// queued here, in order, so that one connection sees events in the order in
// which they happened.
func (s *Server) start(p *push) {
	a := p.app
	p.busy = true
	p.attempts++
	a.inflight++
	at := s.now()
	switch {
	case a.callback != "":
		req := a.sign(p)
		url := a.callback
		s.work.Go(func() { s.finish(p, at, s.post(url, req, s.opts.CallbackTimeout)) })
	case len(a.conns) > 0:
		c := a.conns[s.rnd.IntN(len(a.conns))]
		wait := c.sendEvent(p)
		s.work.Go(func() { s.finish(p, at, c.await(wait)) })
	default:
		s.work.Go(func() { s.finish(p, at, pushAnswer{err: ErrNoCallback}) })
	}
}

// finish records an attempt and decides whether there will be another.
func (s *Server) finish(p *push, at time.Time, r pushAnswer) {
	s.mu.Lock()
	a := p.app
	a.inflight--
	p.busy = false
	d := Delivery{
		AppID: a.ID, EventID: p.env.Header.EventID, EventType: p.env.Header.EventType, MessageID: p.messageID,
		Attempt: p.attempts, Via: r.via, At: at, Latency: r.latency, Status: r.status, OK: r.ok(),
	}
	if r.err != nil {
		d.Err = r.err.Error()
	}
	// With no client connected Feishu is taken to keep its schedule: unverified.
	if !r.ok() && p.answer == nil && p.attempts <= len(s.opts.RetryDelays) {
		p.due = s.now().Add(s.opts.RetryDelays[p.attempts-1])
		d.RetryAt = p.due
	} else {
		a.queue = slices.DeleteFunc(a.queue, func(q *push) bool { return q == p })
	}
	s.deliveries = trim(append(s.deliveries, d))
	s.mu.Unlock()
	s.log.Debug("feishu sandbox: delivery", "app", a.ID, "event", d.EventType, "id", d.EventID, "attempt", d.Attempt,
		"status", d.Status, "err", d.Err)
	if p.answer != nil {
		p.answer <- r
	}
	s.Tick()
	s.notify()
}

// call delivers a card callback at once and waits for the answer.
func (s *Server) call(p *push) (pushAnswer, error) {
	s.mu.Lock()
	if s.closed {
		s.mu.Unlock()
		return pushAnswer{}, errors.New("feishu sandbox: closed")
	}
	p.answer = make(chan pushAnswer, 1)
	s.start(p)
	s.mu.Unlock()
	r := <-p.answer
	switch {
	case r.err != nil:
		return r, r.err
	case r.status != 200:
		return r, fmt.Errorf("%w: status %d", ErrCallbackFailed, r.status)
	}
	return r, nil
}

// Deliveries returns every attempt so far to bring an event to this app.
func (a *App) Deliveries() []Delivery {
	a.s.mu.Lock()
	defer a.s.mu.Unlock()
	var out []Delivery
	for _, d := range a.s.deliveries {
		if d.AppID == a.ID {
			out = append(out, d)
		}
	}
	return out
}

// Deliveries returns every attempt so far, of all apps.
func (s *Server) Deliveries() []Delivery {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.deliveries)
}

// Pending returns how many events are not yet acknowledged: queued, held, on
// their way or waiting for a retry.
func (a *App) Pending() int {
	a.s.mu.Lock()
	defer a.s.mu.Unlock()
	return len(a.queue)
}

// Hold keeps events back (card callbacks are not held).
func (a *App) Hold() {
	a.s.mu.Lock()
	defer a.s.mu.Unlock()
	a.held = true
}

// Release lets held events go, in order or shuffled.
func (a *App) Release(shuffle bool) {
	a.s.mu.Lock()
	a.held = false
	if shuffle {
		a.s.rnd.Shuffle(len(a.queue), func(i, j int) { a.queue[i], a.queue[j] = a.queue[j], a.queue[i] })
	}
	a.s.mu.Unlock()
	a.s.Tick()
}

// ReleaseReversed lets held events go, the last first.
func (a *App) ReleaseReversed() {
	a.s.mu.Lock()
	a.held = false
	slices.Reverse(a.queue)
	a.s.mu.Unlock()
	a.s.Tick()
}

// Redeliver sends the event of a message once more, although it may have been
// acknowledged: with the same event_id, or with a new one and the same
// message_id, both of which Feishu does.
func (a *App) Redeliver(messageID string, newEventID bool) error {
	a.s.mu.Lock()
	env := a.events[messageID]
	if env == nil {
		a.s.mu.Unlock()
		return fmt.Errorf("feishu sandbox: no event was pushed for message %s", messageID)
	}
	again := *env
	if newEventID {
		again.Header.EventID = a.s.id("", 32)
	}
	a.queue = append(a.queue, &push{app: a, env: &again, body: again.bytes(), messageID: messageID, due: a.s.now()})
	a.s.mu.Unlock()
	a.s.Tick()
	return nil
}

// PushRaw sends an event of any type; event is the JSON object under "event". It
// is sent whether subscribed or not. It returns the event_id.
func (a *App) PushRaw(eventType string, event []byte) (string, error) {
	var body map[string]any
	if err := json.Unmarshal(event, &body); err != nil {
		return "", fmt.Errorf("feishu sandbox: raw event: %w", err)
	}
	a.s.mu.Lock()
	env := a.newEvent(eventType, body)
	a.enqueue(env, "")
	a.s.mu.Unlock()
	a.s.Tick()
	return env.Header.EventID, nil
}
