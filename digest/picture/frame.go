package picture

import (
	"math"
	"slices"

	"roundsman/geo"
)

// spot is what a map has to show: a place, and how many metres around it.
type spot struct {
	at     geo.Point
	radius float64
}

// frame is the part of the world that a map shows, and where on the picture.
type frame struct {
	// home is the point of the projection, which is equirectangular; the middle
	// of the map lies so many metres east and north of it.
	home   geo.Point
	middle point
	// scale is pixels a metre.
	scale float64
	// lo and hi are the map's corners on the picture.
	lo, hi point
}

const (
	// outlier is how many times further out than half of the places one may lie and still be shown at its place.
	outlier = 5
	// near in metres bounds that from below, and the map too: it shows twice as much at least.
	near = 400
	// fenceShown is up to how many metres of radius fences are shown whole.
	fenceShown = 2000
	// inset in pixels keeps places off the map's edge, where their names find no room.
	inset                = 90
	minHeight, maxHeight = 640, 1240
)

// frameOf returns the map that shows the spots, below a height on the picture.
func frameOf(spots []spot, top float64) frame {
	f := frame{lo: point{margin, top}, hi: point{width - margin, top + minHeight}, scale: 1}
	if len(spots) == 0 {
		return f
	}
	home, reach := centre(spots)
	f.home = home.at
	// Home is within its own reach: lo and hi are finite.
	lo, hi := point{math.Inf(1), math.Inf(1)}, point{math.Inf(-1), math.Inf(-1)}
	for _, s := range spots {
		if geo.Distance(f.home, s.at) <= reach {
			p, r := f.local(s.at), 0.0
			if s.radius > 0 {
				r = min(s.radius, fenceShown)
			}
			lo, hi = point{min(lo.x, p.x-r), min(lo.y, p.y-r)}, point{max(hi.x, p.x+r), max(hi.y, p.y+r)}
		}
	}
	f.middle = lo.add(hi).times(0.5)
	wide, high := max(hi.x-lo.x, 2*near), max(hi.y-lo.y, 2*near)
	f.scale = min((f.hi.x-f.lo.x-2*inset)/wide, (maxHeight-2*inset)/high)
	f.hi.y = top + math.Round(max(minHeight, high*f.scale+2*inset))
	return f
}

// centre returns the spot from which half of all are nearest, and how many
// metres from it a map reaches.
func centre(spots []spot) (spot, float64) {
	best, least := spots[0], math.Inf(1)
	far := make([]float64, len(spots))
	for _, s := range spots {
		for i, other := range spots {
			far[i] = geo.Distance(s.at, other.at)
		}
		slices.Sort(far)
		if half := far[len(far)/2]; half < least {
			best, least = s, half
		}
	}
	return best, outlier * max(least, near)
}

// local returns the metres east and north of home.
func (f frame) local(p geo.Point) point {
	const degree = 6371000 * math.Pi / 180
	p = p.WGS84()
	east := math.Remainder(p.Lng-f.home.Lng, 360)
	return point{east * degree * math.Cos(f.home.Lat*math.Pi/180), (p.Lat - f.home.Lat) * degree}
}

// place returns where a place stands on the picture, and whether that is at the
// map's edge because it lies beyond.
func (f frame) place(p geo.Point) (at point, away bool) {
	d := f.local(p).sub(f.middle).times(f.scale)
	d.y = -d.y
	half := f.hi.sub(f.lo).times(0.5)
	middle := f.lo.add(half)
	half = half.sub(point{inset, inset}.times(0.6))
	if over := max(math.Abs(d.x)/half.x, math.Abs(d.y)/half.y); over > 1 {
		return middle.add(d.times(1 / over)), true
	}
	return middle.add(d), false
}

// fence returns a fence's radius in pixels, which is to scale unless that is too small to see.
func (f frame) fence(radius float64) float64 {
	if !(radius > 0) {
		return minFence
	}
	return min(max(radius*f.scale, minFence), 2*width)
}

// rule returns the length in metres of the scale that is drawn: the longest of
// 1, 2 or 5 times a power of ten that is not too long.
func (f frame) rule() float64 {
	longest := 300 / f.scale
	ten := math.Pow(10, math.Floor(math.Log10(longest)))
	for _, n := range [...]float64{5, 2} {
		if n*ten <= longest {
			return n * ten
		}
	}
	return ten
}
