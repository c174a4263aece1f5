package bot_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/prometheus/client_golang/prometheus"

	"roundsman/bot"
	"roundsman/storage"
	"roundsman/storage/storagetest/fresh"
)

// clock is a time that tests move.
type clock struct {
	mu sync.Mutex
	t  time.Time
}

func newClock() *clock { return &clock{t: time.Date(2026, 11, 24, 0, 30, 0, 0, time.UTC)} }

func (c *clock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.t
}

func (c *clock) pass(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.t = c.t.Add(d)
}

// chatPlatform is a platform whose chats are slices of what was said.
type chatPlatform struct {
	abilities bot.Abilities

	mu    sync.Mutex
	chats map[string][]string
	keys  map[string]string
	calls int
	// fail decides what happens to a call: an error, and whether the message is delivered all the same.
	fail func(call int) (err error, delivered bool)
}

func newChatPlatform(a bot.Abilities) *chatPlatform {
	return &chatPlatform{abilities: a, chats: make(map[string][]string), keys: make(map[string]string)}
}

func (p *chatPlatform) Name() string                                  { return "test" }
func (p *chatPlatform) Abilities() bot.Abilities                      { return p.abilities }
func (p *chatPlatform) Routes(*http.ServeMux, bot.Inlet)              {}
func (p *chatPlatform) Vitals(context.Context) []bot.Vital            { return nil }
func (p *chatPlatform) Listen(ctx context.Context, _ bot.Inlet) error { <-ctx.Done(); return nil }

// Compose makes a part of each rune's worth of "|".
func (p *chatPlatform) Compose(_ bot.Address, b bot.Body) ([]bot.Part, error) {
	if b.Text == "boom" {
		panic(b.Text)
	}
	var parts []bot.Part
	start := 0
	for i, r := range b.Text + "|" {
		if r == '|' {
			parts = append(parts, bot.Part{Data: []byte((b.Text + "|")[start:i])})
			start = i + 1
		}
	}
	return parts, nil
}

func (p *chatPlatform) Send(_ context.Context, to bot.Address, part bot.Part, key string) (string, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.calls++
	var err error
	delivered := true
	if p.fail != nil {
		err, delivered = p.fail(p.calls)
	}
	if delivered {
		// The platform says nothing twice under one key, if it promises so.
		if id, ok := p.keys[key]; ok && p.abilities.ResendFor > 0 {
			return id, err
		}
		p.chats[to.ID] = append(p.chats[to.ID], string(part.Data))
		p.keys[key] = fmt.Sprintf("%s#%d", to.ID, len(p.chats[to.ID])-1)
	}
	return p.keys[key], err
}

// updatable is a chatPlatform whose messages can be changed.
type updatable struct{ *chatPlatform }

func (p updatable) Update(_ context.Context, to bot.Address, remote string, part bot.Part) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	var i int
	if _, err := fmt.Sscanf(remote, to.ID+"#%d", &i); err != nil {
		return &bot.SendError{Code: "no_such_message"}
	}
	p.chats[to.ID][i] = string(part.Data)
	return nil
}

func (p *chatPlatform) said(chat string) []string {
	p.mu.Lock()
	defer p.mu.Unlock()
	return append([]string(nil), p.chats[chat]...)
}

type sending struct {
	t      *testing.T
	store  storage.Store
	clock  *clock
	outbox *bot.Outbox
	// platform is what the sender talks to.
	platform bot.Platform
	chat     *chatPlatform
	// lost are the posts that the sender gave up. Read it when no sender runs.
	lost []string
}

func setupSending(t *testing.T, a bot.Abilities) *sending {
	t.Helper()
	chat := newChatPlatform(a)
	var p bot.Platform = chat
	if a.UpdateFor > 0 {
		p = updatable{chat}
	}
	s := &sending{t: t, store: fresh.Store(t), clock: newClock(), platform: p, chat: chat}
	s.outbox = bot.NewOutbox(s.store.Outbox(), s.clock.Now, func(string) {})
	return s
}

