// Package scheduler knows which job is due for which group and date, and sees
// to it that each is run once: the ledger entry job|group|date is one unique
// insert that already holds the whole post, and anyone may hand it on. There
// is no leader; a tick may come from any replica at any time.
//
// The life of a run:
//
//	due ──render──► rendered ──to the outbox──► posted
//	 │                 │ (after a crash: handed on by the next tick, marked late)
//	 │                 └── deadline passed ─► missed, and the admins are told
//	 ├── nothing to say ──► empty
//	 └── deadline passed ─► missed, and the admins are told
//
// It must not know platforms or commands.
package scheduler

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"runtime/debug"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/robfig/cron/v3"

	"roundsman/bot"
	"roundsman/catalog"
	"roundsman/digest"
	"roundsman/storage"
	"roundsman/visit"
)

const (
	// tick is how often it is asked what is due.
	tick = "@every 20s"
	// lateAfter is when a post says that it is late.
	lateAfter = 2 * time.Minute
	// runsAtOnce bounds the runs that are handed on between two readings of the ledger.
	runsAtOnce = 100
	// lookBack is how far back slots are made up or recorded as missed.
	lookBack = 72 * time.Hour
)

// Inlet takes internal events for the lanes.
type Inlet interface {
	Accept(ctx context.Context, m bot.Message) error
}

// Options are what a Scheduler works with. All are required.
type Options struct {
	Store  storage.Store
	Outbox *bot.Outbox
	Inlet  Inlet
	// Platforms are the names of the platforms that are on, in the order in which people are looked for.
	Platforms []string
	// Changing are those of them whose messages can be changed.
	Changing []string
	Say      *catalog.Catalog
	Policy   visit.Policy
	// Page is the address of the check-in page, whatever the platform; empty where there is none.
	Page string
	// Admins are told what only an admin can mend.
	Admins []bot.Address
	Now    func() time.Time
	Log    *slog.Logger
	// Ran is told how each run that this process began ended: posted, late, empty, missed. It may be nil.
	Ran func(job, result string)
}

// Scheduler runs jobs when they are due.
type Scheduler struct {
	Options
	jobs []job
	mu   sync.Mutex
	// looked is what was last seen of the summaries that are kept up, by run.
	looked map[string]amended
}

// job is something that is due for each team on workdays.
type job struct {
	name string
	// on says on which workdays it is due; nil means on each.
	on func(c *visit.Calendar, d visit.Date) bool
	// at is when it is due by a team's policy; false if it is not.
	at func(p visit.Policy) (visit.Clock, bool)
	// within is how long after its slot it is still worth doing.
	within time.Duration
	// to says who hears of it.
	to audience
	// unfolding: it is only for groups whose messages neither change nor fold.
	unfolding bool
	// kept says that what was said is kept up with the day ([Scheduler.amend]).
	kept bool
	// write renders the post; nil where each rep's lane does what is due.
	write func(ctx context.Context, team visit.Team, date visit.Date, late bool) (bot.Body, error)
}

// New returns a Scheduler that does nothing until Run or Tick.
func New(o Options) *Scheduler {
	s := &Scheduler{Options: o, looked: make(map[string]amended)}
	if s.Ran == nil {
		s.Ran = func(string, string) {}
	}
	s.jobs = slices.Concat(s.planning(), s.reports(), s.detail(), []job{s.morning(), s.evening(), s.summaryPicture(), s.summarySheet(), s.recordHead()}, s.periods())
	return s
}

// Names are the names of the jobs.
func (s *Scheduler) Names() []string {
	names := make([]string, len(s.jobs))
	for i, j := range s.jobs {
		names[i] = j.name
	}
	return names
}

// Groups are those for which a team's job has runs of its own: its chats, or
// the team's managers or reps.
func (s *Scheduler) Groups(name string, team visit.Team) []string {
	for _, j := range s.jobs {
		if j.name == name {
			return s.groups(j, team)
		}
	}
	return nil
}

// groups are the ledger's groups of a job for a team.
func (s *Scheduler) groups(j job, team visit.Team) []string {
	groups := j.to.of(team)
	if !j.unfolding {
		return groups
	}
	return slices.DeleteFunc(slices.Clone(groups), func(group string) bool {
		to, err := bot.ParseAddress(group)
		return err != nil || slices.Contains(s.Changing, to.Platform)
	})
}

