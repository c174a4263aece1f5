package picture

import (
	_ "embed"
	"image"
	"image/color"
	"strings"
	"sync"
	"unicode"

	"golang.org/x/image/font"
	"golang.org/x/image/font/opentype"
	"golang.org/x/image/font/sfnt"
	"golang.org/x/image/math/fixed"
	"golang.org/x/text/unicode/norm"
)

// fontFile is Noto Sans SC Regular, of which OFL.txt is the licence: all of it,
// since people's names use rare characters.
//
//go:embed NotoSansSC_400Regular.ttf
var fontFile []byte

// typeface is the parsed font. It refers to the file's bytes and copies only their index.
var typeface = sync.OnceValues(func() (*sfnt.Font, error) { return opentype.Parse(fontFile) })

const (
	// maxText bounds, in bytes, what is looked at of a text: more than fits on a line.
	maxText  = 1 << 10
	ellipsis = "…"
	box      = '□'
)

// legible returns what of a text can be shown on one line.
func legible(f *sfnt.Font, s string) string {
	if len(s) > maxText {
		s = s[:maxText]
	}
	var b strings.Builder
	var buf sfnt.Buffer
	space, boxed := false, false
	for _, r := range norm.NFC.String(strings.ToValidUTF8(s, "")) {
		if unicode.IsSpace(r) {
			space = b.Len() > 0
			continue
		}
		if unicode.In(r, unicode.Cc, unicode.Cf, unicode.M) {
			continue
		}
		if i, err := f.GlyphIndex(&buf, r); err != nil || i == 0 {
			if boxed {
				continue
			}
			boxed, r = true, box
		} else {
			boxed = false
		}
		if space {
			b.WriteByte(' ')
			space = false
		}
		b.WriteRune(r)
	}
	return b.String()
}

// face returns the font at a size in pixels.
func (c *canvas) face(size float64) font.Face {
	f, ok := c.faces[size]
	if !ok {
		// It fails for no size.
		f, _ = opentype.NewFace(c.font, &opentype.FaceOptions{Size: size, DPI: 72, Hinting: font.HintingNone})
		c.faces[size] = f
	}
	return f
}

// measure returns how wide a line is, in pixels.
func (c *canvas) measure(s string, size float64) float64 {
	return float64(font.MeasureString(c.face(size), s)) / 64
}

// fit makes a text legible and cuts it to a width in pixels.
func (c *canvas) fit(s string, size, limit float64) string {
	s = legible(c.font, s)
	if c.measure(s, size) <= limit {
		return s
	}
	room := limit - c.measure(ellipsis, size)
	for i, r := range s {
		advance, _ := c.face(size).GlyphAdvance(r)
		if room -= float64(advance) / 64; room < 0 {
			return strings.TrimRight(s[:i], " ·") + ellipsis
		}
	}
	return s
}

// capHeight of the font, as a part of its size: what a line is centred by.
const capHeight = 0.733

// text writes a legible line that begins at x and is centred on the height y,
// and returns where it ends.
func (c *canvas) text(s string, x, y, size float64, ink color.Color) float64 {
	d := font.Drawer{
		Dst: c.img, Src: image.NewUniform(ink), Face: c.face(size),
		Dot: fixed.Point26_6{X: fixed.Int26_6(x * 64), Y: fixed.Int26_6((y + size*capHeight/2) * 64)},
	}
	d.DrawString(s)
	return float64(d.Dot.X) / 64
}
