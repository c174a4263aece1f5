package storagetest

import (
	"cmp"
	"context"
	"fmt"
	"math"
	"slices"
	"sync/atomic"
	"testing"
	"time"

	"roundsman/geo"
	"roundsman/storage"
	"roundsman/visit"
)

func fullFact() visit.Fact {
	return visit.Fact{
		ID: "fix-" + chinese, Kind: visit.KindFix, Rep: "rep-" + chinese, Team: chinese, Date: "2026-11-24",
		At: at(1), Received: at(2), Platform: "feishu", Message: "om_" + chinese, By: "manager-" + chinese, Visit: "visit-" + chinese,
		Fix: &visit.Fix{
			Point: geo.Point{Lat: 31.230416123456789, Lng: -121.473701, Datum: geo.GCJ02}, Accuracy: 12.5, Address: chinese,
			Evidence: visit.EvidencePin, Late: true, Support: -1, Rule: visit.RuleVersion, MaxAccuracy: 150, MinStay: 5, NoDrift: true,
			Claims: []visit.Claim{
				{Customer: chinese, Verdict: visit.Near, Reasons: []visit.Reason{visit.ReasonOutside, visit.ReasonDrift}, Distance: 1.0 / 3, Radius: 200, Near: 5e-324, Fenced: true},
				{Customer: "c2", Verdict: visit.OffSite, Reasons: []visit.Reason{visit.ReasonFar}, Distance: math.MaxFloat64, Radius: 1e-9, Near: 500, Fenced: true},
			},
			Signals: []visit.Signal{{Kind: visit.SignalTravel, Hard: true, Value: 1200.5, With: "fix-" + chinese}},
			Code:    chinese,
		},
		Photo: &visit.Photo{Of: "photo-1", SHA256: "ab", Bytes: 1 << 40, Reason: "过期", Look: &visit.Look{
			D: math.MaxUint64, P: 1<<63 + 1, Taken: at(5), Place: geo.Point{Lat: -31.5, Lng: 121.000000001, Datum: geo.WGS84},
		}, Signals: []visit.Signal{{Kind: visit.SignalQuick, Hard: true, Value: 1.0 / 3, With: "photo-2"}}},
		Note:   chinese,
		Choice: &visit.Choice{Fix: "fix-1", Customer: chinese, Prospect: true},
		Result: &visit.Result{
			Visit: "visit-" + chinese, Kind: visit.ResultDeal, Order: new(int64(1<<62 + 1)), Collected: new(int64(1<<53 + 1)),
			Delivery: visit.DeliveredInPart, Competitor: chinese, Feedback: "贵", News: "装修",
		},
		Plan: &visit.Change{
			Put:  []visit.PlannedVisit{fullPlannedVisit()},
			Drop: []string{chinese, "c2"}, Reason: chinese,
		},
		Decision:  &visit.Decision{Visit: "visit-" + chinese, Verdict: visit.Suspicious},
		Challenge: &visit.Challenge{Number: 37, Until: at(6)},
		Review:    &visit.Review{Approved: true, Seen: at(4)},
		Leave:     &visit.Leave{Part: visit.Afternoon, Of: "leave-" + chinese, Approved: true},
		Complaint: &visit.ComplaintFact{Of: "complaint-1", Customer: chinese, Due: at(3), Text: chinese},
	}
}

