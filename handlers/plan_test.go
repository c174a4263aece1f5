package handlers_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"roundsman/bot"
	"roundsman/geo"
	"roundsman/visit"
)

// tomorrowIs is the workday after the fixture's.
const tomorrowIs = visit.Date("2026-11-25")

// draft is the plan of tomorrow as it was last shown to the user.
func (f *fixture) draft(user string) string {
	f.Helper()
	return show(f.last(user))
}

func TestAPlanIsProposedConfirmedAndLocked(t *testing.T) {
	t.Parallel()
	for _, user := range []string{"zhang", "li"} {
		t.Run(user, func(t *testing.T) {
			t.Parallel()
			f := setup(t)
			f.text(user, "明天")
			got := f.draft(user)
			for _, want := range []string{"11月25日 周三 计划", "1. ", "4. ", "还没去过", "20:00 锁定", "共 4 家"} {
				if !contains(got, want) {
					t.Errorf("the proposal lacks %q: %s", want, got)
				}
			}
			card := f.last(user).Card
			if len(card.Buttons) != 2 {
				t.Fatalf("it has %d buttons", len(card.Buttons))
			}
			f.pass(time.Hour)
			f.press(user, card.Buttons[0].Value)
			if got := f.draft(user); !contains(got, "已确认") || contains(show(f.last(user)), "[确认") {
				t.Errorf("after the tap: %s", got)
			}
			f.pass(time.Minute)
			f.press(user, card.Buttons[0].Value)
			if got := f.draft(user); !contains(got, "点过") && !contains(got, "已经") {
				t.Errorf("after the second tap: %s", got)
			}
			f.now = time.Date(2026, 11, 24, 20, 30, 0, 0, f.now.Location())
			f.text(user, "明天")
			if got := f.draft(user); !contains(got, "20:00 已锁定") {
				t.Errorf("after the deadline: %s", got)
			}
		})
	}
}

func TestAPlanIsChangedByText(t *testing.T) {
	t.Parallel()
	f := setup(t)
	f.text("zhang", "明天 +华联 10:00 收款 5000 -大润发")
	got := f.draft("zhang")
	for _, want := range []string{"华联超市（10:00 收款） · 收 5,000 元", "已确认"} {
		if !contains(got, want) {
			t.Errorf("the plan lacks %q: %s", want, got)
		}
	}
	if contains(got, "大润发") {
		t.Errorf("大润发 is still on it: %s", got)
	}
	// The same message again, as after a crash, is the same plan.
	f.handle(f.lastMessage)
	if again := f.draft("zhang"); again != got {
		t.Errorf("again it is\n%s\nwas\n%s", again, got)
	}
	f.text("zhang", "明天＋大润发　下午3点半")
	if got := f.draft("zhang"); !contains(got, "大润发（15:30）") {
		t.Errorf("the plan lacks what was put back: %s", got)
	}
}

func TestACustomerIsNamedByWhatIsEnough(t *testing.T) {
	t.Parallel()
	f := setup(t)
	f.ok(f.store.Customers().Put(f.Context(),
		visit.Customer{ID: "C8", Name: "大润发人民广场店", Owner: "zhang"},
		visit.Customer{ID: "C9", Name: "大润发人民广场店", Owner: "zhang"},
	))
	f.text("zhang", "明天 +hl 10:00 -drf -LUOSEN +hdｂl 11:00")
	got := f.draft("zhang")
	if !contains(got, "华联超市（10:00）") || !contains(got, "好德便利（11:00）") || contains(got, ". 大润发 ") || contains(got, "罗森") {
		t.Errorf("the plan is %s", got)
	}
	for text, want := range map[string]string{
		"明天 +drfrm":  "还没有改：“drfrm”是哪一家？ | [C8 大润发人民广场店] | [C9 大润发人民广场店] | 也可以写全名或编号",
		"明天 +人民gc":   "还没有改：“人民gc”是哪一家？ | [C8 大润发人民广场店] | [C9 大润发人民广场店]",
		"明天 +c9 9点半": "大润发人民广场店（09:30）",
		"明天 +C":      "名下没有“C”",
		"明天 +wem":    "名下没有“wem”",
	} {
		f.text("zhang", text)
		if got := f.draft("zhang"); !contains(got, want) {
			t.Errorf("%s: %s, want %s", text, got, want)
		}
	}
}

