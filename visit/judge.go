package visit

import (
	"cmp"
	"math"
	"slices"

	"roundsman/geo"
)

// RuleVersion names the rule of [Rules.Judge] and [Signals]; a check-in keeps the version that judged it.
const RuleVersion = "4"

// Verdict is what the rule says of a check-in. The empty verdict means that
// there was nothing to measure against: a new prospect.
type Verdict string

// The verdicts.
const (
	Verified   Verdict = "verified"
	Near       Verdict = "near"
	OffSite    Verdict = "off_site"
	Suspicious Verdict = "suspicious"
)

// rank orders verdicts from best to worst.
func (v Verdict) rank() int {
	switch v {
	case Verified:
		return 0
	case Near:
		return 1
	case Suspicious:
		return 2
	case OffSite:
		return 3
	}
	return 4
}

// Reason is why a verdict is not better: a word of the catalogue.
type Reason string

// The reasons.
const (
	// ReasonOutside: outside the radius, within the band that needs a reason.
	ReasonOutside Reason = "outside"
	// ReasonDrift: outside the radius by less than half the fix's own uncertainty.
	ReasonDrift Reason = "drift"
	// ReasonInaccurate: the fix is too inaccurate to verify anything.
	ReasonInaccurate Reason = "inaccurate"
	// ReasonFar: beyond every allowance.
	ReasonFar Reason = "far"
	// ReasonNoPoint: the customer's place is not known yet.
	ReasonNoPoint Reason = "no_point"
	// ReasonEvidence: near enough, but only a device's own fix verifies here, and this is none.
	ReasonEvidence Reason = "evidence"
	// ReasonCode: the customer's code was scanned there, for what the phone could not know.
	ReasonCode Reason = "code"
)

// Rules are the numbers of the verdict, in metres but for MinStay.
type Rules struct {
	// Radius is the fence of a customer that has none of its own.
	Radius float64
	// Near is the outer edge of the band in which a visit needs a reason; at
	// least twice the customer's radius is always allowed.
	Near float64
	// MaxAccuracy is the worst accuracy that can still verify.
	MaxAccuracy float64
	// MinStay is the least time at a customer, in minutes; 0 is none.
	MinStay int
	// NoDrift says that a fix outside the radius verifies nothing, however little
	// outside and however uncertain it is.
	NoDrift bool
	// DeviceOnly says that nothing but a device's own fix verifies.
	DeviceOnly bool
}

// What is assumed of a fix that came without an accuracy, and the bounds put on one that did.
const (
	pinAccuracy    = 50
	deviceAccuracy = 65
	minAccuracy    = 5
	maxAccuracy    = 1000
	// maxCredit bounds what a bad fix may add to the near band.
	maxCredit = 100
	// confidence scales a 68 % radius to a 95 % one (Rayleigh: 1.62146), used
	// before somebody is said to be elsewhere.
	confidence = 1.62
)

// effective returns the accuracy that the rule works with.
func (f Fix) effective() float64 {
	a := f.Accuracy
	if !(a > 0) || math.IsInf(a, 0) {
		if f.Evidence == EvidenceDevice {
			return deviceAccuracy
		}
		return pinAccuracy
	}
	return min(max(a, minAccuracy), maxAccuracy)
}

// Judge says what a fix proves about a customer. Distances are metres between
// WGS-84 places. A customer without a point is near, for the reason that its
// place is not known.
func (r Rules) Judge(f Fix, c Customer) Claim { return r.judge(f, f.Point.WGS84(), &c) }

