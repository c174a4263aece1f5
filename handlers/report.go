package handlers

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"roundsman/bot"
	"roundsman/digest"
	"roundsman/privacy"
	"roundsman/storage"
	"roundsman/visit"
)

// reportOf reads a rep's day as a report.
func (s *Service) reportOf(ctx context.Context, who person, date visit.Date) (digest.Report, error) {
	plan, facts, err := s.day(ctx, who.ID, date)
	if err != nil {
		return digest.Report{}, err
	}
	day := visit.Fold(plan, facts)
	view, err := s.view(ctx, who, plan, day)
	if err != nil {
		return digest.Report{}, err
	}
	goals, err := digest.LoadGoals(ctx, s.Store, s.Policy, date.Month(), who.ID)
	if err != nil {
		return digest.Report{}, err
	}
	return digest.Report{
		RepDay: digest.RepDay{Rep: who.Rep, Plan: plan, Day: day, Tally: goals.Day(who.ID, date, day.Tally(plan))},
		Date:   date, Zone: who.zone, Deadline: date.At(who.policy.ReportDeadline, who.zone), Customers: view.customers,
	}, nil
}

// reportPost is the post by which a report came to its rep by itself.
func reportPost(rep string, date visit.Date) string { return fmt.Sprintf("report/%s/%s", rep, date) }

// ownReport is a report as its rep gets it, with the button until it is submitted.
func (s *Service) ownReport(r digest.Report, post string) bot.Body {
	body := digest.DailyReport(r, s.Say, true)
	if r.Day.Reported.IsZero() {
		button := s.button(s.Say.T("button.report"), bot.ButtonPrimary, r.Deadline.Add(choiceFor),
			action{Do: doReport, Rep: r.Rep.ID, Date: r.Date, Of: post})
		if button.Value != "" {
			body.Card.Buttons = append(body.Card.Buttons, button)
		}
	}
	return body
}

// daily shows the person's own report, or a manager somebody else's.
func (s *Service) daily(ctx context.Context, c call) error {
	today := s.Policy.DateIn(c.who.team, c.m.At)
	name, when, _ := strings.Cut(c.rest, " ")
	if date, ok := dateWord(name, today); ok {
		name, when = "", string(date)
	}
	if name == "" || !c.who.Role.AtLeast(visit.RoleManager) {
		if !c.who.onRoster {
			return s.reply(ctx, c.m, s.text("checkin.not_on_roster"))
		}
		date, ok := dateWord(when, today)
		if !ok {
			date = today
		}
		r, err := s.reportOf(ctx, c.who, date)
		if err != nil {
			return err
		}
		post := "re/" + c.m.Key
		return s.Outbox.Say(ctx, bot.Post{ID: post, To: direct(c.m), Body: s.ownReport(r, post), Version: int64(r.Day.Facts) + 1})
	}
	rep, ok, err := s.colleague(ctx, c, name, func(id string) string { return strings.TrimSpace("日报 " + id + " " + when) })
	if err != nil || !ok {
		return err
	}
	who, err := s.rep(ctx, rep.ID)
	if err != nil {
		return err
	}
	date := s.Policy.DateIn(who.team, c.m.At)
	if when != "" {
		if date, ok = dateWord(when, date); !ok {
			return s.reply(ctx, c.m, s.text("date.not_understood", "Word", bot.CutBytes(when, 60)))
		}
	}
	if err := s.noteLook(ctx, c, visit.ActLook, who.Team, privacy.LookReport+" "+string(date), rep.ID); err != nil {
		return err
	}
	r, err := s.reportOf(ctx, who, date)
	if err != nil {
		return err
	}
	body := digest.DailyReport(r, s.Say, false)
	body.Card.Lines = append(body.Card.Lines, bot.Line{Kind: bot.LineQuiet, Text: s.Say.T("report.how_to_comment", "Name", rep.Name)})
	return s.reply(ctx, c.m, body)
}

// reflect submits the day's report with what only the rep can say.
func (s *Service) reflect(ctx context.Context, c call) error {
	if !c.who.onRoster {
		return s.reply(ctx, c.m, s.text("checkin.not_on_roster"))
	}
	f := s.fact(c.m, c.who, visit.KindReport, "report", func(f *visit.Fact) { f.Note = c.rest })
	r, err := s.submit(ctx, c.who, f, "")
	if err != nil {
		return err
	}
	return s.reply(ctx, c.m, s.ownReport(r, "re/"+c.m.Key))
}

