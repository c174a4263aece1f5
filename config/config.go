package config

import (
	"time"

	"roundsman/visit"
)

// Config is everything that can be set. The zero value is not usable: see [Load].
type Config struct {
	// Language of what people read: zh or en.
	Language string
	// Zone is the company's time zone; a team may have its own.
	Zone *time.Location
	// Listen is the public HTTP address; MetricsListen the one for GET /metrics, empty for none.
	Listen, MetricsListen string
	// PublicURL is how the platforms and the reps' phones reach Listen; may be empty.
	PublicURL string
	// Storage is the store's URL: "sqlite:PATH" or "mongodb://…".
	Storage Secret
	// Spool is a persistent directory for events that the store did not take.
	Spool string
	// Witness is a file outside of the store into which heads of the record are
	// written; empty for none.
	Witness string
	// SecretKey seals buttons, links and sessions: at least 32 bytes.
	SecretKey Secret
	// Admins are people who are admins whatever the roster says: "platform:user id".
	Admins   []string
	Teams    []Team
	Schedule Schedule
	CheckIn  CheckIn
	Privacy  Privacy
	Limits   Limits

	sections map[string]Section
	values   []Value
}

// Team is a sales team and where its posts go.
type Team struct {
	Name string
	// Zone is nil where the company's holds.
	Zone *time.Location
	// Groups are "platform:chat id", or "wecom-robot:KEY" with the key already read.
	Groups []Secret
}

// Schedule is when things happen, on the team's wall clock.
type Schedule struct {
	// China says that China's public holidays and make-up workdays hold; otherwise Monday to Friday are workdays.
	China                                              bool
	DayStarts, PlanProposal, PlanDeadline, MorningPlan visit.Clock
	ReportDeadline, EveningSummary                     visit.Clock
	// WorkHours are when whereabouts may be recorded, QuietHours when nobody is nudged (may be empty).
	WorkHours, QuietHours visit.Span
}

// CheckIn are the numbers of the verdict, in metres unless it is said.
type CheckIn struct {
	Radius, Near, MaxAccuracy float64
	// MinVisits is the least number of distinct customers verified a day.
	MinVisits int
	// MinStay is the least time at a customer, in minutes; 0 is none.
	MinStay int
	// MaxAge is how old a device's fix may be, in minutes, for its time to be more than the device's word.
	MaxAge int
	// NoDrift says that nothing outside the radius verifies.
	NoDrift bool
}

// Privacy is what people are told and held to.
type Privacy struct {
	// ConsentRequired asks each person before anything of a location is kept;
	// otherwise the company keeps its own record of their consent.
	ConsentRequired             bool
	KeepCoordinates, KeepPhotos time.Duration
	// EraseWithin is until when an erasure that is asked for is to be done.
	EraseWithin time.Duration
}

// Limits bound what comes from outside.
type Limits struct {
	// PhotoBytes, FeishuBody and WeComBody are bytes; PhotoPixels pixels.
	PhotoBytes, PhotoPixels, FeishuBody, WeComBody int64
	// PhotoDecoders is how many pictures may be decoded at once.
	PhotoDecoders int
}

// Platform returns a platform's section; false means that the platform is off.
func (c *Config) Platform(name string) (Section, bool) {
	s, ok := c.sections[name]
	return s, ok
}

// Value is an effective value and where it comes from.
type Value struct {
	Key   string
	Value string
	// Source is default, file or env.
	Source string
}

// Explain lists every effective value with its source, secrets hidden, by key.
func (c *Config) Explain() []Value { return c.values }
