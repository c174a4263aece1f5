package sheet

import (
	"bytes"
	"encoding/csv"
	"errors"
	"io"
	"strings"
	"unicode/utf8"

	"golang.org/x/text/encoding/simplifiedchinese"
)

// byteOrderMark begins a UTF-8 file for Excel.
const byteOrderMark = "\uFEFF"

// openCSV reads comma-separated values in UTF-8 or GB18030, which is what a
// Chinese Excel writes.
func openCSV(data []byte) (*source, error) {
	data = bytes.TrimPrefix(data, []byte(byteOrderMark))
	if !utf8.Valid(data) {
		decoded, err := simplifiedchinese.GB18030.NewDecoder().Bytes(data)
		if err != nil || bytes.ContainsRune(decoded, utf8.RuneError) {
			return nil, whole("encoding")
		}
		data = decoded
	}
	if bytes.IndexByte(data, 0) >= 0 {
		return nil, whole("encoding")
	}
	r := csv.NewReader(bytes.NewReader(data))
	r.FieldsPerRecord = -1
	r.ReuseRecord = true
	each := func(f cells) error {
		for first := true; ; first = false {
			row, err := r.Read()
			if errors.Is(err, io.EOF) {
				return nil
			}
			if bad := (*csv.ParseError)(nil); errors.As(err, &bad) {
				return atLine(bad.StartLine, "quotes")
			}
			if err != nil {
				return err
			}
			line, _ := r.FieldPos(0)
			if len(row) > maxWidth {
				return atLine(line, "too_wide", "Max", maxWidth)
			}
			if first && len(row) == 1 && strings.ContainsAny(row[0], ";\t；") {
				return atLine(line, "separator")
			}
			if err := f(line, row); err != nil {
				return err
			}
		}
	}
	return &source{each: each, close: func() error { return nil }}, nil
}
