package web

import (
	"errors"
	"io"

	"golang.org/x/sync/semaphore"
)

// errFull says that there is no memory left for what others send.
var errFull = errors.New("too much is being uploaded")

// held reads an upload and counts what of it is in memory.
type held struct {
	io.Reader
	of *semaphore.Weighted
	n  int64
}

// Read fails with errFull when there is no room for what it read.
func (h *held) Read(b []byte) (int, error) {
	n, err := h.Reader.Read(b)
	if n > 0 && !h.of.TryAcquire(int64(n)) {
		return 0, errFull
	}
	h.n += int64(n)
	return n, err
}

// release gives the room back.
func (h *held) release() { h.of.Release(h.n) }
