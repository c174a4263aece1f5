package storagetest

import (
	"testing"

	"roundsman/storage"
)

func fullImport() storage.Import {
	return storage.Import{ID: "customers-" + chinese, Kind: "customers", At: at(1), Rows: 3, Data: []byte("\x00\xff" + chinese), Done: true, Held: true}
}

func testImports(t *testing.T, s suite) {
	t.Run("every field comes back", func(t *testing.T) {
		t.Parallel()
		full, zero := fullImport(), storage.Import{}
		complete(t, full)
		full.Done, full.Held = false, false
		ctx, i := t.Context(), s.open(t).Imports()
		equal(t, val(i.Pending(ctx))(t), []storage.Import(nil))
		ok(t, i.Put(ctx, full))
		ok(t, i.Put(ctx, zero))
		equal(t, val(i.Pending(ctx))(t), []storage.Import{zero, full})
	})

	t.Run("pending are those not done by time", func(t *testing.T) {
		t.Parallel()
		ctx, i := t.Context(), s.open(t).Imports()
		for id, second := range map[string]int{"a": 3, "b": 1, "c": 2, "done": 0} {
			ok(t, i.Put(ctx, storage.Import{ID: id, At: at(second)}))
		}
		ok(t, i.Done(ctx, "done"))
		ok(t, i.Done(ctx, "done"))
		var ids []string
		for _, job := range val(i.Pending(ctx))(t) {
			ids = append(ids, job.ID)
		}
		equal(t, ids, []string{"b", "c", "a"})
	})

	t.Run("the same import again is made undone with its data", func(t *testing.T) {
		t.Parallel()
		job := fullImport()
		job.Done, job.Held = false, false
		ctx, i := t.Context(), s.open(t).Imports()
		ok(t, i.Put(ctx, job))
		ok(t, i.Put(ctx, job))
		equal(t, val(i.Pending(ctx))(t), []storage.Import{job})
		ok(t, i.Done(ctx, job.ID))
		equal(t, val(i.Pending(ctx))(t), []storage.Import(nil))
		job.At, job.Data, job.Rows = at(9), []byte("新"), 4
		ok(t, i.Put(ctx, job))
		equal(t, val(i.Pending(ctx))(t), []storage.Import{job})
	})

	t.Run("one that is held waits for somebody's word", func(t *testing.T) {
		t.Parallel()
		job := fullImport()
		job.Done = false
		ctx, i := t.Context(), s.open(t).Imports()
		ok(t, i.Hold(ctx, job))
		ok(t, i.Hold(ctx, storage.Import{ID: job.ID}))
		equal(t, val(i.Get(ctx, job.ID))(t), job)
		equal(t, val(i.Pending(ctx))(t), []storage.Import(nil))
		ok(t, i.Release(ctx, job.ID, at(5)))
		job.Held, job.At = false, at(5)
		equal(t, val(i.Pending(ctx))(t), []storage.Import{job})
		ok(t, i.Release(ctx, job.ID, at(6)))
		ok(t, i.Drop(ctx, job.ID))
		equal(t, val(i.Pending(ctx))(t), []storage.Import{job})
		ok(t, i.Done(ctx, job.ID))
		ok(t, i.Release(ctx, job.ID, at(7)))
		ok(t, i.Hold(ctx, job))
		equal(t, val(i.Pending(ctx))(t), []storage.Import(nil))
		equal(t, val(i.Get(ctx, job.ID))(t).Done, true)
	})

	t.Run("one that is held can be dropped, and is swept", func(t *testing.T) {
		t.Parallel()
		ctx, i := t.Context(), s.open(t).Imports()
		for n, id := range []string{"a", "b", "c"} {
			ok(t, i.Hold(ctx, storage.Import{ID: id, At: at(n)}))
		}
		ok(t, i.Put(ctx, storage.Import{ID: "pending", At: at(0)}))
		ok(t, i.Drop(ctx, "c"))
		ok(t, i.Drop(ctx, "c"))
		equal(t, val(i.Sweep(ctx, at(1)))(t), 1)
		equal(t, val(i.Sweep(ctx, at(1)))(t), 0)
		for _, id := range []string{"a", "c"} {
			_, err := i.Get(ctx, id)
			wants(t, err, storage.ErrNotFound)
		}
		equal(t, val(i.Get(ctx, "b"))(t).Held, true)
		equal(t, len(val(i.Pending(ctx))(t)), 1)
	})
}
