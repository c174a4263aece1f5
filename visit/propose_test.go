package visit_test

import (
	"fmt"
	"maps"
	"math"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"roundsman/geo"
	"roundsman/visit"
)

// near returns a customer of z so many metres east of the shop.
func near(id string, metres float64, cadence int) visit.Customer {
	return visit.Customer{ID: id, Name: id, Owner: "z", Cadence: cadence, Point: geo.Offset(shop, metres, 90)}.Located()
}

func ids(visits []visit.PlannedVisit) []string {
	var out []string
	for _, v := range visits {
		out = append(out, v.Customer)
	}
	return out
}

func TestPropose(t *testing.T) {
	t.Parallel()
	p := visit.Proposal{
		Rep: "z", Date: planDate, Min: 3,
		Fixed: []visit.PlannedVisit{{Customer: "given", Purpose: visit.Delivery}},
		Customers: []visit.Customer{
			near("given", 0, 0), near("close", 500, 7), near("farther", 900, 7), near("forgotten", 40_000, 7),
			near("fresh", 100, 30), near("new", 30_000, 7),
			{ID: "foreign", Owner: "l", Cadence: 1, Point: shop},
		},
		Last: map[string]visit.Date{"close": "2026-11-17", "farther": "2026-11-18", "forgotten": "2026-10-01", "fresh": "2026-11-24", "foreign": "2026-01-01"},
	}
	got := visit.Propose(p)
	chosen := ids(got)
	slices.Sort(chosen)
	// "close" is overdue, "farther" just due and beyond the minimum; "new" is too far.
	if want := []string{"close", "forgotten", "given"}; !slices.Equal(chosen, want) {
		t.Errorf("proposed %v, want %v", chosen, want)
	}
	for _, v := range got {
		want := map[string]visit.Why{
			"given": {Kind: visit.WhyAssigned}, "close": {Kind: visit.WhyOverdue, Days: 8, Cadence: 7}, "forgotten": {Kind: visit.WhyOverdue, Days: 55, Cadence: 7},
		}[v.Customer]
		if v.Why != want || v.Rep != "z" || v.Date != planDate {
			t.Errorf("%s is proposed as %+v, want because of %+v", v.Customer, v, want)
		}
	}
}

// The route comes after what is fixed and before all others, whole, but for who
// was taken off or went to somebody else.
func TestARouteComesBeforeTheOverdue(t *testing.T) {
	t.Parallel()
	p := visit.Proposal{
		Rep: "z", Date: planDate, Min: 3,
		Fixed: []visit.PlannedVisit{{Customer: "given"}},
		Route: []string{"given", "one", "off", "two", "gone", "foreign", "three"},
		Skip:  []string{"off"},
		Customers: []visit.Customer{
			near("given", 0, 7), near("one", 9000, 30), near("two", 20_000, 0), near("three", 100, 7), near("off", 10, 7),
			near("overdue", 50, 7),
			{ID: "foreign", Owner: "l", Point: shop},
		},
		Last: map[string]visit.Date{"one": "2026-11-24", "overdue": "2026-11-14", "off": "2026-01-01"},
	}
	why := func() map[string]visit.WhyKind {
		out := make(map[string]visit.WhyKind)
		for _, v := range visit.Propose(p) {
			out[v.Customer] = v.Why.Kind
		}
		return out
	}
	want := map[string]visit.WhyKind{"given": visit.WhyAssigned, "one": visit.WhyRoute, "two": visit.WhyRoute, "three": visit.WhyRoute, "overdue": visit.WhyOverdue}
	if got := why(); !maps.Equal(got, want) {
		t.Errorf("proposed %v, want %v", got, want)
	}
	// Without it only the minimum is.
	p.Route = nil
	if got := why(); len(got) > 5 || got["two"] != "" || got["overdue"] != visit.WhyOverdue {
		t.Errorf("without a route: %v", got)
	}
}

func TestOverdue(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		customer visit.Customer
		last     visit.Date
		want     float64
	}{
		"half_way":      {visit.Customer{Cadence: 10}, "2026-11-20", 0.5},
		"overdue":       {visit.Customer{Cadence: 10}, "2026-11-05", 2},
		"by_grade":      {visit.Customer{Grade: "A"}, "2026-11-11", 2},
		"own_beats":     {visit.Customer{Grade: "A", Cadence: 14}, "2026-11-11", 1},
		"never":         {visit.Customer{Cadence: 10}, "", 1.5},
		"no_cadence":    {visit.Customer{}, "2020-01-01", 1},
		"never_at_will": {visit.Customer{}, "", 0.5},
	} {
		if got := tt.customer.Overdue(tt.last, planDate); math.Abs(got-tt.want) > 1e-9 {
			t.Errorf("%s: %v, want %v", name, got, tt.want)
		}
	}
}

