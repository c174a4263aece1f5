package sqlite_test

import (
	"os"
	"path/filepath"
	"syscall"
	"testing"

	"go.uber.org/goleak"

	"roundsman/storage"
	"roundsman/storage/sqlite"
	"roundsman/storage/storagetest"
)

func TestMain(m *testing.M) {
	if path := os.Getenv(childPath); path != "" {
		child(path)
		return
	}
	if path := os.Getenv(restoringPath); path != "" {
		restoring(path)
	}
	goleak.VerifyTestMain(m)
}

// file is a store that knows its path.
type file struct {
	*sqlite.Store
	path string
}

// forked waits until processes that other tests are starting run their own
// program: until then they hold copies of all files, and so of locks given up since.
func forked() {
	syscall.ForkLock.RLock()
	defer syscall.ForkLock.RUnlock()
}

func open(t testing.TB, path string, opts sqlite.Options) file {
	t.Helper()
	forked()
	s, err := sqlite.Open(t.Context(), path, opts)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	return file{s, path}
}

func setup(t testing.TB) file {
	t.Helper()
	return open(t, filepath.Join(t.TempDir(), "roundsman.db"), sqlite.Options{Serve: true})
}

func TestStore(t *testing.T) {
	t.Parallel()
	storagetest.Run(t,
		func(t *testing.T) storage.Store { return setup(t) },
		func(t *testing.T, s storage.Store) storage.Store {
			if err := s.Close(); err != nil {
				t.Fatal(err)
			}
			return open(t, s.(file).path, sqlite.Options{Serve: true})
		})
}
