package handlers_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"net/http"
	"strings"
	"testing"
	"time"
	_ "time/tzdata"

	"roundsman/bot"
	"roundsman/catalog"
	"roundsman/geo"
	"roundsman/handlers"
	"roundsman/seal"
	"roundsman/storage"
	"roundsman/storage/storagetest/fresh"
	"roundsman/visit"
)

// platform is a platform as far as handlers ask for its abilities.
type platform struct {
	name      string
	abilities bot.Abilities
}

func (p platform) Name() string                                      { return p.name }
func (p platform) Abilities() bot.Abilities                          { return p.abilities }
func (p platform) Routes(*http.ServeMux, bot.Inlet)                  {}
func (p platform) Listen(ctx context.Context, _ bot.Inlet) error     { <-ctx.Done(); return nil }
func (p platform) Vitals(context.Context) []bot.Vital                { return nil }
func (p platform) Compose(bot.Address, bot.Body) ([]bot.Part, error) { return nil, nil }
func (p platform) Send(context.Context, bot.Address, bot.Part, string) (string, error) {
	return "", nil
}

// fixture is a service over a real store, with a rep on a platform that can
// change messages ("blue") and one on a platform that cannot ("green").
type fixture struct {
	testing.TB
	service *handlers.Service
	store   storage.Store
	now     time.Time
	seq     int
	// later are internal events that wait for their time.
	later []bot.Message
	// files are what was sent on the platform that has files, by resource.
	files map[string][]byte
	// coded are the customers of whom a code was made.
	coded []string
	// pages are the addresses of the check-in page by platform; none at first.
	pages map[string]string
	// meanwhile is what somebody else does once customers were read, before what
	// was read of them is acted upon; nothing at first.
	meanwhile func()
	// lastMessage is what was handled last.
	lastMessage bot.Message
}

// shop is where customer C1 is.
var shop = geo.Point{Lat: 31.2304, Lng: 121.4737, Datum: geo.GCJ02}

const team = "华东一队"

