package sqlite_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"

	"roundsman/storage"
	"roundsman/storage/sqlite"
)

// accept makes events durable.
func accept(t *testing.T, s storage.Store, keys ...string) {
	t.Helper()
	for _, key := range keys {
		if _, err := s.Inbox().Accept(t.Context(), storage.Event{Key: key, Payload: []byte(key)}); err != nil {
			t.Fatal(err)
		}
	}
}

// kept opens the database at path and returns the keys of its events.
func kept(t *testing.T, path string) []string {
	t.Helper()
	forked()
	s, err := sqlite.Open(t.Context(), path, sqlite.Options{Serve: true, Existing: true})
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	}()
	events, err := s.Inbox().Pending(t.Context(), noon, storage.Cursor{}, 1<<30)
	if err != nil {
		t.Fatal(err)
	}
	var keys []string
	for _, e := range events {
		if string(e.Payload) != e.Key {
			t.Errorf("the event %s holds %q", e.Key, e.Payload)
		}
		keys = append(keys, e.Key)
	}
	return keys
}

// listing returns the names in a directory.
func listing(t *testing.T, dir string) []string {
	t.Helper()
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, e := range entries {
		names = append(names, e.Name())
	}
	return names
}

// A backup has what was acknowledged before it began, whatever is written
// meanwhile, and nobody's write waits for its end.
func TestBackupUnderWriters(t *testing.T) {
	t.Parallel()
	serving := setup(t)
	command := open(t, serving.path, sqlite.Options{Existing: true})
	dir := t.TempDir()

	var mu sync.Mutex
	acked := make(map[string]bool)
	var writers sync.WaitGroup
	ctx, stop := context.WithCancel(t.Context())
	failed := make(chan error, 8)
	wrote := make(chan struct{}, 8)
	for i := range 8 {
		writers.Go(func() {
			for j := 0; ctx.Err() == nil; j++ {
				key := fmt.Sprint(i, "-", j)
				// Not ctx: an outcome that is not known proves nothing.
				if _, err := serving.Inbox().Accept(t.Context(), storage.Event{Key: key, Payload: []byte(key)}); err != nil {
					failed <- err
					return
				}
				mu.Lock()
				acked[key] = true
				mu.Unlock()
				if j == 20 {
					wrote <- struct{}{}
				}
			}
		})
	}
	for range 8 {
		<-wrote
	}
	type taken struct {
		path   string
		before []string
		during int
	}
	var backups []taken
	for n := range 5 {
		b := taken{path: filepath.Join(dir, fmt.Sprintf("%d.db", n))}
		mu.Lock()
		for key := range acked {
			b.before = append(b.before, key)
		}
		mu.Unlock()
		if err := command.Backup(t.Context(), b.path); err != nil {
			t.Fatal(err)
		}
		mu.Lock()
		b.during = len(acked) - len(b.before)
		mu.Unlock()
		backups = append(backups, b)
	}
	stop()
	writers.Wait()
	select {
	case err := <-failed:
		t.Fatal(err)
	default:
	}

	if diff := cmp.Diff([]string{"0.db", "1.db", "2.db", "3.db", "4.db"}, listing(t, dir)); diff != "" {
		t.Errorf("more was left than the backups (-want +got):\n%s", diff)
	}
	during := 0
	for _, b := range backups {
		if info, err := os.Stat(b.path); err != nil || runtime.GOOS != "windows" && info.Mode().Perm() != 0o600 {
			t.Errorf("%s: %v, %v", b.path, info.Mode(), err)
		}
		has := make(map[string]bool)
		for _, key := range kept(t, b.path) {
			has[key] = true
		}
		for _, key := range b.before {
			if !has[key] {
				t.Errorf("%s was acknowledged before %s began and is not in it", key, b.path)
			}
		}
		during += b.during
		t.Logf("%d acknowledged before, %d in the backup, %d written meanwhile", len(b.before), len(has), b.during)
	}
	if during == 0 {
		t.Error("nobody wrote while the backups were taken")
	}
}

