package handlers

import (
	"slices"
	"strings"
	"time"

	"roundsman/bot"
	"roundsman/digest"
	"roundsman/visit"
)

// visitPost is the id of a visit's bubble, morePost of the second message
// where a bubble cannot be changed.
func visitPost(visit string) string { return "visit/" + visit }
func morePost(visit string) string  { return "visit/" + visit + "/more" }

// visitPosts is what a visit's chat should show now. Where a message can be
// changed, that is one bubble. Elsewhere there is one message at the check-in
// and one more, a moment later, with everything that followed; a tapped
// message is replaced, and only a verdict or a customer that became another
// is told beyond that.
func (s *Service) visitPosts(view dayView, before, after visit.Day, v visit.Visit, by tap, added []visit.Fact) []bot.Post {
	to := view.chat(v.Source)
	platform, ok := s.platforms[to.Platform]
	if !ok {
		return nil
	}
	body := s.visitCard(view, after, v)
	old := before.Visit(v.ID)
	if platform.Abilities().UpdateFor > 0 {
		if old != nil && same(body, s.visitCard(view, before, *old)) {
			return nil
		}
		return []bot.Post{{ID: visitPost(v.ID), To: to, Body: body}}
	}
	unplaced := slices.ContainsFunc(before.Unplaced, func(f visit.Fact) bool { return f.ID == v.ID })
	if old == nil && !unplaced {
		return []bot.Post{{ID: visitPost(v.ID), To: to, Body: body}}
	}
	var posts []bot.Post
	tapped := by.fix == v.ID
	if tapped || unplaced || v.Customer != old.Customer || v.Claim.Verdict != old.Claim.Verdict {
		if tapped {
			body.Response = by.response
		}
		posts = append(posts, bot.Post{ID: visitPost(v.ID) + "/by/" + added[0].ID, To: to, Body: body})
	}
	more := s.moreCard(view, v)
	if more != nil && (old == nil || !same(bot.Body{Card: more}, bot.Body{Card: s.moreCard(view, *old)})) {
		wait := gather
		if v.CheckedOut {
			wait = 0
		}
		posts = append(posts, bot.Post{ID: morePost(v.ID), To: to, Body: bot.Body{Card: more}, NotBefore: s.Now().Add(wait)})
	}
	return posts
}

// visitCard is a visit's bubble.
func (s *Service) visitCard(view dayView, day visit.Day, v visit.Visit) bot.Body {
	say := s.Say
	card := &bot.Card{Title: digest.Mark(v) + " " + digest.Title(view.name, v, say)}
	switch v.Claim.Verdict {
	case visit.Verified:
		card.Tone = bot.ToneGood
	case visit.Near, visit.Suspicious:
		card.Tone = bot.ToneWarn
	case visit.OffSite:
		card.Tone = bot.ToneBad
	}
	verdict := say.T("verdict.prospect")
	if v.Claim.Customer != "" {
		verdict = say.T("verdict." + string(v.Claim.Verdict))
		if v.Claim.Distance >= 0 {
			verdict += " · " + say.T("visit.distance", "Distance", say.Metres(v.Claim.Distance))
		}
	}
	card.Lines = append(card.Lines,
		bot.Line{Label: say.T("visit.verdict"), Text: verdict},
		bot.Line{Label: say.T("visit.time"), Text: s.times(view, v)},
	)
	if v.Fix.Address != "" {
		card.Lines = append(card.Lines, bot.Line{Label: say.T("visit.place"), Text: v.Fix.Address})
	}
	card.Lines = append(card.Lines, s.gathered(v)...)
	if hint := s.visitHint(v); hint != "" {
		card.Lines = append(card.Lines, bot.Line{Text: hint})
	}
	if v.End.IsZero() {
		card.Footer = s.nextStop(view, day)
	} else {
		card.Tone = map[bool]bot.Tone{true: bot.ToneQuiet, false: card.Tone}[v.Claim.Verdict == visit.Verified]
	}
	card.Buttons = s.choiceButtons(view, v.Source, v.Options, v)
	return bot.Body{Card: card}
}

