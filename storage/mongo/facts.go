package mongo

import (
	"context"
	"iter"
	"time"

	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/mongo/options"

	"roundsman/geo"
	"roundsman/storage"
	"roundsman/visit"
)

type factDoc struct {
	ID        string        `bson:"_id"`
	V         int32         `bson:"v"`
	Kind      string        `bson:"kind"`
	Rep       string        `bson:"rep"`
	Team      string        `bson:"team"`
	Date      string        `bson:"date"`
	At        bson.DateTime `bson:"at"`
	Received  bson.DateTime `bson:"received"`
	Platform  string        `bson:"platform,omitempty"`
	Message   string        `bson:"message,omitempty"`
	By        string        `bson:"by,omitempty"`
	Visit     string        `bson:"visit,omitempty"`
	Fix       *fixDoc       `bson:"fix,omitempty"`
	Photo     *photoDoc     `bson:"photo,omitempty"`
	Note      string        `bson:"note,omitempty"`
	Choice    *choiceDoc    `bson:"choice,omitempty"`
	Result    *resultDoc    `bson:"result,omitempty"`
	Decision  *decisionDoc  `bson:"decision,omitempty"`
	Challenge *challengeDoc `bson:"challenge,omitempty"`
	Plan      *changeDoc    `bson:"plan,omitempty"`
	Review    *reviewDoc    `bson:"review,omitempty"`
	Leave     *leaveDoc     `bson:"leave,omitempty"`
	Complaint *complaintDoc `bson:"complaint,omitempty"`
	// Located says that the fact has something that [facts.Redact] removes.
	Located bool `bson:"located"`
	// Salt is that of what stays, PlaceSalt that of where a person was; Block is
	// the number of the block that holds the fact, 0 if none does.
	Salt      []byte `bson:"salt,omitempty"`
	PlaceSalt []byte `bson:"place_salt,omitempty"`
	Block     int64  `bson:"block"`
}

type fixDoc struct {
	Point       *pointDoc   `bson:"point,omitempty"`
	Accuracy    float64     `bson:"accuracy,omitempty"`
	Address     string      `bson:"address,omitempty"`
	Evidence    string      `bson:"evidence"`
	Late        bool        `bson:"late,omitempty"`
	Support     float64     `bson:"support"`
	Rule        string      `bson:"rule"`
	MaxAccuracy float64     `bson:"max_accuracy,omitempty"`
	MinStay     int         `bson:"min_stay,omitempty"`
	NoDrift     bool        `bson:"no_drift,omitempty"`
	Claims      []claimDoc  `bson:"claims,omitempty"`
	Signals     []signalDoc `bson:"signals,omitempty"`
	Code        string      `bson:"code,omitempty"`
}

type signalDoc struct {
	Kind  string  `bson:"kind"`
	Hard  bool    `bson:"hard,omitempty"`
	Value float64 `bson:"value,omitempty"`
	With  string  `bson:"with,omitempty"`
}

func newSignals(signals []visit.Signal) []signalDoc {
	var out []signalDoc
	for _, s := range signals {
		out = append(out, signalDoc{string(s.Kind), s.Hard, s.Value, s.With})
	}
	return out
}

func signals(docs []signalDoc) []visit.Signal {
	var out []visit.Signal
	for _, d := range docs {
		out = append(out, visit.Signal{Kind: visit.SignalKind(d.Kind), Hard: d.Hard, Value: d.Value, With: d.With})
	}
	return out
}

type claimDoc struct {
	Customer string   `bson:"customer"`
	Verdict  string   `bson:"verdict"`
	Reasons  []string `bson:"reasons,omitempty"`
	Distance float64  `bson:"distance"`
	Radius   float64  `bson:"radius"`
	Near     float64  `bson:"near"`
	Fenced   bool     `bson:"fenced,omitempty"`
}

type photoDoc struct {
	Of      string      `bson:"of,omitempty"`
	SHA256  string      `bson:"sha256,omitempty"`
	Bytes   int64       `bson:"bytes,omitempty"`
	Reason  string      `bson:"reason,omitempty"`
	Look    *lookDoc    `bson:"look,omitempty"`
	Signals []signalDoc `bson:"signals,omitempty"`
}

// lookDoc is what a photo's bytes say of it.
type lookDoc struct {
	D     int64         `bson:"d"`
	P     int64         `bson:"p"`
	Taken bson.DateTime `bson:"taken"`
	Place *pointDoc     `bson:"place,omitempty"`
}

func newLook(l *visit.Look) *lookDoc {
	if l == nil {
		return nil
	}
	return &lookDoc{int64(l.D), int64(l.P), date(l.Taken), newPoint(l.Place)}
}

