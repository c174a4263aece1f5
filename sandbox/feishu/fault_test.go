package feishu_test

import (
	"context"
	"errors"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"roundsman/sandbox/feishu"
)

const messages = "/open-apis/im/v1/messages"

// post sends a text by plain HTTP and returns the raw answer.
func post(ctx context.Context, w *world, token, text string) (*http.Response, string, error) {
	body := js(map[string]any{"receive_id": w.group.ID, "msg_type": "text", "content": js(map[string]any{"text": text})})
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, w.url+messages+"?receive_id_type=chat_id", strings.NewReader(body))
	if err != nil {
		return nil, "", err
	}
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set("Authorization", "Bearer "+token)
	resp, err := w.http.Do(req)
	if err != nil {
		return nil, "", err
	}
	defer resp.Body.Close()
	b, err := io.ReadAll(resp.Body)
	return resp, string(b), err
}

func TestFail(t *testing.T) {
	t.Parallel()

	t.Run("status, code, header, times", func(t *testing.T) {
		t.Parallel()
		w := setup(t)
		w.app.Fail(http.MethodPost, messages, feishu.Fault{
			HTTPStatus: 429, Code: 99991400, Msg: "slow down", Times: 2, Header: http.Header{"x-ogw-ratelimit-reset": {"3"}},
		})
		for i, want := range []int{99991400, 99991400, 0} {
			resp := w.text("chat_id", w.group.ID, "x", "")
			if resp.Code != want {
				t.Errorf("call %d: %d, want %d", i, resp.Code, want)
			}
			if want != 0 && (resp.StatusCode != 429 || resp.Header.Get("x-ogw-ratelimit-reset") != "3") {
				t.Errorf("call %d: HTTP %d %v", i, resp.StatusCode, resp.Header)
			}
		}
		if n := len(w.Messages(w.group.ID)); n != 1 {
			t.Errorf("%d messages", n)
		}
	})

	t.Run("the effect happens, the answer is lost", func(t *testing.T) {
		t.Parallel()
		w := setup(t)
		w.app.Fail(http.MethodPost, messages, feishu.Fault{Drop: true, AfterEffect: true})
		token := w.token()
		if _, _, err := post(t.Context(), w, token, "x"); err == nil {
			t.Error("an answer came")
		}
		if n := len(w.Messages(w.group.ID)); n != 1 {
			t.Errorf("%d messages", n)
		}
	})

	t.Run("page of a gateway, cut answer, own body", func(t *testing.T) {
		t.Parallel()
		w := setup(t)
		token := w.token()
		w.app.Fail("", messages, feishu.Fault{HTTPStatus: 502, HTML: true})
		resp, body, err := post(t.Context(), w, token, "x")
		if err != nil || resp.StatusCode != 502 || resp.Header.Get("Content-Type") != "text/html" || !strings.HasPrefix(body, "<html>") {
			t.Errorf("%v %q %v", resp, body, err)
		}
		w.app.Fail("", messages, feishu.Fault{HTTPStatus: 200, Body: `{"code":0,"data":{"message_id":"om_1"}}`, Truncate: true})
		if _, _, err := post(t.Context(), w, token, "x"); !errors.Is(err, io.ErrUnexpectedEOF) {
			t.Errorf("cut answer: %v", err)
		}
		w.app.Fail("", messages, feishu.Fault{HTTPStatus: 200, Body: `not json`})
		if _, body, err := post(t.Context(), w, token, "x"); err != nil || body != "not json" {
			t.Errorf("%q %v", body, err)
		}
	})

	t.Run("hang", func(t *testing.T) {
		t.Parallel()
		w := setup(t)
		token := w.token()
		w.app.Fail("", messages, feishu.Fault{Hang: true})
		ctx, cancel := context.WithCancel(t.Context())
		stop := w.Subscribe(func() {
			for _, c := range w.app.Calls() {
				if c.Path == messages {
					cancel()
				}
			}
		})
		defer stop()
		if _, _, err := post(ctx, w, token, "x"); !errors.Is(err, context.Canceled) {
			t.Errorf("%v", err)
		}
	})

	t.Run("only this app, this path, until lifted", func(t *testing.T) {
		t.Parallel()
		w := setup(t)
		other := w.NewApp(feishu.AppConfig{})
		lift := w.app.Fail("", "/open-apis/bot/*/info", feishu.Fault{Times: -1})
		status := func(a *feishu.App) int {
			_, out := w.do(http.MethodPost, "/open-apis/auth/v3/tenant_access_token/internal", "", map[string]any{"app_id": a.ID, "app_secret": a.Secret})
			n, _ := w.do(http.MethodGet, "/open-apis/bot/v3/info", out["tenant_access_token"].(string), nil)
			return n
		}
		if got := []int{status(w.app), status(other), status(w.app)}; !cmp.Equal(got, []int{500, 200, 500}) {
			t.Errorf("%v", got)
		}
		lift()
		if got := status(w.app); got != 200 {
			t.Errorf("lifted: %d", got)
		}
		w.Fail("", "/open-apis/auth/**", feishu.Fault{HTTPStatus: 503})
		if n, _ := w.do(http.MethodPost, "/open-apis/auth/v3/tenant_access_token/internal", "", map[string]any{"app_id": other.ID, "app_secret": other.Secret}); n != 503 {
			t.Errorf("server-wide: %d", n)
		}
	})

	t.Run("delay", func(t *testing.T) {
		t.Parallel()
		w := setup(t)
		token := w.token()
		lift := w.app.Delay(messages, time.Hour)
		ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
		defer cancel()
		if _, _, err := post(ctx, w, token, "x"); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("%v", err)
		}
		lift()
		if _, _, err := post(t.Context(), w, token, "y"); err != nil {
			t.Error(err)
		}
		if n := len(w.Messages(w.group.ID)); n != 1 {
			t.Errorf("%d messages", n)
		}
	})
}

func TestCalls(t *testing.T) {
	t.Parallel()
	w := setup(t)
	w.text("chat_id", w.group.ID, "x", "")
	w.text("chat_id", "oc_x", "x", "")
	type row struct {
		Path         string
		Status, Code int
	}
	var got []row
	for _, c := range w.app.Calls() {
		got = append(got, row{c.Path, c.Status, c.Code})
	}
	want := []row{{"/open-apis/auth/v3/tenant_access_token/internal", 200, 0}, {messages, 200, 0}, {messages, 400, 230001}}
	if d := cmp.Diff(want, got); d != "" {
		t.Error(d)
	}
}

func TestBodyLimit(t *testing.T) {
	t.Parallel()
	w := setup(t)
	resp, _, err := post(t.Context(), w, w.token(), strings.Repeat("a", 3<<20))
	if err == nil && resp.StatusCode != http.StatusRequestEntityTooLarge {
		t.Errorf("HTTP %d", resp.StatusCode)
	}
	if n := len(w.Messages(w.group.ID)); n != 0 {
		t.Errorf("%d messages", n)
	}
}
