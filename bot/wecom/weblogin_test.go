package wecom_test

import (
	"errors"
	"io"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"strconv"
	"strings"
	"testing"
	"time"

	"roundsman/bot"
	"roundsman/bot/wecom"
)

// phone is a browser that is zhangsan's phone; it does not follow to our page.
func (f *fixture) phone() *http.Client {
	f.Helper()
	jar, err := cookiejar.New(nil)
	if err != nil {
		f.Fatal(err)
	}
	c := &http.Client{Jar: jar, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	resp, err := c.Get(f.app.PhoneURL("zhangsan", "http://bot.example.com/m/check-in"))
	if err != nil || resp.StatusCode != http.StatusFound {
		f.Fatal(resp, err)
	}
	resp.Body.Close()
	return c
}

// back is where the browser is sent from an address.
func back(t *testing.T, c *http.Client, address string) *url.URL {
	t.Helper()
	resp, err := c.Get(address)
	if err != nil {
		t.Fatal(err)
	}
	resp.Body.Close()
	to, err := resp.Location()
	if err != nil {
		t.Fatalf("%s: %v", resp.Status, err)
	}
	return to
}

func TestWhoOpenedThePage(t *testing.T) {
	t.Parallel()
	f := setup(t)
	redirect := "http://bot.example.com/m/back/wecom"
	to := back(t, f.phone(), f.AuthorizeURL(redirect, "s1"))
	if to.Host != "bot.example.com" || to.Query().Get("state") != "s1" {
		t.Fatalf("sent to %s", to)
	}
	code := to.Query().Get("code")
	if who, err := f.WhoIs(t.Context(), code, redirect); err != nil || who != "zhangsan" {
		t.Errorf("it is %q, %v", who, err)
	}
	for _, code := range []string{code, "made-up"} {
		if _, err := f.WhoIs(t.Context(), code, redirect); !errors.Is(err, bot.ErrNobody) {
			t.Errorf("%q: %v", code, err)
		}
	}
	f.app.RevokeToken()
	code = back(t, f.phone(), f.AuthorizeURL(redirect, "s")).Query().Get("code")
	if who, err := f.WhoIs(t.Context(), code, redirect); err != nil || who != "zhangsan" {
		t.Errorf("with a token that was revoked it is %q, %v", who, err)
	}
	f.srv.Close()
	if _, err := f.WhoIs(t.Context(), "x", redirect); err == nil || errors.Is(err, bot.ErrNobody) || strings.Contains(err.Error(), f.cfg.Secret) || strings.Contains(err.Error(), "access_token") {
		t.Errorf("without an answer: %v", err)
	}
}

func TestAPageIsSigned(t *testing.T) {
	t.Parallel()
	f := setup(t)
	c := f.phone()
	check := func(change ...string) string {
		page := "http://bot.example.com/m/check-in?on=wecom&back=1"
		config, err := f.SignPage(t.Context(), page)
		if err != nil {
			t.Fatal(err)
		}
		q := url.Values{"call": {"7"}, "url": {page}}
		for k, v := range config {
			switch v := v.(type) {
			case string:
				q.Set(k, v)
			case int64:
				q.Set(k, strconv.FormatInt(v, 10))
			}
		}
		for i := 0; i+1 < len(change); i += 2 {
			q.Set(change[i], change[i+1])
		}
		resp, err := c.Get(f.srv.BaseURL() + "/sandbox/jssdk/config?" + q.Encode())
		if err != nil {
			t.Fatal(err)
		}
		defer resp.Body.Close()
		answer, _ := io.ReadAll(resp.Body)
		return string(answer)
	}
	if got := check(); !strings.Contains(got, `__wecomSandbox(7, {"errMsg":"config:ok"})`) {
		t.Errorf("our own: %s", got)
	}
	for name, change := range map[string][]string{
		"another page": {"url", "http://bot.example.com/other"}, "another time": {"timestamp", "1"}, "no signature": {"signature", ""},
		"another nonce": {"nonceStr", "x"}, "another corp": {"appId", "x"},
	} {
		if got := check(change...); strings.Contains(got, "config:ok") {
			t.Errorf("%s: %s", name, got)
		}
	}
	if n := f.calls("/cgi-bin/get_jsapi_ticket"); n != 1 {
		t.Errorf("the ticket was fetched %d times", n)
	}
	f.clock.move(2 * time.Hour)
	if got := check(); !strings.Contains(got, "config:ok") {
		t.Errorf("two hours later: %s", got)
	}
}

func TestWhereWeComsPagesAre(t *testing.T) {
	t.Parallel()
	c := offline(t)
	if got := c.AuthorizeURL("https://bot.example.com/m/back/wecom", "s"); !strings.HasPrefix(got, "https://open.weixin.qq.com/connect/oauth2/authorize?") || !strings.HasSuffix(got, "#wechat_redirect") {
		t.Errorf("authorize at %s", got)
	}
	if got := c.Client().Scripts; len(got) != 1 || !strings.HasPrefix(got[0], "https://res.wx.qq.com/") {
		t.Errorf("scripts %v", got)
	}
	r := &http.Request{Header: http.Header{"User-Agent": {"Mozilla/5.0 (iPhone) wxwork/4.1.0 MicroMessenger/7.0.1"}}}
	if !c.Hosts(r) || c.Hosts(&http.Request{Header: http.Header{"User-Agent": {"MicroMessenger/7.0.1"}}}) {
		t.Error("the client is not known")
	}
	var _ bot.WebLogin = (*wecom.Platform)(nil)
}

func TestAButtonThatOpensAPage(t *testing.T) {
	t.Parallel()
	f := setup(t)
	link := "https://bot.example.com/m/check-in?on=wecom"
	said := bot.Body{Card: &bot.Card{Title: "签到页", Buttons: []bot.Button{{Text: "好", Value: "v"}, {Text: "打开签到页", Link: link}, {Text: "再开", Link: link}}}}
	f.mustSay(user("zhangsan"), said, "k")
	parts, err := f.Compose(user("zhangsan"), said)
	if err != nil || len(parts) != 1 {
		t.Fatal(parts, err)
	}
	if got := string(parts[0].Data); strings.Count(got, `"url":"`+link+`"`) != 1 || strings.Count(got, `"key"`) != 1 || strings.Count(got, `"type":1`) != 1 {
		t.Errorf("sent %s", got)
	}
}
