package sqlite

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io/fs"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"time"

	_ "modernc.org/sqlite" // the driver

	"roundsman/storage"
)

const (
	// readers is how many connections read at the same time.
	readers = 4
	// readerCache is what each of them may keep of the file, writerCache what the
	// one that writes may, in KiB. Of the driver's memory each takes some three
	// times that, which fills up over hours; what is not in it is in the system's
	// cache, and read from there as fast.
	readerCache = 256
	writerCache = 512
	// busyMillis is how long a write waits for another process's.
	busyMillis = 5000
)

// minVersion is the first SQLite without the bug in which a checkpoint that
// meets a write can lose committed transactions (3.7.0 to 3.51.2).
var minVersion = [3]int{3, 51, 3}

// Options say how a store is opened.
type Options struct {
	// Serve takes the exclusive lock on the file path.lock: one process only
	// may serve a database. Without it the store may be opened beside a
	// serving process, to read and to write.
	Serve bool
	// Existing opens a database that is there, as it is, to back it up: none is
	// made ([storage.ErrNotFound]), and an older schema stays as it is, which the
	// process that serves it goes on with.
	Existing bool
}

// Store is everything kept in one SQLite file.
type Store struct {
	path   string
	locked *os.File
	writes *sql.DB
	writer *writer
	read   *sql.DB
	stmts  *stmtCache

	// asItIs says that the store was opened to be backed up: its log is left alone, too.
	asItIs bool
	// closing is closed with the store.
	closing chan struct{}
	close   func() error
}

var _ storage.Store = (*Store)(nil)

// Open opens the database at path, or makes it if there is no file. It brings
// an older schema forward. It fails with [storage.ErrLocked] if opts.Serve is
// set and another process serves it, with [ErrDamaged] if the file is cut off,
// empty or corrupt, with [ErrForeign] if it is another program's or a newer
// version's, and with [ErrInterrupted] if a restore of it has not ended.
func Open(ctx context.Context, path string, opts Options) (*Store, error) {
	s, err := open(ctx, path, opts)
	if err != nil {
		return nil, translate(ctx, "opening the database "+path, err)
	}
	return s, nil
}

func open(ctx context.Context, path string, opts Options) (_ *Store, err error) {
	path, err = resolve(path)
	if err != nil {
		return nil, err
	}
	s := &Store{path: path, asItIs: opts.Existing, closing: make(chan struct{})}
	s.close = sync.OnceValue(s.shut)
	defer func() {
		if err != nil {
			err = errors.Join(err, s.close())
		}
	}()
	if opts.Serve {
		if s.locked, err = lock(path + ".lock"); err != nil {
			return nil, fmt.Errorf("locking %s.lock: %w", path, err)
		}
	}
	unchanged := notRestored(path)
	if err := unchanged(); err != nil {
		return nil, err
	}
	if err := notEmpty(ctx, path); err != nil {
		return nil, err
	}
	_, err = os.Stat(path)
	made := errors.Is(err, fs.ErrNotExist)
	if made && opts.Existing {
		return nil, storage.ErrNotFound
	}
	if s.writes, err = sql.Open("sqlite", dsn(path, "rwc")); err != nil {
		return nil, err
	}
	conn, err := s.writes.Conn(ctx)
	if err != nil {
		return nil, err
	}
	if err := prepare(ctx, conn, unchanged, opts.Existing); err != nil {
		return nil, errors.Join(err, conn.Close())
	}
	if opts.Serve && !opts.Existing {
		if err := release(ctx, conn); err != nil {
			return nil, errors.Join(err, conn.Close())
		}
	}
	s.writer = newWriter(conn)
	if made {
		if err := private(path); err != nil {
			return nil, err
		}
	}
	if s.read, err = sql.Open("sqlite", dsn(path, "ro")); err != nil {
		return nil, err
	}
	s.read.SetMaxOpenConns(readers)
	s.read.SetMaxIdleConns(readers)
	s.stmts = newStmtCache(s.read)
	return s, s.read.PingContext(ctx)
}

// release frees what a process that served before held: it is dead, for only
// one serves, and nobody has to wait until its leases run out.
func release(ctx context.Context, c *sql.Conn) error {
	for _, free := range []string{
		"DELETE FROM leases",
		"UPDATE outbox SET owner = '', until = ?1 WHERE owner <> '' AND ?1 < until",
		"UPDATE fetches SET owner = '', until = ?1 WHERE owner <> '' AND ?1 < until",
	} {
		if _, err := c.ExecContext(ctx, free, millis(time.Time{})); err != nil {
			return err
		}
	}
	return nil
}

