package handlers_test

import (
	"bytes"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"roundsman/bot"
	"roundsman/catalog"
	"roundsman/geo"
	"roundsman/seal"
	"roundsman/storage"
	"roundsman/visit"
)

// asked are the buttons of a visit of which nobody has said yet what came of it.
const asked = " | [成交] | [有意向] | [继续跟进] | [拒绝] | [未见到负责人] | [其他]"

func TestAVisitIsOneBubbleWhereMessagesCanChange(t *testing.T) {
	t.Parallel()
	f := setup(t)
	f.photo("zhang")
	f.pass(10 * time.Second)
	fix := f.at("zhang", shop)
	f.pass(time.Minute)
	f.photo("zhang")
	f.text("zhang", "补货两箱")
	f.pass(29 * time.Minute)
	f.text("zhang", "签退")

	want := []string{
		"photo/m1/photo/0: ", // taken back: the location came in time
		"visit/" + fix.Key + "/fix: ✅ 华联超市 | 签到 已核实 · 距客户 0 米 | 时间 09:00–09:30，停留 30 分钟 | 照片 2 张照片 | 备注 补货两箱" + asked,
	}
	if diff := cmp.Diff(want, f.said("zhang")); diff != "" {
		t.Errorf("said (-want +got):\n%s", diff)
	}
}

func TestAVisitIsTwoMessagesElsewhere(t *testing.T) {
	t.Parallel()
	f := setup(t)
	fix := f.at("li", shop)
	f.pass(time.Minute)
	f.photo("li")
	f.text("li", "补货两箱")
	f.photo("li")
	f.pass(29 * time.Minute)
	f.text("li", "签退")

	want := []string{
		"visit/" + fix.Key + "/fix: ✅ 华联超市· | 签到 已核实 · 距客户 0 米 | 时间 09:00 | 照片、备注直接发；金额写“订货 12000 回款 5000”；走时发“签退”" + asked + " | 下一家：大润发· · 今日还剩 3 家",
		"visit/" + fix.Key + "/fix/more: 已签退：华联超市· | 照片 2 张照片 | 备注 补货两箱 | 时间 09:00–09:30，停留 30 分钟",
	}
	if diff := cmp.Diff(want, f.said("li")); diff != "" {
		t.Errorf("said (-want +got):\n%s", diff)
	}
}

func TestDoingItTwiceChangesNothing(t *testing.T) {
	t.Parallel()
	f := setup(t)
	m := f.at("zhang", shop)
	before := f.posts()
	f.pass(time.Second)
	f.handle(m)
	if diff := cmp.Diff(before, f.posts()); diff != "" {
		t.Errorf("the second time something was said (-first +second):\n%s", diff)
	}
	facts, err := f.store.Facts().Day(t.Context(), "zhang", "2026-11-24")
	f.ok(err)
	if len(facts) != 1 {
		t.Errorf("%d facts", len(facts))
	}
}

func TestNearNeedsAReasonAndOffSiteOffersAWayOut(t *testing.T) {
	t.Parallel()
	f := setup(t)
	f.at("zhang", geo.Offset(shop, 400, 270))
	want := "🟡 华联超市 | 签到 附近 · 距客户 400 米 | 时间 09:00 | 离客户有些远，请回复一句原因，或走近后再发一次位置 | 下一家：大润发 · 今日还剩 3 家"
	if got := show(f.last("zhang")); got != want {
		t.Errorf("near:\n got %s\nwant %s", got, want)
	}
	f.text("zhang", "门口修路")
	if got := show(f.last("zhang")); got != "🟡 华联超市 | 签到 附近 · 距客户 400 米 | 时间 09:00 | 备注 门口修路"+asked+" | 下一家：大润发 · 今日还剩 3 家" {
		t.Errorf("explained: %s", got)
	}
	f.pass(time.Hour)
	f.at("zhang", geo.Offset(shop, 3000, 90))
	off := f.last("zhang")
	if off.Card.Tone != bot.ToneBad || off.Card.Buttons[len(off.Card.Buttons)-1].Text != "陌拜新客户" {
		t.Errorf("off site: %s", show(off))
	}
	f.press("zhang", value(t, off, "陌拜"))
	f.text("zhang", "新开的店")
	if got := show(f.last("zhang")); got != "🆕 陌拜：新开的店 | 签到 陌拜 | 时间 10:00"+asked+" | 下一家：大润发 · 今日还剩 3 家" {
		t.Errorf("prospect: %s", got)
	}
}

