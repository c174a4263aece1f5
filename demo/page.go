package demo

import (
	"context"
	"embed"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"time"
	"unicode/utf8"

	"roundsman/geo"
)

//go:embed page
var pageFiles embed.FS

const (
	maxBody   = 64 << 10
	maxUpload = 10 << 20
	// maxSaid bounds what can be typed, in characters.
	maxSaid = 2000
	// settle is how long several changes are waited for before a page is told.
	settle = 80 * time.Millisecond
	// alive is how often a page hears that the connection is there.
	alive = 15 * time.Second
)

var errWeekOver = errors.New("the week that has plans is over")

// Handler serves the page. It begins to run the demo's clock for the bot: what
// is scheduled happens, and the day can be played. It answers only requests to
// a loopback name, and takes orders only from its own page.
func (w *World) Handler() http.Handler {
	w.page.Do(w.live.start)
	files, err := fs.Sub(pageFiles, "page")
	if err != nil {
		panic("demo: " + err.Error()) // a constant name
	}
	mux := http.NewServeMux()
	mux.Handle("GET /", http.FileServerFS(files))
	mux.HandleFunc("GET /api/state", w.getState)
	mux.HandleFunc("GET /api/events", w.getEvents)
	mux.HandleFunc("GET /phone", w.getPhone)
	mux.HandleFunc("GET /photo/{platform}/{key}", w.getPhoto)
	mux.HandleFunc("GET /file/{platform}/{key}", w.getFile)
	mux.HandleFunc("POST /api/send", post(w.postSend))
	mux.HandleFunc("POST /api/press", post(w.postPress))
	mux.HandleFunc("POST /api/clock", post(w.postClock))
	mux.HandleFunc("POST /api/play", post(w.postPlay))
	mux.HandleFunc("POST /api/photo", w.postPhoto)
	return guard(mux)
}

// guard refuses requests that were made under another name (DNS rebinding) and
// orders from other pages, and says what browsers may do with the page.
func guard(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h := w.Header()
		h.Set("Content-Security-Policy", "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'")
		h.Set("X-Content-Type-Options", "nosniff")
		h.Set("Referrer-Policy", "no-referrer")
		h.Set("Cache-Control", "no-store")
		switch {
		case !loopback(r.Host):
			http.Error(w, "open this page as http://localhost or http://127.0.0.1", http.StatusForbidden)
		case r.Method != http.MethodGet && r.Method != http.MethodHead && !sameOrigin(r):
			http.Error(w, "only the demo's own page may do this", http.StatusForbidden)
		default:
			next.ServeHTTP(w, r)
		}
	})
}

// loopback reports whether a request's host is this machine by a name that no
// DNS server can give away.
func loopback(host string) bool {
	name, _, err := net.SplitHostPort(host)
	if err != nil {
		name = strings.Trim(host, "[]")
	}
	ip := net.ParseIP(name)
	return strings.EqualFold(name, "localhost") || ip != nil && ip.IsLoopback()
}

// sameOrigin reports whether an order comes from the page itself. Browsers say
// where it comes from; what is no browser says nothing and may.
func sameOrigin(r *http.Request) bool {
	if site := r.Header.Get("Sec-Fetch-Site"); site != "" && site != "same-origin" && site != "none" {
		return false
	}
	origin := r.Header.Get("Origin")
	if origin == "" {
		return true
	}
	u, err := url.Parse(origin)
	return err == nil && strings.EqualFold(u.Host, r.Host)
}

// order is what the page asks for.
type order struct {
	Person   string `json:"person"`
	Platform string `json:"platform"`
	// Text, Place and Sample are what to send: one of them.
	Text   string     `json:"text"`
	Place  *geo.Point `json:"place"`
	Sample string     `json:"sample"`
	// Message and Button are what to tap.
	Message string `json:"message"`
	Button  int    `json:"button"`
	// Speed, Pause and Next are for the clock, On for the played day.
	Speed float64 `json:"speed"`
	Pause bool    `json:"pause"`
	Next  bool    `json:"next"`
	On    bool    `json:"on"`
}

