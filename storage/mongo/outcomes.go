package mongo

import (
	"context"
	"iter"
	"slices"

	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/mongo/options"

	"roundsman/storage"
	"roundsman/visit"
)

// outcomeKey is the key of an outcome, its fields always in this order, as in [planKey].
type outcomeKey struct {
	Rep  string `bson:"rep"`
	Date string `bson:"date"`
}

type outcomeDoc struct {
	Key              outcomeKey    `bson:"_id"`
	V                int32         `bson:"v"`
	Rep              string        `bson:"rep"`
	Team             string        `bson:"team"`
	Date             string        `bson:"date"`
	Facts            int           `bson:"facts"`
	Planned          []string      `bson:"planned"`
	Dropped          []string      `bson:"dropped"`
	Shed             []string      `bson:"shed"`
	Unconfirmed      bool          `bson:"unconfirmed"`
	OrderTarget      int64         `bson:"order_target"`
	CollectionTarget int64         `bson:"collection_target"`
	Calls            []callDoc     `bson:"calls"`
	Leave            int           `bson:"leave"`
	Minimum          int           `bson:"minimum"`
	Reported         bson.DateTime `bson:"reported"`
	ReportDue        bson.DateTime `bson:"report_due"`
	// Verified are the customers with a verified call: by them alone the last
	// one is found in an index, without the calls that were not.
	Verified []string `bson:"verified"`
}

// callDoc is a visit of an outcome. That of a prospect has no customer. An
// amount that is absent was not spoken of; 0 is an amount.
type callDoc struct {
	Visit     string        `bson:"visit"`
	Customer  string        `bson:"customer,omitempty"`
	Verdict   string        `bson:"verdict,omitempty"`
	Planned   bool          `bson:"planned,omitempty"`
	Start     bson.DateTime `bson:"start"`
	Last      bson.DateTime `bson:"last"`
	Result    string        `bson:"result,omitempty"`
	Order     *int64        `bson:"order,omitempty"`
	Collected *int64        `bson:"collected,omitempty"`
}

func newOutcome(o visit.Outcome) outcomeDoc {
	d := outcomeDoc{
		Key: outcomeKey{o.Rep, string(o.Date)}, V: form, Rep: o.Rep, Team: o.Team, Date: string(o.Date), Facts: o.Facts,
		Planned: o.Planned, Dropped: o.Dropped, Shed: o.Shed, Unconfirmed: o.Unconfirmed, OrderTarget: o.OrderTarget, CollectionTarget: o.CollectionTarget,
		Leave: o.Leave, Minimum: o.Minimum, Reported: date(o.Reported), ReportDue: date(o.ReportDue), Verified: o.Verified(),
	}
	for _, c := range o.Calls {
		d.Calls = append(d.Calls, callDoc{
			c.Visit, c.Customer, string(c.Verdict), c.Planned, date(c.Start), date(c.Last), string(c.Kind), c.Order, c.Collected,
		})
	}
	return d
}

func (d outcomeDoc) record() visit.Outcome {
	o := visit.Outcome{
		Rep: d.Rep, Team: d.Team, Date: visit.Date(d.Date), Facts: d.Facts,
		Planned: d.Planned, Dropped: d.Dropped, Shed: d.Shed, Unconfirmed: d.Unconfirmed, OrderTarget: d.OrderTarget, CollectionTarget: d.CollectionTarget,
		Leave: d.Leave, Minimum: d.Minimum, Reported: added(d.Reported), ReportDue: added(d.ReportDue),
	}
	for _, c := range d.Calls {
		o.Calls = append(o.Calls, visit.Call{
			Visit: c.Visit, Customer: c.Customer, Verdict: visit.Verdict(c.Verdict), Planned: c.Planned, Start: instant(c.Start), Last: instant(c.Last),
			Kind: visit.ResultKind(c.Result), Order: c.Order, Collected: c.Collected,
		})
	}
	return o
}

type outcomes struct{ s *Store }

func (o outcomes) Put(ctx context.Context, put visit.Outcome) error {
	const doing = "storing an outcome"
	r, err := replace(newOutcome(put))
	if err != nil {
		return translate(ctx, doing, err)
	}
	filter := append(r.filter, bson.E{Key: "facts", Value: atMost(put.Facts)})
	done, err := o.s.upsert(ctx, doing, outcomesName, filter, r.update)
	if err != nil || done {
		return err
	}
	// It is there, made of more facts; or it was made at this moment of fewer.
	_, err = o.s.update(ctx, doing, outcomesName, filter, r.update)
	return err
}

func (o outcomes) Range(ctx context.Context, filter storage.FactFilter) iter.Seq2[visit.Outcome, error] {
	return inRange[outcomeDoc](ctx, o.s, "reading outcomes", outcomesName, filter, nil, func(last visit.Outcome) bson.D {
		return place(string(last.Date), last.Rep)
	})
}

// lookBack are how many days before a date are looked through at once for
// customers' last visits; what is left after them is asked for of all time. A
// rep's customers share the rep's outcomes, so that most are found in the first
// few, whose number is that of the days and not of the visits.
var lookBack = []int{32, 128, 512}

func (o outcomes) LastVerified(ctx context.Context, before visit.Date, customers ...string) (map[string]visit.Date, error) {
	const doing = "reading the last visits"
	out := make(map[string]visit.Date)
	if len(customers) == 0 || before == "" {
		return out, translate(ctx, doing, o.s.ready(ctx))
	}
	customers = slices.Compact(slices.Sorted(slices.Values(customers)))
	for some := range slices.Chunk(customers, idsAtOnce) {
		if err := o.lastVerified(ctx, before, some, out); err != nil {
			return nil, translate(ctx, doing, err)
		}
	}
	return out, nil
}

// lastVerified adds the dates of those of the customers that have one to found.
func (o outcomes) lastVerified(ctx context.Context, before visit.Date, customers []string, found map[string]visit.Date) error {
	left := slices.Clone(customers)
	end := before
	for i := 0; i <= len(lookBack) && len(left) > 0; i++ {
		dates := below(string(end))
		if i < len(lookBack) {
			end = before.Add(-lookBack[i])
			dates = append(dates, bson.E{Key: "$gte", Value: string(end)})
		}
		docs, err := find[struct {
			Date     visit.Date `bson:"date"`
			Verified []string   `bson:"verified"`
		}](ctx, o.s, outcomesName, bson.D{{Key: "verified", Value: among(left)}, {Key: "date", Value: dates}},
			options.Find().SetProjection(bson.D{{Key: "_id", Value: 0}, {Key: "date", Value: 1}, {Key: "verified", Value: 1}}))
		if err != nil {
			return err
		}
		last := make(map[string]visit.Date)
		for _, d := range docs {
			for _, customer := range d.Verified {
				last[customer] = max(last[customer], d.Date)
			}
		}
		left = slices.DeleteFunc(left, func(customer string) bool {
			d, ok := last[customer]
			if ok {
				found[customer] = d
			}
			return ok
		})
	}
	return nil
}

func (o outcomes) OfCustomer(ctx context.Context, customer string, limit int) ([]visit.Outcome, error) {
	const doing = "reading a customer's outcomes"
	if limit <= 0 || customer == "" {
		return nil, translate(ctx, doing, o.s.ready(ctx))
	}
	return many[outcomeDoc](ctx, o.s, doing, outcomesName, bson.D{{Key: "calls.customer", Value: customer}},
		options.Find().SetSort(bson.D{{Key: "date", Value: -1}, {Key: "rep", Value: 1}}).SetLimit(int64(limit)))
}
