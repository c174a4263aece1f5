package visit

import (
	"slices"
	"time"
)

// How far a visit reaches for photos and notes.
const (
	// OpenFor is how long after its last sign of life a visit that nobody ended still takes photos and notes.
	OpenFor = 2 * time.Hour
	// PhotoLead is how long before a check-in a photo may have been taken, and a
	// word written, for it.
	PhotoLead = 15 * time.Minute
	// AtTheDoor is how long before a check-in a photo is taken to be of the
	// customer that one goes to, although the visit before was never ended.
	AtTheDoor = 3 * time.Minute
	// Again is for how long after the last sign of life another location at the
	// same place is the same visit; later it is the next check-in, next door.
	Again = 10 * time.Minute
	// closeCall is the difference in metres under which two customers are equally meant.
	closeCall = 30
)

// Day is a rep's day: what its facts amount to.
type Day struct {
	Visits []Visit
	// Unplaced are fixes that mean no customer and that nobody has explained yet.
	Unplaced []Fact
	// Loose are photos that belong to no visit yet, LooseNotes texts, LooseResults results.
	Loose        []PhotoState
	LooseNotes   []NoteState
	LooseResults []Fact
	// OnWay is where the rep last said to be on the way to; nil if they did not,
	// or have been somewhere since.
	OnWay *OnWay
	// Leave is the leave that was granted, in half days.
	Leave int
	// Reported is when the daily report was first submitted, Reflections what it
	// says of itself (今日心得), Comments what managers said of it.
	Reported    time.Time
	Reflections string
	Comments    []NoteState
	// Complaints are those that were opened or closed on the date, in their order.
	Complaints []ComplaintState
	// Facts is how many facts were folded. It only grows, and so it is the
	// version of whatever is told about the day.
	Facts int
}

// OnWay says that a rep is on the way to a customer.
type OnWay struct {
	Customer string
	At       time.Time
}

// ComplaintState is a complaint as far as the day's facts tell of it.
type ComplaintState struct {
	// ID is the id of the fact that opened it, on whatever date.
	ID, Customer string
	// Text says what is wrong, Due until when it is to be seen to; both empty if it was opened on another date.
	Text string
	Due  time.Time
	// Closed says that it was closed, Done what was done.
	Closed bool
	Done   string
}

// Visit is one call on a customer.
type Visit struct {
	// ID is the id of the fix that began it.
	ID string
	// Customer is empty for a prospect (陌拜).
	Customer string
	Prospect bool
	// Planned says that the customer was on the day's plan, Order where.
	Planned bool
	Order   int
	// Claim is the best that the visit's fixes proved; its Verdict is empty for a prospect.
	Claim Claim
	// Options are other customers that the fix may mean as well: the rep is asked. Nil once they answered.
	Options []Claim
	// Point, Accuracy, Address, Evidence and Rule are those of the fix that gave the claim.
	Fix Fix
	// Start is the time of the first fix, Seen of the last sign of life.
	Start, Seen time.Time
	// End is zero while the visit goes on. CheckedOut says that the rep ended it.
	End        time.Time
	CheckedOut bool
	// Left is since when the rep was elsewhere for sure; zero if nothing shows it.
	Left   time.Time
	Photos []PhotoState
	Notes  []string
	// Result is all that was said of what came of it.
	Result Result
	// Signals are what speaks against it, of its fixes and its photos.
	Signals []Signal
	// Decided is the fact by which a manager decided on it last, with its Decision; nil if nobody did.
	Decided *Fact
	// Asked is when a manager last asked its rep about it, and AskedBy who, by id; zero if nobody did.
	Asked   time.Time
	AskedBy string
	// Challenge is its spot check, if there was one.
	Challenge ChallengeState
	// Explanations are what its rep said when it was in doubt.
	Explanations []string
	Source       Fact
}

// PhotoState is a photo and what is known of its bytes.
type PhotoState struct {
	// ID is the id of the photo's fact.
	ID     string
	At     time.Time
	SHA256 string
	// Missing is the reason when the bytes cannot be had; with neither, they are on their way.
	Missing string
	// Signals are what speaks against it.
	Signals []Signal
}

