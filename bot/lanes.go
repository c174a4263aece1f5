package bot

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"runtime/debug"
	"sync"
	"time"

	"roundsman/storage"
)

// Handler decides what events mean.
type Handler interface {
	// Lane names the lane of m: the rep whose day it touches, or the chat of
	// somebody unknown. Events of one lane are handled one at a time.
	Lane(ctx context.Context, m Message) (string, error)
	// Handle does what m asks for. It may be called again for the same m, after
	// an error or a crash at any line, and must then come to the same.
	Handle(ctx context.Context, m Message) error
	// GiveUp is called when m failed for the last time.
	GiveUp(ctx context.Context, m Message)
}

const (
	// maxTries is how often an event is tried before it is set aside.
	maxTries = 5
	// lanesAtOnce bounds the handlers that run at the same time.
	lanesAtOnce = 16
	// pendingBatch bounds the events held in memory.
	pendingBatch = 512
	// handleWithin bounds one try, settleWithin the recording of how it ended.
	handleWithin = 30 * time.Second
	settleWithin = 5 * time.Second
)

// Lanes takes events from the inbox to their handler: in parallel between
// lanes, one at a time within one.
type Lanes struct {
	inbox   storage.Inbox
	handler Handler
	metrics *Metrics
	log     *slog.Logger
	now     func() time.Time
	wake    chan struct{}

	mu     sync.Mutex
	queues map[string][]storage.Event
	held   map[string]bool
	// since holds what was finished since the inbox was last read: that reading may still show it as pending.
	since map[string]bool
	slots chan struct{}
	wg    sync.WaitGroup
}

// NewLanes returns Lanes that do nothing until Run.
func NewLanes(inbox storage.Inbox, h Handler, metrics *Metrics, log *slog.Logger, now func() time.Time) *Lanes {
	return &Lanes{
		inbox: inbox, handler: h, metrics: metrics, log: log, now: now, wake: make(chan struct{}, 1),
		queues: make(map[string][]storage.Event), held: make(map[string]bool), since: make(map[string]bool), slots: make(chan struct{}, lanesAtOnce),
	}
}

// Wake says that there may be something in the inbox.
func (l *Lanes) Wake() { signal(l.wake) }

// Run works until ctx ends, then waits for what is being handled.
func (l *Lanes) Run(ctx context.Context) {
	defer l.wg.Wait()
	attend(ctx, l.wake, func() {
		if err := l.fill(ctx); err != nil && ctx.Err() == nil {
			l.log.Error("cannot read the inbox", "error", err)
		}
	})
}

// fill hands pending events to their lanes.
func (l *Lanes) fill(ctx context.Context) error {
	l.mu.Lock()
	clear(l.since)
	l.mu.Unlock()
	events, err := l.inbox.Pending(ctx, l.now(), storage.Cursor{}, pendingBatch)
	if err != nil {
		return fmt.Errorf("read pending events: %w", err)
	}
	for _, e := range events {
		l.mu.Lock()
		held := l.held[e.Key] || l.since[e.Key]
		l.mu.Unlock()
		if held {
			continue
		}
		var m Message
		if err := json.Unmarshal(e.Payload, &m); err != nil {
			l.fail(ctx, e, Message{}, maxTries, fmt.Errorf("read an event: %w", err))
			continue
		}
		lane, err := l.handler.Lane(ctx, m)
		if err != nil {
			return fmt.Errorf("find an event's lane: %w", err)
		}
		l.enqueue(ctx, lane, e)
	}
	return nil
}

func (l *Lanes) enqueue(ctx context.Context, lane string, e storage.Event) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.held[e.Key] = true
	queue, running := l.queues[lane]
	l.queues[lane] = append(queue, e)
	if !running {
		l.wg.Go(func() { l.drain(ctx, lane) })
	}
}

// drain handles a lane's events until there are none.
func (l *Lanes) drain(ctx context.Context, lane string) {
	l.slots <- struct{}{}
	defer func() { <-l.slots }()
	for {
		l.mu.Lock()
		queue := l.queues[lane]
		if len(queue) == 0 || ctx.Err() != nil {
			for _, e := range queue {
				delete(l.held, e.Key)
			}
			delete(l.queues, lane)
			l.mu.Unlock()
			// More may be pending than one batch held.
			l.Wake()
			return
		}
		e := queue[0]
		l.queues[lane] = queue[1:]
		l.mu.Unlock()

		// What was begun is finished, also while stopping.
		l.handle(context.WithoutCancel(ctx), e)
		l.mu.Lock()
		delete(l.held, e.Key)
		l.since[e.Key] = true
		l.mu.Unlock()
	}
}

func (l *Lanes) handle(ctx context.Context, e storage.Event) {
	var m Message
	if err := json.Unmarshal(e.Payload, &m); err != nil {
		l.fail(ctx, e, m, maxTries, fmt.Errorf("read an event: %w", err))
		return
	}
	if err := l.try(ctx, m); err != nil {
		l.fail(ctx, e, m, e.Attempts+1, err)
		return
	}
	ctx, cancel := context.WithTimeout(ctx, settleWithin)
	defer cancel()
	if err := l.inbox.Done(ctx, e.Key, l.now()); err != nil {
		// It will be handled again, to the same end.
		l.log.Error("cannot mark an event handled", "event", e.Key, "error", err)
		return
	}
	l.metrics.handled.WithLabelValues("done").Inc()
}

func (l *Lanes) try(ctx context.Context, m Message) (err error) {
	ctx, cancel := context.WithTimeout(ctx, handleWithin)
	defer cancel()
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("panic: %v\n%s", p, debug.Stack())
		}
	}()
	return l.handler.Handle(ctx, m)
}

func (l *Lanes) fail(ctx context.Context, e storage.Event, m Message, attempts int, cause error) {
	// In a time of its own: the try may have used up all of its.
	ctx, cancel := context.WithTimeout(ctx, settleWithin)
	defer cancel()
	dead := attempts >= maxTries
	next := l.now().Add(delay(attempts, time.Minute))
	l.log.Error("an event was not handled", "event", e.Key, "attempts", attempts, "dead", dead, "error", cause)
	err := l.inbox.Defer(ctx, e.Key, attempts, next, dead, "handler")
	if err != nil && !errors.Is(err, storage.ErrNotFound) {
		l.log.Error("cannot put an event off", "event", e.Key, "error", err)
		return
	}
	if !dead {
		l.metrics.handled.WithLabelValues("retry").Inc()
		return
	}
	l.metrics.handled.WithLabelValues("dead").Inc()
	if m.Key != "" {
		l.handler.GiveUp(ctx, m)
	}
}
