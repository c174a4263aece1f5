package feishu

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"sync"
	"time"

	"github.com/coder/websocket"
	larkws "github.com/larksuite/oapi-sdk-go/v3/ws"
)

const (
	wsPath     = "/callback/ws/connect"
	maxClients = 50 // connections per app (使用长连接接收事件)

	wsAuthFailed  = 514
	wsExceedLimit = 1000040350
)

// ticket lets one WebSocket connection in.
type ticket struct {
	app *App
	end time.Time
}

const ticketLife = 5 * time.Minute // unverified

// wsConn is one WebSocket client of an app.
type wsConn struct {
	app     *App
	ws      *websocket.Conn
	service int32
	gone    chan struct{}
	ready   chan struct{}

	mu      sync.Mutex
	out     [][]byte
	waiting map[string]chan pushAnswer // by the frame's message_id
	seq     uint64
}

// WebSockets returns how many clients are connected.
func (a *App) WebSockets() int {
	a.s.mu.Lock()
	defer a.s.mu.Unlock()
	return len(a.conns)
}

// KickWebSockets cuts every connection without a close handshake, as a restart of
// the gateway does. It returns how many there were.
func (a *App) KickWebSockets() int {
	a.s.mu.Lock()
	conns := slices.Clone(a.conns)
	a.s.mu.Unlock()
	for _, c := range conns {
		c.kick()
	}
	return len(conns)
}

// MuteWebSocket makes the server keep connections open but send nothing more:
// neither events nor pongs. Attempts during it end without answer.
func (a *App) MuteWebSocket(on bool) {
	a.s.mu.Lock()
	defer a.s.mu.Unlock()
	a.muted = on
}

// SplitFrames sends each event over WebSocket in n frames (headers sum and seq);
// 1 is the normal state.
func (a *App) SplitFrames(n int) {
	a.s.mu.Lock()
	defer a.s.mu.Unlock()
	a.split = max(1, n)
}

// RefuseWebSocket makes the next times handshakes fail with that
// Handshake-Status (403 forbidden, 514 authentication) and, for 514, that
// Handshake-Autherrcode (1000040350: too many connections).
func (a *App) RefuseWebSocket(status, authCode int, msg string, times int) {
	a.s.mu.Lock()
	defer a.s.mu.Unlock()
	for range times {
		a.refusals = append(a.refusals, refusal{status, authCode, msg})
	}
}