// private lets only the owner read a new database: it holds whereabouts. SQLite
// gives its log and its index the file's mode, but made them before.
func private(path string) error {
	for _, name := range []string{path, path + "-wal", path + "-shm"} {
		if err := os.Chmod(name, 0o600); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return err
		}
	}
	return nil
}

// makingTakes is how long another process may take from making the file to
// writing into it.
const makingTakes = 2 * time.Second

// notEmpty refuses a file of no length, which SQLite takes for a new database:
// a store that was cut off must not come up as an empty one. No file at all is
// fine, and so is one that another process is making just now.
func notEmpty(ctx context.Context, path string) error {
	ctx, cancel := context.WithTimeout(ctx, makingTakes)
	defer cancel()
	tick := time.NewTicker(20 * time.Millisecond) //nolint:forbidigo // waits for another process, not for the company's time
	defer tick.Stop()
	for {
		info, err := os.Stat(path)
		if errors.Is(err, fs.ErrNotExist) || err == nil && info.Size() > 0 {
			return nil
		}
		if err != nil {
			return err
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf("%w: it is empty; remove it if a new store is meant", ErrDamaged)
		case <-tick.C:
		}
	}
}

// resolve returns the one name of the file, so that a second name for it meets the same lock.
func resolve(path string) (string, error) {
	if path == "" || path == ":memory:" {
		return "", fmt.Errorf("%q is not the name of a file", path)
	}
	path, err := filepath.Abs(path)
	if err != nil {
		return "", err
	}
	if real, err := filepath.EvalSymlinks(path); err == nil {
		return real, nil
	}
	dir, err := filepath.EvalSymlinks(filepath.Dir(path))
	if err != nil {
		return "", err
	}
	return filepath.Join(dir, filepath.Base(path)), nil
}

// dsn returns the connection string; mode is that of SQLite's URIs.
func dsn(path, mode string) string {
	path = filepath.ToSlash(path)
	if !strings.HasPrefix(path, "/") {
		path = "/" + path // C:/…
	}
	q := url.Values{"mode": {mode}, "_busy_timeout": {fmt.Sprint(busyMillis)}, "_dqs": {"0"}, "_defensive": {"1"}}
	// Not where a damaged file is opened to be replaced: a pragma reads it.
	if cache, serves := map[string]int{"ro": readerCache, "rwc": writerCache}[mode]; serves {
		q.Set("_pragma", fmt.Sprintf("cache_size(-%d)", cache))
	}
	return (&url.URL{Scheme: "file", Path: path, RawQuery: q.Encode()}).String()
}

// prepare checks the engine and the file, and sets up the connection that
// writes. It asks unchanged once the connection keeps the file for itself and
// before it writes.
func prepare(ctx context.Context, c *sql.Conn, unchanged func() error, asItIs bool) error {
	var version string
	if err := c.QueryRowContext(ctx, "SELECT sqlite_version()").Scan(&version); err != nil {
		return err
	}
	var v [3]int
	if _, err := fmt.Sscanf(version, "%d.%d.%d", &v[0], &v[1], &v[2]); err != nil {
		return fmt.Errorf("reading SQLite's version %q: %w", version, err)
	}
	if slices.Compare(v[:], minVersion[:]) < 0 {
		return fmt.Errorf("SQLite %s can lose committed data; at least %d.%d.%d is needed",
			version, minVersion[0], minVersion[1], minVersion[2])
	}
	if err := recognise(ctx, c); err != nil {
		return err
	}
	if err := sound(ctx, c, "quick_check"); err != nil {
		return err
	}
	var mode string
	if err := c.QueryRowContext(ctx, "PRAGMA journal_mode = WAL").Scan(&mode); err != nil {
		return err
	}
	if mode != "wal" {
		return fmt.Errorf("the file system does not allow write-ahead logging (journal mode is %s)", mode)
	}
	for _, pragma := range []string{
		"secure_delete = ON", // what is deleted is a person's whereabouts
		"synchronous = FULL",
		// macOS keeps an fsync in the drive's cache; the others ignore these.
		"fullfsync = ON",
		"checkpoint_fullfsync = ON",
		"foreign_keys = OFF",
		// After a large import the log shrinks again.
		"journal_size_limit = 67108864",
	} {
		if _, err := c.ExecContext(ctx, "PRAGMA "+pragma); err != nil {
			return err
		}
	}
	if err := unchanged(); err != nil || asItIs {
		return err
	}
	return migrate(ctx, c)
}

