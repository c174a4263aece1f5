package bot

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"runtime/debug"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"roundsman/storage"
)

const (
	// chatsAtOnce bounds the chats of one platform that are sent to at the same
	// time: one that hangs does not keep the other waiting.
	chatsAtOnce = 16
	// claimFor is how long a sender may hold a post; it is longer than a send can take.
	claimFor = 40 * time.Second
	// sendWithin bounds one call to a platform.
	sendWithin = 15 * time.Second
	// maxSends is how often a post is tried; with the longest wait that is about two hours.
	maxSends = 30
	// longestWait between two tries.
	longestWait = 5 * time.Minute
	// dueBatch bounds the chats of one platform that are begun with at a time.
	dueBatch = 256
	// looksForAll is how often a full look is at all chats together.
	looksForAll = 40
	// recordWithin bounds the recording of what came of a delivery.
	recordWithin = 5 * time.Second
	// bringUpEvery is how often a message that may stand at an older version is tried to be marked so.
	bringUpEvery = 500 * time.Millisecond
)

// Sender delivers what the outbox holds, and converges: a post is created
// once, then changed to its newest version, one delivery at a time a chat.
//
// Whether a send is at least or at most once is decided here and only here:
// the try is recorded before it is made. If its outcome stays unknown, it is
// repeated where the platform promises to say nothing twice
// ([Abilities.ResendFor]), and listed as uncertain elsewhere.
//
// What was changed in a chat by a process that had lost its claim is changed
// once more to what it should be: a message never stays at an older version.
type Sender struct {
	store     storage.Deliveries
	posts     storage.Outbox
	platforms map[string]Platform
	limits    *limits
	metrics   *Metrics
	log       *slog.Logger
	now       func() time.Time
	owner     string
	wake      chan struct{}
	// stopping is closed when Run is to end.
	stopping chan struct{}
	lost     func(context.Context, Loss) error

	mu sync.Mutex
	// said are the chats in which somebody said something, busy those that are
	// being sent to, and load how many of these each platform has.
	said  map[string]bool
	busy  map[string]bool
	load  map[string]int
	slots map[string]chan struct{} // by platform
	wg    sync.WaitGroup
	// looks counts the full looks at what is due.
	looks int
}

// Loss is a post that will not be delivered, or may not have been.
type Loss struct {
	Post storage.Post
	// Gone says that the chat is not there (any more), or not for us.
	Gone bool
}

// NewSender returns a Sender that does nothing until Run. The owner's name
// tells processes apart; now is the clock by which all of them count claims. A
// post that ends failed or uncertain is given to lost, perhaps more than once.
func NewSender(store interface {
	Outbox() storage.Outbox
	Deliveries() storage.Deliveries
	Quotas() storage.Quotas
}, platforms []Platform, metrics *Metrics, log *slog.Logger, now func() time.Time, owner string,
	lost func(context.Context, Loss) error,
) *Sender {
	slots := map[string]chan struct{}{"": make(chan struct{}, chatsAtOnce)}
	for _, p := range platforms {
		slots[p.Name()] = make(chan struct{}, chatsAtOnce)
	}
	return &Sender{
		store: store.Deliveries(), posts: store.Outbox(), platforms: byName(platforms), limits: newLimits(store.Quotas()),
		metrics: metrics, log: log, now: now, owner: owner,
		wake: make(chan struct{}, 1), stopping: make(chan struct{}), lost: lost, said: make(map[string]bool), busy: make(map[string]bool), load: make(map[string]int), slots: slots,
	}
}

// Wake says that there may be something to send in a chat.
func (s *Sender) Wake(chat string) {
	s.mu.Lock()
	s.said[chat] = true
	s.mu.Unlock()
	signal(s.wake)
}

