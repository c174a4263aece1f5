package picture

import (
	"bytes"
	"fmt"
	"image"
	"image/color"
	"image/draw"
	"image/png"

	"github.com/boombuler/barcode/qr"

	"roundsman/typeface"
)

// Poster is a sheet of paper that hangs at a counter: a QR code, and below it what it is for.
type Poster struct {
	// Content is what the code says: up to 1,663 bytes, but the fewer, the further it reads.
	Content string
	// Hint says what to do with it, above it; Name and ID whose it is; Note what else there is to know.
	Hint, Name, ID, Note string
}

const (
	// A poster's size in pixels has about the shape of a sheet of A4 or A5.
	posterWide, posterHigh = 800, 1050
	// codeTop is where the code begins, codeSize what it takes at most, both with its quiet zone.
	codeTop, codeSize = 110, 680
	// quietZone is how many modules around a code stay white (ISO/IEC 18004, 9.1).
	quietZone = 4
)

// PNG draws the poster, 800 by 1050 pixels in black on white. Content that fits
// no code is [ErrTooMuch].
func (p Poster) PNG() ([]byte, error) {
	// Q mends a quarter of the code: counters are wiped, and paper wrinkles.
	code, err := qr.Encode(p.Content, qr.Q, qr.Unicode)
	if err != nil {
		return nil, fmt.Errorf("%d bytes for a code: %w", len(p.Content), ErrTooMuch)
	}
	faces, err := typeface.New()
	if err != nil {
		return nil, err
	}
	img := image.NewGray(image.Rect(0, 0, posterWide, posterHigh))
	draw.Draw(img, img.Rect, image.White, image.Point{}, draw.Src)
	modules := code.Bounds().Dx()
	// Whole pixels for each module, so that no edge is blurred.
	side := codeSize / (modules + 2*quietZone)
	left, top := (posterWide-side*modules)/2, codeTop+(codeSize-side*modules)/2
	for y := range modules {
		for x := range modules {
			if code.At(x, y) == color.Black {
				at := image.Pt(left+x*side, top+y*side)
				draw.Draw(img, image.Rectangle{at, at.Add(image.Pt(side, side))}, image.Black, image.Point{}, draw.Src)
			}
		}
	}
	const room = posterWide - 2*margin
	middle := func(s string, y, size float64) {
		faces.Draw(img, s, (posterWide-faces.Width(s, size))/2, y, size, color.Black)
	}
	middle(faces.Fit(p.Hint, 36, room), 70, 36)
	y := float64(codeTop + codeSize + 40)
	for _, line := range faces.Wrap(p.Name, 52, room, 2) {
		middle(line, y, 52)
		y += 66
	}
	middle(faces.Fit(p.ID, 34, room), y, 34)
	middle(faces.Fit(p.Note, 26, room), posterHigh-46, 26)
	var b bytes.Buffer
	if err := png.Encode(&b, img); err != nil {
		return nil, fmt.Errorf("encode the picture: %w", err)
	}
	return b.Bytes(), nil
}
