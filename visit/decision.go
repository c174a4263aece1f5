package visit

// Decision is what a manager says of a visit: its verdict, whatever the rule found.
type Decision struct {
	// Visit is the id of the visit.
	Visit   string  `json:"visit"`
	Verdict Verdict `json:"verdict"`
}

// Verdict is the effective verdict: the latest decision of a manager, else what
// the rule found ([Visit.Ruled]).
func (v Visit) Verdict() Verdict {
	if v.Decided != nil {
		return v.Decided.Decision.Verdict
	}
	return v.Ruled()
}

// Ruled is what the rule found: that the visit is to be reviewed if enough
// speaks against it, else what its fixes proved. That of a prospect that nothing
// speaks against is empty.
func (v Visit) Ruled() Verdict {
	if Doubted(v.Signals) {
		return Suspicious
	}
	return v.Claim.Verdict
}

// review lays over the visits what was said of them: what managers decided and
// asked, what the rep explained, spot checks, and what speaks against their photos.
func (f *folder) review(sorted []Fact) {
	for i := range f.day.Visits {
		v := &f.day.Visits[i]
		for _, p := range v.Photos {
			v.Signals = append(v.Signals, p.Signals...)
		}
	}
	for i, fact := range sorted {
		about := fact.Visit
		if fact.Decision != nil {
			about = fact.Decision.Visit
		}
		if about == "" {
			continue
		}
		v := f.day.Visit(about)
		if v == nil {
			continue
		}
		switch fact.Kind {
		case KindDecision:
			v.Decided = &sorted[i]
		case KindAsked:
			v.Asked, v.AskedBy = fact.At, fact.By
		case KindExplained:
			v.Explanations = append(v.Explanations, fact.Note)
		case KindChallenged, KindChallengeMissed:
			v.challenge(fact)
		}
	}
}
