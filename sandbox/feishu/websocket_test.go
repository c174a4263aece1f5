package feishu_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/coder/websocket"
	"github.com/google/go-cmp/cmp"
	"github.com/larksuite/oapi-sdk-go/v3/event/dispatcher"
	"github.com/larksuite/oapi-sdk-go/v3/event/dispatcher/callback"
	larkim "github.com/larksuite/oapi-sdk-go/v3/service/im/v1"
	larkws "github.com/larksuite/oapi-sdk-go/v3/ws"

	"roundsman/sandbox/feishu"
)

// inbox records what a client received.
type inbox struct {
	mu     sync.Mutex
	events []*larkim.P2MessageReceiveV1
	fail   error
}

func (i *inbox) receive(_ context.Context, e *larkim.P2MessageReceiveV1) error {
	i.mu.Lock()
	defer i.mu.Unlock()
	i.events = append(i.events, e)
	return i.fail
}

func (i *inbox) setFail(err error) {
	i.mu.Lock()
	defer i.mu.Unlock()
	i.fail = err
}

func (i *inbox) list() []*larkim.P2MessageReceiveV1 {
	i.mu.Lock()
	defer i.mu.Unlock()
	return slices.Clone(i.events)
}

// connect starts an SDK client and waits until it is connected.
func connect(w *world, d *dispatcher.EventDispatcher) (stopped <-chan error) {
	w.t.Helper()
	n := w.app.WebSockets()
	done := dial(w, d)
	w.until("the client to connect", func() bool { return w.app.WebSockets() > n })
	return done
}

func dial(w *world, d *dispatcher.EventDispatcher) <-chan error {
	cli := larkws.NewClient(w.app.ID, w.app.Secret, larkws.WithEventHandler(d), larkws.WithDomain(w.url), larkws.WithLogger(quiet{}),
		larkws.WithHttpClient(w.http))
	done := make(chan error, 1)
	ctx, cancel := context.WithCancel(context.Background())
	go func() {
		done <- cli.Start(ctx)
		close(done)
	}()
	w.t.Cleanup(func() {
		cancel()
		for range done {
		}
	})
	return done
}

var quick = feishu.AppConfig{WebSocket: feishu.ClientConfig{ReconnectInterval: 1, ReconnectNonce: 1}}