func (s *sending) say(id, text string, version int64) {
	s.t.Helper()
	err := s.outbox.Say(s.t.Context(), bot.Post{
		ID: id, To: bot.Address{Platform: "test", Place: bot.ToUser, ID: "u"}, Body: bot.Body{Text: text}, Version: version,
	})
	if err != nil {
		s.t.Fatal(err)
	}
	s.clock.pass(time.Millisecond)
}

// run lets a sender work until the condition holds.
func (s *sending) run(until func() bool) {
	s.t.Helper()
	ctx, cancel := context.WithTimeout(s.t.Context(), 20*time.Second)
	defer cancel()
	sender := bot.NewSender(s.store, []bot.Platform{s.platform}, bot.NewMetrics(prometheus.NewRegistry()),
		slog.New(slog.NewTextHandler(s.t.Output(), nil)), s.clock.Now, "sender", func(_ context.Context, l bot.Loss) error {
			s.lost = append(s.lost, l.Post.ID)
			return nil
		})
	done := make(chan struct{})
	go func() { sender.Run(ctx); close(done) }()
	defer func() { cancel(); <-done }()
	tick := time.NewTicker(2 * time.Millisecond)
	defer tick.Stop()
	for !until() {
		select {
		case <-ctx.Done():
			s.t.Fatalf("waited in vain; said %v", s.chat.said("u"))
		case <-tick.C:
			sender.Wake("test:user/u")
		}
	}
}

func (s *sending) state(id string) storage.PostState {
	s.t.Helper()
	p, err := s.store.Outbox().Get(s.t.Context(), id)
	if err != nil {
		s.t.Fatal(err)
	}
	return p.State
}

func (s *sending) settled(ids ...string) func() bool {
	return func() bool {
		for _, id := range ids {
			if s.state(id) == storage.PostPending {
				return false
			}
		}
		return true
	}
}

func (s *sending) want(want ...string) {
	s.t.Helper()
	if diff := cmp.Diff(want, s.chat.said("u")); diff != "" {
		s.t.Errorf("the chat (-want +got):\n%s", diff)
	}
}

const week = 7 * 24 * time.Hour

func TestSenderKeepsTheOrderOfAChat(t *testing.T) {
	t.Parallel()
	s := setupSending(t, bot.Abilities{})
	for i := range 9 {
		s.say(fmt.Sprint("p", i), fmt.Sprint(i), 1)
	}
	s.run(s.settled("p8"))
	s.want("0", "1", "2", "3", "4", "5", "6", "7", "8")
}

func TestSenderHoldsTheChatWhileAPostIsTriedAgain(t *testing.T) {
	t.Parallel()
	s := setupSending(t, bot.Abilities{})
	s.chat.fail = func(call int) (error, bool) {
		if call == 1 {
			return &bot.SendError{Code: "busy", Retry: true}, false
		}
		return nil, true
	}
	s.say("a", "a", 1)
	s.say("b", "b", 1)
	s.run(func() bool {
		p, err := s.store.Outbox().Get(t.Context(), "a")
		return err == nil && p.Attempts == 1
	})
	s.clock.pass(2 * time.Second)
	s.run(s.settled("a", "b"))
	s.want("a", "b")
}

func TestSenderChangesWhatWasSaid(t *testing.T) {
	t.Parallel()
	s := setupSending(t, bot.Abilities{UpdateFor: week})
	s.say("a", "one", 1)
	s.run(s.settled("a"))
	s.say("a", "three", 3)
	s.say("a", "two", 2) // late: must not go backwards
	s.run(s.settled("a"))
	s.want("three")
}

