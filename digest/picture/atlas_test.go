package picture_test

import (
	"errors"
	"testing"

	"roundsman/digest/picture"
)

// A whole atlas can be sent: it is below 2 MB, and each map of it shows.
func TestAtlas(t *testing.T) {
	t.Parallel()
	var atlas picture.Atlas
	before := 0
	for n := range picture.MaxMaps {
		atlas = append(atlas, day(4+n*3, 2+n, 3000))
		img, file := draw(t, atlas)
		if len(file) > 2<<20 || img.Rect.Dx() != 1080 {
			t.Errorf("%d maps: %d bytes, %d pixels wide", n+1, len(file), img.Rect.Dx())
		}
		dots := count(img, blue)
		if n == 0 {
			continue // alone it is twice as wide
		}
		if dots <= before {
			t.Errorf("map %d does not show", n+1)
		}
		before = dots
	}
	if _, err := append(atlas, day(1, 1, 1)).PNG(); !errors.Is(err, picture.ErrTooMuch) {
		t.Errorf("too many: %v", err)
	}
}
