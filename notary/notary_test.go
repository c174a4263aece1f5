package notary_test

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"testing"
	"time"

	"roundsman/geo"
	"roundsman/notary"
	"roundsman/record"
	"roundsman/storage"
	"roundsman/storage/storagetest/fresh"
	"roundsman/visit"
)

var noon = time.Date(2026, 11, 24, 4, 0, 0, 0, time.UTC)

// fact is a rep's n-th of a date, every other one with a place.
func fact(date visit.Date, n int) visit.Fact {
	f := visit.Fact{
		ID: fmt.Sprintf("%s/%d", date, n), Kind: visit.KindNote, Rep: "r", Team: "t", Date: date, At: noon.Add(time.Duration(n) * time.Second), Note: "备注",
	}
	if n%2 == 0 {
		f.Kind, f.Note = visit.KindFix, ""
		f.Fix = &visit.Fix{Point: geo.Point{Lat: 31.2304161, Lng: 121.4737012, Datum: geo.GCJ02}, Accuracy: 12.5, Support: -1, Evidence: visit.EvidencePin}
	}
	return f
}

// names gives another name each time.
func names() func() string {
	var mu sync.Mutex
	n := 0
	return func() string {
		mu.Lock()
		defer mu.Unlock()
		n++
		return fmt.Sprint("owner-", n)
	}
}

type fixture struct {
	*testing.T
	store  storage.Store
	notary *notary.Notary
	now    time.Time
}

func setup(t *testing.T) *fixture {
	f := &fixture{T: t, store: fresh.Store(t), now: noon}
	f.notary = notary.New(f.store, func() time.Time { return f.now }, names())
	return f
}

func (f *fixture) ok(err error) {
	f.Helper()
	if err != nil {
		f.Fatal(err)
	}
}

func (f *fixture) keep(date visit.Date, from, n int) {
	f.Helper()
	var all []visit.Fact
	for i := range n {
		all = append(all, fact(date, from+i))
	}
	f.ok(f.store.Facts().Append(f.Context(), all...))
}

// seal seals what is kept, a minute later.
func (f *fixture) seal(want int) {
	f.Helper()
	f.now = f.now.Add(time.Minute)
	if n, err := f.notary.Seal(f.Context()); err != nil || n != want {
		f.Fatalf("%d things were sealed, %v; want %d", n, err, want)
	}
}

func (f *fixture) verify(q notary.Question) notary.Report {
	f.Helper()
	r, err := notary.Verify(f.Context(), f.store, q)
	f.ok(err)
	return r
}

func TestWhatIsKeptIsSealedOnce(t *testing.T) {
	t.Parallel()
	f := setup(t)
	f.seal(0)
	if r := f.verify(notary.Question{}); r.Blocks != 0 || !r.Head.Hash.IsZero() {
		t.Errorf("an empty record: %+v", r)
	}
	f.keep("2026-11-24", 0, 700) // more than a block takes
	f.ok(f.store.Acts().Append(f.Context(), visit.Act{ID: "a", Kind: visit.ActSetting, At: noon, By: "wang", What: "min_visits 5"}))
	f.seal(701)
	f.seal(0)
	f.keep("2026-11-20", 0, 3) // late
	f.seal(3)
	r := f.verify(notary.Question{})
	if r.Blocks != 3 || r.Things != 704 || r.Unsealed || r.Redacted != 0 {
		t.Errorf("verified: %+v", r)
	}
	head, err := f.notary.Head(t.Context())
	f.ok(err)
	if head != r.Head || head.Number != 3 {
		t.Errorf("the head is %v, verified was %v", head, r.Head)
	}
	f.verify(notary.Question{Witnessed: []record.Head{head}})
	f.keep("2026-11-24", 700, 1)
	if r := f.verify(notary.Question{}); !r.Unsealed || r.Things != 704 {
		t.Errorf("with something new: %+v", r)
	}
}