func setup(t testing.TB, change ...func(*visit.Policy)) *fixture {
	t.Helper()
	store := fresh.Store(t)
	say, err := catalog.New("zh")
	if err != nil {
		t.Fatal(err)
	}
	box, err := seal.New(bytes.Repeat([]byte{1}, seal.MinKey), "button")
	if err != nil {
		t.Fatal(err)
	}
	zone, err := time.LoadLocation("Asia/Shanghai")
	if err != nil {
		t.Fatal(err)
	}
	policy := visit.Policy{
		Zone: zone, DayStarts: visit.Clock{Hour: 4}, WorkHours: visit.Span{From: visit.Clock{Hour: 7}, To: visit.Clock{Hour: 22}},
		PlanProposal: visit.Clock{Hour: 16}, PlanDeadline: visit.Clock{Hour: 20}, ReportDeadline: visit.Clock{Hour: 19}, MinVisits: 4,
		MorningPlan: visit.Clock{Hour: 8, Minute: 30}, EveningSummary: visit.Clock{Hour: 19, Minute: 30}, China: true,
		Rules:           visit.Rules{Radius: 200, Near: 500, MaxAccuracy: 150},
		MaxAge:          5 * time.Minute,
		ConsentRequired: true, KeepCoordinates: 90 * 24 * time.Hour, KeepPhotos: 180 * 24 * time.Hour, EraseWithin: 15 * 24 * time.Hour,
	}
	for _, c := range change {
		c(&policy)
	}
	f := &fixture{TB: t, store: store, now: time.Date(2026, 11, 24, 9, 0, 0, 0, zone)}
	platforms := []bot.Platform{
		drive{platform{"blue", bot.Abilities{UpdateFor: 14 * 24 * time.Hour, HearsGroups: true}}, f},
		platform{"green", bot.Abilities{}},
	}
	clock := func() time.Time { return f.now }
	f.service = handlers.New(handlers.Options{
		Store: busy{store, f}, Outbox: bot.NewOutbox(store.Outbox(), clock, func(string) {}), Platforms: platforms, Say: say, Buttons: box,
		Policy: policy, Admins: []bot.Address{{Platform: "blue", Place: bot.ToUser, ID: "boss"}},
		Inlet: inlet{f}, FetchPhotos: func() {}, Page: func(on string) string { return f.pages[on] }, CustomerCode: f.customerCode, Now: clock, Log: slog.New(slog.NewTextHandler(t.Output(), nil)),
	})
	ctx := t.Context()
	f.ok(store.Roster().PutTeam(ctx, visit.Team{Name: team}))
	f.ok(store.Roster().PutTeam(ctx, visit.Team{Name: "华南一队"}))
	f.ok(store.Roster().PutReps(ctx,
		visit.Rep{ID: "zhang", Name: "张伟", Team: team, Role: visit.RoleRep, Identities: map[string]string{"blue": "zhang"}},
		visit.Rep{ID: "li", Name: "李娜", Team: team, Role: visit.RoleRep, Identities: map[string]string{"green": "li"}},
		visit.Rep{ID: "wang", Name: "王芳", Team: team, Role: visit.RoleManager, Identities: map[string]string{"blue": "wang"}},
	))
	for i, rep := range []string{"zhang", "li"} {
		n := strings.Repeat("·", i)
		f.ok(store.Customers().Put(ctx,
			visit.Customer{ID: "C1" + n, Name: "华联超市" + n, Owner: rep, Point: shop},
			visit.Customer{ID: "C2" + n, Name: "大润发" + n, Owner: rep, Point: geo.Offset(shop, 2000, 90)},
			visit.Customer{ID: "C3" + n, Name: "好德便利" + n, Owner: rep, Point: geo.Offset(shop, 4000, 90)},
			visit.Customer{ID: "C4" + n, Name: "罗森" + n, Owner: rep, Point: geo.Offset(shop, 4010, 90)},
		))
		for order, c := range []string{"C1", "C2", "C3", "C4"} {
			f.ok(store.Plans().Put(ctx, visit.PlannedVisit{Rep: rep, Date: "2026-11-24", Customer: c + n, Order: order + 1}))
		}
		f.ok(store.Consents().Put(ctx, visit.Consent{Rep: rep, Version: "1", At: f.now, Source: "seed-" + rep}))
	}
	return f
}

// busy is a store that others change as well.
type busy struct {
	storage.Store
	f *fixture
}

func (b busy) Customers() storage.Customers { return busyCustomers{b.Store.Customers(), b.f} }

type busyCustomers struct {
	storage.Customers
	f *fixture
}

func (b busyCustomers) Get(ctx context.Context, ids ...string) ([]visit.Customer, error) {
	found, err := b.Customers.Get(ctx, ids...)
	if b.f.meanwhile != nil {
		b.f.meanwhile()
	}
	return found, err
}

// inlet handles internal events at once, as their lane does in a moment.
type inlet struct{ f *fixture }

func (i inlet) Accept(ctx context.Context, m bot.Message) error {
	if m.At.After(i.f.now) {
		i.f.later = append(i.f.later, m)
		return nil
	}
	return i.f.service.Handle(ctx, m)
}

func (f *fixture) ok(err error) {
	f.Helper()
	if err != nil {
		f.Fatal(err)
	}
}

// platformOf is where the people of the fixture are.
func platformOf(user string) string {
	if user == "li" {
		return "green"
	}
	return "blue"
}

// message is something that the user sends now, in their own chat.
func (f *fixture) message(user string, fill func(*bot.Message)) bot.Message {
	f.seq++
	f.now = f.now.Add(time.Millisecond)
	p := platformOf(user)
	m := bot.Message{
		Key: fmt.Sprintf("m%d", f.seq), ID: fmt.Sprintf("id%d", f.seq), Platform: p, From: user,
		Chat: bot.Address{Platform: p, Place: bot.ToUser, ID: user}, At: f.now, Received: f.now,
	}
	fill(&m)
	return m
}

