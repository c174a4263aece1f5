package visit

import (
	"cmp"
	"slices"
	"time"
)

// Change is what a fact does to a rep's plan of its date.
type Change struct {
	// Put are visits that come onto the plan. Of a customer that is on it already,
	// what they say replaces what was said, and the rest stays.
	Put []PlannedVisit `json:"put,omitempty"`
	// Drop are customers that come off it.
	Drop []string `json:"drop,omitempty"`
	// Reason is why the plan is changed after it was locked.
	Reason string `json:"reason,omitempty"`
}

// Plan is a rep's visit plan of a date: what was imported or assigned, and what its facts made of it.
//
// What was assigned is the manager's to change, not the rep's.
//
//	none ──proposed──► proposed ──confirmed, changed──► confirmed
//	                      └───────────────locked──────────────┴──► locked
type Plan struct {
	// Lines are the planned visits, in the order of the round.
	Lines []PlannedVisit
	// Proposed, Confirmed and Locked say what has happened to the plan. A
	// plan that is locked and not confirmed is the proposal, which nobody looked at.
	Proposed, Confirmed, Locked bool
	// Excused are planned visits that fall into leave that was granted: they are
	// not the rep's any more, and count for nothing.
	Excused []PlannedVisit
	// Late are the changes since it was locked, in their order.
	Late []Fact
	// Dropped are the customers that somebody took off and nobody put back: they
	// are not proposed again. Shed are those of them that the rep took off by
	// themself, or moved to another date, though they were on the plan.
	Dropped, Shed []string
	// Approval is the manager's word on the plan as it stands, Returned is why it
	// went back, until it is approved.
	Approval Approval
	Returned string
	// Changed is when the rep last changed it; zero if they never did.
	Changed time.Time
}

// FoldPlan derives a rep's plan of a date from what was imported for it and
// from the date's facts, in whatever order these are given. A change without a
// reason after the lock changes nothing.
func FoldPlan(imported []PlannedVisit, facts []Fact) Plan {
	p := Plan{Lines: slices.Clone(imported)}
	slices.SortStableFunc(p.Lines, compareLines)
	for _, f := range inOrder(facts) {
		switch f.Kind {
		case KindPlanProposed:
			if f.Plan != nil && !p.Locked {
				p.propose(f)
			}
		case KindPlanChanged:
			if f.Plan == nil || p.Locked && f.Plan.Reason == "" {
				continue
			}
			p.change(f)
			if f.By == "" {
				p.Approval, p.Changed = ApprovalPending, f.At
			}
			switch {
			case p.Locked:
				p.Late = append(p.Late, f)
			case f.By == "":
				// Who changes a plan has looked at it.
				p.Confirmed = true
			}
		case KindPlanConfirmed:
			p.Confirmed = p.Confirmed || !p.Locked
		case KindPlanLocked:
			p.Locked = true
		case KindPlanReviewed:
			if f.Review != nil {
				p.review(f)
			}
		}
	}
	p.excuse(granted(facts))
	for i := range p.Lines {
		p.Lines[i].Order = i + 1
	}
	return p
}

// excuse takes off what leave excuses.
func (p *Plan) excuse(leave []LeavePart) {
	p.Lines = slices.DeleteFunc(p.Lines, func(l PlannedVisit) bool {
		excused := slices.ContainsFunc(leave, func(part LeavePart) bool { return part.excuses(l) })
		if excused {
			p.Excused = append(p.Excused, l)
		}
		return excused
	})
	if halves(leave) == 2 {
		p.Excused, p.Lines = append(p.Excused, p.Lines...), nil
	}
}

// propose adds what is proposed, but what a person took off stays off, and
// what they put on stays as they put it.
func (p *Plan) propose(f Fact) {
	p.Proposed = true
	for _, v := range f.Plan.Put {
		switch i := p.index(v.Customer); {
		case i >= 0 && !p.Confirmed && p.Lines[i].Why == (Why{}):
			p.Lines[i].Why = v.Why
		case i < 0 && !slices.Contains(p.Dropped, v.Customer):
			p.Lines = append(p.Lines, of(f, v))
		}
	}
	rank := make(map[string]int, len(f.Plan.Put))
	for i, v := range f.Plan.Put {
		rank[v.Customer] = i + 1
	}
	if !p.Confirmed {
		// The proposal is a round: what was there before has its place in it.
		slices.SortStableFunc(p.Lines, func(a, b PlannedVisit) int {
			return cmp.Compare(rank[a.Customer], rank[b.Customer])
		})
	}
}

