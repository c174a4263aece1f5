package storagetest

import (
	"context"
	"errors"
	"testing"
	"time"

	"roundsman/geo"
	"roundsman/storage"
	"roundsman/visit"
)

// call is one method of a store with some arguments.
type call struct {
	name string
	do   func(ctx context.Context) error
}

// drop turns a method's answer into its error alone.
func drop[T any](_ T, err error) error { return err }

// drop2 is drop for two values.
func drop2[A, B any](_ A, _ B, err error) error { return err }

// calls returns every method of the store.
func calls(s storage.Store) []call {
	return []call{
		{"Ping", s.Ping},
		{"Inbox.Accept", func(ctx context.Context) error { return drop(s.Inbox().Accept(ctx, storage.Event{Key: "k"})) }},
		{"Inbox.Pending", func(ctx context.Context) error { return drop(s.Inbox().Pending(ctx, at(0), storage.Cursor{}, 1)) }},
		{"Inbox.Waiting", func(ctx context.Context) error { return drop(s.Inbox().Waiting(ctx, "k")) }},
		{"Inbox.Defer", func(ctx context.Context) error { return s.Inbox().Defer(ctx, "k", 1, at(1), false, "r") }},
		{"Inbox.Done", func(ctx context.Context) error { return s.Inbox().Done(ctx, "k", at(0)) }},
		{"Inbox.Dead", func(ctx context.Context) error { return drop(s.Inbox().Dead(ctx, 1)) }},
		{"Inbox.Count", func(ctx context.Context) error { return drop2(s.Inbox().Count(ctx, at(0))) }},
		{"Inbox.Sweep", func(ctx context.Context) error { return drop(s.Inbox().Sweep(ctx, at(0))) }},
		{"Outbox.Desire", func(ctx context.Context) error {
			return drop(s.Outbox().Desire(ctx, storage.Post{ID: "p", Version: 1}))
		}},
		{"Deliveries.Due", func(ctx context.Context) error { return drop(s.Deliveries().Due(ctx, at(0), storage.Chats{}, 1)) }},
		{"Deliveries.Due of a platform", func(ctx context.Context) error {
			return drop(s.Deliveries().Due(ctx, at(0), storage.Chats{Platform: "p"}, 1))
		}},
		{"Deliveries.Due of a chat", func(ctx context.Context) error {
			return drop(s.Deliveries().Due(ctx, at(0), storage.Chats{Chat: "c"}, 1))
		}},
		{"Deliveries.Claim", func(ctx context.Context) error {
			return drop(s.Deliveries().Claim(ctx, "p", at(0), storage.Claim{Owner: "o", Until: at(1)}))
		}},
		{"Deliveries.Report", func(ctx context.Context) error {
			return s.Deliveries().Report(ctx, "p", "o", storage.Progress{State: storage.PostSent}, true)
		}},
		{"Outbox.Again", func(ctx context.Context) error { return drop(s.Outbox().Again(ctx, "p", storage.PostSent)) }},
		{"Outbox.Get", func(ctx context.Context) error { return drop(s.Outbox().Get(ctx, "p")) }},
		{"Outbox.List", func(ctx context.Context) error { return drop(s.Outbox().List(ctx, storage.PostSent, 1)) }},
		{"Outbox.Backlog", func(ctx context.Context) error { return drop2(s.Outbox().Backlog(ctx)) }},
		{"Outbox.Sweep", func(ctx context.Context) error { return drop(s.Outbox().Sweep(ctx, at(0))) }},
		{"Facts.Append", func(ctx context.Context) error { return s.Facts().Append(ctx, visit.Fact{ID: "f"}) }},
		{"Facts.Day", func(ctx context.Context) error { return drop(s.Facts().Day(ctx, "r", "2026-11-24")) }},
		{"Facts.Get", func(ctx context.Context) error { return drop(s.Facts().Get(ctx, "f")) }},
		{"Facts.Latest", func(ctx context.Context) error { return drop(s.Facts().Latest(ctx, "r", at(1), 1)) }},
		{"Facts.Same", func(ctx context.Context) error { return drop(s.Facts().Same(ctx, geo.Point{}, at(1), 1)) }},
		{"Media.PutPrint", func(ctx context.Context) error { return s.Media().PutPrint(ctx, fullPrint()) }},
		{"Media.Alike", func(ctx context.Context) error { return drop(s.Media().Alike(ctx, fullPrint(), 1)) }},
		{"Acts.Append", func(ctx context.Context) error { return s.Acts().Append(ctx, fullAct()) }},
		{"Acts.About", func(ctx context.Context) error { return drop(s.Acts().About(ctx, "r", at(1), 1)) }},
		{"Record.Unsealed", func(ctx context.Context) error { return drop(s.Record().Unsealed(ctx, 100)) }},
		{"Record.Seal", func(ctx context.Context) error { return s.Record().Seal(ctx, storage.Block{Number: 1, At: at(1)}) }},
		{"Record.Settle", func(ctx context.Context) error { return s.Record().Settle(ctx, fullBlock()) }},
		{"Record.Head", func(ctx context.Context) error { return drop(s.Record().Head(ctx)) }},
		{"Record.Blocks", func(ctx context.Context) error { return drop(collect(s.Record().Blocks(ctx, 1))) }},
		{"Record.Things", func(ctx context.Context) error {
			return errors.Join(drop(s.Record().Things(ctx, storage.ThingFact, "f")), drop(s.Record().Things(ctx, storage.ThingAct, "a")))
		}},
		{"Record.Sealed", func(ctx context.Context) error { return drop(s.Record().Sealed(ctx)) }},
		{"Facts.Redact", func(ctx context.Context) error { return drop(s.Facts().Redact(ctx, "2026-11-24")) }},
		{"Facts.Range", func(ctx context.Context) error { return drop(collect(s.Facts().Range(ctx, storage.FactFilter{}))) }},
		{"Facts.Range of a rep", func(ctx context.Context) error {
			return drop(collect(s.Facts().Range(ctx, storage.FactFilter{Rep: "r"})))
		}},
		{"Facts.Range of a team", func(ctx context.Context) error {
			return drop(collect(s.Facts().Range(ctx, storage.FactFilter{Team: "t"})))
		}},
		{"Outcomes.Put", func(ctx context.Context) error {
			return s.Outcomes().Put(ctx, outcome("r", "t", "2026-11-24", 1, called("c", visit.Verified)))
		}},
		{"Outcomes.Put again", func(ctx context.Context) error {
			return s.Outcomes().Put(ctx, outcome("r", "t", "2026-11-24", 2, called("d", visit.Verified)))
		}},
		{"Outcomes.Range", func(ctx context.Context) error {
			return drop(collect(s.Outcomes().Range(ctx, storage.FactFilter{})))
		}},
		{"Outcomes.Range of a rep", func(ctx context.Context) error {
			return drop(collect(s.Outcomes().Range(ctx, storage.FactFilter{Rep: "r", Team: "t", From: "2026-11-01", To: "2026-11-30"})))
		}},
		{"Outcomes.Range of a team", func(ctx context.Context) error {
			return drop(collect(s.Outcomes().Range(ctx, storage.FactFilter{Team: "t", From: "2026-11-01", To: "2026-11-30"})))
		}},
		{"Outcomes.Range of dates", func(ctx context.Context) error {
			return drop(collect(s.Outcomes().Range(ctx, storage.FactFilter{From: "2026-11-01", To: "2026-11-30"})))
		}},
		{"Outcomes.LastVerified", func(ctx context.Context) error {
			return drop(s.Outcomes().LastVerified(ctx, "2026-11-25", "d", "unknown"))
		}},
		{"Outcomes.LastVerified of none", func(ctx context.Context) error {
			return drop(s.Outcomes().LastVerified(ctx, "2026-11-25"))
		}},
		{"Outcomes.OfCustomer", func(ctx context.Context) error { return drop(s.Outcomes().OfCustomer(ctx, "d", 1)) }},
		{"Outcomes.OfCustomer, none", func(ctx context.Context) error { return drop(s.Outcomes().OfCustomer(ctx, "d", 0)) }},
		{"Complaints.Put", func(ctx context.Context) error { return s.Complaints().Put(ctx, visit.ComplaintCase{ID: "c"}) }},
		{"Complaints.Get", func(ctx context.Context) error { return drop(s.Complaints().Get(ctx, "c")) }},
		{"Complaints.Open", func(ctx context.Context) error { return drop(s.Complaints().Open(ctx, "t")) }},
		{"Roster.PutReps", func(ctx context.Context) error {
			return s.Roster().PutReps(ctx, visit.Rep{ID: "r", Identities: map[string]string{"p": "u"}})
		}},
		{"Roster.Rep", func(ctx context.Context) error { return drop(s.Roster().Rep(ctx, "r")) }},
		{"Roster.Reps", func(ctx context.Context) error { return drop(s.Roster().Reps(ctx)) }},
		{"Roster.ByIdentity", func(ctx context.Context) error { return drop(s.Roster().ByIdentity(ctx, "p", "u")) }},
		{"Roster.PutTeam", func(ctx context.Context) error { return s.Roster().PutTeam(ctx, visit.Team{Name: "t"}) }},
		{"Roster.Team", func(ctx context.Context) error { return drop(s.Roster().Team(ctx, "t")) }},
		{"Roster.Teams", func(ctx context.Context) error { return drop(s.Roster().Teams(ctx)) }},
		{"Customers.Put", func(ctx context.Context) error { return s.Customers().Put(ctx, visit.Customer{ID: "c"}) }},
		{"Customers.Get", func(ctx context.Context) error { return drop(s.Customers().Get(ctx, "c")) }},
		{"Customers.Owned", func(ctx context.Context) error { return drop(s.Customers().Owned(ctx, "r")) }},
		{"Customers.Search", func(ctx context.Context) error { return drop(s.Customers().Search(ctx, "", 1)) }},
		{"Customers.SetOwner", func(ctx context.Context) error { return s.Customers().SetOwner(ctx, "r", "s", "c") }},
		{"Customers.SetPlace", func(ctx context.Context) error { return s.Customers().SetPlace(ctx, "c", geo.Point{}, geo.Point{}) }},
		{"Customers.Count", func(ctx context.Context) error { return drop(s.Customers().Count(ctx)) }},
		{"Plans.Put", func(ctx context.Context) error { return s.Plans().Put(ctx, visit.PlannedVisit{Rep: "r"}) }},
		{"Plans.Day", func(ctx context.Context) error { return drop(s.Plans().Day(ctx, "r", "2026-11-24")) }},
		{"Plans.Of", func(ctx context.Context) error { return drop(s.Plans().Of(ctx, "2026-11-24", "r", "q")) }},
		{"Plans.Of none", func(ctx context.Context) error { return drop(s.Plans().Of(ctx, "2026-11-24")) }},
		{"Plans.Date", func(ctx context.Context) error { return drop(s.Plans().Date(ctx, "2026-11-24")) }},
		{"Targets.Put", func(ctx context.Context) error {
			return s.Targets().Put(ctx, visit.MonthTarget{Rep: "r", Month: "2026-11", Order: fen(1)})
		}},
		{"Targets.Get", func(ctx context.Context) error { return drop(s.Targets().Get(ctx, "2026-11", "r", "unknown")) }},
		{"Targets.Get of none", func(ctx context.Context) error { return drop(s.Targets().Get(ctx, "2026-11")) }},
		{"Routes.Put", func(ctx context.Context) error { return s.Routes().Put(ctx, visit.Route{Rep: "r"}) }},
		{"Routes.Get", func(ctx context.Context) error { return drop(s.Routes().Get(ctx, "r", "unknown")) }},
		{"Routes.Get of none", func(ctx context.Context) error { return drop(s.Routes().Get(ctx)) }},
		{"Calendar.Put", func(ctx context.Context) error { return s.Calendar().Put(ctx, visit.Holiday{Date: "2026-10-01"}) }},
		{"Calendar.All", func(ctx context.Context) error { return drop(s.Calendar().All(ctx)) }},
		{"Consents.Put", func(ctx context.Context) error { return s.Consents().Put(ctx, visit.Consent{Rep: "r", Source: "s"}) }},
		{"Consents.Of", func(ctx context.Context) error { return drop(s.Consents().Of(ctx, "r")) }},
		{"Consents.Latest", func(ctx context.Context) error { return drop(s.Consents().Latest(ctx, "r")) }},
		{"Runs.Begin", func(ctx context.Context) error { return drop(s.Runs().Begin(ctx, storage.Run{Job: "j"})) }},
		{"Runs.Get", func(ctx context.Context) error { return drop(s.Runs().Get(ctx, storage.Run{Job: "j"}.ID())) }},
		{"Runs.Rendered", func(ctx context.Context) error { return drop(s.Runs().Rendered(ctx, 1)) }},
		{"Runs.Settle", func(ctx context.Context) error { return s.Runs().Settle(ctx, "j", storage.RunPosted) }},
		{"Media.Enqueue", func(ctx context.Context) error { return s.Media().Enqueue(ctx, storage.Fetch{ID: "f"}) }},
		{"Media.Due", func(ctx context.Context) error { return drop(s.Media().Due(ctx, at(0), 1)) }},
		{"Media.Claim", func(ctx context.Context) error { return s.Media().Claim(ctx, "f", "o", at(0), at(1)) }},
		{"Media.Retry", func(ctx context.Context) error { return s.Media().Retry(ctx, "f", "o", 1, at(1)) }},
		{"Media.Finish", func(ctx context.Context) error { return s.Media().Finish(ctx, "f") }},
		{"Media.PutBlob", func(ctx context.Context) error { return s.Media().PutBlob(ctx, storage.Blob{SHA256: "00"}) }},
		{"Media.Blob", func(ctx context.Context) error { return drop(s.Media().Blob(ctx, "00")) }},
		{"Media.Kept", func(ctx context.Context) error { return drop(s.Media().Kept(ctx, "00")) }},
		{"Media.Sweep", func(ctx context.Context) error { return drop(s.Media().Sweep(ctx, at(0))) }},
		{"Media.Count", func(ctx context.Context) error { return drop(s.Media().Count(ctx)) }},
		{"Imports.Put", func(ctx context.Context) error { return s.Imports().Put(ctx, storage.Import{ID: "i"}) }},
		{"Imports.Hold", func(ctx context.Context) error { return s.Imports().Hold(ctx, storage.Import{ID: "held"}) }},
		{"Imports.Get", func(ctx context.Context) error { return drop(s.Imports().Get(ctx, "i")) }},
		{"Imports.Release", func(ctx context.Context) error { return s.Imports().Release(ctx, "held", at(0)) }},
		{"Imports.Drop", func(ctx context.Context) error { return s.Imports().Drop(ctx, "held") }},
		{"Imports.Sweep", func(ctx context.Context) error { return drop(s.Imports().Sweep(ctx, at(0))) }},
		{"Imports.Pending", func(ctx context.Context) error { return drop(s.Imports().Pending(ctx)) }},
		{"Imports.Done", func(ctx context.Context) error { return s.Imports().Done(ctx, "i") }},
		{"Undos.Put", func(ctx context.Context) error { return s.Undos().Put(ctx, storage.Undo{ID: "u", At: at(0)}) }},
		{"Undos.Get", func(ctx context.Context) error { return drop(s.Undos().Get(ctx, "u")) }},
		{"Undos.Latest", func(ctx context.Context) error { return drop(s.Undos().Latest(ctx, at(0))) }},
		{"Undos.Undone", func(ctx context.Context) error { return s.Undos().Undone(ctx, "u", "e") }},
		{"Undos.Sweep", func(ctx context.Context) error { return drop(s.Undos().Sweep(ctx, at(0))) }},
		{"Roster.DeleteReps", func(ctx context.Context) error { return s.Roster().DeleteReps(ctx, "r") }},
		{"Customers.Delete", func(ctx context.Context) error { return s.Customers().Delete(ctx, "c") }},
		{"Plans.Delete", func(ctx context.Context) error { return s.Plans().Delete(ctx, visit.PlannedVisit{Rep: "r"}) }},
		{"Targets.Delete", func(ctx context.Context) error { return s.Targets().Delete(ctx, visit.MonthTarget{Rep: "r"}) }},
		{"Routes.Delete", func(ctx context.Context) error { return s.Routes().Delete(ctx, "r") }},
		{"Calendar.Delete", func(ctx context.Context) error { return s.Calendar().Delete(ctx, "2026-11-24") }},
		{"Erasures.Put", func(ctx context.Context) error { return drop(s.Erasures().Put(ctx, fullErasure())) }},
		{"Erasures.Get", func(ctx context.Context) error { return drop(s.Erasures().Get(ctx, fullErasure().ID)) }},
		{"Erasures.Open", func(ctx context.Context) error { return drop(s.Erasures().Open(ctx)) }},
		{"Erasures.Swap", func(ctx context.Context) error {
			e := fullErasure()
			e.Version = 2
			return s.Erasures().Swap(ctx, e)
		}},
		{"Persons.OnItsWay", func(ctx context.Context) error { return drop(s.Persons().OnItsWay(ctx, leaves("nobody"))) }},
		{"Persons.Erase", func(ctx context.Context) error { return drop(s.Persons().Erase(ctx, leaves("nobody"))) }},
		{"Record.Forget", func(ctx context.Context) error {
			return errors.Join(s.Record().Forget(ctx, storage.ThingFact, "f"), s.Record().Forget(ctx, storage.ThingAct, "a"))
		}},
		{"Record.Replace", func(ctx context.Context) error {
			return s.Record().Replace(ctx, storage.Thing{Kind: storage.ThingFact, Fact: &visit.Fact{ID: "f"}})
		}},
		{"Acts.Range", func(ctx context.Context) error { return drop(collect(s.Acts().Range(ctx))) }},
		{"Media.DropBlobs", func(ctx context.Context) error { return s.Media().DropBlobs(ctx, "00") }},
		{"Leases.Take", func(ctx context.Context) error { return s.Leases().Take(ctx, "l", "o", at(0), at(1)) }},
		{"Leases.Keep", func(ctx context.Context) error { return s.Leases().Keep(ctx, "l", "o", at(2)) }},
		{"Leases.Give", func(ctx context.Context) error { return s.Leases().Give(ctx, "l", "o") }},
		{"Leases.Sweep", func(ctx context.Context) error { return drop(s.Leases().Sweep(ctx, at(0))) }},
		{"Quotas.Swap", func(ctx context.Context) error { return s.Quotas().Swap(ctx, storage.Quota{Key: "q", Version: 1}) }},
		{"Quotas.Get", func(ctx context.Context) error { return drop(s.Quotas().Get(ctx, "q")) }},
		{"Quotas.Swap again", func(ctx context.Context) error { return s.Quotas().Swap(ctx, storage.Quota{Key: "q", Version: 2}) }},
		{"Quotas.Sweep", func(ctx context.Context) error { return drop(s.Quotas().Sweep(ctx, at(0))) }},
	}
}

