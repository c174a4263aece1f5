package seal_test

import (
	"bytes"
	"errors"
	"fmt"
	"testing"
	"time"

	"pgregory.net/rapid"

	"roundsman/seal"
)

type value struct{ A, B string }

var now = time.Date(2026, 11, 24, 8, 0, 0, 0, time.UTC)

func box(t *testing.T, use string) *seal.Box {
	t.Helper()
	b, err := seal.New(bytes.Repeat([]byte{7}, seal.MinKey), use)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func TestOpen(t *testing.T) {
	t.Parallel()
	b := box(t, "button")
	s, err := b.Seal(value{"choose", "客户"}, now.Add(time.Hour))
	if err != nil {
		t.Fatal(err)
	}
	for name, tt := range map[string]struct {
		box  *seal.Box
		s    string
		at   time.Time
		want error
	}{
		"good":          {b, s, now, nil},
		"last_second":   {b, s, now.Add(time.Hour - time.Second), nil},
		"expired":       {b, s, now.Add(time.Hour), seal.ErrExpired},
		"other_use":     {box(t, "session"), s, now, seal.ErrForged},
		"empty":         {b, "", now, seal.ErrForged},
		"cut":           {b, s[:len(s)-1], now, seal.ErrForged},
		"padded":        {b, s + "=", now, seal.ErrForged},
		"far_too_long":  {b, s + s + s + string(make([]byte, 5000)), now, seal.ErrForged},
		"other_charset": {b, "客户", now, seal.ErrForged},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var got value
			if err := tt.box.Open(tt.s, tt.at, &got); !errors.Is(err, tt.want) {
				t.Fatalf("Open: %v, want %v", err, tt.want)
			}
			if tt.want == nil && got != (value{"choose", "客户"}) {
				t.Errorf("Open gave %v", got)
			}
		})
	}
}

func TestAnyChangeIsForged(t *testing.T) {
	t.Parallel()
	b := box(t, "button")
	rapid.Check(t, func(rt *rapid.T) {
		want := value{rapid.String().Draw(rt, "a"), rapid.String().Draw(rt, "b")}
		s, err := b.Seal(want, now.Add(time.Minute))
		if err != nil {
			rt.Fatal(err)
		}
		i := rapid.IntRange(0, len(s)-1).Draw(rt, "at")
		c := rapid.SampledFrom([]byte("ABCabc019-_")).Draw(rt, "with")
		changed := s[:i] + string(c) + s[i+1:]
		var got value
		err = b.Open(changed, now, &got)
		if changed != s && !errors.Is(err, seal.ErrForged) {
			rt.Fatalf("changed at %d and opened: %v", i, err)
		}
	})
}

func TestShortKeyIsRefused(t *testing.T) {
	t.Parallel()
	if _, err := seal.New(make([]byte, seal.MinKey-1), "button"); err == nil {
		t.Error("a short key was taken")
	}
}

// Each number comes up about as often as the others, and another key draws others.
func TestDraw(t *testing.T) {
	t.Parallel()
	a, b := box(t, "button"), box(t, "link")
	const n, draws = 20, 20_000
	var count [n]int
	same := 0
	for i := range draws {
		text := fmt.Sprint(i)
		d := a.Draw(text, n)
		if d != a.Draw(text, n) {
			t.Fatalf("%s draws another number the second time", text)
		}
		if d == b.Draw(text, n) {
			same++
		}
		count[d]++
	}
	// 1000 each, with a standard deviation of 31.
	for i, c := range append(count[:], same) {
		if c < 850 || c > 1150 {
			t.Errorf("%d comes %d times of %d", i, c, draws)
		}
	}
}
