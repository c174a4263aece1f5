package handlers

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"unicode"

	"roundsman/bot"
	"roundsman/digest"
	"roundsman/visit"
)

const (
	// explainFor is for how many dates back a rep may ask for a visit to be looked at.
	explainFor = 7
	// explainShown bounds the visits that are offered for it.
	explainShown = 9
)

// openVisit is a visit that its rep may explain.
type openVisit struct {
	visit.Visit
	date visit.Date
	name string
}

// explain takes what a rep says of a visit in doubt (申请核实 2 说明) to the
// managers, or lists the visits that it may be about.
func (s *Service) explain(ctx context.Context, c call) error {
	if !c.who.onRoster {
		return s.reply(ctx, c.m, s.text("checkin.not_on_roster"))
	}
	open, err := s.openVisits(ctx, c)
	if err != nil {
		return err
	}
	number, text := leadingNumber(c.rest)
	i := number - 1
	if number == 0 && text != "" {
		// Without a number: the one that a manager asked about, or the only one.
		i = slices.IndexFunc(open, func(v openVisit) bool { return !v.Asked.IsZero() && len(v.Explanations) == 0 })
		if i < 0 && len(open) == 1 {
			i = 0
		}
	}
	switch {
	case len(open) == 0:
		return s.reply(ctx, c.m, s.text("explain.none"))
	case text == "" || i < 0 || i >= len(open):
		return s.reply(ctx, c.m, s.explainList(open, c.who))
	}
	v := open[i]
	f := s.fact(c.m, c.who, visit.KindExplained, "explained", func(f *visit.Fact) {
		f.Date, f.Team, f.Visit, f.Note = v.date, v.Source.Team, v.ID, text
	})
	if _, err := s.advance(ctx, c.who, tap{}, f); err != nil {
		return err
	}
	// A visit that nobody was asked about yet is asked about now.
	plan, facts, err := s.day(ctx, c.who.ID, v.date)
	if err != nil {
		return err
	}
	day := visit.Fold(plan, facts)
	now := day.Visit(v.ID)
	if now == nil {
		return s.reply(ctx, c.m, s.text("explain.none"))
	}
	view, err := s.view(ctx, c.who, plan, day)
	if err != nil {
		return err
	}
	if err := s.askManagers(ctx, view, day, *now, v.date, f.ID); err != nil {
		return err
	}
	return s.reply(ctx, c.m, s.text("explain.done", "Customer", v.name, "Time", s.Say.Clock(v.Start.In(c.who.zone))))
}

// openVisits are a rep's visits of the last dates that do not count as they
// stand, newest first.
func (s *Service) openVisits(ctx context.Context, c call) ([]openVisit, error) {
	var out []openVisit
	today := s.Policy.DateIn(c.who.team, c.m.At)
	for back := range explainFor {
		date := today.Add(-back)
		plan, facts, err := s.day(ctx, c.who.ID, date)
		if err != nil {
			return nil, err
		}
		if len(facts) == 0 {
			continue
		}
		day := visit.Fold(plan, without(facts, c.m.Key+"/explained"))
		view, err := s.view(ctx, c.who, plan, day)
		if err != nil {
			return nil, err
		}
		for _, v := range slices.Backward(day.Visits) {
			switch v.Verdict() {
			case visit.Near, visit.OffSite, visit.Suspicious:
				out = append(out, openVisit{v, date, digest.Title(view.name, v, s.Say)})
			}
			if len(out) == explainShown {
				return out, nil
			}
		}
	}
	return out, nil
}

// explainList offers the visits that may be explained, by number.
func (s *Service) explainList(open []openVisit, who person) bot.Body {
	card := bot.Card{Title: s.Say.T("explain.title"), Footer: s.Say.T("explain.usage")}
	for i, v := range open {
		card.Lines = append(card.Lines, bot.Line{Text: fmt.Sprintf("%d. %s %s %s · %s", i+1,
			s.Say.Date(v.date.Time()), s.Say.Clock(v.Start.In(who.zone)), v.name, s.Say.T("verdict."+string(v.Verdict())))})
	}
	return bot.Body{Card: &card}
}

// leadingNumber splits "2 说明" into its parts; 0 if it does not begin with a small number.
func leadingNumber(text string) (int, string) {
	head := text
	tail := ""
	if i := strings.IndexFunc(text, unicode.IsSpace); i >= 0 {
		head, tail = text[:i], strings.TrimSpace(text[i:])
	}
	if n, err := strconv.Atoi(head); err == nil && n > 0 && n <= explainShown {
		return n, tail
	}
	return 0, text
}