// A tap on one of several says the whole again, with the time and what else is changed.
func TestOneOfSeveralIsTapped(t *testing.T) {
	t.Parallel()
	for _, user := range []string{"zhang", "li"} {
		f := setup(t)
		f.ok(f.store.Customers().Put(f.Context(),
			visit.Customer{ID: "C8", Name: "人民广场店", Owner: user}, visit.Customer{ID: "C9", Name: "人民广场店", Owner: user},
		))
		f.text(user, "明天 +人民广场 9点半 收款 5000 -大润发")
		f.press(user, value(t, f.last(user), "C9"))
		if got := f.draft(user); !contains(got, "人民广场店（09:30 收款） · 收 5,000 元", "已确认") || contains(got, "大润发") {
			t.Errorf("%s's plan is %s", user, got)
		}
		if facts, err := f.store.Facts().Day(t.Context(), user, tomorrowIs); err != nil || !slices.ContainsFunc(facts, func(f visit.Fact) bool {
			return f.Plan != nil && slices.ContainsFunc(f.Plan.Put, func(v visit.PlannedVisit) bool { return v.Customer == "C9" })
		}) {
			t.Errorf("the other one was put on %s's plan: %v", user, err)
		}
	}
}

// A plan is changed by taps alone: some are taken off, others put on, the rest
// is a page further, and after the deadline there is nothing to tap.
func TestAPlanIsChangedByTaps(t *testing.T) {
	t.Parallel()
	for _, user := range []string{"zhang", "li"} {
		f := setup(t)
		for i := range 3 {
			f.ok(f.store.Customers().Put(f.Context(), visit.Customer{ID: fmt.Sprint(user, i), Name: fmt.Sprint("新店", i), Owner: user}))
		}
		f.text(user, "明天 +华联 -大润发")
		edit := value(t, f.last(user), "改计划")
		f.press(user, edit)
		first := f.last(user)
		if got := show(first); strings.Count(got, "[− ") != 3 || strings.Count(got, "[＋ ") != 2 || !contains(got, "点一下就改", "[更多…]") {
			t.Fatalf("%s is offered %s", user, got)
		}
		f.press(user, value(t, first, "更多"))
		further := f.last(user)
		if got := show(further); !contains(got, "[＋ ") || contains(got, "更多") {
			t.Errorf("a page further %s is offered %s", user, got)
		}
		f.press(user, value(t, first, "− "))
		f.press(user, value(t, further, "＋ "))
		gone, came := button(first, "− "), button(further, "＋ ")
		f.text(user, "明天")
		if got := f.draft(user); contains(got, ". "+gone+" ") || !contains(got, ". "+came) {
			t.Errorf("%s took off %q and put on %q: %s", user, gone, came, got)
		}
		f.clock(20, 30)
		f.press(user, edit)
		if got := show(f.last(user)); !contains(got, "过期") && !contains(got, "锁定") || contains(got, "[") {
			t.Errorf("after the deadline %s reads %s", user, got)
		}
	}
}

// button is what follows the sign on a body's first button that has it.
func button(b bot.Body, sign string) string {
	for _, button := range b.Card.Buttons {
		if name, ok := strings.CutPrefix(button.Text, sign); ok {
			return name
		}
	}
	return ""
}

