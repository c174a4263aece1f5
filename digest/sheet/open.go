package sheet

import (
	"bytes"
	"fmt"
	"io"
	"path/filepath"
	"strings"
)

const (
	// maxBytes bounds a file, maxRows the rows under its header.
	maxBytes = 50 << 20
	maxRows  = 200_000
	// maxWidth bounds the cells of a row.
	maxWidth = 256
)

// cells is one row of a file, by its line from 1. The slice is only valid
// until the next row.
type cells func(line int, row []string) error

// source is a file whose rows can be gone through once.
type source struct {
	// excel says that dates, times and numbers come as Excel keeps them,
	// from1904 which day it counts from.
	excel, from1904 bool
	each            func(cells) error
	close           func() error
}

// open reads a file whole, bounded, and finds out what it is. The name only
// tells the format; nothing is opened by it.
func open(name string, r io.Reader) (*source, error) {
	data, err := io.ReadAll(io.LimitReader(r, maxBytes+1))
	if err != nil {
		return nil, fmt.Errorf("read the table: %w", err)
	}
	if len(data) > maxBytes {
		return nil, whole("too_large", "Max", maxBytes>>20)
	}
	switch strings.ToLower(filepath.Ext(name)) {
	case ".csv":
		return openCSV(data)
	case ".xlsx":
		return openXLSX(data)
	case ".xls", ".et", ".xlsm", ".xlsb", ".ods", ".numbers":
		return nil, whole("other_format")
	}
	if bytes.HasPrefix(data, []byte("PK")) {
		return openXLSX(data)
	}
	return nil, whole("format")
}
