package privacy

import (
	"bufio"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"roundsman/visit"
)

// Journal remembers outside of the store who was erased, so that a backup that
// is put back brings nobody back with it, and how much, so that nothing is taken
// out of the store under that name. It holds no names. A line is one of
//
//	ERASURE PERSON CHECK    the erasure was begun; a keyed hash of the person's id
//	ERASURE/PASS N CHECK    a pass of it forgets so many things
//
// and the check is a keyed hash of the rest, by which a line is known that was
// written with another key, or by somebody who has none. Lines of an earlier form
// have no check: ERASURE PERSON.
type Journal struct {
	path string
	key  []byte
}

// NewJournal returns the journal in the file, which need not exist.
func NewJournal(path string, key []byte) *Journal { return &Journal{path, key} }

// ErrJournalKey says that the journal was written with another key: it would find
// nobody, and whoever a backup brought back would stay.
var ErrJournalKey = errors.New("the journal of erasures was written with another secret_key than the configured one, or was altered: " +
	"configure the key that it was written with")

// line is an erasure that was begun.
type line struct{ id, person string }

// journal is what a journal holds, but for what was cut off.
type journal struct {
	lines []line
	// passes are how many things each pass of an erasure forgets, by ERASURE/PASS: after
	// a backup was put back it may be done again, and forget another number.
	passes map[string][]int
	// unchecked are the erasures of lines of the earlier form.
	unchecked map[string]bool
}

// begun reports whether the erasure is in the journal.
func (j journal) begun(id string) bool {
	return slices.ContainsFunc(j.lines, func(l line) bool { return l.id == id })
}

// hash is what stands for a person.
func (j *Journal) hash(rep string) string { return j.mac("erased\x00" + rep) }

// check is what ends a line.
func (j *Journal) check(first, second string) string {
	return j.mac("line\x00" + first + " " + second)[:checkSize]
}

// checkSize is how many hex digits a check has.
const checkSize = 32

func (j *Journal) mac(of string) string {
	h := hmac.New(sha256.New, j.key)
	_, _ = h.Write([]byte(of))
	return hex.EncodeToString(h.Sum(nil))
}

// note writes down that a person is being erased. It is on disk when nil is
// returned; the same again is fine.
func (j *Journal) note(id, rep string) error {
	held, err := j.read()
	if err != nil || held.begun(id) {
		return err
	}
	return j.append(id, j.hash(rep))
}

// pass writes down how many things a pass of an erasure forgets, as note does.
func (j *Journal) pass(id string, pass, things int) error {
	held, err := j.read()
	name := fmt.Sprintf("%s/%d", id, pass)
	if err != nil || slices.Contains(held.passes[name], things) {
		return err
	}
	return j.append(name, strconv.Itoa(things))
}

func (j *Journal) append(first, second string) error {
	f, err := os.OpenFile(j.path, os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o600)
	if err != nil {
		return fmt.Errorf("open the journal of erasures: %w", err)
	}
	// A line that was cut off by a crash before this one stays its own.
	_, err = fmt.Fprintf(f, "\n%s %s %s\n", first, second, j.check(first, second))
	if err = errors.Join(err, f.Sync(), f.Close()); err != nil {
		return fmt.Errorf("write the journal of erasures: %w", err)
	}
	dir, err := os.Open(filepath.Dir(j.path))
	if err != nil {
		return fmt.Errorf("open the journal's directory: %w", err)
	}
	defer dir.Close()
	// Some systems cannot sync a directory; the file itself is synced.
	if err := dir.Sync(); err != nil && !errors.Is(err, errors.ErrUnsupported) && !errors.Is(err, os.ErrInvalid) {
		return fmt.Errorf("sync the journal's directory: %w", err)
	}
	return nil
}

// read reads the journal. It fails with [ErrJournalKey] if a line is by another key.
func (j *Journal) read() (journal, error) {
	out := journal{passes: make(map[string][]int), unchecked: make(map[string]bool)}
	f, err := os.Open(j.path)
	if errors.Is(err, fs.ErrNotExist) {
		return out, nil
	}
	if err != nil {
		return out, fmt.Errorf("open the journal of erasures: %w", err)
	}
	defer f.Close()
	text := bufio.NewScanner(f)
	for text.Scan() {
		words := strings.Split(text.Text(), " ")
		checked := len(words) == 3 && len(words[2]) == checkSize
		if checked && !hmac.Equal([]byte(words[2]), []byte(j.check(words[0], words[1]))) {
			return out, ErrJournalKey
		}
		switch {
		case len(words) < 2 || len(words) > 2 && !checked:
			// It was cut off, and what it says was not begun.
		case len(words[1]) == hex.EncodedLen(sha256.Size):
			if !out.begun(words[0]) {
				out.lines = append(out.lines, line{words[0], words[1]})
			}
			if !checked {
				out.unchecked[words[0]] = true
			}
		case checked:
			if n, err := strconv.Atoi(words[1]); err == nil {
				out.passes[words[0]] = append(out.passes[words[0]], n)
			}
		}
	}
	if err := text.Err(); err != nil {
		return out, fmt.Errorf("read the journal of erasures: %w", err)
	}
	return out, nil
}

// actPrefix begins the id of the act of a pass: erase/ERASURE/PASS.
const actPrefix = "erase/"

// Known returns what reports whether an act of an erasure is one that a journal
// knows: whose erasure was begun, and that forgets as much as was written down
// before, which nobody writes without the key. It returns nil if none of the
// journals is there.
func Known(journals ...*Journal) (func(visit.Act) bool, error) {
	var all []journal
	for _, j := range journals {
		if _, err := os.Stat(j.path); errors.Is(err, fs.ErrNotExist) {
			continue
		}
		held, err := j.read()
		if err != nil {
			return nil, err
		}
		all = append(all, held)
	}
	if len(all) == 0 {
		return nil, nil
	}
	return func(a visit.Act) bool {
		name, ok := strings.CutPrefix(a.ID, actPrefix)
		id, _, _ := strings.Cut(name, "/")
		n, err := strconv.Atoi(a.What)
		return ok && err == nil && slices.ContainsFunc(all, func(j journal) bool {
			return j.begun(id) && slices.Contains(j.passes[name], n)
		})
	}, nil
}
