package scheduler_test

import (
	"testing"
	"time"

	"roundsman/scheduler"
	"roundsman/visit"
)

// Whatever a person writes as a time, and whenever it is, there is a next slot,
// later than now and on a date of its own.
func FuzzSchedule(f *testing.F) {
	for _, s := range []string{"08:30", "23:59", "00:00", "24:00", "8:3", "-1:00", "８：３０", "02:30", "TZ=0"} {
		f.Add(s, int64(1_772_900_000), uint8(1))
		f.Add(s, int64(-1), uint8(2))
		f.Add(s, int64(1_325_200_000), uint8(4)) // when Apia skipped a date
	}
	zones := []string{"Asia/Shanghai", "America/New_York", "Australia/Lord_Howe", "Europe/London", "Pacific/Apia"}
	f.Fuzz(func(t *testing.T, text string, unix int64, z uint8) {
		clock, err := visit.ParseClock(text)
		if err != nil {
			return
		}
		// Years that a calendar can be asked about.
		after := time.Unix(unix%4_000_000_000, 0)
		location := zone(t, zones[int(z)%len(zones)])
		d := scheduler.Daily{At: clock, On: func(visit.Date) bool { return true }}
		first := d.Next(after, location)
		second := d.Next(first, location)
		if !first.After(after) || !second.After(first) {
			t.Fatalf("after %s come %s and %s", after, first, second)
		}
		if visit.DateOf(first.In(location)) == visit.DateOf(second.In(location)) {
			t.Fatalf("%s and %s are on one date", first.In(location), second.In(location))
		}
		if second.Sub(after) > 4*24*time.Hour {
			t.Fatalf("after %s come %s and %s", after, first, second)
		}
	})
}