// Exercise calls every method of the store once, in an order in which each
// finds what it needs, so that an adapter's test can look at what it did.
func Exercise(t *testing.T, s storage.Store) {
	t.Helper()
	for _, c := range calls(s) {
		if err := c.do(t.Context()); err != nil {
			t.Fatalf("%s: %v", c.name, err)
		}
	}
}

func testStore(t *testing.T, s suite) {
	t.Run("every method answers", func(t *testing.T) {
		t.Parallel()
		Exercise(t, s.open(t))
	})

	t.Run("a cancelled context ends every call at once and changes nothing", func(t *testing.T) {
		t.Parallel()
		st := s.open(t)
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		for _, c := range calls(st) {
			err, returned := within(func() error { return c.do(ctx) })
			if !returned {
				t.Fatalf("%s hangs on a cancelled context", c.name)
			}
			if !errors.Is(err, context.Canceled) {
				t.Errorf("%s returned %v, want context.Canceled", c.name, err)
			}
		}
		fresh := val(st.Inbox().Accept(t.Context(), storage.Event{Key: "k"}))(t)
		equal(t, fresh, true)
	})

	t.Run("a context that ends during a storm ends the call", func(t *testing.T) {
		t.Parallel()
		st := s.open(t)
		ctx, cancel := context.WithCancel(t.Context())
		n := make(chan struct{}, racers)
		errs := make(chan error, racers)
		for i := range racers {
			go func() {
				for j := 0; ; j++ {
					_, err := st.Inbox().Accept(ctx, storage.Event{Key: key(i, j)})
					if err != nil {
						errs <- err
						return
					}
					select {
					case n <- struct{}{}:
					default:
					}
				}
			}()
		}
		for range racers {
			<-n
		}
		cancel()
		for range racers {
			err, returned := within(func() error { return <-errs })
			if !returned {
				t.Fatal("a write hangs after its context ended")
			}
			wants(t, err, context.Canceled)
		}
		ok(t, st.Ping(t.Context()))
	})

	t.Run("a closed store returns errors and never panics", func(t *testing.T) {
		t.Parallel()
		st := s.open(t)
		Exercise(t, st)
		ok(t, st.Close())
		ok(t, st.Close())
		for _, c := range calls(st) {
			err, returned := within(func() error { return c.do(t.Context()) })
			if !returned {
				t.Fatalf("%s hangs on a closed store", c.name)
			}
			if err == nil {
				t.Errorf("%s works on a closed store", c.name)
			}
		}
	})

	t.Run("closing amid writes loses none that were acknowledged", func(t *testing.T) {
		t.Parallel()
		st := s.open(t)
		acked := make(chan string, 1<<16)
		done := make(chan struct{})
		for i := range racers {
			go func() {
				defer func() { done <- struct{}{} }()
				for j := range 1000 {
					if _, err := st.Inbox().Accept(t.Context(), storage.Event{Key: key(i, j)}); err != nil {
						return
					}
					acked <- key(i, j)
				}
			}()
		}
		first := <-acked
		again := s.reopen(t, st)
		for range racers {
			<-done
		}
		close(acked)
		keys := []string{first}
		for k := range acked {
			keys = append(keys, k)
		}
		have := make(map[string]bool)
		for _, e := range val(again.Inbox().Pending(t.Context(), at(0), storage.Cursor{}, 1<<20))(t) {
			have[e.Key] = true
		}
		for _, k := range keys {
			if !have[k] {
				t.Errorf("%s was acknowledged and is gone", k)
			}
		}
	})

	t.Run("what is kept is there after a restart", func(t *testing.T) {
		t.Parallel()
		ctx := t.Context()
		st := s.open(t)
		event, post, fact, run, fetch, job := fullEvent(), fullPost(), fullFact(), fullRun(), fullFetch(), fullImport()
		rep, team, customer, planned, came := fullRep(), fullTeam(), fullCustomer(), fullPlannedVisit(), fullOutcome()
		holiday, consent, blob := fullHoliday(), fullConsent(), fullBlob()
		target, route := fullTarget(), fullRoute()
		event.Dead, job.Done, job.Held = false, false, false
		_ = val(st.Inbox().Accept(ctx, event))(t)
		_ = val(st.Outbox().Desire(ctx, post))(t)
		ok(t, st.Facts().Append(ctx, fact))
		ok(t, st.Outcomes().Put(ctx, came))
		ok(t, st.Roster().PutReps(ctx, rep))
		ok(t, st.Roster().PutTeam(ctx, team))
		ok(t, st.Customers().Put(ctx, customer))
		ok(t, st.Plans().Put(ctx, planned))
		ok(t, st.Targets().Put(ctx, target))
		ok(t, st.Routes().Put(ctx, route))
		ok(t, st.Calendar().Put(ctx, holiday))
		ok(t, st.Consents().Put(ctx, consent))
		_ = val(st.Runs().Begin(ctx, run))(t)
		ok(t, st.Media().Enqueue(ctx, fetch))
		ok(t, st.Media().PutBlob(ctx, blob))
		ok(t, st.Imports().Put(ctx, job))

		st = s.reopen(t, st)
		ok(t, st.Ping(ctx))
		equal(t, val(st.Inbox().Pending(ctx, at(1e6), storage.Cursor{}, 9))(t), []storage.Event{event})
		equal(t, val(st.Outbox().Get(ctx, post.ID))(t), asDesired(post))
		equal(t, val(st.Facts().Get(ctx, fact.ID))(t), fact)
		equal(t, val(st.Outcomes().OfCustomer(ctx, came.Calls[0].Customer, 9))(t), []visit.Outcome{came})
		equal(t, val(st.Roster().Reps(ctx))(t), []visit.Rep{rep})
		equal(t, val(st.Roster().Teams(ctx))(t), []visit.Team{team})
		equal(t, val(st.Customers().Get(ctx, customer.ID))(t), []visit.Customer{customer})
		equal(t, val(st.Plans().Date(ctx, planned.Date))(t), []visit.PlannedVisit{planned})
		equal(t, val(st.Targets().Get(ctx, target.Month, target.Rep))(t), []visit.MonthTarget{target})
		equal(t, val(st.Routes().Get(ctx, route.Rep))(t), []visit.Route{route})
		equal(t, val(st.Calendar().All(ctx))(t), []visit.Holiday{holiday})
		equal(t, val(st.Consents().Latest(ctx, consent.Rep))(t), consent)
		equal(t, val(st.Runs().Get(ctx, run.ID()))(t), run)
		equal(t, val(st.Media().Due(ctx, at(1e6), 9))(t), []storage.Fetch{fetch})
		equal(t, val(st.Media().Blob(ctx, blob.SHA256))(t), blob)
		equal(t, val(st.Imports().Pending(ctx))(t), []storage.Import{job})
	})
}

// within runs f and reports whether it returned in time.
func within(f func() error) (error, bool) {
	done := make(chan error, 1)
	go func() { done <- f() }()
	timer := time.NewTimer(long)
	defer timer.Stop()
	select {
	case err := <-done:
		return err, true
	case <-timer.C:
		return nil, false
	}
}
