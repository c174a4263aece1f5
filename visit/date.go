package visit

import (
	"errors"
	"fmt"
	"time"
)

// Date is a team's local calendar date, "2006-01-02". The zero value is no date.
type Date string

// ErrDate says that a text is not a calendar date.
var ErrDate = errors.New("not a date like 2026-11-24")

const dateLayout = "2006-01-02"

// ParseDate reads "2026-11-24", "2026/11/24" or "20261124".
func ParseDate(s string) (Date, error) {
	for _, layout := range []string{dateLayout, "2006/1/2", "2006-1-2", "20060102"} {
		if t, err := time.Parse(layout, s); err == nil {
			if t.Year() < 2000 || t.Year() > 2199 {
				return "", ErrDate
			}
			return Date(t.Format(dateLayout)), nil
		}
	}
	return "", ErrDate
}

// DateOf returns the calendar date of t in t's own zone.
func DateOf(t time.Time) Date { return Date(t.Format(dateLayout)) }

// Time returns midnight of d in UTC, for arithmetic on dates only.
func (d Date) Time() time.Time {
	t, _ := time.Parse(dateLayout, string(d))
	return t
}

// Add returns the date n days later.
func (d Date) Add(n int) Date { return DateOf(d.Time().AddDate(0, 0, n)) }

// Week returns the Monday and the Sunday between which d lies.
func (d Date) Week() (monday, sunday Date) {
	monday = d.Add(-(int(d.Weekday()) + 6) % 7)
	return monday, monday.Add(6)
}

// Weekday returns the day of the week of d.
func (d Date) Weekday() time.Weekday { return d.Time().Weekday() }

// Year returns d's year.
func (d Date) Year() int { return d.Time().Year() }

// At returns the instant at which the wall clock of zone shows c on d. Where a
// change to summer time skips c, it is the instant the clocks jump to; where
// a wall time happens twice, the first.
func (d Date) At(c Clock, zone *time.Location) time.Time {
	day := d.Time()
	t := time.Date(day.Year(), day.Month(), day.Day(), c.Hour, c.Minute, 0, 0, zone)
	if t.Hour() == c.Hour && t.Minute() == c.Minute {
		// time.Date may choose either of two equal wall times; take the first.
		if earlier := t.Add(-time.Hour); earlier.Hour() == c.Hour && earlier.Minute() == c.Minute {
			return earlier
		}
		if earlier := t.Add(-30 * time.Minute); earlier.Hour() == c.Hour && earlier.Minute() == c.Minute {
			return earlier
		}
		return t
	}
	// The wall time does not exist: the transition is the end of t's or its
	// predecessor's zone period.
	if _, end := t.ZoneBounds(); !end.IsZero() && end.Sub(t) < 3*time.Hour && end.After(t) {
		return end
	}
	start, _ := t.ZoneBounds()
	return start
}

// Clock is a time of day on the wall, 00:00 to 23:59.
type Clock struct{ Hour, Minute int }

// ParseClock reads "08:30".
func ParseClock(s string) (Clock, error) {
	t, err := time.Parse("15:04", s)
	if err != nil {
		return Clock{}, fmt.Errorf("%q is not a time like 08:30", s)
	}
	return Clock{t.Hour(), t.Minute()}, nil
}

// String returns "08:30".
func (c Clock) String() string { return fmt.Sprintf("%02d:%02d", c.Hour, c.Minute) }

// Minutes returns the minutes since midnight, 0 to 1439.
func (c Clock) Minutes() int { return c.Hour*60 + c.Minute }

// Sub is how long after o it is on the same day; negative when it is before.
func (c Clock) Sub(o Clock) time.Duration {
	return time.Duration(c.Minutes()-o.Minutes()) * time.Minute
}

// Add returns the clock d later, in whole minutes, on the same day: no earlier
// than 00:00 and no later than 23:59.
func (c Clock) Add(d time.Duration) Clock {
	m := min(max(c.Minutes()+int(d.Minutes()), 0), 23*60+59)
	return Clock{m / 60, m % 60}
}

// MarshalText writes "08:30".
func (c Clock) MarshalText() ([]byte, error) { return []byte(c.String()), nil }

// UnmarshalText reads "08:30".
func (c *Clock) UnmarshalText(b []byte) error {
	v, err := ParseClock(string(b))
	if err == nil {
		*c = v
	}
	return err
}

// Span is a part of the day from From up to, not including, To. A Span whose
// To is not after From crosses midnight; the zero Span is empty.
type Span struct{ From, To Clock }

// ParseSpan reads "07:00-22:00".
func ParseSpan(s string) (Span, error) {
	if len(s) != len("07:00-22:00") || s[5] != '-' {
		return Span{}, fmt.Errorf("%q is not a span like 07:00-22:00", s)
	}
	from, err := ParseClock(s[:5])
	if err != nil {
		return Span{}, err
	}
	to, err := ParseClock(s[6:])
	if err != nil {
		return Span{}, err
	}
	return Span{from, to}, nil
}

// String returns "07:00-22:00", or "" for the empty span.
func (s Span) String() string {
	if s == (Span{}) {
		return ""
	}
	return s.From.String() + "-" + s.To.String()
}

// MarshalText writes "07:00-22:00".
func (s Span) MarshalText() ([]byte, error) { return []byte(s.String()), nil }

// UnmarshalText reads "07:00-22:00"; an empty text is the empty span.
func (s *Span) UnmarshalText(b []byte) error {
	if len(b) == 0 {
		*s = Span{}
		return nil
	}
	v, err := ParseSpan(string(b))
	if err == nil {
		*s = v
	}
	return err
}

// Holds reports whether t's own wall clock lies in the span.
func (s Span) Holds(t time.Time) bool {
	m, from, to := t.Hour()*60+t.Minute(), s.From.Minutes(), s.To.Minutes()
	if s == (Span{}) {
		return false
	}
	if from < to {
		return from <= m && m < to
	}
	return m >= from || m < to
}

// WorkingDate returns the date that the instant t belongs to for a team in
// zone whose day begins at starts: what happens before belongs to the evening before.
func WorkingDate(t time.Time, zone *time.Location, starts Clock) Date {
	local := t.In(zone)
	d := DateOf(local)
	if (Clock{local.Hour(), local.Minute()}).Minutes() < starts.Minutes() {
		return d.Add(-1)
	}
	return d
}

// Millis truncates t to the precision that every store keeps.
func Millis(t time.Time) time.Time { return t.UTC().Truncate(time.Millisecond) }
