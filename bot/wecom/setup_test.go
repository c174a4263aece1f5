package wecom_test

import (
	"bytes"
	"context"
	"errors"
	"flag"
	"image"
	"image/png"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"roundsman/bot"
	"roundsman/bot/wecom"
	sandbox "roundsman/sandbox/wecom"
)

var update = flag.Bool("update", false, "write the golden files anew")

// start is when the tests' clocks begin.
var start = time.Date(2026, 3, 2, 1, 0, 0, 0, time.UTC)

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

// inlet records what arrives.
type inlet struct {
	mu      sync.Mutex
	kept    []bot.Message
	refused []string
	// fail makes so many calls of Keep fail.
	fail int
}

func (in *inlet) Accept(context.Context, bot.Message) error {
	return errors.New("WeCom would not come again in time: Keep is meant")
}

func (in *inlet) Keep(_ context.Context, m bot.Message) error {
	in.mu.Lock()
	defer in.mu.Unlock()
	if in.fail > 0 {
		in.fail--
		return errors.New("no store and no disk")
	}
	in.kept = append(in.kept, m)
	return nil
}

func (in *inlet) Refuse(platform, reason string) {
	in.mu.Lock()
	defer in.mu.Unlock()
	in.refused = append(in.refused, platform+" "+reason)
}

func (in *inlet) messages() []bot.Message {
	in.mu.Lock()
	defer in.mu.Unlock()
	return append([]bot.Message(nil), in.kept...)
}

func (in *inlet) lastRefusal() string {
	in.mu.Lock()
	defer in.mu.Unlock()
	if len(in.refused) == 0 {
		return ""
	}
	return in.refused[len(in.refused)-1]
}

// fixture is an emulated WeCom with an app, and the platform that serves it.
type fixture struct {
	*testing.T
	srv   *sandbox.Server
	app   *sandbox.App
	clock *clock
	cfg   wecom.Config
	robot string // key
	*wecom.Platform
	in   *inlet
	http *httptest.Server
	log  *lockedBuffer
}

type lockedBuffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (l *lockedBuffer) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.Write(p)
}

func (l *lockedBuffer) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.String()
}

