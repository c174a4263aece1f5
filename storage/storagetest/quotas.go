package storagetest

import (
	"context"
	"errors"
	"testing"

	"roundsman/storage"
)

func testQuotas(t *testing.T, s suite) {
	setup := func(t *testing.T) (context.Context, storage.Quotas) {
		t.Helper()
		t.Parallel()
		return t.Context(), s.open(t).Quotas()
	}

	t.Run("every field comes back", func(t *testing.T) {
		full := storage.Quota{Key: "feishu/" + chinese, Version: 1, Data: []byte("\x00\xff" + chinese), Expires: at(3)}
		complete(t, full)
		ctx, q := setup(t)
		_, err := q.Get(ctx, full.Key)
		wants(t, err, storage.ErrNotFound)
		ok(t, q.Swap(ctx, full))
		ok(t, q.Swap(ctx, storage.Quota{Version: 1}))
		equal(t, val(q.Get(ctx, full.Key))(t), full)
		equal(t, val(q.Get(ctx, ""))(t), storage.Quota{Version: 1})
	})

	t.Run("only the next version is stored", func(t *testing.T) {
		ctx, q := setup(t)
		wants(t, q.Swap(ctx, storage.Quota{Key: "k", Version: 2}), storage.ErrConflict)
		ok(t, q.Swap(ctx, storage.Quota{Key: "k", Version: 1, Data: []byte("1")}))
		for _, version := range []int64{-1, 0, 1, 3} {
			wants(t, q.Swap(ctx, storage.Quota{Key: "k", Version: version, Data: []byte("x")}), storage.ErrConflict)
		}
		second := storage.Quota{Key: "k", Version: 2, Data: []byte("2"), Expires: at(9)}
		ok(t, q.Swap(ctx, second))
		equal(t, val(q.Get(ctx, "k"))(t), second)
	})

	t.Run("no change is lost, however many make one", func(t *testing.T) {
		ctx, q := setup(t)
		const each = 5
		for _, err := range race(t, func(ctx context.Context, _ int) error {
			for n := 0; n < each; {
				u, err := q.Get(ctx, "k")
				if err != nil && !errors.Is(err, storage.ErrNotFound) {
					return err
				}
				u.Key, u.Version, u.Data = "k", u.Version+1, append(u.Data, '.')
				err = q.Swap(ctx, u)
				switch {
				case err == nil:
					n++
				case !errors.Is(err, storage.ErrConflict):
					return err
				}
			}
			return nil
		}) {
			ok(t, err)
		}
		u := val(q.Get(ctx, "k"))(t)
		equal(t, u.Version, int64(racers*each))
		equal(t, len(u.Data), racers*each)
	})

	t.Run("sweep forgets what does not count any more", func(t *testing.T) {
		ctx, q := setup(t)
		ok(t, q.Swap(ctx, storage.Quota{Key: "old", Version: 1, Expires: at(4)}))
		ok(t, q.Swap(ctx, storage.Quota{Key: "new", Version: 1, Expires: at(5)}))
		equal(t, val(q.Sweep(ctx, at(5)))(t), 1)
		equal(t, val(q.Sweep(ctx, at(5)))(t), 0)
		_, err := q.Get(ctx, "old")
		wants(t, err, storage.ErrNotFound)
		_ = val(q.Get(ctx, "new"))(t)
		// What was forgotten begins anew.
		ok(t, q.Swap(ctx, storage.Quota{Key: "old", Version: 1}))
	})
}
