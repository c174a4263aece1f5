package wecom

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"math/rand/v2"
	"net"
	"net/http"
	"strings"
	"sync"
	"time"
)

// Options configure a [Server]. The zero value works.
type Options struct {
	// Now is the clock. It may run fast or be moved by hand; nil means time.Now.
	Now func() time.Time
	// Logger receives one debug line per call and delivery, without secrets or
	// contents; nil discards them.
	Logger *slog.Logger
	// Seed makes generated ids, tokens and keys repeatable; 0 picks a random one.
	Seed uint64
	// BaseURL is the address under which clients reach the server, for PicUrl;
	// [Server.Listen] sets it.
	BaseURL string
	// CallbackTimeout is how long a callback may take, in real time; 0 means the
	// documented 5 s.
	CallbackTimeout time.Duration
	// VerifyTimeout is how long the URL check may take, in real time; 0 means the
	// documented 1 s.
	VerifyTimeout time.Duration
	// RetryDelays are the waits, on the clock, before the second and the third
	// attempt of a callback; nil means 5 s each. WeCom documents three attempts
	// but not their spacing (unverified).
	RetryDelays []time.Duration
	// WrongSecrets is how many wrong secrets a corp may present within an hour
	// before gettoken answers 45009; 0 means 10. WeCom documents the ban of an
	// address for an hour but not the count (unverified).
	WrongSecrets int
}

// Server is one WeCom with any number of corps and apps. Its methods may be
// called from any goroutine.
type Server struct {
	now     func() time.Time
	log     *slog.Logger
	opts    Options
	client  *http.Client // for callbacks
	wake    chan struct{}
	done    chan struct{}
	closing sync.Once
	work    sync.WaitGroup
	ctx     context.Context
	cancel  context.CancelFunc

	mu       sync.Mutex
	rnd      *rand.Rand
	baseURL  string
	https    []*http.Server
	corps    map[string]*Corp
	tokens   map[string]*token
	tickets  map[string]ticket
	codes    map[string]*oauthCode
	robots   map[string]*robot
	pictures map[string]*media
	thread   map[string][]*Message // by conversation, see threadKey
	byID     map[string][]*Message // by msgid: one per receiver
	rules    []*rule
	calls    []Call
	delivs   []Delivery
	queue    []*push
	pushes   map[int64]*push
	lastPush int64
	lastID   int64
	changed  chan struct{}
	subs     map[int]func()
	lastSub  int
}

// New starts a server. [Server.Close] must be called.
func New(o Options) *Server {
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Logger == nil {
		o.Logger = slog.New(slog.DiscardHandler)
	}
	if o.Seed == 0 {
		o.Seed = rand.Uint64()
	}
	if o.CallbackTimeout == 0 {
		o.CallbackTimeout = 5 * time.Second
	}
	if o.VerifyTimeout == 0 {
		o.VerifyTimeout = time.Second
	}
	if o.RetryDelays == nil {
		o.RetryDelays = []time.Duration{5 * time.Second, 5 * time.Second}
	}
	if o.WrongSecrets == 0 {
		o.WrongSecrets = 10
	}
	ctx, cancel := context.WithCancel(context.Background())
	s := &Server{
		now:      o.Now,
		log:      o.Logger,
		opts:     o,
		baseURL:  strings.TrimRight(o.BaseURL, "/"),
		wake:     make(chan struct{}, 1),
		done:     make(chan struct{}),
		ctx:      ctx,
		cancel:   cancel,
		rnd:      rand.New(rand.NewPCG(o.Seed, 0x77656363)),
		corps:    map[string]*Corp{},
		tokens:   map[string]*token{},
		tickets:  map[string]ticket{},
		codes:    map[string]*oauthCode{},
		robots:   map[string]*robot{},
		pictures: map[string]*media{},
		thread:   map[string][]*Message{},
		byID:     map[string][]*Message{},
		pushes:   map[int64]*push{},
		changed:  make(chan struct{}),
		subs:     map[int]func(){},
		client: &http.Client{
			Transport: &http.Transport{
				DialContext:         (&net.Dialer{Timeout: o.CallbackTimeout}).DialContext,
				MaxIdleConnsPerHost: 8,
				IdleConnTimeout:     30 * time.Second,
			},
			// The platform does not follow redirects: anything but 200 is a failure.
			CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
		},
	}
	s.work.Go(s.pump)
	return s
}

