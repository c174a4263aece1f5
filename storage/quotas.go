package storage

import (
	"context"
	"time"
)

// Quota is what was used of a limit that all processes share: of a platform's
// app, of a kind of chat, or of one chat.
type Quota struct {
	Key string
	// Version is 1 when the quota is stored first, and one more each time.
	Version int64
	// Data is what was used, opaque here.
	Data []byte
	// Expires is when nothing of it counts any more.
	Expires time.Time
}

// Quotas keep what was used of shared limits.
type Quotas interface {
	// Get returns the quota, or ErrNotFound.
	Get(ctx context.Context, key string) (Quota, error)
	// Swap stores q if q.Version is one more than the stored version, where an
	// absent quota counts as 0. ErrConflict if it is not.
	Swap(ctx context.Context, q Quota) error
	// Sweep forgets quotas that expired before the instant, and returns how many.
	Sweep(ctx context.Context, before time.Time) (int, error)
}
