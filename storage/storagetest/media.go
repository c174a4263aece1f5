package storagetest

import (
	"bytes"
	"context"
	"testing"

	"roundsman/storage"
)

func fullFetch() storage.Fetch {
	return storage.Fetch{
		ID: "photo-" + chinese, Rep: "rep-" + chinese, Date: "2026-11-24", Platform: "feishu", Message: "om_" + chinese,
		Resource: "img_" + chinese, File: true, Name: chinese + ".jpg", Created: at(1), Attempts: 2, Next: at(3),
	}
}

func fullBlob() storage.Blob {
	return storage.Blob{SHA256: "ab12", Type: "image/jpeg", Data: []byte("\x00\xff\xd8" + chinese), At: at(1)}
}

func testMedia(t *testing.T, s suite) {
	setup := func(t *testing.T, fetches ...storage.Fetch) (context.Context, storage.Media) {
		t.Helper()
		t.Parallel()
		m := s.open(t).Media()
		for _, f := range fetches {
			ok(t, m.Enqueue(t.Context(), f))
		}
		return t.Context(), m
	}
	fetch := func(id string, next int) storage.Fetch { return storage.Fetch{ID: id, Next: at(next)} }
	ids := func(fetches []storage.Fetch) []string {
		var out []string
		for _, f := range fetches {
			out = append(out, f.ID)
		}
		return out
	}

	t.Run("every field of a fetch comes back", func(t *testing.T) {
		full, zero := fullFetch(), storage.Fetch{}
		complete(t, full)
		ctx, m := setup(t, full, zero)
		equal(t, val(m.Due(ctx, at(3), 9))(t), []storage.Fetch{zero, full})
		equal(t, val(m.Count(ctx))(t), 2)
	})

	t.Run("every field of a photo comes back", func(t *testing.T) {
		full := fullBlob()
		complete(t, full)
		ctx, m := setup(t)
		ok(t, m.PutBlob(ctx, full))
		ok(t, m.PutBlob(ctx, full))
		ok(t, m.PutBlob(ctx, storage.Blob{}))
		equal(t, val(m.Blob(ctx, full.SHA256))(t), full)
		equal(t, val(m.Blob(ctx, ""))(t), storage.Blob{})
		_, err := m.Blob(ctx, "unknown")
		wants(t, err, storage.ErrNotFound)
	})

	t.Run("a photo as large as they come", func(t *testing.T) {
		data := make([]byte, 20<<20)
		for i := range data {
			data[i] = byte(i * 31 >> 3)
		}
		ctx, m := setup(t)
		ok(t, m.PutBlob(ctx, storage.Blob{SHA256: "large", Data: data}))
		equal(t, bytes.Equal(val(m.Blob(ctx, "large"))(t).Data, data), true)
	})

	t.Run("a fetch is queued once, even after its end", func(t *testing.T) {
		first := fullFetch()
		ctx, m := setup(t, first)
		again := first
		again.Resource, again.Next = "other", at(0)
		ok(t, m.Enqueue(ctx, again))
		equal(t, val(m.Due(ctx, at(9), 9))(t), []storage.Fetch{first})
		ok(t, m.Finish(ctx, first.ID))
		ok(t, m.Finish(ctx, first.ID))
		ok(t, m.Enqueue(ctx, again))
		equal(t, ids(val(m.Due(ctx, at(9), 9))(t)), nil)
		equal(t, val(m.Count(ctx))(t), 0)
	})

	t.Run("due are the unfinished ones nobody holds in order up to the limit", func(t *testing.T) {
		ctx, m := setup(t, fetch("later", 11), fetch("b", 5), fetch("乙", 5), fetch("甲", 5), fetch("now", 10), fetch("held", 1), fetch("done", 1))
		ok(t, m.Claim(ctx, "held", "x", at(2), at(20)))
		ok(t, m.Finish(ctx, "done"))
		equal(t, ids(val(m.Due(ctx, at(10), 9))(t)), []string{"b", "乙", "甲", "now"})
		equal(t, ids(val(m.Due(ctx, at(10), 2))(t)), []string{"b", "乙"})
		equal(t, ids(val(m.Due(ctx, at(10), 0))(t)), nil)
		equal(t, ids(val(m.Due(ctx, at(20), 1))(t)), []string{"held"})
		equal(t, val(m.Count(ctx))(t), 6)
	})

	t.Run("many claim one fetch and one wins", func(t *testing.T) {
		_, m := setup(t, fetch("f", 0))
		oneWins(t, race(t, func(ctx context.Context, i int) error {
			return m.Claim(ctx, "f", key(i, 0), at(0), at(60))
		}))
	})

	t.Run("a claim holds until its end", func(t *testing.T) {
		ctx, m := setup(t, fetch("f", 0))
		ok(t, m.Claim(ctx, "f", "a", at(0), at(60)))
		wants(t, m.Claim(ctx, "f", "b", at(59), at(100)), storage.ErrConflict)
		ok(t, m.Claim(ctx, "f", "b", at(60), at(100)))
		wants(t, m.Retry(ctx, "f", "a", 1, at(1)), storage.ErrConflict)
		wants(t, m.Claim(ctx, "f", "c", at(99), at(200)), storage.ErrConflict)
	})

	t.Run("retry records a failed try and gives the claim up", func(t *testing.T) {
		f := fullFetch()
		ctx, m := setup(t, f)
		ok(t, m.Claim(ctx, f.ID, "a", at(5), at(60)))
		ok(t, m.Retry(ctx, f.ID, "a", 3, at(10)))
		equal(t, ids(val(m.Due(ctx, at(9), 9))(t)), nil)
		f.Attempts, f.Next = 3, at(10)
		equal(t, val(m.Due(ctx, at(10), 9))(t), []storage.Fetch{f})
		ok(t, m.Claim(ctx, f.ID, "b", at(11), at(70)))
	})

	t.Run("what is finished or unknown cannot be claimed", func(t *testing.T) {
		ctx, m := setup(t, fetch("f", 0))
		ok(t, m.Claim(ctx, "f", "a", at(0), at(60)))
		ok(t, m.Finish(ctx, "f"))
		wants(t, m.Claim(ctx, "f", "b", at(0), at(60)), storage.ErrNotFound)
		wants(t, m.Claim(ctx, "unknown", "b", at(0), at(60)), storage.ErrNotFound)
		wants(t, m.Retry(ctx, "f", "a", 1, at(1)), storage.ErrNotFound)
	})

	t.Run("a photo kept again moves forward and stays as it was", func(t *testing.T) {
		b := fullBlob()
		ctx, m := setup(t)
		ok(t, m.PutBlob(ctx, b))
		b.At = at(9)
		ok(t, m.PutBlob(ctx, b))
		equal(t, val(m.Blob(ctx, b.SHA256))(t), b)
		late := b
		late.At = at(3)
		ok(t, m.PutBlob(ctx, late))
		equal(t, val(m.Blob(ctx, b.SHA256))(t), b)
	})

	t.Run("sweep removes photos kept last before and counts them", func(t *testing.T) {
		ctx, m := setup(t)
		blob := func(sha string, second int) storage.Blob {
			return storage.Blob{SHA256: sha, Data: []byte(sha), At: at(second)}
		}
		for _, b := range []storage.Blob{blob("old", 4), blob("new", 5), blob("again", 1), {SHA256: "zero"}, blob("again", 7), blob("again", 2)} {
			ok(t, m.PutBlob(ctx, b))
		}
		equal(t, val(m.Sweep(ctx, at(5)))(t), 2)
		equal(t, val(m.Sweep(ctx, at(5)))(t), 0)
		for _, sha := range []string{"old", "zero"} {
			_, err := m.Blob(ctx, sha)
			wants(t, err, storage.ErrNotFound)
		}
		equal(t, val(m.Blob(ctx, "new"))(t), blob("new", 5))
		equal(t, val(m.Blob(ctx, "again"))(t), blob("again", 7))
		// What was removed may come again.
		ok(t, m.PutBlob(ctx, blob("old", 8)))
		equal(t, val(m.Blob(ctx, "old"))(t), blob("old", 8))
		equal(t, val(m.Sweep(ctx, at(99)))(t), 3)
	})

	t.Run("sweep takes as many photos as there are", func(t *testing.T) {
		ctx, m := setup(t)
		const n = 60
		for i := range n {
			ok(t, m.PutBlob(ctx, storage.Blob{SHA256: key(0, i), At: at(1)}))
		}
		equal(t, val(m.Sweep(ctx, at(2)))(t), n)
	})

	t.Run("sweep forgets finished fetches created before and no others", func(t *testing.T) {
		created := func(id string, second int) storage.Fetch {
			return storage.Fetch{ID: id, Created: at(second), Next: at(0)}
		}
		ctx, m := setup(t, created("old", 4), created("new", 5), created("open", 1))
		ok(t, m.Finish(ctx, "old"))
		ok(t, m.Finish(ctx, "new"))
		equal(t, val(m.Sweep(ctx, at(5)))(t), 0)
		equal(t, ids(val(m.Due(ctx, at(9), 9))(t)), []string{"open"})
		for _, id := range []string{"old", "new", "open"} {
			ok(t, m.Enqueue(ctx, created(id, 9)))
		}
		// Only the forgotten one is taken anew.
		equal(t, ids(val(m.Due(ctx, at(9), 9))(t)), []string{"old", "open"})
	})
}
