package notary

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"roundsman/record"
	"roundsman/storage"
)

const (
	// lease is the right to seal, and leaseFor how long it is taken for.
	lease    = "record"
	leaseFor = time.Minute
	// perBlock bounds the things of a block.
	perBlock = 500
)

// Store is what a Notary needs of a store.
type Store interface {
	Record() storage.Record
	Leases() storage.Leases
}

// Notary seals what is kept.
type Notary struct {
	store Store
	now   func() time.Time
	// owner makes a new name for each taking of the lease.
	owner func() string
}

// New returns a Notary. owner returns another name each time.
func New(store Store, now func() time.Time, owner func() string) *Notary {
	return &Notary{store, now, owner}
}

// Head returns the number and the hash of the newest block, or storage.ErrNotFound.
func (n *Notary) Head(ctx context.Context) (record.Head, error) {
	return Head(ctx, n.store.Record())
}

// Seal puts everything that no block holds yet into blocks, and returns how many
// things that were. While another process is at it, it does nothing.
func (n *Notary) Seal(ctx context.Context) (sealed int, err error) {
	owner, now := n.owner(), n.now()
	err = n.store.Leases().Take(ctx, lease, owner, now, now.Add(leaseFor))
	if errors.Is(err, storage.ErrConflict) {
		return 0, nil
	}
	if err != nil {
		return 0, fmt.Errorf("take the record: %w", err)
	}
	defer func() {
		err = errors.Join(err, n.store.Leases().Give(context.WithoutCancel(ctx), lease, owner))
	}()
	last, err := n.store.Record().Head(ctx)
	switch {
	case errors.Is(err, storage.ErrNotFound):
		last = storage.Block{}
	case err != nil:
		return 0, fmt.Errorf("read the head of the record: %w", err)
	default:
		// Whoever made it may have died before it was marked what it holds.
		if err := n.settle(ctx, last); err != nil {
			return 0, err
		}
	}
	for {
		things, err := n.store.Record().Unsealed(ctx, perBlock)
		if err != nil || len(things) == 0 {
			return sealed, err
		}
		b, err := block(last, n.now(), things)
		if err != nil {
			return sealed, err
		}
		if err := n.store.Leases().Keep(ctx, lease, owner, n.now().Add(leaseFor)); err != nil {
			return sealed, ignoreConflict(err)
		}
		// Whoever lost the lease meanwhile finds the number taken.
		if err := n.store.Record().Seal(ctx, b); err != nil {
			return sealed, ignoreConflict(err)
		}
		sealed, last = sealed+len(things), b
	}
}

// ErrBusy says that another process has the record just now.
var ErrBusy = errors.New("another process is sealing the record; try again in a minute")

// Alone does something with the record while nobody seals: what is forgotten
// meanwhile must not be in a block that is just being made. It has to end well
// within a minute. It fails with [ErrBusy] if another process is at it.
func (n *Notary) Alone(ctx context.Context, do func(context.Context) error) (err error) {
	owner, now := n.owner(), n.now()
	err = n.store.Leases().Take(ctx, lease, owner, now, now.Add(leaseFor))
	if errors.Is(err, storage.ErrConflict) {
		return ErrBusy
	}
	if err != nil {
		return fmt.Errorf("take the record: %w", err)
	}
	defer func() {
		err = errors.Join(err, n.store.Leases().Give(context.WithoutCancel(ctx), lease, owner))
	}()
	last, err := n.store.Record().Head(ctx)
	if err == nil {
		// What its maker did not come to mark is in it all the same.
		err = n.settle(ctx, last)
	}
	if err != nil && !errors.Is(err, storage.ErrNotFound) {
		return fmt.Errorf("settle the head of the record: %w", err)
	}
	return do(ctx)
}

// settle marks what a block holds, as far as it is not marked and is what was sealed.
func (n *Notary) settle(ctx context.Context, b storage.Block) error {
	at := make(map[string]int, len(b.Leaves))
	ids := make(map[storage.ThingKind][]string)
	for i, l := range b.Leaves {
		if l.Of != "" {
			at[string(l.Kind)+l.Of] = i
			ids[l.Kind] = append(ids[l.Kind], l.Of)
		}
	}
	b.Leaves = slices.Clone(b.Leaves)
	left := false
	for kind, of := range ids {
		things, err := n.store.Record().Things(ctx, kind, of...)
		if err != nil {
			return fmt.Errorf("read what block %d holds: %w", b.Number, err)
		}
		for _, t := range things {
			l := &b.Leaves[at[string(kind)+t.ID()]]
			if t.Block == 0 && same(*l, t) == nil {
				l.Salt, left = t.Salt, true
			}
		}
	}
	if !left {
		return nil
	}
	if err := n.store.Record().Settle(ctx, b); err != nil {
		return fmt.Errorf("settle block %d: %w", b.Number, err)
	}
	return nil
}

func ignoreConflict(err error) error {
	if errors.Is(err, storage.ErrConflict) {
		return nil
	}
	return fmt.Errorf("seal a block: %w", err)
}

// block makes the block after the last, which is zero for the first.
func block(last storage.Block, at time.Time, things []storage.Thing) (storage.Block, error) {
	before := record.Head{}
	if last.Number > 0 {
		before = header(last).Head()
	}
	b := storage.Block{Leaves: make([]storage.Leaf, len(things))}
	sealed := make([]record.Leaf, len(things))
	for i, t := range things {
		l, err := leafOf(t)
		if err != nil {
			return b, fmt.Errorf("seal %s %s: %w", t.Kind, t.ID(), err)
		}
		sealed[i], b.Leaves[i] = l, storage.Leaf{Kind: t.Kind, Of: t.ID(), Payload: l.Payload, Place: l.Place, Salt: t.Salt}
	}
	h := record.Next(before, at, sealed)
	b.Number, b.At, b.Prev, b.Root, b.Hash = int64(h.Number), h.At, h.Prev, h.Root, h.Hash()
	return b, nil
}
