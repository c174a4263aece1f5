package compare_test

import (
	"context"
	"errors"
	"math"
	"testing"

	"github.com/tidwall/rtree"

	"roundsman/geo"
)

var errNothing = errors.New("found nothing")

func startIndex(t testing.TB, points []geo.Point) engine {
	before := heap()
	x := geo.NewIndex(points)
	t.Logf("geo.Index holds %d places in %.1f MB", x.Len(), (heap()-before)/1e6)
	var one [1]geo.Hit
	return engine{
		name: "geo.Index",
		within: func(_ context.Context, dst []geo.Hit, p geo.Point, metres float64) ([]geo.Hit, error) {
			return x.Within(dst, p, metres), nil
		},
		nearest: func(_ context.Context, p geo.Point) (geo.Hit, error) {
			hits := x.Nearest(one[:0], p, 1, reach)
			if len(hits) == 0 {
				return geo.Hit{}, errNothing
			}
			return hits[0], nil
		},
	}
}

// degrees of latitude are so many metres.
const degree = 6371000 * math.Pi / 180

// frame returns a rectangle, in degrees of longitude and latitude, around
// everything within the metres of p. It is for mid-latitudes.
func frame(p geo.Point, metres float64) (low, high [2]float64) {
	lat := metres / degree * 1.001
	lng := lat / math.Cos((math.Abs(p.Lat)+lat)*math.Pi/180)
	return [2]float64{p.Lng - lng, p.Lat - lat}, [2]float64{p.Lng + lng, p.Lat + lat}
}

func startRTree(t testing.TB, points []geo.Point) engine {
	before := heap()
	var tree rtree.RTreeG[int32]
	for i, p := range points {
		at := [2]float64{p.Lng, p.Lat}
		tree.Insert(at, at, int32(i))
	}
	t.Logf("tidwall/rtree holds %d places in %.1f MB", tree.Len(), (heap()-before)/1e6)
	return engine{
		name: "tidwall/rtree",
		within: func(_ context.Context, dst []geo.Hit, p geo.Point, metres float64) ([]geo.Hit, error) {
			low, high := frame(p, metres)
			tree.Search(low, high, func(at, _ [2]float64, id int32) bool {
				if d := geo.Distance(p, geo.Point{Lat: at[1], Lng: at[0], Datum: geo.WGS84}); d <= metres {
					dst = append(dst, geo.Hit{ID: id, Metres: d})
				}
				return true
			})
			sortHits(dst)
			return dst, nil
		},
		nearest: func(_ context.Context, p geo.Point) (geo.Hit, error) {
			hit, err := geo.Hit{}, errNothing
			// A plane at the latitude of p: what is cheap, and right but for near ties.
			east := math.Cos(p.Lat * math.Pi / 180)
			tree.Nearby(func(low, high [2]float64, _ int32, _ bool) float64 {
				x := max(low[0]-p.Lng, 0, p.Lng-high[0]) * east
				y := max(low[1]-p.Lat, 0, p.Lat-high[1])
				return x*x + y*y
			}, func(at, _ [2]float64, id int32, _ float64) bool {
				if d := geo.Distance(p, geo.Point{Lat: at[1], Lng: at[0], Datum: geo.WGS84}); d <= reach {
					hit, err = geo.Hit{ID: id, Metres: d}, nil
				}
				return false
			})
			return hit, err
		},
	}
}

// growing finds the nearest place by looking farther and farther, for what can
// only look within a distance.
func growing(ctx context.Context, within func(context.Context, []geo.Hit, geo.Point, float64) ([]geo.Hit, error), p geo.Point) (geo.Hit, error) {
	for metres := 300.0; ; metres = min(metres*4, reach) {
		hits, err := within(ctx, nil, p, metres)
		if err != nil {
			return geo.Hit{}, err
		}
		if len(hits) > 0 {
			return hits[0], nil
		}
		if metres >= reach {
			return geo.Hit{}, errNothing
		}
	}
}