// Run asks every twenty seconds what is due until ctx ends. The library is
// only the tick: it makes nothing up after a pause and knows no replicas.
func (s *Scheduler) Run(ctx context.Context) error {
	c := cron.New(cron.WithLocation(time.UTC), cron.WithChain(cron.Recover(cronLog{s.Log}), cron.SkipIfStillRunning(cron.DiscardLogger)))
	_, err := c.AddFunc(tick, func() { s.tickAndLog(ctx) })
	if err != nil {
		return fmt.Errorf("set the tick: %w", err)
	}
	s.tickAndLog(ctx)
	c.Start()
	<-ctx.Done()
	<-c.Stop().Done()
	return nil
}

func (s *Scheduler) tickAndLog(ctx context.Context) {
	defer func() {
		if p := recover(); p != nil {
			s.Log.Error("a scheduled job panicked", "panic", p, "stack", string(debug.Stack()))
		}
	}()
	if err := s.Tick(ctx); err != nil && ctx.Err() == nil {
		s.Log.Error("a scheduled job failed", "error", err)
	}
}

// cronLog writes the library's reports of panics.
type cronLog struct{ log *slog.Logger }

func (cronLog) Info(string, ...any) {}
func (l cronLog) Error(err error, msg string, _ ...any) {
	l.log.Error("a scheduled job panicked", "message", msg, "error", err)
}

// Tick runs what is due now, and hands on what a former tick left behind.
func (s *Scheduler) Tick(ctx context.Context) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	now := s.Now()
	teams, err := s.Store.Roster().Teams(ctx)
	if err != nil {
		return fmt.Errorf("read the teams: %w", err)
	}
	calendar, err := s.calendar(ctx)
	if err != nil {
		return err
	}
	var failed []error
	for _, team := range teams {
		for _, to := range audiences {
			for _, group := range to.of(team) {
				since, err := s.since(ctx, group, now)
				if err != nil {
					return err
				}
				for _, j := range s.jobs {
					if j.to == to && slices.Contains(s.groups(j, team), group) {
						failed = append(failed, s.due(ctx, j, calendar, team, group, since, now))
					}
					if j.kept {
						failed = append(failed, s.amend(ctx, j, team, group, now))
					}
				}
			}
		}
	}
	failed = append(failed, s.warnUnknownYear(ctx, calendar, now), s.handOn(ctx))
	return errors.Join(failed...)
}

// since returns when the group was first seen: earlier slots are nobody's fault.
func (s *Scheduler) since(ctx context.Context, group string, now time.Time) (time.Time, error) {
	mark := storage.Run{Job: "since", Group: group, State: storage.RunEmpty, Due: visit.Millis(now), At: visit.Millis(now)}
	run, err := s.Store.Runs().Get(ctx, mark.ID())
	if errors.Is(err, storage.ErrNotFound) {
		_, err = s.Store.Runs().Begin(ctx, mark)
		run = mark
	}
	if err != nil {
		return time.Time{}, fmt.Errorf("read the ledger: %w", err)
	}
	return run.Due, nil
}

// due runs a job for a group if one of its slots has come and was not dealt
// with. Of several missed slots only the latest can still be in time.
func (s *Scheduler) due(ctx context.Context, j job, calendar *visit.Calendar, team visit.Team, group string, since, now time.Time) error {
	from := now.Add(-lookBack)
	if since.After(from) {
		from = since
	}
	policy := s.Policy.Of(team)
	at, ok := j.at(policy)
	if !ok {
		return nil
	}
	daily, zone := Daily{At: at, On: calendar.Workday}, policy.Zone
	if j.on != nil {
		daily.On = func(d visit.Date) bool { return j.on(calendar, d) }
	}
	for slot := daily.Next(from.Add(-time.Millisecond), zone); !slot.After(now); slot = daily.Next(slot, zone) {
		if err := s.slot(ctx, j, team, group, slot, now); err != nil {
			return fmt.Errorf("%s for %s: %w", j.name, team.Name, err)
		}
	}
	return nil
}