// Run works until ctx ends, then waits for what is being sent.
func (s *Sender) Run(ctx context.Context) {
	defer s.wg.Wait()
	defer close(s.stopping)
	attend(ctx, s.wake, func(idle bool) {
		// Chats are asked for one by one as something is said in them, and all
		// together now and then: for what was held back, or said elsewhere.
		for _, chat := range s.heard() {
			s.start(ctx, chat, nil)
		}
		if !idle {
			return
		}
		if err := s.fill(ctx); err != nil && ctx.Err() == nil {
			s.log.Error("cannot read the outbox", "error", err)
		}
	})
}

// heard returns the chats in which something was said since it was asked last.
// Beyond as many as can be worked on the rest is found by the next full look.
func (s *Sender) heard() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	var chats []string
	load := maps.Clone(s.load)
	for chat := range s.said {
		if platform := platformOf(chat); load[platform] < dueBatch {
			load[platform]++
			chats = append(chats, chat)
		}
	}
	clear(s.said)
	return chats
}

// platformOf returns the platform of a chat's address.
func platformOf(chat string) string {
	platform, _, _ := strings.Cut(chat, ":")
	return platform
}

// fill starts a delivery for each chat that has something due: of each platform
// by itself, so that one that hangs, with much that waits, hides nothing of the
// others, and of all, for what is addressed to a platform that is not there.
func (s *Sender) fill(ctx context.Context) error {
	if s.looks++; s.looks%looksForAll == 0 {
		if err := s.fillOf(ctx, storage.Chats{}); err != nil {
			return err
		}
	}
	for platform := range s.platforms {
		s.mu.Lock()
		full := s.load[platform] >= dueBatch
		s.mu.Unlock()
		if full {
			continue
		}
		if err := s.fillOf(ctx, storage.Chats{Platform: platform}); err != nil {
			return err
		}
	}
	return nil
}

func (s *Sender) fillOf(ctx context.Context, of storage.Chats) error {
	posts, err := s.store.Due(ctx, s.now(), of, dueBatch)
	if err != nil {
		return fmt.Errorf("read due posts: %w", err)
	}
	for _, p := range posts {
		s.start(ctx, p.Chat, &p)
	}
	return nil
}

// start begins to deliver what is due in a chat, if nobody does: first the
// given post, if one is.
func (s *Sender) start(ctx context.Context, chat string, first *storage.Post) {
	if !s.begin(chat) {
		return
	}
	s.wg.Go(func() {
		defer s.end(chat)
		slots := s.slotsOf(chat)
		slots <- struct{}{}
		defer func() { <-slots }()
		s.drain(ctx, chat, first)
	})
}

// slotsOf returns the slots of a chat's platform; chats of none share some.
func (s *Sender) slotsOf(chat string) chan struct{} {
	to, _ := ParseAddress(chat)
	if slots, ok := s.slots[to.Platform]; ok {
		return slots
	}
	return s.slots[""]
}

func (s *Sender) begin(chat string) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.busy[chat] {
		// Who is at it looks once more.
		s.said[chat] = true
		return false
	}
	s.busy[chat] = true
	s.load[platformOf(chat)]++
	return true
}

func (s *Sender) end(chat string) {
	s.mu.Lock()
	delete(s.busy, chat)
	s.load[platformOf(chat)]--
	again := s.said[chat]
	s.mu.Unlock()
	if again {
		signal(s.wake)
	}
}

// drain delivers a chat's posts in their order, from its oldest on, as long as there are any due.
func (s *Sender) drain(ctx context.Context, chat string, first *storage.Post) {
	for ctx.Err() == nil {
		if first == nil {
			due, err := s.store.Due(ctx, s.now(), storage.Chats{Chat: chat}, 1)
			if err != nil && ctx.Err() == nil {
				s.log.Error("cannot read what is due in a chat", "error", err)
			}
			if err != nil || len(due) == 0 {
				return
			}
			first = &due[0]
		}
		if !s.deliver(ctx, first.ID) {
			return
		}
		first = nil
	}
}

