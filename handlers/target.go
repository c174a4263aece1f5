package handlers

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"roundsman/bot"
	"roundsman/digest"
	"roundsman/match"
	"roundsman/visit"
)

// targetsAhead is how many months ahead a target may be set.
const targetsAhead = 12

// targets shows a rep their month, a manager the team's or somebody's, and sets
// somebody's: 目标 张伟 2026-12 订货 12万 回款 5万.
func (s *Service) targets(ctx context.Context, c call) error {
	w, err := parseTarget(c.rest, s.Policy.DateIn(c.who.team, c.m.At))
	if bad := notUnderstood(""); errors.As(err, &bad) {
		return s.reply(ctx, c.m, s.text("target.not_understood", "Word", bot.CutBytes(string(bad), 60)))
	}
	switch manager := c.who.Role.AtLeast(visit.RoleManager); {
	case !manager && (w.sets() || w.name != ""):
		return s.reply(ctx, c.m, s.text("command.denied", "Role", s.Say.T("role."+string(visit.RoleManager))))
	case !manager:
		return s.showMonth(ctx, c, c.who.Rep, w.month)
	case w.sets() && w.name == "":
		return s.reply(ctx, c.m, s.text("target.usage"))
	case w.name == "":
		return s.showTeamMonth(ctx, c, "", w.month)
	}
	people, err := s.colleagues(ctx, c.who)
	if err != nil {
		return err
	}
	known := len(match.Find(w.name, slices.Values(people), func(r visit.Rep) (id, name string) { return r.ID, r.Name })) > 0
	if !known && !w.sets() && c.who.Role.AtLeast(visit.RoleAdmin) {
		return s.showTeamMonth(ctx, c, w.name, w.month)
	}
	rep, ok, err := s.colleague(ctx, c, w.name, func(id string) string {
		rest := signs.Replace(c.rest)
		return "目标 " + id + " " + strings.TrimSpace(w.without(rest))
	})
	if err != nil || !ok {
		return err
	}
	if w.sets() {
		return s.setTarget(ctx, c, rep, w)
	}
	return s.showMonth(ctx, c, rep, w.month)
}

// without takes the name's words out of a text, each once.
func (w targetWords) without(text string) string {
	words := strings.Fields(text)
	for _, n := range strings.Fields(w.name) {
		if i := slices.Index(words, n); i >= 0 {
			words = slices.Delete(words, i, i+1)
		}
	}
	return strings.Join(words, " ")
}

// setTarget sets what was said of somebody's month, and leaves the rest of it.
func (s *Service) setTarget(ctx context.Context, c call, rep visit.Rep, w targetWords) error {
	who, err := s.rep(ctx, rep.ID)
	if err != nil {
		return err
	}
	this := s.Policy.DateIn(who.team, c.m.At).Month()
	if w.month < this || w.month > this.Add(targetsAhead) {
		return s.reply(ctx, c.m, s.text("target.over", "Month", string(w.month)))
	}
	target := visit.MonthTarget{Rep: rep.ID, Month: w.month, Order: w.order, Collection: w.collection}
	if err := s.Store.Targets().Put(ctx, target); err != nil {
		return fmt.Errorf("keep a target: %w", err)
	}
	s.Log.Info("a target was set", "rep", rep.ID, "month", string(w.month), "by", c.who.ID)
	if to := bot.Home(rep, s.names()); to != (bot.Address{}) && rep.ID != c.who.ID {
		told := bot.Post{ID: "target/" + c.m.Key, To: to, Body: s.text("target.told", "Name", c.who.Name, "Month", string(w.month), "What", s.amounts(w))}
		if err := s.Outbox.Say(ctx, told); err != nil {
			return err
		}
	}
	return s.showMonth(ctx, c, rep, w.month)
}

// amounts writes what was said of a target.
func (s *Service) amounts(w targetWords) string {
	var parts []string
	for _, a := range []struct {
		key string
		fen *int64
	}{{"report.order", w.order}, {"report.collection", w.collection}} {
		if a.fen != nil {
			parts = append(parts, s.Say.T(a.key)+" "+s.Say.Money(*a.fen))
		}
	}
	return strings.Join(parts, " · ")
}

// showMonth shows somebody's month.
func (s *Service) showMonth(ctx context.Context, c call, rep visit.Rep, month visit.Month) error {
	team, err := s.team(ctx, rep.Team)
	if err != nil {
		return err
	}
	months, err := digest.LoadMonth(ctx, s.Store, month, rep)
	if err != nil {
		return err
	}
	days, err := s.workdaysLeft(ctx, month, s.Policy.DateIn(team, c.m.At))
	if err != nil {
		return err
	}
	return s.reply(ctx, c.m, digest.RepMonth(months[0], month, days, s.Say))
}

// showTeamMonth shows a team's month: its reps', and of others those that have a target.
func (s *Service) showTeamMonth(ctx context.Context, c call, name string, month visit.Month) error {
	team, ok, err := s.asked(ctx, c, name)
	if err != nil || !ok {
		return err
	}
	reps, err := s.Store.Roster().Reps(ctx)
	if err != nil {
		return fmt.Errorf("read the roster: %w", err)
	}
	reps = slices.DeleteFunc(reps, func(r visit.Rep) bool { return r.Team != team.Name })
	slices.SortFunc(reps, func(a, b visit.Rep) int { return strings.Compare(a.Name+"\x00"+a.ID, b.Name+"\x00"+b.ID) })
	months, err := digest.LoadMonth(ctx, s.Store, month, reps...)
	if err != nil {
		return err
	}
	months = slices.DeleteFunc(months, func(m digest.MonthOf) bool {
		return m.Rep.Role != visit.RoleRep && visit.Fen(m.Target.Order)+visit.Fen(m.Target.Collection) == 0
	})
	days, err := s.workdaysLeft(ctx, month, s.Policy.DateIn(team, c.m.At))
	if err != nil {
		return err
	}
	return s.reply(ctx, c.m, digest.TeamMonth(team, months, month, days, s.Say))
}

// workdaysLeft is how many workdays of a month are left, today among them.
func (s *Service) workdaysLeft(ctx context.Context, month visit.Month, today visit.Date) (int, error) {
	calendar, err := s.calendar(ctx)
	if err != nil {
		return 0, err
	}
	return len(slices.DeleteFunc(month.Workdays(calendar), func(d visit.Date) bool { return d < today })), nil
}
