package typeface

import (
	_ "embed"
	"fmt"
	"image"
	"image/color"
	"image/draw"
	"strings"
	"sync"

	"golang.org/x/image/font"
	"golang.org/x/image/font/opentype"
	"golang.org/x/image/font/sfnt"
	"golang.org/x/image/math/fixed"
)

// file is the font, of which OFL.txt is the licence.
//
//go:embed NotoSansSC_400Regular.ttf
var file []byte

// parsed is the font. It refers to the file's bytes and copies only their index.
var parsed = sync.OnceValues(func() (*sfnt.Font, error) { return opentype.Parse(file) })

// Faces draw lines of text in any size, for one goroutine: a face keeps what it
// draws with.
type Faces struct {
	font   *sfnt.Font
	bySize map[float64]font.Face
}

// New returns faces of their own for the calling goroutine. The font is read with
// the first; it fails only if the binary's copy is damaged.
func New() (*Faces, error) {
	f, err := parsed()
	if err != nil {
		return nil, fmt.Errorf("read the font: %w", err)
	}
	return &Faces{font: f, bySize: make(map[float64]font.Face)}, nil
}

// face returns the font at a size in pixels.
func (f *Faces) face(size float64) font.Face {
	face, ok := f.bySize[size]
	if !ok {
		// It fails for no size.
		face, _ = opentype.NewFace(f.font, &opentype.FaceOptions{Size: size, DPI: 72, Hinting: font.HintingNone})
		f.bySize[size] = face
	}
	return face
}

// Width returns how wide a legible line is at a size, both in pixels.
func (f *Faces) Width(s string, size float64) float64 {
	return float64(font.MeasureString(f.face(size), s)) / 64
}

const ellipsis = "…"

// Fit makes a text legible and cuts it to a width, with an ellipsis; size and
// width are pixels.
func (f *Faces) Fit(s string, size, width float64) string {
	s = f.Legible(s)
	if f.Width(s, size) <= width {
		return s
	}
	room := width - f.Width(ellipsis, size)
	for i, r := range s {
		advance, _ := f.face(size).GlyphAdvance(r)
		if room -= float64(advance) / 64; room < 0 {
			return strings.TrimRight(s[:i], " ·") + ellipsis
		}
	}
	return s
}

// capHeight of the font, as a part of its size: what a line is centred by.
const capHeight = 0.733

// Draw writes a legible line that begins at x and is centred on the height y, and
// returns where it ends; all are pixels.
func (f *Faces) Draw(dst draw.Image, s string, x, y, size float64, ink color.Color) float64 {
	d := font.Drawer{
		Dst: dst, Src: image.NewUniform(ink), Face: f.face(size),
		Dot: fixed.Point26_6{X: fixed.Int26_6(x * 64), Y: fixed.Int26_6((y + size*capHeight/2) * 64)},
	}
	d.DrawString(s)
	return float64(d.Dot.X) / 64
}
