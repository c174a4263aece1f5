// Package sheet is tables as files: it reads the imports and writes the
// exports, as CSV, Excel workbooks and JSON lines. A table is one list of
// columns, by which it is both read and written, so that what was exported can
// be imported again.
//
//	file ─► grid of cells ─► rows, checked whole ─► stored job ─► repeatable writes ─► done
//	                              └─► problems: line, column, reason
//
// Everything in a file is hostile: sizes are bounded before anything is
// unpacked, texts are cleaned, numbers are strict, and what a spreadsheet would
// take for a formula is written so that it does not. The package must not know
// platforms, chats or the command line.
package sheet
