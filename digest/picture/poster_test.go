package picture_test

import (
	"bytes"
	"errors"
	"image"
	"image/png"
	"strings"
	"testing"

	"github.com/boombuler/barcode/qr"

	"roundsman/digest/picture"
)

// poster draws one and returns it with its file.
func poster(t *testing.T, p picture.Poster) (*image.Gray, []byte) {
	t.Helper()
	file, err := p.PNG()
	if err != nil {
		t.Fatal(err)
	}
	img, err := png.Decode(bytes.NewReader(file))
	if err != nil {
		t.Fatal(err)
	}
	return img.(*image.Gray), file
}

// link is a content as long as those of customers' codes are.
func link(length int) string {
	return ("https://bot.example.com/m/check-in?c=" + strings.Repeat("aB3_-x", 300))[:length]
}

// Every module of the code is a square of whole pixels, with white around it.
func TestPosterShowsTheCode(t *testing.T) {
	t.Parallel()
	for _, length := range []int{40, 130, 400, 1663} {
		content := link(length)
		img, file := poster(t, picture.Poster{Content: content, Hint: "到店请用飞书扫码签到", Name: dense(3, 60), ID: "C1", Note: "2028-11-26 前有效"})
		if img.Rect != image.Rect(0, 0, 800, 1050) || len(file) > limit {
			t.Errorf("%d: %v, %d bytes", length, img.Rect, len(file))
		}
		code, err := qr.Encode(content, qr.Q, qr.Unicode)
		if err != nil {
			t.Fatal(err)
		}
		n := code.Bounds().Dx()
		side := 680 / (n + 8)
		if side < 3 {
			t.Fatalf("%d: a module is %d pixels", length, side)
		}
		left, top := (800-n*side)/2, 110+(680-n*side)/2
		for y := top - 4*side; y < top+(n+4)*side; y++ {
			for x := left - 4*side; x < left+(n+4)*side; x++ {
				want := uint8(255)
				if i, j := x-left, y-top; i >= 0 && j >= 0 && i < n*side && j < n*side {
					if r, _, _, _ := code.At(i/side, j/side).RGBA(); r == 0 {
						want = 0
					}
				}
				if got := img.GrayAt(x, y).Y; got != want {
					t.Fatalf("%d: the pixel at %d, %d is %d, want %d", length, x, y, got, want)
				}
			}
		}
	}
}

// What it says is written above and below, whatever that is.
func TestPosterSaysWhoseItIs(t *testing.T) {
	t.Parallel()
	bare, _ := poster(t, picture.Poster{Content: link(130)})
	dark := func(img *image.Gray, top, bottom int) (n int) {
		for _, v := range img.Pix[top*img.Stride : bottom*img.Stride] {
			if v < 128 {
				n++
			}
		}
		return n
	}
	if n := dark(bare, 0, 110) + dark(bare, 790, 1050); n != 0 {
		t.Errorf("%d dark pixels around a code without words", n)
	}
	for _, name := range []string{"华联超市", dense(9, 200), "\u202eTESCO\u0000\U0001f600"} {
		img, _ := poster(t, picture.Poster{Content: link(130), Hint: dense(1, 80), Name: name, ID: dense(2, 64), Note: dense(4, 80)})
		for _, band := range [][2]int{{40, 100}, {800, 860}, {980, 1030}} {
			if dark(img, band[0], band[1]) == 0 {
				t.Errorf("%q: nothing is written between %d and %d", name, band[0], band[1])
			}
		}
		for y := range 1050 {
			if img.GrayAt(0, y).Y != 255 || img.GrayAt(799, y).Y != 255 {
				t.Fatalf("%q: the words reach the edge at %d", name, y)
			}
		}
	}
}

func TestPosterOfTooMuch(t *testing.T) {
	t.Parallel()
	if _, err := (picture.Poster{Content: link(1664)}).PNG(); !errors.Is(err, picture.ErrTooMuch) {
		t.Errorf("the error is %v", err)
	}
}
