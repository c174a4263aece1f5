package wecom

import "time"

// tokenLife is the life of access tokens and tickets (document path 91039).
const tokenLife = 7200 * time.Second

type token struct {
	app     *App
	value   string
	expires time.Time
	revoked bool
}

// getToken: the same token is given again while it is valid; a wrong secret is
// 40001, and many of them within an hour 45009 (document path 91039: the address
// is banned for an hour; here the corp is, as all clients share an address).
func (s *Server) getToken(c *apiCall) answer {
	id, secret := c.q.Get("corpid"), c.q.Get("corpsecret")
	switch {
	case id == "":
		return refuse(41002, "corpid missing")
	case secret == "":
		return refuse(41004, "corpsecret missing")
	}
	corp := s.corps[id]
	if corp == nil {
		return refuse(40013, "invalid corpid")
	}
	now := s.now()
	if corp.badSecret.within(now, time.Hour) >= s.opts.WrongSecrets {
		return refuse(45009, "api freq out of limit")
	}
	if c.app == nil {
		corp.badSecret.add(now, time.Hour)
		return refuse(40001, "invalid credential")
	}
	a := c.app
	if a.cur == nil || a.cur.revoked || !now.Before(a.cur.expires) {
		a.cur = &token{app: a, value: s.random(86), expires: now.Add(tokenLife)}
		s.tokens[a.cur.value] = a.cur
	}
	return ok("access_token", a.cur.value, "expires_in", int(a.cur.expires.Sub(now)/time.Second))
}

// ExpireToken ends the app's token as time would: calls with it answer 42001.
func (s *Server) ExpireToken(a *App) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if a.cur != nil {
		a.cur.expires = s.now()
		a.cur = nil
	}
}

// RevokeToken makes the app's token unknown, as a reset of the secret does:
// calls with it answer 40014. The secret stays as it is.
func (s *Server) RevokeToken(a *App) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if a.cur != nil {
		a.cur.revoked = true
		a.cur = nil
	}
}

// ExpireToken is [Server.ExpireToken] for this app.
func (a *App) ExpireToken() { a.s.ExpireToken(a) }

// RevokeToken is [Server.RevokeToken] for this app.
func (a *App) RevokeToken() { a.s.RevokeToken(a) }

// ResetSecret gives the app a new secret and revokes its token.
func (a *App) ResetSecret() string {
	a.s.mu.Lock()
	a.cfg.Secret = a.s.random(43)
	secret := a.cfg.Secret
	a.s.mu.Unlock()
	a.RevokeToken()
	return secret
}

type ticket struct {
	value   string
	expires time.Time
}

// ticketFor gives the same ticket while it is valid (document path 90506).
func (s *Server) ticketFor(key string) answer {
	now := s.now()
	t, found := s.tickets[key]
	if !found || !now.Before(t.expires) {
		t = ticket{value: "kgt8ON7yVITDhtdwci0qe" + s.random(64), expires: now.Add(tokenLife)}
		s.tickets[key] = t
	}
	return ok("ticket", t.value, "expires_in", int(t.expires.Sub(now)/time.Second))
}

func (s *Server) corpTicket(c *apiCall) answer { return s.ticketFor(c.app.corp.id) }

func (s *Server) agentTicket(c *apiCall) answer {
	if c.q.Get("type") != "agent_config" {
		return refuse(40005, "invalid type")
	}
	return s.ticketFor(c.app.corp.id + "|" + c.app.cfg.Secret)
}
