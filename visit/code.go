package visit

import "slices"

// A customer's code hangs at its counter. Whoever scans it has it before them, or
// a picture of it: it names the customer, and where the phone could not tell where
// it is, it says so. It never says more than the phone contradicts.

// codeAccuracy is the worst accuracy, in metres, of a fix that a code can complete.
// Deep indoors a phone still has a cell to go by; one that says worse was told to
// hide its precise location, and a picture of a code would then do for a whole town.
const codeAccuracy = 500

// lifts reports whether the fix's code makes up for what the phone could not know
// about the claim: that its place was too inaccurate. It never makes up for what the phone did know, and a fix that came
// late is only the device's word, also as to when the code was scanned.
func (f Fix) lifts(c Claim) bool {
	return f.Code != "" && f.Code == c.Customer && !f.Late && c.Verdict == Near && f.effective() <= codeAccuracy &&
		len(c.Reasons) == 1 && c.Reasons[0] == ReasonInaccurate
}

// proven reports whether the fix comes from a device that scanned the customer's
// code just now and is not elsewhere.
func (f Fix) proven(c Claim) bool {
	return f.Code != "" && f.Code == c.Customer && f.Evidence == EvidenceDevice && !f.Late && c.Verdict != OffSite
}

// SignalCodeAway says that a code was scanned away from its customer; metres.
const SignalCodeAway SignalKind = "code_away"

// codeAway asks about a code that was scanned where its customer is not. It may
// hang in another branch, or the customer's stored place may be wrong.
func (q *question) codeAway() {
	i := slices.IndexFunc(q.f.Fix.Claims, func(c Claim) bool { return q.f.Fix.Code != "" && c.Customer == q.f.Fix.Code })
	if i < 0 {
		return
	}
	if c := q.f.Fix.Claims[i]; c.Verdict == OffSite {
		q.add(SignalCodeAway, true, c.Distance, "")
	}
}
