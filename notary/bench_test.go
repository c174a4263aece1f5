package notary_test

import (
	"fmt"
	"os"
	"strconv"
	"testing"
	"time"

	"roundsman/notary"
	"roundsman/storage/storagetest/fresh"
	"roundsman/visit"
)

// recordsEnv is how many records the record of the benchmark has; 20,000 without.
const recordsEnv = "ROUNDSMAN_BENCH_RECORDS"

func BenchmarkVerify(b *testing.B) {
	records := 20_000
	if n, err := strconv.Atoi(os.Getenv(recordsEnv)); err == nil {
		records = n
	}
	store := fresh.Store(b)
	now := noon
	n := notary.New(store, func() time.Time { return now }, names())
	const perDay = 5000
	for i := 0; i < records; i += perDay {
		date := visit.Date("2026-01-01").Add(i / perDay)
		var facts []visit.Fact
		for j := range min(perDay, records-i) {
			f := fact(date, j)
			f.Rep = fmt.Sprintf("R%03d", j%200)
			if f.Fix != nil {
				f.Fix.Claims = []visit.Claim{
					{Customer: "C0001", Verdict: visit.Verified, Distance: 23.4, Radius: 200, Near: 500},
					{Customer: "C0002", Verdict: visit.Near, Reasons: []visit.Reason{visit.ReasonOutside}, Distance: 380.1, Radius: 200, Near: 500},
				}
			}
			if facts = append(facts, f); len(facts) == 1000 {
				if err := store.Facts().Append(b.Context(), facts...); err != nil {
					b.Fatal(err)
				}
				facts = facts[:0]
			}
		}
		if err := store.Facts().Append(b.Context(), facts...); err != nil {
			b.Fatal(err)
		}
		now = now.Add(time.Minute)
		if _, err := n.Seal(b.Context()); err != nil {
			b.Fatal(err)
		}
	}
	for b.Loop() {
		r, err := notary.Verify(b.Context(), store, notary.Question{})
		if err != nil || r.Things != records {
			b.Fatalf("%+v, %v", r, err)
		}
	}
	b.ReportMetric(float64(b.Elapsed().Microseconds())/float64(b.N)/float64(records), "µs/record")
}
