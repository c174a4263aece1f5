package visit_test

import (
	"fmt"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"roundsman/geo"
	"roundsman/visit"
)

const today = visit.Date("2026-11-24")

var nine = time.Date(2026, 11, 24, 1, 0, 0, 0, time.UTC)

// world is two neighbouring customers, one two kilometres away, and one whose place is not known.
func world() ([]visit.PlannedVisit, []visit.Customer) {
	customers := []visit.Customer{
		{ID: "a", Point: shop},
		{ID: "b", Point: at(900)},
		{ID: "c", Point: at(2400)},
		{ID: "x"},
		{ID: "mall1", Point: at(-5000)},
		{ID: "mall2", Point: geo.Offset(at(-5000), 20, 0)},
	}
	plan := []visit.PlannedVisit{
		{Rep: "r", Date: today, Customer: "a", Order: 1},
		{Rep: "r", Date: today, Customer: "c", Order: 2},
		{Rep: "r", Date: today, Customer: "mall1", Order: 3},
		{Rep: "r", Date: today, Customer: "mall2", Order: 4},
		{Rep: "r", Date: today, Customer: "x", Order: 5},
	}
	return plan, customers
}

func fact(id string, minute int, kind visit.Kind) visit.Fact {
	return visit.Fact{ID: id, Kind: kind, Rep: "r", Date: today, At: nine.Add(time.Duration(minute) * time.Minute)}
}

func fix(id string, minute int, p geo.Point) visit.Fact {
	plan, customers := world()
	f := fact(id, minute, visit.KindFix)
	f.Fix = &visit.Fix{Point: p, Evidence: visit.EvidencePin, Rule: visit.RuleVersion}
	f.Fix.Claims = rules.Claims(*f.Fix, plan, customers)
	return f
}

func photo(id string, minute int) visit.Fact {
	f := fact(id, minute, visit.KindPhoto)
	f.Photo = &visit.Photo{}
	return f
}

func note(id string, minute int, text string) visit.Fact {
	f := fact(id, minute, visit.KindNote)
	f.Note = text
	return f
}

func choose(id string, minute int, of, customer string) visit.Fact {
	f := fact(id, minute, visit.KindChoice)
	f.Choice = &visit.Choice{Fix: of, Customer: customer, Prospect: customer == ""}
	return f
}

// brief writes a day in a few words, for comparison.
func brief(d visit.Day) []string {
	var out []string
	for _, v := range d.Visits {
		who := v.Customer
		if v.Prospect {
			who = "prospect"
		}
		s := fmt.Sprintf("%s:%s %s photos=%d notes=%d options=%d", v.ID, who, v.Claim.Verdict, len(v.Photos), len(v.Notes), len(v.Options))
		if !v.End.IsZero() {
			s += fmt.Sprintf(" end=%d", int(v.End.Sub(nine)/time.Minute))
		}
		out = append(out, s)
	}
	for _, f := range d.Unplaced {
		out = append(out, "unplaced "+f.ID)
	}
	for _, p := range d.Loose {
		out = append(out, "loose "+p.ID)
	}
	return out
}

