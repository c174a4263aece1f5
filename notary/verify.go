package notary

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"runtime"
	"slices"
	"strconv"
	"time"

	"golang.org/x/sync/errgroup"

	"roundsman/record"
	"roundsman/storage"
	"roundsman/visit"
)

// What can be wrong with a record, besides what package record finds of a block.
var (
	// ErrChanged: it is not what was sealed.
	ErrChanged = errors.New("is not what was sealed")
	// ErrMissing: it is gone.
	ErrMissing = errors.New("is missing")
	// ErrPlace: where the person was is gone before its time, or was added.
	ErrPlace = errors.New("says another place than was sealed, or none although its time is not over")
	// ErrErased: more was erased than anybody recorded who may.
	ErrErased = errors.New("was erased by nobody who may")
	// ErrExtra: it claims to be sealed and is in no block.
	ErrExtra = errors.New("claims to be sealed and is in no block")
	// ErrCut: a block that was witnessed is not there.
	ErrCut = errors.New("the record ends before a block that was witnessed")
)

// Problem is the first thing that does not hold.
type Problem struct {
	// Block is the number of the block, Index the place in it from 0; −1 where it
	// is about the block itself.
	Block uint64
	Index int
	// Kind and ID name the record; empty where it is about a block.
	Kind storage.ThingKind
	ID   string
	Err  error
}

// Error says what does not hold.
func (p *Problem) Error() string {
	if p.ID == "" {
		return fmt.Sprintf("block %d: %v", p.Block, p.Err)
	}
	if p.Block == 0 {
		return fmt.Sprintf("%s %s %v", p.Kind, p.ID, p.Err)
	}
	return fmt.Sprintf("block %d, record %d: %s %s %v", p.Block, p.Index+1, p.Kind, p.ID, p.Err)
}

// Unwrap returns what is wrong.
func (p *Problem) Unwrap() error { return p.Err }

// holds notes what is wrong, and reports whether that is nothing.
func (p *Problem) holds(err error) bool {
	p.Err = err
	return err == nil
}

// Question says what is to be verified.
type Question struct {
	// From and To are the inclusive dates whose facts are compared; empty for all.
	// The chain is verified whole.
	From, To visit.Date
	// Witnessed are heads that somebody kept outside of the store.
	Witnessed []record.Head
	// Known reports whether an act that says that something was erased is one of
	// which somebody knows outside of the store: only such acts excuse what is
	// missing. Nil if nothing is known there, and then all do.
	Known func(visit.Act) bool
	// KeepPlaces is how long places are kept: an act that says that places were
	// removed excuses those that were older when it was sealed. Zero if it is not
	// known, and then those of the days before.
	KeepPlaces time.Duration
}

// Erasure is an act that says that something was erased.
type Erasure struct {
	Act visit.Act
	// Things are how many it says, and Known that they count.
	Things int
	Known  bool
}

// Kept is what of a store is verified.
type Kept interface {
	Record() storage.Record
	Facts() storage.Facts
}

// Report is what was verified.
type Report struct {
	// Blocks and Things count what holds, Redacted those of the things whose place
	// is removed, Erased those that are erased.
	Blocks, Things, Redacted, Erased int
	// Elsewhen are the facts that were not compared, because they say another date
	// than was asked for.
	Elsewhen int
	// Erasures are what excuses the erased, in the order in which they were sealed.
	Erasures []Erasure
	// Head is the last block's; zero if there is none.
	Head record.Head
	// Unsealed says that something is not sealed yet, for example what came a moment ago.
	Unsealed bool
}

// Verify reads the whole record and compares what is kept with it. It returns a
// [*Problem] for the first thing that does not hold.
func Verify(ctx context.Context, store Kept, q Question) (Report, error) {
	v := verifier{store: store.Record(), facts: store.Facts(), q: q, witnessed: make(map[uint64]record.Hash), gone: make(map[visit.Date]*Problem)}
	for _, h := range q.Witnessed {
		if old, ok := v.witnessed[h.Number]; ok && old != h.Hash {
			return v.report, &Problem{Block: h.Number, Index: -1, Err: record.ErrHead}
		}
		v.witnessed[h.Number] = h.Hash
	}
	next, stop := iter.Pull2(v.store.Blocks(ctx, 1))
	defer stop()
	for more := true; more; {
		var some []storage.Block
		for len(some) < blocksAtOnce {
			b, err, ok := next()
			if err != nil {
				return v.report, fmt.Errorf("read the record: %w", err)
			}
			if more = ok; !more {
				break
			}
			some = append(some, b)
		}
		if err := v.blocks(ctx, some); err != nil {
			return v.report, err
		}
	}
	return v.report, v.end(ctx)
}

