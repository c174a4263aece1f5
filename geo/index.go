package geo

import (
	"cmp"
	"math"
	"slices"
)

// Bounds of what an [Index] looks up.
const (
	// MaxIndexMetres is how far a look-up reaches at most; more is taken as this.
	MaxIndexMetres = 100000
	// MaxNearest is how many places [Index.Nearest] finds at most.
	MaxNearest = 1000
)

// rowsPerDegree makes rows 556 m high: a look-up within 300 m, the usual fence, reads two or three.
const rowsPerDegree = 200

// Index finds places by where they are. It holds up to 2³¹−1 places, never
// changes, and may be used concurrently. The zero Index is empty. A million
// places take 20 MB.
//
// It is a table of rows of latitude, of which each has its places in order of
// longitude. A look-up computes for each row that it touches how far east and
// west a place there can be, finds that stretch by halving, and asks [Distance]
// only about places that cheap arithmetic does not rule out. Unlike square
// cells, a stretch has no special case near a pole, where it is the whole row.
type Index struct {
	// first is the number of the southernmost row that has places.
	first int
	// starts holds where each row begins, and after the last where it ends.
	starts []int32
	// Degrees of WGS-84 and the position in what the index was made of, row by row.
	lngs, lats []float64
	ids        []int32
}

// Hit is a place that was found: its position in the points that the index was
// made of, and its [Distance] in metres.
type Hit struct {
	ID     int32
	Metres float64
}

func (h Hit) compare(other Hit) int {
	if c := cmp.Compare(h.Metres, other.Metres); c != 0 {
		return c
	}
	return cmp.Compare(h.ID, other.ID)
}

// NewIndex returns the index of the points, in any datums. Left out are points
// that are no place ([Point.Valid]), and those whose place in WGS-84 is out of
// range: BD-09 within 0.01° of a pole or the antimeridian, where it is not in use.
func NewIndex(points []Point) *Index {
	type entry struct {
		lat, lng float64
		row, id  int32
	}
	entries := make([]entry, 0, len(points))
	for i, p := range points {
		if !p.Valid() {
			continue
		}
		if w := p.WGS84(); inRange(w.Lat, w.Lng) {
			entries = append(entries, entry{w.Lat, w.Lng, int32(rowOf(w.Lat)), int32(i)})
		}
	}
	if len(entries) == 0 {
		return &Index{}
	}
	// Latitude before id: the places of one address stand side by side.
	slices.SortFunc(entries, func(a, b entry) int {
		return cmp.Or(cmp.Compare(a.row, b.row), cmp.Compare(a.lng, b.lng), cmp.Compare(a.lat, b.lat), cmp.Compare(a.id, b.id))
	})
	first, last := int(entries[0].row), int(entries[len(entries)-1].row)
	x := &Index{
		first:  first,
		starts: make([]int32, last-first+2),
		lngs:   make([]float64, len(entries)),
		lats:   make([]float64, len(entries)),
		ids:    make([]int32, len(entries)),
	}
	for i, e := range entries {
		x.lngs[i], x.lats[i], x.ids[i] = e.lng, e.lat, e.id
		x.starts[int(e.row)-first+1]++
	}
	for i := range x.starts[1:] {
		x.starts[i+1] += x.starts[i]
	}
	return x
}

// Len returns how many places the index holds.
func (x *Index) Len() int { return len(x.ids) }

// rowOf numbers the rows from the south pole.
func rowOf(lat float64) int { return int((lat + 90) * rowsPerDegree) }

// rows returns the numbers of the rows, of those that the index has, between two latitudes.
func (x *Index) rows(south, north float64) (from, to int) {
	return max(rowOf(south), x.first), min(rowOf(north), x.first+len(x.starts)-2)
}

// row returns where the places of a row begin and end.
func (x *Index) row(number int) (from, to int) {
	i := number - x.first
	return int(x.starts[i]), int(x.starts[i+1])
}

