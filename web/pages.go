package web

import (
	"bytes"
	"embed"
	"errors"
	"fmt"
	"html/template"
	"log/slog"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"golang.org/x/sync/semaphore"

	"roundsman/bot"
	"roundsman/catalog"
	"roundsman/seal"
	"roundsman/storage"
	"roundsman/visit"
)

// Where the pages are, under the public address.
const (
	root = "/m/"
	// CheckInPath is the rep's page; see [Address].
	CheckInPath = root + "check-in"
	loginPath   = root + "login"
	backPath    = root + "back/"
	onParam     = "on"
	// cameBack marks the page's address after a login: whoever has no session
	// then keeps no cookies, and must not be sent in circles.
	cameBack = "back"
)

//go:embed page
var files embed.FS

// Options are what Pages work with. All are required.
type Options struct {
	Store storage.Store
	// Platforms are all that are configured; those with [bot.WebLogin] can log in.
	Platforms []bot.Platform
	Inlet     bot.Inlet
	Say       *catalog.Catalog
	// Key seals sessions and nonces: at least [seal.MinKey] bytes.
	Key []byte
	// PublicURL is the address under which phones reach this, without a slash at its end.
	PublicURL string
	Policy    visit.Policy
	// PhotoBytes and PhotoPixels bound a photo.
	PhotoBytes, PhotoPixels int64
	Now                     func() time.Time
	Log                     *slog.Logger
}

// Pages are the rep's pages. They are safe for concurrent use.
type Pages struct {
	Options
	hosts         []host
	secure        bool
	texts         map[string]string
	shell, notice *template.Template
	limits        limits
	// What is sealed: who uses a device, a login under way, a nonce, a customer's code.
	sessions, states, tickets, codes *seal.Box
	// holding bounds the bytes of photos in memory.
	holding *semaphore.Weighted
}

// host is a platform that can say who opened a page.
type host struct {
	name  string
	login bot.WebLogin
}

// New returns pages for the platforms.
func New(o Options) (*Pages, error) {
	p := &Pages{Options: o, secure: strings.HasPrefix(o.PublicURL, "https:"), holding: semaphore.NewWeighted(maxHeld)}
	for _, platform := range o.Platforms {
		if login, ok := platform.(bot.WebLogin); ok {
			p.hosts = append(p.hosts, host{platform.Name(), login})
		}
	}
	var errs []error
	for use, box := range map[string]**seal.Box{"web/session": &p.sessions, "web/state": &p.states, "web/nonce": &p.tickets, "web/code": &p.codes} {
		var err error
		*box, err = seal.New(o.Key, use)
		errs = append(errs, err)
	}
	p.texts = make(map[string]string, len(pageTexts))
	for _, key := range pageTexts {
		p.texts[key] = o.Say.T("web." + key)
	}
	var errShell, errNotice error
	p.shell, errShell = template.ParseFS(files, "page/check-in.html")
	p.notice, errNotice = template.ParseFS(files, "page/notice.html")
	if err := errors.Join(append(errs, errShell, errNotice)...); err != nil {
		return nil, fmt.Errorf("make the pages: %w", err)
	}
	return p, nil
}

// pageTexts are the sentences that the page's script says by itself.
var pageTexts = []string{
	"start", "measuring", "accuracy", "sending", "received", "in_chat", "asks", "queued", "queued_note", "stand", "waiting_one", "waiting_photos", "offline",
	"denied", "no_position", "photo", "photo_more", "photo_remove", "too_many_photos", "photo_large", "again", "login", "stranger",
	"enough", "refused_unknown", "late_note", "coded", "coded_nobody", "without_code", "without_photos",
}

// Address is the page's address for people of a platform.
func Address(publicURL, platform string) string {
	return publicURL + CheckInPath + "?" + url.Values{onParam: {platform}}.Encode()
}

// LoginAddress is where somebody of a platform logs in anew, whoever was logged in before.
func LoginAddress(publicURL, platform string) string {
	return publicURL + loginPath + "?" + url.Values{onParam: {platform}}.Encode()
}

// BackAddress is where a platform's login page sends people back to.
func BackAddress(publicURL, platform string) string {
	return publicURL + backPath + url.PathEscape(platform)
}

// Routes mounts the pages.
func (p *Pages) Routes(mux *http.ServeMux) {
	handle := func(pattern string, h http.HandlerFunc) { mux.Handle(pattern, guard(h)) }
	handle("GET "+CheckInPath, p.getCheckIn)
	handle("POST "+CheckInPath, p.postCheckIn)
	handle("GET "+loginPath, p.getLogin)
	handle("GET "+backPath+"{platform}", p.getBack)
	handle("GET "+root+"me", p.getMe)
	handle("GET "+root+"answer", p.getAnswer)
	handle("GET "+root+"client/{platform}", p.getBridge)
	for _, name := range []string{"check-in.js", "check-in.css", "sw.js"} {
		handle("GET "+root+name, asset(name))
	}
}

// guard says what browsers may do with an answer.
func guard(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h := w.Header()
		h.Set("X-Content-Type-Options", "nosniff")
		h.Set("Referrer-Policy", "no-referrer")
		h.Set("Cache-Control", "no-store")
		h.Set("Permissions-Policy", "geolocation=(self), camera=(self), microphone=()")
		h.Set("Cross-Origin-Resource-Policy", "same-origin")
		h.Set("Content-Security-Policy", policy(nil))
		next.ServeHTTP(w, r)
	})
}

