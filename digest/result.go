package digest

import (
	"strings"

	"roundsman/bot"
	"roundsman/catalog"
	"roundsman/visit"
)

// Result is what came of a visit, as lines of a card.
func Result(r visit.Result, say *catalog.Catalog) []bot.Line {
	var lines []bot.Line
	if text := Outcome(r, say); text != "" {
		lines = append(lines, bot.Line{Label: say.T("result.label"), Text: text})
	}
	for _, t := range []struct{ key, text string }{
		{"result.competitor", r.Competitor}, {"result.feedback", r.Feedback}, {"result.news", r.News},
	} {
		if t.text != "" {
			lines = append(lines, bot.Line{Label: say.T(t.key), Text: bot.Clean(t.text, 300)})
		}
	}
	return lines
}

// Outcome is a result in one line: how the delivery ended, the result in a
// word, and the amounts.
func Outcome(r visit.Result, say *catalog.Catalog) string {
	var parts []string
	if r.Delivery != "" {
		parts = append(parts, say.T("delivery."+string(r.Delivery)))
	}
	if r.Kind != "" {
		parts = append(parts, say.T("result."+string(r.Kind)))
	}
	for _, a := range []struct {
		key string
		fen *int64
	}{{"result.order", r.Order}, {"result.collected", r.Collected}} {
		if a.fen != nil {
			parts = append(parts, say.T(a.key, "Amount", say.Money(*a.fen)))
		}
	}
	return strings.Join(parts, " · ")
}
