package storage

import (
	"context"
	"time"

	"roundsman/visit"
)

// RunState is how a due job ended.
type RunState string

// The states of a run.
const (
	// RunRendered: the post is written and waits to be handed to the outbox.
	RunRendered RunState = "rendered"
	// RunPosted: the outbox has it.
	RunPosted RunState = "posted"
	// RunMissed: its deadline passed while nobody ran it.
	RunMissed RunState = "missed"
	// RunEmpty: there was nothing to say.
	RunEmpty RunState = "empty"
)

// Run is a job that was due for a group and a date: its ledger entry.
type Run struct {
	Job   string
	Group string
	Date  visit.Date
	// Due is the slot's nominal instant, At when it was computed.
	Due, At time.Time
	// Late says that it was computed after its slot by more than a tick.
	Late  bool
	State RunState
	// Body is the whole rendered post, opaque here.
	Body []byte
}

// ID is the run's unique key, job|group|date.
func (r Run) ID() string { return r.Job + "|" + r.Group + "|" + string(r.Date) }

// Runs is the ledger of scheduled jobs.
type Runs interface {
	// Begin inserts r unless its id is there, and reports whether it did.
	// Whoever inserted it decided what is said.
	Begin(ctx context.Context, r Run) (fresh bool, err error)
	// Get returns a run by id, or ErrNotFound.
	Get(ctx context.Context, id string) (Run, error)
	// Rendered returns runs that were not handed on yet, by id, at most limit.
	Rendered(ctx context.Context, limit int) ([]Run, error)
	// Settle ends a rendered run as posted or missed and removes its body; a run
	// in another state stays as it is. Twice is fine.
	Settle(ctx context.Context, id string, state RunState) error
}