// readStmt returns a prepared statement of the reading connections.
func (s *Store) readStmt(ctx context.Context, query string) (*sql.Stmt, error) {
	select {
	case <-s.closing:
		return nil, ErrClosed
	default:
		return s.stmts.get(ctx, query)
	}
}

// Ping reports whether the store answers: a read, and an empty turn of the writer.
func (s *Store) Ping(ctx context.Context) error {
	if _, err := one(ctx, s, "asking a reader", scanOne[int], "PRAGMA user_version"); err != nil {
		return err
	}
	return s.write(ctx, "asking the writer", func(*tx) error { return nil })
}

// Close finishes the writes that were begun, moves the log into the database
// and gives up the lock. It may be called twice.
func (s *Store) Close() error {
	if err := s.close(); err != nil {
		return translate(context.Background(), "closing the database "+s.path, err)
	}
	return nil
}

// shut closes as much as was opened.
func (s *Store) shut() error {
	close(s.closing)
	var errs []error
	if s.writer != nil {
		s.writer.stop()
	}
	if s.read != nil {
		s.stmts.close()
		errs = append(errs, s.read.Close())
	}
	if s.writer != nil {
		if !s.asItIs {
			// With another process at work the log stays, and that is no error.
			_, err := s.writer.conn.ExecContext(context.Background(), "PRAGMA wal_checkpoint(TRUNCATE)")
			errs = append(errs, err)
		}
		s.writer.stmts.close()
		errs = append(errs, s.writer.conn.Close())
	}
	if s.writes != nil {
		errs = append(errs, s.writes.Close())
	}
	if s.locked != nil {
		// The file stays: a process that waits to lock it would hold another one.
		errs = append(errs, s.locked.Close())
	}
	return errors.Join(errs...)
}

// Inbox returns the inbox.
func (s *Store) Inbox() storage.Inbox { return inbox{s} }

// Outbox returns the outbox.
func (s *Store) Outbox() storage.Outbox { return outbox{s} }

// Deliveries returns the outbox as the sender sees it.
func (s *Store) Deliveries() storage.Deliveries { return outbox{s} }

// Facts returns the facts.
func (s *Store) Facts() storage.Facts { return facts{s} }

// Outcomes returns what reps' days came to.
func (s *Store) Outcomes() storage.Outcomes { return outcomes{s} }

// Acts returns what admins, managers and Roundsman itself did.
func (s *Store) Acts() storage.Acts { return acts{s} }

// Record returns the hash chain.
func (s *Store) Record() storage.Record { return record{s} }

// Complaints returns the customers' complaints.
func (s *Store) Complaints() storage.Complaints { return complaints{s} }

// Roster returns people and teams.
func (s *Store) Roster() storage.Roster { return roster{s} }

// Customers returns the customers.
func (s *Store) Customers() storage.Customers { return customers{s} }

// Plans returns the planned visits.
func (s *Store) Plans() storage.Plans { return plans{s} }

// Targets returns the months' targets.
func (s *Store) Targets() storage.Targets { return targets{s} }

// Routes returns the fixed routes.
func (s *Store) Routes() storage.Routes { return routes{s} }

// Calendar returns the imported holidays.
func (s *Store) Calendar() storage.Calendar { return calendar{s} }

// Consents returns who agreed to what.
func (s *Store) Consents() storage.Consents { return consents{s} }

// Runs returns the ledger of scheduled jobs.
func (s *Store) Runs() storage.Runs { return runs{s} }

// Media returns photos and those still to be fetched.
func (s *Store) Media() storage.Media { return media{s} }

// Imports returns the import jobs.
func (s *Store) Imports() storage.Imports { return imports{s} }

// Undos returns what can be undone.
func (s *Store) Undos() storage.Undos { return undos{s} }

// Leases returns the leases.
func (s *Store) Leases() storage.Leases { return leases{s} }

// Erasures returns what is to be erased.
func (s *Store) Erasures() storage.Erasures { return erasures{s} }

// Persons returns what removes people.
func (s *Store) Persons() storage.Persons { return persons{s} }

// Quotas returns what was used of shared limits.
func (s *Store) Quotas() storage.Quotas { return quotas{s} }
