package demo

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"sync"
	"time"

	"roundsman/catalog"
	"roundsman/sandbox/feishu"
	"roundsman/sandbox/wecom"
	"roundsman/storage"
	"roundsman/visit"
)

// zone is where the company works. China has had one offset without summer
// time since 1991, so that no zone data is needed.
var zone = time.FixedZone("Asia/Shanghai", 8*3600)

// The bot's names in the chats.
const botName = "巡访"

// southChat is the id of the southern team's group, which the app makes.
const southChat = "roundsmanhuanan1"

// Options say what a World is like. The zero value works.
type Options struct {
	// Language of the page and of what people say: zh (default) or en.
	Language string
	// Log receives what goes wrong; nil discards it.
	Log *slog.Logger
	// Start is the demo's time at the beginning; zero is half past seven in
	// Shanghai, today or on the next workday.
	Start time.Time
}

// World is a company on two emulated platforms, and its clock.
type World struct {
	log   *slog.Logger
	say   *catalog.Catalog
	clock *clock

	feishu    *feishu.Server
	feishuApp *feishu.App
	feishuURL string
	eastChat  string
	wecom     *wecom.Server
	wecomApp  *wecom.App
	wecomURL  string

	start     visit.Date
	calendar  *visit.Calendar
	people    []person
	customers map[string][]visit.Customer // by rep

	bot  Bot
	live *live
	page sync.Once

	closing sync.Once
}

// FeishuApp is the emulated Feishu and the bot's credentials there.
type FeishuApp struct {
	BaseURL, AppID, AppSecret, VerificationToken, EncryptKey string
}

// WeComApp is the emulated WeCom and the bot's credentials there.
type WeComApp struct {
	BaseURL, CorpID               string
	AgentID                       int
	Secret, Token, EncodingAESKey string
}

// Bot is the program that the company talks to.
type Bot struct {
	// URL is where it takes requests.
	URL string
	// Settled returns when nothing is left to be done now: no event waits, no
	// post that is not held back for later, no photo.
	Settled func(context.Context) error
	// Tick makes it ask what is due.
	Tick func(context.Context) error
	// Page is where people of a platform check in with their device, "" where they
	// cannot. It may be nil.
	Page func(platform string) string
	// Store is what the bot keeps, for comparing its facts with what was sent
	// and for colouring the map. It may be nil; then neither is done.
	Store storage.Store
}

// New starts both platforms on loopback addresses, with everybody on them.
// [World.Close] must be called.
func New(o Options) (*World, error) {
	if o.Language == "" {
		o.Language = "zh"
	}
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	say, err := catalog.New(o.Language)
	if err != nil {
		return nil, err
	}
	w := &World{log: o.Log, say: say, calendar: visit.NewCalendar(true, nil), people: people(), customers: make(map[string][]visit.Customer)}
	for _, p := range w.people {
		if p.Role == visit.RoleRep {
			w.customers[p.ID] = customersOf(p)
		}
	}
	if o.Start.IsZero() {
		date := visit.DateOf(time.Now().In(zone))
		if !w.calendar.Workday(date) {
			date = w.calendar.Next(date)
		}
		o.Start = date.At(visit.Clock{Hour: 7, Minute: 30}, zone)
	}
	w.start = visit.DateOf(o.Start.In(zone))
	w.clock = newClock(o.Start, time.Now)
	w.feishu = feishu.New(feishu.Options{Now: w.Now, Logger: o.Log})
	w.wecom = wecom.New(wecom.Options{Now: w.Now, Logger: o.Log})
	var errF, errW error
	w.feishuURL, errF = w.feishu.Listen("127.0.0.1:0")
	w.wecomURL, errW = w.wecom.Listen("127.0.0.1:0")
	if err := errors.Join(errF, errW); err != nil {
		return nil, errors.Join(fmt.Errorf("demo: %w", err), w.Close())
	}
	w.move()
	w.live = newLive(w)
	return w, nil
}

// move puts the people onto the platforms.
func (w *World) move() {
	w.feishuApp = w.feishu.NewApp(feishu.AppConfig{BotName: botName})
	w.wecomApp = w.wecom.NewApp(wecom.AppConfig{Name: botName, RootVisible: true, LocationReport: true})
	var east []string
	for _, p := range w.people {
		if p.Feishu {
			w.feishu.AddUser(feishu.User{OpenID: p.openID(), Name: p.Name})
			if p.Team == eastTeam || p.ID == admin {
				east = append(east, p.openID())
			}
		}
		if p.WeCom != "" {
			w.wecomApp.AddUser(wecom.User{UserID: p.WeCom, Name: p.Name})
		}
	}
	w.eastChat = w.feishu.AddChat(feishu.Chat{
		ID: "oc_" + digest("chat "+eastTeam), Name: eastTeam, Members: east, Apps: []string{w.feishuApp.ID},
	}).ID
}

