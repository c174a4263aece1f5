package visit

import (
	"time"

	"roundsman/geo"
)

// Kind says what a fact tells.
type Kind string

// The kinds of facts of a rep's day.
const (
	// KindFix is a location that the rep sent.
	KindFix Kind = "fix"
	// KindPhoto is a photo that the rep sent; its bytes are fetched later.
	KindPhoto Kind = "photo"
	// KindPhotoKept says that a photo's bytes are in the store.
	KindPhotoKept Kind = "photo_kept"
	// KindPhotoMissing says that a photo's bytes cannot be had any more.
	KindPhotoMissing Kind = "photo_missing"
	// KindNote is a text that the rep wrote.
	KindNote Kind = "note"
	// KindChoice is the rep's answer to what a fix meant.
	KindChoice Kind = "choice"
	// KindCheckOut ends the visit in progress.
	KindCheckOut Kind = "check_out"

	// KindResult is what the rep says came of a visit.
	KindResult Kind = "result"

	// KindDecision is a manager's verdict on a visit, KindAsked their question
	// about it, KindExplained what its rep says of it.
	KindDecision  Kind = "decision"
	KindAsked     Kind = "asked"
	KindExplained Kind = "explained"
	// KindChallenged asks for a photo on the spot, KindChallengeMissed says that none
	// came in time.
	KindChallenged      Kind = "challenged"
	KindChallengeMissed Kind = "challenge_missed"

	// KindReport is the rep's daily report: what its note adds (今日心得) to what happened.
	KindReport Kind = "report"
	// KindComment is what a manager says of the day's report.
	KindComment Kind = "comment"
	// KindLeaveAsked asks for leave on the date, KindLeaveDecided is the manager's answer.
	KindLeaveAsked   Kind = "leave_asked"
	KindLeaveDecided Kind = "leave_decided"
	// KindComplaint opens a customer's complaint, KindComplaintClosed closes it.
	KindComplaint       Kind = "complaint"
	KindComplaintClosed Kind = "complaint_closed"

	// KindNudged says that the rep was nudged; its note is the job.
	KindNudged Kind = "nudged"
	// KindOnWay says that the rep is on the way to the choice's customer.
	KindOnWay Kind = "on_way"

	// KindPlanProposed is what Roundsman proposes for the date.
	KindPlanProposed Kind = "plan_proposed"
	// KindPlanChanged puts visits on the plan and takes others off.
	KindPlanChanged Kind = "plan_changed"
	// KindPlanConfirmed is the rep's yes to the plan as it stands.
	KindPlanConfirmed Kind = "plan_confirmed"
	// KindPlanLocked ends the time in which the plan may be changed without a reason.
	KindPlanLocked Kind = "plan_locked"
	// KindPlanReviewed is a manager's word on the plan.
	KindPlanReviewed Kind = "plan_reviewed"
)

// rank orders facts of the same instant, of which WeCom, that counts in
// seconds, has many: what begins a visit comes before what belongs to it, and
// that before what ends it; a proposal before what is said of it, and that after
// the lock of the same instant.
func (k Kind) rank() int {
	switch k {
	case KindPlanProposed:
		return -1
	case KindFix, KindPlanLocked:
		return 0
	case KindCheckOut:
		return 2
	}
	return 1
}

// Fact is something that happened in a rep's day. Facts are appended, never
// changed. The id derives from the cause, so the same cause twice is one fact.
type Fact struct {
	ID   string `json:"id"`
	Kind Kind   `json:"kind"`
	Rep  string `json:"rep"`
	Team string `json:"team"`
	Date Date   `json:"date"`
	// At is the event's own time, Received when Roundsman heard of it; both UTC milliseconds.
	At       time.Time `json:"at"`
	Received time.Time `json:"received"`
	// Platform and Message say where it came from; empty for internal events.
	Platform string `json:"platform,omitempty"`
	Message  string `json:"message,omitempty"`
	// By is who caused it, by id, if it was not the rep: a manager.
	By string `json:"by,omitempty"`
	// Visit is the id of the visit that a question, an explanation or a spot check is about.
	Visit string `json:"visit,omitempty"`

	Fix       *Fix           `json:"fix,omitempty"`
	Photo     *Photo         `json:"photo,omitempty"`
	Note      string         `json:"note,omitempty"`
	Choice    *Choice        `json:"choice,omitempty"`
	Result    *Result        `json:"result,omitempty"`
	Decision  *Decision      `json:"decision,omitempty"`
	Challenge *Challenge     `json:"challenge,omitempty"`
	Plan      *Change        `json:"plan,omitempty"`
	Review    *Review        `json:"review,omitempty"`
	Leave     *Leave         `json:"leave,omitempty"`
	Complaint *ComplaintFact `json:"complaint,omitempty"`
}

