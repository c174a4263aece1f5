package feishu_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"roundsman/bot"
	"roundsman/bot/feishu"
	sandbox "roundsman/sandbox/feishu"
)

const (
	messages = "/open-apis/im/v1/messages"
	tokenURL = "/open-apis/auth/v3/tenant_access_token/internal"
)

// sendErr returns the SendError that err must be.
func sendErr(t *testing.T, err error) *bot.SendError {
	t.Helper()
	var se *bot.SendError
	if !errors.As(err, &se) {
		t.Fatalf("not a SendError: %T %v", err, err)
	}
	return se
}

// say sends a text to the rep.
func (w *world) say(text, key string) (string, error) {
	w.t.Helper()
	return w.Send(w.t.Context(), w.user(), w.compose(w.user(), bot.Body{Text: text}), key)
}

func TestSend(t *testing.T) {
	t.Parallel()

	t.Run("a text, a card, a picture and a file, to a person and to a group", func(t *testing.T) {
		t.Parallel()
		w := setup(t, unlimited)
		for _, to := range []bot.Address{w.user(), w.team()} {
			chat := w.group.ID
			if to.Place == bot.ToUser {
				chat = w.p2p()
			}
			before := len(w.Messages(chat))
			for i, b := range []bot.Body{
				{Text: "早上好"},
				{Card: new(visit())},
				{Image: &bot.File{Data: picture(t), Name: "a.png", Alt: "地图"}},
				{File: &bot.File{Data: []byte("PK sheet"), Name: "周报.xlsx"}},
			} {
				key := fmt.Sprintf("%s-%d", to.Place, i)
				id, err := w.Send(t.Context(), to, w.compose(to, b), key)
				if err != nil {
					t.Fatal(err)
				}
				m, ok := w.Message(id)
				if !ok || m.ChatID != chat || m.UUID != key || m.Type != []string{"text", "interactive", "image", "file"}[i] {
					t.Errorf("%+v", m)
				}
			}
			got := w.Messages(chat)[before:]
			if got[0].Content != `{"text":"早上好"}` {
				t.Errorf("text %s", got[0].Content)
			}
			var c struct {
				ImageKey string `json:"image_key"`
				FileKey  string `json:"file_key"`
			}
			for _, m := range got[2:] {
				if err := json.Unmarshal([]byte(m.Content), &c); err != nil {
					t.Fatal(err)
				}
			}
			if data, _, ok := w.File(c.FileKey); !ok || string(data) != "PK sheet" {
				t.Error("the file is not what was sent")
			}
			if data, _, ok := w.File(c.ImageKey); !ok || string(data) != string(picture(t)) {
				t.Error("the picture is not what was sent")
			}
		}
		if n := w.calls(tokenURL); n != 1 {
			t.Errorf("%d tokens were fetched", n)
		}
	})

	t.Run("the same key twice is one message", func(t *testing.T) {
		t.Parallel()
		w := setup(t)
		first, err := w.say("早上好", "k")
		if err != nil {
			t.Fatal(err)
		}
		again, err := w.say("早上好", "k")
		if err != nil || again != first {
			t.Errorf("%q, %v", again, err)
		}
		if n := len(w.Messages(w.p2p())); n != 1 {
			t.Errorf("%d messages", n)
		}
	})

	t.Run("an answer that is lost leaves it unknown, and the same key finds it", func(t *testing.T) {
		t.Parallel()
		for name, f := range map[string]sandbox.Fault{
			"dropped":     {Drop: true},
			"truncated":   {HTTPStatus: 200, Truncate: true},
			"500":         {HTTPStatus: 500},
			"502 in HTML": {HTTPStatus: 502, HTML: true},
			"504":         {HTTPStatus: 504, HTML: true},
			"200 in HTML": {HTTPStatus: 200, HTML: true},
			"no JSON":     {HTTPStatus: 200, Body: "{"},
		} {
			t.Run(name, func(t *testing.T) {
				t.Parallel()
				w := setup(t)
				f.AfterEffect = true
				w.app.Fail("POST", messages, f)
				_, err := w.say("早上好", "k")
				if se := sendErr(t, err); !se.Unknown || !se.Retry || se.Gone {
					t.Errorf("%+v", se)
				}
				w.clean("an error", err.Error())
				if id, err := w.say("早上好", "k"); err != nil || id == "" {
					t.Errorf("again: %q, %v", id, err)
				}
				if n := len(w.Messages(w.p2p())); n != 1 {
					t.Errorf("%d messages", n)
				}
			})
		}
	})

	t.Run("codes", func(t *testing.T) {
		t.Parallel()
		for _, c := range []struct {
			name  string
			fault sandbox.Fault
			want  bot.SendError
		}{
			{"gateway limit", sandbox.Fault{HTTPStatus: 429, Code: 99991400, Header: http.Header{"X-Ogw-Ratelimit-Reset": {"7"}}}, bot.SendError{Code: "99991400", Retry: true, After: 7 * time.Second}},
			{"gateway limit of older interfaces", sandbox.Fault{HTTPStatus: 400, Code: 99991400}, bot.SendError{Code: "99991400", Retry: true, After: time.Second}},
			{"a limit that never ends", sandbox.Fault{HTTPStatus: 429, Code: 99991400, Header: http.Header{"X-Ogw-Ratelimit-Reset": {"999999999"}}}, bot.SendError{Code: "99991400", Retry: true, After: 10 * time.Minute}},
			{"a limit that makes no sense", sandbox.Fault{HTTPStatus: 429, Code: 99991400, Header: http.Header{"X-Ogw-Ratelimit-Reset": {"-1x"}}}, bot.SendError{Code: "99991400", Retry: true, After: time.Second}},
			{"429 in HTML", sandbox.Fault{HTTPStatus: 429, HTML: true}, bot.SendError{Code: "rate", Retry: true, After: time.Second}},
			{"chat limit", sandbox.Fault{Code: 230020}, bot.SendError{Code: "230020", Retry: true, After: time.Second}},
			{"tenant limit", sandbox.Fault{Code: 11232}, bot.SendError{Code: "11232", Retry: true, After: 5 * time.Second}},
			{"being sent", sandbox.Fault{Code: 230049}, bot.SendError{Code: "230049", Retry: true, Unknown: true, After: time.Second}},
			{"not in the group", sandbox.Fault{Code: 230002}, bot.SendError{Code: "230002", Gone: true}},
			{"no such person for us", sandbox.Fault{Code: 230013}, bot.SendError{Code: "230013", Gone: true}},
			{"dissolved", sandbox.Fault{Code: 232009}, bot.SendError{Code: "232009", Gone: true}},
			{"muted", sandbox.Fault{Code: 230035}, bot.SendError{Code: "230035", Gone: true}},
			{"parameters", sandbox.Fault{Code: 230001}, bot.SendError{Code: "230001"}},
			{"too long", sandbox.Fault{Code: 230025}, bot.SendError{Code: "230025"}},
			{"data loss prevention", sandbox.Fault{Code: 230028}, bot.SendError{Code: "230028"}},
			{"a card", sandbox.Fault{Code: 230099, Msg: "Failed to create card content, ext=ErrCode: 200861; ErrMsg: CANARY what was sent"}, bot.SendError{Code: "230099"}},
			{"code in a 200", sandbox.Fault{HTTPStatus: 200, Code: 230001}, bot.SendError{Code: "230001"}},
			{"an internal error", sandbox.Fault{HTTPStatus: 500, Code: 2200}, bot.SendError{Code: "http_500", Retry: true, Unknown: true}},
			{"a redirect", sandbox.Fault{HTTPStatus: 302, HTML: true, Header: http.Header{"Location": {"http://169.254.169.254/"}}}, bot.SendError{Code: "http_302", Retry: true}},
			{"a proxy's refusal", sandbox.Fault{HTTPStatus: 403, HTML: true}, bot.SendError{Code: "http_403", Retry: true}},
			{"a token refused twice", sandbox.Fault{Code: 99991663, Times: 2}, bot.SendError{Code: "99991663", Retry: true}},
		} {
			t.Run(c.name, func(t *testing.T) {
				t.Parallel()
				w := setup(t)
				w.app.Fail("POST", messages, c.fault)
				_, err := w.say("CANARY早上好", "k")
				got := *sendErr(t, err)
				w.clean("an error", err.Error())
				if c.name == "a card" && !strings.Contains(err.Error(), "230099/200861") {
					t.Errorf("without the inner code: %v", err)
				}
				got.Err = nil
				if d := cmp.Diff(c.want, got); d != "" {
					t.Errorf("(-want +got):\n%s", d)
				}
			})
		}
	})

	t.Run("refused before it is sent", func(t *testing.T) {
		t.Parallel()
		w := setup(t)
		for name, f := range map[string]func() error{
			"another platform's address": func() error {
				_, err := w.Send(t.Context(), bot.Address{Platform: "wecom", Place: bot.ToUser, ID: "x"}, bot.Part{Type: "text"}, "k")
				return err
			},
			"a key too long": func() error {
				_, err := w.say("x", strings.Repeat("k", 51))
				return err
			},
		} {
			if se := sendErr(t, f()); se.Retry || se.Unknown {
				t.Errorf("%s: %+v", name, se)
			}
		}
		if n := len(w.app.Calls()); n != 0 {
			t.Errorf("%d calls", n)
		}
	})

	t.Run("a picture that does not reach Feishu was not sent", func(t *testing.T) {
		t.Parallel()
		for name, c := range map[string]struct {
			fault sandbox.Fault
			retry bool
		}{
			"dropped":       {sandbox.Fault{Drop: true}, true},
			"500":           {sandbox.Fault{HTTPStatus: 500}, true},
			"not a picture": {sandbox.Fault{Code: 234011}, false},
			"no key":        {sandbox.Fault{HTTPStatus: 200, Body: `{"code":0,"data":{}}`}, true},
		} {
			t.Run(name, func(t *testing.T) {
				t.Parallel()
				w := setup(t)
				w.app.Fail("POST", "/open-apis/im/v1/images", c.fault)
				_, err := w.Send(t.Context(), w.user(), w.compose(w.user(), bot.Body{Image: &bot.File{Data: picture(t)}}), "k")
				if se := sendErr(t, err); se.Unknown || se.Retry != c.retry {
					t.Errorf("%+v", se)
				}
				if n := w.calls(messages); n != 0 {
					t.Errorf("%d messages were sent", n)
				}
			})
		}
	})
}

