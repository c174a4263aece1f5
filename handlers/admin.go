package handlers

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"roundsman/bot"
	"roundsman/digest"
	"roundsman/visit"
)

// bind makes the group that the command is said in hear a team's posts.
func (s *Service) bind(ctx context.Context, c call) error {
	if c.m.Chat.Place != bot.ToGroup {
		key := "bind.in_group"
		if platform, ok := s.platforms[c.m.Platform]; ok && !platform.Abilities().HearsGroups {
			key = "bind.make_one"
		}
		return s.reply(ctx, c.m, s.text(key))
	}
	team, ok, err := s.asked(ctx, c, c.rest)
	if err != nil || !ok {
		return err
	}
	if err := s.addGroup(ctx, team, c.m.Chat); err != nil {
		return err
	}
	return s.replyHere(ctx, c.m, s.bound(team))
}

// bound says when a group will hear of its team.
func (s *Service) bound(team visit.Team) bot.Body {
	p := s.Policy.Of(team)
	return s.text("bind.done", "Team", team.Name, "Morning", p.MorningPlan, "Evening", p.EveningSummary)
}

// addGroup makes the group hear the team's posts, and no other team's: it
// cannot be told apart in a group whose summary is whose.
func (s *Service) addGroup(ctx context.Context, team visit.Team, group bot.Address) error {
	teams, err := s.Store.Roster().Teams(ctx)
	if err != nil {
		return fmt.Errorf("read the teams: %w", err)
	}
	for _, other := range teams {
		if other.Name == team.Name || !slices.Contains(other.Groups, group.String()) {
			continue
		}
		other.Groups = slices.DeleteFunc(slices.Clone(other.Groups), func(g string) bool { return g == group.String() })
		if err := s.Store.Roster().PutTeam(ctx, other); err != nil {
			return fmt.Errorf("unbind a group: %w", err)
		}
	}
	if slices.Contains(team.Groups, group.String()) {
		return nil
	}
	team.Groups = append(slices.Clone(team.Groups), group.String())
	if err := s.Store.Roster().PutTeam(ctx, team); err != nil {
		return fmt.Errorf("bind a group: %w", err)
	}
	return nil
}

// makeGroup makes a team's group on a platform where the bot can only post
// into groups that it made.
func (s *Service) makeGroup(ctx context.Context, c call) error {
	team, ok, err := s.asked(ctx, c, c.rest)
	if err != nil || !ok {
		return err
	}
	maker, ok := s.platforms[c.m.Platform].(bot.GroupMaker)
	if !ok {
		return s.reply(ctx, c.m, s.text("newgroup.not_here"))
	}
	reps, err := s.Store.Roster().Reps(ctx)
	if err != nil {
		return fmt.Errorf("read the roster: %w", err)
	}
	var users []string
	for _, want := range []visit.Role{visit.RoleManager, visit.RoleRep, visit.RoleAdmin} {
		for _, r := range reps {
			if user := r.Identities[c.m.Platform]; user != "" && r.Team == team.Name && r.Role == want {
				users = append(users, user)
			}
		}
	}
	if !slices.Contains(users, c.m.From) {
		users = append(users, c.m.From)
	}
	if len(users) < 2 {
		return s.reply(ctx, c.m, s.text("newgroup.too_few", "Team", team.Name))
	}
	group, err := maker.MakeGroup(ctx, "team/"+team.Name, s.Say.T("newgroup.name", "Team", team.Name), users)
	if se := (*bot.SendError)(nil); errors.As(err, &se) && !se.Retry && !se.Unknown {
		return s.reply(ctx, c.m, s.text("newgroup.refused", "Code", se.Code))
	}
	if err != nil {
		return fmt.Errorf("make a group: %w", err)
	}
	if err := s.addGroup(ctx, team, group); err != nil {
		return err
	}
	err = s.Outbox.Say(ctx, bot.Post{ID: "greet/" + group.String(), To: group, Body: s.bound(team)})
	if err != nil {
		return err
	}
	return s.reply(ctx, c.m, s.text("newgroup.done", "Team", team.Name, "Count", len(users)))
}

// members lists a team's people with where they can be reached.
func (s *Service) members(ctx context.Context, c call) error {
	if c.rest == "" && c.who.Team == "" {
		return s.allTeams(ctx, c)
	}
	team, ok, err := s.asked(ctx, c, c.rest)
	if err != nil || !ok {
		return err
	}
	card, err := s.roll(ctx, team, true)
	if err != nil {
		return err
	}
	return s.reply(ctx, c.m, bot.Body{Card: card})
}

// allTeams lists the teams with their size.
func (s *Service) allTeams(ctx context.Context, c call) error {
	teams, err := s.Store.Roster().Teams(ctx)
	if err != nil {
		return fmt.Errorf("read the teams: %w", err)
	}
	reps, err := s.Store.Roster().Reps(ctx)
	if err != nil {
		return fmt.Errorf("read the roster: %w", err)
	}
	card := bot.Card{Title: s.Say.T("members.teams")}
	for _, t := range teams {
		n := 0
		for _, r := range reps {
			if r.Team == t.Name {
				n++
			}
		}
		card.Lines = append(card.Lines, bot.Line{Label: t.Name, Text: s.Say.T("members.size", "Count", n) + " · " + s.Say.T("team.groups", "Count", len(t.Groups))})
	}
	return s.reply(ctx, c.m, bot.Body{Card: &card})
}

