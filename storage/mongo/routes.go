package mongo

import (
	"context"
	"slices"

	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/mongo/options"

	"roundsman/visit"
)

type routeDoc struct {
	Rep   string    `bson:"_id"`
	V     int32     `bson:"v"`
	Stops []stopDoc `bson:"stops"`
}

type stopDoc struct {
	Weekday  int    `bson:"weekday"`
	Customer string `bson:"customer"`
	Week     int    `bson:"week"`
}

func (d routeDoc) record() visit.Route {
	r := visit.Route{Rep: d.Rep}
	for _, s := range d.Stops {
		r.Stops = append(r.Stops, visit.RouteStop(s))
	}
	return r
}

type routes struct{ s *Store }

func (r routes) Put(ctx context.Context, put ...visit.Route) error {
	docs := make([]any, len(put))
	for i, route := range put {
		d := routeDoc{Rep: route.Rep, V: form, Stops: []stopDoc{}} // of none a list, too
		for _, s := range route.Stops {
			d.Stops = append(d.Stops, stopDoc(s))
		}
		docs[i] = d
	}
	return r.s.put(ctx, "storing routes", routesName, docs...)
}

func (r routes) Delete(ctx context.Context, reps ...string) error {
	return remove(ctx, r.s, "removing routes", routesName, reps)
}

func (r routes) Get(ctx context.Context, reps ...string) ([]visit.Route, error) {
	const doing = "reading routes"
	if len(reps) == 0 {
		return nil, translate(ctx, doing, r.s.ready(ctx))
	}
	reps = slices.Compact(slices.Sorted(slices.Values(reps)))
	var out []visit.Route
	for some := range slices.Chunk(reps, idsAtOnce) {
		found, err := many[routeDoc](ctx, r.s, doing, routesName,
			bson.D{{Key: "_id", Value: among(some)}}, options.Find().SetSort(by("_id")))
		if err != nil {
			return nil, err
		}
		out = append(out, found...)
	}
	return out, nil
}
