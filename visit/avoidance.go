package visit

import (
	"cmp"
	"math"
	"slices"

	"roundsman/geo"
)

const (
	// avoidedFrom is on how many dates of a period a customer is shed or passed by that is said to be avoided.
	avoidedFrom = 3
	// passing is how near in metres a visit is to the customer that it passes by.
	passing = 1000
)

// Avoided is a customer that its owner avoids: on three dates of the period or
// more it was shed or passed by. A date counts once.
type Avoided struct {
	Customer, Rep string
	// Shed is on how many dates the owner took it off the plan, or moved it to another date.
	Shed int
	// Passed is on how many other dates the owner passed it by: it was not visited,
	// not even nearly, and a customer within 1,000 m was, while this one was
	// planned; or was overdue, and that one neither planned nor overdue.
	Passed int
}

func (a Avoided) times() int { return a.Shed + a.Passed }

func compareAvoided(a, b Avoided) int {
	return cmp.Or(cmp.Compare(b.times(), a.times()), cmp.Compare(a.Customer, b.Customer))
}

// avoided finds who avoids which of their customers. The days are by date.
func (p Period) avoided(days []Outcome, owned map[string][]Customer) map[string][]Avoided {
	places := make(map[string]geo.Point)
	cadence := make(map[string]int)
	for _, c := range p.Customers {
		if c.Place.IsZero() {
			c = c.Located()
		}
		places[c.ID], cadence[c.ID] = c.Place, c.Due()
	}
	// until is the last date on which a customer is not overdue; none for one that cannot be.
	until := make(map[string]Date)
	visited := func(c string, on Date) {
		if days := cadence[c]; days > 0 {
			until[c] = on.Add(days)
		}
	}
	for c, d := range p.Last {
		visited(c, d)
	}
	found := make(map[string]*Avoided)
	for len(days) > 0 {
		today := days[0].Date
		n := slices.IndexFunc(days, func(o Outcome) bool { return o.Date != today })
		if n < 0 {
			n = len(days)
		}
		overdue := func(id string) bool {
			d, ok := until[id]
			return ok && today > d
		}
		for _, o := range days[:n] {
			for _, c := range owned[o.Rep] {
				shed := slices.Contains(o.Shed, c.ID)
				if !shed && !o.passes(c.ID, places, overdue) {
					continue
				}
				a := found[c.ID]
				if a == nil {
					a = &Avoided{Customer: c.ID, Rep: o.Rep}
					found[c.ID] = a
				}
				if shed {
					a.Shed++
				} else {
					a.Passed++
				}
			}
		}
		for _, o := range days[:n] {
			for _, c := range o.Verified() {
				visited(c, today)
			}
		}
		days = days[n:]
	}
	out := make(map[string][]Avoided)
	for _, a := range found {
		if a.times() >= avoidedFrom {
			out[a.Rep] = append(out[a.Rep], *a)
		}
	}
	for _, list := range out {
		slices.SortFunc(list, compareAvoided)
	}
	return out
}

// passes reports whether the day passed a customer by.
func (o Outcome) passes(customer string, places map[string]geo.Point, overdue func(string) bool) bool {
	planned := slices.Contains(o.Planned, customer)
	if len(o.Calls) == 0 || !planned && !overdue(customer) {
		return false
	}
	instead := false
	for _, c := range o.Calls {
		if c.Customer == customer && (c.Verdict == Verified || c.Verdict == Near) {
			return false
		}
		instead = instead || c.Verdict == Verified && c.Customer != customer && beside(places[c.Customer], places[customer]) &&
			(planned || !slices.Contains(o.Planned, c.Customer) && !overdue(c.Customer))
	}
	return instead
}

// beside reports whether two places, in WGS-84, are so near that who is at one passes the other by.
func beside(a, b geo.Point) bool {
	// A degree of latitude is more than 110 km: a first look spares most of the distances.
	if a.IsZero() || b.IsZero() || math.Abs(a.Lat-b.Lat)*110_000 > passing {
		return false
	}
	return geo.Distance(a, b) <= passing
}
