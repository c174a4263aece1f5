package geo_test

import (
	"math/rand/v2"
	"testing"

	"roundsman/geo"
)

var bund = geo.Point{Lat: 31.2304, Lng: 121.4737, Datum: geo.GCJ02}

func BenchmarkParse(b *testing.B) {
	for b.Loop() {
		if _, err := geo.Parse("31.230416", "121.473701", geo.GCJ02); err != nil {
			b.Fatal(err)
		}
	}
}

// city scatters n places over 30 km.
func city(n int) []geo.Point {
	r := rand.New(rand.NewPCG(1, 2))
	out := make([]geo.Point, n)
	for i := range out {
		out[i] = geo.Offset(bund, 30000*r.Float64(), 360*r.Float64())
	}
	return out
}

func BenchmarkAroundTenThousand(b *testing.B) {
	places := city(10000)
	for b.Loop() {
		box, n := geo.Around(bund, 300), 0
		for _, p := range places {
			if box.Contains(p) && geo.Distance(bund, p) <= 300 {
				n++
			}
		}
		if n == 0 {
			b.Fatal("found nothing")
		}
	}
}

func BenchmarkDistance(b *testing.B) {
	x, y := bund.WGS84(), geo.Offset(bund, 3000, 90).WGS84()
	for b.Loop() {
		geo.Distance(x, y)
	}
}

func BenchmarkWGS84FromGCJ02(b *testing.B) {
	for b.Loop() {
		bund.WGS84()
	}
}