func (f *fixture) handle(m bot.Message) {
	f.Helper()
	f.lastMessage = m
	f.ok(f.service.Handle(f.Context(), m))
}

func (f *fixture) text(user, s string) {
	f.Helper()
	f.handle(f.message(user, func(m *bot.Message) { m.Text = s }))
}

func (f *fixture) at(user string, p geo.Point) bot.Message {
	f.Helper()
	m := f.message(user, func(m *bot.Message) { m.Location = location(p) })
	f.handle(m)
	return m
}

// location is a place as a platform gives it.
func location(p geo.Point) *bot.Location {
	return &bot.Location{Lat: fmt.Sprint(p.Lat), Lng: fmt.Sprint(p.Lng), Datum: p.Datum}
}

// nothing fills nothing into a message.
func nothing(*bot.Message) {}

func (f *fixture) photo(user string) bot.Message {
	f.Helper()
	m := f.message(user, func(m *bot.Message) { m.Media = []bot.Media{{Resource: fmt.Sprint("r", f.seq)}} })
	f.handle(m)
	return m
}

func (f *fixture) press(user, value string) {
	f.Helper()
	f.handle(f.message(user, func(m *bot.Message) {
		m.ID = ""
		m.Press = &bot.Press{Value: value, Response: fmt.Sprint("code", f.seq)}
	}))
}

// pass lets time go by.
func (f *fixture) pass(d time.Duration) { f.now = f.now.Add(d) }

// sent records a post as delivered, as a sender does.
func (f *fixture) sent(id string) {
	f.Helper()
	p, err := f.store.Deliveries().Claim(f.Context(), id, f.now, storage.Claim{Owner: "sender", Until: f.now.Add(time.Minute)})
	f.ok(err)
	p.State, p.SentVersion, p.Remote = storage.PostSent, p.Version, []string{"x"}
	f.ok(f.store.Deliveries().Report(f.Context(), id, "sender", p.Progress, true))
}

// posts returns what stands in the outbox, each post as a line of its own with
// version, by age.
func (f *fixture) posts() []storage.Post {
	f.Helper()
	posts, err := f.store.Outbox().List(f.Context(), storage.PostPending, 1000)
	f.ok(err)
	return posts
}

func (f *fixture) body(p storage.Post) bot.Body {
	f.Helper()
	var b bot.Body
	f.ok(json.Unmarshal(p.Body, &b))
	return b
}

// said writes the posts to a user as text: "id vN: content".
func (f *fixture) said(user string) []string {
	f.Helper()
	var out []string
	for _, p := range f.posts() {
		if p.Chat == platformOf(user)+":user/"+user {
			out = append(out, fmt.Sprintf("%s: %s", p.ID, show(f.body(p))))
		}
	}
	return out
}

// last is the newest post to the user.
func (f *fixture) last(user string) bot.Body {
	f.Helper()
	var found *storage.Post
	for _, p := range f.posts() {
		if p.Chat == platformOf(user)+":user/"+user {
			found = &p
		}
	}
	if found == nil {
		f.Fatalf("nothing was said to %s", user)
	}
	return f.body(*found)
}

// show writes a body as one line.
func show(b bot.Body) string {
	if b.Card == nil {
		return b.Text
	}
	parts := []string{b.Card.Title}
	for _, l := range b.Card.Lines {
		parts = append(parts, strings.TrimSpace(l.Label+" "+l.Text))
	}
	for _, button := range b.Card.Buttons {
		parts = append(parts, "["+button.Text+"]")
	}
	if b.Card.Footer != "" {
		parts = append(parts, b.Card.Footer)
	}
	if b.Response != "" {
		parts = append(parts, "(replaces)")
	}
	return strings.Join(parts, " | ")
}

// value finds the sealed value of a button by its text.
func value(t *testing.T, b bot.Body, text string) string {
	t.Helper()
	if b.Card != nil {
		for _, button := range b.Card.Buttons {
			if strings.Contains(button.Text, text) {
				return button.Value
			}
		}
	}
	t.Fatalf("no button %q in %s", text, show(b))
	return ""
}
