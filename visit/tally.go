package visit

import "slices"

// Tally counts a rep's day, or with [Tally.Add] a team's. Every figure that
// is shown as a share is shown with the two numbers it is made of.
type Tally struct {
	// Planned is the number of planned customers, Reached how many of them
	// have a verified visit (plan adherence 计划达成率 is Reached / Planned).
	Planned, Reached int
	// Visits counts all visits, with prospects; Verified, Near, OffSite and
	// Suspicious by verdict. A prospect has no verdict.
	Visits, Verified, Near, OffSite, Suspicious, Prospects int
	// Extra is the number of visits to customers that were not planned, without prospects.
	Extra int
	// Unplaced is the number of locations that meant no customer.
	Unplaced int
	// Photos counts those kept or on their way, MissingPhotos those that cannot be had.
	Photos, MissingPhotos int
	// Distinct is the number of distinct customers with a verified visit.
	Distinct int
	// Productive is the number of visits with an order (拜访成交率 is Productive / Visits).
	Productive int
	// Ordered and Collected are what the visits brought, OrderTarget and
	// CollectionTarget what was planned for them, or what of the month falls on
	// the date ([Tally.Against]); fen.
	Ordered, Collected, OrderTarget, CollectionTarget int64
}

// Add returns the sum of two tallies of different reps.
func (t Tally) Add(o Tally) Tally {
	return Tally{
		Planned: t.Planned + o.Planned, Reached: t.Reached + o.Reached,
		Visits: t.Visits + o.Visits, Verified: t.Verified + o.Verified, Near: t.Near + o.Near,
		OffSite: t.OffSite + o.OffSite, Suspicious: t.Suspicious + o.Suspicious, Prospects: t.Prospects + o.Prospects,
		Extra: t.Extra + o.Extra, Unplaced: t.Unplaced + o.Unplaced,
		Photos: t.Photos + o.Photos, MissingPhotos: t.MissingPhotos + o.MissingPhotos, Distinct: t.Distinct + o.Distinct,
		Productive: t.Productive + o.Productive, Ordered: t.Ordered + o.Ordered, Collected: t.Collected + o.Collected,
		OrderTarget: t.OrderTarget + o.OrderTarget, CollectionTarget: t.CollectionTarget + o.CollectionTarget,
	}
}

// Tally counts the day against its plan.
func (d Day) Tally(plan []PlannedVisit) Tally {
	t := Tally{Planned: len(plan), Visits: len(d.Visits), Unplaced: len(d.Unplaced)}
	verified := make(map[string]bool)
	for _, v := range d.Visits {
		switch v.Verdict() {
		case Verified:
			t.Verified++
			verified[v.Customer] = true
		case Near:
			t.Near++
		case OffSite:
			t.OffSite++
		case Suspicious:
			t.Suspicious++
		}
		if Fen(v.Result.Order) > 0 {
			t.Productive++
		}
		t.Ordered += Fen(v.Result.Order)
		t.Collected += Fen(v.Result.Collected)
		if v.Prospect {
			t.Prospects++
		} else if !v.Planned {
			t.Extra++
		}
		for _, p := range v.Photos {
			if p.Missing != "" {
				t.MissingPhotos++
			} else {
				t.Photos++
			}
		}
	}
	for _, p := range d.Loose {
		if p.Missing != "" {
			t.MissingPhotos++
		} else {
			t.Photos++
		}
	}
	for _, p := range plan {
		t.OrderTarget += p.OrderTarget
		t.CollectionTarget += p.CollectionTarget
		if verified[p.Customer] {
			t.Reached++
		}
	}
	t.Distinct = len(verified)
	return t
}

// Remaining returns the planned visits that nothing but an off-site check-in
// has answered, in planned order.
func (d Day) Remaining(plan []PlannedVisit) []PlannedVisit {
	reached := make(map[string]bool)
	for _, v := range d.Visits {
		if v.Verdict() == Verified || v.Verdict() == Near {
			reached[v.Customer] = true
		}
	}
	left := slices.DeleteFunc(slices.Clone(plan), func(p PlannedVisit) bool { return reached[p.Customer] })
	slices.SortStableFunc(left, func(a, b PlannedVisit) int { return a.Order - b.Order })
	return left
}

// Visit returns the visit with the id, or nil.
func (d Day) Visit(id string) *Visit {
	for i := range d.Visits {
		if d.Visits[i].ID == id {
			return &d.Visits[i]
		}
	}
	return nil
}

// Current returns the visit in progress, or nil.
func (d Day) Current() *Visit {
	if n := len(d.Visits); n > 0 && d.Visits[n-1].End.IsZero() {
		return &d.Visits[n-1]
	}
	return nil
}
