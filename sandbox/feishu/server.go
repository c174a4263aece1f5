package feishu

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"math/rand/v2"
	"net"
	"net/http"
	"slices"
	"sync"
	"time"
)

// Options configure a [Server]. The zero value works.
type Options struct {
	// Now is the platform's clock. It may run fast or be moved by hand; nil means
	// time.Now.
	Now func() time.Time
	// LimitClock is the clock of the rate limits; nil means Now. With a Now that
	// stands still the limits would never refill: give time.Now here.
	LimitClock func() time.Time
	// Logger receives one debug line per call and delivery, without secrets or
	// contents; nil discards them.
	Logger *slog.Logger
	// Seed makes generated ids, keys and the choice of a WebSocket client
	// repeatable; 0 picks a random one.
	Seed uint64
	// CallbackTimeout is how long an event or card callback may take, in real
	// time; 0 means the documented 3 s.
	CallbackTimeout time.Duration
	// ChallengeTimeout is how long url_verification may take, in real time; 0
	// means the documented 1 s.
	ChallengeTimeout time.Duration
	// RetryDelays are the waits, on the clock, before each further attempt to
	// deliver an event; nil means the documented 15 s, 5 min, 1 h and 6 h.
	RetryDelays []time.Duration
}

// Server is one Feishu with any number of apps. Its methods, and those of its
// apps, may be called from any goroutine.
type Server struct {
	opts    Options
	now     func() time.Time
	limNow  func() time.Time
	log     *slog.Logger
	client  *http.Client // for callbacks
	handler http.Handler
	wake    chan struct{}
	done    chan struct{}
	closing sync.Once
	work    sync.WaitGroup
	ctx     context.Context
	cancel  context.CancelFunc

	mu          sync.Mutex
	rnd         *rand.Rand
	closed      bool
	https       []*http.Server
	apps        map[string]*App
	appOrder    []*App
	users       map[string]*User // by open_id
	departments map[string]*Department
	chats       map[string]*chat
	chatOrder   []*chat
	messages    map[string]*message
	blobs       map[string]*blob
	tokens      map[string]*token
	codes       map[string]*loginCode
	cardTokens  map[string]*cardToken
	tickets     map[string]ticket
	positions   map[string]position // of phones, by open_id
	windows     map[string][]time.Time
	rules       []*rule
	delays      []*delay
	calls       []Call
	deliveries  []Delivery
	loginAs     string
	changed     chan struct{}
	subs        map[int]func()
	lastSub     int
}

// New starts a server. [Server.Close] must be called.
func New(o Options) *Server {
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.LimitClock == nil {
		o.LimitClock = o.Now
	}
	if o.Logger == nil {
		o.Logger = slog.New(slog.DiscardHandler)
	}
	if o.Seed == 0 {
		o.Seed = rand.Uint64()
	}
	if o.CallbackTimeout == 0 {
		o.CallbackTimeout = 3 * time.Second
	}
	if o.ChallengeTimeout == 0 {
		o.ChallengeTimeout = time.Second
	}
	if o.RetryDelays == nil {
		o.RetryDelays = []time.Duration{15 * time.Second, 5 * time.Minute, time.Hour, 6 * time.Hour}
	}
	ctx, cancel := context.WithCancel(context.Background())
	s := &Server{
		opts:   o,
		now:    o.Now,
		limNow: o.LimitClock,
		log:    o.Logger,
		client: &http.Client{
			Transport: &http.Transport{
				DialContext:         (&net.Dialer{Timeout: o.CallbackTimeout}).DialContext,
				MaxIdleConnsPerHost: 16,
				IdleConnTimeout:     30 * time.Second,
			},
			// Feishu forbids redirects: anything but 200 is a failure.
			CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
		},
		wake:        make(chan struct{}, 1),
		done:        make(chan struct{}),
		ctx:         ctx,
		cancel:      cancel,
		rnd:         rand.New(rand.NewPCG(o.Seed, 0x6665697368750000)),
		apps:        map[string]*App{},
		users:       map[string]*User{},
		departments: map[string]*Department{},
		chats:       map[string]*chat{},
		messages:    map[string]*message{},
		blobs:       map[string]*blob{},
		tokens:      map[string]*token{},
		codes:       map[string]*loginCode{},
		cardTokens:  map[string]*cardToken{},
		tickets:     map[string]ticket{},
		positions:   map[string]position{},
		windows:     map[string][]time.Time{},
		changed:     make(chan struct{}),
		subs:        map[int]func(){},
	}
	s.handler = s.routes()
	s.work.Go(s.pump)
	return s
}

// Handler serves the REST interface, the WebSocket endpoint and the login page.
func (s *Server) Handler() http.Handler { return s.handler }

