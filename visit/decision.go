package visit

// Decision is what a manager says of a visit: its verdict, whatever the rule found.
type Decision struct {
	// Visit is the id of the visit.
	Visit   string  `json:"visit"`
	Verdict Verdict `json:"verdict"`
}

// Verdict is the effective verdict: the latest decision of a manager, else what
// the rule found ([Claim]). That of a prospect is empty unless somebody decided.
func (v Visit) Verdict() Verdict {
	if v.Decided != nil {
		return v.Decided.Decision.Verdict
	}
	return v.Claim.Verdict
}

// decisions are the latest facts that decide on visits, by the visit's id.
// sorted are facts in their order.
func decisions(sorted []Fact) map[string]Fact {
	latest := make(map[string]Fact)
	for _, f := range sorted {
		if f.Kind == KindDecision && f.Decision != nil {
			latest[f.Decision.Visit] = f
		}
	}
	return latest
}
