package demo

import (
	"fmt"
	"math"
	"slices"

	"roundsman/geo"
	"roundsman/visit"
)

// Distances in metres that leave no doubt about what a location means.
const (
	// atDoor is how far from a customer a rep stands at most.
	atDoor = 45
	// beside is outside every fence but within the band that needs a reason.
	beside = 380
	// wide is how far away no customer can be meant: beyond the widest band.
	wide = 800
	// beyond is from where no planned customer can be meant either.
	beyond = 3200
)

// spots finds places for a rep's day, in the order of the day.
type spots struct {
	p         person
	customers []visit.Customer
	plan      []visit.PlannedVisit
	// done are the customers that the rep has been to or near, spare those that must not be.
	done, spare map[string]bool
}

func newSpots(p person, customers []visit.Customer, plan []visit.PlannedVisit) *spots {
	return &spots{p, customers, plan, make(map[string]bool), make(map[string]bool)}
}

func (s *spots) customer(id string) visit.Customer {
	i := slices.IndexFunc(s.customers, func(c visit.Customer) bool { return c.ID == id })
	return s.customers[i]
}

// open returns the planned customers that nobody has been to, in planned order.
func (s *spots) open() []visit.Customer {
	var out []visit.Customer
	for _, p := range s.plan {
		if !s.done[p.Customer] {
			out = append(out, s.customer(p.Customer))
		}
	}
	return out
}

// door returns the next planned customer to go to and a place at its door.
func (s *spots) door() (visit.Customer, geo.Point, bool) {
	for _, c := range s.open() {
		if !s.spare[c.ID] {
			return c, s.stand(c), true
		}
	}
	return visit.Customer{}, geo.Point{}, false
}

// stand goes to a customer.
func (s *spots) stand(c visit.Customer) geo.Point {
	s.done[c.ID] = true
	r := random("stand " + c.ID)
	return geo.Offset(c.Point, 6+(atDoor-6)*r.Float64(), 360*r.Float64())
}

// near returns a planned customer and a place a little far from it, where no other can be meant.
func (s *spots) near() (visit.Customer, geo.Point, error) {
	for _, c := range s.open() {
		if c.Radius != 0 || s.spare[c.ID] {
			continue
		}
		others := slices.DeleteFunc(slices.Clone(s.customers), func(o visit.Customer) bool { return o.ID == c.ID })
		for bearing := 0.0; bearing < 360; bearing += 5 {
			if p := geo.Offset(c.Point, beside, bearing); nearest(p, others) > beside+150 {
				s.done[c.ID] = true
				return c, p, nil
			}
		}
	}
	return visit.Customer{}, geo.Point{}, fmt.Errorf("%s has no place near a planned customer", s.p.ID)
}

// elsewhere returns a place at which no customer is, and the planned customer
// that it must be understood as meant for: the nearest.
func (s *spots) elsewhere() (visit.Customer, geo.Point, error) {
	open := s.open()
	for d := 900.0; d < beyond-300; d += 100 {
		for _, c := range open {
			for bearing := 0.0; bearing < 360; bearing += 15 {
				p := geo.Offset(c.Point, d, bearing)
				if nearest(p, s.customers) < wide || nearest(p, open)+60 < geo.Distance(p, c.Point) {
					continue
				}
				if slices.ContainsFunc(open, func(o visit.Customer) bool {
					return o.ID != c.ID && geo.Distance(p, o.Point) < geo.Distance(p, c.Point)+60
				}) {
					continue
				}
				s.spare[c.ID] = true
				return c, p, nil
			}
		}
	}
	return visit.Customer{}, geo.Point{}, fmt.Errorf("%s has no place away from everybody", s.p.ID)
}

// afar returns a place from which no customer can be meant.
func (s *spots) afar() (geo.Point, error) {
	for turn := 0.0; turn < 360; turn += 20 {
		p := geo.Offset(s.p.turf.center, s.p.turf.reach+beyond, s.p.turf.inland+turn)
		if nearest(p, s.customers) > beyond-100 {
			return p, nil
		}
	}
	return geo.Point{}, fmt.Errorf("%s has no place afar", s.p.ID)
}

// extra returns a customer that is not planned, where no planned one can be meant any more.
func (s *spots) extra() (visit.Customer, geo.Point, bool) {
	for _, c := range s.customers {
		planned := slices.ContainsFunc(s.plan, func(p visit.PlannedVisit) bool { return p.Customer == c.ID })
		if !planned && !s.done[c.ID] && c.ID != forgottenBy(s.customers).ID && nearest(c.Point, s.open()) > wide {
			return c, s.stand(c), true
		}
	}
	return visit.Customer{}, geo.Point{}, false
}

// mall returns the two customers in one building, both planned, and a place
// between them that is nearer to the first.
func (s *spots) mall() (first, second visit.Customer, at geo.Point) {
	first, second = s.customers[perRep-2], s.customers[perRep-1]
	s.done[second.ID], s.spare[first.ID] = true, true
	return first, second, geo.Offset(first.Point, math.Floor(mallApart/3), 90)
}
