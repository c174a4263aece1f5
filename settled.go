package main

import (
	"context"
	"fmt"
	"time"

	"roundsman/storage"
)

// settled waits until whoever serves the store has nothing left to do now: no
// event waits, no post that is not held back, no photo.
func settled(ctx context.Context, store storage.Store, now func() time.Time) error {
	tick := time.NewTicker(3 * time.Millisecond)
	defer tick.Stop()
	for calm := 0; calm < 2; {
		busy, err := busy(ctx, store, now)
		if err != nil {
			return err
		}
		if calm++; busy {
			calm = 0
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf("wait until everything is done: %w", ctx.Err())
		case <-tick.C:
		}
	}
	return nil
}

func busy(ctx context.Context, store storage.Store, now func() time.Time) (bool, error) {
	waiting, _, err := store.Inbox().Count(ctx, now())
	if err != nil || waiting > 0 {
		return true, err
	}
	photos, err := store.Media().Count(ctx)
	if err != nil || photos > 0 {
		return true, err
	}
	posts, err := store.Outbox().List(ctx, storage.PostPending, 500)
	at := now()
	for _, post := range posts {
		if !post.NotBefore.After(at) && !post.Next.After(at) {
			return true, nil
		}
	}
	return false, err
}