// Listen serves on addr (host:port, port 0 for any) with sensible timeouts until
// [Server.Close], and returns the base URL.
func (s *Server) Listen(addr string) (string, error) {
	l, err := net.Listen("tcp", addr)
	if err != nil {
		return "", fmt.Errorf("feishu sandbox: listen on %s: %w", addr, err)
	}
	h := &http.Server{
		Handler:           s.handler,
		ReadHeaderTimeout: 5 * time.Second,
		ReadTimeout:       60 * time.Second,
		IdleTimeout:       60 * time.Second,
		MaxHeaderBytes:    64 << 10,
		ErrorLog:          slog.NewLogLogger(s.log.Handler(), slog.LevelDebug),
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		_ = l.Close()
		return "", errors.New("feishu sandbox: listen on a closed server")
	}
	s.https = append(s.https, h)
	s.work.Go(func() {
		if err := h.Serve(l); err != nil && !errors.Is(err, http.ErrServerClosed) {
			s.log.Error("feishu sandbox: serve", "err", err)
		}
	})
	return "http://" + l.Addr().String(), nil
}

// Close ends deliveries, connections, listeners and hanging calls, and waits for
// them. It may be called twice.
func (s *Server) Close() {
	s.closing.Do(func() {
		s.mu.Lock()
		s.closed = true
		servers := s.https
		var conns []*wsConn
		for _, a := range s.appOrder {
			conns = append(conns, a.conns...)
		}
		s.mu.Unlock()
		close(s.done)
		s.cancel()
		for _, c := range conns {
			c.kick()
		}
		for _, h := range servers {
			_ = h.Close()
		}
	})
	s.work.Wait()
	s.client.CloseIdleConnections()
}

// Tick makes the deliveries look at the clock at once. Without it a moved clock
// is noticed within 20 ms.
func (s *Server) Tick() {
	select {
	case s.wake <- struct{}{}:
	default:
	}
}

// Subscribe calls f after every change (a message, a call, a delivery, a
// connection) from the goroutine that made it; f must not block. The returned
// function ends it.
func (s *Server) Subscribe(f func()) (cancel func()) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.lastSub++
	id := s.lastSub
	s.subs[id] = f
	return func() {
		s.mu.Lock()
		defer s.mu.Unlock()
		delete(s.subs, id)
	}
}

// Changes returns a channel that is closed at the next change. Take it before
// looking, so that no change is missed.
func (s *Server) Changes() <-chan struct{} {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.changed
}

// Wait returns nil once ok does; it looks again after every change. It returns
// ctx's error when that ends first.
func (s *Server) Wait(ctx context.Context, ok func() bool) error {
	for {
		changed := s.Changes()
		if ok() {
			return nil
		}
		select {
		case <-changed:
		case <-ctx.Done():
			return ctx.Err()
		case <-s.done:
			return errors.New("feishu sandbox: closed")
		}
	}
}

// notify tells subscribers and waiters. It must be called without the lock.
func (s *Server) notify() {
	s.mu.Lock()
	close(s.changed)
	s.changed = make(chan struct{})
	subs := make([]func(), 0, len(s.subs))
	for _, f := range s.subs {
		subs = append(subs, f)
	}
	s.mu.Unlock()
	for _, f := range subs {
		f()
	}
}

// keep bounds the memory of recorded calls and deliveries.
const keep = 20000

func trim[T any](list []T) []T {
	if len(list) > keep {
		return slices.Clone(list[len(list)-keep/2:])
	}
	return list
}

// id makes an identifier; the lock must be held.
func (s *Server) id(prefix string, digits int) string {
	const hex = "0123456789abcdef"
	b := make([]byte, digits)
	for i := range b {
		b[i] = hex[s.rnd.IntN(16)]
	}
	return prefix + string(b)
}

// sweep forgets what has run out, so that a long life does not grow without end;
// the lock must be held.
func (s *Server) sweep() {
	now, lim := s.now(), s.limNow()
	maps.DeleteFunc(s.windows, func(_ string, used []time.Time) bool {
		return len(used) == 0 || lim.Sub(used[len(used)-1]) > time.Minute
	})
	maps.DeleteFunc(s.tickets, func(_ string, t ticket) bool { return now.After(t.end) })
	maps.DeleteFunc(s.codes, func(_ string, l *loginCode) bool { return now.Sub(l.end) > time.Hour })
	maps.DeleteFunc(s.cardTokens, func(_ string, t *cardToken) bool { return now.Sub(t.end) > 24*time.Hour })
	for _, a := range s.appOrder {
		maps.DeleteFunc(a.uuids, func(_ string, u uuidUse) bool { return now.Sub(u.at) >= uuidWindow })
	}
}
