package handlers_test

import (
	"testing"
	"time"

	"roundsman/bot"
	"roundsman/visit"
)

// clock sets the time of the fixture's day.
func (f *fixture) clock(hour, minute int) {
	f.now = time.Date(2026, 11, 24, hour, minute, 0, 0, f.now.Location())
}

// due hands a job to a rep's lane, as the scheduler does at its slot.
func (f *fixture) due(job, rep string) {
	f.Helper()
	f.handle(bot.Message{Key: "due/" + job + "/" + rep, At: f.now, Received: f.now, Due: &bot.Due{Job: job, Rep: rep, Date: "2026-11-24"}})
}

func TestAPlanComesByItself(t *testing.T) {
	t.Parallel()
	for _, user := range []string{"zhang", "li"} {
		t.Run(user, func(t *testing.T) {
			t.Parallel()
			f := setup(t)
			f.clock(16, 0)
			f.due("plan_proposal", user)
			f.handle(f.lastMessage) // as after a crash
			if said := f.said(user); len(said) != 1 || !contains(said[0], "11月25日 周三 计划", "还没去过", "[确认计划]") {
				t.Fatalf("proposed: %q", said)
			}
			f.clock(19, 0)
			f.due("plan_reminder", user)
			reminder := f.last(user)
			if got := show(reminder); !contains(got, "的计划还没确认（4 家）", "华联超市", "20:00 锁定", "[确认计划]") {
				t.Errorf("the reminder: %s", got)
			}
			f.press(user, value(t, reminder, "确认计划"))
			for i, got := range f.said(user) {
				changes := platformOf(user) == "blue" || i == 2
				if changes != contains(got, "已确认") {
					t.Errorf("after the tap: %s", got)
				}
			}
			f.clock(20, 0)
			said := len(f.said(user))
			f.due("plan_lock", user)
			if n := len(f.said(user)); n != said {
				t.Errorf("%d messages after the lock, %d before", n, said)
			}
			f.text(user, "明天")
			if got := f.draft(user); !contains(got, "20:00 已锁定") {
				t.Errorf("after the deadline: %s", got)
			}
		})
	}
}

func TestWhoHasConfirmedIsLeftAlone(t *testing.T) {
	t.Parallel()
	f := setup(t)
	f.text("zhang", "明天 -大润发")
	said := len(f.said("zhang"))
	f.clock(16, 0)
	f.due("plan_proposal", "zhang")
	f.clock(19, 0)
	f.due("plan_reminder", "zhang")
	if got := f.said("zhang"); len(got) != said {
		t.Errorf("said more: %q", got)
	}
}

// The deadline passes while nobody works: the plan is the proposal, and nobody is asked at night.
func TestAnOverduePlanIsLockedInSilence(t *testing.T) {
	t.Parallel()
	f := setup(t)
	f.clock(16, 0)
	jobs := []string{"plan_proposal", "plan_reminder", "plan_lock"}
	var events []bot.Message
	for i, at := range []int{16, 19, 20} {
		f.clock(at, 0)
		events = append(events, bot.Message{Key: "due/" + jobs[i], At: f.now, Received: f.now, Due: &bot.Due{Job: jobs[i], Rep: "zhang", Date: "2026-11-24"}})
	}
	f.clock(23, 0)
	for _, e := range events {
		f.handle(e)
	}
	if got := f.said("zhang"); len(got) != 0 {
		t.Errorf("said at night: %q", got)
	}
	facts, err := f.store.Facts().Day(t.Context(), "zhang", tomorrowIs)
	f.ok(err)
	if p := visit.FoldPlan(nil, facts); len(p.Lines) != 4 || p.Confirmed || !p.Locked {
		t.Errorf("the plan: %+v", p)
	}
}

// A job for somebody who has left is nobody's.
func TestAJobForNobody(t *testing.T) {
	t.Parallel()
	f := setup(t)
	f.clock(16, 0)
	f.due("plan_proposal", "left")
	if n := len(f.posts()); n != 0 {
		t.Errorf("%d posts", n)
	}
}
