package sqlite

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
)

// Backup writes the whole store, as it is now, into a new file at path that
// only its owner can read: it holds people's whereabouts. It may run beside a
// serving process and while everybody writes; what was acknowledged before it
// began is in it. It fails with [fs.ErrExist] if something has that name
// already, and then or on any other failure leaves nothing behind. Of a process
// that was killed within it a file path.part-NUMBER may stay: no backup, but whereabouts.
//
// The copy is made by VACUUM INTO from a reading connection. It reads one
// snapshot, so writers go on: only the log cannot begin anew until it is done.
// The engine's page-wise backup starts over whenever another process writes
// between two of its steps, and with one step only it cannot be interrupted; it
// would also carry along the free pages, in which an old version of Roundsman
// left deleted whereabouts, where VACUUM INTO writes only what is alive. The
// copy needs no log beside it.
func (s *Store) Backup(ctx context.Context, path string) error {
	if err := s.backup(ctx, path); err != nil {
		return translate(ctx, "backing up to "+path, err)
	}
	return nil
}

func (s *Store) backup(ctx context.Context, path string) (err error) {
	select {
	case <-s.closing:
		return ErrClosed
	default:
	}
	if path, err = resolve(path); err != nil {
		return err
	}
	if err := absent(path); err != nil {
		return err
	}
	// Made here, and not by the engine, so that nobody else can ever read it.
	part, err := os.CreateTemp(filepath.Dir(path), filepath.Base(path)+".part-*")
	if err != nil {
		return err
	}
	made := []string{part.Name(), part.Name() + "-journal"}
	defer func() {
		if err != nil {
			err = errors.Join(err, remove(made...))
		}
	}()
	if err := part.Close(); err != nil {
		return err
	}
	if _, err := s.read.ExecContext(ctx, "VACUUM INTO ?", part.Name()); err != nil {
		return err
	}
	if err := syncFile(part.Name()); err != nil {
		return err
	}
	err = alone(ctx, part.Name(), func(ctx context.Context, c *sql.Conn) error { return sound(ctx, c, "quick_check") })
	if err != nil {
		return err
	}
	if err := place(part.Name(), path); err != nil {
		return err
	}
	made = append(made, path)
	if err := remove(part.Name()); err != nil {
		return err
	}
	return syncDir(filepath.Dir(path))
}

// absent fails with [fs.ErrExist] if there is something of that name.
func absent(path string) error {
	if _, err := os.Lstat(path); err == nil {
		return fs.ErrExist
	} else if !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	return nil
}

// place gives a file its name in one step, and never takes it from another.
// The old name may stay.
func place(part, path string) error {
	err := os.Link(part, path)
	if err == nil || errors.Is(err, fs.ErrExist) {
		return err
	}
	// Some file systems have no links. A rename would replace what came meanwhile.
	if err := absent(path); err != nil {
		return err
	}
	return os.Rename(part, path)
}

// alone opens a database that nobody works on for reading. The engine writes
// nothing and makes no file beside it, but does not look at a log either.
func alone(ctx context.Context, path string, look func(context.Context, *sql.Conn) error) (err error) {
	db, err := sql.Open("sqlite", dsn(path, "ro")+"&immutable=1")
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	conn, err := db.Conn(ctx)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, conn.Close()) }()
	return look(ctx, conn)
}

// sound checks a database with one of the engine's pragmas.
func sound(ctx context.Context, c *sql.Conn, check string) error {
	var found string
	if err := c.QueryRowContext(ctx, "PRAGMA "+check+"(1)").Scan(&found); err != nil {
		return err
	}
	if found != "ok" {
		return fmt.Errorf("%w: %s", ErrDamaged, found)
	}
	return nil
}

// syncFile brings what was written under the name to the disk.
func syncFile(path string) error {
	f, err := os.OpenFile(path, os.O_RDWR, 0)
	if err != nil {
		return err
	}
	return errors.Join(f.Sync(), f.Close())
}

// syncDir brings the names in a directory to the disk, where a system can.
func syncDir(path string) error {
	dir, err := os.Open(path)
	if err != nil {
		return err
	}
	err = dir.Sync()
	if errors.Is(err, errors.ErrUnsupported) || errors.Is(err, os.ErrInvalid) || errors.Is(err, fs.ErrPermission) {
		err = nil // Windows keeps the names by itself and lets nobody sync them
	}
	return errors.Join(err, dir.Close())
}

// remove removes what there is of the files.
func remove(paths ...string) error {
	var errs []error
	for _, path := range paths {
		if err := os.Remove(path); !errors.Is(err, fs.ErrNotExist) {
			errs = append(errs, err)
		}
	}
	return errors.Join(errs...)
}
