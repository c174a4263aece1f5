package sheet

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"roundsman/catalog"
)

// maxProblems is how many problems are told one by one; of the rest, how many there are.
const maxProblems = 200

// Problem is one thing that is wrong with a file.
type Problem struct {
	// Line is that of the file, from 1; 0 when the file as a whole is meant.
	Line int
	// Column is named as in the file's header; empty when the whole line is meant.
	Column string
	// Reason is a word of the catalogue, under import.reason.
	Reason string

	// pairs are the values of the reason's sentence.
	pairs []any
	// place orders the problems of a line.
	place int
}

// Text says the problem in the catalogue's language.
func (p Problem) Text(say *catalog.Catalog) string {
	reason := say.T("import.reason."+p.Reason, p.pairs...)
	switch {
	case p.Line == 0:
		return reason
	case p.Column == "":
		return say.T("import.line", "Line", p.Line, "Reason", reason)
	default:
		return say.T("import.cell", "Line", p.Line, "Column", p.Column, "Reason", reason)
	}
}

// Invalid is the error of a file that cannot be imported. Nothing of it was written.
type Invalid struct {
	// Problems are the first ones, in the order of the file.
	Problems []Problem
	// More is how many there are besides.
	More int
}

// Error says, for the log, where the first problem is. It holds nothing of the file's content.
func (e *Invalid) Error() string {
	first := e.Problems[0]
	return fmt.Sprintf("the table cannot be imported: %d problems, first %s at line %d", len(e.Problems)+e.More, first.Reason, first.Line)
}

// Text lists the problems in the catalogue's language, a line each.
func (e *Invalid) Text(say *catalog.Catalog) string {
	lines := []string{say.T("import.refused", "Count", len(e.Problems)+e.More)}
	for _, p := range e.Problems {
		lines = append(lines, p.Text(say))
	}
	if e.More > 0 {
		lines = append(lines, say.T("import.more", "Count", e.More))
	}
	return strings.Join(lines, "\n")
}

// fault is what is wrong with a cell: a word of the catalogue with its values.
type fault struct {
	reason string
	pairs  []any
}

func wrong(reason string, pairs ...any) *fault { return &fault{reason, pairs} }

// whole returns the error that a file as a whole cannot be read.
func whole(reason string, pairs ...any) *Invalid { return atLine(0, reason, pairs...) }

func atLine(line int, reason string, pairs ...any) *Invalid {
	return &Invalid{Problems: []Problem{{Line: line, Reason: reason, pairs: pairs}}}
}

// findings collects problems. Those of one pass come in the order of lines, so
// the first ones of each pass are enough to know the first ones of all.
type findings struct {
	problems []Problem
	pass     int
	count    int
}

// next begins another pass over the rows.
func (f *findings) next() { f.pass = 0 }

func (f *findings) add(p Problem) {
	f.count++
	if f.pass++; f.pass <= maxProblems {
		f.problems = append(f.problems, p)
	}
}

// err returns nil if nothing was found.
func (f *findings) err() error {
	if f.count == 0 {
		return nil
	}
	slices.SortStableFunc(f.problems, func(a, b Problem) int {
		return cmp.Or(cmp.Compare(a.Line, b.Line), cmp.Compare(a.place, b.place))
	})
	first := f.problems[:min(len(f.problems), maxProblems)]
	return &Invalid{Problems: first, More: f.count - len(first)}
}