// deliver brings one post as far as it goes and reports whether the chat's next
// post may follow. What was begun is finished while stopping, within bounds.
func (s *Sender) deliver(ctx context.Context, id string) bool {
	p, err := s.claim(ctx, id, s.now())
	if errors.Is(err, storage.ErrConflict) || errors.Is(err, storage.ErrNotFound) {
		return false
	}
	if err != nil {
		s.log.Error("cannot claim a post", "post", id, "error", err)
		return false
	}
	d := delivery{sender: s, post: p, log: s.log.With("post", id)}
	working, cancel := finishing(ctx, claimFor-2*recordWithin)
	next := d.run(working)
	cancel()
	if d.post.State == storage.PostFailed || d.post.State == storage.PostUncertain {
		// Told before it is recorded: after a crash it is told again, which is nothing.
		telling, cancel := context.WithTimeout(context.WithoutCancel(ctx), recordWithin)
		if err := s.lost(telling, Loss{d.post, d.gone}); err != nil {
			d.log.Error("cannot tell of a lost post", "error", err)
		}
		cancel()
	}
	if err := s.record(ctx, d); err != nil {
		d.log.Error("cannot record a delivery", "error", err)
		return false
	}
	return next
}

// errLost: the claim was taken over before what came of it was recorded.
var errLost = errors.New("the claim was lost to another process")

// record writes down what came of a delivery, in a time of its own: what was
// sent must not be forgotten because sending it took long. It is tried twice, for
// a send that nobody wrote down is one whose outcome nobody knows.
func (s *Sender) record(ctx context.Context, d delivery) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), recordWithin)
	defer cancel()
	first, done := context.WithTimeout(ctx, recordWithin/2)
	err := s.store.Report(first, d.post.ID, s.owner, d.post.Progress, true)
	done()
	if err != nil && !errors.Is(err, storage.ErrConflict) && !errors.Is(err, storage.ErrNotFound) {
		err = s.store.Report(ctx, d.post.ID, s.owner, d.post.Progress, true)
	}
	if errors.Is(err, storage.ErrConflict) {
		s.metrics.leasesLost.Inc()
		if d.changed {
			s.wg.Go(func() { s.bringUp(d) })
		}
		return errLost
	}
	return err
}

// bringUp sees to it that a message which we changed after our claim was lost is
// brought to its newest version once more: whoever has the post may have done so
// before us. While it has, the post cannot be marked, so it is tried until its
// claim has ended at the latest.
func (s *Sender) bringUp(d delivery) {
	ctx, cancel := context.WithTimeout(context.Background(), 2*claimFor)
	defer cancel()
	tick := time.NewTicker(bringUpEvery)
	defer tick.Stop()
	for {
		if !s.pending(ctx, d.post.ID) {
			// What becomes pending just now becomes so by a newer version, which is as good.
			if _, err := s.posts.Again(ctx, d.post.ID, storage.PostSent); err == nil || errors.Is(err, storage.ErrNotFound) {
				return
			}
		}
		select {
		case <-tick.C:
		case <-s.stopping:
			// Once more, and then it is left.
			_, _ = s.posts.Again(ctx, d.post.ID, storage.PostSent)
			return
		case <-ctx.Done():
			d.log.Error("a message may stand at an older version")
			return
		}
	}
}

// pending reports whether the post is still on its way, or may be.
func (s *Sender) pending(ctx context.Context, id string) bool {
	p, err := s.posts.Get(ctx, id)
	return err != nil && !errors.Is(err, storage.ErrNotFound) || err == nil && p.State == storage.PostPending
}

func (s *Sender) claim(ctx context.Context, id string, now time.Time) (storage.Post, error) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), recordWithin)
	defer cancel()
	return s.store.Claim(ctx, id, now, storage.Claim{Owner: s.owner, Until: now.Add(claimFor)})
}

// delivery is one claim's work on one post.
type delivery struct {
	sender *Sender
	post   storage.Post
	log    *slog.Logger
	// gone says that the chat is not there; changed that a message was changed.
	gone, changed bool
	// first says that no earlier try of the part may have been delivered: only
	// then does a failure that is certain settle that it was not.
	first bool
}

