package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"os"
	"strings"
	"time"

	"roundsman/record"
	"roundsman/storage"
)

// witnessEvery is how often a head is written down at most.
const witnessEvery = 10 * time.Minute

// witness writes heads of the record into a file outside of the store, a line
// each, so that whoever cuts the record's end has to reach that file as well.
type witness struct {
	path string
	last record.Head
	at   time.Time
}

// note appends the head if it is another than the last one, and not too soon after it.
func (w *witness) note(head record.Head, now time.Time) error {
	if w.path == "" || head == w.last || now.Sub(w.at) < witnessEvery && !w.at.IsZero() {
		return nil
	}
	f, err := os.OpenFile(w.path, os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o600)
	if err != nil {
		return fmt.Errorf("open the witness file: %w", err)
	}
	_, err = fmt.Fprintf(f, "%s %s\n", now.UTC().Format(time.RFC3339), head)
	if err = errors.Join(err, f.Sync(), f.Close()); err != nil {
		return fmt.Errorf("write the witness file: %w", err)
	}
	w.last, w.at = head, now
	return nil
}

// readWitness returns the heads of a witness file.
func readWitness(path string) ([]record.Head, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, fmt.Errorf("open the witness file: %w", err)
	}
	defer f.Close()
	var heads []record.Head
	lines := bufio.NewScanner(f)
	for n := 1; lines.Scan(); n++ {
		// The time stands first, and has numbers of its own.
		_, line, _ := strings.Cut(strings.TrimSpace(lines.Text()), " ")
		if line == "" {
			continue
		}
		h, err := record.ParseHead(line)
		if err != nil {
			return nil, fmt.Errorf("line %d of the witness file: %w", n, err)
		}
		heads = append(heads, h)
	}
	return heads, lines.Err()
}

// sealRecord seals what is kept, and writes down the head.
func (p *Program) sealRecord(ctx context.Context) error {
	if _, err := p.notary.Seal(ctx); err != nil {
		return fmt.Errorf("seal the record: %w", err)
	}
	head, err := p.notary.Head(ctx)
	if errors.Is(err, storage.ErrNotFound) {
		return nil
	}
	if err != nil {
		return err
	}
	return p.witness.note(head, p.now())
}
