package storagetest

import (
	"testing"

	"roundsman/storage"
)

func testUndos(t *testing.T, s suite) {
	done := func(id string, second int) storage.Undo {
		return storage.Undo{ID: id, Kind: "transfer", At: at(second)}
	}

	t.Run("every field comes back, and the first stays", func(t *testing.T) {
		t.Parallel()
		ctx, u := t.Context(), s.open(t).Undos()
		full := storage.Undo{
			ID: "transfer/" + chinese, Kind: chinese, By: "b-" + chinese, Cause: "c-" + chinese, At: at(1),
			Data: []byte("\x00\xff" + chinese), UndoneBy: "u-" + chinese,
		}
		complete(t, full)
		ok(t, u.Put(ctx, full))
		ok(t, u.Put(ctx, storage.Undo{}))
		ok(t, u.Put(ctx, done(full.ID, 9)))
		equal(t, val(u.Get(ctx, full.ID))(t), full)
		equal(t, val(u.Get(ctx, ""))(t), storage.Undo{})
		_, err := u.Get(ctx, "unknown")
		wants(t, err, storage.ErrNotFound)
	})

	t.Run("the latest up to an instant", func(t *testing.T) {
		t.Parallel()
		ctx, u := t.Context(), s.open(t).Undos()
		_, err := u.Latest(ctx, at(9))
		wants(t, err, storage.ErrNotFound)
		for id, second := range map[string]int{"a": 3, "b": 1, "c": 3, "d": 5} {
			ok(t, u.Put(ctx, done(id, second)))
		}
		for second, id := range map[int]string{9: "d", 5: "d", 4: "c", 3: "c", 2: "b"} {
			equal(t, val(u.Latest(ctx, at(second)))(t), done(id, map[string]int{"b": 1, "c": 3, "d": 5}[id]))
		}
		_, err = u.Latest(ctx, at(0))
		wants(t, err, storage.ErrNotFound)
	})

	t.Run("one event undoes it", func(t *testing.T) {
		t.Parallel()
		ctx, u := t.Context(), s.open(t).Undos()
		ok(t, u.Put(ctx, done("a", 1)))
		ok(t, u.Undone(ctx, "a", "first"))
		ok(t, u.Undone(ctx, "a", "first"))
		wants(t, u.Undone(ctx, "a", "second"), storage.ErrConflict)
		wants(t, u.Undone(ctx, "b", "first"), storage.ErrNotFound)
		equal(t, val(u.Latest(ctx, at(1)))(t).UndoneBy, "first")
	})

	t.Run("old ones are swept", func(t *testing.T) {
		t.Parallel()
		ctx, u := t.Context(), s.open(t).Undos()
		for id, second := range map[string]int{"a": 1, "b": 2, "c": 3} {
			ok(t, u.Put(ctx, done(id, second)))
		}
		equal(t, val(u.Sweep(ctx, at(3)))(t), 2)
		equal(t, val(u.Sweep(ctx, at(3)))(t), 0)
		equal(t, val(u.Latest(ctx, at(9)))(t), done("c", 3))
	})
}
