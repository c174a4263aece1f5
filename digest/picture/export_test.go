package picture

import (
	"image"

	"roundsman/geo"
)

// Draw draws a map without encoding it, which takes the most time, and returns its size.
func Draw(m DayMap) (image.Point, error) {
	c, err := m.draw()
	if err != nil {
		return image.Point{}, err
	}
	return c.img.Rect.Size(), nil
}

// Placed is where a map shows places.
type Placed struct {
	// X, Y are pixels; Away says which stand at the edge.
	X, Y []float64
	Away []bool
	// Scale is pixels a metre, Rule the length in metres of the scale that is drawn.
	Scale, Rule float64
}

// Place returns where a map of places shows them.
func Place(places ...geo.Point) Placed {
	spots := make([]spot, len(places))
	for i, p := range places {
		spots[i].at = p
	}
	f := frameOf(spots, 0)
	out := Placed{Scale: f.scale, Rule: f.rule()}
	for _, p := range places {
		at, away := f.place(p)
		out.X, out.Y, out.Away = append(out.X, at.x), append(out.Y, at.y), append(out.Away, away)
	}
	return out
}

// Box is an area on a picture, in pixels.
type Box struct{ X0, Y0, X1, Y1 float64 }

// Overlap returns the pixels that two boxes share.
func (b Box) Overlap(o Box) float64 {
	return area{point{b.X0, b.Y0}, point{b.X1, b.Y1}}.common(area{point{o.X0, o.Y0}, point{o.X1, o.Y1}})
}

// Put finds room within a box for things of a size, each beside a point.
func Put(within Box, wide, high float64, points ...[2]float64) []Box {
	b := board{lo: point{within.X0, within.Y0}, hi: point{within.X1, within.Y1}}
	var out []Box
	for _, p := range points {
		a := b.put(point{p[0], p[1]}, 10, point{wide, high}, false)
		out = append(out, Box{a.lo.x, a.lo.y, a.hi.x, a.hi.y})
	}
	return out
}

// Metres writes a length.
func Metres(m float64) string { return metres(m) }
