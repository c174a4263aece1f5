package handlers

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"roundsman/bot"
	"roundsman/digest"
	"roundsman/match"
	"roundsman/visit"
)

// asked finds the team that a call is about: the named one, by whatever of its
// name is enough, else the person's own. A manager may ask about their own team,
// an admin about any. It answers the call itself when it is not one.
func (s *Service) asked(ctx context.Context, c call, name string) (visit.Team, bool, error) {
	teams, err := s.Store.Roster().Teams(ctx)
	if err != nil {
		return visit.Team{}, false, fmt.Errorf("read the teams: %w", err)
	}
	if name == "" {
		name = c.who.Team
	}
	admin := c.who.Role.AtLeast(visit.RoleAdmin)
	if !admin {
		teams = slices.DeleteFunc(slices.Clone(teams), func(t visit.Team) bool { return t.Name != c.who.Team })
	}
	found := match.Find(name, slices.Values(teams), func(t visit.Team) (id, name string) { return t.Name, t.Name })
	names := func(teams []visit.Team) string {
		var out []string
		for _, t := range teams {
			out = append(out, t.Name)
		}
		return strings.Join(out, s.Say.T("list.comma"))
	}
	switch {
	case len(found) == 1:
		return found[0], true, nil
	case !admin:
		return visit.Team{}, false, s.replyHere(ctx, c.m, s.text("team.not_yours"))
	case len(found) > 1:
		return visit.Team{}, false, s.replyHere(ctx, c.m, s.text("team.several", "Name", bot.CutBytes(name, 60), "Names", names(found)))
	}
	return visit.Team{}, false, s.replyHere(ctx, c.m, s.text("team.which", "Names", names(teams)))
}

// today shows the live board of a team.
func (s *Service) today(ctx context.Context, c call) error {
	team, ok, err := s.asked(ctx, c, c.rest)
	if err != nil || !ok {
		return err
	}
	td, err := digest.Load(ctx, s.Store, s.Policy, team, s.Policy.DateIn(team, c.m.At))
	if err != nil {
		return err
	}
	return s.reply(ctx, c.m, digest.Board(td, s.Say))
}

// teamInfo shows who is in the person's team and which groups hear of it.
func (s *Service) teamInfo(ctx context.Context, c call) error {
	if c.who.Team == "" {
		return s.reply(ctx, c.m, s.text("team.none"))
	}
	card, err := s.roll(ctx, c.who.team, false)
	if err != nil {
		return err
	}
	card.Footer = s.Say.T("team.groups", "Count", len(c.who.team.Groups))
	return s.reply(ctx, c.m, bot.Body{Card: card})
}

// roll lists a team's people; with identities it shows on which platforms they can be reached.
func (s *Service) roll(ctx context.Context, team visit.Team, identities bool) (*bot.Card, error) {
	reps, err := s.Store.Roster().Reps(ctx)
	if err != nil {
		return nil, fmt.Errorf("read the roster: %w", err)
	}
	card := &bot.Card{Title: s.Say.T("team.title", "Team", team.Name)}
	for _, role := range []visit.Role{visit.RoleManager, visit.RoleRep, visit.RoleAdmin} {
		var names []string
		for _, r := range reps {
			if r.Team != team.Name || r.Role != role {
				continue
			}
			name := r.Name
			if identities {
				name += s.Say.T("list.brackets", "Text", s.reachedOn(r))
			}
			names = append(names, name)
		}
		if len(names) > 0 {
			slices.Sort(names)
			card.Lines = append(card.Lines, bot.Line{Label: s.Say.T("role." + string(role)), Text: strings.Join(names, s.Say.T("list.comma"))})
		}
	}
	return card, nil
}

// reachedOn names the platforms on which a person can be reached.
func (s *Service) reachedOn(r visit.Rep) string {
	var on []string
	for _, p := range s.Platforms {
		if r.Identities[p.Name()] != "" {
			on = append(on, s.Say.T("platform."+p.Name()))
		}
	}
	if len(on) == 0 {
		return s.Say.T("members.unreachable")
	}
	return strings.Join(on, " ")
}
