package wecom_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"roundsman/bot"
	sandbox "roundsman/sandbox/wecom"
)

func fetchError(t *testing.T, err error) *bot.FetchError {
	t.Helper()
	var e *bot.FetchError
	if !errors.As(err, &e) {
		t.Fatalf("got %v, want a FetchError", err)
	}
	return e
}

func TestFetch(t *testing.T) {
	t.Parallel()
	f := setup(t)
	photo := picture(t, 300)
	if _, err := f.app.SendImage("zhangsan", photo); err != nil {
		t.Fatal(err)
	}
	m := f.wait(1)[0].Media[0]
	fetch := func(limit int64) ([]byte, error) { return f.Fetch(t.Context(), "", m, limit) }
	if got, err := fetch(int64(len(photo))); err != nil || !bytes.Equal(got, photo) {
		t.Errorf("%d bytes, %v", len(got), err)
	}
	if _, err := fetch(int64(len(photo)) - 1); fetchError(t, err).Reason != bot.FetchTooLarge || fetchError(t, err).Retry {
		t.Errorf("a byte too many: %v", err)
	}
	f.app.ExpireToken()
	before := f.calls("/gettoken")
	if got, err := fetch(1 << 20); err != nil || !bytes.Equal(got, photo) || f.calls("/gettoken") != before+1 {
		t.Errorf("expired token: %d bytes, %v", len(got), err)
	}
	rows := map[string]struct {
		fault  sandbox.Fault
		reason string
		retry  bool
	}{
		"gateway":  {sandbox.Fault{HTTPStatus: 502}, bot.FetchUnreachable, true},
		"gone":     {sandbox.Fault{HTTPStatus: 404}, bot.FetchUnreachable, true},
		"redirect": {sandbox.Fault{HTTPStatus: 302}, bot.FetchUnreachable, true},
		"page":     {sandbox.Fault{HTML: true}, bot.FetchUnreachable, true},
		"cut":      {sandbox.Fault{Truncate: true}, bot.FetchUnreachable, true},
		"limit":    {sandbox.Fault{ErrCode: 45033}, bot.FetchUnreachable, true},
		"busy":     {sandbox.Fault{ErrCode: -1}, bot.FetchUnreachable, true},
		"refused":  {sandbox.Fault{ErrCode: 48002}, bot.FetchRefused, false},
		"expired":  {sandbox.Fault{ErrCode: 40007}, bot.FetchExpired, false},
	}
	for name, r := range rows {
		t.Run(name, func(t *testing.T) {
			defer f.app.Fail("/cgi-bin/media/get", r.fault)()
			_, err := fetch(1 << 20)
			if e := fetchError(t, err); e.Reason != r.reason || e.Retry != r.retry {
				t.Errorf("%+v", *e)
			}
		})
	}
	f.clock.move(73 * time.Hour)
	if _, err := fetch(1 << 20); fetchError(t, err).Reason != bot.FetchExpired {
		t.Errorf("after three days: %v", err)
	}
	for _, resource := range []string{"", strings.Repeat("a", 2000)} {
		if _, err := f.Fetch(t.Context(), "", bot.Media{Resource: resource}, 100); fetchError(t, err).Reason != bot.FetchRefused {
			t.Errorf("resource of %d bytes: %v", len(resource), err)
		}
	}
	over, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := f.Fetch(over, "", m, 1<<20); !fetchError(t, err).Retry {
		t.Errorf("over before it began: %v", err)
	}
}

