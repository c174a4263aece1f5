package main

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	sandboxfeishu "roundsman/sandbox/feishu"
	"roundsman/storage"
	"roundsman/storage/storagetest/fresh"
	"roundsman/visit"
)

// The long tests, which measure what docs/RELIABILITY.md promises. They run
// where soakEnv is set (make soak, .ci/nightly), against SQLite and, where
// ROUNDSMAN_TEST_MONGODB_URI names a server, MongoDB.
const (
	soakEnv = "ROUNDSMAN_SOAK"
	// killEnv and startEnv are shell commands that end the MongoDB front, and start it.
	killEnv, startEnv = "ROUNDSMAN_TEST_MONGODB_KILL", "ROUNDSMAN_TEST_MONGODB_START"
	// soakForEnv is how long the flat test lasts; two hours if it is not set.
	soakForEnv = "ROUNDSMAN_SOAK_FOR"
)

func needSoak(t *testing.T) {
	t.Helper()
	if os.Getenv(soakEnv) == "" {
		t.Skip(soakEnv + " is not set: THE LONG TESTS DID NOT RUN")
	}
}

// crowd is a company with many reps at work on both platforms.
type crowd struct {
	*company
	feishuPeople, wecomPeople []string
	// sent counts what was sent, and took how long each acknowledgement took.
	sent atomic.Int64
	mu   sync.Mutex
	took []time.Duration
	// acked are the keys of what was acknowledged: the emulators forget the oldest.
	acked map[string]bool
}

// acknowledged adds what was acknowledged lately and returns all.
func (c *crowd) acknowledged() map[string]bool {
	if c.acked == nil {
		c.acked = make(map[string]bool)
	}
	for key := range c.company.acknowledged() {
		c.acked[key] = true
	}
	return c.acked
}

// newCrowd makes n reps on each platform, each with a customer where they are.
func newCrowd(t *testing.T, url string, n int) *crowd {
	t.Helper()
	c := &crowd{company: newApps(t, url)}
	c.feishuPeople, c.wecomPeople = c.seedPeople(n)
	store := c.open()
	for i := range n {
		for _, platform := range []string{"feishu", "wecom"} {
			rep := fmt.Sprint(platform, i)
			c.ok(store.Customers().Put(t.Context(), visit.Customer{ID: "C" + rep, Name: "客户" + rep, Owner: rep, Point: place}))
		}
	}
	return c
}

// config is [company.yaml] with directories of its own.
func (c *crowd) config(mode, listen string) []byte {
	c.Helper()
	return c.yaml(mode, c.TempDir(), listen)
}

// connect puts a front before the replicas, which measures acknowledgements.
func (c *crowd) connect(replicas ...*child) {
	c.Helper()
	front := inFront(c.T, false, replicas...)
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		if err != nil {
			return
		}
		began := time.Now()
		resp, answer, err := forward(r, front, body)
		took := time.Since(began)
		if err != nil {
			w.WriteHeader(http.StatusBadGateway)
			return
		}
		if resp.StatusCode == http.StatusOK {
			c.mu.Lock()
			c.took = append(c.took, took)
			c.mu.Unlock()
		}
		for k, v := range resp.Header {
			w.Header()[k] = v
		}
		w.WriteHeader(resp.StatusCode)
		_, _ = w.Write(answer)
	}))
	c.Cleanup(s.Close)
	c.ok(c.feishu.SetCallback(s.URL + "/feishu/events"))
	c.ok(c.wecom.SetCallback(s.URL + "/wecom/callback"))
}

// checkIn sends the i-th rep's location.
func (c *crowd) checkIn(i int) {
	c.Helper()
	n := i / 2 % len(c.feishuPeople)
	if i%2 == 0 {
		_, err := c.feishu.SendLocation(c.feishuPeople[n], "", "", place.Lat, place.Lng)
		c.ok(err)
	} else {
		_, err := c.wecom.SendLocation(c.wecomPeople[n], "", place.Lat, place.Lng)
		c.ok(err)
	}
	c.sent.Add(1)
}

// note sends a word of the i-th rep.
func (c *crowd) note(i int) {
	c.Helper()
	n := i / 2 % len(c.feishuPeople)
	text := "note " + strconv.FormatInt(c.sent.Add(1), 10)
	if i%2 == 0 {
		_, err := c.feishu.SendText(c.feishuPeople[n], "", text)
		c.ok(err)
	} else {
		_, err := c.wecom.SendText(c.wecomPeople[n], text)
		c.ok(err)
	}
}

