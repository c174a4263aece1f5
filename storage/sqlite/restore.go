package sqlite

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"time"

	lib "modernc.org/sqlite/lib"

	"roundsman/storage"
)

const (
	// restoringSuffix names the copy that is about to take the database's
	// place. While it is there nobody opens the database.
	restoringSuffix = ".restoring"
	// copyingSuffix names the copy while it is written and checked.
	copyingSuffix = ".restoring.part"
	// keptSuffix and the time in UTC name what was there before.
	keptSuffix = ".before-restore-"
	keptLayout = "20060102T150405"
)

// Restore puts the backup at from in the place of the database at to, which
// need not exist, and returns the name under which it kept what was there, or
// "". It needs a whole database of this or an older version ([ErrDamaged],
// [ErrForeign]), and that nobody has the one at to open ([storage.ErrLocked]).
// If it fails, the old database is where and as it was.
//
// What matters is the old log. The engine finds a log by its name alone and
// would replay the old database's into the new one; and where a log is and no
// database, it makes an empty one. So these are the steps, and what a process
// that died after each leaves behind:
//
//  1. The serve lock is taken. It goes with the process.
//  2. The backup is copied to to.restoring.part, synced and checked there, so
//     that what is checked is what is restored. Left behind, it is overwritten
//     by the next restore; the old database opens as ever.
//  3. It is renamed to to.restoring. From here [Open] fails with
//     [ErrInterrupted], and the way on is to restore again, which begins at 1.
//     None of the following can be seen half done by a process that serves.
//  4. The old log is folded into the old database, for which the engine needs
//     everybody else to be gone. One that is too damaged for that keeps its log.
//  5. Log, index and database are renamed to to.before-restore-TIME. After a
//     death between two of these the next restore gives the rest its own time:
//     nothing is ever deleted.
//  6. to.restoring is renamed to to: in one step the new database is there and
//     the mark is gone. The names are synced before it, so that a disk cannot
//     have this one without those of 5, and after it.
func Restore(ctx context.Context, from, to string, now time.Time) (kept string, err error) {
	if kept, err = restore(ctx, from, to, now); err != nil {
		return "", translate(ctx, "restoring "+from+" to "+to, err)
	}
	return kept, nil
}

func restore(ctx context.Context, from, to string, now time.Time) (kept string, err error) {
	if to, err = resolve(to); err != nil {
		return "", err
	}
	locked, err := lock(to + ".lock")
	if err != nil {
		return "", fmt.Errorf("locking %s.lock: %w", to, err)
	}
	// The file stays, as in shut.
	defer func() { err = errors.Join(err, locked.Close()) }()

	part, ready := to+copyingSuffix, to+restoringSuffix
	defer func() {
		if err != nil {
			err = errors.Join(err, remove(part))
		}
	}()
	if err := copyWhole(ctx, from, to, part); err != nil {
		return "", err
	}
	if err := restorable(ctx, part); err != nil {
		return "", err
	}
	if err := replaceable(ctx, to); err != nil {
		return "", err
	}

	again, err := exists(ready)
	if err != nil {
		return "", err
	}
	if err := os.Rename(part, ready); err != nil {
		return "", err
	}
	if err := syncDir(filepath.Dir(to)); err != nil {
		return "", errors.Join(err, unmark(ready, again))
	}
	if err := fold(ctx, to); err != nil {
		return "", errors.Join(err, unmark(ready, again))
	}
	kept, back, err := putAside(to, now)
	if err == nil {
		if err = syncDir(filepath.Dir(to)); err == nil {
			err = os.Rename(ready, to)
		}
	}
	if err != nil {
		if errBack := back(); errBack != nil {
			// The mark stays: what is there now must not be served.
			return "", errors.Join(err, errBack)
		}
		return "", errors.Join(err, unmark(ready, again))
	}
	return kept, syncDir(filepath.Dir(to))
}

// unmark lets the database be opened again, unless it was an earlier restore
// that was interrupted: whether that one's old database is whole is not known.
func unmark(ready string, again bool) error {
	if again {
		return nil
	}
	return remove(ready)
}

