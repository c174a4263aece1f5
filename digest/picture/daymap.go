package picture

import (
	"fmt"
	"strings"

	"roundsman/geo"
)

// MaxPlaces is how many customers, and how many visits, fit on one [DayMap].
const MaxPlaces = 60

// DayMap is a rep's day as a map without a base map: north up, to scale, the
// visits joined by straight lines. What lies so far out that the rest would
// shrink to a spot stands at the edge with an arrow, a customer with its distance.
type DayMap struct {
	Title string
	// Totals is the line below the title; empty: there is none.
	Totals string
	// Reached, Open and Visit are the legend's words; Open is planned and not reached yet.
	Reached, Open, Visit string
	// North is the letter at the arrow that points north.
	North string
	// Customers are those planned. One whose point is no place is left out.
	Customers []Customer
	// Visits are where the rep was, in order. One that is no place is left out, and its number with it.
	Visits []geo.Point
}

// Customer is a planned customer.
type Customer struct {
	Name string
	At   geo.Point
	// Radius of its fence in metres; 0: it has none.
	Radius  float64
	Reached bool
}

const (
	labelSize = 30
	// crowd is from how many customers on labels are small.
	crowd      = 16
	smallLabel = 26
	labelRoom  = 290
	dotRadius  = 21
	markRadius = 6
	// wideFence is from which radius on a name stands within its fence.
	wideFence = 300
	// minFence shows around a dot that stands upon it.
	minFence   = 29
	signRadius = 16
	footHeight = 96
)

// PNG draws the picture, 1080 pixels wide; a usual day is below 100 KB. More than
// [MaxPlaces] customers or visits are [ErrTooMuch].
func (m DayMap) PNG() ([]byte, error) {
	c, err := m.draw()
	if err != nil {
		return nil, err
	}
	return c.png()
}

func (m DayMap) draw() (*canvas, error) {
	if len(m.Customers) > MaxPlaces || len(m.Visits) > MaxPlaces {
		return nil, fmt.Errorf("%d customers and %d visits: %w", len(m.Customers), len(m.Visits), ErrTooMuch)
	}
	var customers []Customer
	var dots []dot
	var spots []spot
	for _, k := range m.Customers {
		if k.At = k.At.WGS84(); k.At.Valid() {
			customers = append(customers, k)
			spots = append(spots, spot{k.At, k.Radius})
		}
	}
	for i, v := range m.Visits {
		if v = v.WGS84(); v.Valid() {
			dots = append(dots, dot{number: i + 1, place: v})
			spots = append(spots, spot{at: v})
		}
	}
	f := frameOf(spots, headHeight(m.Totals))
	c, err := newCanvas(f.hi.y + footHeight)
	if err != nil {
		return nil, err
	}
	c.head(m.Title, m.Totals, []entry{
		{m.Reached, func(p point) { c.fence(p, signRadius, true) }},
		{m.Open, func(p point) { c.fence(p, signRadius, false) }},
		{m.Visit, func(p point) { c.dot(p, signRadius, 1) }},
	})
	c.rect(pixels(f.lo.x, f.lo.y, f.hi.x, f.hi.y), hairline)
	inner := pixels(f.lo.x+2, f.lo.y+2, f.hi.x-2, f.hi.y-2)
	c.rect(inner, white)
	c.foot(f, m.North)

	c.clip = inner
	// No fence hides another's outline.
	for _, draw := range [...]func(point, float64, bool){c.ground, c.outline} {
		for _, k := range customers {
			if at, away := f.place(k.At); !away {
				draw(at, f.fence(k.Radius), k.Reached)
			}
		}
	}
	// Everything finds its room before anything is drawn, so that no line crosses a name.
	b := board{lo: f.lo, hi: f.hi}
	placeDots(f, &b, dots)
	labels := c.labels(f, &b, customers)
	c.route(dots)
	for _, l := range labels {
		c.lead(l)
	}
	for _, l := range labels {
		c.mark(l)
	}
	for _, d := range dots {
		c.disc(d.area.middle(), dotRadius+2, white)
		c.dot(d.area.middle(), dotRadius, d.number)
	}
	for _, l := range labels {
		c.rect(pixels(l.area.lo.x, l.area.lo.y, l.area.hi.x, l.area.hi.y), veil)
		c.text(l.text, l.area.lo.x+labelPad, l.area.middle().y, l.size, ink)
	}
	return c, nil
}

// dot is a visit on the map.
type dot struct {
	number int
	place  geo.Point
	at     point
	// away says that it stands at the edge and belongs further out.
	away bool
	area area
}

// placeDots finds room for the dots, each at its place or beside it.
func placeDots(f frame, b *board, dots []dot) {
	for i := range dots {
		d := &dots[i]
		d.at, d.away = f.place(d.place)
		d.area = b.put(d.at, 0, point{2*dotRadius + 6, 2*dotRadius + 6}, true)
		if i > 0 {
			b.cross(dots[i-1].area.middle(), d.area.middle())
		}
	}
}

// label is a customer's name on the map.
type label struct {
	anchor  point
	away    bool
	reached bool
	text    string
	size    float64
	// beside is how many pixels from the anchor it stands at least.
	beside float64
	area   area
}

const labelPad = 6

// labels finds room for the names.
func (c *canvas) labels(f frame, b *board, customers []Customer) []label {
	size := float64(labelSize)
	if len(customers) >= crowd {
		size = smallLabel
	}
	out := make([]label, len(customers))
	for i, k := range customers {
		l := &out[i]
		*l = label{text: c.Fit(k.Name, size, labelRoom), size: size, reached: k.Reached}
		l.beside = min(f.fence(k.Radius), wideFence) + 6
		l.anchor, l.away = f.place(k.At)
		if l.away {
			l.text = strings.TrimLeft(l.text+" ("+metres(geo.Distance(f.home, k.At))+")", " ")
			l.beside = 24
		}
		b.taken = append(b.taken, around(l.anchor, point{3 * markRadius, 3 * markRadius}))
		b.crossed = append(b.crossed, around(l.anchor, point{2 * l.beside, 2 * l.beside}))
	}
	for i, l := range out {
		if l.text != "" {
			out[i].area = b.put(l.anchor, l.beside, point{c.Width(l.text, size) + 2*labelPad, size * 1.3}, false)
		}
	}
	return out
}
