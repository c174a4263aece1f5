package demo_test

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"image"
	"image/png"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"roundsman/demo"
)

// page is a world with its page, and a client.
type page struct {
	*testing.T
	world  *demo.World
	server *httptest.Server
}

func openPage(t *testing.T, b demo.Bot) *page {
	t.Helper()
	w := setup(t, demo.Options{})
	w.SetBot(b)
	s := httptest.NewServer(w.Handler())
	t.Cleanup(s.Close)
	return &page{t, w, s}
}

// do makes a request and returns status and body.
func (p *page) do(method, path, kind string, body io.Reader, change func(*http.Request)) (int, string, http.Header) {
	p.Helper()
	req, err := http.NewRequestWithContext(p.Context(), method, p.server.URL+path, body)
	if err != nil {
		p.Fatal(err)
	}
	req.Header.Set("Content-Type", kind)
	if change != nil {
		change(req)
	}
	resp, err := p.server.Client().Do(req)
	if err != nil {
		p.Fatal(err)
	}
	defer resp.Body.Close()
	data, err := io.ReadAll(resp.Body)
	if err != nil {
		p.Fatal(err)
	}
	return resp.StatusCode, string(data), resp.Header
}

func (p *page) post(path, body string) (int, string) {
	p.Helper()
	code, text, _ := p.do("POST", path, "application/json", strings.NewReader(body), nil)
	return code, text
}

// state is what the tests read of the page's state.
type state struct {
	Clock struct {
		Now    time.Time `json:"now"`
		Paused bool      `json:"paused"`
	} `json:"clock"`
	Play struct {
		On    bool `json:"on"`
		Steps int  `json:"steps"`
	} `json:"play"`
	Phone struct {
		Messages []demo.Message `json:"messages"`
	} `json:"phone"`
	Map struct {
		Customers []struct {
			Lat, Lng float64
			Order    int
		} `json:"customers"`
	} `json:"map"`
}

func (p *page) state(query string) state {
	p.Helper()
	code, body, _ := p.do("GET", "/api/state?"+query, "", nil, nil)
	var s state
	if err := json.Unmarshal([]byte(body), &s); err != nil || code != 200 {
		p.Fatalf("state: %d %v", code, err)
	}
	return s
}

// events returns a channel of what the page is told.
func (p *page) events() <-chan string {
	p.Helper()
	ctx, cancel := context.WithCancel(p.Context())
	p.Cleanup(cancel)
	req, err := http.NewRequestWithContext(ctx, "GET", p.server.URL+"/api/events", nil)
	if err != nil {
		p.Fatal(err)
	}
	resp, err := p.server.Client().Do(req)
	if err != nil {
		p.Fatal(err)
	}
	p.Cleanup(func() { _ = resp.Body.Close() })
	out := make(chan string, 100)
	go func() {
		defer close(out)
		for lines := bufio.NewScanner(resp.Body); lines.Scan(); {
			if data, ok := strings.CutPrefix(lines.Text(), "data: "); ok {
				out <- data
			}
		}
	}()
	return out
}

func (p *page) next(events <-chan string) string {
	p.Helper()
	select {
	case e := <-events:
		return e
	case <-time.After(10 * time.Second):
		p.Fatal("the page was not told")
		return ""
	}
}

func TestThePageIsToldOfWhatIsSent(t *testing.T) {
	t.Parallel()
	p := openPage(t, demo.Bot{})
	events := p.events()
	if got := p.next(events); got != "hello" {
		t.Fatalf("first %q", got)
	}
	const markup = `<img src=x onerror=alert(1)>`
	body, err := json.Marshal(map[string]string{"person": "R01", "platform": "feishu", "text": markup})
	if err != nil {
		t.Fatal(err)
	}
	if code, text := p.post("/api/send", string(body)); code != 200 {
		t.Fatalf("send: %d %s", code, text)
	}
	if got := p.next(events); got != "change" {
		t.Errorf("told %q", got)
	}
	messages := p.state("person=R01&platform=feishu").Phone.Messages
	if len(messages) != 1 || messages[0].Text != markup || messages[0].Bot {
		t.Errorf("the phone shows %+v", messages)
	}
}

