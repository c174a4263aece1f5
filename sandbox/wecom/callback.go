package wecom

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/xml"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"
)

// RetryPolicy is when a callback is tried again. Three attempts are made in all.
// The documents differ: 90238 retries every answer but 200, 90930 only failed
// connections and timeouts.
type RetryPolicy int

const (
	// RetryAnyFailure retries after a timeout, a failed connection and any status
	// but 200.
	RetryAnyFailure RetryPolicy = iota
	// RetryTimeout retries only after a timeout or a failed connection.
	RetryTimeout
)

const (
	attempts   = 3
	maxPassive = 64 << 10 // bytes of a passive reply that are read
)

// ErrURLCheck is returned by [App.SetCallback] when the address does not give the
// echostr back decrypted, in time and exactly.
var ErrURLCheck = errors.New("wecom sandbox: callback URL check failed")

// push is one message or event on its way to an app's callback.
type push struct {
	id       int64
	app      *App
	from     string
	xml      []byte
	msgID    int64
	cardMsg  string // msgid of the card that was clicked, for a passive update
	attempt  int    // attempts made
	due      time.Time
	inflight bool
	first    *Envelope // kept for verbatim retries
}

// Delivery is one attempt to reach a callback.
type Delivery struct {
	Time    time.Time // on the clock, when it began
	Latency time.Duration
	CorpID  string
	AgentID int
	Push    int64 // number of the push; 0 for a URL check
	MsgID   int64 // 0 for events
	From    string
	Attempt int    // 1 to 3
	XML     string // the plain text
	Status  int    // HTTP status; 0 if there was no answer
	Err     string // why there was none
	// Timeout: no answer within the callback timeout.
	Timeout bool
	// Again: another attempt follows. GivenUp: all attempts failed.
	Again, GivenUp bool
	// Reply is the plain XML of a passive reply; ReplyErr says why one was refused
	// (not encrypted, wrong signature, wrong receive id, unknown type).
	Reply    string
	ReplyErr string
}

// Deliveries returns all attempts so far, oldest first.
func (s *Server) Deliveries() []Delivery {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.delivs)
}

// Deliveries returns the attempts to reach this app's callback, oldest first.
func (a *App) Deliveries() []Delivery {
	return slices.DeleteFunc(a.s.Deliveries(), func(d Delivery) bool {
		return d.CorpID != a.corp.id || d.AgentID != a.cfg.AgentID
	})
}

// Pending tells how many pushes of the app are not finished.
func (a *App) Pending() int {
	a.s.mu.Lock()
	defer a.s.mu.Unlock()
	n := 0
	for _, p := range a.s.queue {
		if p.app == a {
			n++
		}
	}
	return n
}

// EnvelopeOptions change a callback for attacks. The zero value is a good one.
type EnvelopeOptions struct {
	// ReceiveID replaces the CorpID inside the ciphertext.
	ReceiveID string
	// Timestamp replaces the time of signing.
	Timestamp time.Time
	// Nonce replaces the random one.
	Nonce string
	// EncodingAESKey encrypts with another key.
	EncodingAESKey string
	// Truncate removes so many bytes from the ciphertext's end; the signature
	// is then made over what is left, so that it holds.
	Truncate int
	// BreakSignature changes one character of msg_signature.
	BreakSignature bool
}

// Envelope is a sealed callback: what follows the URL, and the body.
type Envelope struct {
	Query url.Values // msg_signature, timestamp, nonce
	Body  []byte
}

type xmlEnvelope struct {
	XMLName    xml.Name `xml:"xml"`
	ToUserName cdata    `xml:"ToUserName"`
	AgentID    cdata    `xml:"AgentID"`
	Encrypt    cdata    `xml:"Encrypt"`
}

// Envelope seals plain XML as the platform does (document path 90930). It panics
// on an impossible key.
func (a *App) Envelope(plain []byte, o EnvelopeOptions) Envelope {
	a.s.mu.Lock()
	defer a.s.mu.Unlock()
	return a.envelope(plain, o)
}

