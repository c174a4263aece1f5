package bot_test

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"unicode/utf8"

	"roundsman/bot"
	"roundsman/storage"
	"roundsman/storage/storagetest/fresh"
)

// hostileNames are names that are paths or devices somewhere.
var hostileNames = []string{
	"../../etc/passwd", `..\..\boot.ini`, `C:\Windows\system32\cmd.exe`, "/etc/passwd", "~/.ssh/id", "CON", "con.txt", "NUL", "COM1.xlsx", "aux .csv", "lpt9", "CONIN$",
	".bashrc", "..", ".", "", "   ", "a/../b", "x\x00y.xlsx", "a\nb", "名单\u202excod.exe", "a:stream", "what?*|<>\"", "trailing. . ", strings.Repeat("长", 300) + ".xlsx",
	"\xff\xfe", "-rf", "a./b", "x." + strings.Repeat("y", 200), "x./../../y", "..%2f..%2fx",
}

func TestFileNamesAreNoPaths(t *testing.T) {
	t.Parallel()
	s := setupSending(t, bot.Abilities{})
	want := map[string]string{
		"华东一队 2026-11-24 拜访总结.xlsx":       "华东一队 2026-11-24 拜访总结.xlsx",
		"../../etc/passwd":                "_.._etc_passwd",
		`C:\Windows\cmd.exe`:              "C__Windows_cmd.exe",
		"CON":                             "_CON",
		"con.tar.gz":                      "_con.tar.gz",
		"constant.xlsx":                   "constant.xlsx",
		".bashrc":                         "_.bashrc",
		"..":                              "_",
		"名单\u202excod.exe":                "名单xcod.exe",
		strings.Repeat("长", 300) + ".zip": strings.Repeat("长", 116) + ".zip",
	}
	for _, name := range hostileNames {
		if _, ok := want[name]; !ok {
			want[name] = ""
		}
	}
	n := 0
	for name, exactly := range want {
		n++
		id := fmt.Sprint("f", n)
		err := s.outbox.Say(t.Context(), bot.Post{
			ID: id, To: bot.Address{Platform: "test", Place: bot.ToUser, ID: "u"}, Body: bot.Body{File: &bot.File{Data: []byte("x"), Name: name}},
		})
		if err != nil {
			t.Fatal(err)
		}
		p, err := s.store.Outbox().Get(t.Context(), id)
		if err != nil {
			t.Fatal(err)
		}
		var body bot.Body
		if err := json.Unmarshal(p.Body, &body); err != nil {
			t.Fatal(err)
		}
		got := body.File.Name
		if exactly != "" && got != exactly {
			t.Errorf("%q became %q, want %q", name, got, exactly)
		}
		first, _, _ := strings.Cut(strings.ToUpper(got), ".")
		switch {
		case got == "" || strings.ContainsAny(got, "/\\:*?\"<>|\x00\n") || strings.HasPrefix(got, ".") || strings.HasSuffix(got, ".") || strings.HasSuffix(got, " "):
			t.Errorf("%q became %q", name, got)
		case utf8.RuneCountInString(got) > 120 || !utf8.ValidString(got) || !filepath.IsLocal(got):
			t.Errorf("%q became %q", name, got)
		case strings.TrimSpace(first) == "CON" || first == "NUL" || first == "COM1" || strings.TrimSpace(first) == "AUX" || first == "LPT9" || first == "CONIN$":
			t.Errorf("%q became the device %q", name, got)
		}
	}
}

// An event's key is of somebody else's making: its file in the spool is none the less
// in the spool, and read back.
func TestKeysAreNoPathsInTheSpool(t *testing.T) {
	t.Parallel()
	outside := t.TempDir()
	dir := filepath.Join(outside, "a", "spool")
	spool, err := bot.OpenSpool(dir)
	if err != nil {
		t.Fatal(err)
	}
	store := fresh.Store(t)
	want := make(map[string]bool)
	for _, name := range hostileNames {
		key := "wecom:e:" + strings.ToValidUTF8(name, "\uFFFD")
		for _, k := range []string{key, strings.TrimPrefix(key, "wecom:e:")} {
			if k == "" {
				continue // no event has none
			}
			want[k] = true
			if err := spool.Put(storage.Event{Key: k, Payload: []byte(`{}`)}); err != nil {
				t.Fatalf("%q: %v", k, err)
			}
		}
	}
	err = filepath.WalkDir(outside, func(path string, e os.DirEntry, err error) error {
		if err == nil && !e.IsDir() && filepath.Dir(path) != dir {
			t.Errorf("it wrote %s", path)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := spool.Drain(t.Context(), store.Inbox()); err != nil {
		t.Fatal(err)
	}
	events, err := store.Inbox().Pending(t.Context(), newClock().Now(), storage.Cursor{}, 1000)
	if err != nil || len(events) != len(want) {
		t.Errorf("%d events came back of %d, %v", len(events), len(want), err)
	}
	for _, e := range events {
		if !want[e.Key] {
			t.Errorf("%q came back", e.Key)
		}
	}
}