// Several seal at once, some die on the way, and each thing is in one block.
func TestManySealAtOnce(t *testing.T) {
	t.Parallel()
	f := setup(t)
	var wg sync.WaitGroup
	errs := make(chan error, 100)
	for i := range 4 {
		n := notary.New(f.store, func() time.Time { return noon }, func() string { return names()() + fmt.Sprint(i) })
		wg.Go(func() {
			for j := range 10 {
				errs <- f.store.Facts().Append(t.Context(), fact(visit.Date("2026-11-01").Add(i), j))
				ctx, cancel := context.WithCancel(t.Context())
				if j%3 == 0 {
					go cancel()
				}
				_, err := n.Seal(ctx)
				cancel()
				if err != nil && !errors.Is(err, context.Canceled) {
					errs <- err
				}
			}
		})
	}
	wg.Wait()
	close(errs)
	for err := range errs {
		f.ok(err)
	}
	f.now = f.now.Add(time.Hour)
	_, err := f.notary.Seal(t.Context())
	f.ok(err)
	if r := f.verify(notary.Question{}); r.Things != 40 || r.Unsealed {
		t.Errorf("verified: %+v", r)
	}
}

// A process that died between making a block and marking what it holds is
// overtaken by the next, which seals nothing of it again.
func TestABlockThatIsNotMarked(t *testing.T) {
	t.Parallel()
	f := setup(t)
	first := fact("2026-11-24", 0)
	f.ok(f.store.Facts().Append(t.Context(), first))
	made, err := f.store.Record().Unsealed(t.Context(), 1)
	f.ok(err)
	payload, err := first.Payload()
	f.ok(err)
	place, err := first.Place()
	f.ok(err)
	leaf := storage.Leaf{Kind: storage.ThingFact, Of: first.ID, Payload: record.Commit(made[0].Salt, payload)}
	if place != nil {
		leaf.Place = record.Commit(made[0].PlaceSalt, place)
	}
	// Without its salt it marks nothing.
	f.ok(f.store.Record().Seal(t.Context(), storage.Block{Number: 1, At: noon, Leaves: []storage.Leaf{leaf}}))
	f.ok(f.store.Facts().Append(t.Context(), fact("2026-11-24", 1)))
	f.seal(1)
	things, err := f.store.Record().Things(t.Context(), storage.ThingFact, first.ID)
	f.ok(err)
	if things[0].Block != 1 {
		t.Errorf("it is said to be in block %d", things[0].Block)
	}
}

// Where people were is removed when its time is over, and the record holds; what
// is removed before is found.
func TestPlacesThatAreRemoved(t *testing.T) {
	t.Parallel()
	f := setup(t)
	f.keep("2026-08-01", 0, 4)
	f.keep("2026-11-24", 0, 4)
	f.seal(8)
	redact := func(before visit.Date) {
		_, err := f.store.Facts().Redact(t.Context(), before)
		f.ok(err)
	}
	redact("2026-08-26")
	var p *notary.Problem
	if _, err := notary.Verify(t.Context(), f.store, notary.Question{}); !errors.As(err, &p) || !errors.Is(err, notary.ErrPlace) || p.ID != "2026-08-01/0" {
		t.Errorf("without a word of it: %v", err)
	}
	f.ok(f.store.Acts().Append(t.Context(), visit.Act{ID: "redact/2026-08-26", Kind: visit.ActRedact, At: f.now, What: "2026-08-26"}))
	f.seal(1)
	if r := f.verify(notary.Question{}); r.Redacted != 2 || r.Things != 9 {
		t.Errorf("verified: %+v", r)
	}
	redact("2026-11-25")
	if _, err := notary.Verify(t.Context(), f.store, notary.Question{}); !errors.As(err, &p) || !errors.Is(err, notary.ErrPlace) || p.ID != "2026-11-24/0" {
		t.Errorf("what is removed before its time: %v", err)
	}
	// Nor does an act excuse it that somebody made up for the purpose.
	f.ok(f.store.Acts().Append(t.Context(), visit.Act{ID: "redact/made up", Kind: visit.ActRedact, At: f.now, What: "2026-11-25"}))
	f.seal(1)
	if _, err := notary.Verify(t.Context(), f.store, notary.Question{}); !errors.Is(err, notary.ErrPlace) {
		t.Errorf("with an act for the purpose: %v", err)
	}
}

