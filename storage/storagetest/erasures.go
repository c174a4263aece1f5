package storagetest

import (
	"bytes"
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"

	"roundsman/storage"
	"roundsman/visit"
)

func fullErasure() storage.Erasure {
	return storage.Erasure{ID: "e-" + chinese, Rep: "r-" + chinese, State: storage.ErasureAsked, At: at(1), Due: at(2), Version: 1, Data: []byte{0, 255}}
}

func testErasures(t *testing.T, s suite) {
	t.Run("every field comes back, once", func(t *testing.T) {
		t.Parallel()
		ctx, e := t.Context(), s.open(t).Erasures()
		full, again := fullErasure(), fullErasure()
		complete(t, full)
		again.Rep = "other"
		equal(t, val(e.Put(ctx, full))(t), true)
		equal(t, val(e.Put(ctx, again))(t), false)
		equal(t, val(e.Get(ctx, full.ID))(t), full)
		equal(t, val(e.Open(ctx))(t), []storage.Erasure{full})
		_, err := e.Get(ctx, "unknown")
		wants(t, err, storage.ErrNotFound)
	})

	t.Run("each version once, and what is done is not open", func(t *testing.T) {
		t.Parallel()
		ctx, e := t.Context(), s.open(t).Erasures()
		early, late := fullErasure(), fullErasure()
		late.ID, late.At = "late", at(5)
		ok(t, drop(e.Put(ctx, late)))
		ok(t, drop(e.Put(ctx, early)))
		equal(t, val(e.Open(ctx))(t), []storage.Erasure{early, late})
		next := early
		next.Version = 3
		wants(t, e.Swap(ctx, next), storage.ErrConflict)
		next = storage.Erasure{ID: early.ID, State: storage.ErasureDone, At: at(1), Due: at(2), Version: 2}
		wins := 0
		for _, err := range race(t, func(ctx context.Context, _ int) error { return e.Swap(ctx, next) }) {
			if err == nil {
				wins++
			} else {
				wants(t, err, storage.ErrConflict)
			}
		}
		equal(t, wins, 1)
		equal(t, val(e.Get(ctx, early.ID))(t), next)
		equal(t, val(e.Open(ctx))(t), []storage.Erasure{late})
		next.ID = "unknown"
		wants(t, e.Swap(ctx, next), storage.ErrConflict)
	})
}

// named finds what has a word of somebody. Events are theirs that begin with it.
type named string

func (n named) Key(key string) bool      { return strings.Contains(key, string(n)) }
func (n named) Renamed(id string) string { return strings.ReplaceAll(id, string(n), storage.Erased) }
func (n named) Payload(data []byte) bool { return bytes.Contains(data, []byte(n)) }
func (n named) File(data []byte) bool    { return bytes.Contains(data, []byte("file")) }

func (n named) Event(key string, data []byte) storage.Naming {
	switch {
	case bytes.HasPrefix(data, []byte(n)):
		return storage.Theirs
	case n.Payload(data) || n.Key(key):
		return storage.NamesThem
	}
	return storage.NamesNobody
}

// Rewritten leaves what stands in brackets: it is what somebody wrote.
func (n named) Rewritten(key string, data []byte) (string, []byte) {
	ours, words, _ := strings.Cut(string(data), "[")
	return n.Renamed(key), []byte(n.Renamed(ours) + strings.TrimPrefix("["+words, "[]"))
}

func (n named) Blobs(data []byte) []string {
	_, blob, ok := strings.Cut(string(data), "blob ")
	if !ok {
		return nil
	}
	return []string{blob}
}

// leaves is somebody who is erased at an instant.
func leaves(who string) storage.Leaver {
	return storage.Leaver{ID: who, As: []string{who}, Finder: named(who), Now: at(5)}
}

