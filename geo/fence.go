package geo

import (
	"errors"
	"fmt"
	"math"
	"slices"
)

// What a fence may be.
const (
	// MaxFenceVertices is how many vertices a fence has at most.
	MaxFenceVertices = 200
	// MaxFenceMetres is how far a fence reaches at most from west to east and
	// from south to north: a market is smaller, so a larger one is a mistake.
	MaxFenceMetres = 20000
	// minFenceArea in square metres is less than any place people visit.
	minFenceArea = 1
	// maxFenceLat in degrees is where the maps end on which fences are drawn.
	maxFenceLat = 85
	// edgeMetres is how near to its edge a place is still on it. Edges that are
	// not along a parallel or a meridian run between the floating-point numbers.
	edgeMetres = 0.001
)

// What can be wrong with a fence. What is wrong with one of its vertices comes
// as a [VertexError].
var (
	ErrFenceVertices = errors.New("a fence needs at least three different vertices")
	ErrFenceTooMany  = fmt.Errorf("a fence has at most %d vertices", MaxFenceVertices)
	ErrFenceDatums   = errors.New("the vertices of a fence are in different datums")
	ErrFenceSpan     = errors.New("a fence spans half the globe or crosses the antimeridian")
	ErrFenceSize     = fmt.Errorf("a fence is at most %d km wide and high", MaxFenceMetres/1000)
	ErrFenceArea     = errors.New("a fence has no area")
	ErrFenceCrosses  = errors.New("the edges of a fence cross or touch")
)

// VertexError says which vertex of a fence is wrong, counted from 1, and why:
// an error of [New] or [Parse], ErrOutOfRange also beyond 85° of latitude,
// ErrFenceDatums, or ErrFenceText for what is no pair.
type VertexError struct {
	Vertex int
	Err    error
}

func (e *VertexError) Error() string { return fmt.Sprintf("vertex %d: %v", e.Vertex, e.Err) }

// Unwrap returns why the vertex is wrong.
func (e *VertexError) Unwrap() error { return e.Err }

// corner is a vertex in degrees of WGS-84.
type corner struct{ lat, lng float64 }

// Fence is the area within a polygon without holes: a market, an estate. Its
// edges are straight on a map of latitude and longitude in WGS-84. The zero
// Fence contains nothing. A Fence never changes and may be used concurrently.
type Fence struct {
	vertices                 []Point
	corners                  []corner
	south, west, north, east float64
}

// NewFence returns the fence with the vertices, in their order, all in one
// datum, which are kept as given but for those that repeat the one before
// them; the last may repeat the first. It returns a [VertexError] or one of the
// errors above; less than a square metre is ErrFenceArea.
func NewFence(vertices []Point) (Fence, error) {
	// One more, since the last may repeat the first.
	if len(vertices) > MaxFenceVertices+1 {
		return Fence{}, ErrFenceTooMany
	}
	f := Fence{south: 90, north: -90, west: 180, east: -180}
	distinct := make(map[Point]bool, len(vertices))
	for i, v := range vertices {
		if err := checkVertex(v, vertices[0].Datum); err != nil {
			return Fence{}, &VertexError{i + 1, err}
		}
		if n := len(f.vertices); n > 0 && (f.vertices[n-1] == v || i == len(vertices)-1 && v == vertices[0]) {
			continue
		}
		w := v.WGS84()
		distinct[v] = true
		f.vertices = append(f.vertices, v)
		f.corners = append(f.corners, corner{w.Lat, w.Lng})
		f.south, f.north = min(f.south, w.Lat), max(f.north, w.Lat)
		f.west, f.east = min(f.west, w.Lng), max(f.east, w.Lng)
	}
	if len(distinct) < 3 {
		return Fence{}, ErrFenceVertices
	}
	if len(f.vertices) > MaxFenceVertices {
		return Fence{}, ErrFenceTooMany
	}
	if err := f.checkShape(); err != nil {
		return Fence{}, err
	}
	return f, nil
}

