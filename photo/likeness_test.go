package photo_test

import (
	"bytes"
	"image"
	"image/color"
	"math/bits"
	"testing"

	"roundsman/photo"
)

func distance(a, b photo.Hash) int {
	return max(bits.OnesCount64(a.D^b.D), bits.OnesCount64(a.P^b.P))
}

func TestOnePictureStaysTheSame(t *testing.T) {
	t.Parallel()
	for seed := range uint64(3) {
		img := scene(300, 226, seed)
		hash := read(t, jpegOf(t, img, 90)).Hash
		cut := img.SubImage(image.Rect(6, 4, 294, 222))
		for name, other := range map[string][]byte{
			"at quality 30":        jpegOf(t, img, 30),
			"at 40 %":              jpegOf(t, scaled(img, 120, 90), 85),
			"as png":               pngOf(t, img),
			"of another camera":    shanghai().into(jpegOf(t, img, 80)),
			"a view of it":         read(t, jpegOf(t, img, 90)).View,
			"a little less of it":  jpegOf(t, cut, 85),
			"turned, but for EXIF": exif{main: []entry{short(0x0112, 6)}}.into(jpegOf(t, turnedBack(img), 90)),
		} {
			got := read(t, other).Hash
			d := distance(hash, got)
			if s := photo.Similar(hash, got); s != photo.Same && (name != "a little less of it" || s == photo.Different) {
				t.Errorf("scene %d %s: %d bits, %v", seed, name, d, s)
			}
			t.Logf("scene %d %s: %d bits", seed, name, d)
		}
	}
}

// A file of which a byte was changed is another file, and the same picture.
func TestOneByteMakesAnotherFileOfTheSamePicture(t *testing.T) {
	t.Parallel()
	file := shanghai().into(jpegOf(t, scene(300, 226, 1), 90))
	first := read(t, file)
	changed := func(at int) []byte {
		b := bytes.Clone(file)
		b[at] ^= 1
		return b
	}
	for name, other := range map[string][]byte{
		"one more at its end":     concat(file, []byte{0}),
		"one of the camera's":     changed(bytes.Index(file, []byte("HUAWEI")) + 2),
		"one of the shutter's":    changed(bytes.Index(file, []byte("17:05:12")) + 7),
		"one of its last pixels'": changed(len(file) - 40),
	} {
		got := read(t, other)
		if got.SHA256 == first.SHA256 || photo.Similar(got.Hash, first.Hash) != photo.Same {
			t.Errorf("%s: %d bits, the same file %v", name, distance(got.Hash, first.Hash), got.SHA256 == first.SHA256)
		}
	}
}

// turnedBack lies so that it is upright after a turn by 90° clockwise.
func turnedBack(m *image.YCbCr) image.Image {
	w, h := m.Rect.Dx(), m.Rect.Dy()
	out := image.NewRGBA(image.Rect(0, 0, h, w))
	for y := range h {
		for x := range w {
			r, g, b := color.YCbCrToRGB(m.Y[m.YOffset(x, y)], m.Cb[m.COffset(x, y)], m.Cr[m.COffset(x, y)])
			out.SetRGBA(y, w-1-x, color.RGBA{r, g, b, 255})
		}
	}
	return out
}

func TestOtherPicturesDiffer(t *testing.T) {
	t.Parallel()
	var hashes []photo.Hash
	for seed := range uint64(10) {
		hashes = append(hashes, read(t, jpegOf(t, scene(160, 120, seed), 85)).Hash)
	}
	least := 64
	for i, a := range hashes {
		for j, b := range hashes[:i] {
			least = min(least, distance(a, b))
			if s := photo.Similar(a, b); s != photo.Different {
				t.Errorf("scenes %d and %d: %v, %d bits", i, j, s, distance(a, b))
			}
		}
	}
	t.Logf("at least %d bits", least)
}

func TestSimilar(t *testing.T) {
	t.Parallel()
	const d, p = 0x0f0f0f0f0f0f0f0f, 0x123456789abcdef0
	ones := func(n int) uint64 { return 1<<n - 1 }
	for name, c := range map[string]struct {
		a, b photo.Hash
		want photo.Likeness
	}{
		"itself":          {photo.Hash{D: d, P: p}, photo.Hash{D: d, P: p}, photo.Same},
		"6 and 6 bits":    {photo.Hash{D: d, P: p}, photo.Hash{D: d ^ ones(6), P: p ^ ones(6)}, photo.Same},
		"6 and 7":         {photo.Hash{D: d, P: p}, photo.Hash{D: d ^ ones(6), P: p ^ ones(7)}, photo.Different},
		"7 and none":      {photo.Hash{D: d, P: p}, photo.Hash{D: d ^ ones(7), P: p}, photo.Different},
		"no hashes":       {photo.Hash{}, photo.Hash{}, photo.Different},
		"two white walls": {photo.Hash{D: 0, P: 1}, photo.Hash{D: 0, P: 1}, photo.Different},
		"two slopes":      {photo.Hash{D: 1<<64 - 1, P: p}, photo.Hash{D: 1<<64 - 1, P: p}, photo.Different},
	} {
		if got := photo.Similar(c.a, c.b); got != c.want {
			t.Errorf("%s: %v, want %v", name, got, c.want)
		}
	}
}
