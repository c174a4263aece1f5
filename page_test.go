package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"image"
	"image/jpeg"
	"io"
	"mime/multipart"
	"net"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"roundsman/bot"
	"roundsman/geo"
	sandboxwecom "roundsman/sandbox/wecom"
	"roundsman/visit"
	"roundsman/web"
)

// newPageCompany starts a company whose check-in page is at its own address.
func newPageCompany(t *testing.T, more string) (c *company, public string) {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	public = "http://" + l.Addr().String()
	return newCompanyOn(t, "websocket", l, "public_url: "+public+"\n"+more), public
}

// phone is a browser that stands for a member's phone.
type phone struct {
	*testing.T
	client *http.Client
	public string
	page   *url.URL
}

// clientAgents are how the platforms' clients name themselves.
var clientAgents = map[string]string{
	"feishu": "Mozilla/5.0 (Linux; Android 14) Mobile Lark/7.30.5",
	"wecom":  "Mozilla/5.0 (Linux; Android 14) Mobile wxwork/4.1.30 MicroMessenger/7.0.1",
}

// agent says in each request which client it is from.
type agent string

func (a agent) RoundTrip(r *http.Request) (*http.Response, error) {
	r = r.Clone(r.Context())
	if a != "" {
		r.Header.Set("User-Agent", string(a))
	}
	return http.DefaultTransport.RoundTrip(r)
}

// newPhone opens the check-in page as the platform's client would.
func newPhone(t *testing.T, public, open string) *phone {
	t.Helper()
	return newClient(t, public, open, "")
}

// newClient is newPhone of a client that names itself.
func newClient(t *testing.T, public, open string, name agent) *phone {
	t.Helper()
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	p := &phone{T: t, client: &http.Client{Jar: jar, Timeout: 20 * time.Second, Transport: name}, public: public}
	resp, err := p.client.Get(open)
	if err != nil {
		t.Fatal(err)
	}
	body, _ := io.ReadAll(resp.Body)
	resp.Body.Close()
	if resp.StatusCode != http.StatusOK || resp.Request.URL.Path != web.CheckInPath {
		t.Fatalf("the page at %s answers %s\n%s", resp.Request.URL.Redacted(), resp.Status, body)
	}
	p.page = resp.Request.URL
	return p
}

// get reads JSON.
func (p *phone) get(path string, out any) int {
	p.Helper()
	resp, err := p.client.Get(p.public + path)
	if err != nil {
		p.Fatal(err)
	}
	defer resp.Body.Close()
	if err := json.NewDecoder(resp.Body).Decode(out); err != nil {
		p.Fatal(err)
	}
	return resp.StatusCode
}

// nonce takes a nonce, and looks whether the page was signed.
func (p *phone) nonce() string {
	p.Helper()
	var me struct {
		Name   string
		Nonces []string
		Client map[string]any
	}
	if status := p.get("/m/me?page="+url.QueryEscape(p.page.String()), &me); status != http.StatusOK || me.Client["signature"] == nil || me.Name == "" {
		p.Fatalf("me: %d %+v", status, me)
	}
	return me.Nonces[0]
}

// checkIn submits a fix at a place, measured a while ago, with photos.
func (p *phone) checkIn(nonce string, at geo.Point, ago time.Duration, photos ...[]byte) (status int, text string) {
	p.Helper()
	now := time.Now()
	form := fmt.Sprintf(`{"nonce": %q, "code": %q, "sent": %d, "fixes": [{"lat": %v, "lng": %v, "accuracy": 40, "at": %d, "source": "browser"}, {"lat": %v, "lng": %v, "accuracy": 12.5, "at": %d, "source": "browser"}]}`,
		nonce, p.page.Query().Get("c"), now.UnixMilli(), at.Lat, at.Lng, now.Add(-ago-2*time.Second).UnixMilli(), at.Lat, at.Lng, now.Add(-ago).UnixMilli())
	var body bytes.Buffer
	w := multipart.NewWriter(&body)
	part, err := w.CreateFormField("fixes")
	if err != nil {
		p.Fatal(err)
	}
	_, _ = io.WriteString(part, form)
	for i, data := range photos {
		part, err := w.CreateFormFile("photo", fmt.Sprintf("%d.png", i))
		if err != nil {
			p.Fatal(err)
		}
		_, _ = part.Write(data)
	}
	_ = w.Close()
	resp, err := p.client.Post(p.public+web.CheckInPath, w.FormDataContentType(), &body)
	if err != nil {
		p.Fatal(err)
	}
	defer resp.Body.Close()
	answer, _ := io.ReadAll(resp.Body)
	return resp.StatusCode, string(answer)
}

