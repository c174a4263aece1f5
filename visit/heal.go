package visit

import (
	"cmp"
	"math"
	"slices"
	"strings"
	"unicode"

	"roundsman/geo"
)

// What a customer list is doubted by, in metres.
const (
	// misplaced is how far off a customer's place is said to be wrong.
	misplaced = 100
	// settledWithin is how far the fixes may lie from their middle, at the median.
	settledWithin = 50
	// datumWithin is how near the fixes must lie to the place that another datum gives.
	datumWithin = 40
	// Visits that it takes to speak of a datum, and of a place.
	datumVisits, moveVisits = 3, 5
	// duplicateWithin is how near customers with like names are taken for one.
	duplicateWithin = 80
	// FirstAccuracy is the worst accuracy of a device's fix that may set a place that nobody knows.
	FirstAccuracy = 65
)

// Misplaced says what the visits at a customer say of its stored place. At most
// one of the two is set.
type Misplaced struct {
	// Datum is the one in which the stored coordinates would be where the visits are.
	Datum geo.Datum
	// Move is where the device fixes lie, in WGS-84.
	Move geo.Point
	// Metres is how far the visits are from the stored place.
	Metres float64
}

// IsZero reports whether nothing is wrong.
func (m Misplaced) IsZero() bool { return m.Datum == "" && m.Move.IsZero() }

// CheckPlace compares a customer's stored place with fixes of visits there, one of
// each visit. It only suggests: a shop may be visited from its back door.
func CheckPlace(c Customer, fixes []Fix) Misplaced {
	if c.Point.IsZero() || !c.Fence.IsZero() {
		return Misplaced{}
	}
	var all, device []geo.Point
	for _, f := range fixes {
		if f.Point.IsZero() || f.effective() > FirstAccuracy {
			continue
		}
		p := f.Point.WGS84()
		all = append(all, p)
		if f.Evidence == EvidenceDevice {
			device = append(device, p)
		}
	}
	place := c.Point.WGS84()
	if len(all) >= datumVisits {
		middle := middleOf(all)
		if off := geo.Distance(place, middle); off > misplaced {
			for _, d := range []geo.Datum{geo.WGS84, geo.GCJ02, geo.BD09} {
				other := geo.Point{Lat: c.Point.Lat, Lng: c.Point.Lng, Datum: d}
				if d != c.Point.Datum && geo.Distance(other.WGS84(), middle) <= datumWithin {
					return Misplaced{Datum: d, Metres: math.Round(off)}
				}
			}
		}
	}
	if len(device) < moveVisits {
		return Misplaced{}
	}
	middle := middleOf(device)
	off := geo.Distance(place, middle)
	if !(off > misplaced) || spread(device, middle) > settledWithin {
		return Misplaced{}
	}
	return Misplaced{Move: middle, Metres: math.Round(off)}
}

// middleOf is the median of places in WGS-84, by coordinate: a few wrong ones do not move it.
func middleOf(points []geo.Point) geo.Point {
	median := func(of func(geo.Point) float64) float64 {
		values := make([]float64, len(points))
		for i, p := range points {
			values[i] = of(p)
		}
		slices.Sort(values)
		n := len(values)
		return (values[(n-1)/2] + values[n/2]) / 2
	}
	return geo.Point{
		Lat: median(func(p geo.Point) float64 { return p.Lat }), Lng: median(func(p geo.Point) float64 { return p.Lng }), Datum: geo.WGS84,
	}
}

// spread is the median distance in metres from a middle.
func spread(points []geo.Point, middle geo.Point) float64 {
	metres := make([]float64, len(points))
	for i, p := range points {
		metres[i] = geo.Distance(p, middle)
	}
	slices.Sort(metres)
	return metres[len(metres)/2]
}

// Duplicate is a pair of customers that may be one.
type Duplicate struct {
	A, B Customer
	// Metres is how far apart they are.
	Metres float64
}

// Duplicates finds customers within 80 m of each other with like names, the
// nearest pairs first, at most limit. Those without a place are not compared.
func Duplicates(customers []Customer, limit int) []Duplicate {
	points := make([]geo.Point, len(customers))
	names := make([][]rune, len(customers))
	for i, c := range customers {
		points[i], names[i] = c.Point, plainName(c.Name)
	}
	index := geo.NewIndex(points)
	var out []Duplicate
	var hits []geo.Hit
	for i, c := range customers {
		if c.Point.IsZero() {
			continue
		}
		hits = index.Within(hits[:0], c.Point, duplicateWithin)
		for _, h := range hits {
			if j := int(h.ID); j > i && alike(names[i], names[j]) {
				out = append(out, Duplicate{c, customers[j], math.Round(h.Metres)})
			}
		}
	}
	slices.SortStableFunc(out, func(a, b Duplicate) int {
		return cmp.Or(cmp.Compare(a.Metres, b.Metres), cmp.Compare(a.A.ID, b.A.ID), cmp.Compare(a.B.ID, b.B.ID))
	})
	return out[:min(len(out), limit)]
}

// plainName is a name without case, white space and signs.
func plainName(name string) []rune {
	return []rune(strings.Map(func(r rune) rune {
		if unicode.IsLetter(r) || unicode.IsDigit(r) {
			return unicode.ToLower(r)
		}
		return -1
	}, name))
}

// alike reports whether two names may mean one shop: three quarters of the pairs
// of characters of the shorter one stand in the longer one too.
func alike(a, b []rune) bool {
	if len(a) > len(b) {
		a, b = b, a
	}
	if len(a) < 2 {
		return len(a) > 0 && string(a) == string(b)
	}
	pairs := make(map[[2]rune]int)
	for i := range len(b) - 1 {
		pairs[[2]rune{b[i], b[i+1]}]++
	}
	common := 0
	for i := range len(a) - 1 {
		p := [2]rune{a[i], a[i+1]}
		if pairs[p] > 0 {
			pairs[p]--
			common++
		}
	}
	return 4*common >= 3*(len(a)-1)
}
