package wecom

import (
	"fmt"
	"html/template"
	"maps"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"time"
)

// codeLife: a code is good for 5 minutes and one call (document path 91022).
const codeLife = 5 * time.Minute

type oauthCode struct {
	corp    *Corp
	agent   int // 0: any app of the corp
	user    string
	private bool
	expires time.Time
}

// SandboxUser is the query parameter with which a client chooses who signs in on
// the authorize page without looking at it. WeCom has no such thing: there the
// member is the one who holds the phone.
const SandboxUser = "sandbox_user"

// stateForm is what may be carried through a login (document path 91022).
var stateForm = regexp.MustCompile(`^[a-zA-Z0-9]{0,128}$`)

var authorizePage = template.Must(template.New("authorize").Parse(`<!doctype html>
<html lang="zh"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>企业微信沙箱登录</title></head>
<body><h1>以谁的身份登录？</h1><ul>{{range .}}<li><a href="{{.Link}}">{{.Name}}（{{.UserID}}）</a></li>{{end}}</ul></body></html>
`))

// serveAuthorize is the page where a member agrees (document paths 91022 and
// 98152). Here the visitor picks a member, and is sent on with code and state.
func (s *Server) serveAuthorize(w http.ResponseWriter, r *http.Request) {
	q := r.URL.Query()
	fail := func(status int, text string) { http.Error(w, text, status) }
	target, err := url.Parse(q.Get("redirect_uri"))
	if err != nil || target.Host == "" || target.Scheme != "http" && target.Scheme != "https" {
		fail(http.StatusBadRequest, "redirect_uri is not an http address")
		return
	}
	if !stateForm.MatchString(q.Get("state")) {
		fail(http.StatusBadRequest, "state is not up to 128 letters and digits")
		return
	}
	qr := strings.HasPrefix(r.URL.Path, "/wwopen/")
	if !qr && q.Get("response_type") != "code" {
		fail(http.StatusBadRequest, "response_type must be code")
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	corp := s.corps[q.Get("appid")]
	if corp == nil {
		fail(http.StatusBadRequest, "appid is not a known corp")
		return
	}
	var app *App
	trusted := false
	for id, a := range corp.apps {
		if fmt.Sprint(id) == q.Get("agentid") {
			app = a
		}
		trusted = trusted || a.redirectsTo(target.Hostname())
	}
	if app != nil {
		trusted = app.redirectsTo(target.Hostname())
	}
	if q.Get("agentid") != "" && app == nil {
		fail(http.StatusBadRequest, "agentid is not an app of this corp")
		return
	}
	if !trusted {
		fail(http.StatusForbidden, "errcode 50001: redirect_uri is not in the app's trusted domain")
		return
	}
	who := q.Get(SandboxUser)
	if of, user := holder(r); who == "" && of == corp.id {
		who = user
	}
	if who == "" {
		type row struct{ UserID, Name, Link string }
		var rows []row
		for _, u := range corp.usersFor(app) {
			link := cloneQuery(q)
			link.Set(SandboxUser, u.UserID)
			rows = append(rows, row{u.UserID, u.Name, r.URL.Path + "?" + link.Encode()})
		}
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		if err := authorizePage.Execute(w, rows); err != nil {
			s.log.Debug("wecom sandbox: authorize page", "err", err)
		}
		return
	}
	u := corp.users[strings.ToLower(who)]
	if u == nil || app != nil && !app.sees(u) {
		fail(http.StatusBadRequest, SandboxUser+" is not a member in the app's range")
		return
	}
	code := s.random(43)
	oc := &oauthCode{corp: corp, user: u.UserID, private: q.Get("scope") == "snsapi_privateinfo", expires: s.now().Add(codeLife)}
	if app != nil {
		oc.agent = app.cfg.AgentID
	}
	s.codes[code] = oc
	back := target.Query()
	back.Set("code", code)
	back.Set("state", q.Get("state"))
	target.RawQuery = back.Encode()
	http.Redirect(w, r, target.String(), http.StatusFound)
}

// takeCode consumes a code.
func (s *Server) takeCode(c *apiCall) (*oauthCode, *answer) {
	code := c.q.Get("code")
	if code == "" {
		r := refuse(41008, "missing code")
		return nil, &r
	}
	oc := s.codes[code]
	if oc == nil || oc.corp != c.app.corp || oc.agent != 0 && oc.agent != c.app.cfg.AgentID || !s.now().Before(oc.expires) {
		r := refuse(40029, "invalid code")
		return nil, &r
	}
	delete(s.codes, code)
	return oc, nil
}

func (s *Server) oauthUser(c *apiCall) answer {
	oc, r := s.takeCode(c)
	if r != nil {
		return *r
	}
	a := ok("userid", oc.user)
	if oc.private {
		a.fields["user_ticket"] = s.random(64)
	}
	return a
}

func (s *Server) oauthUserOld(c *apiCall) answer {
	oc, r := s.takeCode(c)
	if r != nil {
		return *r
	}
	return ok("UserId", oc.user, "DeviceId", "")
}

// usersFor are the members in an app's range, or all without an app.
func (c *Corp) usersFor(a *App) []*User {
	if a != nil {
		return a.visibleUsers()
	}
	var out []*User
	for _, k := range slices.Sorted(maps.Keys(c.users)) {
		out = append(out, c.users[k])
	}
	return out
}
