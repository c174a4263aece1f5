package sqlite_test

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"roundsman/storage"
	"roundsman/storage/sqlite"
)

// backup makes a backup of a store with these events.
func backup(t *testing.T, keys ...string) string {
	t.Helper()
	s := setup(t)
	accept(t, s, keys...)
	path := filepath.Join(t.TempDir(), "backup.db")
	if err := s.Backup(t.Context(), path); err != nil {
		t.Fatal(err)
	}
	return path
}

// database makes a closed database with these events.
func database(t *testing.T, keys ...string) string {
	t.Helper()
	s := setup(t)
	accept(t, s, keys...)
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	return s.path
}

// killed makes the database of a process that was killed: what it wrote last
// stands in the log alone.
func killed(t *testing.T, keys ...string) string {
	t.Helper()
	s := setup(t)
	accept(t, s, keys...)
	to := filepath.Join(t.TempDir(), "killed.db")
	for _, suffix := range []string{"", "-wal"} {
		b, err := os.ReadFile(s.path + suffix)
		if err != nil {
			t.Fatal(err)
		}
		if suffix != "" && len(b) == 0 {
			t.Fatal("there is no log")
		}
		if err := os.WriteFile(to+suffix, b, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return to
}

// contents returns what is in a directory by name, but for locks.
func contents(t *testing.T, dir string) map[string]string {
	t.Helper()
	out := make(map[string]string)
	for _, name := range listing(t, dir) {
		b, err := os.ReadFile(filepath.Join(dir, name))
		if err != nil {
			t.Fatal(err)
		}
		if !strings.HasSuffix(name, ".lock") {
			out[name] = string(b)
		}
	}
	return out
}

func restore(t *testing.T, from, to string) (old string) {
	t.Helper()
	forked()
	old, err := sqlite.Restore(t.Context(), from, to, noon)
	if err != nil {
		t.Fatal(err)
	}
	return old
}

func expect(t *testing.T, path string, keys ...string) {
	t.Helper()
	if diff := cmp.Diff(keys, kept(t, path)); diff != "" {
		t.Errorf("events of %s (-want +got):\n%s", filepath.Base(path), diff)
	}
}

func TestRestore(t *testing.T) {
	t.Parallel()
	from := backup(t, "new")

	t.Run("into_nothing", func(t *testing.T) {
		t.Parallel()
		to := filepath.Join(t.TempDir(), "r.db")
		if old := restore(t, from, to); old != "" {
			t.Errorf("it says that %s was there", old)
		}
		expect(t, to, "new")
	})
	t.Run("over_another_twice", func(t *testing.T) {
		t.Parallel()
		to := database(t, "old")
		first := restore(t, from, to)
		if want := to + ".before-restore-20261124T120000"; first != want {
			t.Errorf("the old one is kept as %s, want %s", first, want)
		}
		expect(t, to, "new")
		second := restore(t, backup(t, "newest"), to)
		expect(t, to, "newest")
		expect(t, first, "old")
		expect(t, second, "new")
	})
	t.Run("and_back", func(t *testing.T) {
		t.Parallel()
		to := database(t, "old")
		old := restore(t, from, to)
		restore(t, old, to)
		expect(t, to, "old")
	})
	t.Run("an_older_version", func(t *testing.T) {
		t.Parallel()
		older := filepath.Join(t.TempDir(), "older.db")
		script, err := os.ReadFile("migrations/0001_first.sql")
		if err != nil {
			t.Fatal(err)
		}
		change(t, older, string(script)+"; PRAGMA application_id = 0x5264736d; PRAGMA user_version = 1;")
		to := database(t, "old")
		restore(t, older, to)
		expect(t, to)
	})
	t.Run("over_a_newer_version", func(t *testing.T) {
		t.Parallel()
		to := database(t, "old")
		change(t, to, "PRAGMA user_version = 999")
		restore(t, from, to)
		expect(t, to, "new")
	})
	t.Run("after_it_was_cut_off", func(t *testing.T) {
		t.Parallel()
		for _, size := range []int64{0, 100, 8192} {
			to := database(t, "old")
			if err := os.Truncate(to, size); err != nil {
				t.Fatal(err)
			}
			old := restore(t, from, to)
			expect(t, to, "new")
			if info, err := os.Stat(old); err != nil || info.Size() != size {
				t.Errorf("what was there is not kept as it was: %v", err)
			}
		}
	})
}

// The engine finds a log by name only, and would replay it into the new database.
func TestRestoreReplaysNoOldLog(t *testing.T) {
	t.Parallel()
	t.Run("folded_into_the_old_database", func(t *testing.T) {
		t.Parallel()
		to := killed(t, "old-1", "old-2")
		old := restore(t, backup(t, "new"), to)
		expect(t, to, "new")
		expect(t, old, "old-1", "old-2")
	})
	t.Run("kept_beside_a_damaged_one", func(t *testing.T) {
		t.Parallel()
		to := killed(t, "old")
		b, err := os.ReadFile(to + "-wal")
		if err != nil {
			t.Fatal(err)
		}
		// Without the first frame's mark the log is one of nothing.
		clear(b[24:48])
		if err := errors.Join(os.WriteFile(to+"-wal", b, 0o600), os.WriteFile(to, []byte(strings.Repeat("broken", 2000)), 0o600)); err != nil {
			t.Fatal(err)
		}
		old := restore(t, backup(t, "new"), to)
		expect(t, to, "new")
		if text, err := os.ReadFile(old); err != nil || !strings.HasPrefix(string(text), "broken") {
			t.Errorf("the old database is not kept as it was: %v", err)
		}
	})
	t.Run("without_its_database", func(t *testing.T) {
		t.Parallel()
		to := killed(t, "old")
		if err := os.Remove(to); err != nil {
			t.Fatal(err)
		}
		log, err := os.ReadFile(to + "-wal")
		if err != nil {
			t.Fatal(err)
		}
		if old := restore(t, backup(t, "new"), to); old != "" {
			t.Errorf("it says that %s was there", old)
		}
		expect(t, to, "new")
		left, err := os.ReadFile(to + ".before-restore-20261124T120000-wal")
		if err != nil || string(left) != string(log) {
			t.Errorf("the old log is not kept: %v", err)
		}
	})
}

func TestRestoreIsRefused(t *testing.T) {
	t.Parallel()
	good := backup(t, strings.Repeat("k", 20_000), "b")
	whole, err := os.ReadFile(good)
	if err != nil {
		t.Fatal(err)
	}
	cancelled, cancel := context.WithCancel(t.Context())
	cancel()
	write := func(t *testing.T, b []byte) string {
		t.Helper()
		path := filepath.Join(t.TempDir(), "b.db")
		if err := os.WriteFile(path, b, 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	for name, tt := range map[string]struct {
		from func(t *testing.T, to string) string
		want error
		text string
	}{
		"truncated":       {func(t *testing.T, _ string) string { return write(t, whole[:len(whole)-4096]) }, sqlite.ErrDamaged, ""},
		"cut_in_a_page":   {func(t *testing.T, _ string) string { return write(t, whole[:5000]) }, sqlite.ErrDamaged, ""},
		"empty":           {func(t *testing.T, _ string) string { return write(t, nil) }, sqlite.ErrDamaged, "empty"},
		"not_a_database":  {func(t *testing.T, _ string) string { return write(t, []byte(strings.Repeat("x", 9000))) }, sqlite.ErrDamaged, ""},
		"page_of_garbage": {func(t *testing.T, _ string) string { return write(t, garbled(whole)) }, sqlite.ErrDamaged, ""},
		"foreign": {func(t *testing.T, _ string) string {
			path := filepath.Join(t.TempDir(), "b.db")
			change(t, path, "CREATE TABLE theirs (x)")
			return path
		}, sqlite.ErrForeign, "another program"},
		"nothing_in_it": {func(t *testing.T, _ string) string {
			path := filepath.Join(t.TempDir(), "b.db")
			change(t, path, "CREATE TABLE x (x); DROP TABLE x")
			return path
		}, sqlite.ErrForeign, "version 0"},
		"newer": {func(t *testing.T, _ string) string {
			path := write(t, whole)
			change(t, path, "PRAGMA user_version = 999")
			return path
		}, sqlite.ErrForeign, "999"},
		"in_use":   {func(t *testing.T, _ string) string { return killed(t, "x") }, sqlite.ErrDamaged, "log"},
		"itself":   {func(_ *testing.T, to string) string { return to }, nil, "the database itself"},
		"missing":  {func(t *testing.T, _ string) string { return filepath.Join(t.TempDir(), "b.db") }, os.ErrNotExist, ""},
		"no_file":  {func(t *testing.T, _ string) string { return t.TempDir() }, nil, "not a file"},
		"given_up": {func(*testing.T, string) string { return good }, context.Canceled, ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			to := killed(t, "old")
			before := contents(t, filepath.Dir(to))
			ctx := t.Context()
			if name == "given_up" {
				ctx = cancelled
			}
			from := tt.from(t, to)
			forked()
			_, err := sqlite.Restore(ctx, from, to, noon)
			if err == nil || tt.want != nil && !errors.Is(err, tt.want) || !strings.Contains(err.Error(), tt.text) {
				t.Errorf("got %v, want %v %q", err, tt.want, tt.text)
			}
			t.Log(err)
			if diff := cmp.Diff(before, contents(t, filepath.Dir(to))); diff != "" {
				t.Error("the old database was touched, or something was left behind")
			}
			expect(t, to, "old")
		})
	}
	t.Run("over_another_programs", func(t *testing.T) {
		t.Parallel()
		to := filepath.Join(t.TempDir(), "theirs.db")
		change(t, to, "CREATE TABLE theirs (x)")
		before := contents(t, filepath.Dir(to))
		if _, err := sqlite.Restore(t.Context(), good, to, noon); !errors.Is(err, sqlite.ErrForeign) {
			t.Errorf("got %v", err)
		}
		if diff := cmp.Diff(before, contents(t, filepath.Dir(to))); diff != "" {
			t.Error("it was touched")
		}
	})
}

// garbled overwrites a page behind the schema's.
func garbled(b []byte) []byte {
	b = slices.Clone(b)
	copy(b[2*4096:3*4096], strings.Repeat("\xa5", 4096))
	return b
}

func TestRestoreWhileInUse(t *testing.T) {
	t.Parallel()
	from := backup(t, "new")
	for name, opts := range map[string]sqlite.Options{"served": {Serve: true}, "by_a_command": {}} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			to := database(t, "old")
			user := open(t, to, opts)
			if _, err := sqlite.Restore(t.Context(), from, to, noon); !errors.Is(err, storage.ErrLocked) {
				t.Fatalf("got %v, want ErrLocked", err)
			}
			accept(t, user, "older")
			if err := user.Close(); err != nil {
				t.Fatal(err)
			}
			expect(t, to, "old", "older")
			restore(t, from, to)
			expect(t, to, "new")
		})
	}
}

