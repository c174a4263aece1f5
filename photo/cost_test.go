package photo_test

import (
	"image"
	"image/color"
	"runtime"
	"testing"

	"roundsman/photo"
)

// Not parallel: what is allocated is the whole process's.
func TestCostIsNotLessThanDecodingTakes(t *testing.T) {
	const side = 400
	r := image.Rect(0, 0, side, side-3)
	grey := image.NewGray(r)
	opaque := image.NewNRGBA(r)
	for i := range opaque.Pix {
		opaque.Pix[i] = 255
	}
	for name, file := range map[string][]byte{
		"jpeg":              jpegOf(t, scene(side, side-3, 1), 90),
		"grey jpeg":         jpegOf(t, grey, 90),
		"progressive jpeg":  progressive(side, side-3, 3),
		"a line of a jpeg":  jpegOf(t, scene(4001, 1, 1), 90),
		"grey png":          pngOf(t, grey),
		"grey, transparent": afterHeader(pngOf(t, grey), chunk("tRNS", []byte{0, 0})),
		"grey of 16 bits":   pngOf(t, image.NewGray16(r)),
		"and transparent":   afterHeader(pngOf(t, image.NewGray16(r)), chunk("tRNS", []byte{0, 0})),
		"colours":           pngOf(t, opaque),
		"and transparency":  pngOf(t, image.NewNRGBA(r)),
		"16 bits":           pngOf(t, image.NewNRGBA64(r)),
		"a palette":         pngOf(t, image.NewPaletted(r, color.Palette{color.Black, color.White})),
		"gif":               gifOf(t, 1),
		"bmp":               bmpOf(t, opaque),
		"bmp of a palette":  bmpOf(t, image.NewPaletted(r, color.Palette{color.Black, color.White})),
		"lossy webp":        webpLossy,
		"lossless webp":     webpLossless,
	} {
		cost, decode, err := photo.Cost(file)
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		if _, err = decode(); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		runtime.ReadMemStats(&after)
		// Tables and buffers of a decoder, whatever the size.
		const fixed = 120 << 10
		if took := int64(after.TotalAlloc - before.TotalAlloc); took > cost+fixed {
			t.Errorf("%s: it took %d bytes, %d were reckoned", name, took, cost)
		}
	}
}

func TestProgressiveCostsFiveTimes(t *testing.T) {
	t.Parallel()
	base, _, err := photo.Cost(claimingJPEG(t, 0xc0, 4000, 3000))
	if err != nil {
		t.Fatal(err)
	}
	progressive, _, err := photo.Cost(claimingJPEG(t, 0xc2, 4000, 3000))
	if err != nil {
		t.Fatal(err)
	}
	if base < 18_000_000 || base > 18_200_000 || progressive != 5*base {
		t.Errorf("%d, progressive %d", base, progressive)
	}
}
