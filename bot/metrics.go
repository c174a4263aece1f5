package bot

import "github.com/prometheus/client_golang/prometheus"

// Metrics counts what goes through. The labels are platform names and fixed
// words, never anything that came from outside.
type Metrics struct {
	accepted, duplicate, refused, spooled *prometheus.CounterVec
	handled                               *prometheus.CounterVec
	sends                                 *prometheus.CounterVec
	fetches                               *prometheus.CounterVec
	runs                                  *prometheus.CounterVec
	accepting, handling                   prometheus.Histogram
	sending                               *prometheus.HistogramVec
	leasesLost                            prometheus.Counter
}

// NewMetrics registers the counters with reg.
func NewMetrics(reg prometheus.Registerer) *Metrics {
	vec := func(name, help string, labels ...string) *prometheus.CounterVec {
		v := prometheus.NewCounterVec(prometheus.CounterOpts{Namespace: "roundsman", Name: name, Help: help}, labels)
		reg.MustRegister(v)
		return v
	}
	// From a millisecond to the platforms' patience.
	buckets := []float64{.001, .0025, .005, .01, .025, .05, .1, .25, .5, 1, 2, 3, 5, 10, 30}
	histogram := func(name, help string, labels ...string) *prometheus.HistogramVec {
		v := prometheus.NewHistogramVec(prometheus.HistogramOpts{Namespace: "roundsman", Name: name, Help: help, Buckets: buckets}, labels)
		reg.MustRegister(v)
		return v
	}
	lost := prometheus.NewCounter(prometheus.CounterOpts{
		Namespace: "roundsman", Name: "leases_lost_total", Help: "Lanes and claims that another process took over while this one still worked.",
	})
	reg.MustRegister(lost)
	single := func(v *prometheus.HistogramVec) prometheus.Histogram {
		return v.WithLabelValues().(prometheus.Histogram)
	}
	return &Metrics{
		accepted:  vec("events_accepted_total", "Events that became durable.", "platform"),
		duplicate: vec("events_duplicate_total", "Events that were there already.", "platform"),
		refused:   vec("requests_refused_total", "Requests turned away at the door.", "platform", "reason"),
		spooled:   vec("events_spooled_total", "Events kept on disk because the store did not answer.", "platform"),
		handled:   vec("events_handled_total", "Events handled, by result: done, retry, dead.", "result"),
		sends:     vec("sends_total", "Deliveries tried, by result: sent, updated, retry, uncertain, failed.", "platform", "result"),
		fetches:   vec("photo_fetches_total", "Photo downloads, by result: kept, retry, missing.", "platform", "result"),
		runs:      vec("runs_total", "Scheduled posts, by result: posted, late, empty, missed.", "post", "result"),
		accepting: single(histogram("accept_seconds", "From an event's reading to its being durable, in the store or on disk.")),
		handling:  single(histogram("handle_seconds", "One try at an event.")),
		sending:   histogram("send_seconds", "One call to a platform.", "platform"),

		leasesLost: lost,
	}
}

// Ran counts a run of a scheduled job.
func (m *Metrics) Ran(job, result string) { m.runs.WithLabelValues(job, result).Inc() }
