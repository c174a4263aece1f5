package digest

import (
	"strings"

	"roundsman/bot"
	"roundsman/catalog"
)

// Doubts is what a manager is to look at of a rep's day, with what the rep says of it.
func Doubts(d TeamDay, r RepDay, say *catalog.Catalog) bot.Body {
	card := bot.Card{
		Title: say.T("doubt.title", "Name", r.Rep.Name, "Count", len(r.Day.Visits)), Tone: bot.ToneWarn,
		Footer: say.T("doubt.footer", "Name", r.Rep.Name),
	}
	for _, v := range r.Day.Visits {
		card.Lines = append(card.Lines, bot.Line{Text: boardVisit(d, r, v, say)})
		if v.Explained() {
			card.Lines = append(card.Lines, bot.Line{Kind: bot.LineQuiet, Text: say.T("doubt.reason", "Text", short(strings.Join(v.Notes, " ")))})
		}
	}
	return bot.Body{Card: &card}
}