func TestWebSocket(t *testing.T) {
	t.Parallel()

	t.Run("text, location and image arrive and are acknowledged", func(t *testing.T) {
		t.Parallel()
		w := setup(t)
		var in inbox
		connect(w, dispatcher.NewEventDispatcher("", "").OnP2MessageReceiveV1(in.receive))
		send := func(m feishu.Message, err error) feishu.Message {
			t.Helper()
			if err != nil {
				t.Fatal(err)
			}
			return m
		}
		sent := []feishu.Message{
			send(w.app.SendText(w.rep.OpenID, "", "今天")),
			send(w.app.SendLocation(w.rep.OpenID, "", "文三路 90 号", 30.274444, 120.131313)),
			send(w.app.SendImage(w.rep.OpenID, "", picture(t))),
		}
		w.until("three acknowledgements", func() bool { return len(w.app.Deliveries()) == 3 && w.app.Pending() == 0 })
		for _, d := range w.app.Deliveries() {
			if !d.OK || d.Status != 200 || d.Via != "websocket" || d.Attempt != 1 {
				t.Errorf("%+v", d)
			}
		}
		got := in.list()
		slices.SortFunc(got, func(a, b *larkim.P2MessageReceiveV1) int {
			at := func(e *larkim.P2MessageReceiveV1) int {
				return slices.IndexFunc(sent, func(m feishu.Message) bool { return m.ID == *e.Event.Message.MessageId })
			}
			return at(a) - at(b)
		})
		if len(got) != 3 {
			t.Fatalf("%d events", len(got))
		}
		for i, m := range sent {
			e := got[i].Event
			if *e.Message.Content != m.Content || *e.Message.ChatId != m.ChatID || *e.Message.ChatType != "p2p" ||
				*e.Sender.SenderId.OpenId != w.rep.OpenID || *e.Message.CreateTime != fmt.Sprint(w.clock.Now().UnixMilli()) {
				t.Errorf("event %d: %s", i, js(e))
			}
		}
		if want := `{"name":"文三路 90 号","longitude":"120.131313","latitude":"30.274444"}`; *got[1].Event.Message.Content != want {
			t.Errorf("location %s", *got[1].Event.Message.Content)
		}
	})

	t.Run("an error is redelivered on schedule with the same event id, four times", func(t *testing.T) {
		t.Parallel()
		w := setup(t)
		in := inbox{fail: errors.New("database away")}
		connect(w, dispatcher.NewEventDispatcher("", "").OnP2MessageReceiveV1(in.receive))
		if _, err := w.app.SendText(w.rep.OpenID, "", "x"); err != nil {
			t.Fatal(err)
		}
		for i, wait := range []time.Duration{0, 15 * time.Second, 5 * time.Minute, time.Hour, 6 * time.Hour} {
			if wait > 0 {
				w.advance(wait - time.Millisecond)
				if n := len(w.app.Deliveries()); n != i {
					t.Fatalf("attempt %d came early", n)
				}
				w.advance(time.Millisecond)
			}
			w.until(fmt.Sprintf("attempt %d", i+1), func() bool { return len(w.app.Deliveries()) == i+1 })
		}
		list := w.app.Deliveries()
		for i, d := range list {
			if d.EventID != list[0].EventID || d.Attempt != i+1 || d.Status != 500 || d.OK || d.RetryAt.IsZero() != (i == 4) {
				t.Errorf("%+v", d)
			}
		}
		if w.app.Pending() != 0 {
			t.Errorf("a sixth attempt is pending")
		}
	})

	t.Run("redelivered after 500, then acknowledged", func(t *testing.T) {
		t.Parallel()
		w := setup(t)
		in := inbox{fail: errors.New("database away")}
		connect(w, dispatcher.NewEventDispatcher("", "").OnP2MessageReceiveV1(in.receive))
		m, err := w.app.SendText(w.rep.OpenID, "", "x")
		if err != nil {
			t.Fatal(err)
		}
		w.until("the first attempt", func() bool { return len(w.app.Deliveries()) == 1 })
		in.setFail(nil)
		w.advance(15 * time.Second)
		w.until("the acknowledgement", func() bool { return w.app.Pending() == 0 })
		got := in.list()
		if len(got) != 2 || got[0].EventV2Base.Header.EventID != got[1].EventV2Base.Header.EventID || *got[1].Event.Message.MessageId != m.ID {
			t.Fatalf("%d events", len(got))
		}
		// A duplicate under a new event id, same message.
		if err := w.app.Redeliver(m.ID, true); err != nil {
			t.Fatal(err)
		}
		w.until("the duplicate", func() bool { return len(in.list()) == 3 && w.app.Pending() == 0 })
		got = in.list()
		if got[2].EventV2Base.Header.EventID == got[0].EventV2Base.Header.EventID || *got[2].Event.Message.MessageId != m.ID {
			t.Errorf("the duplicate: %s", js(got[2].EventV2Base.Header))
		}
	})

	t.Run("events of before the connection come with it", func(t *testing.T) {
		t.Parallel()
		w := setup(t)
		if _, err := w.app.SendText(w.rep.OpenID, "", "x"); err != nil {
			t.Fatal(err)
		}
		w.until("the failed attempt", func() bool { return len(w.app.Deliveries()) == 1 })
		if d := w.app.Deliveries()[0]; d.OK || d.Err == "" {
			t.Errorf("%+v", d)
		}
		var in inbox
		connect(w, dispatcher.NewEventDispatcher("", "").OnP2MessageReceiveV1(in.receive))
		w.advance(15 * time.Second)
		w.until("the event", func() bool { return len(in.list()) == 1 && w.app.Pending() == 0 })
	})

	t.Run("one random client of several gets each event", func(t *testing.T) {
		t.Parallel()
		w := setup(t)
		var in [3]inbox
		for i := range in {
			connect(w, dispatcher.NewEventDispatcher("", "").OnP2MessageReceiveV1(in[i].receive))
		}
		for range 60 {
			if _, err := w.app.SendText(w.rep.OpenID, "", "x"); err != nil {
				t.Fatal(err)
			}
		}
		w.until("60 acknowledgements", func() bool { return w.app.Pending() == 0 })
		total := 0
		for i := range in {
			n := len(in[i].list())
			if n == 0 {
				t.Errorf("client %d got nothing", i)
			}
			total += n
		}
		if total != 60 {
			t.Errorf("%d events in all, want 60", total)
		}
	})

	t.Run("a kicked client comes back", func(t *testing.T) {
		t.Parallel()
		w := setup(t, quick)
		var in inbox
		connect(w, dispatcher.NewEventDispatcher("", "").OnP2MessageReceiveV1(in.receive))
		if n := w.app.KickWebSockets(); n != 1 {
			t.Fatalf("kicked %d", n)
		}
		w.until("the disconnection", func() bool { return w.app.WebSockets() == 0 })
		w.until("the reconnection", func() bool { return w.app.WebSockets() == 1 })
		if _, err := w.app.SendText(w.rep.OpenID, "", "x"); err != nil {
			t.Fatal(err)
		}
		w.until("the event", func() bool { return len(in.list()) == 1 })
	})

	t.Run("split frames are one event", func(t *testing.T) {
		t.Parallel()
		w := setup(t)
		w.app.SplitFrames(2)
		var in inbox
		connect(w, dispatcher.NewEventDispatcher("", "").OnP2MessageReceiveV1(in.receive))
		m, err := w.app.SendText(w.rep.OpenID, "", "一个比较长的消息")
		if err != nil {
			t.Fatal(err)
		}
		// The SDK can lose one of two frames that it handles at once; the retry brings it.
		w.until("the first attempt", func() bool { return w.app.Pending() == 0 || len(w.app.Deliveries()) == 1 })
		for range 4 {
			if w.app.Pending() == 0 {
				break
			}
			w.advance(6 * time.Hour)
			n := len(w.app.Deliveries())
			w.until("another attempt", func() bool { return w.app.Pending() == 0 || len(w.app.Deliveries()) > n })
		}
		if got := in.list(); len(got) != 1 || *got[0].Event.Message.Content != m.Content {
			t.Errorf("%d events", len(got))
		}
	})

	t.Run("refused handshakes", func(t *testing.T) {
		t.Parallel()
		w := setup(t, quick)
		w.app.RefuseWebSocket(403, 0, "forbidden", 1)
		done := dial(w, dispatcher.NewEventDispatcher("", ""))
		var got *larkws.ClientError
		select {
		case err := <-done:
			if !errors.As(err, &got) || got.Code != 403 {
				t.Errorf("Start returned %v", err)
			}
		case <-time.After(10 * time.Second):
			t.Fatal("Start did not return")
		}
		w.app.RefuseWebSocket(514, 0, "try again", 1)
		connect(w, dispatcher.NewEventDispatcher("", ""))
	})

	t.Run("the 51st client is refused", func(t *testing.T) {
		t.Parallel()
		w := setup(t)
		for range 50 {
			connect(w, dispatcher.NewEventDispatcher("", ""))
		}
		var got *larkws.ClientError
		select {
		case err := <-dial(w, dispatcher.NewEventDispatcher("", "")):
			if !errors.As(err, &got) || got.Code != 514 {
				t.Errorf("Start returned %v", err)
			}
		case <-time.After(10 * time.Second):
			t.Fatal("Start did not return")
		}
	})

	t.Run("a wrong secret", func(t *testing.T) {
		t.Parallel()
		w := setup(t)
		err := larkws.NewClient(w.app.ID, "wrong", larkws.WithDomain(w.url), larkws.WithLogger(quiet{}), larkws.WithHttpClient(w.http)).Start(t.Context())
		var got *larkws.ClientError
		if !errors.As(err, &got) {
			t.Errorf("Start returned %v", err)
		}
	})

	t.Run("a mute server gives no answer", func(t *testing.T) {
		t.Parallel()
		w := setup(t)
		srv := feishu.New(feishu.Options{Now: w.clock.Now, CallbackTimeout: 700 * time.Millisecond})
		t.Cleanup(srv.Close)
		base, err := srv.Listen("127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		m := &world{Server: srv, t: t, url: base, http: w.http, clock: w.clock, app: srv.NewApp(quick)}
		u := srv.AddUser(feishu.User{})
		var in inbox
		connect(m, dispatcher.NewEventDispatcher("", "").OnP2MessageReceiveV1(in.receive))
		m.app.MuteWebSocket(true)
		if _, err := m.app.SendText(u.OpenID, "", "x"); err != nil {
			t.Fatal(err)
		}
		m.until("the attempt to end", func() bool { return len(m.app.Deliveries()) == 1 })
		if d := m.app.Deliveries()[0]; d.Status != 0 || d.Err != feishu.ErrCallbackTimeout.Error() {
			t.Errorf("%+v", d)
		}
		m.app.MuteWebSocket(false)
		m.advance(15 * time.Second)
		m.until("the retry", func() bool { return m.app.Pending() == 0 })
		if n := len(in.list()); n != 1 {
			t.Errorf("%d events", n)
		}
	})

	t.Run("pings are answered with the whole configuration", func(t *testing.T) {
		t.Parallel()
		w := setup(t)
		c := rawDial(w)
		c.send(*larkws.NewPingFrame(7))
		f := c.next()
		h := larkws.Headers(f.Headers)
		if f.Method != int32(larkws.FrameTypeControl) || h.GetString(larkws.HeaderType) != "pong" {
			t.Errorf("%+v", f)
		}
		want := `{"ReconnectCount":-1,"ReconnectInterval":120,"ReconnectNonce":30,"PingInterval":120}`
		if string(f.Payload) != want {
			t.Errorf("payload %s", f.Payload)
		}
	})

	t.Run("frames of a split event", func(t *testing.T) {
		t.Parallel()
		w := setup(t)
		w.app.SplitFrames(3)
		c := rawDial(w)
		m, err := w.app.SendText(w.rep.OpenID, "", "你好")
		if err != nil {
			t.Fatal(err)
		}
		var body []byte
		var last larkws.Frame
		for i := range 3 {
			f := c.next()
			h := larkws.Headers(f.Headers)
			if h.GetInt(larkws.HeaderSum) != 3 || h.GetInt(larkws.HeaderSeq) != i || h.GetString(larkws.HeaderType) != "event" ||
				f.Method != int32(larkws.FrameTypeData) {
				t.Errorf("frame %d: %+v", i, h)
			}
			if i > 0 && h.GetString(larkws.HeaderMessageID) != larkws.Headers(last.Headers).GetString(larkws.HeaderMessageID) {
				t.Error("the frames have different message ids")
			}
			body = append(body, f.Payload...)
			last = f
		}
		if !strings.Contains(string(body), m.ID) || !json.Valid(body) {
			t.Errorf("%s", body)
		}
		last.Payload = []byte(`{"code":200}`)
		c.send(last)
		c.send(last) // an answer too many is dropped
		w.until("the acknowledgement", func() bool { return w.app.Pending() == 0 })
		last.Payload = []byte(`{`)
		if _, err := w.app.SendText(w.rep.OpenID, "", "x"); err != nil {
			t.Fatal(err)
		}
		for range 3 {
			last.Headers = c.next().Headers
		}
		c.send(last)
		w.until("the failed attempt", func() bool { return len(w.app.Deliveries()) == 2 })
		if d := w.app.Deliveries()[1]; d.OK || d.Err == "" || d.RetryAt.IsZero() {
			t.Errorf("%+v", d)
		}
	})

	t.Run("a ticket serves once", func(t *testing.T) {
		t.Parallel()
		w := setup(t)
		url := endpoint(w)
		c, _, err := websocket.Dial(t.Context(), url, nil)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = c.CloseNow() })
		_, resp, err := websocket.Dial(t.Context(), url, nil)
		if err == nil || resp.Header.Get("Handshake-Status") != "514" {
			t.Errorf("%v %v", resp, err)
		}
	})
}

