package main

import (
	"database/sql"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// The command names the first record that was edited, removed or swapped; that the
// end was cut off is told by the witness file, and by nothing else.
func TestVerifyFindsEachKindOfTampering(t *testing.T) {
	t.Parallel()
	original := writeConfig(t, "language: zh")
	store := open(t, filepath.Join(filepath.Dir(original), "r.db"))
	head := sealedCompany(t, store, 240)
	if err := store.Close(); err != nil {
		t.Fatal(err)
	}
	witness := witness{path: filepath.Join(t.TempDir(), "witness")}
	now := time.Date(2026, 11, 7, 1, 0, 0, 0, time.UTC)
	if err := witness.note(head, now); err != nil {
		t.Fatal(err)
	}
	db, err := os.ReadFile(filepath.Join(filepath.Dir(original), "r.db"))
	if err != nil {
		t.Fatal(err)
	}
	last := fmt.Sprint(head.Number)
	for name, tt := range map[string]struct {
		// change is SQL, code and said what the command answers with the witness
		// file, alone what without it.
		change    string
		code      int
		said      string
		alone     int
		aloneSaid string
	}{
		"untouched": {"SELECT 1", 0, "1 witnessed heads agree", 0, "Nobody's head was compared"},
		"edited": {
			`UPDATE facts SET doc = json_set(doc, '$.fix.claims[0].verdict', 'off_site') WHERE id = (SELECT id FROM facts WHERE block = 2 AND doc->>'kind' = 'fix' LIMIT 1)`,
			1, "block 2", 1, "block 2",
		},
		"removed": {`DELETE FROM facts WHERE id = (SELECT id FROM facts WHERE block = 3 LIMIT 1)`, 1, "block 3", 1, "block 3"},
		"swapped": {
			`UPDATE facts SET doc = (SELECT doc FROM facts AS o WHERE o.block = facts.block AND o.id <> facts.id AND o.doc->>'kind' = 'note' LIMIT 1)
			 WHERE id = (SELECT id FROM facts WHERE block = 1 AND doc->>'kind' = 'fix' LIMIT 1)`, 1, "block 1", 1, "block 1",
		},
		"cut": {
			"DELETE FROM facts WHERE block = " + last + "; DELETE FROM acts WHERE block = " + last + "; DELETE FROM blocks WHERE number = " + last,
			1, "block " + last, 0, "hold",
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			config := writeConfig(t, "language: zh")
			path := filepath.Join(filepath.Dir(config), "r.db")
			if err := os.WriteFile(path, db, 0o600); err != nil {
				t.Fatal(err)
			}
			copied, err := sql.Open("sqlite", path)
			if err != nil {
				t.Fatal(err)
			}
			if _, err := copied.ExecContext(t.Context(), tt.change); err != nil {
				t.Fatal(err)
			}
			if err := copied.Close(); err != nil {
				t.Fatal(err)
			}
			code, out, errs := shell(t, "--config", config, "verify", "--witness", witness.path)
			if code != tt.code || !strings.Contains(out, tt.said) {
				t.Errorf("with the witness file: %d, %s%s", code, out, errs)
			}
			if code, out, errs = shell(t, "--config", config, "verify"); code != tt.alone || !strings.Contains(out, tt.aloneSaid) {
				t.Errorf("alone: %d, %s%s", code, out, errs)
			}
		})
	}
}
