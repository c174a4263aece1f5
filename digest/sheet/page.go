package sheet

import (
	"errors"
	"fmt"
	"io"
	"strconv"

	"github.com/xuri/excelize/v2"
)

// look is how the cells of a column are shown.
type look int

const (
	words look = iota
	counts
	amounts
	rates
)

// formats are Excel's for the looks of numbers.
var formats = map[look]string{counts: "#,##0.##", amounts: "#,##0.00", rates: "0%"}

// heading is a column of a page.
type heading struct {
	title string
	// width is in characters of the default font.
	width float64
	look  look
}

// book is a workbook of pages, written row by row: beyond a few megabytes rows
// wait in temporary files. A text is a cell of the type text, so that nothing
// that a person wrote is computed.
type book struct {
	file           *excelize.File
	title, caption int
	looks          map[look]int
	// pages are all begun before the first row.
	pages []*page
	rows  chan bookRow
}

func newBook() (*book, error) {
	b := &book{file: excelize.NewFile(), looks: make(map[look]int)}
	thin := func(sides ...string) (out []excelize.Border) {
		for _, side := range sides {
			out = append(out, excelize.Border{Type: side, Color: "BFBFBF", Style: 1})
		}
		return out
	}
	box := thin("left", "right", "top", "bottom")
	var failed []error
	style := func(s excelize.Style) int {
		id, err := b.file.NewStyle(&s)
		failed = append(failed, err)
		return id
	}
	middle := &excelize.Alignment{Horizontal: "center", Vertical: "center", WrapText: true}
	b.title = style(excelize.Style{Font: &excelize.Font{Bold: true, Size: 14}, Alignment: &excelize.Alignment{Vertical: "center"}})
	b.caption = style(excelize.Style{Font: &excelize.Font{Bold: true}, Alignment: middle, Border: box, Fill: excelize.Fill{Type: "pattern", Pattern: 1, Color: []string{"DDEBF7"}}})
	for _, l := range []look{words, counts, amounts, rates} {
		s := excelize.Style{Alignment: &excelize.Alignment{Vertical: "top", WrapText: l == words}, Border: box}
		if format, ok := formats[l]; ok {
			s.CustomNumFmt = &format
		}
		b.looks[l] = style(s)
	}
	if err := errors.Join(failed...); err != nil {
		return nil, errors.Join(err, b.file.Close())
	}
	return b, nil
}

// page is a sheet as a company prints it: a title, a header that stays in view
// and is repeated on every printed page, A4 across.
type page struct {
	book   *book
	stream *excelize.StreamWriter
	looks  []int
	last   int
	// cells are those of the row that is written, row points to them.
	cells []excelize.Cell
	row   []any
}

// paperA4 is Excel's number of the paper.
const paperA4 = 9

