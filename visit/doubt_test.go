package visit_test

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"

	"roundsman/geo"
	"roundsman/visit"
)

var noon = time.Date(2026, 11, 24, 4, 0, 0, 0, time.UTC)

// reading is a fix of a device with seven decimals, some metres east of the square.
func deviceFix(id string, after time.Duration, east, accuracy float64) visit.Fact {
	at := noon.Add(after)
	return visit.Fact{
		ID: id, Kind: visit.KindFix, Rep: "r", Date: visit.DateOf(at), At: at,
		Fix: &visit.Fix{Point: cut(geo.Offset(square, east, 90), 7), Accuracy: accuracy, Evidence: visit.EvidenceDevice, Support: -1},
	}
}

func pinFix(id string, after time.Duration, east float64) visit.Fact {
	f := deviceFix(id, after, east, 0)
	f.Fix.Evidence = visit.EvidencePin
	return f
}

// as changes a fact.
func as(f visit.Fact, change func(*visit.Fact)) visit.Fact {
	fix := *f.Fix
	f.Fix = &fix
	change(&f)
	return f
}

// onCustomer says that a fix lies on a customer's place.
func onCustomer(f *visit.Fact) { f.Fix.Claims = []visit.Claim{{Customer: "c", Distance: 0.5}} }

func TestSignals(t *testing.T) {
	t.Parallel()
	const second, hour, day = time.Second, time.Hour, 24 * time.Hour
	same := func(id, rep string, after time.Duration, accuracy float64) visit.Fact {
		return as(deviceFix(id, after, 0, accuracy), func(f *visit.Fact) { f.Rep = rep })
	}
	// ways are customers, each with a fix meaning it.
	stops := func(facts ...visit.Fact) visit.Past {
		p := visit.Past{Own: facts, Meant: map[string]string{"f": "f"}, Places: map[string]geo.Point{"f": square}}
		for _, f := range facts {
			p.Meant[f.ID], p.Places[f.ID] = f.ID, f.Fix.Point
		}
		return p
	}
	at := func(p visit.Past, customer string, east float64) visit.Past {
		p.Places[customer] = geo.Offset(square, east, 90)
		return p
	}
	own := func(facts ...visit.Fact) visit.Past { return visit.Past{Own: facts} }
	others := func(facts ...visit.Fact) visit.Past { return visit.Past{Same: facts} }
	repeated := func(n int, accuracy float64) (p visit.Past) {
		for i := range n {
			p.Same = append(p.Same, same(fmt.Sprint(i), "r", -time.Duration(i+1)*day, accuracy))
		}
		return p
	}
	constant := func(n int, accuracy float64) (p visit.Past) {
		for i := range n {
			p.Own = append(p.Own, deviceFix(fmt.Sprint(i), -time.Duration(i+1)*hour, float64(i), accuracy))
		}
		return p
	}
	seen := func(east float64, ago time.Duration) visit.Past {
		return visit.Past{Device: visit.Sighting{Point: geo.Offset(square, east, 90), Accuracy: 20, At: noon.Add(-ago)}}
	}
	crowd := func(n int, apart float64) visit.Past {
		p := stops()
		for i := range n - 1 {
			f := deviceFix(fmt.Sprint(i), -time.Duration(i+1)*10*time.Minute, 5, 10)
			p.Own = append(p.Own, f)
			p.Meant[f.ID] = f.ID
			p = at(p, f.ID, apart*float64(i+1))
		}
		return p
	}
	rush := func(n int, gap time.Duration) visit.Past {
		var all []visit.Fact
		for i := range n - 1 {
			all = append(all, pinFix(fmt.Sprint(i), -time.Duration(i+1)*gap, 400*float64(i+1)))
		}
		return stops(all...)
	}
	// before adds an earlier fix that means the customer.
	before := func(p visit.Past, f visit.Fact, customer string) visit.Past {
		p.Own, p.Meant[f.ID] = append(p.Own, f), customer
		return p
	}
	fix, pin := deviceFix("f", 0, 0, 10), pinFix("f", 0, 0)
	for name, tt := range map[string]struct {
		f    visit.Fact
		past visit.Past
		// want is the only signal's kind, empty for none; "!" for a hard one.
		want string
	}{
		"nothing":             {fix, visit.Past{}, ""},
		"no place":            {as(fix, func(f *visit.Fact) { f.Fix.Point = geo.Point{} }), own(deviceFix("a", -second, 9e6, 5)), ""},
		"itself":              {fix, visit.Past{Own: []visit.Fact{fix}, Same: []visit.Fact{fix}}, ""},
		"walking":             {fix, own(deviceFix("a", -10*time.Minute, 900, 10)), ""},
		"a correction":        {fix, own(deviceFix("a", -5*second, 4900, 10)), ""},
		"an express road":     {fix, own(deviceFix("a", -hour, 149_900, 10)), ""},
		"too fast for a road": {fix, own(deviceFix("a", -hour, 151_000, 10)), "travel"},
		"by its own error":    {fix, own(deviceFix("a", -hour, 151_100, 1000)), "travel"},
		"within its error":    {fix, own(deviceFix("a", -hour, 150_900, 1000)), ""},
		"an aeroplane":        {fix, own(deviceFix("a", -hour, 990_000, 10)), "travel"},
		"faster than that":    {fix, own(deviceFix("a", -hour, 1_001_000, 10)), "travel!"},
		"to a later one":      {fix, own(deviceFix("a", hour, 1_001_000, 10)), "travel!"},
		"the worse of both":   {fix, own(deviceFix("a", -hour, 200_000, 10), deviceFix("b", second, 6_000, 10)), "travel!"},
		"of two days":         {fix, own(deviceFix("a", -25*hour, 19_000_000, 10)), ""},
		"a pin travels":       {pin, own(pinFix("a", -hour, 1_001_000)), "travel!"},
		"a network's stray":   {fix, own(deviceFix("a", -hour, 1_001_000, 30)), "travel"},
		"a network's try": {fix, own(as(deviceFix("a", -hour, 1_001_000, 30), func(f *visit.Fact) {
			f.Fix.Claims = []visit.Claim{{Customer: "z", Verdict: visit.Verified, Distance: 20}}
		})), "travel!"},
		"a network's visit":    {fix, stops(deviceFix("a", -hour, 1_001_000, 30)), "travel!"},
		"another's numbers":    {fix, others(same("a", "R", -hour, 10)), "shared!"},
		"of one phone":         {fix, others(same("a", "R", -14*time.Minute, 10)), "shared"},
		"of eight days ago":    {fix, others(same("a", "R", -8*day, 10)), ""},
		"of another accuracy":  {fix, others(same("a", "R", -hour, 11)), ""},
		"of a network":         {deviceFix("f", 0, 0, 21), others(same("a", "R", -hour, 21)), ""},
		"another's pin":        {pin, others(as(pin, func(f *visit.Fact) { f.ID, f.Rep = "a", "R" })), ""},
		"two days the same":    {fix, repeated(2, 10), ""},
		"three days the same":  {fix, repeated(3, 10), "repeated"},
		"five days the same":   {fix, repeated(5, 10), "repeated!"},
		"five of a network":    {deviceFix("f", 0, 0, 35), repeated(5, 35), "repeated"},
		"on the point":         {as(fix, onCustomer), visit.Past{}, "on_point"},
		"twice in a row":       {as(fix, onCustomer), own(as(deviceFix("a", -hour, 900, 10), onCustomer)), "on_point!"},
		"twice, not in a row":  {as(fix, onCustomer), own(deviceFix("b", -hour, 900, 10), as(deviceFix("a", -2*hour, 900, 10), onCustomer)), "on_point"},
		"a pin on the point":   {as(pin, onCustomer), visit.Past{}, ""},
		"three still ones":     {fix, own(deviceFix("a", -30*second, 0, 9), deviceFix("b", -time.Minute, 0, 8)), "still"},
		"two still ones":       {fix, own(deviceFix("a", -time.Minute, 0, 9)), ""},
		"still for seconds":    {fix, own(deviceFix("a", -5*second, 0, 9), deviceFix("b", -9*second, 0, 8)), ""},
		"a network's are":      {deviceFix("f", 0, 0, 35), own(deviceFix("a", -30*second, 0, 35), deviceFix("b", -time.Minute, 0, 35)), ""},
		"four decimals":        {as(fix, func(f *visit.Fact) { f.Fix.Point = cut(f.Fix.Point, 4) }), own(deviceFix("a", -hour, 33, 11)), "rounded"},
		"as all of theirs":     {as(fix, func(f *visit.Fact) { f.Fix.Point = cut(f.Fix.Point, 4) }), own(as(deviceFix("a", -hour, 33, 11), func(f *visit.Fact) { f.Fix.Point = cut(f.Fix.Point, 4) })), ""},
		"ten alike":            {fix, constant(9, 10), "constant"},
		"nine alike":           {fix, constant(8, 10), ""},
		"sharper than a phone": {deviceFix("f", 0, 0, 2.9), visit.Past{}, "sharp"},
		"no accuracy at all":   {deviceFix("f", 0, 0, 0), visit.Past{}, "sharp"},
		"as a phone":           {deviceFix("f", 0, 0, 3), visit.Past{}, ""},
		"a pin elsewhere":      {pin, seen(3000, 30*second), "mismatch!"},
		"a pin, by taxi":       {pin, seen(2900, 4*time.Minute), ""},
		"a pin, hardly so":     {pin, seen(2900, time.Minute), "mismatch"},
		"a pin at hand":        {pin, seen(500, 0), ""},
		"a device elsewhere":   {fix, seen(3000, 30*second), ""},
		"quick":                {pin, rush(2, 299*second), "quick"},
		"not so quick":         {pin, rush(2, 5*time.Minute), ""},
		"three quick ones":     {pin, rush(3, 4*time.Minute), "quick"},
		"four, with no time":   {pin, rush(4, 107*second), "quick!"}, // 1.2 km and three stops: 324 s
		"there before, too":    {pin, before(rush(4, 20*second), pinFix("z", -14*time.Minute, 0), "f"), "quick!"},
		"four, with time":      {pin, rush(4, 109*second), "quick"},
		"next door":            {pin, at(stops(pinFix("a", -time.Minute, 400)), "a", 149), ""},
		"two from one place":   {fix, crowd(2, 200), ""},
		"three from one place": {fix, crowd(3, 200), "crowd"},
		"five from one place":  {fix, crowd(5, 200), "crowd!"},
		"a mall from its door": {fix, crowd(5, 30), ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got := ""
			for _, s := range visit.Signals(tt.f, tt.past) {
				got += string(s.Kind)
				if s.Hard {
					got += "!"
				}
			}
			if got != tt.want {
				t.Errorf("got %q, want %q", got, tt.want)
			}
		})
	}
}

