package sheet

import (
	"bytes"
	"errors"
	"fmt"
	"io"

	"roundsman/catalog"
	"roundsman/digest"
	"roundsman/visit"
)

// summaryRow is a rep's day, or the team's, as counts and amounts.
type summaryRow struct {
	name  string
	leave int
	visit.Tally
}

// summaryFields are what a group may read of each: no times, no places, no doubts.
var summaryFields = []field[summaryRow]{
	{"name", 14, words, func(r *summaryRow) any { return r.name }},
	{"planned", 8, counts, func(r *summaryRow) any { return r.Planned }},
	{"reached", 8, counts, func(r *summaryRow) any { return r.Reached }},
	{"adherence", 10, rates, func(r *summaryRow) any { return rate(int64(r.Reached), int64(r.Planned)) }},
	{"extra", 8, counts, func(r *summaryRow) any { return r.Extra }},
	{"prospects", 8, counts, func(r *summaryRow) any { return r.Prospects }},
	{"visits", 8, counts, func(r *summaryRow) any { return r.Visits }},
	{"order_target", 13, amounts, func(r *summaryRow) any { return yuan(r.OrderTarget) }},
	{"order_actual", 13, amounts, func(r *summaryRow) any { return float64(r.Ordered) / 100 }},
	{"order_rate", 10, rates, func(r *summaryRow) any { return rate(r.Ordered, r.OrderTarget) }},
	{"collection_target", 13, amounts, func(r *summaryRow) any { return yuan(r.CollectionTarget) }},
	{"collection_actual", 13, amounts, func(r *summaryRow) any { return float64(r.Collected) / 100 }},
	{"collection_rate", 10, rates, func(r *summaryRow) any { return rate(r.Collected, r.CollectionTarget) }},
	{"leave", 8, counts, func(r *summaryRow) any { return orNone(float64(r.leave) / 2) }},
}

// Summary is the evening's summary of a team as an Excel workbook for its group,
// a row for each rep and one for the team, with the name under which it is saved.
func Summary(d digest.TeamDay, say *catalog.Catalog) (name string, data []byte, err error) {
	var out bytes.Buffer
	if err := writeSummary(&out, d, say); err != nil {
		return "", nil, fmt.Errorf("write the summary's sheet: %w", err)
	}
	return say.T("sheet.file_day", "Team", d.Team.Name, "Date", string(d.Date)) + ".xlsx", out.Bytes(), nil
}

func writeSummary(w io.Writer, d digest.TeamDay, say *catalog.Catalog) error {
	b, err := newBook()
	if err != nil {
		return err
	}
	title := say.T("evening.title", "Team", d.Team.Name, "Date", say.Date(d.Date.Time()))
	page, err := b.page(say.T("sheet.summary"), title, headings(summaryFields, say), 1, nil, true)
	if err != nil {
		return errors.Join(err, b.file.Close())
	}
	return b.write(w, func() error {
		var failed []error
		leave := 0
		for _, r := range d.Reps {
			leave += r.Day.Leave
			failed = append(failed, page.put(cellsOf(summaryFields, &summaryRow{r.Rep.Name, r.Day.Leave, r.Tally})...))
		}
		failed = append(failed, page.put(cellsOf(summaryFields, &summaryRow{say.T("sheet.total"), leave, d.Total()})...))
		return errors.Join(failed...)
	})
}
