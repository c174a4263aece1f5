package scheduler_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"net/http"
	"os"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"roundsman/bot"
	"roundsman/catalog"
	"roundsman/scheduler"
	"roundsman/storage"
	"roundsman/storage/storagetest/fresh"
	"roundsman/visit"
)

// yearsEnv is set where the whole two years are simulated and not only the
// weeks in which the clocks change.
const yearsEnv = "ROUNDSMAN_SOAK"

// errDead is what a process that died gets from everything.
var errDead = errors.New("this process is dead")

// fuse lets a process die at a random one of its operations: before it, or
// after it and before its answer.
type fuse struct {
	mu     sync.Mutex
	random *rand.Rand
	left   int
	dead   bool
	died   chan struct{}
}

func (f *fuse) alive() bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	return !f.dead
}

// burn does an operation, unless the process dies first.
func burn[T any](f *fuse, do func() (T, error)) (T, error) {
	f.mu.Lock()
	var none T
	if f.dead {
		f.mu.Unlock()
		return none, errDead
	}
	f.left--
	dies := f.left == 0
	before := dies && f.random.IntN(2) == 0
	if dies {
		f.dead = true
		close(f.died)
	}
	f.mu.Unlock()
	if before {
		return none, errDead
	}
	v, err := do()
	if dies {
		return none, errDead
	}
	return v, err
}

func burn0(f *fuse, do func() error) error {
	_, err := burn(f, func() (struct{}, error) { return struct{}{}, do() })
	return err
}

// mortal is a store as a process that may die sees it.
type mortal struct {
	storage.Store
	f *fuse
}

func (m mortal) Runs() storage.Runs             { return mortalRuns{m.Store.Runs(), m.f} }
func (m mortal) Outbox() storage.Outbox         { return mortalOutbox{m.Store.Outbox(), m.f} }
func (m mortal) Deliveries() storage.Deliveries { return mortalDeliveries{m.Store.Deliveries(), m.f} }

type mortalRuns struct {
	storage.Runs
	f *fuse
}

func (r mortalRuns) Begin(ctx context.Context, run storage.Run) (bool, error) {
	return burn(r.f, func() (bool, error) { return r.Runs.Begin(ctx, run) })
}

func (r mortalRuns) Settle(ctx context.Context, id string, state storage.RunState) error {
	return burn0(r.f, func() error { return r.Runs.Settle(ctx, id, state) })
}

type mortalOutbox struct {
	storage.Outbox
	f *fuse
}

func (o mortalOutbox) Desire(ctx context.Context, p storage.Post) (bool, error) {
	return burn(o.f, func() (bool, error) { return o.Outbox.Desire(ctx, p) })
}

type mortalDeliveries struct {
	storage.Deliveries
	f *fuse
}

func (d mortalDeliveries) Claim(ctx context.Context, id string, now time.Time, c storage.Claim) (storage.Post, error) {
	return burn(d.f, func() (storage.Post, error) { return d.Deliveries.Claim(ctx, id, now, c) })
}

func (d mortalDeliveries) Report(ctx context.Context, id, owner string, p storage.Progress, release bool) error {
	return burn0(d.f, func() error { return d.Deliveries.Report(ctx, id, owner, p, release) })
}

// wall is a platform's groups: what was posted in each.
type wall struct {
	mu    sync.Mutex
	posts map[string][]string // by group
	keys  map[string]bool
}

// channel is a platform as a process that may die reaches it.
type channel struct {
	name      string
	abilities bot.Abilities
	wall      *wall
	f         *fuse
}

func (c channel) Name() string                                  { return c.name }
func (c channel) Abilities() bot.Abilities                      { return c.abilities }
func (c channel) Routes(*http.ServeMux, bot.Inlet)              {}
func (c channel) Vitals(context.Context) []bot.Vital            { return nil }
func (c channel) Listen(ctx context.Context, _ bot.Inlet) error { <-ctx.Done(); return nil }

// Compose keeps the title, which names job, team and date.
func (c channel) Compose(_ bot.Address, b bot.Body) ([]bot.Part, error) {
	text := b.Text
	if b.Card != nil {
		text = b.Card.Title
	}
	return []bot.Part{{Data: []byte(text)}}, nil
}

func (c channel) Send(_ context.Context, to bot.Address, p bot.Part, key string) (string, error) {
	return burn(c.f, func() (string, error) {
		c.wall.mu.Lock()
		defer c.wall.mu.Unlock()
		if c.abilities.ResendFor == 0 || !c.wall.keys[key] {
			c.wall.posts[to.String()] = append(c.wall.posts[to.String()], string(p.Data))
		}
		c.wall.keys[key] = true
		return "m", nil
	})
}

