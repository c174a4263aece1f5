package feishu_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/larksuite/oapi-sdk-go/v3/core/httpserverext"
	larkevent "github.com/larksuite/oapi-sdk-go/v3/event"
	"github.com/larksuite/oapi-sdk-go/v3/event/dispatcher"
	"github.com/larksuite/oapi-sdk-go/v3/event/dispatcher/callback"

	"roundsman/sandbox/feishu"
)

// receiver is a webhook that answers as told and records what came.
type receiver struct {
	mu     sync.Mutex
	key    string
	status int
	reqs   []request
}

type request struct {
	header http.Header
	body   []byte
	plain  map[string]any
}

func (r *receiver) ServeHTTP(w http.ResponseWriter, req *http.Request) {
	body, err := io.ReadAll(req.Body)
	if err != nil {
		w.WriteHeader(http.StatusBadRequest)
		return
	}
	plain := body
	if r.key != "" {
		var in struct{ Encrypt string }
		if json.Unmarshal(body, &in) != nil {
			w.WriteHeader(http.StatusBadRequest)
			return
		}
		if plain, err = larkevent.EventDecrypt(in.Encrypt, r.key); err != nil {
			w.WriteHeader(http.StatusBadRequest)
			return
		}
	}
	var v map[string]any
	if json.Unmarshal(plain, &v) != nil {
		w.WriteHeader(http.StatusBadRequest)
		return
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.reqs = append(r.reqs, request{req.Header, body, v})
	if v["type"] == "url_verification" {
		fmt.Fprintf(w, `{"challenge":%q}`, v["challenge"])
		return
	}
	if r.status != 0 {
		w.WriteHeader(r.status)
	}
	fmt.Fprint(w, `{}`)
}

func (r *receiver) list() []request {
	r.mu.Lock()
	defer r.mu.Unlock()
	return slices.Clone(r.reqs)
}

func (r *receiver) answer(status int) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.status = status
}

func listen(t *testing.T, h http.Handler) string {
	t.Helper()
	srv := httptest.NewServer(h)
	t.Cleanup(srv.Close)
	return srv.URL
}

func hook(w *world) *receiver {
	w.t.Helper()
	r := &receiver{key: w.app.EncryptKey}
	if err := w.app.SetCallback(listen(w.t, r)); err != nil {
		w.t.Fatal(err)
	}
	return r
}