func (a *App) envelope(plain []byte, o EnvelopeOptions) Envelope {
	q, encrypted := a.seal(plain, o)
	body, err := xml.Marshal(xmlEnvelope{
		ToUserName: cdata{a.corp.id}, AgentID: cdata{strconv.Itoa(a.cfg.AgentID)}, Encrypt: cdata{encrypted},
	})
	if err != nil { // only our own values are in it
		panic("wecom sandbox: envelope: " + err.Error())
	}
	return Envelope{Query: q, Body: body}
}

// seal encrypts and signs. The lock must be held.
func (a *App) seal(plain []byte, o EnvelopeOptions) (q url.Values, encrypted string) {
	encoded := a.cfg.EncodingAESKey
	if o.EncodingAESKey != "" {
		encoded = o.EncodingAESKey
	}
	key, err := aesKey(encoded)
	if err != nil {
		panic("wecom sandbox: " + err.Error())
	}
	receive := a.corp.id
	if o.ReceiveID != "" {
		receive = o.ReceiveID
	}
	sealed, err := encrypt(key, []byte(a.s.random(16)), plain, receive)
	if err != nil {
		panic("wecom sandbox: " + err.Error())
	}
	if o.Truncate > 0 {
		sealed = sealed[:max(0, len(sealed)-o.Truncate)]
	}
	at := a.s.now()
	if !o.Timestamp.IsZero() {
		at = o.Timestamp
	}
	nonce := o.Nonce
	if nonce == "" {
		nonce = a.s.randomOf("0123456789", 10)
	}
	timestamp := strconv.FormatInt(at.Unix(), 10)
	encrypted = base64.StdEncoding.EncodeToString(sealed)
	signature := sign(a.cfg.Token, timestamp, nonce, encrypted)
	if o.BreakSignature {
		last := byte('0')
		if signature[len(signature)-1] == last {
			last = '1'
		}
		signature = signature[:len(signature)-1] + string(last)
	}
	return url.Values{"msg_signature": {signature}, "timestamp": {timestamp}, "nonce": {nonce}}, encrypted
}

// Post sends an envelope to the app's callback once, outside the queue, and
// returns the status and body of the answer. It is for attacks; nothing is
// retried or recorded.
func (a *App) Post(ctx context.Context, e Envelope) (status int, body []byte, err error) {
	a.s.mu.Lock()
	target := a.callback
	a.s.mu.Unlock()
	if target == "" {
		return 0, nil, errors.New("wecom sandbox: the app has no callback")
	}
	return a.s.send(ctx, http.MethodPost, target, e, a.s.opts.CallbackTimeout)
}

// SetCallback checks the address as the administrator's console does (document
// path 90930): GET with a signed and encrypted echostr, which must come back
// decrypted within 1 s with nothing around it. Then it is the app's callback.
// "" removes the callback.
func (a *App) SetCallback(target string) error {
	s := a.s
	if target == "" {
		s.mu.Lock()
		a.callback = ""
		s.mu.Unlock()
		return nil
	}
	u, err := url.Parse(target)
	if err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Host == "" {
		return fmt.Errorf("%w: %q is not an http address", ErrURLCheck, target)
	}
	s.mu.Lock()
	echo := s.randomOf("0123456789", 19)
	q, encrypted := a.seal([]byte(echo), EnvelopeOptions{})
	q.Set("echostr", encrypted)
	began := s.now()
	s.mu.Unlock()
	start := time.Now()
	status, body, err := s.send(s.ctx, http.MethodGet, target, Envelope{Query: q}, s.opts.VerifyTimeout)
	d := Delivery{
		Time: began, Latency: time.Since(start), CorpID: a.corp.id, AgentID: a.cfg.AgentID, Attempt: 1,
		Status: status, Timeout: isTimeout(err),
	}
	switch {
	case err != nil:
		d.Err, err = err.Error(), fmt.Errorf("%w: %w", ErrURLCheck, err)
	case status != http.StatusOK:
		err = fmt.Errorf("%w: status %d", ErrURLCheck, status)
	case string(body) != echo:
		err = fmt.Errorf("%w: the answer is not the decrypted echostr", ErrURLCheck)
	}
	s.mu.Lock()
	s.delivs = trim(append(s.delivs, d))
	if err == nil {
		a.callback = target
	}
	s.mu.Unlock()
	s.notify()
	return err
}

