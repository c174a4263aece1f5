package digest

import (
	"strconv"
	"time"

	"roundsman/bot"
	"roundsman/catalog"
	"roundsman/visit"
)

// DraftPlan is a rep's plan of a date to come.
type DraftPlan struct {
	Rep       visit.Rep
	Date      visit.Date
	Plan      visit.Plan
	Customers map[string]visit.Customer
	// Deadline is when it locks, in the team's zone.
	Deadline time.Time
}

// Draft is a plan while it is made: each visit with why it is there, and what the rep may do.
func Draft(d DraftPlan, say *catalog.Catalog) bot.Body {
	card := bot.Card{Title: say.T("plan.title", "Name", d.Rep.Name, "Date", say.Date(d.Date.Time()))}
	if len(d.Plan.Lines) == 0 {
		card.Lines = []bot.Line{{Text: say.T("plan.nothing_to_propose")}}
		return bot.Body{Card: &card}
	}
	for i, p := range d.Plan.Lines {
		name := p.Customer
		if c, ok := d.Customers[p.Customer]; ok {
			name = c.Name
		}
		text := strconv.Itoa(i+1) + ". " + name + timed(p, say)
		for _, t := range []struct {
			key string
			fen int64
		}{{"plan.collect", p.CollectionTarget}, {"plan.order", p.OrderTarget}} {
			if t.fen > 0 {
				text += " · " + say.T(t.key, "Amount", say.Money(t.fen))
			}
		}
		if p.Reference != "" {
			text += " · #" + p.Reference
		}
		if p.Why.Kind != "" {
			text += " · " + say.T("why."+string(p.Why.Kind), "Days", p.Why.Days, "Cadence", p.Why.Cadence)
		}
		card.Lines = append(card.Lines, bot.Line{Text: text})
	}
	deadline := say.Clock(d.Deadline)
	state := "plan.state_proposed"
	switch {
	case d.Plan.Locked && !d.Plan.Confirmed && d.Plan.Proposed:
		state, card.Tone = "plan.state_unseen", bot.ToneWarn
	case d.Plan.Locked:
		state, card.Tone = "plan.state_locked", bot.ToneQuiet
	case d.Plan.Confirmed:
		state, card.Tone = "plan.state_confirmed", bot.ToneGood
	}
	card.Lines = append(card.Lines, bot.Line{Kind: bot.LineQuiet, Text: say.T(state, "Deadline", deadline)})
	for _, f := range d.Plan.Late {
		card.Lines = append(card.Lines, bot.Line{Kind: bot.LineQuiet, Text: say.T("plan.changed_late",
			"Time", say.Clock(f.At.In(d.Deadline.Location())), "Reason", bot.Clean(f.Plan.Reason, 100))})
	}
	card.Footer = say.T("plan.total", "Count", len(d.Plan.Lines))
	return bot.Body{Card: &card}
}
