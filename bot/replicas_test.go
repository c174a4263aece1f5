package bot_test

import (
	"context"
	"fmt"
	"log/slog"
	"sync"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"roundsman/bot"
	"roundsman/storage"
)

// start runs lanes as a process of their own until the test ends or stop is called.
func (a *arriving) start(owner string, h bot.Handler) (lanes *bot.Lanes, stop func()) {
	a.Helper()
	lanes = bot.NewLanes(a.store, h, bot.NewMetrics(prometheus.NewRegistry()), a.log(), a.clock.Now, owner)
	ctx, cancel := context.WithCancel(a.Context())
	done := make(chan struct{})
	go func() { lanes.Run(ctx); close(done) }()
	stop = sync.OnceFunc(func() { cancel(); <-done })
	a.Cleanup(stop)
	return lanes, stop
}

// eventually waits for a condition, at most a while.
func eventually(t *testing.T, what string, cond func() bool) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
	defer cancel()
	tick := time.NewTicker(2 * time.Millisecond)
	defer tick.Stop()
	for !cond() {
		select {
		case <-ctx.Done():
			t.Fatalf("waited in vain until %s", what)
		case <-tick.C:
		}
	}
}

func (a *arriving) waiting() int {
	a.Helper()
	waiting, _, err := a.store.Inbox().Count(a.Context(), time.Now().AddDate(1, 0, 0))
	if err != nil {
		a.Fatal(err)
	}
	return waiting
}

func TestProcessesShareTheLanes(t *testing.T) {
	t.Parallel()
	a := setupArriving(t)
	const events = 700 // more than a batch
	var all []*bot.Lanes
	for _, owner := range []string{"one", "two", "three"} {
		lanes, _ := a.start(owner, a.rec)
		all = append(all, lanes)
	}
	var arriving sync.WaitGroup
	for i := range 4 {
		arriving.Go(func() {
			for j := i; j < events; j += 4 {
				if err := a.intake.Accept(t.Context(), a.message(fmt.Sprintf("e%04d", j), fmt.Sprint("rep", j%13))); err != nil {
					t.Error(err)
				}
				all[j%len(all)].Wake()
			}
		})
	}
	arriving.Wait()
	eventually(t, "all is handled", func() bool { a.clock.pass(20 * time.Millisecond); return a.waiting() == 0 })
	a.rec.mu.Lock()
	defer a.rec.mu.Unlock()
	if a.rec.overlap {
		t.Error("two events of a lane were handled at the same time")
	}
	times := make(map[string]int)
	for _, key := range a.rec.handled {
		times[key]++
	}
	for key, n := range times {
		if n != 1 {
			t.Errorf("%s was handled %d times", key, n)
		}
	}
	if len(times) != events {
		t.Errorf("%d events were handled", len(times))
	}
}

func TestADeadProcessesLanesAreTakenOver(t *testing.T) {
	t.Parallel()
	a := setupArriving(t)
	dead := a.clock.Now()
	if err := a.store.Leases().Take(t.Context(), "lane/rep", "dead/1", dead, dead.Add(45*time.Second)); err != nil {
		t.Fatal(err)
	}
	a.accept("e1", "rep")
	a.accept("e2", "other")
	a.start("alive", a.rec)
	eventually(t, "another lane's event is handled", func() bool { return a.rec.count() == 1 })
	eventually(t, "the dead process's lane is taken over", func() bool {
		if a.rec.count() == 1 {
			a.clock.pass(100 * time.Millisecond)
		}
		return a.waiting() == 0
	})
	// The clock may have moved on a little before the test saw it.
	if took := a.clock.Now().Sub(dead); took > 60*time.Second {
		t.Errorf("it took %s", took)
	}
}

// paused is a handler whose first call stops in the middle until it may go on.
type paused struct {
	*recorder
	once           sync.Once
	stopped, goOn  chan struct{}
	stoppedHandled chan struct{}
}

func (p *paused) Handle(ctx context.Context, m bot.Message) error {
	p.once.Do(func() {
		close(p.stopped)
		<-p.goOn
		defer close(p.stoppedHandled)
	})
	return p.recorder.Handle(ctx, m)
}

