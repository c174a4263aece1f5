package handlers

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"roundsman/bot"
	"roundsman/digest"
	"roundsman/photo"
	"roundsman/privacy"
	"roundsman/storage"
	"roundsman/visit"
)

// albumShown bounds the photos that are sent at once.
const albumShown = 9

// album shows the photos of somebody's day, each with who, where, when and what it
// counts as written on it: 照片 张伟 昨天. A rep sees their own.
func (s *Service) album(ctx context.Context, c call) error {
	name, when, _ := strings.Cut(c.rest, " ")
	if !c.who.Role.AtLeast(visit.RoleManager) {
		name, when = c.who.ID, c.rest
	}
	if name == "" {
		return s.reply(ctx, c.m, s.text("album.usage"))
	}
	rep := c.who.Rep
	if name != c.who.ID {
		var ok bool
		var err error
		if rep, ok, err = s.colleague(ctx, c, name, func(id string) string { return strings.TrimSpace("照片 " + id + " " + when) }); err != nil || !ok {
			return err
		}
	}
	team, err := s.team(ctx, rep.Team)
	if err != nil {
		return err
	}
	date := s.Policy.DateIn(team, c.m.At)
	if when = strings.TrimSpace(when); when != "" {
		var ok bool
		if date, ok = dateWord(when, date); !ok {
			return s.reply(ctx, c.m, s.text("date.not_understood", "Word", bot.CutBytes(when, 60)))
		}
	}
	if err := s.noteLook(ctx, c, visit.ActLook, team.Name, privacy.LookPhoto+" "+string(date), rep.ID); err != nil {
		return err
	}
	day, err := digest.Load(ctx, s.Store, s.Policy, team, date)
	if err != nil {
		return err
	}
	shown, more := 0, 0
	if i := slices.IndexFunc(day.Reps, func(r digest.RepDay) bool { return r.Rep.ID == rep.ID }); i >= 0 {
		for _, v := range day.Reps[i].Day.Visits {
			for _, p := range v.Photos {
				switch {
				case p.SHA256 == "":
				case shown == albumShown:
					more++
				default:
					ok, err := s.showPhoto(ctx, c, day, day.Reps[i], v, p, shown)
					if err != nil {
						return err
					}
					if ok {
						shown++
					}
				}
			}
		}
	}
	switch {
	case shown == 0:
		return s.reply(ctx, c.m, s.text("album.nothing", "Name", rep.Name, "Date", s.Say.Date(date.Time())))
	case more > 0:
		return s.reply(ctx, c.m, s.text("list.more", "Count", more))
	}
	return nil
}

// showPhoto sends one photo, and reports whether its bytes are still kept.
func (s *Service) showPhoto(ctx context.Context, c call, d digest.TeamDay, r digest.RepDay, v visit.Visit, p visit.PhotoState, n int) (bool, error) {
	blob, err := s.Store.Media().Blob(ctx, p.SHA256)
	if errors.Is(err, storage.ErrNotFound) {
		return false, nil
	}
	if err != nil {
		return false, fmt.Errorf("read a photo: %w", err)
	}
	lines := digest.Watermark(d, r, v, p, s.Say)
	marked, err := photo.Mark(blob.Data, lines)
	if errors.Is(err, photo.ErrNotPhoto) || errors.Is(err, photo.ErrTooManyPixels) {
		// Kept before photos were read: no view of ours.
		return false, nil
	}
	if err != nil {
		return false, fmt.Errorf("write on a photo: %w", err)
	}
	file := bot.File{Data: marked, Name: fmt.Sprintf("%s-%d.jpg", d.Date, n+1), Alt: strings.Join(lines, " · ")}
	return true, s.Outbox.Say(ctx, bot.Post{ID: fmt.Sprintf("re/%s/%d", c.m.Key, n), To: direct(c.m), Body: bot.Body{Image: &file}})
}
