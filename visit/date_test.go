package visit_test

import (
	"testing"
	"time"
	_ "time/tzdata"

	"pgregory.net/rapid"

	"roundsman/visit"
)

func zone(t testing.TB, name string) *time.Location {
	t.Helper()
	z, err := time.LoadLocation(name)
	if err != nil {
		t.Fatal(err)
	}
	return z
}

func TestDateAt(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		zone, date, clock, want string
	}{
		"plain":                  {"Asia/Shanghai", "2026-11-24", "08:30", "2026-11-24T00:30:00Z"},
		"new_york_skipped_hour":  {"America/New_York", "2026-03-08", "02:30", "2026-03-08T07:00:00Z"},
		"new_york_doubled_hour":  {"America/New_York", "2026-11-01", "01:30", "2026-11-01T05:30:00Z"},
		"lord_howe_skipped_half": {"Australia/Lord_Howe", "2026-10-04", "02:15", "2026-10-03T15:30:00Z"},
		"lord_howe_doubled_half": {"Australia/Lord_Howe", "2026-04-05", "01:45", "2026-04-04T14:45:00Z"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			clock, err := visit.ParseClock(tt.clock)
			if err != nil {
				t.Fatal(err)
			}
			got := visit.Date(tt.date).At(clock, zone(t, tt.zone)).UTC().Format(time.RFC3339)
			if got != tt.want {
				t.Errorf("At = %s, want %s", got, tt.want)
			}
		})
	}
}

func TestWorkingDate(t *testing.T) {
	t.Parallel()
	starts := visit.Clock{Hour: 4}
	for at, want := range map[string]visit.Date{
		"2026-11-24T19:59:00Z": "2026-11-24", // 03:59 of the 25th in Shanghai: a night delivery
		"2026-11-24T20:00:00Z": "2026-11-25",
		"2026-12-31T19:00:00Z": "2026-12-31",
	} {
		instant, err := time.Parse(time.RFC3339, at)
		if err != nil {
			t.Fatal(err)
		}
		if got := visit.WorkingDate(instant, zone(t, "Asia/Shanghai"), starts); got != want {
			t.Errorf("WorkingDate(%s) = %s, want %s", at, got, want)
		}
	}
}

func TestSpanHolds(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		span string
		at   string
		want bool
	}{
		"begin":           {"07:00-22:00", "07:00", true},
		"end_is_outside":  {"07:00-22:00", "22:00", false},
		"over_midnight":   {"22:00-06:00", "03:00", true},
		"over_midnight_2": {"22:00-06:00", "12:00", false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			span, err := visit.ParseSpan(tt.span)
			if err != nil {
				t.Fatal(err)
			}
			at, err := time.Parse("15:04", tt.at)
			if err != nil {
				t.Fatal(err)
			}
			if got := span.Holds(at); got != tt.want {
				t.Errorf("Holds = %v, want %v", got, tt.want)
			}
		})
	}
}

func FuzzParseDate(f *testing.F) {
	for _, s := range []string{"2026-11-24", "2026/1/2", "20261124", "0000-00-00", "2026-02-30", "明天"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		d, err := visit.ParseDate(s)
		if err != nil {
			return
		}
		if again, err := visit.ParseDate(string(d)); err != nil || again != d {
			t.Errorf("%q gave %q, which gives %q, %v", s, d, again, err)
		}
	})
}

func TestDateAddIsItsOwnInverse(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(rt *rapid.T) {
		d := visit.Date("2024-02-28").Add(rapid.IntRange(0, 5000).Draw(rt, "start"))
		n := rapid.IntRange(-1000, 1000).Draw(rt, "n")
		if got := d.Add(n).Add(-n); got != d {
			rt.Fatalf("%s + %d - %d = %s", d, n, n, got)
		}
	})
}
