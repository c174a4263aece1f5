package handlers

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"roundsman/bot"
	"roundsman/digest"
	"roundsman/visit"
)

// maxAhead is how many days ahead a visit may be assigned.
const maxAhead = 60

// found bounds the customers that a name is looked for among.
const found = 50

// assign gives a rep a visit: 派 张伟 大润发 送货 14:00-15:00 #SO1024 明天.
func (s *Service) assign(ctx context.Context, c call) error {
	words := strings.Fields(signs.Replace(c.rest))
	if len(words) < 2 {
		return s.reply(ctx, c.m, s.text("assign.usage"))
	}
	rep, ok, err := s.colleague(ctx, c, words[0], func(id string) string {
		return strings.Join(append([]string{"派", id}, words[1:]...), " ")
	})
	if err != nil || !ok {
		return err
	}
	who, err := s.rep(ctx, rep.ID)
	if err != nil {
		return err
	}
	today := s.Policy.DateIn(who.team, c.m.At)
	w, err := parseAssignment(words[1:], today)
	if bad := notUnderstood(""); errors.As(err, &bad) {
		return s.reply(ctx, c.m, s.text("assign.not_understood", "Word", bot.CutBytes(string(bad), 60)))
	}
	over := w.visit.Window != (visit.Span{}) && !w.date.At(w.visit.Window.To, who.zone).After(c.m.At)
	if w.date < today || today.Days(w.date) > maxAhead || over {
		return s.reply(ctx, c.m, s.text("assign.over"))
	}
	customer, ok, err := s.customerOf(ctx, c, who, w.name)
	if err != nil || !ok {
		return err
	}
	v := w.visit
	v.Customer, v.By = customer.ID, c.who.ID
	f := s.planned(c, who, w.date, "assign", &visit.Change{Put: []visit.PlannedVisit{v}})
	if err := s.hand(ctx, f); err != nil {
		return err
	}
	return s.reply(ctx, c.m, s.text("assign.done", "Name", rep.Name, "Date", s.Say.Date(w.date.Time()),
		"What", digest.Stop(v, customer.Name, s.Say)))
}

// planned is the fact by which a manager changes somebody's plan.
func (s *Service) planned(c call, who person, date visit.Date, suffix string, change *visit.Change) visit.Fact {
	change.Reason = s.Say.T("assign.reason", "Name", c.who.Name)
	return s.fact(c.m, who, visit.KindPlanChanged, suffix, func(f *visit.Fact) { f.Date, f.By, f.Plan = date, c.who.ID, change })
}

// assignment is a visit that a manager assigns, the customer as they wrote it.
type assignment struct {
	plannedWords
	date visit.Date
}

// parseAssignment reads the words after the rep.
func parseAssignment(words []string, today visit.Date) (assignment, error) {
	a := assignment{date: today}
	for i, word := range words {
		if date, ok := dateWord(word, today); ok {
			a.date = date
			continue
		}
		switch {
		case isDetail(word):
			if a.name == "" || !a.detail(word) {
				return a, notUnderstood(word)
			}
		case i > 0 && (a.visit != visit.PlannedVisit{} || a.date != today):
			return a, notUnderstood(word)
		default:
			a.name = strings.TrimSpace(a.name + " " + word)
		}
	}
	if a.name == "" {
		return a, notUnderstood(strings.Join(words, " "))
	}
	return a, nil
}

// customerOf finds the customer that is meant. Where there is none, or several, it answers the call itself.
func (s *Service) customerOf(ctx context.Context, c call, who person, name string) (visit.Customer, bool, error) {
	hits, err := s.customersFor(ctx, c, who, name)
	if err != nil {
		return visit.Customer{}, false, err
	}
	return s.oneCustomer(ctx, c, name, hits, "assign.no_customer")
}

// customersFor finds customers by name: the rep's, else those of anybody whom
// the asker may ask about, or of nobody.
func (s *Service) customersFor(ctx context.Context, c call, who person, name string) ([]visit.Customer, error) {
	owned, err := s.Store.Customers().Owned(ctx, who.ID)
	if err != nil {
		return nil, fmt.Errorf("read the customers: %w", err)
	}
	if hits := customersNamed(name, slices.Values(owned)); len(hits) > 0 {
		return hits, nil
	}
	people, err := s.colleagues(ctx, c.who)
	if err != nil {
		return nil, err
	}
	others, err := s.Store.Customers().Search(ctx, name, found)
	if err != nil {
		return nil, fmt.Errorf("search the customers: %w", err)
	}
	others = slices.DeleteFunc(others, func(o visit.Customer) bool {
		return o.Owner != "" && !slices.ContainsFunc(people, func(r visit.Rep) bool { return r.ID == o.Owner })
	})
	return customersNamed(name, slices.Values(others)), nil
}

