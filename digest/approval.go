package digest

import (
	"strings"

	"roundsman/bot"
	"roundsman/catalog"
	"roundsman/visit"
)

// Approvals are a team's plans of a date for the manager who approves them:
// those that wait in full, of the others only how they stand.
func Approvals(d TeamDay, say *catalog.Catalog) bot.Body {
	card, title := bot.Card{Tone: bot.ToneGood}, "approval.title_none"
	names := make(map[string][]string) // by how their plans stand
	waiting := 0
	for _, r := range d.Reps {
		switch {
		case len(r.Plan) == 0 && r.Rep.Role != visit.RoleRep:
		case len(r.Plan) == 0:
			names["morning.idle"] = append(names["morning.idle"], r.Rep.Name)
		case r.Waits():
			waiting++
			label := say.T("morning.rep", "Name", r.Rep.Name, "Count", len(r.Plan))
			if r.Unconfirmed {
				label += " · " + say.T("morning.unconfirmed")
			}
			card.Lines = append(card.Lines,
				bot.Line{Kind: bot.LineHeading, Text: label},
				bot.Line{Text: route(d, r.Plan, func(p visit.PlannedVisit) string { return timed(p, say) })})
		default:
			state := "approval.unconfirmed"
			if r.Settled {
				state = "approval." + string(r.Approval)
			}
			names[state] = append(names[state], r.Rep.Name)
		}
	}
	if waiting > 0 {
		card.Tone, title = bot.ToneWarn, "approval.title"
		card.Footer = say.T("approval.footer")
		card.Lines = append(card.Lines, bot.Line{Kind: bot.LineRule})
	}
	for _, state := range []string{"approval.returned", "approval.approved", "approval.unconfirmed", "morning.idle"} {
		if len(names[state]) > 0 {
			card.Lines = append(card.Lines, bot.Line{Label: say.T(state), Text: strings.Join(names[state], say.T("list.comma"))})
		}
	}
	card.Title = say.T(title, "Team", d.Team.Name, "Date", say.Date(d.Date.Time()), "Count", waiting)
	return bot.Body{Card: &card}
}

// Waits reports whether the plan waits for the manager's word.
func (r RepDay) Waits() bool { return r.Settled && r.Approval == visit.ApprovalPending }

// approval says how a plan stands with the manager.
func approval(a visit.Approval, say *catalog.Catalog) string {
	if a == visit.ApprovalPending {
		return say.T("approval.pending")
	}
	return say.T("approval." + string(a))
}
