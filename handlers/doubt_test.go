package handlers_test

import (
	"testing"
	"time"

	"roundsman/bot"
	"roundsman/geo"
	"roundsman/visit"
)

// doubts is what the manager was asked about somebody's visits.
func (f *fixture) doubts() (out []string) {
	f.Helper()
	for _, s := range f.said("wang") {
		if contains(s, "核实一次拜访") {
			out = append(out, s)
		}
	}
	return out
}

// tapOn is a manager's tap on a button of the last message to them with that title.
func (f *fixture) tapOn(user, title, button string) {
	f.Helper()
	body := f.saidTo(user, title)
	for _, b := range body.Card.Buttons {
		if b.Text == button {
			f.press(user, b.Value)
			return
		}
	}
	f.Fatalf("%q has no button %s", title, button)
}

// The manager is asked about each doubtful visit, a little later, with the rep's reason.
func TestTheManagerHearsOfDoubtfulVisits(t *testing.T) {
	t.Parallel()
	for _, user := range []string{"zhang", "li"} {
		t.Run(user, func(t *testing.T) {
			t.Parallel()
			f := setup(t)
			f.at(user, geo.Offset(shop, 400, 0))
			f.text(user, "门口修路")
			f.pass(9 * time.Minute)
			f.untilNow()
			if got := f.doubts(); len(got) > 0 {
				t.Fatalf("too early: %s", got)
			}
			f.clock(9, 20)
			f.at(user, geo.Offset(shop, 1500, 180))
			f.pass(11 * time.Minute)
			f.untilNow()
			f.untilNow()
			got := f.doubts()
			if len(got) != 2 || !contains(got[0], "09:00 🟡 华联超市", "附近 400 米", "超出 200 米的范围", "本人说明 门口修路", "[认可] | [不认可] | [问本人]") ||
				!contains(got[1], "09:20 🔴") {
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

// A manager's word is the visit's verdict, the rep hears of it, and what both
// see says so.
func TestAManagerDecidesOnAVisit(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		button  string
		want    visit.Verdict
		told    []string
		visible string
	}{
		{"认可", visit.Verified, []string{"认可了您", "09:00", "华联超市"}, "经理核实 认可"},
		{"不认可", visit.OffSite, []string{"没有认可您", "申请核实"}, "经理核实 不认可"},
	} {
		for _, user := range []string{"zhang", "li"} {
			t.Run(tt.button+"/"+user, func(t *testing.T) {
				t.Parallel()
				f := setup(t)
				f.at(user, geo.Offset(shop, 400, 0))
				f.pass(11 * time.Minute)
				f.untilNow()
				f.tapOn("wang", "请核实", tt.button)
				f.untilNow()
				v := f.day(user).Visits[0]
				if v.Verdict() != tt.want || v.Ruled() != visit.Near {
					t.Errorf("the verdict is %s, by the rule %s", v.Verdict(), v.Ruled())
				}
				if got := f.said(user); !contains(got[len(got)-1], tt.told...) {
					t.Errorf("the rep is told: %s", got)
				}
				if got := f.doubts(); len(got) != 1 || !contains(got[0], "已核实一次拜访", "王芳 "+tt.button, "09:11") || contains(got[0], "["+tt.button+"]") {
					t.Errorf("the manager sees: %s", got)
				}
				if user == "zhang" && !contains(f.said(user)[0], tt.visible) {
					t.Errorf("the bubble says: %s", f.said(user)[0])
				}
				// The same tap again changes nothing.
				before := len(f.posts())
				f.tapOn("wang", "已核实", map[string]string{"认可": "不认可", "不认可": "认可"}[tt.button])
				f.untilNow()
				if got := f.day(user).Visits[0].Verdict(); got == tt.want {
					t.Errorf("a manager cannot think again")
				}
				if after := len(f.posts()); after != before+1 {
					t.Errorf("%d posts became %d", before, after)
				}
			})
		}
	}
}

// The rep is asked, answers, and the manager reads the answer where they decide.
func TestAManagerAsksTheRep(t *testing.T) {
	t.Parallel()
	f := setup(t)
	f.at("zhang", geo.Offset(shop, 400, 0))
	f.pass(11 * time.Minute)
	f.untilNow()
	f.tapOn("wang", "请核实", "问本人")
	f.untilNow()
	if got := f.said("zhang"); !contains(got[len(got)-1], "王芳 想了解您", "距客户 400 米", "申请核实") {
		t.Errorf("the rep is told: %s", got)
	}
	if got := f.doubts(); len(got) != 1 || !contains(got[0], "王芳 已问本人", "[认可] | [不认可]") || contains(got[0], "[问本人]") {
		t.Errorf("the manager sees: %s", got)
	}
	f.text("zhang", "申请核实 店门口在修路，只能停在路口")
	if got := f.doubts(); len(got) != 1 || !contains(got[0], "本人说明 店门口在修路，只能停在路口") {
		t.Errorf("the manager sees: %s", got)
	}
	if got := f.said("zhang"); !contains(got[len(got)-1], "已转给经理", "华联超市") {
		t.Errorf("the rep is told: %s", got)
	}
	if notes := f.day("zhang").Visits[0].Notes; len(notes) != 0 {
		t.Errorf("the explanation became notes: %q", notes)
	}
}

// A rep may ask for a review of any visit of the week, also of one that was not accepted.
func TestARepAsksForAReview(t *testing.T) {
	t.Parallel()
	f := setup(t)
	f.text("zhang", "申请核实 说明")
	f.at("zhang", geo.Offset(shop, 400, 0))
	f.pass(30 * time.Minute)
	f.at("zhang", geo.Offset(shop, 1500, 180))
	f.text("zhang", "申请核实 在修路")
	got := f.said("zhang")
	if !contains(got[0], "没有需要核实的拜访") || !contains(got[len(got)-1], "1. 11月24日 周二 09:30", "2. 11月24日 周二 09:00 华联超市 · 附近", "申请核实 1") {
		t.Fatalf("the rep is told: %s", got)
	}
	f.pass(24 * time.Hour)
	f.text("zhang", "申请核实 2 在修路")
	f.text("zhang", "申请核实 3 在修路")
	if got := f.said("zhang"); !contains(got[len(got)-2], "已转给经理：09:00 华联超市") || !contains(got[len(got)-1], "可以申请核实的拜访") {
		t.Errorf("the rep is told: %s", got)
	}
	if got := f.doubts(); len(got) != 1 || !contains(got[0], "本人说明 在修路", "09:00 🟡") {
		t.Errorf("the manager is asked: %s", got)
	}
}

// Nobody decides on a visit who may not.
func TestWhoMayDecide(t *testing.T) {
	t.Parallel()
	f := setup(t)
	f.at("zhang", geo.Offset(shop, 400, 0))
	f.pass(11 * time.Minute)
	f.untilNow()
	value := f.saidTo("wang", "请核实").Card.Buttons[0].Value
	f.press("zhang", value)
	if got := f.said("zhang"); !contains(got[len(got)-1], "发给别人的按钮") {
		t.Errorf("somebody else's tap: %s", got)
	}
	manager, err := f.store.Roster().Rep(t.Context(), "wang")
	f.ok(err)
	manager.Team = "华南一队"
	f.ok(f.store.Roster().PutReps(t.Context(), manager))
	f.press("wang", value)
	f.untilNow()
	if v := f.day("zhang").Visits[0]; v.Decided != nil {
		t.Errorf("a manager of another team decided: %+v", v.Decided)
	}
}

// Why a visit has the verdict that it has is told in a sentence.
func TestWhy(t *testing.T) {
	t.Parallel()
	f := setup(t)
	ask := func(text string, want ...string) {
		t.Helper()
		f.text("zhang", text)
		if got := f.said("zhang"); !contains(got[len(got)-1], want...) {
			t.Errorf("%s: %s", text, got[len(got)-1])
		}
	}
	ask("为什么", "今天没有这样的拜访")
	f.at("zhang", geo.Offset(shop, 150, 0))
	ask("为什么", "09:00 华联超市", "✅ 距客户 150 米，在 200 米以内（地图选点，没有精度），所以是“已核实”", "规则第 4 版")
	f.pass(time.Hour)
	f.at("zhang", geo.Offset(shop, 1500, 180))
	ask("为什么", "所以是“不在现场”", "申请核实")
	ask("为什么 华联", "✅ 距客户 150 米")
}