// drawCompany draws customers of z around the shop and when they were visited.
func drawCompany(t *rapid.T, n int) (customers []visit.Customer, last map[string]visit.Date) {
	last = make(map[string]visit.Date)
	for i := range n {
		c := visit.Customer{ID: fmt.Sprintf("c%02d", i), Owner: "z", Cadence: rapid.SampledFrom([]int{0, 7, 14, 30}).Draw(t, "cadence")}
		if rapid.IntRange(0, 9).Draw(t, "known") > 0 {
			c.Point = geo.Offset(shop, rapid.Float64Range(0, 20_000).Draw(t, "metres"), rapid.Float64Range(0, 359).Draw(t, "bearing"))
		}
		customers = append(customers, c.Located())
		if days := rapid.IntRange(0, 90).Draw(t, "days"); days > 0 {
			last[c.ID] = planDate.Add(-days)
		}
	}
	return customers, last
}

func TestAProposalHoldsWhatIsFixedAndTheMinimum(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		n := rapid.IntRange(0, 20).Draw(t, "customers")
		customers, last := drawCompany(t, n)
		p := visit.Proposal{Rep: "z", Date: planDate, Customers: customers, Last: last, Min: rapid.IntRange(0, 8).Draw(t, "min")}
		for _, c := range customers {
			switch rapid.IntRange(0, 7).Draw(t, "role") {
			case 0:
				p.Fixed = append(p.Fixed, visit.PlannedVisit{Customer: c.ID})
			case 1:
				p.Skip = append(p.Skip, c.ID)
			case 2:
				p.Route = append(p.Route, c.ID)
			}
		}
		given := len(p.Fixed) + len(p.Route)
		got := ids(visit.Propose(p))
		for _, f := range p.Fixed {
			if !slices.Contains(got, f.Customer) {
				t.Fatalf("%s was fixed and is not proposed", f.Customer)
			}
		}
		for _, id := range p.Route {
			if !slices.Contains(got, id) {
				t.Fatalf("%s is on the route and is not proposed", id)
			}
		}
		for _, s := range p.Skip {
			if slices.Contains(got, s) {
				t.Fatalf("%s was taken off and is proposed", s)
			}
		}
		if want := min(max(p.Min, given), n-len(p.Skip)); len(got) < want || len(got) > max(p.Min, given)+2 {
			t.Fatalf("%d are proposed, want %d or two more", len(got), want)
		}
		slices.Sort(got)
		if len(slices.Compact(got)) != len(got) {
			t.Fatalf("a customer is proposed twice: %v", got)
		}
		p.Customers = rapid.Permutation(customers).Draw(t, "order")
		if again := visit.Propose(p); len(again) != len(got) {
			t.Fatalf("the order of the customers matters")
		}
	})
}

// A rep who does what is proposed forgets nobody whom they could visit.
func TestNobodyStaysForgotten(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		// With cadences of a month, a minimum of four is enough for fifty.
		customers, _ := drawCompany(t, rapid.IntRange(5, 50).Draw(t, "customers"))
		last := make(map[string]visit.Date)
		for i := range customers {
			customers[i].Cadence = 30
			last[customers[i].ID] = planDate.Add(-i % 30)
		}
		date := planDate
		for range 90 {
			if date = date.Add(1); date.Weekday() == 0 || date.Weekday() == 6 {
				continue
			}
			for _, v := range visit.Propose(visit.Proposal{Rep: "z", Date: date, Customers: customers, Last: last, Min: 4}) {
				last[v.Customer] = date
			}
			for id, l := range last {
				if days := l.Days(date); days > 2*30 {
					t.Fatalf("%s was not proposed for %d days", id, days)
				}
			}
		}
	})
}

// However a rep goes about it, whoever they visit and whoever they take off,
// nobody who is forgotten stays unproposed for two cadences.
func TestTheForgottenTakeTurns(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		customers, _ := drawCompany(t, rapid.IntRange(1, 24).Draw(t, "customers"))
		fixed := rapid.IntRange(0, 1).Draw(t, "fixed") * rapid.IntRange(0, 6).Draw(t, "most")
		if fixed > 0 && len(customers) > 8 {
			// Of a day that is full there is room for two more.
			customers = customers[:8]
		}
		last, planned := make(map[string]visit.Date), make(map[string]visit.Date)
		for i := range customers {
			customers[i].Cadence = rapid.SampledFrom([]int{7, 14, 30}).Draw(t, "cadence")
			last[customers[i].ID] = planDate.Add(-i % 30)
		}
		date := planDate
		for range 100 {
			if date = date.Add(1); date.Weekday() == 0 || date.Weekday() == 6 {
				continue
			}
			p := visit.Proposal{Rep: "z", Date: date, Customers: customers, Last: last, Min: 4}
			for i := range fixed {
				id := fmt.Sprint("fixed", i)
				p.Fixed = append(p.Fixed, visit.PlannedVisit{Customer: id})
			}
			if p.Crowded() {
				p.Planned = planned
			}
			for _, v := range visit.Propose(p) {
				planned[v.Customer] = date
				if rapid.IntRange(0, 9).Draw(t, "goes") == 0 {
					last[v.Customer] = date
				}
			}
			for _, c := range customers {
				forgotten := max(last[c.ID].Add(c.Cadence), planned[c.ID])
				if days := forgotten.Days(date); days > 2*c.Cadence {
					t.Fatalf("%s is forgotten and was not proposed for %d days, of a cadence of %d", c.ID, days, c.Cadence)
				}
			}
		}
	})
}

