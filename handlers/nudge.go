package handlers

import (
	"context"
	"slices"
	"time"

	"roundsman/bot"
	"roundsman/digest"
	"roundsman/visit"
)

// A nudge is a word to a rep in the middle of the day, when something can still
// be done about it: by direct message only, at most three a day, never in quiet
// hours.
const (
	// jobIdle: nothing is verified yet by late morning.
	jobIdle = "nudge_idle"
	// jobSoon: a planned window is about to end; it is about "customer HH:MM".
	jobSoon = "nudge_soon"
	// jobMinimum: the day's minimum of customers is at risk.
	jobMinimum = "nudge_minimum"

	// soon is how long before the end of a window its rep is nudged.
	soon = 20 * time.Minute
	// nudgesADay bounds them for one rep.
	nudgesADay = 3
)

// When the day is looked at, on the wall of the rep's team.
var (
	idleAt    = visit.Clock{Hour: 10, Minute: 30}
	minimumAt = visit.Clock{Hour: 15, Minute: 30}
)

// nudges are the jobs of a day that are due for its rep, each at its time.
func (s *Service) nudges(p *planning) []bot.Message {
	if len(p.plan.Lines) == 0 {
		return nil
	}
	out := []bot.Message{
		s.later(p, jobIdle, "", p.date.At(idleAt, p.who.zone)),
		s.later(p, jobMinimum, "", p.date.At(minimumAt, p.who.zone)),
	}
	for _, l := range p.plan.Lines {
		if end, ok := p.windowEnd(l); ok && l.Window.From != l.Window.To {
			out = append(out, s.later(p, jobSoon, windowOf(l), end.Add(-soon)))
		}
	}
	return out
}

// dueNudge nudges a rep if there is still reason to.
func (s *Service) dueNudge(ctx context.Context, m bot.Message, who person) error {
	p, err := s.planOf(ctx, who, m.Due.Date)
	if err != nil {
		return err
	}
	card, about := s.nudge(p, visit.Fold(p.plan.Lines, p.facts), m)
	if card == nil {
		return nil
	}
	card.Buttons = append(s.nudgeButtons(p, about, m.At), s.pageButtons(bot.Home(who.Rep, s.names()).Platform)...)
	return s.sayNudge(ctx, m, p, card)
}

// sayNudge says a nudge, unless it is late, or quiet, or one too many.
func (s *Service) sayNudge(ctx context.Context, m bot.Message, p *planning, card *bot.Card) error {
	late := s.Now().Sub(m.At) > soon
	to := bot.Home(p.who.Rep, s.names())
	if late || to == (bot.Address{}) || p.who.policy.Quiet(s.Now()) {
		return nil
	}
	// Each is a fact of the day, so that they are counted, whoever asks.
	nudged := visit.Fact{
		ID: m.Key, Kind: visit.KindNudged, Rep: p.who.ID, Team: p.who.Team, Date: p.date, At: visit.Millis(m.At), Received: visit.Millis(s.Now()), Note: m.Due.Job,
	}
	before := 0
	for _, f := range p.facts {
		if f.Kind == visit.KindNudged && f.ID != nudged.ID {
			before++
		}
	}
	if before >= nudgesADay {
		return nil
	}
	if err := s.appendPlan(ctx, p, nudged); err != nil {
		return err
	}
	return s.Outbox.Say(ctx, bot.Post{ID: "nudge/" + m.Key, To: to, Body: bot.Body{Card: card}})
}

// nudgeButtons are the answers that a rep may have to a nudge about a planned visit.
func (s *Service) nudgeButtons(p *planning, about visit.PlannedVisit, at time.Time) []bot.Button {
	say := func(key, text string) bot.Button {
		return s.button(s.Say.T(key), bot.ButtonPlain, at.Add(choiceFor), action{Do: doSay, Rep: p.who.ID, Of: text})
	}
	buttons := []bot.Button{
		s.button(s.Say.T("button.on_way"), bot.ButtonPrimary, at.Add(choiceFor), action{Do: doOnWay, Rep: p.who.ID, Customer: about.Customer, Date: p.date}),
	}
	if about.Assigned() {
		return buttons
	}
	return append(buttons,
		say("button.absent", "计划 -"+about.Customer+" 理由 "+s.Say.T("button.absent")),
		say("button.put_off", "改期 "+about.Customer))
}

// onWay notes that the rep is on the way to a customer.
func (s *Service) onWay(ctx context.Context, m bot.Message, who person, a action) error {
	f := s.fact(m, who, visit.KindOnWay, "on_way", func(f *visit.Fact) { f.Date, f.Choice = a.Date, &visit.Choice{Customer: a.Customer} })
	if _, err := s.advance(ctx, who, tap{}, f); err != nil {
		return err
	}
	body := s.text("nudge.on_way")
	body.Response = m.Press.Response
	return s.reply(ctx, m, body)
}

// nudge is what there is to say, and the planned visit that it is about; nil if nothing.
func (s *Service) nudge(p *planning, day visit.Day, m bot.Message) (*bot.Card, visit.PlannedVisit) {
	var none visit.PlannedVisit
	left := day.Remaining(p.plan.Lines)
	if len(left) == 0 {
		return nil, none
	}
	tally := day.Tally(p.plan.Lines)
	next := digest.Stop(left[0], p.name(left[0].Customer), s.Say)
	switch m.Due.Job {
	case jobIdle:
		if len(day.Visits) > 0 || day.Leave > 0 {
			return nil, none
		}
		return &bot.Card{Title: s.Say.T("nudge.idle", "Time", s.Say.Clock(m.At.In(p.who.zone))), Lines: []bot.Line{
			{Text: s.Say.T("nudge.next", "What", next)},
		}}, left[0]
	case jobSoon:
		i := slices.IndexFunc(left, func(l visit.PlannedVisit) bool { return windowOf(l) == m.Due.Of })
		if i < 0 || day.Current() != nil && day.Current().Customer == left[i].Customer {
			return nil, none
		}
		return &bot.Card{Title: s.Say.T("nudge.soon", "Time", left[i].Window.To.String()), Tone: bot.ToneWarn, Lines: []bot.Line{
			{Text: digest.Stop(left[i], p.name(left[i].Customer), s.Say)},
		}}, left[i]
	case jobMinimum:
		least := (p.who.policy.MinVisits*(2-day.Leave) + 1) / 2
		if missing := least - tally.Distinct; missing < 2 {
			return nil, none
		}
		return &bot.Card{Title: s.Say.T("nudge.minimum", "Verified", tally.Distinct, "Least", least), Lines: []bot.Line{
			{Text: s.Say.T("nudge.next", "What", next)},
		}}, left[0]
	}
	return nil, none
}
