package main

import (
	"bytes"
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"roundsman/bot"
	"roundsman/catalog"
	"roundsman/config"
	"roundsman/geo"
	"roundsman/handlers"
	"roundsman/scheduler"
	"roundsman/seal"
	"roundsman/storage"
	"roundsman/storage/sqlite"
	"roundsman/visit"
)

var updateGolden = flag.Bool("update", false, "write the golden files")

// Every card and post, as each platform takes it, in both languages: two reps'
// days with everything that is said about them, on one platform after the other.
func TestCardsGolden(t *testing.T) {
	t.Parallel()
	for _, platform := range []string{"feishu", "wecom"} {
		for _, language := range []string{"zh", "en"} {
			t.Run(platform+"_"+language, func(t *testing.T) {
				t.Parallel()
				g := newGallery(t, platform, language)
				g.days()
				got := g.posts()
				name := filepath.Join("testdata", "cards", platform+"."+language+".golden")
				if *updateGolden {
					g.ok(os.MkdirAll(filepath.Dir(name), 0o755))
					g.ok(os.WriteFile(name, []byte(got), 0o600))
				}
				want, err := os.ReadFile(name)
				g.ok(err)
				if diff := cmp.Diff(string(want), got); diff != "" {
					t.Errorf("%s (-want +got; -update writes it):\n%s", name, diff)
				}
			})
		}
	}
}

// gallery plays days against the real handlers and jobs, on a clock of its own.
type gallery struct {
	*testing.T
	platform  string
	say       *catalog.Catalog
	store     storage.Store
	platforms []bot.Platform
	service   *handlers.Service
	jobs      *scheduler.Scheduler
	now       time.Time
	seq       int
	later     []bot.Message
	// seen are the versions of posts that were written, out what was.
	seen map[string]int64
	out  strings.Builder
}

func newGallery(t *testing.T, platform, language string) *gallery {
	t.Helper()
	g := &gallery{T: t, platform: platform, seen: make(map[string]int64)}
	zone, err := time.LoadLocation("Asia/Shanghai")
	g.ok(err)
	g.now = time.Date(2026, 11, 24, 7, 0, 0, 0, zone)
	cfg, err := config.Parse(fmt.Appendf(nil, `
language: %s
secret_key: %s
feishu: {app_id: cli_1, app_secret: s}
wecom: {corp_id: ww0123456789abcdef, agent_id: 1, secret: s, token: t, encoding_aes_key: %s}
privacy: {consent: recorded_elsewhere}
`, language, strings.Repeat("k", seal.MinKey), strings.Repeat("a", 43)), t.TempDir(), nil)
	g.ok(err)
	g.say, err = catalog.New(language)
	g.ok(err)
	clock := func() time.Time { return g.now }
	log := slog.New(slog.DiscardHandler)
	all, err := newPlatforms(cfg, clock, log)
	g.ok(err)
	g.platforms = slices.DeleteFunc(all, func(p bot.Platform) bool { return p.Name() != platform })
	store, err := sqlite.Open(t.Context(), filepath.Join(t.TempDir(), "g.db"), sqlite.Options{})
	g.ok(err)
	t.Cleanup(func() { g.ok(store.Close()) })
	g.store = store
	box, err := seal.New([]byte(cfg.SecretKey.Reveal()), "button")
	g.ok(err)
	outbox := bot.NewOutbox(store.Outbox(), clock, func(string) {})
	g.service = handlers.New(handlers.Options{
		Store: store, Outbox: outbox, Platforms: g.platforms, Say: g.say, Buttons: box, Policy: policyOf(cfg),
		Admins: []bot.Address{{Platform: platform, Place: bot.ToUser, ID: "boss"}}, Inlet: galleryInlet{g}, FetchPhotos: func() {}, Now: clock, Log: log,
	})
	g.jobs = scheduler.New(scheduler.Options{
		Store: store, Outbox: outbox, Inlet: galleryInlet{g}, Platforms: []string{platform}, Say: g.say, Policy: policyOf(cfg), Now: clock, Log: log,
	})
	g.seed()
	return g
}

// galleryInlet hands internal events on at once, or keeps them for their time.
type galleryInlet struct{ *gallery }