// Evidence is how strongly a fix proves presence.
type Evidence string

// The kinds of evidence.
const (
	// EvidenceDevice: the person's device measured it just now, on the rep's page.
	EvidenceDevice Evidence = "device"
	// EvidencePin: a point that the person sent, or what a device says it measured a while ago.
	EvidencePin Evidence = "pin"
	// EvidenceQR: measured just now by a device that scanned the customer's code ([Visit.Evidence]).
	EvidenceQR Evidence = "qr"
	// EvidenceChallenge is a photo that was asked for on the spot ([Visit.Evidence]).
	EvidenceChallenge Evidence = "challenge"
)

// Fix is a location as received and what the rule made of it at that time.
type Fix struct {
	// Point is the place as received, with the datum of its source.
	Point geo.Point `json:"point,omitzero"`
	// Accuracy is the 68 % radius in metres; 0 means that the source gave none.
	Accuracy float64 `json:"accuracy,omitempty"`
	// Address is the place's label as the platform gave it.
	Address  string   `json:"address,omitempty"`
	Evidence Evidence `json:"evidence"`
	// Late says that a device kept it and sent it long after its time, which is so only the device's word.
	Late bool `json:"late,omitempty"`
	// Support is the distance in metres to a device fix of the same minutes; negative when there was none.
	Support float64 `json:"support"`
	// Rule is the version of the rule that made the claims, MaxAccuracy its worst
	// accuracy that verifies, in metres, and MinStay its least stay, in minutes.
	Rule        string  `json:"rule"`
	MaxAccuracy float64 `json:"max_accuracy,omitempty"`
	MinStay     int     `json:"min_stay,omitempty"`
	// NoDrift says that nothing outside the radius was to verify.
	NoDrift bool `json:"no_drift,omitempty"`
	// Claims are the customers that the fix may mean, judged, nearest first.
	Claims []Claim `json:"claims,omitempty"`
	// Signals are what spoke against it when it came.
	Signals []Signal `json:"signals,omitempty"`
	// Code is the customer whose code was scanned for it, by id; empty if none was.
	Code string `json:"code,omitempty"`
}

// Claim is a customer that a fix may mean, with the verdict it would get.
type Claim struct {
	Customer string   `json:"customer"`
	Verdict  Verdict  `json:"verdict"`
	Reasons  []Reason `json:"reasons,omitempty"`
	// Distance, Radius and Near are metres. Distance is negative for a customer without a point.
	Distance float64 `json:"distance"`
	Radius   float64 `json:"radius"`
	Near     float64 `json:"near"`
	// Fenced says that the distance is to the customer's fence, and that there is no radius.
	Fenced bool `json:"fenced,omitempty"`
}

// Photo is a photo that was sent, or what became of it.
type Photo struct {
	// Of is the id of the KindPhoto fact that a later fact speaks of.
	Of string `json:"of,omitempty"`
	// SHA256 is the hex digest of the bytes as they came.
	SHA256 string `json:"sha256,omitempty"`
	Bytes  int64  `json:"bytes,omitempty"`
	// Reason says why a photo is missing: a word of the catalogue.
	Reason string `json:"reason,omitempty"`
	// Look is what its bytes say of it; nil if nobody looked.
	Look *Look `json:"look,omitempty"`
	// Signals are what spoke against it when its bytes were there.
	Signals []Signal `json:"signals,omitempty"`
}

// ComplaintFact opens a customer's complaint or closes one.
type ComplaintFact struct {
	// Of is the id of the fact that opened the complaint which is closed.
	Of       string `json:"of,omitempty"`
	Customer string `json:"customer,omitempty"`
	// Due is until when the fact's rep is to see to it; UTC milliseconds.
	Due time.Time `json:"due,omitzero"`
	// Text says what is wrong or, in the end, what was done.
	Text string `json:"text,omitempty"`
}

// Choice is what the rep said about a fix: a customer, or a new prospect (陌拜).
type Choice struct {
	// Fix is the id of the fix fact.
	Fix      string `json:"fix"`
	Customer string `json:"customer,omitempty"`
	Prospect bool   `json:"prospect,omitempty"`
}