func TestSenderLeavesWhatCannotBeChanged(t *testing.T) {
	t.Parallel()
	s := setupSending(t, bot.Abilities{})
	s.say("a", "one", 1)
	s.run(s.settled("a"))
	s.say("a", "two", 2)
	s.run(s.settled("a"))
	s.want("one")
	if p, err := s.store.Outbox().Get(t.Context(), "a"); err != nil || p.SentVersion != 2 {
		t.Errorf("dealt with version %d, %v", p.SentVersion, err)
	}
}

func TestSenderSendsPartsOnce(t *testing.T) {
	t.Parallel()
	s := setupSending(t, bot.Abilities{})
	s.chat.fail = func(call int) (error, bool) {
		if call == 2 {
			return &bot.SendError{Code: "busy", Retry: true, After: 5 * time.Second}, false
		}
		return nil, true
	}
	s.say("a", "one|two|three", 1)
	s.run(func() bool {
		p, err := s.store.Outbox().Get(t.Context(), "a")
		return err == nil && p.Attempts == 1 && p.Next.Sub(s.clock.Now()) > 4*time.Second
	})
	s.clock.pass(6 * time.Second)
	s.run(s.settled("a"))
	s.want("one", "two", "three")
}

func TestUnknownOutcome(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		abilities bot.Abilities
		delivered bool
		later     time.Duration
		want      []string
		state     storage.PostState
	}{
		"repeated_where_that_is_safe":          {bot.Abilities{ResendFor: time.Hour}, true, time.Minute, []string{"a"}, storage.PostSent},
		"repeated_when_it_was_not_delivered":   {bot.Abilities{ResendFor: time.Hour}, false, time.Minute, []string{"a"}, storage.PostSent},
		"uncertain_when_it_is_too_late":        {bot.Abilities{ResendFor: time.Hour}, true, 2 * time.Hour, []string{"a"}, storage.PostUncertain},
		"uncertain_where_it_is_never_safe":     {bot.Abilities{}, true, time.Minute, []string{"a"}, storage.PostUncertain},
		"not_said_twice_though_perhaps_not_at": {bot.Abilities{}, false, time.Minute, nil, storage.PostUncertain},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := setupSending(t, tt.abilities)
			s.chat.fail = func(call int) (error, bool) {
				if call == 1 {
					return &bot.SendError{Code: "timeout", Unknown: true, Err: context.DeadlineExceeded}, tt.delivered
				}
				return nil, true
			}
			s.say("a", "a", 1)
			s.run(func() bool {
				p, err := s.store.Outbox().Get(t.Context(), "a")
				return err == nil && (p.Attempts == 1 || p.State == storage.PostUncertain)
			})
			s.clock.pass(tt.later)
			s.run(s.settled("a"))
			if got := s.state("a"); got != tt.state {
				t.Errorf("state %s, want %s", got, tt.state)
			}
			if diff := cmp.Diff(tt.want, s.chat.said("u")); diff != "" {
				t.Errorf("the chat (-want +got):\n%s", diff)
			}
		})
	}
}

// A sender that died in the middle leaves a recorded try, and the next one goes by it.
func TestSenderThatDiedInTheMiddle(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		abilities bot.Abilities
		state     storage.PostState
		said      []string
	}{
		"safe_to_repeat": {bot.Abilities{ResendFor: time.Hour, UpdateFor: week}, storage.PostSent, []string{"two"}},
		"not_safe":       {bot.Abilities{}, storage.PostUncertain, nil},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := setupSending(t, tt.abilities)
			s.say("a", "one", 1)
			now := s.clock.Now()
			p, err := s.store.Deliveries().Claim(t.Context(), "a", now, storage.Claim{Owner: "dead", Until: now.Add(time.Minute)})
			if err != nil {
				t.Fatal(err)
			}
			p.TryVersion, p.TryPart, p.TrySince = 1, 0, now
			if err := s.store.Deliveries().Report(t.Context(), "a", "dead", p.Progress, false); err != nil {
				t.Fatal(err)
			}
			s.say("a", "two", 2)
			s.clock.pass(61 * time.Second)
			s.run(s.settled("a"))
			if got := s.state("a"); got != tt.state {
				t.Errorf("state %s, want %s", got, tt.state)
			}
			s.want(tt.said...)
		})
	}
}

