package demo

import (
	"context"
	"sync"
	"time"

	"roundsman/visit"
)

const (
	// look is how often, in real time, it is looked what is due. At the highest
	// speed that is a minute of the demo, so that no post is late.
	look = 100 * time.Millisecond
	// tickEvery is how often the bot is asked what is due, on the demo's clock.
	tickEvery = 15 * time.Second
	// dayBegins is when a played day begins.
	dayBegins = 7*time.Hour + 30*time.Minute
	// watchers bounds the pages that are told of changes.
	watchers = 32
)

// live keeps the demo going while its page is open: it ticks, plays the day's
// script when asked to, and tells the pages what changed.
type live struct {
	w *World

	mu      sync.Mutex
	cancel  context.CancelFunc
	done    chan struct{}
	script  *script
	next    int // the script's next step
	playing bool
	last    string // the title of the step played last
	active  seat
	// touched says that somebody did something else during the day, which makes its figures their own.
	touched  bool
	result   *result
	played   map[visit.Date]bool
	revision int64
	subs     map[chan struct{}]bool
	jumps    chan time.Time
}

// result is how a played day ended.
type result struct {
	Checks int      `json:"checks"`
	Failed []string `json:"failed"`
}

func newLive(w *World) *live {
	return &live{w: w, subs: make(map[chan struct{}]bool), played: make(map[visit.Date]bool), jumps: make(chan time.Time, 1)}
}

// start begins the loop, once.
func (l *live) start() {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.done != nil {
		return
	}
	ctx, cancel := context.WithCancel(context.Background())
	l.cancel, l.done = cancel, make(chan struct{})
	stopFeishu, stopWeCom := l.w.feishu.Subscribe(l.changed), l.w.wecom.Subscribe(l.changed)
	go func() {
		defer close(l.done)
		defer stopFeishu()
		defer stopWeCom()
		l.run(ctx)
	}()
}

// stop ends the loop and waits for it. It may be called twice.
func (l *live) stop() {
	l.mu.Lock()
	cancel, done := l.cancel, l.done
	l.mu.Unlock()
	if done == nil {
		return
	}
	cancel()
	<-done
}

func (l *live) run(ctx context.Context) {
	pulse := time.NewTicker(look)
	defer pulse.Stop()
	ticked := l.w.Now()
	for {
		select {
		case <-ctx.Done():
			return
		case to := <-l.jumps:
			l.complain(ctx, l.jump(ctx, to))
		case <-pulse.C:
		}
		if now := l.w.Now(); now.Sub(ticked) >= tickEvery {
			l.complain(ctx, l.tick(ctx, !l.w.slotAfter(ticked).After(now)))
			ticked = now
		}
		l.complain(ctx, l.playDue(ctx))
	}
}

// tick makes the bot ask what is due. When something is, the clock stands still
// until it is done.
func (l *live) tick(ctx context.Context, due bool) error {
	if !due {
		return l.w.tick(ctx)
	}
	release := l.w.clock.hold()
	defer release()
	if err := l.w.tick(ctx); err != nil {
		return err
	}
	return l.w.settled(ctx)
}

// complain logs what went wrong, unless everything ends anyway.
func (l *live) complain(ctx context.Context, err error) {
	if err != nil && ctx.Err() == nil {
		l.w.log.Error("the demo could not go on as it should", "error", err)
	}
}

// jump sets the clock forward, with a stop at everything that is scheduled in between.
func (l *live) jump(ctx context.Context, to time.Time) error {
	defer l.changed()
	release := l.w.clock.hold()
	defer release()
	for {
		slot := l.w.slotAfter(l.w.Now())
		if slot.After(to) {
			l.w.clock.forward(to)
			return nil
		}
		l.w.clock.forward(slot)
		if err := l.w.tick(ctx); err != nil {
			return err
		}
		if err := l.w.settled(ctx); err != nil {
			return err
		}
	}
}

// slotAfter returns when the groups next hear of a day.
func (w *World) slotAfter(t time.Time) time.Time {
	date := visit.DateOf(t.In(zone))
	for {
		if w.calendar.Workday(date) {
			for _, at := range []time.Duration{morning, evening} {
				if slot := date.At(visit.Clock{}, zone).Add(at); slot.After(t) {
					return slot
				}
			}
		}
		date = date.Add(1)
	}
}