// setup makes an app with the members zhangsan and lisi, connects the platform
// to it and its callback to the platform.
func setup(t *testing.T, change ...func(*sandbox.AppConfig)) *fixture {
	t.Helper()
	f := &fixture{T: t, clock: &clock{t: start}, in: &inlet{}, log: &lockedBuffer{}}
	f.srv = sandbox.New(sandbox.Options{Now: f.clock.now, Seed: 7})
	t.Cleanup(f.srv.Close)
	base, err := f.srv.Listen("127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	ac := sandbox.AppConfig{RootVisible: true, LocationReport: true, Secret: "canary-secret", Token: "canary-token"}
	for _, c := range change {
		c(&ac)
	}
	f.app = f.srv.NewApp(ac)
	f.app.AddUser(sandbox.User{UserID: "zhangsan", Name: "张三"})
	f.app.AddUser(sandbox.User{UserID: "lisi", Name: "李四"})
	f.robot = f.app.AddRobot("华东一队", "zhangsan", "lisi")
	ac = f.app.Config()
	f.cfg = wecom.DefaultConfig()
	f.cfg.CorpID, f.cfg.AgentID, f.cfg.Secret = ac.CorpID, ac.AgentID, ac.Secret
	f.cfg.Token, f.cfg.EncodingAESKey, f.cfg.BaseURL = ac.Token, ac.EncodingAESKey, base
	f.cfg.DomainVerification = "WW_verify_AbCd1234.txt AbCd1234"
	f.Platform = f.platform(f.cfg)
	mux := http.NewServeMux()
	f.Routes(mux, f.in)
	f.http = httptest.NewServer(mux)
	t.Cleanup(f.http.Close)
	if err := f.app.SetCallback(f.http.URL + "/wecom/callback"); err != nil {
		t.Fatal(err)
	}
	return f
}

func (f *fixture) platform(c wecom.Config) *wecom.Platform {
	f.Helper()
	p, err := wecom.New(c, wecom.Options{
		Now: f.clock.now, Logger: slog.New(slog.NewTextHandler(f.log, nil)),
		Robots: map[string]string{wecom.RobotID(f.robot): f.robot},
	})
	if err != nil {
		f.Fatal(err)
	}
	return p
}

func user(id string) bot.Address {
	return bot.Address{Platform: "wecom", Place: bot.ToUser, ID: id}
}

func group(id string) bot.Address {
	return bot.Address{Platform: "wecom", Place: bot.ToGroup, ID: id}
}

func (f *fixture) robotAddress() bot.Address {
	return bot.Address{Platform: "wecom", Place: bot.ToRobot, ID: wecom.RobotID(f.robot)}
}

// say composes and sends a body and returns the ids.
func (f *fixture) say(to bot.Address, b bot.Body, key string) ([]string, error) {
	f.Helper()
	parts, err := f.Compose(to, b)
	if err != nil {
		f.Fatal(err)
	}
	var ids []string
	for i, p := range parts {
		id, err := f.Send(f.Context(), to, p, key+string(rune('a'+i)))
		if err != nil {
			return ids, err
		}
		ids = append(ids, id)
	}
	return ids, nil
}

func (f *fixture) mustSay(to bot.Address, b bot.Body, key string) []string {
	f.Helper()
	ids, err := f.say(to, b, key)
	if err != nil {
		f.Fatal(err)
	}
	return ids
}

// wait waits until n messages were kept and returns them.
func (f *fixture) wait(n int) []bot.Message {
	f.Helper()
	f.until(func() bool { return len(f.in.messages()) >= n })
	return f.in.messages()
}

func (f *fixture) until(cond func() bool) {
	f.Helper()
	ctx, cancel := context.WithTimeout(f.Context(), 10*time.Second)
	defer cancel()
	if err := f.srv.Wait(ctx, cond); err != nil {
		f.Fatal(err)
	}
}

// calls counts the calls of a path.
func (f *fixture) calls(path string) int {
	n := 0
	for _, c := range f.app.Calls() {
		if strings.HasSuffix(c.Path, path) {
			n++
		}
	}
	return n
}

// fromApp returns the texts that the app sent to a member and that are shown.
func (f *fixture) fromApp(member string) []string {
	var out []string
	for _, m := range f.app.Messages(member) {
		if m.From == "" && !m.Dropped {
			out = append(out, m.Text())
		}
	}
	return out
}

func sendError(t *testing.T, err error) *bot.SendError {
	t.Helper()
	var e *bot.SendError
	if !errors.As(err, &e) {
		t.Fatalf("got %v, want a SendError", err)
	}
	return e
}

func picture(t *testing.T, size int) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := png.Encode(&b, image.NewGray(image.Rect(0, 0, size, size))); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// document reads a callback as WeCom's documents show it.
func document(t testing.TB, name string) string {
	t.Helper()
	b, err := os.ReadFile(filepath.Join("../../sandbox/wecom/testdata", name))
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

func golden(t *testing.T, name string, got []byte) {
	t.Helper()
	path := filepath.Join("testdata", name)
	if *update {
		if err := os.WriteFile(path, got, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), string(got)); diff != "" {
		t.Errorf("%s (-want +got):\n%s", name, diff)
	}
}

func body(t *testing.T, r io.Reader) string {
	t.Helper()
	b, err := io.ReadAll(r)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

// offline is a platform that calls nobody.
func offline(t testing.TB) *wecom.Platform {
	t.Helper()
	c := wecom.DefaultConfig()
	c.CorpID, c.AgentID, c.Secret, c.Token = "ww0123456789abcdef", 1000002, "s", "t"
	c.EncodingAESKey = strings.Repeat("A", 43)
	p, err := wecom.New(c, wecom.Options{Now: func() time.Time { return start }})
	if err != nil {
		t.Fatal(err)
	}
	return p
}
