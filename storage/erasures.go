package storage

import (
	"context"
	"time"
)

// ErasureState is how far an erasure has come.
type ErasureState string

// The states of an erasure.
const (
	// ErasureAsked: somebody asked for it, and whoever may has not said so yet.
	ErasureAsked ErasureState = "asked"
	// ErasureReady: it is to be done.
	ErasureReady ErasureState = "ready"
	// ErasureDone: it is done, and names nobody any more.
	ErasureDone ErasureState = "done"
)

// Erasure is the removal of everything that is kept of a person: a job that is
// taken up again where it stopped.
type Erasure struct {
	// ID derives from the cause, and names nobody.
	ID string
	// Rep is whom it is about, by id; empty once it is done.
	Rep   string
	State ErasureState
	// At is when it was asked for, Due until when it is to be done.
	At, Due time.Time
	// Version is 1 when it is stored first, and one more each time.
	Version int64
	// Data is what the job needs, opaque here; empty once it is done.
	Data []byte
}

// Erasures keeps what is to be erased, and that it was.
type Erasures interface {
	// Put inserts the erasure unless its id is there, and reports whether it did.
	Put(ctx context.Context, e Erasure) (fresh bool, err error)
	// Swap replaces the erasure with the id if its version is one less: ErrConflict if it is not.
	Swap(ctx context.Context, e Erasure) error
	// Get returns the erasure with the id, or ErrNotFound.
	Get(ctx context.Context, id string) (Erasure, error)
	// Open returns those that are not done, by (At, ID).
	Open(ctx context.Context) ([]Erasure, error)
}

// Finder tells what is about a person from what is not.
type Finder interface {
	// Key reports whether an id or an address names the person.
	Key(key string) bool
	// Renamed returns the id of something that is kept, as it is when it names the
	// person no more; the id itself if it does not.
	Renamed(id string) string
	// Event reports whether an event, opaque here, is theirs or one about them. What
	// others wrote in their own words is not: it was acknowledged.
	Event(content []byte) bool
	// Payload reports whether other content, opaque here, is about the person.
	Payload(content []byte) bool
}

// Erased stands for somebody who was erased, where somebody must be named.
const Erased = "erased"

// Persons removes people from what is kept beside the record, the roster, the
// customers and the photos, which have calls of their own.
type Persons interface {
	// Erase removes what is the person's, by id, and what the finder finds: events
	// and their keys, posts to them and about them, planned visits, outcomes, targets,
	// consents, fetches, what can be undone, held imports, leases, quotas. What is
	// others' and names the person names [Erased] from then on; what was said to
	// others and stands in their chats loses its content. It reads everything that
	// is kept of these, and returns how much of it is still on its way and was left:
	// posts that are not delivered, imports that are not applied. Twice is fine.
	Erase(ctx context.Context, id string, f Finder) (left int, err error)
}
