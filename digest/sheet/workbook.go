package sheet

import (
	"context"
	"errors"
	"fmt"
	"io"

	"roundsman/catalog"
	"roundsman/digest"
	"roundsman/visit"
)

// Workbook writes what dates of teams came to as an Excel workbook for people:
// the visit plans (客户拜访计划表), the daily reports (每日销售报告表) and the
// metrics (指标), in the catalogue's language. The file is whole or there is an error.
func Workbook(ctx context.Context, w io.Writer, dates digest.Dates, say *catalog.Catalog) error {
	if !(Filter{dates.From, dates.To}).valid() {
		return ErrDates
	}
	b, err := newBook()
	if err != nil {
		return fmt.Errorf("begin the workbook: %w", err)
	}
	plans, reports, metrics, err := b.three(dates, say)
	if err != nil {
		return fmt.Errorf("begin the workbook: %w", errors.Join(err, b.file.Close()))
	}
	err = b.write(w, func() error {
		outcomes, err := days(ctx, dates, plans, reports, lexicon{say, make(map[string]string)})
		if err != nil {
			return err
		}
		people, scores, err := dates.Scores(ctx, outcomes)
		if err != nil {
			return err
		}
		var failed []error
		for i, s := range scores {
			failed = append(failed, metrics.put(metricCells(people[i].Team, people[i].ID, people[i].Name, s)...))
		}
		failed = append(failed, metrics.put(metricCells("", "", say.T("sheet.total"), visit.Total(scores))...))
		return errors.Join(failed...)
	})
	if err != nil {
		return fmt.Errorf("write the workbook: %w", err)
	}
	return nil
}

// three begins the pages.
func (b *book) three(dates digest.Dates, say *catalog.Catalog) (plans, reports, metrics *page, err error) {
	team := say.T("sheet.company")
	if len(dates.Teams) == 1 {
		team = dates.Teams[0]
	}
	title := func(name string) string {
		return say.T("sheet.title", "Team", team, "Name", name, "From", string(dates.From), "To", string(dates.To))
	}
	name := say.T("sheet.plans")
	if plans, err = b.page(name, title(name), headings(planFields, say), 4, nil, true); err != nil {
		return nil, nil, nil, err
	}
	name = say.T("sheet.reports")
	if reports, err = b.page(name, title(name), headings(reportFields, say), 4, nil, true); err != nil {
		return nil, nil, nil, err
	}
	name = say.T("sheet.metrics")
	columns, groups := metricHeadings(say)
	metrics, err = b.page(name, title(name), columns, 3, groups, false)
	return plans, reports, metrics, err
}

// days puts the rows of every rep's date, and returns what they came to.
func days(ctx context.Context, dates digest.Dates, plans, reports *page, say lexicon) (outcomes []visit.Outcome, err error) {
	for d, err := range dates.Each(ctx) {
		if err != nil {
			return nil, err
		}
		outcomes = append(outcomes, d.Outcome)
		row := newDated(d, say)
		for _, l := range planLines(row) {
			if err := plans.put(cellsOf(planFields, &l)...); err != nil {
				return nil, err
			}
		}
		if err := reports.put(cellsOf(reportFields, row)...); err != nil {
			return nil, err
		}
	}
	return outcomes, nil
}

// field is a column of a page of rows of T.
type field[T any] struct {
	// key names it in the catalogue.
	key   string
	width float64
	look  look
	get   func(*T) any
}

func headings[T any](fields []field[T], say *catalog.Catalog) []heading {
	out := make([]heading, len(fields))
	for i, f := range fields {
		out[i] = heading{say.T("sheet." + f.key), f.width, f.look}
	}
	return out
}

func cellsOf[T any](fields []field[T], row *T) []any {
	out := make([]any, len(fields))
	for i, f := range fields {
		out[i] = f.get(row)
	}
	return out
}

// metricHeadings are three columns for each metric, part, whole and rate, under its name.
func metricHeadings(say *catalog.Catalog) (columns, groups []heading) {
	for _, f := range []struct {
		key   string
		width float64
		look  look
	}{{"team", 12, words}, {"rep", 9, words}, {"name", 10, words}, {"days", 7, counts}, {"leave", 7, counts}} {
		columns = append(columns, heading{say.T("sheet." + f.key), f.width, f.look})
		groups = append(groups, heading{width: 1})
	}
	for _, m := range visit.Metrics {
		number, width := counts, 7.0
		if m.Money() {
			number, width = amounts, 13
		}
		columns = append(columns,
			heading{say.T("sheet.part"), width, number}, heading{say.T("sheet.whole"), width, number}, heading{say.T("sheet.rate"), 7, rates})
		groups = append(groups, heading{say.T("metric." + string(m)), 3, words})
	}
	return columns, groups
}

func metricCells(team, id, name string, s visit.Score) []any {
	out := []any{team, id, name, s.Days, float64(s.Leave) / 2}
	for _, m := range visit.Metrics {
		share := s.Shares[m]
		switch {
		case !share.Known():
			out = append(out, nil, nil, nil)
		case m.Money():
			out = append(out, float64(share.Num)/100, float64(share.Den)/100, share.Ratio())
		default:
			out = append(out, share.Num, share.Den, share.Ratio())
		}
	}
	return out
}

// lexicon remembers the words of a catalogue: a workbook says each of them many times.
type lexicon struct {
	*catalog.Catalog

	known map[string]string
}

// word is a word of the catalogue, and nothing for none.
func word[T ~string](l lexicon, prefix string, w T) string {
	if w == "" {
		return ""
	}
	key := prefix + string(w)
	said, ok := l.known[key]
	if !ok {
		said = l.T(key)
		l.known[key] = said
	}
	return said
}