func checkVertex(v Point, d Datum) error {
	if _, err := New(v.Lat, v.Lng, v.Datum); err != nil {
		return err
	}
	switch {
	case v.Datum != d:
		return ErrFenceDatums
	case math.Abs(v.Lat) > maxFenceLat:
		return ErrOutOfRange
	}
	return nil
}

func (f Fence) checkShape() error {
	if f.east-f.west >= 180 {
		return ErrFenceSpan
	}
	const metresPerDegree = earthRadius * math.Pi / 180
	widest := 0.0 // the latitude that is nearest to the equator
	if f.south > 0 {
		widest = f.south
	} else if f.north < 0 {
		widest = f.north
	}
	if (f.north-f.south)*metresPerDegree > MaxFenceMetres ||
		(f.east-f.west)*math.Cos(widest*math.Pi/180)*metresPerDegree > MaxFenceMetres {
		return ErrFenceSize
	}
	perSquareDegree := metresPerDegree * metresPerDegree * math.Cos((f.south+f.north)/2*math.Pi/180)
	area, fan := f.areas()
	switch {
	case fan*perSquareDegree < minFenceArea: // all on one line
		return ErrFenceArea
	case f.crosses(): // before the area, of which the loops of an 8 have none together
		return ErrFenceCrosses
	case area*perSquareDegree < minFenceArea:
		return ErrFenceArea
	}
	return nil
}

// areas returns, in square degrees, the area of the fence, and the sum of the
// triangles that it consists of when seen from its first corner, whichever way
// around they go, which is 0 only for corners on one line.
func (f Fence) areas() (area, fan float64) {
	for i := 2; i < len(f.corners); i++ {
		twice := turn(f.corners[0], f.corners[i-1], f.corners[i])
		area += twice / 2
		fan += math.Abs(twice) / 2
	}
	return math.Abs(area), fan
}

// crosses reports whether two edges have a place in common that is not the
// vertex at which they follow each other.
func (f Fence) crosses() bool {
	n := len(f.corners)
	for i, a := range f.corners {
		b, c := f.corners[(i+1)%n], f.corners[(i+2)%n]
		if turn(a, b, c) == 0 && (a.lat-b.lat)*(c.lat-b.lat)+(a.lng-b.lng)*(c.lng-b.lng) > 0 {
			return true // it turns back on itself
		}
		for j := i + 2; j < n && (j+1)%n != i; j++ {
			if touch(a, b, f.corners[j], f.corners[(j+1)%n]) {
				return true
			}
		}
	}
	return false
}

// touch reports whether the line from a to b has a place in common with that from c to d.
func touch(a, b, c, d corner) bool {
	abc, abd, cda, cdb := sign(turn(a, b, c)), sign(turn(a, b, d)), sign(turn(c, d, a)), sign(turn(c, d, b))
	if abc*abd < 0 && cda*cdb < 0 {
		return true
	}
	return abc == 0 && framed(a, b, c) || abd == 0 && framed(a, b, d) || cda == 0 && framed(c, d, a) || cdb == 0 && framed(c, d, b)
}

// framed reports whether p is in the rectangle with the corners a and b.
func framed(a, b, p corner) bool {
	return min(a.lat, b.lat) <= p.lat && p.lat <= max(a.lat, b.lat) && min(a.lng, b.lng) <= p.lng && p.lng <= max(a.lng, b.lng)
}

func sign(x float64) int {
	switch {
	case x > 0:
		return 1
	case x < 0:
		return -1
	}
	return 0
}

// turn is positive when the way from a by b to c turns to the left, negative
// when to the right, and 0 when it goes straight or back: twice the triangle's
// area in square degrees. Kahan's difference of products loses no digits where
// the two are nearly equal, and gives the same on every processor.
func turn(a, b, c corner) float64 {
	x1, y1, x2, y2 := b.lng-a.lng, b.lat-a.lat, c.lng-a.lng, c.lat-a.lat
	p := y1 * x2
	lost := math.FMA(-y1, x2, p)
	return math.FMA(x1, y2, -p) + lost
}

