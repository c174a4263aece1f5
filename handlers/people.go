package handlers

import (
	"context"
	"fmt"
	"slices"

	"roundsman/bot"
	"roundsman/match"
	"roundsman/visit"
)

// colleagues are the people whom the asker may ask about: a manager their own
// team, an admin everybody.
func (s *Service) colleagues(ctx context.Context, who person) ([]visit.Rep, error) {
	all, err := s.Store.Roster().Reps(ctx)
	if err != nil {
		return nil, fmt.Errorf("read the roster: %w", err)
	}
	if who.Role.AtLeast(visit.RoleAdmin) {
		return all, nil
	}
	return slices.DeleteFunc(all, func(r visit.Rep) bool { return r.Team != who.Team || who.Team == "" }), nil
}

// colleague finds the person whom a call is about by a word of it. Where it
// means nobody or several it answers the call itself; a tap on one of several
// says the command again with their number.
func (s *Service) colleague(ctx context.Context, c call, word string, again func(id string) string) (visit.Rep, bool, error) {
	people, err := s.colleagues(ctx, c.who)
	if err != nil {
		return visit.Rep{}, false, err
	}
	found := match.Find(word, slices.Values(people), func(r visit.Rep) (id, name string) { return r.ID, r.Name })
	if len(found) == 1 {
		return found[0], true, nil
	}
	if len(found) == 0 {
		return visit.Rep{}, false, s.reply(ctx, c.m, s.text("person.none", "Name", bot.CutBytes(word, 60)))
	}
	card := bot.Card{Title: s.Say.T("person.which", "Name", bot.CutBytes(word, 60))}
	for _, r := range found[:min(len(found), maxChoices)] {
		card.Buttons = append(card.Buttons, s.sayButton(c, r.Name+" "+r.ID, again(r.ID)))
	}
	return visit.Rep{}, false, s.reply(ctx, c.m, bot.Body{Card: &card})
}

// sayButton is a button whose tap says a command for whoever was asked.
func (s *Service) sayButton(c call, label, text string) bot.Button {
	return s.button(label, bot.ButtonPlain, c.m.At.Add(choiceFor), action{Do: doSay, Rep: c.who.ID, Of: text})
}
