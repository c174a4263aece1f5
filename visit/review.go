package visit

import "time"

// Review is a manager's word on a rep's plan; the fact's note says why it went back.
type Review struct {
	Approved bool `json:"approved,omitempty"`
	// Seen is when the plan was shown that is approved, UTC milliseconds: what its
	// rep changed after that was not approved, however late it comes. Zero means
	// the plan as it stands.
	Seen time.Time `json:"seen,omitzero"`
}

// Approval is how a rep's plan stands with the manager, where a team has its
// plans approved. A plan that nobody approved counts all the same.
//
//	pending ──approved──► approved ──the rep changes it──► pending
//	   └────returned───► returned ──the rep changes it──► pending
type Approval string

// The states of a plan's approval.
const (
	ApprovalPending  Approval = ""
	ApprovalApproved Approval = "approved"
	ApprovalReturned Approval = "returned"
)

// review takes a manager's word into the plan.
func (p *Plan) review(f Fact) {
	switch r := f.Review; {
	case !r.Approved:
		p.Approval, p.Returned = ApprovalReturned, f.Note
	case r.Seen.IsZero() || !p.Changed.After(r.Seen):
		p.Approval, p.Returned = ApprovalApproved, ""
	}
}

// Settled reports whether the plan is one to approve: the rep has confirmed it,
// or it is locked, and there is something on it.
func (p Plan) Settled() bool { return len(p.Lines) > 0 && (p.Confirmed || p.Locked) }
