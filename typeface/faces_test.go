package typeface_test

import (
	"bytes"
	"image"
	"image/color"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"roundsman/typeface"
)

func setup(t *testing.T) *typeface.Faces {
	t.Helper()
	f, err := typeface.New()
	if err != nil {
		t.Fatal(err)
	}
	return f
}

func TestLegible(t *testing.T) {
	t.Parallel()
	f := setup(t)
	for name, c := range map[string]struct{ text, want string }{
		"nothing":                       {"", ""},
		"Chinese and Latin":             {"张伟 Zhang", "张伟 Zhang"},
		"what does not show is dropped": {"张\x00\u202e伟\u200b\u200f\x1b\u0007", "张伟"},
		"combining marks are dropped":   {"张\u0336\u0336伟\ufe0f\U000e0101", "张伟"},
		"but é is a letter":             {"Rene\u0301", "René"},
		"line breaks are spaces":        {" \n张\r\n\t 伟\u3000\u2028", "张 伟"},
		"an emoji is a box":             {"张\U0001f389伟", "张□伟"},
		"a family is one":               {"👨‍👩‍👧‍👦🏽", "□"},
		"a word in Arabic is one":       {"محمد أمين", "□"},
		"bytes that are no text go":     {"张\xff\xfe\xe5\xbc伟", "张伟"},
		"only what does not show":       {"\u202e\u200b\u0301\n", ""},
		"a long one cut within a rune":  {strings.Repeat("\u200b", 341) + "王", ""},
	} {
		if got := f.Legible(c.text); got != c.want {
			t.Errorf("%s: %q, want %q", name, got, c.want)
		}
	}
}

func TestFit(t *testing.T) {
	t.Parallel()
	f := setup(t)
	for name, c := range map[string]struct {
		text  string
		width float64
		want  string
	}{
		"it fits":                      {"世纪大道100号", 400, "世纪大道100号"},
		"cut":                          {"世纪大道100号", 110, "世纪…"},
		"no separator before the cut":  {"张伟 · 上海", 106, "张伟…"},
		"not even one character":       {"世纪", 10, "…"},
		"what does not show is no use": {"世\u202e纪\u200b", 64, "世纪"},
	} {
		if got := f.Fit(c.text, 32, c.width); got != c.want {
			t.Errorf("%s: %q, want %q", name, got, c.want)
		}
	}
}

func TestDrawInOneSizeAsOftenAsYouLike(t *testing.T) {
	t.Parallel()
	paint := func(f *typeface.Faces) []byte {
		img := image.NewRGBA(image.Rect(0, 0, 200, 50))
		end := f.Draw(img, "喆鑫", 10, 25, 32, color.White)
		if want := 10 + f.Width("喆鑫", 32); end != want {
			t.Errorf("ends at %v, want %v", end, want)
		}
		return img.Pix
	}
	f := setup(t)
	first := paint(f)
	if !bytes.ContainsFunc(first, func(r rune) bool { return r != 0 }) {
		t.Error("nothing was drawn")
	}
	if !bytes.Equal(first, paint(f)) || !bytes.Equal(first, paint(setup(t))) {
		t.Error("equal text gave different pixels")
	}
}

func TestWrap(t *testing.T) {
	t.Parallel()
	f := setup(t)
	for name, c := range map[string]struct {
		text  string
		width float64
		lines int
		want  []string
	}{
		"it fits":                   {"世纪大道", 200, 3, []string{"世纪大道"}},
		"between any characters":    {"上海浦东新区世纪大道", 130, 4, []string{"上海浦东", "新区世纪", "大道"}},
		"the last is cut":           {"上海浦东新区世纪大道", 130, 2, []string{"上海浦东", "新区世…"}},
		"at a space":                {"Zhang Wei Shanghai", 180, 3, []string{"Zhang Wei", "Shanghai"}},
		"a space just at the end":   {"世纪大道 100号", 130, 3, []string{"世纪大道", "100号"}},
		"one long word":             {strings.Repeat("W", 9), 100, 9, []string{"WWW", "WWW", "WWW"}},
		"narrower than a character": {"世纪", 5, 9, []string{"世", "纪"}},
		"no line at all":            {"世纪", 200, 0, nil},
		"nothing to show":           {"\u202e\u200b", 200, 3, nil},
	} {
		if diff := cmp.Diff(c.want, f.Wrap(c.text, 32, c.width, c.lines)); diff != "" {
			t.Errorf("%s (-want +got):\n%s", name, diff)
		}
	}
}
