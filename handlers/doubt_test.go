package handlers_test

import (
	"testing"
	"time"

	"roundsman/bot"
	"roundsman/geo"
)

// doubts is what the manager was told of somebody's doubtful visits.
func (f *fixture) doubts() (out []string) {
	f.Helper()
	for _, s := range f.said("wang") {
		if contains(s, "次拜访请看一下") {
			out = append(out, s)
		}
	}
	return out
}

// The manager hears of doubtful visits within the hour, together, with the rep's reason.
func TestTheManagerHearsOfDoubtfulVisits(t *testing.T) {
	t.Parallel()
	for _, user := range []string{"zhang", "li"} {
		t.Run(user, func(t *testing.T) {
			t.Parallel()
			f := setup(t)
			f.at(user, geo.Offset(shop, 400, 0))
			f.text(user, "门口修路")
			f.pass(20 * time.Minute)
			f.at(user, geo.Offset(shop, 1500, 180))
			f.pass(5 * time.Minute)
			f.untilNow()
			if got := f.doubts(); len(got) > 0 {
				t.Fatalf("too early: %s", got)
			}
			f.clock(9, 40)
			f.untilNow()
			f.untilNow()
			got := f.doubts()
			if len(got) != 1 || !contains(got[0], "2 次拜访请看一下", "09:00 🟡 华联超市", "附近 400 米", "本人说明：门口修路", "09:20 🔴") {
				t.Errorf("the manager is told: %s", got)
			}
		})
	}
}

// What another location verified in time is nobody's doubt.
func TestADoubtThatIsCleared(t *testing.T) {
	t.Parallel()
	f := setup(t)
	f.at("zhang", geo.Offset(shop, 400, 0))
	f.pass(time.Minute)
	f.at("zhang", shop)
	f.clock(9, 40)
	f.untilNow()
	if got := f.doubts(); len(got) > 0 {
		t.Errorf("the manager is told: %s", got)
	}
	var waiting []bot.Message
	for _, m := range f.later {
		if m.Due.Job == "doubt" {
			waiting = append(waiting, m)
		}
	}
	if len(waiting) > 0 {
		t.Errorf("still waiting: %v", waiting)
	}
}
