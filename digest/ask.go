package digest

import (
	"fmt"
	"strconv"
	"strings"

	"roundsman/bot"
	"roundsman/catalog"
	"roundsman/visit"
)

// Person is one rep's day for their manager. Of somebody who is not in the
// team's day it says so.
func Person(d TeamDay, rep visit.Rep, say *catalog.Catalog) bot.Body {
	card := bot.Card{Title: say.T("person.title", "Name", rep.Name, "Date", say.Date(d.Date.Time()))}
	for _, r := range d.Reps {
		if r.Rep.ID != rep.ID || len(r.Plan)+len(r.Day.Visits)+len(r.Day.Unplaced)+r.Day.Leave == 0 {
			continue
		}
		card.Lines = append(card.Lines,
			bot.Line{Label: say.T("evening.adherence"), Text: say.Share(r.Tally.Reached, r.Tally.Planned)},
			bot.Line{Label: say.T("evening.visits"), Text: counts(r.Tally, say)})
		card.Lines = append(card.Lines, moneyLines(r.Tally, say)...)
		if r.Day.Leave > 0 {
			card.Lines = append(card.Lines, bot.Line{Text: say.T("report.leave", "Days", halves(r.Day.Leave))})
		}
		card.Lines = append(card.Lines, bot.Line{Kind: bot.LineRule})
		card.Lines = append(card.Lines, boardRep(d, r, say)...)
		return bot.Body{Card: &card}
	}
	card.Lines = []bot.Line{{Text: say.T("person.nothing")}}
	return bot.Body{Card: &card}
}

// CustomerHistory is what is known of a customer.
type CustomerHistory struct {
	Customer visit.Customer
	// Owner is the owner's name, empty if nobody's.
	Owner string
	Today visit.Date
	// Last is the date of the last verified visit; empty if there was none.
	Last visit.Date
	// Days are those on which somebody was there, the newest first, Names the reps' names by id.
	Days  []visit.Outcome
	Names map[string]string
}

// History shows a customer: whose it is, when a visit is due, who was there and what came of it.
func History(h CustomerHistory, say *catalog.Catalog) bot.Body {
	c := h.Customer
	card := bot.Card{Title: c.Name}
	var parts []string
	for _, p := range []string{c.ID, h.Owner, c.Grade, c.Area} {
		if p != "" {
			parts = append(parts, p)
		}
	}
	card.Lines = append(card.Lines, bot.Line{Text: strings.Join(parts, " · ")})
	due := say.T("customer.never")
	if h.Last != "" {
		due = say.T("customer.last", "Date", say.Date(h.Last.Time()), "Days", h.Last.Days(h.Today))
	}
	if cadence := c.Due(); cadence > 0 {
		due += " · " + say.T("customer.cadence", "Days", cadence)
		if h.Last != "" && c.Overdue(h.Last, h.Today) > 1 {
			due += " · " + say.T("customer.overdue")
			card.Tone = bot.ToneWarn
		}
	}
	card.Lines = append(card.Lines, bot.Line{Label: say.T("customer.visit"), Text: due})
	if len(h.Days) > 0 {
		card.Lines = append(card.Lines, bot.Line{Kind: bot.LineRule})
	}
	for _, o := range h.Days {
		name := o.Rep
		if n, ok := h.Names[o.Rep]; ok {
			name = n
		}
		for _, v := range o.Calls {
			if v.Customer != c.ID {
				continue
			}
			mark := Mark(visit.Visit{Claim: visit.Claim{Verdict: v.Verdict}})
			text := mark + " " + say.T("verdict."+string(v.Verdict))
			if result := Outcome(visit.Result{Kind: v.Kind, Order: v.Order, Collected: v.Collected}, say); result != "" {
				text += " · " + result
			}
			card.Lines = append(card.Lines, bot.Line{Text: fmt.Sprintf("%s %s %s", say.Date(o.Date.Time()), name, text)})
		}
	}
	return bot.Body{Card: &card}
}

// overdueShown bounds the customers of a list on a phone.
const overdueShown = 30

// ForgottenList is the overdue customers of a team for its manager, by rep.
func ForgottenList(d TeamDay, say *catalog.Catalog) bot.Body {
	card := bot.Card{Title: say.T("forgotten.title", "Team", d.Team.Name, "Count", len(d.Forgotten))}
	shown := 0
	for _, r := range d.Reps {
		var names []string
		for _, f := range d.Forgotten {
			if f.Customer.Owner == r.Rep.ID && shown < overdueShown {
				shown++
				names = append(names, say.T("forgotten.due", "Name", f.Customer.Name, "Days", f.Last.Days(d.Date), "Cadence", f.Customer.Due()))
			}
		}
		if len(names) > 0 {
			card.Lines = append(card.Lines, bot.Line{Label: r.Rep.Name, Text: strings.Join(names, "\n")})
		}
	}
	if len(d.Forgotten) == 0 {
		card.Lines = []bot.Line{{Text: say.T("forgotten.none")}}
	} else {
		card.Tone = bot.ToneWarn
	}
	if more := len(d.Forgotten) - shown; more > 0 {
		card.Footer = say.T("list.more", "Count", more)
	}
	return bot.Body{Card: &card}
}

// PlanTable is a team's plans of a date for its manager (客户拜访计划表): each
// visit with its time, what for and why, and how far the plan has come.
func PlanTable(d TeamDay, say *catalog.Catalog) bot.Body {
	card := bot.Card{Title: say.T("table.title", "Team", d.Team.Name, "Date", say.Date(d.Date.Time()))}
	var idle []string
	stops := 0
	for _, r := range d.Reps {
		if len(r.Plan) == 0 {
			idle = append(idle, r.Rep.Name)
			continue
		}
		stops += len(r.Plan)
		label := say.T("morning.rep", "Name", r.Rep.Name, "Count", len(r.Plan))
		if r.Unconfirmed {
			label += " · " + say.T("morning.unconfirmed")
		}
		if r.Approval != visit.ApprovalPending {
			label += " · " + approval(r.Approval, say)
		}
		card.Lines = append(card.Lines, bot.Line{Kind: bot.LineHeading, Text: label})
		for i, p := range r.Plan {
			text := strconv.Itoa(i+1) + ". " + Stop(p, d.Name(p.Customer), say)
			if p.Why.Kind != "" {
				text += " · " + say.T("why."+string(p.Why.Kind), "Days", p.Why.Days, "Cadence", p.Why.Cadence)
			}
			card.Lines = append(card.Lines, bot.Line{Text: text})
		}
	}
	if len(idle) > 0 {
		card.Lines = append(card.Lines, bot.Line{Kind: bot.LineQuiet, Label: say.T("morning.idle"), Text: strings.Join(idle, say.T("list.comma"))})
	}
	card.Footer = say.T("morning.total", "Reps", len(d.Reps)-len(idle), "Count", stops)
	return bot.Body{Card: &card}
}
