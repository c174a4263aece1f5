package picture_test

import (
	"bytes"
	"errors"
	"image"
	"math"
	"sync"
	"testing"

	"roundsman/digest/picture"
)

// limit is what a picture may weigh, in bytes, unless somebody does all to make it large.
const limit = 200_000

// dense returns a name of characters with many strokes, another for each number.
func dense(i, length int) string {
	var name []rune
	for k := range length {
		name = append(name, rune(0x8e00+(i*37+k*11)%0x1100))
	}
	return string(name)
}

func TestBars(t *testing.T) {
	t.Parallel()
	hard, worst := team(picture.MaxRows), team(picture.MaxRows)
	for i := range picture.MaxRows {
		hard.Rows[i] = picture.Row{Name: dense(i, 4), Planned: 10 + i%9, Verified: i % 11, Extra: i % 7, Note: dense(i+100, 2)}
		worst.Rows[i] = picture.Row{Name: dense(i, 20), Planned: 9999 - 7*i, Verified: 9000 - 13*i, Extra: 8888 - 11*i, Note: dense(i+500, 20)}
	}
	bare := team(3)
	bare.Totals = ""
	for _, c := range []struct {
		name   string
		bars   picture.Bars
		height int
		limit  int
	}{
		{"nobody", team(0), 286, limit},
		{"one rep", team(1), 342, limit},
		{"eight reps", team(8), 734, limit},
		{"fifty reps", team(50), 3086, limit},
		{"as many as fit, of difficult names", hard, 3646, limit},
		{"as many as fit, of all that a row can hold", worst, 3646, limit * 3 / 2},
		{"no totals", bare, 398, limit},
		{"nothing at all", picture.Bars{}, 230, limit},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			img, file := draw(t, c.bars)
			if got, want := img.Bounds(), image.Rect(0, 0, 1080, c.height); got != want {
				t.Errorf("bounds %v, want %v", got, want)
			}
			if len(file) >= c.limit {
				t.Errorf("%d bytes", len(file))
			}
		})
	}
}

func TestMoreThanFitsIsRefused(t *testing.T) {
	t.Parallel()
	for name, d := range map[string]drawer{
		"rows": team(picture.MaxRows + 1), "customers": day(picture.MaxPlaces+1, 0, 1000),
		"visits": picture.DayMap{Visits: day(61, 61, 1000).Visits},
	} {
		if _, err := d.PNG(); !errors.Is(err, picture.ErrTooMuch) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// The colours' areas are the numbers.
func TestBarsAreToScale(t *testing.T) {
	t.Parallel()
	one := func(planned, verified, extra int) picture.Bars {
		b := team(0)
		// The second row sets the scale.
		b.Rows = []picture.Row{{Name: "张伟", Planned: planned, Verified: verified, Extra: extra}, {Name: "王芳", Planned: 10, Note: "."}}
		return b
	}
	base, _ := draw(t, one(0, 0, 0))
	cell := float64(count(base, grey)-32*32) / 10 // less the legend's square
	for _, c := range []struct{ planned, verified, extra, blue, grey, orange int }{
		{0, 0, 0, 0, 0, 0},
		{4, 0, 0, 0, 4, 0},
		{4, 1, 2, 1, 3, 2},
		{4, 4, 0, 4, 0, 0},
		{4, 9, 0, 4, 0, 0}, // more verified than planned cannot be
		{-3, -2, -1, 0, 0, 0},
		{0, 0, 5, 0, 0, 5},
	} {
		img, _ := draw(t, one(c.planned, c.verified, c.extra))
		cells := func(of int) int { return int(math.Round(float64(of) / cell)) }
		got := [3]int{
			cells(count(img, blue) - count(base, blue)), cells(count(img, grey) - count(base, grey)),
			cells(count(img, orange) - count(base, orange)),
		}
		if want := [3]int{c.blue, c.grey, c.orange}; got != want {
			t.Errorf("%+v: cells of blue, grey, orange %v, want %v", c, got, want)
		}
	}
}

func TestNumbersBeyondAllBounds(t *testing.T) {
	t.Parallel()
	b := team(0)
	b.Rows = []picture.Row{{Planned: math.MaxInt, Verified: math.MaxInt, Extra: math.MaxInt}, {Planned: math.MinInt, Verified: math.MinInt, Extra: math.MinInt}}
	_, huge := draw(t, b)
	b.Rows = []picture.Row{{Planned: 9999, Verified: 9999, Extra: 9999}, {}}
	if _, bounded := draw(t, b); !bytes.Equal(huge, bounded) {
		t.Error("they are not drawn as the bounds")
	}
}

func TestNobodyIsRed(t *testing.T) {
	t.Parallel()
	img, _ := draw(t, team(20))
	for _, c := range img.Palette {
		if r, g, b, _ := c.RGBA(); r>>8 > 120 && g < r/2 && b < r/2 {
			t.Errorf("there is a red: %v", c)
		}
	}
}

func TestEqualInputGivesEqualBytes(t *testing.T) {
	t.Parallel()
	for _, d := range []drawer{team(12), day(20, 9, 5000)} {
		_, want := draw(t, d)
		var all sync.WaitGroup
		files := make([][]byte, 4)
		for i := range files {
			all.Go(func() { files[i], _ = d.PNG() })
		}
		all.Wait()
		for _, got := range files {
			if !bytes.Equal(got, want) {
				t.Errorf("%T: two pictures of the same differ", d)
			}
		}
	}
}