func TestDoubted(t *testing.T) {
	t.Parallel()
	soft := func(kinds ...visit.SignalKind) (out []visit.Signal) {
		for _, k := range kinds {
			out = append(out, visit.Signal{Kind: k})
		}
		return out
	}
	for name, tt := range map[string]struct {
		signals []visit.Signal
		want    bool
	}{
		"none":             {nil, false},
		"two kinds":        {soft("a", "b"), false},
		"one kind thrice":  {soft("a", "a", "a", "b"), false},
		"three kinds":      {soft("a", "b", "c"), true},
		"a hard one":       {[]visit.Signal{{Kind: "a", Hard: true}}, true},
		"a hard one later": {append(soft("a"), visit.Signal{Kind: "a", Hard: true}), true},
	} {
		if got := visit.Doubted(tt.signals); got != tt.want {
			t.Errorf("%s: %v", name, got)
		}
	}
}

// What was known is compared in its own order: in which it is given does not matter.
func TestSignalsDoNotDependOnOrder(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		draw := func(label string) visit.Fact {
			f := deviceFix(label, time.Duration(rapid.IntRange(-40, 40).Draw(t, label+" minutes"))*time.Minute,
				float64(rapid.IntRange(0, 3).Draw(t, label+" place"))*700, float64(rapid.IntRange(0, 12).Draw(t, label+" accuracy")))
			if rapid.Bool().Draw(t, label+" is a pin") {
				f.Fix.Evidence = visit.EvidencePin
			}
			return f
		}
		f := draw("f")
		past := visit.Past{Meant: map[string]string{"f": "f"}, Places: map[string]geo.Point{"f": f.Fix.Point}}
		for i := range rapid.IntRange(0, 8).Draw(t, "others") {
			o := draw(fmt.Sprint(i))
			past.Own = append(past.Own, o)
			past.Meant[o.ID], past.Places[o.ID] = o.ID, o.Fix.Point
		}
		want := visit.Signals(f, past)
		past.Own = rapid.Permutation(past.Own).Draw(t, "order")
		if got := visit.Signals(f, past); !slices.Equal(got, want) {
			t.Errorf("%v became %v", want, got)
		}
	})
}
