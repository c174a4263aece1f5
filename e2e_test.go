package main

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus/testutil"

	"roundsman/bot"
	"roundsman/config"
	"roundsman/geo"
	sandboxfeishu "roundsman/sandbox/feishu"
	sandboxwecom "roundsman/sandbox/wecom"
	"roundsman/storage"
	"roundsman/visit"
)

// The emulators are shared by the whole test binary, because both SDKs keep
// globals; each test has an app of its own.
var (
	testClock  = &movedClock{}
	feishuSide *sandboxfeishu.Server
	wecomSide  *sandboxwecom.Server
	feishuURL  string
	wecomURL   string
)

// movedClock is the real time plus what tests moved it by.
type movedClock struct {
	mu  sync.Mutex
	off time.Duration
}

func (c *movedClock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return time.Now().Add(c.off)
}

func (c *movedClock) move(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.off += d
}

func TestMain(m *testing.M) {
	if os.Getenv(childEnv) != "" {
		if err := serveAsChild(); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		os.Exit(0)
	}
	// Half past nine on a workday in Shanghai, whenever the tests run.
	start := time.Date(2026, 11, 24, 9, 30, 0, 0, time.FixedZone("CST", 8*3600))
	testClock.off = time.Until(start)
	code := func() int {
		feishuSide = sandboxfeishu.New(sandboxfeishu.Options{
			Now: testClock.Now, LimitClock: time.Now,
			RetryDelays: []time.Duration{50 * time.Millisecond, 200 * time.Millisecond, time.Second, 2 * time.Second},
		})
		defer feishuSide.Close()
		wecomSide = sandboxwecom.New(sandboxwecom.Options{Now: testClock.Now, RetryDelays: []time.Duration{50 * time.Millisecond, 50 * time.Millisecond}})
		defer wecomSide.Close()
		var err error
		if feishuURL, err = feishuSide.Listen("127.0.0.1:0"); err != nil {
			panic(err)
		}
		if wecomURL, err = wecomSide.Listen("127.0.0.1:0"); err != nil {
			panic(err)
		}
		return m.Run()
	}()
	os.Exit(code)
}

// company is a bot with one rep on each platform, and the platforms.
type company struct {
	*testing.T
	program *Program
	store   storage.Store
	feishu  *sandboxfeishu.App
	wecom   *sandboxwecom.App
	user    string // on Feishu
	group   string // on Feishu
	robot   string
	// url is where the store is; empty is a file of the test's own.
	url string
	// spools are the directories in which what the store did not take is kept.
	spools []string
	log    *bytes.Buffer
	mu     sync.Mutex
}

const (
	testTeam = "华东一队"
	member   = "lina" // on WeCom
)

// place is where customer C1 is; C2 is two kilometres east.
var place = geo.Point{Lat: 31.2304, Lng: 121.4737, Datum: geo.GCJ02}

// Write keeps the log.
func (c *company) Write(b []byte) (int, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.log.Write(b)
}

// newCompany starts a company; mode is Feishu's.
func newCompany(t *testing.T, mode string) *company {
	t.Helper()
	return newCompanyOn(t, mode, nil, "")
}

// newCompanyOn starts a company that takes requests on a listener, or on one of
// its own if that is nil, with more in its configuration.
func newCompanyOn(t *testing.T, mode string, on net.Listener, more string) *company {
	t.Helper()
	return newCompanyIn(t, "", mode, on, more)
}