// length is the way of a round in metres.
func length(visits []visit.PlannedVisit, places map[string]geo.Point) (sum float64) {
	for i := 1; i < len(visits); i++ {
		sum += geo.Distance(places[visits[i-1].Customer], places[visits[i].Customer])
	}
	return sum
}

func drawStops(t *rapid.T, from, to int) ([]visit.PlannedVisit, map[string]geo.Point) {
	places := make(map[string]geo.Point)
	var stops []visit.PlannedVisit
	for i := range rapid.IntRange(from, to).Draw(t, "stops") {
		id := fmt.Sprint(i)
		places[id] = geo.Offset(shop, rapid.Float64Range(0, 20_000).Draw(t, "metres"), rapid.Float64Range(0, 359).Draw(t, "bearing")).WGS84()
		v := visit.PlannedVisit{Customer: id}
		if h := rapid.IntRange(0, 30).Draw(t, "hour"); h >= 8 && h < 20 {
			v.Window = visit.Span{From: visit.Clock{Hour: h}, To: visit.Clock{Hour: h}}
		}
		stops = append(stops, v)
	}
	return stops, places
}

// inTime reports whether windows are in their order.
func inTime(visits []visit.PlannedVisit) bool {
	last := -1
	for _, v := range visits {
		if v.Window == (visit.Span{}) {
			continue
		}
		if v.Window.From.Minutes() < last {
			return false
		}
		last = v.Window.From.Minutes()
	}
	return true
}

func TestRoundIsTheShortest(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		stops, places := drawStops(t, 0, 6)
		best := math.Inf(1)
		permute(stops, func(order []visit.PlannedVisit) {
			if inTime(order) {
				best = min(best, length(order, places))
			}
		})
		got := visit.Round(stops, places)
		if !inTime(got) || len(got) != len(stops) || length(got, places) > best+0.01 {
			t.Fatalf("%v is %.0f m, the shortest %.0f m", ids(got), length(got, places), best)
		}
	})
}

func permute(stops []visit.PlannedVisit, do func([]visit.PlannedVisit)) {
	var step func(k int)
	order := slices.Clone(stops)
	step = func(k int) {
		if k == len(order) {
			do(order)
			return
		}
		for i := k; i < len(order); i++ {
			order[k], order[i] = order[i], order[k]
			step(k + 1)
			order[k], order[i] = order[i], order[k]
		}
	}
	step(0)
}

func TestALongRoundHasEveryStopOnce(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		stops, places := drawStops(t, 13, 30)
		got := visit.Round(stops, places)
		seen := ids(got)
		slices.Sort(seen)
		if len(slices.Compact(seen)) != len(stops) || !inTime(got) {
			t.Fatalf("%v of %d stops", ids(got), len(stops))
		}
	})
}

func BenchmarkRound(b *testing.B) {
	for _, n := range []int{6, 12, 30} {
		b.Run(fmt.Sprint(n), func(b *testing.B) {
			places := make(map[string]geo.Point)
			var stops []visit.PlannedVisit
			for i := range n {
				id := fmt.Sprint(i)
				places[id] = geo.Offset(shop, float64(i*i*7919%9000), float64(i*104729%360)).WGS84()
				stops = append(stops, visit.PlannedVisit{Customer: id})
			}
			for b.Loop() {
				visit.Round(stops, places)
			}
		})
	}
}

func BenchmarkPropose150Customers(b *testing.B) {
	p := visit.Proposal{Rep: "z", Date: planDate, Min: 4, Last: make(map[string]visit.Date)}
	for i := range 150 {
		c := visit.Customer{ID: fmt.Sprint(i), Owner: "z", Cadence: 7 + i%30, Point: geo.Offset(shop, float64(i*i*7919%9000), float64(i*104729%360))}.Located()
		p.Customers = append(p.Customers, c)
		p.Last[c.ID] = planDate.Add(-i % 40)
	}
	for b.Loop() {
		visit.Propose(p)
	}
}
