package storagetest

import (
	"bytes"
	"context"
	"fmt"
	"slices"
	"testing"

	"roundsman/storage"
	"roundsman/visit"
)

func fullAct() visit.Act {
	return visit.Act{
		ID: "act-" + chinese, Kind: visit.ActLook, At: at(1), By: "manager-" + chinese, About: "rep-" + chinese, Team: chinese, What: "photo", Reason: chinese,
	}
}

func fullBlock() storage.Block {
	return storage.Block{
		Number: 1, At: at(1), Prev: [32]byte{1, 255}, Root: [32]byte{2}, Hash: [32]byte{7},
		Leaves: []storage.Leaf{
			{Kind: storage.ThingFact, Of: "fix-" + chinese, Payload: [32]byte{3, 255}, Place: [32]byte{4}, Salt: []byte{5}},
		},
	}
}

func testActs(t *testing.T, s suite) {
	t.Run("every field comes back, once", func(t *testing.T) {
		t.Parallel()
		a, ctx := s.open(t).Acts(), t.Context()
		full, again := fullAct(), fullAct()
		complete(t, full)
		again.What = "other"
		ok(t, a.Append(ctx, full, again))
		ok(t, a.Append(ctx, again))
		ok(t, a.Append(ctx))
		equal(t, val(a.About(ctx, full.About, at(1), 9))(t), []visit.Act{full})
	})

	t.Run("those about a person, newest first", func(t *testing.T) {
		t.Parallel()
		a, ctx := s.open(t).Acts(), t.Context()
		act := func(id, about string, second int) visit.Act {
			return visit.Act{ID: id, Kind: visit.ActLook, About: about, At: at(second)}
		}
		ok(t, a.Append(ctx, act("1", "r", 1), act("3", "r", 3), act("2", "r", 3), act("other", "R", 3), act("none", "", 3)))
		equal(t, val(a.About(ctx, "r", at(0), 9))(t), []visit.Act{act("3", "r", 3), act("2", "r", 3), act("1", "r", 1)})
		equal(t, val(a.About(ctx, "r", at(2), 9))(t), []visit.Act{act("3", "r", 3), act("2", "r", 3)})
		equal(t, val(a.About(ctx, "r", at(0), 1))(t), []visit.Act{act("3", "r", 3)})
		equal(t, val(a.About(ctx, "nobody", at(0), 9))(t), []visit.Act(nil))
	})
}