// NoteState is a text that belongs to no visit yet.
type NoteState struct {
	// ID is the id of the note's fact.
	ID   string
	At   time.Time
	Text string
}

// Meant are the customers that the day's fixes mean, by the fix's id. Of the fixes
// of one visit it has the first.
func (d Day) Meant() map[string]string {
	out := make(map[string]string, len(d.Visits))
	for _, v := range d.Visits {
		if v.Customer != "" {
			out[v.ID] = v.Customer
		}
	}
	return out
}

// LooseWords are the ids of the facts of texts that belong to no visit yet.
func (d Day) LooseWords() []string {
	var ids []string
	for _, n := range d.LooseNotes {
		ids = append(ids, n.ID)
	}
	for _, r := range d.LooseResults {
		ids = append(ids, r.ID)
	}
	return ids
}

// Open reports whether the visit still takes photos and notes at t.
func (v Visit) Open(t time.Time) bool {
	return v.End.IsZero() && !t.Before(v.Start) && t.Sub(v.Seen) <= OpenFor
}

// Explained reports whether a visit that needs a reason has one.
func (v Visit) Explained() bool { return len(v.Notes)+len(v.Explanations) > 0 }

// Said is everything that the rep said of the visit.
func (v Visit) Said() []string { return slices.Concat(v.Notes, v.Explanations) }

// Fold derives a rep's day from its facts, in whatever order they are given.
func Fold(plan []PlannedVisit, facts []Fact) Day {
	f := folder{
		day:     Day{Facts: len(facts), Leave: halves(granted(facts))},
		plan:    make(map[string]int, len(plan)),
		choices: make(map[string]Choice),
		kept:    make(map[string]Photo),
		reached: make(map[string]bool),
	}
	for _, p := range plan {
		f.plan[p.Customer] = p.Order
	}
	sorted := inOrder(facts)
	fixes := 0
	for _, fact := range sorted {
		if fact.Kind == KindFix {
			fixes++
		}
		switch {
		case fact.Kind == KindOnWay && fact.Choice != nil:
			f.day.OnWay = &OnWay{fact.Choice.Customer, fact.At}
		case fact.Choice != nil:
			f.choices[fact.Choice.Fix] = *fact.Choice
		case fact.Photo != nil && fact.Photo.Of != "":
			// Bytes that were kept beat an earlier report that they are missing.
			if old, ok := f.kept[fact.Photo.Of]; !ok || old.SHA256 == "" {
				f.kept[fact.Photo.Of] = *fact.Photo
			}
		}
	}
	f.day.Visits = slices.Grow(f.day.Visits, fixes)
	for _, fact := range sorted {
		switch fact.Kind {
		case KindFix:
			if fact.Fix != nil {
				f.fix(fact)
			}
		case KindPhoto:
			f.photo(fact)
		case KindNote:
			if v := f.open(fact.At); v != nil {
				v.Notes = append(v.Notes, fact.Note)
				v.Seen = fact.At
			} else {
				f.day.LooseNotes = append(f.day.LooseNotes, NoteState{fact.ID, fact.At, fact.Note})
			}
		case KindResult:
			if fact.Result != nil {
				f.result(fact)
			}
		case KindReport:
			f.report(fact)
		case KindComment:
			f.day.Comments = append(f.day.Comments, NoteState{fact.ID, fact.At, fact.Note})
		case KindComplaint, KindComplaintClosed:
			if fact.Complaint != nil {
				f.complaint(fact)
			}
		case KindCheckOut:
			// An explicit end is one however long ago the last sign of life was.
			if v := f.last(); v != nil && v.End.IsZero() {
				v.End, v.CheckedOut = fact.At, true
			}
		}
	}
	f.review(sorted)
	return f.day
}

type folder struct {
	day     Day
	plan    map[string]int
	choices map[string]Choice
	kept    map[string]Photo
	// away says that the rep sent a location that means no customer since the
	// last visit began: what follows is not about that visit.
	away bool
	// outside is when the first of the fixes in a row came that were outside the last visit's place.
	outside time.Time
	// reached holds the customers with a visit that was not off site.
	reached map[string]bool
}

