package demo_test

import (
	"testing"
	"time"

	"roundsman/demo"
)

func TestTheClock(t *testing.T) {
	t.Parallel()
	real := time.Unix(1_000_000, 0)
	c := demo.NewClock(tuesday, func() time.Time { return real })
	pass := func(d time.Duration) { real = real.Add(d) }
	want := func(what string, after time.Duration) {
		t.Helper()
		if got := c.Now().Sub(tuesday); got != after {
			t.Errorf("%s: %v after the start, want %v", what, got, after)
		}
	}
	want("at the start", 0)
	pass(time.Second)
	want("it runs", time.Second)
	c.Run(60)
	pass(time.Second)
	want("at ×60", 61*time.Second)
	c.Run(1e9)
	pass(time.Second)
	want("at most ×600", 661*time.Second)
	c.Run(0)
	pass(time.Second)
	want("at least ×1", 662*time.Second)
	c.Pause()
	pass(time.Hour)
	want("paused", 662*time.Second)
	if !c.Forward(tuesday.Add(time.Hour)) || c.Forward(tuesday) {
		t.Error("it goes forward only")
	}
	want("set while paused", time.Hour)
	c.Run(1)
	release := c.Hold()
	other := c.Hold()
	pass(time.Minute)
	want("held", time.Hour)
	release()
	release()
	pass(time.Minute)
	want("still held by another", time.Hour)
	other()
	pass(time.Second)
	want("let go", time.Hour+time.Second)
	pass(-time.Minute)
	want("the real clock went back", time.Hour)
}
