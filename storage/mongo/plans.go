package mongo

import (
	"context"
	"slices"

	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/mongo/options"

	"roundsman/visit"
)

// planKey is the key of a planned visit. Its fields are always written in this
// order: to MongoDB another order is another key.
type planKey struct {
	Rep      string `bson:"rep"`
	Date     string `bson:"date"`
	Customer string `bson:"customer"`
}

type planDoc struct {
	Key     planKey `bson:"_id"`
	V       int32   `bson:"v"`
	LineDoc `bson:",inline"`
}

// LineDoc is a planned visit, as a document of its own or in a fact. It is
// exported for the driver, which sees no other embedded structure.
type LineDoc struct {
	Rep              string   `bson:"rep"`
	Date             string   `bson:"date"`
	Customer         string   `bson:"customer"`
	Order            int      `bson:"order"`
	Window           *spanDoc `bson:"window"`
	Purpose          string   `bson:"purpose"`
	Reference        string   `bson:"reference"`
	CollectionTarget int64    `bson:"collection_target"`
	OrderTarget      int64    `bson:"order_target"`
	Note             string   `bson:"note"`
	Why              *whyDoc  `bson:"why"`
	By               string   `bson:"by,omitempty"`
}

type whyDoc struct {
	Kind    string `bson:"kind"`
	Days    int    `bson:"days"`
	Cadence int    `bson:"cadence"`
}

// spanDoc is a time of day from and to, as hours and minutes.
type spanDoc struct {
	From clockDoc `bson:"from"`
	To   clockDoc `bson:"to"`
}

type clockDoc struct {
	Hour   int `bson:"hour"`
	Minute int `bson:"minute"`
}

func newPlan(p visit.PlannedVisit) planDoc {
	return planDoc{Key: planKey{p.Rep, string(p.Date), p.Customer}, V: form, LineDoc: newLine(p)}
}

func (d planDoc) record() visit.PlannedVisit { return d.line() }

func newLine(p visit.PlannedVisit) LineDoc {
	d := LineDoc{
		Rep: p.Rep, Date: string(p.Date), Customer: p.Customer, Order: p.Order,
		Purpose: string(p.Purpose), Reference: p.Reference, CollectionTarget: p.CollectionTarget, OrderTarget: p.OrderTarget, Note: p.Note, By: p.By,
	}
	if p.Window != (visit.Span{}) {
		d.Window = &spanDoc{clockDoc(p.Window.From), clockDoc(p.Window.To)}
	}
	if p.Why != (visit.Why{}) {
		d.Why = &whyDoc{string(p.Why.Kind), p.Why.Days, p.Why.Cadence}
	}
	return d
}

func (d LineDoc) line() visit.PlannedVisit {
	p := visit.PlannedVisit{
		Rep: d.Rep, Date: visit.Date(d.Date), Customer: d.Customer, Order: d.Order,
		Purpose: visit.Purpose(d.Purpose), Reference: d.Reference, CollectionTarget: d.CollectionTarget, OrderTarget: d.OrderTarget, Note: d.Note, By: d.By,
	}
	if d.Window != nil {
		p.Window = visit.Span{From: visit.Clock(d.Window.From), To: visit.Clock(d.Window.To)}
	}
	if d.Why != nil {
		p.Why = visit.Why{Kind: visit.WhyKind(d.Why.Kind), Days: d.Why.Days, Cadence: d.Why.Cadence}
	}
	return p
}

type plans struct{ s *Store }

func (p plans) Put(ctx context.Context, visits ...visit.PlannedVisit) error {
	docs := make([]any, len(visits))
	for i, v := range visits {
		docs[i] = newPlan(v)
	}
	return p.s.put(ctx, "storing planned visits", plansName, docs...)
}

func (p plans) Delete(ctx context.Context, visits ...visit.PlannedVisit) error {
	keys := make([]planKey, len(visits))
	for i, v := range visits {
		keys[i] = planKey{v.Rep, string(v.Date), v.Customer}
	}
	return remove(ctx, p.s, "removing planned visits", plansName, keys)
}

func (p plans) Day(ctx context.Context, rep string, date visit.Date) ([]visit.PlannedVisit, error) {
	return many[planDoc](ctx, p.s, "reading a rep's plan", plansName,
		bson.D{{Key: "date", Value: string(date)}, {Key: "rep", Value: rep}}, options.Find().SetSort(by("order", "customer")))
}

// Span goes by the primary key, which is ordered by rep and date.
func (p plans) Span(ctx context.Context, rep string, from, to visit.Date) ([]visit.PlannedVisit, error) {
	return many[planDoc](ctx, p.s, "reading a rep's plans", plansName, bson.D{{Key: "_id", Value: bson.D{
		{Key: "$gte", Value: planKey{Rep: rep, Date: string(from)}}, {Key: "$lt", Value: planKey{Rep: rep, Date: string(to) + "\x00"}},
	}}}, options.Find().SetSort(by("date", "order", "customer")))
}

func (p plans) Of(ctx context.Context, date visit.Date, reps ...string) ([]visit.PlannedVisit, error) {
	const doing = "reading some reps' plans"
	if len(reps) == 0 {
		return nil, translate(ctx, doing, p.s.ready(ctx))
	}
	var out []visit.PlannedVisit
	for some := range slices.Chunk(slices.Compact(slices.Sorted(slices.Values(reps))), idsAtOnce) {
		found, err := many[planDoc](ctx, p.s, doing, plansName,
			bson.D{{Key: "date", Value: string(date)}, {Key: "rep", Value: among(some)}}, options.Find().SetSort(by("rep", "order", "customer")))
		if err != nil {
			return nil, err
		}
		out = append(out, found...)
	}
	return out, nil
}

func (p plans) Date(ctx context.Context, date visit.Date) ([]visit.PlannedVisit, error) {
	return many[planDoc](ctx, p.s, "reading a date's plans", plansName,
		bson.D{{Key: "date", Value: string(date)}}, options.Find().SetSort(by("rep", "order", "customer")))
}