func testPersons(t *testing.T, s suite) {
	t.Run("what is theirs goes, and nobody else's", func(t *testing.T) {
		t.Parallel()
		ctx, st := t.Context(), s.open(t)
		for i, who := range []string{"ann", "bob"} {
			key := "k/" + who + "/1"
			ok(t, drop(st.Inbox().Accept(ctx, storage.Event{Key: key})))
			ok(t, st.Inbox().Done(ctx, key, at(1)))
			ok(t, drop(st.Inbox().Accept(ctx, storage.Event{Key: fmt.Sprint("plain", i), Payload: []byte(who)})))
			ok(t, st.Plans().Put(ctx, visit.PlannedVisit{Rep: who, Date: "2026-11-24", Customer: "c"}))
			ok(t, st.Outcomes().Put(ctx, outcome(who, "t", "2026-11-24", 1, called("c", visit.Verified))))
			ok(t, st.Targets().Put(ctx, visit.MonthTarget{Rep: who, Month: "2026-11", Order: fen(1)}))
			ok(t, st.Routes().Put(ctx, visit.Route{Rep: who}))
			ok(t, st.Consents().Put(ctx, visit.Consent{Rep: who, Source: fmt.Sprint(i)}))
			ok(t, st.Media().Enqueue(ctx, storage.Fetch{ID: fmt.Sprint("f", i), Rep: who, Next: at(1)}))
			ok(t, st.Media().PutPrint(ctx, storage.Print{Photo: fmt.Sprint("p", i), SHA256: "same", D: 5, Rep: who, At: at(i)}))
			ok(t, st.Imports().Hold(ctx, storage.Import{ID: fmt.Sprint("h", i), At: at(1), Data: []byte(who)}))
			ok(t, st.Undos().Put(ctx, storage.Undo{ID: fmt.Sprint("u", i), At: at(i), Data: []byte(who)}))
			ok(t, st.Leases().Take(ctx, "lane/"+who, "o", at(0), at(9)))
			ok(t, st.Quotas().Swap(ctx, storage.Quota{Key: "chat/" + who, Version: 1, Expires: at(9)}))
		}
		for range 2 {
			equal(t, val(st.Persons().Erase(ctx, leaves("ann")))(t), storage.OnItsWay{})
		}
		for key, fresh := range map[string]bool{"k/ann/1": true, "k/bob/1": false} {
			equal(t, val(st.Inbox().Accept(ctx, storage.Event{Key: key, Next: at(99)}))(t), fresh)
		}
		keys := func(events []storage.Event) (out []string) {
			for _, e := range events {
				out = append(out, e.Key)
			}
			return out
		}
		equal(t, keys(val(st.Inbox().Pending(ctx, at(0), storage.Cursor{}, 9))(t)), []string{"plain1"})
		equal(t, len(val(st.Plans().Date(ctx, "2026-11-24"))(t)), 1)
		equal(t, len(val(collect(st.Outcomes().Range(ctx, storage.FactFilter{})))(t)), 1)
		equal(t, len(val(st.Outcomes().OfCustomer(ctx, "c", 9))(t)), 1)
		equal(t, len(val(st.Targets().Get(ctx, "2026-11", "ann", "bob"))(t)), 1)
		equal(t, len(val(st.Routes().Get(ctx, "ann", "bob"))(t)), 1)
		equal(t, len(val(st.Consents().Of(ctx, "ann"))(t)), 0)
		equal(t, len(val(st.Consents().Of(ctx, "bob"))(t)), 1)
		equal(t, val(st.Media().Count(ctx))(t), 1)
		alike := val(st.Media().Alike(ctx, storage.Print{Photo: "new", SHA256: "same"}, 9))(t)
		equal(t, len(alike), 1)
		equal(t, alike[0].Rep, "bob")
		_, err := st.Imports().Get(ctx, "h0")
		wants(t, err, storage.ErrNotFound)
		ok(t, drop(st.Imports().Get(ctx, "h1")))
		_, err = st.Undos().Get(ctx, "u0")
		wants(t, err, storage.ErrNotFound)
		ok(t, drop(st.Undos().Get(ctx, "u1")))
		ok(t, st.Leases().Take(ctx, "lane/ann", "p", at(1), at(9)))
		wants(t, st.Leases().Take(ctx, "lane/bob", "p", at(1), at(9)), storage.ErrConflict)
		_, err = st.Quotas().Get(ctx, "chat/ann")
		wants(t, err, storage.ErrNotFound)
	})

	t.Run("what others keep names somebody who was erased", func(t *testing.T) {
		t.Parallel()
		ctx, st := t.Context(), s.open(t)
		ok(t, st.Plans().Put(ctx, visit.PlannedVisit{Rep: "bob", Date: "2026-11-24", Customer: "c", By: "ann"}))
		ok(t, st.Complaints().Put(ctx, visit.ComplaintCase{ID: "open", Team: "t", By: "bob", Handler: "ann", Opened: at(1), Due: at(2)}))
		ok(t, st.Complaints().Put(ctx, visit.ComplaintCase{ID: "closed", Team: "t", By: "ann", Handler: "bob", Opened: at(1), Due: at(2), ClosedBy: "tap/ann/1", Done: "d"}))
		ok(t, st.Complaints().Put(ctx, visit.ComplaintCase{ID: "tap/ann/0", Team: "t", By: "ann", Handler: "bob", Opened: at(1), Due: at(3), Text: "annoyed"}))
		for range 2 {
			ok(t, drop(st.Persons().Erase(ctx, leaves("ann"))))
		}
		equal(t, val(st.Plans().Day(ctx, "bob", "2026-11-24"))(t)[0].By, storage.Erased)
		open, closed := val(st.Complaints().Get(ctx, "open"))(t), val(st.Complaints().Get(ctx, "closed"))(t)
		equal(t, []string{open.By, open.Handler, open.ClosedBy}, []string{"bob", storage.Erased, ""})
		equal(t, []string{closed.By, closed.Handler, closed.ClosedBy}, []string{storage.Erased, "bob", "tap/erased/1"})
		_, err := st.Complaints().Get(ctx, "tap/ann/0")
		wants(t, err, storage.ErrNotFound)
		equal(t, val(st.Complaints().Open(ctx, "t"))(t), []visit.ComplaintCase{
			open, {ID: "tap/erased/0", Team: "t", By: storage.Erased, Handler: "bob", Opened: at(1), Due: at(3), Text: "annoyed"},
		})
	})

	t.Run("posts go, lose their content, or are left until they are said", func(t *testing.T) {
		t.Parallel()
		ctx, st := t.Context(), s.open(t)
		post := func(id, chat, body string, sent bool) {
			ok(t, drop(st.Outbox().Desire(ctx, storage.Post{ID: id, Chat: chat, Body: []byte(body), Version: 1, Created: at(1)})))
			if !sent {
				return
			}
			p := val(st.Deliveries().Claim(ctx, id, at(1), storage.Claim{Owner: "o", Until: at(2)}))(t)
			p.State, p.SentVersion = storage.PostSent, 1
			ok(t, st.Deliveries().Report(ctx, id, "o", p.Progress, true))
		}
		post("to", "p:ann", "x", false)
		post("to, sent", "p:ann", "x", true)
		post("about/ann", "p:bob", "x", true)
		post("board", "p:g", "ann and bob", true)
		post("other", "p:g", "bob", true)
		post("waits", "p:bob", "ann", false)
		ok(t, drop(st.Runs().Begin(ctx, storage.Run{Job: "j", Group: "g", Date: "2026-11-24", State: storage.RunRendered, Body: []byte("ann")})))
		ok(t, drop(st.Runs().Begin(ctx, storage.Run{Job: "j", Group: "ann", Date: "2026-11-24", State: storage.RunPosted})))
		ok(t, st.Imports().Put(ctx, storage.Import{ID: "applied soon", Data: []byte("ann")}))
		post("file", "p:bob", "a file", false)
		equal(t, val(st.Persons().OnItsWay(ctx, leaves("ann")))(t), storage.OnItsWay{Posts: 3})
		ok(t, drop(st.Outbox().Get(ctx, "to")))
		recorded := leaves("ann")
		recorded.Recorded = at(1)
		equal(t, val(st.Persons().OnItsWay(ctx, recorded))(t), storage.OnItsWay{Posts: 3})
		recorded.Recorded = at(2) // the file was made before, and may hold anything
		equal(t, val(st.Persons().OnItsWay(ctx, recorded))(t), storage.OnItsWay{Posts: 4})
		equal(t, val(st.Persons().Erase(ctx, recorded))(t), storage.OnItsWay{Posts: 4})
		for _, id := range []string{"to", "to, sent", "about/ann"} {
			_, err := st.Outbox().Get(ctx, id)
			wants(t, err, storage.ErrNotFound)
		}
		board := val(st.Outbox().Get(ctx, "board"))(t)
		equal(t, string(board.Body), "{}")
		equal(t, board.State, storage.PostSent)
		equal(t, string(val(st.Outbox().Get(ctx, "other"))(t).Body), "bob")
		equal(t, string(val(st.Outbox().Get(ctx, "waits"))(t).Body), "ann")
		_, err := st.Runs().Get(ctx, "j|ann|2026-11-24")
		wants(t, err, storage.ErrNotFound)
		// A higher version is said all the same.
		equal(t, val(st.Outbox().Desire(ctx, storage.Post{ID: "board", Chat: "p:g", Body: []byte("new"), Version: 2, Created: at(1)}))(t), true)
	})

	t.Run("others' events stay, whatever they say of somebody", func(t *testing.T) {
		t.Parallel()
		ctx, st := t.Context(), s.open(t)
		accept := func(e storage.Event) { ok(t, drop(st.Inbox().Accept(ctx, e))) }
		accept(storage.Event{Key: "theirs", Payload: []byte("ann blob upload/1/0"), Next: at(1)})
		accept(storage.Event{Key: "theirs, dead", Payload: []byte("ann blob upload/2/0"), Dead: true, Attempts: 5})
		accept(storage.Event{Key: "waits", Payload: []byte("bob [ann]"), Next: at(1)})
		accept(storage.Event{Key: "is tried again", Payload: []byte("bob [ann]"), Next: at(99), Attempts: 1})
		accept(storage.Event{Key: "dead", Payload: []byte("by ann [ann]"), Dead: true, Attempts: 5, Error: "e", At: at(1), Received: at(2)})
		accept(storage.Event{Key: "later/ann", Payload: []byte("of ann []"), Next: at(99), At: at(99), Received: at(2)})
		accept(storage.Event{Key: "other", Payload: []byte("bob"), Next: at(1)})
		way := val(st.Persons().OnItsWay(ctx, leaves("ann")))(t)
		slices.Sort(way.Blobs)
		equal(t, way, storage.OnItsWay{Events: 2, Blobs: []string{"upload/1/0", "upload/2/0"}})
		for range 2 {
			equal(t, val(st.Persons().Erase(ctx, leaves("ann")))(t), storage.OnItsWay{Events: 2})
		}
		equal(t, val(st.Inbox().Dead(ctx, 9))(t), []storage.Event{
			{Key: "dead", Payload: []byte("by erased [ann]"), Dead: true, Attempts: 5, Error: "e", At: at(1), Received: at(2)},
		})
		var got []string
		for _, e := range val(st.Inbox().Pending(ctx, at(999), storage.Cursor{}, 9))(t) {
			got = append(got, e.Key+": "+string(e.Payload))
		}
		equal(t, got, []string{"other: bob", "waits: bob [ann]", "is tried again: bob [ann]", "later/erased: of erased "})
		ok(t, st.Inbox().Done(ctx, "waits", at(5)))
		ok(t, st.Inbox().Done(ctx, "is tried again", at(5)))
		equal(t, val(st.Persons().OnItsWay(ctx, leaves("ann")))(t), storage.OnItsWay{})
	})

	t.Run("a photo that is being fetched is waited for", func(t *testing.T) {
		t.Parallel()
		ctx, st := t.Context(), s.open(t)
		for _, id := range []string{"a", "b", "c", "d"} {
			f := storage.Fetch{ID: id, Rep: "ann", Resource: "blob upload/" + id, Next: at(1)}
			if id == "d" {
				f.Message = "of the platform"
			}
			ok(t, st.Media().Enqueue(ctx, f))
		}
		ok(t, st.Media().Claim(ctx, "a", "o", at(1), at(9)))
		ok(t, st.Media().Claim(ctx, "b", "dead", at(1), at(4)))
		way := val(st.Persons().OnItsWay(ctx, leaves("ann")))(t)
		slices.Sort(way.Blobs)
		equal(t, way, storage.OnItsWay{Events: 1, Blobs: []string{"upload/a", "upload/b", "upload/c"}})
		equal(t, val(st.Persons().Erase(ctx, leaves("ann")))(t), storage.OnItsWay{Events: 1})
		equal(t, val(st.Media().Count(ctx))(t), 1)
		ok(t, st.Media().Finish(ctx, "a"))
		equal(t, val(st.Persons().Erase(ctx, leaves("ann")))(t), storage.OnItsWay{})
		equal(t, val(st.Media().Count(ctx))(t), 0)
	})

	t.Run("many at once", func(t *testing.T) {
		t.Parallel()
		ctx, st := t.Context(), s.open(t)
		for i := range 130 {
			who := []string{"ann", "bob"}[i%2]
			ok(t, drop(st.Inbox().Accept(ctx, storage.Event{Key: fmt.Sprintf("%03d/%s", i, who), Payload: []byte(who)})))
		}
		equal(t, val(st.Persons().Erase(ctx, leaves("ann")))(t), storage.OnItsWay{})
		waiting, _, err := st.Inbox().Count(ctx, at(0))
		ok(t, err)
		equal(t, waiting, 65)
	})
}

