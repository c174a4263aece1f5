package picture

import "math"

// area is a rectangle on a picture.
type area struct{ lo, hi point }

// around returns the area of a size that lies around a point.
func around(middle, size point) area {
	return area{middle.sub(size.times(0.5)), middle.add(size.times(0.5))}
}

func (a area) middle() point { return a.lo.add(a.hi).times(0.5) }

// common returns the pixels that two areas share.
func (a area) common(b area) float64 {
	x := min(a.hi.x, b.hi.x) - max(a.lo.x, b.lo.x)
	y := min(a.hi.y, b.hi.y) - max(a.lo.y, b.lo.y)
	if x <= 0 || y <= 0 {
		return 0
	}
	return x * y
}

// covered returns the pixels shared with others, counted for each.
func (a area) covered(others []area) float64 {
	sum := 0.0
	for _, o := range others {
		sum += a.common(o)
	}
	return sum
}

// board is the room on a map: its corners, and what is taken of it.
type board struct {
	lo, hi point
	taken  []area
	// crossed is where lines run and what else had better stay free.
	crossed []area
}

// cross notes that a line runs from one point to another.
func (b *board) cross(from, to point) {
	const step = 12
	d := to.sub(from)
	for n := step / max(d.length(), step); n < 1; n += step / d.length() {
		b.crossed = append(b.crossed, around(from.add(d.times(n)), point{step, step}))
	}
}

// put takes room of a size for something that is said of a point: upon it if it
// may, else beside it, as near as there is room, or where it covers least. The
// first one gets the best place.
func (b *board) put(at point, beside float64, size point, upon bool) area {
	best, least := area{}, math.Inf(1)
	try := func(middle point, crossing float64) bool {
		// Kept within the map.
		middle.x = min(max(middle.x, b.lo.x+size.x/2+4), b.hi.x-size.x/2-4)
		middle.y = min(max(middle.y, b.lo.y+size.y/2+4), b.hi.y-size.y/2-4)
		a := around(middle, size)
		covered := a.covered(b.taken) + crossing*a.covered(b.crossed)
		if covered < least {
			best, least = a, covered
		}
		return least == 0
	}
	search := func(rings int, crossing float64) bool {
		for ring := range rings {
			distance := beside + float64(8*ring+2*ring*ring)
			// Right, left, below and above, and then between.
			for _, sixteenth := range [...]float64{0, 8, 4, 12, 2, 6, 14, 10, 1, 7, 15, 9, 3, 5, 13, 11} {
				d := polar(1, sixteenth*round/16)
				if try(at.add(point{d.x * (distance + size.x/2), d.y * (distance + size.y/2)}), crossing) {
					return true
				}
			}
		}
		return false
	}
	switch {
	case upon && try(at, 0):
	case !upon && search(2, 1):
	default:
		search(14, 0)
	}
	b.taken = append(b.taken, best)
	return best
}