func TestToken(t *testing.T) {
	t.Parallel()

	t.Run("expired: one refresh, one more try", func(t *testing.T) {
		t.Parallel()
		w := setup(t)
		if _, err := w.say("x", "k1"); err != nil {
			t.Fatal(err)
		}
		w.app.ExpireToken()
		if _, err := w.say("y", "k2"); err != nil {
			t.Fatal(err)
		}
		if n, m := w.calls(tokenURL), w.calls(messages); n != 2 || m != 3 {
			t.Errorf("%d tokens, %d sends", n, m)
		}
	})

	t.Run("refused for ever: exactly two tries", func(t *testing.T) {
		t.Parallel()
		for _, code := range []int{99991663, 99991664, 99991671} {
			w := setup(t)
			w.app.Fail("POST", messages, sandbox.Fault{Code: code, Times: -1})
			_, err := w.say("x", "k")
			if se := sendErr(t, err); !se.Retry || se.Unknown {
				t.Errorf("%+v", se)
			}
			if n, m := w.calls(tokenURL), w.calls(messages); n != 2 || m != 2 {
				t.Errorf("%d: %d tokens, %d sends", code, n, m)
			}
		}
	})

	t.Run("a hundred at once with an expired token: one fetch", func(t *testing.T) {
		t.Parallel()
		w := setup(t, unlimited)
		if _, err := w.say("x", "k"); err != nil {
			t.Fatal(err)
		}
		w.app.ExpireToken()
		var wg sync.WaitGroup
		errs := make(chan error, 100)
		part := w.compose(w.user(), bot.Body{Text: "y"})
		for i := range 100 {
			wg.Go(func() {
				_, err := w.Send(t.Context(), w.user(), part, fmt.Sprint("k", i))
				errs <- err
			})
		}
		wg.Wait()
		close(errs)
		for err := range errs {
			if err != nil {
				t.Error(err)
			}
		}
		if n := w.calls(tokenURL); n != 2 {
			t.Errorf("%d tokens were fetched", n)
		}
		if n := len(w.Messages(w.p2p())); n != 101 {
			t.Errorf("%d messages", n)
		}
	})

	t.Run("a hundred cold at once: one fetch", func(t *testing.T) {
		t.Parallel()
		w := setup(t, unlimited)
		lift := w.app.Delay(tokenURL, 50*time.Millisecond)
		defer lift()
		var wg sync.WaitGroup
		for range 100 {
			wg.Go(func() {
				if err := bot.Ready(w.Vitals(t.Context())); err != nil && !strings.Contains(err.Error(), "not connected") {
					t.Error(err)
				}
			})
		}
		wg.Wait()
		if n := w.calls(tokenURL); n != 1 {
			t.Errorf("%d tokens were fetched", n)
		}
	})

	t.Run("renewed a margin before its end, also when it lives shortly", func(t *testing.T) {
		t.Parallel()
		for _, c := range []struct{ life, kept, gone time.Duration }{
			{2 * time.Hour, 2*time.Hour - 6*time.Minute, 2*time.Hour - 4*time.Minute},
			{2 * time.Minute, 80 * time.Second, 100 * time.Second},
		} {
			w := setup(t, func(a *sandbox.AppConfig, _ *feishu.Config, _ *feishu.Options) {
				a.TokenLifetime, a.Unlimited = c.life, true
			})
			for i, at := range []struct {
				now   time.Duration
				calls int
			}{{0, 1}, {c.kept, 1}, {c.gone - c.kept, 2}} {
				w.advance(at.now)
				if _, err := w.say("x", fmt.Sprint(i)); err != nil {
					t.Fatal(err)
				}
				if n := w.calls(tokenURL); n != at.calls {
					t.Errorf("life %v, step %d: %d tokens", c.life, i, n)
				}
			}
		}
	})

	t.Run("two platforms of one app id do not share a token", func(t *testing.T) {
		t.Parallel()
		same := func(a *sandbox.AppConfig, _ *feishu.Config, _ *feishu.Options) { a.ID = "cli_shared" }
		one, two := setup(t, same), setup(t, same)
		for _, w := range []*world{one, two} {
			if _, err := w.say("x", "k"); err != nil {
				t.Error(err)
			}
		}
	})

	t.Run("a wrong secret is no unknown outcome", func(t *testing.T) {
		t.Parallel()
		w := setup(t)
		w.config.AppSecret = "CANARYwrong"
		w.Platform = w.platform()
		_, err := w.say("x", "k")
		if se := sendErr(t, err); se.Unknown || !se.Retry || se.Code != "10014" {
			t.Errorf("%+v", se)
		}
		w.clean("an error", err.Error())
		w = setup(t)
		w.app.Fail("POST", tokenURL, sandbox.Fault{Drop: true})
		_, err = w.say("x", "k")
		if se := sendErr(t, err); se.Unknown || !se.Retry {
			t.Errorf("without a token: %+v", se)
		}
	})
}