// Within appends to dst the places within the metres of p, which may be in any
// datum, the nearest first, of equally near ones that with the lower ID. It
// finds exactly those with [Distance] <= metres; none when p is no place or
// metres is negative or NaN. It allocates only for dst to grow.
func (x *Index) Within(dst []Hit, p Point, metres float64) []Hit {
	s, ok := newSweep(p, metres)
	if !ok || len(x.ids) == 0 {
		return dst
	}
	begin := len(dst)
	reach := s.limit / earthRadius * 180 / math.Pi * (1 + 1e-9)
	south, north := max(-90, s.at.Lat-reach-1e-9), min(90, s.at.Lat+reach+1e-9)
	for row, last := x.rows(south, north); row <= last; row++ {
		from, to := x.row(row)
		if from == to || !s.enter(row) {
			continue
		}
		if s.whole {
			for i := from; i < to; i++ {
				dst = s.collect(dst, x, i, x.lngs[i]-s.at.Lng)
			}
			continue
		}
		for _, middle := range s.middles() {
			if middle+s.reach < -180 || middle-s.reach > 180 {
				continue
			}
			for i := x.seek(from, to, middle-s.reach); i < to && x.lngs[i] <= middle+s.reach; i++ {
				dst = s.collect(dst, x, i, x.lngs[i]-middle)
			}
		}
	}
	slices.SortFunc(dst[begin:], Hit.compare)
	return dst
}

// Nearest appends to dst the n places nearest to p that are within maxMetres,
// in the order and with the distances of [Index.Within]. It appends none when n
// is not positive.
func (x *Index) Nearest(dst []Hit, p Point, n int, maxMetres float64) []Hit {
	s, ok := newSweep(p, maxMetres)
	if !ok || n <= 0 || len(x.ids) == 0 {
		return dst
	}
	n = min(n, MaxNearest)
	found := dst[len(dst):]
	// From the row of p outwards, for as long as a row can have something nearer.
	up, down := rowOf(s.at.Lat), rowOf(s.at.Lat)-1
	lowest, highest := x.rows(-90, 90)
	up, down = max(up, lowest), min(down, highest)
	for up <= highest || down >= lowest {
		if up <= highest {
			if s.beyond(up) {
				up = highest + 1
			} else {
				found = s.row(found, x, up, n)
				up++
			}
		}
		if down >= lowest {
			if s.beyond(down) {
				down = lowest - 1
			} else {
				found = s.row(found, x, down, n)
				down--
			}
		}
	}
	return append(dst, found...)
}

// seek returns the first place of a row, or of a part of it, that is not west of lng.
func (x *Index) seek(from, to int, lng float64) int {
	for from < to {
		middle := int(uint(from+to) >> 1)
		if x.lngs[middle] < lng {
			from = middle + 1
		} else {
			to = middle
		}
	}
	return from
}

// sweep is one look-up on its way through the rows.
//
// The haversine of a distance d is sin²(d/2R) = sin²(Δφ/2) + cos φ₁ cos φ₂ sin²(Δλ/2).
// What is ruled out has a lower bound of the right side above an upper bound of
// the left, so rounding never loses a place.
type sweep struct {
	at    Point   // in WGS-84
	limit float64 // metres
	hav   float64 // the limit's haversine, and a little more
	cos   float64 // of the latitude of at

	// Of the row that was entered: cos times its smallest cosine, how many degrees
	// of longitude the limit reaches there, and whether that is all of it.
	cosines, reach float64
	whole          bool

	// The last distance, since many places may share one address.
	lat, lng, metres float64
}

func newSweep(p Point, metres float64) (sweep, bool) {
	if !(metres >= 0) || !p.Valid() {
		return sweep{}, false
	}
	w := p.WGS84()
	if !inRange(w.Lat, w.Lng) {
		return sweep{}, false
	}
	s := sweep{at: w, cos: math.Cos(w.Lat * math.Pi / 180), lat: math.NaN()}
	s.setLimit(min(metres, MaxIndexMetres))
	return s, true
}

func (s *sweep) setLimit(metres float64) {
	half := metres / (2 * earthRadius)
	// sin x <= x. The slack is 6 mm and a part in a billion.
	s.limit, s.hav = metres, half*half*(1+1e-9)+1e-18
}

// sin2 is at most the square of the sine of x: its series, cut after a term that is taken away.
func sin2(x float64) float64 {
	x2 := x * x
	return x2 - x2*x2/3
}

const halfRadians = math.Pi / 360