func TestFold(t *testing.T) {
	t.Parallel()
	plan, _ := world()
	for name, tt := range map[string]struct {
		facts []visit.Fact
		want  []string
	}{
		"nothing": {nil, nil},
		"a_whole_visit": {
			[]visit.Fact{photo("p1", -5), fix("f1", 0, shop), photo("p2", 3), note("n1", 4, "补货"), fact("o1", 30, visit.KindCheckOut)},
			[]string{"f1:a verified photos=2 notes=1 options=0 end=30"},
		},
		"the_next_check_in_ends_it": {
			[]visit.Fact{fix("f1", 0, shop), fix("f2", 40, at(2400)), photo("p1", 41)},
			[]string{"f1:a verified photos=0 notes=0 options=0 end=40", "f2:c verified photos=1 notes=0 options=0"},
		},
		"photo_too_early_stays_loose": {
			[]visit.Fact{photo("p1", -16), fix("f1", 0, shop)},
			[]string{"f1:a verified photos=0 notes=0 options=0", "loose p1"},
		},
		"photo_after_check_out_goes_to_the_next": {
			[]visit.Fact{fix("f1", 0, shop), fact("o", 10, visit.KindCheckOut), photo("p1", 12), fix("f2", 20, at(2400))},
			[]string{"f1:a verified photos=0 notes=0 options=0 end=10", "f2:c verified photos=1 notes=0 options=0"},
		},
		"a_forgotten_visit_takes_nothing_after_two_hours": {
			[]visit.Fact{fix("f1", 0, shop), note("n1", 121, "late"), photo("p1", 122)},
			[]string{"f1:a verified photos=0 notes=0 options=0", "loose p1"},
		},
		"trying_again_closer_improves_the_visit": {
			[]visit.Fact{fix("f1", 0, at(-400)), fix("f2", 5, shop)},
			[]string{"f1:a verified photos=0 notes=0 options=0"},
		},
		"trying_again_from_farther_does_not_spoil_it": {
			[]visit.Fact{fix("f1", 0, shop), fix("f2", 5, at(-400))},
			[]string{"f1:a verified photos=0 notes=0 options=0"},
		},
		"off_site_of_the_nearest_planned": {
			[]visit.Fact{fix("f1", 0, at(-1500))},
			[]string{"f1:a off_site photos=0 notes=0 options=0"},
		},
		"all_in_one_second": {
			[]visit.Fact{fact("a", 0, visit.KindCheckOut), note("b", 0, "n"), photo("c", 0), fix("d", 0, shop)},
			[]string{"d:a verified photos=1 notes=1 options=0 end=0"},
		},
		"far_from_everything": {
			[]visit.Fact{fix("f1", 0, geo.Offset(shop, 20000, 0))},
			[]string{"unplaced f1"},
		},
		"planned_before_merely_owned": {
			// 500 m from a (planned) and 400 m from b (owned), near both: the planned one is meant.
			[]visit.Fact{fix("f1", 0, at(500))},
			[]string{"f1:a near photos=0 notes=0 options=0"},
		},
		"owned_and_at_the_door_beats_planned_and_near": {
			[]visit.Fact{fix("f1", 0, geo.Offset(shop, 700, 90))},
			[]string{"f1:b verified photos=0 notes=0 options=0"},
		},
		"the_shop_next_door_after_a_while": {
			[]visit.Fact{fix("f1", 0, at(-5000)), fix("f2", 30, at(-5000))},
			[]string{"f1:mall1 verified photos=0 notes=0 options=1 end=30", "f2:mall2 verified photos=0 notes=0 options=1"},
		},
		"a_caption_before_the_location": {
			[]visit.Fact{note("n", -2, "门头"), photo("p", -2), note("early", -20, "x"), fix("f1", 0, shop)},
			[]string{"f1:a verified photos=1 notes=1 options=0"},
		},
		"a_photo_at_the_next_door": {
			[]visit.Fact{fix("f1", 0, shop), photo("p1", 2), photo("p2", 39), fix("f2", 40, at(2400))},
			[]string{"f1:a verified photos=1 notes=0 options=0 end=40", "f2:c verified photos=1 notes=0 options=0"},
		},
		"what_follows_an_unexplained_location_is_not_the_visit_before": {
			[]visit.Fact{fix("f1", 0, shop), fix("f2", 30, geo.Offset(shop, 20000, 0)), note("n", 31, "新店"), photo("p", 32)},
			[]string{"f1:a verified photos=0 notes=0 options=0", "unplaced f2", "loose p"},
		},
		"and_belongs_to_it_once_it_is_explained": {
			[]visit.Fact{fix("f1", 0, shop), fix("f2", 30, geo.Offset(shop, 20000, 0)), note("n", 31, "新店"), photo("p", 32), choose("c", 33, "f2", "")},
			[]string{"f1:a verified photos=0 notes=0 options=0 end=30", "f2:prospect  photos=1 notes=1 options=0"},
		},
		"an_end_is_an_end_however_late": {
			[]visit.Fact{fix("f1", 0, shop), fact("o", 200, visit.KindCheckOut)},
			[]string{"f1:a verified photos=0 notes=0 options=0 end=200"},
		},
		"owned_when_the_planned_one_was_visited": {
			[]visit.Fact{fix("f1", 0, shop), fact("o", 10, visit.KindCheckOut), fix("f2", 20, at(890))},
			[]string{"f1:a verified photos=0 notes=0 options=0 end=10", "f2:b verified photos=0 notes=0 options=0"},
		},
		"two_in_one_mall_are_asked_about": {
			[]visit.Fact{fix("f1", 0, at(-5000))},
			[]string{"f1:mall1 verified photos=0 notes=0 options=1"},
		},
		"the_answer_counts": {
			[]visit.Fact{fix("f1", 0, at(-5000)), choose("c1", 1, "f1", "mall2")},
			[]string{"f1:mall2 verified photos=0 notes=0 options=0"},
		},
		"the_last_answer_counts": {
			[]visit.Fact{fix("f1", 0, at(-5000)), choose("c1", 1, "f1", "mall2"), choose("c2", 2, "f1", "mall1")},
			[]string{"f1:mall1 verified photos=0 notes=0 options=0"},
		},
		"a_second_location_in_the_mall_means_the_same_shop": {
			// And it answers nothing: the question stays.
			[]visit.Fact{fix("f1", 0, at(-5000)), fix("f2", 3, at(-5000))},
			[]string{"f1:mall1 verified photos=0 notes=0 options=1"},
		},
		"after_check_out_the_other_shop_is_meant": {
			[]visit.Fact{fix("f1", 0, at(-5000)), fact("o", 20, visit.KindCheckOut), fix("f2", 23, at(-5000))},
			[]string{"f1:mall1 verified photos=0 notes=0 options=1 end=20", "f2:mall2 verified photos=0 notes=0 options=0"},
		},
		"a_prospect": {
			[]visit.Fact{fix("f1", 0, geo.Offset(shop, 20000, 0)), choose("c1", 1, "f1", ""), note("n1", 2, "新开的店")},
			[]string{"f1:prospect  photos=0 notes=1 options=0"},
		},
		"off_site_is_not_a_visit_to_the_customer": {
			[]visit.Fact{fix("f1", 0, at(-1500)), fact("o", 10, visit.KindCheckOut), fix("f2", 60, shop)},
			[]string{"f1:a off_site photos=0 notes=0 options=0 end=10", "f2:a verified photos=0 notes=0 options=0"},
		},
		"a_place_that_is_not_known_can_be_chosen": {
			[]visit.Fact{fix("f1", 0, geo.Offset(shop, 20000, 0)), choose("c1", 1, "f1", "x")},
			[]string{"f1:x near photos=0 notes=0 options=0"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if diff := cmp.Diff(tt.want, brief(visit.Fold(plan, tt.facts))); diff != "" {
				t.Errorf("the day (-want +got):\n%s", diff)
			}
		})
	}
}

