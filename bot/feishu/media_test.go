package feishu_test

import (
	"bytes"
	"errors"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"

	"roundsman/bot"
	sandbox "roundsman/sandbox/feishu"
)

func TestFetch(t *testing.T) {
	t.Parallel()

	// received lets the rep send something and returns what arrived.
	received := func(w *world, send func() (sandbox.Message, error)) bot.Message {
		w.t.Helper()
		n := len(w.in.all())
		w.sent(send())
		w.until("the message", func() bool { return len(w.in.all()) > n })
		return w.in.all()[n]
	}

	t.Run("a picture, one of a post, a file", func(t *testing.T) {
		t.Parallel()
		w := setup(t)
		w.listen()
		data := picture(t)
		for name, send := range map[string]func() (sandbox.Message, error){
			"image": func() (sandbox.Message, error) { return w.app.SendImage(w.rep.OpenID, "", data) },
			"post":  func() (sandbox.Message, error) { return w.app.SendPost(w.rep.OpenID, w.group.ID, "门头", data) },
			"file":  func() (sandbox.Message, error) { return w.app.SendFile(w.rep.OpenID, "", "a.PNG", data) },
		} {
			m := received(w, send)
			got, err := w.Fetch(t.Context(), m.ID, m.Media[0], int64(len(data)))
			if err != nil || !bytes.Equal(got, data) {
				t.Errorf("%s: %d bytes, %v", name, len(got), err)
			}
			_, err = w.Fetch(t.Context(), m.ID, m.Media[0], int64(len(data))-1)
			if fe := fetchErr(t, err); fe.Reason != bot.FetchTooLarge || fe.Retry {
				t.Errorf("%s over the limit: %+v", name, fe)
			}
			w.app.ExpireToken()
			if got, err := w.Fetch(t.Context(), m.ID, m.Media[0], 1<<20); err != nil || !bytes.Equal(got, data) {
				t.Errorf("%s with an expired token: %d bytes, %v", name, len(got), err)
			}
		}
	})

	t.Run("faults", func(t *testing.T) {
		t.Parallel()
		w := setup(t)
		w.listen()
		m := received(w, func() (sandbox.Message, error) { return w.app.SendImage(w.rep.OpenID, "", picture(t)) })
		for _, c := range []struct {
			name   string
			fault  sandbox.Fault
			reason string
			retry  bool
		}{
			{"not in the message", sandbox.Fault{Code: 234003}, bot.FetchExpired, false},
			{"deleted", sandbox.Fault{Code: 230110}, bot.FetchExpired, false},
			{"bot not in the chat", sandbox.Fault{Code: 234004}, bot.FetchRefused, false},
			{"of a forwarded message", sandbox.Fault{Code: 234043}, bot.FetchRefused, false},
			{"over 100 MB", sandbox.Fault{Code: 234037}, bot.FetchTooLarge, false},
			{"an error under 200", sandbox.Fault{HTTPStatus: 200, Code: 234003}, bot.FetchExpired, false},
			{"JSON without a code under 200", sandbox.Fault{HTTPStatus: 200, Body: `{"a":1}`}, bot.FetchUnreachable, true},
			{"too often", sandbox.Fault{HTTPStatus: 429, Code: 99991400}, bot.FetchUnreachable, true},
			{"500", sandbox.Fault{HTTPStatus: 500}, bot.FetchUnreachable, true},
			{"502 in HTML", sandbox.Fault{HTTPStatus: 502, HTML: true}, bot.FetchUnreachable, true},
			{"dropped", sandbox.Fault{Drop: true, Times: -1}, bot.FetchUnreachable, true},
			{"truncated", sandbox.Fault{HTTPStatus: 200, Body: "abc", Truncate: true, Header: pngHeader}, bot.FetchUnreachable, true},
			{"a redirect", sandbox.Fault{HTTPStatus: 302, HTML: true, Header: http.Header{"Location": {"http://169.254.169.254/"}}}, bot.FetchUnreachable, true},
			{"a token refused for ever", sandbox.Fault{Code: 99991663, Times: 2}, bot.FetchUnreachable, true},
			{"larger than declared", sandbox.Fault{HTTPStatus: 200, Body: strings.Repeat("a", 1<<16), Header: pngHeader}, bot.FetchTooLarge, false},
		} {
			lift := w.app.Fail("GET", messages+"/*/resources/*", c.fault)
			_, err := w.Fetch(t.Context(), m.ID, m.Media[0], 1000)
			lift()
			if err == nil {
				t.Errorf("%s: no error", c.name)
				continue
			}
			if fe := fetchErr(t, err); fe.Reason != c.reason || fe.Retry != c.retry {
				t.Errorf("%s: %+v", c.name, fe)
			}
			w.clean("an error", err.Error())
		}
		if err := w.app.Recall(m.ID); err != nil {
			t.Fatal(err)
		}
		_, err := w.Fetch(t.Context(), m.ID, m.Media[0], 1000)
		if fe := fetchErr(t, err); fe.Reason != bot.FetchExpired || fe.Retry {
			t.Errorf("recalled: %+v", fe)
		}
		n := len(w.app.Calls())
		for _, id := range [][2]string{{"../x", "img_1"}, {"om_1", "../../y"}, {"om_1", "a?b"}, {"", ""}, {"..", "."}} {
			_, err := w.Fetch(t.Context(), id[0], bot.Media{Resource: id[1]}, 1000)
			if fe := fetchErr(t, err); fe.Reason != bot.FetchRefused {
				t.Errorf("%v: %+v", id, fe)
			}
		}
		if len(w.app.Calls()) != n {
			t.Error("a hostile id was asked for")
		}
	})
}

