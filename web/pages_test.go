package web_test

import (
	"bytes"
	"context"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"hash/crc32"
	"image"
	"image/png"
	"io"
	"log/slog"
	"mime/multipart"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"
	_ "time/tzdata"

	"github.com/prometheus/client_golang/prometheus"

	"roundsman/bot"
	"roundsman/catalog"
	"roundsman/geo"
	"roundsman/seal"
	"roundsman/storage"
	"roundsman/storage/storagetest/fresh"
	"roundsman/visit"
	"roundsman/web"
)

// blue is a platform as far as pages ask for its abilities. A code is the user id.
type blue struct {
	bot.Platform
	name string
}

func (b blue) Name() string { return b.name }
func (blue) AuthorizeURL(redirect, state string) string {
	return "https://login.example.com/?" + url.Values{"redirect_uri": {redirect}, "state": {state}}.Encode()
}

func (blue) WhoIs(_ context.Context, code, _ string) (string, error) {
	switch code {
	case "nobody":
		return "", bot.ErrNobody
	case "down":
		return "", errors.New("no answer")
	}
	return code, nil
}

func (b blue) Client() bot.PageClient {
	return bot.PageClient{Scripts: []string{"https://sdk." + b.name + ".example.com/sdk.js"}, Bridge: []byte("// " + b.name), Datum: geo.GCJ02}
}

func (blue) SignPage(_ context.Context, page string) (map[string]any, error) {
	return map[string]any{"signed": page}, nil
}
func (b blue) Hosts(r *http.Request) bool { return strings.Contains(r.UserAgent(), b.name) }

// fixture is a server of pages over a real store, with a clock that stands still.
type fixture struct {
	*testing.T
	server *httptest.Server
	store  storage.Store
	inlet  *inlet
	pages  *web.Pages
	key    []byte

	mu  sync.Mutex
	now time.Time
}

// inlet is the real one, and counts what is refused.
type inlet struct {
	*bot.Intake
	mu      sync.Mutex
	refused []string
	away    bool
}

func (i *inlet) Refuse(platform, reason string) {
	i.mu.Lock()
	defer i.mu.Unlock()
	i.refused = append(i.refused, platform+" "+reason)
}

func (i *inlet) Accept(ctx context.Context, m bot.Message) error {
	i.mu.Lock()
	away := i.away
	i.mu.Unlock()
	if away {
		return bot.ErrAway
	}
	return i.Intake.Accept(ctx, m)
}

func setup(t *testing.T, change ...func(*http.Server)) *fixture {
	t.Helper()
	return setupFor(t, 64<<10, change...)
}

// setupFor is setup with another bound of a photo, in bytes.
func setupFor(t *testing.T, photoBytes int64, change ...func(*http.Server)) *fixture {
	t.Helper()
	f := &fixture{T: t, store: fresh.Store(t), key: bytes.Repeat([]byte{7}, seal.MinKey)}
	zone, err := time.LoadLocation("Asia/Shanghai")
	f.ok(err)
	f.now = time.Date(2026, 11, 24, 9, 30, 0, 0, zone)
	say, err := catalog.New("zh")
	f.ok(err)
	log := slog.New(slog.NewTextHandler(t.Output(), nil))
	f.inlet = &inlet{Intake: bot.NewIntake(f.store.Inbox(), nil, bot.NewMetrics(prometheus.NewRegistry()), log, func(storage.Event) {})}
	f.server = httptest.NewUnstartedServer(nil)
	pages, err := web.New(web.Options{
		Store: f.store, Platforms: []bot.Platform{blue{name: "blue"}, blue{name: "green"}}, Inlet: f.inlet, Say: say, Key: f.key,
		PublicURL: "http://" + f.server.Listener.Addr().String(), PhotoBytes: photoBytes, PhotoPixels: 1_000_000, Now: f.clock, Log: log,
		Policy: visit.Policy{Zone: zone, WorkHours: visit.Span{From: visit.Clock{Hour: 7}, To: visit.Clock{Hour: 22}}, ConsentRequired: true, MaxAge: 5 * time.Minute, KeepPhotos: 180 * 24 * time.Hour},
	})
	f.ok(err)
	f.pages = pages
	mux := http.NewServeMux()
	pages.Routes(mux)
	f.server.Config.Handler = mux
	for _, c := range change {
		c(f.server.Config)
	}
	f.server.Start()
	t.Cleanup(f.server.Close)
	f.ok(f.store.Roster().PutReps(t.Context(),
		visit.Rep{ID: "zhang", Name: "张伟", Team: "华东", Role: visit.RoleRep, Identities: map[string]string{"blue": "zhang"}},
		visit.Rep{ID: "li", Name: "李娜", Team: "华东", Role: visit.RoleRep, Identities: map[string]string{"blue": "li"}},
	))
	f.ok(f.store.Consents().Put(t.Context(), visit.Consent{Rep: "zhang", Version: "1", At: f.now, Source: "seed"}))
	return f
}

