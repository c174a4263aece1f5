package storage

import (
	"context"
	"iter"
	"time"

	"roundsman/geo"
	"roundsman/visit"
)

// FactFilter selects facts; zero fields select everything.
type FactFilter struct {
	Rep  string
	Team string
	// From and To are inclusive dates.
	From, To visit.Date
}

// Facts keeps what happened in reps' days. None is changed but by [Facts.Redact].
type Facts interface {
	// Append inserts the facts whose ids are not there yet; an id that is
	// there is skipped. Either all new ones become durable or an error is
	// returned, after which appending the same again completes it.
	Append(ctx context.Context, facts ...visit.Fact) error
	// Day returns the facts of a rep's date, by (At, ID).
	Day(ctx context.Context, rep string, date visit.Date) ([]visit.Fact, error)
	// Get returns one fact, or ErrNotFound.
	Get(ctx context.Context, id string) (visit.Fact, error)
	// Latest returns the newest fixes of a rep up to the instant, newest first, at
	// most limit: those that still have their place.
	Latest(ctx context.Context, rep string, until time.Time, limit int) ([]visit.Fact, error)
	// Same returns fixes of anybody with exactly the coordinates and the datum of p,
	// newest first, from the instant on, at most limit: those that still have their place.
	Same(ctx context.Context, p geo.Point, from time.Time, limit int) ([]visit.Fact, error)
	// Redact removes where a person was from the fixes of dates before the given
	// one: the point, the address, and what was made of an accuracy; the claims
	// with their distances stay. It returns how many facts it changed. This is
	// the one change to a fact that there is. Twice is fine.
	Redact(ctx context.Context, before visit.Date) (int, error)
	// Range yields the facts that match, by (Date, Rep, At, ID), read as it goes.
	Range(ctx context.Context, f FactFilter) iter.Seq2[visit.Fact, error]
}
