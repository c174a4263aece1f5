package mongo

import (
	"context"
	"errors"
	"fmt"

	"go.mongodb.org/mongo-driver/v2/mongo"

	"roundsman/storage"
)

// Errors that callers match with errors.Is, beside those of package storage.
var (
	// ErrClosed: the store was closed.
	ErrClosed = errors.New("the store is closed")
	// ErrForeign: the database is another program's, or a newer Roundsman's.
	ErrForeign = errors.New("the database is not of this version of Roundsman")
	// ErrIndex: an index is there under the name of one of ours, but is another.
	ErrIndex = errors.New("an index is not as Roundsman makes it")
	// ErrDamaged: parts of a photo are missing.
	ErrDamaged = errors.New("the photo is damaged; restore a backup")
)

// duplicateKey is the server's code for a second document with a unique key.
const duplicateKey = 11000

// refusal is a server's error without its message: MongoDB quotes documents and
// commands in its messages, and those hold texts and places of people.
type refusal struct {
	code int
	name string
	err  error
}

func (r *refusal) Error() string {
	if r.name == "" {
		return fmt.Sprintf("the server refused it (code %d)", r.code)
	}
	return fmt.Sprintf("the server refused it (%s, code %d)", r.name, r.code)
}

func (r *refusal) Unwrap() error { return r.err }

// translate says what was being done and gives the engine's errors the
// meanings that package storage promises. It is the one place that does.
func translate(ctx context.Context, doing string, err error) error {
	if err == nil {
		return nil
	}
	switch {
	case ctx.Err() != nil:
		// A command that was cut off reports the connection, not its reason.
		err = ctx.Err()
	case errors.Is(err, mongo.ErrNoDocuments):
		err = storage.ErrNotFound
	case errors.Is(err, mongo.ErrClientDisconnected):
		err = ErrClosed
	case duplicate(err):
		err = storage.ErrConflict
	default:
		err = withoutMessage(err)
		if mongo.IsTimeout(err) && !errors.Is(err, context.DeadlineExceeded) {
			err = fmt.Errorf("%w (%w)", context.DeadlineExceeded, err)
		}
	}
	return fmt.Errorf("%s: %w", doing, err)
}

// duplicate reports whether all that a write failed of is that its key is there
// already. It is not while the write concern failed as well: what is there may
// be an earlier try of the same write, which a majority does not have yet. (The
// server waits for the majority after a duplicate key, too, for what it saw.)
func duplicate(err error) bool {
	var one mongo.WriteException
	var many mongo.BulkWriteException
	var command mongo.CommandError
	switch {
	case errors.As(err, &one):
		return one.WriteConcernError == nil && len(one.WriteErrors) > 0 &&
			!containsOther(one.WriteErrors, func(e mongo.WriteError) int { return e.Code })
	case errors.As(err, &many):
		return many.WriteConcernError == nil && len(many.WriteErrors) > 0 &&
			!containsOther(many.WriteErrors, func(e mongo.BulkWriteError) int { return e.Code })
	case errors.As(err, &command):
		return command.Code == duplicateKey
	}
	return false
}

// containsOther reports whether one of the errors is not a duplicate key.
func containsOther[E any](errs []E, code func(E) int) bool {
	for _, e := range errs {
		if code(e) != duplicateKey {
			return true
		}
	}
	return false
}

// withoutMessage returns the error with the server's words taken out of it.
// What the driver says of the network stays: it names hosts, and no password.
func withoutMessage(err error) error {
	var one mongo.WriteException
	var many mongo.BulkWriteException
	var command mongo.CommandError
	switch {
	case errors.As(err, &one):
		for _, e := range one.WriteErrors {
			return &refusal{e.Code, "", err}
		}
		if e := one.WriteConcernError; e != nil {
			return &refusal{e.Code, e.Name, err}
		}
	case errors.As(err, &many):
		for _, e := range many.WriteErrors {
			return &refusal{e.Code, "", err}
		}
		if e := many.WriteConcernError; e != nil {
			return &refusal{e.Code, e.Name, err}
		}
	case errors.As(err, &command):
		if command.Code != 0 {
			return &refusal{int(command.Code), command.Name, err}
		}
	}
	return err
}
