package handlers_test

import (
	"testing"
	"time"

	"roundsman/geo"
	"roundsman/visit"
)

func checked(p *visit.Policy) { p.SpotChecks = 100 }

func TestASpotCheckThatIsAnswered(t *testing.T) {
	t.Parallel()
	f := setup(t, checked)
	f.at("zhang", shop)
	if got := f.saidText("zhang"); !contains(got, "3 分钟内拍一张客户门头的照片", "抽查 等待带数字") {
		t.Fatalf("the rep is asked: %s", got)
	}
	f.pass(2 * time.Minute)
	f.kept(f.photo("zhang"), "ab", visit.Look{})
	f.pass(10 * time.Minute)
	f.untilNow()
	v := f.day("zhang").Visits[0]
	if v.Challenge.Photo == "" || v.Challenge.Missed || v.Evidence() != visit.EvidenceChallenge || len(v.Signals) > 0 {
		t.Errorf("the visit is %+v", v)
	}
	if n := v.Challenge.Number; n < 10 || n > 99 {
		t.Errorf("the number is %d", n)
	}
	if got := f.saidText("zhang"); !contains(got, "抽查 已按时发来照片") {
		t.Errorf("the bubble says: %s", got)
	}
}

func TestASpotCheckThatIsNotAnswered(t *testing.T) {
	t.Parallel()
	f := setup(t, checked)
	f.at("zhang", shop)
	f.pass(4 * time.Minute)
	late := f.photo("zhang")
	f.pass(10 * time.Minute)
	f.untilNow()
	v := f.day("zhang").Visits[0]
	if !v.Challenge.Missed || len(v.Signals) != 1 || v.Signals[0].Kind != visit.SignalUnanswered || v.Verdict() != visit.Verified {
		t.Errorf("the visit is %+v", v)
	}
	// What was sent in time and came late counts, and takes the doubt back.
	late.Key, late.At = "delayed", late.At.Add(-2*time.Minute)
	f.handle(late)
	v = f.day("zhang").Visits[0]
	if v.Challenge.Missed || v.Challenge.Photo == "" || len(v.Signals) > 0 {
		t.Errorf("with the delayed photo it is %+v", v)
	}
}

func TestWhoIsSpotChecked(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		rate int
		do   func(f *fixture)
		want int
	}{
		"nobody":           {0, func(f *fixture) { f.at("zhang", shop) }, 0},
		"a visit, once":    {100, func(f *fixture) { m := f.at("zhang", shop); f.handle(m); f.pass(time.Minute); f.at("zhang", shop) }, 1},
		"nobody off site":  {100, func(f *fixture) { f.at("zhang", geo.Offset(shop, 1500, 180)) }, 0},
		"no unknown place": {100, func(f *fixture) { f.at("zhang", geo.Offset(shop, 9000, 180)) }, 0},
		"nobody who left": {100, func(f *fixture) {
			m := f.message("zhang", nothing)
			m.Location = location(shop)
			f.pass(2 * time.Minute)
			f.handle(m)
		}, 0},
		"a device's that took a while": {100, func(f *fixture) { f.onPage("zhang", shop, 12, 4*time.Minute) }, 1},
		"no late one":                  {100, func(f *fixture) { f.onPage("zhang", shop, 12, 6*time.Minute) }, 0},
		"two visits of two":            {100, func(f *fixture) { f.at("zhang", shop); f.pass(time.Hour); f.at("zhang", geo.Offset(shop, 2000, 90)) }, 2},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f := setup(t, func(p *visit.Policy) { p.SpotChecks = tt.rate })
			tt.do(f)
			n := 0
			for _, s := range f.said("zhang") {
				if contains(s, "抽查：请在") {
					n++
				}
			}
			if n != tt.want {
				t.Errorf("%d questions, want %d: %s", n, tt.want, f.said("zhang"))
			}
		})
	}
}
