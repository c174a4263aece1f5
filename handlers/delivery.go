package handlers

import (
	"cmp"
	"context"
	"slices"

	"roundsman/bot"
	"roundsman/digest"
	"roundsman/visit"
)

// delivered does what follows from how a planned delivery ended: one that is
// to come another day goes onto the next workday's plan, and of what was not
// taken whole the managers hear at once.
func (s *Service) delivered(ctx context.Context, m bot.Message, who person, f visit.Fact) error {
	ended := f.Result.Delivery
	if ended == "" || ended == visit.Delivered {
		return nil
	}
	p, err := s.planOf(ctx, who, f.Date)
	if err != nil {
		return err
	}
	day := visit.Fold(p.plan.Lines, p.facts)
	v := day.Visit(f.Result.Visit)
	if v == nil && len(day.Visits) > 0 {
		v = &day.Visits[len(day.Visits)-1]
	}
	if v == nil {
		return nil
	}
	i := slices.IndexFunc(p.plan.Lines, func(l visit.PlannedVisit) bool { return l.Customer == v.Customer && l.Purpose == visit.Delivery })
	if i < 0 {
		return nil
	}
	line := p.plan.Lines[i]
	what := digest.Stop(line, p.name(line.Customer), s.Say)
	if ended == visit.DeliveryRescheduled {
		date, err := s.putOff(ctx, m, who, f, line)
		if err != nil {
			return err
		}
		what += " → " + s.Say.Date(date.Time())
		if err := s.Outbox.Say(ctx, bot.Post{ID: "put_off/" + f.ID, To: direct(m), Body: s.text("delivery.put_off", "What", what)}); err != nil {
			return err
		}
	}
	return s.tellManagers(ctx, who, "delivery/"+f.ID, func(visit.Rep, []visit.Rep) bot.Body {
		return s.text("delivery.told", "Name", who.Name, "How", s.Say.T("delivery."+string(ended)), "What", what)
	})
}

// putOff puts a delivery onto the next workday's plan, and returns its date.
func (s *Service) putOff(ctx context.Context, m bot.Message, who person, f visit.Fact, line visit.PlannedVisit) (visit.Date, error) {
	calendar, err := s.calendar(ctx)
	if err != nil {
		return "", err
	}
	p, err := s.planOf(ctx, who, calendar.Next(f.Date))
	if err != nil {
		return "", err
	}
	line.Window, line.Why, line.Order = visit.Span{}, visit.Why{}, 0
	next := s.fact(m, who, visit.KindPlanChanged, "put_off", func(n *visit.Fact) {
		// Not the rep's own change: it does not say that they have looked at the plan.
		n.Date, n.By = p.date, cmp.Or(line.By, who.ID)
		n.Plan = &visit.Change{Put: []visit.PlannedVisit{line}, Reason: s.Say.T("delivery.rescheduled")}
	})
	if err := s.appendPlan(ctx, p, next); err != nil {
		return "", err
	}
	return p.date, s.refresh(ctx, p, "")
}
