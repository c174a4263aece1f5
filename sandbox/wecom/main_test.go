package wecom_test

import (
	"bytes"
	"context"
	"encoding/json"
	"encoding/xml"
	"fmt"
	"image"
	"image/png"
	"io"
	"mime/multipart"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"runtime"
	"sync"
	"testing"
	"time"

	"github.com/silenceper/wechat/v2/util"

	"roundsman/sandbox/wecom"
)

// shared is the server of the tests that use the SDK, whose HTTP client is a
// process global. Tests that move the clock have a server of their own.
var shared *wecom.Server

func TestMain(m *testing.M) {
	shared = wecom.New(wecom.Options{Seed: 1})
	base, err := shared.Listen("127.0.0.1:0")
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	util.DefaultHTTPClient = &http.Client{Timeout: 10 * time.Second, Transport: redirect(base)}
	code := m.Run()
	shared.Close()
	// Close waits for everything it started, so nothing may be left.
	stacks := make([]byte, 1<<20)
	stacks = stacks[:runtime.Stack(stacks, true)]
	if code == 0 && bytes.Contains(stacks, []byte("sandbox/wecom.(*Server)")) {
		fmt.Fprintf(os.Stderr, "goroutines are left:\n%s", stacks)
		code = 1
	}
	os.Exit(code)
}

// redirect sends requests for qyapi.weixin.qq.com to the server at base.
type redirect string

func (r redirect) RoundTrip(req *http.Request) (*http.Response, error) {
	if req.URL.Host != "qyapi.weixin.qq.com" {
		return nil, fmt.Errorf("unexpected host %s", req.URL.Host)
	}
	u, err := url.Parse(string(r))
	if err != nil {
		return nil, err
	}
	req = req.Clone(req.Context())
	req.URL.Scheme, req.URL.Host, req.Host = u.Scheme, u.Host, u.Host
	return http.DefaultTransport.RoundTrip(req)
}

// clock is moved by hand.
type clock struct {
	mu sync.Mutex
	t  time.Time
}

func (c *clock) now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.t
}

func (c *clock) move(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.t = c.t.Add(d)
}

// fixture is a server with a clock of its own, an app, and a client for it.
type fixture struct {
	*testing.T
	srv   *wecom.Server
	base  string
	app   *wecom.App
	clock *clock
	token string
}

// setup makes a corp with the members zhangsan and lisi and an app that sees it.
func setup(t *testing.T, cfg wecom.AppConfig, opts ...func(*wecom.Options)) *fixture {
	t.Helper()
	c := &clock{t: time.Date(2026, 3, 2, 1, 0, 0, 0, time.UTC)}
	o := wecom.Options{Now: c.now, Seed: 7}
	for _, f := range opts {
		f(&o)
	}
	srv := wecom.New(o)
	t.Cleanup(srv.Close)
	base, err := srv.Listen("127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	cfg.RootVisible = true
	app := srv.NewApp(cfg)
	app.AddUser(wecom.User{UserID: "zhangsan", Name: "张三", Mobile: "13800000001"})
	app.AddUser(wecom.User{UserID: "lisi", Name: "李四"})
	return &fixture{T: t, srv: srv, base: base, app: app, clock: c}
}

type reply map[string]any

func (r reply) code() int {
	n, _ := r["errcode"].(float64)
	return int(n)
}

func (r reply) str(k string) string {
	v, _ := r[k].(string)
	return v
}

// login fetches a token.
func (f *fixture) login() {
	f.Helper()
	cfg := f.app.Config()
	r := f.get("/cgi-bin/gettoken?corpid=" + cfg.CorpID + "&corpsecret=" + cfg.Secret)
	if r.code() != 0 {
		f.Fatalf("gettoken: %v", r)
	}
	f.token = r.str("access_token")
}

func (f *fixture) get(path string) reply {
	f.Helper()
	resp, err := http.Get(f.base + path)
	if err != nil {
		f.Fatal(err)
	}
	return f.read(resp)
}

func (f *fixture) read(resp *http.Response) reply {
	f.Helper()
	defer resp.Body.Close()
	if resp.StatusCode != http.StatusOK {
		f.Fatalf("status %d", resp.StatusCode)
	}
	if ct := resp.Header.Get("Content-Type"); ct != "application/json; charset=UTF-8" {
		f.Fatalf("content type %q", ct)
	}
	var r reply
	if err := json.NewDecoder(resp.Body).Decode(&r); err != nil {
		f.Fatal(err)
	}
	return r
}

// call posts a body (a JSON text or a value) with the token.
func (f *fixture) call(path string, body any) reply {
	f.Helper()
	if f.token == "" {
		f.login()
	}
	return f.post(path+"?access_token="+f.token, body)
}

func (f *fixture) post(path string, body any) reply {
	f.Helper()
	raw, isText := body.(string)
	if !isText {
		b, err := json.Marshal(body)
		if err != nil {
			f.Fatal(err)
		}
		raw = string(b)
	}
	resp, err := http.Post(f.base+path, "application/json", bytes.NewReader([]byte(raw)))
	if err != nil {
		f.Fatal(err)
	}
	return f.read(resp)
}

// query gets with the token; params follow with "&".
func (f *fixture) query(path, params string) reply {
	f.Helper()
	if f.token == "" {
		f.login()
	}
	return f.get(path + "?access_token=" + f.token + params)
}

func (f *fixture) upload(path, field, name string, data []byte) reply {
	f.Helper()
	var b bytes.Buffer
	w := multipart.NewWriter(&b)
	p, err := w.CreateFormFile(field, name)
	if err != nil {
		f.Fatal(err)
	}
	_, _ = p.Write(data)
	_ = w.Close()
	resp, err := http.Post(f.base+path, w.FormDataContentType(), &b)
	if err != nil {
		f.Fatal(err)
	}
	return f.read(resp)
}

// text is the body of a text message.
func (f *fixture) text(to, content string) map[string]any {
	return map[string]any{
		"touser": to, "msgtype": "text", "agentid": f.app.Config().AgentID, "text": map[string]string{"content": content},
	}
}

// card is a button_interaction card.
func (f *fixture) card(to, task string, keys ...string) map[string]any {
	var buttons []map[string]any
	for _, k := range keys {
		buttons = append(buttons, map[string]any{"text": "按钮" + k, "style": 1, "key": k})
	}
	return map[string]any{
		"touser": to, "msgtype": "template_card", "agentid": f.app.Config().AgentID,
		"template_card": map[string]any{
			"card_type": "button_interaction", "task_id": task,
			"main_title": map[string]string{"title": "拜访确认"}, "button_list": buttons,
		},
	}
}

func (f *fixture) wait(cond func() bool) {
	f.Helper()
	waitFor(f.T, f.srv, cond)
}

func waitFor(t *testing.T, srv *wecom.Server, cond func() bool) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
	defer cancel()
	if err := srv.Wait(ctx, cond); err != nil {
		t.Fatal(err)
	}
}

