package digest

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"roundsman/bot"
	"roundsman/catalog"
	"roundsman/digest/picture"
	"roundsman/visit"
)

// Morning is the team's plan of the day for its group: who goes where, without
// addresses or phone numbers.
func Morning(d TeamDay, say *catalog.Catalog, late bool) bot.Body {
	card := bot.Card{
		Title: say.T("morning.title", "Team", d.Team.Name, "Date", say.Date(d.Date.Time())),
		Tone:  bot.ToneInfo,
	}
	var idle []string
	planned, stops := 0, 0
	for _, r := range d.Reps {
		if len(r.Plan) == 0 {
			idle = append(idle, r.Rep.Name)
			continue
		}
		planned++
		stops += len(r.Plan)
		label := say.T("morning.rep", "Name", r.Rep.Name, "Count", len(r.Plan))
		if r.Unconfirmed {
			label += " · " + say.T("morning.unconfirmed")
		}
		card.Lines = append(card.Lines, bot.Line{
			Label: label,
			Text:  route(d, r.Plan, func(p visit.PlannedVisit) string { return purpose(p, say) }),
		})
	}
	if len(idle) > 0 {
		card.Lines = append(card.Lines, bot.Line{Kind: bot.LineQuiet, Label: say.T("morning.idle"), Text: strings.Join(idle, say.T("list.comma"))})
	}
	card.Lines = append(card.Lines, madeUpLine(d, say)...)
	card.Footer = say.T("morning.total", "Reps", planned, "Count", stops)
	body := bot.Body{Card: &card}
	if late {
		body = Late(body, say)
	}
	return body
}

// Late says in a card's small print that it comes late.
func Late(body bot.Body, say *catalog.Catalog) bot.Body {
	if body.Card == nil {
		return body
	}
	card := *body.Card
	if card.Footer != "" {
		card.Footer += " · "
	}
	card.Footer += say.T("digest.late")
	body.Card = &card
	return body
}

// route writes planned visits in their order, each with a remark.
func route(d TeamDay, plan []visit.PlannedVisit, remark func(visit.PlannedVisit) string) string {
	stops := make([]string, len(plan))
	for i, p := range plan {
		stops[i] = d.Name(p.Customer) + remark(p)
	}
	return strings.Join(stops, " → ")
}

// purpose writes why a visit is planned, in brackets. A group does not hear
// when somebody will be where.
func purpose(p visit.PlannedVisit, say *catalog.Catalog) string {
	if p.Purpose == "" {
		return ""
	}
	return say.T("list.brackets", "Text", say.T("purpose."+string(p.Purpose)))
}

// timed writes when and why a visit is planned, in brackets.
func timed(p visit.PlannedVisit, say *catalog.Catalog) string {
	w := window(p.Window)
	if w == "" || p.Purpose == "" {
		if w != "" {
			return say.T("list.brackets", "Text", w)
		}
		return purpose(p, say)
	}
	return say.T("list.brackets", "Text", w+" "+say.T("purpose."+string(p.Purpose)))
}

// window writes 10:00 for an instant and 14:00-15:00 for a window.
func window(s visit.Span) string {
	if s == (visit.Span{}) {
		return ""
	}
	if s.From == s.To {
		return s.From.String()
	}
	return s.String()
}

// Evening is the summary of a team's day for its group: counts, no places, no
// doubts about a person, and times only as [TeamDay.Wide] has it. In brief it is
// the team's totals only.
func Evening(d TeamDay, say *catalog.Catalog, brief, late bool) bot.Body {
	total := d.Total()
	card := bot.Card{
		Title: say.T("evening.title", "Team", d.Team.Name, "Date", say.Date(d.Date.Time())),
		Tone:  bot.ToneGood,
		Lines: []bot.Line{
			{Label: say.T("evening.adherence"), Text: say.Share(total.Reached, total.Planned)},
			{Label: say.T("evening.visits"), Text: plainCounts(total, say)},
		},
	}
	if total.Reached < total.Planned {
		card.Tone = bot.ToneInfo
	}
	card.Lines = append(card.Lines, moneyLines(total, say)...)
	if d.Before.Planned+d.Before.Visits > 0 {
		text := say.Share(d.Before.Reached, d.Before.Planned) + " · " + say.T("count.visits", "Count", d.Before.Visits)
		for _, l := range moneyLines(visit.Tally{Ordered: d.Before.Ordered, Collected: d.Before.Collected}, say) {
			text += " · " + l.Label + " " + l.Text
		}
		card.Lines = append(card.Lines, bot.Line{Label: say.T("evening.before"), Text: text})
	}
	card.Lines = append(card.Lines, forgottenLine(d.Forgotten, d.Date, say)...)
	card.Lines = append(card.Lines, complaintLine(d, say)...)
	card.Lines = append(card.Lines, market(d, say)...)
	card.Lines = append(card.Lines, wideLines(d, say)...)
	reps := d.Reps
	if brief {
		reps = nil
	} else {
		if d.Large() {
			card.Short = append(slices.Clone(card.Lines), shortOf(d, say)...)
			card.Short = append(card.Short, bot.Line{Kind: bot.LineQuiet, Text: say.T("evening.in_sheet")})
		}
		if len(reps) > unfolded {
			card.Lines = append(card.Lines, shortOf(d, say)...)
		}
		card.Lines = append(card.Lines, bot.Line{Kind: bot.LineRule})
	}
	if len(reps) > unfolded {
		card.Lines = append(card.Lines, bot.Line{Kind: bot.LineFold, Text: say.T("evening.each", "Count", len(d.Reps))})
	}
	for _, r := range reps {
		t := r.Tally
		text := say.T("evening.rep", "Planned", t.Planned, "Reached", t.Reached)
		if t.Planned == 0 {
			text = say.T("evening.no_plan")
		}
		if t.Extra > 0 {
			text += " · " + say.T("evening.extra", "Count", t.Extra)
		}
		if t.Prospects > 0 {
			text += " · " + say.T("evening.prospects", "Count", t.Prospects)
		}
		for _, l := range shortMoney(t, say) {
			text += " · " + l
		}
		card.Lines = append(card.Lines, bot.Line{Label: r.Rep.Name, Text: text + d.times(r, say)})
	}
	card.Footer = say.T("evening.footer")
	body := bot.Body{Card: &card}
	if late {
		body = Late(body, say)
	}
	return body
}