// within waits for a condition, at most so long, and returns how long it took.
func (c *crowd) within(limit time.Duration, what string, cond func() bool) time.Duration {
	c.Helper()
	began := time.Now()
	ctx, cancel := context.WithTimeout(c.Context(), limit)
	defer cancel()
	tick := time.NewTicker(100 * time.Millisecond)
	defer tick.Stop()
	for !cond() {
		select {
		case <-ctx.Done():
			c.Fatalf("in vain waited %s until %s: %s", limit, what, c.log)
		case <-tick.C:
			feishuSide.Tick()
		}
	}
	return time.Since(began)
}

// p99 is the ninety-ninth percentile of the acknowledgements so far, and the longest.
func (c *crowd) p99() (p99, longest time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if len(c.took) == 0 {
		return 0, 0
	}
	slices.Sort(c.took)
	return c.took[len(c.took)*99/100], c.took[len(c.took)-1]
}

// forget drops the acknowledgements measured so far.
func (c *crowd) forget() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.took = nil
}

// atRate calls do n times, so many a second.
func (c *crowd) atRate(n int, perSecond float64, do func(i int)) {
	c.Helper()
	began := time.Now()
	for i := range n {
		due := began.Add(time.Duration(float64(i) / perSecond * float64(time.Second)))
		if wait := time.Until(due); wait > 0 {
			select {
			case <-time.After(wait):
			case <-c.Context().Done():
				return
			}
		}
		do(i)
	}
}

// counted compares what was acknowledged with what is kept: nothing is lost, nothing kept twice.
func (c *crowd) counted(store storage.Store, atLeast int) {
	c.Helper()
	acknowledged := c.acknowledged()
	kept, checkedIn := make(map[string]int), make(map[string]bool)
	for f, err := range store.Facts().Range(c.Context(), storage.FactFilter{}) {
		c.ok(err)
		checkedIn[f.Rep] = checkedIn[f.Rep] || f.Kind == visit.KindFix
		for _, kind := range []string{"/fix", "/note"} {
			if key, ok := strings.CutSuffix(f.ID, kind); ok {
				kept[key]++
			}
		}
	}
	lost, doubled := 0, 0
	for key := range acknowledged {
		switch n := kept[key]; {
		case n == 0:
			lost++
		case n > 1:
			doubled++
		}
	}
	c.Logf("%d sent, %d acknowledged, %d lost, %d doubled", c.sent.Load(), len(acknowledged), lost, doubled)
	if lost+doubled > 0 || len(acknowledged) < atLeast {
		c.Errorf("%d lost, %d doubled of %d, want at least %d", lost, doubled, len(acknowledged), atLeast)
	}
	// On Feishu a rep never has a second bubble; the first may still be on its
	// way. Whose check-in Feishu gave up has an answer to each note instead.
	for i, user := range c.feishuPeople {
		if !checkedIn[fmt.Sprint("feishu", i)] {
			continue
		}
		chat, err := c.feishu.P2P(user)
		c.ok(err)
		bubbles := 0
		for _, m := range feishuSide.Messages(chat) {
			if m.SenderType == sandboxfeishu.SenderApp {
				bubbles++
			}
		}
		if bubbles > 1 {
			c.Errorf("a rep on Feishu has %d messages for one visit", bubbles)
		}
	}
}

// arrived reports whether all that was sent is acknowledged and handled.
func (c *crowd) arrived(store storage.Store) bool {
	// In the order in which an event goes on, so that none is missed in between.
	coming, spooled := c.feishu.Pending()+c.wecom.Pending(), c.spooled()
	waiting, dead, err := store.Inbox().Count(c.Context(), time.Now().AddDate(1, 0, 0))
	if err != nil {
		return false
	}
	c.log.Reset()
	fmt.Fprintf(c.log, "on the way %d, spooled %d, waiting %d, dead %d", coming, spooled, waiting, dead)
	return coming == 0 && spooled == 0 && waiting == 0
}