// newCompanyIn starts a company whose store is at a URL; none is a file of its own.
func newCompanyIn(t *testing.T, url, mode string, on net.Listener, more string) *company {
	t.Helper()
	c := &company{T: t, log: new(bytes.Buffer), url: url}
	c.feishu = feishuSide.NewApp(sandboxfeishu.AppConfig{})
	c.wecom = wecomSide.NewApp(sandboxwecom.AppConfig{RootVisible: true, LocationReport: true})
	c.user = feishuSide.AddUser(sandboxfeishu.User{Name: "张伟"}).OpenID
	c.group = feishuSide.AddChat(sandboxfeishu.Chat{Name: "华东", Members: []string{c.user}, Apps: []string{c.feishu.ID}}).ID
	c.wecom.AddUser(sandboxwecom.User{UserID: member, Name: "李娜"})
	c.robot = c.wecom.AddRobot("华东", member)
	dir := t.TempDir()
	cfg, err := config.Parse(append(c.yaml(mode, dir, "127.0.0.1:0"), more...), dir, nil)
	c.ok(err)
	p, err := newProgram(t.Context(), cfg, programOptions{Log: slog.New(slog.NewTextHandler(c, nil)), Now: testClock.Now, Listener: on})
	if err != nil {
		t.Fatal(err)
	}
	c.program, c.store = p, p.store
	seedCompany(t, p.store, c.user)
	if err := p.Start(t.Context()); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := p.Stop(); err != nil {
			t.Errorf("stop: %v", err)
		}
		if t.Failed() {
			t.Log(c.log.String())
		}
		c.noSecrets()
	})
	if mode == "webhook" {
		c.ok(c.feishu.SetCallback("http://" + p.Addr() + "/feishu/events"))
	} else {
		c.eventually("Feishu is connected", func() bool { return bot.Ready(p.platforms[0].Vitals(t.Context())) == nil })
	}
	c.ok(c.wecom.SetCallback("http://" + p.Addr() + "/wecom/callback"))
	return c
}

func (c *company) yaml(mode, dir, listen string) []byte {
	w := c.wecom.Config()
	c.spools = append(c.spools, filepath.Join(dir, "spool"))
	return fmt.Appendf(nil, `
listen: %q
storage: %q
spool: %q
secret_key: canary-key-0123456789-0123456789-0123456789
feishu: {mode: %s, app_id: %q, app_secret: %q, verification_token: %q, encrypt_key: %q, base_url: %q, page_datum: wgs84}
wecom: {corp_id: %q, agent_id: %d, secret: %q, token: %q, encoding_aes_key: %q, base_url: %q}
teams: [{name: %s, groups: ["feishu:%s", "wecom-robot:%s"]}]
`, listen, cmp.Or(c.url, "sqlite:"+filepath.Join(dir, "r.db")), filepath.Join(dir, "spool"),
		mode, c.feishu.ID, c.feishu.Secret, c.feishu.VerificationToken, c.feishu.EncryptKey, feishuURL,
		w.CorpID, w.AgentID, w.Secret, w.Token, w.EncodingAESKey, wecomURL, testTeam, c.group, c.robot)
}

// seedCompany puts two reps with a plan and their consent into the store.
func seedCompany(t *testing.T, store storage.Store, feishuUser string) {
	t.Helper()
	ctx := t.Context()
	date := visit.Date("2026-11-24")
	ok := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	ok(store.Roster().PutReps(ctx,
		visit.Rep{ID: "z", Name: "张伟", Team: testTeam, Role: visit.RoleRep, Identities: map[string]string{"feishu": feishuUser}},
		visit.Rep{ID: "l", Name: "李娜", Team: testTeam, Role: visit.RoleRep, Identities: map[string]string{"wecom": member}},
	))
	for _, rep := range []string{"z", "l"} {
		for i, p := range []geo.Point{place, geo.Offset(place, 2000, 90)} {
			id := fmt.Sprintf("C%d%s", i+1, rep)
			ok(store.Customers().Put(ctx, visit.Customer{ID: id, Name: "客户" + id, Owner: rep, Point: p}))
			ok(store.Plans().Put(ctx, visit.PlannedVisit{Rep: rep, Date: date, Customer: id, Order: i + 1}))
		}
		ok(store.Consents().Put(ctx, visit.Consent{Rep: rep, Version: "1", At: time.Now().UTC().Truncate(time.Millisecond), Source: "seed" + rep}))
	}
}

func (c *company) ok(err error) {
	c.Helper()
	if err != nil {
		c.Fatal(err)
	}
}

// eventually waits for a condition, at most a while.
func (c *company) eventually(what string, cond func() bool) {
	c.Helper()
	ctx, cancel := context.WithTimeout(c.Context(), 20*time.Second)
	defer cancel()
	tick := time.NewTicker(5 * time.Millisecond)
	defer tick.Stop()
	for !cond() {
		select {
		case <-ctx.Done():
			c.Fatalf("in vain waited until %s\n%s", what, c.log)
		case <-tick.C:
		}
	}
}