func (p *Plan) change(f Fact) {
	for _, c := range f.Plan.Drop {
		i := p.index(c)
		if i >= 0 && p.bound(f, i) {
			continue
		}
		if i >= 0 {
			p.Lines = slices.Delete(p.Lines, i, i+1)
		}
		if !slices.Contains(p.Dropped, c) {
			p.Dropped = append(p.Dropped, c)
		}
		if i >= 0 && f.By == "" {
			p.Shed = append(p.Shed, c)
		}
	}
	for _, v := range f.Plan.Put {
		v = of(f, v)
		back := func(c string) bool { return c == v.Customer }
		p.Dropped, p.Shed = slices.DeleteFunc(p.Dropped, back), slices.DeleteFunc(p.Shed, back)
		i := p.index(v.Customer)
		if i >= 0 && p.bound(f, i) {
			p.Lines[i].Note = cmp.Or(v.Note, p.Lines[i].Note)
			continue
		}
		if i >= 0 {
			v = v.over(p.Lines[i])
		}
		if i >= 0 && v.Window == p.Lines[i].Window {
			p.Lines[i] = v
			continue
		}
		if i >= 0 {
			p.Lines = slices.Delete(p.Lines, i, i+1)
		}
		p.Lines = slices.Insert(p.Lines, p.place(v), v)
	}
}

// bound reports whether a line is not for whoever caused the fact to change.
func (p *Plan) bound(f Fact, i int) bool { return f.By == "" && p.Lines[i].Assigned() }

// over returns the line with what the visit says of itself in place of what it said.
func (v PlannedVisit) over(line PlannedVisit) PlannedVisit {
	line.Rep, line.Date = v.Rep, v.Date
	line.Window = cmp.Or(v.Window, line.Window)
	line.Purpose = cmp.Or(v.Purpose, line.Purpose)
	line.Reference = cmp.Or(v.Reference, line.Reference)
	line.CollectionTarget = cmp.Or(v.CollectionTarget, line.CollectionTarget)
	line.OrderTarget = cmp.Or(v.OrderTarget, line.OrderTarget)
	line.Note = cmp.Or(v.Note, line.Note)
	line.By = cmp.Or(v.By, line.By)
	return line
}

// place is where a visit joins the round: before the first that is meant to
// begin later, or at the end.
func (p *Plan) place(v PlannedVisit) int {
	if v.Window != (Span{}) {
		for i, l := range p.Lines {
			if l.Window != (Span{}) && l.Window.From.Minutes() > v.Window.From.Minutes() {
				return i
			}
		}
	}
	return len(p.Lines)
}

func (p *Plan) index(customer string) int {
	return slices.IndexFunc(p.Lines, func(l PlannedVisit) bool { return l.Customer == customer })
}

// of returns the visit as one of the fact's rep and date.
func of(f Fact, v PlannedVisit) PlannedVisit {
	v.Rep, v.Date = f.Rep, f.Date
	return v
}

func compareLines(a, b PlannedVisit) int {
	return cmp.Or(cmp.Compare(a.Order, b.Order), cmp.Compare(a.Customer, b.Customer))
}

// inOrder returns facts by (time, kind, id): the order in which they count. It
// is the slice itself if they are so already, as a store mostly returns them.
func inOrder(facts []Fact) []Fact {
	if slices.IsSortedFunc(facts, compareFacts) {
		return facts
	}
	sorted := slices.Clone(facts)
	slices.SortFunc(sorted, compareFacts)
	return sorted
}

// compareFacts orders by the event's time, the kind and the id.
func compareFacts(a, b Fact) int {
	return cmp.Or(a.At.Compare(b.At), cmp.Compare(a.Kind.rank(), b.Kind.rank()), cmp.Compare(a.ID, b.ID))
}
