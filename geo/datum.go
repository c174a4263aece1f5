package geo

import "math"

// The constants and formulas of GCJ-02 and BD-09 are facts published by many;
// they are the ones of coordtransform and gcoord, with which the golden file agrees.
const (
	krasovskyA  = 6378245.0
	krasovskyE2 = 0.00669342162296594323
	baiduX      = math.Pi * 3000 / 180
)

// Rounds of fixed-point iteration that bring the inverses below 1e-9°.
const (
	gcjRounds   = 4
	baiduRounds = 3
)

// In returns the same place in another datum. Where GCJ-02 is not in force
// ([InGCJRegion]), WGS-84 and GCJ-02 coincide, and BD-09 keeps its own shift,
// which within 0.01° of a pole or the antimeridian leads out of range.
//
// There and back is exact to 1e-9°, but for the last kilometre outside an edge
// of the region: two places share each coordinate there, and the one inside is meant.
func (p Point) In(d Datum) Point {
	if p.Datum == d {
		return p
	}
	switch d {
	case WGS84:
		return p.WGS84()
	case GCJ02, GCJ02Always:
		if p.Datum == BD09 && d == GCJ02 {
			return fromBaidu(p)
		}
		return toGCJ(p.WGS84(), d)
	case BD09:
		return toBaidu(p.In(GCJ02))
	}
	return p
}

// WGS84 returns the same place in WGS-84, in which all decisions are made.
func (p Point) WGS84() Point {
	switch p.Datum {
	case BD09:
		return fromGCJ(fromBaidu(p))
	case GCJ02, GCJ02Always:
		return fromGCJ(p)
	}
	return p
}

// toGCJ converts a WGS-84 place to one of the two kinds of GCJ-02.
func toGCJ(p Point, d Datum) Point {
	out := Point{p.Lat, p.Lng, d}
	if d.inForce(p.Lat, p.Lng) {
		dLat, dLng := shift(p.Lat, p.Lng)
		out.Lat, out.Lng = p.Lat+dLat, p.Lng+dLng
	}
	return out
}

// fromGCJ inverts toGCJ: the region is decided on the WGS-84 place both ways,
// so that a round trip ends where it began.
func fromGCJ(p Point) Point {
	w := Point{p.Lat, p.Lng, WGS84}
	for range gcjRounds + 1 {
		dLat, dLng := shift(w.Lat, w.Lng)
		w.Lat, w.Lng = p.Lat-dLat, p.Lng-dLng
	}
	if p.Datum.inForce(w.Lat, w.Lng) {
		return w
	}
	return Point{p.Lat, p.Lng, WGS84}
}

// shift returns GCJ-02 minus WGS-84, in degrees, at a WGS-84 place.
func shift(lat, lng float64) (dLat, dLng float64) {
	x, y := lng-105, lat-35
	s := math.Sqrt(math.Abs(x))
	c := (20*math.Sin(6*x*math.Pi) + 20*math.Sin(2*x*math.Pi)) * 2 / 3
	dLat = -100 + 2*x + 3*y + 0.2*y*y + 0.1*x*y + 0.2*s + c +
		(20*math.Sin(y*math.Pi)+40*math.Sin(y/3*math.Pi))*2/3 +
		(160*math.Sin(y/12*math.Pi)+320*math.Sin(y*math.Pi/30))*2/3
	dLng = 300 + x + 2*y + 0.1*x*x + 0.1*x*y + 0.1*s + c +
		(20*math.Sin(x*math.Pi)+40*math.Sin(x/3*math.Pi))*2/3 +
		(150*math.Sin(x/12*math.Pi)+300*math.Sin(x/30*math.Pi))*2/3
	phi := lat / 180 * math.Pi
	m := math.Sin(phi)
	m = 1 - krasovskyE2*m*m
	dLat = dLat * 180 / (krasovskyA * (1 - krasovskyE2) / (m * math.Sqrt(m)) * math.Pi)
	dLng = dLng * 180 / (krasovskyA / math.Sqrt(m) * math.Cos(phi) * math.Pi)
	return dLat, dLng
}

func toBaidu(p Point) Point {
	z := math.Hypot(p.Lng, p.Lat) + 0.00002*math.Sin(p.Lat*baiduX)
	theta := math.Atan2(p.Lat, p.Lng) + 0.000003*math.Cos(p.Lng*baiduX)
	return Point{z*math.Sin(theta) + 0.006, z*math.Cos(theta) + 0.0065, BD09}
}

func fromBaidu(p Point) Point {
	x, y := p.Lng-0.0065, p.Lat-0.006
	z := math.Hypot(x, y) - 0.00002*math.Sin(y*baiduX)
	theta := math.Atan2(y, x) - 0.000003*math.Cos(x*baiduX)
	g := Point{z * math.Sin(theta), z * math.Cos(theta), GCJ02}
	for range baiduRounds {
		b := toBaidu(g)
		g.Lat, g.Lng = g.Lat+p.Lat-b.Lat, g.Lng+p.Lng-b.Lng
	}
	return g
}

// rect is a part of the globe: degrees north, west, south, east.
type rect struct{ n, w, s, e float64 }

func (r rect) holds(lat, lng float64) bool {
	return lat <= r.n && lat >= r.s && lng >= r.w && lng <= r.e
}

// Where GCJ-02 is in force: mainland China, Hong Kong and Macau, but not
// Taiwan. These rectangles are the widely copied approximation; their edges
// lie tens of kilometres off in places, in the wilderness mostly.
var (
	gcjIn = []rect{
		{49.2204, 79.4462, 42.8899, 96.33},
		{54.1415, 109.6872, 39.3742, 135.0002},
		{42.8899, 73.1246, 29.5297, 124.143255},
		{29.5297, 82.9684, 26.7186, 97.0352},
		{29.5297, 97.0253, 20.414096, 124.367395},
		{20.414096, 107.975793, 17.871542, 111.744104},
	}
	gcjOut = []rect{
		{25.398623, 119.921265, 21.785006, 122.497559},
		{22.284, 101.8652, 20.0988, 106.665},
		{21.5422, 106.4525, 20.4878, 108.051},
		{55.8175, 109.0323, 50.3257, 119.127},
		{55.8175, 127.4568, 49.5574, 137.0227},
		{44.8922, 131.2662, 42.5692, 137.0227},
	}
)

// gcjBox is where the formula of GCJ-02 means anything at all.
var gcjBox = rect{55.8271, 72.004, 0.8293, 137.8347}

// inForce reports whether a datum of GCJ-02 shifts a place, in degrees of WGS-84.
func (d Datum) inForce(lat, lng float64) bool {
	if d == GCJ02Always {
		return gcjBox.holds(lat, lng)
	}
	return inRegion(lat, lng)
}

// InGCJRegion reports whether GCJ-02 is in force at the place. It is decided on
// the place in WGS-84, whatever the datum of p.
func InGCJRegion(p Point) bool {
	w := p.WGS84()
	return inRegion(w.Lat, w.Lng)
}

// inRegion is InGCJRegion in degrees of WGS-84.
func inRegion(lat, lng float64) bool {
	for _, r := range gcjOut {
		if r.holds(lat, lng) {
			return false
		}
	}
	for _, r := range gcjIn {
		if r.holds(lat, lng) {
			return true
		}
	}
	return false
}