// settled waits until the events that were sent have arrived and were dealt with.
func (c *company) settled() {
	c.Helper()
	c.eventually("everything is delivered", func() bool { return c.feishu.Pending() == 0 && c.wecom.Pending() == 0 })
	ctx, cancel := context.WithTimeout(c.Context(), 20*time.Second)
	defer cancel()
	c.ok(c.program.Settled(ctx))
}

// feishuBubbles are the bot's messages to the rep on Feishu.
func (c *company) feishuBubbles() []string {
	c.Helper()
	chat, err := c.feishu.P2P(c.user)
	c.ok(err)
	var out []string
	for _, m := range feishuSide.Messages(chat) {
		if m.SenderType == sandboxfeishu.SenderApp {
			out = append(out, m.Content)
		}
	}
	return out
}

// wecomBubbles are the app's messages to the member on WeCom.
func (c *company) wecomBubbles() []string {
	var out []string
	for _, m := range c.wecom.Messages(member) {
		if m.From == "" {
			out = append(out, m.Text())
		}
	}
	return out
}

func (c *company) facts(rep string) []visit.Fact {
	c.Helper()
	facts, err := c.store.Facts().Day(c.Context(), rep, "2026-11-24")
	c.ok(err)
	return facts
}

func (c *company) day(rep string) visit.Day {
	c.Helper()
	plan, err := c.store.Plans().Day(c.Context(), rep, "2026-11-24")
	c.ok(err)
	return visit.Fold(plan, c.facts(rep))
}

// noSecrets fails if the log holds a secret or what people wrote.
func (c *company) noSecrets() {
	c.Helper()
	c.mu.Lock()
	defer c.mu.Unlock()
	c.clean(c.log.String())
}

// clean fails if a log holds a secret, what people wrote, or where they were.
func (c *company) clean(log string) {
	c.Helper()
	w := c.wecom.Config()
	for name, secret := range map[string]string{
		"app secret": c.feishu.Secret, "encrypt key": c.feishu.EncryptKey, "verification token": c.feishu.VerificationToken,
		"corp secret": w.Secret, "aes key": w.EncodingAESKey, "callback token": w.Token, "robot key": c.robot,
		"secret key": "canary-key", "a text": "canary-text",
	} {
		if strings.Contains(log, secret) {
			c.Errorf("the log holds the %s", name)
		}
	}
	if aPlace.MatchString(log) {
		c.Error("the log holds a place")
	}
}

// aPlace finds where people were, and no length of time that has the same digits.
var aPlace = regexp.MustCompile(`\b(31\.2304|121\.4737)\b`)

// png is the smallest picture.
var png = []byte("\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR\x00\x00\x00\x01\x00\x00\x00\x01\x08\x06\x00\x00\x00\x1f\x15\xc4\x89" +
	"\x00\x00\x00\nIDATx\x9cc\x00\x01\x00\x00\x05\x00\x01\r\n-\xb4\x00\x00\x00\x00IEND\xaeB`\x82")

func TestAVisitOnFeishu(t *testing.T) {
	for _, mode := range []string{"websocket", "webhook"} {
		t.Run(mode, func(t *testing.T) {
			c := newCompany(t, mode)
			_, err := c.feishu.SendImage(c.user, "", png)
			c.ok(err)
			c.settled()
			fix, err := c.feishu.SendLocation(c.user, "", "世纪大道", place.Lat, place.Lng)
			c.ok(err)
			c.settled()
			_, err = c.feishu.SendPost(c.user, "", "canary-text 补货两箱", append(slices.Clone(png), 1), append(slices.Clone(png), 2))
			c.ok(err)
			_, err = c.feishu.SendFile(c.user, "", "门头.png", append(slices.Clone(png), 3))
			c.ok(err)
			c.settled()
			_, err = c.feishu.SendText(c.user, "", "签退")
			c.ok(err)
			c.settled()

			day := c.day("z")
			if len(day.Visits) != 1 || day.Visits[0].Claim.Verdict != visit.Verified || len(day.Visits[0].Photos) != 4 || !day.Visits[0].CheckedOut {
				t.Fatalf("the day is %+v", day)
			}
			for _, p := range day.Visits[0].Photos {
				blob, err := c.store.Media().Blob(t.Context(), p.SHA256)
				if err != nil || blob.Type != "image/jpeg" {
					t.Errorf("photo %s: %v", p.ID, err)
				}
			}
			bubbles := c.feishuBubbles()
			if len(bubbles) != 1 || !strings.Contains(bubbles[0], "4 张照片") || !strings.Contains(bubbles[0], "已核实") {
				t.Errorf("bubbles %q", bubbles)
			}
			// The same again, and the same under another event id.
			before := len(c.facts("z"))
			c.ok(c.feishu.Redeliver(fix.ID, false))
			c.ok(c.feishu.Redeliver(fix.ID, true))
			c.settled()
			if len(c.facts("z")) != before || len(c.feishuBubbles()) != 1 {
				t.Errorf("delivered again there are %d facts of %d, %d bubbles", len(c.facts("z")), before, len(c.feishuBubbles()))
			}
		})
	}
}