func TestUpdate(t *testing.T) {
	t.Parallel()
	w := setup(t, unlimited)
	card := visit()
	id, err := w.Send(t.Context(), w.user(), w.compose(w.user(), bot.Body{Card: &card}), "k")
	if err != nil {
		t.Fatal(err)
	}
	card.Title = "改过"
	part := w.compose(w.user(), bot.Body{Card: &card})
	if err := w.Update(t.Context(), w.user(), id, part); err != nil {
		t.Fatal(err)
	}
	m, _ := w.Message(id)
	if m.Content != string(part.Data) || m.Revision != 1 {
		t.Errorf("revision %d: %s", m.Revision, m.Content)
	}
	w.app.ExpireToken()
	if err := w.Update(t.Context(), w.user(), id, part); err != nil {
		t.Errorf("with an expired token: %v", err)
	}
	w.app.Fail("PATCH", messages+"/*", sandbox.Fault{Code: 230011})
	if se := sendErr(t, w.Update(t.Context(), w.user(), id, part)); se.Retry || se.Unknown {
		t.Errorf("a recalled card: %+v", se)
	}
	w.advance(15 * 24 * time.Hour)
	if se := sendErr(t, w.Update(t.Context(), w.user(), id, part)); se.Retry {
		t.Errorf("after 15 days: %+v", se)
	}

	id, err = w.say("早上好", "k2")
	if err != nil {
		t.Fatal(err)
	}
	if err := w.Update(t.Context(), w.user(), id, w.compose(w.user(), bot.Body{Text: "晚上好"})); err != nil {
		t.Error(err)
	}
	if m, _ := w.Message(id); m.Content != `{"text":"晚上好"}` {
		t.Errorf("text %s", m.Content)
	}
	err = w.Update(t.Context(), w.user(), id, w.compose(w.user(), bot.Body{Image: &bot.File{Data: picture(t)}}))
	if se := sendErr(t, err); se.Retry || se.Code != "not_editable" {
		t.Errorf("a picture: %+v", se)
	}
}

