package digest

import (
	"slices"
	"strconv"
	"strings"

	"roundsman/bot"
	"roundsman/catalog"
	"roundsman/visit"
)

// Board is the live state of a team for its manager: every visit with its time
// and verdict, and what is still to come.
func Board(d TeamDay, say *catalog.Catalog) bot.Body {
	total := d.Total()
	card := bot.Card{
		Title: say.T("board.title", "Team", d.Team.Name, "Date", say.Date(d.Date.Time())),
		Lines: []bot.Line{
			{Label: say.T("evening.adherence"), Text: say.Share(total.Reached, total.Planned)},
			{Label: say.T("evening.visits"), Text: counts(total, say)},
		},
	}
	card.Lines = append(card.Lines, moneyLines(total, say)...)
	for _, r := range d.Reps {
		card.Lines = append(card.Lines, bot.Line{Kind: bot.LineHeading, Text: say.T("board.rep",
			"Name", r.Rep.Name, "Reached", r.Tally.Reached, "Planned", r.Tally.Planned)})
		card.Lines = append(card.Lines, boardRep(d, r, say)...)
	}
	return bot.Body{Card: &card}
}

// boardRep is a rep's day: every visit, and what is still to come.
func boardRep(d TeamDay, r RepDay, say *catalog.Catalog) []bot.Line {
	var lines []bot.Line
	for _, v := range r.Day.Visits {
		lines = append(lines, bot.Line{Text: boardVisit(d, r, v, say)})
	}
	for _, f := range r.Day.Unplaced {
		lines = append(lines, bot.Line{Text: say.T("board.unplaced", "Time", say.Clock(f.At.In(d.Zone)))})
	}
	if w := r.Day.OnWay; w != nil {
		lines = append(lines, bot.Line{Text: say.T("board.on_way", "Time", say.Clock(w.At.In(d.Zone)), "Name", d.Name(w.Customer))})
	}
	if left := r.Day.Remaining(r.Plan); len(left) > 0 {
		lines = append(lines, bot.Line{Kind: bot.LineQuiet, Text: say.T("board.left",
			"Count", len(left), "Names", route(d, left, func(p visit.PlannedVisit) string { return timed(p, say) }))})
	}
	return lines
}

// moneyLines are what was ordered and collected, against what was planned for.
func moneyLines(t visit.Tally, say *catalog.Catalog) []bot.Line {
	var lines []bot.Line
	for _, m := range []struct {
		key            string
		actual, target int64
	}{{"report.order", t.Ordered, t.OrderTarget}, {"report.collection", t.Collected, t.CollectionTarget}} {
		if text := money(m.actual, m.target, say); text != "" {
			lines = append(lines, bot.Line{Label: say.T(m.key), Text: text})
		}
	}
	return lines
}

// shortMoney is the same in few words, with the rate where there is a target.
func shortMoney(t visit.Tally, say *catalog.Catalog) []string {
	var out []string
	for _, m := range []struct {
		key            string
		actual, target int64
	}{{"result.order", t.Ordered, t.OrderTarget}, {"result.collected", t.Collected, t.CollectionTarget}} {
		if m.actual == 0 && m.target == 0 {
			continue
		}
		text := say.T(m.key, "Amount", say.Money(m.actual))
		if m.target > 0 {
			text += say.T("list.brackets", "Text", say.Percent(m.actual, m.target))
		}
		out = append(out, text)
	}
	return out
}

func boardVisit(d TeamDay, r RepDay, v visit.Visit, say *catalog.Catalog) string {
	parts := []string{say.Clock(v.Start.In(d.Zone)), Mark(v), Title(d.Name, v, say)}
	if v.Claim.Customer != "" {
		parts = append(parts, say.T("verdict."+string(v.Verdict())), say.Metres(v.Claim.Distance))
	}
	if !v.Planned && !v.Prospect {
		parts = append(parts, say.T("board.extra"))
	}
	if i := slices.IndexFunc(r.Plan, func(p visit.PlannedVisit) bool { return p.Customer == v.Customer && v.Customer != "" }); i >= 0 {
		line := r.Plan[i]
		if end := d.Date.At(line.Window.To, d.Zone); line.Window != (visit.Span{}) && line.Window.From != line.Window.To && v.Start.After(end) {
			parts = append(parts, say.T("board.late", "Long", say.Duration(v.Start.Sub(end))))
		}
		if line.Purpose == visit.Delivery && v.Result.Delivery == visit.Delivered && len(v.Photos) == 0 {
			parts = append(parts, say.T("board.no_proof"))
		}
	}
	if v.Short() {
		parts = append(parts, "· "+Stay(v, say))
	}
	if n := len(v.Photos); n > 0 {
		parts = append(parts, say.T("count.photos", "Count", n))
	}
	if result := Outcome(v.Result, say); result != "" {
		parts = append(parts, "· "+result)
	}
	if v.Verdict() == visit.Near {
		key := "board.unexplained"
		if v.Explained() {
			key = "board.explained"
		}
		parts = append(parts, "· "+say.T(key))
	}
	return strings.Join(parts, " ")
}

// Mark is the sign of a visit's verdict.
func Mark(v visit.Visit) string {
	switch v.Verdict() {
	case visit.Verified:
		return "✅"
	case visit.Near:
		return "🟡"
	case visit.OffSite:
		return "🔴"
	case visit.Suspicious:
		return "❔"
	}
	return "🆕"
}

// Title names a visit: its customer, or that it is a prospect with the first note as its name.
func Title(name func(string) string, v visit.Visit, say *catalog.Catalog) string {
	if v.Customer != "" {
		return name(v.Customer)
	}
	if len(v.Notes) > 0 {
		return say.T("prospect.named", "Name", bot.CutBytes(strings.ReplaceAll(v.Notes[0], "\n", " "), 60))
	}
	return say.T("prospect.title")
}

// Plan is a rep's own plan of a date, with what was done of it.
func Plan(d TeamDay, rep RepDay, say *catalog.Catalog) bot.Body {
	card := bot.Card{Title: say.T("plan.title", "Name", rep.Rep.Name, "Date", say.Date(d.Date.Time()))}
	if len(rep.Plan) == 0 {
		card.Lines = []bot.Line{{Text: say.T("plan.none")}}
		return bot.Body{Card: &card}
	}
	done := make(map[string]visit.Visit)
	for _, v := range rep.Day.Visits {
		if old, ok := done[v.Customer]; !ok || old.Verdict() != visit.Verified {
			done[v.Customer] = v
		}
	}
	for i, p := range rep.Plan {
		mark := "▫️"
		if v, ok := done[p.Customer]; ok {
			mark = Mark(v)
		}
		text := strconv.Itoa(i+1) + ". " + mark + " " + d.Name(p.Customer) + timed(p, say)
		if a := d.Customers[p.Customer].Address; a != "" {
			text += " · " + a
		}
		card.Lines = append(card.Lines, bot.Line{Text: text})
		if p.Note != "" {
			card.Lines = append(card.Lines, bot.Line{Kind: bot.LineQuiet, Text: p.Note})
		}
	}
	card.Footer = say.T("plan.footer", "Reached", rep.Tally.Reached, "Planned", rep.Tally.Planned)
	return bot.Body{Card: &card}
}
