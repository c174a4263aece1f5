package feishu_test

import (
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"roundsman/bot"
	"roundsman/bot/feishu"
	"roundsman/geo"
	sandbox "roundsman/sandbox/feishu"
)

// send fails the test when the emulated client cannot send.
func (w *world) sent(m sandbox.Message, err error) sandbox.Message {
	w.t.Helper()
	if err != nil {
		w.t.Fatal(err)
	}
	return m
}

// resources hides what the emulator makes up.
var resources = cmp.FilterPath(func(p cmp.Path) bool { return p.Last().String() == ".Resource" }, cmp.Comparer(func(a, b string) bool {
	return (a == "") == (b == "")
}))

func TestListen(t *testing.T) {
	t.Parallel()

	t.Run("what people send arrives the same by WebSocket and by webhook", func(t *testing.T) {
		t.Parallel()
		for _, mode := range []feishu.Mode{feishu.WebSocket, feishu.Webhook} {
			t.Run(string(mode), func(t *testing.T) {
				t.Parallel()
				w := setup(t, func(_ *sandbox.AppConfig, c *feishu.Config, _ *feishu.Options) { c.Mode = mode })
				if mode == feishu.Webhook {
					w.callback()
				} else {
					w.listen()
				}
				other := w.AddUser(sandbox.User{Name: "李娜"})
				if err := w.AddMember(w.group.ID, other.OpenID); err != nil {
					t.Fatal(err)
				}
				direct := func(m bot.Message) bot.Message {
					m.Platform, m.From, m.Chat = "feishu", w.rep.OpenID, w.user()
					return m
				}
				grouped := func(m bot.Message) bot.Message {
					m.Platform, m.From, m.Chat = "feishu", w.rep.OpenID, w.team()
					return m
				}
				from, chat := w.rep.OpenID, w.group.ID
				var want []bot.Message
				expect := func(s sandbox.Message, m bot.Message) {
					m.Key, m.ID, m.At, m.Received = "feishu:m:"+s.ID, s.ID, start, start
					want = append(want, m)
				}
				expect(w.sent(w.app.SendText(from, "", "今天")), direct(bot.Message{Text: "今天"}))
				expect(w.sent(w.app.SendLocation(from, "", "文三路 90 号", 30.274444, 120.131313)), direct(bot.Message{Location: &bot.Location{
					Lat: "30.274444", Lng: "120.131313", Datum: geo.GCJ02, Name: "文三路 90 号",
				}}))
				expect(w.sent(w.app.SendImage(from, "", picture(t))), direct(bot.Message{Media: []bot.Media{{Resource: "x"}}}))
				expect(w.sent(w.app.SendPost(from, "", "门头照", picture(t), picture(t))),
					direct(bot.Message{Text: "门头照", Media: []bot.Media{{Resource: "x"}, {Resource: "y"}}}))
				expect(w.sent(w.app.SendFile(from, "", "IMG_1.HEIC", []byte("x"))),
					direct(bot.Message{Media: []bot.Media{{Resource: "x", File: true, Name: "IMG_1.HEIC"}}}))
				expect(w.sent(w.app.SendFile(from, "", "客户.xlsx", []byte("x"))),
					direct(bot.Message{Media: []bot.Media{{Resource: "x", File: true, Document: true, Name: "客户.xlsx"}}}))
				w.sent(w.app.SendContent(from, "", "sticker", `{"file_key":"f"}`))
				expect(w.sent(w.app.SendText(from, chat, "@巡访 派单 @李娜", w.app.BotOpenID, other.OpenID)),
					grouped(bot.Message{Text: "派单 @李娜", Mentioned: true}))
				expect(w.sent(w.app.SendText(from, chat, "@李娜 你好", other.OpenID)), grouped(bot.Message{Text: "@李娜 你好"}))
				expect(w.sent(w.app.SendText(from, chat, "@巡访", w.app.BotOpenID)), grouped(bot.Message{Mentioned: true}))
				if err := w.app.EnterP2P(from); err != nil {
					t.Fatal(err)
				}
				want = append(want, direct(bot.Message{Notice: bot.NoticeEntered, At: start, Received: start}))
				second := w.AddChat(sandbox.Chat{Name: "新群", Members: []string{from}})
				if err := w.app.JoinChat(from, second.ID); err != nil {
					t.Fatal(err)
				}
				want = append(want, bot.Message{
					Platform: "feishu", From: from, Notice: bot.NoticeJoined, At: start, Received: start,
					Chat: bot.Address{Platform: "feishu", Place: bot.ToGroup, ID: second.ID},
				})
				w.until("everything to be acknowledged", func() bool { return len(w.app.Deliveries()) >= 12 && w.app.Pending() == 0 })

				got := w.in.all()
				for i := range got {
					if got[i].Notice != "" {
						if !strings.HasPrefix(got[i].Key, "feishu:e:") {
							t.Errorf("key of a notice: %q", got[i].Key)
						}
						got[i].Key = ""
					}
				}
				byKey := cmpopts.SortSlices(func(a, b bot.Message) bool { return a.Key+string(a.Notice) < b.Key+string(b.Notice) })
				if d := cmp.Diff(want, got, byKey, resources); d != "" {
					t.Errorf("messages (-want +got):\n%s", d)
				}
				for _, d := range w.app.Deliveries() {
					if !d.OK || d.Attempt != 1 {
						t.Errorf("%+v", d)
					}
				}
				if n := len(w.in.accepted); (n > 0) != (mode == feishu.Webhook) {
					t.Errorf("%d messages by Accept", n)
				}
				if r := w.in.reasons(); len(r) > 0 {
					t.Errorf("refused: %v", r)
				}
				if n := w.calls("/open-apis/bot/v3/info"); n != 1 {
					t.Errorf("asked %d times who we are", n)
				}
			})
		}
	})

	t.Run("types that mean nothing are acknowledged", func(t *testing.T) {
		t.Parallel()
		w := setup(t)
		w.listen()
		for _, kind := range []string{"im.message.message_read_v1", "im.message.reaction.created_v1", "im.message.recalled_v1", "im.chat.member.bot.deleted_v1"} {
			if _, err := w.app.PushRaw(kind, []byte(`{"chat_id":"oc_1"}`)); err != nil {
				t.Fatal(err)
			}
		}
		w.until("four acknowledgements", func() bool { return len(w.app.Deliveries()) == 4 && w.app.Pending() == 0 })
		if got := w.in.all(); len(got) != 0 {
			t.Errorf("%+v", got)
		}
	})

	t.Run("what could not be kept comes again, with the same key", func(t *testing.T) {
		t.Parallel()
		w := setup(t)
		w.listen()
		w.in.setFail(errors.New("disk full"))
		m := w.sent(w.app.SendText(w.rep.OpenID, "", "今天"))
		w.until("the first attempt", func() bool { return len(w.app.Deliveries()) == 1 })
		if d := w.app.Deliveries()[0]; d.OK {
			t.Errorf("acknowledged: %+v", d)
		}
		w.in.setFail(nil)
		w.advance(15 * time.Second)
		w.until("the second attempt", func() bool { return w.app.Pending() == 0 })
		if err := w.app.Redeliver(m.ID, true); err != nil {
			t.Fatal(err)
		}
		w.until("a duplicate under a new event id", func() bool { return len(w.app.Deliveries()) == 3 && w.app.Pending() == 0 })
		got := w.in.all()
		if len(got) != 2 || got[0].Key != "feishu:m:"+m.ID || got[1].Key != got[0].Key {
			t.Errorf("%+v", got)
		}
		if !got[1].At.Equal(start) || !got[1].Received.Equal(start.Add(15*time.Second)) {
			t.Errorf("at %v, received %v", got[1].At, got[1].Received)
		}
	})

	t.Run("events in several frames arrive whole", func(t *testing.T) {
		t.Parallel()
		w := setup(t)
		w.app.SplitFrames(3)
		w.listen()
		w.sent(w.app.SendText(w.rep.OpenID, "", "拆开"))
		// The SDK's reassembly can lose one; then it comes again.
		w.until("an attempt", func() bool {
			if len(w.app.Deliveries()) > 0 && w.app.Pending() > 0 {
				w.advance(15 * time.Second)
			}
			return len(w.in.all()) > 0 && w.app.Pending() == 0
		})
		if got := w.in.all()[0].Text; got != "拆开" {
			t.Errorf("text %q", got)
		}
	})

	t.Run("a kicked client comes back", func(t *testing.T) {
		t.Parallel()
		w := setup(t)
		w.listen()
		w.poll("readiness", func() bool { return bot.Ready(w.Vitals(t.Context())) == nil })
		if n := w.app.KickWebSockets(); n != 1 {
			t.Fatalf("%d connections", n)
		}
		w.until("the connection to be gone", func() bool { return w.app.WebSockets() == 0 })
		w.until("a new connection", func() bool { return w.app.WebSockets() == 1 })
		w.poll("readiness again", func() bool { return bot.Ready(w.Vitals(t.Context())) == nil })
		w.sent(w.app.SendText(w.rep.OpenID, "", "今天"))
		w.until("a message", func() bool { return len(w.in.all()) == 1 && w.app.Pending() == 0 })
	})

	t.Run("after an error that the SDK does not repair the client is started again", func(t *testing.T) {
		t.Parallel()
		w := setup(t)
		w.app.RefuseWebSocket(514, 1000040350, "the number of connections exceeded the limit", 1)
		w.listen()
		if !strings.Contains(w.logs.String(), "it will be started again") {
			t.Errorf("logs: %s", w.logs)
		}
		w.sent(w.app.SendText(w.rep.OpenID, "", "今天"))
		w.until("a message", func() bool { return len(w.in.all()) == 1 })
	})

	t.Run("a mute connection is noticed within three pings and replaced", func(t *testing.T) {
		t.Parallel()
		w := setup(t, func(a *sandbox.AppConfig, _ *feishu.Config, _ *feishu.Options) { a.WebSocket.PingInterval = 1 })
		w.listen()
		w.poll("readiness", func() bool { return bot.Ready(w.Vitals(t.Context())) == nil })
		w.app.MuteWebSocket(true)
		w.poll("the loss of readiness", func() bool { return bot.Ready(w.Vitals(t.Context())) != nil })
		w.app.MuteWebSocket(false)
		w.poll("readiness again", func() bool { return bot.Ready(w.Vitals(t.Context())) == nil })
		w.sent(w.app.SendText(w.rep.OpenID, "", "今天"))
		w.until("a message", func() bool { return len(w.in.all()) == 1 })
	})

	t.Run("a configuration that makes the SDK ping without pause is survived", func(t *testing.T) {
		t.Parallel()
		w := setup(t, func(a *sandbox.AppConfig, _ *feishu.Config, _ *feishu.Options) { a.WebSocket.PingInterval = -1 })
		w.listen()
		w.until("the flood to be cut", func() bool { return w.app.WebSockets() == 0 })
		w.until("a new connection", func() bool { return w.app.WebSockets() == 1 })
	})

	t.Run("a server that is not there yet is asked again", func(t *testing.T) {
		t.Parallel()
		w := setup(t)
		var down atomic.Bool
		down.Store(true)
		front := httptest.NewServer(http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
			if down.Load() {
				panic(http.ErrAbortHandler)
			}
			w.Handler().ServeHTTP(rw, r)
		}))
		t.Cleanup(front.Close)
		w.config.BaseURL = front.URL
		w.Platform = w.platform()
		ctx, cancel := context.WithCancel(t.Context())
		done := make(chan error, 1)
		go func() { done <- w.Listen(ctx, w.in) }()
		defer func() {
			cancel()
			<-done
		}()
		w.poll("a failed try", func() bool { return strings.Contains(w.logs.String(), "cannot ask where to connect") })
		if err := bot.Ready(w.Vitals(t.Context())); err == nil {
			t.Error("ready without a server")
		}
		down.Store(false)
		w.poll("readiness", func() bool { return bot.Ready(w.Vitals(t.Context())) == nil })
	})

	t.Run("ends when told, at once", func(t *testing.T) {
		t.Parallel()
		w := setup(t)
		stop := w.listen()
		stop()
		w.until("the connection to be gone", func() bool { return w.app.WebSockets() == 0 })
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		if err := w.Listen(ctx, w.in); err != nil {
			t.Errorf("with an ended context: %v", err)
		}
		hook := setup(t, webhook)
		if err := hook.Listen(ctx, hook.in); err != nil {
			t.Errorf("in webhook mode: %v", err)
		}
	})
}

