package handlers_test

import (
	"strings"
	"testing"
	"time"

	"roundsman/geo"
	"roundsman/visit"
)

// untilNow hands on what waited for its time, in order.
func (f *fixture) untilNow() {
	f.Helper()
	waiting := f.later
	f.later = nil
	for _, m := range waiting {
		if m.At.After(f.now) {
			f.later = append(f.later, m)
			continue
		}
		f.handle(m)
	}
}

func TestNudgesOfADay(t *testing.T) {
	t.Parallel()
	for _, user := range []string{"zhang", "li"} {
		t.Run(user, func(t *testing.T) {
			t.Parallel()
			f := setup(t, func(p *visit.Policy) {
				p.QuietHours = visit.Span{From: visit.Clock{Hour: 12}, To: visit.Clock{Hour: 13, Minute: 30}}
			})
			c2, _ := strings.CutSuffix("C2·", map[string]string{"zhang": "·"}[user])
			window := func(h int) visit.Span { return visit.Span{From: visit.Clock{Hour: h}, To: visit.Clock{Hour: h + 1}} }
			f.ok(f.store.Plans().Put(t.Context(), visit.PlannedVisit{Rep: user, Date: "2026-11-24", Customer: c2, Order: 2, Window: window(11)}))
			f.clock(7, 0)
			f.due("day_open", user)
			f.handle(f.lastMessage)
			f.clock(10, 30)
			f.untilNow()
			idle := f.last(user)
			if got := show(idle); !contains(got, "10:30 了，今天还没有签到", "下一家：华联超市", "[在路上] | [客户不在] | [改期]") {
				t.Fatalf("idle: %s", got)
			}
			f.press(user, value(t, idle, "在路上"))
			if got := show(f.last(user)); !contains(got, "路上小心") {
				t.Errorf("on the way: %s", got)
			}
			f.text("wang", "今天")
			if got := show(f.last("wang")); !contains(got, "🚗 在路上：华联超市") {
				t.Errorf("the board: %s", got)
			}
			f.clock(11, 40)
			f.untilNow()
			if got := show(f.last(user)); !contains(got, "还有 20 分钟：12:00 前要到", "大润发") {
				t.Errorf("soon: %s", got)
			}
			f.press(user, value(t, f.last(user), "改期"))
			if got := show(f.last(user)); !contains(got, "大润发", "改到了 11月25日 周三") {
				t.Errorf("put off: %s", got)
			}
			f.clock(15, 30)
			f.untilNow()
			if got := show(f.last(user)); !contains(got, "今天核实了 0 家，最低 4 家") {
				t.Errorf("the minimum: %s", got)
			}
			f.press(user, value(t, f.last(user), "客户不在"))
			if got := show(f.last(user)); !contains(got, "计划") || contains(got, "华联超市") {
				t.Errorf("absent: %s", got)
			}
			// Three are enough, whatever is due.
			f.ok(f.store.Plans().Put(t.Context(), visit.PlannedVisit{Rep: user, Date: "2026-11-24", Customer: "C9", Order: 9, Window: window(17)}))
			f.due("day_open", user)
			n := len(f.said(user))
			f.clock(17, 40)
			f.untilNow()
			if got := f.said(user); len(got) != n {
				t.Errorf("a fourth: %s", got[n:])
			}
		})
	}
}

func TestNoNudgeWithoutReason(t *testing.T) {
	t.Parallel()
	quiet := func(p *visit.Policy) {
		p.QuietHours = visit.Span{From: visit.Clock{Hour: 10}, To: visit.Clock{Hour: 11}}
	}
	for name, tt := range map[string]struct {
		policy func(*visit.Policy)
		at     time.Duration
		before func(*fixture)
	}{
		"somebody who is at it":    {func(*visit.Policy) {}, 0, func(f *fixture) { f.at("zhang", geo.Offset(shop, 300, 270)) }},
		"in quiet hours":           {quiet, 0, func(*fixture) {}},
		"long after, as a restart": {func(*visit.Policy) {}, 2 * time.Hour, func(*fixture) {}},
		"without a plan": {func(*visit.Policy) {}, 0, func(f *fixture) {
			f.text("zhang", "计划 -C1 -C2 -C3 -C4 理由 盘点")
		}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f := setup(t, tt.policy)
			f.clock(9, 0)
			f.due("day_open", "zhang")
			tt.before(f)
			n := len(f.said("zhang"))
			f.clock(10, 30)
			f.pass(tt.at)
			f.untilNow()
			if got := f.said("zhang"); len(got) != n {
				t.Errorf("nudged: %q", got[n:])
			}
		})
	}
}