func (i galleryInlet) Accept(ctx context.Context, m bot.Message) error {
	if m.At.After(i.now) {
		i.later = append(i.later, m)
		return nil
	}
	return i.service.Handle(ctx, m)
}

func (g *gallery) ok(err error) {
	g.Helper()
	if err != nil {
		g.Fatal(err)
	}
}

var galleryPlace = geo.Point{Lat: 31.2304, Lng: 121.4737, Datum: geo.GCJ02}

func (g *gallery) seed() {
	ctx := g.Context()
	identity := func(id string) map[string]string { return map[string]string{g.platform: id} }
	g.ok(g.store.Roster().PutTeam(ctx, visit.Team{Name: "华东一队", Groups: []string{g.platform + ":group/g1"}}))
	g.ok(g.store.Roster().PutReps(ctx,
		visit.Rep{ID: "R1", Name: "张伟", Team: "华东一队", Role: visit.RoleRep, Identities: identity("zhang")},
		visit.Rep{ID: "R2", Name: "李娜", Team: "华东一队", Role: visit.RoleRep, Identities: identity("li")},
		visit.Rep{ID: "M1", Name: "王芳", Team: "华东一队", Role: visit.RoleManager, Identities: identity("wang")},
	))
	for i, c := range []visit.Customer{
		{ID: "C1", Name: "华联超市", Grade: "A"},
		{ID: "C2", Name: "大润发", Grade: "B"},
		{ID: "C3", Name: "好德便利"},
		{ID: "C4", Name: "罗森", Grade: "C"},
		{ID: "C5", Name: "罗森 <at id=all></at> [x](http://x)"},
	} {
		c.Owner, c.Point, c.Address = "R1", geo.Offset(galleryPlace, 2000*float64(i), 90), "南京东路 "+fmt.Sprint(i+1)+" 号"
		if c.ID == "C5" {
			c.Point = geo.Offset(galleryPlace, 6010, 90)
		}
		g.ok(g.store.Customers().Put(ctx, c))
	}
	g.ok(g.store.Plans().Put(ctx,
		visit.PlannedVisit{Rep: "R1", Date: "2026-11-24", Customer: "C1", Order: 1, Purpose: visit.Order, OrderTarget: 20_000_00},
		visit.PlannedVisit{Rep: "R1", Date: "2026-11-24", Customer: "C2", Order: 2, Purpose: visit.Delivery, Reference: "SO1", Window: visit.Span{From: visit.Clock{Hour: 13}, To: visit.Clock{Hour: 14}}},
		visit.PlannedVisit{Rep: "R1", Date: "2026-11-24", Customer: "C3", Order: 3, Purpose: visit.Collection, CollectionTarget: 8_000_00},
	))
	old := visit.Fact{ID: "old", Kind: visit.KindFix, Rep: "R1", Team: "华东一队", Date: "2026-11-03", At: visit.Millis(g.now.AddDate(0, 0, -21)), Fix: &visit.Fix{
		Claims: []visit.Claim{{Customer: "C1", Verdict: visit.Verified}},
	}}
	g.ok(g.store.Outcomes().Put(ctx, visit.OutcomeOf(visit.Rep{ID: "R1", Team: "华东一队"}, visit.Policy{Zone: g.now.Location()}, old.Date, nil, []visit.Fact{old})))
}

// at sets the time of day, and hands on what waited for it.
func (g *gallery) at(hour, minute int) {
	g.now = time.Date(g.now.Year(), g.now.Month(), g.now.Day(), hour, minute, 0, 0, g.now.Location())
	waiting := g.later
	g.later = nil
	for _, m := range waiting {
		g.ok(galleryInlet{g}.Accept(g.Context(), m))
	}
	g.note(fmt.Sprintf("%02d:%02d", hour, minute))
}

func (g *gallery) send(user string, fill func(*bot.Message)) {
	g.Helper()
	g.seq++
	g.now = g.now.Add(time.Second)
	m := bot.Message{
		Key: fmt.Sprint("m", g.seq), ID: fmt.Sprint("id", g.seq), Platform: g.platform, From: user,
		Chat: bot.Address{Platform: g.platform, Place: bot.ToUser, ID: user}, At: g.now, Received: g.now,
	}
	fill(&m)
	g.ok(g.service.Handle(g.Context(), m))
}

