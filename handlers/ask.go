package handlers

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"unicode/utf8"

	"roundsman/bot"
	"roundsman/digest"
	"roundsman/match"
	"roundsman/privacy"
	"roundsman/visit"
)

const (
	// longestQuestion bounds what may be a name, in runes; what is longer is a note.
	longestQuestion = 24
	// historyShown bounds the days of a customer's history.
	historyShown = 8
)

// ask answers a manager who just says a name: a rep's, with a date or not, or a
// customer's. It reports false for what is neither; that is a note.
func (s *Service) ask(ctx context.Context, m bot.Message, who person) (bool, error) {
	if !who.Role.AtLeast(visit.RoleManager) || utf8.RuneCountInString(m.Text) > longestQuestion || strings.Contains(m.Text, "\n") {
		return false, nil
	}
	if busy, err := s.visiting(ctx, m, who); busy || err != nil {
		return false, err // a note of their own
	}
	c := call{m: m, who: who}
	name, when := m.Text, visit.Date("")
	if head, tail, ok := strings.Cut(m.Text, " "); ok {
		if date, ok := dateWord(strings.TrimSpace(tail), s.Policy.DateIn(who.team, m.At)); ok {
			name, when = head, date
		}
	}
	people, err := s.colleagues(ctx, who)
	if err != nil {
		return false, err
	}
	if hits := match.Find(name, slices.Values(people), func(r visit.Rep) (id, name string) { return r.ID, r.Name }); len(hits) > 0 {
		rep, ok, err := s.colleague(ctx, c, name, func(id string) string { return strings.TrimSpace(id + " " + string(when)) })
		if err != nil || !ok {
			return true, err
		}
		return true, s.showPerson(ctx, c, rep, when)
	}
	customers, err := s.customersOfTeam(ctx, who, people, name)
	if err != nil || len(customers) == 0 {
		return false, err
	}
	return true, s.showCustomer(ctx, c, customers)
}

// visiting reports whether the person is at a customer just now.
func (s *Service) visiting(ctx context.Context, m bot.Message, who person) (bool, error) {
	if !who.onRoster {
		return false, nil
	}
	plan, facts, err := s.day(ctx, who.ID, s.Policy.DateIn(who.team, m.At))
	if err != nil {
		return false, err
	}
	v := visit.Fold(plan, facts).Current()
	return v != nil && v.Open(m.At), nil
}

// showPerson shows somebody's day; without a date today's.
func (s *Service) showPerson(ctx context.Context, c call, rep visit.Rep, date visit.Date) error {
	team, err := s.team(ctx, rep.Team)
	if err != nil {
		return err
	}
	if date == "" {
		date = s.Policy.DateIn(team, c.m.At)
	}
	if err := s.noteLook(ctx, c, visit.ActLook, team.Name, privacy.LookDay+" "+string(date), rep.ID); err != nil {
		return err
	}
	day, err := digest.Load(ctx, s.Store, s.Policy, team, date)
	if err != nil {
		return err
	}
	return s.reply(ctx, c.m, digest.Person(day, rep, s.Say))
}

// customersOfTeam finds customers by name among those that belong to somebody
// whom the asker may ask about.
func (s *Service) customersOfTeam(ctx context.Context, who person, people []visit.Rep, name string) ([]visit.Customer, error) {
	var all []visit.Customer
	if who.Role.AtLeast(visit.RoleAdmin) {
		hits, err := s.Store.Customers().Search(ctx, name, found)
		if err != nil {
			return nil, fmt.Errorf("search the customers: %w", err)
		}
		all = hits
	} else {
		for _, r := range people {
			owned, err := s.Store.Customers().Owned(ctx, r.ID)
			if err != nil {
				return nil, fmt.Errorf("read the customers: %w", err)
			}
			all = append(all, owned...)
		}
	}
	return customersNamed(name, slices.Values(all)), nil
}

// showCustomer shows a customer's history, or asks which is meant.
func (s *Service) showCustomer(ctx context.Context, c call, hits []visit.Customer) error {
	if len(hits) > 1 {
		card := bot.Card{Title: s.Say.T("customer.which", "Name", bot.CutBytes(c.m.Text, 60))}
		for _, h := range hits[:min(len(hits), maxChoices)] {
			card.Buttons = append(card.Buttons, s.sayButton(c, h.Name, h.ID))
		}
		if more := len(hits) - maxChoices; more > 0 {
			card.Footer = s.Say.T("list.more", "Count", more)
		}
		return s.reply(ctx, c.m, bot.Body{Card: &card})
	}
	customer := hits[0]
	h := digest.CustomerHistory{Customer: customer, Today: s.Policy.DateIn(c.who.team, c.m.At), Names: make(map[string]string)}
	var err error
	if h.Days, err = s.Store.Outcomes().OfCustomer(ctx, customer.ID, historyShown); err != nil {
		return fmt.Errorf("read a customer's history: %w", err)
	}
	last, err := s.Store.Outcomes().LastVerified(ctx, h.Today.Add(1), customer.ID)
	if err != nil {
		return fmt.Errorf("read the last visits: %w", err)
	}
	h.Last = last[customer.ID]
	for _, o := range h.Days {
		if _, known := h.Names[o.Rep]; !known {
			rep, err := s.rep(ctx, o.Rep)
			if err != nil {
				return err
			}
			h.Names[o.Rep] = rep.Name
		}
	}
	if err := s.noteLook(ctx, c, visit.ActLook, "", privacy.LookHistory+" "+customer.ID, slices.Collect(maps.Keys(h.Names))...); err != nil {
		return err
	}
	if customer.Owner != "" {
		owner, err := s.rep(ctx, customer.Owner)
		if err != nil {
			return err
		}
		h.Owner = owner.Name
	}
	return s.reply(ctx, c.m, digest.History(h, s.Say))
}

// forgotten lists the team's overdue customers.
func (s *Service) forgotten(ctx context.Context, c call) error {
	team, ok, err := s.asked(ctx, c, c.rest)
	if err != nil || !ok {
		return err
	}
	day, err := digest.Load(ctx, s.Store, s.Policy, team, s.Policy.DateIn(team, c.m.At))
	if err == nil {
		err = digest.LoadHistory(ctx, s.Store, s.Policy, &day)
	}
	if err != nil {
		return err
	}
	return s.reply(ctx, c.m, digest.ForgottenList(day, s.Say))
}

// planTable shows the team's plans of a date: 计划表 明天. Without one it is the next workday.
func (s *Service) planTable(ctx context.Context, c call) error {
	calendar, err := s.calendar(ctx)
	if err != nil {
		return err
	}
	name, when := c.rest, ""
	if i := strings.LastIndexByte(c.rest, ' '); i >= 0 {
		name, when = strings.TrimSpace(c.rest[:i]), c.rest[i+1:]
	}
	today := s.Policy.DateIn(c.who.team, c.m.At)
	date, ok := dateWord(when, today)
	if !ok && when == "" {
		if date, ok = dateWord(name, today); ok {
			name = ""
		}
	}
	if !ok {
		name, date = c.rest, calendar.Next(today)
	}
	if date == today.Add(1) {
		date = calendar.Next(today) // tomorrow's plan is that of the next workday
	}
	team, ok, err := s.asked(ctx, c, name)
	if err != nil || !ok {
		return err
	}
	day, err := digest.Load(ctx, s.Store, s.Policy, team, date)
	if err != nil {
		return err
	}
	return s.reply(ctx, c.m, digest.PlanTable(day, s.Say))
}
