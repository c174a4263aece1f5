package digest

import (
	"context"
	"fmt"
	"strings"

	"roundsman/bot"
	"roundsman/catalog"
	"roundsman/storage"
	"roundsman/visit"
)

// Goals are the targets of one month against which reps' days are counted.
type Goals struct {
	months map[string]visit.MonthTarget
	// calendar is nil where nobody has a target.
	calendar *visit.Calendar
}

// LoadGoals reads the targets that the reps have for a month.
func LoadGoals(ctx context.Context, store Nouns, policy visit.Policy, month visit.Month, reps ...string) (Goals, error) {
	targets, err := store.Targets().Get(ctx, month, reps...)
	if err != nil {
		return Goals{}, fmt.Errorf("read the targets: %w", err)
	}
	if len(targets) == 0 {
		return Goals{}, nil
	}
	holidays, err := store.Calendar().All(ctx)
	if err != nil {
		return Goals{}, fmt.Errorf("read the holidays: %w", err)
	}
	g := Goals{months: make(map[string]visit.MonthTarget, len(targets)), calendar: visit.NewCalendar(policy.China, holidays)}
	for _, t := range targets {
		g.months[t.Rep] = t
	}
	return g, nil
}

// Day returns the tally of a rep's date with the targets that count for it ([visit.Tally.Against]).
func (g Goals) Day(rep string, date visit.Date, t visit.Tally) visit.Tally {
	if m, ok := g.months[rep]; ok {
		return t.Against(m, date, g.calendar)
	}
	return t
}

// MonthOf is a rep's month against its target.
type MonthOf struct {
	Rep    visit.Rep
	Target visit.MonthTarget
	// Ordered and Collected are what the month's visits brought up to now, in fen.
	Ordered, Collected int64
}

// LoadMonth reads what the reps have brought in a month, wherever they were then,
// and their targets; in the order of the reps.
func LoadMonth(ctx context.Context, store Nouns, month visit.Month, reps ...visit.Rep) ([]MonthOf, error) {
	ids := make([]string, len(reps))
	for i, r := range reps {
		ids[i] = r.ID
	}
	targets, err := store.Targets().Get(ctx, month, ids...)
	if err != nil {
		return nil, fmt.Errorf("read the targets: %w", err)
	}
	of := make(map[string]visit.MonthTarget, len(targets))
	for _, t := range targets {
		of[t.Rep] = t
	}
	out := make([]MonthOf, len(reps))
	for i, r := range reps {
		out[i] = MonthOf{Rep: r, Target: of[r.ID]}
		for o, err := range store.Outcomes().Range(ctx, storage.FactFilter{Rep: r.ID, From: month.First(), To: month.Last()}) {
			if err != nil {
				return nil, fmt.Errorf("read the month: %w", err)
			}
			t := o.Tally()
			out[i].Ordered += t.Ordered
			out[i].Collected += t.Collected
		}
	}
	return out, nil
}

// amounts are the month's two amounts with their labels and targets.
func (m MonthOf) amounts() []monthAmount {
	return []monthAmount{
		{"report.order", m.Ordered, visit.Fen(m.Target.Order)},
		{"report.collection", m.Collected, visit.Fen(m.Target.Collection)},
	}
}

type monthAmount struct {
	key            string
	actual, target int64
}

// text writes the amount, also where it is nothing.
func (a monthAmount) text(say *catalog.Catalog) string {
	if a.target == 0 {
		return say.Money(a.actual) + say.T("list.brackets", "Text", say.T("target.none"))
	}
	return money(a.actual, a.target, say)
}

// left says what is still to come, and how much that is for each of the workdays left.
func (a monthAmount) left(days int, say *catalog.Catalog) string {
	missing := a.target - a.actual
	switch {
	case missing <= 0:
		return say.T("target.reached")
	case days == 0:
		return say.T("target.short", "Amount", say.Money(missing))
	}
	daily := (missing + int64(days) - 1) / int64(days)
	daily = (daily + 99) / 100 * 100 // whole yuan
	return say.T("target.left", "Amount", say.Money(missing), "Count", days, "Daily", say.Money(daily))
}

// RepMonth is a rep's month: what was brought of each target, and what each of
// the workdays left has to bring.
func RepMonth(m MonthOf, month visit.Month, daysLeft int, say *catalog.Catalog) bot.Body {
	card := bot.Card{Title: say.T("target.title", "Name", m.Rep.Name, "Month", string(month)), Tone: bot.ToneInfo}
	for _, a := range m.amounts() {
		card.Lines = append(card.Lines, bot.Line{Label: say.T(a.key), Text: a.text(say)})
		if a.target > 0 {
			card.Lines = append(card.Lines, bot.Line{Kind: bot.LineQuiet, Text: a.left(daysLeft, say)})
		}
	}
	return bot.Body{Card: &card}
}

// TeamMonth is a team's month for its manager, a line a rep. A total is of those who have a target.
func TeamMonth(team visit.Team, reps []MonthOf, month visit.Month, daysLeft int, say *catalog.Catalog) bot.Body {
	card := bot.Card{Title: say.T("target.title", "Name", team.Name, "Month", string(month)), Tone: bot.ToneInfo}
	var total visit.Tally
	for _, m := range reps {
		if target := visit.Fen(m.Target.Order); target > 0 {
			total.Ordered, total.OrderTarget = total.Ordered+m.Ordered, total.OrderTarget+target
		}
		if target := visit.Fen(m.Target.Collection); target > 0 {
			total.Collected, total.CollectionTarget = total.Collected+m.Collected, total.CollectionTarget+target
		}
	}
	if lines := moneyLines(total, say); len(lines) > 0 {
		card.Lines = append(lines, bot.Line{Kind: bot.LineRule})
	}
	for _, m := range reps {
		var parts []string
		for _, a := range m.amounts() {
			if a.target > 0 || a.actual > 0 {
				parts = append(parts, say.T(a.key)+" "+a.text(say))
			}
		}
		if len(parts) == 0 {
			parts = []string{say.T("target.none")}
		}
		card.Lines = append(card.Lines, bot.Line{Label: m.Rep.Name, Text: strings.Join(parts, " · ")})
	}
	card.Footer = say.T("target.footer", "Count", daysLeft)
	return bot.Body{Card: &card}
}