// oneCustomer is the one of the hits. Where there is none it says so, and asks
// which where there are several.
func (s *Service) oneCustomer(ctx context.Context, c call, name string, hits []visit.Customer, none string) (visit.Customer, bool, error) {
	switch len(hits) {
	case 1:
		return hits[0], true, nil
	case 0:
		return visit.Customer{}, false, s.reply(ctx, c.m, s.text(none, "Name", bot.CutBytes(name, 60)))
	}
	// The name is looked for behind the command's own words, which may hold it too.
	said, ok := strings.CutSuffix(strings.TrimSpace(c.m.Text), c.rest)
	rest := c.rest
	if !ok {
		said, rest = "", c.m.Text
	}
	card := bot.Card{Title: s.Say.T("customer.which", "Name", bot.CutBytes(name, 60))}
	for _, h := range hits[:min(len(hits), maxChoices)] {
		card.Buttons = append(card.Buttons, s.sayButton(c, h.Name, said+strings.Replace(rest, name, h.ID, 1)))
	}
	return visit.Customer{}, false, s.reply(ctx, c.m, bot.Body{Card: &card})
}

// reassign gives a visit of today to somebody else: 改派 张伟 大润发 李娜.
func (s *Service) reassign(ctx context.Context, c call) error {
	words := strings.Fields(signs.Replace(c.rest))
	if len(words) < 3 {
		return s.reply(ctx, c.m, s.text("reassign.usage"))
	}
	again := func(i int) func(string) string {
		return func(id string) string {
			w := slices.Clone(words)
			w[i] = id
			return "改派 " + strings.Join(w, " ")
		}
	}
	last := len(words) - 1
	from, ok, err := s.colleague(ctx, c, words[0], again(0))
	if err != nil || !ok {
		return err
	}
	to, ok, err := s.colleague(ctx, c, words[last], again(last))
	if err != nil || !ok {
		return err
	}
	who, err := s.rep(ctx, from.ID)
	if err != nil {
		return err
	}
	p, err := s.planOf(ctx, who, s.Policy.DateIn(who.team, c.m.At))
	if err != nil {
		return err
	}
	name := strings.Join(words[1:last], " ")
	line, ok := p.line(name)
	if !ok {
		return s.reply(ctx, c.m, s.text("reassign.not_planned", "Name", from.Name, "Customer", bot.CutBytes(name, 60)))
	}
	other, err := s.rep(ctx, to.ID)
	if err != nil {
		return err
	}
	given := line
	given.By, given.Why, given.Order = c.who.ID, visit.Why{}, 0
	if line.Window != (visit.Span{}) && !p.date.At(line.Window.To, who.zone).After(c.m.At) {
		given.Window = visit.Span{} // it is over; as soon as possible
	}
	// Both are keyed by the command: if this ends between them, it is done again.
	err = errors.Join(
		s.hand(ctx, s.planned(c, other, p.date, "reassign/to", &visit.Change{Put: []visit.PlannedVisit{given}})),
		s.hand(ctx, s.planned(c, who, p.date, "reassign/from", &visit.Change{Drop: []string{line.Customer}})),
	)
	if err != nil {
		return err
	}
	return s.reply(ctx, c.m, s.text("reassign.done", "Customer", p.customers[line.Customer].Name, "From", from.Name, "To", to.Name))
}

// assigned takes a manager's change of a plan and tells the rep.
func (s *Service) assigned(ctx context.Context, who person, f visit.Fact) error {
	p, err := s.planOf(ctx, who, f.Date)
	if err != nil {
		return err
	}
	before := p.without(f.ID)
	if err := s.appendPlan(ctx, p, f); err != nil {
		return err
	}
	if err := errors.Join(s.refresh(ctx, p, ""), s.watch(ctx, p)); err != nil {
		return err
	}
	by, err := s.rep(ctx, f.By)
	if err != nil {
		return err
	}
	to := bot.Home(who.Rep, s.names())
	if to == (bot.Address{}) {
		return nil
	}
	card := bot.Card{Title: s.Say.T("assign.title", "Name", by.Name, "Date", s.Say.Date(f.Date.Time()))}
	for _, v := range f.Plan.Put {
		card.Lines = append(card.Lines, bot.Line{Text: "+ " + digest.Stop(v, p.name(v.Customer), s.Say)})
	}
	for _, id := range f.Plan.Drop {
		card.Lines = append(card.Lines, bot.Line{Text: "− " + before.name(id)})
	}
	return s.Outbox.Say(ctx, bot.Post{ID: "assigned/" + f.ID, To: to, Body: bot.Body{Card: &card}})
}

// name is a customer's name, or the id of one that is gone.
func (p *planning) name(customer string) string {
	if c, ok := p.customers[customer]; ok {
		return c.Name
	}
	return customer
}

// line finds the planned visit that a customer's name means, if it means one.
func (p *planning) line(name string) (visit.PlannedVisit, bool) {
	hits := customersNamed(name, func(yield func(visit.Customer) bool) {
		for _, l := range p.plan.Lines {
			c := p.customers[l.Customer]
			c.ID = l.Customer
			if !yield(c) {
				return
			}
		}
	})
	if len(hits) != 1 {
		return visit.PlannedVisit{}, false
	}
	i := slices.IndexFunc(p.plan.Lines, func(l visit.PlannedVisit) bool { return l.Customer == hits[0].ID })
	return p.plan.Lines[i], true
}
