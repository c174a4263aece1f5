package handlers

import (
	"context"
	"slices"

	"roundsman/bot"
	"roundsman/digest"
	"roundsman/match"
	"roundsman/visit"
)

// why explains the verdict of the latest of a rep's visits today, or of the one
// to a customer that they name.
func (s *Service) why(ctx context.Context, c call) error {
	date := s.Policy.DateIn(c.who.team, c.m.At)
	plan, facts, err := s.day(ctx, c.who.ID, date)
	if err != nil {
		return err
	}
	day := visit.Fold(plan, facts)
	view, err := s.view(ctx, c.who, plan, day)
	if err != nil {
		return err
	}
	visits := day.Visits
	if c.rest != "" {
		visits = match.Find(c.rest, slices.Values(day.Visits), func(v visit.Visit) (id, name string) {
			return v.Customer, digest.Title(view.name, v, s.Say)
		})
	}
	if len(visits) == 0 {
		return s.reply(ctx, c.m, s.text("because.none"))
	}
	v := visits[len(visits)-1]
	card := bot.Card{
		Title: s.Say.T("because.title", "Customer", digest.Title(view.name, v, s.Say), "Time", s.Say.Clock(v.Start.In(c.who.zone))),
		Lines: []bot.Line{{Text: digest.Mark(v) + " " + digest.Why(v, s.Say)}},
	}
	card.Lines = append(card.Lines, digest.Evidence(v, s.Say)...)
	if v.Decided != nil {
		by, err := s.rep(ctx, v.Decided.By)
		if err != nil {
			return err
		}
		card.Lines = append(card.Lines, bot.Line{Text: s.Say.T("doubt.by",
			"Name", by.Name, "What", digest.Decision(v.Decided.Decision.Verdict, s.Say), "Time", s.Say.Clock(v.Decided.At.In(c.who.zone)))})
	}
	card.Footer = s.Say.T("because.rule", "Version", v.Fix.Rule)
	if doubtful(v) {
		card.Footer += " · " + s.Say.T("because.appeal")
	}
	return s.reply(ctx, c.m, bot.Body{Card: &card})
}
