package handlers_test

import (
	"fmt"
	"math/rand/v2"
	"os"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"roundsman/bot"
	"roundsman/visit"
)

// soakEnv is set where ten thousand schedules are tried and not a few.
const soakEnv = "ROUNDSMAN_SOAK"

// aVisit is what a rep sends at a customer: a photo before anything else, the
// location, a word, and the end.
func (f *fixture) aVisit(user string) []bot.Message {
	f.Helper()
	var events []bot.Message
	send := func(fill func(*bot.Message)) {
		f.pass(time.Minute)
		events = append(events, f.message(user, fill))
	}
	send(func(m *bot.Message) { m.Media = []bot.Media{{Resource: "r"}} })
	send(func(m *bot.Message) {
		m.Location = &bot.Location{Lat: fmt.Sprint(shop.Lat), Lng: fmt.Sprint(shop.Lng), Datum: shop.Datum}
	})
	send(func(m *bot.Message) { m.Text = "补货两箱" })
	send(func(m *bot.Message) { m.Text = "签退" })
	return events
}

// state is what a rep's day came to, and what their chat shows of the visit.
type state struct {
	Day    visit.Day
	Bubble string
}

func (f *fixture) stateOf(user, location string) state {
	f.Helper()
	rep := map[string]string{"zhang": "zhang", "li": "li"}[user]
	plan, err := f.store.Plans().Day(f.Context(), rep, "2026-11-24")
	f.ok(err)
	facts, err := f.store.Facts().Day(f.Context(), rep, "2026-11-24")
	f.ok(err)
	s := state{Day: visit.Fold(plan, facts)}
	if user == "zhang" {
		// Where a message can be changed, the visit's one bubble shows the whole visit.
		p, err := f.store.Outbox().Get(f.Context(), "visit/"+location+"/fix")
		f.ok(err)
		s.Bubble = show(f.body(p))
	}
	return s
}

// arrive handles events in the order in which they came.
func (f *fixture) arrive(events []bot.Message) {
	f.Helper()
	f.pass(time.Hour)
	for _, m := range events {
		f.pass(time.Second)
		f.ok(f.service.Handle(f.Context(), m))
	}
}

// permutations are all orders of n things.
func permutations(n int) [][]int {
	if n == 0 {
		return [][]int{nil}
	}
	var out [][]int
	for _, p := range permutations(n - 1) {
		for i := range n {
			out = append(out, slices.Insert(slices.Clone(p), i, n-1))
		}
	}
	return out
}

func TestEveryOrderOfAVisitComesToTheSame(t *testing.T) {
	t.Parallel()
	for _, user := range []string{"zhang", "li"} {
		f := setup(t)
		events := f.aVisit(user)
		f.arrive(events)
		want := f.stateOf(user, events[1].Key)
		if v := want.Day.Visits; len(v) != 1 || len(v[0].Photos) != 1 || len(v[0].Notes) != 1 || !v[0].CheckedOut {
			t.Fatalf("in order it is %+v", v)
		}
		orders := permutations(len(events))
		if len(orders) != 24 {
			t.Fatalf("%d orders", len(orders))
		}
		for _, order := range orders {
			t.Run(fmt.Sprint(user, order), func(t *testing.T) {
				t.Parallel()
				f := setup(t)
				events := f.aVisit(user)
				shuffled := make([]bot.Message, len(order))
				for i, n := range order {
					shuffled[i] = events[n]
				}
				f.arrive(shuffled)
				if diff := cmp.Diff(want, f.stateOf(user, events[1].Key)); diff != "" {
					t.Errorf("(-in order +in this):\n%s", diff)
				}
			})
		}
	}
}

// Whatever order two people's events come in, and however often: the same days,
// the same bubble, and no answer twice.
func TestRandomSchedulesComeToTheSame(t *testing.T) {
	t.Parallel()
	schedules := 40
	if os.Getenv(soakEnv) != "" {
		schedules = 10_000
	} else {
		t.Logf("%s is not set: %d schedules, not 10,000", soakEnv, schedules)
	}
	users := []string{"zhang", "li"}
	// everything is what both send, in order; location names the event with each one's place.
	everything := func(f *fixture) (all []bot.Message, location map[string]string) {
		location = make(map[string]string)
		for _, user := range users {
			events := f.aVisit(user)
			location[user] = events[1].Key
			all = append(all, events...)
		}
		return all, location
	}
	f := setup(t)
	inOrder, location := everything(f)
	f.arrive(inOrder)
	want := make(map[string]state)
	for _, user := range users {
		want[user] = f.stateOf(user, location[user])
	}
	for n := range schedules {
		f := setup(t)
		random := rand.New(rand.NewPCG(uint64(n), 9))
		events, location := everything(f)
		var all []bot.Message
		for _, m := range events {
			for range 1 + random.IntN(3) {
				all = append(all, m)
			}
		}
		random.Shuffle(len(all), func(i, j int) { all[i], all[j] = all[j], all[i] })
		f.arrive(all)
		for _, user := range users {
			if diff := cmp.Diff(want[user], f.stateOf(user, location[user])); diff != "" {
				t.Fatalf("schedule %d, %s (-in order +in this):\n%s", n, user, diff)
			}
		}
		if err := f.store.Close(); err != nil {
			t.Fatal(err)
		}
	}
}