func testFacts(t *testing.T, s suite) {
	setup := func(t *testing.T, facts ...visit.Fact) (context.Context, storage.Facts) {
		t.Helper()
		t.Parallel()
		f := s.open(t).Facts()
		ok(t, f.Append(t.Context(), facts...))
		return t.Context(), f
	}
	fact := func(id, rep, team string, date visit.Date, second int) visit.Fact {
		return visit.Fact{ID: id, Kind: visit.KindNote, Rep: rep, Team: team, Date: date, At: at(second), Note: id}
	}
	ids := func(facts []visit.Fact) []string {
		var out []string
		for _, f := range facts {
			out = append(out, f.ID)
		}
		return out
	}

	t.Run("every field comes back", func(t *testing.T) {
		full, zero := fullFact(), visit.Fact{}
		complete(t, full)
		ctx, f := setup(t, full, zero)
		equal(t, val(f.Get(ctx, full.ID))(t), full)
		equal(t, val(f.Get(ctx, ""))(t), zero)
		equal(t, val(f.Get(ctx, ""))(t).At.IsZero(), true)
		equal(t, val(f.Day(ctx, full.Rep, full.Date))(t), []visit.Fact{full})
		equal(t, val(collect(f.Range(ctx, storage.FactFilter{})))(t), []visit.Fact{zero, full})
	})

	t.Run("each kind alone comes back", func(t *testing.T) {
		want := []visit.Fact{
			{ID: "1", Kind: visit.KindFix, Fix: &visit.Fix{}},
			{ID: "2", Kind: visit.KindPhoto, Photo: &visit.Photo{}},
			{ID: "3", Kind: visit.KindChoice, Choice: &visit.Choice{}},
			{ID: "4", Kind: visit.KindPlanChanged, Plan: &visit.Change{}},
			{ID: "5", Kind: visit.KindCheckOut},
			{ID: "6", Kind: visit.KindResult, Result: &visit.Result{}},
			{ID: "6a", Kind: visit.KindPlanReviewed, Review: &visit.Review{}},
			{ID: "7", Kind: visit.KindLeaveAsked, Leave: &visit.Leave{}},
			{ID: "8", Kind: visit.KindComplaint, Complaint: &visit.ComplaintFact{}},
			{ID: "9", Kind: visit.KindDecision, Decision: &visit.Decision{}},
			{ID: "9a", Kind: visit.KindAsked, Visit: "1"},
			{ID: "9b", Kind: visit.KindExplained, Visit: "1", Note: chinese},
		}
		ctx, f := setup(t, want...)
		equal(t, val(f.Day(ctx, "", ""))(t), want)
	})

	t.Run("an amount of nothing is not none", func(t *testing.T) {
		want := []visit.Fact{
			{ID: "1", Kind: visit.KindResult, Result: &visit.Result{Order: new(int64(0))}},
			{ID: "2", Kind: visit.KindResult, Result: &visit.Result{Collected: new(int64(0))}},
			{ID: "3", Kind: visit.KindResult, Result: &visit.Result{Order: new(int64(0)), Collected: new(int64(0))}},
		}
		ctx, f := setup(t, want...)
		equal(t, val(f.Day(ctx, "", ""))(t), want)
	})

	t.Run("instants before 1970 and 1970 itself come back", func(t *testing.T) {
		a, b := visit.Fact{ID: "a", At: time.UnixMilli(-1).UTC()}, visit.Fact{ID: "b", At: time.UnixMilli(0).UTC()}
		ctx, f := setup(t, b, a)
		equal(t, val(f.Day(ctx, "", ""))(t), []visit.Fact{a, b})
	})

	t.Run("an unknown fact is not found", func(t *testing.T) {
		ctx, f := setup(t)
		_, err := f.Get(ctx, "unknown")
		wants(t, err, storage.ErrNotFound)
		equal(t, val(f.Day(ctx, "r", "2026-11-24"))(t), []visit.Fact(nil))
		equal(t, val(collect(f.Range(ctx, storage.FactFilter{})))(t), []visit.Fact(nil))
	})

	t.Run("an id that is there is skipped and the others are kept", func(t *testing.T) {
		first := fact("a", "r", "t", "2026-11-24", 1)
		ctx, f := setup(t, first)
		again := first
		again.Note = "other"
		b := fact("b", "r", "t", "2026-11-24", 2)
		other := b
		other.Note = "second in the same call"
		ok(t, f.Append(ctx, again, b, other))
		ok(t, f.Append(ctx, again, b))
		equal(t, val(f.Day(ctx, "r", "2026-11-24"))(t), []visit.Fact{first, b})
	})

	t.Run("numbers that are none are refused", func(t *testing.T) {
		ctx, f := setup(t)
		for _, v := range []float64{math.NaN(), math.Inf(1), math.Inf(-1)} {
			for name, fix := range map[string]visit.Fix{
				"lat":      {Point: geo.Point{Lat: v, Lng: 1, Datum: geo.WGS84}},
				"lng":      {Point: geo.Point{Lat: 1, Lng: v, Datum: geo.WGS84}},
				"accuracy": {Accuracy: v},
				"support":  {Support: v},
				"distance": {Claims: []visit.Claim{{Distance: v}}},
				"radius":   {Claims: []visit.Claim{{Radius: v}}},
				"near":     {Claims: []visit.Claim{{Near: v}}},
				"limit":    {MaxAccuracy: v},
				"signal":   {Signals: []visit.Signal{{Value: v}}},
			} {
				bad := visit.Fact{ID: fmt.Sprint(name, v), Fix: &fix}
				if err := f.Append(ctx, bad); err == nil {
					t.Errorf("a %s of %v was stored", name, v)
				}
			}
		}
		equal(t, val(collect(f.Range(ctx, storage.FactFilter{})))(t), []visit.Fact(nil))
	})

	t.Run("a day is one rep's date in order", func(t *testing.T) {
		ctx, f := setup(t,
			fact("late", "r", "t", "2026-11-24", 9), fact("b", "r", "t", "2026-11-24", 5), fact("a", "r", "t", "2026-11-24", 5),
			fact("乙", "r", "t", "2026-11-24", 5), fact("甲", "r", "t", "2026-11-24", 5),
			fact("other date", "r", "t", "2026-11-25", 1), fact("other rep", "R", "t", "2026-11-24", 1),
		)
		equal(t, ids(val(f.Day(ctx, "r", "2026-11-24"))(t)), []string{"a", "b", "乙", "甲", "late"})
	})

	t.Run("range filters and orders", func(t *testing.T) {
		var all []visit.Fact
		for i := range 120 {
			all = append(all, fact(
				fmt.Sprintf("%03d", (i*37)%120),
				[]string{"甲", "a", "乙"}[i%3], []string{"华东一队", "b"}[i%2],
				visit.Date("2026-11-20").Add(i%5), i%4,
			))
		}
		ctx, f := setup(t, all...)
		slices.SortFunc(all, func(a, b visit.Fact) int {
			return cmp.Or(cmp.Compare(a.Date, b.Date), cmp.Compare(a.Rep, b.Rep), a.At.Compare(b.At), cmp.Compare(a.ID, b.ID))
		})
		for _, filter := range []storage.FactFilter{
			{},
			{Rep: "甲"},
			{Team: "华东一队"},
			{Rep: "乙", Team: "b"},
			{From: "2026-11-21"},
			{To: "2026-11-23"},
			{From: "2026-11-21", To: "2026-11-21"},
			{From: "2026-11-23", To: "2026-11-21"},
			{Rep: "a", Team: "华东一队", From: "2026-11-21", To: "2026-11-23"},
			{Team: "b", From: "2026-11-22"},
			{Rep: "nobody"},
			{Team: "nobody"},
		} {
			want := slices.DeleteFunc(slices.Clone(all), func(fa visit.Fact) bool {
				return filter.Rep != "" && fa.Rep != filter.Rep || filter.Team != "" && fa.Team != filter.Team ||
					filter.From != "" && fa.Date < filter.From || filter.To != "" && fa.Date > filter.To
			})
			equal(t, val(collect(f.Range(ctx, filter)))(t), want)
		}
	})

	t.Run("a long range comes whole and in order", func(t *testing.T) {
		// More than any adapter reads at once, many of them at the same instant.
		var all []visit.Fact
		for i := range 2500 {
			all = append(all, fact(fmt.Sprintf("%05d", i), "r", "t", "2026-11-24", i/1200))
		}
		ctx, f := setup(t, all...)
		for _, filter := range []storage.FactFilter{{}, {Rep: "r"}, {Team: "t"}} {
			equal(t, ids(val(collect(f.Range(ctx, filter)))(t)), ids(all))
		}
	})

	t.Run("a range stops with its loop and lets others write meanwhile", func(t *testing.T) {
		ctx, f := setup(t, fact("a", "r", "t", "2026-11-24", 1), fact("b", "r", "t", "2026-11-24", 2), fact("c", "r", "t", "2026-11-24", 3))
		n := 0
		for got, err := range f.Range(ctx, storage.FactFilter{}) {
			ok(t, err)
			ok(t, f.Append(ctx, fact("new"+got.ID, "r", "t", "2026-11-25", 1)))
			if n++; n == 2 {
				break
			}
		}
		equal(t, n, 2)
		equal(t, ids(val(f.Day(ctx, "r", "2026-11-25"))(t)), []string{"newa", "newb"})
	})

	t.Run("a range can be run again", func(t *testing.T) {
		ctx, f := setup(t, fact("a", "r", "t", "2026-11-24", 1))
		seq := f.Range(ctx, storage.FactFilter{})
		equal(t, ids(val(collect(seq))(t)), []string{"a"})
		ok(t, f.Append(ctx, fact("b", "r", "t", "2026-11-24", 2)))
		equal(t, ids(val(collect(seq))(t)), []string{"a", "b"})
	})

	t.Run("the same facts at once are kept once", func(t *testing.T) {
		ctx, f := setup(t)
		for _, err := range race(t, func(ctx context.Context, i int) error {
			return f.Append(ctx, fact("a", "r", "t", "2026-11-24", 1), fact("b", "r", "t", "2026-11-24", 2))
		}) {
			ok(t, err)
		}
		equal(t, ids(val(f.Day(ctx, "r", "2026-11-24"))(t)), []string{"a", "b"})
	})

	t.Run("the latest places of a rep, newest first", func(t *testing.T) {
		fix := func(id, rep string, second int, lat float64) visit.Fact {
			return visit.Fact{
				ID: id, Kind: visit.KindFix, Rep: rep, Date: visit.Date("2026-11-24").Add(second / 10), At: at(second),
				Fix: &visit.Fix{Point: geo.Point{Lat: lat, Lng: 121.4737012345678, Datum: geo.GCJ02}, Support: -1},
			}
		}
		placeless := visit.Fact{ID: "placeless", Kind: visit.KindFix, Rep: "r", Date: "2026-11-24", At: at(4), Fix: &visit.Fix{Address: chinese, Support: -1}}
		a, b, c := fix("a", "r", 1, 31.1), fix("b", "r", 12, 31.2), fix("c", "r", 12, 31.3)
		ctx, f := setup(t, a, c, b, placeless, fact("note", "r", "t", "2026-11-24", 3), fix("other", "R", 5, 31.1), fix("later", "r", 13, 31.1))
		equal(t, val(f.Latest(ctx, "r", at(12), 9))(t), []visit.Fact{c, b, a})
		equal(t, val(f.Latest(ctx, "r", at(12), 2))(t), []visit.Fact{c, b})
		equal(t, val(f.Latest(ctx, "r", at(0), 9))(t), []visit.Fact(nil))
		equal(t, val(f.Latest(ctx, "nobody", at(12), 9))(t), []visit.Fact(nil))
		// What is removed is not compared with any more.
		equal(t, val(f.Redact(ctx, "2026-11-25"))(t), 3)
		equal(t, val(f.Latest(ctx, "r", at(12), 9))(t), []visit.Fact{c, b})
	})

	t.Run("fixes of exactly the same place, newest first", func(t *testing.T) {
		place := geo.Point{Lat: 31.230416123456789, Lng: -121.473701000000007, Datum: geo.GCJ02}
		fix := func(id, rep string, second int, p geo.Point) visit.Fact {
			return visit.Fact{ID: id, Kind: visit.KindFix, Rep: rep, Date: "2026-11-24", At: at(second), Fix: &visit.Fix{Point: p, Support: -1}}
		}
		lat, lng, datum := place, place, place
		lat.Lat += 1e-7
		lng.Lng -= 1e-7
		datum.Datum = geo.WGS84
		a, b, c := fix("a", "r", 1, place), fix("b", "R", 2, place), fix("c", "r", 2, place)
		ctx, f := setup(t, b, a, c, fix("lat", "r", 1, lat), fix("lng", "r", 1, lng), fix("datum", "r", 1, datum), fact("note", "r", "t", "2026-11-24", 1))
		equal(t, val(f.Same(ctx, place, at(1), 9))(t), []visit.Fact{c, b, a})
		equal(t, val(f.Same(ctx, place, at(2), 9))(t), []visit.Fact{c, b})
		equal(t, val(f.Same(ctx, place, at(0), 1))(t), []visit.Fact{c})
		equal(t, val(f.Same(ctx, geo.Point{Lat: 1, Lng: 1, Datum: geo.GCJ02}, at(0), 9))(t), []visit.Fact(nil))
		equal(t, val(f.Redact(ctx, "2026-11-25"))(t), 6)
		equal(t, val(f.Same(ctx, place, at(0), 9))(t), []visit.Fact(nil))
	})

	t.Run("redact removes where a person was and nothing else", func(t *testing.T) {
		full := fullFact()
		full.Fix.Support = 12.5
		before, same := full, full
		before.ID, before.Date = "before", full.Date.Add(-1)
		same.ID = "same date"
		other := fact("note", "r", "t", "2026-01-01", 1)
		photo := visit.Fact{ID: "photo", Kind: visit.KindPhoto, Date: "2026-01-01", Photo: &visit.Photo{SHA256: "ab"}}
		bare := visit.Fact{ID: "bare", Kind: visit.KindFix, Date: "2026-01-02", Fix: &visit.Fix{Support: -1}}
		ctx, f := setup(t, before, same, other, photo, bare)

		equal(t, val(f.Redact(ctx, full.Date))(t), 1)
		want := before
		fix := *before.Fix
		fix.Point, fix.Address, fix.Accuracy, fix.Support = geo.Point{}, "", 0, -1
		want.Fix = &fix
		image, look := *before.Photo, *before.Photo.Look
		look.Place = geo.Point{}
		image.Look = &look
		want.Photo = &image
		equal(t, val(f.Get(ctx, "before"))(t), want)
		equal(t, val(f.Day(ctx, want.Rep, want.Date))(t), []visit.Fact{want})
		equal(t, val(collect(f.Range(ctx, storage.FactFilter{})))(t), []visit.Fact{photo, other, bare, want, same})

		equal(t, val(f.Redact(ctx, full.Date))(t), 0)
		// The same fact once more does not bring it back.
		ok(t, f.Append(ctx, before))
		equal(t, val(f.Get(ctx, "before"))(t), want)
		equal(t, val(f.Redact(ctx, full.Date.Add(1)))(t), 1)
	})

	t.Run("redact finds where a photo was taken", func(t *testing.T) {
		taken := visit.Fact{ID: "taken", Kind: visit.KindPhotoKept, Date: "2026-11-23", Photo: &visit.Photo{
			Of: "p", SHA256: "ab", Look: &visit.Look{D: 1, Place: geo.Point{Lat: 31, Lng: 121, Datum: geo.WGS84}},
		}}
		looked := visit.Fact{ID: "looked", Kind: visit.KindPhotoKept, Date: "2026-11-23", Photo: &visit.Photo{Look: &visit.Look{P: 2}}}
		ctx, f := setup(t, taken, looked)
		equal(t, val(f.Redact(ctx, "2026-11-24"))(t), 1)
		equal(t, val(f.Get(ctx, "taken"))(t), taken.Redacted())
		equal(t, val(f.Get(ctx, "looked"))(t), looked)
	})

	t.Run("redact finds each thing alone", func(t *testing.T) {
		var facts []visit.Fact
		for id, fix := range map[string]visit.Fix{
			"point":    {Point: geo.Point{Lat: 31, Lng: 121, Datum: geo.GCJ02}, Support: -1},
			"accuracy": {Accuracy: 5, Support: -1},
			"address":  {Address: chinese, Support: -1},
			"support":  {},
			"nothing":  {Support: -1},
		} {
			facts = append(facts, visit.Fact{ID: id, Kind: visit.KindFix, Date: "2026-11-23", Fix: &fix})
		}
		ctx, f := setup(t, facts...)
		equal(t, val(f.Redact(ctx, "2026-11-24"))(t), 4)
		for _, fa := range facts {
			equal(t, val(f.Get(ctx, fa.ID))(t).Fix, &visit.Fix{Support: -1})
		}
	})

	t.Run("redact takes as many as there are while others write", func(t *testing.T) {
		const n = 2300 // more than any adapter changes at once
		located := func(i int, date visit.Date) visit.Fact {
			return visit.Fact{ID: key(0, i), Kind: visit.KindFix, Date: date, Fix: &visit.Fix{Address: chinese, Support: -1}}
		}
		var all []visit.Fact
		for i := range n {
			all = append(all, located(i, visit.Date("2026-11-01").Add(i%20)))
		}
		ctx, f := setup(t, all...)
		var changed atomic.Int64
		for _, err := range race(t, func(ctx context.Context, i int) error {
			if i%4 == 0 {
				return f.Append(ctx, located(n+i, "2026-11-24"))
			}
			// Each of them finishes what the others began.
			n, err := f.Redact(ctx, "2026-11-24")
			changed.Add(int64(n))
			return err
		}) {
			ok(t, err)
		}
		equal(t, changed.Load(), int64(n))
		for fa, err := range f.Range(ctx, storage.FactFilter{To: "2026-11-23"}) {
			ok(t, err)
			equal(t, fa.Fix.Address, "")
		}
		equal(t, len(val(f.Day(ctx, "", "2026-11-24"))(t)), racers/4)
		for _, fa := range val(f.Day(ctx, "", "2026-11-24"))(t) {
			equal(t, fa.Fix.Address, chinese)
		}
	})
}
