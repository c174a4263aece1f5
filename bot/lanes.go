package bot

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"runtime/debug"
	"strconv"
	"sync"
	"sync/atomic"
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
	// GiveUp is called when m failed for the last time, perhaps more than once.
	GiveUp(ctx context.Context, m Message)
}

const (
	// maxTries is how often an event is tried before it is set aside.
	maxTries = 5
	// lanesAtOnce bounds the handlers that run at the same time.
	lanesAtOnce = 16
	// laneTurn is how many events a lane may handle before others have their turn.
	laneTurn = 16
	// laneFor is how long a lane is held without being heard of: longer than one
	// event can take, and short enough that a dead process's lanes are taken
	// over within a minute.
	laneFor = 45 * time.Second
	// laneAgain is how long a lane that another process holds is left alone.
	laneAgain = 2 * time.Second
	// laneQueue bounds the events of one lane that are held in memory: what one
	// has much of keeps nobody else's from being read.
	laneQueue = 2 * laneTurn
	// pendingBatch bounds the events of which the keys are held in memory, and
	// pendingPages how far beyond lanes that others hold the inbox is read.
	pendingBatch = 512
	pendingPages = 20
	// handleWithin bounds one try, settleWithin the recording of how it ended.
	handleWithin = 30 * time.Second
	settleWithin = 5 * time.Second
)

// Lanes takes events from the inbox to their handler: in parallel between
// lanes, one at a time within one, whichever process it runs in.
//
// A lane is a lease. It is fenced by the order of things: an event is marked
// handled only after the store has confirmed, when all was written, that the
// lease is still ours. What a process wrote after it lost its lane is therefore
// done again by whoever has it, which for facts is nothing, and what the chat
// shows is then brought to the state of the whole day.
type Lanes struct {
	inbox   storage.Inbox
	leases  storage.Leases
	handler Handler
	metrics *Metrics
	log     *slog.Logger
	now     func() time.Time
	owner   string
	takings atomic.Int64
	wake    chan struct{}

	mu sync.Mutex
	// queues are the keys that wait, by lane; a lane with a queue has a goroutine.
	queues map[string][]string
	held   map[string]bool
	// elsewhere says until when a lane that another process has is left alone,
	// and skipped which lane such a lane's events are in.
	elsewhere map[string]time.Time
	skipped   map[string]string
	slots     chan struct{}
	wg        sync.WaitGroup
	// offered are events that arrived just now; look says that the inbox is to be
	// read, and behind that its last reading found more than could be held.
	offered      []storage.Event
	look, behind bool
}

// NewLanes returns Lanes that do nothing until Run. The owner's name tells
// processes apart; now is the clock by which all of them count leases.
func NewLanes(store interface {
	Inbox() storage.Inbox
	Leases() storage.Leases
}, h Handler, metrics *Metrics, log *slog.Logger, now func() time.Time, owner string,
) *Lanes {
	return &Lanes{
		inbox: store.Inbox(), leases: store.Leases(), handler: h, metrics: metrics, log: log, now: now, owner: owner,
		wake: make(chan struct{}, 1), queues: make(map[string][]string), held: make(map[string]bool),
		elsewhere: make(map[string]time.Time), skipped: make(map[string]string), slots: make(chan struct{}, lanesAtOnce),
	}
}

// Wake says that there may be something in the inbox.
func (l *Lanes) Wake() {
	l.mu.Lock()
	l.look = true
	l.mu.Unlock()
	signal(l.wake)
}

// Offer gives an event that is in the inbox since just now: it goes to its lane
// without the inbox being read for it.
func (l *Lanes) Offer(e storage.Event) {
	l.mu.Lock()
	if len(l.offered) < pendingBatch {
		l.offered = append(l.offered, e)
	} else {
		l.look = true
	}
	l.mu.Unlock()
	signal(l.wake)
}