func (s *Scheduler) slot(ctx context.Context, j job, team visit.Team, group string, slot, now time.Time) error {
	run := storage.Run{
		Job: j.name, Group: group, Date: visit.DateOf(slot.In(s.Policy.ZoneOf(team))),
		Due: visit.Millis(slot), At: visit.Millis(now), Late: now.Sub(slot) > lateAfter,
	}
	if _, err := s.Store.Runs().Get(ctx, run.ID()); err == nil || !errors.Is(err, storage.ErrNotFound) {
		return err
	}
	if now.Sub(slot) > j.within {
		return s.missed(ctx, run)
	}
	var err error
	if role, ok := j.to.lanes(); ok {
		_, err = s.handToLanes(ctx, team, role, run)
	} else {
		_, err = s.render(ctx, j, team, run)
	}
	return err
}

// render writes the run's post into the ledger. Whoever inserts it first decides
// what is said; it reports whether that was us.
func (s *Scheduler) render(ctx context.Context, j job, team visit.Team, run storage.Run) (fresh bool, err error) {
	body, err := j.write(ctx, team, run.Date, run.Late)
	if err != nil {
		return false, err
	}
	run.State = storage.RunRendered
	if body.Empty() {
		run.State = storage.RunEmpty
	} else if run.Body, err = json.Marshal(body); err != nil {
		return false, fmt.Errorf("write a post: %w", err)
	}
	fresh, err = s.Store.Runs().Begin(ctx, run)
	if err != nil {
		return false, fmt.Errorf("begin a run: %w", err)
	}
	if fresh && run.State == storage.RunEmpty {
		s.Ran(run.Job, outcome(run))
	}
	return fresh, nil
}

// outcome is a run's end in a word.
func outcome(run storage.Run) string {
	switch {
	case run.State == storage.RunEmpty:
		return "empty"
	case run.State == storage.RunMissed:
		return "missed"
	case run.Late:
		return "late"
	}
	return "posted"
}

// missed records a slot whose deadline passed, and tells the admins once of a
// post that somebody waits for.
func (s *Scheduler) missed(ctx context.Context, run storage.Run) error {
	run.State = storage.RunMissed
	// Told before it is recorded: the telling can be repeated, the record ends
	// it. A reminder that nobody got is nothing that an admin could mend, and the
	// next head of the record stands for the one before.
	if !strings.HasPrefix(run.Group, repsOf) && run.Job != jobRecordHead {
		if err := s.tellMissed(ctx, run); err != nil {
			return err
		}
	}
	fresh, err := s.Store.Runs().Begin(ctx, run)
	if err != nil {
		return fmt.Errorf("record a missed run: %w", err)
	}
	if fresh {
		s.Log.Warn("a scheduled post was missed", "run", run.ID())
		s.Ran(run.Job, outcome(run))
	}
	return nil
}

func (s *Scheduler) tellMissed(ctx context.Context, run storage.Run) error {
	return s.tellAdmins(ctx, "missed/"+run.ID(), s.Say.T("job.missed",
		"Job", s.Say.T("job."+run.Job), "Date", s.Say.Date(run.Date.Time())))
}

// Lost tells the admins, once, that a scheduled post did not reach its group
// for sure, and once for a group that is gone, however many posts do not reach
// it. Other posts are the business of whoever waits for them.
func (s *Scheduler) Lost(ctx context.Context, l bot.Loss) error {
	run, ok := strings.CutPrefix(l.Post.ID, runPost)
	parts := strings.Split(run, "|")
	if !ok || len(parts) < 3 {
		return nil
	}
	if l.Gone {
		return s.tellAdmins(ctx, "gone/"+l.Post.Chat, s.Say.T("job.gone",
			"Team", s.teamOf(ctx, l.Post.Chat), "Job", s.Say.T("job."+parts[0]), "Code", l.Post.Error))
	}
	key := "job.failed"
	if l.Post.State == storage.PostUncertain {
		key = "job.uncertain"
	}
	return s.tellAdmins(ctx, "lost/"+l.Post.ID, s.Say.T(key,
		"Job", s.Say.T("job."+parts[0]), "Date", s.Say.Date(visit.Date(parts[2]).Time()), "Code", l.Post.Error))
}

