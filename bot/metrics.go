package bot

import "github.com/prometheus/client_golang/prometheus"

// Metrics counts what goes through. The labels are platform names and fixed
// words, never anything that came from outside.
type Metrics struct {
	accepted, duplicate, refused, spooled *prometheus.CounterVec
	handled                               *prometheus.CounterVec
	sends                                 *prometheus.CounterVec
	fetches                               *prometheus.CounterVec
}

// NewMetrics registers the counters with reg.
func NewMetrics(reg prometheus.Registerer) *Metrics {
	vec := func(name, help string, labels ...string) *prometheus.CounterVec {
		v := prometheus.NewCounterVec(prometheus.CounterOpts{Namespace: "roundsman", Name: name, Help: help}, labels)
		reg.MustRegister(v)
		return v
	}
	return &Metrics{
		accepted:  vec("events_accepted_total", "Events that became durable.", "platform"),
		duplicate: vec("events_duplicate_total", "Events that were there already.", "platform"),
		refused:   vec("requests_refused_total", "Requests turned away at the door.", "platform", "reason"),
		spooled:   vec("events_spooled_total", "Events kept on disk because the store did not answer.", "platform"),
		handled:   vec("events_handled_total", "Events handled, by result: done, retry, dead.", "result"),
		sends:     vec("sends_total", "Deliveries tried, by result: sent, updated, retry, uncertain, failed.", "platform", "result"),
		fetches:   vec("photo_fetches_total", "Photo downloads, by result: kept, retry, missing.", "platform", "result"),
	}
}