// A check-in is proved to whoever has a head from a group, and nothing else.
func TestACheckInIsProved(t *testing.T) {
	t.Parallel()
	f := setup(t)
	ctx := t.Context()
	fix := fact("2026-11-24", 0)
	fix.Fix.Claims = []visit.Claim{{Customer: "c", Verdict: visit.Verified, Radius: 200, Near: 500}}
	photo := visit.Fact{ID: "photo", Kind: visit.KindPhoto, Rep: "r", Team: "t", Date: fix.Date, At: fix.At.Add(time.Minute), Photo: &visit.Photo{}}
	kept := visit.Fact{ID: "kept", Kind: visit.KindPhotoKept, Rep: "r", Date: fix.Date, At: fix.At.Add(time.Minute), Photo: &visit.Photo{Of: "photo", SHA256: "ab"}}
	decision := visit.Fact{ID: "decision", Kind: visit.KindDecision, Rep: "r", Date: fix.Date, At: fix.At.Add(time.Hour), By: "m", Decision: &visit.Decision{Visit: fix.ID, Verdict: visit.Verified}}
	f.ok(f.store.Facts().Append(ctx, fix, photo, kept, fact("2026-11-24", 9)))
	if hashes, err := notary.Hashes(ctx, f.store.Record(), fix.ID); err != nil || len(hashes) > 0 {
		t.Errorf("before it is sealed it has %v, %v", hashes, err)
	}
	if _, err := notary.Prove(ctx, f.store, fix.ID, false); !errors.Is(err, notary.ErrUnsealed) {
		t.Errorf("before it is sealed: %v", err)
	}
	f.seal(4)
	f.ok(f.store.Facts().Append(ctx, decision))
	f.seal(1)
	f.keep("2026-11-24", 21, 1)
	f.seal(1)
	evening, err := f.notary.Head(ctx)
	f.ok(err)
	f.now = f.now.Add(72 * time.Hour)
	f.keep("2026-11-27", 0, 1)
	f.seal(1)

	for _, withPlace := range []bool{false, true} {
		p, err := notary.Prove(ctx, f.store, fix.ID, withPlace)
		f.ok(err)
		if len(p.Things) != 4 || !p.Holds(evening) {
			t.Fatalf("it shows %d things, and holds with the evening's head: %v", len(p.Things), p.Holds(evening))
		}
		if last := p.Chain[len(p.Chain)-1]; last.Number != evening.Number {
			t.Errorf("it reaches to block %d", last.Number)
		}
		hashes, err := notary.Hashes(ctx, f.store.Record(), fix.ID, "nobody")
		f.ok(err)
		if want := p.Things[0].Leaf().Payload.String(); len(hashes) != 1 || hashes[fix.ID] != want {
			t.Errorf("the hashes are %v, the proof has %s", hashes, want)
		}
		if shown := len(p.Things[0].Place) > 0; shown != withPlace {
			t.Errorf("the place is shown: %v", shown)
		}
		if withPlace && string(p.Things[0].Place) != `{"point":{"lat":31.2304161,"lng":121.4737012,"datum":"gcj02"},"accuracy":12.5,"support":-1}` {
			t.Errorf("the place is %s", p.Things[0].Place)
		}
	}
	for _, id := range []string{"nobody", "photo"} {
		if _, err := notary.Prove(ctx, f.store, id, false); !errors.Is(err, storage.ErrNotFound) {
			t.Errorf("%s: %v", id, err)
		}
	}
}

