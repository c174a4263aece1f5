package storagetest

import (
	"testing"

	"roundsman/storage"
)

func fullImport() storage.Import {
	return storage.Import{ID: "customers-" + chinese, Kind: "customers", At: at(1), Rows: 3, Data: []byte("\x00\xff" + chinese), Done: true}
}

func testImports(t *testing.T, s suite) {
	t.Run("every field comes back", func(t *testing.T) {
		t.Parallel()
		full, zero := fullImport(), storage.Import{}
		complete(t, full)
		full.Done = false
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
		job.Done = false
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
}