// text says something, in the language of the gallery.
func (g *gallery) text(user, zh, en string) {
	g.Helper()
	if g.say.Language() == "en" {
		zh = en
	}
	g.send(user, func(m *bot.Message) { m.Text = zh })
	g.note(user + ": " + zh)
}

func (g *gallery) pin(user string, metres float64) {
	g.Helper()
	p := geo.Offset(galleryPlace, metres, 90)
	g.send(user, func(m *bot.Message) {
		m.Location = &bot.Location{Lat: fmt.Sprintf("%.6f", p.Lat), Lng: fmt.Sprintf("%.6f", p.Lng), Datum: p.Datum, Name: "南京东路"}
	})
	g.note(fmt.Sprintf("%s at %.0f m", user, metres))
}

// press taps the newest button with a catalogue's word.
func (g *gallery) press(user, key string, pairs ...any) {
	g.Helper()
	want := g.say.T(key, pairs...)
	posts, err := g.store.Outbox().List(g.Context(), storage.PostPending, 1000)
	g.ok(err)
	for _, p := range slices.Backward(posts) {
		var b bot.Body
		g.ok(json.Unmarshal(p.Body, &b))
		if !strings.HasSuffix(p.Chat, "user/"+user) || b.Card == nil {
			continue
		}
		for _, button := range b.Card.Buttons {
			if button.Text == want {
				g.send(user, func(m *bot.Message) { m.Press = &bot.Press{Value: button.Value, Response: "code"} })
				g.note(user + " taps " + want)
				return
			}
		}
	}
	g.Fatalf("%s has no button %q", user, want)
}

// job runs a scheduled job of the day.
func (g *gallery) job(name string, date visit.Date) {
	g.Helper()
	teams, err := g.store.Roster().Teams(g.Context())
	g.ok(err)
	_, _, err = g.jobs.Job(g.Context(), name, date, teams, false)
	g.ok(err)
	g.note("job " + name)
}

var sealed = regexp.MustCompile(`[A-Za-z0-9_-]{60,}`)

// note writes what was said since.
func (g *gallery) note(what string) {
	g.Helper()
	fmt.Fprintf(&g.out, "\n=== %s\n", what)
	posts, err := g.store.Outbox().List(g.Context(), storage.PostPending, 1000)
	g.ok(err)
	for _, p := range posts {
		if g.seen[p.ID] >= p.Version {
			continue
		}
		g.seen[p.ID] = p.Version
		to, err := bot.ParseAddress(p.Chat)
		g.ok(err)
		var b bot.Body
		g.ok(json.Unmarshal(p.Body, &b))
		if b.Card == nil && b.Text == "" && b.Image == nil {
			fmt.Fprintf(&g.out, "--- %s takes back %s\n", p.Chat, p.ID)
			continue
		}
		parts, err := g.platforms[0].Compose(to, b)
		g.ok(err)
		for _, part := range parts {
			fmt.Fprintf(&g.out, "--- %s %s\n", p.Chat, part.Type)
			if part.Upload != nil {
				fmt.Fprintf(&g.out, "%s (%s)\n", part.Upload.Alt, part.Upload.Name)
				continue
			}
			g.out.WriteString(sealed.ReplaceAllString(g.lines(part.Data), "(sealed)") + "\n")
		}
	}
}

// lines writes a part with a line for each element that it is made of.
func (g *gallery) lines(data []byte) string {
	var card struct {
		Header json.RawMessage `json:"header"`
		Body   struct {
			Elements []json.RawMessage `json:"elements"`
		} `json:"body"`
	}
	g.ok(json.Unmarshal(data, &card))
	if card.Body.Elements == nil {
		var pretty bytes.Buffer
		g.ok(json.Indent(&pretty, data, "", " "))
		return pretty.String()
	}
	out := []string{string(card.Header)}
	for _, e := range card.Body.Elements {
		out = append(out, " "+string(e))
	}
	return strings.Join(out, "\n")
}

func (g *gallery) posts() string { return g.out.String() }

