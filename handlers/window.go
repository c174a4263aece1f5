package handlers

import (
	"context"
	"fmt"
	"slices"
	"time"

	"roundsman/bot"
	"roundsman/digest"
	"roundsman/visit"
)

// jobWindow is due when the window of an assigned visit ends; it is about "customer HH:MM".
const jobWindow = "window"

// watch sees to it that the day is looked at when it matters: when the window of
// an assigned visit ends, and when a nudge may be due. The events are keyed by
// rep, date and what they are about: what is watched twice is watched once, and
// a window that has moved meanwhile is nobody's business when its old end comes.
func (s *Service) watch(ctx context.Context, p *planning) error {
	watched := s.nudges(p)
	for _, l := range p.plan.Lines {
		if end, ok := p.windowEnd(l); ok && l.Assigned() {
			watched = append(watched, s.later(p, jobWindow, windowOf(l), end))
		}
	}
	for _, m := range watched {
		if !m.At.After(s.Now()) {
			continue
		}
		if err := s.Inlet.Accept(ctx, m); err != nil {
			return fmt.Errorf("watch the day: %w", err)
		}
	}
	return nil
}

// later is an event of a day's that is due at its time. Its key derives from
// what it is about.
func (s *Service) later(p *planning, job, of string, at time.Time) bot.Message {
	key := fmt.Sprintf("due/%s/%s/%s", job, p.who.ID, p.date)
	if of != "" {
		key += "/" + of
	}
	return bot.Message{Key: key, At: at, Received: s.Now(), Due: &bot.Due{Job: job, Rep: p.who.ID, Date: p.date, Of: of}}
}

// windowOf names a planned visit's window in a [bot.Due].
func windowOf(l visit.PlannedVisit) string { return l.Customer + " " + l.Window.To.String() }

// windowEnd is when a line's window ends; false where it has none.
func (p *planning) windowEnd(l visit.PlannedVisit) (time.Time, bool) {
	return p.date.At(l.Window.To, p.who.zone), l.Window != (visit.Span{})
}

// dueOpen begins a rep's day: what has a time is watched from here on.
func (s *Service) dueOpen(ctx context.Context, m bot.Message, who person) error {
	p, err := s.planOf(ctx, who, m.Due.Date)
	if err != nil {
		return err
	}
	return s.watch(ctx, p)
}

// dueWindow tells rep and manager of an assigned visit whose window ended
// without a check-in there. The manager can give it to somebody else.
func (s *Service) dueWindow(ctx context.Context, m bot.Message, who person) error {
	p, err := s.planOf(ctx, who, m.Due.Date)
	if err != nil {
		return err
	}
	i := slices.IndexFunc(p.plan.Lines, func(l visit.PlannedVisit) bool { return windowOf(l) == m.Due.Of })
	if i < 0 {
		return nil
	}
	line := p.plan.Lines[i]
	day := visit.Fold(p.plan.Lines, p.facts)
	if slices.ContainsFunc(day.Visits, func(v visit.Visit) bool {
		return v.Customer == line.Customer && v.Verdict() != visit.OffSite && !v.Start.After(m.At)
	}) {
		return nil
	}
	id := fmt.Sprintf("%s/%s/%s/%s", jobWindow, who.ID, m.Due.Date, m.Due.Of)
	what := digest.Stop(line, p.name(line.Customer), s.Say)
	if err := s.sayHome(ctx, who.Rep, id, s.text("window.rep", "What", what)); err != nil {
		return err
	}
	return s.tellManagers(ctx, who, id, func(manager visit.Rep, others []visit.Rep) bot.Body {
		card := bot.Card{
			Title: s.Say.T("window.title", "Name", who.Name), Tone: bot.ToneBad,
			Lines: []bot.Line{{Text: what}, {Kind: bot.LineQuiet, Text: s.Say.T("window.manager")}},
		}
		for _, o := range others[:min(len(others), maxChoices)] {
			card.Buttons = append(card.Buttons, s.button(s.Say.T("button.reassign", "Name", o.Name), bot.ButtonPlain, m.At.Add(choiceFor),
				action{Do: doSay, Rep: manager.ID, Of: fmt.Sprintf("改派 %s %s %s", who.ID, line.Customer, o.ID)}))
		}
		return bot.Body{Card: &card}
	})
}

// tellManagers says something to each manager of a rep's team, in their own
// chat. What they read may depend on who else there is; an empty body is not said.
func (s *Service) tellManagers(ctx context.Context, who person, id string, body func(manager visit.Rep, others []visit.Rep) bot.Body) error {
	managers, others, err := s.teamOf(ctx, who)
	if err != nil {
		return err
	}
	for _, m := range managers {
		if err := s.sayHome(ctx, m, id+"/"+m.ID, body(m, others)); err != nil {
			return err
		}
	}
	return nil
}

// teamOf are the managers and the other reps of somebody's team.
func (s *Service) teamOf(ctx context.Context, who person) (managers, others []visit.Rep, err error) {
	all, err := s.Store.Roster().Reps(ctx)
	if err != nil {
		return nil, nil, fmt.Errorf("read the roster: %w", err)
	}
	for _, r := range all {
		switch {
		case r.Team != who.Team || r.ID == who.ID:
		case r.Role == visit.RoleManager:
			managers = append(managers, r)
		case r.Role == visit.RoleRep:
			others = append(others, r)
		}
	}
	return managers, others, nil
}