// rawConn is a client that speaks in frames.
type rawConn struct {
	t  *testing.T
	ws *websocket.Conn
}

func endpoint(w *world) string {
	w.t.Helper()
	_, out := w.do(http.MethodPost, "/callback/ws/endpoint", "", map[string]any{"AppID": w.app.ID, "AppSecret": w.app.Secret})
	return out["data"].(map[string]any)["URL"].(string)
}

func rawDial(w *world) *rawConn {
	w.t.Helper()
	ws, _, err := websocket.Dial(w.t.Context(), endpoint(w), nil)
	if err != nil {
		w.t.Fatal(err)
	}
	w.t.Cleanup(func() { _ = ws.CloseNow() })
	w.until("the connection", func() bool { return w.app.WebSockets() > 0 })
	return &rawConn{w.t, ws}
}

func (c *rawConn) send(f larkws.Frame) {
	c.t.Helper()
	b, err := f.Marshal()
	if err == nil {
		err = c.ws.Write(c.t.Context(), websocket.MessageBinary, b)
	}
	if err != nil {
		c.t.Fatal(err)
	}
}

func (c *rawConn) next() larkws.Frame {
	c.t.Helper()
	ctx, cancel := context.WithTimeout(c.t.Context(), 10*time.Second)
	defer cancel()
	_, b, err := c.ws.Read(ctx)
	var f larkws.Frame
	if err == nil {
		err = f.Unmarshal(b)
	}
	if err != nil {
		c.t.Fatal(err)
	}
	return f
}

