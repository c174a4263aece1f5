package digest

import (
	"strconv"
	"strings"
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
	// Approve says that the manager approves it.
	Approve bool
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
		text := strconv.Itoa(i+1) + ". " + Stop(p, name, say)
		if p.Why.Kind != "" {
			text += " · " + say.T("why."+string(p.Why.Kind), "Days", p.Why.Days, "Cadence", p.Why.Cadence)
		}
		card.Lines = append(card.Lines, bot.Line{Text: text})
	}
	deadline := say.Clock(d.Deadline)
	state := "plan.state_proposed"
	switch {
	case d.Plan.Locked && d.Plan.Returned != "":
		state, card.Tone = "plan.state_returned", bot.ToneWarn
	case d.Plan.Locked && !d.Plan.Confirmed && d.Plan.Proposed:
		state, card.Tone = "plan.state_unseen", bot.ToneWarn
	case d.Plan.Locked:
		state, card.Tone = "plan.state_locked", bot.ToneQuiet
	case d.Plan.Confirmed:
		state, card.Tone = "plan.state_confirmed", bot.ToneGood
	}
	card.Lines = append(card.Lines, bot.Line{Kind: bot.LineQuiet, Text: say.T(state, "Deadline", deadline)})
	if d.Approve && d.Plan.Settled() {
		card.Lines = append(card.Lines, bot.Line{Label: say.T("approval.label"), Text: approval(d.Plan.Approval, say)})
	}
	if d.Plan.Returned != "" {
		card.Lines = append(card.Lines, bot.Line{Label: say.T("approval.asked"), Text: bot.Clean(d.Plan.Returned, 200)})
	}
	for _, f := range d.Plan.Late {
		card.Lines = append(card.Lines, bot.Line{Kind: bot.LineQuiet, Text: say.T("plan.changed_late",
			"Time", say.Clock(f.At.In(d.Deadline.Location())), "Reason", bot.Clean(f.Plan.Reason, 100))})
	}
	card.Footer = say.T("plan.total", "Count", len(d.Plan.Lines))
	return bot.Body{Card: &card}
}

// Stop is a planned visit in a line: the customer, when, what for, how much.
func Stop(p visit.PlannedVisit, name string, say *catalog.Catalog) string {
	text := name + timed(p, say)
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
	return text
}

// PlanReminder asks for the confirmation of a plan that nobody has looked at yet.
func PlanReminder(d DraftPlan, say *catalog.Catalog) bot.Body {
	stops := make([]string, len(d.Plan.Lines))
	for i, p := range d.Plan.Lines {
		stops[i] = p.Customer
		if c, ok := d.Customers[p.Customer]; ok {
			stops[i] = c.Name
		}
	}
	return bot.Body{Card: &bot.Card{
		Title: say.T("plan.reminder", "Date", say.Date(d.Date.Time()), "Count", len(stops)), Tone: bot.ToneWarn,
		Lines: []bot.Line{
			{Text: strings.Join(stops, " → ")},
			{Kind: bot.LineQuiet, Text: say.T("plan.state_proposed", "Deadline", say.Clock(d.Deadline))},
		},
	}}
}

// Unconfirmed tells the manager whose plan of the date nobody has looked at:
// those who go by the proposal, and those who have none. It is empty if there are none.
func Unconfirmed(d TeamDay, say *catalog.Catalog) bot.Body {
	card := bot.Card{Tone: bot.ToneWarn}
	missing := 0
	var idle []string
	for _, r := range d.Reps {
		switch {
		case r.Rep.Role != visit.RoleRep:
		case len(r.Plan) == 0:
			idle = append(idle, r.Rep.Name)
		case r.Unconfirmed:
			missing++
			card.Lines = append(card.Lines, bot.Line{
				Label: say.T("morning.rep", "Name", r.Rep.Name, "Count", len(r.Plan)),
				Text:  route(d, r.Plan, func(p visit.PlannedVisit) string { return purpose(p, say) }),
			})
		}
	}
	if missing+len(idle) == 0 {
		return bot.Body{}
	}
	if len(idle) > 0 {
		card.Lines = append(card.Lines, bot.Line{Kind: bot.LineQuiet, Label: say.T("morning.idle"), Text: strings.Join(idle, say.T("list.comma"))})
	}
	card.Title = say.T("unconfirmed.title", "Team", d.Team.Name, "Date", say.Date(d.Date.Time()), "Count", missing+len(idle))
	if missing > 0 {
		card.Footer = say.T("unconfirmed.footer")
	}
	return bot.Body{Card: &card}
}