// Forgotten tells the admins, once a date, that events which nobody settled are
// forgotten with what they said.
func (s *Scheduler) Forgotten(ctx context.Context, date visit.Date, count int) error {
	return s.tellAdmins(ctx, "forgotten/"+string(date), s.Say.T("dead.forgotten", "Count", count))
}

// eraseWarned is how long before an erasure is due the admins hear of it once more.
const eraseWarned = 3 * 24 * time.Hour

// EraseAsked reminds the admins of an erasure that somebody asked for and nobody
// did: once before it is due, and each day after.
func (s *Scheduler) EraseAsked(ctx context.Context, id, rep, name string, due time.Time) error {
	now := s.Now()
	if now.Before(due.Add(-eraseWarned)) {
		return nil
	}
	post, key := "erasure/"+id+"/soon", "erase.soon"
	if now.After(due) {
		post, key = "erasure/"+id+"/overdue/"+string(visit.DateOf(now.In(s.Policy.Zone))), "erase.overdue"
	}
	return s.tellAdmins(ctx, post, s.Say.T(key, "Name", name, "Rep", rep, "Date", s.Say.Date(due.In(s.Policy.Zone))))
}

// EraseHeld tells the admins that somebody was held for a dispute after one of them
// had confirmed their erasure, and that a second one is needed.
func (s *Scheduler) EraseHeld(ctx context.Context, id, rep, name string) error {
	return s.tellAdmins(ctx, "erasure/"+id+"/held", s.Say.T("erase.second", "Name", name, "Rep", rep))
}

// EraseDone tells the admins that an erasure is done. It names nobody.
func (s *Scheduler) EraseDone(ctx context.Context, id string) error {
	return s.tellAdmins(ctx, "erasure/"+id+"/done", s.Say.T("erase.done"))
}

// teamOf names the team whose group the chat is; the chat itself where none is known.
func (s *Scheduler) teamOf(ctx context.Context, chat string) string {
	teams, err := s.Store.Roster().Teams(ctx)
	if err == nil {
		for _, t := range teams {
			if slices.Contains(t.Groups, chat) {
				return t.Name
			}
		}
	}
	return chat
}

// runPost begins the id of a run's post.
const runPost = "run/"

// handOn gives rendered runs to the outbox. The outbox knows the post by the
// run's id, so that doing it twice says nothing twice. One that cannot be handed
// on keeps no other waiting.
func (s *Scheduler) handOn(ctx context.Context) error {
	for {
		runs, err := s.Store.Runs().Rendered(ctx, runsAtOnce)
		if err != nil {
			return fmt.Errorf("read the ledger: %w", err)
		}
		var failed []error
		for _, r := range runs {
			if err := s.settle(ctx, r); err != nil {
				failed = append(failed, fmt.Errorf("hand on %s: %w", r.ID(), err))
			}
		}
		if len(failed) > 0 || len(runs) < runsAtOnce {
			return errors.Join(failed...)
		}
	}
}

// settle gives one run to the outbox and writes down how it ended.
func (s *Scheduler) settle(ctx context.Context, r storage.Run) error {
	state, err := s.handOver(ctx, r)
	if err != nil {
		return err
	}
	if err := s.Store.Runs().Settle(ctx, r.ID(), state); err != nil {
		return err
	}
	r.State = state
	s.Ran(r.Job, outcome(r))
	return nil
}

// handOver gives one run to the outbox, and returns how the run ends by that.
// One that a crash left behind says that it is late, and beyond its deadline
// it is missed like one that nobody rendered.
func (s *Scheduler) handOver(ctx context.Context, r storage.Run) (storage.RunState, error) {
	posts, err := s.posts(ctx, r)
	if err != nil {
		return "", err
	}
	behind := s.Now().Sub(r.At)
	if behind > s.within(r) {
		switch said, err := s.said(ctx, posts); {
		case said:
			// Whoever said it died before writing that down.
			return storage.RunPosted, nil
		case err != nil:
			return "", err
		}
		s.Log.Warn("a scheduled post was left behind until it was too late", "run", r.ID())
		return storage.RunMissed, s.tellMissed(ctx, r)
	}
	var body bot.Body
	if err := json.Unmarshal(r.Body, &body); err != nil {
		return "", err
	}
	if behind > lateAfter && !r.Late {
		body = digest.Late(body, s.Say)
	}
	for _, p := range posts {
		p.Body = body
		if err := s.Outbox.Say(ctx, p); err != nil {
			return "", err
		}
	}
	return storage.RunPosted, nil
}

