// Package sqlite keeps everything in one SQLite file, so that Roundsman runs
// with nothing installed. It must not know platforms, texts or HTTP, nor what
// a payload means.
//
// All writes go through one goroutine that puts whatever is waiting into one
// transaction and commits it once (see writer.go): a synchronous commit costs
// milliseconds, and a busy morning brings hundreds of writes a second. Reads
// use a few read-only connections beside it, which in WAL mode never wait for
// the writer.
//
// Instants are stored as Unix milliseconds. The zero time is its own number,
// -62135596800000, and not NULL or 0: it compares, sorts and comes back as in Go,
// and 1970 stays an ordinary instant. Text compares byte by byte, which for
// UTF-8 is Go's own order.
//
// One process serves a file (see [Options]); the command line's other commands
// may work on it at the same time.
package sqlite
