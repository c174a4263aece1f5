package feishu

import (
	"net/http"
	"time"
)

// token is an access or refresh token.
type token struct {
	value   string
	app     *App
	user    string // open_id of a user token
	refresh bool
	end     time.Time
	revoked bool
}

// tenantToken answers auth/v3/{tenant,app}_access_token/internal. For a
// self-built app the two are the same token. With less than 30 minutes left a
// new one is issued and both stay valid.
func (s *Server) tenantToken(c *call) (any, *apiError) {
	var in struct {
		AppID     string `json:"app_id"`
		AppSecret string `json:"app_secret"`
	}
	if err := c.decode(&in); err != nil {
		return nil, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	a := s.apps[in.AppID]
	if a == nil {
		// The code is the one seen in practice, the HTTP status unverified.
		return nil, &apiError{status: http.StatusBadRequest, code: 10003, msg: "invalid param"}
	}
	if a.Secret != in.AppSecret {
		return nil, &apiError{status: http.StatusBadRequest, code: 10014, msg: "app secret invalid"}
	}
	now := s.now()
	margin := min(30*time.Minute, a.TokenLifetime/4)
	var best *token
	for _, t := range s.tokens {
		if t.app == a && t.user == "" && !t.revoked && t.end.Sub(now) >= margin && (best == nil || t.end.After(best.end)) {
			best = t
		}
	}
	if best == nil {
		best = s.issue(a, "t-", "", a.TokenLifetime)
	}
	out := flat{"code": 0, "msg": "ok", "expire": int(best.end.Sub(now) / time.Second), "tenant_access_token": best.value}
	if c.r.URL.Path == "/open-apis/auth/v3/app_access_token/internal" {
		out["app_access_token"] = best.value
	}
	return out, nil
}

// issue makes a token; the lock must be held.
func (s *Server) issue(a *App, prefix, user string, life time.Duration) *token {
	now := s.now()
	for value, t := range s.tokens { // forget what expired a day ago
		if now.Sub(t.end) > 24*time.Hour {
			delete(s.tokens, value)
		}
	}
	t := &token{value: s.id(prefix, 40), app: a, user: user, end: now.Add(life)}
	s.tokens[t.value] = t
	return t
}
