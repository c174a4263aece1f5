package visit

import (
	"cmp"
	"math"
	"slices"

	"roundsman/geo"
)

// Why is what a proposal put a visit on the plan for.
type Why struct {
	Kind WhyKind `json:"kind"`
	// Days is how long ago the last verified visit was, Cadence within how many days one is due.
	Days    int `json:"days,omitempty"`
	Cadence int `json:"cadence,omitempty"`
}

// WhyKind is the kind of a reason to visit.
type WhyKind string

// The kinds of reasons.
const (
	// WhyAssigned: it was imported or assigned for the date.
	WhyAssigned WhyKind = "assigned"
	// WhyRoute: it is on the rep's fixed route of that day of the week.
	WhyRoute WhyKind = "route"
	// WhyOverdue: more days have passed since the last verified visit than the cadence allows.
	WhyOverdue WhyKind = "overdue"
	// WhyDue: the cadence will have passed before long.
	WhyDue WhyKind = "due"
	// WhyNever: there was no verified visit yet.
	WhyNever WhyKind = "never"
	// WhyClose: it lies on the way, and fills the day to the minimum.
	WhyClose WhyKind = "close"
)

// The cadence in days of a grade, for customers without one of their own.
var gradeCadence = map[string]int{"A": 7, "B": 14, "C": 30}

// noCadence is assumed, to compare customers, where nothing says how often one is due.
const noCadence = 60

// Due is the number of days within which a visit is due: the customer's own, or
// its grade's; 0 where there is neither.
func (c Customer) Due() int {
	if c.Cadence > 0 {
		return c.Cadence
	}
	return gradeCadence[c.Grade]
}

// Overdue is how urgent a visit on the date is: days since the last verified one
// ÷ cadence, more than 1 when it is overdue (逾期). One that never was counts as
// overdue by half a cadence, until which it is as good as new. Without a
// cadence nothing is overdue, however long it is.
func (c Customer) Overdue(last, on Date) float64 {
	due := c.Due()
	if last == "" {
		if due == 0 {
			return 0.5
		}
		return 1.5
	}
	days := last.Days(on)
	if due == 0 {
		return min(float64(days)/noCadence, 1)
	}
	return float64(days) / float64(due)
}

// Days is how many days on is after d; negative when it is before.
func (d Date) Days(on Date) int { return int(on.Time().Sub(d.Time()).Hours() / 24) }

const (
	// forgotten is how overdue a customer is that comes first wherever it is, so
	// that nobody is forgotten for lying out of the way.
	forgotten = 2
	// dueSoon is from where on a visit is due in a way worth saying.
	dueSoon = 0.8
	// detour is the way in metres that halves what a visit is worth.
	detour = 3000
	// oneMore is the largest detour in metres for an overdue customer beyond the minimum.
	oneMore = 1500
	// maxExtra is how many of these there may be.
	maxExtra = 2
)

// Proposal is what a plan is proposed from.
type Proposal struct {
	Rep  string
	Date Date
	// Fixed are the visits that are on the plan already: imported, assigned, or put there by somebody.
	Fixed []PlannedVisit
	// Route are the customers of the rep's fixed route on the date ([Route.OnDate]).
	Route []string
	// Customers are those that the rep owns, and those of Fixed.
	Customers []Customer
	// Last is the date of each customer's last verified visit; none if there was none.
	Last map[string]Date
	// Planned is the date for which each customer was last on the rep's plan, as
	// far as it is known; only where [Proposal.Crowded] says that it matters.
	Planned map[string]Date
	// Skip are customers that are not to be proposed: somebody took them off.
	Skip []string
	// Min is the least number of customers of a day.
	Min int
}

// Propose returns the plan that a rep is proposed, in a good order: what is
// fixed, then the route of that day, then the forgotten, then who is most due and
// close to these, at least Min if the rep has so many customers, each with why
// it is there. A customer that went to somebody else has left the route.
func Propose(p Proposal) []PlannedVisit {
	c := p.chooser()
	c.fill()
	return Round(c.chosen, c.places)
}

// Crowded reports whether more customers are forgotten than one day takes.
func (p Proposal) Crowded() bool {
	c := p.chooser()
	room := max(c.Min, c.given) + maxExtra - c.given
	return len(c.open) > room && c.open[room].overdue >= forgotten
}

