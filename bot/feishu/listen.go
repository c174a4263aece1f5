package feishu

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"iter"
	"net"
	"net/http"
	"sync/atomic"
	"time"

	"github.com/cenkalti/backoff/v5"
	"github.com/gorilla/websocket"
	larkevent "github.com/larksuite/oapi-sdk-go/v3/event"
	"github.com/larksuite/oapi-sdk-go/v3/event/dispatcher"
	"github.com/larksuite/oapi-sdk-go/v3/event/dispatcher/callback"
	larkws "github.com/larksuite/oapi-sdk-go/v3/ws"

	"roundsman/bot"
)

const (
	// pingEvery is Feishu's interval; the endpoint's answer overrides it.
	pingEvery = 2 * time.Minute
	// silentPings is for how many intervals a connection may say nothing.
	silentPings = 3
	// closeWithin bounds the end of a connection and of what it still handles.
	closeWithin = 10 * time.Second
	// keepWithin bounds the handling of one event: Feishu waits three seconds.
	keepWithin = 2500 * time.Millisecond
	// knowWithin is how long the first connection waits for our own id.
	knowWithin = 5 * time.Second
	// longestDown is how long the SDK's client may try by itself to connect again.
	longestDown = 5 * time.Minute
	// longestGap between two tries to connect.
	longestGap = time.Minute
	// steady is how long a connection lasts for its successor to start without delay.
	steady = time.Minute
	// maxWrites is how many frames a second a client may send. An answered ping with
	// an empty configuration makes the SDK's client ping without a pause.
	maxWrites = 2000
)

// Listen receives events over the WebSocket until ctx ends, and starts the SDK's
// client again whenever that gives up. In webhook mode it only learns who we are.
func (p *Platform) Listen(ctx context.Context, in bot.Inlet) error {
	asked := make(chan struct{})
	go func() {
		defer close(asked)
		p.keepAsking(ctx)
	}()
	defer func() { <-asked }()
	if p.config.Mode == Webhook {
		<-ctx.Done()
		return nil
	}
	// A group message that mentions somebody cannot be read before we know who we are.
	first := time.NewTimer(knowWithin)
	select {
	case <-asked:
	case <-first.C:
	case <-ctx.Done():
	}
	first.Stop()
	events := p.dispatcher(p.receiver(in, in.Keep))
	next, stop := iter.Pull(waits())
	defer func() { stop() }()
	for {
		began := time.Now()
		err := p.session(ctx, events)
		if ctx.Err() != nil {
			return nil
		}
		if time.Since(began) > steady {
			stop()
			next, stop = iter.Pull(waits())
		}
		wait, _ := next()
		p.log.Error("the WebSocket is over; it will be started again", "wait", wait.Round(time.Millisecond), "error", p.safe(err.Error()))
		if !pause(ctx, wait) {
			return nil
		}
	}
}

// waits yields growing delays without end, a tenth of each by chance.
func waits() iter.Seq[time.Duration] {
	return func(yield func(time.Duration) bool) {
		b := backoff.ExponentialBackOff{InitialInterval: time.Second, RandomizationFactor: 0.1, Multiplier: 2, MaxInterval: longestGap}
		b.Reset()
		for yield(b.NextBackOff()) {
		}
	}
}

// pause waits and reports whether ctx is still on.
func pause(ctx context.Context, d time.Duration) bool {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return true
	case <-ctx.Done():
		return false
	}
}

// dispatcher routes what comes over the WebSocket. The SDK routes by type; each
// type is handled as the plain JSON that it came in.
func (p *Platform) dispatcher(r *receiver) *dispatcher.EventDispatcher {
	d := dispatcher.NewEventDispatcher(p.config.VerificationToken, p.config.EncryptKey)
	d.Config.Logger = sdkLog{p}
	handle := func(ctx context.Context, payload []byte) (*callback.CardActionTriggerResponse, error) {
		// What was begun is finished, also while stopping.
		ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), keepWithin)
		defer cancel()
		reply, err := r.handle(ctx, payload)
		var refused *refusal
		if errors.As(err, &refused) {
			// To send it again would not help.
			r.in.Refuse(Name, refused.reason)
			p.log.Warn("an event was refused", "reason", refused.reason, "error", refused.err)
			return nil, nil
		}
		return reply, err
	}
	for _, kind := range append([]string{eventMessage, eventJoined, eventEntered}, ignored...) {
		d.OnCustomizedEvent(kind, func(ctx context.Context, e *larkevent.EventReq) error {
			_, err := handle(ctx, e.Body)
			return err
		})
	}
	d.OnP2CardActionTrigger(func(ctx context.Context, e *callback.CardActionTriggerEvent) (*callback.CardActionTriggerResponse, error) {
		reply, err := handle(ctx, e.EventReq.Body)
		if reply == nil && err == nil {
			reply = toast("error", p.opts.ToastFailed)
		}
		return reply, err
	})
	return d
}

var errSilent = errors.New("nothing came for too long")

