package privacy_test

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"iter"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"roundsman/geo"
	"roundsman/notary"
	"roundsman/privacy"
	"roundsman/storage"
	"roundsman/storage/storagetest/fresh"
	"roundsman/visit"
)

// setting is a store and who erases people from it.
type setting struct {
	*testing.T
	store  storage.Store
	eraser *privacy.Eraser
	path   string
	now    time.Time
}

func setup(t *testing.T) *setting {
	t.Helper()
	s := &setting{T: t, store: fresh.Store(t), path: filepath.Join(t.TempDir(), "journal"), now: time.Date(2026, 11, 24, 9, 30, 0, 0, time.UTC)}
	now := func() time.Time { return s.now }
	n := 0
	owner := func() string { n++; return fmt.Sprint("owner", n) }
	s.eraser = &privacy.Eraser{
		Store: s.store, Notary: notary.New(s.store, now, owner), Now: now, Owner: owner, Journal: privacy.NewJournal(s.path, []byte("a key")),
	}
	return s
}

func (s *setting) ok(err error) {
	s.Helper()
	if err != nil {
		s.Fatal(err)
	}
}

// ready is an erasure of the person that one admin confirmed.
func (s *setting) ready(rep string) storage.Erasure {
	s.Helper()
	e, err := privacy.Ask(s.Context(), s.store.Erasures(), "cause", rep, s.now, time.Hour, privacy.Request{})
	s.ok(err)
	e, err = privacy.Confirm(s.Context(), s.store, e, "admin", "")
	s.ok(err)
	return e
}

func (s *setting) erase(rep string) {
	s.Helper()
	s.ok(s.eraser.Run(s.Context(), s.ready(rep)))
}

func (s *setting) facts() (out []visit.Fact) {
	s.Helper()
	for f, err := range s.store.Facts().Range(s.Context(), storage.FactFilter{}) {
		s.ok(err)
		out = append(out, f)
	}
	return out
}

func (s *setting) acts() (out []visit.Act) {
	s.Helper()
	for a, err := range s.store.Acts().Range(s.Context()) {
		s.ok(err)
		out = append(out, a)
	}
	return out
}

// namesakes makes records of a company in which everything is called alike: ids
// of people, their users, customers, teams and what people wrote are drawn from
// the same few words.
type namesakes struct {
	*rand.Rand
	people []visit.Rep
	n      int
}

var alike = []string{"1001", "1002", "1003", "0", "erased", "note", "fix", "2026-11-24", "华东", "R1"}

func (n *namesakes) word() string       { return alike[n.IntN(len(alike))] }
func (n *namesakes) someone() visit.Rep { return n.people[n.IntN(len(n.people))] }

// named is a record and, beside it, the same as it is to be when somebody is gone.
type named[T any] struct{ was, then T }

// of is what a name becomes: it stays unless it is the one who goes.
type of func(who visit.Rep, text string) string

