package feishu

import (
	"crypto/sha1" //nolint:gosec // the signature that Feishu documents
	"crypto/subtle"
	_ "embed"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"math"
	"net/http"
	"net/url"
	"slices"
	"strconv"
)

// phoneCookie says, in a browser, who holds the phone that it stands for. Feishu
// has no such thing: there the user is logged in.
const phoneCookie = "feishu_sandbox_phone"

const (
	phonePath = "/sandbox/phone"
	// scriptPath is the path under which Feishu has its script, on another host.
	scriptPath = "/goofy/lark/op/{script}"
)

//go:embed h5sdk.js
var h5sdk []byte

// position is where a user's phone is: degrees and metres.
type position struct{ lat, lng, accuracy float64 }

// SetPosition puts a user's phone somewhere: degrees, in whatever datum Feishu
// gives them, and the 68 % radius in metres within which each fix errs. Without
// it the phone is where the browser says.
func (s *Server) SetPosition(openID string, lat, lng, accuracy float64) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.positions[openID] = position{lat, lng, accuracy}
}

// PhonePath is a path of the server that makes a browser the user's phone and
// opens a page of the app on it: there the authorize page asks nothing, and
// tt.getLocation is the phone's.
func (a *App) PhonePath(openID, page string) string {
	return phonePath + "?" + url.Values{"app": {a.ID}, "user": {openID}, "page": {page}}.Encode()
}

func (s *Server) servePhone(w http.ResponseWriter, r *http.Request) {
	q := r.URL.Query()
	page, err := url.Parse(q.Get("page"))
	s.mu.Lock()
	defer s.mu.Unlock()
	a, u := s.apps[q.Get("app")], s.users[q.Get("user")]
	if a == nil || u == nil || u.Resigned || err != nil || page.Host == "" || page.Scheme != "http" && page.Scheme != "https" || !a.trusts(page) {
		http.Error(w, "no such app or user, or not a page of the app", http.StatusBadRequest)
		return
	}
	http.SetCookie(w, &http.Cookie{Name: phoneCookie, Value: url.QueryEscape(u.OpenID), Path: "/", HttpOnly: true, SameSite: http.SameSiteLaxMode}) //nolint:gosec // over plain HTTP, on this machine
	http.Redirect(w, r, page.String(), http.StatusFound)
}

// holder is the user whose phone the browser is; "" if it is nobody's.
func holder(r *http.Request) string {
	c, err := r.Cookie(phoneCookie)
	if err != nil {
		return ""
	}
	user, err := url.QueryUnescape(c.Value)
	if err != nil {
		return ""
	}
	return user
}

// trusts reports whether a page is of the app: its host is that of one of the
// redirect addresses, or there are none.
func (a *App) trusts(page *url.URL) bool {
	return len(a.RedirectURIs) == 0 || slices.ContainsFunc(a.RedirectURIs, func(s string) bool {
		u, err := url.Parse(s)
		return err == nil && u.Host == page.Host
	})
}

// serveScript is the JS-SDK. The client that it talks to is this server, at the address it was loaded from.
func (s *Server) serveScript(w http.ResponseWriter, _ *http.Request) {
	w.Header().Set("Content-Type", "text/javascript; charset=utf-8")
	_, _ = w.Write(h5sdk)
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
	_, _ = fmt.Fprintf(w, "window.__feishuSandbox(%d, %s);\n", n, data)
}

// serveConfig is the client's check of h5sdk.config: a page of the app, signed
// with the app's ticket. Its error texts are unverified.
func (s *Server) serveConfig(w http.ResponseWriter, r *http.Request) {
	q := r.URL.Query()
	page, err := url.Parse(q.Get("url"))
	s.mu.Lock()
	a := s.apps[q.Get("appId")]
	said := "config:ok"
	switch {
	case a == nil || err != nil:
		said = "config:fail invalid appId"
	case !a.trusts(page):
		said = "config:fail url is not in the H5 trusted domains"
	default:
		sum := sha1.Sum([]byte("jsapi_ticket=" + a.jsTicket + "&noncestr=" + q.Get("nonceStr") + //nolint:gosec // documented so
			"&timestamp=" + q.Get("timestamp") + "&url=" + q.Get("url")))
		if a.jsTicket == "" || !s.now().Before(a.jsTicketEnd) || subtle.ConstantTimeCompare([]byte(hex.EncodeToString(sum[:])), []byte(q.Get("signature"))) != 1 {
			said = "config:fail invalid signature"
		}
	}
	s.mu.Unlock()
	reply(w, r, map[string]any{"errMsg": said})
}

// earthDegree is the length of a degree of latitude, in metres.
const earthDegree = 111_195

// serveLocation says where the phone that the browser stands for is, each time
// a little off; nothing where nobody has put it anywhere.
func (s *Server) serveLocation(w http.ResponseWriter, r *http.Request) {
	user := holder(r)
	s.mu.Lock()
	out := map[string]any{"errMsg": "getLocation:ok"}
	if p, ok := s.positions[user]; ok {
		// A Rayleigh error: 68 % of it within the accuracy.
		sigma := p.accuracy / 1.51 / earthDegree
		out["latitude"] = p.lat + s.rnd.NormFloat64()*sigma
		out["longitude"] = p.lng + s.rnd.NormFloat64()*sigma/math.Max(0.01, math.Cos(p.lat*math.Pi/180))
		out["accuracy"] = p.accuracy
	}
	s.mu.Unlock()
	reply(w, r, out)
}