func TestPhotosBecomeKeptOrMissing(t *testing.T) {
	t.Parallel()
	plan, _ := world()
	kept := fact("p1/kept", 9, visit.KindPhotoKept)
	kept.Photo = &visit.Photo{Of: "p1", SHA256: "abc"}
	missing := fact("p2/missing", 9, visit.KindPhotoMissing)
	missing.Photo = &visit.Photo{Of: "p2", Reason: "expired"}
	day := visit.Fold(plan, []visit.Fact{missing, kept, photo("p1", 1), photo("p2", 2), photo("p3", 3), fix("f1", 0, shop)})
	want := []visit.PhotoState{
		{ID: "p1", At: nine.Add(time.Minute), SHA256: "abc"},
		{ID: "p2", At: nine.Add(2 * time.Minute), Missing: "expired"},
		{ID: "p3", At: nine.Add(3 * time.Minute)},
	}
	if diff := cmp.Diff(want, day.Visits[0].Photos); diff != "" {
		t.Errorf("photos (-want +got):\n%s", diff)
	}
	if got := day.Tally(plan); got.Photos != 2 || got.MissingPhotos != 1 {
		t.Errorf("tally %+v", got)
	}
}

// The order in which facts arrive cannot matter.
func TestFoldDoesNotDependOnArrival(t *testing.T) {
	t.Parallel()
	plan, _ := world()
	rapid.Check(t, func(rt *rapid.T) {
		var facts []visit.Fact
		for i := range rapid.IntRange(0, 12).Draw(rt, "facts") {
			id, minute := fmt.Sprintf("e%02d", i), rapid.IntRange(0, 300).Draw(rt, "minute")
			switch rapid.IntRange(0, 5).Draw(rt, "kind") {
			case 0, 1:
				facts = append(facts, fix(id, minute, at(rapid.Float64Range(-6000, 6000).Draw(rt, "metres"))))
			case 2:
				facts = append(facts, photo(id, minute))
			case 3:
				facts = append(facts, note(id, minute, "n"))
			case 4:
				facts = append(facts, fact(id, minute, visit.KindCheckOut))
			case 5:
				facts = append(facts, choose(id, minute, "e00", rapid.SampledFrom([]string{"", "a", "mall2", "x"}).Draw(rt, "choice")))
			}
		}
		want := visit.Fold(plan, facts)
		seed := rapid.Uint64().Draw(rt, "seed")
		r := rand.New(rand.NewPCG(seed, 1))
		r.Shuffle(len(facts), func(i, j int) { facts[i], facts[j] = facts[j], facts[i] })
		got := visit.Fold(plan, facts)
		if diff := cmp.Diff(want, got); diff != "" {
			rt.Fatalf("another order gave another day:\n%s", diff)
		}
		photos, fixes := 0, 0
		for _, f := range facts {
			switch f.Kind {
			case visit.KindPhoto:
				photos++
			case visit.KindFix:
				fixes++
			}
		}
		// Nothing is lost: every photo is somewhere, every fix is a visit, part of one, or unplaced.
		tally := got.Tally(plan)
		if tally.Photos != photos || len(got.Visits)+len(got.Unplaced) > fixes {
			rt.Fatalf("%d photos of %d, %d visits of %d fixes", tally.Photos, photos, len(got.Visits), fixes)
		}
		if tally.Reached > tally.Planned || tally.Verified+tally.Near+tally.OffSite+tally.Prospects != tally.Visits {
			rt.Fatalf("the tally does not add up: %+v", tally)
		}
		for i, v := range got.Visits {
			if i+1 < len(got.Visits) && v.End.IsZero() {
				rt.Fatalf("visit %d goes on while another does", i)
			}
			if !v.End.IsZero() && v.End.Before(v.Start) {
				rt.Fatalf("visit %d ends before it begins", i)
			}
		}
	})
}

func TestTally(t *testing.T) {
	t.Parallel()
	plan, _ := world()
	day := visit.Fold(plan, []visit.Fact{
		fix("f1", 0, shop), fix("f2", 30, at(890)), fix("f3", 60, at(2400)), fix("f4", 90, geo.Offset(shop, 20000, 0)),
		choose("c4", 91, "f4", ""), fix("f5", 120, at(-3000)),
	})
	want := visit.Tally{Planned: 5, Reached: 2, Visits: 5, Verified: 3, OffSite: 1, Prospects: 1, Extra: 1, Distinct: 3}
	if diff := cmp.Diff(want, day.Tally(plan)); diff != "" {
		t.Errorf("tally (-want +got):\n%s", diff)
	}
	left := day.Remaining(plan)
	if len(left) != 3 || left[0].Customer != "mall1" {
		t.Errorf("remaining %v", left)
	}
}
