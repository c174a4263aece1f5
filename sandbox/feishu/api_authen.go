package feishu

import (
	"html/template"
	"net/http"
	"net/url"
	"slices"
	"time"
)

// loginCode is a one-time code of the login page.
type loginCode struct {
	app      *App
	user     string
	redirect string
	end      time.Time
}

const (
	codeLife    = 5 * time.Minute
	userLife    = 2 * time.Hour
	refreshLife = 30 * 24 * time.Hour
)

// SetLoginUser chooses who logs in at the authorize page without being asked; ""
// shows the page with everybody to choose from.
func (s *Server) SetLoginUser(openID string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.loginAs = openID
}

var loginPage = template.Must(template.New("login").Parse(`<!doctype html><meta charset="utf-8"><title>{{.App}}</title>
<h1>{{.App}}</h1><ul>{{range .Users}}<li><a href="{{.Link}}">{{.Name}}</a></li>{{end}}</ul>
`))

// authorize is the login page: it redirects with a code for the chosen user, who
// comes from the query ("as", an addition of the sandbox), [Server.SetLoginUser],
// the browser that is somebody's phone ([App.PhonePath]), or a click on the page.
func (s *Server) authorize(w http.ResponseWriter, r *http.Request) {
	q := r.URL.Query()
	s.mu.Lock()
	defer s.mu.Unlock()
	a := s.apps[firstOf(q.Get("client_id"), q.Get("app_id"))]
	to, err := url.Parse(q.Get("redirect_uri"))
	if a == nil || err != nil || to.Host == "" || (to.Scheme != "http" && to.Scheme != "https") ||
		len(a.RedirectURIs) > 0 && !slices.Contains(a.RedirectURIs, q.Get("redirect_uri")) {
		// 20029: redirect_uri 请求不合法.
		http.Error(w, "20029 redirect_uri is not registered, or no such app", http.StatusBadRequest)
		return
	}
	who := firstOf(q.Get("as"), s.loginAs)
	if phone := holder(r); who == "" && s.users[phone] != nil {
		who = phone
	}
	if who == "" {
		type row struct{ Name, Link string }
		var rows []row
		for _, u := range s.usersLocked() {
			if !u.Resigned && !a.unavailable[u.OpenID] {
				q.Set("as", u.OpenID)
				rows = append(rows, row{u.Name, "?" + q.Encode()})
			}
		}
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		_ = loginPage.Execute(w, map[string]any{"App": a.BotName, "Users": rows})
		return
	}
	back := to.Query()
	if u := s.users[who]; u == nil || u.Resigned || a.unavailable[who] {
		back.Set("error", "access_denied")
	} else {
		code := s.id("", 32)
		s.codes[code] = &loginCode{app: a, user: who, redirect: q.Get("redirect_uri"), end: s.now().Add(codeLife)}
		back.Set("code", code)
	}
	if st := q.Get("state"); st != "" {
		back.Set("state", st)
	}
	to.RawQuery = back.Encode()
	http.Redirect(w, r, to.String(), http.StatusFound)
}

// redeem uses a code up; the lock must be held.
func (s *Server) redeem(a *App, code string) (*loginCode, *apiError) {
	l := s.codes[code]
	delete(s.codes, code)
	if l == nil || l.app != a || s.now().After(l.end) {
		return nil, fail(20003, "invalid authorization code")
	}
	return l, nil
}

