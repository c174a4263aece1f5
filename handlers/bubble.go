package handlers

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"roundsman/bot"
	"roundsman/digest"
	"roundsman/storage"
	"roundsman/visit"
)

// visitPost is the id of a visit's bubble, morePost of the second message
// where a bubble cannot be changed.
func visitPost(visit string) string { return "visit/" + visit }
func morePost(visit string) string  { return "visit/" + visit + "/more" }

// visitPosts is what a visit's chat should show now. Where a message can be
// changed, that is one bubble. Elsewhere there is one message at the check-in
// and one more with everything that followed, after some quiet or at the end.
// Beyond these two only what the rep asked is answered: a tap (the tapped
// message is replaced), another try at a verdict, an end or a reason that came
// when the second had been sent.
func (s *Service) visitPosts(ctx context.Context, c change, v visit.Visit) ([]bot.Post, error) {
	to := c.chat(v.Source)
	if to == (bot.Address{}) {
		return nil, nil
	}
	body := s.visitCard(c.dayView, c.after, v)
	old := c.before.Visit(v.ID)
	if s.updatable(to) {
		if old != nil && same(body, s.visitCard(c.dayView, c.before, *old)) {
			return nil, nil
		}
		return []bot.Post{{ID: visitPost(v.ID), To: to, Body: body}}, nil
	}
	unplaced := isUnplaced(c.before, v.ID)
	if old == nil && !unplaced {
		return []bot.Post{{ID: visitPost(v.ID), To: to, Body: body}}, nil
	}
	var posts []bot.Post
	tapped := c.by.fix == v.ID
	if tapped || unplaced || v.Customer != old.Customer || v.Claim.Verdict != old.Claim.Verdict {
		if tapped {
			body.Response = c.by.response
		}
		posts = append(posts, bot.Post{ID: visitPost(v.ID) + "/by/" + c.added[0].ID, To: to, Body: body})
	}
	if old == nil {
		old = &visit.Visit{}
	}
	more := s.moreCard(c.dayView, v)
	ended := !v.End.IsZero() && old.End.IsZero()
	if more == nil || !ended && same(bot.Body{Card: more}, bot.Body{Card: s.moreCard(c.dayView, *old)}) {
		return posts, nil
	}
	post := bot.Post{ID: morePost(v.ID), To: to, Body: bot.Body{Card: more}, NotBefore: s.Now().Add(quiet)}
	if !v.End.IsZero() {
		post.NotBefore = time.Time{}
	}
	sent, err := s.wasSent(ctx, post.ID, int64(c.after.Facts))
	if err != nil {
		return nil, err
	}
	if sent {
		answers := v.CheckedOut && !old.CheckedOut || v.Claim.Verdict == visit.Near && v.Explained() && !old.Explained()
		if !answers {
			return posts, nil
		}
		post.ID, post.NotBefore = morePost(v.ID)+"/"+c.added[0].ID, time.Time{}
	}
	return append(posts, post), nil
}

// wasSent reports whether a post was sent in an earlier version than the given one.
func (s *Service) wasSent(ctx context.Context, id string, version int64) (bool, error) {
	p, err := s.Store.Outbox().Get(ctx, id)
	if errors.Is(err, storage.ErrNotFound) {
		return false, nil
	}
	if err != nil {
		return false, fmt.Errorf("look up what was said: %w", err)
	}
	return p.State != storage.PostPending && p.Version < version, nil
}

// visitCard is a visit's bubble.
func (s *Service) visitCard(view dayView, day visit.Day, v visit.Visit) bot.Body {
	say := s.Say
	card := &bot.Card{Title: digest.Mark(v) + " " + digest.Title(view.name, v, say)}
	switch v.Verdict() {
	case visit.Verified:
		card.Tone = bot.ToneGood
	case visit.Near, visit.Suspicious:
		card.Tone = bot.ToneWarn
	case visit.OffSite:
		card.Tone = bot.ToneBad
	}
	verdict := say.T("verdict.prospect")
	if v.Verdict() != "" {
		verdict = say.T("verdict." + string(v.Verdict()))
	}
	if v.Claim.Customer != "" {
		if v.Claim.Distance >= 0 {
			verdict += " · " + say.T("visit.distance", "Distance", say.Metres(v.Claim.Distance))
		}
	}
	card.Lines = append(card.Lines,
		bot.Line{Label: say.T("visit.verdict"), Text: verdict},
		bot.Line{Label: say.T("visit.time"), Text: s.times(view, v)},
	)
	if v.Source.Fix != nil && v.Source.Fix.Late {
		card.Lines = append(card.Lines, bot.Line{Label: say.T("visit.late"), Text: say.T("visit.late_at",
			"Time", say.Clock(v.Source.At.In(view.who.zone)), "Received", say.Clock(v.Source.Received.In(view.who.zone)))})
	}
	if v.Fix.Address != "" {
		card.Lines = append(card.Lines, bot.Line{Label: say.T("visit.place"), Text: v.Fix.Address})
	}
	card.Lines = append(card.Lines, digest.Evidence(v, say)...)
	card.Lines = append(card.Lines, s.gathered(v)...)
	if v.Decided != nil {
		card.Lines = append(card.Lines, bot.Line{Label: say.T("doubt.decision"), Text: digest.Decision(v.Decided.Decision.Verdict, say)})
	}
	if hint := s.visitHint(v); hint != "" {
		card.Lines = append(card.Lines, bot.Line{Text: hint})
	}
	if v.Verdict() == visit.Suspicious {
		card.Lines = append(card.Lines, bot.Line{Text: say.T("hint.suspicious")})
	}
	switch {
	case v.End.IsZero():
		card.Footer = s.nextStop(view, day)
	case v.Verdict() == visit.Verified:
		card.Tone = bot.ToneQuiet
	}
	options := v.Options
	if v.Claim.Verdict == visit.OffSite {
		options = v.Fix.Claims
	}
	card.Buttons = s.choiceButtons(view, day, v.Source, options, v)
	if len(card.Buttons) == 0 {
		card.Buttons = s.resultButtons(view, v)
	}
	if measuresBetter(v) {
		card.Buttons = append(card.Buttons, s.pageButtons(v.Source.Platform)...)
	}
	return bot.Body{Card: card}
}

