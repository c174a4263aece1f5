package visit

import "time"

// How long a rep stayed is known at best roughly: people forget to check out, and
// positions drift. Somebody has left only when they are clearly outside, so that
// one bad fix at the edge ends no visit.
const (
	// leftBeyond in metres, or leftFactor of the radius, is how far outside a fix is
	// that says so, its accuracy taken off.
	leftBeyond, leftFactor = 50, 1.25
	// leftSharp is the accuracy in metres up to which one such fix is enough; of
	// others it takes two in a row, at least leftTwice apart.
	leftSharp = 30
	leftTwice = 30 * time.Second
)

// there reports whether the fix may still be at the customer of one of its claims.
func (f Fix) there(c Claim) bool {
	if c.Distance < 0 || c.Verdict == Verified {
		// Of a place that nobody knows nobody has left; else it is too far for a claim.
		return c.Verdict != OffSite
	}
	return c.Distance-f.effective() <= max(c.Radius+leftBeyond, leftFactor*c.Radius)
}

// leave notes by a fix whether the rep is still where they were verified last.
func (f *folder) leave(fact Fact) {
	v := f.last()
	if v == nil || !v.End.IsZero() || v.Claim.Verdict != Verified {
		return
	}
	switch a := fact.Fix.Accuracy; {
	case fact.Fix.there(claimOf(*fact.Fix, v.Customer)):
		v.Left, f.outside = time.Time{}, time.Time{}
	case !v.Left.IsZero():
	case a > 0 && a <= leftSharp:
		v.Left = fact.At
	case f.outside.IsZero():
		f.outside = fact.At
	case fact.At.Sub(f.outside) >= leftTwice:
		v.Left = f.outside
	}
}

// Stay is for how long the rep was at the customer, and whether that is what they
// said; otherwise it was no longer than that. It is negative while nobody knows.
func (v Visit) Stay() (stay time.Duration, said bool) {
	end := v.End
	if end.IsZero() || !v.Left.IsZero() && v.Left.Before(end) {
		end = v.Left
	}
	if end.IsZero() {
		return -1, false
	}
	return end.Sub(v.Start), v.CheckedOut && end.Equal(v.End)
}

// Short reports whether the visit was shorter than the team's least stay. That is
// no reason to doubt it: a delivery takes two minutes.
func (v Visit) Short() bool {
	stay, _ := v.Stay()
	return stay >= 0 && stay < v.least()
}

// least is how long a visit should last, by what the team went by at its first fix.
func (v Visit) least() time.Duration {
	if v.Source.Fix == nil || v.Verdict() == OffSite {
		return 0
	}
	return time.Duration(v.Source.Fix.MinStay) * time.Minute
}