func (f *fixture) ok(err error) {
	f.Helper()
	if err != nil {
		f.Fatal(err)
	}
}

func (f *fixture) clock() time.Time {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.now
}

func (f *fixture) wait(d time.Duration) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.now = f.now.Add(d)
}

// refusals returns what was refused since the last call.
func (f *fixture) refusals() []string {
	f.inlet.mu.Lock()
	defer f.inlet.mu.Unlock()
	out := f.inlet.refused
	f.inlet.refused = nil
	return out
}

// arrived are the messages in the inbox.
func (f *fixture) arrived() []bot.Message {
	f.Helper()
	events, err := f.store.Inbox().Pending(f.Context(), f.clock().Add(time.Hour), storage.Cursor{}, 100)
	f.ok(err)
	var out []bot.Message
	for _, e := range events {
		m, err := bot.ReadEvent(e)
		f.ok(err)
		out = append(out, m)
	}
	return out
}

// phone is a browser.
type phone struct {
	*fixture
	client *http.Client
}

// visitor is a browser that nobody is logged in on; it follows no redirect.
func (f *fixture) visitor() *phone {
	jar, err := cookiejar.New(nil)
	f.ok(err)
	return &phone{f, &http.Client{Jar: jar, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}}
}

// get returns an answer whose body is read.
func (p *phone) get(path string, change ...func(*http.Request)) (*http.Response, string) {
	p.Helper()
	req, err := http.NewRequestWithContext(p.Context(), http.MethodGet, p.server.URL+path, nil)
	p.ok(err)
	for _, c := range change {
		c(req)
	}
	resp, err := p.client.Do(req)
	p.ok(err)
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	p.ok(err)
	return resp, string(body)
}

// state begins a login and returns the state that it carries.
func (p *phone) state() string {
	p.Helper()
	resp, _ := p.get(web.CheckInPath + "?on=blue")
	to, err := resp.Location()
	p.ok(err)
	if to.Host != "login.example.com" {
		p.Fatalf("sent to %s", to)
	}
	return to.Query().Get("state")
}

// login is a browser of somebody.
func (f *fixture) login(user string) *phone {
	f.Helper()
	p := f.visitor()
	resp, body := p.get("/m/back/blue?" + url.Values{"code": {user}, "state": {p.state()}}.Encode())
	if resp.StatusCode != http.StatusSeeOther {
		f.Fatalf("the login ends with %s %s", resp.Status, body)
	}
	return p
}

func (p *phone) nonce() string {
	p.Helper()
	resp, body := p.get("/m/me")
	var me struct{ Nonces []string }
	if err := json.Unmarshal([]byte(body), &me); err != nil || resp.StatusCode != http.StatusOK {
		p.Fatalf("me: %s %s", resp.Status, body)
	}
	return me.Nonces[0]
}

// device is the phone's clock, which is wrong by a quarter of an hour.
func (f *fixture) device() time.Time { return f.clock().Add(15 * time.Minute) }

// form is a submission of one fix.
func (f *fixture) form(nonce, accuracy string, ago time.Duration) string {
	return fmt.Sprintf(`{"nonce": %q, "sent": %d, "fixes": [{"lat": 31.2304, "lng": 121.4737, "accuracy": %s, "at": %d, "source": "client"}]}`,
		nonce, f.device().UnixMilli(), accuracy, f.device().Add(-ago).UnixMilli())
}

// submit posts a form with photos.
func (p *phone) submit(form string, photos ...string) (status int, text string) {
	p.Helper()
	return p.post(form, nil, photos...)
}

func (p *phone) post(form string, change func(*http.Request), photos ...string) (status int, text string) {
	p.Helper()
	var body bytes.Buffer
	w := multipart.NewWriter(&body)
	p.ok(w.WriteField("fixes", form))
	for _, data := range photos {
		part, err := w.CreateFormFile("photo", "photo")
		p.ok(err)
		_, _ = io.WriteString(part, data)
	}
	p.ok(w.Close())
	req, err := http.NewRequestWithContext(p.Context(), http.MethodPost, p.server.URL+web.CheckInPath, &body)
	p.ok(err)
	req.Header.Set("Content-Type", w.FormDataContentType())
	if change != nil {
		change(req)
	}
	resp, err := p.client.Do(req)
	p.ok(err)
	defer resp.Body.Close()
	var answer struct{ Text string }
	if err := json.NewDecoder(resp.Body).Decode(&answer); err != nil {
		p.Fatalf("%s: %v", resp.Status, err)
	}
	return resp.StatusCode, answer.Text
}

