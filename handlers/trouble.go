package handlers

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"roundsman/bot"
	"roundsman/storage"
	"roundsman/visit"
)

const (
	// troubleShown bounds a list with two buttons a line: WeCom's cards take six.
	troubleShown = 3
	// troubleCounted bounds what is counted beyond what is shown.
	troubleCounted = 100
	// troubleFor is how long an admin may act on a list.
	troubleFor = 24 * time.Hour
)

// deadLetters lists the events that failed for the last time: who sent what
// kind of thing and when, never its content.
func (s *Service) deadLetters(ctx context.Context, c call) error {
	events, err := s.Store.Inbox().Dead(ctx, troubleCounted)
	if err != nil {
		return fmt.Errorf("read the dead events: %w", err)
	}
	if len(events) == 0 {
		return s.reply(ctx, c.m, s.text("dead.none"))
	}
	card := &bot.Card{Title: s.Say.T("dead.title", "Count", len(events)), Tone: bot.ToneWarn, Footer: s.Say.T("dead.footer")}
	for i, e := range events[:min(len(events), troubleShown)] {
		text, err := s.deadLine(ctx, c, e)
		if err != nil {
			return err
		}
		n := strconv.Itoa(i + 1)
		card.Lines = append(card.Lines, bot.Line{Label: n, Text: text})
		card.Buttons = append(card.Buttons,
			s.button(s.Say.T("button.retry", "N", n), bot.ButtonPrimary, c.m.At.Add(troubleFor), action{Do: doRetry, Rep: c.who.ID, Of: e.Key}),
			s.button(s.Say.T("button.drop", "N", n), bot.ButtonDanger, c.m.At.Add(troubleFor), action{Do: doDrop, Rep: c.who.ID, Of: e.Key}))
	}
	card.Lines = append(card.Lines, s.more(len(events))...)
	return s.reply(ctx, c.m, bot.Body{Card: card})
}

// more says how many a list does not show.
func (s *Service) more(n int) []bot.Line {
	if n <= troubleShown {
		return nil
	}
	return []bot.Line{{Kind: bot.LineQuiet, Text: s.Say.T("list.more", "Count", n-troubleShown)}}
}

// deadLine says who sent a dead event, what it was, and when.
func (s *Service) deadLine(ctx context.Context, c call, e storage.Event) (string, error) {
	m, err := bot.ReadEvent(e)
	if err != nil {
		//nolint:nilerr // a list of what went wrong says so, and goes on
		return strings.Join([]string{s.Say.T("event.unreadable"), s.when(c, e.Received)}, " · "), nil
	}
	kind := "other"
	switch {
	case m.Fact != nil:
		kind = "internal"
	case m.Due != nil:
		kind = "due"
	case m.Location != nil:
		kind = "location"
	case len(m.Media) > 0:
		kind = "photo"
	case m.Press != nil:
		kind = "press"
	case m.Text != "":
		kind = "text"
	}
	var rep visit.Rep
	who, internal := m.Internal()
	if internal {
		rep, err = s.Store.Roster().Rep(ctx, who)
	} else {
		who = m.From
		rep, err = s.Store.Roster().ByIdentity(ctx, m.Platform, m.From)
	}
	switch {
	case err == nil:
		who = rep.Name
	case !errors.Is(err, storage.ErrNotFound):
		return "", fmt.Errorf("find a person: %w", err)
	}
	return strings.Join([]string{who, s.Say.T("event." + kind), s.when(c, m.At)}, " · "), nil
}

// when writes an instant for whoever asked.
func (s *Service) when(c call, t time.Time) string {
	t = t.In(c.who.zone)
	return s.Say.Date(t) + " " + s.Say.Clock(t)
}

// settleDead tries a dead event again, or drops it.
func (s *Service) settleDead(ctx context.Context, m bot.Message, who person, a action) error {
	if !who.Role.AtLeast(visit.RoleAdmin) {
		return s.reply(ctx, m, s.text("command.denied", "Role", s.Say.T("role."+string(visit.RoleAdmin))))
	}
	waits, err := s.Store.Inbox().Waiting(ctx, a.Of)
	if err != nil {
		return fmt.Errorf("look at a dead event: %w", err)
	}
	if len(waits) > 0 {
		return s.reply(ctx, m, s.text("dead.again"))
	}
	if a.Do == doDrop {
		if err := s.Store.Inbox().Done(ctx, a.Of, s.Now()); err != nil {
			return fmt.Errorf("drop a dead event: %w", err)
		}
		s.Log.Info("an admin dropped a dead event", "event", a.Of, "admin", who.ID)
		return s.reply(ctx, m, s.text("dead.dropped"))
	}
	err = s.Store.Inbox().Defer(ctx, a.Of, 0, s.Now(), false, "")
	if errors.Is(err, storage.ErrNotFound) {
		return s.reply(ctx, m, s.text("dead.settled"))
	}
	if err != nil {
		return fmt.Errorf("try a dead event again: %w", err)
	}
	s.Log.Info("an admin had a dead event tried again", "event", a.Of, "admin", who.ID)
	return s.reply(ctx, m, s.text("dead.retried"))
}

