package bot_test

import (
	"os"
	"path/filepath"
	"testing"
	"time"

	"roundsman/bot"
	"roundsman/storage"
)

func TestTheSpoolForgetsOnlyWhatIsNoEvent(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	s, err := bot.OpenSpool(dir)
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Put(storage.Event{Key: "k", Payload: []byte("{}")}); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"a.json.bad", "tmp-1", "other"} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte("x"), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	edge := time.Date(2100, 1, 1, 0, 0, 0, 0, time.UTC)
	for _, c := range []struct {
		before time.Time
		want   int
	}{{edge.AddDate(-200, 0, 0), 0}, {edge, 2}, {edge, 0}} {
		if n, err := s.Sweep(c.before); err != nil || n != c.want {
			t.Errorf("before %v: %d, %v", c.before, n, err)
		}
	}
	left, err := filepath.Glob(filepath.Join(dir, "*"))
	if err != nil || len(left) != 2 || s.Len() != 1 {
		t.Errorf("left: %v, %v, %d events", left, err, s.Len())
	}
}