// picture is a small PNG that is no other's.
func picture(t *testing.T, shade int) string {
	t.Helper()
	var b bytes.Buffer
	m := image.NewGray(image.Rect(0, 0, 8, 8))
	m.Pix[0] = uint8(shade)
	if err := png.Encode(&b, m); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

func TestASubmissionIsOneMessage(t *testing.T) {
	t.Parallel()
	f := setup(t)
	p := f.login("zhang")
	nonce, photo := p.nonce(), picture(t, 1)
	for range 2 {
		if status, text := p.submit(f.form(nonce, "12.5", 4*time.Second), photo); status != http.StatusOK {
			t.Fatalf("answered with %d %s", status, text)
		}
		f.wait(3 * time.Second)
	}
	got := f.arrived()
	if len(got) != 1 {
		t.Fatalf("arrived: %+v", got)
	}
	m := got[0]
	l := m.Location
	if m.Platform != "blue" || m.From != "zhang" || m.ID != "" || m.Chat.Place != bot.ToUser || m.Chat.ID != "zhang" || !strings.HasPrefix(m.Key, "web:") {
		t.Errorf("the message is %+v", m)
	}
	if l == nil || !l.Device || l.Passive || l.Accuracy != 12.5 || l.Lat != "31.2304" || l.Lng != "121.4737" || l.Datum != geo.GCJ02 {
		t.Errorf("its location is %+v", l)
	}
	if age := m.Received.Sub(m.At); age != 4*time.Second {
		t.Errorf("its age is %v", age)
	}
	sum, ok := bot.KeptMedia(m.Media[0].Resource)
	blob, err := f.store.Media().Blob(t.Context(), sum)
	if !ok || len(m.Media) != 1 || err != nil || string(blob.Data) != photo || blob.Type != "image/png" {
		t.Errorf("its photo is %+v, %v", m.Media, err)
	}
	if r := f.refusals(); len(r) != 0 {
		t.Errorf("refused: %v", r)
	}
	// As it came it is kept for some days only, whatever photos are kept for.
	for days, want := range []int{0, 0, 0, 0, 1} {
		n, err := f.store.Media().Sweep(t.Context(), f.clock().Add(time.Duration(days-180)*24*time.Hour))
		if err != nil || n != want {
			t.Errorf("after %d days %d photos are swept, %v", days, n, err)
		}
	}
}

// kept is how much there is of what a submission may leave behind.
type kept struct{ waiting, dead, fetches, facts, posts, blobs int }

// kept counts it, and takes the blobs away.
func (f *fixture) kept() (k kept) {
	f.Helper()
	ctx := f.Context()
	var err error
	k.waiting, k.dead, err = f.store.Inbox().Count(ctx, f.clock().Add(1000*time.Hour))
	f.ok(err)
	k.fetches, err = f.store.Media().Count(ctx)
	f.ok(err)
	for _, err := range f.store.Facts().Range(ctx, storage.FactFilter{}) {
		f.ok(err)
		k.facts++
	}
	for _, state := range []storage.PostState{storage.PostPending, storage.PostSent, storage.PostFailed, storage.PostUncertain} {
		posts, err := f.store.Outbox().List(ctx, state, 100)
		f.ok(err)
		k.posts += len(posts)
	}
	k.blobs, err = f.store.Media().Sweep(ctx, f.clock().Add(time.Hour))
	f.ok(err)
	return k
}

// altered is a text with another letter in its middle.
func altered(s string) string {
	i, letter := len(s)/2, "A"
	if s[i] == 'A' {
		letter = "B"
	}
	return s[:i] + letter + s[i+1:]
}

// claiming is the header of a PNG that claims a size.
func claiming(width, height uint32) string {
	header := binary.BigEndian.AppendUint32(binary.BigEndian.AppendUint32([]byte("IHDR"), width), height)
	header = append(header, 8, 2, 0, 0, 0)
	b := append([]byte("\x89PNG\r\n\x1a\n\x00\x00\x00\x0d"), header...)
	return string(binary.BigEndian.AppendUint32(b, crc32.ChecksumIEEE(header)))
}

func TestWhatIsRefusedLeavesACount(t *testing.T) {
	t.Parallel()
	f := setup(t)
	zhang, li := f.login("zhang"), f.login("li")
	button, err := seal.New(f.key, "button")
	f.ok(err)
	forged, err := button.Seal(map[string]string{"i": "x", "p": "blue", "u": "zhang"}, f.now.Add(time.Hour))
	f.ok(err)
	stranger, err := seal.New(bytes.Repeat([]byte{8}, seal.MinKey), "web/nonce")
	f.ok(err)
	otherKey, err := stranger.Seal(map[string]string{"i": "x", "p": "blue", "u": "zhang"}, f.now.Add(1000*time.Hour))
	f.ok(err)
	polyglot := "\xff\xd8\xff\xe0\x00\x10JFIF\x00<html><script>alert(1)</script></html>"
	good := picture(t, 2)
	old := zhang.nonce()
	f.wait(47*time.Hour + 59*time.Minute)
	replayed := zhang.nonce()
	if status, text := zhang.submit(f.form(replayed, "12", 0)); status != http.StatusOK {
		t.Fatalf("what is replayed later: %d %s", status, text)
	}
	at := func(lat, lng string) string {
		return strings.NewReplacer("31.2304", lat, "121.4737", lng).Replace(f.form(zhang.nonce(), "12", 0))
	}
	const bad, tooLarge = http.StatusUnprocessableEntity, http.StatusRequestEntityTooLarge
	tests := []struct {
		name string
		// by is who submits; zhang if it is nil.
		by     *phone
		form   string
		photos []string
		status int
		reason string
	}{
		{"foreign", nil, f.form(li.nonce(), "12", 0), nil, http.StatusForbidden, "foreign"},
		{"replayed by somebody else", li, f.form(replayed, "12", 0), nil, http.StatusForbidden, "foreign"},
		{"a button's seal", nil, f.form(forged, "12", 0), nil, http.StatusForbidden, "forged"},
		{"another company's seal", nil, f.form(otherKey, "12", 0), nil, http.StatusForbidden, "forged"},
		{"a letter changed", nil, f.form(altered(zhang.nonce()), "12", 0), nil, http.StatusForbidden, "forged"},
		{"made up", nil, f.form("AAAA", "12", 0), nil, http.StatusForbidden, "forged"},
		{"no nonce", nil, f.form("", "12", 0), nil, http.StatusForbidden, "forged"},
		{"expired", nil, f.form(old, "12", 0), nil, http.StatusGone, "expired"},
		{"from the future", nil, f.form(zhang.nonce(), "12", -3*time.Minute), nil, bad, "future"},
		{"too old", nil, f.form(zhang.nonce(), "12", 25*time.Hour), nil, bad, "too_old"},
		{"no fix", nil, `{"nonce": "` + zhang.nonce() + `", "sent": 1, "fixes": []}`, nil, bad, "no_fix"},
		{"NaN", nil, at("NaN", "121.4737"), nil, bad, "malformed"},
		{"NaN as a text", nil, at(`"NaN"`, "121.4737"), nil, bad, "malformed"},
		{"decimals with a comma", nil, at(`"31,2304"`, `"121,4737"`), nil, bad, "malformed"},
		{"infinite", nil, at("31.2304", "1e999"), nil, bad, "place"},
		{"nowhere", nil, at("0", "0.0"), nil, bad, "place"},
		{"swapped", nil, at("121.4737", "31.2304"), nil, bad, "place"},
		{"beyond the pole", nil, at("91", "121.4737"), nil, bad, "place"},
		{"accuracy NaN", nil, f.form(zhang.nonce(), "NaN", 0), nil, bad, "malformed"},
		{"accuracy 0", nil, f.form(zhang.nonce(), "0", 0), nil, bad, "accuracy"},
		{"accuracy below 0", nil, f.form(zhang.nonce(), "-12", 0), nil, bad, "accuracy"},
		{"accuracy 50 km", nil, f.form(zhang.nonce(), "50000", 0), nil, bad, "accuracy"},
		{"a form too long", nil, f.form(zhang.nonce(), "12", 0) + strings.Repeat(" ", 17<<10), nil, tooLarge, "too_large"},
		{"a page in a picture's clothes", nil, f.form(zhang.nonce(), "12", 0), []string{polyglot}, bad, "photo"},
		{"behind a good one", nil, f.form(zhang.nonce(), "12", 0), []string{good, polyglot}, bad, "photo"},
		{"a photo too large", nil, f.form(zhang.nonce(), "12", 0), []string{good + strings.Repeat("x", 64<<10)}, tooLarge, "photo_large"},
		{"a bomb of 576 megapixels", nil, f.form(zhang.nonce(), "12", 0), []string{claiming(24000, 24000)}, tooLarge, "photo_large"},
		{"four photos", nil, f.form(zhang.nonce(), "12", 0), []string{good, good, good, good}, bad, "photos"},
		{"altogether too large", nil, f.form(zhang.nonce(), "12", 0), []string{strings.Repeat("x", 256<<10)}, tooLarge, "too_large"},
	}
	zh, err := catalog.New("zh")
	f.ok(err)
	en, err := catalog.New("en")
	f.ok(err)
	f.refusals()
	before := f.kept()
	for _, tt := range tests {
		f.wait(time.Minute) // a device may try twelve times a minute
		by := zhang
		if tt.by != nil {
			by = tt.by
		}
		key := "web.refused." + tt.reason
		status, text := by.submit(tt.form, tt.photos...)
		if status != tt.status || text != zh.T(key) || text == key {
			t.Errorf("%s: answered with %d %q, want %d %q", tt.name, status, text, tt.status, zh.T(key))
		}
		if english := en.T(key); english == key || english == text {
			t.Errorf("%s: in English it is %q", tt.name, english)
		}
		if r := f.refusals(); len(r) != 1 || r[0] != "blue page_"+tt.reason {
			t.Errorf("%s: counted as %v", tt.name, r)
		}
		if after := f.kept(); after != before {
			t.Errorf("%s: it left %+v, before there was %+v", tt.name, after, before)
		}
	}
	if got := f.arrived(); len(got) != 1 || got[0].Location.Lat != "31.2304" {
		t.Errorf("arrived: %+v", got)
	}
}

// A submission that comes again is the first, whatever else it says by then.
func TestAReplayChangesNothing(t *testing.T) {
	t.Parallel()
	f := setup(t)
	p := f.login("zhang")
	nonce, photo := p.nonce(), picture(t, 1)
	again := func(photo string) {
		t.Helper()
		form := strings.Replace(f.form(nonce, "3.5", time.Second), "31.2304", "31.9", 1)
		if status, text := p.submit(form, photo); status != http.StatusOK {
			t.Errorf("answered with %d %s", status, text)
		}
	}
	if status, text := p.submit(f.form(nonce, "12.5", 0), photo); status != http.StatusOK {
		t.Fatalf("answered with %d %s", status, text)
	}
	again(picture(t, 2))
	got := f.arrived()
	if len(got) != 1 || got[0].Location.Lat != "31.2304" || got[0].Location.Accuracy != 12.5 || len(got[0].Media) != 1 {
		t.Fatalf("arrived: %+v", got)
	}
	key, _ := bot.KeptMedia(got[0].Media[0].Resource)
	if blob, err := f.store.Media().Blob(t.Context(), key); err != nil || string(blob.Data) != photo {
		t.Errorf("its photo is another: %v", err)
	}
	// Handled, it has an answer, and its photo is not kept as it came.
	outbox := bot.NewOutbox(f.store.Outbox(), f.clock, func(string) {})
	to := bot.Address{Platform: "blue", Place: bot.ToUser, ID: "zhang"}
	f.ok(outbox.Say(t.Context(), bot.Post{ID: "re/" + got[0].Key, To: to, Body: bot.Body{Text: "收到"}}))
	f.ok(f.store.Inbox().Done(t.Context(), got[0].Key, f.clock()))
	f.ok(f.store.Media().DropBlobs(t.Context(), key))
	before := f.kept()
	again(photo)
	if after := f.kept(); after != before || before.blobs != 0 {
		t.Errorf("a replay left %+v, before there was %+v", after, before)
	}
	if r := f.refusals(); len(r) != 0 {
		t.Errorf("refused: %v", r)
	}
}

func TestWhatIsNoForm(t *testing.T) {
	t.Parallel()
	f := setup(t)
	p := f.login("zhang")
	post := func(kind, body string) int {
		req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, f.server.URL+web.CheckInPath, strings.NewReader(body))
		f.ok(err)
		req.Header.Set("Content-Type", kind)
		resp, err := p.client.Do(req)
		f.ok(err)
		resp.Body.Close()
		return resp.StatusCode
	}
	for _, tt := range [][2]string{
		{"application/json", `{}`},
		{"multipart/form-data", "x"},
		{"multipart/form-data; boundary=b", ""},
		{"multipart/form-data; boundary=b", "--b--"},
		{"multipart/form-data; boundary=b", "--b\r\nContent-Disposition: form-data; name=\"photo\"\r\n\r\nx\r\n--b--"},
	} {
		if status := post(tt[0], tt[1]); status != http.StatusUnprocessableEntity {
			t.Errorf("%v: %d", tt, status)
		}
	}
}

