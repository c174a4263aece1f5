package photo

import (
	"bytes"
	"fmt"
	"image"
	"image/color"
	"image/draw"
	"image/jpeg"
	"math"

	"roundsman/typeface"
)

const (
	// markColumns is how many Chinese characters stand on a line across a view.
	markColumns = 38
	// minText is the least size of a letter in pixels.
	minText = 10
	// lineHeight and markPad are parts of a letter's size.
	lineHeight = 1.4
	markPad    = 0.5
	// maxLines bounds what is written.
	maxLines = 8
)

// band is what the text stands on: dark enough for white text on snow, and what was
// there still shows.
var band = color.NRGBA{0, 0, 0, 150}

// Mark writes lines on a view, white on a dark band along its lower edge, and returns
// the new JPEG. Lines are in the reader's language and may be hostile: package
// typeface makes them legible. A line too long for the width goes on in the next;
// what finds no room in the lower half of the picture is left out. A picture too low
// for one line stays without.
//
// It returns ErrNotPhoto for what is not a JPEG, and ErrTooManyPixels for one that is
// larger than a view.
func Mark(view []byte, lines []string) ([]byte, error) {
	m, err := decodeView(view)
	if err != nil {
		return nil, err
	}
	faces, err := typeface.New()
	if err != nil {
		return nil, err
	}
	wide, high := float64(m.Rect.Dx()), float64(m.Rect.Dy())
	size := max(minText, math.Round(min(wide/markColumns, high/10)))
	pad := math.Ceil(size * markPad)
	room := min(maxLines, int((high/2-pad)/(size*lineHeight)))
	text := wrap(faces, lines, size, wide-2*pad, room)
	if len(text) > 0 {
		height := int(math.Ceil(float64(len(text))*size*lineHeight + pad))
		// A sample of colour stands for two lines of pixels.
		top := (m.Rect.Dy() - height) &^ 1
		strip := image.NewRGBA(image.Rect(0, top, m.Rect.Dx(), m.Rect.Dy()))
		draw.Draw(strip, strip.Rect, m, strip.Rect.Min, draw.Src)
		draw.Draw(strip, strip.Rect, image.NewUniform(band), image.Point{}, draw.Over)
		for i, s := range text {
			faces.Draw(strip, s, pad, float64(top)+pad/2+(float64(i)+0.5)*size*lineHeight, size, color.White)
		}
		paint(m, strip)
	}
	return encode(m)
}

// wrap breaks lines to a width in pixels; there are so many at most.
func wrap(faces *typeface.Faces, lines []string, size, width float64, room int) []string {
	var out []string
	for i, s := range lines {
		if len(out) >= room {
			break
		}
		// Each line that is still to come has a line of its own before this one has a second.
		own := max(1, room-len(out)-(len(lines)-i-1))
		out = append(out, faces.Wrap(s, size, width, own)...)
	}
	return out
}

// decodeView decodes what Read made. Its bytes have been in a store since.
func decodeView(view []byte) (*image.YCbCr, error) {
	c, err := guard(func() (image.Config, error) { return jpeg.DecodeConfig(bytes.NewReader(view)) })
	if err != nil {
		return nil, err
	}
	if c.Width < 1 || c.Height < 1 {
		return nil, ErrNotPhoto
	}
	if c.Width > viewSide || c.Height > viewSide {
		return nil, fmt.Errorf("%w: a view of %d×%d", ErrTooManyPixels, c.Width, c.Height)
	}
	img, err := guard(func() (image.Image, error) { return jpeg.Decode(bytes.NewReader(view)) })
	if err != nil {
		return nil, err
	}
	return shrink(img), nil
}
