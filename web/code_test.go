package web_test

import (
	"encoding/json"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"

	"roundsman/geo"
	"roundsman/seal"
	"roundsman/visit"
	"roundsman/web"
)

// code makes a customer's code, and returns what is sealed in it.
func (f *fixture) code(customer string) string {
	f.Helper()
	address, _, err := f.pages.CodeAddress(customer)
	f.ok(err)
	u, err := url.Parse(address)
	f.ok(err)
	if !strings.HasPrefix(address, f.server.URL+web.CheckInPath+"?c=") || len(u.Query()) != 1 {
		f.Fatalf("the code is %s", address)
	}
	return u.Query().Get("c")
}

// withCode adds a code to a submission.
func withCode(form, sealed string) string {
	code, _ := json.Marshal(sealed)
	return strings.Replace(form, `"sent"`, `"code": `+string(code)+`, "sent"`, 1)
}

// What is scanned is short, and good for two years.
func TestACodeIsTaken(t *testing.T) {
	t.Parallel()
	f := setup(t)
	address, until, err := f.pages.CodeAddress("C00123")
	f.ok(err)
	if !until.Equal(f.now.Add(730*24*time.Hour)) || len(address)-len(f.server.URL) > 100 {
		t.Errorf("the code is %s until %v", address, until)
	}
	sealed := f.code("客户 01")
	f.wait(729 * 24 * time.Hour)
	p := f.login("zhang")
	for _, form := range []string{withCode(f.form(p.nonce(), "12", 0), sealed), withCode(f.form(p.nonce(), "12", 0), ""), f.form(p.nonce(), "12", 0)} {
		if status, text := p.submit(form); status != http.StatusOK {
			t.Fatalf("answered with %d %s", status, text)
		}
	}
	got := map[string]int{}
	for _, m := range f.arrived() {
		got[m.Location.Customer]++
	}
	if len(got) != 2 || got["客户 01"] != 1 || got[""] != 2 {
		t.Errorf("arrived with codes of %v", got)
	}
}

func TestACodeThatIsNotOursOrTooOld(t *testing.T) {
	t.Parallel()
	f := setup(t)
	good := f.code("C1")
	sealed := func(key []byte, use string, v any) string {
		box, err := seal.New(key, use)
		f.ok(err)
		s, err := box.Seal(v, f.clock().Add(3*365*24*time.Hour))
		f.ok(err)
		return s
	}
	content := map[string]any{"c": "C1", "m": 1}
	other := []byte(strings.Repeat("x", seal.MinKey))
	f.wait(730 * 24 * time.Hour)
	p := f.login("zhang")
	nonce := p.nonce()
	f.refusals()
	for _, tt := range []struct {
		name, sealed string
		status       int
		reason       string
	}{
		{"expired", good, http.StatusGone, "code_expired"},
		{"made up", "AAAA", http.StatusForbidden, "code_forged"},
		{"altered", good[:len(good)-2] + "xx", http.StatusForbidden, "code_forged"},
		{"a nonce", nonce, http.StatusForbidden, "code_forged"},
		{"a button's seal", sealed(f.key, "button", content), http.StatusForbidden, "code_forged"},
		{"another company's", sealed(other, "web/code", content), http.StatusForbidden, "code_forged"},
		{"of nobody", sealed(f.key, "web/code", map[string]any{"m": 1}), http.StatusForbidden, "code_forged"},
		{"too long", sealed(f.key, "web/code", map[string]any{"c": strings.Repeat("x", 700)}), http.StatusForbidden, "code_forged"},
		{"an address", "https://evil.example.com/", http.StatusForbidden, "code_forged"},
	} {
		f.wait(time.Minute)
		status, text := p.submit(withCode(f.form(p.nonce(), "12", 0), tt.sealed), picture(t, 7))
		if status != tt.status || text == "" || strings.Contains(text, "web.") {
			t.Errorf("%s: answered with %d %q", tt.name, status, text)
		}
		if r := f.refusals(); len(r) != 1 || r[0] != "blue page_"+tt.reason {
			t.Errorf("%s: counted as %v", tt.name, r)
		}
		// The page says it before anybody stands at the door for ten seconds, and that is no attempt.
		if resp, body := p.get("/m/me?c=" + url.QueryEscape(tt.sealed)); resp.StatusCode != http.StatusOK || !strings.Contains(body, `"refused":"`+text) {
			t.Errorf("%s: the page is told %s", tt.name, body)
		}
	}
	if r, got := f.refusals(), f.arrived(); len(r) != 0 || len(got) != 0 {
		t.Errorf("refused %v, arrived: %+v", r, got)
	}
	if n, err := f.store.Media().Sweep(t.Context(), f.clock().Add(time.Hour)); err != nil || n != 0 {
		t.Errorf("%d photos are kept, %v", n, err)
	}
}