// Contains reports whether p, in any datum, is in the fence or within a
// millimetre of its edge. What is no place is in no fence.
func (f Fence) Contains(p Point) bool {
	if f.IsZero() || !p.Valid() {
		return false
	}
	return f.contains(p.WGS84())
}

func (f Fence) contains(w Point) bool {
	// More than edgeMetres, east and west also at 85°.
	const slack = 2e-7
	if !(w.Lat >= f.south-slack && w.Lat <= f.north+slack && w.Lng >= f.west-slack && w.Lng <= f.east+slack) {
		return false
	}
	return f.encloses(corner{w.Lat, w.Lng}) || between(w, f.nearest(w)) <= edgeMetres
}

// encloses counts the edges east of p: an odd number encloses it. A vertex at
// the very latitude of p counts as south of it, so that of two edges which meet
// there both are counted, or none, or one if the fence goes on to the other side.
func (f Fence) encloses(p corner) bool {
	in := false
	a := f.corners[len(f.corners)-1]
	for _, b := range f.corners {
		if (a.lat > p.lat) != (b.lat > p.lat) && (turn(a, b, p) > 0) == (b.lat > a.lat) {
			in = !in
		}
		a = b
	}
	return in
}

// Distance returns the metres from p, in any datum, to the fence: 0 in it (where
// [Fence.Contains] says so), else the [Distance] to the place on its edge that
// is nearest. For what is no place, and for the zero Fence, it returns NaN; so
// acceptance must be written d <= limit.
//
// The nearest place is found in an equirectangular plane at the latitude halfway
// between p and the fence. Only the choice of that place is approximate, never
// the distance to it; so the result is never too small, and too large by less
// than 1 mm up to 1 km away and 1 m up to 20 km away (and 0.01 % up to 100 km,
// 1 % up to 1000 km) between 60° south and 60° north.
func (f Fence) Distance(p Point) float64 {
	if f.IsZero() || !p.Valid() {
		return math.NaN()
	}
	w := p.WGS84()
	if f.contains(w) {
		return 0
	}
	return between(w, f.nearest(w))
}

// nearest returns the place on the edge that is nearest to w, in WGS-84.
func (f Fence) nearest(w Point) Point {
	east := math.Cos((w.Lat + (f.south+f.north)/2) / 2 * math.Pi / 180)
	lng := w.Lng
	switch middle := (f.west + f.east) / 2; {
	case lng-middle > 180: // the short way around the globe
		lng -= 360
	case lng-middle < -180:
		lng += 360
	}
	plane := func(c corner) (x, y float64) { return (c.lng - lng) * east, c.lat - w.Lat }
	bestX, bestY, best := 0.0, 0.0, math.Inf(1)
	ax, ay := plane(f.corners[len(f.corners)-1])
	for _, c := range f.corners {
		bx, by := plane(c)
		dx, dy := bx-ax, by-ay
		// Two corners a hair apart may have no way between them.
		if square := dx*dx + dy*dy; square > 0 {
			t := max(0, min(1, -(ax*dx+ay*dy)/square))
			x, y := ax+t*dx, ay+t*dy
			if d := x*x + y*y; d < best {
				bestX, bestY, best = x, y, d
			}
		}
		ax, ay = bx, by
	}
	return Point{w.Lat + bestY, lng + bestX/east, WGS84}
}

// Vertices returns a copy of the vertices, in the order and datum they were given in.
func (f Fence) Vertices() []Point { return slices.Clone(f.vertices) }

// IsZero reports whether f is no fence at all.
func (f Fence) IsZero() bool { return len(f.vertices) == 0 }

// Equal reports whether the two have the same vertices in the same order.
func (f Fence) Equal(other Fence) bool { return slices.Equal(f.vertices, other.vertices) }