// last returns the latest visit, or nil.
func (f *folder) last() *Visit {
	if n := len(f.day.Visits); n > 0 {
		return &f.day.Visits[n-1]
	}
	return nil
}

// open returns the visit in progress at t, or nil.
func (f *folder) open(t time.Time) *Visit {
	if v := f.last(); v != nil && v.Open(t) && !f.away {
		return v
	}
	return nil
}

func (f *folder) fix(fact Fact) {
	f.leave(fact)
	choice, chosen := f.choices[fact.ID]
	var claim Claim
	var options []Claim
	switch {
	case chosen && choice.Prospect:
	case chosen:
		claim = claimOf(*fact.Fix, choice.Customer)
	case fact.Fix.Code != "":
		claim = claimOf(*fact.Fix, fact.Fix.Code)
	default:
		var ok bool
		if claim, options, ok = f.pick(fact); !ok {
			f.day.Unplaced = append(f.day.Unplaced, fact)
			f.away = true
			return
		}
	}
	f.away = false
	if v := f.open(fact.At); v != nil && claim.Customer != "" && v.Customer == claim.Customer {
		// The rep tries again where they are: the best fix counts, and all that speaks against any.
		v.Seen = fact.At
		v.Signals = append(v.Signals, fact.Fix.Signals...)
		if better(claim, *fact.Fix, v.Claim, v.Fix) {
			v.Claim, v.Fix, v.Options = claim, *fact.Fix, options
		}
		f.reach(v)
		return
	}
	before := f.last()
	if before != nil && before.End.IsZero() {
		before.End = fact.At
	}
	order, planned := f.plan[claim.Customer]
	v := Visit{
		ID: fact.ID, Customer: claim.Customer, Prospect: claim.Customer == "",
		Planned: planned && claim.Customer != "", Order: order,
		Claim: claim, Options: options, Fix: *fact.Fix, Signals: slices.Clone(fact.Fix.Signals),
		Start: fact.At, Seen: fact.At, Source: fact,
	}
	f.outside = time.Time{}
	f.gather(&v, before)
	if w := f.day.OnWay; w != nil && !fact.At.Before(w.At) {
		f.day.OnWay = nil
	}
	f.day.Visits = append(f.day.Visits, v)
	f.reach(f.last())
}

// better reports whether a fix proves more of a visit than another one. Of the
// same verdict, one with the customer's code does.
func better(claim Claim, fix Fix, than Claim, of Fix) bool {
	if claim.Verdict == than.Verdict && fix.proven(claim) != of.proven(than) {
		return fix.proven(claim)
	}
	return compareClaims(claim, than) < 0
}

// gather gives a visit that begins what was sent for it before: loose photos
// and notes, and photos taken at its door while the visit before was not ended.
func (f *folder) gather(v, before *Visit) {
	f.day.Loose = slices.DeleteFunc(f.day.Loose, func(p PhotoState) bool {
		if v.Start.Sub(p.At) > PhotoLead {
			return false
		}
		v.Photos = append(v.Photos, p)
		return true
	})
	f.day.LooseNotes = slices.DeleteFunc(f.day.LooseNotes, func(n NoteState) bool {
		if v.Start.Sub(n.At) > PhotoLead {
			return false
		}
		v.Notes = append(v.Notes, n.Text)
		return true
	})
	f.day.LooseResults = slices.DeleteFunc(f.day.LooseResults, func(r Fact) bool {
		if v.Start.Sub(r.At) > PhotoLead {
			return false
		}
		v.Result = v.Result.then(*r.Result)
		return true
	})
	if before == nil || before.CheckedOut {
		return
	}
	before.Photos = slices.DeleteFunc(before.Photos, func(p PhotoState) bool {
		if v.Start.Sub(p.At) > AtTheDoor || p.At.Sub(before.Start) <= AtTheDoor {
			return false
		}
		v.Photos = append(v.Photos, p)
		return true
	})
}