// fact makes a fact of one person's day that another one may have caused. Each
// has an instant of its own, by which it is found again.
func (n *namesakes) fact(gone visit.Rep) named[visit.Fact] {
	whose, by, third := n.someone(), n.someone(), n.someone()
	n.n++
	at := time.UnixMilli(int64(n.n) * 1000).UTC()
	words := []string{n.word(), n.word(), n.word(), n.word(), n.word()}
	kind, form := n.IntN(11), n.IntN(5)
	build := func(as of) visit.Fact {
		// What an id is made of, and who is in it.
		cause := func(who visit.Rep, suffix string) string {
			var id string
			switch form {
			case 0:
				id = fmt.Sprintf("wecom:e:%s:%d:click:ab/%s", who.Identities["wecom"], n.n, suffix)
			case 1:
				return fmt.Sprintf("wecom:m:%d/%s", n.n, suffix)
			case 2:
				id = fmt.Sprintf("due/nudge%d|reps/%s|2026-11-24/%s", n.n, words[0], who.ID)
			case 3:
				return fmt.Sprintf("wecom:m:%d/photo/%d", n.n, n.n%3)
			default:
				id = fmt.Sprintf("transfer/transfer/re/feishu:m:%d/%s/2026-11-24", n.n, who.ID)
			}
			return as(who, id)
		}
		f := visit.Fact{
			ID: cause(by, "x"), Rep: whose.ID, Team: words[0], Date: "2026-11-24", At: at, Received: at, Platform: "wecom", Message: words[1],
			By: as(by, by.ID), Note: words[2],
		}
		if form != 0 && form != 2 {
			f.ID = fmt.Sprintf("wecom:m:%d/x", n.n)
		}
		switch kind {
		case 0:
			f.Kind = visit.KindFix
			f.Fix = &visit.Fix{
				Point: geo.Point{Lat: 31, Lng: 121, Datum: geo.WGS84}, Address: words[3], Evidence: visit.EvidencePin, Rule: words[4],
				Claims:  []visit.Claim{{Customer: words[1], Verdict: visit.Verified}, {Customer: words[2], Verdict: visit.Near}},
				Signals: []visit.Signal{{Kind: visit.SignalShared, With: cause(third, "fix")}},
			}
		case 1:
			f.Kind, f.Photo = visit.KindPhotoKept, &visit.Photo{Of: cause(third, "photo/0"), SHA256: words[3], Reason: words[4]}
		case 2:
			f.Kind, f.Choice = visit.KindChoice, &visit.Choice{Fix: cause(third, "fix"), Customer: words[3]}
		case 3:
			f.Kind, f.Result = visit.KindResult, &visit.Result{Visit: cause(third, "fix"), Competitor: words[3], Feedback: words[4], News: words[1]}
		case 4:
			f.Kind, f.Decision = visit.KindDecision, &visit.Decision{Visit: cause(third, "fix"), Verdict: visit.Verified}
		case 5:
			f.Kind, f.Leave = visit.KindLeaveDecided, &visit.Leave{Of: cause(third, "leave"), Approved: true}
		case 6:
			f.Kind, f.Complaint = visit.KindComplaintClosed, &visit.ComplaintFact{Of: cause(third, "complaint"), Customer: words[3], Text: words[4]}
		case 7:
			f.Kind = visit.KindPlanChanged
			f.Plan = &visit.Change{Drop: []string{words[1], words[3]}, Reason: words[4], Put: []visit.PlannedVisit{
				{Rep: as(third, third.ID), Date: "2026-11-25", Customer: words[3], By: as(by, by.ID), Note: words[2], Reference: words[1]},
			}}
		case 8:
			f.Kind, f.Visit = visit.KindAsked, cause(third, "fix")
		case 9:
			f.Kind = visit.KindComment
		default:
			f.Kind, f.Review = visit.KindPlanReviewed, &visit.Review{Approved: true}
		}
		return f
	}
	return named[visit.Fact]{build(func(_ visit.Rep, text string) string { return text }), build(func(who visit.Rep, text string) string {
		if who.ID != gone.ID {
			return text
		}
		return storage.Erased
	})}
}

func (n *namesakes) act(gone visit.Rep) named[visit.Act] {
	by, about := n.someone(), n.someone()
	n.n++
	kind := []visit.ActKind{visit.ActLook, visit.ActExport, visit.ActRelease, visit.ActPlace}[n.IntN(4)]
	a := visit.Act{
		ID: fmt.Sprintf("%s/wecom:e:%s:%d:click/%s", kind, by.Identities["wecom"], n.n, about.ID), Kind: kind, At: time.UnixMilli(int64(n.n) * 1000).UTC(),
		By: by.ID, About: about.ID, Team: n.word(), What: n.word() + " " + n.word(), Reason: n.word(),
	}
	if kind == visit.ActPlace {
		a.ID, a.About = fmt.Sprintf("place/wecom:e:%s:%d:click", by.Identities["wecom"], n.n), ""
	}
	then := a
	if by.ID == gone.ID {
		then.ID, then.By = storage.Erased, storage.Erased
	}
	return named[visit.Act]{a, then}
}

// sameAs compares records of which ids may be made new: what is to be erased
// begins with the word, whatever follows.
var sameAs = cmp.FilterValues(func(x, y string) bool {
	return strings.HasPrefix(x, storage.Erased) || strings.HasPrefix(y, storage.Erased)
},
	cmp.Comparer(func(x, y string) bool {
		short := func(s string) string {
			if strings.HasPrefix(s, storage.Erased+"/") && len(s) == len(storage.Erased)+25 {
				return storage.Erased
			}
			return s
		}
		return short(x) == short(y)
	}))