// A hundred kills at random points under load: nothing acknowledged is lost or doubled.
func TestSoakKilledUnderLoad(t *testing.T) {
	needSoak(t)
	// So many people that a day stays one that can be.
	const rounds, perRound, people = 100, 1400, 4000
	eachStore(t, func(t *testing.T, url string) {
		c := newCrowd(t, url, people)
		listen := freeAddress(t)
		yaml := c.config("webhook", listen)
		random := rand.New(rand.NewPCG(3, 4))
		store := c.open()
		for round := range rounds {
			child := c.startChild(yaml, listen, ahead())
			if round == 0 {
				c.connect(child)
				for i := range 2 * people {
					c.checkIn(i)
				}
				c.within(15*time.Minute, "all have checked in", func() bool { return c.arrived(store) })
			}
			before := len(c.acknowledged())
			for range perRound {
				c.note(random.IntN(2 * people))
			}
			some := before + 1 + random.IntN(perRound)
			c.within(time.Minute, "some are acknowledged", func() bool { return len(c.acknowledged()) >= some })
			child.kill(t)
			if !strings.HasPrefix(url, "sqlite:") {
				testClock.move(45 * time.Second) // what the dead one held is free
			}
			feishuSide.Tick()
		}
		c.startChild(yaml, listen, ahead())
		took := c.within(90*time.Minute, "everything is handled", func() bool { return c.arrived(store) })
		c.Logf("the rest was handled in %s", took.Round(time.Second))
		c.counted(store, 100_000)
	})
}

// command runs a command of the environment.
func (c *crowd) command(env string) {
	c.Helper()
	command := os.Getenv(env)
	if command == "" {
		c.Skip(env + " is not set: THE DATABASE WAS NOT KILLED")
	}
	if out, err := exec.Command("bash", "-c", command).CombinedOutput(); err != nil {
		c.Fatalf("%s: %v\n%s", env, err, out)
	}
}

// The database's front dies twenty times under load.
func TestSoakTheDatabaseIsKilled(t *testing.T) {
	needSoak(t)
	const kills, perKill, people = 20, 800, 100
	c := newCrowd(t, fresh.MongoDB(t), people)
	if os.Getenv(killEnv) == "" || os.Getenv(startEnv) == "" {
		t.Skip(killEnv + " and " + startEnv + " are not set: THE DATABASE WAS NOT KILLED")
	}
	var replicas []*child
	for range 2 {
		listen := freeAddress(t)
		replicas = append(replicas, c.startChild(c.config("webhook", listen), listen, ahead()))
	}
	c.connect(replicas...)
	random := rand.New(rand.NewPCG(5, 6))
	for i := range 2 * people {
		c.checkIn(i)
	}
	store := c.open()
	c.within(2*time.Minute, "all have checked in", func() bool { return c.arrived(store) })
	for range kills {
		c.atRate(perKill/2, 200, func(int) { c.note(random.IntN(2 * people)) })
		c.command(killEnv)
		c.atRate(perKill/2, 200, func(int) { c.note(random.IntN(2 * people)) })
		c.command(startEnv)
		feishuSide.Tick()
	}
	took := c.within(10*time.Minute, "everything is handled", func() bool { return c.arrived(store) })
	c.Logf("the rest was handled in %s", took.Round(time.Second))
	// Feishu is told to come again, and in these tests gives up after seconds: what
	// it gave up was not acknowledged.
	c.counted(store, 10_000)
}

// The database is away for ten minutes in which a thousand events come.
func TestSoakTheDatabaseIsAway(t *testing.T) {
	needSoak(t)
	const events, people = 1000, 100
	c := newCrowd(t, fresh.MongoDB(t), people)
	if os.Getenv(killEnv) == "" || os.Getenv(startEnv) == "" {
		t.Skip(killEnv + " and " + startEnv + " are not set: THE DATABASE WAS NOT AWAY")
	}
	listen := freeAddress(t)
	// By WebSocket: to a webhook Feishu would come again for seven hours, and in these tests for seconds.
	child := c.startChild(c.config("websocket", listen), listen, ahead())
	c.ok(c.wecom.SetCallback(child.url + "/wecom/callback"))
	c.within(time.Minute, "Feishu is connected", func() bool { return c.feishu.WebSockets() > 0 })
	for i := range 2 * people {
		c.checkIn(i)
	}
	store := c.open()
	c.within(2*time.Minute, "all have checked in", func() bool { return c.arrived(store) })
	c.command(killEnv)
	away := 10 * time.Minute
	c.atRate(events, events/away.Seconds(), c.note)
	c.command(startEnv)
	began := time.Now()
	feishuSide.Tick()
	c.within(2*time.Minute, "everything is handled", func() bool { return c.arrived(store) })
	c.Logf("drained in %s", time.Since(began).Round(time.Second))
	c.counted(store, events)
}

// rates are the events a second at which acknowledgements are measured, by the store's scheme.
func rateOf(url string) (perSecond float64, gate time.Duration) {
	if strings.HasPrefix(url, "sqlite:") {
		return 100, 500 * time.Millisecond
	}
	return 200, 300 * time.Millisecond
}

