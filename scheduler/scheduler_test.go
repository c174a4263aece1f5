package scheduler_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"testing"
	"time"
	_ "time/tzdata"

	"github.com/google/go-cmp/cmp"
	"github.com/prometheus/client_golang/prometheus"
	"pgregory.net/rapid"

	"roundsman/bot"
	"roundsman/catalog"
	"roundsman/scheduler"
	"roundsman/storage"
	"roundsman/storage/storagetest/fresh"
	"roundsman/visit"
)

func zone(t testing.TB, name string) *time.Location {
	t.Helper()
	z, err := time.LoadLocation(name)
	if err != nil {
		t.Fatal(err)
	}
	return z
}

func daily(t testing.TB, clock string) scheduler.Daily {
	t.Helper()
	c, err := visit.ParseClock(clock)
	if err != nil {
		t.Fatal(err)
	}
	return scheduler.Daily{At: c, On: visit.NewCalendar(false, nil).Workday}
}

func TestNext(t *testing.T) {
	t.Parallel()
	everyDay := func(visit.Date) bool { return true }
	for name, tt := range map[string]struct {
		zone, clock, after, want string
		weekends                 bool
	}{
		"later_today":            {"Asia/Shanghai", "08:30", "2026-11-24T00:00:00Z", "2026-11-24T00:30:00Z", false},
		"not_the_slot_itself":    {"Asia/Shanghai", "08:30", "2026-11-24T00:30:00Z", "2026-11-25T00:30:00Z", false},
		"over_the_weekend":       {"Asia/Shanghai", "08:30", "2026-11-27T01:00:00Z", "2026-11-30T00:30:00Z", false},
		"over_the_month":         {"Asia/Shanghai", "19:30", "2026-11-30T12:00:00Z", "2026-12-01T11:30:00Z", false},
		"spring_forward_skipped": {"America/New_York", "02:30", "2026-03-07T12:00:00Z", "2026-03-08T07:00:00Z", true},
		"autumn_once":            {"America/New_York", "01:30", "2026-11-01T05:30:00Z", "2026-11-02T06:30:00Z", true},
		"lord_howe_half_hour":    {"Australia/Lord_Howe", "02:15", "2026-10-03T12:00:00Z", "2026-10-03T15:30:00Z", true},
		"apia_skipped_a_date":    {"Pacific/Apia", "08:30", "2011-12-29T20:00:00Z", "2011-12-30T18:30:00Z", true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			d := daily(t, tt.clock)
			if tt.weekends {
				d.On = everyDay
			}
			after, err := time.Parse(time.RFC3339, tt.after)
			if err != nil {
				t.Fatal(err)
			}
			if got := d.Next(after, zone(t, tt.zone)).UTC().Format(time.RFC3339); got != tt.want {
				t.Errorf("Next = %s, want %s", got, tt.want)
			}
		})
	}
}

// Whatever the zone and the clock time, there is one slot a local date.
func TestNextHasOneSlotADate(t *testing.T) {
	t.Parallel()
	zones := []string{"Asia/Shanghai", "America/New_York", "Australia/Lord_Howe", "Europe/London", "Asia/Urumqi", "Pacific/Apia"}
	rapid.Check(t, func(rt *rapid.T) {
		z := zone(t, rapid.SampledFrom(zones).Draw(rt, "zone"))
		d := scheduler.Daily{
			At: visit.Clock{Hour: rapid.IntRange(0, 23).Draw(rt, "hour"), Minute: rapid.IntRange(0, 59).Draw(rt, "minute")},
			On: func(visit.Date) bool { return true },
		}
		at := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC).Add(time.Duration(rapid.IntRange(0, 700*24).Draw(rt, "start")) * time.Hour)
		last := visit.Date("")
		for range 40 {
			next := d.Next(at, z)
			date := visit.DateOf(next.In(z))
			if !next.After(at) {
				rt.Fatalf("the slot after %s is %s", at, next)
			}
			if last != "" && date != last.Add(1) {
				rt.Fatalf("after %s comes %s", last, date)
			}
			at, last = next, date
		}
	})
}

type fixture struct {
	*testing.T
	store storage.Store
	now   time.Time
}

const team = "华东一队"