func TestLate(t *testing.T) {
	t.Parallel()
	f := setup(t)
	p := f.login("zhang")
	if status, text := p.submit(f.form(p.nonce(), "12", 2*time.Hour)); status != http.StatusOK {
		t.Fatalf("answered with %d %s", status, text)
	}
	// Whoever is not at work then is not looked at: at 07:30 they are.
	m := f.arrived()[0]
	if !m.Location.Device || m.Received.Sub(m.At) != 2*time.Hour {
		t.Errorf("the late one is %+v of %v", m.Location, m.At)
	}
}

func TestPhotosOfWhoeverDidNotAgreeAreNotKept(t *testing.T) {
	t.Parallel()
	f := setup(t)
	for _, user := range []string{"li", "stranger"} {
		p := f.login(user)
		if status, text := p.submit(f.form(p.nonce(), "12", 0), picture(t, 3)); status != http.StatusOK {
			t.Fatalf("answered with %d %s", status, text)
		}
	}
	p := f.login("zhang")
	f.wait(14 * time.Hour) // half past eleven in the evening
	if status, text := p.submit(f.form(p.nonce(), "12", 0), picture(t, 3)); status != http.StatusOK {
		t.Fatalf("answered with %d %s", status, text)
	}
	for _, m := range f.arrived() {
		if m.Location == nil || len(m.Media) != 0 {
			t.Errorf("arrived: %+v", m)
		}
	}
	if n, err := f.store.Media().Sweep(t.Context(), f.clock().Add(time.Hour)); err != nil || n != 0 {
		t.Errorf("%d photos are kept, %v", n, err)
	}
}

