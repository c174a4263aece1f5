package privacy

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestTheJournalNamesNobody(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "journal")
	j := NewJournal(path, []byte("key"))
	if lines, err := j.lines(); err != nil || len(lines) != 0 {
		t.Fatalf("without a file: %v, %v", lines, err)
	}
	for range 2 {
		if err := j.note("e1", "R17"); err != nil {
			t.Fatal(err)
		}
	}
	// A crash cut a line off; the next one is whole.
	f, err := os.OpenFile(path, os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := f.WriteString("e2 abc"); err != nil {
		t.Fatal(err)
	}
	if err := f.Close(); err != nil {
		t.Fatal(err)
	}
	if err := j.note("e3", "R18"); err != nil {
		t.Fatal(err)
	}
	lines, err := j.lines()
	if err != nil || len(lines) != 2 || lines[0] != (line{"e1", j.hash("R17")}) || lines[1] != (line{"e3", j.hash("R18")}) {
		t.Errorf("lines: %v, %v", lines, err)
	}
	data, err := os.ReadFile(path)
	if err != nil || strings.Contains(string(data), "R17") {
		t.Errorf("the file: %s, %v", data, err)
	}
	if NewJournal(path, []byte("another")).hash("R17") == j.hash("R17") {
		t.Error("the hash needs no key")
	}
}