// result gives a result to the visit that it names, else to the one in progress
// or the last one: many are written on the way out. Before the first visit it
// waits for one, like a note.
func (f *folder) result(fact Fact) {
	r := *fact.Result
	v := f.last()
	if r.Visit != "" {
		if named := f.day.Visit(r.Visit); named != nil {
			v = named
		}
	}
	if v == nil {
		f.day.LooseResults = append(f.day.LooseResults, fact)
		return
	}
	v.Result = v.Result.then(r)
	if v.Open(fact.At) {
		v.Seen = fact.At
	}
}

// report takes a report. A later one corrects the words, not the time.
func (f *folder) report(fact Fact) {
	if f.day.Reported.IsZero() {
		f.day.Reported = fact.At
	}
	if fact.Note != "" {
		f.day.Reflections = fact.Note
	}
}

func (f *folder) reach(v *Visit) {
	if v.Claim.Verdict == Verified || v.Claim.Verdict == Near {
		f.reached[v.Customer] = true
	}
}

// claimOf returns what the fix proves about a customer that the rep named. One
// that was not among the fix's claims is off site at an unknown distance.
func claimOf(f Fix, customer string) Claim {
	for _, c := range f.Claims {
		if c.Customer == customer {
			return c
		}
	}
	return Claim{Customer: customer, Verdict: OffSite, Reasons: []Reason{ReasonFar}, Distance: -1}
}

// pick finds the customer that a fix means: one that it verifies before one
// that it is only near of, and among these a planned one not yet visited
// first; else the nearest planned one that it is off site of. The options are
// those that are about as near; the rep is asked.
func (f *folder) pick(fact Fact) (Claim, []Claim, bool) {
	var unvisited, others, off []Claim
	for _, c := range fact.Fix.Claims {
		_, planned := f.plan[c.Customer]
		switch {
		case c.Distance < 0:
			// A place that is not known can be chosen, never assumed.
		case c.Verdict == OffSite:
			if planned && !f.reached[c.Customer] {
				off = append(off, c)
			}
		case planned && !f.reached[c.Customer]:
			unvisited = append(unvisited, c)
		default:
			others = append(others, c)
		}
	}
	here, still := f.here(fact.At, slices.Concat(unvisited, others))
	if still && fact.At.Sub(f.last().Seen) <= Again {
		return here, nil, true
	}
	for _, verdict := range []Verdict{Verified, Near} {
		for _, pool := range [][]Claim{unvisited, others} {
			i := slices.IndexFunc(pool, func(c Claim) bool { return c.Verdict == verdict })
			if i < 0 {
				continue
			}
			best, options := pool[i], []Claim(nil)
			for _, c := range pool[i+1:] {
				if c.Verdict == verdict && c.Distance <= best.Distance+max(closeCall, fact.Fix.Accuracy) {
					options = append(options, c)
				}
			}
			if still && best.Customer != here.Customer && !slices.ContainsFunc(options, func(c Claim) bool { return c.Customer == here.Customer }) {
				options = append(options, here)
			}
			return best, options, true
		}
	}
	if len(off) > 0 {
		return off[0], nil, true
	}
	return Claim{}, nil, false
}

// here returns the claim of the customer whose visit is in progress, if the
// rep is still there: unless another customer is clearly nearer.
func (f *folder) here(at time.Time, within []Claim) (Claim, bool) {
	v := f.open(at)
	if v == nil || v.Customer == "" {
		return Claim{}, false
	}
	i := slices.IndexFunc(within, func(c Claim) bool { return c.Customer == v.Customer })
	if i < 0 || !v.Left.IsZero() || slices.ContainsFunc(within, func(c Claim) bool { return c.Distance+closeCall < within[i].Distance }) {
		return Claim{}, false
	}
	return within[i], true
}

func (f *folder) photo(fact Fact) {
	p := PhotoState{ID: fact.ID, At: fact.At}
	if kept, ok := f.kept[fact.ID]; ok {
		p.SHA256, p.Missing, p.Signals = kept.SHA256, kept.Reason, kept.Signals
	}
	if v := f.open(fact.At); v != nil {
		v.Photos = append(v.Photos, p)
		v.Seen = fact.At
		return
	}
	f.day.Loose = append(f.day.Loose, p)
}
