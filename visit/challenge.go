package visit

import (
	"slices"
	"time"
)

// A spot check asks for a photo at once: of the shop's front, with a number in it
// that nobody knew before. It needs no app and cannot be prepared.

// ChallengeFor is how long a rep has for the photo.
const ChallengeFor = 3 * time.Minute

// challengeLate is what a photo may take on its way beside that.
const challengeLate = 30 * time.Second

// Challenge is what is asked for at a visit.
type Challenge struct {
	// Number is to be seen in the photo: two digits.
	Number int `json:"number"`
	// Until is by when it is to be taken; UTC milliseconds.
	Until time.Time `json:"until,omitzero"`
}

// ChallengeState is a visit's spot check and what became of it.
type ChallengeState struct {
	Challenge
	// At is when it was asked for; zero if it was not.
	At time.Time
	// Photo is the id of the photo that answered it in time; empty if none did.
	Photo string
	// Missed says that the time went by without one.
	Missed bool
}

// SignalUnanswered says that a spot check was not answered in time; seconds.
const SignalUnanswered SignalKind = "unanswered"

// challenge lays a spot check, or the end of its time, over its visit.
func (v *Visit) challenge(f Fact) {
	switch f.Kind {
	case KindChallenged:
		if f.Challenge == nil {
			return
		}
		v.Challenge = ChallengeState{Challenge: *f.Challenge, At: f.At}
		for _, p := range v.Photos {
			if !p.At.Before(f.At) && !p.At.After(f.Challenge.Until.Add(challengeLate)) && p.Missing == "" {
				v.Challenge.Photo = p.ID
				break
			}
		}
	case KindChallengeMissed:
		if v.Challenge.At.IsZero() || v.Challenge.Photo != "" {
			return
		}
		v.Challenge.Missed = true
		v.Signals = append(v.Signals, Signal{Kind: SignalUnanswered, Value: ChallengeFor.Seconds()})
	}
}

// Evidence is the strongest that the visit has: a spot check that was answered by
// a photo against which nothing speaks, else the customer's code, scanned by a
// device that was not elsewhere, else that of its fix.
func (v Visit) Evidence() Evidence {
	i := slices.IndexFunc(v.Photos, func(p PhotoState) bool { return p.ID == v.Challenge.Photo })
	if v.Challenge.Photo != "" && i >= 0 && v.Photos[i].SHA256 != "" && len(v.Photos[i].Signals) == 0 {
		return EvidenceChallenge
	}
	if v.Fix.proven(v.Claim) {
		return EvidenceQR
	}
	return v.Fix.Evidence
}
