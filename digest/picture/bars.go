package picture

import (
	"errors"
	"fmt"
	"image/color"
	"math"
)

// ErrTooMuch says that there is more to draw than stays legible on one picture.
var ErrTooMuch = errors.New("too much for one picture")

// MaxRows is how many reps fit on one picture of [Bars].
const MaxRows = 60

// Bars is a team's day, a row for each rep.
type Bars struct {
	Title string
	// Totals is the line below the title; empty: there is none.
	Totals string
	// Verified, Open and Extra are the legend's words; Open is planned and not verified yet.
	Verified, Open, Extra string
	Rows                  []Row
}

// Row is a rep's day: customers planned, those of them verified, and visits
// beyond the plan. Counts outside of 0…9999 are drawn as the nearer of both.
type Row struct {
	Name                     string
	Planned, Verified, Extra int
	// Note is a word behind the numbers, such as that the rep is on leave.
	Note string
}

const (
	rowHeight = 56
	barHeight = 36
	rowSize   = 34
	noteSize  = 30
	gap       = 18
	// widest is how many pixels one customer takes at most, so that a day of one does not look like a full one.
	widest = 72
	// countable is how many pixels one customer needs for its bar to be divided into customers.
	countable = 14
)

// PNG draws the picture, 1080 pixels wide: some 75 KB for 60 reps, and below
// 200 KB unless every name and number is as long as there is room. More than
// [MaxRows] rows are [ErrTooMuch].
func (b Bars) PNG() ([]byte, error) {
	if len(b.Rows) > MaxRows {
		return nil, fmt.Errorf("%d rows: %w", len(b.Rows), ErrTooMuch)
	}
	top := headHeight(b.Totals)
	c, err := newCanvas(top + float64(len(b.Rows))*rowHeight + margin)
	if err != nil {
		return nil, err
	}
	square := func(ink color.Color) func(point) {
		return func(p point) { c.rect(pixels(p.x-16, p.y-16, p.x+16, p.y+16), ink) }
	}
	c.head(b.Title, b.Totals, []entry{{b.Verified, square(blue)}, {b.Open, square(grey)}, {b.Extra, square(orange)}})

	// The names, the numbers and the notes take what they need; the bars get the rest.
	lines := make([]line, len(b.Rows))
	var names, behind, most float64
	for i, r := range b.Rows {
		l := line{planned: count(r.Planned), verified: count(r.Verified), extra: count(r.Extra)}
		l.name, l.note = c.Fit(r.Name, rowSize, 290), c.Fit(r.Note, noteSize, 150)
		l.numbers = fmt.Sprintf("%.0f/%.0f", l.verified, l.planned)
		if l.extra > 0 {
			l.numbers += fmt.Sprintf(" +%.0f", l.extra)
		}
		names = max(names, c.Width(l.name, rowSize))
		behind = max(behind, c.Width(l.numbers, rowSize)+gap+c.Width(l.note, noteSize))
		most = max(most, l.planned+l.extra)
		lines[i] = l
	}
	left := math.Round(margin + names + gap)
	unit := min(widest, (width-margin-behind-gap-left)/max(1, most))
	for i, l := range lines {
		y := top + rowHeight*float64(i)
		c.rect(pixels(margin, y, width-margin, y+2), hairline)
		y += rowHeight/2 + 1
		c.text(l.name, margin, y, rowSize, ink)
		x := c.bar(l, left, y, unit) + gap
		x = c.text(l.numbers, x, y, rowSize, ink)
		c.text(l.note, x+gap, y, noteSize, quiet)
	}
	return c.png()
}

// line is a row as it is drawn.
type line struct {
	name, numbers, note      string
	planned, verified, extra float64
}

func count(n int) float64 { return float64(min(max(n, 0), 9999)) }

// bar draws a row's bar and returns where it ends.
func (c *canvas) bar(l line, left, y, unit float64) float64 {
	at := func(n float64) float64 { return left + n*unit }
	part := func(from, to float64, ink color.Color) {
		c.rect(pixels(at(from), y-barHeight/2, at(to), y+barHeight/2), ink)
	}
	end := l.planned + l.extra
	part(0, l.planned, grey)
	part(0, min(l.verified, l.planned), blue)
	part(l.planned, end, orange)
	if unit >= countable {
		for n := 1.0; n < end; n++ {
			c.rect(pixels(at(n)-2, y-barHeight/2, at(n)+1, y+barHeight/2), white)
		}
	}
	return at(end)
}