func TestAVisitOnWeCom(t *testing.T) {
	c := newCompany(t, "websocket")
	_, err := c.wecom.EnterChat(member, place.WGS84().Lat, place.WGS84().Lng, 30)
	c.ok(err)
	c.settled()
	fix, err := c.wecom.SendLocation(member, "世纪大道", place.Lat, place.Lng)
	c.ok(err)
	c.settled()
	_, err = c.wecom.SendImage(member, png)
	c.ok(err)
	c.settled()
	_, err = c.wecom.SendText(member, "签退")
	c.ok(err)
	c.settled()

	day := c.day("l")
	if len(day.Visits) != 1 || day.Visits[0].Claim.Verdict != visit.Verified || len(day.Visits[0].Photos) != 1 || day.Visits[0].Photos[0].SHA256 == "" {
		t.Fatalf("the day is %+v", day)
	}
	if s := day.Visits[0].Fix.Support; s < 0 || s > 5 {
		t.Errorf("the position that WeCom reported is %v m away", s)
	}
	if got := c.wecomBubbles(); len(got) != 2 || !strings.Contains(got[0], "已核实") || !strings.Contains(got[1], "已签退") {
		t.Errorf("bubbles %q", got)
	}
	before := len(c.facts("l"))
	for range 2 {
		c.ok(c.wecom.Redeliver(fix.Push))
	}
	c.settled()
	if len(c.facts("l")) != before || len(c.wecomBubbles()) != 2 {
		t.Errorf("delivered again there are %d facts of %d, %d bubbles", len(c.facts("l")), before, len(c.wecomBubbles()))
	}
}

func TestWhatIsForgedIsRefused(t *testing.T) {
	c := newCompany(t, "webhook")
	inner := []byte(`<xml><ToUserName>x</ToUserName><FromUserName>lina</FromUserName><CreateTime>1700000000</CreateTime><MsgType>text</MsgType><Content>hi</Content><MsgId>1</MsgId></xml>`)
	for name, o := range map[string]sandboxwecom.EnvelopeOptions{
		"wrong_signature": {BreakSignature: true},
		"wrong_receiver":  {ReceiveID: "ww-somebody-else"},
		"truncated":       {Truncate: 20},
		"stale":           {Timestamp: testClock.Now().Add(-9 * time.Hour)},
	} {
		t.Run(name, func(t *testing.T) {
			status, body, err := c.wecom.Post(t.Context(), c.wecom.Envelope(inner, o))
			if err != nil || status < 400 || status >= 500 || len(body) > 40 {
				t.Errorf("answer %d %q, %v", status, body, err)
			}
		})
	}
	for name, body := range map[string]string{
		"plain":   `{"schema":"2.0","header":{"event_type":"im.message.receive_v1"}}`,
		"garbage": `{"encrypt":"AAAA"}`,
		"empty":   ``,
		"huge":    strings.Repeat("x", 300<<10),
	} {
		t.Run("feishu_"+name, func(t *testing.T) {
			resp, err := http.Post("http://"+c.program.Addr()+"/feishu/events", "application/json", strings.NewReader(body))
			if err != nil {
				t.Fatal(err)
			}
			defer resp.Body.Close()
			if resp.StatusCode < 400 || resp.StatusCode >= 500 {
				t.Errorf("answer %d", resp.StatusCode)
			}
		})
	}
	c.settled()
	if n := len(c.facts("l")) + len(c.facts("z")); n != 0 {
		t.Errorf("%d facts of forged events", n)
	}
	if n := testutil.CollectAndCount(c.program.registry, "roundsman_requests_refused_total"); n < 4 {
		t.Errorf("only %d kinds of refusals were counted", n)
	}
}

