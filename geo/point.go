package geo

import (
	"errors"
	"fmt"
	"math"
	"strconv"
	"strings"
)

// Datum names the system that coordinates are given in. In China they differ
// by 20 to 1400 m, which is more than a fence: a point without one means nothing.
type Datum string

// The datums.
const (
	// WGS84 is GPS, and everything abroad.
	WGS84 Datum = "wgs84"
	// GCJ02 is what map services in mainland China give: AMap, Tencent.
	GCJ02 Datum = "gcj02"
	// GCJ02Always is GCJ-02 whatever side of the border the place is taken to be on:
	// for towns in China that the region ([InGCJRegion]), whose edges are rough, leaves out.
	GCJ02Always Datum = "gcj02-always"
	// BD09 is Baidu's.
	BD09 Datum = "bd09"
)

var separators = strings.NewReplacer("-", "", "_", "", " ", "")

// ParseDatum reads a datum in any of its usual spellings: "WGS84", "GCJ-02", "bd09ll", "gcj02-always".
func ParseDatum(s string) (Datum, error) {
	plain := separators.Replace(strings.ToLower(strings.TrimSpace(s)))
	switch plain {
	case "wgs84":
		return WGS84, nil
	case "gcj02", "gcj02ll", "gcj":
		return GCJ02, nil
	case "gcj02always":
		return GCJ02Always, nil
	case "bd09", "bd09ll":
		return BD09, nil
	}
	return "", fmt.Errorf("%w: %q is not WGS84, GCJ02, GCJ02-always or BD09", ErrDatum, s)
}

// UnmarshalText reads a datum in any of its usual spellings.
func (d *Datum) UnmarshalText(b []byte) error {
	if len(b) == 0 {
		*d = ""
		return nil
	}
	v, err := ParseDatum(string(b))
	if err == nil {
		*d = v
	}
	return err
}

// What can be wrong with coordinates. Callers tell people what to do about each.
var (
	ErrNotANumber = errors.New("not a number")
	ErrOutOfRange = errors.New("out of range")
	// ErrNullIsland: latitude and longitude are both 0, which is what software
	// says that has no position.
	ErrNullIsland = errors.New("latitude and longitude are 0")
	// ErrSwapped: the two make sense only the other way round. Besides a latitude
	// beyond 90° that is a pair in the Arctic whose mirror image lies in China,
	// such as 87.6, 43.8 for Ürümqi; nobody sells there.
	ErrSwapped = errors.New("latitude and longitude are swapped")
	ErrDatum   = errors.New("unknown datum")
)

// Point is a place: degrees of latitude (−90…90) and longitude (−180…180) in a datum.
type Point struct {
	Lat   float64 `json:"lat"`
	Lng   float64 `json:"lng"`
	Datum Datum   `json:"datum"`
}

// New returns the point, or ErrNotANumber (also for an infinity), ErrOutOfRange,
// ErrNullIsland, ErrSwapped or ErrDatum. Latitude and longitude are degrees.
func New(lat, lng float64, d Datum) (Point, error) {
	switch {
	case d != WGS84 && d != GCJ02 && d != GCJ02Always && d != BD09:
		return Point{}, ErrDatum
	case math.IsNaN(lat) || math.IsNaN(lng) || math.IsInf(lat, 0) || math.IsInf(lng, 0):
		return Point{}, ErrNotANumber
	case lat == 0 && lng == 0:
		return Point{}, ErrNullIsland
	case inRange(lat, lng):
		if !inRegion(lat, lng) && inRange(lng, lat) && inRegion(lng, lat) {
			return Point{}, ErrSwapped
		}
		return Point{lat, lng, d}, nil
	case inRange(lng, lat):
		return Point{}, ErrSwapped
	}
	return Point{}, ErrOutOfRange
}

func inRange(lat, lng float64) bool { return math.Abs(lat) <= 90 && math.Abs(lng) <= 180 }

// maxDigits bounds, in bytes, what Parse looks at.
const maxDigits = 32

// Parse reads decimal degrees as platforms send them: an optional sign, digits,
// an optional fraction, an optional exponent, 32 bytes at most; spaces around
// them do not count. Hexadecimal, commas, underscores and names such as NaN are
// ErrNotANumber; the rest is as in [New].
func Parse(lat, lng string, d Datum) (Point, error) {
	la, err := degrees(lat)
	if err != nil {
		return Point{}, fmt.Errorf("latitude: %w", err)
	}
	lo, err := degrees(lng)
	if err != nil {
		return Point{}, fmt.Errorf("longitude: %w", err)
	}
	return New(la, lo, d)
}

func degrees(s string) (float64, error) {
	s = strings.TrimSpace(s)
	// What ParseFloat takes beyond decimal numbers (0x1p-2, 1_000, Inf, NaN)
	// needs a letter or an underscore that this alphabet lacks.
	if len(s) > maxDigits || strings.Trim(s, "0123456789.+-eE") != "" {
		return 0, ErrNotANumber
	}
	f, err := strconv.ParseFloat(s, 64)
	switch {
	case errors.Is(err, strconv.ErrRange):
		return 0, ErrOutOfRange
	case err != nil:
		return 0, ErrNotANumber
	}
	return f, nil
}

// IsZero reports whether p is no place at all.
func (p Point) IsZero() bool { return p == Point{} }

// Valid reports whether p is a place that [New] would accept.
func (p Point) Valid() bool {
	_, err := New(p.Lat, p.Lng, p.Datum)
	return err == nil
}
