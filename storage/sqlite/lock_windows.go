package sqlite

import (
	"errors"
	"os"

	"golang.org/x/sys/windows"

	"roundsman/storage"
)

// lock takes the exclusive lock on the file, or fails with [storage.ErrLocked].
// The system gives it up with the process, however that ends.
func lock(path string) (*os.File, error) {
	f, err := os.OpenFile(path, os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return nil, err
	}
	err = windows.LockFileEx(windows.Handle(f.Fd()),
		windows.LOCKFILE_EXCLUSIVE_LOCK|windows.LOCKFILE_FAIL_IMMEDIATELY, 0, 1, 0, new(windows.Overlapped))
	if err == nil {
		return f, nil
	}
	if errors.Is(err, windows.ERROR_LOCK_VIOLATION) || errors.Is(err, windows.ERROR_IO_PENDING) {
		err = storage.ErrLocked
	}
	return nil, errors.Join(err, f.Close())
}
