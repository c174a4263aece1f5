// Package compare_test asks what else finds places by where they are the same
// questions as geo.Index: whether they answer the same, and how long they take.
// docs/BENCHMARKS.md has the figures and the command.
package compare_test

import (
	"cmp"
	"context"
	"fmt"
	"math"
	"math/rand/v2"
	"os"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"roundsman/geo"
)

const (
	// fence in metres is how near a place must be.
	fence = 300
	// reach in metres is how far the nearest place is looked for.
	reach = 100000
)

// engine is something that finds places.
type engine struct {
	name string
	// within returns the places within the metres of p, in WGS-84, the nearest first.
	within func(ctx context.Context, dst []geo.Hit, p geo.Point, metres float64) ([]geo.Hit, error)
	// nearest returns the nearest place within reach.
	nearest func(ctx context.Context, p geo.Point) (geo.Hit, error)
}

// servers are the engines behind a network, each with the variable that says
// where its server is. What is made there has names of its own and is dropped.
var servers = []struct {
	name, env, example string
	start              func(ctx context.Context, t testing.TB, address string, points []geo.Point) engine
}{
	{"PostGIS", "ROUNDSMAN_BENCH_POSTGRES", "postgres://postgres@127.0.0.1:5432/postgres?sslmode=disable", startPostGIS},
	{"Redis", "ROUNDSMAN_BENCH_REDIS", "127.0.0.1:6379", startRedis},
	{"MongoDB", "ROUNDSMAN_TEST_MONGODB_URI", "mongodb://127.0.0.1:27017/", startMongoDB},
}

// start fills every engine that there is with the points.
func start(ctx context.Context, t testing.TB, points []geo.Point) []engine {
	engines := []engine{startIndex(t, points), startRTree(t, points), startSQLite(ctx, t, points)}
	for _, s := range servers {
		address := os.Getenv(s.env)
		if address == "" {
			t.Logf("%s was not asked: %s names no server, such as %s", s.name, s.env, s.example)
			continue
		}
		engines = append(engines, s.start(ctx, t, address, points))
	}
	return engines
}

// people places four of five of n in cities of a deviation of 8 km, of which
// there are 200 for a million, and the rest anywhere between China's extremes.
func people(n int) []geo.Point {
	r := rand.New(rand.NewPCG(1, 1))
	anywhere := func() geo.Point {
		return geo.Point{Lat: 18 + 35*r.Float64(), Lng: 74 + 60*r.Float64(), Datum: geo.WGS84}
	}
	out := make([]geo.Point, 0, n)
	for len(out) < n*4/5 {
		city := anywhere()
		for range 4000 {
			north, east := 8000*r.NormFloat64(), 8000*r.NormFloat64()
			out = append(out, geo.Offset(city, math.Hypot(north, east), math.Atan2(east, north)*180/math.Pi))
		}
	}
	for len(out) < n {
		out = append(out, anywhere())
	}
	return out
}

// visitors are n places at most 300 m from one of the points.
func visitors(points []geo.Point, n int) []geo.Point {
	r := rand.New(rand.NewPCG(2, 2))
	out := make([]geo.Point, n)
	for i := range out {
		out[i] = geo.Offset(points[r.IntN(len(points))], fence*r.Float64(), 360*r.Float64())
	}
	return out
}

func sortHits(hits []geo.Hit) {
	slices.SortFunc(hits, func(a, b geo.Hit) int {
		return cmp.Or(cmp.Compare(a.Metres, b.Metres), cmp.Compare(a.ID, b.ID))
	})
}

// slack in metres is how far two engines may differ about a distance: their
// spheres have radii from 6371 to 6378.1 km, and Redis rounds places to 0.6 m.
func slack(metres float64) float64 { return 1 + metres*0.0015 }