// years is a simulation of a company over years.
type years struct {
	*testing.T
	store  storage.Store
	walls  map[string]*wall
	random *rand.Rand

	mu  sync.Mutex
	now time.Time
}

func (y *years) clock(skew time.Duration) func() time.Time {
	return func() time.Time {
		y.mu.Lock()
		defer y.mu.Unlock()
		return y.now.Add(skew)
	}
}

// process is one of the replicas, until it dies.
type process struct {
	f     *fuse
	tick  func(context.Context) error
	wake  func(chat string)
	ended func()
}

// begin starts a replica that dies after some operations, perhaps never.
func (y *years) begin(n int, skew time.Duration) *process {
	y.Helper()
	f := &fuse{random: rand.New(rand.NewPCG(y.random.Uint64(), 1)), left: -1, died: make(chan struct{})}
	if y.random.IntN(3) == 0 {
		f.left = 1 + y.random.IntN(40)
	}
	say, err := catalog.New("zh")
	if err != nil {
		y.Fatal(err)
	}
	store, now := mortal{y.store, f}, y.clock(skew)
	platforms := []bot.Platform{
		channel{"feishu", bot.Abilities{ResendFor: 55 * time.Minute}, y.walls["feishu"], f},
		channel{"wecom", bot.Abilities{}, y.walls["wecom"], f},
	}
	log := slog.New(slog.DiscardHandler)
	var s *scheduler.Scheduler
	sender := bot.NewSender(store, platforms, bot.NewMetrics(prometheus.NewRegistry()), log, now, fmt.Sprint(n, "-", y.random.Uint64()),
		func(ctx context.Context, l bot.Loss) error { return s.Lost(ctx, l) })
	s = scheduler.New(scheduler.Options{
		Store: store, Outbox: bot.NewOutbox(store.Outbox(), now, func(string) {}), Say: say,
		Inlet: bot.NewIntake(store.Inbox(), nil, bot.NewMetrics(prometheus.NewRegistry()), log, func(storage.Event) {}),
		Policy: visit.Policy{
			Zone: time.UTC, DayStarts: visit.Clock{Hour: 4}, WorkHours: visit.Span{From: visit.Clock{Hour: 7}, To: visit.Clock{Hour: 22}},
			PlanProposal: visit.Clock{Hour: 16}, PlanDeadline: visit.Clock{Hour: 20}, ReportDeadline: visit.Clock{Hour: 19}, MorningPlan: visit.Clock{Hour: 8, Minute: 30},
			EveningSummary: visit.Clock{Hour: 19, Minute: 30}, Rules: visit.Rules{Radius: 200, Near: 500, MaxAccuracy: 150},
		},
		Now: now, Log: log,
	})
	ctx, cancel := context.WithCancel(y.Context())
	done := make(chan struct{})
	go func() {
		defer close(done)
		go func() {
			select {
			case <-f.died:
				cancel()
			case <-ctx.Done():
			}
		}()
		sender.Run(ctx)
	}()
	return &process{f: f, tick: s.Tick, wake: sender.Wake, ended: func() { cancel(); <-done }}
}

// Over two years, in five zones, with three replicas whose clocks differ and
// which die at any operation: every group hears every post once. Where the
// platform cannot tell a repeat it is at most once, and what is missing is
// listed as uncertain.
func TestEveryGroupHearsEveryPostOnceForYears(t *testing.T) {
	t.Parallel()
	spans := map[string][2]string{
		// Summer time begins and ends in New York and Lord Howe; Apia skips a date.
		"spring": {"2026-03-04", "2026-03-14"}, "autumn": {"2026-10-01", "2026-10-08"}, "apia": {"2011-12-27", "2012-01-04"},
	}
	if os.Getenv(yearsEnv) != "" {
		spans = map[string][2]string{"two years": {"2026-01-01", "2028-01-01"}, "apia": {"2011-12-01", "2012-02-01"}}
	} else {
		t.Log(yearsEnv + " is not set: some weeks, not two years")
	}
	for name, span := range spans {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			simulate(t, span[0], span[1])
		})
	}
}

