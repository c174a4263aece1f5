package photo_test

import (
	"image"
	"image/color"
	"testing"
)

// Each orientation is that of a camera held so that the picture's letter F, drawn as
// it is stored, is seen upright.
func TestEachOrientationComesUpright(t *testing.T) {
	t.Parallel()
	// An F of 3×5 squares: what is seen.
	seen := []string{"###", "#..", "##.", "#..", "#.."}
	const square = 16
	wide, high := 3, 5
	// Where a square that is seen is stored.
	stored := []func(x, y int) (int, int){
		1: func(x, y int) (int, int) { return x, y },
		2: func(x, y int) (int, int) { return wide - 1 - x, y },
		3: func(x, y int) (int, int) { return wide - 1 - x, high - 1 - y },
		4: func(x, y int) (int, int) { return x, high - 1 - y },
		5: func(x, y int) (int, int) { return y, x },
		6: func(x, y int) (int, int) { return y, wide - 1 - x },
		7: func(x, y int) (int, int) { return high - 1 - y, wide - 1 - x },
		8: func(x, y int) (int, int) { return high - 1 - y, x },
	}
	for way := range 10 {
		at := stored[1]
		if way >= 1 && way <= 8 {
			at = stored[way]
		}
		w, h := at(wide-1, high-1)
		w0, h0 := at(0, 0)
		size := image.Pt(max(w, w0)+1, max(h, h0)+1)
		img := image.NewRGBA(image.Rectangle{Max: size.Mul(square)})
		for y, line := range seen {
			for x, c := range line {
				ink := color.RGBA{230, 40, 40, 255}
				if c == '#' {
					ink = color.RGBA{20, 60, 220, 255}
				}
				sx, sy := at(x, y)
				for i := range square * square {
					img.SetRGBA(sx*square+i%square, sy*square+i/square, ink)
				}
			}
		}
		p := read(t, exif{main: []entry{short(0x0112, uint16(way))}}.into(jpegOf(t, img, 95)))
		view := decode(t, p.View)
		if got := view.Bounds().Size(); got != image.Pt(wide*square, high*square) {
			t.Errorf("%d: %v", way, got)
			continue
		}
		for y, line := range seen {
			got := ""
			for x := range line {
				if r, _, b, _ := view.At(x*square+square/2, y*square+square/2).RGBA(); b > r {
					got += "#"
				} else {
					got += "."
				}
			}
			if got != line {
				t.Errorf("%d: line %d is %s, want %s", way, y, got, line)
			}
		}
	}
}
