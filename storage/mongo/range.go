package mongo

import (
	"context"
	"iter"

	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/mongo/options"

	"roundsman/storage"
)

// rangePage is how many documents of a range are read at once. Between two
// pages no cursor is open on the server, so that a slow reader holds nothing there.
const rangePage = 500

// place is where a record of reps' days stands among the others: its date, its
// rep, and what orders those of one rep's date.
func place(date, rep string, rest ...bson.E) bson.D {
	return append(bson.D{{Key: "date", Value: date}, {Key: "rep", Value: rep}}, rest...)
}

// inRange yields the records of reps' days that match, by date, rep and rest. The
// collection has an index in this order, one after the rep and one after the
// team. where is the place of a record, with a value for each field of the order.
func inRange[D document[R], R any](
	ctx context.Context, s *Store, doing, in string, filter storage.FactFilter, rest bson.D, where func(R) bson.D,
) iter.Seq2[R, error] {
	return func(yield func(R, error) bool) {
		var last bson.D
		for {
			page, err := rangePageOf[D](ctx, s, in, filter, rest, last)
			if err != nil {
				var none R
				yield(none, translate(ctx, doing, err))
				return
			}
			for _, r := range page {
				if !yield(r, nil) {
					return
				}
			}
			if len(page) < rangePage {
				return
			}
			last = where(page[len(page)-1])
		}
	}
}

// rangePageOf returns the next records after the place last. Where the order
// goes on is asked for one step at a time, from the rest of what is equal in all
// but the last field to the dates after last's own: each is one stretch of an
// index, which all of them in one question are not.
func rangePageOf[D document[R], R any](ctx context.Context, s *Store, in string, filter storage.FactFilter, rest, last bson.D) ([]R, error) {
	var of bson.D
	order := append(by("date", "rep"), rest...)
	switch {
	case filter.Rep != "":
		of, order = bson.D{{Key: "rep", Value: filter.Rep}}, append(by("date"), rest...)
		if filter.Team != "" {
			of = append(of, bson.E{Key: "team", Value: filter.Team})
		}
	case filter.Team != "":
		of = bson.D{{Key: "team", Value: filter.Team}}
	}
	var dates bson.D
	if filter.To != "" {
		dates = atMost(string(filter.To))
	}
	var steps []bson.D
	if last != nil {
		at := make(map[string]any, len(last))
		for _, e := range last {
			at[e.Key] = e.Value
		}
		dates = append(dates, bson.E{Key: "$gt", Value: at["date"]})
		for n := len(order) - 1; n > 0; n-- {
			var step bson.D
			for _, e := range order[:n] {
				step = append(step, bson.E{Key: e.Key, Value: at[e.Key]})
			}
			steps = append(steps, append(step, bson.E{Key: order[n].Key, Value: above(at[order[n].Key])}))
		}
	} else if filter.From != "" {
		dates = append(dates, bson.E{Key: "$gte", Value: string(filter.From)})
	}
	whole := bson.D{}
	if len(dates) > 0 {
		whole = bson.D{{Key: "date", Value: dates}}
	}
	var out []R
	for _, step := range append(steps, whole) {
		docs, err := find[D](ctx, s, in, append(append(bson.D{}, of...), step...),
			options.Find().SetSort(order).SetLimit(int64(rangePage-len(out))))
		if err != nil {
			return nil, err
		}
		for _, d := range docs {
			out = append(out, d.record())
		}
		if len(out) == rangePage {
			break
		}
	}
	return out, nil
}
