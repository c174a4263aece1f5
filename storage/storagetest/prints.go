package storagetest

import (
	"context"
	"testing"

	"roundsman/storage"
)

func fullPrint() storage.Print {
	return storage.Print{Photo: "photo-" + chinese, SHA256: "ab12", D: 0xfedc_ba98_7654_3210, P: 1<<63 + 1, Rep: chinese, At: at(1)}
}

func testPrints(t *testing.T, s suite) {
	setup := func(t *testing.T, prints ...storage.Print) (context.Context, storage.Media) {
		t.Helper()
		t.Parallel()
		m := s.open(t).Media()
		for _, p := range prints {
			ok(t, m.PutPrint(t.Context(), p))
		}
		return t.Context(), m
	}
	with := func(id string, second int, d uint64) storage.Print {
		p := fullPrint()
		p.Photo, p.SHA256, p.D, p.At = id, "of "+id, d, at(second)
		return p
	}
	photos := func(prints []storage.Print) (out []string) {
		for _, p := range prints {
			out = append(out, p.Photo)
		}
		return out
	}

	t.Run("every field comes back, once", func(t *testing.T) {
		full := fullPrint()
		complete(t, full)
		again := full
		again.SHA256 = "another"
		ctx, m := setup(t, full, again)
		equal(t, val(m.Alike(ctx, storage.Print{Photo: "other", SHA256: full.SHA256}, 9))(t), []storage.Print{full})
		// Not itself.
		equal(t, len(val(m.Alike(ctx, full, 9))(t)), 0)
	})

	t.Run("of the same file, and by each quarter", func(t *testing.T) {
		d := fullPrint().D
		ctx, m := setup(t,
			with("three bits", 1, d^0x0001_0001_0001_0000), with("the top quarter", 2, d^0x0000_ffff_ffff_ffff),
			with("none", 3, ^d), with("all", 4, d), with("zero", 5, 0),
		)
		file := with("file", 6, ^d)
		file.SHA256 = "ab12"
		ok(t, m.PutPrint(ctx, file))
		equal(t, photos(val(m.Alike(ctx, fullPrint(), 9))(t)), []string{"file", "all", "three bits", "the top quarter"})
		equal(t, photos(val(m.Alike(ctx, fullPrint(), 1))(t)), []string{"file", "all"})
	})

	t.Run("those of photos that are gone go", func(t *testing.T) {
		ctx, m := setup(t, with("old", 1, 7), with("new", 3, 7))
		ok(t, drop(m.Sweep(ctx, at(2))))
		equal(t, photos(val(m.Alike(ctx, with("other", 9, 7), 9))(t)), []string{"new"})
	})
}
