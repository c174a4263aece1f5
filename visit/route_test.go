package visit_test

import (
	"slices"
	"testing"

	"pgregory.net/rapid"

	"roundsman/visit"
)

func TestARouteByWeeks(t *testing.T) {
	t.Parallel()
	r := visit.Route{Rep: "z", Stops: []visit.RouteStop{
		{Weekday: 1, Customer: "every"},
		{Weekday: 1, Customer: "first", Week: 1},
		{Weekday: 1, Customer: "second", Week: 2},
		{Weekday: 1, Customer: "every", Week: 2},
		{Weekday: 7, Customer: "sunday"},
		{Weekday: 2, Customer: "tuesday"},
	}}
	for date, want := range map[visit.Date][]string{
		"2026-11-23": {"every", "second"}, // a Monday of week 48
		"2026-11-30": {"every", "first"},
		"2026-11-24": {"tuesday"},
		"2026-11-25": nil,
		"2026-11-29": {"sunday"},
		"2026-12-28": {"every", "first"}, // week 53, after which the year's first is 1 again
		"2027-01-04": {"every", "first"},
		"2027-01-11": {"every", "second"},
		"2025-12-29": {"every", "first"}, // it is of 2026, by its week
	} {
		if got := r.OnDate(date); !slices.Equal(got, want) {
			t.Errorf("%s: %v, want %v", date, got, want)
		}
	}
	if got := (visit.Route{}).OnDate("2026-11-23"); got != nil {
		t.Errorf("an empty route has %v", got)
	}
}

// In the weeks of a cycle each stop has its day as often as it says.
func TestARouteGoesAround(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		var r visit.Route
		for i := range rapid.IntRange(1, 20).Draw(t, "stops") {
			r.Stops = append(r.Stops, visit.RouteStop{
				Weekday: rapid.IntRange(1, 7).Draw(t, "weekday"), Customer: string(rune('a' + i)), Week: rapid.IntRange(0, 5).Draw(t, "week"),
			})
		}
		n := r.Cycle()
		// Within a year, from a Monday on.
		monday := visit.Date("2026-01-05").Add(7 * rapid.IntRange(0, 40).Draw(t, "from"))
		seen := make(map[string]int)
		for i := range 7 * n {
			for _, id := range r.OnDate(monday.Add(i)) {
				seen[id]++
			}
		}
		for _, s := range r.Stops {
			want := 1
			if s.Week == 0 {
				want = n
			}
			if seen[s.Customer] != want {
				t.Fatalf("%+v comes %d times in %d weeks", s, seen[s.Customer], n)
			}
		}
	})
}
