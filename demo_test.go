package main

import (
	"bytes"
	"context"
	"encoding/json"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"roundsman/demo"
	"roundsman/storage/storagetest/fresh"
)

// The demo's day goes through the whole program, both platforms and the
// store, and compares what was posted and kept with what was sent.
func TestTheDemosDay(t *testing.T) {
	for language, start := range map[string]time.Time{
		"zh": {}, // as anybody who runs the demo today
		// A Monday and the first of a month, when more is posted than on others.
		"en": time.Date(2026, 11, 30, 7, 30, 0, 0, time.FixedZone("CST", 8*3600)),
	} {
		t.Run(language, func(t *testing.T) {
			w, err := demo.New(demo.Options{Language: language, Start: start, Log: slog.New(slog.DiscardHandler)})
			if err != nil {
				t.Fatal(err)
			}
			defer func() {
				if err := w.Close(); err != nil {
					t.Error(err)
				}
			}()
			p, err := startDemoBot(t.Context(), w, t.TempDir(), language, slog.New(slog.DiscardHandler))
			if err != nil {
				t.Fatal(err)
			}
			defer func() {
				if err := p.Stop(); err != nil {
					t.Error(err)
				}
			}()
			var out bytes.Buffer
			if err := w.Once(t.Context(), &out); err != nil {
				t.Fatalf("%v\n%s", err, out.String())
			}
			if n := strings.Count(out.String(), "✓ "); n < 50 {
				t.Errorf("only %d figures were compared", n)
			}
		})
	}
}

// The demo's day with two replicas on MongoDB, one of which dies in the middle,
// comes to the same day, and exports the same, as with one on SQLite.
func TestTheDemosDayOnTwoReplicas(t *testing.T) {
	start := time.Date(2026, 11, 24, 7, 30, 0, 0, time.FixedZone("CST", 8*3600))
	url := fresh.MongoDB(t)
	one := playDay(t, start, "sqlite:"+filepath.Join(t.TempDir(), "r.db"), 1)
	two := playDay(t, start, url, 2)
	if len(one) < 20 {
		t.Errorf("the day has only %d check-ins", len(one))
	}
	if diff := cmp.Diff(one, two); diff != "" {
		t.Errorf("the exports differ (-one +two):\n%s", diff)
	}
}

// playDay plays the demo's day with some replicas of the program, each a
// process, and returns the exported check-ins without what differs each time.
// Of several replicas one dies at noon, with whatever it has in its hands.
func playDay(t *testing.T, start time.Time, url string, replicas int) (checkIns []map[string]any) {
	t.Helper()
	w, err := demo.New(demo.Options{Start: start, Log: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := w.Close(); err != nil {
			t.Error(err)
		}
	}()
	c := &company{T: t, url: url}
	store := c.open()
	c.ok(w.Seed(t.Context(), store))
	// What the dead replica held is free when this time has passed; the demo's own stands still meanwhile.
	var passed atomic.Int64
	now := func() time.Time { return w.Now().Add(time.Duration(passed.Load())) }
	clock := serveTime(t, now)
	var all []*child
	var path string
	for range replicas {
		dir, listen := t.TempDir(), freeAddress(t)
		yaml := demoConfig(w, "zh", listen, url, filepath.Join(dir, "spool"))
		path = filepath.Join(dir, "roundsman.yaml")
		c.ok(os.WriteFile(path, yaml, 0o600))
		all = append(all, startChild(t, yaml, listen, clock, controlEnv+"="+freeAddress(t)))
	}
	alive := all
	err = w.Connect(t.Context(), demo.Bot{
		URL: inFront(t, false, all...), Store: store,
		Settled: func(ctx context.Context) error {
			if len(alive) > 1 && w.Now().In(start.Location()).Hour() >= 12 {
				alive[0].kill(t)
				alive = alive[1:]
				passed.Store(int64(46 * time.Second))
			}
			return settled(ctx, store, now)
		},
		Tick: func(ctx context.Context) error {
			for _, r := range alive {
				if err := r.tick(ctx); err != nil {
					return err
				}
			}
			return nil
		},
	})
	c.ok(err)
	var out bytes.Buffer
	if err := w.Once(t.Context(), &out); err != nil {
		t.Fatalf("%v\n%s\n%s", err, out.String(), all[replicas-1].log)
	}
	if n := strings.Count(out.String(), "✓ "); n < 50 {
		t.Errorf("only %d figures were compared", n)
	}
	if replicas > 1 && len(alive) == replicas {
		t.Error("no replica died")
	}
	code, exported, errs := shell(t, "--config", path, "export", "checkins", "--from", "2026-11-24", "--to", "2026-11-24",
		"--format", "jsonl", "--with-coordinates", "--reason", "to compare")
	if code != 0 {
		t.Fatal(errs)
	}
	for line := range strings.Lines(exported) {
		var checkIn map[string]any
		c.ok(json.Unmarshal([]byte(line), &checkIn))
		for _, differs := range []string{"id", "message_id", "received_at", "hash"} {
			delete(checkIn, differs)
		}
		checkIns = append(checkIns, checkIn)
	}
	return checkIns
}