// away returns a lower bound of the haversine from the latitude of s.at to a row.
func (s *sweep) away(row int) float64 {
	south := float64(row)/rowsPerDegree - 90
	gap := max(0, south-s.at.Lat, s.at.Lat-south-1.0/rowsPerDegree)
	return sin2(gap * halfRadians)
}

// beyond reports whether everything in the row, and behind it, is beyond the limit.
func (s *sweep) beyond(row int) bool { return s.away(row) > s.hav }

// enter prepares for a row; false if everything in it is beyond the limit.
func (s *sweep) enter(row int) bool {
	south := float64(row)/rowsPerDegree - 90
	// The northernmost row begins at the pole.
	s.cosines = s.cos * max(0, math.Cos(max(math.Abs(south), math.Abs(south+1.0/rowsPerDegree))*math.Pi/180))
	return s.measure(row)
}

// measure sets how far the limit reaches in the row that was entered.
func (s *sweep) measure(row int) bool {
	rest := s.hav - s.away(row)
	if rest < 0 {
		return false
	}
	// From 179° on the two ways around the globe could both lead to one place.
	const nearlyAll = 0.9999
	square := rest / s.cosines
	s.whole = !(square < nearlyAll) // also where a cosine is 0
	s.reach = 180
	if !s.whole {
		s.reach = math.Asin(math.Sqrt(square))/halfRadians*(1+1e-9) + 1e-12
	}
	return true
}

// middles returns the longitude of s.at, and as what it is seen from across the antimeridian.
func (s *sweep) middles() [3]float64 { return [3]float64{s.at.Lng, s.at.Lng + 360, s.at.Lng - 360} }

// collect appends place i, dLng degrees east, if it is within the limit.
func (s *sweep) collect(dst []Hit, x *Index, i int, dLng float64) []Hit {
	if s.rulesOut(x.lats[i], dLng) {
		return dst
	}
	if d := s.distance(x.lats[i], x.lngs[i]); d <= s.limit {
		dst = append(dst, Hit{x.ids[i], d})
	}
	return dst
}

func (s *sweep) rulesOut(lat, dLng float64) bool {
	return sin2((lat-s.at.Lat)*halfRadians)+s.cosines*sin2(dLng*halfRadians) > s.hav
}

func (s *sweep) distance(lat, lng float64) float64 {
	if lat != s.lat || lng != s.lng {
		s.lat, s.lng = lat, lng
		s.metres = between(s.at, Point{lat, lng, WGS84})
	}
	return s.metres
}

// row adds the places of a row to the n nearest, from s.at outwards, so that the
// limit soon shrinks.
func (s *sweep) row(found []Hit, x *Index, row, n int) []Hit {
	from, to := x.row(row)
	if from == to || !s.enter(row) {
		return found
	}
	if s.whole {
		for i := from; i < to; i++ {
			found = s.keep(found, x, i, x.lngs[i]-s.at.Lng, row, n)
		}
		return found
	}
	for _, middle := range s.middles() {
		if middle+s.reach < -180 || middle-s.reach > 180 {
			continue
		}
		start := x.seek(from, to, middle)
		for i := start; i < to && x.lngs[i] <= middle+s.reach; i++ {
			found = s.keep(found, x, i, x.lngs[i]-middle, row, n)
		}
		for i := start - 1; i >= from && x.lngs[i] >= middle-s.reach; i-- {
			found = s.keep(found, x, i, x.lngs[i]-middle, row, n)
		}
	}
	return found
}

// keep puts place i, dLng degrees east, among the n nearest if it is one of them.
func (s *sweep) keep(found []Hit, x *Index, i int, dLng float64, row, n int) []Hit {
	if s.rulesOut(x.lats[i], dLng) {
		return found
	}
	h := Hit{x.ids[i], s.distance(x.lats[i], x.lngs[i])}
	if !(h.Metres <= s.limit) {
		return found
	}
	if len(found) == n {
		if h.compare(found[n-1]) >= 0 {
			return found
		}
		found = found[:n-1]
	}
	at, _ := slices.BinarySearchFunc(found, h, Hit.compare)
	found = slices.Insert(found, at, h)
	if len(found) == n && found[n-1].Metres < s.limit {
		s.setLimit(found[n-1].Metres)
		s.measure(row)
	}
	return found
}