// page begins a sheet. Each of groups is a title above the number of columns
// that it spans; there may be none. Without fit the page is as wide as its
// columns, of which the first keep stay in view.
func (b *book) page(name, title string, columns []heading, keep int, groups []heading, fit bool) (*page, error) {
	var err error
	if len(b.pages) == 0 {
		err = b.file.SetSheetName(b.file.GetSheetName(0), name)
	} else {
		_, err = b.file.NewSheet(name)
	}
	if err != nil {
		return nil, err
	}
	header := 2
	if len(groups) > 0 {
		header = 3
	}
	lastColumn, err := excelize.ColumnNumberToName(len(columns))
	if err != nil {
		return nil, err
	}
	layout := excelize.PageLayoutOptions{Size: new(paperA4), Orientation: new("landscape")}
	repeat := fmt.Sprintf("'%s'!$1:$%d", name, header)
	if fit {
		layout.FitToWidth, layout.FitToHeight = new(1), new(0)
	} else {
		keptColumn, err := excelize.ColumnNumberToName(keep)
		if err != nil {
			return nil, err
		}
		repeat = fmt.Sprintf("'%s'!$A:$%s,%s", name, keptColumn, repeat)
	}
	err = errors.Join(
		b.file.SetSheetProps(name, &excelize.SheetPropsOptions{FitToPage: &fit}),
		b.file.SetPageLayout(name, &layout),
		b.file.SetPageMargins(name, &excelize.PageLayoutMarginsOptions{Left: new(0.4), Right: new(0.4), Top: new(0.4), Bottom: new(0.6), Header: new(0.2), Footer: new(0.3)}),
		b.file.SetHeaderFooter(name, &excelize.HeaderFooterOptions{OddFooter: "&L&A&R&P / &N"}),
		b.file.SetDefinedName(&excelize.DefinedName{Name: "_xlnm.Print_Titles", RefersTo: repeat, Scope: name}),
	)
	if err != nil {
		return nil, err
	}
	p := &page{book: b, last: header, cells: make([]excelize.Cell, len(columns)), row: make([]any, len(columns))}
	if p.stream, err = b.file.NewStreamWriter(name); err != nil {
		return nil, err
	}
	b.pages = append(b.pages, p)
	corner, err := excelize.CoordinatesToCellName(keep+1, header+1)
	if err != nil {
		return nil, err
	}
	failed := []error{p.stream.SetPanes(&excelize.Panes{Freeze: true, XSplit: keep, YSplit: header, TopLeftCell: corner, ActivePane: "bottomRight"})}
	for i, c := range columns {
		failed = append(failed, p.stream.SetColWidth(i+1, i+1, c.width))
		p.looks = append(p.looks, b.looks[c.look])
		p.row[i] = &p.cells[i]
	}
	failed = append(failed,
		p.stream.SetRow("A1", []any{excelize.Cell{StyleID: b.title, Value: legible(title)}}, excelize.RowOpts{Height: 24}),
		p.stream.MergeCell("A1", lastColumn+"1"))
	if len(groups) > 0 {
		failed = append(failed, p.groups(groups))
	}
	captions := make([]any, len(columns))
	for i, c := range columns {
		captions[i] = excelize.Cell{StyleID: b.caption, Value: c.title}
	}
	failed = append(failed, p.stream.SetRow("A"+strconv.Itoa(header), captions))
	return p, errors.Join(failed...)
}

// groups writes the titles above the columns' own.
func (p *page) groups(groups []heading) error {
	var row []any
	var failed []error
	for _, g := range groups {
		from, err := excelize.CoordinatesToCellName(len(row)+1, 2)
		failed = append(failed, err)
		row = append(row, excelize.Cell{StyleID: p.book.caption, Value: g.title})
		for range int(g.width) - 1 {
			row = append(row, excelize.Cell{StyleID: p.book.caption})
		}
		to, err := excelize.CoordinatesToCellName(len(row), 2)
		failed = append(failed, err)
		if g.width > 1 {
			failed = append(failed, p.stream.MergeCell(from, to))
		}
	}
	return errors.Join(append(failed, p.stream.SetRow("A2", row))...)
}

// put puts a row: strings, ints, floats, and nil for an empty cell. It is
// written while the next ones are made; what goes wrong is told in the end.
func (p *page) put(values ...any) error {
	if p.last == excelize.TotalRows {
		return ErrTooMany
	}
	p.last++
	p.book.rows <- bookRow{p, p.last, values}
	return nil
}

// bookRow is a row on its way to its page.
type bookRow struct {
	page   *page
	number int
	values []any
}

func (r bookRow) write() error {
	for i, v := range r.values {
		if s, ok := v.(string); ok {
			v = typed(legible(s))
		}
		r.page.cells[i] = excelize.Cell{StyleID: r.page.looks[i], Value: v}
	}
	return r.page.stream.SetRow("A"+strconv.Itoa(r.number), r.page.row)
}

// rowsAhead bounds the rows that wait to be written.
const rowsAhead = 256

// write writes the workbook, which can only be done at the end, with the rows
// that fill puts, and closes it.
func (b *book) write(w io.Writer, fill func() error) error {
	b.rows = make(chan bookRow, rowsAhead)
	written := make(chan error)
	go func() {
		var failed error
		for r := range b.rows {
			if failed == nil {
				failed = r.write()
			}
		}
		written <- failed
	}()
	err := fill()
	close(b.rows)
	err = errors.Join(err, <-written)
	for _, p := range b.pages {
		if err == nil {
			err = p.stream.Flush()
		}
	}
	if err == nil {
		_, err = b.file.WriteTo(w)
	}
	return errors.Join(err, b.file.Close())
}
