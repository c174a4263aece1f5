package digest

import (
	"strings"

	"roundsman/bot"
	"roundsman/catalog"
	"roundsman/visit"
)

// Approvals are a team's plans of a date for the manager who approves them:
// how each stands, and those that wait first.
func Approvals(d TeamDay, say *catalog.Catalog) bot.Body {
	card, title := bot.Card{Tone: bot.ToneGood}, "approval.title_none"
	var waiting, rest []bot.Line
	var idle []string
	for _, r := range d.Reps {
		if len(r.Plan) == 0 {
			if r.Rep.Role == visit.RoleRep {
				idle = append(idle, r.Rep.Name)
			}
			continue
		}
		state := say.T("morning.unconfirmed")
		if r.Settled {
			state = approval(r.Approval, say)
			if r.Unconfirmed {
				state = say.T("morning.unconfirmed") + " · " + state
			}
		}
		line := bot.Line{
			Label: say.T("morning.rep", "Name", r.Rep.Name, "Count", len(r.Plan)) + " · " + state,
			Text:  route(d, r.Plan, func(p visit.PlannedVisit) string { return timed(p, say) }),
		}
		if r.Waits() {
			waiting = append(waiting, line)
		} else {
			line.Kind = bot.LineQuiet
			rest = append(rest, line)
		}
	}
	if len(waiting) > 0 {
		card.Tone, title = bot.ToneWarn, "approval.title"
		card.Footer = say.T("approval.footer")
	}
	card.Title = say.T(title, "Team", d.Team.Name, "Date", say.Date(d.Date.Time()), "Count", len(waiting))
	card.Lines = append(waiting, rest...)
	if len(idle) > 0 {
		card.Lines = append(card.Lines, bot.Line{Kind: bot.LineQuiet, Label: say.T("morning.idle"), Text: strings.Join(idle, say.T("list.comma"))})
	}
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