// playDue plays the script's next step if its time has come. The clock stands
// still meanwhile, however fast it runs: what people do takes its own time.
func (l *live) playDue(ctx context.Context) error {
	l.mu.Lock()
	s, playing := l.script, l.playing
	if !playing || s == nil || l.next >= len(s.steps) {
		l.mu.Unlock()
		return nil
	}
	st := s.steps[l.next]
	if l.w.Now().Before(s.instant(st)) {
		l.mu.Unlock()
		return nil
	}
	l.next++
	l.last = st.title
	if st.who != (seat{}) {
		l.active = st.who
	}
	ended := l.next == len(s.steps)
	l.mu.Unlock()
	l.changed()
	err := func() error {
		release := l.w.clock.hold()
		defer release()
		if err := l.w.tick(ctx); err != nil {
			return err
		}
		if err := st.do(ctx); err != nil {
			return err
		}
		return l.w.settled(ctx)
	}()
	if ended && err == nil {
		err = l.finish(ctx, s)
	}
	l.changed()
	return err
}

// finish ends the played day and checks its figures, if they are all its own.
func (l *live) finish(ctx context.Context, s *script) error {
	if err := l.jump(ctx, l.w.Now().Add(gather)); err != nil {
		return err
	}
	if err := l.w.settled(ctx); err != nil {
		return err
	}
	// The night need not run past at the day's speed.
	l.w.clock.run(minSpeed)
	checks, err := s.checks(ctx)
	l.mu.Lock()
	defer l.mu.Unlock()
	l.playing = false
	if err != nil || l.touched {
		return err
	}
	l.result = &result{Checks: len(checks), Failed: []string{}}
	for _, c := range checks {
		if !c.ok() {
			l.result.Failed = append(l.result.Failed, c.title)
		}
	}
	return nil
}

// instant is when a step happens.
func (s *script) instant(st step) time.Time { return s.date.At(visit.Clock{}, zone).Add(st.at) }

// play plays the day, or goes on with it, or stops. A day that has begun
// without it is left alone: the next one is played.
func (l *live) play(ctx context.Context, on bool) error {
	defer l.changed()
	l.mu.Lock()
	defer l.mu.Unlock()
	if !on || l.script != nil && l.next < len(l.script.steps) {
		l.playing = on
		return nil
	}
	now := l.w.Now()
	for _, date := range l.w.week() {
		begins := date.At(visit.Clock{}, zone)
		if l.played[date] || !now.Before(begins.Add(morning)) {
			continue
		}
		s, err := newScript(ctx, l.w, date)
		if err != nil {
			return err
		}
		l.script, l.next, l.playing, l.result, l.last, l.touched = s, 0, true, nil, "", false
		l.played[date] = true
		if begin := begins.Add(dayBegins); now.Before(begin) {
			l.ask(begin)
		}
		return nil
	}
	return errWeekOver
}

// skip sets the clock to what happens next: a step of the script, or a post to the groups.
func (l *live) skip() {
	l.mu.Lock()
	defer l.mu.Unlock()
	to := l.w.slotAfter(l.w.Now())
	if l.playing && l.script != nil && l.next < len(l.script.steps) {
		if at := l.script.instant(l.script.steps[l.next]); at.Before(to) {
			to = at
		}
	}
	l.ask(to)
}

// ask makes the loop jump; a jump that was asked for already is enough.
func (l *live) ask(to time.Time) {
	select {
	case l.jumps <- to:
	default:
	}
}

// touch notes that somebody at the page did something.
func (l *live) touch() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.touched = true
}

// changed tells the pages to look again. It never waits.
func (l *live) changed() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.revision++
	for c := range l.subs {
		select {
		case c <- struct{}{}:
		default:
		}
	}
}

// watch returns a channel that has a value after every change, and ok if there
// was room for one more.
func (l *live) watch() (c chan struct{}, cancel func(), ok bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if len(l.subs) >= watchers {
		return nil, nil, false
	}
	c = make(chan struct{}, 1)
	l.subs[c] = true
	return c, func() {
		l.mu.Lock()
		defer l.mu.Unlock()
		delete(l.subs, c)
	}, true
}
