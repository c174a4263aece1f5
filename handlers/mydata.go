package handlers

import (
	"context"
	"errors"
	"time"

	"roundsman/bot"
	"roundsman/privacy"
	"roundsman/visit"
)

// myData sends somebody everything that is kept of them, as a file, in their
// own chat: 我的数据, or of one month: 我的数据 2026-10.
func (s *Service) myData(ctx context.Context, c call) error {
	if !c.who.onRoster {
		return s.reply(ctx, c.m, s.text("mydata.none"))
	}
	date := func(at time.Time) visit.Date { return s.Policy.DateIn(c.who.team, at) }
	own := privacy.Own{Rep: c.who.Rep, DateIn: date, Most: bot.MaxFile, At: c.m.At}
	name := string(date(c.m.At))
	if c.rest != "" {
		month, err := visit.ParseMonth(c.rest)
		if err != nil {
			return s.reply(ctx, c.m, s.text("mydata.usage", "Word", bot.CutBytes(c.rest, 60)))
		}
		own.From, own.To, name = month.First(), month.Last(), string(month)
	}
	data, err := privacy.OwnData(ctx, s.Store, own)
	if errors.Is(err, privacy.ErrTooLarge) {
		return s.reply(ctx, c.m, s.text("mydata.too_large"))
	}
	if err != nil {
		return err
	}
	return s.reply(ctx, c.m, bot.Body{File: &bot.File{Data: data, Name: s.Say.T("mydata.file", "Date", name) + ".zip"}})
}
