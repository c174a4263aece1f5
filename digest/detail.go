package digest

import (
	"strings"

	"roundsman/bot"
	"roundsman/catalog"
	"roundsman/visit"
)

// Detail is what the team's manager, and nobody else, reads of the day in the
// evening: when each was at the first and at the last customer, who is below the
// minimum, and whom somebody avoids. It is empty for a team without a day.
func Detail(d TeamDay, policy visit.Policy, avoided TeamPeriod, say *catalog.Catalog) bot.Body {
	card := bot.Card{Title: say.T("detail.title", "Team", d.Team.Name, "Date", say.Date(d.Date.Time())), Footer: say.T("detail.footer")}
	if card.Lines = belowLine(d, policy.MinVisits, say); len(card.Lines) > 0 {
		card.Tone = bot.ToneWarn
	}
	if card.Lines = append(card.Lines, avoidedLine(avoided, say)...); len(card.Lines) > 0 {
		card.Lines = append(card.Lines, bot.Line{Kind: bot.LineRule})
	}
	for _, r := range d.Reps {
		report := Report{RepDay: r, Date: d.Date, Zone: d.Zone}
		parts := []string{report.attendance(say)}
		if r.Tally.Planned+r.Tally.Visits > 0 {
			parts = append(parts, say.T("evening.rep", "Planned", r.Tally.Planned, "Reached", r.Tally.Reached))
		}
		for _, doubt := range []struct {
			key string
			n   int
		}{{"verdict.near", r.Tally.Near}, {"verdict.off_site", r.Tally.OffSite}, {"verdict.suspicious", r.Tally.Suspicious}} {
			if doubt.n > 0 {
				parts = append(parts, say.T("detail.count", "What", say.T(doubt.key), "Count", doubt.n))
			}
		}
		card.Lines = append(card.Lines, bot.Line{Label: r.Rep.Name, Text: strings.Join(parts, " · ")})
	}
	if len(d.Reps) == 0 {
		return bot.Body{}
	}
	return bot.Body{Card: &card}
}

// below reports whether a day has fewer distinct customers than the least
// number, of which half a day of leave takes half.
func (r RepDay) below(least int) bool {
	return r.Rep.Role == visit.RoleRep && r.Day.Leave < 2 && 2*r.Tally.Distinct < least*(2-r.Day.Leave)
}
