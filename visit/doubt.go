package visit

import (
	"math"
	"slices"
	"strconv"
	"strings"
	"time"

	"roundsman/geo"
)

// A Signal is something that speaks against a check-in or a photo. It is a
// question for a manager and no proof: each has honest causes.
type Signal struct {
	Kind SignalKind `json:"kind"`
	// Hard says that it is enough for a question; of the others, three kinds are.
	Hard bool `json:"hard,omitempty"`
	// Value is the signal's measure, in the unit of its kind.
	Value float64 `json:"value,omitempty"`
	// With is the id of the fact that it is in conflict with, if it is with one.
	With string `json:"with,omitempty"`
}

// SignalKind names what speaks against a check-in: a word of the catalogue.
type SignalKind string

// The kinds of signals of a fix, with the unit of their value.
const (
	// SignalTravel: faster from another fix than anybody travels; km/h.
	SignalTravel SignalKind = "travel"
	// SignalShared: the very numbers of another person's fix; days since.
	SignalShared SignalKind = "shared"
	// SignalRepeated: the very numbers of fixes of other days; how many days.
	SignalRepeated SignalKind = "repeated"
	// SignalOnPoint: on the customer's stored place itself, closer than any
	// device knows its own; how many of the latest fixes.
	SignalOnPoint SignalKind = "on_point"
	// SignalStill: a device that shows not the least noise; seconds.
	SignalStill SignalKind = "still"
	// SignalRounded: digits cut as an emulator or a person cuts them; how many are left.
	SignalRounded SignalKind = "rounded"
	// SignalConstant: always the same accuracy; metres.
	SignalConstant SignalKind = "constant"
	// SignalSharp: more accurate than a phone is; metres.
	SignalSharp SignalKind = "sharp"
	// SignalMismatch: away from where the device itself was minutes ago; metres.
	SignalMismatch SignalKind = "mismatch"
	// SignalQuick: minutes after a check-in at another place; seconds.
	SignalQuick SignalKind = "quick"
	// SignalCrowd: several customers that lie apart, all from one place; how many.
	SignalCrowd SignalKind = "crowd"
)

// softLimit is how many kinds of signals raise a question together.
const softLimit = 3

// Doubted reports whether the signals raise a question: a hard one does, or
// three kinds of others.
func Doubted(signals []Signal) bool {
	var soft []SignalKind
	for _, s := range signals {
		if s.Hard {
			return true
		}
		if !slices.Contains(soft, s.Kind) {
			soft = append(soft, s.Kind)
		}
	}
	return len(soft) >= softLimit
}

// What the signals go by. The numbers come from what phones do: network
// locations snap to the same digits in the same place, an iPhone indoors says
// 65 m all day, a train stands in no shop.
const (
	// kilometres an hour; metres below which no travel is looked at.
	roadSpeed, railSpeed, airSpeed = 150, 350, 1000
	roadReach, railReach           = 5_000, 50_000
	// travelFor is between which fixes travel is looked at.
	travelFor = 24 * time.Hour
	// sharedFor is for how long another person's digits are remembered; within
	// samePhone they may well be the same phone's, or the same Wi-Fi's.
	sharedFor, samePhone = 7 * 24 * time.Hour, 15 * time.Minute
	// satellite is the accuracy in metres up to which a fix comes from
	// satellites, whose noise never gives the same digits twice.
	satellite = 20
	// Dates on which the same digits were seen, to speak of it and to be sure of it.
	repeats, certainRepeats = 3, 5
	// onPoint in metres; recent is among how many of the latest fixes.
	onPoint, recent = 0.5, 10
	stillFor        = time.Minute
	stillFixes      = 3
	// Digits after the point: what an emulator has at most, what a phone has at least.
	roundDigits, fullDigits = 4, 6
	sharp                   = 3
	// How far off, in metres, a device's own position may be that is older by no
	// time, and how fast somebody may have moved since: a taxi, an express road.
	mismatch                   = 500
	mismatchSlow, mismatchFast = 10, 40
	// quickFor is between check-ins at places that are further apart than apart, in metres.
	quickFor, apart = 5 * time.Minute, 150
	// So many customers apart within rushFor are sure, if that is less than a scooter's
	// ways (metres a second) and a minute each take.
	rush, rushFor       = 4, 15 * time.Minute
	rushSpeed, rushStop = 30 / kilometresAnHour, time.Minute
	// Customers apart from each other that were claimed from within onePlace
	// metres, to speak of it and to be sure of it.
	onePlace              = 30
	crowd, certainCrowd   = 3, 5
	crowdFor              = 3 * time.Hour
	kilometresAnHour      = 3.6
	minimalTravelInterval = time.Second
)

