package photo_test

import (
	"bytes"
	"errors"
	"image"
	"strings"
	"testing"

	"roundsman/photo"
)

// bright returns how many pixels of a picture are nearly white from a height on.
func bright(img image.Image, from int) int {
	n := 0
	for y := from; y < img.Bounds().Dy(); y++ {
		for x := range img.Bounds().Dx() {
			if r, g, b, _ := img.At(x, y).RGBA(); min(r, g, b) > 0xc000 {
				n++
			}
		}
	}
	return n
}

func TestMark(t *testing.T) {
	t.Parallel()
	for name, size := range map[string]image.Point{
		"landscape": {600, 450}, "portrait": {450, 600}, "odd": {333, 251}, "tiny": {64, 64}, "a strip": {1200, 70},
	} {
		// Grey, so that white is text.
		view := read(t, jpegOf(t, image.NewGray(image.Rectangle{Max: size}), 90)).View
		marked, err := photo.Mark(view, []string{"张伟 · 上海浦东新区世纪大道100号 · 2026-11-23 17:05:12", "已核实 距离 42 米"})
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		img := decode(t, marked)
		if img.Bounds().Size() != size {
			t.Errorf("%s: %v became %v", name, size, img.Bounds().Size())
		}
		if bright(img, size.Y/2) < 20 {
			t.Errorf("%s: no text", name)
		}
		upper := img.(*image.YCbCr).SubImage(image.Rect(0, 0, size.X, size.Y/2-2))
		if bright(upper, 0) > 0 {
			t.Errorf("%s: text in the upper half", name)
		}
	}
}

func TestMarkOfHostileText(t *testing.T) {
	t.Parallel()
	view := read(t, jpegOf(t, scene(320, 240, 1), 90)).View
	none, err := photo.Mark(view, nil)
	if err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct {
		lines []string
		same  []string
	}{
		"only what does not show":   {[]string{"\u202e\u200b", "", "\n"}, nil},
		"a direction mark":          {[]string{"张\u202e伟"}, []string{"张伟"}},
		"emoji":                     {[]string{"张🎉🎉伟"}, []string{"张□伟"}},
		"a thousand lines":          {strings.Split(strings.Repeat("王\n", 1000), "\n"), strings.Split(strings.Repeat("王\n", 900), "\n")},
		"a line within a line":      {[]string{"张\n伟"}, []string{"张 伟"}},
		"a text of a hundred pages": {[]string{strings.Repeat("王", 100_000)}, []string{strings.Repeat("王", 2000)}},
	} {
		got, err := photo.Mark(view, c.lines)
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		want := none
		if c.same != nil {
			if want, err = photo.Mark(view, c.same); err != nil {
				t.Fatal(err)
			}
		}
		if !bytes.Equal(got, want) {
			t.Errorf("%s: it looks different from %.40q", name, c.same)
		}
	}
}

func TestMarkRefusals(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		view []byte
		want error
	}{
		"nothing":    {nil, photo.ErrNotPhoto},
		"a png":      {pngOf(t, scene(9, 9, 1)), photo.ErrNotPhoto},
		"half a one": {jpegOf(t, scene(90, 90, 1), 90)[:900], photo.ErrNotPhoto},
		"a large one": {
			claimingJPEG(t, 0xc0, 1921, 10), photo.ErrTooManyPixels,
		},
	} {
		if _, err := photo.Mark(c.view, []string{"x"}); !errors.Is(err, c.want) {
			t.Errorf("%s: %v, want %v", name, err, c.want)
		}
	}
	// Too low for a line: it stays as it is.
	if _, err := photo.Mark(read(t, jpegOf(t, scene(40, 5, 1), 90)).View, []string{"张伟"}); err != nil {
		t.Error(err)
	}
}
