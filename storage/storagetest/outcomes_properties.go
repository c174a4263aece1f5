package storagetest

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"slices"
	"sync/atomic"
	"testing"

	gocmp "github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"pgregory.net/rapid"

	"roundsman/storage"
	"roundsman/visit"
)

// days is what the contract says about outcomes, in a few lines.
type days map[[2]string]visit.Outcome

func (m days) put(o visit.Outcome) {
	key := [2]string{string(o.Date), o.Rep}
	if old, there := m[key]; !there || old.Facts <= o.Facts {
		m[key] = o
	}
}

// sorted returns those that keep wants, by date and rep.
func (m days) sorted(keep func(visit.Outcome) bool) []visit.Outcome {
	all := slices.SortedFunc(maps.Values(m), byDateAndRep)
	return slices.DeleteFunc(all, func(o visit.Outcome) bool { return !keep(o) })
}

func (m days) lastVerified(before visit.Date, customers []string) map[string]visit.Date {
	last := make(map[string]visit.Date)
	for _, o := range m {
		for _, c := range o.Calls {
			if c.Customer != "" && c.Verdict == visit.Verified && o.Date < before && slices.Contains(customers, c.Customer) {
				last[c.Customer] = max(last[c.Customer], o.Date)
			}
		}
	}
	return last
}

func (m days) ofCustomer(customer string, limit int) []visit.Outcome {
	found := m.sorted(func(o visit.Outcome) bool {
		return customer != "" && slices.ContainsFunc(o.Calls, func(c visit.Call) bool { return c.Customer == customer })
	})
	slices.SortStableFunc(found, func(a, b visit.Outcome) int { return cmp.Compare(b.Date, a.Date) })
	return found[:min(limit, len(found))]
}

func testOutcomesProperties(t *testing.T, s suite) {
	t.Run("whatever is put, what is found is what the contract says", func(t *testing.T) {
		t.Parallel()
		o := s.open(t).Outcomes()
		var tries atomic.Int64 // people, customers and dates of its own for every try
		rapid.Check(t, func(t *rapid.T) {
			const span = 200
			ctx, try := context.Background(), int(tries.Add(1))
			first := visit.Date("2026-01-01").Add(try * (span + 1))
			named := func(names ...string) (out []string) {
				for _, n := range names {
					out = append(out, fmt.Sprint(n, "-", try))
				}
				return out
			}
			reps, teams := named("a", "乙", "甲"), named("t", "华东一队")
			customers := named("c", "客户 甲", "客户 乙", "$c")
			date := rapid.Custom(func(t *rapid.T) visit.Date {
				return first.Add(rapid.SampledFrom([]int{0, 1, 2, 3, 40, 41, span - 1}).Draw(t, "day"))
			})
			verdict := rapid.SampledFrom([]visit.Verdict{visit.Verified, visit.Verified, visit.Near, visit.OffSite, visit.Suspicious, ""})
			call := rapid.Custom(func(t *rapid.T) visit.Call {
				c := called(rapid.SampledFrom(append(customers, "")).Draw(t, "customer"), verdict.Draw(t, "verdict"))
				c.Order = rapid.Ptr(rapid.Int64Range(0, 3), true).Draw(t, "order")
				return c
			})
			m := make(days)
			for range rapid.IntRange(1, 12).Draw(t, "puts") {
				put := outcome(
					rapid.SampledFrom(reps).Draw(t, "rep"), rapid.SampledFrom(teams).Draw(t, "team"), date.Draw(t, "date"),
					rapid.IntRange(0, 4).Draw(t, "facts"), rapid.SliceOfN(call, 0, 4).Draw(t, "calls")...)
				if err := o.Put(ctx, put); err != nil {
					t.Fatal(err)
				}
				m.put(put)
			}
			same := func(what string, got, want any, err error) {
				if diff := gocmp.Diff(want, got, cmpopts.EquateEmpty()); err != nil || diff != "" {
					t.Fatalf("%s: %v (-want +got):\n%s", what, err, diff)
				}
			}
			for range 2 {
				f := storage.FactFilter{
					Rep: rapid.SampledFrom(append(reps, "")).Draw(t, "of rep"), Team: rapid.SampledFrom(append(teams, "")).Draw(t, "of team"),
					From: date.Draw(t, "from"), To: date.Draw(t, "to"),
				}
				got, err := collect(o.Range(ctx, f))
				same(fmt.Sprintf("the range %+v", f), got, m.sorted(func(o visit.Outcome) bool { return selects(f, o) }), err)
			}
			before := date.Draw(t, "before").Add(1)
			last, err := o.LastVerified(ctx, before, append(customers, "")...)
			same("the last before "+string(before), last, m.lastVerified(before, customers), err)
			for _, customer := range append(customers, "") {
				limit := rapid.IntRange(0, 5).Draw(t, "limit")
				got, err := o.OfCustomer(ctx, customer, limit)
				same(fmt.Sprintf("the last %d of %q", limit, customer), got, m.ofCustomer(customer, limit), err)
			}
		})
	})
}