// A process that was paused longer than its lease does not record as done what
// it did late: whoever has the lane now does it again.
func TestALostLaneIsFenced(t *testing.T) {
	t.Parallel()
	a := setupArriving(t)
	slow := &paused{recorder: a.rec, stopped: make(chan struct{}), goOn: make(chan struct{}), stoppedHandled: make(chan struct{})}
	done := make(chan string, 10)
	a.store = doneStore{a.store, done}
	a.accept("e1", "rep")
	_, stopSlow := a.start("slow", slow)
	<-slow.stopped
	a.clock.pass(46 * time.Second)
	quick := &recorder{active: map[string]int{}, fail: map[string]int{}}
	a.start("quick", quick)
	if key := <-done; key != "e1" {
		t.Fatalf("%s is done", key)
	}
	if quick.count() != 1 || a.rec.count() != 0 {
		t.Fatalf("handled %v by the quick, %v by the slow", quick.handled, a.rec.handled)
	}
	close(slow.goOn)
	<-slow.stoppedHandled
	stopSlow()
	select {
	case key := <-done:
		t.Errorf("the slow process marked %s handled after it had lost the lane", key)
	default:
	}
}

// doneStore tells when an event is marked handled.
type doneStore struct {
	storage.Store
	done chan<- string
}

func (s doneStore) Inbox() storage.Inbox { return doneInbox{s.Store.Inbox(), s.done} }

type doneInbox struct {
	storage.Inbox
	done chan<- string
}

func (i doneInbox) Done(ctx context.Context, key string, now time.Time) error {
	err := i.Inbox.Done(ctx, key, now)
	i.done <- key
	return err
}

// However much waits in a lane that another process has, others go on.
func TestALaneThatIsHeldElsewhereKeepsNobodyWaiting(t *testing.T) {
	t.Parallel()
	a := setupArriving(t)
	now := a.clock.Now()
	if err := a.store.Leases().Take(t.Context(), "lane/held", "elsewhere/1", now, now.Add(time.Hour)); err != nil {
		t.Fatal(err)
	}
	const held = 1300 // more than two batches
	for i := range held {
		a.accept(fmt.Sprintf("h%04d", i), "held")
	}
	a.clock.pass(time.Second)
	a.accept("free", "free")
	a.start("here", a.rec)
	eventually(t, "the free lane's event is handled, and no other", func() bool { return a.waiting() == held })
	if n := a.rec.count(); n != 1 {
		t.Errorf("%d events were handled", n)
	}
}

// A lane with much to do does not keep the others waiting until it is done.
func TestABusyLaneLetsOthersHaveTheirTurn(t *testing.T) {
	t.Parallel()
	a := setupArriving(t)
	for lane := range 16 { // as many as run at once
		for i := range 20 {
			a.accept(fmt.Sprintf("busy-%02d-%02d", lane, i), fmt.Sprint("busy", lane))
		}
	}
	a.clock.pass(time.Second)
	a.accept("last", "quiet")
	a.start("here", a.rec)
	eventually(t, "all is handled", func() bool { return a.waiting() == 0 })
	a.rec.mu.Lock()
	defer a.rec.mu.Unlock()
	if a.rec.handled[len(a.rec.handled)-1] == "last" {
		t.Error("the quiet lane came last")
	}
}

// Two processes that send share what the platform allows.
func TestProcessesShareTheLimits(t *testing.T) {
	t.Parallel()
	const n, per = 20, 10 * time.Second
	s := setupSending(t, bot.Abilities{App: []bot.Rate{{N: n, Per: per}}})
	timed := &timedPlatform{chatPlatform: s.chat, now: s.clock.Now}
	const posts = 45
	for i := range posts {
		s.sayTo(fmt.Sprint("u", i), fmt.Sprint("p", i))
	}
	for _, owner := range []string{"one", "two", "three"} {
		sender := bot.NewSender(s.store, []bot.Platform{timed}, bot.NewMetrics(prometheus.NewRegistry()),
			slog.New(slog.DiscardHandler), s.clock.Now, owner, func(context.Context, bot.Loss) error { return nil })
		ctx, cancel := context.WithCancel(t.Context())
		done := make(chan struct{})
		go func() { sender.Run(ctx); close(done) }()
		t.Cleanup(func() { cancel(); <-done })
	}
	// The clock moves on only when nothing was sent for a while: what is counted at an instant is sent at it.
	quiet := 0
	eventually(t, "all is sent", func() bool {
		before := timed.count()
		if quiet++; timed.changed(before) {
			quiet = 0
		}
		if quiet > 150 {
			s.clock.pass(2 * time.Second)
			quiet = 0
		}
		return before == posts
	})
	at := timed.times()
	for i := range at {
		if i >= n && at[i].Sub(at[i-n]) < per {
			t.Fatalf("%d posts were sent within %s", n+1, at[i].Sub(at[i-n]))
		}
	}
}

