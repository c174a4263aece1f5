package digest

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"roundsman/bot"
	"roundsman/catalog"
	"roundsman/storage"
	"roundsman/visit"
)

// MadeUp is what a rep made up for after the evening's summary was written (补报).
type MadeUp struct {
	Rep string
	// Visits began after it, Reported says that the report came after it.
	Visits   int
	Reported bool
}

// LoadMadeUp adds to a team's day what came after the summary of an earlier
// date: since an instant, in UTC milliseconds.
func LoadMadeUp(ctx context.Context, store Nouns, d *TeamDay, date visit.Date, since time.Time) error {
	names := make(map[string]string, len(d.Reps))
	for _, r := range d.Reps {
		names[r.Rep.ID] = r.Rep.Name
	}
	for o, err := range store.Outcomes().Range(ctx, storage.FactFilter{Team: d.Team.Name, From: date, To: date}) {
		if err != nil {
			return fmt.Errorf("read the day before: %w", err)
		}
		name, ok := names[o.Rep]
		m := MadeUp{Rep: name, Reported: o.Reported.After(since)}
		for _, c := range o.Calls {
			if c.Start.After(since) {
				m.Visits++
			}
		}
		if ok && (m.Visits > 0 || m.Reported) {
			d.MadeUp = append(d.MadeUp, m)
		}
	}
	slices.SortFunc(d.MadeUp, func(a, b MadeUp) int { return strings.Compare(a.Rep, b.Rep) })
	return nil
}

// madeUpLine says who made up for what after the last summary.
func madeUpLine(d TeamDay, say *catalog.Catalog) []bot.Line {
	var names []string
	for _, m := range d.MadeUp {
		var what []string
		if m.Visits > 0 {
			what = append(what, say.T("count.visits", "Count", m.Visits))
		}
		if m.Reported {
			what = append(what, say.T("madeup.report"))
		}
		names = append(names, m.Rep+say.T("list.brackets", "Text", strings.Join(what, " · ")))
	}
	if len(names) == 0 {
		return nil
	}
	return []bot.Line{{Kind: bot.LineQuiet, Label: say.T("madeup.label"), Text: strings.Join(names, say.T("list.comma"))}}
}