// chooser is what is chosen from, with what is on the plan in any case.
func (p Proposal) chooser() *chooser {
	c := &chooser{Proposal: p, places: make(map[string]geo.Point, len(p.Customers)), taken: make(map[string]bool)}
	byID := make(map[string]Customer, len(p.Customers))
	for _, customer := range p.Customers {
		byID[customer.ID] = customer
		place := customer.Place
		if place.IsZero() && !customer.Point.IsZero() {
			place = customer.Point.WGS84()
		}
		c.places[customer.ID] = place
	}
	for _, v := range p.Fixed {
		if v.Why == (Why{}) {
			v.Why = Why{Kind: WhyAssigned}
		}
		c.put(v)
	}
	for _, id := range p.Skip {
		c.taken[id] = true
	}
	for _, id := range p.Route {
		if customer, ok := byID[id]; ok && customer.Owner == p.Rep && !c.taken[id] {
			c.put(PlannedVisit{Customer: id, Why: Why{Kind: WhyRoute}})
		}
	}
	c.given = len(c.chosen)
	for _, customer := range p.Customers {
		if !c.taken[customer.ID] && customer.Owner == p.Rep {
			c.open = append(c.open, candidate{customer, customer.Overdue(p.Last[customer.ID], p.Date)})
		}
	}
	slices.SortFunc(c.open, func(a, b candidate) int {
		if a.overdue >= forgotten && b.overdue >= forgotten {
			// They take turns: whoever is not visited though proposed does not keep
			// the others from being proposed.
			if turn := cmp.Compare(p.Planned[a.ID], p.Planned[b.ID]); turn != 0 {
				return turn
			}
		}
		return cmp.Or(cmp.Compare(b.overdue, a.overdue), cmp.Compare(a.ID, b.ID))
	})
	return c
}

// candidate is a customer that may be proposed.
type candidate struct {
	Customer
	overdue float64
}

// chooser chooses customers one by one.
type chooser struct {
	Proposal
	places map[string]geo.Point
	chosen []PlannedVisit
	taken  map[string]bool
	// given is how many were there before the first was chosen.
	given int
	// open are those that may still be chosen: the forgotten in turn, then the most overdue first.
	open []candidate
}

func (c *chooser) put(v PlannedVisit) {
	v.Rep, v.Date = c.Rep, c.Date
	c.chosen = append(c.chosen, v)
	c.taken[v.Customer] = true
}

// fill chooses until the day has its minimum, and a few more that are overdue and lie on the way.
func (c *chooser) fill() {
	for len(c.open) > 0 {
		i, away := c.best()
		next := c.open[i]
		enough := len(c.chosen) >= c.Min
		switch {
		case enough && len(c.chosen) >= max(c.Min, c.given)+maxExtra:
			return
		case enough && (next.overdue <= 1 || away > oneMore) && next.overdue < forgotten:
			return
		}
		c.open = slices.Delete(c.open, i, i+1)
		c.put(PlannedVisit{Customer: next.ID, Why: c.why(next)})
	}
}

// best returns the next customer to choose, and how far it is from the nearest
// one chosen: the first in turn if it is forgotten or the day is empty, else the
// one that is worth most for its way.
func (c *chooser) best() (index int, away float64) {
	if c.open[0].overdue >= forgotten || len(c.chosen) == 0 {
		return 0, 0
	}
	worth := -1.0
	for i, o := range c.open {
		if o.overdue <= worth {
			break // what follows is worth less even without a way
		}
		d := c.away(o.ID)
		if w := o.overdue / (1 + d/detour); w > worth {
			index, away, worth = i, d, w
		}
	}
	return index, away
}

// away is the way in metres from the nearest customer chosen.
func (c *chooser) away(customer string) float64 {
	nearest := math.Inf(1)
	for _, v := range c.chosen {
		nearest = min(nearest, leg(c.places[v.Customer], c.places[customer]))
	}
	return nearest
}

func (c *chooser) why(next candidate) Why {
	w := Why{Kind: WhyClose, Cadence: next.Due()}
	last := c.Last[next.ID]
	if last != "" {
		w.Days = last.Days(c.Date)
	}
	switch {
	case last == "":
		w.Kind = WhyNever
	case w.Cadence > 0 && next.overdue > 1:
		w.Kind = WhyOverdue
	case w.Cadence > 0 && next.overdue >= dueSoon:
		w.Kind = WhyDue
	}
	return w
}