// blocksAtOnce are read and compared together.
const blocksAtOnce = 16

type verifier struct {
	store     storage.Record
	facts     storage.Facts
	q         Question
	report    Report
	witnessed map[uint64]record.Hash
	// gone are the first facts of each date whose place is removed, and removed the
	// date before which that was done, by what is sealed.
	gone    map[visit.Date]*Problem
	removed visit.Date
	// erased are the blocks in which something is erased, or an act says so.
	erased []balance
}

// balance is what a block lacks, and what it excuses: an act is sealed after what it excuses.
type balance struct {
	erased, excused int
	// first is the first thing that is erased.
	first *Problem
}

// blocks verifies some blocks, one after the other, and what they hold.
func (v *verifier) blocks(ctx context.Context, some []storage.Block) error {
	checked := make([]held, len(some))
	g, bound := errgroup.WithContext(ctx)
	g.SetLimit(runtime.GOMAXPROCS(0))
	for i, b := range some {
		g.Go(func() (err error) {
			checked[i], err = v.compare(bound, b)
			return err
		})
	}
	if err := g.Wait(); err != nil {
		return err
	}
	for i, b := range some {
		h := header(b)
		head, err := record.Follow(v.report.Head, h, leaves(b))
		if err == nil && head.Hash != b.Hash {
			err = record.ErrOwn
		}
		if err == nil {
			if hash, ok := v.witnessed[h.Number]; ok && hash != head.Hash {
				err = record.ErrHead
			}
		}
		if err != nil {
			return &Problem{Block: v.report.Head.Number + 1, Index: -1, Err: err}
		}
		if p := checked[i].problem; p != nil {
			return p
		}
		v.report.Head = head
		v.report.Blocks++
		v.add(checked[i], b.At)
	}
	return nil
}

// held is what came of what a block holds.
type held struct {
	things, redacted, erased, elsewhen int
	// gone are the first of each date whose place is removed.
	gone        map[visit.Date]*Problem
	firstErased *Problem
	acts        []visit.Act
	problem     *Problem
}

// zones is how far a zone's date may be ahead of UTC's.
const zones = 14 * time.Hour

func (v *verifier) add(h held, sealed time.Time) {
	v.report.Things += h.things
	v.report.Redacted += h.redacted
	v.report.Erased += h.erased
	v.report.Elsewhen += h.elsewhen
	for date, p := range h.gone {
		if v.gone[date] == nil {
			v.gone[date] = p
		}
	}
	sum := balance{erased: h.erased, first: h.firstErased}
	for _, a := range h.acts {
		switch a.Kind {
		case visit.ActRedact:
			at := a.At
			if sealed.Before(at) {
				at = sealed
			}
			// Nobody's time is over on the day itself: such an act excuses nothing.
			over := visit.DateOf(a.At).Add(-1)
			if v.q.KeepPlaces > 0 {
				over = visit.DateOf(at.UTC().Add(zones - v.q.KeepPlaces))
			}
			if before := visit.Date(a.What); before <= over {
				v.removed = max(v.removed, before)
			}
		case visit.ActErase:
			n, err := strconv.Atoi(a.What)
			e := Erasure{Act: a, Things: max(n, 0), Known: err == nil && n > 0 && (v.q.Known == nil || v.q.Known(a))}
			v.report.Erasures = append(v.report.Erasures, e)
			if e.Known {
				sum.excused += n
			}
		}
	}
	if sum.erased+sum.excused > 0 {
		v.erased = append(v.erased, sum)
	}
}

// unexcused is the first block's first thing that is erased though no act that was
// sealed after it says so.
func (v *verifier) unexcused() (first *Problem) {
	spare := 0
	for _, b := range slices.Backward(v.erased) {
		if spare += b.excused - b.erased; spare < 0 {
			first, spare = b.first, 0
		}
	}
	return first
}