func TestNothingIsHalfChanged(t *testing.T) {
	t.Parallel()
	f := setup(t)
	f.text("zhang", "明天")
	before := f.draft("zhang")
	for text, want := range map[string]string{
		"明天 +华联 25:00":           "看不懂“25:00”",
		"明天 -大润发 +沃尔玛":           "名下没有“沃尔玛”",
		"明天 -沃尔玛 +华联":            "计划里没有“沃尔玛”",
		"明天 +华联 5000":            "看不懂“5000”",
		"明天 +华联 收款 -5000":        "计划里没有“5000”",
		"明天 +":                   "看不懂",
		"明天 +华联 订货 1e9":          "看不懂“1e9”",
		"明天 +华联 15:00-14:00":     "看不懂“15:00-14:00”",
		"明天 +华联 理由":              "看不懂“理由”",
		"明天 +华联超市·":              "名下没有“华联超市·”",
		"明天 -" + "大润发 10:00":     "看不懂“10:00”",
		"明天 +华联 订货 99999999999万": "看不懂",
	} {
		f.text("zhang", text)
		if got := f.draft("zhang"); !contains(got, "没有改") || !contains(got, want) {
			t.Errorf("%s: %s, want %s", text, got, want)
		}
	}
	f.text("zhang", "明天")
	if after := f.draft("zhang"); after != before {
		t.Errorf("the plan was changed:\n%s\nwas\n%s", after, before)
	}
}

func TestASentenceThatBeginsLikeThePlanIsANote(t *testing.T) {
	t.Parallel()
	f := setup(t)
	f.at("zhang", shop)
	f.text("zhang", "明天 送样品过来")
	f.text("zhang", "明天老板在")
	if got := f.draft("zhang"); !contains(got, "明天 送样品过来") || !contains(got, "明天老板在") {
		t.Errorf("the visit is %s", got)
	}
}

func TestWhatIsAssignedSaysSo(t *testing.T) {
	t.Parallel()
	f := setup(t)
	f.ok(f.store.Plans().Put(f.Context(), visit.PlannedVisit{
		Rep: "zhang", Date: tomorrowIs, Customer: "C3", Order: 1, Purpose: visit.Delivery, Reference: "SO1",
	}))
	f.text("zhang", "明天")
	if got := f.draft("zhang"); !contains(got, "好德便利（送货） · #SO1 · 已安排") || !contains(got, "共 4 家") {
		t.Errorf("the proposal is %s", got)
	}
}

func TestANewTimeKeepsWhatWasPlanned(t *testing.T) {
	t.Parallel()
	f := setup(t)
	f.ok(f.store.Plans().Put(f.Context(), visit.PlannedVisit{
		Rep: "zhang", Date: tomorrowIs, Customer: "C3", Order: 1, Purpose: visit.Service, Reference: "SO1",
	}))
	f.text("zhang", "明天 +好德 15:30")
	if got := f.draft("zhang"); !contains(got, "好德便利（15:30 服务） · #SO1") {
		t.Errorf("the plan is %s", got)
	}
}

func TestWhatWasSentInTimeCounts(t *testing.T) {
	t.Parallel()
	f := setup(t)
	deadline := time.Date(2026, 11, 24, 20, 0, 0, 0, f.now.Location())
	f.now = deadline.Add(-time.Minute)
	sent := f.message("zhang", func(m *bot.Message) { m.Text = "明天 -大润发" })
	f.now = deadline.Add(time.Hour)
	f.text("zhang", "明天")
	f.handle(sent)
	f.text("zhang", "明天")
	if got := f.draft("zhang"); contains(got, "大润发") || !contains(got, "20:00 已锁定") {
		t.Errorf("the plan is %s", got)
	}
}

func TestWithoutCustomersNothingIsProposedYet(t *testing.T) {
	t.Parallel()
	f := setup(t)
	f.ok(f.store.Roster().PutReps(f.Context(), visit.Rep{ID: "new", Name: "新人", Team: team, Role: visit.RoleRep, Identities: map[string]string{"blue": "new"}}))
	f.text("new", "明天")
	if got := f.draft("new"); !contains(got, "还没有可安排的客户") {
		t.Errorf("without customers: %s", got)
	}
	f.ok(f.store.Customers().Put(f.Context(), visit.Customer{ID: "N1", Name: "新客户", Owner: "new", Point: shop}))
	f.text("new", "明天")
	if got := f.draft("new"); !contains(got, "1. 新客户 · 还没去过") {
		t.Errorf("with one: %s", got)
	}
}

