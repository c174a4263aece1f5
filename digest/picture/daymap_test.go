package picture_test

import (
	"bytes"
	"fmt"
	"math"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"roundsman/digest/picture"
	"roundsman/geo"
)

func TestDayMap(t *testing.T) {
	t.Parallel()
	far := day(8, 8, 3000)
	far.Customers[3].At = geo.Offset(shanghai, 200_000, 60)
	far.Visits[3] = far.Customers[3].At
	nowhere := day(2, 0, 0)
	nowhere.Customers[1].At = geo.Point{}
	for name, m := range map[string]picture.DayMap{
		"nothing":                  {},
		"no customer and no visit": day(0, 0, 0),
		"one customer":             day(1, 0, 0),
		"one visit":                {Visits: []geo.Point{shanghai}},
		"a customer without place": nowhere,
		"forty":                    day(40, 20, 8000),
		"forty at one place":       day(40, 40, 0),
		"one is 200 km away":       far,
		"two, 200 km apart":        {Visits: []geo.Point{shanghai, geo.Offset(shanghai, 200_000, 200)}},
		"fences without measure": {Customers: []picture.Customer{
			{At: shanghai, Radius: math.NaN()},
			{At: shanghai, Radius: math.Inf(1), Reached: true},
			{At: shanghai, Radius: -5},
			{At: shanghai, Radius: math.MaxFloat64},
			{At: shanghai, Radius: math.Inf(-1), Reached: true},
		}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, file := draw(t, m)
			if len(file) >= limit {
				t.Errorf("%d bytes", len(file))
			}
		})
	}
}

// The map differs by what is said of a customer, and by the order of the visits.
func TestDayMapTells(t *testing.T) {
	t.Parallel()
	base := day(4, 3, 3000)
	_, want := draw(t, base)
	for name, change := range map[string]func(*picture.DayMap){
		"who is reached":      func(m *picture.DayMap) { m.Customers[3].Reached = true },
		"a name":              func(m *picture.DayMap) { m.Customers[0].Name = "罗森" },
		"a radius":            func(m *picture.DayMap) { m.Customers[0].Radius = 400 },
		"the visits' order":   func(m *picture.DayMap) { slices.Reverse(m.Visits) },
		"a visit that is not": func(m *picture.DayMap) { m.Visits[0] = geo.Point{} },
	} {
		m := base
		m.Customers, m.Visits = slices.Clone(base.Customers), slices.Clone(base.Visits)
		change(&m)
		if _, got := draw(t, m); bytes.Equal(got, want) {
			t.Errorf("%s does not show", name)
		}
	}
}

func TestAPlaceInAnotherDatumIsTheSamePlace(t *testing.T) {
	t.Parallel()
	p := picture.Place(shanghai, geo.Offset(shanghai, 900, 90).In(geo.BD09), geo.Offset(shanghai, 900, 180).In(geo.GCJ02))
	q := picture.Place(shanghai, geo.Offset(shanghai, 900, 90), geo.Offset(shanghai, 900, 180))
	for i := range p.X {
		if math.Hypot(p.X[i]-q.X[i], p.Y[i]-q.Y[i]) > 0.01 {
			t.Errorf("place %d: %v, %v and %v, %v", i, p.X[i], p.Y[i], q.X[i], q.Y[i])
		}
	}
}

func TestTheMapIsToScale(t *testing.T) {
	t.Parallel()
	for _, home := range []geo.Point{shanghai, {Lat: -33.9, Lng: 18.4, Datum: geo.WGS84}, {Lat: 69.6, Lng: 179.999, Datum: geo.WGS84}} {
		for _, metres := range []float64{500, 5000, 50_000} {
			places := []geo.Point{home}
			for _, bearing := range []float64{0, 90, 180, 270} {
				places = append(places, geo.Offset(home, metres, bearing))
			}
			p := picture.Place(places...)
			if p.Y[1] >= p.Y[0] || p.X[2] <= p.X[0] || p.Y[3] <= p.Y[0] || p.X[4] >= p.X[0] {
				t.Errorf("%v: north, east, south, west of %v, %v: %v, %v", home, p.X[0], p.Y[0], p.X[1:], p.Y[1:])
			}
			for i := 1; i < 5; i++ {
				got := math.Hypot(p.X[i]-p.X[0], p.Y[i]-p.Y[0]) / p.Scale
				// A great circle is no parallel: in the Arctic 50 km differ by 0.5 %.
				if math.Abs(got/metres-1) > 0.005 {
					t.Errorf("%v: %.0f m are drawn as %.0f m", home, metres, got)
				}
			}
		}
	}
}

func TestTheScaleIsRound(t *testing.T) {
	t.Parallel()
	for metres := 1.0; metres < 1e7; metres *= 1.7 {
		p := picture.Place(shanghai, geo.Offset(shanghai, metres, 45))
		if length := p.Rule * p.Scale; length < 119 || length > 300 {
			t.Errorf("%.0f m: the scale is %.0f pixels long", metres, length)
		}
		mantissa := p.Rule / math.Pow(10, math.Floor(math.Log10(p.Rule)+1e-9))
		if !slices.Contains([]float64{1, 2, 5}, math.Round(mantissa*1e6)/1e6) {
			t.Errorf("%.0f m: the scale is %v m", metres, p.Rule)
		}
	}
}

