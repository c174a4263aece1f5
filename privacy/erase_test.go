package privacy_test

import (
	"fmt"
	"math/rand/v2"
	"path/filepath"
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
			id := ""
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
