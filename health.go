package main

import (
	"context"
	"net/http"
	"strings"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"roundsman/bot"
	"roundsman/storage"
)

// lookWithin bounds one look at everything.
const lookWithin = 3 * time.Second

// uncertainShown bounds how many uncertain posts are counted.
const uncertainShown = 1000

// health is what a look at the store and the platforms found.
type health struct {
	store  error
	vitals map[string][]bot.Vital // by platform
}

// look asks the store and all platforms at once.
func (p *Program) look(ctx context.Context) health {
	ctx, cancel := context.WithTimeout(ctx, lookWithin)
	defer cancel()
	h := health{vitals: make(map[string][]bot.Vital, len(p.platforms))}
	var mu sync.Mutex
	var wg sync.WaitGroup
	wg.Go(func() { h.store = p.store.Ping(ctx) })
	for _, platform := range p.platforms {
		wg.Go(func() {
			vitals := platform.Vitals(ctx)
			mu.Lock()
			defer mu.Unlock()
			h.vitals[platform.Name()] = vitals
		})
	}
	wg.Wait()
	return h
}

// readyz says of each part whether it works, without details: the log and
// `check` have those. A replica that is not ready still takes events: what the
// store does not take is spooled. So a load balancer asks /healthz, and people
// and alarms ask here.
func (p *Program) readyz(w http.ResponseWriter, r *http.Request) {
	h := p.look(r.Context())
	code := http.StatusOK
	var text strings.Builder
	line := func(name string, err error) {
		state := "ok"
		if err != nil {
			code, state = http.StatusServiceUnavailable, "not ready"
		}
		text.WriteString(name + ": " + state + "\n")
	}
	line("storage", h.store)
	for _, platform := range p.platforms {
		for _, v := range h.vitals[platform.Name()] {
			line(platform.Name()+" "+v.Part, v.Err)
		}
	}
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	w.WriteHeader(code)
	_, _ = w.Write([]byte(text.String()))
}

// gauges are what is measured when metrics are read.
type gauges struct{ p *Program }

var (
	upGauge        = describe("store_up", "1 if the store answers.")
	partGauge      = describe("platform_ready", "1 if the part of the platform's connection works.", "platform", "part")
	waitingGauge   = describe("inbox_waiting", "Events that wait to be handled.")
	deadGauge      = describe("inbox_dead", "Events that failed for the last time and wait for an admin.")
	pendingGauge   = describe("outbox_pending", "Posts that wait to be delivered.")
	oldestGauge    = describe("outbox_oldest_seconds", "For how long the post has waited that could have been sent first.")
	uncertainGauge = describe("outbox_uncertain", "Posts of which nobody knows whether they arrived, at most 1000.")
	spoolGauge     = describe("spool_events", "Events waiting on disk.")
	fullGauge      = describe("spool_full", "1 if the spool takes no more.")
	freeGauge      = describe("spool_free_ratio", "Free share of the spool's disk, 0 to 1.")
	skewGauge      = describe("clock_skew_seconds", "By how much the machine's clock is ahead of the store's.")
)

func describe(name, help string, labels ...string) *prometheus.Desc {
	return prometheus.NewDesc(prometheus.BuildFQName("roundsman", "", name), help, labels, nil)
}

// Describe implements [prometheus.Collector].
func (gauges) Describe(ch chan<- *prometheus.Desc) {
	for _, d := range []*prometheus.Desc{
		upGauge, partGauge, waitingGauge, deadGauge, pendingGauge, oldestGauge, uncertainGauge, spoolGauge, fullGauge, freeGauge, skewGauge,
	} {
		ch <- d
	}
}

// Collect implements [prometheus.Collector]. What cannot be measured is left out.
func (g gauges) Collect(ch chan<- prometheus.Metric) {
	set := func(d *prometheus.Desc, v float64, labels ...string) {
		ch <- prometheus.MustNewConstMetric(d, prometheus.GaugeValue, v, labels...)
	}
	ctx, cancel := context.WithTimeout(context.Background(), 2*lookWithin)
	defer cancel()
	h := g.p.look(ctx)
	set(upGauge, yes(h.store == nil))
	for platform, vitals := range h.vitals {
		for _, v := range vitals {
			set(partGauge, yes(v.Err == nil), platform, v.Part)
		}
	}
	if waiting, dead, err := g.p.store.Inbox().Count(ctx, g.p.now()); err == nil {
		set(waitingGauge, float64(waiting))
		set(deadGauge, float64(dead))
	}
	if pending, since, err := g.p.store.Outbox().Backlog(ctx); err == nil {
		set(pendingGauge, float64(pending))
		age := time.Duration(0)
		if pending > 0 {
			age = max(g.p.now().Sub(since), 0)
		}
		set(oldestGauge, age.Seconds())
	}
	if posts, err := g.p.store.Outbox().List(ctx, storage.PostUncertain, uncertainShown); err == nil {
		set(uncertainGauge, float64(len(posts)))
	}
	set(spoolGauge, float64(g.p.spool.Len()))
	set(fullGauge, yes(g.p.spool.Full()))
	if free, err := g.p.spool.Free(); err == nil {
		set(freeGauge, free)
	}
	if g.p.clock != nil {
		set(skewGauge, g.p.clock.skew().Seconds())
	}
}

func yes(is bool) float64 {
	if is {
		return 1
	}
	return 0
}