func TestPlacesAndPhotosAreSent(t *testing.T) {
	t.Parallel()
	p := openPage(t, demo.Bot{})
	var picture bytes.Buffer
	if err := png.Encode(&picture, image.NewGray(image.Rect(0, 0, 4, 4))); err != nil {
		t.Fatal(err)
	}
	for _, who := range []string{"person=R01&platform=feishu", "person=R05&platform=wecom"} {
		person, platform, _ := strings.Cut(strings.TrimPrefix(who, "person="), "&platform=")
		customers := p.state(who).Map.Customers
		if len(customers) != 15 || !slices.ContainsFunc(customers, func(c struct {
			Lat, Lng float64
			Order    int
		},
		) bool {
			return c.Order == 1
		}) {
			t.Fatalf("%s has %d customers", who, len(customers))
		}
		send := func(what string) {
			t.Helper()
			if code, text := p.post("/api/send", fmt.Sprintf(`{"person":%q,"platform":%q,%s}`, person, platform, what)); code != 200 {
				t.Errorf("send %s: %d %s", what, code, text)
			}
		}
		send(fmt.Sprintf(`"place":{"lat":%v,"lng":%v,"datum":"gcj02"}`, customers[0].Lat, customers[0].Lng))
		send(`"sample":"front"`)
		if code, text, _ := p.do("POST", "/api/photo?"+who, "image/png", bytes.NewReader(picture.Bytes()), nil); code != 200 {
			t.Errorf("photo: %d %s", code, text)
		}
		messages := p.state(who).Phone.Messages
		if len(messages) != 3 || messages[0].Place == nil || messages[1].Photo == "" || messages[2].Photo == "" {
			t.Fatalf("the phone shows %+v", messages)
		}
		if !strings.Contains(messages[0].Place.Label, "号") {
			t.Errorf("a place at a door is called %q", messages[0].Place.Label)
		}
		code, data, header := p.do("GET", "/"+messages[2].Photo, "", nil, nil)
		if code != 200 || data != picture.String() || header.Get("Content-Type") != "image/png" {
			t.Errorf("the photo: %d, %d bytes, %s", code, len(data), header.Get("Content-Type"))
		}
	}
}

func TestThePageRefuses(t *testing.T) {
	t.Parallel()
	p := openPage(t, demo.Bot{})
	text := func() io.Reader { return strings.NewReader(`{"person":"R01","platform":"feishu","text":"x"}`) }
	for _, c := range []struct {
		name, method, path, kind string
		body                     io.Reader
		change                   func(*http.Request)
		want                     int
	}{
		{"another host", "GET", "/", "", nil, func(r *http.Request) { r.Host = "evil.example" }, 403},
		{"a host that looks local", "GET", "/api/state", "", nil, func(r *http.Request) { r.Host = "localhost.evil.example:80" }, 403},
		{"another origin", "POST", "/api/send", "application/json", text(), func(r *http.Request) { r.Header.Set("Origin", "http://evil.example") }, 403},
		{"another port", "POST", "/api/send", "application/json", text(), func(r *http.Request) { r.Header.Set("Origin", "http://127.0.0.1:1") }, 403},
		{"no origin", "POST", "/api/send", "application/json", text(), func(r *http.Request) { r.Header.Set("Origin", "null") }, 403},
		{"another site", "POST", "/api/send", "application/json", text(), func(r *http.Request) { r.Header.Set("Sec-Fetch-Site", "cross-site") }, 403},
		{"a form", "POST", "/api/send", "application/x-www-form-urlencoded", text(), nil, 415},
		{"no JSON", "POST", "/api/send", "application/json", strings.NewReader("x"), nil, 400},
		{"an unknown field", "POST", "/api/send", "application/json", strings.NewReader(`{"who":"R01"}`), nil, 400},
		{"too long a body", "POST", "/api/send", "application/json", strings.NewReader(`{"text":"` + strings.Repeat("x", 70<<10) + `"}`), nil, 413},
		{"too long a text", "POST", "/api/send", "application/json", strings.NewReader(`{"person":"R01","platform":"feishu","text":"` + strings.Repeat("字", 2001) + `"}`), nil, 400},
		{"nobody", "POST", "/api/send", "application/json", strings.NewReader(`{"person":"Z9","platform":"feishu","text":"x"}`), nil, 400},
		{"not on that platform", "POST", "/api/send", "application/json", strings.NewReader(`{"person":"R01","platform":"wecom","text":"x"}`), nil, 400},
		{"no place", "POST", "/api/send", "application/json", strings.NewReader(`{"person":"R01","platform":"feishu","place":{"lat":999,"lng":1}}`), nil, 400},
		{"no such button", "POST", "/api/press", "application/json", strings.NewReader(`{"person":"R01","platform":"feishu","message":"om_x","button":0}`), nil, 409},
		{"no such speed", "POST", "/api/clock", "application/json", strings.NewReader(`{"speed":-1}`), nil, 400},
		{"too big a photo", "POST", "/api/photo?person=R01&platform=feishu", "image/png", io.LimitReader(zeros{}, 11<<20), nil, 413},
		{"no photo", "POST", "/api/photo?person=R01&platform=feishu", "image/png", strings.NewReader("<svg onload=alert(1)>"), nil, 400},
		{"a path", "GET", "/photo/wecom/..%2f..%2fx", "", nil, nil, 404},
		{"a listing", "GET", "/nothing", "", nil, nil, 404},
		{"the page itself", "GET", "/", "", nil, nil, 200},
		{"the page under another name", "GET", "/", "", nil, func(r *http.Request) { r.Host = "localhost:8080" }, 200},
		{"the page's own order", "POST", "/api/send", "application/json", text(), func(r *http.Request) { r.Header.Set("Origin", "http://"+r.URL.Host) }, 200},
	} {
		code, body, header := p.do(c.method, c.path, c.kind, c.body, c.change)
		if code != c.want {
			t.Errorf("%s: %d %.80s, want %d", c.name, code, body, c.want)
		}
		if !strings.Contains(header.Get("Content-Security-Policy"), "default-src 'none'") || header.Get("X-Content-Type-Options") != "nosniff" {
			t.Errorf("%s: headers %v", c.name, header)
		}
	}
}

