package visit

import "time"

// Policy is how a company works: what the verdict, the day and the jobs go by.
type Policy struct {
	// Zone is the company's time zone, for teams without one of their own.
	Zone *time.Location
	// DayStarts is when a date begins: what happens before belongs to the evening before.
	DayStarts Clock
	// WorkHours are when a location may be recorded.
	WorkHours Span
	// PlanProposal is when the next workday's plans are proposed, PlanDeadline when
	// they lock, both on the last workday before.
	PlanProposal, PlanDeadline Clock
	// ReportDeadline is until when the daily report is due.
	ReportDeadline Clock
	// QuietHours are when nobody is written to of Roundsman's own accord; may be empty.
	QuietHours Span
	// Group is how much of a day the team's group hears.
	Group GroupForm
	// ApprovePlans says that the manager approves each plan once it is locked.
	ApprovePlans bool
	// MinVisits is the least number of distinct customers of a day.
	MinVisits int
	// MorningPlan and EveningSummary are when the groups hear of the day.
	MorningPlan, EveningSummary Clock
	// China says that the public holidays of China apply; otherwise Monday to Friday are workdays.
	China bool
	Rules Rules
	// MaxAge is how old, when it arrives, a device's fix may be for its time to be
	// more than the device's word.
	MaxAge time.Duration
	// SpotChecks is of how many of a hundred visits a photo is asked for on the spot.
	SpotChecks int
	// ConsentRequired says that a person must agree here before anything of a
	// location is kept; otherwise the company keeps its own record of that.
	ConsentRequired bool
	// KeepCoordinates and KeepPhotos are how long they are kept; people are told so.
	KeepCoordinates, KeepPhotos time.Duration
	// EraseWithin is until when an erasure that is asked for is to be done.
	EraseWithin time.Duration
}

// GroupForm is how much of a day a team's group hears.
type GroupForm string

// The forms of what a group hears.
const (
	// GroupFull: counts per rep, and a picture.
	GroupFull GroupForm = ""
	// GroupBrief: the team's totals only, and no picture.
	GroupBrief GroupForm = "brief"
	// GroupWide: also what only the manager hears otherwise: who is below the
	// minimum, whom somebody avoids, and when the first and the last visits were
	// of those who agreed to that ([Consent.Wide]).
	GroupWide GroupForm = "wide"
)

// Quiet reports whether nobody is written to at the instant of Roundsman's own accord.
func (p Policy) Quiet(at time.Time) bool {
	return p.QuietHours != (Span{}) && p.QuietHours.Holds(at.In(p.Zone))
}

// Late reports whether what a device measured at a time, by its own word, arrived
// so long after that there is nothing but that word.
func (p Policy) Late(at, received time.Time) bool { return received.Sub(at) > p.MaxAge }

// ZoneOf returns the team's time zone, or the company's.
func (p Policy) ZoneOf(t Team) *time.Location {
	if t.Timezone != "" {
		if zone, err := time.LoadLocation(t.Timezone); err == nil {
			return zone
		}
	}
	return p.Zone
}

// DateIn returns the date that the instant belongs to for the team.
func (p Policy) DateIn(t Team, at time.Time) Date {
	return WorkingDate(at, p.ZoneOf(t), p.DayStarts)
}