func setup(t *testing.T, start string) *fixture {
	t.Helper()
	store := fresh.Store(t)
	f := &fixture{T: t, store: store}
	f.at(start)
	ctx := t.Context()
	f.ok(store.Roster().PutTeam(ctx, visit.Team{Name: team, Groups: []string{"feishu:group/g1", "wecom:group/g2"}}))
	f.ok(store.Roster().PutReps(ctx,
		visit.Rep{ID: "z", Name: "张伟", Team: team, Role: visit.RoleRep},
		visit.Rep{ID: "a", Name: "管理", Team: team, Role: visit.RoleAdmin, Identities: map[string]string{"feishu": "ou_a"}},
	))
	return f
}

func (f *fixture) ok(err error) {
	f.Helper()
	if err != nil {
		f.Fatal(err)
	}
}

// at sets the clock, in Shanghai's time.
func (f *fixture) at(s string) {
	f.Helper()
	t, err := time.ParseInLocation("2006-01-02 15:04:05", s, zone(f.T, "Asia/Shanghai"))
	f.ok(err)
	f.now = t
}

// scheduler returns a new one, as after a restart or on another replica.
func (f *fixture) scheduler() *scheduler.Scheduler {
	f.Helper()
	say, err := catalog.New("zh")
	f.ok(err)
	clock := func() time.Time { return f.now }
	log := slog.New(slog.NewTextHandler(f.Output(), nil))
	return scheduler.New(scheduler.Options{
		Store: f.store, Outbox: bot.NewOutbox(f.store.Outbox(), clock, func(string) {}), Say: say,
		Inlet:     bot.NewIntake(f.store.Inbox(), nil, bot.NewMetrics(prometheus.NewRegistry()), log, func(storage.Event) {}),
		Platforms: []string{"feishu", "wecom"}, Changing: []string{"feishu"},
		Policy: visit.Policy{
			Zone: zone(f.T, "Asia/Shanghai"), DayStarts: visit.Clock{Hour: 4}, WorkHours: visit.Span{From: visit.Clock{Hour: 7}, To: visit.Clock{Hour: 22}},
			PlanProposal: visit.Clock{Hour: 16}, PlanDeadline: visit.Clock{Hour: 20}, ReportDeadline: visit.Clock{Hour: 19}, MorningPlan: visit.Clock{Hour: 8, Minute: 30},
			EveningSummary: visit.Clock{Hour: 19, Minute: 30}, China: true,
			Rules: visit.Rules{Radius: 200, Near: 500, MaxAccuracy: 150},
		},
		Now: clock, Log: log,
	})
}

func (f *fixture) tick() {
	f.Helper()
	f.ok(f.scheduler().Tick(f.Context()))
}

// posts are the ids in the outbox.
func (f *fixture) posts() []string {
	f.Helper()
	posts, err := f.store.Outbox().List(f.Context(), storage.PostPending, 10000)
	f.ok(err)
	var ids []string
	for _, p := range posts {
		ids = append(ids, p.ID)
	}
	return ids
}

func (f *fixture) want(ids ...string) {
	f.Helper()
	if got := f.posts(); strings.Join(got, "\n") != strings.Join(ids, "\n") {
		f.Errorf("posts at %s:\n%s\nwant:\n%s", f.now.Format(time.DateTime), strings.Join(got, "\n"), strings.Join(ids, "\n"))
	}
}

func TestADayOfPosts(t *testing.T) {
	t.Parallel()
	f := setup(t, "2026-11-24 07:00:00")
	f.tick()
	f.want()
	f.at("2026-11-24 08:30:05")
	f.tick()
	f.tick()
	morning := []string{"run/morning_plan|feishu:group/g1|2026-11-24", "run/morning_plan|wecom:group/g2|2026-11-24"}
	f.want(morning...)
	f.at("2026-11-24 19:30:00")
	f.tick()
	f.want(append(morning, "run/evening_summary|feishu:group/g1|2026-11-24", "run/evening_summary|wecom:group/g2|2026-11-24")...)
	f.at("2026-11-24 23:59:00")
	f.tick()
	if n := len(f.posts()); n != 4 {
		t.Errorf("%d posts at the end of the day", n)
	}
}

