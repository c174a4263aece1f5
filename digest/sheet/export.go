package sheet

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math"

	"roundsman/digest"
	"roundsman/visit"
)

// Filter says which dates an export covers, both included. It only means
// something for the tables that are [Kind.Dated], and those need it.
type Filter struct{ From, To visit.Date }

// maxDates bounds the dates of an export: ten years.
const maxDates = 3660

// ErrDates says that an export was asked for without dates, or for impossible ones.
var ErrDates = errors.New("the dates of an export must be two, in order, within ten years")

// ErrTooMany says that a table does not fit into a workbook.
var ErrTooMany = errors.New("an Excel sheet holds 1,048,576 rows; export as csv or jsonl, or fewer dates")

// Options say what an export holds.
type Options struct {
	// Coordinates adds where people were: whoever asks for it has a reason to
	// give, and it is on record. Customers' places are always there.
	Coordinates bool
	// Hashes returns what the record holds of check-ins, by their ids: the
	// commitments to them, as hex digits. Nil leaves the column empty.
	Hashes func(ctx context.Context, ids ...string) (map[string]string, error)
}

// Write writes a table to w as it reads it from the store, and returns how
// many rows there are under the header. After an error what was written is of
// no use. Rows come by id; planned visits and check-ins by date and rep,
// reports by date, team and name.
//
// The header of CSV and XLSX, like the keys of JSONL, are the columns' English
// names. Customers, reps and plans have the columns of their import, so that
// what was exported as CSV or XLSX can be imported.
func Write(ctx context.Context, w io.Writer, kind Kind, format Format, f Filter, store Source, policy visit.Policy, o Options) (rows int, err error) {
	if err := errors.Join(oneOf("table to export", kind, Exports()), oneOf("format", format, Formats())); err != nil {
		return 0, err
	}
	if kind.Dated() && !f.valid() {
		return 0, ErrDates
	}
	switch kind {
	case Customers:
		return writeTable(w, format, customers.columns, func(put func(*customerRow) error) error {
			all, err := store.Customers().Search(ctx, "", math.MaxInt32)
			if err != nil {
				return fmt.Errorf("read the customers: %w", err)
			}
			return putAll(all, func(c *visit.Customer) error { return put(&customerRow{Customer: *c}) })
		})
	case Reps:
		return writeTable(w, format, reps.columns, func(put func(*visit.Rep) error) error {
			all, err := store.Roster().Reps(ctx)
			if err != nil {
				return fmt.Errorf("read the roster: %w", err)
			}
			return putAll(all, put)
		})
	case Plans:
		return writeTable(w, format, plans.columns, func(put func(*visit.PlannedVisit) error) error {
			for d := f.From; d <= f.To; d = d.Add(1) {
				all, err := plansOf(ctx, store, d)
				if err != nil {
					return err
				}
				if err := putAll(all, put); err != nil {
					return err
				}
			}
			return nil
		})
	case Reports:
		return writeTable(w, format, reportColumns, func(put func(*digest.RepDate) error) error {
			return eachReport(ctx, f, store, policy, put)
		})
	default:
		columns := checkInColumns
		if o.Coordinates {
			columns = append(columns[:len(columns):len(columns)], coordinateColumns...)
		}
		return writeTable(w, format, columns, func(put func(*checkIn) error) error {
			return eachCheckIn(ctx, f, store, policy, o, put)
		})
	}
}

func (f Filter) valid() bool {
	for _, d := range []visit.Date{f.From, f.To} {
		if parsed, err := visit.ParseDate(string(d)); err != nil || parsed != d {
			return false
		}
	}
	return f.From <= f.To && f.To <= f.From.Add(maxDates)
}

func putAll[T any](all []T, put func(*T) error) error {
	for i := range all {
		if err := put(&all[i]); err != nil {
			return err
		}
	}
	return nil
}

// writeTable writes what each puts.
func writeTable[T any](w io.Writer, format Format, columns []column[T], each func(put func(*T) error) error) (rows int, err error) {
	names := make([]string, len(columns))
	for i, c := range columns {
		names[i] = c.name
	}
	var out rowWriter
	switch format {
	case CSV:
		out, err = newCSVWriter(w, names)
	case XLSX:
		out, err = newXLSXWriter(w, names)
	default:
		out = newJSONLWriter(w, names)
	}
	if err != nil {
		return 0, fmt.Errorf("begin the table: %w", err)
	}
	values := make([]any, len(columns))
	err = each(func(row *T) error {
		for i, c := range columns {
			values[i] = c.get(row)
		}
		if err := out.row(values); err != nil {
			return fmt.Errorf("write a row: %w", err)
		}
		rows++
		return nil
	})
	return rows, errors.Join(err, out.finish(err == nil))
}