func TestTwoInReachAreAskedAbout(t *testing.T) {
	t.Parallel()
	for _, user := range []string{"zhang", "li"} {
		t.Run(user, func(t *testing.T) {
			t.Parallel()
			f := setup(t)
			f.at(user, geo.Offset(shop, 4005, 90))
			question := f.last(user)
			if len(question.Card.Buttons) != 2 {
				t.Fatalf("asked: %s", show(question))
			}
			before := len(f.posts())
			other := question.Card.Buttons[1]
			f.press(user, other.Value)
			got := f.last(user)
			if contains(show(got), "[是") || got.Card.Title == question.Card.Title {
				t.Errorf("after the tap: %s", show(got))
			}
			if replaced := got.Response != ""; replaced != (user == "li") {
				t.Errorf("the tapped message is replaced: %v", replaced)
			}
			if n := len(f.posts()) - before; n > 1 || user == "zhang" && n != 0 {
				t.Errorf("the tap made %d new posts", n)
			}
			f.press(user, other.Value)
			if got := show(f.last(user)); got != "已经选过了，不用再点" {
				t.Errorf("the second tap: %s", got)
			}
		})
	}
}

func TestButtonsOfOthersOldOnesAndForgeries(t *testing.T) {
	t.Parallel()
	f := setup(t)
	at := f.at("zhang", geo.Offset(shop, 4005, 90))
	v := f.last("zhang").Card.Buttons[1].Value
	before := f.facts()
	say, err := catalog.New("zh")
	f.ok(err)
	seals := func(key byte, use string) string {
		box, err := seal.New(bytes.Repeat([]byte{key}, seal.MinKey), use)
		f.ok(err)
		s, err := box.Seal(map[string]string{"d": "choose", "r": "zhang", "f": at.Key + "/fix", "c": "C3"}, f.now.Add(40*time.Hour))
		f.ok(err)
		return s
	}
	for name, tt := range map[string]struct{ by, value, want string }{
		"of somebody else":       {"wang", v, "button.foreign"},
		"with a letter before":   {"zhang", "x" + v, "button.forged"},
		"cut":                    {"zhang", v[:len(v)-1], "button.forged"},
		"another company's":      {"zhang", seals(2, "button"), "button.forged"},
		"a page's nonce":         {"zhang", seals(1, "web/nonce"), "button.forged"},
		"JSON as it is":          {"zhang", `{"d":"choose","r":"zhang","f":"m1/fix","c":"C3"}`, "button.forged"},
		"an operator":            {"zhang", `{"$ne":null}`, "button.forged"},
		"nothing":                {"zhang", "", "button.forged"},
		"a hundred thousand xes": {"zhang", strings.Repeat("x", 100_000), "button.forged"},
	} {
		f.press(tt.by, tt.value)
		if got := show(f.last(tt.by)); got != say.T(tt.want) {
			t.Errorf("%s: %s", name, got)
		}
	}
	f.pass(37 * time.Hour)
	f.press("zhang", v)
	if got := show(f.last("zhang")); got != say.T("button.expired") {
		t.Errorf("expired: %s", got)
	}
	if after := f.facts(); after != before {
		t.Errorf("there are %d facts, before there were %d", after, before)
	}
	// What is sealed as it should be does something, once.
	for range 2 {
		f.press("zhang", seals(1, "button"))
	}
	if after := f.facts(); after != before+1 {
		t.Errorf("after a good one there are %d facts, before there were %d", after, before)
	}
}

func TestNothingIsKeptBeforeConsentOrOutsideHours(t *testing.T) {
	t.Parallel()
	f := setup(t)
	f.ok(f.store.Roster().PutReps(t.Context(), visit.Rep{ID: "new", Name: "新人", Team: team, Role: visit.RoleRep, Identities: map[string]string{"blue": "new"}}))
	facts := func(rep string) int {
		all, err := f.store.Facts().Day(t.Context(), rep, "2026-11-24")
		f.ok(err)
		return len(all)
	}
	f.at("new", shop)
	f.at("new", shop)
	f.photo("new")
	if said := f.said("new"); len(said) != 3 || facts("new") != 0 || !contains(said[2], "请先点上面那条消息里的“同意”") {
		t.Fatalf("before consent %d facts, said %v", facts("new"), said)
	}
	notice := func() bot.Body { return f.body(f.posts()[0]) }
	f.press("new", value(t, notice(), "同意"))
	if got := notice(); len(got.Card.Buttons) != 0 || got.Card.Tone != bot.ToneGood {
		t.Errorf("agreed: %s", show(got))
	}
	f.at("new", shop)
	if facts("new") != 1 {
		t.Errorf("after consent %d facts", facts("new"))
	}
	f.now = time.Date(2026, 11, 24, 22, 0, 0, 0, f.now.Location())
	f.at("zhang", shop)
	if got := show(f.last("zhang")); facts("zhang") != 0 || got != "现在不在工作时间（07:00-22:00），没有记录您的位置。工作时间内再发就好" {
		t.Errorf("outside hours %d facts, said %s", facts("zhang"), got)
	}
}

