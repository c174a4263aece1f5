package picture

import (
	"fmt"
	"math"
	"strconv"
)

// fence draws a customer's fence: full when reached, else a grey outline of dashes.
func (c *canvas) fence(at point, radius float64, reached bool) {
	c.ground(at, radius, reached)
	c.outline(at, radius, reached)
}

func (c *canvas) ground(at point, radius float64, reached bool) {
	if reached {
		c.disc(at, radius, paleBlue)
	}
}

func (c *canvas) outline(at point, radius float64, reached bool) {
	if reached {
		c.ring(at, radius, 4, blue)
	} else {
		c.dashes(at, radius, 4, quiet)
	}
}

// mark draws the middle of a customer's fence, or what stands for it at the edge.
func (c *canvas) mark(l label) {
	colour := quiet
	if l.reached {
		colour = blue
	}
	if l.away {
		c.arrow(l.anchor, c.outward(l.anchor), 20, colour)
	} else {
		c.disc(l.anchor, markRadius, colour)
	}
}

// outward is the direction from the middle of the map, in radians clockwise from the east.
func (c *canvas) outward(p point) float64 {
	return math.Atan2(p.y-float64(c.clip.Min.Y+c.clip.Max.Y)/2, p.x-float64(c.clip.Min.X+c.clip.Max.X)/2)
}

// lead joins a customer with its name, if that had to move away.
func (c *canvas) lead(l label) {
	end := point{min(max(l.anchor.x, l.area.lo.x), l.area.hi.x), min(max(l.anchor.y, l.area.lo.y), l.area.hi.y)}
	if l.text != "" && end.sub(l.anchor).length() > l.beside+12 {
		c.line(l.anchor, end, 2, quiet)
	}
}

// route joins the visits in order.
func (c *canvas) route(dots []dot) {
	for i, d := range dots {
		middle := d.area.middle()
		if i > 0 {
			from := dots[i-1].area.middle()
			c.line(from, middle, 5, track)
			if step := middle.sub(from); step.length() > 5*dotRadius {
				c.arrow(from.add(step.times(0.5)), math.Atan2(step.y, step.x), 16, track)
			}
		}
	}
	for _, d := range dots {
		if d.away {
			angle := c.outward(d.at)
			c.arrow(d.at.add(polar(dotRadius+14, angle)), angle, 14, ink)
		}
		if middle := d.area.middle(); middle.sub(d.at).length() > 2 {
			c.line(d.at, middle, 3, ink)
			c.disc(d.at, 5, ink)
		}
	}
}

// dot draws a visit's number.
func (c *canvas) dot(middle point, radius float64, number int) {
	c.disc(middle, radius, ink)
	n, size := strconv.Itoa(number), radius*1.2
	c.text(n, middle.x-c.Width(n, size)/2, middle.y, size, white)
}

// foot draws the scale and the north below the map.
func (c *canvas) foot(f frame, north string) {
	y := f.hi.y + footHeight/2
	length := f.rule()
	end := f.lo.x + length*f.scale
	for _, r := range [...][4]float64{{f.lo.x, y - 2, end, y + 2}, {f.lo.x, y - 12, f.lo.x + 4, y + 12}, {end - 4, y - 12, end, y + 12}} {
		c.rect(pixels(r[0], r[1], r[2], r[3]), ink)
	}
	c.text(metres(length), end+gap, y, legendSize, ink)
	letter := c.Fit(north, legendSize, 200)
	x := f.hi.x - c.Width(letter, legendSize)
	c.text(letter, x, y, legendSize, ink)
	c.arrow(point{x - 30, y}, -math.Pi/2, 20, ink)
}

// metres writes a length.
func metres(m float64) string {
	if m < 1000 {
		return fmt.Sprintf("%.0f m", m)
	}
	km := math.Round(m / 1000)
	if m < 10000 {
		km = math.Round(m/100) / 10
	}
	return strconv.FormatFloat(km, 'f', -1, 64) + " km"
}
