package sqlite_test

import (
	"fmt"
	"sync"
	"testing"
	"time"

	"roundsman/storage"
	"roundsman/visit"
)

const (
	// benchReps is a tenth of what the gate speaks of; a call costs what the depth of an index does.
	benchReps = 1000
	// benchOwned are a rep's customers, benchCalls the calls of each of benchDays.
	benchOwned, benchDays, benchCalls = 150, 85, 5
)

// owned returns the customers of a rep.
func owned(rep int) []string {
	out := make([]string, benchOwned)
	for i := range out {
		out[i] = fmt.Sprintf("C%06d", rep*benchOwned+i)
	}
	return out
}

// worked returns what a rep's day came to.
func worked(rep, day int) visit.Outcome {
	date := visit.Date("2026-08-31").Add(day)
	o := visit.Outcome{Rep: fmt.Sprintf("rep-%05d", rep), Team: fmt.Sprintf("team-%03d", rep/20), Date: date, Facts: 4 * benchCalls}
	customers := owned(rep)
	for i := range benchCalls {
		c := customers[(day*benchCalls+i)*7%benchOwned]
		start := date.Time().Add(time.Duration(i) * time.Hour)
		o.Planned = append(o.Planned, c)
		o.Calls = append(o.Calls, visit.Call{
			Visit: fmt.Sprintf("feishu:m:om_%016x/fix", rep<<20|day<<8|i), Customer: c, Verdict: visit.Verified, Planned: true,
			Start: start, Last: start.Add(20 * time.Minute), Kind: visit.ResultFollowUp,
		})
	}
	return o
}

// keep puts what all reps' days came to.
func keep(b *testing.B, s storage.Store) {
	b.Helper()
	var wg sync.WaitGroup
	work := make(chan visit.Outcome)
	for range 64 {
		wg.Go(func() {
			for o := range work {
				if err := s.Outcomes().Put(b.Context(), o); err != nil {
					b.Error(err)
				}
			}
		})
	}
	for day := range benchDays {
		for rep := range benchReps {
			work <- worked(rep, day)
		}
	}
	close(work)
	wg.Wait()
}

// BenchmarkLastVerified asks for the last visits to all of a rep's customers,
// as whoever proposes a plan does, one rep after the other.
func BenchmarkLastVerified(b *testing.B) {
	s := setup(b)
	keep(b, s)
	before := visit.Date("2026-08-31").Add(benchDays)
	rep := 0
	for b.Loop() {
		last, err := s.Outcomes().LastVerified(b.Context(), before, owned(rep%benchReps)...)
		if err != nil || len(last) != benchOwned {
			b.Fatalf("%d customers have a last visit, %v", len(last), err)
		}
		rep++
	}
	b.ReportMetric(10_000*b.Elapsed().Seconds()/float64(b.N), "s/10000-reps")
}

// BenchmarkPutOutcome replaces an outcome by one of a call more, as each visit of a day does.
func BenchmarkPutOutcome(b *testing.B) {
	s := setup(b)
	n := 0
	for b.Loop() {
		o := worked(n/benchCalls, 0)
		o.Facts = n % benchCalls
		o.Calls = o.Calls[:o.Facts+1]
		if err := s.Outcomes().Put(b.Context(), o); err != nil {
			b.Fatal(err)
		}
		n++
	}
}
