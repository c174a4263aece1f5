package sheet

import (
	"fmt"
	"slices"

	"roundsman/digest"
	"roundsman/storage"
)

// Kind names a table.
type Kind string

// The tables.
const (
	Customers Kind = "customers"
	Reps      Kind = "reps"
	Plans     Kind = "plans"
	Targets   Kind = "targets"
	Routes    Kind = "routes"
	Holidays  Kind = "holidays"
	// CheckIns and Reports can only be exported: what happened is not written from a file.
	CheckIns Kind = "checkins"
	Reports  Kind = "reports"
)

// Kinds returns the tables that [Read] reads.
func Kinds() []Kind { return []Kind{Customers, Reps, Plans, Targets, Routes, Holidays} }

// Exports returns the tables that [Write] writes.
func Exports() []Kind { return []Kind{Customers, Reps, Plans, CheckIns, Reports} }

// Dated reports whether an export of the table covers a span of dates.
func (k Kind) Dated() bool { return k == Plans || k == CheckIns || k == Reports }

// Format names how a table is written.
type Format string

// The formats.
const (
	// CSV is UTF-8 with a byte order mark, by which Excel knows it.
	CSV Format = "csv"
	// XLSX is an Excel workbook of one sheet.
	XLSX Format = "xlsx"
	// JSONL is a JSON object a line.
	JSONL Format = "jsonl"
)

// Formats returns the formats that [Write] writes.
func Formats() []Format { return []Format{CSV, XLSX, JSONL} }

// Known is what an import is checked against.
type Known interface {
	Roster() storage.Roster
	Customers() storage.Customers
}

// Target is what an import is applied to.
type Target interface {
	Known
	Plans() storage.Plans
	Targets() storage.Targets
	Routes() storage.Routes
	Calendar() storage.Calendar
	Imports() storage.Imports
	Undos() storage.Undos
}

// Source is what an export is read from.
type Source = digest.Nouns

// oneOf returns an error unless v is one of all.
func oneOf[T ~string](what string, v T, all []T) error {
	if slices.Contains(all, v) {
		return nil
	}
	return fmt.Errorf("%q is not a %s: it must be one of %q", v, what, all)
}