// What a restore that died leaves: see the steps at Restore.
func TestRestoreFinishesAnInterruptedOne(t *testing.T) {
	t.Parallel()
	from := backup(t, "new")
	whole, err := os.ReadFile(from)
	if err != nil {
		t.Fatal(err)
	}
	t.Run("copying", func(t *testing.T) {
		t.Parallel()
		to := database(t, "old")
		if err := os.WriteFile(to+".restoring.part", whole[:5000], 0o600); err != nil {
			t.Fatal(err)
		}
		expect(t, to, "old")
		restore(t, from, to)
		expect(t, to, "new")
	})
	for name, old := range map[string]string{"before_the_old_is_aside": "old", "after_it": ""} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			to := filepath.Join(t.TempDir(), "r.db")
			if old != "" {
				to = killed(t, old)
			}
			if err := os.WriteFile(to+".restoring", whole, 0o600); err != nil {
				t.Fatal(err)
			}
			forked()
			for _, opts := range []sqlite.Options{{Serve: true}, {}} {
				if _, err := sqlite.Open(t.Context(), to, opts); !errors.Is(err, sqlite.ErrInterrupted) {
					t.Fatalf("the half restored database gave %v, want ErrInterrupted", err)
				}
			}
			forked()
			bad := filepath.Join(t.TempDir(), "bad.db")
			if err := os.WriteFile(bad, whole[:5000], 0o600); err != nil {
				t.Fatal(err)
			}
			if _, err := sqlite.Restore(t.Context(), bad, to, noon); !errors.Is(err, sqlite.ErrDamaged) {
				t.Fatalf("got %v", err)
			}
			if _, err := sqlite.Open(t.Context(), to, sqlite.Options{}); !errors.Is(err, sqlite.ErrInterrupted) {
				t.Fatalf("after a refused restore it gave %v, want ErrInterrupted", err)
			}
			kept := restore(t, from, to)
			expect(t, to, "new")
			if old != "" {
				expect(t, kept, old)
			}
		})
	}
}

