package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"roundsman/privacy"
	"roundsman/storage/sqlite"
	"roundsman/visit"
)

// What the command line writes out is in the log of whom it shows, with
// coordinates or without, and its file is its owner's alone.
func TestWhatTheShellWritesOutIsLogged(t *testing.T) {
	t.Parallel()
	path := writeConfig(t, "language: zh")
	dir := filepath.Dir(path)
	store, err := sqlite.Open(t.Context(), filepath.Join(dir, "r.db"), sqlite.Options{Serve: true})
	if err != nil {
		t.Fatal(err)
	}
	defer store.Close()
	now := testClock.Now()
	if err := store.Facts().Append(t.Context(), oldFix("fix", "世纪大道", now)); err != nil {
		t.Fatal(err)
	}
	date := string(visit.DateOf(now))
	out := filepath.Join(dir, "out.csv")
	for _, args := range [][]string{
		{"export", "checkins", "--from", date, "--to", date, "--out", out},
		{"export", "reports", "--from", date, "--to", date},
		{"export", "checkins", "--from", date, "--to", date, "--with-coordinates", "--reason", "劳动仲裁 12"},
		{"export", "plans", "--from", date, "--to", date},
	} {
		if code, _, stderr := shell(t, append([]string{"--config", path}, args...)...); code != 0 || strings.Contains(stderr, "劳动仲裁") {
			t.Fatalf("%v: exit %d, %s", args, code, stderr)
		}
	}
	looks, err := privacy.Looks(t.Context(), store.Acts(), "z", now.AddDate(-1, 0, 0), 10)
	if err != nil {
		t.Fatal(err)
	}
	if len(looks) != 3 {
		t.Errorf("logged: %+v", looks)
	}
	reasons := 0
	for _, l := range looks {
		if l.By != visit.Shell || l.What != "export "+date+" "+date {
			t.Errorf("logged: %+v", l)
		}
		if l.Reason == "劳动仲裁 12" {
			reasons++
		}
	}
	if info, err := os.Stat(out); err != nil || info.Mode().Perm() != 0o600 || reasons != 1 {
		t.Errorf("%v, %v, %d reasons", info, err, reasons)
	}
}