// days are a day and the morning after it.
func (g *gallery) days() {
	g.job("day_open", "2026-11-24")
	g.at(8, 30)
	g.job("morning_plan", "2026-11-24")
	g.text("stranger", "你好", "hello")
	g.text("zhang", "帮助", "help")
	g.text("zhang", "计划", "plan")
	g.at(10, 30)
	g.press("zhang", "button.on_way")
	g.pin("zhang", 0)
	g.send("zhang", func(m *bot.Message) { m.Media = []bot.Media{{Resource: "r"}} })
	g.text("zhang", "成交 订货1.2万 回款5000 竞品：打九折\n价格 <at id=all></at> [x](http://x)", "deal order 12,000 collected 5000 competitor: 10 % off\nprice <at id=all></at> [x](http://x)")
	g.text("zhang", "订货 -1", "order -1")
	g.text("zhang", "签退", "checkout")
	g.at(11, 30)
	g.pin("zhang", 4400)
	g.text("zhang", "门口修路", "the street is closed")
	g.press("zhang", "result.follow_up")
	g.pin("zhang", 3000)
	g.pin("zhang", 6005)
	g.pin("zhang", 30_000)
	g.press("zhang", "button.prospect")
	g.text("zhang", "新开的店", "a new shop")
	g.at(13, 40)
	g.at(14, 0)
	g.press("wang", "button.reassign", "Name", "李娜")
	g.text("wang", "派 张伟 大润发 送货 15:00-16:00 #SO2", "assign 张伟 大润发 delivery 15:00-16:00 #SO2")
	g.pin("zhang", 2010)
	g.press("zhang", "delivery.rescheduled")
	g.text("zhang", "改期 好德", "putoff 好德")
	g.text("li", "请假 明天 上午 看病", "leave tomorrow morning doctor")
	g.press("wang", "button.grant")
	g.at(15, 0)
	g.text("li", "投诉 C1 破损2箱 <at id=all></at>", "complaint C1 two broken <at id=all></at>")
	g.text("zhang", "投诉 大润 送错货", "complaint 大润 wrong goods")
	g.text("zhang", "结案 大润 已换货", "resolve 大润 exchanged")
	g.text("wang", "投诉", "complaint")
	g.at(15, 30)
	g.text("wang", "今天", "today")
	g.at(16, 0)
	g.job("plan_proposal", "2026-11-24")
	g.text("zhang", "明天 +华联 10:00 收款 5000 -罗森<", "tomorrow +华联 10:00 collection 5000 -罗森<")
	g.text("zhang", "明天 +没有", "tomorrow +nobody")
	g.at(18, 30)
	g.job("report_reminder", "2026-11-24")
	g.press("zhang", "button.report")
	g.text("zhang", "心得 先打电话", "reflections call first")
	g.at(19, 0)
	g.job("plan_reminder", "2026-11-24")
	g.job("report_list", "2026-11-24")
	g.text("wang", "日报 张伟", "report 张伟")
	g.text("wang", "批注 张伟 好", "comment 张伟 good")
	g.at(19, 30)
	g.job("evening_summary", "2026-11-24")
	g.job("summary_picture", "2026-11-24")
	g.job("evening_detail", "2026-11-24")
	g.job("day_maps", "2026-11-24")
	g.text("wang", "地图 张伟", "map 张伟")
	g.text("wang", "地图 李娜 昨天", "map 李娜 yesterday")
	g.at(20, 0)
	g.job("plan_lock", "2026-11-24")
	g.job("plan_unconfirmed", "2026-11-24")
	g.text("zhang", "明天", "tomorrow")
	g.text("zhang", "明天 -华联", "tomorrow -华联")
	g.text("boss", "成员", "members")
	g.text("boss", "假期", "holidays")
	g.text("boss", "死信", "deadletters")
	g.text("boss", "未确认", "uncertain")
	g.text("wang", "设置", "settings")
	g.text("wang", "设置 最少拜访 -4", "settings minvisits -4")
	g.text("wang", "群播报 精简", "groupposts brief")
	g.text("wang", "目标 张伟 订货 12万 回款 5万", "targets 张伟 order 120000 collection 50000")
	g.text("wang", "目标 张伟 订货 -5", "targets 张伟 order -5")
	g.text("wang", "目标", "targets")
	g.text("zhang", "目标 12月", "targets 2026-12")
	g.now = g.now.AddDate(0, 0, 1)
	g.at(8, 30)
	g.job("morning_plan", "2026-11-25")
	g.now = g.now.AddDate(0, 0, 5)
	g.at(9, 0)
	g.job("weekly_digest", "2026-11-30")
}