// Callback returns the app's callback address, "" if there is none.
func (a *App) Callback() string {
	a.s.mu.Lock()
	defer a.s.mu.Unlock()
	return a.callback
}

// Hold keeps the app's pushes back until [App.Release].
func (a *App) Hold() {
	a.s.mu.Lock()
	defer a.s.mu.Unlock()
	a.held = true
}

// Release sends what was held; shuffle sends it in a random order, as nothing
// promises an order between pushes.
func (a *App) Release(shuffle bool) {
	s := a.s
	s.mu.Lock()
	a.held = false
	if shuffle {
		var at []int
		for i, p := range s.queue {
			if p.app == a && p.attempt == 0 {
				at = append(at, i)
			}
		}
		s.rnd.Shuffle(len(at), func(i, j int) { s.queue[at[i]], s.queue[at[j]] = s.queue[at[j]], s.queue[at[i]] })
	}
	s.mu.Unlock()
	s.Tick()
}

// Redeliver pushes a finished or running push once more with the same content
// and MsgId, as the platform does when an answer was lost. Its attempts count
// anew.
func (a *App) Redeliver(id int64) error {
	s := a.s
	s.mu.Lock()
	p := s.pushes[id]
	if p == nil || p.app != a {
		s.mu.Unlock()
		return fmt.Errorf("wecom sandbox: no push %d of this app", id)
	}
	s.queue = append(s.queue, &push{id: p.id, app: a, from: p.from, xml: p.xml, msgID: p.msgID, cardMsg: p.cardMsg, due: s.now()})
	s.mu.Unlock()
	s.Tick()
	return nil
}

// PushRaw pushes XML of any kind to the app's callback and returns the number of
// the push, 0 if the app has no callback.
func (a *App) PushRaw(plain string) int64 {
	a.s.mu.Lock()
	id := a.enqueue(&push{xml: []byte(plain)})
	a.s.mu.Unlock()
	a.s.Tick()
	a.s.notify()
	return id
}

// enqueue numbers a push and puts it in the queue. The lock must be held.
func (a *App) enqueue(p *push) int64 {
	if a.callback == "" {
		return 0
	}
	s := a.s
	s.lastPush++
	p.id, p.app, p.due = s.lastPush, a, s.now()
	s.pushes[p.id] = p
	s.queue = append(s.queue, p)
	return p.id
}

// pump starts due pushes until the server closes.
func (s *Server) pump() {
	t := time.NewTicker(20 * time.Millisecond)
	defer t.Stop()
	for {
		select {
		case <-t.C:
		case <-s.wake:
		case <-s.done:
			return
		}
		s.mu.Lock()
		for _, p := range s.ready() {
			p.inflight = true
			s.work.Go(func() { s.deliverPush(p) })
		}
		s.mu.Unlock()
	}
}

// ready finds the pushes that may start now. The first attempts of one member's
// pushes run one after the other, so that a text and the photo after it arrive in
// order as they mostly do; retries and other members do not wait. The lock must
// be held.
func (s *Server) ready() []*push {
	now := s.now()
	busy := map[string]bool{}
	var out []*push
	for _, p := range s.queue {
		if p.app.held {
			continue
		}
		lane := threadKey(p.app.corp.id, "", p.app.cfg.AgentID, p.from)
		if p.attempt == 0 {
			if busy[lane] {
				continue
			}
			busy[lane] = true
		}
		if !p.inflight && !p.due.After(now) {
			out = append(out, p)
		}
	}
	return out
}