// said reports whether the outbox has one of the posts.
func (s *Scheduler) said(ctx context.Context, posts []bot.Post) (bool, error) {
	for _, p := range posts {
		switch _, err := s.Store.Outbox().Get(ctx, p.ID); {
		case err == nil:
			return true, nil
		case !errors.Is(err, storage.ErrNotFound):
			return false, err
		}
	}
	return false, nil
}

// within is how long after it was rendered a run is worth saying. It is counted
// from there and not from the slot, for a job may be run by hand for any date.
func (s *Scheduler) within(r storage.Run) time.Duration {
	for _, j := range s.jobs {
		if j.name == r.Job {
			return j.within
		}
	}
	return 0
}

// tellAdmins says a sentence to every admin, once an id.
func (s *Scheduler) tellAdmins(ctx context.Context, id, text string) error {
	reps, err := s.Store.Roster().Reps(ctx)
	if err != nil {
		return fmt.Errorf("read the roster: %w", err)
	}
	for _, a := range bot.AdminsOf(reps, s.Admins) {
		if err := s.Outbox.Say(ctx, bot.Post{ID: id + "/" + a.String(), To: a, Body: bot.Body{Text: text}}); err != nil {
			return err
		}
	}
	return nil
}

// Job runs one job for the teams now, whatever the time, or with dry only
// returns what it would say, by team; of what lanes do there is nothing to
// preview. The ledger still holds: a run that was begun is not begun again;
// begun are the groups for which it was.
func (s *Scheduler) Job(ctx context.Context, name string, date visit.Date, teams []visit.Team, dry bool) (bodies map[string]bot.Body, begun []string, err error) {
	i := slices.IndexFunc(s.jobs, func(j job) bool { return j.name == name })
	if i < 0 {
		return nil, nil, fmt.Errorf("there is no job %q", name)
	}
	j := s.jobs[i]
	bodies = make(map[string]bot.Body)
	for _, team := range teams {
		if j.write != nil {
			if bodies[team.Name], err = j.write(ctx, team, date, false); err != nil {
				return nil, nil, err
			}
		}
		if dry {
			continue
		}
		for _, group := range s.groups(j, team) {
			fresh, err := s.now(ctx, j, team, group, date)
			if err != nil {
				return nil, nil, err
			}
			if fresh {
				begun = append(begun, group)
			}
		}
	}
	return bodies, begun, nil
}

// now runs a job for one group and hands it on, and reports whether it was not begun before.
func (s *Scheduler) now(ctx context.Context, j job, team visit.Team, group string, date visit.Date) (fresh bool, err error) {
	policy := s.Policy.Of(team)
	at, _ := j.at(policy)
	run := storage.Run{
		Job: j.name, Group: group, Date: date, Due: visit.Millis(date.At(at, policy.Zone)), At: visit.Millis(s.Now()),
	}
	if _, err := s.Store.Runs().Get(ctx, run.ID()); err == nil {
		return false, nil
	}
	if role, ok := j.to.lanes(); ok {
		return s.handToLanes(ctx, team, role, run)
	}
	if fresh, err = s.render(ctx, j, team, run); !fresh || err != nil {
		return false, err
	}
	// Only what was begun here: the rest is the serving processes' business.
	if run, err = s.Store.Runs().Get(ctx, run.ID()); err == nil && run.State == storage.RunRendered {
		err = s.settle(ctx, run)
	}
	if err != nil {
		return true, fmt.Errorf("hand on %s: %w", run.ID(), err)
	}
	return true, nil
}

// at is a job's time that every policy has.
func at(clock func(visit.Policy) visit.Clock) func(visit.Policy) (visit.Clock, bool) {
	return func(p visit.Policy) (visit.Clock, bool) { return clock(p), true }
}