// times writes when the visit began and, if it did, ended.
func (s *Service) times(view dayView, v visit.Visit) string {
	from := s.Say.Clock(v.Start.In(view.who.zone))
	if v.End.IsZero() {
		return from
	}
	if !v.CheckedOut {
		return from
	}
	return s.Say.T("visit.span", "From", from, "To", s.Say.Clock(v.End.In(view.who.zone)), "Stay", s.Say.Duration(v.End.Sub(v.Start)))
}

// gathered writes a visit's photos and notes.
func (s *Service) gathered(v visit.Visit) []bot.Line {
	var lines []bot.Line
	if len(v.Photos) > 0 {
		missing := 0
		for _, p := range v.Photos {
			if p.Missing != "" {
				missing++
			}
		}
		text := s.Say.T("count.photos", "Count", len(v.Photos))
		if missing > 0 {
			text += " · " + s.Say.T("visit.photos_missing", "Count", missing)
		}
		lines = append(lines, bot.Line{Label: s.Say.T("visit.photos"), Text: text})
	}
	if len(v.Notes) > 0 {
		lines = append(lines, bot.Line{Label: s.Say.T("visit.note"), Text: bot.Clean(strings.Join(v.Notes, "\n"), 500)})
	}
	return lines
}

// visitHint is what the rep may do about the verdict.
func (s *Service) visitHint(v visit.Visit) string {
	if !v.End.IsZero() {
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
	if v := day.Current(); v != nil {
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
	if len(lines) == 0 && !v.CheckedOut {
		return nil
	}
	card := &bot.Card{Title: s.Say.T("more.title", "Name", digest.Title(view.name, v, s.Say)), Lines: lines}
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
func (s *Service) unplacedCard(view dayView, f visit.Fact) bot.Body {
	return bot.Body{Card: &bot.Card{
		Title:   s.Say.T("unplaced.title"),
		Tone:    bot.ToneWarn,
		Lines:   []bot.Line{{Label: s.Say.T("visit.time"), Text: s.Say.Clock(f.At.In(view.who.zone))}, {Text: s.Say.T("unplaced.hint")}},
		Buttons: s.choiceButtons(view, f, f.Fix.Claims, visit.Visit{}),
	}}
}

// maxChoices bounds the customers offered; WeCom's cards take six buttons.
const maxChoices = 4

// choiceButtons asks what a fix meant: other customers, or a new prospect.
func (s *Service) choiceButtons(view dayView, fix visit.Fact, options []visit.Claim, v visit.Visit) []bot.Button {
	unsure := v.ID == "" || v.Claim.Verdict == visit.OffSite || len(v.Options) > 0
	if !unsure || !v.End.IsZero() {
		return nil
	}
	expires := fix.At.Add(choiceFor)
	var buttons []bot.Button
	if len(v.Options) > 0 {
		buttons = append(buttons, s.button(s.Say.T("button.here", "Name", view.name(v.Customer)), bot.ButtonPrimary, expires,
			action{Do: doChoose, Rep: view.who.ID, Fix: fix.ID, Customer: v.Customer}))
	}
	for _, c := range options[:min(len(options), maxChoices)] {
		if c.Customer == v.Customer {
			continue
		}
		label := view.name(c.Customer)
		if c.Distance >= 0 {
			label += " " + s.Say.Metres(c.Distance)
		}
		buttons = append(buttons, s.button(label, bot.ButtonPlain, expires,
			action{Do: doChoose, Rep: view.who.ID, Fix: fix.ID, Customer: c.Customer}))
	}
	if len(v.Options) == 0 {
		buttons = append(buttons, s.button(s.Say.T("button.prospect"), bot.ButtonPlain, expires,
			action{Do: doProspect, Rep: view.who.ID, Fix: fix.ID}))
	}
	return slices.DeleteFunc(buttons, func(b bot.Button) bool { return b.Value == "" })
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