func simulate(t *testing.T, from, to string) {
	zones := []string{"Asia/Shanghai", "America/New_York", "Australia/Lord_Howe", "Europe/London", "Pacific/Apia"}
	store := fresh.Store(t)
	y := &years{T: t, store: store, random: rand.New(rand.NewPCG(7, 11)), walls: make(map[string]*wall)}
	for _, platform := range []string{"feishu", "wecom"} {
		y.walls[platform] = &wall{posts: make(map[string][]string), keys: make(map[string]bool)}
	}
	ctx := t.Context()
	for i, z := range zones {
		groups := []string{fmt.Sprint("feishu:group/g", i), fmt.Sprint("wecom:group/g", i)}
		err := errors.Join(
			store.Roster().PutTeam(ctx, visit.Team{Name: z, Timezone: z, Groups: groups}),
			store.Roster().PutReps(ctx, visit.Rep{ID: z, Name: z, Team: z, Role: visit.RoleRep}),
		)
		if err != nil {
			t.Fatal(err)
		}
	}
	// At three in the morning, UTC, no zone has a slot for hours.
	const quiet = 3 * time.Hour
	first, last := visit.Date(from).Time().Add(quiet), visit.Date(to).Time().Add(quiet)
	skews := []time.Duration{0, 9 * time.Minute, -9 * time.Minute}
	replicas := make([]*process, len(skews))
	for i, skew := range skews {
		y.set(first)
		replicas[i] = y.begin(i, skew)
	}
	defer func() {
		for _, r := range replicas {
			r.ended()
		}
	}()
	// Each slot is come upon somewhere around its time, by whoever is first.
	var instants []time.Time
	want := make(map[string]int) // posts a group
	for i, z := range zones {
		location := zone(t, z)
		for _, clock := range []string{"08:30", "19:30"} {
			d := daily(t, clock)
			for slot := d.Next(first, location); slot.Before(last); slot = d.Next(slot, location) {
				instants = append(instants, slot.Add(time.Duration(y.random.IntN(70*60)-10*60)*time.Second), slot.Add(75*time.Minute))
				want[fmt.Sprint("feishu:group/g", i)]++
				want[fmt.Sprint("wecom:group/g", i)]++
			}
		}
	}
	slices.SortFunc(instants, time.Time.Compare)
	y.round(replicas, skews) // the groups are seen for the first time
	for _, at := range instants {
		y.set(at)
		y.round(replicas, skews)
	}
	y.set(last)
	for range 5 {
		y.round(replicas, skews)
		y.set(y.clock(0)().Add(2 * time.Minute))
	}
	y.check(want)
}

func (y *years) set(t time.Time) {
	y.mu.Lock()
	defer y.mu.Unlock()
	if t.After(y.now) {
		y.now = t
	}
}

// round lets the replicas look at what is due and deliver it, and replaces the dead.
func (y *years) round(replicas []*process, skews []time.Duration) {
	y.Helper()
	for _, i := range y.random.Perm(len(replicas)) {
		if !replicas[i].f.alive() || y.random.IntN(20) == 0 {
			replicas[i].ended()
			replicas[i] = y.begin(i, skews[i])
		}
		if err := replicas[i].tick(y.Context()); err != nil && !errors.Is(err, errDead) {
			y.Fatal(err)
		}
	}
	ctx, cancel := context.WithTimeout(y.Context(), 30*time.Second)
	defer cancel()
	for {
		posts, err := y.store.Outbox().List(ctx, storage.PostPending, 100)
		if err != nil {
			y.Fatal(err)
		}
		if len(posts) == 0 {
			return
		}
		living := 0
		for i, r := range replicas {
			if r.f.alive() {
				living++
			} else if r.ended(); living == 0 && i == len(replicas)-1 {
				replicas[i] = y.begin(i, skews[i])
			}
			for _, p := range posts {
				r.wake(p.Chat)
			}
		}
		// What a dead process holds is free after its claim, by everybody's clock.
		y.set(y.clock(0)().Add(time.Second))
		select {
		case <-time.After(time.Millisecond):
		case <-ctx.Done():
			y.Fatalf("posts stay: %v", posts)
		}
	}
}

func (y *years) check(want map[string]int) {
	y.Helper()
	uncertain, err := y.store.Outbox().List(y.Context(), storage.PostUncertain, 1<<20)
	if err != nil {
		y.Fatal(err)
	}
	gaps := make(map[string]int)
	for _, p := range uncertain {
		gaps[p.Chat]++
	}
	total, doubled, missing, listed := 0, 0, 0, 0
	for group, n := range want {
		platform, _, _ := strings.Cut(group, ":")
		times := make(map[string]int)
		for _, title := range y.walls[platform].posts[group] {
			times[title]++
			if times[title] > 1 {
				doubled++
				y.Errorf("%s heard %q twice", group, title)
			}
		}
		total += len(times)
		lost := n - len(times)
		missing += max(lost, 0)
		listed += gaps[group]
		switch {
		case platform == "feishu" && lost != 0:
			y.Errorf("%s heard %d posts, want %d", group, len(times), n)
		case lost > gaps[group] || lost < 0:
			y.Errorf("%s heard %d posts of %d, and %d are listed as uncertain", group, len(times), n, gaps[group])
		}
	}
	y.Logf("%d posts heard, %d twice, %d not heard, %d listed as uncertain", total, doubled, missing, listed)
	if total < 10 {
		y.Error("so few posts show nothing")
	}
}
