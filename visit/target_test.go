package visit_test

import (
	"errors"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"roundsman/visit"
)

func TestParseMonth(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]visit.Month{
		"2026-11": "2026-11", "2026-1": "2026-01", "2026/02": "2026-02", "2026年3月": "2026-03", "202612": "2026-12",
		"2026-13": "", "2026-00": "", "11": "", "": "", "1999-12": "", "2200-01": "", "2026-11-24": "", "NaN": "",
	} {
		got, err := visit.ParseMonth(text)
		if got != want || (want == "") != errors.Is(err, visit.ErrMonth) {
			t.Errorf("%q is %q, %v; want %q", text, got, err, want)
		}
	}
}

func TestMonths(t *testing.T) {
	t.Parallel()
	for m, want := range map[visit.Month][3]string{
		"2026-11": {"2026-11-01", "2026-11-30", "2026-12"},
		"2026-12": {"2026-12-01", "2026-12-31", "2027-01"},
		"2028-02": {"2028-02-01", "2028-02-29", "2028-03"},
	} {
		if got := [3]string{string(m.First()), string(m.Last()), string(m.Add(1))}; got != want || m.Add(1).Add(-1) != m || m.Last().Month() != m {
			t.Errorf("%s: %v, want %v", m, got, want)
		}
	}
	// November 2026 has 21 workdays, October 18 with its holidays and its make-up workday.
	c := visit.NewCalendar(true, nil)
	if nov, oct := len(visit.Month("2026-11").Workdays(c)), visit.Month("2026-10").Workdays(c); nov != 21 || len(oct) != 18 || !slices.Contains(oct, "2026-10-10") {
		t.Errorf("November has %d workdays, October %v", nov, oct)
	}
}

// The shares of the workdays come to the month's target, whatever the calendar,
// and are as equal as fen allow.
func TestAMonthIsSpreadExactly(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		month := visit.Month("2026-01").Add(rapid.IntRange(0, 36).Draw(t, "month"))
		holidays := rapid.SliceOfN(rapid.Custom(func(t *rapid.T) visit.Holiday {
			return visit.Holiday{Date: month.First().Add(rapid.IntRange(-3, 34).Draw(t, "day")), Work: rapid.Bool().Draw(t, "work")}
		}), 0, 40).Draw(t, "holidays")
		c := visit.NewCalendar(rapid.Bool().Draw(t, "china"), holidays)
		amount := rapid.OneOf(rapid.Int64Range(0, 100), rapid.Int64Range(0, 1<<62)).Draw(t, "fen")
		other := rapid.Int64Range(0, 1e12).Draw(t, "other")
		target := visit.MonthTarget{Rep: "z", Month: month, Order: &amount, Collection: &other}
		days := month.Workdays(c)
		var sum, collected int64
		var least, most int64 = 1 << 62, 0
		for d := month.First().Add(-9); d <= month.Last().Add(9); d = d.Add(1) {
			order, collection := target.On(d, c)
			if order < 0 || collection < 0 {
				t.Fatalf("%s has %d and %d", d, order, collection)
			}
			if !slices.Contains(days, d) {
				if order != 0 || collection != 0 {
					t.Fatalf("%s is no workday of %s and has %d and %d", d, month, order, collection)
				}
				continue
			}
			sum, collected, least, most = sum+order, collected+collection, min(least, order), max(most, order)
		}
		switch {
		case len(days) == 0:
		case sum != amount || collected != other:
			t.Fatalf("the shares come to %d and %d, want %d and %d", sum, collected, amount, other)
		case most-least > 1:
			t.Fatalf("shares are from %d to %d", least, most)
		}
	})
}

// A month's target stands above that of the visits, each amount by itself, and
// a tally and an outcome agree.
func TestAgainst(t *testing.T) {
	t.Parallel()
	c := visit.NewCalendar(true, nil)
	fen := func(n int64) *int64 { return &n }
	for name, tt := range map[string]struct {
		month             visit.MonthTarget
		date              visit.Date
		order, collection int64
	}{
		"none":            {visit.MonthTarget{}, "2026-11-24", 500, 700},
		"both":            {visit.MonthTarget{Month: "2026-11", Order: fen(2100), Collection: fen(42)}, "2026-11-24", 100, 2},
		"one":             {visit.MonthTarget{Month: "2026-11", Order: fen(2100)}, "2026-11-24", 100, 700},
		"zero_is_none":    {visit.MonthTarget{Month: "2026-11", Order: fen(0), Collection: fen(42)}, "2026-11-24", 500, 2},
		"no_workday":      {visit.MonthTarget{Month: "2026-11", Order: fen(2100)}, "2026-11-22", 0, 700},
		"of_another":      {visit.MonthTarget{Month: "2026-10", Order: fen(2100)}, "2026-11-24", 500, 700},
		"make_up_workday": {visit.MonthTarget{Month: "2026-10", Order: fen(1800)}, "2026-10-10", 100, 700},
	} {
		tally := visit.Tally{Planned: 3, Ordered: 9, OrderTarget: 500, CollectionTarget: 700}.Against(tt.month, tt.date, c)
		if want := (visit.Tally{Planned: 3, Ordered: 9, OrderTarget: tt.order, CollectionTarget: tt.collection}); tally != want {
			t.Errorf("%s: %+v, want %+v", name, tally, want)
		}
		kept := visit.Outcome{Date: tt.date, OrderTarget: 500, CollectionTarget: 700}.Tally().Against(tt.month, tt.date, c)
		if kept.OrderTarget != tt.order || kept.CollectionTarget != tt.collection {
			t.Errorf("%s: the outcome has %d and %d", name, kept.OrderTarget, kept.CollectionTarget)
		}
	}
}