// Past is what was known when a fix came.
type Past struct {
	// Own are fixes of the same rep, in any order: those of the date, and of
	// the days before the latest at least.
	Own []Fact
	// Same are fixes of anybody with the same coordinates, as received.
	Same []Fact
	// Meant are the customers that the fixes of the date mean, by the fix's id
	// ([Day.Meant]), and Places where customers are.
	Meant  map[string]string
	Places map[string]geo.Point
	// Device is the position that the device itself gave in the minutes before.
	Device Sighting
}

// Sighting is a position that a device gave of itself.
type Sighting struct {
	Point geo.Point
	// Accuracy is the 68 % radius in metres, 0 if there was none.
	Accuracy float64
	At       time.Time
}

// IsZero reports whether there was none.
func (s Sighting) IsZero() bool { return s.Point.IsZero() }

// Signals says what speaks against a fix, in the order of the kinds. It is
// pure: the same past gives the same signals.
func Signals(f Fact, past Past) []Signal {
	if f.Fix == nil || f.Fix.Point.IsZero() {
		return nil
	}
	q := question{f: f, past: past, here: f.Fix.Point.WGS84(), device: f.Fix.Evidence == EvidenceDevice}
	for _, o := range past.Own {
		if o.ID != f.ID && o.Fix != nil && !o.Fix.Point.IsZero() {
			q.own = append(q.own, o)
		}
	}
	slices.SortFunc(q.own, compareFacts)
	q.travel()
	q.shared()
	if q.device {
		q.repeated()
		q.onPoint()
		q.still()
		q.rounded()
		q.accuracy()
	}
	q.mismatch()
	q.quick()
	q.crowd()
	q.codeAway()
	return q.out
}

// question is a fix that is being looked at.
type question struct {
	f      Fact
	past   Past
	here   geo.Point
	device bool
	// own are the rep's other fixes, in their order.
	own []Fact
	out []Signal
}

func (q *question) add(k SignalKind, hard bool, value float64, with string) {
	q.out = append(q.out, Signal{k, hard, math.Round(value*10) / 10, with})
}

// before are the rep's own fixes up to the looked-at one, latest first, that the device gave.
func (q *question) before() []Fact {
	var out []Fact
	for _, o := range slices.Backward(q.own) {
		if o.Fix.Evidence == EvidenceDevice && !o.At.After(q.f.At) {
			out = append(out, o)
		}
	}
	return out
}

// travel looks at the fixes just before and just after. What they themselves
// do not know of their place counts for the rep.
func (q *question) travel() {
	i, _ := slices.BinarySearchFunc(q.own, q.f, compareFacts)
	var worst Signal
	for _, j := range []int{i - 1, i} {
		if j < 0 || j >= len(q.own) {
			continue
		}
		o := q.own[j]
		gap := q.f.At.Sub(o.At).Abs()
		if gap > travelFor {
			continue
		}
		d := geo.Distance(q.here, o.Fix.Point)
		way := d - q.f.Fix.effective() - o.Fix.effective()
		speed := way / max(gap, minimalTravelInterval).Seconds() * kilometresAnHour
		// Below five kilometres it is a wrong pin and its correction. A network's place
		// near no customer gains nobody anything: routers move house, tunnels lead abroad.
		stray := o.Fix.byNetwork() && q.past.Meant[o.ID] == "" && !o.Fix.claims()
		hard := speed > airSpeed && d > roadReach && !stray
		soft := speed > roadSpeed && d > roadReach || speed > railSpeed && d > railReach
		if (hard || soft) && speed > worst.Value {
			worst = Signal{SignalTravel, hard, speed, o.ID}
		}
	}
	if worst.Kind != "" {
		q.add(worst.Kind, worst.Hard, worst.Value, worst.With)
	}
}

