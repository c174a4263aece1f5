package handlers

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"slices"
	"strconv"

	"roundsman/bot"
	"roundsman/visit"
)

// How many of a plan's visits may be taken off, and how many customers put on
// it, by a tap on one message: with the button for more they are six, as many as
// a card of WeCom takes.
const (
	dropsShown = 3
	addsShown  = 2
)

// editButton is the button that asks what may be changed of a plan by a tap.
func (s *Service) editButton(p *planning) []bot.Button {
	if len(p.plan.Lines) == 0 || p.plan.Locked {
		return nil
	}
	return s.planButton("button.edit_plan", p, action{Do: doEditPlan, Date: p.date})
}

// planButton is a button about a plan that works until it is locked.
func (s *Service) planButton(key string, p *planning, a action, pairs ...any) []bot.Button {
	a.Rep = p.who.ID
	button := s.button(s.Say.T(key, pairs...), bot.ButtonPlain, p.deadline, a)
	if button.Value == "" {
		return nil
	}
	return []bot.Button{button}
}

// editPlan offers what may be taken off a plan and who may be put on it, some at
// a time: a tap says what one would write. What it changes is said by the plan itself.
func (s *Service) editPlan(ctx context.Context, m bot.Message, who person, a action) error {
	p, err := s.planOf(ctx, who, a.Date)
	if err != nil {
		return err
	}
	if p.plan.Locked || !m.At.Before(p.deadline) {
		return s.reply(ctx, m, s.text("plan.too_late", "Deadline", s.Say.Clock(p.deadline.In(who.zone))))
	}
	var drops []string
	for _, l := range p.plan.Lines {
		if !l.Assigned() {
			drops = append(drops, l.Customer)
		}
	}
	adds, err := s.addable(ctx, p)
	if err != nil {
		return err
	}
	page, _ := strconv.Atoi(a.Of) // nothing is the first one
	card := bot.Card{Title: s.Say.T("plan.edit", "Date", s.Say.Date(p.date.Time())), Footer: s.Say.T("plan.edit_else")}
	for _, part := range []struct {
		key, sign string
		ids       []string
		shown     int
	}{{"button.drop_visit", "-", drops, dropsShown}, {"button.add_visit", "+", adds, addsShown}} {
		from := min(page*part.shown, len(part.ids))
		for _, id := range part.ids[from:min(from+part.shown, len(part.ids))] {
			card.Buttons = append(card.Buttons, s.planButton(part.key, p, action{Do: doSay, Of: "明天 " + part.sign + id}, "Name", p.name(id))...)
		}
	}
	if (page+1)*dropsShown < len(drops) || (page+1)*addsShown < len(adds) {
		card.Buttons = append(card.Buttons, s.planButton("button.more", p, action{Do: doEditPlan, Date: p.date, Of: strconv.Itoa(page + 1)})...)
	}
	return s.reply(ctx, m, bot.Body{Card: &card})
}

// addable are the rep's customers that are not on the plan, the most overdue first.
func (s *Service) addable(ctx context.Context, p *planning) ([]string, error) {
	last, err := s.Store.Outcomes().LastVerified(ctx, p.date, slices.Collect(maps.Keys(p.customers))...)
	if err != nil {
		return nil, fmt.Errorf("read the last visits: %w", err)
	}
	planned := func(id string) bool {
		return slices.ContainsFunc(p.plan.Lines, func(l visit.PlannedVisit) bool { return l.Customer == id })
	}
	var ids []string
	for id, c := range p.customers {
		if c.Owner == p.who.ID && !planned(id) {
			ids = append(ids, id)
		}
	}
	overdue := func(id string) float64 { return p.customers[id].Overdue(last[id], p.date) }
	slices.SortFunc(ids, func(a, b string) int { return cmp.Or(cmp.Compare(overdue(b), overdue(a)), cmp.Compare(a, b)) })
	return ids, nil
}
