package feishu_test

import (
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"strings"
	"testing"
	"time"

	"roundsman/bot"
	"roundsman/bot/feishu"
	"roundsman/geo"
)

// phone is a browser that is the rep's phone; it does not follow to our page.
func (w *world) phone() *http.Client {
	w.t.Helper()
	jar, err := cookiejar.New(nil)
	if err != nil {
		w.t.Fatal(err)
	}
	c := &http.Client{Jar: jar, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	resp, err := c.Get(w.url + w.app.PhonePath(w.rep.OpenID, "http://bot.example.com/m/check-in"))
	if err != nil || resp.StatusCode != http.StatusFound {
		w.t.Fatal(resp, err)
	}
	resp.Body.Close()
	return c
}

// code is what the browser comes back with.
func (w *world) code(c *http.Client, redirect string) string {
	w.t.Helper()
	resp, err := c.Get(w.AuthorizeURL(redirect, "s&1"))
	if err != nil {
		w.t.Fatal(err)
	}
	resp.Body.Close()
	to, err := resp.Location()
	if err != nil || to.Host != "bot.example.com" || to.Query().Get("state") != "s&1" {
		w.t.Fatalf("sent to %v, %v", to, err)
	}
	return to.Query().Get("code")
}

func TestWhoOpenedThePage(t *testing.T) {
	t.Parallel()
	w := setup(t)
	redirect := "http://bot.example.com/m/back/feishu"
	c := w.phone()
	code := w.code(c, redirect)
	if who, err := w.WhoIs(t.Context(), code, redirect); err != nil || who != w.rep.OpenID {
		t.Errorf("it is %q, %v", who, err)
	}
	for name, again := range map[string]string{"used": code, "made up": "x", "of another page": w.code(c, "http://bot.example.com/other")} {
		if _, err := w.WhoIs(t.Context(), again, redirect); !errors.Is(err, bot.ErrNobody) {
			t.Errorf("%s: %v", name, err)
		}
	}
	w.config.AppSecret = "CANARYwrong"
	if _, err := w.platform().WhoIs(t.Context(), w.code(c, redirect), redirect); err == nil || errors.Is(err, bot.ErrNobody) {
		t.Errorf("with a wrong secret: %v", err)
	} else {
		w.clean("the error", err.Error())
	}
}

func TestAPageIsSigned(t *testing.T) {
	t.Parallel()
	w := setup(t)
	page := "http://bot.example.com/m/check-in?on=feishu&back=1"
	check := func(change ...string) string {
		config, err := w.SignPage(t.Context(), page)
		if err != nil {
			t.Fatal(err)
		}
		q := url.Values{"call": {"7"}, "url": {page}}
		for k, v := range config {
			q.Set(k, fmt.Sprint(v))
		}
		for i := 0; i+1 < len(change); i += 2 {
			q.Set(change[i], change[i+1])
		}
		resp, err := http.Get(w.url + "/sandbox/jssdk/config?" + q.Encode())
		if err != nil {
			t.Fatal(err)
		}
		defer resp.Body.Close()
		answer, _ := io.ReadAll(resp.Body)
		return string(answer)
	}
	if got := check(); !strings.Contains(got, `__feishuSandbox(7, {"errMsg":"config:ok"})`) {
		t.Errorf("our own: %s", got)
	}
	for name, change := range map[string][]string{
		"another page": {"url", "http://bot.example.com/other"}, "another time": {"timestamp", "1"}, "no signature": {"signature", ""},
		"another nonce": {"nonceStr", "x"}, "another app": {"appId", "x"},
	} {
		if got := check(change...); strings.Contains(got, "config:ok") {
			t.Errorf("%s: %s", name, got)
		}
	}
	if n := w.calls("/open-apis/jssdk/ticket/get"); n != 1 {
		t.Errorf("the ticket was fetched %d times", n)
	}
	w.clock.Move(2 * time.Hour)
	if got := check(); !strings.Contains(got, "config:ok") {
		t.Errorf("two hours later: %s", got)
	}
}

func TestWhereFeishusPagesAre(t *testing.T) {
	t.Parallel()
	for base, want := range map[string]string{
		"": "https://accounts.feishu.cn/", "https://open.larksuite.com": "https://accounts.larksuite.com/", "http://127.0.0.1:1": "http://127.0.0.1:1/",
	} {
		p, err := feishu.New(feishu.Config{AppID: "cli_pages", AppSecret: secret, BaseURL: base}, feishu.Options{})
		if err != nil {
			t.Fatal(err)
		}
		if got := p.AuthorizeURL("https://bot.example.com/m/back/feishu", "s"); !strings.HasPrefix(got, want+"open-apis/authen/v1/authorize?") {
			t.Errorf("%s: authorize at %s", base, got)
		}
		if c := p.Client(); len(c.Scripts) != 1 || !strings.HasSuffix(c.Scripts[0], ".js") || c.Datum != geo.GCJ02 {
			t.Errorf("%s: client %v %s", base, c.Scripts, c.Datum)
		}
	}
}

func TestAButtonThatOpensAPage(t *testing.T) {
	t.Parallel()
	w := setup(t)
	link := "https://bot.example.com/m/check-in?on=feishu"
	part := w.compose(w.user(), bot.Body{Card: &bot.Card{Title: "签到页", Buttons: []bot.Button{{Text: "打开签到页", Link: link}, {Text: "好", Value: "v"}}}})
	id, err := w.Send(t.Context(), w.user(), part, "k")
	if err != nil {
		t.Fatal(err)
	}
	if b := w.Buttons(id); len(b) != 2 || b[0].URL != link || b[0].Value != nil || b[1].URL != "" || b[1].Value == nil {
		t.Errorf("the buttons are %+v", b)
	}
}
