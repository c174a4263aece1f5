package photo_test

import (
	"image"
	"testing"

	"roundsman/photo"
)

// flat returns a picture of one colour.
func flat(r image.Rectangle, ratio image.YCbCrSubsampleRatio, y, cb, cr uint8) *image.YCbCr {
	m := image.NewYCbCr(r, ratio)
	for i := range m.Y {
		m.Y[i] = y
	}
	for i := range m.Cb {
		m.Cb[i], m.Cr[i] = cb, cr
	}
	return m
}

// Neither rounding nor an edge changes a colour, whatever the sizes.
func TestOneColourStaysWhenShrunk(t *testing.T) {
	t.Parallel()
	for _, size := range []image.Point{{1, 1}, {2, 3}, {17, 5}, {1920, 3}, {1921, 2}, {2003, 7}, {3839, 5}, {12000, 1}, {12000, 9}, {3, 11999}} {
		for _, ratio := range []image.YCbCrSubsampleRatio{
			image.YCbCrSubsampleRatio444, image.YCbCrSubsampleRatio422, image.YCbCrSubsampleRatio420,
			image.YCbCrSubsampleRatio440, image.YCbCrSubsampleRatio411, image.YCbCrSubsampleRatio410,
		} {
			for _, c := range [][3]uint8{{0, 128, 128}, {255, 128, 128}, {120, 90, 170}} {
				// As decoders give it: cut from whole blocks.
				whole := flat(image.Rect(0, 0, size.X+13, size.Y+9), ratio, c[0], c[1], c[2])
				got := photo.Shrink(whole.SubImage(image.Rectangle{Max: size}))
				if b := got.Rect; max(b.Dx(), b.Dy()) > 1920 || b.Empty() {
					t.Errorf("%v %v: %v", size, ratio, b)
				}
				for _, p := range []struct {
					name string
					pix  []uint8
					want uint8
				}{{"Y", got.Y, c[0]}, {"Cb", got.Cb, c[1]}, {"Cr", got.Cr, c[2]}} {
					for i, v := range p.pix {
						// The way over red, green and blue rounds once more.
						if max(v, p.want)-min(v, p.want) > 1 {
							t.Errorf("%v %v: %s at %d is %d, want %d", size, ratio, p.name, i, v, p.want)
							break
						}
					}
				}
			}
		}
	}
}

// A pattern finer than the view's pixels is grey and not another pattern.
func TestFinePatternDoesNotAlias(t *testing.T) {
	t.Parallel()
	m := flat(image.Rect(0, 0, 7680, 40), image.YCbCrSubsampleRatio420, 0, 128, 128)
	for i := range m.Y {
		if i%2 == 0 {
			m.Y[i] = 255
		}
	}
	for i, v := range photo.Shrink(m).Y {
		if v < 127 || v > 128 {
			t.Fatalf("%d at %d", v, i)
		}
	}
}

// What is where stays there.
func TestPlacesStayWhenShrunk(t *testing.T) {
	t.Parallel()
	for _, wide := range []int{1920, 2500, 4000, 11111} {
		m := flat(image.Rect(0, 0, wide, 64), image.YCbCrSubsampleRatio444, 0, 128, 128)
		for i := range m.Y {
			m.Y[i] = uint8(i % m.YStride * 255 / wide)
		}
		got := photo.Shrink(m)
		for x := range got.Rect.Dx() {
			if want := x * 255 / got.Rect.Dx(); int(got.Y[x])-want > 1 || want-int(got.Y[x]) > 1 {
				t.Fatalf("of %d: %d at %d, want %d", wide, got.Y[x], x, want)
			}
		}
	}
}
