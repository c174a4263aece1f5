package typeface

import (
	"strings"
	"unicode"

	"golang.org/x/image/font/sfnt"
	"golang.org/x/text/unicode/norm"
)

const (
	// maxText bounds, in bytes, what is looked at of a text: more than fits on a line.
	maxText = 1 << 10
	box     = '□'
)

// Legible returns what of a text can be shown on one line.
func (f *Faces) Legible(s string) string {
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
		if i, err := f.font.GlyphIndex(&buf, r); err != nil || i == 0 {
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
