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

// followed is a customer while the days of a period go by.
type followed struct {
	place   geo.Point
	cadence int
	// until is the last date on which it is not overdue; none while it cannot be.
	until   Date
	avoided Avoided
}

// overdue reports whether it is so on a date. One that is nobody's customer is not.
func (f *followed) overdue(on Date) bool { return f != nil && f.until != "" && on > f.until }

func (f *followed) visited(on Date) {
	if f != nil && f.cadence > 0 {
		f.until = on.Add(f.cadence)
	}
}

// avoided finds who avoids which of their customers. The days are by date.
func (p Period) avoided(days []Outcome) map[string][]Avoided {
	all := make(map[string]*followed, len(p.Customers))
	owned := make(map[string][]*followed, len(p.Reps))
	for _, c := range p.Customers {
		if c.Place.IsZero() {
			c = c.Located()
		}
		f := &followed{place: c.Place, cadence: c.Due(), avoided: Avoided{Customer: c.ID, Rep: c.Owner}}
		if last, ok := p.Last[c.ID]; ok {
			f.visited(last)
		}
		all[c.ID], owned[c.Owner] = f, append(owned[c.Owner], f)
	}
	for len(days) > 0 {
		today := days[0].Date
		n := slices.IndexFunc(days, func(o Outcome) bool { return o.Date != today })
		if n < 0 {
			n = len(days)
		}
		for _, o := range days[:n] {
			o.avoids(owned[o.Rep], all)
		}
		for _, o := range days[:n] {
			for _, c := range o.Verified() {
				all[c].visited(today)
			}
		}
		days = days[n:]
	}
	out := make(map[string][]Avoided)
	for rep, list := range owned {
		for _, f := range list {
			if f.avoided.times() >= avoidedFrom {
				out[rep] = append(out[rep], f.avoided)
			}
		}
		slices.SortFunc(out[rep], compareAvoided)
	}
	return out
}

// avoids counts those of a rep's customers that the day avoids.
func (o Outcome) avoids(owned []*followed, all map[string]*followed) {
	called := make([]*followed, len(o.Calls))
	for i, c := range o.Calls {
		called[i] = all[c.Customer]
	}
	for _, f := range owned {
		switch id := f.avoided.Customer; {
		case slices.Contains(o.Shed, id):
			f.avoided.Shed++
		case o.passes(f, called):
			f.avoided.Passed++
		}
	}
}

// passes reports whether the day passed a customer by; called are those of its calls.
func (o Outcome) passes(f *followed, called []*followed) bool {
	customer := f.avoided.Customer
	planned := slices.Contains(o.Planned, customer)
	if len(o.Calls) == 0 || !planned && !f.overdue(o.Date) {
		return false
	}
	instead := false
	for i, c := range o.Calls {
		if c.Customer == customer && (c.Verdict == Verified || c.Verdict == Near) {
			return false
		}
		instead = instead || c.Verdict == Verified && c.Customer != customer && called[i] != nil && beside(called[i].place, f.place) &&
			(planned || !slices.Contains(o.Planned, c.Customer) && !called[i].overdue(o.Date))
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