// A code that was scanned is there again when the login is over, and leads nowhere else.
func TestACodeSurvivesTheLogin(t *testing.T) {
	t.Parallel()
	f := setup(t)
	for _, sealed := range []string{f.code("C1"), f.code(strings.Repeat("客", 64))} {
		p := f.visitor()
		resp, _ := p.get(web.CheckInPath+"?c="+sealed, func(r *http.Request) { r.Header.Set("User-Agent", "Phone blue/1.0") })
		to, err := resp.Location()
		f.ok(err)
		// WeCom brings back no other.
		state := to.Query().Get("state")
		if to.Host != "login.example.com" || !regexp.MustCompile(`^[a-zA-Z0-9]{20,128}$`).MatchString(state) || strings.Contains(to.String(), sealed) {
			t.Errorf("sent to %s", to)
		}
		resp, _ = p.get("/m/back/blue?" + url.Values{"code": {"zhang"}, "state": {state}}.Encode())
		if got := resp.Header.Get("Location"); got != "/m/check-in?on=blue&back=1&c="+sealed {
			t.Errorf("sent back to %s", got)
		}
		if resp, body := p.get(resp.Header.Get("Location")); resp.StatusCode != http.StatusOK || strings.Contains(body, sealed) {
			t.Errorf("the page is %s", resp.Status)
		}
	}
	// Where the client does not say which it is, and from a login that failed.
	sealed := f.code("C1")
	if _, body := f.visitor().get(web.CheckInPath + "?c=" + sealed); !strings.Contains(body, `href="/m/login?on=green&amp;c=`+sealed+`"`) {
		t.Errorf("the choice is %s", body)
	}
	p := f.visitor()
	resp, _ := p.get("/m/login?on=blue&c=" + sealed)
	to, err := resp.Location()
	f.ok(err)
	if _, body := p.get("/m/back/blue?" + url.Values{"code": {"nobody"}, "state": {to.Query().Get("state")}}.Encode()); !strings.Contains(body, "on=blue&amp;c="+sealed) {
		t.Errorf("after a login that failed: %s", body)
	}
	for name, c := range map[string]string{
		"an address": "//evil.example.com/", "two lines": "a\r\nLocation: https://evil.example.com", "too long": strings.Repeat("a", 641), "another parameter": "a&on=green",
	} {
		p := f.visitor()
		resp, _ := p.get(web.CheckInPath + "?" + url.Values{"on": {"blue"}, "c": {c}}.Encode())
		to, err := resp.Location()
		f.ok(err)
		resp, _ = p.get("/m/back/blue?" + url.Values{"code": {"zhang"}, "state": {to.Query().Get("state")}}.Encode())
		if got := resp.Header.Get("Location"); got != "/m/check-in?on=blue&back=1" {
			t.Errorf("%s: sent to %q", name, got)
		}
	}
}

// Whose code it is hears only who is on the roster.
func TestWhoIsToldWhoseCodeItIs(t *testing.T) {
	t.Parallel()
	f := setup(t)
	f.ok(f.store.Customers().Put(t.Context(), visit.Customer{ID: "C1", Name: "华联超市", Owner: "li", Point: geo.Point{Lat: 31.2, Lng: 121.4, Datum: geo.WGS84}}))
	path := "/m/me?c=" + f.code("C1")
	if resp, body := f.visitor().get(path); resp.StatusCode != http.StatusUnauthorized || strings.Contains(body, "华联") {
		t.Errorf("nobody: %s %s", resp.Status, body)
	}
	if resp, body := f.visitor().get(web.CheckInPath + "?on=blue&c=" + f.code("C1")); resp.StatusCode != http.StatusFound || strings.Contains(body, "华联") {
		t.Errorf("nobody on the page: %s %s", resp.Status, body)
	}
	for user, want := range map[string]string{"zhang": `"code":{"name":"华联超市"}`, "stranger": `"code":{}`} {
		if _, body := f.login(user).get(path); !strings.Contains(body, want) || strings.Contains(body, "31.2") {
			t.Errorf("%s: %s", user, body)
		}
	}
	p := f.login("zhang")
	if _, body := p.get("/m/me?c=" + f.code("gone")); !strings.Contains(body, `"code":{}`) {
		t.Errorf("of a customer that is no more: %s", body)
	}
	if _, body := p.get("/m/me"); strings.Contains(body, `"code"`) {
		t.Errorf("without a code: %s", body)
	}
	// The longer address is signed as the browser writes it.
	page := f.server.URL + "/m/check-in?on=blue&back=1&c=" + f.code("C1")
	var me struct{ Client map[string]string }
	if _, body := p.get("/m/me?page=" + url.QueryEscape(page)); json.Unmarshal([]byte(body), &me) != nil || me.Client["signed"] != page {
		t.Errorf("signed is %s", body)
	}
}