func TestNoPostsOnHolidays(t *testing.T) {
	t.Parallel()
	f := setup(t, "2026-10-01 07:00:00")
	for range 9 * 24 {
		f.tick()
		f.now = f.now.Add(time.Hour)
	}
	// Of 1 to 9 October only the 8th and 9th are workdays.
	var dates []string
	for _, id := range f.posts() {
		if strings.Contains(id, "morning_plan|feishu") {
			dates = append(dates, id[len(id)-10:])
		}
	}
	if strings.Join(dates, " ") != "2026-10-08 2026-10-09" {
		t.Errorf("dates %v", dates)
	}
}

// The managers hear of a week on the first workday of the next one, and of a
// month likewise, half an hour after the plan of the day.
func TestPeriodsAreToldOnTheFirstWorkday(t *testing.T) {
	t.Parallel()
	f := setup(t, "2026-09-24 07:00:00")
	f.ok(f.store.Roster().PutReps(f.Context(),
		visit.Rep{ID: "m", Name: "王芳", Team: team, Role: visit.RoleManager, Identities: map[string]string{"wecom": "wang"}}))
	for day := range 40 {
		date := visit.Date("2026-09-14").Add(day)
		f.ok(f.store.Outcomes().Put(f.Context(), visit.Outcome{Rep: "z", Team: team, Date: date, Facts: 1, Planned: []string{"C1"}}))
	}
	for range 20 * 12 {
		f.tick()
		f.now = f.now.Add(2 * time.Hour)
	}
	var got []string
	for _, id := range f.posts() {
		if strings.Contains(id, "ly_digest") {
			got = append(got, strings.TrimPrefix(id, "run/"))
		}
	}
	// 25 to 27 September and 1 to 7 October are holidays; 28 September and 8 October are workdays.
	want := []string{"weekly_digest", "monthly_digest", "weekly_digest", "weekly_digest"}
	for i, date := range []string{"2026-09-28", "2026-10-08", "2026-10-08", "2026-10-12"} {
		want[i] += "|managers/" + team + "|" + date + "|wecom:user/wang"
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	run, err := f.store.Runs().Get(f.Context(), "monthly_digest|managers/"+team+"|2026-10-08")
	if at := zone(t, "Asia/Shanghai"); err != nil || run.Due.In(at).Format("15:04") != "09:00" {
		t.Errorf("due %s, %v", run.Due.In(at), err)
	}
}

func TestALateStartMakesUpOneSlotAndRecordsTheOther(t *testing.T) {
	t.Parallel()
	f := setup(t, "2026-11-24 07:00:00")
	f.tick()
	// Down from before 08:30 until 20:00: the summary is late, the plan is missed.
	f.at("2026-11-24 20:00:00")
	f.tick()
	f.tick()
	f.want("missed/morning_plan|feishu:group/g1|2026-11-24/feishu:user/ou_a", "missed/morning_plan|wecom:group/g2|2026-11-24/feishu:user/ou_a",
		"run/evening_summary|feishu:group/g1|2026-11-24", "run/evening_summary|wecom:group/g2|2026-11-24")
	post, err := f.store.Outbox().Get(t.Context(), "run/evening_summary|feishu:group/g1|2026-11-24")
	f.ok(err)
	var body bot.Body
	f.ok(json.Unmarshal(post.Body, &body))
	if !strings.HasSuffix(body.Card.Footer, "补发") {
		t.Errorf("the late post does not say so: %q", body.Card.Footer)
	}
	run, err := f.store.Runs().Get(t.Context(), "morning_plan|feishu:group/g1|2026-11-24")
	if err != nil || run.State != storage.RunMissed {
		t.Errorf("run %+v, %v", run, err)
	}
}

func TestANewGroupIsNotToldOfSlotsBeforeIt(t *testing.T) {
	t.Parallel()
	f := setup(t, "2026-11-24 12:00:00")
	f.tick()
	f.want()
}

func TestARenderedRunIsHandedOnAfterACrash(t *testing.T) {
	t.Parallel()
	f := setup(t, "2026-11-24 09:00:00")
	body, err := json.Marshal(bot.Body{Text: "written before the crash"})
	f.ok(err)
	_, err = f.store.Runs().Begin(t.Context(), storage.Run{
		Job: "morning_plan", Group: "feishu:group/g1", Date: "2026-11-24", Due: f.now.UTC(), At: f.now.UTC(), State: storage.RunRendered, Body: body,
	})
	f.ok(err)
	f.tick()
	f.tick()
	f.want("run/morning_plan|feishu:group/g1|2026-11-24")
}

// What a crash left behind is said late and says so, or is missed when it is too late.
func TestARunLeftBehindIsLateOrMissed(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		after time.Duration
		said  bool // it was said before the crash
		want  string
		late  bool
		state storage.RunState
	}{
		"at once":                    {time.Minute, false, "run/morning_plan|feishu:group/g1|2026-11-24", false, storage.RunPosted},
		"within its deadline":        {time.Hour, false, "run/morning_plan|feishu:group/g1|2026-11-24", true, storage.RunPosted},
		"too late":                   {3 * time.Hour, false, "missed/morning_plan|feishu:group/g1|2026-11-24/feishu:user/ou_a", false, storage.RunMissed},
		"too late, but said already": {3 * time.Hour, true, "run/morning_plan|feishu:group/g1|2026-11-24", false, storage.RunPosted},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f := setup(t, "2026-11-24 09:00:00")
			f.ok(f.store.Roster().PutTeam(t.Context(), visit.Team{Name: team}))
			body := bot.Body{Card: &bot.Card{Title: "written before the crash", Footer: "small print"}}
			encoded, err := json.Marshal(body)
			f.ok(err)
			run := storage.Run{
				Job: "morning_plan", Group: "feishu:group/g1", Date: "2026-11-24", Due: f.now.UTC(), At: f.now.UTC(), State: storage.RunRendered, Body: encoded,
			}
			_, err = f.store.Runs().Begin(t.Context(), run)
			f.ok(err)
			if tt.said {
				f.ok(bot.NewOutbox(f.store.Outbox(), func() time.Time { return f.now }, func(string) {}).Say(t.Context(),
					bot.Post{ID: "run/" + run.ID(), To: bot.Address{Platform: "feishu", Place: bot.ToGroup, ID: "g1"}, Body: body}))
			}
			f.now = f.now.Add(tt.after)
			f.tick()
			f.tick()
			f.want(tt.want)
			kept, err := f.store.Runs().Get(t.Context(), run.ID())
			if err != nil || kept.State != tt.state {
				t.Errorf("the run is %s, %v", kept.State, err)
			}
			if post, err := f.store.Outbox().Get(t.Context(), tt.want); err != nil || strings.Contains(string(post.Body), "small print · 补发") != tt.late {
				t.Errorf("said %s, %v", post.Body, err)
			}
		})
	}
}