// Now returns the demo's time. It never goes back.
func (w *World) Now() time.Time { return w.clock.Now() }

// Feishu returns how to reach the emulated Feishu.
func (w *World) Feishu() FeishuApp {
	a := w.feishuApp
	return FeishuApp{w.feishuURL, a.ID, a.Secret, a.VerificationToken, a.EncryptKey}
}

// WeCom returns how to reach the emulated WeCom.
func (w *World) WeCom() WeComApp {
	c := w.wecomApp.Config()
	return WeComApp{w.wecomURL, c.CorpID, c.AgentID, c.Secret, c.Token, c.EncodingAESKey}
}

// connectWithin bounds the wait for the bot's connections.
const connectWithin = 20 * time.Second

// Connect makes the platforms deliver to the bot: WeCom checks its callback
// address, Feishu waits for its WebSocket.
func (w *World) Connect(ctx context.Context, b Bot) error {
	w.bot = b
	ctx, cancel := context.WithTimeout(ctx, connectWithin)
	defer cancel()
	if err := w.wecomApp.SetCallback(b.URL + "/wecom/callback"); err != nil {
		return fmt.Errorf("connect WeCom: %w", err)
	}
	if err := w.feishu.Wait(ctx, func() bool { return w.feishuApp.WebSockets() > 0 }); err != nil {
		return fmt.Errorf("wait for the bot's connection to Feishu: %w", err)
	}
	return nil
}

// Close ends the played day, the page's updates and both platforms. It may be called twice.
func (w *World) Close() error {
	w.closing.Do(func() {
		if w.live != nil {
			w.live.stop()
		}
		w.feishu.Close()
		w.wecom.Close()
	})
	return nil
}

// person returns somebody by id.
func (w *World) person(id string) (person, bool) {
	i := slices.IndexFunc(w.people, func(p person) bool { return p.ID == id })
	if i < 0 {
		return person{}, false
	}
	return w.people[i], true
}

// planOf returns a rep's plan of a date within the week that is planned.
func (w *World) planOf(rep string, date visit.Date) []visit.PlannedVisit {
	p, ok := w.person(rep)
	if !ok || p.Role != visit.RoleRep || !slices.Contains(w.week(), date) {
		return nil
	}
	return planOf(p, w.customers[rep], date)
}

// planNow returns a rep's plan of a date as it stands; without a store, as it was imported.
func (w *World) planNow(ctx context.Context, rep string, date visit.Date) ([]visit.PlannedVisit, error) {
	plan := w.planOf(rep, date)
	if w.bot.Store == nil {
		return plan, nil
	}
	facts, err := w.bot.Store.Facts().Day(ctx, rep, date)
	if err != nil {
		return nil, fmt.Errorf("read a plan: %w", err)
	}
	return visit.FoldPlan(plan, facts).Lines, nil
}

// week is the workdays that there are plans for.
func (w *World) week() []visit.Date {
	out := make([]visit.Date, 0, weekOfPlans)
	date := w.start
	if !w.calendar.Workday(date) {
		date = w.calendar.Next(date)
	}
	for len(out) < weekOfPlans {
		out = append(out, date)
		date = w.calendar.Next(date)
	}
	return out
}

// past is the workdays of the weeks before.
func (w *World) past() []visit.Date {
	var out []visit.Date
	for d := w.start.Add(-7 * weeksOfHistory); d < w.start; d = d.Add(1) {
		if w.calendar.Workday(d) {
			out = append(out, d)
		}
	}
	return out
}

// settled waits until the platforms have delivered everything and the bot has
// done what there was to do.
func (w *World) settled(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, connectWithin)
	defer cancel()
	w.feishu.Tick()
	w.wecom.Tick()
	if err := w.feishu.Wait(ctx, func() bool { return w.feishuApp.Pending() == 0 }); err != nil {
		return fmt.Errorf("wait for Feishu's deliveries: %w", err)
	}
	if err := w.wecom.Wait(ctx, func() bool { return w.wecomApp.Pending() == 0 }); err != nil {
		return fmt.Errorf("wait for WeCom's deliveries: %w", err)
	}
	if w.bot.Settled == nil {
		return nil
	}
	return w.bot.Settled(ctx)
}

// tick makes the bot ask what is due.
func (w *World) tick(ctx context.Context) error {
	if w.bot.Tick == nil {
		return nil
	}
	return w.bot.Tick(ctx)
}

// tr chooses between Chinese and English.
func (w *World) tr(zh, en string) string {
	if w.say.Language() == "zh" {
		return zh
	}
	return en
}