// Close ends callbacks, listeners and hanging calls and waits for them. It may
// be called twice.
func (s *Server) Close() {
	s.closing.Do(func() {
		close(s.done)
		s.cancel()
		s.mu.Lock()
		servers := s.https
		s.https = nil
		s.mu.Unlock()
		for _, h := range servers {
			// Hanging calls end with done, so this waits for handlers only as long as
			// a client takes to send its body.
			ctx, cancel := context.WithTimeout(context.Background(), 2*time.Second)
			_ = h.Shutdown(ctx)
			cancel()
			_ = h.Close()
		}
		s.work.Wait()
		s.client.CloseIdleConnections()
	})
	s.work.Wait()
}

// Listen serves on addr (host:port, port 0 for any) with sensible timeouts until
// [Server.Close], sets the base URL and returns it.
func (s *Server) Listen(addr string) (string, error) {
	l, err := net.Listen("tcp", addr)
	if err != nil {
		return "", fmt.Errorf("wecom sandbox: listen on %s: %w", addr, err)
	}
	h := &http.Server{
		Handler:           s.Handler(),
		ReadHeaderTimeout: 5 * time.Second,
		ReadTimeout:       60 * time.Second,
		IdleTimeout:       60 * time.Second,
		MaxHeaderBytes:    64 << 10,
		ErrorLog:          slog.NewLogLogger(s.log.Handler(), slog.LevelDebug),
	}
	base := "http://" + l.Addr().String()
	s.mu.Lock()
	select {
	case <-s.done:
		s.mu.Unlock()
		_ = l.Close()
		return "", errors.New("wecom sandbox: listen on a closed server")
	default:
	}
	s.https = append(s.https, h)
	s.baseURL = base
	s.mu.Unlock()
	s.work.Go(func() {
		if err := h.Serve(l); err != nil && !errors.Is(err, http.ErrServerClosed) {
			s.log.Error("wecom sandbox: serve", "err", err)
		}
	})
	return base, nil
}

// SetBaseURL says under which address clients reach [Server.Handler]. Image
// messages need it for PicUrl.
func (s *Server) SetBaseURL(url string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.baseURL = strings.TrimRight(url, "/")
}

// BaseURL returns the address set by [Server.Listen] or [Server.SetBaseURL].
func (s *Server) BaseURL() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.baseURL
}

// Tick makes the callback pusher look at the clock at once. Without it a moved
// clock is noticed within 20 ms.
func (s *Server) Tick() {
	select {
	case s.wake <- struct{}{}:
	default:
	}
}

// Subscribe calls f after every change (a message, a call, a delivery) from the
// goroutine that made it; f must not block. The returned function ends it.
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

// Wait returns nil as soon as cond holds, looking again after every change, or
// the error of ctx. cond may use every method of the server.
func (s *Server) Wait(ctx context.Context, cond func() bool) error {
	for {
		s.mu.Lock()
		changed := s.changed
		s.mu.Unlock()
		if cond() {
			return nil
		}
		select {
		case <-changed:
		case <-ctx.Done():
			return fmt.Errorf("wecom sandbox: wait: %w", ctx.Err())
		case <-s.done:
			return errors.New("wecom sandbox: wait: server closed")
		}
	}
}

// notify tells waiters and subscribers of a change. The lock must not be held.
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

const alphanumeric = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"

// random returns n letters and digits. The lock must be held.
func (s *Server) random(n int) string { return s.randomOf(alphanumeric, n) }

func (s *Server) randomOf(alphabet string, n int) string {
	b := make([]byte, n)
	for i := range b {
		b[i] = alphabet[s.rnd.IntN(len(alphabet))]
	}
	return string(b)
}

func (s *Server) randomBytes(n int) []byte {
	b := make([]byte, n)
	for i := range b {
		b[i] = byte(s.rnd.Uint32())
	}
	return b
}

// nextMsgID makes a positive 64-bit MsgId that grows. The lock must be held.
func (s *Server) nextMsgID() int64 {
	s.lastID = max(s.lastID+1, s.now().UnixMilli()<<20)
	return s.lastID
}

// readBounded reads at most limit bytes; tooLong tells that there was more.
func readBounded(r io.Reader, limit int64) (b []byte, tooLong bool, err error) {
	b, err = io.ReadAll(io.LimitReader(r, limit+1))
	if int64(len(b)) > limit {
		return b[:limit], true, err
	}
	return b, false, err
}
