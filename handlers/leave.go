package handlers

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"roundsman/bot"
	"roundsman/digest"
	"roundsman/storage"
	"roundsman/visit"
)

// leaveParts are the parts of a day as people write them.
var leaveParts = map[string]visit.LeavePart{
	"全天": visit.WholeDay, "一天": visit.WholeDay, "上午": visit.Morning, "下午": visit.Afternoon,
	"morning": visit.Morning, "afternoon": visit.Afternoon, "am": visit.Morning, "pm": visit.Afternoon,
}

// maxLeave is how many days one may ask for at once.
const maxLeave = 15

// leaveWords is what somebody asks for: 明天 上午 看病, 11-27至11-29.
type leaveWords struct {
	from, to visit.Date
	part     visit.LeavePart
	reason   string
}

// parseLeave reads what follows the command. Without a date it is today.
func parseLeave(text string, today visit.Date) (leaveWords, error) {
	w := leaveWords{from: today, to: today}
	words := strings.Fields(strings.NewReplacer("至", "~", "到", "~").Replace(text))
	dated := false
	for i, word := range words {
		from, to, span := strings.Cut(word, "~")
		first, ok := dateWord(from, today)
		last, ok2 := dateWord(to, today)
		part, isPart := leaveParts[strings.ToLower(word)]
		switch {
		case span && ok && ok2 && !dated:
			w.from, w.to, dated = first, last, true
		case !span && ok && !dated:
			w.from, w.to, dated = first, first, true
		case isPart:
			w.part = part
		case i == 0:
			return w, notUnderstood(word)
		default:
			w.reason = strings.Join(words[i:], " ")
			return w, w.possible(today)
		}
	}
	return w, w.possible(today)
}

// errImpossible is leave for dates that cannot be asked for.
var errImpossible = errors.New("no leave for these dates")

// possible refuses leave in the past, and more than can be asked for at once.
func (w leaveWords) possible(today visit.Date) error {
	if w.from < today || w.to < w.from || w.from.Days(w.to) >= maxLeave || today.Days(w.from) > maxAhead || w.from != w.to && w.part != visit.WholeDay {
		return errImpossible
	}
	return nil
}

// askLeave asks the managers for leave.
func (s *Service) askLeave(ctx context.Context, c call) error {
	if !c.who.onRoster {
		return s.reply(ctx, c.m, s.text("checkin.not_on_roster"))
	}
	w, err := parseLeave(c.rest, s.Policy.DateIn(c.who.team, c.m.At))
	if bad := notUnderstood(""); errors.As(err, &bad) {
		return s.reply(ctx, c.m, s.text("leave.usage", "Word", bot.CutBytes(string(bad), 60)))
	}
	if err != nil {
		return s.reply(ctx, c.m, s.text("leave.over"))
	}
	var facts []visit.Fact
	for date := w.from; date <= w.to; date = date.Add(1) {
		facts = append(facts, s.fact(c.m, c.who, visit.KindLeaveAsked, "leave/"+string(date), func(f *visit.Fact) {
			f.Date, f.Leave, f.Note = date, &visit.Leave{Part: w.part}, w.reason
		}))
	}
	if err := s.Store.Facts().Append(ctx, facts...); err != nil {
		return fmt.Errorf("ask for leave: %w", err)
	}
	when := s.leaveTime(w.from, w.to, w.part)
	err = s.tellManagers(ctx, c.who, leavePost(facts[0].ID), func(manager visit.Rep, _ []visit.Rep) bot.Body {
		card := bot.Card{Title: s.Say.T("leave.asked_title", "Name", c.who.Name), Tone: bot.ToneWarn, Lines: []bot.Line{{Text: when}}}
		if w.reason != "" {
			card.Lines = append(card.Lines, bot.Line{Label: s.Say.T("leave.reason"), Text: bot.Clean(w.reason, 200)})
		}
		for _, b := range []struct {
			key, of string
			style   bot.ButtonStyle
		}{{"button.grant", "yes", bot.ButtonPrimary}, {"button.deny", "no", bot.ButtonPlain}} {
			card.Buttons = append(card.Buttons, s.button(s.Say.T(b.key), b.style, c.m.At.Add(maxAhead*choiceFor),
				action{Do: doLeave, Rep: manager.ID, Fix: facts[0].ID, Customer: string(w.to), Of: b.of}))
		}
		return bot.Body{Card: &card}
	})
	if err != nil {
		return err
	}
	return s.reply(ctx, c.m, s.text("leave.asked", "When", when))
}

