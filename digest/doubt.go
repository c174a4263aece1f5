package digest

import (
	"strings"

	"roundsman/bot"
	"roundsman/catalog"
	"roundsman/visit"
)

// Doubt asks a manager about a visit: what was measured, what speaks against it,
// and what its rep says. by is who decided on it or asked about it last, by name.
func Doubt(d TeamDay, r RepDay, v visit.Visit, by string, say *catalog.Catalog) bot.Body {
	card := bot.Card{
		Title: say.T("doubt.title", "Name", r.Rep.Name), Tone: bot.ToneWarn,
		Lines:  []bot.Line{{Text: boardVisit(d, r, v, say)}, {Label: say.T("doubt.why"), Text: Why(v, say)}},
		Footer: say.T("doubt.footer", "Name", r.Rep.Name),
	}
	// One doubt is no question yet; whoever looks at the visit should know of it.
	if v.Ruled() != visit.Suspicious && len(v.Signals) > 0 {
		card.Lines = append(card.Lines, bot.Line{Kind: bot.LineQuiet, Label: say.T("doubt.also"), Text: signals(v.Signals, say)})
	}
	if said := v.Said(); len(said) > 0 {
		card.Lines = append(card.Lines, bot.Line{Label: say.T("doubt.reason"), Text: bot.Clean(strings.Join(said, "\n"), 300)})
	}
	card.Lines = append(card.Lines, Evidence(v, say)...)
	if v.Challenge.Photo != "" {
		card.Lines = append(card.Lines, bot.Line{Label: say.T("challenge.label"), Text: say.T("challenge.answered", "Number", v.Challenge.Number)})
	}
	switch {
	case v.Decided != nil:
		card.Title = say.T("doubt.decided", "Name", r.Rep.Name)
		card.Tone = bot.ToneQuiet
		card.Lines = append(card.Lines, bot.Line{Label: say.T("doubt.decision"), Text: say.T("doubt.by",
			"Name", by, "What", Decision(v.Decided.Decision.Verdict, say), "Time", say.Clock(v.Decided.At.In(d.Zone)))})
	case !v.Asked.IsZero():
		card.Lines = append(card.Lines, bot.Line{Kind: bot.LineQuiet, Text: say.T("doubt.asked", "Name", by, "Time", say.Clock(v.Asked.In(d.Zone)))})
	}
	return bot.Body{Card: &card}
}

// Decision is a manager's verdict in a word: accepted, or not.
func Decision(v visit.Verdict, say *catalog.Catalog) string {
	if v == visit.Verified {
		return say.T("decision.accepted")
	}
	return say.T("decision.rejected")
}