func TestGroupMessages(t *testing.T) {
	t.Parallel()
	for _, all := range []bool{false, true} {
		t.Run(fmt.Sprintf("group_msg %v", all), func(t *testing.T) {
			t.Parallel()
			w := setup(t, feishu.AppConfig{Scopes: feishu.Scopes{GroupMsg: all}})
			var in inbox
			connect(w, dispatcher.NewEventDispatcher("", "").OnP2MessageReceiveV1(in.receive))
			if _, err := w.app.SendText(w.rep.OpenID, w.group.ID, "大家好"); err != nil {
				t.Fatal(err)
			}
			if _, err := w.app.SendLocation(w.rep.OpenID, w.group.ID, "店", 30, 120); err != nil {
				t.Fatal(err)
			}
			if _, err := w.app.SendText(w.rep.OpenID, w.group.ID, "@巡访 今天", w.app.BotOpenID); err != nil {
				t.Fatal(err)
			}
			want := map[bool]int{false: 1, true: 3}[all]
			w.until("the events", func() bool { return len(w.app.Deliveries()) == want && w.app.Pending() == 0 })
			got := in.list()
			i := slices.IndexFunc(got, func(e *larkim.P2MessageReceiveV1) bool { return len(e.Event.Message.Mentions) > 0 })
			if len(got) != want || i < 0 {
				t.Fatalf("%d events", len(got))
			}
			m := got[i].Event.Message
			if *m.Content != `{"text":"@_user_1 今天"}` || *m.Mentions[0].Key != "@_user_1" || *m.Mentions[0].Id.OpenId != w.app.BotOpenID {
				t.Errorf("%s", js(m))
			}
		})
	}
}

