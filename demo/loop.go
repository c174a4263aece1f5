package demo

import (
	"context"
	"fmt"
	"slices"
	"time"

	"roundsman/visit"
)

// The loop of a team's day beside its visits: the next day's plan with its
// deadline, the reports, what is assigned.

// hours are when something is due of itself, for everybody.
func (s *script) hours() {
	tr := s.w.tr
	nothing := func(context.Context) error { return nil }
	for _, h := range []struct {
		at    time.Duration
		title string
	}{
		{clockAt(16, 0), tr("每个人收到下个工作日的计划建议", "Everybody is proposed the next workday's plan")},
		{clockAt(18, 30), tr("还没交日报的人收到提醒，日报已经写好大半", "Who owes a report is reminded; most of it is written")},
		{clockAt(19, 0), tr("还没确认计划的人收到提醒", "Who has not confirmed the plan is reminded")},
		{clockAt(19, 5), tr("经理收到日报汇总", "The managers get the reports")},
		{clockAt(20, 0), tr("计划锁定", "The plans lock")},
		{clockAt(20, 5), tr("经理知道谁没有确认", "The managers hear who did not confirm")},
	} {
		s.add(h.at, h.title, seat{}, nothing)
	}
}

// planned is how a side deals with the next day's plan: one drops the customer
// that they avoid and adds a time, one taps, one taps when reminded, one forgets.
func (s *script) planned(d side, at func(hour, minute int) time.Duration) {
	tr := s.w.tr
	steady, far, fresh := seat{d.steady, d.platform}, seat{d.far, d.platform}, seat{d.fresh, d.platform}
	avoided := forgottenBy(s.w.customers[d.steady])
	first := s.date == s.w.week()[0]
	s.add(at(17, 2), s.name(d.steady)+tr("：看建议里的理由", ": why the avoided customer is proposed"), steady, func(ctx context.Context) error {
		next, err := s.w.planNow(ctx, d.steady, s.w.calendar.Next(s.date))
		i := slices.IndexFunc(next, func(p visit.PlannedVisit) bool { return p.Customer == avoided.ID })
		why := tr("没有建议", "not proposed")
		if i >= 0 {
			why = string(next[i].Why.Kind)
		}
		title := tr("被遗忘的客户在建议里：", "The forgotten customer is proposed: ")
		if !first {
			title = tr("昨天删掉的客户，今天又回到建议里：", "The customer that was dropped yesterday is proposed again: ")
		}
		s.note(title+avoided.Name, string(visit.WhyOverdue), why)
		return err
	})
	if first {
		s.add(at(17, 4), s.name(d.steady)+tr("：删掉不想去的客户", " drops the customer that nobody likes"), steady, func(ctx context.Context) error {
			s.book.account(d.steady).confirmed = true
			_, err := s.w.sendText(steady, tr("明天 -", "tomorrow -")+avoided.Name)
			return err
		})
	} else {
		s.add(at(17, 4), s.name(d.steady)+tr("：确认计划", " confirms the plan"), steady, func(context.Context) error {
			s.book.account(d.steady).confirmed = true
			return s.tapNamed(steady, s.w.say.T("button.confirm_plan"))
		})
	}
	s.add(at(17, 10), s.name(d.far)+tr("：确认计划", " confirms the plan"), far, func(context.Context) error {
		s.book.account(d.far).confirmed = true
		return s.tapNamed(far, s.w.say.T("button.confirm_plan"))
	})
	s.add(at(19, 20), s.name(d.fresh)+tr("：收到提醒后确认", " confirms when reminded"), fresh, func(context.Context) error {
		s.book.account(d.fresh).confirmed = true
		return s.tapNamed(fresh, s.w.say.T("button.confirm_plan"))
	})
}