func TestPress(t *testing.T) {
	t.Parallel()
	body := bot.Body{Card: &bot.Card{Title: "明天的计划", Buttons: []bot.Button{{Text: "确认", Value: "sealed.value", Style: bot.ButtonPrimary}}}}
	for _, mode := range []feishu.Mode{feishu.WebSocket, feishu.Webhook} {
		t.Run(string(mode), func(t *testing.T) {
			t.Parallel()
			w := setup(t, func(_ *sandbox.AppConfig, c *feishu.Config, o *feishu.Options) {
				c.Mode, o.ToastFailed = mode, "没有存下"
			})
			if mode == feishu.Webhook {
				w.callback()
			} else {
				w.listen()
			}
			for _, to := range []bot.Address{w.user(), w.team()} {
				card, err := w.Send(t.Context(), to, w.compose(to, body), "k-"+string(to.Place))
				if err != nil {
					t.Fatal(err)
				}
				buttons := w.Buttons(card)
				if len(buttons) != 1 || buttons[0].Value["v"] != "sealed.value" || buttons[0].Type != "primary" {
					t.Fatalf("buttons %+v", buttons)
				}
				r, err := w.app.Click(w.rep.OpenID, card, buttons[0].Value)
				if err != nil {
					t.Fatal(err)
				}
				if d := cmp.Diff(sandbox.Toast{Type: "info", Content: "已收到"}, r.Toast); d != "" {
					t.Errorf("toast (-want +got):\n%s", d)
				}
				got := w.in.kept[len(w.in.kept)-1]
				want := bot.Message{
					Key: "feishu:e:" + r.EventID, Platform: "feishu", From: w.rep.OpenID, Chat: to, At: start, Received: start,
					Press: &bot.Press{Value: "sealed.value", Message: card},
				}
				if d := cmp.Diff(want, got); d != "" {
					t.Errorf("message (-want +got):\n%s", d)
				}
				w.in.setFail(errors.New("disk full"))
				r, err = w.app.Click(w.rep.OpenID, card, buttons[0].Value)
				if err != nil || r.Toast != (sandbox.Toast{Type: "error", Content: "没有存下"}) {
					t.Errorf("a tap that was not kept: %+v, %v", r.Toast, err)
				}
				w.in.setFail(nil)
			}
			if n := len(w.in.all()); n != 2 {
				t.Errorf("%d messages", n)
			}
		})
	}
}