// The limit holds on the wire: a body without an end is not read to its end,
// and what packs itself up or points elsewhere is not followed.
func TestFetchHostile(t *testing.T) {
	t.Parallel()
	var elsewhere atomic.Bool
	other := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { elsewhere.Store(true) }))
	t.Cleanup(other.Close)
	var sent atomic.Int64
	api := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if strings.HasSuffix(r.URL.Path, "/gettoken") {
			fmt.Fprint(w, `{"errcode":0,"access_token":"t","expires_in":7200}`)
			return
		}
		w.Header().Set("Content-Type", "image/jpeg")
		switch r.URL.Query().Get("media_id") {
		case "endless":
			for block := make([]byte, 64<<10); ; {
				n, err := w.Write(block)
				sent.Add(int64(n))
				if err != nil {
					return
				}
			}
		case "long":
			w.Header().Set("Content-Length", strconv.Itoa(1<<40))
			_, _ = w.Write([]byte("x"))
		case "301", "302", "303", "307", "308":
			status, _ := strconv.Atoi(r.URL.Query().Get("media_id"))
			http.Redirect(w, r, other.URL, status)
		case "packed":
			w.Header().Set("Content-Encoding", "gzip")
			_, _ = w.Write([]byte("\x1f\x8b"))
		case "typed":
			w.Header()["Content-Type"] = nil
			_, _ = w.Write([]byte("picture"))
		case "nothing":
		case "answer":
			w.Header().Set("Content-Type", "text/plain")
			fmt.Fprint(w, `{"errcode":0,"errmsg":"ok"}`)
		}
	}))
	t.Cleanup(api.Close)
	f := setup(t)
	c := f.cfg
	c.BaseURL = api.URL
	p := f.platform(c)
	for resource, want := range map[string]string{
		"endless": bot.FetchTooLarge, "long": bot.FetchTooLarge, "packed": bot.FetchUnreachable,
		"301": bot.FetchUnreachable, "302": bot.FetchUnreachable, "303": bot.FetchUnreachable, "307": bot.FetchUnreachable, "308": bot.FetchUnreachable,
		"nothing": bot.FetchUnreachable, "answer": bot.FetchNotPicture,
	} {
		if _, err := p.Fetch(t.Context(), "", bot.Media{Resource: resource}, 1000); fetchError(t, err).Reason != want {
			t.Errorf("%s: %v, want %s", resource, err, want)
		}
	}
	if elsewhere.Load() {
		t.Error("a redirect was followed")
	}
	if n := sent.Load(); n > 64<<20 {
		t.Errorf("%d bytes were taken", n)
	}
	if got, err := p.Fetch(t.Context(), "", bot.Media{Resource: "typed"}, 1000); err != nil || string(got) != "picture" {
		t.Errorf("without a type: %q, %v", got, err)
	}
}

// No address that a message carries is ever asked, whoever wrote it there: a picture
// is had from the platform by its media id, and from nowhere else.
func TestNoAddressInAMessageIsAsked(t *testing.T) {
	t.Parallel()
	var asked atomic.Int64
	inside := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		asked.Add(1)
		_, _ = w.Write([]byte("a secret of the inside"))
	}))
	t.Cleanup(inside.Close)
	f := setup(t, func(c *sandbox.AppConfig) { c.AgentID = 1 })
	head := "<xml><FromUserName>zhangsan</FromUserName><CreateTime>" + strconv.FormatInt(start.Unix(), 10) + "</CreateTime><AgentID>1</AgentID>"
	for i, rest := range []string{
		"<MsgType>image</MsgType><PicUrl><![CDATA[" + inside.URL + "/latest/meta-data]]></PicUrl><MediaId>none</MediaId>",
		"<MsgType>image</MsgType><PicUrl><![CDATA[" + inside.URL + "]]></PicUrl><MediaId><![CDATA[" + inside.URL + "/x]]></MediaId>",
		"<MsgType>image</MsgType><PicUrl>x</PicUrl><MediaId><![CDATA[../../../" + strings.TrimPrefix(inside.URL, "http:") + "?a=b&access_token=x#]]></MediaId>",
		"<MsgType>text</MsgType><Content><![CDATA[请看 " + inside.URL + "/a.jpg ![](" + inside.URL + "/b.png)]]></Content>",
		"<MsgType>location</MsgType><Location_X>31.2</Location_X><Location_Y>121.4</Location_Y><Label><![CDATA[" + inside.URL + "]]></Label>",
	} {
		f.app.PushRaw(head + rest + "<MsgId>" + strconv.Itoa(100+i) + "</MsgId></xml>")
	}
	for _, m := range f.wait(5) {
		for _, media := range m.Media {
			data, err := f.Fetch(t.Context(), "", media, 1<<20)
			if e := fetchError(t, err); data != nil || e.Reason == "" {
				t.Errorf("%q gave %q", media.Resource, data)
			}
			if strings.Contains(err.Error(), "inside") || strings.Contains(err.Error(), inside.URL) {
				t.Errorf("%q: the error says %v", media.Resource, err)
			}
		}
	}
	if n := asked.Load(); n != 0 {
		t.Errorf("it was asked %d times", n)
	}
}