// Whoever is erased is named nowhere, and what is not theirs stays to the last
// bit: however alike people, their users, customers, teams and texts are called.
func TestAnErasureTouchesNobodyElse(t *testing.T) {
	t.Parallel()
	for seed := range uint64(16) {
		t.Run(fmt.Sprint(seed), func(t *testing.T) {
			t.Parallel()
			s := setup(t)
			ctx := t.Context()
			n := &namesakes{Rand: rand.New(rand.NewPCG(seed, 1))}
			// One's user is another's id.
			n.people = []visit.Rep{
				{ID: "1001", Name: "1002", Team: "1001", Role: visit.RoleRep, Identities: map[string]string{"wecom": "1003"}},
				{ID: "1003", Name: "张伟", Team: "1001", Role: visit.RoleManager, Identities: map[string]string{"wecom": "1001"}},
				{ID: "R1", Name: "华东", Team: "华东", Role: visit.RoleRep, Identities: map[string]string{"wecom": "R1"}},
				{ID: "0", Name: "0", Team: "0", Role: visit.RoleRep, Identities: map[string]string{"wecom": "note"}},
			}
			s.ok(s.store.Roster().PutReps(ctx, n.people...))
			gone := n.people[seed%uint64(len(n.people))]
			facts, acts := make(map[time.Time]visit.Fact), make(map[time.Time]visit.Act)
			for range 120 {
				f := n.fact(gone)
				s.ok(s.store.Facts().Append(ctx, f.was))
				if f.was.Rep != gone.ID {
					facts[f.then.At] = f.then
				}
				a := n.act(gone)
				s.ok(s.store.Acts().Append(ctx, a.was))
				if a.was.About != gone.ID {
					acts[a.then.At] = a.then
				}
			}
			var customers, left []visit.Customer
			for i, word := range alike {
				c := visit.Customer{ID: word, Name: word, Owner: n.people[i%len(n.people)].ID, Area: word, Contact: word}
				customers = append(customers, c)
				if c.Owner == gone.ID {
					c.Owner = ""
				}
				left = append(left, c)
			}
			s.ok(s.store.Customers().Put(ctx, customers...))
			plans := make(map[string]visit.PlannedVisit)
			for i, who := range n.people {
				v := visit.PlannedVisit{Rep: who.ID, Date: "2026-11-25", Customer: gone.ID, By: n.people[(i+1)%len(n.people)].ID, Note: gone.ID}
				s.ok(s.store.Plans().Put(ctx, v))
				o := visit.Outcome{Rep: who.ID, Team: gone.ID, Date: "2026-11-24", Facts: 1, Planned: []string{gone.ID}, Calls: []visit.Call{{Visit: "wecom:m:1/fix", Customer: gone.ID, Verdict: visit.Verified}}}
				s.ok(s.store.Outcomes().Put(ctx, o))
				if v.By == gone.ID {
					v.By = storage.Erased
				}
				plans[who.ID] = v
			}
			team := visit.Team{Name: gone.ID, Settings: map[string]string{"minimum": "3"}}
			s.ok(s.store.Roster().PutTeam(ctx, team))
			run := storage.Run{Job: "nudge", Group: "reps/" + gone.ID, Date: "2026-11-24", State: storage.RunPosted}
			_, err := s.store.Runs().Begin(ctx, run)
			s.ok(err)

			s.erase(gone.ID)

			for _, f := range s.facts() {
				want, there := facts[f.At]
				if !there {
					t.Errorf("a fact of the person is there: %+v", f)
					continue
				}
				if diff := cmp.Diff(want, f, sameAs); diff != "" {
					t.Errorf("somebody else's fact (-want +got):\n%s", diff)
				}
				delete(facts, f.At)
			}
			for _, f := range facts {
				t.Errorf("somebody else's fact is gone: %+v", f)
			}
			for _, a := range s.acts() {
				want, there := acts[a.At]
				if !there && a.Kind != visit.ActErase {
					t.Errorf("an act about the person is there: %+v", a)
				}
				if diff := cmp.Diff(want, a, sameAs); there && diff != "" {
					t.Errorf("an act about somebody else (-want +got):\n%s", diff)
				}
				delete(acts, a.At)
			}
			for _, a := range acts {
				t.Errorf("an act about somebody else is gone: %+v", a)
			}
			kept, err := s.store.Customers().Get(ctx, alike...)
			s.ok(err)
			byID := make(map[string]visit.Customer)
			for _, c := range left {
				byID[c.ID] = c
			}
			for _, c := range kept {
				if diff := cmp.Diff(byID[c.ID], c); diff != "" {
					t.Errorf("a customer (-want +got):\n%s", diff)
				}
			}
			for _, who := range n.people {
				visits, err := s.store.Plans().Day(ctx, who.ID, "2026-11-25")
				s.ok(err)
				var want []visit.PlannedVisit
				if who.ID != gone.ID {
					want = []visit.PlannedVisit{plans[who.ID]}
				}
				if diff := cmp.Diff(want, visits); diff != "" {
					t.Errorf("a plan (-want +got):\n%s", diff)
				}
			}
			if _, err := s.store.Runs().Get(ctx, run.ID()); err != nil {
				t.Errorf("what was done for a team of that name: %v", err)
			}
			if got, err := s.store.Roster().Team(ctx, gone.ID); err != nil || cmp.Diff(team, got) != "" {
				t.Errorf("the team: %+v, %v", got, err)
			}
		})
	}
}

