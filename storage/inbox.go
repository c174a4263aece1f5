package storage

import (
	"context"
	"time"
)

// Event is something that arrived and must be handled once.
type Event struct {
	// Key identifies the source event; the same event twice has the same key.
	Key string
	// At is the event's own time, Received when it arrived.
	At, Received time.Time
	// Payload is the event as its handler reads it. It is removed once the event is handled.
	Payload []byte
	// Attempts counts the failed tries; Next is when the next one is due.
	Attempts int
	Next     time.Time
	// Dead says that the event will not be tried again; Error why, in a word.
	Dead  bool
	Error string
}

// Cursor is a place in the order of [Inbox.Pending]; the zero value is before every event.
type Cursor struct {
	Next time.Time
	Key  string
}

// Inbox keeps what arrived, or is to come at its time, until it is handled. The insert of [Inbox.Accept] is
// what makes an event safe to acknowledge.
type Inbox interface {
	// Accept inserts e unless an event with its key is or was there, and
	// reports whether it was new. When it returns nil the event is durable.
	Accept(ctx context.Context, e Event) (fresh bool, err error)
	// Pending returns unhandled events that are not dead and due at now and come
	// after the cursor, by (Next, Key), at most limit.
	Pending(ctx context.Context, now time.Time, after Cursor, limit int) ([]Event, error)
	// Waiting returns those of the keys' events that are unhandled and not dead, as they are now, by Key.
	Waiting(ctx context.Context, keys ...string) ([]Event, error)
	// Done marks the event handled and removes its payload; the key stays. Done twice is fine.
	Done(ctx context.Context, key string, now time.Time) error
	// Defer records a failed try: attempts, when to try again, or that the event is dead.
	// The payload stays. A dead event may be brought back by it. ErrNotFound if the event is handled or unknown.
	Defer(ctx context.Context, key string, attempts int, next time.Time, dead bool, reason string) error
	// Dead returns dead events by key, at most limit.
	Dead(ctx context.Context, limit int) ([]Event, error)
	// Count returns how many events are waiting and how many are dead. What was
	// never tried and is not due at now is on its time, and does not wait.
	Count(ctx context.Context, now time.Time) (waiting, dead int, err error)
	// Sweep forgets events that were handled, or that are dead and were received, before the instant, and returns how many.
	Sweep(ctx context.Context, before time.Time) (int, error)
}
