package feishu_test

import (
	"bytes"
	"context"
	"encoding/json"
	"image"
	"image/png"
	"net/http"
	"net/http/httptest"
	"sync"
	"testing"
	"time"

	larkcore "github.com/larksuite/oapi-sdk-go/v3/core"
	larkim "github.com/larksuite/oapi-sdk-go/v3/service/im/v1"
	"go.uber.org/goleak"

	"roundsman/sandbox/feishu"
)

func TestMain(m *testing.M) {
	// Each WebSocket client of the SDK starts a cache cron that it never ends.
	goleak.VerifyTestMain(m,
		goleak.IgnoreAnyFunction("github.com/larksuite/oapi-sdk-go/v3/cache.(*cron).start"),
	)
}

// clock is a clock moved by hand.
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

// world is a server with one app, one user and one group of both.
type world struct {
	*feishu.Server
	t     *testing.T
	app   *feishu.App
	clock *clock
	url   string
	sdk   *larkim.V1
	http  *http.Client
	rep   feishu.User
	group feishu.Chat
}

func setup(t *testing.T, configs ...feishu.AppConfig) *world {
	t.Helper()
	clk := &clock{t: time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC)}
	w := &world{t: t, clock: clk, Server: feishu.New(feishu.Options{Now: clk.Now})}
	t.Cleanup(w.Server.Close)
	srv := httptest.NewServer(w.Handler())
	t.Cleanup(srv.Close)
	w.url = srv.URL
	w.http = &http.Client{Timeout: 10 * time.Second, Transport: &http.Transport{}}
	t.Cleanup(w.http.CloseIdleConnections)
	var c feishu.AppConfig
	if len(configs) > 0 {
		c = configs[0]
	}
	if c.BotName == "" {
		c.BotName = "巡访"
	}
	w.app = w.NewApp(c)
	w.rep = w.AddUser(feishu.User{Name: "张伟", Email: "zhangwei@example.com", Mobile: "+8613800000000"})
	w.group = w.AddChat(feishu.Chat{Name: "华东一队", Members: []string{w.rep.OpenID}, Apps: []string{w.app.ID}})
	w.sdk = larkim.New(w.config())
	return w
}

// config is the SDK's, as lark.NewClient would make it.
func (w *world) config() *larkcore.Config {
	c := &larkcore.Config{
		BaseUrl: w.url, AppId: w.app.ID, AppSecret: w.app.Secret, AppType: larkcore.AppTypeSelfBuilt,
		EnableTokenCache: true, HttpClient: w.http, Logger: quiet{}, LogLevel: larkcore.LogLevelError,
	}
	larkcore.NewCache(c)
	larkcore.NewSerialization(c)
	return c
}

// quiet drops the SDK's logs.
type quiet struct{}

func (quiet) Debug(context.Context, ...any) {}
func (quiet) Info(context.Context, ...any)  {}
func (quiet) Warn(context.Context, ...any)  {}
func (quiet) Error(context.Context, ...any) {}

// text sends a text by the SDK.
func (w *world) text(kind, to, text, uuid string) *larkim.CreateMessageResp {
	w.t.Helper()
	return w.create(kind, to, "text", js(map[string]any{"text": text}), uuid)
}

func (w *world) create(kind, to, msgType, content, uuid string) *larkim.CreateMessageResp {
	w.t.Helper()
	body := larkim.NewCreateMessageReqBodyBuilder().ReceiveId(to).MsgType(msgType).Content(content)
	if uuid != "" {
		body.Uuid(uuid)
	}
	resp, err := w.sdk.Message.Create(w.t.Context(), larkim.NewCreateMessageReqBuilder().ReceiveIdType(kind).Body(body.Build()).Build())
	if err != nil {
		w.t.Fatalf("create %s: %v", msgType, err)
	}
	return resp
}

// card sends a card into the group and returns its message id.
func (w *world) card(content string) string {
	w.t.Helper()
	resp := w.create("chat_id", w.group.ID, "interactive", content, "")
	if !resp.Success() {
		w.t.Fatalf("create card: %d %s", resp.Code, resp.Msg)
	}
	return *resp.Data.MessageId
}

// until waits for a condition, with a deadline.
func (w *world) until(what string, ok func() bool) {
	w.t.Helper()
	ctx, cancel := context.WithTimeout(w.t.Context(), 10*time.Second)
	defer cancel()
	if err := w.Wait(ctx, ok); err != nil {
		w.t.Fatalf("waiting for %s: %v\ndeliveries: %+v", what, err, w.app.Deliveries())
	}
}

// advance moves the clock.
func (w *world) advance(d time.Duration) {
	w.clock.Move(d)
	w.Tick()
}

// token fetches a tenant access token by plain HTTP.
func (w *world) token() string {
	w.t.Helper()
	status, out := w.do(http.MethodPost, "/open-apis/auth/v3/tenant_access_token/internal", "",
		map[string]any{"app_id": w.app.ID, "app_secret": w.app.Secret})
	if status != http.StatusOK {
		w.t.Fatalf("token: %d %v", status, out)
	}
	return out["tenant_access_token"].(string)
}

// do makes a plain JSON call; any goroutine may.
func (w *world) do(method, path, token string, body any) (int, map[string]any) {
	w.t.Helper()
	var r bytes.Buffer
	if body != nil {
		r.WriteString(js(body))
	}
	req, err := http.NewRequestWithContext(w.t.Context(), method, w.url+path, &r)
	if err != nil {
		w.t.Error(err)
		return 0, nil
	}
	req.Header.Set("Content-Type", "application/json; charset=utf-8")
	if token != "" {
		req.Header.Set("Authorization", "Bearer "+token)
	}
	resp, err := w.http.Do(req)
	if err != nil {
		w.t.Error(err)
		return 0, nil
	}
	defer resp.Body.Close()
	if got := resp.Header.Get("Content-Type"); got != "application/json; charset=utf-8" {
		w.t.Errorf("%s %s: Content-Type = %q", method, path, got)
	}
	var out map[string]any
	if err := json.NewDecoder(resp.Body).Decode(&out); err != nil {
		w.t.Errorf("%s %s: %v", method, path, err)
	}
	return resp.StatusCode, out
}

func js(v any) string {
	b, err := json.Marshal(v)
	if err != nil {
		panic(err)
	}
	return string(b)
}

func picture(t *testing.T) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := png.Encode(&b, image.NewGray(image.Rect(0, 0, 3, 2))); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// confirmCard is a card of schema 2.0 with one button.
func confirmCard(text string) string {
	return js(map[string]any{
		"schema": "2.0",
		"config": map[string]any{"update_multi": true},
		"body": map[string]any{"elements": []any{
			map[string]any{"tag": "markdown", "content": text},
			map[string]any{
				"tag": "button", "name": "confirm", "text": map[string]any{"tag": "plain_text", "content": "确认"},
				"behaviors": []any{map[string]any{"type": "callback", "value": map[string]any{"action": "confirm", "id": "p1"}}},
			},
		}},
	})
}