func TestAnExpiredTokenIsRenewed(t *testing.T) {
	c := newCompany(t, "websocket")
	say := func() {
		_, err := c.feishu.SendText(c.user, "", "帮助")
		c.ok(err)
		_, err = c.wecom.SendText(member, "帮助")
		c.ok(err)
		c.settled()
	}
	say()
	c.feishu.ExpireToken()
	c.wecom.ExpireToken()
	say()
	c.wecom.RevokeToken()
	say()
	if f, w := len(c.feishuBubbles()), len(c.wecomBubbles()); f != 3 || w != 3 {
		t.Errorf("%d answers on Feishu, %d on WeCom", f, w)
	}
}

func TestTheGroupsHearOfTheDay(t *testing.T) {
	c := newCompany(t, "websocket")
	_, err := c.feishu.SendLocation(c.user, "", "", place.Lat, place.Lng)
	c.ok(err)
	c.settled()
	c.ok(c.program.sealRecord(t.Context()))
	head, err := c.program.notary.Head(t.Context())
	c.ok(err)
	teams, err := c.store.Roster().Teams(t.Context())
	c.ok(err)
	for range 2 {
		for _, job := range c.program.scheduler.Names() {
			_, _, err := c.program.scheduler.Job(t.Context(), job, "2026-11-24", teams, false)
			c.ok(err)
		}
		c.settled()
	}
	var posts []string
	for _, m := range feishuSide.Messages(c.group) {
		posts = append(posts, m.Content)
	}
	if len(posts) != 4 || !strings.Contains(posts[0], "拜访计划") || !strings.Contains(posts[1], "1/4 (25%)") || !strings.Contains(strings.Join(posts, "\n"), "签到记录 #"+head.String()) {
		t.Errorf("the Feishu group heard %q", posts)
	}
	posts = nil
	for _, m := range wecomSide.RobotMessages(c.robot) {
		posts = append(posts, m.Text())
	}
	if len(posts) != 4 || !strings.Contains(posts[0], "拜访计划") || !strings.Contains(posts[1], "1/4 (25%)") || !strings.Contains(strings.Join(posts, "\n"), "签到记录 #"+head.String()) {
		t.Errorf("the WeCom group heard %q", posts)
	}
}

func TestAButtonIsAnsweredAndWorks(t *testing.T) {
	c := newCompany(t, "websocket")
	far := geo.Offset(place, 30000, 0)
	_, err := c.feishu.SendLocation(c.user, "", "", far.Lat, far.Lng)
	c.ok(err)
	_, err = c.wecom.SendLocation(member, "", far.Lat, far.Lng)
	c.ok(err)
	c.settled()
	chat, err := c.feishu.P2P(c.user)
	c.ok(err)
	messages := feishuSide.Messages(chat)
	card := messages[len(messages)-1]
	buttons := feishuSide.Buttons(card.ID)
	if len(buttons) != 1 {
		t.Fatalf("buttons on Feishu: %+v", buttons)
	}
	answer, err := c.feishu.Click(c.user, card.ID, buttons[0].Value)
	c.ok(err)
	if data, _ := json.Marshal(answer); !bytes.Contains(data, []byte("已收到")) {
		t.Errorf("the tap was answered with %s", data)
	}
	wm := c.wecom.Messages(member)
	wcard := wm[len(wm)-1]
	wb := c.wecom.Buttons(member, wcard.ID)
	if len(wb) != 1 {
		t.Fatalf("buttons on WeCom: %+v", wb)
	}
	_, err = c.wecom.Click(member, wcard.ID, wb[0].Key)
	c.ok(err)
	c.settled()
	for _, rep := range []string{"z", "l"} {
		if day := c.day(rep); len(day.Visits) != 1 || !day.Visits[0].Prospect {
			t.Errorf("%s's day is %+v", rep, day)
		}
	}
	if f, w := c.feishuBubbles(), c.wecomBubbles(); len(f) != 1 || len(w) != 1 || !strings.Contains(f[0], "陌拜") || !strings.Contains(w[0], "陌拜") {
		t.Errorf("bubbles %q, %q", f, w)
	}
}

