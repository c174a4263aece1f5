package handlers_test

import (
	"strings"
	"testing"
	"time"

	"roundsman/visit"
)

// After going back by a version there are facts of kinds, and doubts, that this one
// does not know: the day stands as far as it is known, and nothing of our own words
// for things is shown.
func TestWhatANewerVersionKeptIsShown(t *testing.T) {
	t.Parallel()
	f := setup(t)
	at := visit.Millis(f.now)
	fact := func(id string, kind visit.Kind, fill func(*visit.Fact)) visit.Fact {
		at = at.Add(time.Second)
		out := visit.Fact{ID: id, Kind: kind, Rep: "zhang", Team: team, Date: "2026-11-24", At: at, Received: at, Platform: "blue"}
		fill(&out)
		return out
	}
	f.ok(f.store.Facts().Append(t.Context(),
		fact("earlier", visit.KindFix, func(f *visit.Fact) {
			f.Fix = &visit.Fix{
				Point: shop, Evidence: "satellite", Support: -1, Rule: "99",
				Claims: []visit.Claim{{Customer: "C2", Verdict: visit.Near, Reasons: []visit.Reason{"moonlight"}, Distance: 300, Radius: 200, Near: 500}},
			}
		}),
		fact("fix", visit.KindFix, func(f *visit.Fact) {
			f.Fix = &visit.Fix{
				Point: shop, Evidence: "satellite", Support: -1, Rule: "99", MaxAccuracy: 150,
				Claims:  []visit.Claim{{Customer: "C1", Verdict: visit.Verified, Reasons: []visit.Reason{"moonlight"}, Distance: 3, Radius: 200, Near: 500}},
				Signals: []visit.Signal{{Kind: "moonshine", Hard: true, Value: 7}, {Kind: visit.SignalQuick, Value: 2}},
			}
		}),
		fact("later", "something_newer", func(f *visit.Fact) { f.Visit, f.Note = "fix", "newer" }),
	))
	f.pass(time.Minute)
	if v := f.day("zhang").Visits; len(v) != 2 || v[0].Verdict() != visit.Near || v[1].Customer != "C1" || v[1].Verdict() != visit.Suspicious {
		t.Fatalf("the day is %+v", v)
	}
	f.text("zhang", "为什么 大润发")
	if got := show(f.last("zhang")); !contains(got, "距客户 300 米（地图选点，没有精度），所以是“附近”") {
		t.Errorf("why near: %s", got)
	}
	f.text("zhang", "补货两箱")
	f.text("zhang", "为什么")
	f.text("zhang", "我的一天")
	f.text("wang", "张伟")
	said := strings.Join(append(f.said("zhang"), f.said("wang")...), "\n")
	if !strings.Contains(said, "华联超市") || !strings.Contains(said, "有别的疑点") || !strings.Contains(said, "补货两箱") {
		t.Errorf("said %s", said)
	}
	for _, word := range []string{"moonshine", "moonlight", "signal.", "because.", "verdict.", "satellite", "something_newer"} {
		if strings.Contains(said, word) {
			t.Errorf("%q is shown: %s", word, said)
		}
	}
}