// customersShown bounds an answer on a phone.
const customersShown = 15

// customers finds customers by a part of their name or number, or gives them to another rep.
func (s *Service) customers(ctx context.Context, c call) error {
	if rest, ok := isTransfer(c.rest); ok {
		return s.askTransfer(ctx, c, rest)
	}
	if c.rest == "重复" || strings.EqualFold(c.rest, "duplicates") {
		return s.duplicates(ctx, c)
	}
	found, err := s.Store.Customers().Search(ctx, c.rest, customersShown+1)
	if err != nil {
		return fmt.Errorf("search the customers: %w", err)
	}
	total, err := s.Store.Customers().Count(ctx)
	if err != nil {
		return fmt.Errorf("count the customers: %w", err)
	}
	reps, err := s.Store.Roster().Reps(ctx)
	if err != nil {
		return fmt.Errorf("read the roster: %w", err)
	}
	owner := make(map[string]string, len(reps))
	for _, r := range reps {
		owner[r.ID] = r.Name
	}
	card := bot.Card{Title: s.Say.T("customers.title", "Count", total)}
	for _, cu := range found[:min(len(found), customersShown)] {
		parts := []string{cu.ID}
		for _, p := range []string{owner[cu.Owner], cu.Grade, cu.Area} {
			if p != "" {
				parts = append(parts, p)
			}
		}
		if cu.Point.IsZero() {
			parts = append(parts, s.Say.T("customers.no_point"))
		}
		card.Lines = append(card.Lines, bot.Line{Label: cu.Name, Text: strings.Join(parts, " · ")})
	}
	switch {
	case len(found) == 0:
		card.Lines = []bot.Line{{Text: s.Say.T("customers.none")}}
	case len(found) > customersShown:
		card.Footer = s.Say.T("customers.more", "Count", customersShown)
	}
	return s.reply(ctx, c.m, bot.Body{Card: &card})
}

// holidaysShown bounds an answer on a phone.
const holidaysShown = 40

// holidays shows the coming holidays and make-up workdays.
func (s *Service) holidays(ctx context.Context, c call) error {
	imported, err := s.Store.Calendar().All(ctx)
	if err != nil {
		return fmt.Errorf("read the holidays: %w", err)
	}
	cal := visit.NewCalendar(s.Policy.China, imported)
	today := visit.WorkingDate(c.m.At, c.who.zone, s.Policy.DayStarts)
	card := bot.Card{Title: s.Say.T("holidays.title")}
	coming := cal.From(today)
	for i := 0; i < len(coming) && len(card.Lines) < holidaysShown; {
		first, j := coming[i], i+1
		for j < len(coming) && coming[j].Date == coming[j-1].Date.Add(1) && coming[j].Work == first.Work && coming[j].Name == first.Name {
			j++
		}
		label := s.Say.Date(first.Date.Time())
		if j-i > 1 {
			label += " – " + s.Say.Date(coming[j-1].Date.Time())
		}
		kind := "holidays.rest"
		if first.Work {
			kind = "holidays.work"
		}
		card.Lines = append(card.Lines, bot.Line{Label: label, Text: first.Name + " · " + s.Say.T(kind)})
		i = j
	}
	if len(card.Lines) == 0 {
		card.Lines = []bot.Line{{Text: s.Say.T("holidays.none")}}
	}
	if year := cal.UnknownAhead(today); year != 0 {
		card.Tone = bot.ToneWarn
		card.Footer = s.Say.T("holidays.unknown", "Year", strconv.Itoa(year))
	}
	return s.reply(ctx, c.m, bot.Body{Card: &card})
}

// preview shows what a group will hear, to whoever asked.
func (s *Service) preview(ctx context.Context, c call) error {
	what, rest, _ := strings.Cut(c.rest, " ")
	evening := false
	switch strings.ToLower(what) {
	case "早报", "morning":
	case "晚报", "evening":
		evening = true
	default:
		return s.reply(ctx, c.m, s.text("preview.usage"))
	}
	team, ok, err := s.asked(ctx, c, strings.TrimSpace(rest))
	if err != nil || !ok {
		return err
	}
	date := s.Policy.DateIn(team, c.m.At)
	if !evening {
		td, err := digest.Load(ctx, s.Store, s.Policy, team, date)
		if err != nil {
			return err
		}
		return s.reply(ctx, c.m, digest.Morning(td, s.Say, false))
	}
	calendar, err := s.calendar(ctx)
	if err != nil {
		return err
	}
	td, err := digest.LoadEvening(ctx, s.Store, calendar, s.Policy, team, date)
	if err != nil {
		return err
	}
	return s.reply(ctx, c.m, digest.Evening(td, s.Say, s.Policy.Of(team).Group == visit.GroupBrief, false))
}
