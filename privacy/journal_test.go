package privacy

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"roundsman/visit"
)

func TestTheJournalNamesNobody(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "journal")
	j := NewJournal(path, []byte("key"))
	if held, err := j.read(); err != nil || len(held.lines) != 0 {
		t.Fatalf("without a file: %v, %v", held, err)
	}
	cut := func(text string) {
		t.Helper()
		f, err := os.OpenFile(path, os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o600)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := f.WriteString(text); err != nil {
			t.Fatal(err)
		}
		if err := f.Close(); err != nil {
			t.Fatal(err)
		}
	}
	for range 2 {
		if err := errors.Join(j.note("e1", "R17"), j.pass("e1", 0, 42)); err != nil {
			t.Fatal(err)
		}
	}
	// A crash cut lines off; the next one is whole. One is of an earlier form.
	cut("e2 abc")
	cut("\ne2 " + j.hash("R19") + " " + j.check("e2", j.hash("R19"))[:9])
	cut("\ne4 " + j.hash("R19") + "\n")
	if err := errors.Join(j.note("e3", "R18"), j.pass("e1", 0, 7)); err != nil {
		t.Fatal(err)
	}
	held, err := j.read()
	want := journal{
		lines:     []line{{"e1", j.hash("R17")}, {"e4", j.hash("R19")}, {"e3", j.hash("R18")}},
		passes:    map[string][]int{"e1/0": {42, 7}},
		unchecked: map[string]bool{"e4": true},
	}
	if err != nil || !reflect.DeepEqual(held, want) {
		t.Errorf("it holds %+v, %v", held, err)
	}
	data, err := os.ReadFile(path)
	if err != nil || strings.Contains(string(data), "R17") || strings.Count(string(data), "e1/0 42") != 1 {
		t.Errorf("the file: %s, %v", data, err)
	}
	other := NewJournal(path, []byte("another"))
	if other.hash("R17") == j.hash("R17") {
		t.Error("the hash needs no key")
	}
	if _, err := other.read(); !errors.Is(err, ErrJournalKey) {
		t.Errorf("with another key: %v", err)
	}
	if err := other.note("e9", "R9"); !errors.Is(err, ErrJournalKey) {
		t.Errorf("a line of another key: %v", err)
	}
}

func TestAnActNeedsItsLine(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	j, empty := NewJournal(filepath.Join(dir, "one"), []byte("key")), NewJournal(filepath.Join(dir, "none"), []byte("key"))
	if err := errors.Join(j.note("e1", "R17"), j.pass("e1", 0, 42), j.note("e2", "R18")); err != nil {
		t.Fatal(err)
	}
	// Lines that anybody can write.
	f, err := os.OpenFile(j.path, os.O_APPEND|os.O_WRONLY, 0)
	if err == nil {
		_, err = fmt.Fprintf(f, "\nmade-up %064d\nmade-up/0 42\n", 0)
	}
	if err = errors.Join(err, f.Close()); err != nil {
		t.Fatal(err)
	}
	if known, err := Known(empty); err != nil || known != nil {
		t.Errorf("without a journal: %v", err)
	}
	known, err := Known(empty, j)
	if err != nil {
		t.Fatal(err)
	}
	for id, want := range map[string]bool{"erase/e1/0": true, "erase/e1/00": false, "erase/e1/1": false, "erase/e2/0": false, "erase/e3/0": false, "erase/made-up/0": false, "e1/0": false} {
		if got := known(visit.Act{ID: id, What: "42"}); got != want {
			t.Errorf("%s: %v", id, got)
		}
	}
	if known(visit.Act{ID: "erase/e1/0", What: "43"}) {
		t.Error("it excuses more than was written down")
	}
}