func TestTheDeviceKeepsWhatTheStoreDoesNotTake(t *testing.T) {
	t.Parallel()
	f := setup(t)
	p := f.login("zhang")
	nonce := p.nonce()
	f.inlet.away = true
	if status, text := p.submit(f.form(nonce, "12", 0)); status != http.StatusServiceUnavailable || text == "" {
		t.Errorf("answered with %d %s", status, text)
	}
	f.inlet.away = false
	if status, _ := p.submit(f.form(nonce, "12", 0)); status != http.StatusOK || len(f.arrived()) != 1 {
		t.Errorf("again: %d", status)
	}
}

// slow gives its bytes one by one, with pauses.
type slow struct {
	data  []byte
	pause time.Duration
}

func (s *slow) Read(b []byte) (int, error) {
	if len(s.data) == 0 {
		return 0, io.EOF
	}
	time.Sleep(s.pause)
	n := copy(b[:min(len(b), 100)], s.data)
	s.data = s.data[n:]
	return n, nil
}

func TestAWeakNetwork(t *testing.T) {
	t.Parallel()
	f := setup(t, func(s *http.Server) { s.ReadTimeout, s.WriteTimeout = 400*time.Millisecond, 400*time.Millisecond })
	p := f.login("zhang")
	var body bytes.Buffer
	w := multipart.NewWriter(&body)
	f.ok(w.WriteField("fixes", f.form(p.nonce(), "12", 0)))
	part, err := w.CreateFormFile("photo", "photo")
	f.ok(err)
	_, _ = io.WriteString(part, picture(t, 5))
	f.ok(w.Close())
	req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, f.server.URL+web.CheckInPath, &slow{body.Bytes(), 200 * time.Millisecond})
	f.ok(err)
	req.ContentLength = int64(body.Len())
	req.Header.Set("Content-Type", w.FormDataContentType())
	began := time.Now()
	resp, err := p.client.Do(req)
	f.ok(err)
	resp.Body.Close()
	if took := time.Since(began); resp.StatusCode != http.StatusOK || took < 800*time.Millisecond {
		t.Errorf("answered with %s after %v", resp.Status, took)
	}
}