func TestWebhook(t *testing.T) {
	t.Parallel()

	t.Run("challenge, signature and encryption as the sdk checks them", func(t *testing.T) {
		t.Parallel()
		w := setup(t)
		var in inbox
		d := dispatcher.NewEventDispatcher(w.app.VerificationToken, w.app.EncryptKey).
			OnP2MessageReceiveV1(in.receive).
			OnP2CardActionTrigger(func(context.Context, *callback.CardActionTriggerEvent) (*callback.CardActionTriggerResponse, error) {
				return &callback.CardActionTriggerResponse{Toast: &callback.Toast{Type: "info", Content: "好"}}, nil
			})
		if err := w.app.SetCallback(listen(t, http.HandlerFunc(httpserverext.NewEventHandlerFunc(d, larkevent.WithLogger(quiet{}))))); err != nil {
			t.Fatal(err)
		}
		m, err := w.app.SendText(w.rep.OpenID, "", "今天")
		if err != nil {
			t.Fatal(err)
		}
		w.until("the acknowledgement", func() bool { return len(w.app.Deliveries()) == 1 && w.app.Pending() == 0 })
		if d := w.app.Deliveries()[0]; !d.OK || d.Via != "webhook" || d.MessageID != m.ID {
			t.Errorf("%+v", d)
		}
		if got := in.list(); len(got) != 1 || *got[0].Event.Message.MessageId != m.ID {
			t.Errorf("%d events", len(got))
		}
		res, err := w.app.Click(w.rep.OpenID, w.card(confirmCard("x")), map[string]any{"id": "p1", "action": "confirm"})
		if err != nil || res.Toast.Content != "好" {
			t.Errorf("%+v %v", res, err)
		}
	})

	t.Run("the sdk refuses it with another key", func(t *testing.T) {
		t.Parallel()
		w := setup(t)
		d := dispatcher.NewEventDispatcher(w.app.VerificationToken, "another key")
		err := w.app.SetCallback(listen(t, http.HandlerFunc(httpserverext.NewEventHandlerFunc(d, larkevent.WithLogger(quiet{})))))
		if err == nil {
			t.Error("the challenge passed")
		}
	})

	t.Run("challenges that fail", func(t *testing.T) {
		t.Parallel()
		w := setup(t, feishu.AppConfig{NoEncryption: true})
		for name, h := range map[string]http.HandlerFunc{
			"500":       func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusInternalServerError) },
			"redirect":  func(w http.ResponseWriter, r *http.Request) { http.Redirect(w, r, "/x", http.StatusTemporaryRedirect) },
			"no json":   func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, "ok") },
			"wrong one": func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, `{"challenge":"x"}`) },
		} {
			if err := w.app.SetCallback(listen(t, h)); err == nil {
				t.Errorf("%s: no error", name)
			}
		}
	})

	for _, once := range []bool{true, false} {
		t.Run(fmt.Sprintf("a retry, signed once %v", once), func(t *testing.T) {
			t.Parallel()
			w := setup(t, feishu.AppConfig{SignOnce: once})
			r := hook(w)
			r.answer(http.StatusServiceUnavailable)
			if _, err := w.app.SendText(w.rep.OpenID, "", "x"); err != nil {
				t.Fatal(err)
			}
			w.until("the first attempt", func() bool { return len(w.app.Deliveries()) == 1 })
			r.answer(http.StatusOK)
			w.advance(15 * time.Second)
			w.until("the acknowledgement", func() bool { return w.app.Pending() == 0 })
			got := r.list()[1:] // the challenge came first
			if len(got) != 2 {
				t.Fatalf("%d requests", len(got))
			}
			if d := cmp.Diff(got[0].plain, got[1].plain); d != "" {
				t.Errorf("the event changed: %s", d)
			}
			for _, q := range got {
				sign := larkevent.Signature(q.header.Get("X-Lark-Request-Timestamp"), q.header.Get("X-Lark-Request-Nonce"), w.app.EncryptKey, string(q.body))
				if sign != q.header.Get("X-Lark-Signature") {
					t.Error("bad signature")
				}
			}
			same := bytes.Equal(got[0].body, got[1].body) && got[0].header.Get("X-Lark-Request-Timestamp") == got[1].header.Get("X-Lark-Request-Timestamp")
			if same != once {
				t.Errorf("same request: %v", same)
			}
		})
	}

	t.Run("no answer within the timeout is a failure", func(t *testing.T) {
		t.Parallel()
		w := setup(t)
		srv := feishu.New(feishu.Options{Now: w.clock.Now, CallbackTimeout: 30 * time.Millisecond})
		t.Cleanup(srv.Close)
		app := srv.NewApp(feishu.AppConfig{NoEncryption: true})
		u := srv.AddUser(feishu.User{})
		stop := make(chan struct{})
		url := listen(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			var v map[string]any
			_ = json.NewDecoder(r.Body).Decode(&v)
			if v["type"] == "url_verification" {
				fmt.Fprintf(w, `{"challenge":%q}`, v["challenge"])
				return
			}
			<-stop
		}))
		t.Cleanup(func() { close(stop) })
		if err := app.SetCallback(url); err != nil {
			t.Fatal(err)
		}
		if _, err := app.SendText(u.OpenID, "", "x"); err != nil {
			t.Fatal(err)
		}
		(&world{Server: srv, t: t, app: app}).until("the attempt", func() bool { return len(app.Deliveries()) == 1 })
		if d := app.Deliveries()[0]; d.OK || d.Err != feishu.ErrCallbackTimeout.Error() || d.RetryAt != w.clock.Now().Add(15*time.Second) {
			t.Errorf("%+v", d)
		}
	})

	t.Run("held events are released in another order", func(t *testing.T) {
		t.Parallel()
		w := setup(t)
		r := hook(w)
		w.app.Hold()
		var ids []string
		for range 3 {
			m, err := w.app.SendText(w.rep.OpenID, "", "x")
			if err != nil {
				t.Fatal(err)
			}
			ids = append(ids, m.ID)
		}
		w.advance(time.Hour)
		if len(r.list()) != 1 || w.app.Pending() != 3 {
			t.Fatalf("%d requests while held", len(r.list()))
		}
		w.app.ReleaseReversed()
		w.until("the events", func() bool { return w.app.Pending() == 0 })
		var started []string
		for _, q := range r.list()[1:] {
			started = append(started, q.plain["event"].(map[string]any)["message"].(map[string]any)["message_id"].(string))
		}
		slices.Sort(started)
		slices.Sort(ids)
		if d := cmp.Diff(ids, started); d != "" {
			t.Error(d)
		}
	})
}

