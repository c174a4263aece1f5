package visit

import (
	"fmt"
	"slices"
	"time"
)

// Holiday is a date on which the calendar departs from Monday to Friday.
type Holiday struct {
	Date Date `json:"date"`
	// Work is true for a make-up workday, false for a day of rest.
	Work bool   `json:"work"`
	Name string `json:"name"`
}

// ParseHolidayKind reads "rest" or "work", in English or Chinese, and reports whether it is work.
func ParseHolidayKind(s string) (work bool, err error) {
	switch s {
	case "rest", "休", "休息", "放假":
		return false, nil
	case "work", "班", "上班", "补班":
		return true, nil
	}
	return false, fmt.Errorf("%q is not rest or work", s)
}

// Calendar tells workdays: the public holidays of China with their make-up
// workdays where they are known, Monday to Friday otherwise.
type Calendar struct {
	days  map[Date]Holiday
	years map[int]bool
	china bool
}

// NewCalendar returns a calendar with what an admin imported laid over the
// built-in data. With china false nothing is built in, and Monday to Friday
// needs no data to be known.
func NewCalendar(china bool, imported []Holiday) *Calendar {
	c := &Calendar{days: make(map[Date]Holiday), years: make(map[int]bool), china: china}
	if china {
		c.add(builtIn())
	}
	c.add(imported)
	return c
}

func (c *Calendar) add(hs []Holiday) {
	for _, h := range hs {
		c.days[h.Date] = h
		c.years[h.Date.Year()] = true
	}
}

// Workday reports whether d is a workday.
func (c *Calendar) Workday(d Date) bool {
	if h, ok := c.days[d]; ok {
		return h.Work
	}
	wd := d.Weekday()
	return wd != time.Saturday && wd != time.Sunday
}

// Known reports whether the holidays of year are known. Until they are
// published, in November of the year before, Monday to Friday is assumed.
func (c *Calendar) Known(year int) bool { return !c.china || c.years[year] }

// unknownWarning is how many days before an unknown year its absence is told.
const unknownWarning = 30

// UnknownAhead returns the year whose holidays should be imported by now, seen
// from d, or 0.
func (c *Calendar) UnknownAhead(d Date) int {
	for _, year := range []int{d.Year(), d.Add(unknownWarning).Year()} {
		if !c.Known(year) {
			return year
		}
	}
	return 0
}

// maxRest bounds the search for the next workday, in days.
const maxRest = 60

// Next returns the first workday after d.
func (c *Calendar) Next(d Date) Date { return c.seek(d, 1) }

// Last returns the last workday before d.
func (c *Calendar) Last(d Date) Date { return c.seek(d, -1) }

func (c *Calendar) seek(d Date, step int) Date {
	for range maxRest {
		d = d.Add(step)
		if c.Workday(d) {
			return d
		}
	}
	return d
}

// OpensWeek reports whether d is the first workday of its week, Monday to Sunday.
func (c *Calendar) OpensWeek(d Date) bool {
	monday, _ := d.Week()
	return c.Workday(d) && c.Last(d) < monday
}

// OpensMonth reports whether d is the first workday of its month.
func (c *Calendar) OpensMonth(d Date) bool {
	first := d.Month().First()
	return c.Workday(d) && c.Last(d) < first
}

// From returns the departures from Monday to Friday on or after d, in order.
func (c *Calendar) From(d Date) []Holiday {
	var out []Holiday
	for _, h := range c.days {
		if h.Date >= d {
			out = append(out, h)
		}
	}
	slices.SortFunc(out, func(a, b Holiday) int {
		if a.Date < b.Date {
			return -1
		}
		return 1
	})
	return out
}

// builtIn holds the General Office of the State Council's notices on public
// holidays for 2025 (of 2024-11-12) and 2026 (of 2025-11-04). 2027's was not
// known when this was written.
func builtIn() []Holiday {
	var out []Holiday
	for _, p := range []struct {
		from Date
		days int
		name string
	}{
		{"2025-01-01", 1, "元旦"},
		{"2025-01-28", 8, "春节"},
		{"2025-04-04", 3, "清明节"},
		{"2025-05-01", 5, "劳动节"},
		{"2025-05-31", 3, "端午节"},
		{"2025-10-01", 8, "国庆节、中秋节"},
		{"2026-01-01", 3, "元旦"},
		{"2026-02-15", 9, "春节"},
		{"2026-04-04", 3, "清明节"},
		{"2026-05-01", 5, "劳动节"},
		{"2026-06-19", 3, "端午节"},
		{"2026-09-25", 3, "中秋节"},
		{"2026-10-01", 7, "国庆节"},
	} {
		for i := range p.days {
			out = append(out, Holiday{Date: p.from.Add(i), Name: p.name})
		}
	}
	for _, d := range []Date{
		"2025-01-26", "2025-02-08", "2025-04-27", "2025-09-28", "2025-10-11",
		"2026-01-04", "2026-02-14", "2026-02-28", "2026-05-09", "2026-09-20", "2026-10-10",
	} {
		out = append(out, Holiday{Date: d, Work: true, Name: "调休上班"})
	}
	return out
}