func TestCancelled(t *testing.T) {
	t.Parallel()
	w := setup(t)
	part := w.compose(w.user(), bot.Body{Text: "x"})
	over, cancel := context.WithCancel(t.Context())
	cancel()
	for name, f := range map[string]func(context.Context) error{
		"send":   func(ctx context.Context) error { _, err := w.Send(ctx, w.user(), part, "k"); return err },
		"update": func(ctx context.Context) error { return w.Update(ctx, w.user(), "om_1", part) },
		"fetch": func(ctx context.Context) error {
			_, err := w.Fetch(ctx, "om_1", bot.Media{Resource: "img_1"}, 10)
			return err
		},
		"ready": func(ctx context.Context) error { return bot.Ready(w.Vitals(ctx)) },
	} {
		if err := f(over); !errors.Is(err, context.Canceled) {
			t.Errorf("%s with an ended context: %v", name, err)
		}
		if name == "ready" {
			continue
		}
		// And one that ends while Feishu does not answer.
		w.app.Fail("", "/open-apis/im/**", sandbox.Fault{Hang: true})
		ctx, cancel := context.WithCancel(t.Context())
		done := make(chan error, 1)
		go func() { done <- f(ctx) }()
		n := len(w.app.Calls())
		w.until("the call", func() bool { return len(w.app.Calls()) > n })
		cancel()
		select {
		case err := <-done:
			if !errors.Is(err, context.Canceled) {
				t.Errorf("%s: %v", name, err)
			}
		case <-time.After(5 * time.Second):
			t.Errorf("%s did not return", name)
		}
	}
}

func TestNobodyThere(t *testing.T) {
	t.Parallel()
	w := setup(t)
	part := w.compose(w.user(), bot.Body{Text: "x"})
	if _, err := w.say("x", "k"); err != nil {
		t.Fatal(err)
	}
	w.config.BaseURL = "http://127.0.0.1:1"
	p := w.platform()
	_, err := p.Send(t.Context(), w.user(), part, "k")
	if se := sendErr(t, err); !se.Retry || se.Unknown || se.Code != "network" {
		t.Errorf("%+v", se)
	}
	w.clean("an error", err.Error())
	if strings.Contains(err.Error(), "tenant_access_token") {
		t.Errorf("an address in %v", err)
	}
}
