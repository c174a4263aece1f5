package storage

import (
	"context"
	"time"
)

// Leases give the right to do something alone, whichever process: a lane, the
// chain. Their instants are those of one clock for all who share the store
// ([Clock]).
//
// A lease that ran out may be taken while its owner still works, for example
// because its process was paused. Whoever does more than may be done twice
// therefore asks [Leases.Keep] after the work and before recording that it is done.
type Leases interface {
	// Take gives owner the lease until the instant, unless another owner holds
	// it at now: ErrConflict. An owner's name must be new for each taking.
	Take(ctx context.Context, name, owner string, now, until time.Time) error
	// Keep moves the end of owner's lease. ErrConflict if owner does not have it
	// any more, whoever has; one that ran out but was taken by nobody is kept.
	Keep(ctx context.Context, name, owner string, until time.Time) error
	// Give ends owner's lease; one that owner does not have stays as it is.
	Give(ctx context.Context, name, owner string) error
	// Sweep forgets leases that ran out before the instant, and returns how many.
	Sweep(ctx context.Context, before time.Time) (int, error)
}

// Clock is the ability of a store that several processes share to tell the time
// that they count leases and order by: their own clocks may differ.
type Clock interface {
	// Time returns the store's time.
	Time(ctx context.Context) (time.Time, error)
}