// agree reports where an engine answers otherwise than a look at all the points.
func agree(ctx context.Context, t testing.TB, engines []engine, points, asked []geo.Point) {
	t.Helper()
	for _, p := range asked {
		all := make([]float64, len(points))
		best := math.Inf(1)
		box := geo.Around(p, reach)
		for i, q := range points {
			all[i] = math.Inf(1)
			if box.Contains(q) {
				all[i] = geo.Distance(p, q)
				best = min(best, all[i])
			}
		}
		for _, e := range engines {
			hits, err := e.within(ctx, nil, p, fence)
			if err != nil {
				t.Fatalf("%s: %v", e.name, err)
			}
			found := make(map[int32]bool)
			for i, h := range hits {
				found[h.ID] = true
				if d := all[h.ID]; !(d <= fence+slack(fence)) || math.Abs(d-h.Metres) > slack(d) {
					t.Errorf("%s: place %d at %v m, it is %v m from %v", e.name, h.ID, h.Metres, d, p)
				}
				if i > 0 && h.Metres < hits[i-1].Metres {
					t.Errorf("%s: %v are not in order", e.name, hits)
				}
			}
			if len(found) != len(hits) {
				t.Errorf("%s: a place twice in %v", e.name, hits)
			}
			for i, d := range all {
				if d < fence-slack(fence) && !found[int32(i)] {
					t.Errorf("%s: place %d, %v m from %v, is missing", e.name, i, d, p)
				}
			}
			h, err := e.nearest(ctx, p)
			if err != nil {
				t.Fatalf("%s: %v", e.name, err)
			}
			if d := all[h.ID]; !(d <= best+slack(best)) || math.Abs(d-h.Metres) > slack(d) {
				t.Errorf("%s: the nearest is place %d at %v m, which is %v m from %v; one is at %v m", e.name, h.ID, h.Metres, d, p, best)
			}
		}
	}
}

func TestEnginesAgree(t *testing.T) {
	t.Parallel()
	points := people(10000)
	agree(t.Context(), t, start(t.Context(), t, points), points, visitors(points, 50))
}

// BenchmarkPlaces asks every engine 200 questions in a row, turn by turn, and
// logs the medians of a question in µs (with -v, else the log is cut), after
// all were seen to agree.
func BenchmarkPlaces(b *testing.B) {
	ctx := context.Background()
	points := people(1000000)
	engines := start(ctx, b, points)
	asked := visitors(points, 2000)
	if agree(ctx, b, engines, points, asked[:100]); b.Failed() {
		b.Fatal("what answers otherwise cannot be compared")
	}
	runtime.GC()

	const block = 200
	hits := make([]geo.Hit, 0, 1000)
	kinds := []struct {
		name string
		ask  func(e engine, p geo.Point) error
	}{
		{"within", func(e engine, p geo.Point) (err error) {
			hits, err = e.within(ctx, hits[:0], p, fence)
			return err
		}},
		{"nearest", func(e engine, p geo.Point) error {
			_, err := e.nearest(ctx, p)
			return err
		}},
	}
	took := make(map[string][]float64)
	for turn := 0; b.Loop(); turn++ {
		from := turn * block % len(asked)
		for _, kind := range kinds {
			for i := range engines {
				e := engines[(turn+i)%len(engines)]
				begin := time.Now()
				for _, p := range asked[from : from+block] {
					if err := kind.ask(e, p); err != nil {
						b.Fatalf("%s: %v", e.name, err)
					}
				}
				key := kind.name + " " + e.name
				took[key] = append(took[key], float64(time.Since(begin).Nanoseconds())/1000/block)
			}
		}
	}
	b.ReportMetric(0, "ns/op")
	var table strings.Builder
	fmt.Fprintf(&table, "medians of %d turns\n| engine | within %d m | of the index | nearest | of the index |\n|---|---|---|---|---|\n", b.N, fence)
	for _, e := range engines {
		fmt.Fprintf(&table, "| %s |", e.name)
		for _, kind := range kinds {
			own, other := median(took[kind.name+" "+engines[0].name]), median(took[kind.name+" "+e.name])
			fmt.Fprintf(&table, " %.2f µs | %.1f |", other, other/own)
		}
		table.WriteByte('\n')
	}
	b.Log(table.String())
}

func median(xs []float64) float64 {
	xs = slices.Sorted(slices.Values(xs))
	return xs[len(xs)/2]
}

// heap returns the bytes that are in use.
func heap() float64 {
	var m runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&m)
	return float64(m.HeapAlloc)
}