// two are somebody who is erased and a colleague.
var two = []visit.Rep{
	{ID: "1001", Name: "张伟", Team: "华东", Role: visit.RoleRep, Identities: map[string]string{"wecom": "zw"}},
	{ID: "R2", Name: "李娜", Team: "华东", Role: visit.RoleRep, Identities: map[string]string{"wecom": "lina"}},
}

func (s *setting) event(e storage.Event, payload string) {
	s.Helper()
	e.Payload, e.At, e.Received = []byte(payload), s.now, s.now
	_, err := s.store.Inbox().Accept(s.Context(), e)
	s.ok(err)
}

// again takes up an erasure where it stopped.
func (s *setting) again(id string) error {
	s.Helper()
	job, err := s.store.Erasures().Get(s.Context(), id)
	s.ok(err)
	return s.eraser.Run(s.Context(), job)
}

// What somebody sent is acknowledged, and stays until it is handled, though it
// names whoever is erased; then the erasure goes on.
func TestOthersEventsAreHandledFirst(t *testing.T) {
	t.Parallel()
	s := setup(t)
	ctx := t.Context()
	s.ok(s.store.Roster().PutReps(ctx, two...))
	s.event(storage.Event{Key: "wecom:m:1"}, `{"key":"wecom:m:1","platform":"wecom","from":"lina","text":"改到 1001 明天"}`)
	s.event(storage.Event{Key: "wecom:m:2", Dead: true}, `{"key":"wecom:m:2","platform":"wecom","from":"lina","text":"改到 1001 明天"}`)
	s.event(storage.Event{Key: "wecom:m:3"}, `{"key":"wecom:m:3","platform":"wecom","from":"zw","text":"张记"}`)
	job := s.ready("1001")
	if err := s.eraser.Run(ctx, job); !errors.Is(err, privacy.ErrOnItsWay) {
		t.Fatalf("while somebody's message waits: %v", err)
	}
	// It is handled, and makes a fact that names them.
	if left, err := s.store.Inbox().Waiting(ctx, "wecom:m:1"); err != nil || len(left) != 1 {
		t.Fatalf("somebody else's message: %v, %v", left, err)
	}
	s.ok(s.store.Facts().Append(ctx, visit.Fact{ID: "wecom:m:1/plan_changed", Kind: visit.KindPlanChanged, Rep: "R2", By: "1001", Date: "2026-11-24", At: s.now, Received: s.now}))
	s.ok(s.store.Inbox().Done(ctx, "wecom:m:1", s.now))
	s.ok(s.again(job.ID))
	if facts := s.facts(); len(facts) != 1 || facts[0].By != storage.Erased {
		t.Errorf("what came of it: %+v", facts)
	}
	dead, err := s.store.Inbox().Dead(ctx, 9)
	s.ok(err)
	waiting, err := s.store.Inbox().Waiting(ctx, "wecom:m:1", "wecom:m:2", "wecom:m:3")
	s.ok(err)
	if len(dead) != 1 || dead[0].Key != "wecom:m:2" || len(waiting) != 0 {
		t.Errorf("dead %+v, waiting %+v", dead, waiting)
	}
}

