package storage

import (
	"context"
	"time"
)

// Import is a validated import as a stored job. It is applied by repeatable
// writes, and applied again after a crash.
type Import struct {
	// ID derives from the kind and the content.
	ID   string
	Kind string
	At   time.Time
	Rows int
	// Data are the validated rows, opaque here, removed once applied.
	Data []byte
	Done bool
	// Held says that it waits for somebody's word.
	Held bool
}

// Imports keeps import jobs.
type Imports interface {
	// Put inserts the job; one with the same id that is done is made undone again with the new data.
	Put(ctx context.Context, i Import) error
	// Hold inserts a job that waits for somebody's word: until then it is not
	// pending. One with the same id stays as it is.
	Hold(ctx context.Context, i Import) error
	// Get returns the job with the id, or ErrNotFound.
	Get(ctx context.Context, id string) (Import, error)
	// Release makes the job pending, as one of that instant, if it is held.
	Release(ctx context.Context, id string, at time.Time) error
	// Drop removes the job if it is held.
	Drop(ctx context.Context, id string) error
	// Sweep removes jobs of before the instant that are held, and returns how many there were.
	Sweep(ctx context.Context, before time.Time) (int, error)
	// Pending returns jobs that are neither done nor held, by At.
	Pending(ctx context.Context) ([]Import, error)
	// Done marks the job applied and removes its data.
	Done(ctx context.Context, id string) error
}
