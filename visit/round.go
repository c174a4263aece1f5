package visit

import (
	"math"
	"math/bits"

	"roundsman/geo"
)

// exactStops is up to how many stops the shortest round is found for sure.
const exactStops = 12

// unknownLeg is the length in metres that is assumed to and from a place that is not known.
const unknownLeg = 5000

// Round orders visits into a short way from the first to the last, straight
// lines on the sphere: the shortest up to twelve stops, a good one above
// (nearest neighbour, then 2-opt). Those with a window keep the order of their
// windows. Places are WGS-84 by customer; a customer without one is taken to
// be five kilometres from everywhere. The same visits give the same round
// whatever order they come in, up to visits that are alike.
func Round(visits []PlannedVisit, places map[string]geo.Point) []PlannedVisit {
	r := round{n: len(visits), legs: make([][]float64, len(visits)), after: make([][]bool, len(visits))}
	for i, a := range visits {
		r.legs[i], r.after[i] = make([]float64, r.n), make([]bool, r.n)
		for j, b := range visits {
			r.legs[i][j] = leg(places[a.Customer], places[b.Customer])
			r.after[i][j] = a.Window != (Span{}) && b.Window != (Span{}) && a.Window.From.Minutes() > b.Window.From.Minutes()
		}
	}
	order := r.nearest()
	if r.n <= exactStops {
		order = r.shortest()
	} else {
		r.improve(order)
	}
	out := make([]PlannedVisit, r.n)
	for i, v := range order {
		out[i] = visits[v]
		out[i].Order = i + 1
	}
	return out
}

// round is what has to be ordered: the metres from stop to stop, and which stop
// has to come after which.
type round struct {
	n     int
	legs  [][]float64
	after [][]bool
}

func leg(a, b geo.Point) float64 {
	if a.IsZero() || b.IsZero() {
		return unknownLeg
	}
	if d := geo.Distance(a, b); d >= 0 {
		return d
	}
	return unknownLeg
}

// ready reports whether a stop may follow when those of the set are done.
func (r round) ready(stop int, done func(int) bool) bool {
	for other, after := range r.after[stop] {
		if after && !done(other) {
			return false
		}
	}
	return true
}

// shortest finds the shortest way through all stops (Held and Karp, 1962).
func (r round) shortest() []int {
	if r.n == 0 {
		return nil
	}
	all := 1 << r.n
	length := make([]float64, all*r.n)
	from := make([]int8, all*r.n)
	for i := range length {
		length[i] = math.Inf(1)
	}
	for set := 1; set < all; set++ {
		for last := range r.n {
			before := set &^ (1 << last)
			if before == set || !r.ready(last, func(o int) bool { return before&(1<<o) != 0 }) {
				continue
			}
			at := set*r.n + last
			if before == 0 {
				length[at], from[at] = 0, -1
				continue
			}
			for rest := before; rest != 0; rest &= rest - 1 {
				prev := bits.TrailingZeros(uint(rest))
				if d := length[before*r.n+prev] + r.legs[prev][last]; d < length[at] {
					length[at], from[at] = d, int8(prev)
				}
			}
		}
	}
	last, set := 0, all-1
	for i := range r.n {
		if length[set*r.n+i] < length[set*r.n+last] {
			last = i
		}
	}
	order := make([]int, r.n)
	for i := r.n - 1; i >= 0; i-- {
		order[i] = last
		last, set = int(from[set*r.n+last]), set&^(1<<last)
	}
	return order
}

// nearest goes on to the nearest stop that may follow, from the first that may begin.
func (r round) nearest() []int {
	done := make([]bool, r.n)
	isDone := func(i int) bool { return done[i] }
	order := make([]int, 0, r.n)
	for len(order) < r.n {
		next := -1
		for i := range r.n {
			if done[i] || !r.ready(i, isDone) {
				continue
			}
			if next < 0 || len(order) > 0 && r.legs[order[len(order)-1]][i] < r.legs[order[len(order)-1]][next] {
				next = i
			}
		}
		done[next] = true
		order = append(order, next)
	}
	return order
}

// improve turns parts of the way around as long as that makes it shorter.
func (r round) improve(order []int) {
	for better := true; better; {
		better = false
		for i := range r.n - 1 {
			for j := i + 1; j < r.n; j++ {
				if r.gain(order, i, j) > 1 && r.turnable(order[i:j+1]) {
					for a, b := i, j; a < b; a, b = a+1, b-1 {
						order[a], order[b] = order[b], order[a]
					}
					better = true
				}
			}
		}
	}
}

// gain is how many metres turning the stops from i to j around saves.
func (r round) gain(order []int, i, j int) float64 {
	var g float64
	if i > 0 {
		g += r.legs[order[i-1]][order[i]] - r.legs[order[i-1]][order[j]]
	}
	if j < r.n-1 {
		g += r.legs[order[j]][order[j+1]] - r.legs[order[i]][order[j+1]]
	}
	return g
}

// turnable reports whether no two of the stops have to be in this order.
func (r round) turnable(part []int) bool {
	for i, a := range part {
		for _, b := range part[i+1:] {
			if r.after[b][a] {
				return false
			}
		}
	}
	return true
}
