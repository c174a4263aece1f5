package sqlite

import (
	"context"
	"database/sql"
	"errors"
	"fmt"

	"modernc.org/sqlite"
	lib "modernc.org/sqlite/lib"

	"roundsman/storage"
)

// Errors that callers match with errors.Is, beside those of package storage.
var (
	// ErrClosed: the store was closed.
	ErrClosed = errors.New("the store is closed")
	// ErrDamaged: the file is not a whole SQLite database. It is never
	// replaced or repaired; a backup has to be restored.
	ErrDamaged = errors.New("the database file is damaged; restore a backup")
	// ErrForeign: the file is another program's database, or a newer Roundsman's.
	ErrForeign = errors.New("the database file is not of this version of Roundsman")
	// ErrFull: there is no space left for what is to be written.
	ErrFull = errors.New("the disk is full")
	// ErrInterrupted: a restore of the file ended before it was done. To
	// restore again finishes it.
	ErrInterrupted = errors.New("a restore of it was interrupted; restore again")
)

// translate says what was being done and gives the engine's errors the
// meanings that package storage promises. It is the one place that does.
func translate(ctx context.Context, doing string, err error) error {
	if err == nil {
		return nil
	}
	var engine *sqlite.Error
	switch {
	case ctx.Err() != nil:
		// An interrupted statement reports the interruption, not its reason.
		err = ctx.Err()
	case errors.Is(err, sql.ErrNoRows):
		err = storage.ErrNotFound
	case errors.Is(err, sql.ErrConnDone):
		err = ErrClosed
	case errors.As(err, &engine):
		switch code := engine.Code(); {
		case code == lib.SQLITE_CONSTRAINT_UNIQUE, code == lib.SQLITE_CONSTRAINT_PRIMARYKEY:
			err = storage.ErrConflict
		case code&0xff == lib.SQLITE_CORRUPT, code&0xff == lib.SQLITE_NOTADB:
			err = fmt.Errorf("%w (%w)", ErrDamaged, err)
		case code&0xff == lib.SQLITE_FULL:
			err = fmt.Errorf("%w (%w)", ErrFull, err)
		}
	}
	return fmt.Errorf("%s: %w", doing, err)
}

// engineCode returns the primary code of the engine's error, or 0.
func engineCode(err error) int {
	if engine := (*sqlite.Error)(nil); errors.As(err, &engine) {
		return engine.Code() & 0xff
	}
	return 0
}