func (d *lookDoc) look() *visit.Look {
	if d == nil {
		return nil
	}
	return &visit.Look{D: uint64(d.D), P: uint64(d.P), Taken: instant(d.Taken), Place: d.Place.point()}
}

type choiceDoc struct {
	Fix      string `bson:"fix"`
	Customer string `bson:"customer,omitempty"`
	Prospect bool   `bson:"prospect,omitempty"`
}

// resultDoc is what came of a visit. An amount that is absent was not spoken of; 0 is an amount.
type resultDoc struct {
	Visit      string `bson:"visit,omitempty"`
	Kind       string `bson:"kind,omitempty"`
	Order      *int64 `bson:"order,omitempty"`
	Collected  *int64 `bson:"collected,omitempty"`
	Delivery   string `bson:"delivery,omitempty"`
	Competitor string `bson:"competitor,omitempty"`
	Feedback   string `bson:"feedback,omitempty"`
	News       string `bson:"news,omitempty"`
}

type decisionDoc struct {
	Visit   string `bson:"visit"`
	Verdict string `bson:"verdict"`
}

type challengeDoc struct {
	Number int32         `bson:"number"`
	Until  bson.DateTime `bson:"until"`
}

type reviewDoc struct {
	Approved bool          `bson:"approved,omitempty"`
	Seen     bson.DateTime `bson:"seen"`
}

type leaveDoc struct {
	Part     string `bson:"part,omitempty"`
	Of       string `bson:"of,omitempty"`
	Approved bool   `bson:"approved,omitempty"`
}

type complaintDoc struct {
	Of       string        `bson:"of,omitempty"`
	Customer string        `bson:"customer,omitempty"`
	Due      bson.DateTime `bson:"due"`
	Text     string        `bson:"text,omitempty"`
}

// changeDoc is what a fact does to a plan.
type changeDoc struct {
	Put    []LineDoc `bson:"put,omitempty"`
	Drop   []string  `bson:"drop,omitempty"`
	Reason string    `bson:"reason,omitempty"`
}

// pointDoc is a place as it was given: raw, in its own datum.
type pointDoc struct {
	Lat   float64 `bson:"lat"`
	Lng   float64 `bson:"lng"`
	Datum string  `bson:"datum"`
}

func newPoint(p geo.Point) *pointDoc {
	if p.IsZero() {
		return nil
	}
	return &pointDoc{p.Lat, p.Lng, string(p.Datum)}
}

func (d *pointDoc) point() geo.Point {
	if d == nil {
		return geo.Point{}
	}
	return geo.Point{Lat: d.Lat, Lng: d.Lng, Datum: geo.Datum(d.Datum)}
}

func newFact(f visit.Fact) factDoc {
	d := factDoc{
		ID: f.ID, V: form, Kind: string(f.Kind), Rep: f.Rep, Team: f.Team, Date: string(f.Date), At: date(f.At), Received: date(f.Received),
		Platform: f.Platform, Message: f.Message, By: f.By, Visit: f.Visit, Note: f.Note, Located: f.Located(), Salt: newSalt(),
	}
	if d.Located {
		d.PlaceSalt = newSalt()
	}
	if f.Fix != nil {
		d.Fix = &fixDoc{
			Point: newPoint(f.Fix.Point), Accuracy: f.Fix.Accuracy, Address: f.Fix.Address,
			Evidence: string(f.Fix.Evidence), Late: f.Fix.Late, Support: f.Fix.Support, Rule: f.Fix.Rule, MaxAccuracy: f.Fix.MaxAccuracy, MinStay: f.Fix.MinStay, NoDrift: f.Fix.NoDrift,
			Signals: newSignals(f.Fix.Signals), Code: f.Fix.Code,
		}
		for _, c := range f.Fix.Claims {
			d.Fix.Claims = append(d.Fix.Claims, claimDoc{
				c.Customer, string(c.Verdict), words[string](c.Reasons), c.Distance, c.Radius, c.Near, c.Fenced,
			})
		}
	}
	if f.Photo != nil {
		d.Photo = &photoDoc{f.Photo.Of, f.Photo.SHA256, f.Photo.Bytes, f.Photo.Reason, newLook(f.Photo.Look), newSignals(f.Photo.Signals)}
	}
	if f.Choice != nil {
		d.Choice = &choiceDoc{f.Choice.Fix, f.Choice.Customer, f.Choice.Prospect}
	}
	if r := f.Result; r != nil {
		d.Result = &resultDoc{r.Visit, string(r.Kind), r.Order, r.Collected, string(r.Delivery), r.Competitor, r.Feedback, r.News}
	}
	if f.Decision != nil {
		d.Decision = &decisionDoc{f.Decision.Visit, string(f.Decision.Verdict)}
	}
	if f.Challenge != nil {
		d.Challenge = &challengeDoc{int32(f.Challenge.Number), date(f.Challenge.Until)}
	}
	if f.Review != nil {
		d.Review = &reviewDoc{f.Review.Approved, date(f.Review.Seen)}
	}
	if f.Leave != nil {
		d.Leave = &leaveDoc{string(f.Leave.Part), f.Leave.Of, f.Leave.Approved}
	}
	if c := f.Complaint; c != nil {
		d.Complaint = &complaintDoc{c.Of, c.Customer, date(c.Due), c.Text}
	}
	if f.Plan != nil {
		d.Plan = &changeDoc{Drop: f.Plan.Drop, Reason: f.Plan.Reason}
		for _, v := range f.Plan.Put {
			d.Plan.Put = append(d.Plan.Put, newLine(v))
		}
	}
	return d
}