func TestWhatLiesFarOutStandsAtTheEdge(t *testing.T) {
	t.Parallel()
	places := []geo.Point{shanghai, geo.Offset(shanghai, 800, 10), geo.Offset(shanghai, 1500, 120), geo.Offset(shanghai, 1200, 250)}
	for _, c := range []struct {
		metres, bearing float64
		away            bool
	}{{4000, 45, false}, {200_000, 0, true}, {200_000, 90, true}, {15_000_000, 200, true}} {
		p := picture.Place(append(places, geo.Offset(shanghai, c.metres, c.bearing))...)
		if p.Away[4] != c.away {
			t.Errorf("%.0f m away: at the edge %v", c.metres, p.Away[4])
		}
		for i := range places {
			if p.Away[i] || c.away && p.Scale < 0.1 {
				t.Errorf("%.0f m away: the others shrink to %v pixels a metre", c.metres, p.Scale)
			}
		}
	}
}

func TestLengths(t *testing.T) {
	t.Parallel()
	for m, want := range map[float64]string{0: "0 m", 50: "50 m", 999: "999 m", 1000: "1 km", 1540: "1.5 km", 9990: "10 km", 186_400: "186 km"} {
		if got := picture.Metres(m); got != want {
			t.Errorf("%v: %s, want %s", m, got, want)
		}
	}
}

func TestNamesAvoidEachOther(t *testing.T) {
	t.Parallel()
	within := picture.Box{X0: 40, Y0: 200, X1: 1040, Y1: 1200}
	overlaps := func(boxes []picture.Box) (sum float64) {
		for i, a := range boxes {
			for _, b := range boxes[:i] {
				sum += a.Overlap(b)
			}
		}
		return sum
	}
	same := slices.Repeat([][2]float64{{540, 700}}, 40)
	if sum := overlaps(picture.Put(within, 200, 36, same...)); sum > 0 {
		t.Errorf("forty names of one place cover %.0f pixels of each other", sum)
	}
	rapid.Check(t, func(t *rapid.T) {
		points := rapid.SliceOfN(rapid.Custom(func(t *rapid.T) [2]float64 {
			return [2]float64{rapid.Float64Range(40, 1040).Draw(t, "x"), rapid.Float64Range(200, 1200).Draw(t, "y")}
		}), 1, 12).Draw(t, "points")
		boxes := picture.Put(within, 200, 36, points...)
		for _, b := range boxes {
			if b.X0 < within.X0 || b.Y0 < within.Y0 || b.X1 > within.X1 || b.Y1 > within.Y1 {
				t.Fatalf("%+v is not within the map", b)
			}
		}
		if sum := overlaps(boxes); sum > 0 {
			t.Fatalf("they cover %.0f pixels of each other", sum)
		}
	})
}

// Whatever comes, a picture of the right size comes out.
func TestAnyDayIsDrawn(t *testing.T) {
	t.Parallel()
	number := func(within float64) *rapid.Generator[float64] {
		return rapid.OneOf(rapid.Float64Range(-within, within), rapid.Float64(),
			rapid.SampledFrom([]float64{0, within, -within, math.NaN(), math.Inf(1), math.Inf(-1)}))
	}
	place := rapid.OneOf(
		rapid.Custom(func(t *rapid.T) geo.Point {
			return geo.Offset(shanghai, rapid.Float64Range(0, 5000).Draw(t, "metres"), rapid.Float64Range(0, 360).Draw(t, "bearing"))
		}),
		rapid.Custom(func(t *rapid.T) geo.Point {
			datum := rapid.SampledFrom([]geo.Datum{geo.WGS84, geo.GCJ02, geo.BD09, "", "mars"}).Draw(t, "datum")
			return geo.Point{Lat: number(90).Draw(t, "lat"), Lng: number(180).Draw(t, "lng"), Datum: datum}
		}))
	customer := rapid.Custom(func(t *rapid.T) picture.Customer {
		return picture.Customer{
			Name: rapid.String().Draw(t, "name"), At: place.Draw(t, "at"),
			Radius: number(1000).Draw(t, "radius"), Reached: rapid.Bool().Draw(t, "reached"),
		}
	})
	rapid.Check(t, func(t *rapid.T) {
		m := picture.DayMap{
			Title: rapid.String().Draw(t, "title"), Totals: rapid.String().Draw(t, "totals"),
			Customers: rapid.SliceOfN(customer, 0, 12).Draw(t, "customers"),
			Visits:    rapid.SliceOfN(place, 0, 12).Draw(t, "visits"),
		}
		size, err := picture.Draw(m)
		if err != nil {
			t.Fatal(err)
		}
		if size.X != 1080 || size.Y < 900 || size.Y > 1600 {
			t.Fatalf("%v pixels", size)
		}
	})
}

func BenchmarkBars(b *testing.B) {
	for _, reps := range []int{1, 8, 50} {
		bars := team(reps)
		b.Run(fmt.Sprint(reps), func(b *testing.B) {
			for b.Loop() {
				if _, err := bars.PNG(); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

func BenchmarkDayMap(b *testing.B) {
	for _, customers := range []int{1, 8, 40} {
		m := day(customers, customers/2, 5000)
		b.Run(fmt.Sprint(customers), func(b *testing.B) {
			for b.Loop() {
				if _, err := m.PNG(); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
