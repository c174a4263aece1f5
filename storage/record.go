package storage

import (
	"context"
	"iter"
	"time"

	"roundsman/visit"
)

// ThingKind says what is sealed.
type ThingKind string

// What is sealed.
const (
	ThingFact ThingKind = "fact"
	ThingAct  ThingKind = "act"
)

// Thing is a fact or an act, with what it takes to seal it. The salts come with
// it when it is appended: whoever removes what they are for removes them too.
type Thing struct {
	Kind ThingKind
	// Fact or Act is set, by its kind.
	Fact *visit.Fact
	Act  *visit.Act
	// Salt is that of what stays, PlaceSalt that of where a person was; nil when
	// it is removed. 16 bytes each.
	Salt, PlaceSalt []byte
	// Block is the number of the block that holds it, 0 if none does.
	Block int64
}

// ID is the id of the fact or the act.
func (t Thing) ID() string {
	if t.Act != nil {
		return t.Act.ID
	}
	if t.Fact != nil {
		return t.Fact.ID
	}
	return ""
}

// Leaf is what a block holds of a thing: who it is of, which is not sealed, and
// the commitments.
type Leaf struct {
	Kind ThingKind
	// Of is the thing's id; empty if it was erased.
	Of string
	// Payload and Place are the commitments; Place is zero if there was none.
	Payload, Place [32]byte
	// Salt is that of the thing which is to be marked as sealed: one that took its
	// place meanwhile has another. It is not kept; a leaf without it marks nothing.
	Salt []byte
}

// Block is a link of the chain.
type Block struct {
	Number int64
	At     time.Time
	// Prev is the hash of the block before, Root that of the leaves, Hash its own:
	// it follows from the rest, and tells which of two blocks was altered.
	Prev, Root, Hash [32]byte
	Leaves           []Leaf
}

// Record keeps the chain.
type Record interface {
	// Unsealed returns facts and acts that no block holds, facts first, each by
	// (At, ID), at most limit.
	Unsealed(ctx context.Context, limit int) ([]Thing, error)
	// Seal inserts the block unless its number is there (ErrConflict), and then
	// marks what it holds, as Settle does. After an error, Settle completes what was
	// begun. An adapter that does both at once inserts no block (ErrConflict) of
	// which something is not as it was when the block was made.
	Seal(ctx context.Context, b Block) error
	// Settle marks what the block holds as sealed in it, where it still has the salt
	// that its leaf has: whoever is late marks nothing that was put in the place of
	// what they saw. Twice is fine.
	Settle(ctx context.Context, b Block) error
	// Head returns the newest block, or ErrNotFound.
	Head(ctx context.Context) (Block, error)
	// Blocks yields the blocks from the number on, in their order.
	Blocks(ctx context.Context, from int64) iter.Seq2[Block, error]
	// Things returns those with the ids that are there, in any order; kind by kind.
	Things(ctx context.Context, kind ThingKind, ids ...string) ([]Thing, error)
	// Forget removes the things with the ids, and with them their salts: whoever has
	// the record knows neither what they said nor of whom, for the leaves that
	// named them name nobody from then on. What was sealed stays sealed. Whoever calls
	// it is the one who seals, so that no block is made of them meanwhile. What is
	// not there is none; twice is fine.
	Forget(ctx context.Context, kind ThingKind, ids ...string) error
	// Replace puts a fact or an act in the place of the one with its id, as
	// [Record.Forget] and appending it would, but in one step for whoever reads it:
	// it is not sealed yet. Twice is fine.
	Replace(ctx context.Context, t Thing) error
	// Sealed counts the things that are marked as sealed.
	Sealed(ctx context.Context) (int, error)
}

// Acts keeps what admins, managers and Roundsman itself did.
type Acts interface {
	// Append inserts the acts whose ids are not there yet.
	Append(ctx context.Context, acts ...visit.Act) error
	// About returns the acts that concern a person from the instant on, newest first, at most limit.
	About(ctx context.Context, person string, from time.Time, limit int) ([]visit.Act, error)
	// Range yields all acts, by (At, ID), read as it goes.
	Range(ctx context.Context) iter.Seq2[visit.Act, error]
}