// session runs one client of the SDK until it gives up, says nothing for too long,
// or ctx ends.
func (p *Platform) session(ctx context.Context, events *dispatcher.EventDispatcher) error {
	w := &watch{ping: make(chan time.Duration, 1)}
	w.heard()
	set := func(on bool) func() {
		return func() {
			w.heard()
			p.connected.Store(on)
		}
	}
	defer p.connected.Store(false)
	dialer := &websocket.Dialer{
		Proxy: http.ProxyFromEnvironment, HandshakeTimeout: callWithin,
		NetDialContext: func(ctx context.Context, network, addr string) (net.Conn, error) {
			c, err := (&net.Dialer{Timeout: 5 * time.Second, KeepAlive: 30 * time.Second}).DialContext(ctx, network, addr)
			if err != nil {
				return nil, err
			}
			return &watched{Conn: c, w: w}, nil
		},
	}
	client := larkws.NewClient(p.config.AppID, p.config.AppSecret,
		larkws.WithDomain(p.config.BaseURL), larkws.WithEventHandler(events), larkws.WithLogger(sdkLog{p}),
		larkws.WithHttpClient(endpoint{p, w}), larkws.WithWebSocketDialer(dialer),
		larkws.WithOnReady(set(true)), larkws.WithOnReconnected(set(true)),
		larkws.WithOnDisconnected(set(false)), larkws.WithOnReconnecting(set(false)),
	)
	ended := make(chan error, 1)
	// Not ended by ctx but by stop, so that what is being handled ends well.
	running, cancel := context.WithCancel(context.WithoutCancel(ctx))
	defer cancel()
	go func() { ended <- client.Start(running) }()
	stop := func() {
		p.connected.Store(false)
		ctx, done := context.WithTimeout(context.WithoutCancel(ctx), closeWithin)
		defer done()
		err := client.CloseAndWait(ctx)
		// A client that had not begun yet has nothing to close, and ends by this.
		cancel()
		if err == nil {
			select {
			case err = <-ended:
			case <-ctx.Done():
			}
		}
		if err != nil && !errors.Is(err, context.Canceled) {
			p.log.Warn("the WebSocket did not end cleanly", "error", p.safe(err.Error()))
		}
	}
	ping := pingEvery
	for {
		// Before a connection the SDK waits by itself, up to its own interval.
		left := silentPings*ping - w.silence()
		if !p.connected.Load() {
			left = max(left, time.Second)
		}
		t := time.NewTimer(max(left, 10*time.Millisecond))
		select {
		case <-ctx.Done():
			t.Stop()
			stop()
			return ctx.Err()
		case err := <-ended:
			t.Stop()
			if err == nil {
				err = errors.New("the client ended")
			}
			return err
		case ping = <-w.ping:
			t.Stop()
		case <-t.C:
			bound := silentPings * ping
			if !p.connected.Load() {
				bound = max(bound, longestDown)
			}
			if w.silence() >= bound {
				stop()
				return errSilent
			}
		}
	}
}

// watch knows when something last came over a connection.
type watch struct {
	last atomic.Int64 // in nanoseconds of the real clock since 1970
	ping chan time.Duration
}

func (w *watch) heard() { w.last.Store(time.Now().UnixNano()) }

func (w *watch) silence() time.Duration { return time.Since(time.Unix(0, w.last.Load())) }

// every takes a new interval of pings.
func (w *watch) every(d time.Duration) {
	if d <= 0 {
		return
	}
	select {
	case <-w.ping:
	default:
	}
	select {
	case w.ping <- d:
	default:
	}
}

// watched is a connection that tells when something came, and refuses a flood of writes.
type watched struct {
	net.Conn
	w *watch
	// Only the connection's writer uses these.
	second int64
	writes int
}

var errFlood = errors.New("the client sent too many frames")

func (c *watched) Read(b []byte) (int, error) {
	n, err := c.Conn.Read(b)
	if n > 0 {
		c.w.heard()
	}
	return n, err
}

func (c *watched) Write(b []byte) (int, error) {
	if now := time.Now().Unix(); now != c.second {
		c.second, c.writes = now, 0
	}
	if c.writes++; c.writes > maxWrites {
		_ = c.Conn.Close()
		return 0, errFlood
	}
	return c.Conn.Write(b)
}

// endpoint is the HTTP client with which the SDK asks where to connect.
type endpoint struct {
	p *Platform
	w *watch
}

// Do asks until there is an answer: the SDK's own wait between two tries is two
// minutes. It bounds the answer, reads the interval of pings from it, and keeps the
// secret that the request carries out of errors.
func (e endpoint) Do(req *http.Request) (*http.Response, error) {
	for wait := range waits() {
		resp, err := e.ask(req)
		if err == nil && resp.StatusCode < 500 || req.Context().Err() != nil {
			return resp, err
		}
		if err == nil {
			err = errors.Join(&callError{op: "endpoint", status: resp.StatusCode}, resp.Body.Close())
		}
		e.p.log.Warn("cannot ask where to connect", "wait", wait.Round(time.Millisecond), "error", err)
		if !pause(req.Context(), wait) {
			break
		}
	}
	return nil, &callError{op: "endpoint", cause: context.Canceled}
}

func (e endpoint) ask(req *http.Request) (*http.Response, error) {
	ctx, cancel := context.WithTimeout(req.Context(), callWithin)
	defer cancel()
	ctx, ex := withExchange(ctx, "endpoint")
	req = req.Clone(ctx)
	if req.GetBody != nil {
		body, err := req.GetBody()
		if err != nil {
			return nil, e.p.broken(ctx, ex, err)
		}
		req.Body = body
	}
	resp, err := (*doer)(e.p).Do(req)
	if err != nil {
		return nil, e.p.broken(ctx, ex, err)
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		return nil, e.p.broken(ctx, ex, err)
	}
	var in larkws.EndpointResp
	if json.Unmarshal(body, &in) == nil && in.Data != nil && in.Data.ClientConfig != nil {
		e.w.every(time.Duration(in.Data.ClientConfig.PingInterval) * time.Second)
	}
	resp.Body = io.NopCloser(bytes.NewReader(body))
	return resp, nil
}