// compare compares what a block holds with what is kept.
func (v *verifier) compare(ctx context.Context, b storage.Block) (held, error) {
	out := held{gone: make(map[visit.Date]*Problem)}
	ids := make(map[storage.ThingKind][]string)
	for _, l := range b.Leaves {
		if l.Of != "" {
			ids[l.Kind] = append(ids[l.Kind], l.Of)
		}
	}
	kept := make(map[string]storage.Thing, len(b.Leaves))
	for kind, list := range ids {
		things, err := v.store.Things(ctx, kind, list...)
		if err != nil {
			return out, fmt.Errorf("read what block %d holds: %w", b.Number, err)
		}
		for _, t := range things {
			kept[string(kind)+t.ID()] = t
		}
	}
	for i, l := range b.Leaves {
		p := &Problem{Block: uint64(b.Number), Index: i, Kind: l.Kind, ID: l.Of}
		if l.Of == "" {
			p.ID, p.Err = "of somebody", ErrErased
			if out.erased++; out.firstErased == nil {
				out.firstErased = p
			}
			continue
		}
		t, ok := kept[string(l.Kind)+l.Of]
		if !ok || t.Block != b.Number {
			p.Err = ErrMissing
			out.problem = p
			return out, nil
		}
		if v.elsewhen(t) {
			out.elsewhen++
		} else if !p.holds(same(l, t)) {
			out.problem = p
			return out, nil
		}
		out.things++
		if t.Act != nil {
			out.acts = append(out.acts, *t.Act)
			continue
		}
		if l.Place != (record.Hash{}) && !t.Fact.Located() {
			out.redacted++
			if p.Err = ErrPlace; out.gone[t.Fact.Date] == nil {
				out.gone[t.Fact.Date] = p
			}
		}
	}
	return out, nil
}

// elsewhen reports whether a thing is of another date than was asked for, by what it says.
func (v *verifier) elsewhen(t storage.Thing) bool {
	return t.Fact != nil && (t.Fact.Date < v.q.From || v.q.To != "" && t.Fact.Date > v.q.To)
}

// same reports how a thing differs from what was sealed of it. That a place was
// removed is no difference yet.
func same(l storage.Leaf, t storage.Thing) error {
	now, err := leafOf(t)
	switch {
	case err != nil:
		return err
	case now.Payload != l.Payload:
		return ErrChanged
	case now.Place != l.Place && !now.Place.IsZero():
		return ErrPlace
	}
	return nil
}

// end looks at what only the whole record shows.
func (v *verifier) end(ctx context.Context) error {
	var first *Problem
	for date, p := range v.gone {
		if date >= v.removed && (first == nil || p.Block < first.Block || p.Block == first.Block && p.Index < first.Index) {
			first = p
		}
	}
	if p := v.unexcused(); p != nil && (first == nil || p.Block < first.Block) {
		first = p
	}
	if first != nil {
		return first
	}
	for n := range v.witnessed {
		if n > v.report.Head.Number {
			return &Problem{Block: v.report.Head.Number + 1, Index: -1, Err: ErrCut}
		}
	}
	sealed, err := v.store.Sealed(ctx)
	if err != nil {
		return err
	}
	if sealed != v.report.Things {
		return v.extra(ctx)
	}
	left, err := v.store.Unsealed(ctx, 1)
	v.report.Unsealed = len(left) > 0
	return err
}

// extra finds what claims to be sealed and is in no block.
func (v *verifier) extra(ctx context.Context) error {
	held := make(map[string]bool)
	for b, err := range v.store.Blocks(ctx, 1) {
		if err != nil {
			return fmt.Errorf("read the record: %w", err)
		}
		for _, l := range b.Leaves {
			if l.Kind == storage.ThingFact {
				held[l.Of] = true
			}
		}
	}
	var others []string
	ask := func() error {
		things, err := v.store.Things(ctx, storage.ThingFact, others...)
		if err != nil {
			return err
		}
		others = others[:0]
		for _, t := range things {
			if t.Block > 0 {
				return &Problem{Index: -1, Kind: storage.ThingFact, ID: t.ID(), Err: ErrExtra}
			}
		}
		return nil
	}
	for f, err := range v.facts.Range(ctx, storage.FactFilter{}) {
		if err != nil {
			return fmt.Errorf("read the facts: %w", err)
		}
		if !held[f.ID] {
			others = append(others, f.ID)
		}
		if len(others) == perBlock {
			if err := ask(); err != nil {
				return err
			}
		}
	}
	if err := ask(); err != nil {
		return err
	}
	return &Problem{Index: -1, Kind: storage.ThingAct, ID: "of somebody", Err: ErrExtra}
}