func TestAPhotoThatWaitedForNothingIsAskedAbout(t *testing.T) {
	t.Parallel()
	f := setup(t)
	f.photo("zhang")
	f.photo("zhang")
	posts := f.posts()
	if len(posts) != 1 || !posts[0].NotBefore.Equal(posts[0].Created.Add(20*time.Second)) {
		t.Fatalf("posts %v", f.said("zhang"))
	}
}

// A late event changes the day that it belongs to, and one message says so.
func TestALateEventJoinsItsOwnTime(t *testing.T) {
	t.Parallel()
	f := setup(t)
	late := f.message("zhang", func(m *bot.Message) { m.Text = "谈了陈列"; m.At = f.now.Add(5 * time.Minute) })
	f.at("zhang", shop)
	f.pass(time.Hour)
	f.at("zhang", geo.Offset(shop, 2000, 90))
	f.handle(late)
	said := f.said("zhang")
	if len(said) != 2 || !contains(said[0], "谈了陈列") || contains(said[1], "谈了陈列") {
		t.Errorf("said %v", said)
	}
}

func TestARepeatedLocationIsAnswered(t *testing.T) {
	t.Parallel()
	f := setup(t)
	f.at("zhang", shop)
	f.pass(2 * time.Minute)
	f.at("zhang", shop)
	if got := show(f.last("zhang")); got != "位置收到了，和刚才是同一次拜访" {
		t.Errorf("got %s", got)
	}
}

func TestOffSiteOffersTheOthers(t *testing.T) {
	t.Parallel()
	f := setup(t)
	f.ok(f.store.Customers().Put(t.Context(), visit.Customer{ID: "X", Name: "新开业", Owner: "zhang"}))
	f.ok(f.store.Plans().Put(t.Context(), visit.PlannedVisit{Rep: "zhang", Date: "2026-11-24", Customer: "X", Order: 5}))
	f.at("zhang", geo.Offset(shop, 1000, 270))
	off := f.last("zhang")
	if off.Card.Tone != bot.ToneBad {
		t.Fatalf("off site: %s", show(off))
	}
	f.press("zhang", value(t, off, "新开业"))
	if got := show(f.last("zhang")); !contains(got, "🟡 新开业") || !contains(got, "还没有坐标") {
		t.Errorf("chosen: %s", got)
	}
}

// What arrives late still counts for the time at which it was said.
func TestLateWordsAndLateEndsJoinTheirVisit(t *testing.T) {
	t.Parallel()
	f := setup(t)
	reason := f.message("zhang", func(m *bot.Message) { m.Text = "门口修路"; m.At = f.now.Add(2 * time.Minute) })
	end := f.message("zhang", func(m *bot.Message) { m.Text = "签退"; m.At = f.now.Add(30 * time.Minute) })
	near := f.message("zhang", func(m *bot.Message) {
		p := geo.Offset(shop, 400, 270)
		m.Location = &bot.Location{Lat: "31.2304", Lng: "121.4695", Datum: p.Datum}
	})
	f.handle(reason) // before the location that it is about
	f.handle(near)
	f.pass(time.Hour)
	f.at("zhang", geo.Offset(shop, 2000, 90))
	f.handle(end) // after the next check-in
	first := f.said("zhang")[1]
	if !contains(first, "门口修路") || !contains(first, "09:00–09:30") {
		t.Errorf("the first visit: %s", first)
	}
}

func TestConsentIsAskedWhereTheLocationCame(t *testing.T) {
	t.Parallel()
	f := setup(t)
	f.ok(f.store.Roster().PutReps(t.Context(), visit.Rep{
		ID: "both", Name: "两边", Team: team, Role: visit.RoleRep, Identities: map[string]string{"blue": "both", "green": "li2"},
	}))
	f.at("both", shop)
	m := f.message("both", func(m *bot.Message) {
		m.Platform, m.From, m.Chat = "green", "li2", bot.Address{Platform: "green", Place: bot.ToUser, ID: "li2"}
		m.Location = &bot.Location{Lat: "31.2304", Lng: "121.4737", Datum: geo.GCJ02}
	})
	f.handle(m)
	var chats []string
	for _, p := range f.posts() {
		chats = append(chats, p.Chat)
	}
	if diff := cmp.Diff([]string{"blue:user/both", "green:user/li2"}, chats); diff != "" {
		t.Errorf("asked in (-want +got):\n%s", diff)
	}
}

