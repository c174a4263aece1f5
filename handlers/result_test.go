package handlers_test

import (
	"strings"
	"testing"
	"time"

	"roundsman/geo"
	"roundsman/visit"
)

// day folds the user's day.
func (f *fixture) day(user string) visit.Day {
	f.Helper()
	facts, err := f.store.Facts().Day(f.Context(), user, "2026-11-24")
	f.ok(err)
	plan, err := f.store.Plans().Day(f.Context(), user, "2026-11-24")
	f.ok(err)
	return visit.Fold(plan, facts)
}

func TestAResultIsTappedAndWritten(t *testing.T) {
	t.Parallel()
	for _, user := range []string{"zhang", "li"} {
		t.Run(user, func(t *testing.T) {
			t.Parallel()
			f := setup(t)
			f.at(user, shop)
			card := f.last(user)
			f.pass(time.Minute)
			f.press(user, value(t, card, "有意向"))
			if got := show(f.last(user)); !contains(got, "结果 有意向") || contains(got, "[") {
				t.Errorf("after the tap: %s", got)
			}
			f.pass(time.Minute)
			f.text(user, "订货12000 回款 5000 竞品: 打九折\n老板下周回来")
			f.pass(time.Minute)
			f.text(user, "订货 1.3万")
			f.press(user, value(t, card, "成交")) // an old card: the later word counts
			f.text(user, "签退")
			if got := strings.Join(f.said(user), "\n"); !contains(got, "结果 成交 · 订货 13,000 元 · 回款 5,000 元", "竞品 打九折", "备注 老板下周回来") {
				t.Errorf("in the end: %s", got)
			}
			v := f.day(user).Visits[0]
			if v.Result.Kind != visit.ResultDeal || *v.Result.Order != 1_300_000 || *v.Result.Collected != 500_000 {
				t.Errorf("the visit's result: %+v", v.Result)
			}
			f.pass(time.Minute)
			f.press(user, value(t, card, "成交"))
			if got := show(f.last(user)); !contains(got, "已经选过") && user == "zhang" {
				t.Errorf("the same once more: %s", got)
			}
		})
	}
}

// Many are written on the way out, or before the location is sent.
func TestAResultFindsItsVisit(t *testing.T) {
	t.Parallel()
	f := setup(t)
	f.text("zhang", "订货 800")
	f.pass(10 * time.Second)
	f.at("zhang", shop)
	f.pass(20 * time.Minute)
	f.text("zhang", "签退")
	f.pass(10 * time.Minute)
	f.text("zhang", "回款 500")
	f.pass(time.Hour)
	f.at("zhang", geo.Offset(shop, 2000, 90))
	f.text("zhang", "订货 0")
	d := f.day("zhang")
	if a, b := d.Visits[0].Result, d.Visits[1].Result; visit.Fen(a.Order) != 80_000 || visit.Fen(a.Collected) != 50_000 || b.Order == nil || *b.Order != 0 {
		t.Errorf("results %+v, %+v", a, b)
	}
}

func TestAnAmountThatCannotBeReadIsNotKept(t *testing.T) {
	t.Parallel()
	f := setup(t)
	f.at("zhang", shop)
	f.text("zhang", "成交 订货 -500")
	if got := show(f.last("zhang")); !contains(got, "没有记：看不懂金额“-500”", "例如") {
		t.Errorf("said: %s", got)
	}
	if v := f.day("zhang").Visits[0]; !v.Result.IsZero() || len(v.Notes) > 0 {
		t.Errorf("kept: %+v", v)
	}
}

// A planned delivery is asked how it ended, with its own words.
func TestADeliveryIsAskedHowItEnded(t *testing.T) {
	t.Parallel()
	f := setup(t)
	f.ok(f.store.Plans().Put(t.Context(), visit.PlannedVisit{Rep: "zhang", Date: "2026-11-24", Customer: "C1", Order: 1, Purpose: visit.Delivery, Reference: "SO1"}))
	f.at("zhang", shop)
	card := f.last("zhang")
	if got := show(card); !contains(got, "[已送达] | [部分送达] | [拒收] | [改期]") {
		t.Fatalf("asked: %s", got)
	}
	f.press("zhang", value(t, card, "部分送达"))
	if got := show(f.last("zhang")); !contains(got, "结果 部分送达") || contains(got, "[") {
		t.Errorf("after the tap: %s", got)
	}
	f.text("zhang", "已送达 补齐了")
	if d := f.day("zhang").Visits[0]; d.Result.Delivery != visit.Delivered || d.Notes[0] != "补齐了" {
		t.Errorf("in the end: %+v", d.Result)
	}
}