type zeros struct{}

func (zeros) Read(b []byte) (int, error) { clear(b); return len(b), nil }

// The clock stops at whatever is due on its way.
func TestAJumpStopsAtWhatIsDue(t *testing.T) {
	t.Parallel()
	var mu sync.Mutex
	var ticks []string
	ticked := make(chan struct{}, 1000)
	var w *demo.World
	p := openPage(t, demo.Bot{Tick: func(context.Context) error {
		mu.Lock()
		defer mu.Unlock()
		if w != nil {
			ticks = append(ticks, w.Now().In(shanghai).Format("15:04:05"))
		}
		ticked <- struct{}{}
		return nil
	}})
	mu.Lock()
	w = p.world
	mu.Unlock()
	if code, text := p.post("/api/clock", `{"pause":true}`); code != 200 {
		t.Fatalf("pause: %d %s", code, text)
	}
	for _, want := range []string{"08:30:00", "19:30:00"} {
		if code, text := p.post("/api/clock", `{"next":true}`); code != 200 {
			t.Fatalf("next: %d %s", code, text)
		}
		for deadline := time.After(10 * time.Second); ; {
			mu.Lock()
			found := slices.Contains(ticks, want)
			mu.Unlock()
			if found {
				break
			}
			select {
			case <-ticked:
			case <-deadline:
				t.Fatalf("the bot was asked at %v, not at %s", ticks, want)
			}
		}
	}
	if s := p.state(""); !s.Clock.Paused || s.Clock.Now.In(shanghai).Format("15:04") != "19:30" {
		t.Errorf("the clock stands at %v", s.Clock)
	}
}

func TestTheDayIsPlayed(t *testing.T) {
	t.Parallel()
	p := openPage(t, demo.Bot{})
	if code, text := p.post("/api/play", `{"on":true}`); code != 200 {
		t.Fatalf("play: %d %s", code, text)
	}
	if s := p.state(""); !s.Play.On || s.Play.Steps < 50 {
		t.Errorf("play: %+v", s.Play)
	}
	if code, text := p.post("/api/play", `{"on":false}`); code != 200 {
		t.Fatalf("stop: %d %s", code, text)
	}
	if s := p.state(""); s.Play.On {
		t.Error("it is still played")
	}
}

func TestAPhoneOpensTheCheckInPage(t *testing.T) {
	t.Parallel()
	p := openPage(t, demo.Bot{Page: func(platform string) string {
		if platform == "feishu" {
			return ""
		}
		return "http://127.0.0.1:1/m/login?on=" + platform
	}})
	client := &http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	get := func(query string) (int, string) {
		resp, err := client.Get(p.server.URL + "/phone?" + query)
		if err != nil {
			t.Fatal(err)
		}
		resp.Body.Close()
		return resp.StatusCode, resp.Header.Get("Location")
	}
	status, to := get("person=R05&platform=wecom&lat=23.1291&lng=113.2644")
	if status != http.StatusFound || !strings.HasPrefix(to, p.world.WeCom().BaseURL+"/sandbox/phone?") {
		t.Errorf("sent to %d %s", status, to)
	}
	for query, want := range map[string]int{
		"person=nobody&platform=wecom":              http.StatusNotFound,
		"person=R05&platform=feishu":                http.StatusNotFound,
		"person=R05&platform=wecom&lat=x&lng=y":     http.StatusBadRequest,
		"person=R05&platform=wecom&lat=NaN&lng=1":   http.StatusBadRequest,
		"person=R05&platform=wecom&lat=200&lng=300": http.StatusBadRequest,
	} {
		if status, _ := get(query); status != want {
			t.Errorf("%s: %d, want %d", query, status, want)
		}
	}
}