// picture is a small PNG.
func picture(t *testing.T) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := png.Encode(&b, image.NewGray(image.Rect(0, 0, 8, 8))); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// received is what a callback got, opened with the SDK's own functions.
type received struct {
	Query url.Values
	Body  string
	XML   string
	Err   string
}

// callback is an app's server: it opens everything with silenceper's util and
// answers as the test says.
type callback struct {
	*httptest.Server
	mu  sync.Mutex
	got []received
	// answer decides about a POST; nil answers an empty 200.
	answer func(n int, w http.ResponseWriter, r *http.Request, got received)
	// echo changes the answer to the URL check.
	echo func(w http.ResponseWriter, plain []byte)
}

func newCallback(t *testing.T, app *wecom.App) *callback {
	t.Helper()
	cfg := app.Config()
	cb := &callback{}
	cb.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		q := r.URL.Query()
		open := func(encrypted string) ([]byte, string) {
			if util.Signature(cfg.Token, q.Get("timestamp"), q.Get("nonce"), encrypted) != q.Get("msg_signature") {
				return nil, "signature"
			}
			_, plain, err := util.DecryptMsg(cfg.CorpID, encrypted, cfg.EncodingAESKey)
			if err != nil {
				return nil, err.Error()
			}
			return plain, ""
		}
		if r.Method == http.MethodGet {
			plain, bad := open(q.Get("echostr"))
			switch {
			case bad != "":
				http.Error(w, bad, http.StatusForbidden)
			case cb.echo != nil:
				cb.echo(w, plain)
			default:
				_, _ = w.Write(plain)
			}
			return
		}
		body, _ := io.ReadAll(r.Body)
		var env struct {
			ToUserName, AgentID, Encrypt string
		}
		got := received{Query: q, Body: string(body)}
		if err := xml.Unmarshal(body, &env); err != nil {
			got.Err = err.Error()
		} else {
			plain, bad := open(env.Encrypt)
			got.XML, got.Err = string(plain), bad
		}
		cb.mu.Lock()
		cb.got = append(cb.got, got)
		n := len(cb.got)
		cb.mu.Unlock()
		switch {
		case cb.answer != nil:
			cb.answer(n, w, r, got)
		case got.Err != "":
			http.Error(w, got.Err, http.StatusForbidden)
		}
	}))
	t.Cleanup(cb.Close)
	return cb
}

func (cb *callback) all() []received {
	cb.mu.Lock()
	defer cb.mu.Unlock()
	return append([]received(nil), cb.got...)
}

// attach makes a callback for the fixture's app. answer may be nil.
func (f *fixture) attach(answer func(n int, w http.ResponseWriter, r *http.Request, got received)) *callback {
	f.Helper()
	cb := newCallback(f.T, f.app)
	cb.answer = answer
	if err := f.app.SetCallback(cb.URL + "/wecom/callback?x=1"); err != nil {
		f.Fatal(err)
	}
	return cb
}