func (d *delivery) run(ctx context.Context) (next bool) {
	p, s := &d.post, d.sender
	to, err := ParseAddress(p.Chat)
	platform, ok := s.platforms[to.Platform]
	var body said
	if err == nil {
		err = json.Unmarshal(p.Body, &body)
	}
	if body.Cause != "" {
		d.log = d.log.With("event", body.Cause)
	}
	if err != nil || !ok {
		d.settle(storage.PostFailed, "no_such_chat")
		return true
	}
	if body.Empty() {
		// Withdrawn before it was said.
		p.SentVersion = p.Version
		d.settle(storage.PostSent, "")
		return true
	}
	parts, err := compose(platform, to, body.Body)
	if err != nil || len(parts) == 0 {
		d.log.Error("cannot compose a post", "error", err)
		d.settle(storage.PostFailed, "compose")
		return true
	}
	if p.SentVersion > 0 {
		return d.update(ctx, platform, to, parts)
	}
	return d.create(ctx, platform, to, parts)
}

// compose is the platform's, of which a panic is an error: the post would be composed
// again with every start, and keep all others from being sent.
func compose(platform Platform, to Address, body Body) (parts []Part, err error) {
	defer func() {
		if p := recover(); p != nil {
			parts, err = nil, fmt.Errorf("panic: %v\n%s", p, debug.Stack())
		}
	}()
	return platform.Compose(to, body)
}

// create sends the parts that are not there yet.
func (d *delivery) create(ctx context.Context, platform Platform, to Address, parts []Part) bool {
	p, s := &d.post, d.sender
	version := p.Version
	if len(p.Remote) > 0 || !p.TrySince.IsZero() {
		// An earlier try may have said an earlier version; it counts as said, and is changed afterwards.
		version = p.TryVersion
	}
	for i := len(p.Remote); i < len(parts); i++ {
		now := s.now()
		if !p.TrySince.IsZero() && p.TryPart == i && now.Sub(p.TrySince) >= platform.Abilities().ResendFor {
			d.log.Warn("the outcome of a send is unknown", "part", i)
			d.settle(storage.PostUncertain, "unknown_outcome")
			s.metrics.sends.WithLabelValues(to.Platform, "uncertain").Inc()
			return true
		}
		if !d.allowed(ctx, platform, to) {
			return false
		}
		if d.first = p.TrySince.IsZero() || p.TryPart != i; d.first {
			p.TryVersion, p.TryPart, p.TrySince = version, i, now
		}
		err := s.store.Report(ctx, p.ID, s.owner, p.Progress, false)
		if err == nil {
			err = ctx.Err()
		}
		if err != nil {
			d.log.Error("cannot record a try", "error", err)
			if d.first {
				// It was not made, and must not look as if it might have been.
				p.TrySince = time.Time{}
			}
			return false
		}
		remote, err := d.send(ctx, platform, to, parts[i], i)
		if err != nil {
			return d.failed(platform, to, err)
		}
		s.metrics.sends.WithLabelValues(to.Platform, "sent").Inc()
		d.log.Info("sent", "part", i, "version", version)
		p.Remote = append(p.Remote, remote)
		p.TrySince, p.Attempts = time.Time{}, 0
	}
	if version < p.Version && d.updatable(platform) {
		p.SentVersion, p.Next = version, s.now()
		return true
	}
	p.SentVersion = p.Version
	d.settle(storage.PostSent, "")
	return true
}

// allowed reports whether a limit allows a send now; if not, the post waits.
func (d *delivery) allowed(ctx context.Context, platform Platform, to Address) bool {
	now := d.sender.now()
	wait, err := d.sender.limits.take(ctx, platform.Abilities(), to, now)
	switch {
	case err != nil:
		d.log.Error("cannot count a send", "error", err)
		d.post.Next = now.Add(time.Second)
		return false
	case wait > 0:
		d.post.Next = now.Add(wait)
		return false
	}
	return true
}