// userToken answers authen/v1/oidc/access_token and the older
// authen/v1/access_token, which adds who it is.
func (s *Server) userToken(c *call) (any, *apiError) {
	var in struct {
		GrantType string `json:"grant_type"`
		Code      string `json:"code"`
	}
	if err := c.decode(&in); err != nil {
		return nil, err
	}
	if in.GrantType != "authorization_code" {
		return nil, fail(20036, "invalid grant_type")
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	l, e := s.redeem(c.app, in.Code)
	if e != nil {
		return nil, e
	}
	return c.tokens(l.user, c.r.URL.Path == "/open-apis/authen/v1/access_token"), nil
}

func (s *Server) refreshUserToken(c *call) (any, *apiError) {
	var in struct {
		GrantType    string `json:"grant_type"`
		RefreshToken string `json:"refresh_token"`
	}
	if err := c.decode(&in); err != nil {
		return nil, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	t := s.tokens[in.RefreshToken]
	if in.GrantType != "refresh_token" || t == nil || !t.refresh || t.revoked || t.app != c.app || !s.now().Before(t.end) {
		return nil, fail(20026, "invalid refresh_token")
	}
	t.revoked = true // a refresh token serves once
	return c.tokens(t.user, c.r.URL.Path == "/open-apis/authen/v1/refresh_access_token"), nil
}

func (c *call) tokens(openID string, who bool) map[string]any {
	access := c.s.issue(c.app, "u-", openID, userLife)
	refresh := c.s.issue(c.app, "ur-", openID, refreshLife)
	refresh.refresh = true
	out := map[string]any{
		"access_token": access.value, "refresh_token": refresh.value, "token_type": "Bearer",
		"expires_in": int(userLife / time.Second), "refresh_expires_in": int(refreshLife / time.Second), "scope": "auth:user.id:read",
	}
	if who {
		for k, v := range c.person(openID) {
			out[k] = v
		}
	}
	return out
}

// oauthToken answers authen/v2/oauth/token: flat, with the app's own credentials.
func (s *Server) oauthToken(c *call) (any, *apiError) {
	var in struct {
		GrantType    string `json:"grant_type"`
		ClientID     string `json:"client_id"`
		ClientSecret string `json:"client_secret"`
		Code         string `json:"code"`
		RedirectURI  string `json:"redirect_uri"`
		RefreshToken string `json:"refresh_token"`
	}
	if err := c.decode(&in); err != nil {
		return nil, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if c.app == nil || c.app.Secret != in.ClientSecret {
		return nil, fail(20002, "The client secret is invalid.")
	}
	var user string
	switch in.GrantType {
	case "authorization_code":
		l, e := s.redeem(c.app, in.Code)
		if e != nil {
			return nil, e
		}
		if in.RedirectURI != "" && in.RedirectURI != l.redirect {
			return nil, fail(20071, "The provided redirect_uri does not match the one used in the authorization request.")
		}
		user = l.user
	case "refresh_token":
		t := s.tokens[in.RefreshToken]
		if t == nil || !t.refresh || t.revoked || t.app != c.app || !s.now().Before(t.end) {
			return nil, fail(20026, "The refresh token is invalid.")
		}
		t.revoked = true
		user = t.user
	default:
		return nil, fail(20036, "The grant_type is not supported.")
	}
	t := c.tokens(user, false)
	return flat{
		"code": 0, "access_token": t["access_token"], "expires_in": t["expires_in"], "refresh_token": t["refresh_token"],
		"refresh_token_expires_in": t["refresh_expires_in"], "token_type": "Bearer", "scope": t["scope"],
	}, nil
}

func (s *Server) userInfo(c *call) (any, *apiError) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return c.person(c.user), nil
}

// person is a logged-in user; the lock must be held.
func (c *call) person(openID string) map[string]any {
	u := c.s.users[openID]
	out := map[string]any{
		"name": u.Name, "en_name": u.EnName, "avatar_url": "", "avatar_thumb": "", "avatar_middle": "", "avatar_big": "",
		"open_id": u.OpenID, "union_id": u.UnionID, "tenant_key": u.TenantKey,
	}
	if u.Email != "" {
		out["email"] = u.Email
	}
	if u.Mobile != "" {
		out["mobile"] = u.Mobile
	}
	if !c.app.Scopes.NoUserID {
		out["user_id"] = u.UserID
	}
	return out
}
