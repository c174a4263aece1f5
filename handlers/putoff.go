package handlers

import (
	"context"
	"strings"

	"roundsman/bot"
	"roundsman/visit"
)

// putOffVisit moves one of today's planned visits to another day: 改期 大润发 明天.
// Without a date it is the next workday.
func (s *Service) putOffVisit(ctx context.Context, c call) error {
	if !c.who.onRoster {
		return s.reply(ctx, c.m, s.text("checkin.not_on_roster"))
	}
	calendar, err := s.calendar(ctx)
	if err != nil {
		return err
	}
	today := s.Policy.DateIn(c.who.team, c.m.At)
	to, name := calendar.Next(today), c.rest
	if i := strings.LastIndexByte(c.rest, ' '); i > 0 {
		if date, ok := dateWord(c.rest[i+1:], today); ok {
			to, name = date, strings.TrimSpace(c.rest[:i])
		}
	}
	if to <= today || today.Days(to) > maxAhead {
		return s.reply(ctx, c.m, s.text("putoff.over"))
	}
	p, err := s.planOf(ctx, c.who, today)
	if err != nil {
		return err
	}
	reason := s.Say.T("delivery.rescheduled")
	off := s.planFact(c.m, p, visit.KindPlanChanged, nil)
	before := p.without(off.ID)
	line, ok := before.line(name)
	switch {
	case !ok:
		return s.reply(ctx, c.m, s.text("plan.not_on_it", "Name", bot.CutBytes(name, 60)))
	case line.Assigned():
		return s.reply(ctx, c.m, s.text("plan.assigned", "Name", p.name(line.Customer)))
	}
	off.Plan = &visit.Change{Drop: []string{line.Customer}, Reason: reason}
	next, err := s.planOf(ctx, c.who, to)
	if err != nil {
		return err
	}
	line.Window, line.Why, line.Order = visit.Span{}, visit.Why{}, 0
	on := s.planFact(c.m, next, visit.KindPlanChanged, &visit.Change{Put: []visit.PlannedVisit{line}, Reason: reason})
	// On first: a visit may stand on two days for a moment, never on none.
	on.ID += "/to"
	on.By = c.who.ID // it does not say that they have looked at that day's plan
	if err := s.appendPlan(ctx, next, on); err != nil {
		return err
	}
	if err := s.appendPlan(ctx, p, off); err != nil {
		return err
	}
	if err := s.refresh(ctx, next, ""); err != nil {
		return err
	}
	return s.reply(ctx, c.m, s.text("putoff.done", "Name", p.name(line.Customer), "Date", s.Say.Date(to.Time())))
}
