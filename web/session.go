package web

import (
	"context"
	"crypto/rand"
	"crypto/subtle"
	"errors"
	"net/http"
	"time"

	"roundsman/bot"
)

const (
	sessionCookie = "roundsman_rep"
	stateCookie   = "roundsman_state"
	// sessionFor is how long a device knows its rep; the login is silent anyway.
	sessionFor = 30 * 24 * time.Hour
	// stateFor is how long a login may take: pages are left open over lunch.
	stateFor = time.Hour
	// maxCode bounds what a platform's login page sends back, in bytes.
	maxCode = 512
)

// session is who uses a device. Whether they may check in is asked each time.
type session struct {
	Platform string `json:"p"`
	User     string `json:"u"`
}

// person is who it is, for counting.
func (s session) person() string { return s.Platform + "/" + s.User }

// state is a login under way, sealed in a cookie. What goes through the platform
// is its random text only, of letters and digits: that is all that WeCom promises
// to bring back. So nobody can be logged in as somebody else by a link.
type state struct {
	On   string `json:"o"`
	Text string `json:"t"`
	// Code is a code that was scanned and waits for the end of the login.
	Code string `json:"c,omitempty"`
}

// session reads the request's session.
func (p *Pages) session(r *http.Request) (session, bool) {
	var s session
	c, err := r.Cookie(sessionCookie)
	if err != nil || p.sessions.Open(c.Value, p.Now(), &s) != nil {
		return session{}, false
	}
	_, ok := p.host(s.Platform)
	return s, ok && s.User != ""
}

// cookie sets a cookie that scripts cannot read and that other sites' pages do not send.
func (p *Pages) cookie(w http.ResponseWriter, name, value string, life time.Duration) {
	age := int(life / time.Second)
	if value == "" {
		age = -1
	}
	http.SetCookie(w, &http.Cookie{ //nolint:gosec // Secure wherever the page is: only an emulator is without https
		Name: name, Value: value, Path: root, MaxAge: age, HttpOnly: true, Secure: p.secure, SameSite: http.SameSiteLaxMode,
	})
}

// getLogin begins a login, whoever was logged in before.
func (p *Pages) getLogin(w http.ResponseWriter, r *http.Request) {
	h, ok := p.chosen(r)
	if !ok {
		p.say(w, http.StatusOK, "web.choose", p.hosts, carried(r))
		return
	}
	p.login(w, r, h)
}

// login sends the browser to the platform, which knows who holds it.
func (p *Pages) login(w http.ResponseWriter, r *http.Request, h host) {
	text := rand.Text()
	sealed, err := p.states.Seal(state{h.name, text, carried(r)}, p.Now().Add(stateFor))
	if err != nil {
		p.fail(w, "begin a login", err)
		return
	}
	p.cookie(w, stateCookie, sealed, stateFor)
	http.Redirect(w, r, h.login.AuthorizeURL(BackAddress(p.PublicURL, h.name), text), http.StatusFound)
}

// getBack ends a login: the platform says whose code it is.
func (p *Pages) getBack(w http.ResponseWriter, r *http.Request) {
	h, ok := p.host(r.PathValue("platform"))
	if !ok {
		http.NotFound(w, r)
		return
	}
	q := r.URL.Query()
	var st state
	c, err := r.Cookie(stateCookie)
	code := q.Get("code")
	if err != nil || p.states.Open(c.Value, p.Now(), &st) != nil || st.On != h.name || st.Text == "" ||
		subtle.ConstantTimeCompare([]byte(st.Text), []byte(q.Get("state"))) != 1 || code == "" || len(code) > maxCode {
		p.Inlet.Refuse(h.name, "page_login")
		p.say(w, http.StatusBadRequest, "web.login_failed", []host{h}, st.Code)
		return
	}
	// Each costs the platform a call.
	if !p.limits.login(p.Now()) {
		p.say(w, http.StatusTooManyRequests, "web.try_later", []host{h}, st.Code)
		return
	}
	ctx, cancel := context.WithTimeout(r.Context(), loginWithin)
	defer cancel()
	user, err := h.login.WhoIs(ctx, code, BackAddress(p.PublicURL, h.name))
	switch {
	case errors.Is(err, bot.ErrNobody):
		p.Inlet.Refuse(h.name, "page_login")
		p.say(w, http.StatusForbidden, "web.login_failed", []host{h}, st.Code)
		return
	case err != nil:
		p.Log.Warn("a login on the check-in page failed", "platform", h.name, "error", err)
		p.say(w, http.StatusBadGateway, "web.try_later", []host{h}, st.Code)
		return
	}
	value, err := p.sessions.Seal(session{h.name, user}, p.Now().Add(sessionFor))
	if err != nil {
		p.fail(w, "end a login", err)
		return
	}
	p.cookie(w, sessionCookie, value, sessionFor)
	p.cookie(w, stateCookie, "", 0)
	// The platform's code goes out of the address bar and the history.
	http.Redirect(w, r, withCode(Address("", h.name)+"&"+cameBack+"=1", st.Code), http.StatusSeeOther)
}
