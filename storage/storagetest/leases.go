package storagetest

import (
	"context"
	"fmt"
	"sync/atomic"
	"testing"

	"pgregory.net/rapid"

	"roundsman/storage"
)

func testLeases(t *testing.T, s suite) {
	setup := func(t *testing.T) (context.Context, storage.Leases) {
		t.Helper()
		t.Parallel()
		return t.Context(), s.open(t).Leases()
	}

	t.Run("one owner at a time until the end of the lease", func(t *testing.T) {
		ctx, l := setup(t)
		ok(t, l.Take(ctx, chinese, "a", at(0), at(10)))
		wants(t, l.Take(ctx, chinese, "b", at(9), at(20)), storage.ErrConflict)
		ok(t, l.Take(ctx, "other", "b", at(9), at(20)))
		ok(t, l.Take(ctx, chinese, "b", at(10), at(20)))
		wants(t, l.Take(ctx, chinese, "a", at(19), at(30)), storage.ErrConflict)
	})

	t.Run("a lease that is kept lasts", func(t *testing.T) {
		ctx, l := setup(t)
		ok(t, l.Take(ctx, "", "a", at(0), at(10)))
		ok(t, l.Keep(ctx, "", "a", at(30)))
		wants(t, l.Take(ctx, "", "b", at(29), at(40)), storage.ErrConflict)
	})

	t.Run("a lease that ran out is kept unless somebody took it", func(t *testing.T) {
		ctx, l := setup(t)
		ok(t, l.Take(ctx, "x", "a", at(0), at(10)))
		ok(t, l.Keep(ctx, "x", "a", at(99)))
		ok(t, l.Take(ctx, "x", "b", at(99), at(120)))
		wants(t, l.Keep(ctx, "x", "a", at(200)), storage.ErrConflict)
		ok(t, l.Keep(ctx, "x", "b", at(130)))
	})

	t.Run("what nobody has cannot be kept, and giving it is nothing", func(t *testing.T) {
		ctx, l := setup(t)
		wants(t, l.Keep(ctx, "x", "a", at(1)), storage.ErrConflict)
		ok(t, l.Give(ctx, "x", "a"))
	})

	t.Run("only the owner gives a lease up, and then it is free", func(t *testing.T) {
		ctx, l := setup(t)
		ok(t, l.Take(ctx, "x", "a", at(0), at(10)))
		ok(t, l.Give(ctx, "x", "b"))
		wants(t, l.Take(ctx, "x", "b", at(1), at(11)), storage.ErrConflict)
		ok(t, l.Give(ctx, "x", "a"))
		wants(t, l.Keep(ctx, "x", "a", at(20)), storage.ErrConflict)
		ok(t, l.Take(ctx, "x", "b", at(1), at(11)))
	})

	t.Run("many want one lease and one gets it", func(t *testing.T) {
		_, l := setup(t)
		take := func(now int) []error {
			return race(t, func(ctx context.Context, i int) error {
				return l.Take(ctx, "x", fmt.Sprint(now, "/", i), at(now), at(now+10))
			})
		}
		oneWins(t, take(0))
		// One that ran out, too.
		oneWins(t, take(10))
	})

	t.Run("nobody works beside another", func(t *testing.T) {
		_, l := setup(t)
		var working atomic.Int32
		for _, err := range race(t, func(ctx context.Context, i int) error {
			for n := 0; n < 5; {
				owner := fmt.Sprint(i, "/", n)
				if err := l.Take(ctx, "x", owner, at(0), at(1000)); err != nil {
					if ctx.Err() != nil {
						return ctx.Err()
					}
					continue
				}
				if working.Add(1) > 1 {
					return fmt.Errorf("two have the lease")
				}
				working.Add(-1)
				if err := l.Give(ctx, "x", owner); err != nil {
					return err
				}
				n++
			}
			return nil
		}) {
			ok(t, err)
		}
	})

	t.Run("any order of takings, keepings and givings", func(t *testing.T) {
		t.Parallel()
		l := s.open(t).Leases()
		var names atomic.Int64
		rapid.Check(t, func(t *rapid.T) {
			ctx := context.Background()
			name := fmt.Sprint("lease-", names.Add(1))
			held, until, now := "", 0, 0
			for range rapid.IntRange(1, 20).Draw(t, "steps") {
				owner := rapid.SampledFrom([]string{"a", "b", "c"}).Draw(t, "owner")
				end := now + rapid.IntRange(1, 9).Draw(t, "length")
				var err error
				var right bool
				switch rapid.SampledFrom([]string{"take", "keep", "give", "wait"}).Draw(t, "do") {
				case "wait":
					now += rapid.IntRange(1, 9).Draw(t, "seconds")
					continue
				case "take":
					err, right = l.Take(ctx, name, owner, at(now), at(end)), held == "" || until <= now
					if right {
						held, until = owner, end
					}
				case "keep":
					err, right = l.Keep(ctx, name, owner, at(end)), held == owner
					if right {
						until = end
					}
				case "give":
					err, right = l.Give(ctx, name, owner), true
					if held == owner {
						held = ""
					}
				}
				if (err == nil) != right {
					t.Fatalf("%s at %d: %v, held by %q until %d", owner, now, err, held, until)
				}
			}
		})
	})

	t.Run("sweep forgets leases that ran out", func(t *testing.T) {
		ctx, l := setup(t)
		ok(t, l.Take(ctx, "old", "a", at(0), at(4)))
		ok(t, l.Take(ctx, "new", "a", at(0), at(5)))
		equal(t, val(l.Sweep(ctx, at(5)))(t), 1)
		equal(t, val(l.Sweep(ctx, at(5)))(t), 0)
		wants(t, l.Keep(ctx, "old", "a", at(9)), storage.ErrConflict)
		ok(t, l.Keep(ctx, "new", "a", at(9)))
	})
}
