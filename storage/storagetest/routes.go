package storagetest

import (
	"testing"

	"roundsman/visit"
)

func fullRoute() visit.Route {
	return visit.Route{Rep: "rep-" + chinese, Stops: []visit.RouteStop{
		{Weekday: 5, Customer: "客户-" + chinese, Week: 2}, {Weekday: 1, Customer: "b", Week: 1}, {Weekday: 1, Customer: "a", Week: 3},
	}}
}

func testRoutes(t *testing.T, s suite) {
	t.Run("every field comes back, in the order given", func(t *testing.T) {
		t.Parallel()
		ctx, r := t.Context(), s.open(t).Routes()
		full, every := fullRoute(), visit.Route{Rep: "b", Stops: []visit.RouteStop{{Weekday: 7, Customer: "c"}}}
		complete(t, full)
		equal(t, val(r.Get(ctx, "b"))(t), []visit.Route(nil))
		ok(t, r.Put(ctx, full, every, visit.Route{Rep: "a"}))
		equal(t, val(r.Get(ctx, full.Rep, "unknown", "b", "a", "b"))(t), []visit.Route{{Rep: "a"}, every, full})
		equal(t, val(r.Get(ctx, full.Rep))(t), []visit.Route{full})
		equal(t, val(r.Get(ctx))(t), []visit.Route(nil))
	})

	t.Run("a route is replaced whole", func(t *testing.T) {
		t.Parallel()
		ctx, r := t.Context(), s.open(t).Routes()
		ok(t, r.Put(ctx, fullRoute()))
		for _, stops := range [][]visit.RouteStop{{{Weekday: 2, Customer: "x"}}, nil, fullRoute().Stops} {
			want := visit.Route{Rep: fullRoute().Rep, Stops: stops}
			ok(t, r.Put(ctx, want))
			equal(t, val(r.Get(ctx, want.Rep))(t), []visit.Route{want})
		}
	})
}