// times writes when the visit began and, if it did, ended.
func (s *Service) times(view dayView, v visit.Visit) string {
	from := s.Say.Clock(v.Start.In(view.who.zone))
	if !v.CheckedOut {
		return from
	}
	return s.Say.T("visit.span", "From", from, "To", s.Say.Clock(v.End.In(view.who.zone)), "Stay", digest.Stay(v, s.Say))
}

// gathered writes a visit's photos and notes.
func (s *Service) gathered(v visit.Visit) []bot.Line {
	var lines []bot.Line
	if len(v.Photos) > 0 {
		text := s.Say.T("count.photos", "Count", len(v.Photos))
		missing := make(map[string]int)
		for _, p := range v.Photos {
			if p.Missing != "" {
				missing[s.missingKey(p.Missing)]++
			}
		}
		for _, key := range slices.Sorted(maps.Keys(missing)) {
			text += " · " + s.Say.T(key, "Count", missing[key])
		}
		lines = append(lines, bot.Line{Label: s.Say.T("visit.photos"), Text: text})
	}
	lines = append(lines, s.challengeLine(v)...)
	lines = append(lines, digest.Result(v.Result, s.Say)...)
	notes := v.Notes
	if v.Prospect && len(notes) > 0 {
		// The first is the prospect's name, and stands in the title.
		notes = notes[1:]
	}
	if len(notes) > 0 {
		lines = append(lines, bot.Line{Label: s.Say.T("visit.note"), Text: bot.Clean(strings.Join(notes, "\n"), 500)})
	}
	return lines
}

// missingKey is the sentence for photos that were not kept: what to do about it
// depends on why.
func (s *Service) missingKey(reason string) string {
	switch reason {
	case bot.FetchTooLarge, bot.FetchTooManyPixels:
		return "visit.photos_large"
	case bot.FetchNotPicture, bot.FetchMoving:
		return "visit.photos_none"
	case bot.FetchFileKind:
		return "visit.photos_kind"
	}
	return "visit.photos_missing"
}

// visitHint is what the rep may do about the verdict.
func (s *Service) visitHint(v visit.Visit) string {
	if !v.End.IsZero() || v.Decided != nil {
		return ""
	}
	switch {
	case v.Prospect && len(v.Notes) == 0:
		return s.Say.T("hint.prospect")
	case v.Claim.Verdict == visit.Near && !v.Explained():
		reason := "outside"
		if len(v.Claim.Reasons) > 0 {
			reason = string(v.Claim.Reasons[0])
		}
		return s.Say.T("hint.near." + reason)
	case v.Claim.Verdict == visit.OffSite:
		return s.Say.T("hint.off_site")
	case len(v.Options) > 0:
		return s.Say.T("hint.options")
	case v.Claim.Verdict == visit.Verified && len(v.Photos) == 0:
		return s.Say.T("hint.photo")
	}
	return ""
}

// nextStop writes which planned customer is next.
func (s *Service) nextStop(view dayView, day visit.Day) string {
	left := day.Remaining(view.plan)
	if v := day.Current(); v != nil && v.Verdict() != visit.OffSite {
		left = slices.DeleteFunc(left, func(p visit.PlannedVisit) bool { return p.Customer == v.Customer })
	}
	switch {
	case len(view.plan) == 0:
		return ""
	case len(left) == 0:
		return s.Say.T("visit.plan_done", "Count", len(view.plan))
	}
	next := left[0]
	name := view.name(next.Customer)
	if next.Window != (visit.Span{}) {
		name += s.Say.T("list.brackets", "Text", next.Window.From.String())
	}
	return s.Say.T("visit.next", "Name", name, "Count", len(left))
}