func (d factDoc) record() visit.Fact {
	f := visit.Fact{
		ID: d.ID, Kind: visit.Kind(d.Kind), Rep: d.Rep, Team: d.Team, Date: visit.Date(d.Date), At: instant(d.At), Received: instant(d.Received),
		Platform: d.Platform, Message: d.Message, By: d.By, Visit: d.Visit, Note: d.Note,
	}
	if d.Fix != nil {
		f.Fix = &visit.Fix{
			Point: d.Fix.Point.point(), Accuracy: d.Fix.Accuracy, Address: d.Fix.Address,
			Evidence: visit.Evidence(d.Fix.Evidence), Late: d.Fix.Late, Support: d.Fix.Support, Rule: d.Fix.Rule, MaxAccuracy: d.Fix.MaxAccuracy, MinStay: d.Fix.MinStay, NoDrift: d.Fix.NoDrift,
			Signals: signals(d.Fix.Signals), Code: d.Fix.Code,
		}
		for _, c := range d.Fix.Claims {
			f.Fix.Claims = append(f.Fix.Claims, visit.Claim{
				Customer: c.Customer, Verdict: visit.Verdict(c.Verdict), Reasons: words[visit.Reason](c.Reasons),
				Distance: c.Distance, Radius: c.Radius, Near: c.Near, Fenced: c.Fenced,
			})
		}
	}
	if d.Photo != nil {
		f.Photo = &visit.Photo{Of: d.Photo.Of, SHA256: d.Photo.SHA256, Bytes: d.Photo.Bytes, Reason: d.Photo.Reason, Look: d.Photo.Look.look(), Signals: signals(d.Photo.Signals)}
	}
	if d.Choice != nil {
		f.Choice = &visit.Choice{Fix: d.Choice.Fix, Customer: d.Choice.Customer, Prospect: d.Choice.Prospect}
	}
	if r := d.Result; r != nil {
		f.Result = &visit.Result{
			Visit: r.Visit, Kind: visit.ResultKind(r.Kind), Order: r.Order, Collected: r.Collected, Delivery: visit.DeliveryOutcome(r.Delivery),
			Competitor: r.Competitor, Feedback: r.Feedback, News: r.News,
		}
	}
	if d.Decision != nil {
		f.Decision = &visit.Decision{Visit: d.Decision.Visit, Verdict: visit.Verdict(d.Decision.Verdict)}
	}
	if d.Challenge != nil {
		f.Challenge = &visit.Challenge{Number: int(d.Challenge.Number), Until: instant(d.Challenge.Until)}
	}
	if d.Review != nil {
		f.Review = &visit.Review{Approved: d.Review.Approved, Seen: instant(d.Review.Seen)}
	}
	if d.Leave != nil {
		f.Leave = &visit.Leave{Part: visit.LeavePart(d.Leave.Part), Of: d.Leave.Of, Approved: d.Leave.Approved}
	}
	if c := d.Complaint; c != nil {
		f.Complaint = &visit.ComplaintFact{Of: c.Of, Customer: c.Customer, Due: instant(c.Due), Text: c.Text}
	}
	if d.Plan != nil {
		f.Plan = &visit.Change{Drop: d.Plan.Drop, Reason: d.Plan.Reason}
		for _, l := range d.Plan.Put {
			f.Plan.Put = append(f.Plan.Put, l.line())
		}
	}
	return f
}

// words turns a list of one kind of words into another.
func words[To, From ~string](list []From) []To {
	var out []To
	for _, w := range list {
		out = append(out, To(w))
	}
	return out
}

