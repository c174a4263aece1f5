package scheduler

import (
	"time"

	"roundsman/visit"
)

// Daily is a schedule: once on certain dates, at a time on the wall.
type Daily struct {
	At visit.Clock
	// On says on which dates there is a slot: workdays, or some of them.
	On func(visit.Date) bool
}

// maxGap bounds the search for the next slot, in days.
const maxGap = 400

// Next returns the first slot after the instant, in the zone: one a local
// date, whatever the clocks do. A wall time that a change to summer time skips
// is taken when the clocks have jumped; one that comes twice, the first time.
// A date that the zone skipped whole has no slot. Without a slot in reach it
// returns a time in the far future.
func (d Daily) Next(after time.Time, zone *time.Location) time.Time {
	date := visit.DateOf(after.In(zone)).Add(-1)
	for range maxGap {
		if d.On(date) {
			slot := date.At(d.At, zone)
			if slot.After(after) && visit.DateOf(slot.In(zone)) == date {
				return slot
			}
		}
		date = date.Add(1)
	}
	return after.AddDate(100, 0, 0)
}