// shared looks for another person's very numbers. A pin's come from the
// platform's list of places, and a network's are the same for everybody who
// stands there: only those from satellites say something.
func (q *question) shared() {
	if !q.device || !(q.f.Fix.Accuracy > 0) || q.f.Fix.byNetwork() {
		return
	}
	for _, o := range q.past.Same {
		age := q.f.At.Sub(o.At).Abs()
		if o.Rep == q.f.Rep || !sameNumbers(o, q.f) || age > sharedFor {
			continue
		}
		q.add(SignalShared, age > samePhone, age.Hours()/24, o.ID)
		return
	}
}

// byNetwork reports whether a device took its place from a Wi-Fi or a cell, which
// are the same to the last digit for as long as one stays.
func (f Fix) byNetwork() bool { return f.Evidence == EvidenceDevice && f.Accuracy > satellite }

// claims reports whether a fix may prove a visit to anybody.
func (f Fix) claims() bool {
	return slices.ContainsFunc(f.Claims, func(c Claim) bool { return c.Verdict != OffSite && c.Distance >= 0 })
}

// sameNumbers reports whether two device fixes are alike to the last digit.
func sameNumbers(a, b Fact) bool {
	return a.Fix != nil && b.Fix != nil && a.Fix.Evidence == b.Fix.Evidence && a.Fix.Point == b.Fix.Point && a.Fix.Accuracy == b.Fix.Accuracy
}

func (q *question) repeated() {
	dates := make(map[Date]bool)
	for _, o := range slices.Concat(q.past.Same, q.own) {
		if o.Rep == q.f.Rep && o.ID != q.f.ID && o.Date != q.f.Date && sameNumbers(o, q.f) {
			dates[o.Date] = true
		}
	}
	if n := len(dates); n >= repeats && decimals(q.f.Fix.Point) >= fullDigits {
		a := q.f.Fix.Accuracy
		q.add(SignalRepeated, n >= certainRepeats && a > 0 && a <= satellite, float64(n), "")
	}
}

func (q *question) onPoint() {
	if len(q.f.Fix.Claims) == 0 || !on(q.f.Fix) {
		return
	}
	n, running := 1, 1
	before := q.before()
	for i, o := range before[:min(len(before), recent-1)] {
		if on(o.Fix) {
			n++
			if i == 0 {
				running++
			}
		}
	}
	// Chance comes near it once in a hundred times, and so not twice in a row.
	q.add(SignalOnPoint, running > 1 || n > 2, float64(n), "")
}

// on reports whether a fix lies on the very place of a customer.
func on(f *Fix) bool {
	return slices.ContainsFunc(f.Claims, func(c Claim) bool { return c.Distance >= 0 && c.Distance <= onPoint })
}

func (q *question) still() {
	if q.f.Fix.byNetwork() {
		return
	}
	n, first := 1, q.f.At
	for _, o := range q.before() {
		if o.Date != q.f.Date || o.Fix.Point != q.f.Fix.Point {
			break
		}
		n, first = n+1, o.At
	}
	if span := q.f.At.Sub(first); n >= stillFixes && span >= stillFor {
		q.add(SignalStill, false, span.Seconds(), "")
	}
}

func (q *question) rounded() {
	n := decimals(q.f.Fix.Point)
	if n > roundDigits {
		return
	}
	before := q.before()
	full := 0
	for _, o := range before {
		if decimals(o.Fix.Point) >= fullDigits {
			full++
		}
	}
	if 2*full >= len(before) {
		q.add(SignalRounded, false, float64(n), "")
	}
}

