package photo_test

import (
	"bytes"
	"image"
	"image/jpeg"
	"testing"

	"roundsman/photo"
)

// A view that is encoded in two halves is, pixel for pixel, the one of one pass, and
// hardly larger; it is the same bytes each time.
func TestHalvesMakeTheSamePicture(t *testing.T) {
	t.Parallel()
	for _, size := range []image.Point{{1, 1}, {7, 15}, {16, 16}, {16, 17}, {33, 31}, {90, 32}, {90, 33}, {90, 48}, {17, 1920}, {1920, 17}, {640, 479}, {800, 600}} {
		m := scene(size.X, size.Y, 3)
		halves, err := photo.Encode(m)
		if err != nil {
			t.Fatalf("%v: %v", size, err)
		}
		whole, err := photo.EncodeWhole(m)
		if err != nil {
			t.Fatalf("%v: %v", size, err)
		}
		got, want := decode(t, halves).(*image.YCbCr), decode(t, whole).(*image.YCbCr)
		if got.Rect != want.Rect || !bytes.Equal(got.Y, want.Y) || !bytes.Equal(got.Cb, want.Cb) || !bytes.Equal(got.Cr, want.Cr) {
			t.Errorf("%v: it is another picture, of %v", size, got.Rect)
		}
		if joined := size.Y > 16; joined != bytes.Contains(halves, []byte{0xff, 0xdd, 0, 4}) || len(halves) > len(whole)*101/100+20 {
			t.Errorf("%v: %d bytes for %d, joined %v", size, len(halves), len(whole), !joined)
		}
		if again, err := photo.Encode(m); err != nil || !bytes.Equal(again, halves) {
			t.Errorf("%v: once more it is other bytes, %v", size, err)
		}
	}
}

// A picture that does not begin at the corner of its planes is encoded where it is.
func TestAPartOfAPictureIsEncoded(t *testing.T) {
	t.Parallel()
	part := scene(400, 300, 1).SubImage(image.Rect(48, 32, 348, 272)).(*image.YCbCr)
	data, err := photo.Encode(part)
	if err != nil {
		t.Fatal(err)
	}
	var whole bytes.Buffer
	if err := jpeg.Encode(&whole, part, &jpeg.Options{Quality: 85}); err != nil {
		t.Fatal(err)
	}
	got, want := decode(t, data).(*image.YCbCr), decode(t, whole.Bytes()).(*image.YCbCr)
	if got.Rect != want.Rect || !bytes.Equal(got.Y, want.Y) || !bytes.Equal(got.Cb, want.Cb) {
		t.Errorf("it is another picture, of %v", got.Rect)
	}
}

// A panic beside is one where it is waited for, and can be caught there.
func TestAPanicBesideIsNotLost(t *testing.T) {
	t.Parallel()
	wait := photo.Beside(func() { panic("beside") })
	defer func() {
		if p := recover(); p != "beside" {
			t.Errorf("got %v", p)
		}
	}()
	wait()
	t.Error("nobody heard of it")
}
