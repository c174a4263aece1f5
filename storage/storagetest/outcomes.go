package storagetest

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"testing"
	"time"

	"roundsman/storage"
	"roundsman/visit"
)

func fullOutcome() visit.Outcome {
	call := func(n int, customer string, verdict visit.Verdict) visit.Call {
		return visit.Call{
			Visit: fmt.Sprint("visit-", n, chinese), Customer: customer, Verdict: verdict, Planned: true, Start: at(n), Last: at(n + 1),
			Kind: visit.ResultDeal, Order: new(int64(1<<62 + 1)), Collected: new(int64(1<<53 + 1)),
		}
	}
	return visit.Outcome{
		Rep: "rep-" + chinese, Team: chinese, Date: "2026-11-24", Facts: 7,
		Planned: []string{chinese, "c2"}, Dropped: []string{"客户-" + chinese, "c3"}, Shed: []string{"c3", chinese}, Unconfirmed: true,
		OrderTarget: 1<<62 + 1, CollectionTarget: 1<<53 + 1,
		Calls: []visit.Call{call(1, chinese, visit.Verified), call(2, "c2", visit.OffSite)},
		Leave: 1, Minimum: 4, Reported: at(9), ReportDue: at(10),
	}
}

// outcome is what a day came to, of so many facts.
func outcome(rep, team string, date visit.Date, facts int, calls ...visit.Call) visit.Outcome {
	return visit.Outcome{Rep: rep, Team: team, Date: date, Facts: facts, Calls: calls}
}

// called is a call at a customer.
func called(customer string, verdict visit.Verdict) visit.Call {
	return visit.Call{Visit: "visit at " + customer, Customer: customer, Verdict: verdict, Start: at(1), Last: at(2)}
}

// byDateAndRep is the order of [storage.Outcomes.Range].
func byDateAndRep(a, b visit.Outcome) int {
	return cmp.Or(cmp.Compare(a.Date, b.Date), cmp.Compare(a.Rep, b.Rep))
}

// selects reports whether the outcome is one of those that the filter asks for.
func selects(f storage.FactFilter, o visit.Outcome) bool {
	return (f.Rep == "" || o.Rep == f.Rep) && (f.Team == "" || o.Team == f.Team) &&
		(f.From == "" || o.Date >= f.From) && (f.To == "" || o.Date <= f.To)
}

