package visit

import (
	"slices"
	"time"
)

// Outcome is what a rep's day came to: a digest of its plan and its facts, from
// which they can be made again at any time. What asks about many days reads
// these and folds nothing.
type Outcome struct {
	Rep  string `json:"rep"`
	Team string `json:"team"`
	Date Date   `json:"date"`
	// Facts is how many facts it was made of. It only grows.
	Facts int `json:"facts"`
	// Planned are the planned customers in their order, Dropped those that were
	// taken off the plan and nobody put back, Shed those of them that the rep
	// took off or moved away.
	Planned []string `json:"planned,omitempty"`
	Dropped []string `json:"dropped,omitempty"`
	Shed    []string `json:"shed,omitempty"`
	// Unconfirmed says that the plan is a proposal that the rep never looked at.
	Unconfirmed bool `json:"unconfirmed,omitempty"`
	// OrderTarget and CollectionTarget are those of the planned visits, in fen.
	OrderTarget      int64  `json:"order_target,omitempty"`
	CollectionTarget int64  `json:"collection_target,omitempty"`
	Calls            []Call `json:"calls,omitempty"`
	// Leave is the leave that was granted, in half days.
	Leave int `json:"leave,omitempty"`
	// Minimum is the least number of distinct customers of a whole day, by the
	// team's policy when the outcome was made; 0 is none.
	Minimum int `json:"minimum,omitempty"`
	// Reported is when the daily report was first submitted, zero if it was not,
	// and ReportDue until when it was due; UTC milliseconds.
	Reported  time.Time `json:"reported,omitzero"`
	ReportDue time.Time `json:"report_due,omitzero"`
}

// Call is a visit of an [Outcome].
type Call struct {
	// Visit is the visit's id, Customer empty for a prospect.
	Visit    string `json:"visit"`
	Customer string `json:"customer,omitempty"`
	// Verdict is the effective one, see [Visit.Verdict].
	Verdict Verdict `json:"verdict,omitempty"`
	Planned bool    `json:"planned,omitempty"`
	// Start is when it began, Last when it ended or its last sign of life was; UTC milliseconds.
	Start time.Time  `json:"start"`
	Last  time.Time  `json:"last"`
	Kind  ResultKind `json:"result,omitempty"`
	// Order and Collected are fen, nil where nothing was said.
	Order     *int64 `json:"order,omitempty"`
	Collected *int64 `json:"collected,omitempty"`
}

// Verified returns the distinct customers with a verified visit, sorted.
func (o Outcome) Verified() []string {
	var out []string
	for _, c := range o.Calls {
		if c.Verdict == Verified && c.Customer != "" {
			out = append(out, c.Customer)
		}
	}
	slices.Sort(out)
	return slices.Compact(out)
}

// Tally counts the outcome as [Day.Tally] counts its day, but for photos and
// places without a customer, which it does not hold.
func (o Outcome) Tally() Tally {
	t := Tally{
		Planned: len(o.Planned), Visits: len(o.Calls), Distinct: len(o.Verified()),
		OrderTarget: o.OrderTarget, CollectionTarget: o.CollectionTarget,
	}
	for _, c := range o.Calls {
		switch c.Verdict {
		case Verified:
			t.Verified++
		case Near:
			t.Near++
		case OffSite:
			t.OffSite++
		case Suspicious:
			t.Suspicious++
		}
		switch {
		case c.Customer == "":
			t.Prospects++
		case !c.Planned:
			t.Extra++
		}
		if Fen(c.Order) > 0 {
			t.Productive++
		}
		t.Ordered += Fen(c.Order)
		t.Collected += Fen(c.Collected)
	}
	for _, id := range o.Verified() {
		if slices.Contains(o.Planned, id) {
			t.Reached++
		}
	}
	return t
}

// OutcomeOf makes the outcome of a rep's day from what was imported for it and
// its facts. The policy is the team's own ([Policy.Of]).
func OutcomeOf(rep Rep, policy Policy, date Date, imported []PlannedVisit, facts []Fact) Outcome {
	plan := FoldPlan(imported, facts)
	return Sum(rep, policy, date, plan, Fold(plan.Lines, facts), facts)
}

// Sum is [OutcomeOf] for who has folded the plan and the day already.
func Sum(rep Rep, policy Policy, date Date, plan Plan, day Day, facts []Fact) Outcome {
	o := Outcome{
		Rep: rep.ID, Team: rep.Team, Date: date, Facts: len(facts), Dropped: plan.Dropped, Shed: plan.Shed,
		Unconfirmed: plan.Proposed && !plan.Confirmed, Leave: day.Leave, Minimum: policy.MinVisits,
		Reported: day.Reported, ReportDue: Millis(date.At(policy.ReportDeadline, policy.Zone)),
	}
	for _, f := range inOrder(facts) {
		if f.Team != "" {
			o.Team = f.Team // of that day, whatever team the rep is in now
		}
	}
	for _, l := range plan.Lines {
		o.Planned = append(o.Planned, l.Customer)
		o.OrderTarget += l.OrderTarget
		o.CollectionTarget += l.CollectionTarget
	}
	for _, v := range day.Visits {
		last := v.Seen
		if v.CheckedOut {
			last = v.End
		}
		o.Calls = append(o.Calls, Call{
			Visit: v.ID, Customer: v.Customer, Verdict: v.Verdict(), Planned: v.Planned, Start: v.Start, Last: last,
			Kind: v.Result.Kind, Order: v.Result.Order, Collected: v.Result.Collected,
		})
	}
	return o
}