func testForget(t *testing.T, s suite) {
	setup := func(t *testing.T) (context.Context, storage.Store) {
		t.Helper()
		t.Parallel()
		return t.Context(), s.open(t)
	}
	note := func(id string) visit.Fact {
		return visit.Fact{ID: id, Kind: visit.KindNote, Rep: "r", Date: "2026-11-24", At: at(1), Received: at(1)}
	}
	// sealed puts everything into the next block.
	sealed := func(t *testing.T, ctx context.Context, st storage.Store, number int64) {
		t.Helper()
		b := storage.Block{Number: number, At: at(1)}
		for _, th := range val(st.Record().Unsealed(ctx, 99))(t) {
			b.Leaves = append(b.Leaves, storage.Leaf{Kind: th.Kind, Of: th.ID(), Payload: [32]byte{1}, Place: [32]byte{2}, Salt: th.Salt})
		}
		ok(t, st.Record().Seal(ctx, b))
	}
	names := func(t *testing.T, ctx context.Context, st storage.Store) (out []string) {
		t.Helper()
		for _, b := range val(collect(st.Record().Blocks(ctx, 1)))(t) {
			for _, l := range b.Leaves {
				equal(t, l.Payload, [32]byte{1})
				equal(t, l.Place, [32]byte{2})
				out = append(out, string(l.Kind)+" "+l.Of)
			}
		}
		return out
	}

	t.Run("what is forgotten is gone, and its leaf stays without a name", func(t *testing.T) {
		ctx, st := setup(t)
		ok(t, st.Facts().Append(ctx, note("a"), note("b")))
		ok(t, st.Acts().Append(ctx, visit.Act{ID: "a", At: at(1)}))
		sealed(t, ctx, st, 1)
		ok(t, st.Facts().Append(ctx, note("c")))
		sealed(t, ctx, st, 2)
		ok(t, st.Facts().Append(ctx, note("d")))
		for range 2 {
			ok(t, st.Record().Forget(ctx, storage.ThingFact, "a", "c", "d", "nobody"))
		}
		ok(t, st.Record().Forget(ctx, storage.ThingFact))
		equal(t, names(t, ctx, st), []string{"fact ", "fact b", "act a", "fact "})
		equal(t, val(st.Record().Sealed(ctx))(t), 2)
		equal(t, len(val(collect(st.Facts().Range(ctx, storage.FactFilter{})))(t)), 1)
		ok(t, st.Record().Forget(ctx, storage.ThingAct, "a"))
		equal(t, names(t, ctx, st), []string{"fact ", "fact b", "act ", "fact "})
		equal(t, len(val(collect(st.Acts().Range(ctx)))(t)), 0)
		// The head is settled as ever.
		ok(t, st.Record().Settle(ctx, val(st.Record().Head(ctx))(t)))
		equal(t, val(st.Record().Sealed(ctx))(t), 1)
	})

	t.Run("what is replaced is sealed anew, with other salts", func(t *testing.T) {
		ctx, st := setup(t)
		full := fullFact()
		ok(t, st.Facts().Append(ctx, full))
		ok(t, st.Acts().Append(ctx, fullAct()))
		before := val(st.Record().Unsealed(ctx, 9))(t)
		sealed(t, ctx, st, 1)
		other, act := full, fullAct()
		other.By, act.By = storage.Erased, storage.Erased
		for range 2 {
			ok(t, st.Record().Replace(ctx, storage.Thing{Kind: storage.ThingFact, Fact: &other}))
			ok(t, st.Record().Replace(ctx, storage.Thing{Kind: storage.ThingAct, Act: &act}))
		}
		after := val(st.Record().Unsealed(ctx, 9))(t)
		equal(t, len(after), 2)
		equal(t, *after[0].Fact, other)
		equal(t, *after[1].Act, act)
		for i := range after {
			if bytes.Equal(after[i].Salt, before[i].Salt) || after[i].PlaceSalt != nil && bytes.Equal(after[i].PlaceSalt, before[i].PlaceSalt) {
				t.Errorf("%s keeps a salt", after[i].ID())
			}
		}
		equal(t, names(t, ctx, st), []string{"fact ", "act "})
		equal(t, val(st.Record().Sealed(ctx))(t), 0)
		// What is not there is not made.
		other.ID = "nobody"
		ok(t, st.Record().Replace(ctx, storage.Thing{Kind: storage.ThingFact, Fact: &other}))
		_, err := st.Facts().Get(ctx, "nobody")
		wants(t, err, storage.ErrNotFound)
	})

	t.Run("all acts, in their order, however many", func(t *testing.T) {
		ctx, st := setup(t)
		var acts []visit.Act
		for i := range 1100 {
			acts = append(acts, visit.Act{ID: fmt.Sprintf("%04d", 1099-i), Kind: visit.ActLook, At: at((1099 - i) / 7)})
		}
		ok(t, st.Acts().Append(ctx, acts...))
		n := 0
		for a, err := range st.Acts().Range(ctx) {
			ok(t, err)
			equal(t, a.ID, fmt.Sprintf("%04d", n))
			n++
		}
		equal(t, n, 1100)
	})

	t.Run("photos are dropped by their digests", func(t *testing.T) {
		ctx, st := setup(t)
		for _, sha := range []string{"a", "b"} {
			ok(t, st.Media().PutBlob(ctx, storage.Blob{SHA256: sha, At: at(1), Data: bytes.Repeat([]byte(sha), 9<<20)}))
		}
		for range 2 {
			ok(t, st.Media().DropBlobs(ctx, "a", "nobody"))
		}
		ok(t, st.Media().DropBlobs(ctx))
		_, err := st.Media().Blob(ctx, "a")
		wants(t, err, storage.ErrNotFound)
		equal(t, len(val(st.Media().Blob(ctx, "b"))(t).Data), 9<<20)
	})

	t.Run("which photos are there, however many are asked for", func(t *testing.T) {
		ctx, st := setup(t)
		for _, sha := range []string{"b", "a", "c"} {
			ok(t, st.Media().PutBlob(ctx, storage.Blob{SHA256: sha, At: at(1), Data: []byte(sha)}))
		}
		ok(t, st.Media().DropBlobs(ctx, "c"))
		ask := []string{"b", "a", "c", "a"}
		for i := range 2500 {
			ask = append(ask, fmt.Sprintf("none%d", i))
		}
		equal(t, val(st.Media().Kept(ctx, ask...))(t), []string{"a", "b"})
		equal(t, len(val(st.Media().Kept(ctx, "nobody"))(t)), 0)
		equal(t, len(val(st.Media().Kept(ctx))(t)), 0)
	})
}