func TestSenderGivesUpOnWhatIsRefused(t *testing.T) {
	t.Parallel()
	s := setupSending(t, bot.Abilities{})
	s.chat.fail = func(call int) (error, bool) {
		if call == 1 {
			return &bot.SendError{Code: "230002", Gone: true, Err: errors.New("not in the group")}, false
		}
		return nil, true
	}
	s.say("a", "a", 1)
	s.say("b", "b", 1)
	s.run(s.settled("a", "b"))
	s.want("b")
	if got := s.state("a"); got != storage.PostFailed || s.chat.calls != 2 {
		t.Errorf("state %s after %d calls", got, s.chat.calls)
	}
	if len(s.lost) != 1 || s.lost[0] != "a" {
		t.Errorf("told of as lost: %v", s.lost)
	}
}

// A post that makes a platform panic is given up, and the chat's others are sent.
func TestSenderOutlivesAPanic(t *testing.T) {
	t.Parallel()
	s := setupSending(t, bot.Abilities{})
	s.say("a", "boom", 1)
	s.say("b", "b", 1)
	s.run(s.settled("a", "b"))
	s.want("b")
	if got := s.state("a"); got != storage.PostFailed || len(s.lost) != 1 || s.lost[0] != "a" {
		t.Errorf("state %s, told of as lost: %v", got, s.lost)
	}
}

// slice is the twentieth of a minute by which a limit is held too long rather than too short.
const slice = 3 * time.Second

func TestSenderKeepsTheLimits(t *testing.T) {
	t.Parallel()
	s := setupSending(t, bot.Abilities{Chat: map[bot.Place][]bot.Rate{bot.ToUser: {{N: 3, Per: time.Minute}}}})
	for i := range 5 {
		s.say(fmt.Sprint("p", i), fmt.Sprint(i), 1)
	}
	s.run(func() bool {
		p, err := s.store.Outbox().Get(t.Context(), "p3")
		return err == nil && p.Next.After(s.clock.Now()) && s.settled("p2")()
	})
	s.want("0", "1", "2")
	s.clock.pass(time.Minute + slice)
	s.run(s.settled("p3", "p4"))
	s.want("0", "1", "2", "3", "4")
	if p, err := s.store.Outbox().Get(t.Context(), "p3"); err != nil || p.Attempts != 0 {
		t.Errorf("waiting for a limit counted as %d failures", p.Attempts)
	}
}

func TestWithdraw(t *testing.T) {
	t.Parallel()
	s := setupSending(t, bot.Abilities{UpdateFor: week})
	s.say("a", "a", 1)
	if err := s.outbox.Withdraw(t.Context(), "a", 2); err != nil {
		t.Fatal(err)
	}
	if err := s.outbox.Withdraw(t.Context(), "nothing", 2); err != nil {
		t.Fatal(err)
	}
	s.say("b", "b", 1)
	s.run(s.settled("a", "b"))
	if err := s.outbox.Withdraw(t.Context(), "b", 2); err != nil {
		t.Fatal(err)
	}
	s.run(s.settled("b"))
	s.want("b")
}