func TestALostPostIsToldToTheAdminsOnce(t *testing.T) {
	t.Parallel()
	f := setup(t, "2026-11-24 09:00:00")
	s := f.scheduler()
	lose := func(id, chat string, state storage.PostState, gone bool) {
		t.Helper()
		f.ok(s.Lost(t.Context(), bot.Loss{Post: storage.Post{ID: id, Chat: chat, Progress: storage.Progress{State: state, Error: "x"}}, Gone: gone}))
	}
	for range 2 {
		lose("run/morning_plan|wecom:group/g2|2026-11-24", "wecom:group/g2", storage.PostUncertain, false)
		lose("visit/x", "wecom:user/u", storage.PostFailed, false)
		// Of a group that is gone all posts fail, and it is told of once.
		lose("run/morning_plan|wecom:group/g1|2026-11-24", "wecom:group/g1", storage.PostFailed, true)
		lose("run/evening_summary|wecom:group/g1|2026-11-24", "wecom:group/g1", storage.PostFailed, true)
	}
	f.want("gone/wecom:group/g1/feishu:user/ou_a", "lost/run/morning_plan|wecom:group/g2|2026-11-24/feishu:user/ou_a")
}

func TestTheUnknownYearIsToldOnceAWeek(t *testing.T) {
	t.Parallel()
	f := setup(t, "2026-12-01 12:00:00")
	count := func() (n int) {
		for _, id := range f.posts() {
			if strings.HasPrefix(id, "calendar/2027/") {
				n++
			}
		}
		return n
	}
	f.tick()
	if n := count(); n != 0 {
		t.Errorf("told %d times before there was a reason", n)
	}
	for range 8 * 24 {
		f.now = f.now.Add(time.Hour)
		f.tick()
	}
	if n := count(); n != 2 {
		t.Errorf("told %d times in eight days", n)
	}
	f.ok(f.store.Calendar().Put(t.Context(), visit.Holiday{Date: "2027-01-01", Name: "元旦"}))
	f.now = f.now.Add(7 * 24 * time.Hour)
	f.tick()
	if n := count(); n != 2 {
		t.Error("told although the year is known")
	}
}