// spooled are events that are on disk.
type spooled []storage.Event

func (s spooled) Forget(goes func(storage.Event) (bool, error), _ func([]byte) bool) error {
	for _, e := range s {
		if _, err := goes(e); err != nil {
			return err
		}
	}
	return nil
}

// Photos as they came say where they were taken. They go with whoever sent them,
// wherever they wait; what somebody else sent too stays.
func TestPhotosOnTheirWayGo(t *testing.T) {
	t.Parallel()
	s := setup(t)
	ctx := t.Context()
	s.ok(s.store.Roster().PutReps(ctx, two...))
	gone := []string{"upload/queued/0", "upload/waits/0", "upload/waits/1", "upload/dead/0", "upload/spooled/0", "mine"}
	stays := []string{"both", "upload/other/0"}
	for _, sha := range append(slices.Clone(gone), stays...) {
		s.ok(s.store.Media().PutBlob(ctx, storage.Blob{SHA256: sha, Type: "image/jpeg", Data: []byte("Exif"), At: s.now}))
	}
	s.ok(s.store.Facts().Append(ctx, visit.Fact{ID: "p", Kind: visit.KindPhotoKept, Rep: "R2", Date: "2026-11-24", At: s.now, Received: s.now, Photo: &visit.Photo{Of: "o", SHA256: "both"}}))
	s.ok(s.store.Media().Enqueue(ctx, storage.Fetch{ID: "f1", Rep: "1001", Platform: "wecom", Resource: "kept:upload/queued/0", Next: s.now}))
	s.ok(s.store.Media().Enqueue(ctx, storage.Fetch{ID: "f2", Rep: "R2", Platform: "wecom", Resource: "kept:upload/other/0", Next: s.now}))
	photos := func(keys ...string) string {
		return `{"platform":"wecom","from":"zw","media":[{"Resource":"kept:` + strings.Join(keys, `"},{"Resource":"kept:`) + `"}]}`
	}
	s.event(storage.Event{Key: "web:waits"}, photos("upload/waits/0", "upload/waits/1"))
	s.event(storage.Event{Key: "web:dead", Dead: true}, photos("upload/dead/0"))
	for _, sha := range []string{"mine", "both"} {
		s.event(storage.Event{Key: "internal:" + sha}, `{"fact":{"id":"x","kind":"photo_kept","rep":"1001","photo":{"of":"y","sha256":"`+sha+`"}}}`)
	}
	s.eraser.Spool = spooled{{Key: "web:spooled", Payload: []byte(photos("upload/spooled/0"))}}
	s.erase("1001")
	for _, sha := range gone {
		if _, err := s.store.Media().Blob(ctx, sha); !errors.Is(err, storage.ErrNotFound) {
			t.Errorf("%s is there: %v", sha, err)
		}
	}
	for _, sha := range stays {
		if _, err := s.store.Media().Blob(ctx, sha); err != nil {
			t.Errorf("%s: %v", sha, err)
		}
	}
}

