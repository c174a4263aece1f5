package storage

import (
	"context"
	"iter"

	"roundsman/visit"
)

// Outcomes keeps what reps' days came to, as long as the facts that they are
// made of: for ever. The key of one is rep and date.
type Outcomes interface {
	// Put inserts the outcome, or replaces the one with its key, and with it all
	// that is found by its calls. One that was made of more facts stays; one of as
	// many is replaced, for a plan may have been imported since. Twice is fine.
	Put(ctx context.Context, o visit.Outcome) error
	// Range yields the outcomes that match, by (Date, Rep), read as it goes.
	Range(ctx context.Context, f FactFilter) iter.Seq2[visit.Outcome, error]
	// LastVerified returns the date of the last verified call, whose ever, on a
	// date before the given one, for each of the customers that has one.
	LastVerified(ctx context.Context, before visit.Date, customers ...string) (map[string]visit.Date, error)
	// OfCustomer returns the outcomes with a call at the customer, whatever its
	// verdict, newest date first and then by rep, at most limit.
	OfCustomer(ctx context.Context, customer string, limit int) ([]visit.Outcome, error)
}
