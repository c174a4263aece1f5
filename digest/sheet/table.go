package sheet

import (
	"context"
	"slices"
	"strings"
)

// column is one column of a table of T: how a cell is read and written.
type column[T any] struct {
	// name and chinese are what a header may call it.
	name, chinese string
	required      bool
	// excel turns the raw content of an Excel cell into the text that set reads; nil takes it as it is.
	excel func(raw string, from1904 bool) string
	// set reads a cell that is not empty.
	set func(row *T, cell string) *fault
	// get returns what is exported: a string, bool, float64, int, []string, or nil for none.
	get func(row *T) any
	// keep takes over what is stored when the file lacks the column; nil where rows are written whole.
	keep func(row, old *T)
}

// title is how the column is named to people.
func (c column[T]) title() string { return c.chinese + " " + c.name }

// table is a list of columns, and what holds between the cells of a row.
type table[T any] struct {
	columns []column[T]
	// key is what a file may have once, keys the columns that it is made of.
	key  func(*T) string
	keys []string
	// together are columns that come all or none.
	together []string
	// finish checks a row once all its cells are read; nil means that there is nothing to check.
	finish func(row *T) (column string, bad *fault)
}

// entry is a row with its line in the file.
type entry[T any] struct {
	line int
	row  T
}

// reading is a table of a file on its way in.
type reading[T any] struct {
	findings

	table   table[T]
	src     *source
	entries []entry[T]
	// at is the table's column at each place of a row, -1 for none; titles
	// are the header's own words by column name, missing the columns it lacks.
	at      []int
	titles  map[string]string
	missing []column[T]
	// lines tells where a key was first.
	lines map[string]int
}

// read reads the rows of src. What is wrong with cells and rows is kept among
// the findings, so that the caller can go on checking; what is wrong with the
// file or its header is returned.
func (t table[T]) read(ctx context.Context, src *source) (*reading[T], error) {
	r := &reading[T]{table: t, src: src, lines: make(map[string]int)}
	err := src.each(func(line int, row []string) error {
		if line%1024 == 0 && ctx.Err() != nil {
			return ctx.Err()
		}
		if blank(row) {
			return nil
		}
		if r.at == nil {
			return r.header(line, row)
		}
		if len(r.entries) == maxRows {
			return whole("too_many_rows", "Max", maxRows)
		}
		r.row(line, row)
		return nil
	})
	if err != nil {
		return nil, err
	}
	if len(r.entries) == 0 {
		return nil, whole("empty", "Columns", t.known())
	}
	return r, nil
}

func blank(row []string) bool {
	return !slices.ContainsFunc(row, func(s string) bool { return clean(s) != "" })
}

// known lists the columns, those that must be there with a star.
func (t table[T]) known() string {
	names := make([]string, len(t.columns))
	for i, c := range t.columns {
		names[i] = c.title()
		if c.required {
			names[i] += "*"
		}
	}
	return strings.Join(names, ", ")
}

// index returns which column a header's cell names, or -1.
func (t table[T]) index(title string) int {
	plain := strings.NewReplacer(" ", "_", "-", "_").Replace(strings.ToLower(strings.TrimRight(title, "*＊ ")))
	return slices.IndexFunc(t.columns, func(c column[T]) bool { return c.name == plain || c.chinese == plain })
}

// fits reports whether a header has all columns that must be there, and
// whether it has no others than the table's.
func (t table[T]) fits(header []string) (required, only bool) {
	there := make([]bool, len(t.columns))
	only = true
	for _, cell := range header {
		title := clean(cell)
		if title == "" {
			continue
		}
		if i := t.index(title); i >= 0 {
			there[i] = true
		} else {
			only = false
		}
	}
	for i, c := range t.columns {
		if c.required && !there[i] {
			return false, only
		}
	}
	return true, only
}

// header finds out which column is which.
func (r *reading[T]) header(line int, row []string) error {
	r.at = make([]int, len(row))
	r.titles = make(map[string]string, len(row))
	var found findings
	listed := false // the columns that there are, once
	for i, cell := range row {
		r.at[i] = -1
		title := clean(cell)
		if title == "" {
			continue
		}
		j := r.table.index(title)
		p := Problem{Line: line, Column: cut(title), place: i}
		if j < 0 {
			p.Reason, p.pairs = "column_unknown_short", nil
			if !listed {
				listed, p.Reason, p.pairs = true, "column_unknown", []any{"Columns", r.table.known()}
			}
			found.add(p)
			continue
		}
		name := r.table.columns[j].name
		if _, twice := r.titles[name]; twice {
			p.Reason = "column_twice"
			found.add(p)
			continue
		}
		r.at[i], r.titles[name] = j, cut(title)
	}
	some := slices.ContainsFunc(r.table.together, func(name string) bool { return r.titles[name] != "" })
	for _, c := range r.table.columns {
		switch _, there := r.titles[c.name]; {
		case there:
		case c.required, some && slices.Contains(r.table.together, c.name):
			p := Problem{Line: line, Reason: "column_missing_short", place: len(row), pairs: []any{"Name", c.title()}}
			if !listed {
				listed, p.Reason, p.pairs = true, "column_missing", append(p.pairs, "Columns", r.table.known())
			}
			found.add(p)
		default:
			r.missing = append(r.missing, c)
		}
	}
	return found.err()
}

// row reads one row under the header.
func (r *reading[T]) row(line int, row []string) {
	e := entry[T]{line: line}
	read := make([]bool, len(r.table.columns))
	filled := make([]bool, len(r.table.columns))
	for i, raw := range row {
		cell := unguard(clean(raw))
		if cell == "" {
			continue
		}
		if i >= len(r.at) || r.at[i] < 0 {
			r.add(Problem{Line: line, Reason: "no_column", pairs: []any{"Value", cut(cell)}, place: i})
			continue
		}
		c := r.table.columns[r.at[i]]
		filled[r.at[i]] = true
		if r.src.excel && c.excel != nil {
			cell = c.excel(cell, r.src.from1904)
		}
		if bad := c.set(&e.row, cell); bad != nil {
			r.report(line, c.name, bad)
			continue
		}
		read[r.at[i]] = true
	}
	for i, c := range r.table.columns {
		if c.required && !filled[i] {
			r.report(line, c.name, wrong("required"))
		}
	}
	if r.table.finish != nil {
		if name, bad := r.table.finish(&e.row); bad != nil {
			r.report(line, name, bad)
		}
	}
	keyed := true
	for i, c := range r.table.columns {
		keyed = keyed && (read[i] || !slices.Contains(r.table.keys, c.name))
	}
	if keyed {
		key := r.table.key(&e.row)
		if first, twice := r.lines[key]; twice {
			r.report(line, r.table.keys[len(r.table.keys)-1], wrong("duplicate", "Line", first))
		} else {
			r.lines[key] = line
		}
	}
	r.entries = append(r.entries, e)
}

// report keeps what is wrong with a row in the column of the name.
func (r *reading[T]) report(line int, name string, bad *fault) {
	place := slices.IndexFunc(r.at, func(j int) bool { return j >= 0 && r.table.columns[j].name == name })
	r.add(Problem{Line: line, Column: r.titles[name], Reason: bad.reason, pairs: bad.pairs, place: place})
}

// keep takes over what is stored where the file lacks a column.
func (r *reading[T]) keep(stored map[string]T) {
	for i := range r.entries {
		row := &r.entries[i].row
		old, ok := stored[r.table.key(row)]
		if !ok {
			continue
		}
		for _, c := range r.missing {
			if c.keep != nil {
				c.keep(row, &old)
			}
		}
	}
}
