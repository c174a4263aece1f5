package sheet

import (
	"bufio"
	"bytes"
	"encoding/csv"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"

	"github.com/xuri/excelize/v2"
)

// rowWriter writes rows in one format. A value is a string, []string, bool,
// int, float64, or nil for none.
type rowWriter interface {
	// row writes one row; values are only valid during the call.
	row(values []any) error
	// finish writes what is left if the table is complete, and releases what it took.
	finish(complete bool) error
}

// listSeparator joins a list in one cell.
const listSeparator = ";"

// csvWriter writes CSV for Excel: UTF-8 with a byte order mark, lines that end
// in CR LF, and no cell that a spreadsheet would compute.
type csvWriter struct {
	buffered *bufio.Writer
	csv      *csv.Writer
	cells    []string
}

func newCSVWriter(w io.Writer, names []string) (*csvWriter, error) {
	b := bufio.NewWriter(w)
	c := &csvWriter{buffered: b, csv: csv.NewWriter(b), cells: make([]string, len(names))}
	c.csv.UseCRLF = true
	if _, err := b.WriteString(byteOrderMark); err != nil {
		return nil, err
	}
	return c, c.csv.Write(names)
}

func (c *csvWriter) row(values []any) error {
	for i, v := range values {
		switch v := v.(type) {
		case string:
			c.cells[i] = guard(legible(v))
		case []string:
			c.cells[i] = guard(legible(strings.Join(v, listSeparator)))
		case bool:
			c.cells[i] = strconv.FormatBool(v)
		case int:
			c.cells[i] = strconv.Itoa(v)
		case float64:
			c.cells[i] = shortest(v)
		case nil:
			c.cells[i] = ""
		default:
			return fmt.Errorf("no cell for a %T", v)
		}
	}
	return c.csv.Write(c.cells)
}

func (c *csvWriter) finish(bool) error {
	c.csv.Flush()
	return errors.Join(c.csv.Error(), c.buffered.Flush())
}

// xlsxWriter writes a workbook of one sheet with a header that stays in view.
// Excel's own limits hold: 15 digits of a number, 32,767 characters of a text.
// Rows beyond a few megabytes wait in a temporary file; the workbook itself can
// only be written at the end.
type xlsxWriter struct {
	w      io.Writer
	book   *excelize.File
	stream *excelize.StreamWriter
	cells  []any
	last   int
}

// columnWidth in characters.
const columnWidth = 16

func newXLSXWriter(w io.Writer, names []string) (_ *xlsxWriter, err error) {
	x := &xlsxWriter{w: w, book: excelize.NewFile(), cells: make([]any, len(names)), last: 1}
	defer func() {
		if err != nil {
			err = errors.Join(err, x.book.Close())
		}
	}()
	if x.stream, err = x.book.NewStreamWriter(x.book.GetSheetName(0)); err != nil {
		return nil, err
	}
	bold, err := x.book.NewStyle(&excelize.Style{Font: &excelize.Font{Bold: true}})
	if err != nil {
		return nil, err
	}
	err = errors.Join(
		x.stream.SetColWidth(1, len(names), columnWidth),
		x.stream.SetPanes(&excelize.Panes{Freeze: true, YSplit: 1, TopLeftCell: "A2", ActivePane: "bottomLeft"}),
	)
	if err != nil {
		return nil, err
	}
	for i, name := range names {
		x.cells[i] = excelize.Cell{StyleID: bold, Value: name}
	}
	return x, x.stream.SetRow("A1", x.cells)
}

func (x *xlsxWriter) row(values []any) error {
	if x.last == excelize.TotalRows {
		return ErrTooMany
	}
	x.last++
	for i, v := range values {
		switch v := v.(type) {
		case string:
			x.cells[i] = typed(guardTyped(legible(v)))
		case []string:
			x.cells[i] = typed(guardTyped(legible(strings.Join(v, listSeparator))))
		case bool, int, float64, nil:
			x.cells[i] = v
		default:
			return fmt.Errorf("no cell for a %T", v)
		}
	}
	return x.stream.SetRow("A"+strconv.Itoa(x.last), x.cells)
}

// typed is a text as a cell of the type text, and nothing for an empty one.
func typed(s string) any {
	if s == "" {
		return nil
	}
	return s
}

func (x *xlsxWriter) finish(complete bool) error {
	var err error
	if complete {
		if err = x.stream.Flush(); err == nil {
			_, err = x.book.WriteTo(x.w)
		}
	}
	return errors.Join(err, x.book.Close())
}

// jsonlWriter writes an object a line, its keys in the order of the columns.
// Every key is always there: an empty text is "", an empty list [], no number null.
type jsonlWriter struct {
	w    *bufio.Writer
	keys []string
	line bytes.Buffer
	json *json.Encoder
}

func newJSONLWriter(w io.Writer, names []string) *jsonlWriter {
	j := &jsonlWriter{w: bufio.NewWriter(w)}
	for i, name := range names {
		open := ","
		if i == 0 {
			open = "{"
		}
		j.keys = append(j.keys, open+strconv.Quote(name)+":")
	}
	j.json = json.NewEncoder(&j.line)
	j.json.SetEscapeHTML(false)
	return j
}

func (j *jsonlWriter) row(values []any) error {
	j.line.Reset()
	for i, v := range values {
		j.line.WriteString(j.keys[i])
		switch text := v.(type) {
		case string:
			v = legible(text)
		case []string:
			if text == nil {
				v = []string{}
			}
		}
		if err := j.json.Encode(v); err != nil {
			return err
		}
		j.line.Truncate(j.line.Len() - 1) // the encoder's line break
	}
	j.line.WriteString("}\n")
	_, err := j.w.Write(j.line.Bytes())
	return err
}

func (j *jsonlWriter) finish(bool) error { return j.w.Flush() }
