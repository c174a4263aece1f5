package storage

import (
	"context"

	"roundsman/visit"
)

// Complaints keeps customers' complaints, for ever.
type Complaints interface {
	// Put inserts the complaint, or replaces the one with its id. One that is
	// closed stays as it is, whatever is put: who closed it first did.
	Put(ctx context.Context, c visit.ComplaintCase) error
	// Get returns the complaint with the id, or ErrNotFound.
	Get(ctx context.Context, id string) (visit.ComplaintCase, error)
	// Open returns a team's open complaints, by (Due, ID).
	Open(ctx context.Context, team string) ([]visit.ComplaintCase, error)
}
