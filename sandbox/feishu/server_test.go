package feishu_test

import (
	"context"
	"errors"
	"net/http"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/larksuite/oapi-sdk-go/v3/event/dispatcher"

	"roundsman/sandbox/feishu"
)

func TestClose(t *testing.T) {
	t.Parallel()
	w := setup(t)
	connect(w, dispatcher.NewEventDispatcher("", ""))
	token := w.token()
	w.app.Fail("", messages, feishu.Fault{Hang: true})
	hanging := make(chan error, 1)
	go func() {
		_, _, err := post(context.Background(), w, token, "x")
		hanging <- err
	}()
	w.until("the hanging call", func() bool {
		calls := w.app.Calls()
		return calls[len(calls)-1].Path == messages
	})
	w.app.MuteWebSocket(true)
	if _, err := w.app.SendText(w.rep.OpenID, "", "x"); err != nil {
		t.Fatal(err)
	}
	w.Close()
	w.Close()
	if err := <-hanging; err == nil {
		t.Error("the hanging call was answered")
	}
	if _, err := w.Listen("127.0.0.1:0"); err == nil {
		t.Error("a closed server listens")
	}
	if _, err := w.app.Click(w.rep.OpenID, "om_x", nil); err == nil {
		t.Error("a closed server took a click")
	}
}

func TestWait(t *testing.T) {
	t.Parallel()
	w := setup(t)
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Millisecond)
	defer cancel()
	if err := w.Wait(ctx, func() bool { return false }); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("%v", err)
	}
	changed := w.Changes()
	n := 0
	stop := w.Subscribe(func() { n++ })
	w.AddUser(feishu.User{})
	stop()
	w.AddUser(feishu.User{})
	select {
	case <-changed:
	default:
		t.Error("the channel of changes is open")
	}
	if n != 1 {
		t.Errorf("called %d times", n)
	}
}

// TestSeed: the same seed and the same acts give the same ids.
func TestSeed(t *testing.T) {
	t.Parallel()
	run := func() []string {
		clk := &clock{t: time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC)}
		s := feishu.New(feishu.Options{Now: clk.Now, Seed: 7})
		defer s.Close()
		a := s.NewApp(feishu.AppConfig{})
		a.Hold()
		u := s.AddUser(feishu.User{})
		m, err := a.SendText(u.OpenID, "", "x")
		if err != nil {
			t.Fatal(err)
		}
		return []string{a.ID, a.Secret, u.OpenID, m.ID}
	}
	if d := cmp.Diff(run(), run()); d != "" {
		t.Error(d)
	}
}

func TestActingRefused(t *testing.T) {
	t.Parallel()
	w := setup(t)
	stranger := w.AddUser(feishu.User{})
	away := w.AddUser(feishu.User{})
	w.app.SetAvailable(away.OpenID, false)
	for name, err := range map[string]error{
		"unknown user":    second(w.app.SendText("ou_x", "", "x")),
		"unknown chat":    second(w.app.SendText(w.rep.OpenID, "oc_x", "x")),
		"not a member":    second(w.app.SendText(stranger.OpenID, w.group.ID, "x")),
		"out of range":    second(w.app.SendText(away.OpenID, "", "x")),
		"unknown mention": second(w.app.SendText(w.rep.OpenID, w.group.ID, "x", "ou_x")),
		"no json":         second(w.app.SendContent(w.rep.OpenID, "", "audio", "x")),
		"unknown message": w.app.Redeliver("om_x", false),
		"in already":      w.app.JoinChat(w.rep.OpenID, w.group.ID),
	} {
		if err == nil {
			t.Errorf("%s: no error", name)
		}
	}
	if n := w.app.Pending(); n != 0 {
		t.Errorf("%d events", n)
	}
}

func second(_ feishu.Message, err error) error { return err }

func TestListen(t *testing.T) {
	t.Parallel()
	s := feishu.New(feishu.Options{})
	t.Cleanup(s.Close)
	base, err := s.Listen("127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	w := &world{Server: s, t: t, url: base, app: s.NewApp(feishu.AppConfig{}), http: &http.Client{Transport: &http.Transport{}}}
	t.Cleanup(w.http.CloseIdleConnections)
	if w.token() == "" {
		t.Error("no token")
	}
}