// judge is Judge with the fix's place already in WGS-84.
func (r Rules) judge(f Fix, here geo.Point, c *Customer) Claim {
	radius := c.Radius
	if radius <= 0 {
		radius = r.Radius
	}
	claim := Claim{Customer: c.ID, Radius: radius, Near: max(r.Near, 2*radius), Fenced: !c.Fence.IsZero()}
	if claim.Fenced {
		radius, claim.Radius, claim.Near = 0, 0, r.Near
	} else if c.Point.IsZero() {
		claim.Verdict, claim.Reasons, claim.Distance = Near, []Reason{ReasonNoPoint}, -1
		return claim
	}
	place := c.Place
	if place.IsZero() {
		place = c.Point.WGS84()
	}
	a := f.effective()
	d := c.Fence.Distance(here)
	if !claim.Fenced {
		d = geo.Distance(here, place)
	}
	claim.Distance = math.Round(d*10) / 10
	credit := min(a, maxCredit)
	usable := a <= r.MaxAccuracy
	// Acceptance is always written d <= limit, so that a NaN is never accepted.
	switch {
	case d <= radius && usable:
		claim.Verdict = Verified
	case d <= radius+credit/2 && usable && !r.NoDrift:
		claim.Verdict, claim.Reasons = Verified, []Reason{ReasonDrift}
	case !usable && d <= claim.Near+a:
		claim.Verdict, claim.Reasons = Near, []Reason{ReasonInaccurate}
	case d <= claim.Near+credit:
		claim.Verdict, claim.Reasons = Near, []Reason{ReasonOutside}
	case d-confidence*a <= radius:
		// Not confidently outside.
		claim.Verdict, claim.Reasons = Near, []Reason{ReasonInaccurate}
	default:
		claim.Verdict, claim.Reasons = OffSite, []Reason{ReasonFar}
	}
	if r.DeviceOnly && claim.Verdict == Verified && f.Evidence != EvidenceDevice {
		claim.Verdict, claim.Reasons = Near, []Reason{ReasonEvidence}
	}
	if f.lifts(claim) {
		claim.Verdict, claim.Reasons = Verified, []Reason{ReasonCode}
	}
	return claim
}

// claimReach is how far, in metres, a planned customer may be for a location
// still to be understood as meant for it, and so to be off site. Further away
// the location says nothing about any customer, and a prospect is offered.
const claimReach = 3000

// maxClaims bounds what a fix keeps.
const maxClaims = 12

// Claims judges a fix against every customer that it may mean: those within
// reach, and the planned ones within three kilometres or without a known place.
// Best first. The customer whose code was scanned is among them wherever it is.
func (r Rules) Claims(f Fix, plan []PlannedVisit, customers []Customer) []Claim {
	planned := make(map[string]bool, len(plan))
	for _, p := range plan {
		planned[p.Customer] = true
	}
	here := f.Point.WGS84()
	box := geo.Around(f.Point, claimReach*1.01+1)
	claims := make([]Claim, 0, min(len(customers), 4*maxClaims))
	for i := range customers {
		c := &customers[i]
		coded := f.Code != "" && c.ID == f.Code
		if !coded && !c.Point.IsZero() && c.Fence.IsZero() && !box.Contains(c.Point) {
			continue
		}
		claim := r.judge(f, here, c)
		unknown := claim.Distance < 0
		switch {
		case coded:
			claims = append(claims, claim)
		case unknown && !planned[c.ID]:
		case claim.Verdict != OffSite, planned[c.ID] && claim.Distance <= claimReach:
			claims = append(claims, claim)
		}
	}
	slices.SortFunc(claims, compareClaims)
	if i := slices.IndexFunc(claims, func(c Claim) bool { return c.Customer == f.Code }); f.Code != "" && i >= maxClaims {
		claims[maxClaims-1] = claims[i]
	}
	return claims[:min(len(claims), maxClaims)]
}

// compareClaims orders by verdict, distance and id; unknown places come last of their verdict.
func compareClaims(a, b Claim) int {
	far := func(c Claim) float64 {
		if c.Distance < 0 {
			return math.MaxFloat64
		}
		return c.Distance
	}
	return cmp.Or(
		cmp.Compare(a.Verdict.rank(), b.Verdict.rank()),
		cmp.Compare(far(a), far(b)),
		cmp.Compare(a.Customer, b.Customer),
	)
}
