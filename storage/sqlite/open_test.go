package sqlite_test

import (
	"bytes"
	"database/sql"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"roundsman/storage"
	"roundsman/storage/sqlite"
	"roundsman/storage/storagetest"
	"roundsman/visit"
)

var noon = time.Date(2026, 11, 24, 12, 0, 0, 0, time.UTC)

func TestServeIsExclusive(t *testing.T) {
	t.Parallel()
	serving := setup(t)

	if _, err := sqlite.Open(t.Context(), serving.path, sqlite.Options{Serve: true}); !errors.Is(err, storage.ErrLocked) {
		t.Fatalf("a second serving process got %v, want ErrLocked", err)
	} else if !strings.Contains(err.Error(), serving.path) {
		t.Errorf("%q does not name %s", err, serving.path)
	}
	link := filepath.Join(t.TempDir(), "other.db")
	if err := os.Symlink(serving.path, link); err == nil {
		if _, err := sqlite.Open(t.Context(), link, sqlite.Options{Serve: true}); !errors.Is(err, storage.ErrLocked) {
			t.Fatalf("a second name for the file got %v, want ErrLocked", err)
		}
	}

	if err := serving.Close(); err != nil {
		t.Fatal(err)
	}
	open(t, serving.path, sqlite.Options{Serve: true})
}

func TestACommandWorksBesideAServingProcess(t *testing.T) {
	t.Parallel()
	ctx := t.Context()
	serving := setup(t)
	rep := visit.Rep{ID: "1", Name: "张伟"}
	if err := serving.Roster().PutReps(ctx, rep); err != nil {
		t.Fatal(err)
	}

	command := open(t, serving.path, sqlite.Options{})
	reps, err := command.Roster().Reps(ctx)
	if err != nil || len(reps) != 1 || reps[0].Name != rep.Name {
		t.Fatalf("the command sees %v, %v", reps, err)
	}
	rep.Name = "李娜"
	if err := command.Roster().PutReps(ctx, rep); err != nil {
		t.Fatal(err)
	}
	if err := command.Close(); err != nil {
		t.Fatal(err)
	}

	reps, err = serving.Roster().Reps(ctx)
	if err != nil || len(reps) != 1 || reps[0].Name != rep.Name {
		t.Fatalf("the serving process sees %v, %v", reps, err)
	}
	if _, err := serving.Inbox().Accept(ctx, storage.Event{Key: "k"}); err != nil {
		t.Fatal(err)
	}
}

func TestTwoProcessesWriteAtOnce(t *testing.T) {
	t.Parallel()
	ctx := t.Context()
	a := setup(t)
	b := open(t, a.path, sqlite.Options{})
	const each = 200
	errs := make(chan error)
	for i, s := range []file{a, b} {
		go func() {
			for j := range each {
				if err := s.Roster().PutTeam(ctx, visit.Team{Name: fmt.Sprint(i, "-", j)}); err != nil {
					errs <- err
					return
				}
			}
			errs <- nil
		}()
	}
	for range 2 {
		if err := <-errs; err != nil {
			t.Fatal(err)
		}
	}
	for _, s := range []file{a, b} {
		if teams, err := s.Roster().Teams(ctx); err != nil || len(teams) != 2*each {
			t.Fatalf("%d teams are kept of %d, %v", len(teams), 2*each, err)
		}
	}
}

// filled makes a database of some hundred pages, closes it and returns its path.
func filled(t *testing.T) string {
	t.Helper()
	s := setup(t)
	for i := range 50 {
		e := storage.Event{Key: strings.Repeat("k", i+1), Payload: bytes.Repeat([]byte{1}, 20_000)}
		if _, err := s.Inbox().Accept(t.Context(), e); err != nil {
			t.Fatal(err)
		}
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(s.path + "-wal"); err == nil {
		t.Fatal("closing left the log behind")
	}
	return s.path
}

func TestDamagedFilesAreRefused(t *testing.T) {
	t.Parallel()
	for name, damage := range map[string]func(b []byte) []byte{
		"empty":              func([]byte) []byte { return nil },
		"cut in a page":      func(b []byte) []byte { return b[:100] },
		"cut in half":        func(b []byte) []byte { return b[:len(b)/2] },
		"cut by a page":      func(b []byte) []byte { return b[:len(b)-4096] },
		"header gone":        func(b []byte) []byte { clear(b[:16]); return b },
		"not a database":     func([]byte) []byte { return bytes.Repeat([]byte("storage: sqlite\n"), 1000) },
		"schema overwritten": func(b []byte) []byte { clear(b[100:4096]); return b },
		"a page overwritten": func(b []byte) []byte {
			copy(b[2*4096:], bytes.Repeat([]byte{0xa5}, 4096))
			return b
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			path := filled(t)
			b, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			b = damage(b)
			if err := os.WriteFile(path, b, 0o600); err != nil {
				t.Fatal(err)
			}
			s, err := sqlite.Open(t.Context(), path, sqlite.Options{Serve: true})
			if err == nil {
				_ = s.Close()
				t.Fatal("it was opened")
			}
			if !errors.Is(err, sqlite.ErrDamaged) || !strings.Contains(err.Error(), path) {
				t.Fatalf("got %v, want ErrDamaged with the path", err)
			}
			t.Log(err)
			// It is left for whoever can save something of it, and no lock is held.
			after, err := os.ReadFile(path)
			if err != nil || !bytes.Equal(after, b) {
				t.Errorf("the file was changed (%v)", err)
			}
			if _, err := sqlite.Open(t.Context(), path, sqlite.Options{Serve: true}); errors.Is(err, storage.ErrLocked) {
				t.Error("the refused open still holds the lock")
			}
		})
	}
}