// Run works until ctx ends, then waits for what is being handled.
func (l *Lanes) Run(ctx context.Context) {
	defer l.wg.Wait()
	attend(ctx, l.wake, func(idle bool) {
		l.mu.Lock()
		offered, look := l.offered, l.look || idle
		l.offered, l.look = nil, false
		l.mu.Unlock()
		err := l.admit(ctx, offered)
		if err == nil && look {
			err = l.fill(ctx)
		}
		if err != nil && ctx.Err() == nil {
			l.log.Error("cannot read the inbox", "error", err)
		}
	})
}

// admit hands events that were offered to their lanes; what there is no room for
// is found in the inbox later.
func (l *Lanes) admit(ctx context.Context, offered []storage.Event) error {
	for _, e := range offered {
		if l.room() <= 0 {
			l.late()
			return nil
		}
		if err := l.queue(ctx, e, make(map[string]string)); err != nil {
			return err
		}
	}
	return nil
}

// late notes that more waits than could be held.
func (l *Lanes) late() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.behind = true
}

// catchUp has the inbox read again if more waits than could be held.
func (l *Lanes) catchUp() {
	l.mu.Lock()
	behind := l.behind
	l.mu.Unlock()
	if behind {
		l.Wake()
	}
}

// fill hands pending events to their lanes.
func (l *Lanes) fill(ctx context.Context) error {
	if l.room() < pendingBatch/2 {
		// Who finishes something has it read again.
		l.late()
		return nil
	}
	l.mu.Lock()
	l.behind = false
	l.mu.Unlock()
	skipped := make(map[string]string)
	defer func() {
		l.mu.Lock()
		defer l.mu.Unlock()
		l.skipped = skipped
		for lane := range l.elsewhere {
			l.left(lane) // forgets it when its time is over
		}
	}()
	var after storage.Cursor
	for range pendingPages {
		events, err := l.inbox.Pending(ctx, l.now(), after, pendingBatch)
		if err != nil {
			return fmt.Errorf("read pending events: %w", err)
		}
		for _, e := range events {
			if l.room() <= 0 {
				l.late()
				return nil
			}
			if err := l.queue(ctx, e, skipped); err != nil {
				return err
			}
		}
		if len(events) < pendingBatch {
			break
		}
		last := events[len(events)-1]
		after = storage.Cursor{Next: last.Next, Key: last.Key}
	}
	return nil
}

// room is how many more events may be held.
func (l *Lanes) room() int {
	l.mu.Lock()
	defer l.mu.Unlock()
	return pendingBatch - len(l.held)
}

