package handlers

import (
	"context"
	"fmt"
	"slices"
	"time"

	"roundsman/bot"
	"roundsman/geo"
	"roundsman/visit"
)

const (
	// jobNearby: a forgotten customer lies within a walk of a visit; it is about the visit.
	jobNearby = "nudge_nearby"
	// walk is how far that is in metres, as the crow flies.
	walk = 800
	// nearbyAfter is how long after a check-in the rep hears of it: about when they leave.
	nearbyAfter = 10 * time.Minute
)

// offerNearby sees to it that a rep hears of a customer of their own near the
// location, if there is one that is not planned.
func (s *Service) offerNearby(ctx context.Context, who person, fix visit.Fact, plan []visit.PlannedVisit, customers []visit.Customer) error {
	if len(nearby(fix.Fix.Point, plan, customers)) == 0 {
		return nil
	}
	key := fmt.Sprintf("due/%s/%s", jobNearby, fix.ID)
	err := s.Inlet.Accept(ctx, bot.Message{
		Key: key, At: fix.At.Add(nearbyAfter), Received: fix.Received,
		Due: &bot.Due{Job: jobNearby, Rep: who.ID, Date: fix.Date, Of: fix.ID},
	})
	if err != nil {
		return fmt.Errorf("watch for a customer nearby: %w", err)
	}
	return nil
}

// nearby are the customers within a walk of a place, but for the one at it and those that are planned.
func nearby(at geo.Point, plan []visit.PlannedVisit, customers []visit.Customer) []visit.Customer {
	at = at.WGS84()
	return slices.DeleteFunc(slices.Clone(customers), func(c visit.Customer) bool {
		planned := slices.ContainsFunc(plan, func(l visit.PlannedVisit) bool { return l.Customer == c.ID })
		return planned || c.Place.IsZero() || geo.Distance(at, c.Place) > walk
	})
}

// dueNearby offers the most forgotten customer within a walk of a visit, once a
// day, if the rep is still at that visit.
func (s *Service) dueNearby(ctx context.Context, m bot.Message, who person) error {
	p, err := s.planOf(ctx, who, m.Due.Date)
	if err != nil {
		return err
	}
	day := visit.Fold(p.plan.Lines, p.facts)
	v := day.Visit(m.Due.Of)
	offered := slices.ContainsFunc(p.facts, func(f visit.Fact) bool {
		return f.Kind == visit.KindNudged && f.Note == jobNearby && f.ID != m.Key
	})
	if v == nil || v.ID != day.Visits[len(day.Visits)-1].ID || v.Verdict() == visit.OffSite || offered {
		return nil
	}
	owned, err := s.Store.Customers().Owned(ctx, who.ID)
	if err != nil {
		return fmt.Errorf("read the customers: %w", err)
	}
	near := slices.DeleteFunc(nearby(v.Fix.Point, p.plan.Lines, owned), func(c visit.Customer) bool {
		return slices.ContainsFunc(day.Visits, func(v visit.Visit) bool { return v.Customer == c.ID })
	})
	ids := make([]string, len(near))
	for i, c := range near {
		ids[i] = c.ID
	}
	last, err := s.Store.Outcomes().LastVerified(ctx, p.date, ids...)
	if err != nil {
		return fmt.Errorf("read the last visits: %w", err)
	}
	overdue := func(c visit.Customer) float64 { return c.Overdue(last[c.ID], p.date) }
	near = slices.DeleteFunc(near, func(c visit.Customer) bool { return last[c.ID] == "" || overdue(c) <= 1 })
	if len(near) == 0 {
		return nil
	}
	best := slices.MaxFunc(near, func(a, b visit.Customer) int {
		return int(1000*overdue(a)) - int(1000*overdue(b))
	})
	card := &bot.Card{
		Title: s.Say.T("nudge.nearby", "Name", best.Name, "Distance", s.Say.Metres(geo.Distance(v.Fix.Point.WGS84(), best.Place))),
		Lines: []bot.Line{{Text: s.Say.T("nudge.nearby_days", "Days", last[best.ID].Days(p.date), "Cadence", best.Due())}},
		Buttons: []bot.Button{s.button(s.Say.T("button.nearby"), bot.ButtonPrimary, m.At.Add(choiceFor),
			action{Do: doSay, Rep: who.ID, Of: "计划 +" + best.ID + " 理由 " + s.Say.T("button.nearby")})},
	}
	return s.sayNudge(ctx, m, p, card)
}
