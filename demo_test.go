package main

import (
	"bytes"
	"log/slog"
	"strings"
	"testing"

	"roundsman/demo"
)

// The demo's day goes through the whole program, both platforms and the
// store, and compares what was posted and kept with what was sent.
func TestTheDemosDay(t *testing.T) {
	for _, language := range []string{"zh", "en"} {
		t.Run(language, func(t *testing.T) {
			w, err := demo.New(demo.Options{Language: language, Log: slog.New(slog.DiscardHandler)})
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