func TestWhoMaySubmit(t *testing.T) {
	t.Parallel()
	f := setup(t)
	p := f.login("zhang")
	if status, _ := f.visitor().submit(f.form(p.nonce(), "12", 0)); status != http.StatusUnauthorized {
		t.Errorf("nobody: %d", status)
	}
	if status, _ := p.post(f.form(p.nonce(), "12", 0), func(r *http.Request) { r.Header.Set("Sec-Fetch-Site", "cross-site") }); status != http.StatusForbidden {
		t.Errorf("from another page: %d", status)
	}
	for i := range 12 {
		if status, _ := p.submit(f.form(p.nonce(), "12", 0)); status != http.StatusOK && i < 11 {
			t.Errorf("number %d: %d", i, status)
		}
	}
	if status, text := p.submit(f.form(p.nonce(), "12", 0)); status != http.StatusTooManyRequests || text == "" {
		t.Errorf("more than a device may: %d %s", status, text)
	}
	f.wait(31 * 24 * time.Hour)
	if resp, _ := p.get("/m/me"); resp.StatusCode != http.StatusUnauthorized {
		t.Errorf("a session of last month: %s", resp.Status)
	}
}

func TestLogin(t *testing.T) {
	t.Parallel()
	f := setup(t)
	back := func(p *phone, code, state, on string) int {
		resp, body := p.get("/m/back/" + on + "?" + url.Values{"code": {code}, "state": {state}}.Encode())
		if resp.StatusCode != http.StatusSeeOther && !strings.Contains(body, "<h1>") {
			t.Errorf("answered with %s", body)
		}
		return resp.StatusCode
	}
	victim, attacker := f.visitor(), f.visitor()
	theirs := attacker.state()
	for name, got := range map[string]int{
		"another browser's state":  back(victim, "attacker", theirs, "blue"),
		"no state":                 back(attacker, "zhang", "", "blue"),
		"another platform's state": back(attacker, "zhang", theirs, "green"),
		"no code":                  back(attacker, "", theirs, "blue"),
		"a code too long":          back(attacker, strings.Repeat("x", 600), theirs, "blue"),
	} {
		if got != http.StatusBadRequest {
			t.Errorf("%s: %d", name, got)
		}
	}
	if got := back(attacker, "nobody", theirs, "blue"); got != http.StatusForbidden {
		t.Errorf("a code of nobody's: %d", got)
	}
	if got := back(attacker, "down", theirs, "blue"); got != http.StatusBadGateway {
		t.Errorf("no answer: %d", got)
	}
	slow := f.visitor()
	state := slow.state()
	f.wait(61 * time.Minute)
	if got := back(slow, "zhang", state, "blue"); got != http.StatusBadRequest {
		t.Errorf("after an hour: %d", got)
	}
	p := f.visitor()
	resp, _ := p.get("/m/back/blue?" + url.Values{"code": {"zhang"}, "state": {p.state()}}.Encode())
	if to := resp.Header.Get("Location"); to != "/m/check-in?on=blue&back=1" {
		t.Errorf("sent to %s", to)
	}
	for _, c := range resp.Cookies() {
		if !c.HttpOnly || c.SameSite != http.SameSiteLaxMode || c.Path != "/m/" {
			t.Errorf("the cookie is %v", c)
		}
	}
	// Without cookies nobody is sent in circles.
	if resp, _ := f.visitor().get("/m/check-in?on=blue&back=1"); resp.StatusCode != http.StatusForbidden {
		t.Errorf("without cookies: %s", resp.Status)
	}
}