// submitReport is a tap on a report's button.
func (s *Service) submitReport(ctx context.Context, m bot.Message, who person, a action) error {
	f := s.fact(m, who, visit.KindReport, "report", func(f *visit.Fact) { f.Date = a.Date })
	before, err := s.reportOf(ctx, who, a.Date)
	if err != nil {
		return err
	}
	if at := before.Day.Reported; !at.IsZero() && at.Before(f.At) {
		return s.reply(ctx, m, s.text("button.again"))
	}
	r, err := s.submit(ctx, who, f, a.Of)
	if err != nil {
		return err
	}
	body := s.ownReport(r, a.Of)
	if !s.updatable(direct(m)) {
		// The report stands above, as it was.
		body = s.text("report.done")
	}
	return s.answerPress(ctx, m, a.Of, body, int64(r.Day.Facts)+1)
}

// submit appends a report and brings the message in which it came to what it
// is now, but for the one that is answered anyway.
func (s *Service) submit(ctx context.Context, who person, f visit.Fact, but string) (digest.Report, error) {
	if _, err := s.advance(ctx, who, tap{}, f); err != nil {
		return digest.Report{}, err
	}
	r, err := s.reportOf(ctx, who, f.Date)
	if err != nil {
		return r, err
	}
	post := reportPost(who.ID, f.Date)
	if post == but {
		return r, nil
	}
	return r, s.renew(ctx, bot.Post{ID: post, To: bot.Home(who.Rep, s.names()), Body: s.ownReport(r, post), Version: int64(r.Day.Facts) + 1})
}

// renew changes a post that was said before, where messages can be changed.
func (s *Service) renew(ctx context.Context, p bot.Post) error {
	if !s.updatable(p.To) {
		return nil
	}
	_, err := s.Store.Outbox().Get(ctx, p.ID)
	if errors.Is(err, storage.ErrNotFound) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("look up what was said: %w", err)
	}
	return s.Outbox.Say(ctx, p)
}

// dueReport reminds a rep of a report that is still to be submitted.
func (s *Service) dueReport(ctx context.Context, m bot.Message, who person) error {
	r, err := s.reportOf(ctx, who, m.Due.Date)
	if err != nil {
		return err
	}
	to := bot.Home(who.Rep, s.names())
	nothing := len(r.Plan)+len(r.Day.Visits) == 0
	if to == (bot.Address{}) || nothing || r.Day.Leave == 2 || !r.Day.Reported.IsZero() || !s.Now().Before(r.Deadline) {
		return nil
	}
	post := reportPost(who.ID, r.Date)
	return s.Outbox.Say(ctx, bot.Post{ID: post, To: to, Body: s.ownReport(r, post), Version: int64(r.Day.Facts) + 1})
}

// comment takes a manager's word on somebody's report into their day.
func (s *Service) comment(ctx context.Context, c call) error {
	name, text, _ := strings.Cut(c.rest, " ")
	if text = strings.TrimSpace(text); text == "" {
		return s.reply(ctx, c.m, s.text("comment.usage"))
	}
	rep, ok, err := s.colleague(ctx, c, name, func(id string) string { return "批注 " + id + " " + text })
	if err != nil || !ok {
		return err
	}
	who, err := s.rep(ctx, rep.ID)
	if err != nil {
		return err
	}
	f := s.fact(c.m, who, visit.KindComment, "comment", func(f *visit.Fact) { f.Note, f.By = text, c.who.ID })
	if err := s.hand(ctx, f); err != nil {
		return err
	}
	return s.reply(ctx, c.m, s.text("comment.done", "Name", rep.Name))
}

// hand gives a fact that somebody else caused to the lane of its rep.
func (s *Service) hand(ctx context.Context, f visit.Fact) error {
	f.Platform, f.Message = "", ""
	return s.Inlet.Accept(ctx, bot.Message{Key: "internal:" + f.ID, At: f.At, Received: f.Received, Fact: &f})
}

// commented tells a rep what their manager said of the report.
func (s *Service) commented(ctx context.Context, who person, f visit.Fact) error {
	by, err := s.rep(ctx, f.By)
	if err != nil {
		return err
	}
	if _, err := s.advance(ctx, who, tap{}, f); err != nil {
		return err
	}
	to := bot.Home(who.Rep, s.names())
	if to == (bot.Address{}) {
		return nil
	}
	return s.Outbox.Say(ctx, bot.Post{ID: "comment/" + f.ID, To: to, Body: s.text("comment.told",
		"Name", by.Name, "Date", s.Say.Date(f.Date.Time()), "Text", bot.Clean(f.Note, 500))})
}
