package storage

import (
	"context"

	"roundsman/geo"
	"roundsman/visit"
)

// Roster keeps people and teams.
type Roster interface {
	// PutReps inserts or replaces people by id. An identity may belong to one
	// person only: ErrConflict, and nothing of the call is kept. Within one call
	// it may move from one person to another. An empty user is no identity.
	PutReps(ctx context.Context, reps ...visit.Rep) error
	// Rep returns the person with the id, or ErrNotFound.
	Rep(ctx context.Context, id string) (visit.Rep, error)
	// Reps returns everybody, by id.
	Reps(ctx context.Context) ([]visit.Rep, error)
	// ByIdentity returns the person with the user id on the platform, or ErrNotFound.
	ByIdentity(ctx context.Context, platform, user string) (visit.Rep, error)
	// DeleteReps removes the people with the ids, and their identities. Who is not there is none.
	DeleteReps(ctx context.Context, ids ...string) error
	// PutTeam inserts or replaces a team by name, its groups included.
	PutTeam(ctx context.Context, t visit.Team) error
	// Team returns the team of the name, or ErrNotFound.
	Team(ctx context.Context, name string) (visit.Team, error)
	// Teams returns all teams, by name.
	Teams(ctx context.Context) ([]visit.Team, error)
}

// Customers keeps the places that are visited.
type Customers interface {
	// Put inserts or replaces customers by id, with their Place derived ([visit.Customer.Located]).
	Put(ctx context.Context, customers ...visit.Customer) error
	// SetOwner gives those of the customers that are one rep's to another, and
	// changes nothing else of them; no rep is nobody. Those that are somebody
	// else's by now stay. Twice is fine.
	SetOwner(ctx context.Context, from, to string, ids ...string) error
	// SetPlace gives a customer another point, with the Place that is derived from
	// it, and changes nothing else: ErrConflict if its point is not the one that it
	// was taken to be, ErrNotFound if there is no such customer.
	SetPlace(ctx context.Context, id string, was, is geo.Point) error
	// Delete removes the customers with the ids. One that is not there is none.
	Delete(ctx context.Context, ids ...string) error
	// Get returns the customers with the ids that exist, by id.
	Get(ctx context.Context, ids ...string) ([]visit.Customer, error)
	// Owned returns a rep's customers, by id.
	Owned(ctx context.Context, rep string) ([]visit.Customer, error)
	// Search returns customers whose name or id contains text, by id, at most
	// limit; an empty text matches all.
	Search(ctx context.Context, text string, limit int) ([]visit.Customer, error)
	// Count returns how many there are.
	Count(ctx context.Context) (int, error)
}

// Plans keeps planned visits. The key of one is rep, date and customer.
type Plans interface {
	// Put inserts or replaces planned visits by key.
	Put(ctx context.Context, visits ...visit.PlannedVisit) error
	// Delete removes the planned visits with the keys of these. One that is not there is none.
	Delete(ctx context.Context, visits ...visit.PlannedVisit) error
	// Day returns a rep's plan of a date, by (Order, Customer).
	Day(ctx context.Context, rep string, date visit.Date) ([]visit.PlannedVisit, error)
	// Of returns the planned visits of some reps on a date, by (Rep, Order, Customer).
	Of(ctx context.Context, date visit.Date, reps ...string) ([]visit.PlannedVisit, error)
	// Span returns a rep's planned visits on the dates from one to another, both
	// included, by (Date, Order, Customer).
	Span(ctx context.Context, rep string, from, to visit.Date) ([]visit.PlannedVisit, error)
	// Date returns all planned visits of a date, by (Rep, Order, Customer).
	Date(ctx context.Context, date visit.Date) ([]visit.PlannedVisit, error)
}

// Targets keeps what reps are to bring in a month. The key of one is rep and month.
type Targets interface {
	// Put inserts targets, or changes the ones with their keys: an amount that is
	// nil stays as it was, by the same write.
	Put(ctx context.Context, targets ...visit.MonthTarget) error
	// Delete removes the targets with the keys of these. One that is not there is none.
	Delete(ctx context.Context, targets ...visit.MonthTarget) error
	// Get returns the targets that the reps have for a month, by rep.
	Get(ctx context.Context, month visit.Month, reps ...string) ([]visit.MonthTarget, error)
}

// Routes keeps reps' fixed weekly routes, a whole one a record. The key of one is its rep.
type Routes interface {
	// Put inserts or replaces routes by rep, each whole.
	Put(ctx context.Context, routes ...visit.Route) error
	// Delete removes the routes of the reps. One that is not there is none.
	Delete(ctx context.Context, reps ...string) error
	// Get returns the routes of the reps that have one, by rep.
	Get(ctx context.Context, reps ...string) ([]visit.Route, error)
}

// Calendar keeps imported holidays and make-up workdays.
type Calendar interface {
	// Put inserts or replaces holidays by date.
	Put(ctx context.Context, holidays ...visit.Holiday) error
	// Delete removes the holidays of the dates. One that is not there is none.
	Delete(ctx context.Context, dates ...visit.Date) error
	// All returns them by date.
	All(ctx context.Context) ([]visit.Holiday, error)
}

// Consents keeps who agreed to what. The key of one is its source.
type Consents interface {
	// Put inserts a consent; one with the same source is skipped.
	Put(ctx context.Context, c visit.Consent) error
	// Latest returns the person's newest consent, or ErrNotFound.
	Latest(ctx context.Context, rep string) (visit.Consent, error)
	// Of returns all consents of the person, by (At, Source).
	Of(ctx context.Context, rep string) ([]visit.Consent, error)
}