// A photo that is being fetched just now comes to its end first.
func TestAPhotoThatIsFetchedIsWaitedFor(t *testing.T) {
	t.Parallel()
	s := setup(t)
	ctx := t.Context()
	s.ok(s.store.Roster().PutReps(ctx, two...))
	s.ok(s.store.Media().Enqueue(ctx, storage.Fetch{ID: "f", Rep: "1001", Platform: "wecom", Message: "m", Resource: "r", Next: s.now}))
	s.ok(s.store.Media().Claim(ctx, "f", "worker", s.now, s.now.Add(time.Minute)))
	job := s.ready("1001")
	if err := s.eraser.Run(ctx, job); !errors.Is(err, privacy.ErrOnItsWay) {
		t.Fatalf("while it is fetched: %v", err)
	}
	// The worker keeps the view and reports it.
	s.ok(s.store.Media().PutBlob(ctx, storage.Blob{SHA256: "view", Data: []byte("jpeg"), At: s.now}))
	s.event(storage.Event{Key: "internal:f/photo_kept"}, `{"fact":{"id":"f/photo_kept","kind":"photo_kept","rep":"1001","photo":{"of":"f","sha256":"view"}}}`)
	s.ok(s.store.Media().Finish(ctx, "f"))
	s.ok(s.again(job.ID))
	if _, err := s.store.Media().Blob(ctx, "view"); !errors.Is(err, storage.ErrNotFound) {
		t.Errorf("the view is there: %v", err)
	}
	if left, err := s.store.Inbox().Waiting(ctx, "internal:f/photo_kept"); err != nil || len(left) != 0 {
		t.Errorf("what the worker reported: %+v, %v", left, err)
	}
}

// counted is a store that counts how often all facts are read.
type counted struct {
	storage.Store
	all int
}

func (c *counted) Facts() storage.Facts { return countedFacts{c.Store.Facts(), c} }

type countedFacts struct {
	storage.Facts
	c *counted
}

func (f countedFacts) Range(ctx context.Context, filter storage.FactFilter) iter.Seq2[visit.Fact, error] {
	if filter == (storage.FactFilter{}) {
		f.c.all++
	}
	return f.Facts.Range(ctx, filter)
}

// While something is on its way nobody reads the whole store each minute.
func TestAnErasureThatWaitsReadsLittle(t *testing.T) {
	t.Parallel()
	s := setup(t)
	ctx := t.Context()
	s.ok(s.store.Roster().PutReps(ctx, two...))
	count := &counted{Store: s.store}
	s.eraser.Store = count
	desire := func(id, body string) {
		_, err := s.store.Outbox().Desire(ctx, storage.Post{ID: id, Chat: "feishu:group/g", Body: []byte(body), Version: 1, Created: s.now})
		s.ok(err)
	}
	said := func(id string) {
		p, err := s.store.Deliveries().Claim(ctx, id, s.now, storage.Claim{Owner: "o", Until: s.now.Add(time.Minute)})
		s.ok(err)
		p.State, p.SentVersion = storage.PostSent, 1
		s.ok(s.store.Deliveries().Report(ctx, id, "o", p.Progress, true))
	}
	waits := func(id string, scans int) {
		t.Helper()
		for range 3 {
			if err := s.again(id); !errors.Is(err, privacy.ErrOnItsWay) {
				t.Fatalf("got %v", err)
			}
		}
		if count.all != scans {
			t.Errorf("all facts were read %d times, not %d", count.all, scans)
		}
	}
	s.event(storage.Event{Key: "wecom:m:1"}, `{"key":"wecom:m:1","platform":"wecom","from":"lina","text":"1001"}`)
	desire("board", `{"text":"张伟 3/4"}`)
	desire("other", `{"text":"李娜 3/4"}`)
	job := s.ready("1001")
	waits(job.ID, 0)
	s.ok(s.store.Inbox().Done(ctx, "wecom:m:1", s.now))
	waits(job.ID, 1)
	// A file that was made while something was in the record is waited for, a later one is not.
	s.now = s.now.Add(-time.Second)
	desire("table", `{"file":{"data":"UEs="}}`)
	s.now = s.now.Add(2 * time.Second)
	desire("later", `{"file":{"data":"UEs="}}`)
	said("board")
	waits(job.ID, 1)
	said("table")
	s.ok(s.again(job.ID))
	if count.all != 1 {
		t.Errorf("all facts were read %d times", count.all)
	}
	for id, want := range map[string]string{"board": "{}", "table": "{}", "later": `{"file":{"data":"UEs="}}`, "other": `{"text":"李娜 3/4"}`} {
		p, err := s.store.Outbox().Get(ctx, id)
		if err != nil || string(p.Body) != want {
			t.Errorf("%s: %s, %v", id, p.Body, err)
		}
	}
}