func TestWhichPlatform(t *testing.T) {
	t.Parallel()
	f := setup(t)
	resp, body := f.visitor().get(web.CheckInPath)
	if resp.StatusCode != http.StatusOK || !strings.Contains(body, "/m/login?on=blue") || !strings.Contains(body, "/m/login?on=green") {
		t.Errorf("the choice is %s %s", resp.Status, body)
	}
	resp, _ = f.visitor().get(web.CheckInPath, func(r *http.Request) { r.Header.Set("User-Agent", "Phone green/1.0") })
	if to := resp.Header.Get("Location"); !strings.Contains(to, url.QueryEscape("/m/back/green")) {
		t.Errorf("in a client: sent to %s", to)
	}
	p := f.login("zhang")
	if resp, _ := p.get(web.CheckInPath); resp.StatusCode != http.StatusOK {
		t.Errorf("with a session: %s", resp.Status)
	}
	if resp, _ := p.get(web.CheckInPath + "?on=green"); resp.StatusCode != http.StatusFound {
		t.Errorf("with the other platform's session: %s", resp.Status)
	}
	if resp, _ := p.get(web.CheckInPath + "?on=red"); resp.StatusCode != http.StatusOK {
		t.Errorf("with one that is none: %s", resp.Status)
	}
}

func TestWhatBrowsersMayDo(t *testing.T) {
	t.Parallel()
	f := setup(t)
	p := f.login("zhang")
	resp, body := p.get(web.CheckInPath + "?on=blue")
	h := resp.Header
	csp := h.Get("Content-Security-Policy")
	for _, want := range []string{"default-src 'none'", "script-src 'self' https://sdk.blue.example.com;", "frame-ancestors 'none'", "form-action 'none'"} {
		if !strings.Contains(csp, want) {
			t.Errorf("the policy %q lacks %q", csp, want)
		}
	}
	if strings.Contains(csp, "unsafe") || strings.Contains(csp, "green") {
		t.Errorf("the policy is %q", csp)
	}
	if h.Get("Cache-Control") != "no-store" || h.Get("X-Content-Type-Options") != "nosniff" || h.Get("Referrer-Policy") != "no-referrer" {
		t.Errorf("the headers are %v", h)
	}
	if strings.Contains(body, "张伟") || strings.Contains(body, "zhang") {
		t.Error("what is kept on the phone names somebody")
	}
	for _, path := range []string{"/m/check-in.js", "/m/check-in.css", "/m/sw.js", "/m/client/blue.js"} {
		if resp, _ := p.get(path); resp.StatusCode != http.StatusOK || resp.Header.Get("X-Content-Type-Options") != "nosniff" {
			t.Errorf("%s: %s", path, resp.Status)
		}
	}
	if resp, _ := p.get("/m/client/red.js"); resp.StatusCode != http.StatusNotFound {
		t.Errorf("a script of no platform: %s", resp.Status)
	}
	// Only our own page is signed.
	for page, want := range map[string]bool{f.server.URL + "/m/check-in?on=blue": true, "https://evil.example.com/m/check-in?on=blue": false, f.server.URL + "/m/check-in.evil?": false} {
		if _, body := p.get("/m/me?page=" + url.QueryEscape(page)); strings.Contains(body, "signed") != want {
			t.Errorf("%s: %s", page, body)
		}
	}
}