func TestALockedPlanChangesOnlyWithAReason(t *testing.T) {
	t.Parallel()
	f := setup(t)
	f.now = time.Date(2026, 11, 24, 21, 0, 0, 0, f.now.Location())
	f.text("zhang", "明天")
	if got := f.draft("zhang"); !contains(got, "20:00 前没有确认，按建议执行") || len(f.last("zhang").Card.Buttons) != 0 {
		t.Errorf("a plan that nobody looked at: %s", got)
	}
	f.text("zhang", "明天 -大润发")
	if got := f.draft("zhang"); !contains(got, "没有改：计划已在 20:00 锁定") {
		t.Errorf("without a reason: %s", got)
	}
	f.text("zhang", "明天 -大润发 理由 老板出差")
	if got := f.draft("zhang"); contains(got, "大润发") || !contains(got, "21:00 锁定后改动：老板出差") {
		t.Errorf("with a reason: %s", got)
	}
}

func TestThePlanIsWhatTheDayIsJudgedBy(t *testing.T) {
	t.Parallel()
	f := setup(t)
	// The 24th was planned by import; today one is visited, so tomorrow it comes last.
	f.at("zhang", shop)
	f.text("zhang", "明天 -好德")
	f.pass(24 * time.Hour)
	f.at("zhang", geo.Offset(shop, 2000, 90))
	f.text("wang", "今天")
	if got := f.draft("wang"); !contains(got, "计划达成 1/3 (33%)") {
		t.Errorf("the board: %s", got)
	}
	f.text("zhang", "计划")
	if got := f.draft("zhang"); !contains(got, "✅ 大润发") || contains(got, "好德") {
		t.Errorf("the plan of the day: %s", got)
	}
	if plan := strings.Count(f.draft("zhang"), "▫️"); plan != 2 {
		t.Errorf("%d are left", plan)
	}
	facts, err := f.store.Facts().Day(f.Context(), "zhang", tomorrowIs)
	f.ok(err)
	if len(visit.FoldPlan(nil, facts).Lines) != 3 {
		t.Errorf("the facts hold %d visits", len(visit.FoldPlan(nil, facts).Lines))
	}
}

// A rep who goes to none of those who are proposed does not keep the others
// from being proposed on the next day.
func TestTheForgottenTakeTurnsInTheProposals(t *testing.T) {
	t.Parallel()
	f := setup(t)
	past := visit.Outcome{Rep: "zhang", Team: team, Date: "2026-10-09", Facts: 1}
	for i := range 12 {
		c := visit.Customer{ID: fmt.Sprint("F", i), Name: fmt.Sprint("遗忘", i, "号"), Owner: "zhang", Cadence: 7, Point: geo.Offset(shop, float64(5000*i), 45)}
		f.ok(f.store.Customers().Put(t.Context(), c))
		past.Calls = append(past.Calls, visit.Call{Visit: c.ID, Customer: c.ID, Verdict: visit.Verified})
	}
	f.ok(f.store.Outcomes().Put(t.Context(), past))
	seen := make(map[string]bool)
	for range 2 {
		f.text("zhang", "明天")
		for _, l := range f.last("zhang").Card.Lines {
			if _, name, ok := strings.Cut(l.Text, "遗忘"); ok {
				seen[name[:strings.Index(name, "号")]] = true
			}
		}
		f.pass(24 * time.Hour)
	}
	if len(seen) != 12 {
		t.Errorf("in two days %d of 12 were proposed: %v", len(seen), seen)
	}
}
