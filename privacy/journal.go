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
	"strings"
)

// Journal remembers outside of the store who was erased, so that a backup that
// is put back brings nobody back with it. It holds no names: a line is the id of
// the erasure and a keyed hash of the person's id. Who has another key finds nobody.
type Journal struct {
	path string
	key  []byte
}

// NewJournal returns the journal in the file, which need not exist.
func NewJournal(path string, key []byte) *Journal { return &Journal{path, key} }

// line is an erasure that was begun.
type line struct{ id, person string }

// hash is what stands for a person.
func (j *Journal) hash(rep string) string {
	h := hmac.New(sha256.New, j.key)
	_, _ = h.Write([]byte("erased\x00" + rep))
	return hex.EncodeToString(h.Sum(nil))
}

// note writes down that a person is being erased. It is on disk when nil is
// returned; the same again is fine.
func (j *Journal) note(id, rep string) error {
	lines, err := j.lines()
	if err != nil {
		return err
	}
	for _, l := range lines {
		if l.id == id {
			return nil
		}
	}
	f, err := os.OpenFile(j.path, os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o600)
	if err != nil {
		return fmt.Errorf("open the journal of erasures: %w", err)
	}
	// A line that was cut off by a crash before this one stays its own.
	_, err = fmt.Fprintf(f, "\n%s %s\n", id, j.hash(rep))
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

// lines are what the journal holds, but for what was cut off.
func (j *Journal) lines() ([]line, error) {
	f, err := os.Open(j.path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("open the journal of erasures: %w", err)
	}
	defer f.Close()
	var out []line
	text := bufio.NewScanner(f)
	for text.Scan() {
		id, person, ok := strings.Cut(text.Text(), " ")
		if ok && len(person) == hex.EncodedLen(sha256.Size) {
			out = append(out, line{id, person})
		}
	}
	if err := text.Err(); err != nil {
		return nil, fmt.Errorf("read the journal of erasures: %w", err)
	}
	return out, nil
}
