package handlers

import (
	"context"
	"slices"
	"strings"

	"roundsman/bot"
	"roundsman/digest"
	"roundsman/privacy"
	"roundsman/visit"
)

// showMap shows a manager somebody's day as a map: 地图 张伟 昨天.
func (s *Service) showMap(ctx context.Context, c call) error {
	name, when, _ := strings.Cut(c.rest, " ")
	if name == "" {
		return s.reply(ctx, c.m, s.text("map.usage"))
	}
	rep, ok, err := s.colleague(ctx, c, name, func(id string) string { return strings.TrimSpace("地图 " + id + " " + when) })
	if err != nil || !ok {
		return err
	}
	team, err := s.team(ctx, rep.Team)
	if err != nil {
		return err
	}
	date := s.Policy.DateIn(team, c.m.At)
	if when != "" {
		if date, ok = dateWord(strings.TrimSpace(when), date); !ok {
			return s.reply(ctx, c.m, s.text("date.not_understood", "Word", bot.CutBytes(when, 60)))
		}
	}
	if err := s.noteLook(ctx, c, visit.ActLook, team.Name, privacy.LookMap+" "+string(date), rep.ID); err != nil {
		return err
	}
	day, err := digest.Load(ctx, s.Store, s.Policy, team, date)
	if err != nil {
		return err
	}
	var body bot.Body
	if i := slices.IndexFunc(day.Reps, func(r digest.RepDay) bool { return r.Rep.ID == rep.ID }); i >= 0 {
		if body, err = digest.RepMap(day, day.Reps[i], s.Policy.Of(team), s.Say); err != nil {
			return err
		}
	}
	if body.Empty() {
		body = s.text("map.nothing", "Name", rep.Name, "Date", s.Say.Date(date.Time()))
	}
	return s.reply(ctx, c.m, body)
}
