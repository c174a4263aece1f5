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
}

// Imports keeps import jobs.
type Imports interface {
	// Put inserts the job; one with the same id that is done is made undone again with the new data.
	Put(ctx context.Context, i Import) error
	// Pending returns jobs that are not done, by At.
	Pending(ctx context.Context) ([]Import, error)
	// Done marks the job applied and removes its data.
	Done(ctx context.Context, id string) error
}