// An act that nobody knows of outside of the store excuses nothing, though our own
// notary sealed it, nor does one that was sealed before what is gone.
func TestNothingGoesUnderAnActThatWasMadeUp(t *testing.T) {
	t.Parallel()
	f := setup(t)
	f.keep("2026-11-24", 0, 4)
	f.seal(4)
	f.ok(f.store.Acts().Append(t.Context(), visit.Act{ID: "erase/x/0", Kind: visit.ActErase, At: f.now, By: "A1", What: "2"}))
	f.seal(1)
	f.ok(f.store.Record().Forget(t.Context(), storage.ThingFact, fact("2026-11-24", 2).ID))
	known := func(known bool) notary.Question {
		return notary.Question{Known: func(a visit.Act) bool { return known && a.ID == "erase/x/0" }}
	}
	var p *notary.Problem
	r, err := notary.Verify(t.Context(), f.store, known(false))
	if !errors.As(err, &p) || !errors.Is(err, notary.ErrErased) || p.Block != 1 || p.Index != 2 {
		t.Errorf("one that nobody knows: %v", err)
	}
	if len(r.Erasures) != 1 || r.Erasures[0].Known || r.Erasures[0].Things != 2 || r.Erasures[0].Act.By != "A1" {
		t.Errorf("what it says of it: %+v", r.Erasures)
	}
	for _, q := range []notary.Question{known(true), {}} {
		if r := f.verify(q); r.Erased != 1 || len(r.Erasures) != 1 || !r.Erasures[0].Known {
			t.Errorf("one that is known: %+v", r)
		}
	}
	// It has one to spare, but came before these.
	f.keep("2026-11-24", 4, 2)
	f.seal(2)
	f.ok(f.store.Record().Forget(t.Context(), storage.ThingFact, fact("2026-11-24", 5).ID))
	if _, err := notary.Verify(t.Context(), f.store, known(true)); !errors.As(err, &p) || !errors.Is(err, notary.ErrErased) || p.Block != 3 || p.Index != 1 {
		t.Errorf("what was sealed after it: %v", err)
	}
}

// Places may go when their time is over, by the date on which it was sealed that they went.
func TestPlacesThatAreRemovedBeforeTheirTime(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		what visit.Date
		// ahead is how far the act says that it is ahead.
		ahead time.Duration
		want  error
	}{
		"over":       {"2026-08-26", 0, nil},
		"not over":   {"2026-08-28", 0, notary.ErrPlace},
		"yesterday":  {"2026-11-23", 0, notary.ErrPlace},
		"by a clock": {"2026-11-23", 200 * 24 * time.Hour, notary.ErrPlace},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f := setup(t)
			f.keep(tt.what.Add(-1), 0, 4)
			f.seal(4)
			_, err := f.store.Facts().Redact(t.Context(), tt.what)
			f.ok(err)
			f.ok(f.store.Acts().Append(t.Context(), visit.Act{ID: "redact/x", Kind: visit.ActRedact, At: f.now.Add(tt.ahead), What: string(tt.what)}))
			f.seal(1)
			_, err = notary.Verify(t.Context(), f.store, notary.Question{KeepPlaces: 90 * 24 * time.Hour})
			if !errors.Is(err, tt.want) {
				t.Errorf("got %v, want %v", err, tt.want)
			}
		})
	}
}

// What is not compared is said: a record may say another date than it had.
func TestOtherDatesAreCounted(t *testing.T) {
	t.Parallel()
	f := setup(t)
	f.keep("2026-11-23", 0, 4)
	f.keep("2026-11-24", 4, 3)
	f.seal(7)
	if r := f.verify(notary.Question{From: "2026-11-24", To: "2026-11-24"}); r.Things != 7 || r.Elsewhen != 4 {
		t.Errorf("of one date: %+v", r)
	}
	if r := f.verify(notary.Question{}); r.Elsewhen != 0 {
		t.Errorf("of all: %+v", r)
	}
}
