package sheet

import (
	"slices"

	"roundsman/visit"
)

// planLine is a planned visit as it is printed, with what became of it.
type planLine struct {
	*dated
	visit.PlannedVisit

	// state is where it stands, reason why it was changed after the lock.
	state, reason string
	// made is which of the visits answers it; negative if none does.
	made int
}

var planFields = []field[planLine]{
	{"date", 11, words, func(l *planLine) any { return string(l.dated.Date) }},
	{"team", 10, words, func(l *planLine) any { return l.Team }},
	{"rep", 8, words, func(l *planLine) any { return l.dated.Rep.ID }},
	{"name", 9, words, func(l *planLine) any { return l.dated.Rep.Name }},
	{"order", 4, counts, func(l *planLine) any { return orNone(l.Order) }},
	{"customer", 10, words, func(l *planLine) any { return l.Customer }},
	{"customer_name", 18, words, func(l *planLine) any { return l.Customers[l.Customer].Name }},
	{"grade", 5, words, func(l *planLine) any { return l.Customers[l.Customer].Grade }},
	{"window", 12, words, func(l *planLine) any { return windowText(l.Window) }},
	{"purpose", 11, words, func(l *planLine) any { return word(l.say, "purpose.", l.Purpose) }},
	{"reference", 11, words, func(l *planLine) any { return l.Reference }},
	{"order_target", 12, amounts, func(l *planLine) any { return yuan(l.OrderTarget) }},
	{"collection_target", 12, amounts, func(l *planLine) any { return yuan(l.CollectionTarget) }},
	{"why", 16, words, func(l *planLine) any {
		if l.Why.Kind == "" {
			return ""
		}
		return l.say.T("why."+string(l.Why.Kind), "Days", l.Why.Days, "Cadence", l.Why.Cadence)
	}},
	{"note", 16, words, func(l *planLine) any { return l.Note }},
	{"state", 8, words, func(l *planLine) any { return l.state }},
	{"reason", 16, words, func(l *planLine) any { return l.reason }},
	{"arrived", 6, words, answered(func(l *planLine) string { return l.clock(l.Day.Visits[l.made].Start) })},
	{"verdict", 8, words, answered(func(l *planLine) string { return word(l.say, "verdict.", l.Day.Visits[l.made].Verdict()) })},
	{"result", 22, words, answered(func(l *planLine) string { return l.results[l.made] })},
}

// answered gets something of the visit that answers a planned one.
func answered(get func(*planLine) string) func(*planLine) any {
	return func(l *planLine) any {
		if l.made < 0 {
			return ""
		}
		return get(l)
	}
}

// planLines are the lines of a rep's plan: those that stand, in their order,
// then what leave excused and what was taken off.
func planLines(d *dated) []planLine {
	state := "planned"
	switch {
	case d.Unconfirmed:
		state = "unconfirmed"
	case d.Made.Confirmed:
		state = "confirmed"
	}
	var out []planLine
	add := func(p visit.PlannedVisit, state string) {
		l := planLine{dated: d, PlannedVisit: p, state: word(d.say, "sheet.state.", state), made: answer(d.Day, p.Customer)}
		for _, f := range d.Made.Late {
			put := slices.ContainsFunc(f.Plan.Put, func(v visit.PlannedVisit) bool { return v.Customer == p.Customer })
			if put || slices.Contains(f.Plan.Drop, p.Customer) {
				l.reason = f.Plan.Reason
			}
		}
		out = append(out, l)
	}
	for _, p := range d.Made.Lines {
		if p.Assigned() {
			add(p, "assigned")
		} else {
			add(p, state)
		}
	}
	for _, p := range d.Made.Excused {
		p.Order = 0
		add(p, "excused")
	}
	for _, c := range d.Made.Dropped {
		add(visit.PlannedVisit{Customer: c}, "dropped")
	}
	return out
}

// answer is which visit answers a planned one: the first that is verified, else
// the last; negative if there is none.
func answer(day visit.Day, customer string) int {
	made := -1
	for i, v := range day.Visits {
		if v.Customer != customer {
			continue
		}
		if made = i; v.Verdict() == visit.Verified {
			break
		}
	}
	return made
}