// Until it is begun a dispute stops what one admin alone wanted.
func TestAHoldAfterTheConfirmation(t *testing.T) {
	t.Parallel()
	s := setup(t)
	ctx := t.Context()
	s.ok(s.store.Roster().PutReps(ctx, two...))
	job := s.ready("1001")
	s.ok(s.store.Acts().Append(ctx, visit.Act{ID: "hold/1", Kind: visit.ActHold, About: "1001", By: "manager", At: s.now}))
	if err := s.eraser.Run(ctx, job); !errors.Is(err, privacy.ErrHeld) {
		t.Fatalf("held since: %v", err)
	}
	if _, err := s.store.Roster().Rep(ctx, "1001"); err != nil {
		t.Errorf("on the roster: %v", err)
	}
	if _, err := os.Stat(s.path); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("the journal: %v", err)
	}
	job, err := s.store.Erasures().Get(ctx, job.ID)
	s.ok(err)
	if job, err = privacy.Confirm(ctx, s.store, job, "admin", ""); !errors.Is(err, privacy.ErrHeld) {
		t.Fatalf("the same admin again: %v, %v", job.State, err)
	}
	job, err = privacy.Confirm(ctx, s.store, job, "another", "")
	s.ok(err)
	s.ok(s.eraser.Run(ctx, job))
	if _, err := s.store.Roster().Rep(ctx, "1001"); !errors.Is(err, storage.ErrNotFound) {
		t.Errorf("off the roster: %v", err)
	}
}

// What one process has begun no other takes back: somebody is off the roster already.
func TestAHoldAfterAnotherProcessBegan(t *testing.T) {
	t.Parallel()
	s := setup(t)
	ctx := t.Context()
	s.ok(s.store.Roster().PutReps(ctx, two...))
	s.event(storage.Event{Key: "wecom:m:1"}, `{"key":"wecom:m:1","platform":"wecom","from":"lina","text":"改到 1001 明天"}`)
	job := s.ready("1001")
	if err := s.eraser.Run(ctx, job); !errors.Is(err, privacy.ErrOnItsWay) {
		t.Fatalf("while somebody's message waits: %v", err)
	}
	s.ok(s.store.Inbox().Done(ctx, "wecom:m:1", s.now))
	s.ok(s.store.Acts().Append(ctx, visit.Act{ID: "hold/1", Kind: visit.ActHold, About: "1001", By: "manager", At: s.now}))
	other := *s.eraser
	other.Journal = privacy.NewJournal(filepath.Join(t.TempDir(), "journal"), []byte("a key"))
	job, err := s.store.Erasures().Get(ctx, job.ID)
	s.ok(err)
	s.ok(other.Run(ctx, job))
	if job, err = s.store.Erasures().Get(ctx, job.ID); err != nil || job.State != storage.ErasureDone {
		t.Errorf("it is %s, %v", job.State, err)
	}
}

// With another key nobody would be found, and the erasures be noted as done: it is
// refused, and with the right key again they are done.
func TestAJournalOfAnotherKeyIsRefused(t *testing.T) {
	t.Parallel()
	s := setup(t)
	ctx := t.Context()
	s.ok(s.store.Roster().PutReps(ctx, two...))
	s.erase("1001")
	// A backup of before is put back, on a machine with another key.
	restored := setup(t)
	restored.ok(restored.store.Roster().PutReps(ctx, two...))
	restored.eraser.Journal = privacy.NewJournal(s.path, []byte("another key"))
	if _, err := restored.eraser.Replay(ctx); !errors.Is(err, privacy.ErrJournalKey) {
		t.Fatalf("with another key: %v", err)
	}
	restored.eraser.Journal = privacy.NewJournal(s.path, []byte("a key"))
	for range 2 { // as after a start that was cut off
		again, err := restored.eraser.Replay(ctx)
		if err != nil || len(again) != 1 || again[0].Rep != "1001" {
			t.Fatalf("with the key: %+v, %v", again, err)
		}
	}
	again, err := restored.eraser.Replay(ctx)
	s.ok(err)
	s.ok(restored.eraser.Run(ctx, again[0]))
	if again, err := restored.eraser.Replay(ctx); err != nil || len(again) != 0 {
		t.Errorf("once more: %+v, %v", again, err)
	}
}
