package typeface

import "strings"

// Wrap makes a text legible and breaks it into lines of a width, of which there are
// so many at most; size and width are pixels. It breaks at a space if one is in the
// second half of a line, else, as Chinese is, between any two characters. What is
// left over is cut as [Faces.Fit] does. Nothing to show is no line.
func (f *Faces) Wrap(s string, size, width float64, lines int) []string {
	var out []string
	for s = f.Legible(s); s != "" && len(out) < lines; {
		if len(out) == lines-1 {
			return append(out, f.Fit(s, size, width))
		}
		end := f.reach(s, size, width)
		if end < len(s) {
			if i := strings.LastIndexByte(s[:end+1], ' '); i > end/2 {
				end = i
			}
		}
		out = append(out, strings.TrimSpace(s[:end]))
		s = strings.TrimSpace(s[end:])
	}
	return out
}

// reach returns how many bytes of a legible text fit into a width, and at least its
// first character.
func (f *Faces) reach(s string, size, width float64) int {
	for i, r := range s {
		advance, _ := f.face(size).GlyphAdvance(r)
		if width -= float64(advance) / 64; width < 0 && i > 0 {
			return i
		}
	}
	return len(s)
}
