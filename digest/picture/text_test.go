package picture_test

import (
	"bytes"
	"strings"
	"testing"
)

// named draws a row under a name.
func named(t *testing.T, name string) []byte {
	t.Helper()
	b := team(1)
	b.Rows[0].Name = name
	_, file := draw(t, b)
	return file
}

// Each character is as wide as the box, so that pictures differ by the glyph only.
func TestChineseIsDrawn(t *testing.T) {
	t.Parallel()
	seen := map[string]string{string(named(t, "□")): "the box", string(named(t, "")): "nothing"}
	for _, name := range []string{"永", "张", "喆", "鑫", "玥"} {
		file := string(named(t, name))
		if as, ok := seen[file]; ok {
			t.Errorf("%s is drawn as %s", name, as)
		}
		seen[file] = name
	}
}

func TestTextIsMadeLegible(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct{ text, as string }{
		"what does not show is dropped": {"张\x00\u202e伟\u200b\u200f\x1b\u0007", "张伟"},
		"combining marks are dropped":   {"张\u0336\u0336伟\ufe0f\U000e0101", "张伟"},
		"but é is a letter":             {"Rene\u0301", "René"},
		"line breaks are spaces":        {" \n张\r\n\t 伟\u3000\u2028", "张 伟"},
		"an emoji is a box":             {"张\U0001f389伟", "张□伟"},
		"a family is one":               {"👨‍👩‍👧‍👦🏽", "□"},
		"a word in Arabic is one":       {"محمد أمين", "□"},
		"bytes that are no text go":     {"张\xff\xfe\xe5\xbc伟", "张伟"},
		"only what does not show":       {"\u202e\u200b\u0301\n", ""},
		"the end of a long one":         {strings.Repeat("王", 40), strings.Repeat("王", 4000)},
		"a long one cut within a rune":  {strings.Repeat("\u200b", 341) + "王", ""},
	} {
		if !bytes.Equal(named(t, c.text), named(t, c.as)) {
			t.Errorf("%s: %q is not drawn as %q", name, c.text, c.as)
		}
	}
}

func TestNoTextBreaksAPicture(t *testing.T) {
	t.Parallel()
	for _, text := range []string{strings.Repeat("\u202e王\U0001f389 ", 5000), strings.Repeat("\u0301", 5000), strings.Repeat("W", 5000), "\xff", "𝔘𝔫𝔦", "🏳️‍🌈"} {
		b := team(2)
		b.Title, b.Totals, b.Verified, b.Open, b.Extra = text, text, text, text, text
		b.Rows[0].Name, b.Rows[0].Note = text, text
		m := day(3, 2, 1000)
		m.Title, m.Totals, m.Reached, m.Open, m.Visit, m.North = text, text, text, text, text, text
		m.Customers[0].Name = text
		for _, d := range []drawer{b, m} {
			img, _ := draw(t, d)
			// Nothing runs over the right edge.
			for y := range img.Bounds().Dy() {
				if r, g, b, _ := img.At(1060, y).RGBA(); min(r, g, b) != 0xffff {
					t.Errorf("%T with %.10q: the margin is not empty at %d", d, text, y)
					break
				}
			}
		}
	}
}
