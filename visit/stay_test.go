package visit_test

import (
	"fmt"
	"testing"
	"time"

	"pgregory.net/rapid"

	"roundsman/geo"
	"roundsman/visit"
)

// device is a location that the device measured, with its accuracy in metres,
// for a team whose visits should last five minutes.
func device(id string, minute int, p geo.Point, accuracy float64) visit.Fact {
	plan, customers := world()
	f := fact(id, minute, visit.KindFix)
	f.Fix = &visit.Fix{Point: p, Accuracy: accuracy, Evidence: visit.EvidenceDevice, Rule: visit.RuleVersion, MinStay: 5}
	f.Fix.Claims = rules.Claims(*f.Fix, plan, customers)
	return f
}

func checkOut(minute int) visit.Fact { return fact("out", minute, visit.KindCheckOut) }

func TestHowLongSomebodyStayed(t *testing.T) {
	t.Parallel()
	here := device("in", 0, shop, 10)
	for name, tt := range map[string]struct {
		facts []visit.Fact
		stay  int // minutes, -1: nobody knows
		said  bool
		short bool
	}{
		"still there":                          {nil, -1, false, false},
		"checked out":                          {[]visit.Fact{checkOut(20)}, 20, true, false},
		"checked out soon":                     {[]visit.Fact{checkOut(4)}, 4, true, true},
		"at the least":                         {[]visit.Fact{checkOut(5)}, 5, true, false},
		"the next customer":                    {[]visit.Fact{device("b", 30, at(900), 10)}, 30, false, false},
		"the next customer soon":               {[]visit.Fact{device("b", 3, at(900), 10)}, 3, false, true},
		"seen inside":                          {[]visit.Fact{device("2", 3, at(240), 10)}, -1, false, false},
		"seen outside, sharply":                {[]visit.Fact{device("2", 12, at(270), 10)}, 12, false, false},
		"seen outside once, not sharply":       {[]visit.Fact{device("2", 12, at(340), 60)}, -1, false, false},
		"a pin outside":                        {[]visit.Fact{fix("2", 12, at(300))}, -1, false, false},
		"seen outside twice":                   {[]visit.Fact{device("2", 12, at(340), 60), device("3", 14, at(330), 60)}, 12, false, false},
		"seen outside twice at once":           {[]visit.Fact{device("2", 12, at(340), 60), device("3", 12, at(330), 60)}, -1, false, false},
		"outside, inside, outside":             {[]visit.Fact{device("2", 12, at(340), 60), device("3", 14, at(100), 60), device("4", 16, at(340), 60)}, -1, false, false},
		"came back":                            {[]visit.Fact{device("2", 12, at(300), 10), device("3", 20, at(10), 10)}, -1, false, false},
		"checked out long after leaving":       {[]visit.Fact{device("2", 12, at(300), 10), checkOut(70)}, 12, false, false},
		"by two that hardly know":              {[]visit.Fact{device("2", 12, at(300), 140), device("3", 14, at(310), 140)}, -1, false, false},
		"where no customer is":                 {[]visit.Fact{device("2", 3, at(40_000), 10)}, 3, false, true},
		"where no customer is, by a wrong pin": {[]visit.Fact{fix("2", 3, at(40_000))}, -1, false, false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			plan, _ := world()
			v := visit.Fold(plan, append([]visit.Fact{here}, tt.facts...)).Visits[0]
			stay, said := v.Stay()
			if stay >= 0 {
				stay /= time.Minute
			}
			if int(stay) != tt.stay || said != tt.said || v.Short() != tt.short {
				t.Errorf("stayed %d (said: %v, short: %v), want %d (%v, %v)", stay, said, v.Short(), tt.stay, tt.said, tt.short)
			}
		})
	}
}

// A fix that hardly knows where it is ends no visit, whatever lies beyond.
func TestIndoorsIsNotElsewhere(t *testing.T) {
	t.Parallel()
	customers := []visit.Customer{{ID: "a", Point: shop}, {ID: "b", Point: at(500)}}
	plan := []visit.PlannedVisit{{Customer: "a", Order: 1}, {Customer: "b", Order: 2}}
	judged := func(f visit.Fact) visit.Fact {
		f.Fix.Claims = rules.Claims(*f.Fix, plan, customers)
		return f
	}
	door, inside := judged(device("1", 0, shop, 15)), judged(device("2", 5, geo.Offset(shop, 300, 270), 400))
	day := visit.Fold(plan, []visit.Fact{door, inside, checkOut(60)})
	if len(day.Visits) != 1 || day.Visits[0].Customer != "a" || day.Visits[0].Short() {
		t.Errorf("the visits are %+v", day.Visits)
	}
	// A customer's code says that they are there.
	for i, minute := range []int{5, 7, 9} {
		scan := judged(device(fmt.Sprint("s", i), minute, geo.Offset(shop, 450, 270), 400))
		scan.Fix.Code = "a"
		inside = judged(scan)
		day = visit.Fold(plan, []visit.Fact{door, inside, checkOut(60)})
		if v := day.Visits[0]; len(day.Visits) != 1 || !v.Left.IsZero() {
			t.Errorf("with the code the visits are %+v", day.Visits)
		}
	}
}

// A stay never ends before it began nor after the check-out, and no number of
// locations within the place ends it.
func TestAStayIsWithinItsVisit(t *testing.T) {
	t.Parallel()
	plan, _ := world()
	rapid.Check(t, func(t *rapid.T) {
		facts := []visit.Fact{device("in", 0, shop, 10), checkOut(200)}
		inside := true
		for i := range rapid.IntRange(0, 8).Draw(t, "locations") {
			d := rapid.Float64Range(0, 600).Draw(t, "metres")
			inside = inside && d <= 245
			f := device(string(rune('a'+i)), rapid.IntRange(0, 119).Draw(t, "minute"), at(d), rapid.Float64Range(5, 140).Draw(t, "accuracy"))
			facts = append(facts, f)
		}
		for _, v := range visit.Fold(plan, facts).Visits {
			if stay, _ := v.Stay(); !v.End.IsZero() && (stay < 0 || stay > v.End.Sub(v.Start)) {
				t.Fatalf("%s: stayed %s of %s", v.ID, stay, v.End.Sub(v.Start))
			}
		}
		if v := visit.Fold(plan, facts).Visits[0]; inside && !v.Left.IsZero() {
			t.Fatalf("left at %s, and was never outside", v.Left)
		}
	})
}