// Tomorrow's plan is proposed, changed and confirmed on both platforms.
func TestAPlanIsMadeInChat(t *testing.T) {
	c := newCompany(t, "websocket")
	store := c.store
	for _, rep := range []string{"z", "l"} {
		for i, name := range []string{"永辉", "盒马"} {
			c.ok(store.Customers().Put(t.Context(), visit.Customer{ID: fmt.Sprint("P", i, rep), Name: name, Owner: rep, Point: geo.Offset(place, 900*float64(i+1), 0)}))
		}
	}
	say := func(text string) {
		_, err := c.feishu.SendText(c.user, "", text)
		c.ok(err)
		_, err = c.wecom.SendText(member, text)
		c.ok(err)
		c.settled()
	}
	say("明天")
	chat, err := c.feishu.P2P(c.user)
	c.ok(err)
	messages := feishuSide.Messages(chat)
	card := messages[len(messages)-1]
	buttons := feishuSide.Buttons(card.ID)
	wm := c.wecom.Messages(member)
	wcard := wm[len(wm)-1]
	wb := c.wecom.Buttons(member, wcard.ID)
	if len(buttons) != 2 || len(wb) != 2 {
		t.Fatalf("buttons %+v on Feishu, %+v on WeCom", buttons, wb)
	}
	_, err = c.feishu.Click(c.user, card.ID, buttons[0].Value)
	c.ok(err)
	_, err = c.wecom.Click(member, wcard.ID, wb[0].Key)
	c.ok(err)
	c.settled()
	if f, w := c.feishuBubbles(), c.wecomBubbles(); len(f) != 1 || len(w) != 1 || !strings.Contains(f[0], "已确认") || !strings.Contains(w[0], "已确认") {
		t.Errorf("after the tap the bubbles are %q, %q", f, w)
	}
	say("明天 +永辉 10:00 收款 5000 -盒马")
	for _, rep := range []string{"z", "l"} {
		facts, err := store.Facts().Day(t.Context(), rep, "2026-11-25")
		c.ok(err)
		plan := visit.FoldPlan(nil, facts)
		i := slices.IndexFunc(plan.Lines, func(v visit.PlannedVisit) bool { return v.Customer == "P0"+rep })
		if !plan.Confirmed || i < 0 || plan.Lines[i].CollectionTarget != 500_000 || plan.Lines[i].Window.From.String() != "10:00" ||
			!slices.Contains(plan.Dropped, "P1"+rep) {
			t.Errorf("%s's plan is %+v", rep, plan)
		}
	}
}

func TestAGroupIsBoundAndMade(t *testing.T) {
	c := newCompany(t, "websocket")
	c.ok(c.store.Roster().PutReps(t.Context(), visit.Rep{
		ID: "a", Name: "管理", Team: testTeam, Role: visit.RoleAdmin, Identities: map[string]string{"feishu": c.user, "wecom": "admin"},
	}, visit.Rep{ID: "z", Name: "张伟", Team: testTeam, Role: visit.RoleRep}))
	c.wecom.AddUser(sandboxwecom.User{UserID: "admin", Name: "管理"})
	other := feishuSide.AddChat(sandboxfeishu.Chat{Name: "二群", Members: []string{c.user}, Apps: []string{c.feishu.ID}}).ID
	_, err := c.feishu.SendText(c.user, other, "绑定 "+testTeam, c.feishu.BotOpenID)
	c.ok(err)
	_, err = c.wecom.SendText("admin", "建群 "+testTeam)
	c.ok(err)
	_, err = c.wecom.SendText("admin", "建群 "+testTeam)
	c.ok(err)
	c.settled()
	teams, err := c.store.Roster().Teams(t.Context())
	c.ok(err)
	if len(teams) != 1 || len(teams[0].Groups) != 4 || !slices.Contains(teams[0].Groups, "feishu:group/"+other) {
		t.Errorf("teams %+v", teams)
	}
	if chats := c.wecom.Corp().Chats(); len(chats) != 2 { // the robot's and the one that was made
		t.Errorf("%d groups on WeCom", len(chats))
	}
}

func TestHealth(t *testing.T) {
	c := newCompany(t, "websocket")
	for path, want := range map[string]int{"/healthz": 200, "/readyz": 200, "/metrics": 404, "/console": 404} {
		resp, err := http.Get("http://" + c.program.Addr() + path)
		c.ok(err)
		c.ok(resp.Body.Close())
		if resp.StatusCode != want {
			t.Errorf("%s answers %d", path, resp.StatusCode)
		}
	}
}