func testOutcomes(t *testing.T, s suite) {
	const d = visit.Date("2026-11-24")
	setup := func(t *testing.T, put ...visit.Outcome) (context.Context, storage.Outcomes) {
		t.Helper()
		t.Parallel()
		o := s.open(t).Outcomes()
		for _, one := range put {
			ok(t, o.Put(t.Context(), one))
		}
		return t.Context(), o
	}
	all := func(t *testing.T, o storage.Outcomes, f storage.FactFilter) []visit.Outcome {
		t.Helper()
		return val(collect(o.Range(t.Context(), f)))(t)
	}

	t.Run("every field comes back", func(t *testing.T) {
		full, zero := fullOutcome(), visit.Outcome{}
		complete(t, full)
		ctx, o := setup(t, full, zero)
		equal(t, all(t, o, storage.FactFilter{}), []visit.Outcome{zero, full})
		equal(t, all(t, o, storage.FactFilter{})[0].Reported.IsZero(), true)
		equal(t, all(t, o, storage.FactFilter{Rep: full.Rep, Team: full.Team, From: d, To: d}), []visit.Outcome{full})
		equal(t, val(o.OfCustomer(ctx, chinese, 9))(t), []visit.Outcome{full})
		equal(t, val(o.OfCustomer(ctx, "c2", 9))(t), []visit.Outcome{full})
		equal(t, val(o.LastVerified(ctx, d.Add(1), chinese, "c2"))(t), map[string]visit.Date{chinese: d})
	})

	t.Run("an amount of nothing is not none, and an instant may be none", func(t *testing.T) {
		want := outcome("r", "t", d, 1,
			visit.Call{Visit: "1", Order: new(int64(0))}, visit.Call{Visit: "2", Collected: new(int64(0))}, visit.Call{Visit: "3"},
			visit.Call{Visit: "4", Customer: "c", Start: time.UnixMilli(0).UTC(), Last: time.UnixMilli(-1).UTC()},
		)
		ctx, o := setup(t, want)
		equal(t, all(t, o, storage.FactFilter{}), []visit.Outcome{want})
		equal(t, val(o.OfCustomer(ctx, "c", 1))(t), []visit.Outcome{want})
	})

	t.Run("nothing is there", func(t *testing.T) {
		ctx, o := setup(t)
		equal(t, all(t, o, storage.FactFilter{}), nil)
		equal(t, val(o.LastVerified(ctx, d, "c"))(t), map[string]visit.Date{})
		equal(t, val(o.LastVerified(ctx, d))(t), map[string]visit.Date{})
		equal(t, val(o.OfCustomer(ctx, "c", 9))(t), nil)
	})

	t.Run("one of more facts stays, one of as many is replaced", func(t *testing.T) {
		ctx, o := setup(t)
		at := func(facts int, customer string) visit.Outcome {
			return outcome("r", customer, d, facts, called(customer, visit.Verified))
		}
		stands := func(want visit.Outcome) {
			t.Helper()
			equal(t, all(t, o, storage.FactFilter{}), []visit.Outcome{want})
			for _, customer := range []string{"a", "b", "c"} {
				found, last := []visit.Outcome(nil), map[string]visit.Date{}
				if customer == want.Calls[0].Customer {
					found, last[customer] = []visit.Outcome{want}, d
				}
				equal(t, val(o.OfCustomer(ctx, customer, 9))(t), found)
				equal(t, val(o.LastVerified(ctx, d.Add(1), customer))(t), last)
			}
		}
		ok(t, o.Put(ctx, at(5, "a")))
		stands(at(5, "a"))
		ok(t, o.Put(ctx, at(4, "b")))
		stands(at(5, "a"))
		ok(t, o.Put(ctx, at(5, "b")))
		stands(at(5, "b"))
		ok(t, o.Put(ctx, at(5, "b")))
		stands(at(5, "b"))
		ok(t, o.Put(ctx, at(6, "c")))
		stands(at(6, "c"))
		ok(t, o.Put(ctx, at(5, "b")))
		stands(at(6, "c"))
	})

	t.Run("nothing of a replaced outcome is left", func(t *testing.T) {
		full := fullOutcome()
		ctx, o := setup(t, full)
		bare := visit.Outcome{Rep: full.Rep, Date: full.Date, Facts: full.Facts}
		ok(t, o.Put(ctx, bare))
		equal(t, all(t, o, storage.FactFilter{}), []visit.Outcome{bare})
		equal(t, all(t, o, storage.FactFilter{Team: full.Team}), nil)
		equal(t, val(o.OfCustomer(ctx, chinese, 9))(t), nil)
		equal(t, val(o.LastVerified(ctx, d.Add(1), chinese))(t), map[string]visit.Date{})
		ok(t, o.Put(ctx, full))
		equal(t, val(o.OfCustomer(ctx, chinese, 9))(t), []visit.Outcome{full})
	})

	t.Run("range filters and orders", func(t *testing.T) {
		var put []visit.Outcome
		for i := range 60 {
			put = append(put, outcome(
				[]string{"甲", "a", "乙", "A"}[i%4], []string{"华东一队", "b", "b"}[i%3], visit.Date("2026-11-20").Add((i*7)%15), 1, called("c", visit.Near)))
		}
		_, o := setup(t, put...)
		slices.SortFunc(put, byDateAndRep)
		for _, f := range []storage.FactFilter{
			{},
			{Rep: "甲"},
			{Team: "华东一队"},
			{Rep: "乙", Team: "b"},
			{From: "2026-11-21"},
			{To: "2026-11-23"},
			{From: "2026-11-21", To: "2026-11-21"},
			{From: "2026-11-23", To: "2026-11-21"},
			{Rep: "a", Team: "华东一队", From: "2026-11-21", To: "2026-11-28"},
			{Rep: "a", From: "2026-11-21", To: "2026-11-28"},
			{Team: "b", From: "2026-11-22"},
			{Rep: "nobody"},
			{Team: "nobody"},
		} {
			equal(t, all(t, o, f), slices.DeleteFunc(slices.Clone(put), func(o visit.Outcome) bool { return !selects(f, o) }))
		}
	})

	t.Run("a long range comes whole and in order", func(t *testing.T) {
		t.Parallel()
		st := s.open(t)
		// More than any adapter reads at once: of one rep, of one date, and of both.
		const days, reps = 620, 620
		var put []visit.Outcome
		for i := range days {
			put = append(put, outcome("r-0000", "t", d.Add(i), 1))
		}
		for i := 1; i < reps; i++ {
			put = append(put, outcome(fmt.Sprintf("r-%04d", i), "t", d, 1))
		}
		for _, err := range race(t, func(ctx context.Context, i int) error {
			for j := i; j < len(put); j += racers {
				if err := st.Outcomes().Put(ctx, put[j]); err != nil {
					return err
				}
			}
			return nil
		}) {
			ok(t, err)
		}
		slices.SortFunc(put, byDateAndRep)
		for _, f := range []storage.FactFilter{{}, {Rep: "r-0000"}, {Team: "t"}, {Team: "t", From: d, To: d}, {From: d, To: d.Add(1)}} {
			equal(t, all(t, st.Outcomes(), f), slices.DeleteFunc(slices.Clone(put), func(o visit.Outcome) bool { return !selects(f, o) }))
		}
	})

	t.Run("a range stops with its loop, lets others write and can be run again", func(t *testing.T) {
		ctx, o := setup(t, outcome("a", "t", d, 1), outcome("b", "t", d, 1), outcome("c", "t", d, 1))
		seq, n := o.Range(ctx, storage.FactFilter{To: d}), 0
		for got, err := range seq {
			ok(t, err)
			ok(t, o.Put(ctx, outcome(got.Rep, "t", d.Add(1), 1)))
			if n++; n == 2 {
				break
			}
		}
		equal(t, n, 2)
		equal(t, all(t, o, storage.FactFilter{From: d.Add(1)}), []visit.Outcome{outcome("a", "t", d.Add(1), 1), outcome("b", "t", d.Add(1), 1)})
		ok(t, o.Put(ctx, outcome("d", "t", d, 1)))
		equal(t, len(val(collect(seq))(t)), 4)
	})

	t.Run("the last verified call is one before the date, whose ever", func(t *testing.T) {
		ctx, o := setup(t,
			outcome("a", "t", d, 1, called("客户甲", visit.Verified), called("c", visit.Verified)),
			outcome("b", "u", d.Add(-1), 1, called("客户甲", visit.Verified)),
			outcome("a", "t", d.Add(-40), 1, called("客户甲", visit.Verified), called("c", visit.Verified), called("old", visit.Verified)),
			outcome("a", "t", d.Add(-41), 1, called("old", visit.Verified), called("older", visit.Verified)),
			outcome("b", "t", d.Add(-400), 1, called("older", visit.Verified), called("oldest", visit.Verified)),
			outcome("b", "t", d.Add(-4000), 1, called("oldest", visit.Verified), called("ancient", visit.Verified)),
		)
		customers := []string{"c", "客户甲", "old", "older", "oldest", "ancient", "nobody's", "c"}
		for before, want := range map[visit.Date]map[string]visit.Date{
			d.Add(1):   {"c": d, "客户甲": d, "old": d.Add(-40), "older": d.Add(-41), "oldest": d.Add(-400), "ancient": d.Add(-4000)},
			d:          {"c": d.Add(-40), "客户甲": d.Add(-1), "old": d.Add(-40), "older": d.Add(-41), "oldest": d.Add(-400), "ancient": d.Add(-4000)},
			d.Add(-1):  {"c": d.Add(-40), "客户甲": d.Add(-40), "old": d.Add(-40), "older": d.Add(-41), "oldest": d.Add(-400), "ancient": d.Add(-4000)},
			d.Add(-40): {"old": d.Add(-41), "older": d.Add(-41), "oldest": d.Add(-400), "ancient": d.Add(-4000)},
			// Dates at which a look back may end.
			d.Add(-41 + 32):   {"c": d.Add(-40), "客户甲": d.Add(-40), "old": d.Add(-40), "older": d.Add(-41), "oldest": d.Add(-400), "ancient": d.Add(-4000)},
			d.Add(-400 + 128): {"older": d.Add(-400), "oldest": d.Add(-400), "ancient": d.Add(-4000)},
			d.Add(-399):       {"older": d.Add(-400), "oldest": d.Add(-400), "ancient": d.Add(-4000)},
			d.Add(-400):       {"oldest": d.Add(-4000), "ancient": d.Add(-4000)},
			d.Add(-4000):      {},
			"":                {},
		} {
			equal(t, val(o.LastVerified(ctx, before, customers...))(t), want)
		}
	})

	t.Run("other verdicts and prospects do not count", func(t *testing.T) {
		prospect := visit.Call{Visit: "v", Verdict: visit.Verified}
		never := outcome("a", "t", d, 1,
			called("c", visit.Near), called("c", visit.OffSite), called("c", visit.Suspicious), called("c", ""), prospect)
		later := outcome("a", "t", d.Add(1), 1, called("c", visit.OffSite), called("c", visit.Verified), called("c", visit.Near))
		ctx, o := setup(t, never, later)
		equal(t, val(o.LastVerified(ctx, d.Add(1), "c", ""))(t), map[string]visit.Date{})
		equal(t, val(o.LastVerified(ctx, d.Add(2), "", "c"))(t), map[string]visit.Date{"c": d.Add(1)})
		equal(t, val(o.OfCustomer(ctx, "", 9))(t), nil)
		// Each outcome once, however often the customer was called on.
		equal(t, val(o.OfCustomer(ctx, "c", 9))(t), []visit.Outcome{later, never})
	})

	t.Run("a call that is not verified any more, and one that is now", func(t *testing.T) {
		ctx, o := setup(t, outcome("a", "t", d, 1, called("c", visit.Verified), called("e", visit.Near)))
		now := outcome("a", "t", d, 2, called("c", visit.Suspicious), called("e", visit.Verified))
		ok(t, o.Put(ctx, now))
		equal(t, val(o.LastVerified(ctx, d.Add(1), "c", "e"))(t), map[string]visit.Date{"e": d})
		equal(t, val(o.OfCustomer(ctx, "c", 9))(t), []visit.Outcome{now})
		equal(t, val(o.OfCustomer(ctx, "e", 9))(t), []visit.Outcome{now})
	})

	t.Run("a customer's outcomes are the newest, then by rep", func(t *testing.T) {
		verdicts := []visit.Verdict{visit.Verified, visit.OffSite, visit.Near, visit.Verified, ""}
		var want []visit.Outcome
		for i := range 30 {
			want = append(want, outcome([]string{"甲", "a", "乙"}[i%3], "t", d.Add(-(i/3)), 1, called("客户 甲", verdicts[i%5]), called("c", visit.Verified)))
		}
		ctx, o := setup(t, want...)
		slices.SortFunc(want, func(a, b visit.Outcome) int {
			return cmp.Or(cmp.Compare(b.Date, a.Date), cmp.Compare(a.Rep, b.Rep))
		})
		for _, limit := range []int{0, 1, 2, 7, 30, 99} {
			equal(t, val(o.OfCustomer(ctx, "客户 甲", limit))(t), want[:min(limit, len(want))])
		}
		equal(t, val(o.OfCustomer(ctx, "客户 甲", -1))(t), nil)
		equal(t, val(o.OfCustomer(ctx, "客户", 9))(t), nil)
	})

	t.Run("the one of most facts stands, however many put it first", func(t *testing.T) {
		ctx, o := setup(t)
		for n := range 10 {
			rep := fmt.Sprint("r", n)
			for _, err := range race(t, func(ctx context.Context, i int) error {
				return o.Put(ctx, outcome(rep, "t", d, i, called(fmt.Sprint(rep, "-", i), visit.Verified)))
			}) {
				ok(t, err)
			}
			var customers []string
			for i := range racers {
				customers = append(customers, fmt.Sprint(rep, "-", i))
			}
			newest := customers[racers-1]
			equal(t, all(t, o, storage.FactFilter{Rep: rep}), []visit.Outcome{outcome(rep, "t", d, racers-1, called(newest, visit.Verified))})
			equal(t, val(o.LastVerified(ctx, d.Add(1), customers...))(t), map[string]visit.Date{newest: d})
			for _, customer := range customers[:racers-1] {
				equal(t, val(o.OfCustomer(ctx, customer, 9))(t), nil)
			}
		}
	})
}
