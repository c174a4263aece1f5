package photo_test

import (
	"bytes"
	"context"
	"errors"
	"image/jpeg"
	"testing"

	"pgregory.net/rapid"

	"roundsman/photo"
)

// corpus is a small file of each type: fuzzing spends its time on cutting large ones.
func corpus(t testing.TB) [][]byte {
	return [][]byte{
		shanghai().into(jpegOf(t, scene(17, 9, 1), 60)),
		progressive(20, 12, 2),
		afterHeader(pngOf(t, scene(9, 5, 1)), chunk("eXIf", shanghai().block())),
		gifOf(t, 1), gifOf(t, 2),
		bmpOf(t, scene(7, 5, 1)),
		webpLossy, webpLossless, webpMoving,
		concat([]byte("\x00\x00\x00\x18ftypheic\x00\x00\x00\x00mif1heicExif\x00\x00"), shanghai().block()),
	}
}

// small keeps tests quick.
var small = photo.Limits{Bytes: 1 << 20, Pixels: 250_000, Memory: 160 << 20}

type failer interface {
	Helper()
	Fatalf(string, ...any)
}

// check reads whatever it is given and holds what Read promises.
func check(t failer, data []byte) {
	t.Helper()
	p, err := photo.NewReader(small, 1).Read(context.Background(), data, nil)
	if err != nil {
		for _, known := range []error{photo.ErrTooBig, photo.ErrTooManyPixels, photo.ErrNotPhoto, photo.ErrAnimated, photo.ErrNoPixels} {
			if errors.Is(err, known) {
				return
			}
		}
		t.Fatalf("an error of no kind: %v", err)
	}
	if !p.Exif.Place.IsZero() && !p.Exif.Place.Valid() {
		t.Fatalf("it gave the place %v", p.Exif.Place)
	}
	if _, err := p.Exif.Taken.MarshalJSON(); err != nil {
		t.Fatalf("it gave the time %v", p.Exif.Taken)
	}
	view, err := jpeg.Decode(bytes.NewReader(p.View))
	if err != nil || bytes.Contains(p.View, []byte("Exif\x00")) {
		t.Fatalf("its view: %v", err)
	}
	if size := view.Bounds().Size(); int64(size.X)*int64(size.Y) > small.Pixels {
		t.Fatalf("its view has %v", size)
	}
}

func TestDamagedFilesDoNoHarm(t *testing.T) {
	t.Parallel()
	files := corpus(t)
	rapid.Check(t, func(t *rapid.T) {
		data := bytes.Clone(rapid.SampledFrom(files).Draw(t, "file"))
		for range rapid.IntRange(0, 4).Draw(t, "changes") {
			// Headers are where it matters.
			at := rapid.OneOf(rapid.IntRange(0, min(len(data), 400)-1), rapid.IntRange(0, len(data)-1)).Draw(t, "at")
			switch rapid.IntRange(0, 3).Draw(t, "how") {
			case 0:
				data[at] = rapid.Byte().Draw(t, "byte")
			case 1:
				data[at] = rapid.SampledFrom([]byte{0, 0xff, 0x7f, 0x80}).Draw(t, "edge")
			case 2:
				data = data[:max(1, at)]
			case 3:
				data = concat(data[:at], data[at/2:])
			}
		}
		check(t, data)
	})
}

func FuzzRead(f *testing.F) {
	for _, file := range corpus(f) {
		f.Add(file)
	}
	f.Fuzz(func(t *testing.T, data []byte) { check(t, data) })
}