// copyWhole copies the file to a new one that only its owner reads, and syncs it.
func copyWhole(ctx context.Context, from, to, part string) (err error) {
	source, err := os.Open(from)
	if err != nil {
		return err
	}
	defer source.Close()
	info, err := source.Stat()
	if err != nil {
		return err
	}
	if !info.Mode().IsRegular() {
		return fmt.Errorf("%s is not a file", from)
	}
	if old, err := os.Stat(to); err == nil && os.SameFile(info, old) {
		return fmt.Errorf("%s is the database itself", from)
	}
	if log, err := os.Stat(from + "-wal"); err == nil && log.Size() > 0 {
		return fmt.Errorf("%w: beside it lies its log, so it is a copy of a database in use and lacks what that holds", ErrDamaged)
	}
	if err := remove(part); err != nil {
		return err
	}
	target, err := os.OpenFile(part, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	_, err = io.Copy(target, &cancelled{ctx, source})
	return errors.Join(err, target.Sync(), target.Close())
}

// cancelled is a reader that ends with its context.
type cancelled struct {
	ctx context.Context
	r   io.Reader
}

func (c *cancelled) Read(p []byte) (int, error) {
	if err := c.ctx.Err(); err != nil {
		return 0, err
	}
	return c.r.Read(p)
}

// restorable refuses what [Open] could not open, or would take for a new store.
func restorable(ctx context.Context, path string) error {
	info, err := os.Stat(path)
	if err != nil {
		return err
	}
	if info.Size() == 0 {
		return fmt.Errorf("%w: it is empty", ErrDamaged)
	}
	steps, err := scripts()
	if err != nil {
		return err
	}
	var version int
	err = alone(ctx, path, func(ctx context.Context, c *sql.Conn) error {
		if err := recognise(ctx, c); err != nil {
			return err
		}
		if err := c.QueryRowContext(ctx, "PRAGMA user_version").Scan(&version); err != nil {
			return err
		}
		return sound(ctx, c, "integrity_check")
	})
	if err != nil {
		return err
	}
	if version < 1 || version > len(steps) {
		return fmt.Errorf("%w: its schema has version %d, the newest known here is %d", ErrForeign, version, len(steps))
	}
	return nil
}

// replaceable refuses to put another program's database aside: its name was
// given by mistake. A damaged one may be replaced, that is what backups are
// for, and so may a newer version's: it is the way back from an update.
func replaceable(ctx context.Context, to string) error {
	info, err := os.Stat(to)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil
	case err != nil:
		return err
	case !info.Mode().IsRegular():
		return fmt.Errorf("%s is not a file", to)
	}
	if err := alone(ctx, to, recognise); errors.Is(err, ErrForeign) {
		return fmt.Errorf("%s is in the way: %w", to, err)
	}
	return nil
}

// fold brings the log into the database and removes it, or fails with
// [storage.ErrLocked] if somebody has the database open, even if only to read.
// It leaves alone what the engine cannot open, or would take for a new one.
func fold(ctx context.Context, to string) (err error) {
	info, err := os.Stat(to)
	if errors.Is(err, fs.ErrNotExist) || err == nil && info.Size() == 0 {
		return nil
	}
	if err != nil {
		return err
	}
	db, err := sql.Open("sqlite", dsn(to, "rw"))
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	conn, err := db.Conn(ctx)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, conn.Close()) }()
	var mode string
	_, err = conn.ExecContext(ctx, "PRAGMA synchronous = FULL")
	if err == nil {
		// The one thing that the engine does only for the last one who is there.
		err = conn.QueryRowContext(ctx, "PRAGMA journal_mode = DELETE").Scan(&mode)
	}
	switch code := engineCode(err); {
	case code == lib.SQLITE_CORRUPT, code == lib.SQLITE_NOTADB:
		return nil
	case code == lib.SQLITE_BUSY, err == nil && mode != "delete":
		return fmt.Errorf("%w: a command has it open", storage.ErrLocked)
	}
	return err
}

// putAside renames what is there of the database, the log first: a database
// alone is an older one, a log alone is taken for the next database's. It
// returns the database's new name and how to undo what was done.
func putAside(to string, now time.Time) (kept string, back func() error, err error) {
	var moved [][2]string
	back = func() error {
		var errs []error
		for _, m := range slices.Backward(moved) {
			errs = append(errs, os.Rename(m[1], m[0]))
		}
		return errors.Join(errs...)
	}
	name := to + keptSuffix + now.UTC().Format(keptLayout)
	for n := 2; ; n++ {
		taken, err := exists(name, name+"-wal", name+"-shm", name+"-journal")
		if err != nil {
			return "", back, err
		}
		if !taken {
			break
		}
		name = fmt.Sprintf("%s%s%s-%d", to, keptSuffix, now.UTC().Format(keptLayout), n)
	}
	for _, suffix := range []string{"-wal", "-journal", "-shm", ""} {
		err := os.Rename(to+suffix, name+suffix)
		if errors.Is(err, fs.ErrNotExist) {
			continue
		}
		if err != nil {
			return "", back, err
		}
		moved = append(moved, [2]string{to + suffix, name + suffix})
		if suffix == "" {
			kept = name
		}
	}
	return kept, back, nil
}

// exists reports whether there is any of the files.
func exists(paths ...string) (bool, error) {
	for _, path := range paths {
		_, err := os.Lstat(path)
		if err == nil {
			return true, nil
		}
		if !errors.Is(err, fs.ErrNotExist) {
			return false, err
		}
	}
	return false, nil
}

// notRestored returns a check to be made before and after the database at path
// is opened: that no restore is under way, and that none has put another file
// there since. Who passes the second holds the lock that fold asks for.
func notRestored(path string) func() error {
	before, errBefore := os.Stat(path)
	return func() error {
		interrupted, err := exists(path + restoringSuffix)
		if err != nil {
			return err
		}
		if interrupted {
			return ErrInterrupted
		}
		after, err := os.Stat(path)
		if errBefore == nil && err == nil && !os.SameFile(before, after) {
			return fmt.Errorf("%w: a backup was restored just now", storage.ErrLocked)
		}
		return nil
	}
}