// Large reports whether the team's day is too long to be read in a chat that
// cannot fold: its group has each rep's in a sheet.
func (d TeamDay) Large() bool { return len(d.Reps) > readable }

// shortOf names those who did not reach all that they had planned.
func shortOf(d TeamDay, say *catalog.Catalog) []bot.Line {
	var names []string
	more := 0
	for _, r := range d.Reps {
		switch {
		case r.Tally.Reached >= r.Tally.Planned:
		case len(names) == shortShown:
			more++
		default:
			names = append(names, say.T("evening.short_one", "Name", r.Rep.Name, "Reached", r.Tally.Reached, "Planned", r.Tally.Planned))
		}
	}
	if len(names) == 0 {
		return nil
	}
	text := strings.Join(names, say.T("list.comma"))
	if more > 0 {
		text += say.T("evening.short_more", "Count", more)
	}
	return []bot.Line{{Label: say.T("evening.short"), Text: text}}
}

// marketShown bounds what a group reads of competitors.
const marketShown = 8

// market is what competitors did, as the reps heard it.
func market(d TeamDay, say *catalog.Catalog) []bot.Line {
	var lines []bot.Line
	for _, r := range d.Reps {
		for _, v := range r.Day.Visits {
			if v.Result.Competitor == "" || len(lines) == marketShown {
				continue
			}
			text := bot.Clean(strings.ReplaceAll(v.Result.Competitor, "\n", " "), 100)
			lines = append(lines, bot.Line{Label: say.T("result.competitor"), Text: say.T("report.of", "Name", Title(d.Name, v, say), "Text", text)})
		}
	}
	return lines
}

const (
	// unfolded is how many reps a summary shows without folding them away.
	unfolded = 15
	// readable is how many reps are read in a chat without folding.
	readable = 8
	// shortShown bounds those who are named for not having reached their plan.
	shortShown = 20
	// forgottenShown bounds the forgotten customers that a group hears by name.
	forgottenShown = 5
)

// forgottenLine names customers that are forgotten by a date.
func forgottenLine(all []Forgotten, date visit.Date, say *catalog.Catalog) []bot.Line {
	if len(all) == 0 {
		return nil
	}
	var names []string
	for _, f := range all[:min(len(all), forgottenShown)] {
		names = append(names, say.T("forgotten.one", "Name", f.Customer.Name, "Days", f.Last.Days(date)))
	}
	text := strings.Join(names, say.T("list.comma"))
	if more := len(all) - forgottenShown; more > 0 {
		text += say.T("forgotten.more", "Count", more)
	}
	return []bot.Line{{Label: say.T("forgotten.label"), Text: text}}
}

// SummaryPicture is the team's day as a bar chart for its group, with all of it
// in words beside it; empty where there is nobody to show.
func SummaryPicture(d TeamDay, say *catalog.Catalog) (bot.Body, error) {
	if len(d.Reps) == 0 {
		return bot.Body{}, nil
	}
	total := d.Total()
	bars := picture.Bars{
		Title:    say.T("evening.title", "Team", d.Team.Name, "Date", say.Date(d.Date.Time())),
		Totals:   say.T("evening.adherence") + " " + say.Share(total.Reached, total.Planned) + " · " + say.T("count.visits", "Count", total.Visits),
		Verified: say.T("picture.verified"), Open: say.T("picture.open"), Extra: say.T("picture.extra"),
	}
	for _, r := range d.Reps[:min(len(d.Reps), picture.MaxRows)] {
		row := picture.Row{Name: r.Rep.Name, Planned: r.Tally.Planned, Verified: r.Tally.Reached, Extra: r.Tally.Extra}
		if r.Day.Leave > 0 {
			row.Note = say.T("report.leave", "Days", halves(r.Day.Leave))
		}
		bars.Rows = append(bars.Rows, row)
	}
	data, err := bars.PNG()
	if err != nil {
		return bot.Body{}, fmt.Errorf("draw the summary: %w", err)
	}
	return bot.Body{Image: &bot.File{Data: data, Name: string(d.Date) + ".png", Alt: bars.Title + " · " + bars.Totals}}, nil
}

// plainCounts writes how many visits there were, without a word of doubt.
func plainCounts(t visit.Tally, say *catalog.Catalog) string {
	text := say.T("count.visits", "Count", t.Visits)
	if t.Prospects > 0 {
		text += " · " + say.T("verdict.prospect") + " " + strconv.Itoa(t.Prospects)
	}
	return text
}

// counts writes how many visits there were, by verdict.
func counts(t visit.Tally, say *catalog.Catalog) string {
	parts := []string{say.T("count.visits", "Count", t.Visits)}
	for _, p := range []struct {
		key string
		n   int
	}{
		{"verdict.verified", t.Verified},
		{"verdict.near", t.Near},
		{"verdict.off_site", t.OffSite},
		{"verdict.suspicious", t.Suspicious},
		{"verdict.prospect", t.Prospects},
	} {
		if p.n > 0 {
			parts = append(parts, say.T(p.key)+" "+strconv.Itoa(p.n))
		}
	}
	return strings.Join(parts, " · ")
}