func TestJobHoldsToTheLedger(t *testing.T) {
	t.Parallel()
	f := setup(t, "2026-11-24 09:00:00")
	teams, err := f.store.Roster().Teams(t.Context())
	f.ok(err)
	s := f.scheduler()
	bodies, _, err := s.Job(t.Context(), "morning_plan", "2026-11-24", teams, true)
	f.ok(err)
	f.want()
	if bodies[team].Card == nil {
		t.Fatal("the preview is empty")
	}
	for range 2 {
		_, _, err = s.Job(t.Context(), "morning_plan", "2026-11-24", teams, false)
		f.ok(err)
	}
	f.want("run/morning_plan|feishu:group/g1|2026-11-24", "run/morning_plan|wecom:group/g2|2026-11-24")
	if _, _, err := s.Job(t.Context(), "nothing", "2026-11-24", teams, true); err == nil {
		t.Error("an unknown job ran")
	}
}

// However often and by whomever it is ticked, with whatever pauses: at most
// one post a group, job and date; and none is silently missed.
func TestOncePerGroupAndDate(t *testing.T) {
	t.Parallel()
	f := setup(t, "2026-11-02 00:00:00")
	f.tick()
	seed := 7
	for f.now.Before(time.Date(2026, 11, 28, 0, 0, 0, 0, time.UTC)) {
		seed = (seed*1103515245 + 12345) & 0x7fffffff
		pause := time.Duration(seed%40) * time.Minute
		if seed%50 == 0 {
			pause = 9 * time.Hour
		}
		f.now = f.now.Add(pause)
		f.tick()
	}
	workdays := 0
	cal := visit.NewCalendar(true, nil)
	seen := make(map[string]bool)
	for _, id := range f.posts() {
		if seen[id] {
			t.Errorf("%s twice", id)
		}
		seen[id] = true
	}
	for d := visit.Date("2026-11-02"); d <= "2026-11-27"; d = d.Add(1) {
		if !cal.Workday(d) {
			continue
		}
		workdays++
		for _, job := range []string{"morning_plan", "evening_summary"} {
			id := fmt.Sprintf("%s|feishu:group/g1|%s", job, d)
			run, err := f.store.Runs().Get(t.Context(), id)
			if err != nil {
				t.Errorf("%s left no trace: %v", id, err)
				continue
			}
			if posted := seen["run/"+id]; posted == (run.State == storage.RunMissed) {
				t.Errorf("%s is %s, posted %v", id, run.State, posted)
			}
		}
	}
	if workdays != 20 {
		t.Fatalf("%d workdays", workdays)
	}
}

