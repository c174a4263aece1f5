// Package storage says what Roundsman keeps: interfaces by noun, and the
// records of the inbox, the outbox and the scheduled runs, whose payloads are
// opaque here. It must not know platforms, texts or HTTP.
//
// The contracts are written so that a document store can serve each call with
// one indexed operation and without a transaction: what must be atomic is one
// record, ids derive from causes, and doing anything twice is the same as
// doing it once. Instants are UTC with millisecond precision; an adapter
// returns exactly what it was given. Adapters translate their engine's errors
// into the sentinel errors below, in one place.
package storage

import (
	"context"
	"errors"
)

// Errors that callers match with errors.Is. Everything else an adapter
// returns means that the store did not answer as it should.
var (
	// ErrNotFound: there is no such record.
	ErrNotFound = errors.New("not found")
	// ErrConflict: the record exists with other content, or another owner holds it.
	ErrConflict = errors.New("conflict")
	// ErrLocked: another process serves this store.
	ErrLocked = errors.New("the store is in use by another process")
)

// Store gives access to everything that is kept. Its methods may be called by
// any number of goroutines. The nouns are valid until Close.
type Store interface {
	Inbox() Inbox
	Outbox() Outbox
	Deliveries() Deliveries
	Facts() Facts
	Outcomes() Outcomes
	Acts() Acts
	Record() Record
	Complaints() Complaints
	Roster() Roster
	Customers() Customers
	Plans() Plans
	Targets() Targets
	Routes() Routes
	Calendar() Calendar
	Consents() Consents
	Runs() Runs
	Media() Media
	Imports() Imports
	Undos() Undos
	Erasures() Erasures
	Persons() Persons
	Leases() Leases
	Quotas() Quotas

	// Ping reports whether the store answers.
	Ping(ctx context.Context) error
	// Close releases the store. It may be called twice.
	Close() error
}