// Acknowledgements at a steady rate; a thousand check-ins in a minute; a burst of ten thousand.
func TestSoakLoad(t *testing.T) {
	needSoak(t)
	eachStore(t, func(t *testing.T, url string) {
		t.Run("steady", func(t *testing.T) {
			c, store := startCrowd(t, url, 500)
			perSecond, gate := rateOf(url)
			c.forget()
			c.atRate(int(perSecond)*60, perSecond, c.note)
			p99, longest := c.p99()
			c.within(10*time.Minute, "everything is handled", func() bool { return c.arrived(store) })
			c.Logf("%.0f events a second for a minute: p99 %s (gate %s), longest %s", perSecond, p99, gate, longest)
			c.counted(store, int(perSecond)*60)
		})
		t.Run("a thousand in a minute", func(t *testing.T) {
			c, store := startCrowd(t, again(t, url), 0)
			c.feishuPeople, c.wecomPeople = c.seedPeople(500)
			c.atRate(1000, 1000.0/60, c.checkIn)
			took := c.within(time.Minute, "everything is answered", func() bool { return c.quietly(store) })
			c.Logf("a thousand check-ins in a minute: answered %s after the last", took.Round(time.Millisecond))
			c.answered(store)
		})
		t.Run("ten thousand at once", func(t *testing.T) {
			c, store := startCrowd(t, again(t, url), 0)
			c.feishuPeople, c.wecomPeople = c.seedPeople(5000)
			began := time.Now()
			for i := range 10_000 {
				c.checkIn(i)
			}
			c.Logf("sent in %s", time.Since(began).Round(time.Millisecond))
			c.within(10*time.Minute, "everything is answered", func() bool { return c.quietly(store) })
			p99, longest := c.p99()
			c.Logf("ten thousand at once: all answered after %s; acknowledgement p99 %s, longest %s", time.Since(began).Round(time.Second), p99, longest)
			c.answered(store)
		})
	})
}

// again returns a store of its own beside the given one.
func again(t *testing.T, url string) string {
	t.Helper()
	if strings.HasPrefix(url, "sqlite:") {
		return "sqlite:" + t.TempDir() + "/r.db"
	}
	return fresh.MongoDB(t)
}

// startCrowd starts a program for a crowd, who have checked in.
func startCrowd(t *testing.T, url string, people int) (*crowd, storage.Store) {
	t.Helper()
	c := newCrowd(t, url, people)
	listen := freeAddress(t)
	child := c.startChild(c.config("webhook", listen), listen, ahead())
	c.connect(child)
	store := c.open()
	for i := range 2 * people {
		c.checkIn(i)
	}
	c.within(5*time.Minute, "all have checked in", func() bool { return c.arrived(store) })
	return c, store
}

// quietly is [company.quiet] for a store that may be busy. What was sent a moment
// ago may not be on its way yet, so all has to be acknowledged.
func (c *crowd) quietly(store storage.Store) bool {
	if !c.arrived(store) || len(c.acknowledged()) < int(c.sent.Load()) {
		return false
	}
	pending, _, err := store.Outbox().Backlog(c.Context())
	fmt.Fprintf(c.log, ", pending %d", pending)
	return err == nil && pending == 0
}

// answered fails unless each rep was answered once; an answer that WeCom may or
// may not have is listed as uncertain.
func (c *crowd) answered(store storage.Store) {
	c.Helper()
	uncertain := make(map[string]bool)
	for _, state := range []storage.PostState{storage.PostUncertain, storage.PostFailed} {
		posts, err := store.Outbox().List(c.Context(), state, 1000)
		c.ok(err)
		for _, p := range posts {
			c.Logf("%s is %s: %s", p.ID, state, p.Error)
			uncertain[p.Chat] = state == storage.PostUncertain
		}
	}
	wrong := 0
	check := func(chat string, got int) {
		if got != 1 && (got != 0 || !uncertain[chat]) {
			wrong++
			c.Logf("%s has %d answers", chat, got)
		}
	}
	for _, user := range c.feishuPeople {
		chat, err := c.feishu.P2P(user)
		c.ok(err)
		got := 0
		for _, m := range feishuSide.Messages(chat) {
			if m.SenderType == sandboxfeishu.SenderApp {
				got++
			}
		}
		check("feishu:user/"+user, got)
	}
	for _, user := range c.wecomPeople {
		got := 0
		for _, m := range c.wecom.Messages(user) {
			if m.From == "" {
				got++
			}
		}
		check("wecom:user/"+user, got)
	}
	if wrong > 0 {
		c.Errorf("%d of %d reps were not answered once", wrong, len(c.feishuPeople)+len(c.wecomPeople))
	}
}