func TestPathsThatAreNone(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	for _, path := range []string{"", ":memory:", dir, filepath.Join(dir, "missing", "roundsman.db")} {
		if s, err := sqlite.Open(t.Context(), path, sqlite.Options{}); err == nil {
			_ = s.Close()
			t.Errorf("%q was opened", path)
		}
	}
}

func TestAnyFileName(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"巡访.db", "a b.db", "a?mode=memory.db", "a#b%20c.db", "a&b='.db"} {
		path := filepath.Join(t.TempDir(), name)
		s := open(t, path, sqlite.Options{Serve: true})
		if _, err := s.Inbox().Accept(t.Context(), storage.Event{Key: "k"}); err != nil {
			t.Fatal(err)
		}
		if _, err := os.Stat(path); err != nil {
			t.Errorf("%q: %v", name, err)
		}
	}
}

// change runs a statement on the file behind the store's back.
func change(t *testing.T, path, statement string) {
	t.Helper()
	db, err := sql.Open("sqlite", path)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := db.ExecContext(t.Context(), statement); err != nil {
		t.Fatal(err)
	}
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
}

func TestMigratingTwiceIsFine(t *testing.T) {
	t.Parallel()
	path := filled(t)
	for range 2 {
		s := open(t, path, sqlite.Options{})
		waiting, _, err := s.Inbox().Count(t.Context(), time.Now())
		if err != nil || waiting != 50 {
			t.Fatalf("%d events, %v", waiting, err)
		}
	}
}

// A file of each version before this one is brought forward, with what it has.
func TestOlderFilesAreBroughtForward(t *testing.T) {
	t.Parallel()
	scripts, err := filepath.Glob("migrations/*.sql")
	if err != nil || len(scripts) < 3 {
		t.Fatalf("the migrations are %v, %v", scripts, err)
	}
	for version := 1; version < len(scripts); version++ {
		path := filepath.Join(t.TempDir(), "older.db")
		for _, name := range scripts[:version] {
			script, err := os.ReadFile(name)
			if err != nil {
				t.Fatal(err)
			}
			change(t, path, string(script))
		}
		change(t, path, `INSERT INTO customers (id, name, owner, doc) VALUES ('c', '客户', 'r', '{"id": "c", "name": "客户"}')`)
		change(t, path, fmt.Sprintf("PRAGMA application_id = 0x5264736d; PRAGMA user_version = %d", version))
		s := open(t, path, sqlite.Options{})
		if c, err := s.Customers().Get(t.Context(), "c"); err != nil || len(c) != 1 || c[0].Name != "客户" {
			t.Errorf("of version %d it has the customers %v, %v", version, c, err)
		}
		storagetest.Exercise(t, s)
	}
}

func TestForeignFilesAreRefused(t *testing.T) {
	t.Parallel()
	t.Run("a newer schema", func(t *testing.T) {
		t.Parallel()
		path := filled(t)
		change(t, path, "PRAGMA user_version = 999")
		_, err := sqlite.Open(t.Context(), path, sqlite.Options{})
		if !errors.Is(err, sqlite.ErrForeign) || !strings.Contains(err.Error(), "999") {
			t.Fatalf("got %v, want ErrForeign with the version", err)
		}
	})
	t.Run("another program's database", func(t *testing.T) {
		t.Parallel()
		path := filepath.Join(t.TempDir(), "other.db")
		change(t, path, "CREATE TABLE theirs (x)")
		before, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := sqlite.Open(t.Context(), path, sqlite.Options{}); !errors.Is(err, sqlite.ErrForeign) {
			t.Fatalf("got %v, want ErrForeign", err)
		}
		after, err := os.ReadFile(path)
		if err != nil || !bytes.Equal(before, after) {
			t.Errorf("the file was changed (%v)", err)
		}
	})
}