func TestReady(t *testing.T) {
	t.Parallel()
	w := setup(t)
	if err := bot.Ready(w.Vitals(t.Context())); err == nil || !strings.Contains(err.Error(), "not connected") {
		t.Errorf("without a connection: %v", err)
	}
	w.config.AppSecret = "CANARYwrong"
	if err := bot.Ready(w.platform().Vitals(t.Context())); err == nil || !strings.Contains(err.Error(), "10014") {
		t.Errorf("with a wrong secret: %v", err)
	} else {
		w.clean("an error", err.Error())
	}
	w.config.AppSecret = secret
	hook := setup(t, webhook)
	if err := bot.Ready(hook.Vitals(t.Context())); err != nil {
		t.Errorf("webhook: %v", err)
	}
}

func TestCheck(t *testing.T) {
	t.Parallel()
	w := setup(t)
	var names []string
	for _, r := range w.Check(t.Context()) {
		names = append(names, r.Name)
		if r.Err != nil {
			t.Errorf("%s: %v", r.Name, r.Err)
		}
	}
	if !slices.Equal(names, []string{"feishu credentials", "feishu bot", "feishu groups"}) {
		t.Errorf("checks %v", names)
	}
	if got := w.Check(t.Context())[2].Hint; got != "groups that the bot is in: 1" {
		t.Errorf("groups: %q", got)
	}
	w.app.Fail("GET", "/open-apis/im/v1/chats", sandbox.Fault{Code: 99991672, Msg: "Access denied"})
	if r := w.Check(t.Context())[2]; r.Err == nil || !strings.Contains(r.Hint, "im:chat") {
		t.Errorf("without the scope: %+v", r)
	}
	w.config.AppSecret = "CANARYwrong"
	rs := w.platform().Check(t.Context())
	if len(rs) != 1 || rs[0].Err == nil || !strings.Contains(rs[0].Hint, "app_secret") {
		t.Errorf("with a wrong secret: %+v", rs)
	}
}