// TestWirePayloads compares what is pushed with the payloads of the documents:
// the same keys and types, in content too.
func TestWirePayloads(t *testing.T) {
	t.Parallel()
	for name, act := range map[string]func(w *world) error{
		"text": func(w *world) error { _, err := w.app.SendText(w.rep.OpenID, "", "今天"); return err },
		"group_text_mention": func(w *world) error {
			_, err := w.app.SendText(w.rep.OpenID, w.group.ID, "今天", w.app.BotOpenID)
			return err
		},
		"location": func(w *world) error { _, err := w.app.SendLocation(w.rep.OpenID, "", "店", 30.25, 120.5); return err },
		"image":    func(w *world) error { _, err := w.app.SendImage(w.rep.OpenID, "", picture(w.t)); return err },
		"file":     func(w *world) error { _, err := w.app.SendFile(w.rep.OpenID, "", "a.pdf", []byte("%PDF")); return err },
		"post":     func(w *world) error { _, err := w.app.SendPost(w.rep.OpenID, "", "门头", picture(w.t)); return err },
		"bot_added": func(w *world) error {
			c := w.AddChat(feishu.Chat{Name: "新群", Members: []string{w.rep.OpenID}})
			return w.app.JoinChat(w.rep.OpenID, c.ID)
		},
		"card_action": func(w *world) error {
			_, err := w.app.Click(w.rep.OpenID, w.card(confirmCard("x")), map[string]any{"action": "confirm", "id": "p1"})
			return err
		},
		"challenge": func(*world) error { return nil },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := setup(t)
			r := hook(w)
			if err := act(w); err != nil {
				t.Fatal(err)
			}
			n := 2
			if name == "challenge" {
				n = 1
			}
			w.until("the event", func() bool { return len(r.list()) >= n && w.app.Pending() == 0 })
			raw, err := os.ReadFile(filepath.Join("testdata", name+".json"))
			if err != nil {
				t.Fatal(err)
			}
			var want map[string]any
			if err := json.Unmarshal(raw, &want); err != nil {
				t.Fatal(err)
			}
			got := r.list()[n-1].plain
			if d := cmp.Diff(shape(want), shape(got)); d != "" {
				t.Error(d)
			}
			if name == "card_action" {
				created := got["header"].(map[string]any)["create_time"]
				if created != fmt.Sprint(w.clock.Now().UnixMicro()) {
					t.Errorf("create_time %v is not in microseconds", created)
				}
			}
		})
	}
}

// shape replaces every value by the name of its type; a JSON string is looked
// into.
func shape(v any) any {
	switch v := v.(type) {
	case map[string]any:
		out := map[string]any{}
		for k, e := range v {
			if s, ok := e.(string); ok && k == "content" {
				var inner any
				if json.Unmarshal([]byte(s), &inner) == nil {
					out[k] = map[string]any{"json": shape(inner)}
					continue
				}
			}
			out[k] = shape(e)
		}
		return out
	case []any:
		out := make([]any, len(v))
		for i, e := range v {
			out[i] = shape(e)
		}
		return out
	}
	return fmt.Sprintf("%T", v)
}