// queue puts an event into its lane, or notes that it has to wait: another
// process has the lane, or enough of it is held.
func (l *Lanes) queue(ctx context.Context, e storage.Event, skipped map[string]string) error {
	l.mu.Lock()
	lane, known := l.skipped[e.Key]
	skip := l.held[e.Key] || known && l.waits(lane)
	l.behind = l.behind || known && skip && !l.left(lane)
	l.mu.Unlock()
	if skip {
		if known {
			skipped[e.Key] = lane
		}
		return nil
	}
	lane, err := l.lane(ctx, e)
	if err != nil {
		return fmt.Errorf("find an event's lane: %w", err)
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.waits(lane) {
		skipped[e.Key] = lane
		l.behind = l.behind || !l.left(lane)
		return nil
	}
	l.held[e.Key] = true
	queue, running := l.queues[lane]
	l.queues[lane] = append(queue, e.Key)
	if !running {
		l.wg.Go(func() { l.drain(ctx, lane) })
	}
	return nil
}

// waits reports whether no more of a lane is taken now.
func (l *Lanes) waits(lane string) bool { return l.left(lane) || len(l.queues[lane]) >= laneQueue }

// left reports whether a lane is left to the process that has it.
func (l *Lanes) left(lane string) bool {
	until, ok := l.elsewhere[lane]
	if ok && !l.now().Before(until) {
		delete(l.elsewhere, lane)
		return false
	}
	return ok
}

// lane names the lane of an event; one that cannot be read has one of its own.
func (l *Lanes) lane(ctx context.Context, e storage.Event) (name string, err error) {
	m, err := ReadEvent(e)
	if err != nil {
		return "unreadable/" + e.Key, nil
	}
	defer func() {
		if p := recover(); p != nil {
			l.log.Error("finding an event's lane panicked", "event", e.Key, "panic", p, "stack", string(debug.Stack()))
			name, err = "unreadable/"+e.Key, nil
		}
	}()
	return l.handler.Lane(ctx, m)
}

// drain handles a lane's events until there are none, turn by turn.
func (l *Lanes) drain(ctx context.Context, lane string) {
	for ours := true; ours; {
		l.slots <- struct{}{}
		ours = l.turn(ctx, lane)
		<-l.slots
		if !ours {
			l.drop(lane)
		} else if l.empty(lane) {
			break
		}
		l.catchUp()
	}
	l.catchUp()
}

// turn handles some of a lane's events under its lease and reports whether it went well.
func (l *Lanes) turn(ctx context.Context, lane string) bool {
	h := holding{l, lane, l.owner + "/" + strconv.FormatInt(l.takings.Add(1), 10)}
	if ctx.Err() != nil || !h.take(ctx) {
		return false
	}
	defer h.give(ctx)
	keys := l.next(lane)
	defer l.release(keys)
	events, err := l.still(ctx, keys)
	if err != nil {
		l.log.Error("cannot read events", "error", err)
		h.leave()
		return false
	}
	for _, e := range events {
		if ctx.Err() != nil || !h.handle(ctx, e) {
			return false
		}
	}
	return true
}

// next takes the keys of a turn from a lane's queue.
func (l *Lanes) next(lane string) []string {
	l.mu.Lock()
	defer l.mu.Unlock()
	queue := l.queues[lane]
	n := min(len(queue), laneTurn)
	l.queues[lane] = queue[n:]
	return queue[:n:n]
}

// empty reports whether a lane has no more events, and ends it then.
func (l *Lanes) empty(lane string) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	if len(l.queues[lane]) > 0 {
		return false
	}
	delete(l.queues, lane)
	return true
}

// drop lets go of a lane's queue; the events stay in the inbox.
func (l *Lanes) drop(lane string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, key := range l.queues[lane] {
		delete(l.held, key)
	}
	delete(l.queues, lane)
}

// release lets go of events, whatever became of them.
func (l *Lanes) release(keys []string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, key := range keys {
		delete(l.held, key)
	}
}

// still returns the events that wait and are due, in the order of the keys:
// between the reading of the inbox and the taking of the lane another process
// may have handled some, or put some off.
func (l *Lanes) still(ctx context.Context, keys []string) ([]storage.Event, error) {
	found, err := l.inbox.Waiting(ctx, keys...)
	if err != nil {
		return nil, err
	}
	byKey := make(map[string]storage.Event, len(found))
	now := l.now()
	for _, e := range found {
		if !e.Next.After(now) {
			byKey[e.Key] = e
		}
	}
	var events []storage.Event
	for _, key := range keys {
		if e, ok := byKey[key]; ok {
			events = append(events, e)
		}
	}
	return events, nil
}

// holding is one taking of a lane.
type holding struct {
	*Lanes
	lane, owner string
}

func (h holding) name() string { return "lane/" + h.lane }

func (h holding) take(ctx context.Context) bool {
	// Not cut off by a stop: it would not be known whether the lane is ours, and
	// others would have to wait until it is nobody's.
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), settleWithin)
	defer cancel()
	now := h.now()
	err := h.leases.Take(ctx, h.name(), h.owner, now, now.Add(laneFor))
	if err == nil {
		return true
	}
	if !errors.Is(err, storage.ErrConflict) {
		h.log.Error("cannot take a lane", "error", err)
		// It may be ours all the same, and nobody's until it runs out.
		h.give(ctx)
	}
	h.leave()
	return false
}