func (d *delivery) send(ctx context.Context, platform Platform, to Address, part Part, i int) (string, error) {
	ctx, cancel := context.WithTimeout(ctx, sendWithin)
	defer cancel()
	began := d.sender.now()
	defer func() {
		d.sender.metrics.sending.WithLabelValues(to.Platform).Observe(d.sender.now().Sub(began).Seconds())
	}()
	return platform.Send(ctx, to, part, sendKey(d.post.ID, i))
}

// update changes what was sent. Doing that twice is harmless, so nothing is recorded before.
func (d *delivery) update(ctx context.Context, platform Platform, to Address, parts []Part) bool {
	p, s := &d.post, d.sender
	if !d.updatable(platform) {
		// What cannot be changed stays; the next scheduled post carries the change.
		p.SentVersion = p.Version
		d.settle(storage.PostSent, "")
		return true
	}
	updater := platform.(Updater)
	for i, remote := range p.Remote {
		if i >= len(parts) || remote == "" {
			break
		}
		if !d.allowed(ctx, platform, to) {
			return false
		}
		ctx, cancel := context.WithTimeout(ctx, sendWithin)
		d.changed = true
		err := updater.Update(ctx, to, remote, parts[i])
		cancel()
		if err != nil {
			return d.failed(platform, to, err)
		}
	}
	s.metrics.sends.WithLabelValues(to.Platform, "updated").Inc()
	d.log.Info("updated", "version", p.Version)
	p.SentVersion, p.Attempts = p.Version, 0
	d.settle(storage.PostSent, "")
	return true
}

func (d *delivery) updatable(platform Platform) bool {
	_, can := platform.(Updater)
	return can && d.sender.now().Sub(d.post.Created) < platform.Abilities().UpdateFor &&
		slices.ContainsFunc(d.post.Remote, func(r string) bool { return r != "" })
}

// failed decides what a failure means and reports whether the chat's next post may follow.
func (d *delivery) failed(platform Platform, to Address, err error) bool {
	p, s := &d.post, d.sender
	var se *SendError
	if !errors.As(err, &se) {
		se = &SendError{Code: "internal", Unknown: true, Retry: true, Err: err}
	}
	updating := p.SentVersion > 0
	if !se.Unknown && !updating && d.first {
		p.TrySince = time.Time{}
	}
	p.Error = se.Code
	p.Attempts++
	again := se.Retry || se.Unknown && (updating || platform.Abilities().ResendFor > 0)
	switch {
	case again && p.Attempts < maxSends:
		p.Next = s.now().Add(max(se.After, delay(p.Attempts, longestWait)))
		s.metrics.sends.WithLabelValues(to.Platform, "retry").Inc()
		d.log.Warn("a send failed; it will be tried again", "attempts", p.Attempts, "error", err)
		return false
	case !updating && (se.Unknown || !d.first):
		d.settle(storage.PostUncertain, se.Code)
		s.metrics.sends.WithLabelValues(to.Platform, "uncertain").Inc()
		d.log.Warn("the outcome of a send is unknown", "error", err)
	default:
		d.gone = se.Gone
		d.settle(storage.PostFailed, se.Code)
		s.metrics.sends.WithLabelValues(to.Platform, "failed").Inc()
		d.log.Error("a send failed for good", "gone", se.Gone, "error", err)
	}
	return true
}

func (d *delivery) settle(state storage.PostState, reason string) {
	d.post.State, d.post.Error, d.post.TrySince = state, reason, time.Time{}
}

// sendKey derives the idempotency key of a part: 32 characters.
func sendKey(id string, part int) string {
	sum := sha256.Sum256([]byte(id + "|" + strconv.Itoa(part)))
	return hex.EncodeToString(sum[:16])
}

func ignoreNotFound(err error) error {
	if errors.Is(err, storage.ErrNotFound) {
		return nil
	}
	return err
}