// What is due for plans reaches each rep's lane once, whoever ticks, and the
// manager hears who did not confirm.
func TestPlansReachTheLanesOnce(t *testing.T) {
	t.Parallel()
	f := setup(t, "2026-11-24 07:00:00")
	ctx := t.Context()
	f.ok(f.store.Roster().PutReps(ctx,
		visit.Rep{ID: "y", Name: "李娜", Team: team, Role: visit.RoleRep},
		visit.Rep{ID: "m", Name: "王芳", Team: team, Role: visit.RoleManager, Identities: map[string]string{"wecom": "wang"}},
		visit.Rep{ID: "o", Name: "别队", Team: "华南一队", Role: visit.RoleRep},
	))
	f.ok(f.store.Plans().Put(ctx, visit.PlannedVisit{Rep: "z", Date: "2026-11-25", Customer: "C1", Order: 1}))
	f.tick()
	for _, at := range []string{"16:00:05", "16:00:25", "18:30:00", "19:00:00", "20:00:10", "20:05:00", "20:06:00"} {
		f.at("2026-11-24 " + at)
		f.tick()
	}
	var got []string
	for _, m := range f.lanes() {
		got = append(got, fmt.Sprintf("%s %s %s", m.Due.Job, m.Due.Rep, m.At.In(f.now.Location()).Format("15:04:05")))
	}
	slices.Sort(got)
	want := []string{
		"day_open y 07:00:00", "day_open z 07:00:00",
		"plan_approval m 20:05:00", "plan_lock y 20:00:00", "plan_lock z 20:00:00", "plan_proposal y 16:00:00", "plan_proposal z 16:00:00",
		"plan_reminder y 19:00:00", "plan_reminder z 19:00:00", "report_reminder y 18:30:00", "report_reminder z 18:30:00",
	}
	if !slices.Equal(got, want) {
		t.Errorf("in the lanes:\n%s\nwant:\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
	const id = "run/plan_unconfirmed|managers/" + team + "|2026-11-24|wecom:user/wang"
	post, err := f.store.Outbox().Get(ctx, id)
	f.ok(err)
	var body bot.Body
	f.ok(json.Unmarshal(post.Body, &body))
	if body.Card.Title != "华东一队 11月25日 周三 计划：1 人没有确认" || body.Card.Lines[0].Text != "李娜" {
		t.Errorf("the manager reads %+v", body.Card)
	}
}

// lanes are what waits in the lanes, by time.
func (f *fixture) lanes() (out []bot.Message) {
	f.Helper()
	events, err := f.store.Inbox().Pending(f.Context(), f.now, storage.Cursor{}, 100)
	f.ok(err)
	for _, e := range events {
		m, err := bot.ReadEvent(e)
		f.ok(err)
		out = append(out, m)
	}
	return out
}

// Where plans are approved the manager is shown them in their own lane, with
// something to tap, and hears of nothing twice. A team that begins with it, or
// ends, in the middle of a day has missed nothing.
func TestPlansToApproveReachTheManagersLane(t *testing.T) {
	t.Parallel()
	for _, approves := range []bool{false, true} {
		f := setup(t, "2026-11-24 07:00:00")
		ctx := t.Context()
		approve := func(on bool) {
			own, err := f.store.Roster().Team(ctx, team)
			f.ok(err)
			own.Settings = map[string]string{"plan_approval": map[bool]string{true: "on", false: "off"}[on]}
			f.ok(f.store.Roster().PutTeam(ctx, own))
		}
		approve(approves)
		f.ok(f.store.Roster().PutReps(ctx, visit.Rep{ID: "m", Name: "王芳", Team: team, Role: visit.RoleManager, Identities: map[string]string{"wecom": "wang"}}))
		f.tick()
		for _, at := range []string{"20:05:00", "20:05:20"} {
			f.at("2026-11-24 " + at)
			f.tick()
		}
		var got []string
		for _, m := range f.lanes() {
			if m.Due.Rep == "m" {
				got = append(got, m.Due.Job)
			}
		}
		if !slices.Equal(got, []string{"plan_approval"}) {
			t.Errorf("in the manager's lane: %q", got)
		}
		_, err := f.store.Outbox().Get(ctx, "run/plan_unconfirmed|managers/"+team+"|2026-11-24|wecom:user/wang")
		if told := err == nil; told == approves || err != nil && !errors.Is(err, storage.ErrNotFound) {
			t.Errorf("approves %v: told of those who did not confirm %v, %v", approves, told, err)
		}
		// The rest of the night is dealt with before the team changes its mind.
		f.at("2026-11-25 09:59:00")
		f.tick()
		before := f.posts()
		approve(!approves)
		f.at("2026-11-25 10:00:00")
		f.tick()
		if after := f.posts(); !slices.Equal(before, after) {
			t.Errorf("approves no longer %v: %q was said", approves, after[len(before):])
		}
	}
}

// A large team's group has each rep's day in a sheet where a message cannot
// fold it away: the message is in short there.
func TestALargeTeamsSummaryHasASheet(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		reps  int
		group string
		want  []string
	}{
		{60, "", []string{"evening_summary|feishu", "evening_summary|wecom", "summary_picture|feishu", "summary_picture|wecom", "summary_sheet|wecom"}},
		{60, "brief", []string{"evening_summary|feishu", "evening_summary|wecom"}},
		{8, "", []string{"evening_summary|feishu", "evening_summary|wecom", "summary_picture|feishu", "summary_picture|wecom"}},
	} {
		f := setup(t, "2026-11-24 07:00:00")
		ctx := t.Context()
		f.ok(f.store.Roster().PutTeam(ctx, visit.Team{Name: team, Groups: []string{"feishu:group/g1", "wecom:group/g2"}, Settings: map[string]string{"group": tt.group}}))
		for n := 1; n < tt.reps; n++ {
			f.ok(f.store.Roster().PutReps(ctx, visit.Rep{ID: fmt.Sprint("r", n), Name: fmt.Sprint("销售", n), Team: team, Role: visit.RoleRep}))
		}
		f.ok(f.store.Plans().Put(ctx, visit.PlannedVisit{Rep: "r1", Date: "2026-11-24", Customer: "C1", Order: 1}))
		f.tick()
		f.at("2026-11-24 19:30:10")
		f.tick()
		var got []string
		posts, err := f.store.Outbox().List(ctx, storage.PostPending, 100)
		f.ok(err)
		for _, p := range posts {
			job, _, _ := strings.Cut(strings.TrimPrefix(p.ID, "run/"), "|")
			platform, _, _ := strings.Cut(p.Chat, ":")
			if job != "evening_summary" && !strings.HasPrefix(job, "summary_") {
				continue
			}
			got = append(got, job+"|"+platform)
			var body bot.Body
			f.ok(json.Unmarshal(p.Body, &body))
			switch job {
			case "evening_summary":
				if short := len(body.Card.Short) > 0; short != (tt.reps > 8 && tt.group == "") {
					t.Errorf("%d reps %s: in short %v", tt.reps, tt.group, body.Card.Short)
				}
			case "summary_sheet":
				if body.File == nil || body.File.Name != "华东一队 2026-11-24 拜访总结.xlsx" {
					t.Errorf("%d reps: the sheet is %+v", tt.reps, body.File)
				}
			}
		}
		slices.Sort(got)
		if !slices.Equal(got, tt.want) {
			t.Errorf("%d reps %s: %q, want %q", tt.reps, tt.group, got, tt.want)
		}
	}
}

// The summary counts a day against its share of the month, by the imported
// calendar, and says nothing of it on a day that has none.
func TestTheSummaryHasTheDaysShareOfTheMonth(t *testing.T) {
	t.Parallel()
	f := setup(t, "2026-12-01 07:00:00")
	order, took := int64(22_000_00), int64(500_00)
	f.ok(f.store.Targets().Put(t.Context(), visit.MonthTarget{Rep: "z", Month: "2026-12", Order: &order}))
	// One of December's 23 workdays is none.
	f.ok(f.store.Calendar().Put(t.Context(), visit.Holiday{Date: "2026-12-25", Name: "年会"}))
	for _, date := range []visit.Date{"2026-12-01", "2026-12-25"} {
		at := date.At(visit.Clock{Hour: 9}, zone(t, "Asia/Shanghai")).UTC()
		fix := &visit.Fix{Evidence: visit.EvidencePin, Claims: []visit.Claim{{Customer: "C1", Verdict: visit.Verified}}}
		f.ok(f.store.Facts().Append(t.Context(),
			visit.Fact{ID: "fix" + string(date), Kind: visit.KindFix, Rep: "z", Team: team, Date: date, At: at, Fix: fix},
			visit.Fact{ID: "result" + string(date), Kind: visit.KindResult, Rep: "z", Team: team, Date: date, At: at.Add(time.Minute), Result: &visit.Result{Order: &took}}))
	}
	teams, err := f.store.Roster().Teams(t.Context())
	f.ok(err)
	for date, want := range map[visit.Date]string{"2026-12-01": "500 元 / 目标 1,000 元（50%）", "2026-12-25": "500 元"} {
		bodies, _, err := f.scheduler().Job(t.Context(), "evening_summary", date, teams, true)
		f.ok(err)
		i := slices.IndexFunc(bodies[team].Card.Lines, func(l bot.Line) bool { return l.Label == "订货" })
		if i < 0 || bodies[team].Card.Lines[i].Text != want {
			t.Errorf("%s: %+v, want %s", date, bodies[team].Card.Lines, want)
		}
	}
}