// One platform that fails does not keep the posts of the other waiting, however many it has.
func TestAnOutageOfOnePlatformIsItsOwn(t *testing.T) {
	t.Parallel()
	s := setupSending(t, bot.Abilities{})
	s.chat.fail = func(int) (error, bool) { return &bot.SendError{Code: "down", Retry: true, After: time.Hour}, false }
	for i := range 300 {
		for part := range 2 {
			err := s.outbox.Say(t.Context(), bot.Post{
				ID: fmt.Sprint("p", i, "-", part), To: bot.Address{Platform: "test", Place: bot.ToUser, ID: fmt.Sprint("u", i)}, Body: bot.Body{Text: "x"},
			})
			if err != nil {
				t.Fatal(err)
			}
		}
	}
	err := s.outbox.Say(t.Context(), bot.Post{ID: "other", To: bot.Address{Platform: "well", Place: bot.ToUser, ID: "v"}, Body: bot.Body{Text: "hello"}})
	if err != nil {
		t.Fatal(err)
	}
	well := wellPlatform{newChatPlatform(bot.Abilities{})}
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	sender := bot.NewSender(s.store, []bot.Platform{s.platform, well}, bot.NewMetrics(prometheus.NewRegistry()),
		slog.New(slog.DiscardHandler), s.clock.Now, "sender", func(context.Context, bot.Loss) error { return nil })
	done := make(chan struct{})
	go func() { sender.Run(ctx); close(done) }()
	defer func() { cancel(); <-done }()
	tick := time.NewTicker(5 * time.Millisecond)
	defer tick.Stop()
	for len(well.said("v")) == 0 {
		select {
		case <-ctx.Done():
			t.Fatal("the other platform's post was not sent")
		case <-tick.C:
		}
	}
}

// wellPlatform is another platform, which works.
type wellPlatform struct{ *chatPlatform }

func (wellPlatform) Name() string { return "well" }

// A later failure that is certain says nothing of an earlier try that is not:
// the window in which a repeat is safe does not begin anew.
func TestAnEarlierUnknownTryIsNotForgotten(t *testing.T) {
	t.Parallel()
	s := setupSending(t, bot.Abilities{ResendFor: time.Hour, UpdateFor: week})
	s.chat.fail = func(call int) (error, bool) {
		switch call {
		case 1:
			return &bot.SendError{Code: "timeout", Retry: true, Unknown: true}, true
		case 2:
			return &bot.SendError{Code: "dial", Retry: true}, false
		}
		return nil, true
	}
	tried := func(n int) func() bool {
		return func() bool {
			p, err := s.store.Outbox().Get(t.Context(), "a")
			return err == nil && (p.Attempts == n || p.State != storage.PostPending)
		}
	}
	s.say("a", "a", 1)
	s.run(tried(1))
	s.clock.pass(30 * time.Minute)
	s.run(tried(2))
	s.clock.pass(35 * time.Minute)
	s.run(s.settled("a"))
	s.want("a")
	if got := s.state("a"); got != storage.PostUncertain {
		t.Errorf("state %s", got)
	}
}

// A limit over all chats of a kind holds also where each chat is within its own.
func TestSenderKeepsTheLimitOfAllGroups(t *testing.T) {
	t.Parallel()
	s := setupSending(t, bot.Abilities{Place: map[bot.Place][]bot.Rate{bot.ToGroup: {{N: 3, Per: time.Minute}}}})
	for i := range 5 {
		err := s.outbox.Say(t.Context(), bot.Post{
			ID: fmt.Sprint("g", i), To: bot.Address{Platform: "test", Place: bot.ToGroup, ID: fmt.Sprint("g", i)}, Body: bot.Body{Text: "x"},
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	s.say("direct", "to a person", 1) // not a group
	count := func(state storage.PostState) int {
		posts, err := s.store.Outbox().List(t.Context(), state, 10)
		if err != nil {
			t.Fatal(err)
		}
		return len(posts)
	}
	s.run(func() bool {
		held := 0
		posts, err := s.store.Outbox().List(t.Context(), storage.PostPending, 10)
		for _, p := range posts {
			if p.Next.After(s.clock.Now()) {
				held++
			}
		}
		return err == nil && held == 2
	})
	if n := count(storage.PostSent); n != 4 {
		t.Errorf("%d posts were sent in the first minute", n)
	}
	s.clock.pass(time.Minute + slice)
	s.run(func() bool { return count(storage.PostSent) == 6 })
}
