package storage

import (
	"context"
	"time"
)

// Undo is what somebody did to many records at once, with what was there
// before: an import, a transfer of customers.
type Undo struct {
	// ID is that of what was done.
	ID   string
	Kind string
	// By is the id of whoever did it; empty for the command line.
	By string
	// Cause is the event by which it was done; empty for the command line.
	Cause string
	At    time.Time
	// Data is what was there before, opaque here; empty if it was too much to be kept.
	Data []byte
	// UndoneBy is the event that undid it; empty while it stands.
	UndoneBy string
}

// Undos keeps what can be undone.
type Undos interface {
	// Put inserts the record; one with the same id stays as it is.
	Put(ctx context.Context, u Undo) error
	// Get returns the record with the id, or ErrNotFound.
	Get(ctx context.Context, id string) (Undo, error)
	// Latest returns the last record by (At, ID) that is not later than the
	// instant, whether it was undone or not, or ErrNotFound.
	Latest(ctx context.Context, until time.Time) (Undo, error)
	// Undone marks the record undone by the event: ErrConflict if another event
	// undid it, ErrNotFound if there is none. The same event may do so again.
	Undone(ctx context.Context, id, by string) error
	// Sweep removes the records of before the instant and returns how many there were.
	Sweep(ctx context.Context, before time.Time) (int, error)
}
