package demo

import (
	"fmt"
	"math"
	"slices"

	"roundsman/geo"
	"roundsman/visit"
)

// weekOfPlans is how many workdays ahead there are plans for.
const weekOfPlans = 5

var purposesPlanned = []visit.Purpose{
	visit.Order, visit.Order, visit.Service, visit.Collection, visit.Delivery, visit.MarketResearch, visit.Complaint, "",
}

// forgottenBy is the customer that a rep avoids: it was visited when the company
// began to use the bot, and stands on no plan since.
func forgottenBy(customers []visit.Customer) visit.Customer { return customers[0] }

// planOf makes a rep's plan of a date, the same every time: five to seven
// customers in the order of a round.
func planOf(p person, customers []visit.Customer, date visit.Date) []visit.PlannedVisit {
	r := random("plan " + p.ID + string(date))
	want := 5 + r.IntN(3)
	var chosen []visit.Customer
	if p.turf.mall != "" {
		chosen = append(chosen, customers[perRep-2:]...)
	}
	for _, i := range r.Perm(len(customers)) {
		c := customers[i]
		if c.ID == forgottenBy(customers).ID {
			continue
		}
		if len(chosen) < want && !slices.ContainsFunc(chosen, func(o visit.Customer) bool { return o.ID == c.ID }) {
			chosen = append(chosen, c)
		}
	}
	var out []visit.PlannedVisit
	for i, c := range round(p.turf.center, chosen) {
		v := visit.PlannedVisit{Rep: p.ID, Date: date, Customer: c.ID, Order: i + 1, Purpose: purposesPlanned[r.IntN(len(purposesPlanned))]}
		if r.IntN(3) == 0 {
			at := visit.Clock{Hour: 9 + i*3/2, Minute: 30 * r.IntN(2)}
			v.Window = visit.Span{From: at, To: at}
			if r.IntN(2) == 0 {
				v.Window.To.Hour++
			}
		}
		switch v.Purpose {
		case visit.Delivery:
			v.Reference = fmt.Sprintf("SO%s-%s%02d", string(date)[5:7]+string(date)[8:], p.ID[1:], i+1)
		case visit.Collection:
			v.CollectionTarget = int64(50+r.IntN(300)) * 10_000
		case visit.Order:
			v.OrderTarget = int64(20+r.IntN(200)) * 10_000
		}
		out = append(out, v)
	}
	return out
}

// round orders customers so that each is the nearest to the one before.
func round(from geo.Point, customers []visit.Customer) []visit.Customer {
	left := slices.Clone(customers)
	var out []visit.Customer
	for len(left) > 0 {
		best, d := 0, math.Inf(1)
		for i, c := range left {
			if m := geo.Distance(from, c.Point); m < d {
				best, d = i, m
			}
		}
		out = append(out, left[best])
		from = left[best].Point
		left = slices.Delete(left, best, best+1)
	}
	return out
}