func TestTheAnswerIsRepeatedToWhoeverSubmitted(t *testing.T) {
	t.Parallel()
	f := setup(t)
	p, other := f.login("zhang"), f.login("li")
	nonce := p.nonce()
	if status, _ := p.submit(f.form(nonce, "12", 0)); status != http.StatusOK {
		t.Fatal(status)
	}
	path := "/m/answer?nonce=" + url.QueryEscape(nonce)
	if _, body := p.get(path); !strings.Contains(body, `"ready":false`) {
		t.Errorf("before it is handled: %s", body)
	}
	outbox := bot.NewOutbox(f.store.Outbox(), f.clock, func(string) {})
	f.ok(outbox.Say(t.Context(), bot.Post{
		ID: "visit/" + f.arrived()[0].Key + "/fix", To: bot.Address{Platform: "blue", Place: bot.ToUser, ID: "zhang"},
		Body: bot.Body{Card: &bot.Card{Title: "✅ 华联", Tone: bot.ToneGood, Lines: []bot.Line{{Label: "结论", Text: "已核实"}}, Buttons: []bot.Button{{Text: "成交", Value: "v"}}}},
	}))
	if _, body := p.get(path); body != `{"ready":true,"tone":"good","title":"✅ 华联","lines":["已核实"],"asks":true}` {
		t.Errorf("handled: %s", body)
	}
	if resp, body := other.get(path); resp.StatusCode != http.StatusForbidden || strings.Contains(body, "华联") {
		t.Errorf("to somebody else: %s %s", resp.Status, body)
	}
}

// Who announces much and sends little holds nobody up but themselves.
func TestSlowUploadsHoldNobodyUp(t *testing.T) {
	t.Parallel()
	f := setupFor(t, 40<<20)
	slow := func(user string) (status func() int) {
		t.Helper()
		p, form := f.login(user), f.form("x", "12", 0)
		r, w := io.Pipe()
		t.Cleanup(func() { _ = w.Close() })
		req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, f.server.URL+web.CheckInPath, r)
		f.ok(err)
		req.ContentLength = 100 << 20
		req.Header.Set("Content-Type", "multipart/form-data; boundary=b")
		answered := make(chan int, 1)
		go func() {
			resp, err := p.client.Do(req)
			if err != nil {
				answered <- 0
				return
			}
			_ = resp.Body.Close()
			answered <- resp.StatusCode
		}()
		// What is written has been read, and no more is to come.
		_, err = io.WriteString(w, "--b\r\nContent-Disposition: form-data; name=\"fixes\"\r\n\r\n"+form[:20])
		f.ok(err)
		return func() int { return <-answered }
	}
	for _, user := range []string{"li", "li", "zhang", "wang", "wang"} {
		slow(user)
	}
	big := "\xff\xd8" + strings.Repeat("x", 30<<20)
	p := f.login("zhang")
	// No picture, but it was read whole.
	if status, text := p.submit(f.form(p.nonce(), "12", 0), big); status != http.StatusUnprocessableEntity {
		t.Errorf("answered with %d %s", status, text)
	}
	if status, text := p.submit(f.form(p.nonce(), "12", 0), picture(t, 1)); status != http.StatusOK {
		t.Errorf("answered with %d %s", status, text)
	}
	// A third of one's own has to wait.
	l := f.login("li")
	if status, _ := l.submit(f.form(l.nonce(), "12", 0)); status != http.StatusTooManyRequests {
		t.Errorf("a third upload is answered with %d", status)
	}
}

// Where photos may be larger than there is room for, the phone is told so, and need not try for ever.
func TestWhatNeverFitsIsRefused(t *testing.T) {
	t.Parallel()
	f := setupFor(t, 100<<20)
	p := f.login("zhang")
	req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, f.server.URL+web.CheckInPath, strings.NewReader(strings.Repeat("x", 1000)))
	f.ok(err)
	req.ContentLength = 129 << 20
	req.Header.Set("Content-Type", "multipart/form-data; boundary=b")
	req.Header.Set("Expect", "100-continue")
	resp, err := p.client.Do(req)
	f.ok(err)
	defer resp.Body.Close()
	if resp.StatusCode != http.StatusRequestEntityTooLarge {
		t.Errorf("answered with %s", resp.Status)
	}
}