func (o order) seat() seat { return seat{o.Person, o.Platform} }

// errOrder says that an order cannot be understood.
var errOrder = errors.New("bad request")

// post reads an order and answers it.
func post(do func(order) (any, error)) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		if kind, _, _ := strings.Cut(r.Header.Get("Content-Type"), ";"); kind != "application/json" {
			http.Error(w, "want application/json", http.StatusUnsupportedMediaType)
			return
		}
		var o order
		dec := json.NewDecoder(http.MaxBytesReader(w, r.Body, maxBody))
		dec.DisallowUnknownFields()
		if err := dec.Decode(&o); err != nil {
			answer(w, nil, fmt.Errorf("%w: %w", errOrder, err))
			return
		}
		out, err := do(o)
		answer(w, out, err)
	}
}

// answer writes a value or an error as JSON.
func answer(w http.ResponseWriter, v any, err error) {
	code := http.StatusOK
	if err != nil {
		code = http.StatusConflict
		if tooBig := (*http.MaxBytesError)(nil); errors.As(err, &tooBig) {
			code = http.StatusRequestEntityTooLarge
		} else if errors.Is(err, errOrder) || errors.Is(err, errNobody) {
			code = http.StatusBadRequest
		}
		v = map[string]string{"error": err.Error()}
	}
	if v == nil {
		v = struct{}{}
	}
	data, err := json.Marshal(v)
	if err != nil {
		http.Error(w, "cannot answer", http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", "application/json; charset=utf-8")
	w.WriteHeader(code)
	_, _ = w.Write(data)
}

func (w *World) getState(rw http.ResponseWriter, r *http.Request) {
	who := seat{r.FormValue("person"), r.FormValue("platform")}
	if who.person == "" {
		who = seat{eastSteady, onFeishu}
	}
	st, err := w.look(r.Context(), who)
	answer(rw, st, err)
}

// getEvents tells a page of changes until it goes away.
func (w *World) getEvents(rw http.ResponseWriter, r *http.Request) {
	changes, cancel, ok := w.live.watch()
	if !ok {
		http.Error(rw, "too many pages", http.StatusServiceUnavailable)
		return
	}
	defer cancel()
	rw.Header().Set("Content-Type", "text/event-stream")
	out := http.NewResponseController(rw)
	pulse := time.NewTicker(alive)
	defer pulse.Stop()
	for text := "retry: 1000\ndata: hello\n\n"; ; {
		if _, err := io.WriteString(rw, text); err != nil {
			return
		}
		if err := out.Flush(); err != nil {
			return
		}
		select {
		case <-r.Context().Done():
			return
		case <-w.live.ended():
			return
		case <-changes:
			pause(r.Context(), settle)
			select {
			case <-changes: // what came meanwhile is told with it
			default:
			}
			text = "data: change\n\n"
		case <-pulse.C:
			text = ": alive\n\n"
		}
	}
}

// ended is closed when the demo is.
func (l *live) ended() <-chan struct{} {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.done
}

func pause(ctx context.Context, d time.Duration) {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-ctx.Done():
	case <-t.C:
	}
}

func (w *World) postSend(o order) (any, error) {
	p, err := w.at(o.seat())
	if err != nil {
		return nil, err
	}
	w.live.touch()
	switch {
	case o.Place != nil:
		at, err := geo.New(o.Place.Lat, o.Place.Lng, geo.GCJ02)
		if err != nil {
			return nil, fmt.Errorf("%w: %w", errOrder, err)
		}
		if err := w.open(o.seat(), at); err != nil {
			return nil, err
		}
		_, err = w.sendPlace(o.seat(), w.label(p, at), at)
		return nil, err
	case o.Sample != "":
		kind, ok := map[string]shot{"front": shotFront, "before": shotBefore, "after": shotAfter}[o.Sample]
		if !ok {
			return nil, errOrder
		}
		return nil, w.sendPhoto(o.seat(), picture(kind, p.ID+w.Now().Format("1504")))
	}
	text := strings.TrimSpace(o.Text)
	if text == "" || utf8.RuneCountInString(text) > maxSaid {
		return nil, errOrder
	}
	_, err = w.sendText(o.seat(), text)
	return nil, err
}

func (w *World) postPress(o order) (any, error) {
	w.live.touch()
	toast, err := w.press(o.seat(), o.Message, o.Button)
	return map[string]string{"toast": toast}, err
}

func (w *World) postClock(o order) (any, error) {
	switch {
	case o.Next:
		w.live.skip()
	case o.Pause:
		w.clock.pause()
	case o.Speed >= minSpeed && o.Speed <= maxSpeed:
		w.clock.run(o.Speed)
	default:
		return nil, errOrder
	}
	w.live.changed()
	return nil, nil
}

func (w *World) postPlay(o order) (any, error) {
	return nil, w.live.play(context.Background(), o.On)
}

// postPhoto takes a picture to send.
func (w *World) postPhoto(rw http.ResponseWriter, r *http.Request) {
	if !strings.HasPrefix(r.Header.Get("Content-Type"), "image/") {
		http.Error(rw, "want a picture", http.StatusUnsupportedMediaType)
		return
	}
	data, err := io.ReadAll(http.MaxBytesReader(rw, r.Body, maxUpload))
	if err != nil {
		answer(rw, nil, err)
		return
	}
	if kind := http.DetectContentType(data); kind != "image/jpeg" && kind != "image/png" {
		answer(rw, nil, fmt.Errorf("%w: a JPEG or PNG", errOrder))
		return
	}
	w.live.touch()
	answer(rw, nil, w.sendPhoto(seat{r.URL.Query().Get("person"), r.URL.Query().Get("platform")}, data))
}

var photoKey = regexp.MustCompile(`^[0-9A-Za-z_-]{8,80}$`)

// getPhoto shows a picture of a chat.
func (w *World) getPhoto(rw http.ResponseWriter, r *http.Request) {
	key := r.PathValue("key")
	if !photoKey.MatchString(key) {
		http.NotFound(rw, r)
		return
	}
	var data []byte
	switch r.PathValue("platform") {
	case onFeishu:
		data, _, _ = w.feishu.File(key)
	case onWeCom:
		data = w.wecomPicture(r.Context(), key)
	}
	kind := http.DetectContentType(data)
	if kind != "image/jpeg" && kind != "image/png" {
		http.NotFound(rw, r)
		return
	}
	rw.Header().Set("Content-Type", kind)
	rw.Header().Set("Cache-Control", "private, max-age=3600, immutable")
	_, _ = rw.Write(data)
}

// getFile gives a file that the bot sent, to be saved.
func (w *World) getFile(rw http.ResponseWriter, r *http.Request) {
	key := r.PathValue("key")
	var data []byte
	found := photoKey.MatchString(key)
	switch {
	case !found:
	case r.PathValue("platform") == onFeishu:
		data, _, found = w.feishu.File(key)
	default:
		_, data, found = w.wecomApp.Corp().Media(key)
	}
	if !found {
		http.NotFound(rw, r)
		return
	}
	rw.Header().Set("Content-Type", "application/octet-stream")
	rw.Header().Set("Content-Disposition", "attachment")
	_, _ = rw.Write(data)
}

// wecomPicture fetches a picture from the emulated WeCom; nil if there is none.
func (w *World) wecomPicture(ctx context.Context, key string) []byte {
	if _, data, ok := w.wecomApp.Corp().Media(key); ok {
		return data // the bot's own
	}
	ctx, cancel := context.WithTimeout(ctx, 5*time.Second)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, w.wecomURL+"/wwpic/"+key, http.NoBody)
	if err != nil {
		return nil
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return nil
	}
	defer resp.Body.Close()
	data, err := io.ReadAll(io.LimitReader(resp.Body, maxUpload))
	if err != nil || resp.StatusCode != http.StatusOK {
		return nil
	}
	return data
}