// deliverPush makes one attempt, reads the passive reply, and plans the next.
func (s *Server) deliverPush(p *push) {
	a := p.app
	s.mu.Lock()
	target := a.callback
	env := p.first
	if env == nil || !a.cfg.RetryVerbatim {
		e := a.envelope(p.xml, EnvelopeOptions{})
		env = &e
	}
	if p.first == nil {
		p.first = env
	}
	began := s.now()
	s.mu.Unlock()

	start := time.Now()
	var status int
	var body []byte
	err := errors.New("the callback was removed")
	if target != "" {
		status, body, err = s.send(s.ctx, http.MethodPost, target, *env, s.opts.CallbackTimeout)
	}
	if s.ctx.Err() != nil {
		return // the server closes: not an attempt of the platform
	}
	d := Delivery{
		Time: began, Latency: time.Since(start), CorpID: a.corp.id, AgentID: a.cfg.AgentID, Push: p.id,
		MsgID: p.msgID, From: p.from, XML: string(p.xml), Status: status, Timeout: isTimeout(err),
	}
	if err != nil {
		d.Err = err.Error()
	}

	s.mu.Lock()
	p.inflight = false
	p.attempt++
	d.Attempt = p.attempt
	failed := err != nil || status != http.StatusOK
	if failed {
		mayRetry := err != nil || a.cfg.Retry == RetryAnyFailure
		d.Again = mayRetry && p.attempt < attempts
		d.GivenUp = !d.Again
	}
	if d.Again {
		delay := time.Duration(0)
		if n := len(s.opts.RetryDelays); n > 0 {
			delay = s.opts.RetryDelays[min(p.attempt, n)-1]
		}
		p.due = s.now().Add(delay)
	} else {
		s.queue = slices.DeleteFunc(s.queue, func(x *push) bool { return x == p })
	}
	if !failed && len(bytes.TrimSpace(body)) > 0 {
		d.Reply, d.ReplyErr = a.passive(p, body)
	}
	s.delivs = trim(append(s.delivs, d))
	s.mu.Unlock()
	s.log.Debug("wecom sandbox: callback", "corp", d.CorpID, "agent", d.AgentID, "push", d.Push, "attempt", d.Attempt,
		"status", d.Status, "again", d.Again)
	s.notify()
	s.Tick()
}

// send makes one request to a callback.
func (s *Server) send(ctx context.Context, method, target string, e Envelope, timeout time.Duration) (int, []byte, error) {
	ctx, cancel := context.WithTimeout(ctx, timeout)
	defer cancel()
	u, err := url.Parse(target)
	if err != nil {
		return 0, nil, fmt.Errorf("callback address: %w", err)
	}
	q := u.Query()
	for k, v := range e.Query {
		q[k] = v
	}
	u.RawQuery = q.Encode()
	req, err := http.NewRequestWithContext(ctx, method, u.String(), bytes.NewReader(e.Body))
	if err != nil {
		return 0, nil, fmt.Errorf("callback request: %w", err)
	}
	req.Header.Set("User-Agent", "Mozilla/4.0")
	if method == http.MethodPost {
		req.Header.Set("Content-Type", "text/xml")
	}
	resp, err := s.client.Do(req)
	if err != nil {
		return 0, nil, err
	}
	defer func() { _ = resp.Body.Close() }()
	body, _, err := readBounded(resp.Body, maxPassive)
	if err != nil {
		return resp.StatusCode, nil, err
	}
	return resp.StatusCode, body, nil
}

func isTimeout(err error) bool {
	var t interface{ Timeout() bool }
	return errors.As(err, &t) && t.Timeout()
}