// restoringPath is the environment variable that makes the test binary a
// process which restores the two backups beside the database it names, in
// turn, until it is killed.
const restoringPath = "ROUNDSMAN_SQLITE_TEST_RESTORE"

func restoring(path string) {
	for i := 0; ; i++ {
		from := filepath.Join(filepath.Dir(path), []string{"a", "b"}[i%2])
		if _, err := sqlite.Restore(context.Background(), from, path, noon); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		fmt.Println(i)
	}
}

// At whatever line a restore is killed, the database is the old one, the new
// one, or not to be opened; never an empty one, never a mixture.
func TestRestoreKilledAnywhere(t *testing.T) {
	t.Parallel()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	to := database(t, "a")
	for _, name := range []string{"a", "b"} {
		if err := os.Rename(backup(t, name), filepath.Join(filepath.Dir(to), name)); err != nil {
			t.Fatal(err)
		}
	}
	found := make(map[string]int)
	for range 30 {
		cmd := exec.CommandContext(t.Context(), self)
		cmd.Env = append(os.Environ(), restoringPath+"="+to)
		var complaint strings.Builder
		cmd.Stderr = &complaint
		out, err := cmd.StdoutPipe()
		if err != nil {
			t.Fatal(err)
		}
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		lines := bufio.NewReader(out)
		if _, err := lines.ReadString('\n'); err != nil {
			t.Fatal(err, complaint.String())
		}
		// Any moment of the next restores.
		kill := time.AfterFunc(time.Duration(rand.IntN(30_000))*time.Microsecond, func() { _ = cmd.Process.Kill() })
		_, _ = io.Copy(io.Discard, lines)
		kill.Stop()
		if err := cmd.Wait(); err == nil || complaint.Len() > 0 {
			t.Fatalf("it ended by itself: %v %s", err, complaint.String())
		}

		s, err := sqlite.Open(t.Context(), to, sqlite.Options{Serve: true})
		if errors.Is(err, sqlite.ErrInterrupted) {
			found["interrupted"]++
			restore(t, filepath.Join(filepath.Dir(to), "a"), to)
			expect(t, to, "a")
			continue
		}
		if err != nil {
			t.Fatal(err)
		}
		events, err := s.Inbox().Pending(t.Context(), noon, storage.Cursor{}, 10)
		if err = errors.Join(err, s.Close()); err != nil {
			t.Fatal(err)
		}
		if len(events) != 1 || events[0].Key != "a" && events[0].Key != "b" {
			t.Fatalf("there are %v", events)
		}
		found["whole"]++
	}
	t.Log(found)
}