func TestWhoIsOnNoRosterCannotCheckIn(t *testing.T) {
	t.Parallel()
	f := setup(t)
	f.at("boss", shop)
	if got := show(f.last("boss")); !contains(got, "名册里还没有您") {
		t.Errorf("got %s", got)
	}
}

// Where messages cannot be changed, an end is answered also when the second
// message of the visit had been sent.
func TestACheckOutIsAlwaysAnswered(t *testing.T) {
	t.Parallel()
	f := setup(t)
	fix := f.at("li", shop)
	f.photo("li")
	more := "visit/" + fix.Key + "/fix/more"
	f.sent(more)
	f.pass(30 * time.Minute)
	f.text("li", "签退")
	if got := show(f.last("li")); !contains(got, "已签退：华联超市·") {
		t.Errorf("got %s", got)
	}
	// Handled again after a crash it is the same answer.
	before := len(f.posts())
	f.handle(f.lastMessage)
	if after := len(f.posts()); after != before {
		t.Errorf("%d posts became %d", before, after)
	}
}

func TestTheNextCheckInTellsWhatWasGathered(t *testing.T) {
	t.Parallel()
	f := setup(t)
	fix := f.at("li", shop)
	f.photo("li")
	f.pass(time.Minute)
	f.at("li", geo.Offset(shop, 2000, 90))
	more, err := f.store.Outbox().Get(t.Context(), "visit/"+fix.Key+"/fix/more")
	if err != nil || !more.NotBefore.IsZero() {
		t.Errorf("held back until %s, %v", more.NotBefore, err)
	}
}

func TestATapThatJoinsALocationToTheVisitIsSeen(t *testing.T) {
	t.Parallel()
	for _, user := range []string{"zhang", "li"} {
		t.Run(user, func(t *testing.T) {
			t.Parallel()
			f := setup(t)
			mall := geo.Offset(shop, 4002, 90)
			f.at(user, mall)
			f.pass(15 * time.Minute)
			second := f.at(user, mall)
			question := f.last(user)
			if !contains(question.Card.Title, "罗森") {
				t.Fatalf("the second location: %s", show(question))
			}
			f.press(user, value(t, question, "好德便利"))
			got := ""
			for _, s := range f.said(user) {
				if contains(s, "已并入上一次拜访") {
					got = s
				}
			}
			if !contains(got, "visit/"+second.Key) {
				t.Errorf("said %v", f.said(user))
			}
		})
	}
}

func TestConsentMayBeWritten(t *testing.T) {
	t.Parallel()
	f := setup(t)
	f.ok(f.store.Roster().PutReps(t.Context(), visit.Rep{ID: "new", Name: "新人", Team: team, Role: visit.RoleRep, Identities: map[string]string{"blue": "new"}}))
	f.text("new", "同意") // to what? The notice comes now.
	if got := show(f.last("new")); !contains(got, "使用前请您确认") {
		t.Errorf("a yes before the notice: %s", got)
	}
	if _, err := f.store.Consents().Latest(t.Context(), "new"); !errors.Is(err, storage.ErrNotFound) {
		t.Errorf("agreed to a notice that was not shown: %v", err)
	}
	f.sent("consent/new/blue/1/2026-11-24")
	f.text("new", "同意")
	f.at("new", shop)
	if facts, err := f.store.Facts().Day(t.Context(), "new", "2026-11-24"); err != nil || len(facts) != 1 {
		t.Errorf("%d facts, %v", len(facts), err)
	}
}

// A text that overtakes the location it was sent after is not answered as if there were none.
func TestATextThatOvertakesItsLocation(t *testing.T) {
	t.Parallel()
	f := setup(t)
	at := f.message("zhang", func(m *bot.Message) { m.Location = &bot.Location{Lat: "31.2304", Lng: "121.4737", Datum: geo.GCJ02} })
	text := f.message("zhang", func(m *bot.Message) { m.Text = "补货两箱" })
	f.handle(text)
	f.handle(at)
	var said []string
	for _, p := range f.posts() {
		if s := show(f.body(p)); s != "" {
			said = append(said, s)
		}
	}
	if len(said) != 1 || !contains(said[0], "补货两箱") {
		t.Errorf("said %q", said)
	}
}
