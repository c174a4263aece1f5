package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

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

// gallery plays days against the real handlers and jobs, on a clock of its own.
type gallery struct {
	*testing.T
	platform  string
	say       *catalog.Catalog
	outbox    *bot.Outbox
	store     storage.Store
	platforms []bot.Platform
	service   *handlers.Service
	jobs      *scheduler.Scheduler
	now       time.Time
	seq       int
	later     []bot.Message
	// files are what can be fetched; noGroups says that no group can be made.
	files    map[string]string
	noGroups bool
	// seen are the versions of posts that were written, out what was.
	seen map[string]int64
	out  strings.Builder
}

func newGallery(t *testing.T, platform, language string) *gallery {
	t.Helper()
	g := &gallery{T: t, platform: platform, seen: make(map[string]int64), files: make(map[string]string)}
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
	for _, p := range all {
		switch _, makes := p.(bot.GroupMaker); {
		case p.Name() != platform:
		case makes:
			g.platforms = append(g.platforms, groupPlatform{filePlatform{p, g}})
		default:
			g.platforms = append(g.platforms, filePlatform{p, g})
		}
	}
	store, err := sqlite.Open(t.Context(), filepath.Join(t.TempDir(), "g.db"), sqlite.Options{})
	g.ok(err)
	t.Cleanup(func() { g.ok(store.Close()) })
	g.store = store
	box, err := seal.New([]byte(cfg.SecretKey.Reveal()), "button")
	g.ok(err)
	g.outbox = bot.NewOutbox(store.Outbox(), clock, func(string) {})
	admins := []bot.Address{{Platform: platform, Place: bot.ToUser, ID: "boss"}}
	g.service = handlers.New(handlers.Options{
		Store: store, Outbox: g.outbox, Platforms: g.platforms, Say: g.say, Buttons: box, Policy: policyOf(cfg),
		Admins: admins, Inlet: galleryInlet{g}, FetchPhotos: func() {}, Now: clock, Log: log,
	})
	g.jobs = scheduler.New(scheduler.Options{
		Store: store, Outbox: g.outbox, Inlet: galleryInlet{g}, Platforms: []string{platform}, Changing: changingNames(g.platforms), Say: g.say, Policy: policyOf(cfg), Admins: admins, Now: clock, Log: log,
	})
	g.seed()
	return g
}

// filePlatform is a platform on which the files are those of the gallery.
type filePlatform struct {
	bot.Platform
	g *gallery
}

func (p filePlatform) Fetch(_ context.Context, _ string, m bot.Media, limit int64) ([]byte, error) {
	data, ok := p.g.files[m.Resource]
	switch {
	case !ok:
		return nil, &bot.FetchError{Reason: bot.FetchExpired}
	case int64(len(data)) > limit:
		return nil, &bot.FetchError{Reason: bot.FetchTooLarge}
	}
	return []byte(data), nil
}

// groupPlatform is one that makes groups, too: those of which the platform does not say no.
type groupPlatform struct{ filePlatform }

func (p groupPlatform) MakeGroup(_ context.Context, _, _ string, _ []string) (bot.Address, error) {
	if p.g.noGroups {
		return bot.Address{}, &bot.SendError{Code: "86003"}
	}
	return bot.Address{Platform: p.Name(), Place: bot.ToGroup, ID: "made"}, nil
}

func (p groupPlatform) MakeMenu(context.Context, []bot.MenuItem) error {
	if p.g.noGroups {
		return &bot.SendError{Code: "48002"}
	}
	return nil
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

func (g *gallery) pin(user string, metres float64) { g.Helper(); g.roughPin(user, metres, 0) }

// roughPin is a location with a radius within which it may be wrong.
func (g *gallery) roughPin(user string, metres, accuracy float64) {
	g.Helper()
	p := geo.Offset(galleryPlace, metres, 90)
	g.send(user, func(m *bot.Message) {
		m.Location = &bot.Location{
			Lat: fmt.Sprintf("%.6f", p.Lat), Lng: fmt.Sprintf("%.6f", p.Lng), Datum: p.Datum, Accuracy: accuracy, Name: "南京东路",
		}
	})
	g.note(fmt.Sprintf("%s at %.0f m", user, metres))
}

// photo sends a picture, and returns the fact of it.
func (g *gallery) photo(user string) string {
	g.Helper()
	g.send(user, func(m *bot.Message) { m.Media = []bot.Media{{Resource: "r"}} })
	g.note(user + " sends a photo")
	return fmt.Sprintf("m%d/photo/0", g.seq)
}

// file sends a file; one without content cannot be fetched any more.
func (g *gallery) file(user, name, data string) {
	g.Helper()
	g.send(user, func(m *bot.Message) {
		if data != "" {
			g.files[m.ID] = data
		}
		m.Media = []bot.Media{{Resource: m.ID, File: true, Document: true, Name: name}}
	})
	g.note(user + " sends " + name)
}

// find is the newest button of a user with a catalogue's word.
func (g *gallery) find(user, key string, pairs ...any) bot.Button {
	g.Helper()
	return g.button(user, g.say.T(key, pairs...))
}

// button is the newest button of a user that says just that.
func (g *gallery) button(user, want string) bot.Button {
	g.Helper()
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
				return button
			}
		}
	}
	g.Fatalf("%s has no button %q", user, want)
	return bot.Button{}
}

// tap taps a button, as often as one likes.
func (g *gallery) tap(user string, button bot.Button) {
	g.Helper()
	g.send(user, func(m *bot.Message) { m.Press = &bot.Press{Value: button.Value, Response: "code"} })
	g.note(user + " taps " + button.Text)
}

// press taps the newest button with a catalogue's word.
func (g *gallery) press(user, key string, pairs ...any) {
	g.Helper()
	g.tap(user, g.find(user, key, pairs...))
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
		if b.Empty() {
			fmt.Fprintf(&g.out, "--- %s takes back %s\n", p.Chat, p.ID)
			continue
		}
		parts, err := g.platforms[0].Compose(to, b)
		g.ok(err)
		for _, part := range parts {
			fmt.Fprintf(&g.out, "--- %s %s\n", p.Chat, part.Type)
			if part.Upload != nil {
				g.out.WriteString(strings.TrimSpace(part.Upload.Alt+" ("+part.Upload.Name+")") + "\n")
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