// The menu that an admin makes opens the page and says what a rep would write.
func TestTheMenuIsMade(t *testing.T) {
	c, public := newPageCompany(t, "")
	c.ok(c.store.Roster().PutReps(t.Context(), visit.Rep{ID: "a", Name: "管理", Team: testTeam, Role: visit.RoleAdmin, Identities: map[string]string{"wecom": "admin"}}))
	c.wecom.AddUser(sandboxwecom.User{UserID: "admin", Name: "管理"})
	for range 2 { // the second replaces the first
		_, err := c.wecom.SendText("admin", "菜单")
		c.ok(err)
	}
	c.settled()
	for _, item := range []string{web.Address(public, "wecom"), "帮助"} {
		_, err := c.wecom.PressMenu(member, item)
		c.ok(err)
	}
	c.settled()
	said := c.wecomBubbles()
	if len(said) != 1 || !strings.Contains(said[0], "签到") {
		t.Errorf("said %q", said)
	}
	// Each item says a command: nothing of it becomes a note of a visit.
	for _, item := range []string{"计划", "明天", "签退", "日报", "目标", "为什么", "我的数据"} {
		before := len(c.wecomBubbles())
		_, err := c.wecom.PressMenu(member, item)
		c.ok(err)
		c.settled()
		if len(c.wecomBubbles()) == before {
			t.Errorf("%s is not answered", item)
		}
	}
	if notes := c.day("l").LooseNotes; len(notes) != 0 {
		t.Errorf("notes: %+v", notes)
	}
}

// The group's morning plan leads everybody to the page, on whichever platform they read it.
func TestTheMorningPlanLeadsToThePage(t *testing.T) {
	c, public := newPageCompany(t, "")
	teams, err := c.store.Roster().Teams(t.Context())
	c.ok(err)
	_, _, err = c.program.scheduler.Job(t.Context(), "morning_plan", "2026-11-24", teams, false)
	c.ok(err)
	c.settled()
	page := public + web.CheckInPath
	onFeishu, onWeCom := feishuSide.Messages(c.group), wecomSide.RobotMessages(c.robot)
	if len(onFeishu) != 1 || !strings.Contains(onFeishu[0].Content, page+`"`) {
		t.Errorf("on Feishu: %+v", onFeishu)
	}
	if len(onWeCom) != 1 || !strings.Contains(onWeCom[0].Text(), "[打开签到页]("+page+")") {
		t.Errorf("on WeCom: %+v", onWeCom)
	}
	for platform, open := range map[string]string{"wecom": c.wecom.PhoneURL(member, page), "feishu": feishuURL + c.feishu.PhonePath(c.user, page)} {
		if newClient(t, public, open, agent(clientAgents[platform])).nonce() == "" {
			t.Error("the page does not know who opened it")
		}
	}
}

