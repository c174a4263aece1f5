package visit

// Leave is a wish for leave on a fact's date, or the answer to one.
type Leave struct {
	Part LeavePart `json:"part,omitempty"`
	// Of is the id of the fact that is answered, Approved the answer.
	Of       string `json:"of,omitempty"`
	Approved bool   `json:"approved,omitempty"`
}

// LeavePart is which part of a day a leave takes.
type LeavePart string

// The parts of a day.
const (
	WholeDay  LeavePart = ""
	Morning   LeavePart = "morning"
	Afternoon LeavePart = "afternoon"
)

// Halves is how many half days it is.
func (p LeavePart) Halves() int {
	if p == WholeDay {
		return 2
	}
	return 1
}

// noon parts a day in halves.
var noon = Clock{12, 0}

// excuses reports whether a leave of the part takes the time of a planned
// visit: any on a whole day, else one whose window lies in that half.
func (p LeavePart) excuses(v PlannedVisit) bool {
	switch {
	case p == WholeDay:
		return true
	case v.Window == (Span{}):
		return false
	case p == Morning:
		return v.Window.To.Minutes() <= noon.Minutes()
	}
	return v.Window.From.Minutes() >= noon.Minutes()
}

// granted are the parts of the day for which leave was granted: the latest
// answer for each part counts.
func granted(facts []Fact) []LeavePart {
	latest := make(map[LeavePart]bool)
	for _, f := range inOrder(facts) {
		if f.Kind == KindLeaveDecided && f.Leave != nil {
			latest[f.Leave.Part] = f.Leave.Approved
		}
	}
	var parts []LeavePart
	for _, p := range []LeavePart{WholeDay, Morning, Afternoon} {
		if latest[p] {
			parts = append(parts, p)
		}
	}
	return parts
}

// halves is how many half days the parts are together.
func halves(parts []LeavePart) (n int) {
	for _, p := range parts {
		n += p.Halves()
	}
	return min(n, 2)
}