// uncertain lists the posts of which nobody knows whether they arrived, and those
// that were refused: where they went, what they are and when they were written,
// never what they say.
func (s *Service) uncertain(ctx context.Context, c call) error {
	posts, err := s.Store.Outbox().List(ctx, storage.PostUncertain, troubleCounted)
	if err != nil {
		return fmt.Errorf("read the uncertain posts: %w", err)
	}
	failed, err := s.Store.Outbox().List(ctx, storage.PostFailed, troubleCounted)
	if err != nil {
		return fmt.Errorf("read the failed posts: %w", err)
	}
	posts = append(posts, failed...)
	if len(posts) == 0 {
		return s.reply(ctx, c.m, s.text("uncertain.none"))
	}
	card := &bot.Card{Title: s.Say.T("uncertain.title", "Count", len(posts)), Tone: bot.ToneWarn, Footer: s.Say.T("uncertain.footer")}
	for i, p := range posts[:min(len(posts), troubleShown)] {
		what, err := s.postLine(ctx, p)
		if err != nil {
			return err
		}
		if p.State == storage.PostFailed {
			what += " · " + s.Say.T("post.refused", "Code", p.Error)
		}
		n := strconv.Itoa(i + 1)
		card.Lines = append(card.Lines, bot.Line{Label: n, Text: what + " · " + s.when(c, p.Created)})
		card.Buttons = append(card.Buttons, s.button(s.Say.T("button.resend", "N", n), bot.ButtonPlain, c.m.At.Add(troubleFor),
			action{Do: doResend, Rep: c.who.ID, Of: p.ID}))
	}
	card.Lines = append(card.Lines, s.more(len(posts))...)
	return s.reply(ctx, c.m, bot.Body{Card: card})
}

// postLine says what kind of post it is and where it went.
func (s *Service) postLine(ctx context.Context, p storage.Post) (string, error) {
	to, err := bot.ParseAddress(p.Chat)
	if err != nil {
		return s.Say.T("event.unreadable"), nil //nolint:nilerr // as above
	}
	what := s.Say.T("post.answer")
	if run, ok := strings.CutPrefix(p.ID, "run/"); ok {
		job, _, _ := strings.Cut(run, "|")
		what = s.Say.T("job." + job)
	}
	if to.Place == bot.ToUser {
		rep, err := s.Store.Roster().ByIdentity(ctx, to.Platform, to.ID)
		switch {
		case err == nil:
			return what + " → " + rep.Name, nil
		case !errors.Is(err, storage.ErrNotFound):
			return "", fmt.Errorf("find a person: %w", err)
		}
		return what + " → " + to.ID, nil
	}
	teams, err := s.Store.Roster().Teams(ctx)
	if err != nil {
		return "", fmt.Errorf("read the teams: %w", err)
	}
	for _, t := range teams {
		for _, g := range t.Groups {
			if g == p.Chat {
				return what + " → " + t.Name, nil
			}
		}
	}
	return what + " → " + s.Say.T("platform."+to.Platform), nil
}

// resend sends an uncertain post once more, since an admin looked and found it missing.
func (s *Service) resend(ctx context.Context, m bot.Message, who person, a action) error {
	if !who.Role.AtLeast(visit.RoleAdmin) {
		return s.reply(ctx, m, s.text("command.denied", "Role", s.Say.T("role."+string(visit.RoleAdmin))))
	}
	// A tap that was answered did its work: handled again after a crash it must
	// not send what has become uncertain once more meanwhile.
	if done, err := s.answered(ctx, m); err != nil || done {
		return err
	}
	changed, err := s.Outbox.Again(ctx, a.Of)
	if err != nil && !errors.Is(err, storage.ErrNotFound) {
		return err
	}
	if !changed {
		return s.reply(ctx, m, s.text("uncertain.settled"))
	}
	s.Log.Info("an admin had a post sent again", "post", a.Of, "admin", who.ID)
	return s.reply(ctx, m, s.text("uncertain.resent"))
}

// answered reports whether m was answered before.
func (s *Service) answered(ctx context.Context, m bot.Message) (bool, error) {
	_, err := s.Store.Outbox().Get(ctx, "re/"+m.Key)
	if errors.Is(err, storage.ErrNotFound) {
		return false, nil
	}
	if err != nil {
		return false, fmt.Errorf("look up an answer: %w", err)
	}
	return true, nil
}
