package feishu_test

import (
	"bytes"
	"context"
	"encoding/json"
	"flag"
	"image"
	"image/png"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"go.uber.org/goleak"

	"roundsman/bot"
	"roundsman/bot/feishu"
	sandbox "roundsman/sandbox/feishu"
)

var update = flag.Bool("update", false, "write the golden files")

func TestMain(m *testing.M) {
	// Each WebSocket client of the SDK starts a cache cron that it never ends.
	goleak.VerifyTestMain(m,
		goleak.IgnoreAnyFunction("github.com/larksuite/oapi-sdk-go/v3/cache.(*cron).start"),
	)
}

// start is when the tests' clock begins.
var start = time.Date(2026, 3, 2, 1, 0, 0, 0, time.UTC)

type clock struct {
	mu sync.Mutex
	t  time.Time
}

func (c *clock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.t
}

func (c *clock) Move(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.t = c.t.Add(d)
}

// inlet records what arrives.
type inlet struct {
	mu       sync.Mutex
	accepted []bot.Message
	kept     []bot.Message
	refused  []string
	fail     error
}

func (i *inlet) Accept(ctx context.Context, m bot.Message) error { return i.put(ctx, &i.accepted, m) }
func (i *inlet) Keep(ctx context.Context, m bot.Message) error   { return i.put(ctx, &i.kept, m) }

func (i *inlet) put(ctx context.Context, list *[]bot.Message, m bot.Message) error {
	i.mu.Lock()
	defer i.mu.Unlock()
	if err := ctx.Err(); err != nil {
		return err
	}
	if i.fail == nil {
		*list = append(*list, m)
	}
	return i.fail
}

func (i *inlet) Refuse(platform, reason string) {
	i.mu.Lock()
	defer i.mu.Unlock()
	i.refused = append(i.refused, platform+"/"+reason)
}

func (i *inlet) setFail(err error) {
	i.mu.Lock()
	defer i.mu.Unlock()
	i.fail = err
}

// all returns what was taken, by either way.
func (i *inlet) all() []bot.Message {
	i.mu.Lock()
	defer i.mu.Unlock()
	return append(slices.Clone(i.accepted), i.kept...)
}

func (i *inlet) reasons() []string {
	i.mu.Lock()
	defer i.mu.Unlock()
	return slices.Clone(i.refused)
}

// logs collects what is logged.
type logs struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (l *logs) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.Write(p)
}

func (l *logs) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.String()
}

// Secrets that must appear nowhere.
const (
	secret = "CANARYsecretCANARYsecretCANARYse"
	token  = "CANARYtokenCANARYtokenCANARYtoke"
	key    = "CANARYkeyCANARYkeyCANARYkeyCANAR"
)

// world is a company on an emulated Feishu and our platform in it.
type world struct {
	*sandbox.Server
	t      *testing.T
	app    *sandbox.App
	clock  *clock
	url    string
	in     *inlet
	logs   *logs
	config feishu.Config
	opts   feishu.Options
	*feishu.Platform
	rep   sandbox.User
	group sandbox.Chat
}

// Listen is the platform's; the emulator has one too.
func (w *world) Listen(ctx context.Context, in bot.Inlet) error { return w.Platform.Listen(ctx, in) }

type change func(*sandbox.AppConfig, *feishu.Config, *feishu.Options)

func unlimited(a *sandbox.AppConfig, _ *feishu.Config, _ *feishu.Options) { a.Unlimited = true }
func webhook(_ *sandbox.AppConfig, c *feishu.Config, _ *feishu.Options)   { c.Mode = feishu.Webhook }

func setup(t *testing.T, changes ...change) *world {
	t.Helper()
	clk := &clock{t: start}
	w := &world{t: t, clock: clk, in: &inlet{}, logs: &logs{}}
	w.Server = sandbox.New(sandbox.Options{Now: clk.Now, LimitClock: time.Now})
	t.Cleanup(w.Server.Close)
	srv := httptest.NewServer(w.Handler())
	t.Cleanup(srv.Close)
	w.url = srv.URL
	ac := sandbox.AppConfig{
		Secret: secret, VerificationToken: token, EncryptKey: key, BotName: "巡访",
		Scopes:    sandbox.Scopes{GroupMsg: true},
		WebSocket: sandbox.ClientConfig{ReconnectInterval: 1, ReconnectNonce: 1},
	}
	transport := &http.Transport{MaxIdleConnsPerHost: 100}
	t.Cleanup(transport.CloseIdleConnections)
	w.config = feishu.Config{AppSecret: secret, VerificationToken: token, EncryptKey: key, BaseURL: srv.URL}
	w.opts = feishu.Options{
		Now: clk.Now, Transport: transport,
		Logger: slog.New(slog.NewTextHandler(w.logs, &slog.HandlerOptions{Level: slog.LevelDebug})),
	}
	for _, c := range changes {
		c(&ac, &w.config, &w.opts)
	}
	w.app = w.NewApp(ac)
	w.config.AppID = w.app.ID
	w.rep = w.AddUser(sandbox.User{Name: "张伟"})
	w.group = w.AddChat(sandbox.Chat{Name: "华东一队", Members: []string{w.rep.OpenID}, Apps: []string{w.app.ID}})
	w.Platform = w.platform()
	t.Cleanup(func() { w.clean("the logs", w.logs.String()) })
	return w
}

