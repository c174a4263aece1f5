package handlers

import (
	"context"
	"fmt"
	"maps"
	"strings"

	"roundsman/bot"
	"roundsman/visit"
)

// settings shows what a team goes by, or sets one thing of it: 设置 最少拜访 4.
// An admin may put a team's name in front.
func (s *Service) settings(ctx context.Context, c call) error {
	words := strings.Fields(c.rest)
	team := ""
	if len(words) > 0 {
		if _, ok := visit.SettingNamed(words[0]); !ok {
			team, words = words[0], words[1:]
		}
	}
	switch len(words) {
	case 0:
		t, ok, err := s.asked(ctx, c, team)
		if err != nil || !ok {
			return err
		}
		return s.reply(ctx, c.m, s.settingsCard(t))
	case 2:
		return s.set(ctx, c, team, words[0], words[1])
	}
	return s.reply(ctx, c.m, s.text("settings.usage"))
}

// setQuiet and setGroup are settings with a command of their own.
func (s *Service) setQuiet(ctx context.Context, c call) error {
	return s.set(ctx, c, "", "quiet_hours", c.rest)
}

func (s *Service) setGroup(ctx context.Context, c call) error {
	return s.set(ctx, c, "", "group", c.rest)
}

// set changes one setting of a team, if it can be.
func (s *Service) set(ctx context.Context, c call, team, word, text string) error {
	t, ok, err := s.asked(ctx, c, team)
	if err != nil || !ok {
		return err
	}
	name, ok := visit.SettingNamed(word)
	if !ok || text == "" {
		return s.reply(ctx, c.m, s.text("settings.usage"))
	}
	policy, err := s.Policy.Of(t).With(name, text)
	if err != nil {
		return s.reply(ctx, c.m, s.text("settings.refused", "Value", bot.CutBytes(text, 60), "Name", s.Say.T("setting."+name)))
	}
	if policy.Rules.DeviceOnly && !s.havePages() {
		// Nothing could be verified any more.
		return s.reply(ctx, c.m, s.text("settings.no_page"))
	}
	t.Settings = maps.Clone(t.Settings)
	if t.Settings == nil {
		t.Settings = make(map[string]string)
	}
	t.Settings[name] = policy.Setting(name)
	if err := s.Store.Roster().PutTeam(ctx, t); err != nil {
		return fmt.Errorf("keep a setting: %w", err)
	}
	s.Log.Info("a setting was changed", "team", t.Name, "setting", name, "by", c.who.ID)
	return s.reply(ctx, c.m, s.settingsCard(t))
}

// settingsCard lists what a team goes by, and what was set for it.
func (s *Service) settingsCard(t visit.Team) bot.Body {
	card := bot.Card{Title: s.Say.T("settings.title", "Team", t.Name), Footer: s.Say.T("settings.footer")}
	policy := s.Policy.Of(t)
	for _, name := range visit.SettingNames() {
		value := policy.Setting(name)
		if name == "evidence" && !policy.Rules.DeviceOnly && !s.havePages() {
			continue
		}
		switch value {
		case "on", "off", "brief", "full", "wide", "any", "device":
			value = s.Say.T("settings." + value)
		}
		if _, own := t.Settings[name]; own {
			value += s.Say.T("list.brackets", "Text", s.Say.T("settings.own"))
		}
		card.Lines = append(card.Lines, bot.Line{Label: s.Say.T("setting." + name), Text: value})
	}
	if policy.Group == visit.GroupWide {
		card.Lines = append(card.Lines, bot.Line{Kind: bot.LineQuiet, Text: s.Say.T("settings.wide_note")})
	}
	return bot.Body{Card: &card}
}