// No address that a message carries is ever asked, and no answer's redirect is
// followed: a resource is had from the API, and from nowhere else.
func TestNoAddressInAMessageIsAsked(t *testing.T) {
	t.Parallel()
	var asked atomic.Int64
	inside := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		asked.Add(1)
		_, _ = w.Write([]byte("a secret of the inside"))
	}))
	t.Cleanup(inside.Close)
	w := setup(t)
	w.listen()
	w.sent(w.app.SendText(w.rep.OpenID, "", "请看 "+inside.URL+"/a.jpg"))
	w.sent(w.app.SendContent(w.rep.OpenID, "", "post", `{"title":"","content":[[{"tag":"a","href":"`+inside.URL+`","text":"x"},{"tag":"img","image_key":"img_none"}]]}`))
	w.sent(w.app.SendLocation(w.rep.OpenID, "", inside.URL, 30.2, 120.1))
	w.until("the messages", func() bool { return len(w.in.all()) == 3 && w.app.Pending() == 0 })
	for _, m := range w.in.all() {
		for _, media := range m.Media {
			if _, err := w.Fetch(t.Context(), m.ID, media, 1<<20); fetchErr(t, err).Reason == "" {
				t.Errorf("%q was fetched", media.Resource)
			}
		}
	}
	m := w.sent(w.app.SendImage(w.rep.OpenID, "", picture(t)))
	w.until("the picture", func() bool { return len(w.in.all()) == 4 })
	for _, status := range []int{301, 302, 303, 307, 308} {
		to := http.Header{"Location": {inside.URL + "/latest/meta-data"}}
		lift := w.app.Fail("GET", messages+"/*/resources/*", sandbox.Fault{HTTPStatus: status, HTML: true, Header: to})
		data, err := w.Fetch(t.Context(), m.ID, w.in.all()[3].Media[0], 1<<20)
		lift()
		if e := fetchErr(t, err); data != nil || e.Reason != bot.FetchUnreachable {
			t.Errorf("%d gave %q, %v", status, data, err)
		}
	}
	if n := asked.Load(); n != 0 {
		t.Errorf("it was asked %d times", n)
	}
}

var pngHeader = http.Header{"Content-Type": {"image/png"}}

func fetchErr(t *testing.T, err error) *bot.FetchError {
	t.Helper()
	var fe *bot.FetchError
	if !errors.As(err, &fe) {
		t.Fatalf("not a FetchError: %T %v", err, err)
	}
	return fe
}