func TestCheckInOnThePage(t *testing.T) {
	c, public := newPageCompany(t, "")
	for _, who := range []struct {
		rep, open string
		bubbles   func() []string
	}{
		{"l", c.wecom.PhoneURL(member, web.Address(public, "wecom")), c.wecomBubbles},
		{"z", feishuURL + c.feishu.PhonePath(c.user, web.Address(public, "feishu")), c.feishuBubbles},
	} {
		t.Run(who.rep, func(t *testing.T) {
			here := geo.Offset(place, 20, 45).WGS84()
			p := newPhone(t, public, who.open)
			nonce := p.nonce()
			for range 2 { // the second finds the first
				if status, text := p.checkIn(nonce, here, 3*time.Second, png); status != http.StatusOK {
					t.Fatalf("the check-in is answered with %d %s", status, text)
				}
			}
			c.settled()
			day := c.day(who.rep)
			if len(day.Visits) != 1 {
				t.Fatalf("visits: %+v", day.Visits)
			}
			v := day.Visits[0]
			if v.Fix.Evidence != visit.EvidenceDevice || v.Claim.Verdict != visit.Verified || v.Fix.Accuracy != 12.5 || len(v.Photos) != 1 || v.Photos[0].SHA256 == "" {
				t.Errorf("the visit is %+v", v)
			}
			blob, err := c.store.Media().Blob(t.Context(), v.Photos[0].SHA256)
			if err != nil || blob.Type != "image/jpeg" {
				t.Errorf("what is kept of the photo is %s, %v", blob.Type, err)
			}
			if b := who.bubbles(); len(b) == 0 || !strings.Contains(b[len(b)-1], "已核实") {
				t.Errorf("the chat says %q", b)
			}
			var said struct {
				Ready bool
				Title string
				Lines []string
			}
			if status := p.get("/m/answer?nonce="+url.QueryEscape(nonce), &said); status != http.StatusOK || !said.Ready || !strings.Contains(fmt.Sprint(said), "已核实") {
				t.Errorf("the page repeats %d %+v", status, said)
			}
		})
	}
}

// A picture that is a page as well is kept as a picture; a page that begins like a
// picture is refused in the chat, and nothing of it is kept.
func TestAPolyglotOnThePage(t *testing.T) {
	c, public := newPageCompany(t, "")
	const page = "<html><script>alert('polyglot')</script></html>"
	var b bytes.Buffer
	c.ok(jpeg.Encode(&b, image.NewGray(image.Rect(0, 0, 64, 48)), nil))
	whole := b.Bytes()
	comment := append([]byte{0xff, 0xfe, 0, byte(len(page) + 2)}, page...)
	both := slices.Concat(whole[:2], comment, whole[2:], []byte(page))
	pixels := bytes.Index(whole, []byte{0xff, 0xda})
	none := slices.Concat(whole[:pixels+10], []byte(page))
	p := newPhone(t, public, feishuURL+c.feishu.PhonePath(c.user, web.Address(public, "feishu")))
	if status, text := p.checkIn(p.nonce(), geo.Offset(place, 20, 45).WGS84(), 3*time.Second, both, none); status != http.StatusOK {
		t.Fatalf("the check-in is answered with %d %s", status, text)
	}
	c.settled()
	photos := c.day("z").Visits[0].Photos
	if len(photos) != 2 || photos[0].SHA256 == "" || photos[1].Missing != bot.FetchNotPicture {
		t.Errorf("the photos are %+v", photos)
	}
	if b := c.feishuBubbles(); !strings.Contains(strings.Join(b, "\n"), "1 张不是照片") {
		t.Errorf("the chat says %q", b)
	}
	for table, data := range dumpOf(t, c.program.cfg.Storage.Reveal()) {
		if bytes.Contains(data, []byte("polyglot")) {
			t.Errorf("%s holds the page", table)
		}
	}
	blob, err := c.store.Media().Blob(t.Context(), photos[0].SHA256)
	if err != nil || blob.Type != "image/jpeg" || bytes.Contains(blob.Data, []byte("html")) {
		t.Errorf("what is kept is %s, %v", blob.Type, err)
	}
	if n, err := c.store.Media().Sweep(t.Context(), testClock.Now().AddDate(1, 0, 0)); err != nil || n != 1 {
		t.Errorf("%d pictures are kept, %v", n, err)
	}
}