func TestCardOverWebSocket(t *testing.T) {
	t.Parallel()
	w := setup(t)
	d := dispatcher.NewEventDispatcher("", "").OnP2CardActionTrigger(
		func(_ context.Context, e *callback.CardActionTriggerEvent) (*callback.CardActionTriggerResponse, error) {
			if e.Event.Action.Value["action"] != "confirm" {
				return nil, errors.New("unexpected action")
			}
			return &callback.CardActionTriggerResponse{
				Toast: &callback.Toast{Type: "success", Content: "已收到"},
				Card: &callback.Card{Type: "raw", Data: map[string]any{
					"schema": "2.0", "body": map[string]any{"elements": []any{map[string]any{"tag": "markdown", "content": "已确认"}}},
				}},
			}, nil
		})
	connect(w, d)
	id := w.card(confirmCard("明日计划"))
	want := []feishu.Button{{Text: "确认", Name: "confirm", Value: map[string]any{"action": "confirm", "id": "p1"}}}
	if d := cmp.Diff(want, w.Buttons(id)); d != "" {
		t.Error(d)
	}
	got, err := w.app.Click(w.rep.OpenID, id, map[string]any{"action": "confirm", "id": "p1"})
	if err != nil {
		t.Fatal(err)
	}
	if got.Toast != (feishu.Toast{Type: "success", Content: "已收到"}) || !got.CardUpdated {
		t.Errorf("%+v", got)
	}
	if m, _ := w.Message(id); m.Revision != 1 || len(w.Buttons(id)) != 0 {
		t.Errorf("%+v", m)
	}
	if _, err := w.app.Click(w.rep.OpenID, id, map[string]any{"action": "confirm", "id": "p1"}); !errors.Is(err, feishu.ErrNoButton) {
		t.Errorf("a button that is gone: %v", err)
	}
}
