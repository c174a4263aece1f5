package visit_test

import (
	"testing"
	"time"

	"roundsman/visit"
)

func TestWorkdays(t *testing.T) {
	t.Parallel()
	cal := visit.NewCalendar(true, []visit.Holiday{{Date: "2027-01-01", Name: "元旦"}, {Date: "2027-01-03", Work: true, Name: "调休上班"}})
	for date, want := range map[visit.Date]bool{
		"2026-11-24": true,
		"2026-11-28": false, // Saturday
		"2026-02-14": true,  // make-up Saturday before Spring Festival
		"2026-02-16": false, // Monday of Spring Festival
		"2026-02-23": false,
		"2026-02-24": true,
		"2026-10-08": true,
		"2026-10-10": true, // make-up Saturday
		"2025-01-26": true, // make-up Sunday
		"2025-10-08": false,
		"2027-01-01": false, // imported
		"2027-01-03": true,  // imported make-up Sunday
	} {
		if got := cal.Workday(date); got != want {
			t.Errorf("Workday(%s) = %v, want %v", date, got, want)
		}
	}
}

// The notices of the State Council give 28 days of rest and 5 make-up
// workdays for 2025, 33 and 6 for 2026.
func TestBuiltInDataIsComplete(t *testing.T) {
	t.Parallel()
	rest, work := map[int]int{}, map[int]int{}
	for _, h := range visit.NewCalendar(true, nil).From("2000-01-01") {
		if h.Work {
			work[h.Date.Year()]++
		} else {
			rest[h.Date.Year()]++
		}
	}
	if rest[2025] != 28 || work[2025] != 5 || rest[2026] != 33 || work[2026] != 6 {
		t.Errorf("rest %v, work %v", rest, work)
	}
}

func TestUnknownYear(t *testing.T) {
	t.Parallel()
	china := visit.NewCalendar(true, nil)
	for date, want := range map[visit.Date]int{
		"2026-11-24": 0,
		"2026-12-01": 0,
		"2026-12-02": 2027, // thirty days before
		"2027-05-01": 2027,
	} {
		if got := china.UnknownAhead(date); got != want {
			t.Errorf("UnknownAhead(%s) = %d, want %d", date, got, want)
		}
	}
	if got := visit.NewCalendar(false, nil).UnknownAhead("2030-01-01"); got != 0 {
		t.Errorf("without China's calendar nothing is unknown, got %d", got)
	}
}

func TestNextWorkdaySkipsTheHoliday(t *testing.T) {
	t.Parallel()
	if got := visit.NewCalendar(true, nil).Next("2026-09-30"); got != "2026-10-08" {
		t.Errorf("Next = %s", got)
	}
}

func TestWeeksAndMonthsOpenOnTheirFirstWorkday(t *testing.T) {
	t.Parallel()
	c := visit.NewCalendar(true, nil)
	weeks, months := make(map[visit.Date]int), make(map[visit.Date]int)
	for d := visit.Date("2026-01-01"); d <= "2026-12-31"; d = d.Add(1) {
		monday, sunday := d.Week()
		first, last := d.Month().First(), d.Month().Last()
		if monday.Weekday() != time.Monday || monday.Days(sunday) != 6 || d < monday || d > sunday || first[8:] != "01" || last.Add(1)[8:] != "01" || d < first || d > last {
			t.Fatalf("%s lies in the week %s to %s and the month %s to %s", d, monday, sunday, first, last)
		}
		if c.OpensWeek(d) {
			weeks[monday]++
		}
		if c.OpensMonth(d) {
			months[first]++
		}
	}
	// Of 52 Mondays that of the spring festival begins a week without a workday.
	if len(months) != 12 || len(weeks) != 51 || weeks["2026-02-16"] != 0 {
		t.Errorf("%d months and %d weeks", len(months), len(weeks))
	}
	for first, n := range months {
		if n != 1 {
			t.Errorf("%s opens %d times", first, n)
		}
	}
	for monday, n := range weeks {
		if n != 1 {
			t.Errorf("%s opens %d times", monday, n)
		}
	}
	for d, want := range map[visit.Date]bool{"2026-10-08": true, "2026-10-09": false, "2026-10-10": false, "2026-10-12": true, "2026-02-24": true, "2026-02-23": false} {
		if c.OpensWeek(d) != want {
			t.Errorf("that %s opens its week is %v", d, !want)
		}
	}
}