// reports is how a side deals with the daily report: one submits with a tap,
// one with a word, two do not; the manager comments one.
func (s *script) reports(d side, at func(hour, minute int) time.Duration) {
	tr := s.w.tr
	steady, far, boss := seat{d.steady, d.platform}, seat{d.far, d.platform}, seat{d.boss, d.platform}
	s.add(at(18, 40), s.name(d.steady)+tr("：提交日报", " submits the report"), steady, func(context.Context) error {
		s.book.account(d.steady).reported = true
		return s.tapNamed(steady, s.w.say.T("button.report"))
	})
	s.add(at(18, 46), s.name(d.far)+tr("：写一句心得", " says a word on the day"), far, func(context.Context) error {
		s.book.account(d.far).reported = true
		_, err := s.w.sendText(far, tr("心得 下次先打电话约好再去", "reflections call before going next time"))
		return err
	})
	s.add(at(19, 10), s.name(d.boss)+tr("：批注日报", " comments on a report"), boss, func(context.Context) error {
		s.book.reply(boss)
		s.book.reply(steady)
		_, err := s.w.sendText(boss, tr("批注 ", "comment ")+s.name(d.steady)+tr(" 做得好，价格可以再谈", " well done, the price can be discussed"))
		return err
	})
}

// assigned: the manager assigns a delivery, whose window passes without a
// check-in. On one platform it is delivered late, on the other the manager
// gives it to somebody else with a tap.
func (s *script) assigned(d side, at func(hour, minute int) time.Duration) {
	tr := s.w.tr
	boss, late, other := seat{d.boss, d.platform}, seat{d.fresh, d.platform}, seat{d.steady, d.platform}
	c, here, ok := s.spots[d.fresh].extra()
	if !ok {
		return
	}
	window := "10:00-10:40"
	s.add(at(8, 50), s.name(d.boss)+tr("：派一单送货", " assigns a delivery"), boss, func(context.Context) error {
		s.book.reply(boss)
		a := s.book.account(d.fresh)
		a.plan = append(a.plan, visit.PlannedVisit{Rep: d.fresh, Customer: c.ID, Purpose: visit.Delivery, By: d.boss})
		_, err := s.w.sendText(boss, fmt.Sprintf(tr("派 %s %s 送货 %s #SO1024", "assign %s %s delivery %s #SO1024"), s.name(d.fresh), c.Name, window))
		return err
	})
	s.add(clockAt(10, 40), tr("到点没到，本人和经理马上知道", "The window passes; rep and manager hear at once"), seat{}, func(context.Context) error { return nil })
	s.add(at(10, 42), tr("经理看到迟到的一单", "The manager sees what is late"), boss, func(context.Context) error {
		messages, err := s.w.chat(boss)
		n := 0
		for _, m := range messages {
			if m.Bot && visit.DateOf(m.Time.In(zone)) == s.date && m.Card != nil && m.Card.Title == s.w.say.T("window.title", "Name", s.name(d.fresh)) {
				n++
			}
		}
		s.note(s.name(d.boss)+tr(" 到点就知道没送到", " hears when the window ends"), "1", fmt.Sprint(n))
		return err
	})
	if d.platform == onWeCom {
		s.add(at(10, 50), s.name(d.boss)+tr("：一点就转给别人", " gives it to somebody else with a tap"), boss, func(ctx context.Context) error {
			a, b := s.book.account(d.fresh), s.book.account(d.steady)
			a.plan = slices.DeleteFunc(a.plan, func(p visit.PlannedVisit) bool { return p.Customer == c.ID })
			b.plan = append(b.plan, visit.PlannedVisit{Rep: d.steady, Customer: c.ID, Purpose: visit.Delivery, By: d.boss})
			s.book.reply(boss)
			return s.tapNamed(boss, s.w.say.T("button.reassign", "Name", s.name(d.steady)))
		})
		late = other
	}
	s.add(at(12, 4), s.name(late.person)+tr("：送到，拍照", " delivers, with a photo"), late, func(ctx context.Context) error {
		if _, err := s.verified(late, c, here); err != nil {
			return err
		}
		s.breathe()
		return s.photo(late, shotFront, c.ID)
	})
	s.add(at(12, 12), s.name(late.person)+tr("：点“已送达”", " taps “delivered”"), late, func(context.Context) error {
		return s.tapNamed(late, s.w.say.T("delivery.delivered"))
	})
}

// tapNamed taps the newest button with the text.
func (s *script) tapNamed(who seat, text string) error {
	messages, err := s.w.chat(who)
	if err != nil {
		return err
	}
	for _, m := range slices.Backward(messages) {
		if m.Card == nil {
			continue
		}
		for i, b := range m.Card.Buttons {
			if b.Text == text {
				_, err := s.w.press(who, m.ID, i)
				return err
			}
		}
	}
	return errNoButton
}