func TestClick(t *testing.T) {
	t.Parallel()
	value := map[string]any{"action": "confirm", "id": "p1"}

	t.Run("no callback, a failing one, a strange answer", func(t *testing.T) {
		t.Parallel()
		w := setup(t)
		id := w.card(confirmCard("x"))
		if _, err := w.app.Click(w.rep.OpenID, id, value); !errors.Is(err, feishu.ErrNoCallback) {
			t.Errorf("without a callback: %v", err)
		}
		r := hook(w)
		if _, err := w.app.Click(w.rep.OpenID, id, value); err != nil {
			t.Errorf("empty answer: %v", err)
		}
		r.answer(http.StatusInternalServerError)
		if _, err := w.app.Click(w.rep.OpenID, id, value); !errors.Is(err, feishu.ErrCallbackFailed) {
			t.Errorf("500: %v", err)
		}
		w.advance(24 * time.Hour)
		if n := len(r.list()); n != 3 || w.app.Pending() != 0 {
			t.Errorf("%d requests: card callbacks are not retried", n)
		}
		if _, err := w.app.Click(w.rep.OpenID, id, map[string]any{"action": "other"}); !errors.Is(err, feishu.ErrNoButton) {
			t.Errorf("unknown value: %v", err)
		}
		stranger := w.AddUser(feishu.User{})
		if _, err := w.app.Click(stranger.OpenID, id, value); err == nil {
			t.Error("somebody outside the chat clicked")
		}
	})

	t.Run("the token updates the card twice within 30 minutes", func(t *testing.T) {
		t.Parallel()
		w := setup(t)
		hook(w)
		id := w.card(confirmCard("x"))
		update := func(token string) any {
			_, out := w.do(http.MethodPost, "/open-apis/interactive/v1/card/update", w.token(),
				map[string]any{"token": token, "card": json.RawMessage(confirmCard("y"))})
			return out["code"]
		}
		res, err := w.app.Click(w.rep.OpenID, id, value)
		if err != nil {
			t.Fatal(err)
		}
		if got := []any{update(res.Token), update(res.Token), update(res.Token)}; !cmp.Equal(got, []any{0.0, 0.0, 300110.0}) {
			t.Errorf("codes %v", got)
		}
		if res, err = w.app.Click(w.rep.OpenID, id, value); err != nil {
			t.Fatal(err)
		}
		w.advance(30*time.Minute + time.Millisecond)
		if got := update(res.Token); got != 300090.0 {
			t.Errorf("after 30 minutes: %v", got)
		}
	})

	t.Run("a form", func(t *testing.T) {
		t.Parallel()
		w := setup(t)
		r := hook(w)
		id := w.card(`{"schema":"2.0","body":{"elements":[{"tag":"form","name":"report","elements":[
			{"tag":"input","name":"amount"},
			{"tag":"button","name":"submit","form_action_type":"submit","text":{"tag":"plain_text","content":"提交"},
			 "behaviors":[{"type":"callback","value":{"action":"report"}}]}]}]}}`)
		_, err := w.app.Act(w.rep.OpenID, id, feishu.Action{Name: "submit", FormValue: map[string]any{"amount": "1200"}})
		if err != nil {
			t.Fatal(err)
		}
		got := r.list()[1].plain["event"].(map[string]any)["action"].(map[string]any)
		want := map[string]any{
			"tag": "button", "name": "submit", "timezone": "Asia/Shanghai",
			"value": map[string]any{"action": "report"}, "form_value": map[string]any{"amount": "1200"},
		}
		if d := cmp.Diff(want, got); d != "" {
			t.Error(d)
		}
		if _, err := w.app.Act(w.rep.OpenID, id, feishu.Action{Name: "submit", FormValue: map[string]any{"nothing": "x"}}); err == nil {
			t.Error("a field that the form has not was accepted")
		}
	})
}

func TestOtherEvents(t *testing.T) {
	t.Parallel()
	w := setup(t, feishu.AppConfig{Events: []string{
		feishu.EventRecalled, feishu.EventBotDeleted, feishu.EventDisbanded, feishu.EventP2PEntered, feishu.EventUserAdded, feishu.EventUserDeleted,
	}})
	r := hook(w)
	m, err := w.app.SendText(w.rep.OpenID, "", "x") // not subscribed here
	if err != nil {
		t.Fatal(err)
	}
	other := w.AddUser(feishu.User{})
	second := w.AddChat(feishu.Chat{Members: []string{w.rep.OpenID}, Apps: []string{w.app.ID}})
	for i, err := range []error{
		w.app.Recall(m.ID), w.app.EnterP2P(w.rep.OpenID), w.AddMember(w.group.ID, other.OpenID), w.RemoveMember(w.group.ID, other.OpenID),
		w.app.LeaveChat(w.rep.OpenID, w.group.ID), w.DissolveChat(second.ID),
	} {
		if err != nil {
			t.Fatalf("%d: %v", i, err)
		}
	}
	if _, err := w.app.PushRaw("im.message.message_read_v1", []byte(`{"message_id_list":["om_1"]}`)); err != nil {
		t.Fatal(err)
	}
	w.until("the events", func() bool { return w.app.Pending() == 0 && len(w.app.Deliveries()) == 7 })
	var got []string
	for _, q := range r.list()[1:] {
		got = append(got, q.plain["header"].(map[string]any)["event_type"].(string))
	}
	slices.Sort(got)
	want := []string{
		feishu.EventP2PEntered, feishu.EventDisbanded, feishu.EventBotDeleted, feishu.EventUserAdded, feishu.EventUserDeleted,
		"im.message.message_read_v1", feishu.EventRecalled,
	}
	slices.Sort(want)
	if d := cmp.Diff(want, got); d != "" {
		t.Error(d)
	}
}