// leave lets a lane alone for a while: another process has it, or the store,
// which is not asked again at once, does not answer.
func (h holding) leave() {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.elsewhere[h.lane] = h.now().Add(laneAgain)
}

// keep confirms that the lane is still ours.
func (h holding) keep(ctx context.Context) bool {
	err := h.leases.Keep(ctx, h.name(), h.owner, h.now().Add(laneFor))
	if errors.Is(err, storage.ErrConflict) {
		h.metrics.leasesLost.Inc()
		h.log.Warn("a lane was lost to another process; its event will be handled there")
	} else if err != nil {
		h.log.Error("cannot keep a lane", "error", err)
	}
	return err == nil
}

func (h holding) give(ctx context.Context) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), settleWithin)
	defer cancel()
	if err := h.leases.Give(ctx, h.name(), h.owner); err != nil {
		// It runs out by itself.
		h.log.Warn("cannot give a lane up", "error", err)
	}
}

// handle handles one event and reports whether the lane is still ours.
func (h holding) handle(ctx context.Context, e storage.Event) bool {
	log := h.log.With("event", e.Key)
	began := h.now()
	m, err := h.try(ctx, e)
	h.metrics.handling.Observe(h.now().Sub(began).Seconds())
	// In a time of its own: the try may have used up all of its.
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), settleWithin)
	defer cancel()
	if !h.keep(ctx) {
		return false
	}
	if err != nil {
		h.fail(ctx, log, e, m, err)
		return true
	}
	if err := h.inbox.Done(ctx, e.Key, h.now()); err != nil {
		// It will be handled again, to the same end.
		log.Error("cannot mark an event handled", "error", err)
		h.leave()
		return false
	}
	h.metrics.handled.WithLabelValues("done").Inc()
	log.Info("handled", "attempt", e.Attempts+1, "waited", began.Sub(e.Received))
	return true
}

// errUnreadable: an event that no try will read.
var errUnreadable = errors.New("the event cannot be read")

// try handles an event once. What was begun is finished while stopping, within bounds.
func (h holding) try(ctx context.Context, e storage.Event) (m Message, err error) {
	if m, err = ReadEvent(e); err != nil {
		return m, fmt.Errorf("%w: %w", errUnreadable, err)
	}
	ctx, cancel := finishing(ctx, handleWithin)
	defer cancel()
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("panic: %v\n%s", p, debug.Stack())
		}
	}()
	return m, h.handler.Handle(withCause(ctx, e.Key), m)
}

// fail puts an event off, or sets it aside after the last try.
func (h holding) fail(ctx context.Context, log *slog.Logger, e storage.Event, m Message, cause error) {
	attempts := e.Attempts + 1
	if errors.Is(cause, errUnreadable) {
		attempts = maxTries
	}
	dead := attempts >= maxTries
	log.Error("an event was not handled", "attempts", attempts, "dead", dead, "error", cause)
	if dead && m.Key != "" {
		// Before it is recorded: after a crash it is said again, which is nothing.
		h.giveUp(withCause(ctx, e.Key), log, m)
	}
	err := h.inbox.Defer(ctx, e.Key, attempts, h.now().Add(delay(attempts, time.Minute)), dead, "handler")
	if err != nil && !errors.Is(err, storage.ErrNotFound) {
		log.Error("cannot put an event off", "error", err)
		return
	}
	result := "retry"
	if dead {
		result = "dead"
	}
	h.metrics.handled.WithLabelValues(result).Inc()
}

func (h holding) giveUp(ctx context.Context, log *slog.Logger, m Message) {
	defer func() {
		if p := recover(); p != nil {
			log.Error("giving an event up panicked", "panic", p, "stack", string(debug.Stack()))
		}
	}()
	h.handler.GiveUp(ctx, m)
}