func TestBackupIsRefused(t *testing.T) {
	t.Parallel()
	s := setup(t)
	accept(t, s, "a")
	dir := t.TempDir()
	there := filepath.Join(dir, "there.db")
	if err := os.WriteFile(there, []byte("mine"), 0o644); err != nil {
		t.Fatal(err)
	}
	cancelled, cancel := context.WithCancel(t.Context())
	cancel()
	for name, tt := range map[string]struct {
		ctx  context.Context
		path string
		want error
	}{
		"file_exists":  {t.Context(), there, fs.ErrExist},
		"database":     {t.Context(), s.path, fs.ErrExist},
		"directory":    {t.Context(), dir, fs.ErrExist},
		"no_directory": {t.Context(), filepath.Join(dir, "missing", "b.db"), fs.ErrNotExist},
		"cancelled":    {cancelled, filepath.Join(dir, "b.db"), context.Canceled},
	} {
		if err := s.Backup(tt.ctx, tt.path); !errors.Is(err, tt.want) || !strings.Contains(err.Error(), tt.path) {
			t.Errorf("%s: got %v, want %v", name, err, tt.want)
		}
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	if err := s.Backup(t.Context(), filepath.Join(dir, "b.db")); !errors.Is(err, sqlite.ErrClosed) {
		t.Errorf("after closing: %v", err)
	}
	if text, err := os.ReadFile(there); err != nil || string(text) != "mine" {
		t.Errorf("the file that was there has %q, %v", text, err)
	}
	if diff := cmp.Diff([]string{"there.db"}, listing(t, dir)); diff != "" {
		t.Errorf("something was left behind (-want +got):\n%s", diff)
	}
}

// What a killed backup left is in no other's way.
func TestBackupBesideLeftovers(t *testing.T) {
	t.Parallel()
	s := setup(t)
	accept(t, s, "a")
	path := filepath.Join(t.TempDir(), "b.db")
	if err := os.WriteFile(path+".part-1", []byte("half"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := s.Backup(t.Context(), path); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]string{"a"}, kept(t, path)); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

// What was deleted before the backup is nowhere in its bytes, even if the
// database's own free pages still had it.
func TestBackupLeavesTheDeletedBehind(t *testing.T) {
	t.Parallel()
	s := setup(t)
	if _, err := sqlite.Pragma(t.Context(), s.Store, "secure_delete = OFF"); err != nil {
		t.Fatal(err)
	}
	secret := strings.Repeat("whereabouts", 1000)
	accept(t, s, "kept", secret)
	if err := s.Inbox().Done(t.Context(), secret, noon); err != nil {
		t.Fatal(err)
	}
	if n, err := s.Inbox().Sweep(t.Context(), noon.AddDate(0, 0, 1)); err != nil || n != 1 {
		t.Fatal(n, err)
	}
	path := filepath.Join(t.TempDir(), "b.db")
	if err := s.Backup(t.Context(), path); err != nil {
		t.Fatal(err)
	}
	b, err := os.ReadFile(path)
	if err != nil || bytes.Contains(b, []byte("whereabouts")) {
		t.Errorf("the backup has what was deleted (%v)", err)
	}
	if diff := cmp.Diff([]string{"kept"}, kept(t, path)); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestExistingMakesNoDatabase(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	path := filepath.Join(dir, "r.db")
	if s, err := sqlite.Open(t.Context(), path, sqlite.Options{Existing: true}); !errors.Is(err, storage.ErrNotFound) {
		t.Fatalf("%v, %v, want ErrNotFound", s, err)
	}
	if left := listing(t, dir); len(left) > 0 {
		t.Errorf("it made %v", left)
	}
}

// A new program backs up for an old one that serves: the schema stays the old one's, in the store and in the copy.
func TestABackupLeavesAnOlderSchema(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	path, copied := filepath.Join(dir, "r.db"), filepath.Join(dir, "copy.db")
	first, err := os.ReadFile("migrations/0001_first.sql")
	if err != nil {
		t.Fatal(err)
	}
	change(t, path, "PRAGMA journal_mode = WAL")
	change(t, path, string(first)+"; PRAGMA application_id = 0x5264736d; PRAGMA user_version = 1")
	s := open(t, path, sqlite.Options{Existing: true})
	if err := s.Backup(t.Context(), copied); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{path, copied} {
		again := open(t, name, sqlite.Options{Existing: true})
		if v, err := sqlite.Pragma(t.Context(), again.Store, "user_version"); err != nil || v != "1" {
			t.Errorf("%s has version %s, %v", name, v, err)
		}
	}
}
