package mongo_test

import (
	"context"
	"fmt"
	"runtime"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"roundsman/storage"
	"roundsman/visit"
)

func BenchmarkAccept(b *testing.B) {
	payload := make([]byte, 1500)
	for _, goroutines := range []int{1, 32} {
		b.Run(fmt.Sprintf("goroutines=%d", goroutines), func(b *testing.B) {
			s := setup(b)
			var n atomic.Int64
			accept := func() error {
				e := storage.Event{Key: fmt.Sprint(n.Add(1)), At: noon, Received: noon, Payload: payload}
				_, err := s.Inbox().Accept(b.Context(), e)
				return err
			}
			if goroutines == 1 {
				for b.Loop() {
					if err := accept(); err != nil {
						b.Fatal(err)
					}
				}
			} else {
				b.SetParallelism((goroutines + runtime.GOMAXPROCS(0) - 1) / runtime.GOMAXPROCS(0))
				b.RunParallel(func(pb *testing.PB) {
					for pb.Next() {
						if err := accept(); err != nil {
							b.Error(err)
							return
						}
					}
				})
			}
			b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "events/s")
		})
	}
}

// pending desires n posts spread over so many chats. later is when the head of
// each chat is to be tried again; zero means that it was not tried.
func pending(b *testing.B, s storage.Store, n, chats int, later time.Time) {
	b.Helper()
	ctx := b.Context()
	body := make([]byte, 2000)
	work := make(chan int)
	var wg sync.WaitGroup
	for range 32 {
		wg.Go(func() {
			for i := range work {
				if err := waiting(ctx, s, i, i%chats, body, later, i < chats); err != nil {
					b.Error(err)
				}
			}
		})
	}
	for i := range n {
		work <- i
	}
	close(work)
	wg.Wait()
}

func waiting(ctx context.Context, s storage.Store, i, chat int, body []byte, later time.Time, head bool) error {
	p := storage.Post{
		ID: fmt.Sprintf("post-%06d", i), Chat: fmt.Sprintf("feishu:oc_%06d", chat), Body: body, Version: 1,
		Created: noon.Add(time.Duration(i) * time.Second),
	}
	if _, err := s.Outbox().Desire(ctx, p); err != nil || !head || later.IsZero() {
		return err
	}
	if _, err := s.Deliveries().Claim(ctx, p.ID, noon, storage.Claim{Owner: "a", Until: later}); err != nil {
		return err
	}
	return s.Deliveries().Report(ctx, p.ID, "a", storage.Progress{State: storage.PostPending, Attempts: 1, Next: later}, true)
}

// BenchmarkDue looks for what is due among 10,000 pending posts.
func BenchmarkDue(b *testing.B) {
	const n, limit = 10_000, 256
	now := noon.Add(48 * time.Hour)
	for _, chats := range []int{1, 100, n} {
		for name, later := range map[string]time.Time{"due": {}, "all to be tried again later": now.Add(time.Minute)} {
			s := setup(b)
			pending(b, s, n, chats, later)
			want := min(chats, limit)
			if !later.IsZero() {
				want = 0
			}
			for chat, want := range map[string]int{"": want, "feishu:oc_000000": min(want, 1)} {
				of := "all"
				if chat != "" {
					of = "one"
				}
				b.Run(fmt.Sprintf("chats=%d/%s/of=%s", chats, name, of), func(b *testing.B) {
					for b.Loop() {
						due, err := s.Deliveries().Due(b.Context(), now, storage.Chats{Chat: chat}, limit)
						if err != nil || len(due) != want {
							b.Fatalf("%d are due, want %d, %v", len(due), want, err)
						}
					}
				})
			}
		}
	}
}

// BenchmarkLastVerified asks for the last visits to the 150 customers of each of
// 50 reps, one after the other, each of whom has 85 days of five verified calls.
func BenchmarkLastVerified(b *testing.B) {
	const reps, owned, days, calls = 50, 150, 85, 5
	first := visit.Date("2026-08-31")
	customer := func(rep, n int) string { return fmt.Sprintf("C%06d", rep*owned+n%owned) }
	s := setup(b)
	work := make(chan visit.Outcome)
	var wg sync.WaitGroup
	for range 16 {
		wg.Go(func() {
			for o := range work {
				if err := s.Outcomes().Put(b.Context(), o); err != nil {
					b.Error(err)
				}
			}
		})
	}
	for day := range days {
		for rep := range reps {
			o := visit.Outcome{Rep: fmt.Sprintf("rep-%05d", rep), Team: "t", Date: first.Add(day), Facts: 4 * calls}
			for i := range calls {
				o.Calls = append(o.Calls, visit.Call{Customer: customer(rep, (day*calls+i)*7), Verdict: visit.Verified, Start: noon, Last: noon})
			}
			work <- o
		}
	}
	close(work)
	wg.Wait()
	n := 0
	for b.Loop() {
		customers := make([]string, owned)
		for i := range customers {
			customers[i] = customer(n%reps, i)
		}
		last, err := s.Outcomes().LastVerified(b.Context(), first.Add(days), customers...)
		if err != nil || len(last) != owned {
			b.Fatalf("%d customers have a last visit, %v", len(last), err)
		}
		n++
	}
}