// moreCard is the second message of a visit where the first cannot be changed; nil if nothing followed.
func (s *Service) moreCard(view dayView, v visit.Visit) *bot.Card {
	lines := s.gathered(v)
	if len(v.Photos)+len(v.Notes) == 0 && v.Result.IsZero() && !v.CheckedOut {
		return nil
	}
	card := &bot.Card{Title: s.Say.T("more.title", "Name", digest.Title(view.name, v, s.Say)), Lines: lines}
	if v.Claim.Verdict == visit.Near || v.Prospect {
		// The first message asked for a reason, or a name, and could not ask for the result yet.
		card.Buttons = s.resultButtons(view, v)
	}
	if v.CheckedOut {
		card.Title = s.Say.T("more.ended", "Name", digest.Title(view.name, v, s.Say))
		card.Lines = append(card.Lines, bot.Line{Label: s.Say.T("visit.time"), Text: s.times(view, v)})
	}
	return card
}

// mergedCard replaces the bubble of a fix that turned out to belong to the visit before.
func (s *Service) mergedCard() bot.Body {
	return bot.Body{Card: &bot.Card{Title: s.Say.T("visit.merged"), Tone: bot.ToneQuiet}}
}

// unplacedCard answers a fix that means no customer.
func (s *Service) unplacedCard(view dayView, day visit.Day, f visit.Fact) bot.Body {
	buttons := s.choiceButtons(view, day, f, f.Fix.Claims, visit.Visit{})
	hint := "unplaced.hint"
	if len(buttons) > 1 {
		hint = "unplaced.hint_choose"
	}
	return bot.Body{Card: &bot.Card{
		Title:   s.Say.T("unplaced.title"),
		Tone:    bot.ToneWarn,
		Lines:   []bot.Line{{Label: s.Say.T("visit.time"), Text: s.Say.Clock(f.At.In(view.who.zone))}, {Text: s.Say.T(hint)}},
		Buttons: append(buttons, s.pageButtons(f.Platform)...),
	}}
}

// maxChoices bounds the customers offered; WeCom's cards take six buttons.
const maxChoices = 4

// choiceButtons asks what a fix meant, while that is in doubt: another
// customer, planned ones first, or a new prospect.
func (s *Service) choiceButtons(view dayView, day visit.Day, fix visit.Fact, options []visit.Claim, v visit.Visit) []bot.Button {
	asked := len(v.Options) > 0
	if !v.End.IsZero() || v.ID != "" && v.Claim.Verdict != visit.OffSite && !asked {
		return nil
	}
	expires := fix.At.Add(choiceFor)
	var buttons []bot.Button
	if asked {
		buttons = append(buttons, s.button(s.Say.T("button.here", "Name", view.name(v.Customer)), bot.ButtonPrimary, expires,
			action{Do: doChoose, Rep: view.who.ID, Fix: fix.ID, Customer: v.Customer}))
	}
	for _, c := range view.choices(day, options, v) {
		label := view.name(c.Customer)
		if c.Distance >= 0 {
			label += " " + s.Say.Metres(c.Distance)
		}
		buttons = append(buttons, s.button(label, bot.ButtonPlain, expires,
			action{Do: doChoose, Rep: view.who.ID, Fix: fix.ID, Customer: c.Customer}))
	}
	if !asked {
		buttons = append(buttons, s.button(s.Say.T("button.prospect"), bot.ButtonPlain, expires,
			action{Do: doProspect, Rep: view.who.ID, Fix: fix.ID}))
	}
	return slices.DeleteFunc(buttons, func(b bot.Button) bool { return b.Value == "" })
}

// choices are the customers worth offering beside a visit's own, in the order
// of the plan where distances are not known. Those that were visited already
// are left out, unless they are about as near.
func (v dayView) choices(day visit.Day, options []visit.Claim, of visit.Visit) []visit.Claim {
	order := make(map[string]int, len(v.plan))
	for _, p := range v.plan {
		order[p.Customer] = p.Order
	}
	left := slices.DeleteFunc(slices.Clone(options), func(c visit.Claim) bool {
		visited := slices.ContainsFunc(day.Visits, func(o visit.Visit) bool {
			return o.Customer == c.Customer && o.ID != of.ID && (o.Claim.Verdict == visit.Verified || o.Claim.Verdict == visit.Near)
		})
		return c.Customer == of.Customer || visited && len(of.Options) == 0
	})
	slices.SortStableFunc(left, func(a, b visit.Claim) int {
		if a.Distance < 0 && b.Distance < 0 {
			return order[a.Customer] - order[b.Customer]
		}
		return 0
	})
	return left[:min(len(left), maxChoices)]
}

// button seals an action into a button.
func (s *Service) button(text string, style bot.ButtonStyle, expires time.Time, a action) bot.Button {
	value, err := s.Buttons.Seal(a, expires)
	if err != nil {
		s.Log.Error("cannot seal a button", "error", err)
		return bot.Button{}
	}
	return bot.Button{Text: bot.CutBytes(text, 40), Value: value, Style: style}
}