// passive takes a passive reply (document path 90241): it returns the plain XML,
// or why the platform would not show it. The lock must be held.
func (a *App) passive(p *push, body []byte) (plain, refused string) {
	var env struct {
		Encrypt      string `xml:"Encrypt"`
		MsgSignature string `xml:"MsgSignature"`
		TimeStamp    string `xml:"TimeStamp"`
		Nonce        string `xml:"Nonce"`
	}
	if err := xml.Unmarshal(body, &env); err != nil {
		return "", "not an XML envelope: " + err.Error()
	}
	if sign(a.cfg.Token, env.TimeStamp, env.Nonce, env.Encrypt) != env.MsgSignature {
		return "", "wrong signature"
	}
	key, err := aesKey(a.cfg.EncodingAESKey)
	if err != nil {
		return "", err.Error()
	}
	sealed, err := base64.StdEncoding.DecodeString(env.Encrypt)
	if err != nil {
		return "", "Encrypt is not base64"
	}
	inner, receive, err := decrypt(key, sealed)
	if err != nil {
		return "", err.Error()
	}
	if receive != a.corp.id {
		return string(inner), "wrong receive id"
	}
	return string(inner), a.applyPassive(p, inner)
}

// applyPassive shows a passive reply or updates the clicked card.
func (a *App) applyPassive(p *push, inner []byte) (refused string) {
	s := a.s
	el, err := parseElement(inner)
	if err != nil {
		return "reply is not XML: " + err.Error()
	}
	kind := el.text("MsgType")
	m := &Message{
		ID: s.random(43), CorpID: a.corp.id, AgentID: a.cfg.AgentID, Member: p.from, Time: s.now(), Type: kind, Passive: true,
	}
	switch kind {
	case "text":
		raw, cut, ok := passiveText(el.text("Content"))
		if !ok {
			return "empty text"
		}
		m.Content, m.Cut = raw, cut
	case "image", "voice", "video":
		id := el.child(strings.ToUpper(kind[:1]) + kind[1:]).text("MediaId")
		if f := a.corp.mediaOf(id, s.now()); f == nil || f.kind != kind {
			return "invalid media_id"
		}
		m.Content = mustJSON(map[string]string{"media_id": id})
	case "news":
		var articles []map[string]string
		for _, it := range el.child("Articles").all("item") {
			articles = append(articles, map[string]string{
				"title": it.text("Title"), "description": it.text("Description"), "url": it.text("Url"), "picurl": it.text("PicUrl"),
			})
		}
		if len(articles) == 0 || len(articles) > 8 {
			return "news needs 1 to 8 articles"
		}
		m.Content = mustJSON(map[string]any{"articles": articles})
	case "update_button", "update_template_card":
		return a.passiveUpdate(p, kind, el)
	default:
		return "unknown MsgType " + strconv.Quote(kind)
	}
	u := a.user(p.from)
	if u == nil {
		return "no such member"
	}
	a.deliver(m, u)
	return ""
}

func passiveText(text string) (raw []byte, cut, ok bool) {
	sh, r := cutText(mustJSON(map[string]string{"content": text}), text, appKinds)
	return sh.json, sh.cut, r == nil
}

// passiveUpdate changes the card in the clicking member's chat.
func (a *App) passiveUpdate(p *push, kind string, el *element) (refused string) {
	for _, m := range a.s.byID[p.cardMsg] {
		if !strings.EqualFold(m.Member, p.from) {
			continue
		}
		if kind == "update_button" {
			name := el.child("Button").text("ReplaceName")
			if name == "" {
				return "ReplaceName missing"
			}
			m.changeCard(a, name, nil)
			return ""
		}
		raw := withTask(mustJSON(el.child("TemplateCard").toJSON()), m.TaskID)
		if _, r := a.s.cardOf(a, raw, true); r != nil {
			return r.msg
		}
		m.changeCard(a, "", raw)
		return ""
	}
	return "a card update must answer a click on a card"
}
