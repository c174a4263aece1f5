package digest

import (
	"strconv"
	"strings"
	"time"

	"roundsman/bot"
	"roundsman/catalog"
	"roundsman/visit"
)

// Report is a rep's daily report (每日销售报告): what the day shows by itself,
// and what only the rep can say.
type Report struct {
	RepDay
	Date visit.Date
	Zone *time.Location
	// Deadline is until when it is due.
	Deadline  time.Time
	Customers map[string]visit.Customer
}

func (r Report) name(customer string) string {
	if c, ok := r.Customers[customer]; ok {
		return c.Name
	}
	return customer
}

// Missing are the customers of visits of which nobody has said what came of
// them, in their order.
func (r Report) Missing(say *catalog.Catalog) []string {
	var out []string
	for _, v := range r.Day.Visits {
		if v.Result.IsZero() && v.Verdict() != visit.OffSite {
			out = append(out, Title(r.name, v, say))
		}
	}
	return out
}

// DailyReport writes a report. For the rep it says what is missing.
func DailyReport(r Report, say *catalog.Catalog, own bool) bot.Body {
	card := bot.Card{Title: say.T("report.title", "Name", r.Rep.Name, "Date", say.Date(r.Date.Time()))}
	line := func(key, text string) {
		if text != "" {
			card.Lines = append(card.Lines, bot.Line{Label: say.T(key), Text: text})
		}
	}
	line("report.attendance", r.attendance(say))
	t := r.Tally
	line("evening.adherence", say.Share(t.Reached, t.Planned))
	line("evening.visits", counts(t, say))
	card.Lines = append(card.Lines, moneyLines(t, say)...)
	if len(r.Day.Visits) > 0 {
		card.Lines = append(card.Lines, bot.Line{Kind: bot.LineRule})
	}
	for _, v := range r.Day.Visits {
		parts := []string{say.Clock(v.Start.In(r.Zone)), Mark(v), Title(r.name, v, say)}
		if result := Outcome(v.Result, say); result != "" {
			parts = append(parts, "· "+result)
		}
		card.Lines = append(card.Lines, bot.Line{Text: strings.Join(parts, " ")})
	}
	for _, w := range []struct {
		key string
		of  func(visit.Result) string
	}{
		{"result.competitor", func(r visit.Result) string { return r.Competitor }},
		{"result.feedback", func(r visit.Result) string { return r.Feedback }},
		{"result.news", func(r visit.Result) string { return r.News }},
	} {
		line(w.key, r.words(w.of, say))
	}
	line("report.complaints", r.complaints(say))
	line("report.reflections", bot.Clean(r.Day.Reflections, 500))
	for _, c := range r.Day.Comments {
		line("report.comment", bot.Clean(c.Text, 300))
	}
	card.Footer = r.state(say)
	if own {
		card.Lines = append(card.Lines, r.asks(say)...)
	}
	if r.Day.Reported.IsZero() {
		card.Tone = bot.ToneWarn
	} else {
		card.Tone = bot.ToneGood
	}
	return bot.Body{Card: &card}
}

// attendance is the first and the last sign of life, and the hours between them.
func (r Report) attendance(say *catalog.Catalog) string {
	var parts []string
	if r.Day.Leave > 0 {
		parts = append(parts, say.T("report.leave", "Days", halves(r.Day.Leave)))
	}
	if len(r.Day.Visits) > 0 {
		parts = append(parts, r.span(say))
	}
	if len(parts) == 0 {
		return say.T("report.no_visits")
	}
	return strings.Join(parts, " · ")
}

// span is from the first visit of a day, which there is, to the end of the last.
func (r Report) span(say *catalog.Catalog) string {
	end := r.Day.Visits[len(r.Day.Visits)-1]
	first, last := r.Day.Visits[0].Start, end.Seen
	if end.CheckedOut {
		last = end.End
	}
	return say.T("report.span", "From", say.Clock(first.In(r.Zone)), "To", say.Clock(last.In(r.Zone)), "Long", say.Duration(last.Sub(first)))
}

// halves writes half days: 0.5, 1, 1.5.
func halves(n int) string { return strconv.FormatFloat(float64(n)/2, 'f', -1, 64) }

// money writes an amount against its target, if there is one, with the rate.
func money(actual, target int64, say *catalog.Catalog) string {
	switch {
	case target > 0:
		return say.T("report.of_target", "Actual", say.Money(actual), "Target", say.Money(target), "Rate", say.Percent(actual, target))
	case actual > 0:
		return say.Money(actual)
	}
	return ""
}

// words are what was said in the visits of one kind, each with its customer.
func (r Report) words(of func(visit.Result) string, say *catalog.Catalog) string {
	var out []string
	for _, v := range r.Day.Visits {
		if text := of(v.Result); text != "" {
			out = append(out, say.T("report.of", "Name", Title(r.name, v, say), "Text", bot.Clean(strings.ReplaceAll(text, "\n", " "), 200)))
		}
	}
	return strings.Join(out, "\n")
}

// state says whether and when it was submitted.
func (r Report) state(say *catalog.Catalog) string {
	at := r.Day.Reported
	switch {
	case at.IsZero():
		return say.T("report.open", "Deadline", say.Clock(r.Deadline))
	case at.After(r.Deadline):
		return say.T("report.late", "Time", say.Clock(at.In(r.Zone)))
	}
	return say.T("report.submitted", "Time", say.Clock(at.In(r.Zone)))
}

// asks is what the rep may still add.
func (r Report) asks(say *catalog.Catalog) []bot.Line {
	var out []bot.Line
	if missing := r.Missing(say); len(missing) > 0 {
		out = append(out, bot.Line{Text: say.T("report.missing", "Count", len(missing), "Names", strings.Join(missing, say.T("list.comma")))})
	}
	if r.Day.Reflections == "" {
		out = append(out, bot.Line{Kind: bot.LineQuiet, Text: say.T("report.say_reflections")})
	}
	return out
}

// ReportList is the team's reports for its manager, each in a line, and who
// owes one: whoever had a plan or visits and no whole day of leave. It is empty
// if nobody does and nothing was submitted.
func ReportList(d TeamDay, say *catalog.Catalog) bot.Body {
	var card bot.Card
	var missing []string
	due, submitted := 0, 0
	for _, r := range d.Reps {
		reported := !r.Day.Reported.IsZero()
		if !reported && (len(r.Plan)+len(r.Day.Visits) == 0 || r.Day.Leave == 2) {
			continue
		}
		due++
		if !reported {
			missing = append(missing, r.Rep.Name)
			continue
		}
		submitted++
		parts := []string{say.Share(r.Tally.Reached, r.Tally.Planned)}
		for _, l := range moneyLines(r.Tally, say) {
			parts = append(parts, l.Label+" "+l.Text)
		}
		if r.Day.Reflections != "" {
			parts = append(parts, bot.Clean(strings.ReplaceAll(r.Day.Reflections, "\n", " "), 80))
		}
		card.Lines = append(card.Lines, bot.Line{Label: r.Rep.Name, Text: strings.Join(parts, " · ")})
	}
	if due == 0 {
		return bot.Body{}
	}
	card.Title = say.T("reports.title", "Team", d.Team.Name, "Date", say.Date(d.Date.Time()), "Submitted", submitted, "Due", due)
	if len(missing) > 0 {
		card.Tone = bot.ToneWarn
		card.Lines = append(card.Lines, bot.Line{Kind: bot.LineQuiet, Label: say.T("reports.missing"), Text: strings.Join(missing, say.T("list.comma"))})
	}
	card.Footer = say.T("reports.footer")
	return bot.Body{Card: &card}
}