// decimals is how many a point has after the decimal point, of the coordinate that has more.
func decimals(p geo.Point) int {
	after := func(f float64) int {
		s := strconv.FormatFloat(f, 'f', -1, 64)
		_, tail, _ := strings.Cut(s, ".")
		return len(tail)
	}
	return max(after(p.Lat), after(p.Lng))
}

func (q *question) accuracy() {
	a := q.f.Fix.Accuracy
	before := q.before()
	if len(before) >= recent-1 && a > 0 && !slices.ContainsFunc(before[:recent-1], func(o Fact) bool { return o.Fix.Accuracy != a }) {
		q.add(SignalConstant, false, a, "")
	}
	if a < sharp {
		q.add(SignalSharp, false, a, "")
	}
}

// mismatch compares a pin with where the device itself was. In between
// somebody may have moved.
func (q *question) mismatch() {
	seen := q.past.Device
	if q.device || seen.IsZero() {
		return
	}
	d := geo.Distance(q.here, seen.Point)
	moving := q.f.At.Sub(seen.At).Abs().Seconds()
	unsure := mismatch + min(max(seen.Accuracy, 0), maxAccuracy)
	if d > unsure+mismatchSlow*moving {
		q.add(SignalMismatch, d > unsure+mismatchFast*moving, d, "")
	}
}

// meant is the customer that a fix means, and its place.
func (q *question) meant(f Fact) (string, geo.Point) {
	c := q.past.Meant[f.ID]
	return c, q.past.Places[c]
}

// quick looks at how soon after others the check-in came. One stop may be
// short; of four in a quarter of an hour it counts whether there was time for the ways.
func (q *question) quick() {
	customer, place := q.meant(q.f)
	if place.IsZero() {
		return
	}
	var last *Fact
	stops, names := []geo.Point{place}, []string{customer}
	way, since := 0.0, q.f.At
	for _, o := range slices.Backward(q.own) {
		gap := q.f.At.Sub(o.At)
		if gap < 0 || o.Date != q.f.Date {
			continue
		}
		if gap >= rushFor {
			break
		}
		other, at := q.meant(o)
		if at.IsZero() {
			continue
		}
		if other == names[len(names)-1] {
			since = o.At // sent more than once at that stop
			continue
		}
		if slices.Contains(names, other) || near(stops, at) {
			continue
		}
		since = o.At
		way += geo.Distance(stops[len(stops)-1], at)
		stops, names = append(stops, at), append(names, other)
		if last == nil {
			last = &o
		}
	}
	if last != nil && q.f.At.Sub(last.At) < quickFor {
		needed := time.Duration(way/rushSpeed*float64(time.Second)) + time.Duration(len(stops)-1)*rushStop
		q.add(SignalQuick, len(stops) >= rush && q.f.At.Sub(since) < needed, q.f.At.Sub(last.At).Seconds(), last.ID)
	}
}

// near reports whether one of the places is not apart from another.
func near(places []geo.Point, p geo.Point) bool {
	return slices.ContainsFunc(places, func(o geo.Point) bool { return !(geo.Distance(o, p) > apart) })
}

func (q *question) crowd() {
	customer, place := q.meant(q.f)
	if place.IsZero() {
		return
	}
	// Each of them lies apart from all others counted, so that a mall's are one.
	places, n := []geo.Point{place}, []string{customer}
	for _, o := range q.own {
		other, at := q.meant(o)
		if at.IsZero() || o.Date != q.f.Date || q.f.At.Sub(o.At).Abs() > crowdFor || slices.Contains(n, other) {
			continue
		}
		if geo.Distance(q.here, o.Fix.Point) <= onePlace && !near(places, at) {
			places, n = append(places, at), append(n, other)
		}
	}
	if len(n) >= crowd {
		q.add(SignalCrowd, len(n) >= certainCrowd, float64(len(n)), "")
	}
}