// Twenty events a second for two hours but for a pause a minute, after which the WebSocket is kicked:
// goroutines and memory stay flat.
func TestSoakStaysFlat(t *testing.T) {
	needSoak(t)
	last := 2 * time.Hour
	if s := os.Getenv(soakForEnv); s != "" {
		var err error
		if last, err = time.ParseDuration(s); err != nil {
			t.Fatal(err)
		}
	}
	url := "sqlite:" + t.TempDir() + "/r.db"
	if os.Getenv("ROUNDSMAN_TEST_MONGODB_URI") != "" {
		url = fresh.MongoDB(t)
	}
	// So many that nobody's day grows longer than a day's work.
	// Each minute has a pause in which all is handled: what is there then is what would grow.
	const people, perSecond, busy = 2000, 20, 50
	c := newCrowd(t, url, people)
	metrics := freeAddress(t)
	listen := freeAddress(t)
	yaml := fmt.Appendf(c.config("websocket", listen), "metrics_listen: %q\n", metrics)
	c.startChild(yaml, listen, ahead())
	c.ok(c.wecom.SetCallback("http://" + listen + "/wecom/callback"))
	c.within(time.Minute, "Feishu is connected", func() bool { return c.feishu.WebSockets() > 0 })
	store := c.open()
	c.atRate(2*people, 50, c.checkIn)
	c.within(5*time.Minute, "all have checked in", func() bool { return c.arrived(store) })
	var samples []sample
	var notes int
	for began := time.Now(); time.Since(began) < last; {
		minute := time.After(time.Minute)
		c.atRate(perSecond*busy, perSecond, func(int) { c.note(notes); notes++ })
		c.within(time.Minute, "the minute's notes are handled", func() bool { return c.arrived(store) })
		lowest := idle(t, metrics)
		samples = append(samples, lowest)
		t.Logf("%d minutes: %.0f goroutines, %.1f MB", len(samples), lowest.goroutines, lowest.bytes/1e6)
		c.acknowledged() // before the emulators forget
		c.feishu.KickWebSockets()
		select {
		case <-minute:
		case <-t.Context().Done():
			return
		}
	}
	// While it is not connected, Feishu in these tests gives up after seconds.
	c.counted(store, notes*4/5)
	if len(samples) < 8 {
		t.Fatal("it was too short to show anything")
	}
	// The first half warms up: what a chat was sent counts for an hour, and until
	// then is kept of more and more of them. The second is compared by its halves.
	warm := samples[len(samples)/2:]
	first, second := median(warm[:len(warm)/2]), median(warm[len(warm)/2:])
	t.Logf("goroutines %.0f then %.0f (%+.1f %%), memory %.1f MB then %.1f MB (%+.1f %%)",
		first.goroutines, second.goroutines, 100*(second.goroutines/first.goroutines-1),
		first.bytes/1e6, second.bytes/1e6, 100*(second.bytes/first.bytes-1))
	if second.goroutines > first.goroutines*1.05 || second.bytes > first.bytes*1.05 {
		t.Error("it grows")
	}
}

// sample is what the program says of itself.
type sample struct{ goroutines, bytes float64 }

// idle is the least of what the program says of itself for two seconds.
func idle(t *testing.T, address string) sample {
	t.Helper()
	tick := time.NewTicker(100 * time.Millisecond)
	defer tick.Stop()
	lowest := measure(t, address)
	for range 20 {
		<-tick.C
		s := measure(t, address)
		lowest = sample{min(lowest.goroutines, s.goroutines), min(lowest.bytes, s.bytes)}
	}
	return lowest
}

// measure reads the program's metrics.
func measure(t *testing.T, address string) (s sample) {
	t.Helper()
	resp, err := http.Get("http://" + address + "/metrics")
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	lines := bufio.NewScanner(resp.Body)
	for lines.Scan() {
		name, value, _ := strings.Cut(lines.Text(), " ")
		v, _ := strconv.ParseFloat(value, 64)
		switch name {
		case "go_goroutines":
			s.goroutines = v
		case "process_resident_memory_bytes":
			s.bytes = v
		}
	}
	if s.goroutines == 0 || s.bytes == 0 {
		t.Fatal("the metrics lack what is measured")
	}
	return s
}

func median(samples []sample) sample {
	var g, b []float64
	for _, s := range samples {
		g, b = append(g, s.goroutines), append(b, s.bytes)
	}
	slices.Sort(g)
	slices.Sort(b)
	return sample{g[len(g)/2], b[len(b)/2]}
}