// leavePost is the managers' post about a wish for leave; each gets their own.
func leavePost(asked string) string { return "leave_asked/" + asked }

// leaveTime writes the dates of a leave, and which half of a day it takes.
func (s *Service) leaveTime(from, to visit.Date, part visit.LeavePart) string {
	text := s.Say.Date(from.Time())
	if to != from {
		text += " – " + s.Say.Date(to.Time())
	}
	if part != visit.WholeDay {
		text += " " + s.Say.T("leave."+string(part))
	}
	return text
}

// decideLeave is a manager's tap on somebody's wish for leave.
func (s *Service) decideLeave(ctx context.Context, m bot.Message, manager person, a action) error {
	asked, err := s.Store.Facts().Get(ctx, a.Fix)
	if errors.Is(err, storage.ErrNotFound) {
		return s.reply(ctx, m, s.text("button.expired"))
	}
	if err != nil {
		return fmt.Errorf("find what was asked for: %w", err)
	}
	who, err := s.rep(ctx, asked.Rep)
	if err != nil {
		return err
	}
	if !manager.Role.AtLeast(visit.RoleManager) || who.Team != manager.Team && !manager.Role.AtLeast(visit.RoleAdmin) {
		return s.reply(ctx, m, s.text("team.not_yours"))
	}
	to := visit.Date(a.Customer)
	yes := a.Of == "yes"
	for date := asked.Date; date <= to; date = date.Add(1) {
		f := s.fact(m, who, visit.KindLeaveDecided, "leave/"+string(date), func(f *visit.Fact) {
			f.Date, f.By, f.Leave = date, manager.ID, &visit.Leave{Part: asked.Leave.Part, Of: asked.ID, Approved: yes}
		})
		if err := s.hand(ctx, f); err != nil {
			return err
		}
	}
	key := "leave.denied"
	if yes {
		key = "leave.granted"
	}
	when := s.leaveTime(asked.Date, to, asked.Leave.Part)
	return s.answerPress(ctx, m, leavePost(asked.ID)+"/"+manager.ID, s.text(key, "Name", who.Name, "When", when), 2)
}

// leaveDecided takes a manager's answer into the rep's day and tells the rep;
// the managers hear whose visits it leaves to others.
func (s *Service) leaveDecided(ctx context.Context, who person, f visit.Fact) error {
	p, err := s.planOf(ctx, who, f.Date)
	if err != nil {
		return err
	}
	before := p.without(f.ID)
	if err := s.appendPlan(ctx, p, f); err != nil {
		return err
	}
	if err := s.refresh(ctx, p, ""); err != nil {
		return err
	}
	by, err := s.rep(ctx, f.By)
	if err != nil {
		return err
	}
	key := "leave.told_no"
	if f.Leave.Approved {
		key = "leave.told_yes"
	}
	when := s.leaveTime(f.Date, f.Date, f.Leave.Part)
	if to := bot.Home(who.Rep, s.names()); to != (bot.Address{}) {
		err := s.Outbox.Say(ctx, bot.Post{ID: "leave/" + f.ID, To: to, Body: s.text(key, "Name", by.Name, "When", when)})
		if err != nil {
			return err
		}
	}
	freed := len(p.plan.Excused) > len(before.plan.Excused)
	if !f.Leave.Approved || !freed {
		return nil
	}
	return s.tellManagers(ctx, who, "freed/"+f.ID, func(_ visit.Rep, others []visit.Rep) bot.Body {
		card := bot.Card{Title: s.Say.T("leave.freed", "Name", who.Name, "When", when, "Count", len(p.plan.Excused))}
		for _, l := range p.plan.Excused {
			card.Lines = append(card.Lines, bot.Line{Text: digest.Stop(l, p.name(l.Customer), s.Say)})
		}
		if len(others) > 0 {
			card.Footer = s.Say.T("leave.give", "Name", others[0].Name, "Customer", p.name(p.plan.Excused[0].Customer))
		}
		return bot.Body{Card: &card}
	})
}