// policy is the Content-Security-Policy of a page that may load scripts from the
// addresses' hosts beside its own. The scripts of platforms talk to their client
// through frames with schemes of its own.
func policy(scripts []string) string {
	sources, frames := "'self'", "'none'"
	for _, s := range scripts {
		if u, err := url.Parse(s); err == nil && u.Host != "" {
			sources += " " + u.Scheme + "://" + u.Host
			frames = "weixin: wxwork: wvjbscheme: lark:"
		}
	}
	return "default-src 'none'; script-src " + sources + "; style-src 'self'; img-src 'self' blob: data:; connect-src 'self'; " +
		"worker-src 'self'; frame-src " + frames + "; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
}

var kinds = map[string]string{".js": "text/javascript; charset=utf-8", ".css": "text/css; charset=utf-8"}

// asset serves one file of the page, which is nobody's secret.
func asset(name string) http.HandlerFunc {
	data, err := files.ReadFile("page/" + name)
	if err != nil {
		panic("web: " + err.Error()) // a constant name
	}
	kind := kinds[name[strings.LastIndexByte(name, '.'):]]
	return func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", kind)
		w.Header().Set("Cache-Control", "no-cache")
		_, _ = w.Write(data)
	}
}

// getBridge serves the script by which the page uses a platform's client.
func (p *Pages) getBridge(w http.ResponseWriter, r *http.Request) {
	h, ok := p.host(strings.TrimSuffix(r.PathValue("platform"), ".js"))
	if !ok {
		http.NotFound(w, r)
		return
	}
	w.Header().Set("Content-Type", kinds[".js"])
	w.Header().Set("Cache-Control", "no-cache")
	_, _ = w.Write(h.login.Client().Bridge)
}

// host finds a platform that can log in.
func (p *Pages) host(name string) (host, bool) {
	i := slices.IndexFunc(p.hosts, func(h host) bool { return h.name == name })
	if i < 0 {
		return host{}, false
	}
	return p.hosts[i], true
}

// chosen finds the platform that a request is about: named, or the only one, or
// the one whose client shows the page.
func (p *Pages) chosen(r *http.Request) (host, bool) {
	if on := r.URL.Query().Get(onParam); on != "" {
		return p.host(on)
	}
	if len(p.hosts) == 1 {
		return p.hosts[0], true
	}
	i := slices.IndexFunc(p.hosts, func(h host) bool { return h.login.Hosts(r) })
	if i < 0 {
		return host{}, false
	}
	return p.hosts[i], true
}

// getCheckIn shows the page to whoever has a session, and sends others to log in.
// It holds nothing personal, so that it can be kept on the phone for when there is no network.
func (p *Pages) getCheckIn(w http.ResponseWriter, r *http.Request) {
	s, known := p.session(r)
	h, ok := p.chosen(r)
	switch {
	case !ok && known:
		h, _ = p.host(s.Platform)
	case !ok:
		p.say(w, http.StatusOK, "web.choose", p.hosts, carried(r))
		return
	}
	if !known || s.Platform != h.name {
		if r.URL.Query().Has(cameBack) {
			p.say(w, http.StatusForbidden, "web.no_cookie", []host{h}, carried(r))
			return
		}
		p.login(w, r, h)
		return
	}
	client := h.login.Client()
	var out bytes.Buffer
	err := p.shell.Execute(&out, map[string]any{
		"Language": p.language(), "Title": p.Say.T("web.title"), "Hint": p.Say.T("web.hint"),
		"Page": map[string]any{
			"on": h.name, "scripts": client.Scripts, "photoBytes": p.PhotoBytes, "maxPhotos": maxPhotos, "texts": p.texts,
		},
	})
	if err != nil {
		p.fail(w, "write the page", err)
		return
	}
	w.Header().Set("Content-Security-Policy", policy(client.Scripts))
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	_, _ = w.Write(out.Bytes())
}

// language is the page's language tag.
func (p *Pages) language() string {
	if p.Say.Language() == "zh" {
		return "zh-CN"
	}
	return p.Say.Language()
}

// say shows one sentence of the catalogue and links to log in on platforms, with
// the code that was scanned, if one was.
func (p *Pages) say(w http.ResponseWriter, status int, key string, on []host, sealed string) {
	type link struct{ Text, Address string }
	var links []link
	for _, h := range on {
		links = append(links, link{p.Say.T("web.open_on", "Platform", p.Say.T("platform."+h.name)), withCode(LoginAddress("", h.name), sealed)})
	}
	var out bytes.Buffer
	err := p.notice.Execute(&out, map[string]any{
		"Language": p.language(), "Title": p.Say.T("web.title"), "Text": p.Say.T(key), "Links": links,
	})
	if err != nil {
		p.fail(w, "write a notice", err)
		return
	}
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.WriteHeader(status)
	_, _ = w.Write(out.Bytes())
}

// fail logs what nobody outside can do anything about.
func (p *Pages) fail(w http.ResponseWriter, what string, err error) {
	p.Log.Error("the check-in page failed", "what", what, "error", err)
	http.Error(w, p.Say.T("web.try_later"), http.StatusServiceUnavailable)
}
