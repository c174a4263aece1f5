package sheet

import (
	"archive/zip"
	"bytes"
	"errors"
	"fmt"

	"github.com/xuri/excelize/v2"
)

const (
	// maxUnpacked bounds what a workbook unpacks to. 200,000 rows of 13 columns
	// are some 150 MB of XML.
	maxUnpacked = 256 << 20
	// maxParts bounds the files in a workbook.
	maxParts = 2000
	// maxInMemory is the size from which a sheet is unpacked to a temporary file.
	maxInMemory = 16 << 20
)

// errDamaged says that a library gave up on a workbook.
var errDamaged = errors.New("the workbook is damaged")

// openXLSX reads the first sheet of an Excel workbook.
func openXLSX(data []byte) (*source, error) {
	// Before anything is unpacked. The zip reader holds each part to the size
	// that it declares.
	parts, err := zip.NewReader(bytes.NewReader(data), int64(len(data)))
	if err != nil {
		return nil, whole("damaged")
	}
	var size uint64
	for _, p := range parts.File {
		size += p.UncompressedSize64
		if size > maxUnpacked || p.UncompressedSize64 > maxUnpacked {
			return nil, whole("too_large_unpacked", "Max", maxUnpacked>>20)
		}
	}
	if len(parts.File) > maxParts {
		return nil, whole("damaged")
	}
	var book *excelize.File
	err = contained(func() (err error) {
		book, err = excelize.OpenReader(bytes.NewReader(data), excelize.Options{
			RawCellValue: true, UnzipSizeLimit: maxUnpacked, UnzipXMLSizeLimit: maxInMemory,
		})
		return err
	})
	if err != nil {
		return nil, whole("damaged")
	}
	s := &source{excel: true, close: book.Close}
	s.each = func(f cells) error { return eachRow(book, f) }
	err = contained(func() error {
		props, err := book.GetWorkbookProps()
		s.from1904 = err == nil && props.Date1904 != nil && *props.Date1904
		return err
	})
	if err != nil {
		return nil, errors.Join(whole("damaged"), book.Close())
	}
	return s, nil
}

// eachRow goes through the rows of the first sheet.
func eachRow(book *excelize.File, f cells) error {
	var rows *excelize.Rows
	err := contained(func() (err error) {
		rows, err = book.Rows(book.GetSheetName(0))
		return err
	})
	if err != nil {
		return whole("damaged")
	}
	defer func() { _ = rows.Close() }() // a file of ours, read to its end or given up
	for line := 1; ; line++ {
		var row []string
		more := false
		err := contained(func() (err error) {
			if more = rows.Next(); !more {
				return rows.Error()
			}
			row, err = rows.Columns()
			return err
		})
		switch {
		case err != nil:
			return atLine(line, "damaged")
		case !more:
			return nil
		case len(row) > maxWidth:
			return atLine(line, "too_wide", "Max", maxWidth)
		}
		if err := f(line, row); err != nil {
			return err
		}
	}
}

// contained calls f and turns a panic into an error: a workbook is somebody
// else's input to somebody else's parser.
func contained(f func() error) (err error) {
	defer func() {
		if r := recover(); r != nil {
			err = fmt.Errorf("%w: %v", errDamaged, r)
		}
	}()
	return f()
}
