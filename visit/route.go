package visit

import "slices"

// Route is a rep's fixed weekly route (固定路线): whom they visit on which day of the week.
type Route struct {
	Rep string `json:"rep"`
	// Stops are in the order in which they were given.
	Stops []RouteStop `json:"stops,omitempty"`
}

// RouteStop is a customer of a route on one day of the week.
type RouteStop struct {
	// Weekday is 1 for Monday to 7 for Sunday, as in ISO 8601.
	Weekday  int    `json:"weekday"`
	Customer string `json:"customer"`
	// Week is that of the route's cycle, 1 to [MaxCycle]; 0 means every week.
	Week int `json:"week,omitempty"`
}

// MaxCycle bounds the weeks of a route's cycle.
const MaxCycle = 12

// Cycle is after how many weeks the route begins anew: the largest week of its
// stops, or 1.
func (r Route) Cycle() int {
	n := 1
	for _, s := range r.Stops {
		n = max(n, s.Week)
	}
	return n
}

// OnDate returns the customers of the route on a date, each once, in the
// route's order.
//
// Which week of the cycle it is, a calendar with ISO 8601's week numbers shows:
// week 1 of a year is week 1 of the cycle, and so on around it. With a cycle of
// two, odd weeks are 1 and even ones 2. A new year begins with week 1 again,
// also where the old one did not end with the cycle.
func (r Route) OnDate(d Date) []string {
	_, iso := d.Time().ISOWeek()
	week := (iso-1)%r.Cycle() + 1
	weekday := (int(d.Weekday())+6)%7 + 1
	var out []string
	for _, s := range r.Stops {
		if s.Weekday == weekday && (s.Week == 0 || s.Week == week) && !slices.Contains(out, s.Customer) {
			out = append(out, s.Customer)
		}
	}
	return out
}
