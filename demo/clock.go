package demo

import (
	"sync"
	"time"
)

// Speeds of the clock: demo seconds a second.
const (
	minSpeed = 1
	maxSpeed = 600
)

// clock is the demo's time. It never goes back.
type clock struct {
	mu     sync.Mutex
	base   time.Time // the demo's time at anchor
	anchor time.Time // real
	speed  float64
	paused bool
	// held counts those who need time to stand still for a moment.
	held int
	// real is the time that passes; time.Now but in tests.
	real func() time.Time
}

func newClock(start time.Time, real func() time.Time) *clock {
	return &clock{base: start, anchor: real(), speed: minSpeed, real: real}
}

// Now returns the demo's time.
func (c *clock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now()
}

func (c *clock) now() time.Time {
	if c.paused || c.held > 0 {
		return c.base
	}
	passed := max(c.real().Sub(c.anchor), 0)
	return c.base.Add(time.Duration(float64(passed) * c.speed))
}

// change takes the time so far as the new base and applies f.
func (c *clock) change(f func()) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.base = c.now()
	c.anchor = c.real()
	f()
}

// forward sets the clock to t unless that is in the past, and reports whether it did.
func (c *clock) forward(t time.Time) (moved bool) {
	c.change(func() {
		if moved = t.After(c.base); moved {
			c.base = t
		}
	})
	return moved
}

// run sets the speed, within ×1 and ×600, and lets the clock run.
func (c *clock) run(speed float64) {
	c.change(func() { c.speed, c.paused = min(max(speed, minSpeed), maxSpeed), false })
}

// pause stops the clock until run.
func (c *clock) pause() { c.change(func() { c.paused = true }) }

// hold stops the clock until the returned function is called, once. Holds nest.
func (c *clock) hold() (release func()) {
	c.change(func() { c.held++ })
	return sync.OnceFunc(func() { c.change(func() { c.held-- }) })
}

// pace returns the speed, and whether the clock was paused.
func (c *clock) pace() (speed float64, paused bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.speed, c.paused
}
