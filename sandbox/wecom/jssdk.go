package wecom

import (
	"crypto/sha1" //nolint:gosec // the signature that WeCom documents
	"crypto/subtle"
	_ "embed"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"math"
	"net/http"
	"net/url"
	"strconv"
	"strings"
)

// phoneCookie says, in a browser, who holds the phone that it stands for. WeCom has
// no such thing: there the member is logged in.
const phoneCookie = "wecom_sandbox_phone"

// phonePath is where a browser becomes a member's phone.
const phonePath = "/sandbox/phone"

//go:embed jweixin.js
var jweixin []byte

// position is where a member's phone is: degrees of WGS-84 and metres.
type position struct{ lat, lng, accuracy float64 }

// SetPosition puts a member's phone somewhere: degrees of WGS-84, and the 68 %
// radius in metres within which each fix errs. Without it the phone is where the
// browser says.
func (a *App) SetPosition(userid string, lat, lng, accuracy float64) {
	a.s.mu.Lock()
	defer a.s.mu.Unlock()
	a.corp.positions[strings.ToLower(userid)] = position{lat, lng, accuracy}
}

// PhoneURL is an address that makes a browser the member's phone and opens a page
// on it: there the authorize page asks nothing, and wx.getLocation is the phone's.
func (a *App) PhoneURL(userid, page string) string {
	q := url.Values{"corp": {a.corp.id}, "agent": {strconv.Itoa(a.cfg.AgentID)}, "user": {userid}, "page": {page}}
	return a.s.BaseURL() + phonePath + "?" + q.Encode()
}

// servePhone makes the browser a member's phone and opens a page of the app's trusted domain.
func (s *Server) servePhone(w http.ResponseWriter, r *http.Request) {
	q := r.URL.Query()
	page, err := url.Parse(q.Get("page"))
	s.mu.Lock()
	defer s.mu.Unlock()
	a := s.appNumbered(q.Get("corp"), q.Get("agent"))
	if a == nil || err != nil || page.Host == "" || page.Scheme != "http" && page.Scheme != "https" || !a.redirectsTo(page.Hostname()) {
		http.Error(w, "no such app, or not a page of its trusted domain", http.StatusBadRequest)
		return
	}
	u := a.corp.users[strings.ToLower(q.Get("user"))]
	if u == nil || !a.sees(u) {
		http.Error(w, "not a member in the app's range", http.StatusBadRequest)
		return
	}
	http.SetCookie(w, &http.Cookie{Name: phoneCookie, Value: url.QueryEscape(a.corp.id + "/" + u.UserID), Path: "/", HttpOnly: true, SameSite: http.SameSiteLaxMode}) //nolint:gosec // over plain HTTP, on this machine
	http.Redirect(w, r, page.String(), http.StatusFound)
}

// appNumbered finds an app by its corp and number. The lock must be held.
func (s *Server) appNumbered(corp, agent string) *App {
	c := s.corps[corp]
	id, err := strconv.Atoi(agent)
	if c == nil || err != nil {
		return nil
	}
	return c.apps[id]
}

// holder is the corp and the member whose phone the browser is; empty if it is nobody's.
func holder(r *http.Request) (corp, user string) {
	c, err := r.Cookie(phoneCookie)
	if err != nil {
		return "", ""
	}
	value, err := url.QueryUnescape(c.Value)
	if err != nil {
		return "", ""
	}
	corp, user, _ = strings.Cut(value, "/")
	return corp, user
}

// serveScript is the JS-SDK. The client that it talks to is this server, at the address it was loaded from.
func (s *Server) serveScript(w http.ResponseWriter, _ *http.Request) {
	w.Header().Set("Content-Type", "text/javascript; charset=utf-8")
	_, _ = w.Write(jweixin)
}

// reply answers the script: the call's number, and what the client says.
func reply(w http.ResponseWriter, r *http.Request, fields map[string]any) {
	n, err := strconv.Atoi(r.URL.Query().Get("call"))
	if err != nil {
		http.Error(w, "call is not a number", http.StatusBadRequest)
		return
	}
	data, err := json.Marshal(fields)
	if err != nil {
		http.Error(w, "no answer", http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", "text/javascript; charset=utf-8")
	w.Header().Set("Cache-Control", "no-store")
	_, _ = fmt.Fprintf(w, "window.__wecomSandbox(%d, %s);\n", n, data)
}

// serveConfig is the client's check of wx.config (document path 90506, appendix 1): the page
// has to be in the app's trusted domain, and signed with a ticket that is good.
func (s *Server) serveConfig(w http.ResponseWriter, r *http.Request) {
	q := r.URL.Query()
	page, err := url.Parse(q.Get("url"))
	s.mu.Lock()
	corp := s.corps[q.Get("appId")]
	said := "config:ok"
	switch {
	case corp == nil || err != nil:
		said = "config:invalid appid"
	case !corp.trusts(page.Hostname()):
		said = "config:invalid url domain"
	default:
		t, found := s.tickets[corp.id]
		sum := sha1.Sum([]byte("jsapi_ticket=" + t.value + "&noncestr=" + q.Get("nonceStr") + //nolint:gosec // documented so
			"&timestamp=" + q.Get("timestamp") + "&url=" + q.Get("url")))
		if !found || !s.now().Before(t.expires) || subtle.ConstantTimeCompare([]byte(hex.EncodeToString(sum[:])), []byte(q.Get("signature"))) != 1 {
			said = "config:invalid signature"
		}
	}
	s.mu.Unlock()
	reply(w, r, map[string]any{"errMsg": said})
}

// trusts reports whether one of the corp's apps has the host as its trusted domain.
func (c *Corp) trusts(host string) bool {
	for _, a := range c.apps {
		if a.redirectsTo(host) {
			return true
		}
	}
	return false
}

// earthDegree is the length of a degree of latitude, in metres.
const earthDegree = 111_195

// serveLocation says where the phone that the browser stands for is, each time
// a little off; nothing where nobody has put it anywhere.
func (s *Server) serveLocation(w http.ResponseWriter, r *http.Request) {
	corp, user := holder(r)
	s.mu.Lock()
	out := map[string]any{"errMsg": "getLocation:ok"}
	if c := s.corps[corp]; c != nil {
		if p, ok := c.positions[strings.ToLower(user)]; ok {
			// A Rayleigh error: 68 % of it within the accuracy.
			sigma := p.accuracy / 1.51 / earthDegree
			out["latitude"] = p.lat + s.rnd.NormFloat64()*sigma
			out["longitude"] = p.lng + s.rnd.NormFloat64()*sigma/math.Max(0.01, math.Cos(p.lat*math.Pi/180))
			out["accuracy"] = p.accuracy
		}
	}
	s.mu.Unlock()
	reply(w, r, out)
}