// timedPlatform knows when it was sent something.
type timedPlatform struct {
	*chatPlatform
	now func() time.Time
	mu  sync.Mutex
	at  []time.Time
	// last is the count that was seen last.
	last int
}

func (p *timedPlatform) Send(ctx context.Context, to bot.Address, part bot.Part, key string) (string, error) {
	p.mu.Lock()
	p.at = append(p.at, p.now())
	p.mu.Unlock()
	return p.chatPlatform.Send(ctx, to, part, key)
}

func (p *timedPlatform) count() int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return len(p.at)
}

// changed reports whether the count differs from the one that it was asked about last.
func (p *timedPlatform) changed(n int) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	last := p.last
	p.last = n
	return n != last
}

func (p *timedPlatform) times() []time.Time {
	p.mu.Lock()
	defer p.mu.Unlock()
	return append([]time.Time(nil), p.at...)
}

func (s *sending) sayTo(user, id string) {
	s.t.Helper()
	err := s.outbox.Say(s.t.Context(), bot.Post{ID: id, To: bot.Address{Platform: "test", Place: bot.ToUser, ID: user}, Body: bot.Body{Text: id}})
	if err != nil {
		s.t.Fatal(err)
	}
}

// slowUpdate is a platform whose first change of a message takes as long as the test wants.
type slowUpdate struct {
	updatable
	once          sync.Once
	stopped, goOn chan struct{}
	// after says that it stops after the change, not before it.
	after bool
}

func (p *slowUpdate) Update(ctx context.Context, to bot.Address, remote string, part bot.Part) (err error) {
	stop := func() {
		close(p.stopped)
		<-p.goOn
	}
	if p.after {
		err = p.updatable.Update(ctx, to, remote, part)
		p.once.Do(stop)
		return err
	}
	p.once.Do(stop)
	return p.updatable.Update(ctx, to, remote, part)
}

// A process that was paused with an old version of a message in its hands does
// not leave it there: the message is brought to the newest version again, also
// when the old one is written while whoever has the post is still at it.
func TestAMessageNeverStaysAtAnOlderVersion(t *testing.T) {
	t.Parallel()
	for name, meanwhile := range map[string]bool{"after the newer one": false, "while the newer one is not recorded": true} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := setupSending(t, bot.Abilities{UpdateFor: 14 * 24 * time.Hour, ResendFor: time.Hour})
			s.say("p", "one", 1)
			s.run(s.settled("p"))
			send := func(owner string, platform bot.Platform) {
				sender := bot.NewSender(s.store, []bot.Platform{platform}, bot.NewMetrics(prometheus.NewRegistry()),
					slog.New(slog.NewTextHandler(t.Output(), nil)), s.clock.Now, owner, func(context.Context, bot.Loss) error { return nil })
				ctx, cancel := context.WithCancel(t.Context())
				done := make(chan struct{})
				go func() { sender.Run(ctx); close(done) }()
				t.Cleanup(func() { cancel(); <-done })
			}
			newest := func() bool {
				p, err := s.store.Outbox().Get(t.Context(), "p")
				return err == nil && p.State == storage.PostSent && p.SentVersion == 3
			}
			stops := func(after bool) *slowUpdate {
				return &slowUpdate{updatable: updatable{s.chat}, stopped: make(chan struct{}), goOn: make(chan struct{}), after: after}
			}
			slow, quick := stops(false), stops(true)
			s.say("p", "two", 2)
			send("slow", slow)
			<-slow.stopped
			s.say("p", "three", 3)
			s.clock.pass(41 * time.Second)
			send("quick", quick)
			<-quick.stopped
			if !meanwhile {
				close(quick.goOn)
				eventually(t, "the newest version is recorded", newest)
			}
			close(slow.goOn)
			eventually(t, "the old version is written over it", func() bool {
				said := s.chat.said("u")
				return len(said) == 1 && (said[0] == "two" || !meanwhile && said[0] == "three")
			})
			if meanwhile {
				close(quick.goOn)
			}
			eventually(t, "the newest version stands in the chat again", func() bool {
				said := s.chat.said("u")
				return newest() && len(said) == 1 && said[0] == "three"
			})
		})
	}
}