// noSupport is the distance to a device fix where there is none.
const noSupport = -1

type facts struct{ s *Store }

func (f facts) Append(ctx context.Context, add ...visit.Fact) error {
	const doing = "appending facts"
	if len(add) == 0 {
		return translate(ctx, doing, f.s.ready(ctx))
	}
	docs := make([]bson.Raw, 0, len(add))
	seen := make(map[string]bool, len(add))
	for _, fact := range add {
		doc, err := encode(newFact(fact))
		if err != nil {
			return translate(ctx, doing, err)
		}
		// The first of an id counts; the server need not keep to an order.
		if !seen[fact.ID] {
			seen[fact.ID] = true
			docs = append(docs, doc)
		}
	}
	bound, cancel := bounded(ctx, listTimeout)
	defer cancel()
	_, err := f.s.in(factsName).InsertMany(bound, docs, options.InsertMany().SetOrdered(false))
	if duplicate(err) {
		return nil
	}
	return translate(ctx, doing, err)
}

// Redact edits the documents where they are, so that what it does not know of stays as it is.
func (f facts) Redact(ctx context.Context, before visit.Date) (int, error) {
	located := bson.D{{Key: "located", Value: true}, {Key: "date", Value: below(string(before))}}
	remove := func(filter, set bson.D, fields ...string) (int, error) {
		var unset bson.D
		for _, field := range append(fields, "place_salt") {
			unset = append(unset, bson.E{Key: field, Value: ""})
		}
		update := bson.D{{Key: "$set", Value: append(set, bson.E{Key: "located", Value: false})}, {Key: "$unset", Value: unset}}
		return f.s.batches(ctx, "redacting facts", factsName, append(filter, located...), func(ctx context.Context, some bson.D) (int64, error) {
			r, err := f.s.in(factsName).UpdateMany(ctx, some, update)
			if err != nil {
				return 0, err
			}
			return r.ModifiedCount, nil
		})
	}
	fixes, err := remove(bson.D{{Key: "fix", Value: bson.D{{Key: "$exists", Value: true}}}},
		bson.D{{Key: "fix.support", Value: float64(noSupport)}}, "fix.point", "fix.address", "fix.accuracy", "photo.look.place")
	if err != nil {
		return fixes, err
	}
	photos, err := remove(nil, nil, "photo.look.place")
	return fixes + photos, err
}

func (f facts) Day(ctx context.Context, rep string, date visit.Date) ([]visit.Fact, error) {
	return many[factDoc](ctx, f.s, "reading a day", factsName,
		bson.D{{Key: "rep", Value: rep}, {Key: "date", Value: string(date)}}, options.Find().SetSort(by("at", "_id")))
}

func (f facts) Latest(ctx context.Context, rep string, until time.Time, limit int) ([]visit.Fact, error) {
	return many[factDoc](ctx, f.s, "reading the latest places", factsName,
		bson.D{
			{Key: "located", Value: true},
			{Key: "rep", Value: rep},
			{Key: "at", Value: bson.D{{Key: "$lte", Value: date(until)}}},
			{Key: "fix.point", Value: bson.D{{Key: "$exists", Value: true}}},
		}, options.Find().SetSort(newestFirst).SetLimit(int64(limit)))
}

// newestFirst is the order of the fixes that a new one is compared with.
var newestFirst = bson.D{{Key: "at", Value: -1}, {Key: "_id", Value: -1}}

func (f facts) Same(ctx context.Context, p geo.Point, from time.Time, limit int) ([]visit.Fact, error) {
	return many[factDoc](ctx, f.s, "reading fixes of a place", factsName,
		bson.D{
			{Key: "located", Value: true},
			{Key: "fix.point.lat", Value: p.Lat},
			{Key: "fix.point.lng", Value: p.Lng},
			{Key: "at", Value: bson.D{{Key: "$gte", Value: date(from)}}},
			{Key: "fix.point.datum", Value: string(p.Datum)},
		}, options.Find().SetSort(newestFirst).SetLimit(int64(limit)))
}

func (f facts) Get(ctx context.Context, id string) (visit.Fact, error) {
	return one[factDoc](ctx, f.s, "reading a fact", factsName, key(id), nil)
}

func (f facts) Range(ctx context.Context, filter storage.FactFilter) iter.Seq2[visit.Fact, error] {
	return inRange[factDoc](ctx, f.s, "reading facts", factsName, filter, by("at", "_id"), func(last visit.Fact) bson.D {
		return place(string(last.Date), last.Rep, bson.E{Key: "at", Value: date(last.At)}, bson.E{Key: "_id", Value: last.ID})
	})
}