// platform makes another one, as a restart or a second replica would.
func (w *world) platform() *feishu.Platform {
	w.t.Helper()
	p, err := feishu.New(w.config, w.opts)
	if err != nil {
		w.t.Fatal(err)
	}
	return p
}

// clean reports secrets in a text.
func (w *world) clean(what, text string) {
	w.t.Helper()
	for _, s := range []string{"CANARY", "Bearer", "access_key=", "ticket=", "t-"} {
		if i := strings.Index(text, s); i >= 0 && (s != "t-" || isToken(text[i:])) {
			w.t.Errorf("%s hold a secret: …%s…", what, text[max(0, i-60):min(len(text), i+80)])
		}
	}
}

// isToken tells tokens, which the emulator makes 40 characters long, from words.
func isToken(s string) bool {
	end := strings.IndexFunc(s, func(r rune) bool {
		return !strings.ContainsRune("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_", r)
	})
	if end < 0 {
		end = len(s)
	}
	return end > 30
}

// until waits for a condition that the emulator's events bring about.
func (w *world) until(what string, ok func() bool) {
	w.t.Helper()
	ctx, cancel := context.WithTimeout(w.t.Context(), 20*time.Second)
	defer cancel()
	if err := w.Wait(ctx, ok); err != nil {
		w.t.Fatalf("waiting for %s: %v\ndeliveries: %+v\nlogs: %s", what, err, w.app.Deliveries(), w.logs)
	}
}

// poll waits for a condition that nothing announces.
func (w *world) poll(what string, ok func() bool) {
	w.t.Helper()
	deadline := time.Now().Add(20 * time.Second)
	tick := time.NewTicker(5 * time.Millisecond)
	defer tick.Stop()
	for !ok() {
		if time.Now().After(deadline) {
			w.t.Fatalf("waiting for %s\nlogs: %s", what, w.logs)
		}
		<-tick.C
	}
}

func (w *world) advance(d time.Duration) {
	w.clock.Move(d)
	w.Tick()
}

// listen starts listening and returns what ends it.
func (w *world) listen() (stop func()) {
	w.t.Helper()
	n := w.app.WebSockets()
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- w.Listen(ctx, w.in) }()
	var once sync.Once
	stop = func() {
		once.Do(func() {
			cancel()
			select {
			case err := <-done:
				if err != nil {
					w.t.Errorf("Listen: %v", err)
				}
			case <-time.After(15 * time.Second):
				w.t.Error("Listen did not end")
			}
		})
	}
	w.t.Cleanup(stop)
	if w.config.Mode != feishu.Webhook {
		w.until("the connection", func() bool { return w.app.WebSockets() > n })
	}
	return stop
}

// serve mounts the routes and returns the callback's address.
func (w *world) serve() string {
	mux := http.NewServeMux()
	w.Routes(mux, w.in)
	srv := httptest.NewServer(mux)
	w.t.Cleanup(srv.Close)
	return srv.URL + "/feishu/events"
}

// callback serves and lets the emulator send there.
func (w *world) callback() string {
	w.t.Helper()
	url := w.serve()
	if err := w.app.SetCallback(url); err != nil {
		w.t.Fatal(err)
	}
	return url
}

func (w *world) user() bot.Address {
	return bot.Address{Platform: "feishu", Place: bot.ToUser, ID: w.rep.OpenID}
}

func (w *world) team() bot.Address {
	return bot.Address{Platform: "feishu", Place: bot.ToGroup, ID: w.group.ID}
}

// p2p is the direct chat's id.
func (w *world) p2p() string {
	w.t.Helper()
	id, err := w.app.P2P(w.rep.OpenID)
	if err != nil {
		w.t.Fatal(err)
	}
	return id
}

// compose returns the one part of a body.
func (w *world) compose(to bot.Address, b bot.Body) bot.Part {
	w.t.Helper()
	parts, err := w.Compose(to, b)
	if err != nil {
		w.t.Fatal(err)
	}
	if len(parts) != 1 {
		w.t.Fatalf("%d parts", len(parts))
	}
	return parts[0]
}

// calls counts calls of a path.
func (w *world) calls(path string) int {
	n := 0
	for _, c := range w.app.Calls() {
		if c.Path == path {
			n++
		}
	}
	return n
}

func picture(t *testing.T) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := png.Encode(&b, image.NewGray(image.Rect(0, 0, 3, 2))); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func js(v any) string {
	b, err := json.Marshal(v)
	if err != nil {
		panic(err)
	}
	return string(b)
}

// golden compares with a file of testdata.
func golden(t *testing.T, name string, got []byte) {
	t.Helper()
	path := filepath.Join("testdata", name)
	if *update {
		if err := os.MkdirAll("testdata", 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, got, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff(string(want), string(got)); d != "" {
		t.Errorf("%s differs (-want +got):\n%s", path, d)
	}
}