func testRecord(t *testing.T, s suite) {
	setup := func(t *testing.T) (context.Context, storage.Store) {
		t.Helper()
		t.Parallel()
		return t.Context(), s.open(t)
	}
	ids := func(things []storage.Thing) (out []string) {
		for _, th := range things {
			out = append(out, string(th.Kind)+" "+th.ID())
		}
		return out
	}
	note := func(id string, second int) visit.Fact {
		return visit.Fact{ID: id, Kind: visit.KindNote, Rep: "r", Date: "2026-11-24", At: at(second)}
	}
	block := func(number int64, things ...storage.Thing) storage.Block {
		b := storage.Block{Number: number, At: at(int(number))}
		for _, th := range things {
			b.Leaves = append(b.Leaves, storage.Leaf{Kind: th.Kind, Of: th.ID(), Payload: [32]byte{1}, Salt: th.Salt})
		}
		return b
	}

	t.Run("every field of a block comes back", func(t *testing.T) {
		ctx, st := setup(t)
		_, err := st.Record().Head(ctx)
		wants(t, err, storage.ErrNotFound)
		full := fullBlock()
		complete(t, full)
		// What it is marked by is not kept.
		for i := range full.Leaves {
			full.Leaves[i].Salt = nil
		}
		// An act, which is nowhere, and what was erased.
		full.Leaves = append(full.Leaves, storage.Leaf{Kind: storage.ThingAct, Of: "act", Payload: [32]byte{5}}, storage.Leaf{Kind: storage.ThingFact, Payload: [32]byte{6}})
		ok(t, st.Record().Seal(ctx, full))
		equal(t, val(st.Record().Head(ctx))(t), full)
		equal(t, val(collect(st.Record().Blocks(ctx, 1)))(t), []storage.Block{full})
	})

	t.Run("what is not sealed, facts first, by time", func(t *testing.T) {
		ctx, st := setup(t)
		ok(t, st.Facts().Append(ctx, note("b", 2), note("a", 2), note("c", 1)))
		ok(t, st.Acts().Append(ctx, visit.Act{ID: "y", At: at(1)}, visit.Act{ID: "x", At: at(1)}))
		equal(t, ids(val(st.Record().Unsealed(ctx, 9))(t)), []string{"fact c", "fact a", "fact b", "act x", "act y"})
		some := val(st.Record().Unsealed(ctx, 4))(t)
		equal(t, ids(some), []string{"fact c", "fact a", "fact b", "act x"})
		equal(t, ids(val(st.Record().Unsealed(ctx, 3))(t)), []string{"fact c", "fact a", "fact b"})

		ok(t, st.Record().Seal(ctx, block(1, some[0], some[3])))
		left := val(st.Record().Unsealed(ctx, 9))(t)
		equal(t, ids(left), []string{"fact a", "fact b", "act y"})
		equal(t, val(st.Record().Sealed(ctx))(t), 2)
		// What comes late is found like the rest.
		ok(t, st.Facts().Append(ctx, note("late", 0)))
		equal(t, ids(val(st.Record().Unsealed(ctx, 1))(t)), []string{"fact late"})
		// Appending what is sealed again does not unseal it.
		ok(t, st.Facts().Append(ctx, note("c", 1)))
		equal(t, val(st.Record().Sealed(ctx))(t), 2)
		for _, kind := range []storage.ThingKind{storage.ThingFact, storage.ThingAct} {
			for _, th := range val(st.Record().Things(ctx, kind, "a", "c", "x", "nobody"))(t) {
				want := int64(1)
				if th.ID() == "a" {
					want = 0
				}
				equal(t, th.Block, want)
			}
		}
	})

	t.Run("a salt is a thing's own and stays", func(t *testing.T) {
		ctx, st := setup(t)
		full := fullFact()
		ok(t, st.Facts().Append(ctx, full, note("a", 1)))
		ok(t, st.Acts().Append(ctx, fullAct()))
		things := val(st.Record().Unsealed(ctx, 9))(t)
		equal(t, len(things), 3)
		var salts [][]byte
		for _, th := range things {
			located := th.Fact != nil && th.Fact.ID == full.ID
			if len(th.Salt) != 16 || located != (len(th.PlaceSalt) == 16) {
				t.Errorf("%s has the salts %x and %x", th.ID(), th.Salt, th.PlaceSalt)
			}
			salts = append(salts, th.Salt, th.PlaceSalt)
			if th.Fact != nil {
				equal(t, val(st.Facts().Get(ctx, th.Fact.ID))(t), *th.Fact)
			}
		}
		slices.SortFunc(salts, bytes.Compare)
		if n := len(slices.CompactFunc(salts, bytes.Equal)); n != 5 { // two have none
			t.Errorf("only %d salts differ", n)
		}
		equal(t, val(st.Record().Unsealed(ctx, 9))(t), things)
		// Where a person was goes with its salt.
		ok(t, drop(st.Facts().Redact(ctx, full.Date.Add(1))))
		after := val(st.Record().Things(ctx, storage.ThingFact, full.ID))(t)[0]
		equal(t, after.PlaceSalt, []byte(nil))
		equal(t, *after.Fact, full.Redacted())
		if after.Fact.Located() || !full.Located() {
			t.Error("what is redacted still says where somebody was")
		}
	})

	t.Run("a number is there once", func(t *testing.T) {
		ctx, st := setup(t)
		ok(t, st.Facts().Append(ctx, note("a", 1), note("b", 2)))
		things := val(st.Record().Unsealed(ctx, 9))(t)
		wins := 0
		for _, err := range race(t, func(ctx context.Context, i int) error {
			return st.Record().Seal(ctx, block(1, things[i%2]))
		}) {
			if err == nil {
				wins++
			} else {
				wants(t, err, storage.ErrConflict)
			}
		}
		equal(t, wins, 1)
		equal(t, val(st.Record().Sealed(ctx))(t), 1)
		// Whoever lost marks what the winner's block holds, and nothing of their own.
		head := val(st.Record().Head(ctx))(t)
		for _, th := range things {
			if th.ID() == head.Leaves[0].Of {
				head.Leaves[0].Salt = th.Salt
			}
		}
		ok(t, st.Record().Settle(ctx, head))
		equal(t, val(st.Record().Sealed(ctx))(t), 1)
	})

	t.Run("whoever is late marks nothing that took another's place", func(t *testing.T) {
		ctx, st := setup(t)
		for i, kind := range []storage.ThingKind{storage.ThingFact, storage.ThingAct} {
			id, act := string(kind), visit.Act{ID: string(kind), Kind: visit.ActLook, At: at(1), By: "ann"}
			fact := note(id, 1)
			fact.By = "ann"
			th := storage.Thing{Kind: kind}
			if kind == storage.ThingAct {
				ok(t, st.Acts().Append(ctx, act))
				act.By, th.Act = storage.Erased, &act
			} else {
				ok(t, st.Facts().Append(ctx, fact))
				fact.By, th.Fact = storage.Erased, &fact
			}
			made := block(int64(2*i+1), val(st.Record().Things(ctx, kind, id))(t)...)
			// It inserted its block, and did not come to mark what it holds.
			unmarked := made
			unmarked.Leaves = slices.Clone(made.Leaves)
			unmarked.Leaves[0].Salt = nil
			ok(t, st.Record().Seal(ctx, unmarked))
			ok(t, st.Record().Replace(ctx, th))
			ok(t, st.Record().Settle(ctx, made))
			equal(t, val(st.Record().Sealed(ctx))(t), i)
			// Nor one that did not come to insert it: then there need be no block.
			late := made
			late.Number++
			if err := st.Record().Seal(ctx, late); err != nil {
				wants(t, err, storage.ErrConflict)
			}
			equal(t, val(st.Record().Sealed(ctx))(t), i)
			now := block(made.Number, val(st.Record().Things(ctx, kind, id))(t)...)
			for range 2 {
				ok(t, st.Record().Settle(ctx, now))
			}
			equal(t, val(st.Record().Sealed(ctx))(t), i+1)
		}
	})

	t.Run("blocks come in their order, however many", func(t *testing.T) {
		ctx, st := setup(t)
		const n = 40
		for i := range n {
			ok(t, st.Record().Seal(ctx, block(int64(i+1))))
		}
		equal(t, val(st.Record().Head(ctx))(t).Number, int64(n))
		for _, from := range []int64{1, 17, n} {
			all := val(collect(st.Record().Blocks(ctx, from)))(t)
			equal(t, len(all), n-int(from)+1)
			for i, b := range all {
				equal(t, b.Number, from+int64(i))
			}
		}
		equal(t, len(val(collect(st.Record().Blocks(ctx, n+1)))(t)), 0)
	})

	t.Run("none is asked for", func(t *testing.T) {
		ctx, st := setup(t)
		ok(t, st.Facts().Append(ctx, note("a", 1)))
		equal(t, len(val(st.Record().Things(ctx, storage.ThingFact))(t)), 0)
		equal(t, len(val(st.Record().Things(ctx, storage.ThingAct))(t)), 0)
	})

	t.Run("many at once", func(t *testing.T) {
		ctx, st := setup(t)
		var all []visit.Fact
		for i := range 700 {
			all = append(all, note(fmt.Sprintf("%03d", i), i/100))
		}
		ok(t, st.Facts().Append(ctx, all...))
		things := val(st.Record().Unsealed(ctx, 500))(t)
		equal(t, len(things), 500)
		ok(t, st.Record().Seal(ctx, block(1, things...)))
		equal(t, val(st.Record().Sealed(ctx))(t), 500)
		equal(t, len(val(st.Record().Unsealed(ctx, 500))(t)), 200)
		var ids []string
		for _, th := range things {
			ids = append(ids, th.ID())
		}
		equal(t, len(val(st.Record().Things(ctx, storage.ThingFact, ids...))(t)), 500)
	})
}
