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

// Naming says how an event is about a person.
type Naming int

// How an event may be about a person.
const (
	// NamesNobody: it says nothing of them.
	NamesNobody Naming = iota
	// Theirs: they sent it, or it is for their lane.
	Theirs
	// NamesThem: it is somebody else's, and says something of them.
	NamesThem
)

// Finder tells what is about a person from what is not.
type Finder interface {
	// Key reports whether an id or an address names the person.
	Key(key string) bool
	// Renamed returns the id of something that is kept, as it is when it names the
	// person no more; the id itself if it does not.
	Renamed(id string) string
	// Event says how an event, opaque here, is about the person. One without a
	// payload was handled, and is judged by its key.
	Event(key string, payload []byte) Naming
	// Rewritten returns an event of somebody else's as it is when it names the
	// person no more, but for what people wrote in their own words.
	Rewritten(key string, payload []byte) (string, []byte)
	// Blobs returns the keys of what the store has the bytes of and an event, or
	// the resource of a fetch, speaks of.
	Blobs(content []byte) []string
	// Payload reports whether other content, opaque here, is about the person.
	Payload(content []byte) bool
	// File reports whether other content has a file in it, into which nobody can look.
	File(content []byte) bool
}

// Leaver is somebody who is erased.
type Leaver struct {
	// ID is that of the roster, and As are all by which they are named where
	// somebody did something, the id among them. Finder finds what is about them.
	ID string
	As []string
	Finder
	// Now is the time. Recorded is when nothing of them was left in the record: a
	// file that was made before may hold something of them. Zero if that is not so yet.
	Now, Recorded time.Time
}

// OnItsWay is what has to come to its end before somebody is erased.
type OnItsWay struct {
	// Events counts the waiting events of others that name the person, and the
	// photos of theirs that are being fetched: what comes of these may name them.
	Events int
	// Posts counts posts about them that are not delivered, runs that the outbox has
	// not yet, and imports that are being applied.
	Posts int
	// Blobs are the keys of the bytes that their own events and fetches speak of,
	// which somebody else may have sent too.
	Blobs []string
}

// Erased stands for somebody who was erased, where somebody must be named.
const Erased = "erased"

// Persons removes people from what is kept beside the record, the roster, the
// customers and the photos, which have calls of their own.
type Persons interface {
	// OnItsWay returns what Erase would leave and what bytes it would leave behind,
	// and changes nothing. It reads what waits, and not what is at its end.
	OnItsWay(ctx context.Context, l Leaver) (OnItsWay, error)
	// Erase removes what is the person's, by id, and what the finder finds: their
	// events and keys, posts to them and about them, planned visits, outcomes, targets,
	// consents, fetches, what can be undone, held imports, leases, quotas. What is
	// others' and names the person names [Erased] from then on: plans, complaints, and
	// events that are dead or whose time has not come. What was said to
	// others and stands in their chats loses its content. It reads everything that
	// is kept of these, and returns what is still on its way and was left, without
	// its blobs. Twice is fine.
	Erase(ctx context.Context, l Leaver) (OnItsWay, error)
}
