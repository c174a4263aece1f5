package sheet

import (
	"strings"
	"time"

	"roundsman/digest"
	"roundsman/visit"
)

// dated is a rep's date as it is printed.
type dated struct {
	digest.RepDate

	say lexicon
	// results are what came of its visits, in their order.
	results []string
}

func newDated(d digest.RepDate, say lexicon) *dated {
	out := &dated{d, say, make([]string, len(d.Day.Visits))}
	for i, v := range d.Day.Visits {
		out.results[i] = digest.Outcome(v.Result, say.Catalog)
	}
	return out
}

var reportFields = []field[dated]{
	{"date", 11, words, func(r *dated) any { return string(r.Date) }},
	{"team", 10, words, func(r *dated) any { return r.Team }},
	{"rep", 8, words, func(r *dated) any { return r.Rep.ID }},
	{"name", 9, words, func(r *dated) any { return r.Rep.Name }},
	{"first", 6, words, func(r *dated) any { return r.clock(r.first()) }},
	{"last", 6, words, func(r *dated) any { return r.clock(r.lastSign()) }},
	{"hours", 5, counts, func(r *dated) any { return hours(r.RepDate) }},
	{"leave", 5, counts, func(r *dated) any { return orNone(float64(r.Day.Leave) / 2) }},
	{"planned", 5, counts, func(r *dated) any { return r.Tally.Planned }},
	{"reached", 5, counts, func(r *dated) any { return r.Tally.Reached }},
	{"visits", 5, counts, func(r *dated) any { return r.Tally.Visits }},
	{"results", 32, words, func(r *dated) any { return r.visits() }},
	{"complaints", 16, words, func(r *dated) any { return r.complaints() }},
	{"order_target", 12, amounts, func(r *dated) any { return yuan(r.Tally.OrderTarget) }},
	{"order_actual", 12, amounts, func(r *dated) any { return float64(r.Tally.Ordered) / 100 }},
	{"order_rate", 6, rates, func(r *dated) any { return rate(r.Tally.Ordered, r.Tally.OrderTarget) }},
	{"collection_target", 12, amounts, func(r *dated) any { return yuan(r.Tally.CollectionTarget) }},
	{"collection_actual", 12, amounts, func(r *dated) any { return float64(r.Tally.Collected) / 100 }},
	{"collection_rate", 6, rates, func(r *dated) any { return rate(r.Tally.Collected, r.Tally.CollectionTarget) }},
	{"competitor", 18, words, func(r *dated) any { return lines(told(r.RepDate, competitor, r.of)) }},
	{"feedback", 16, words, func(r *dated) any { return lines(told(r.RepDate, feedback, r.of)) }},
	{"news", 16, words, func(r *dated) any { return lines(told(r.RepDate, news, r.of)) }},
	{"reflections", 22, words, func(r *dated) any { return r.Day.Reflections }},
	{"submitted", 7, words, func(r *dated) any { return r.submitted() }},
	{"comment", 16, words, func(r *dated) any { return lines(said(r.Day.Comments)) }},
}

// clock writes a time of the team's wall, and nothing for none.
func (r *dated) clock(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return r.say.Clock(t.In(r.Zone))
}

// title names a visit's customer, or a prospect by its first note.
func (r *dated) title(v visit.Visit) string {
	return digest.Title(func(id string) string { return r.Customers[id].Name }, v, r.say.Catalog)
}

// visits are the visits with what came of them, a line each.
func (r *dated) visits() string {
	out := make([]string, len(r.Day.Visits))
	for i, v := range r.Day.Visits {
		parts := []string{r.clock(v.Start), r.title(v)}
		for _, w := range []string{word(r.say, "verdict.", v.Verdict()), r.results[i]} {
			if w != "" {
				parts = append(parts, w)
			}
		}
		out[i] = strings.Join(parts, " ")
	}
	return lines(out)
}

// of is a text about a visit, with its customer's name.
func (r *dated) of(v visit.Visit, text string) string {
	return r.title(v) + word(r.say, "sheet.", "colon") + text
}

// lines are a list in a cell, one below the other.
func lines(list []string) string { return strings.Join(list, "\n") }

// complaints are those that were opened or closed on the date, a line each.
func (r *dated) complaints() string {
	var out []string
	for _, c := range r.Day.Complaints {
		text := r.Customers[c.Customer].Name
		if c.Text != "" {
			text += word(r.say, "sheet.", "colon") + c.Text
		}
		if c.Closed {
			text += " · " + r.say.T("complaint.state_closed", "Done", digest.Done(c.Done, r.say.Catalog))
		}
		out = append(out, text)
	}
	return lines(out)
}

// submitted is when the report was, or that it was late: 补报.
func (r *dated) submitted() string {
	at := r.Day.Reported
	switch {
	case at.IsZero():
		return ""
	case at.After(r.Deadline):
		return r.say.T("report.late", "Time", r.clock(at))
	}
	return r.clock(at)
}

// first is when the day's first visit began, lastSign the last visit's end or last sign of life; zero without one.
func (r *dated) first() time.Time    { first, _ := attendance(r.RepDate); return first }
func (r *dated) lastSign() time.Time { _, last := attendance(r.RepDate); return last }

// attendance is the first and the last sign of life of a day's visits.
func attendance(d digest.RepDate) (first, last time.Time) {
	n := len(d.Outcome.Calls)
	if n == 0 {
		return first, last
	}
	return d.Outcome.Calls[0].Start, d.Outcome.Calls[n-1].Last
}

// hours between them, to a tenth; nil without a visit.
func hours(d digest.RepDate) any {
	first, last := attendance(d)
	if first.IsZero() {
		return nil
	}
	return float64(last.Sub(first).Round(6*time.Minute)/(6*time.Minute)) / 10
}

// rate is a share as a number; nil without a target.
func rate(actual, target int64) any {
	if target == 0 {
		return nil
	}
	return float64(actual) / float64(target)
}

// What reps hear of a customer.
func competitor(r visit.Result) string { return r.Competitor }
func feedback(r visit.Result) string   { return r.Feedback }
func news(r visit.Result) string       { return r.News }

// told are the words of one kind of a day's visits, as written with their visit.
func told(d digest.RepDate, of func(visit.Result) string, write func(visit.Visit, string) string) (out []string) {
	for _, v := range d.Day.Visits {
		if text := of(v.Result); text != "" {
			out = append(out, write(v, text))
		}
	}
	return out
}

// said are the texts of notes.
func said(notes []visit.NoteState) (out []string) {
	for _, n := range notes {
		out = append(out, n.Text)
	}
	return out
}