// wsEndpoint answers POST /callback/ws/endpoint with a one-time address.
func (s *Server) wsEndpoint(c *call) (any, *apiError) {
	var in struct {
		AppID     string `json:"AppID"`
		AppSecret string `json:"AppSecret"`
	}
	if err := c.decode(&in); err != nil {
		return nil, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	a := s.apps[in.AppID]
	if a == nil || a.Secret != in.AppSecret {
		return nil, &apiError{status: http.StatusOK, code: wsAuthFailed, msg: "app_id or app_secret is invalid"}
	}
	c.app = a
	key := s.id("", 32)
	s.tickets[key] = ticket{a, s.now().Add(ticketLife)}
	scheme := "ws"
	if c.r.TLS != nil {
		scheme = "wss"
	}
	url := fmt.Sprintf("%s://%s%s?fpid=493&aid=552564&device_id=%s&access_key=%s&service_id=33554678&ticket=%s",
		scheme, c.r.Host, wsPath, s.id("", 19), s.id("", 32), key)
	return flat(map[string]any{"code": 0, "msg": "", "data": map[string]any{"URL": url, "ClientConfig": a.WebSocket}}), nil
}

// wsConnect upgrades a connection and serves it until it ends.
func (s *Server) wsConnect(w http.ResponseWriter, r *http.Request) {
	refuse := func(status, authCode int, msg string) {
		w.Header().Set("Handshake-Status", strconv.Itoa(status))
		w.Header().Set("Handshake-Msg", msg)
		if authCode != 0 {
			w.Header().Set("Handshake-Autherrcode", strconv.Itoa(authCode))
		}
		w.WriteHeader(http.StatusBadRequest)
	}
	q := r.URL.Query()
	s.mu.Lock()
	t, ok := s.tickets[q.Get("ticket")]
	delete(s.tickets, q.Get("ticket"))
	if !ok || s.now().After(t.end) || s.closed {
		s.mu.Unlock()
		refuse(wsAuthFailed, 0, "ticket is invalid")
		return
	}
	a := t.app
	if len(a.refusals) > 0 {
		f := a.refusals[0]
		a.refusals = a.refusals[1:]
		s.mu.Unlock()
		refuse(f.status, f.authCode, f.msg)
		s.notify()
		return
	}
	if len(a.conns) >= maxClients {
		s.mu.Unlock()
		refuse(wsAuthFailed, wsExceedLimit, "the number of connections exceeded the limit")
		return
	}
	s.work.Add(1)
	s.mu.Unlock()
	defer s.work.Done()
	// No browser is meant to connect, so there is no origin to check.
	ws, err := websocket.Accept(w, r, &websocket.AcceptOptions{InsecureSkipVerify: true})
	if err != nil {
		s.log.Debug("feishu sandbox: websocket", "err", err)
		return
	}
	ws.SetReadLimit(1 << 20)
	service, _ := strconv.ParseInt(q.Get("service_id"), 10, 32)
	c := &wsConn{
		app: a, ws: ws, service: int32(service), gone: make(chan struct{}), ready: make(chan struct{}, 1),
		waiting: map[string]chan pushAnswer{},
	}
	s.mu.Lock()
	if s.closed {
		s.mu.Unlock()
		c.kick()
		return
	}
	a.conns = append(a.conns, c)
	s.mu.Unlock()
	s.Tick()
	s.notify()
	var writer sync.WaitGroup
	writer.Go(c.write)
	c.read(s.ctx)
	s.mu.Lock()
	a.conns = slices.DeleteFunc(a.conns, func(o *wsConn) bool { return o == c })
	s.mu.Unlock()
	close(c.gone)
	c.kick()
	writer.Wait()
	s.notify()
}

func (c *wsConn) kick() { _ = c.ws.CloseNow() }

// queue hands a message to the writer.
func (c *wsConn) queue(b []byte) {
	c.mu.Lock()
	c.out = append(c.out, b)
	c.mu.Unlock()
	select {
	case c.ready <- struct{}{}:
	default:
	}
}

func (c *wsConn) write() {
	for {
		select {
		case <-c.gone:
			return
		case <-c.ready:
		}
		c.mu.Lock()
		out := c.out
		c.out = nil
		c.mu.Unlock()
		for _, b := range out {
			ctx, cancel := context.WithTimeout(c.app.s.ctx, 10*time.Second)
			err := c.ws.Write(ctx, websocket.MessageBinary, b)
			cancel()
			if err != nil {
				c.kick()
				return
			}
		}
	}
}

func (c *wsConn) read(ctx context.Context) {
	for {
		kind, b, err := c.ws.Read(ctx)
		if err != nil {
			return
		}
		var f larkws.Frame
		if kind != websocket.MessageBinary || f.Unmarshal(b) != nil {
			continue
		}
		h := larkws.Headers(f.Headers)
		switch larkws.FrameType(f.Method) {
		case larkws.FrameTypeControl:
			if h.GetString(larkws.HeaderType) == string(larkws.MessageTypePing) {
				c.pong(f)
			}
		case larkws.FrameTypeData:
			c.answered(h.GetString(larkws.HeaderMessageID), f.Payload)
		}
	}
}

// pong answers a ping with the full client configuration, as Feishu does: a
// client that got an empty one would take all intervals as zero.
func (c *wsConn) pong(ping larkws.Frame) {
	c.app.s.mu.Lock()
	muted := c.app.muted
	c.app.s.mu.Unlock()
	if muted {
		return
	}
	payload, err := json.Marshal(c.app.WebSocket)
	if err != nil {
		return
	}
	var h larkws.Headers
	h.Add(larkws.HeaderType, string(larkws.MessageTypePong))
	c.send(larkws.Frame{
		SeqID: ping.SeqID, LogID: ping.LogID, Service: c.service, Method: int32(larkws.FrameTypeControl),
		Headers: h, Payload: payload,
	})
}

func (c *wsConn) send(f larkws.Frame) {
	b, err := f.Marshal()
	if err != nil {
		c.app.s.log.Error("feishu sandbox: frame", "err", err)
		return
	}
	c.queue(b)
}

// sendEvent queues an event's frames and returns where its answer will come. The
// server's lock must be held.
func (c *wsConn) sendEvent(p *push) chan pushAnswer {
	s := c.app.s
	wait := make(chan pushAnswer, 1)
	id, trace := s.id("", 32), s.id("", 32)
	c.mu.Lock()
	c.waiting[id] = wait
	c.seq++
	seq := c.seq
	c.mu.Unlock()
	if c.app.muted {
		return wait
	}
	n := min(c.app.split, max(1, len(p.body)))
	size := (len(p.body) + n - 1) / n
	n = (len(p.body) + size - 1) / size
	for i := range n {
		var h larkws.Headers
		h.Add(larkws.HeaderType, string(larkws.MessageTypeEvent))
		h.Add(larkws.HeaderMessageID, id)
		h.Add(larkws.HeaderTraceID, trace)
		h.Add(larkws.HeaderSum, strconv.Itoa(n))
		h.Add(larkws.HeaderSeq, strconv.Itoa(i))
		h.Add(larkws.HeaderTimestamp, strconv.FormatInt(s.now().UnixMilli(), 10))
		c.send(larkws.Frame{
			SeqID: seq, LogID: seq, Service: c.service, Method: int32(larkws.FrameTypeData), Headers: h,
			PayloadType: "application/json", Payload: p.body[i*size : min((i+1)*size, len(p.body))],
		})
	}
	return wait
}

var errDisconnected = errors.New("feishu sandbox: the client disconnected before it answered")

// await waits for the answer to an event's frames, at most the callback timeout.
func (c *wsConn) await(wait chan pushAnswer) pushAnswer {
	start := time.Now()
	timeout := time.NewTimer(c.app.s.opts.CallbackTimeout)
	defer timeout.Stop()
	var r pushAnswer
	select {
	case r = <-wait:
	case <-c.gone:
		r.err = errDisconnected
	case <-timeout.C:
		r.err = ErrCallbackTimeout
	case <-c.app.s.done:
		r.err = errDisconnected
	}
	c.mu.Lock()
	for id, w := range c.waiting {
		if w == wait {
			delete(c.waiting, id)
		}
	}
	c.mu.Unlock()
	r.via = "websocket"
	r.latency = time.Since(start)
	return r
}

// answered takes the client's answer to a frame; one for a frame that is no
// longer waited for is dropped.
func (c *wsConn) answered(id string, payload []byte) {
	c.mu.Lock()
	wait := c.waiting[id]
	delete(c.waiting, id)
	c.mu.Unlock()
	if wait == nil {
		return
	}
	var in struct {
		Code int    `json:"code"`
		Data []byte `json:"data"`
	}
	if err := json.Unmarshal(payload, &in); err != nil {
		wait <- pushAnswer{err: fmt.Errorf("%w: %w", ErrCallbackFailed, err)}
		return
	}
	wait <- pushAnswer{status: in.Code, body: in.Data}
}
