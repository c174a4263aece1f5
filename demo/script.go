package demo

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"roundsman/geo"
	"roundsman/visit"
)

// step is something that happens in the played day.
type step struct {
	// at is the time on the wall since midnight; no two steps share a minute.
	at    time.Duration
	title string
	// who is at it; nobody when the groups are.
	who seat
	do  func(context.Context) error
}

// script is the played day of a date.
type script struct {
	w     *World
	date  visit.Date
	steps []step
	book  *book
	spots map[string]*spots
	// found are what was checked while playing.
	found []check
}

// side is the same story on one platform.
type side struct {
	platform, team                           string
	steady, far, fresh, mall, boss, stranger string
	later                                    time.Duration
}

var sides = []side{
	{onFeishu, eastTeam, eastSteady, eastFar, eastNew, eastMall, eastManager, eastStranger, 0},
	{onWeCom, southTeam, southSteady, southFar, southNew, southMall, southManager, southStranger, time.Minute},
}

// When the groups hear of the day, unless configured otherwise, and how long
// whereabouts may be recorded.
const (
	morning = 8*time.Hour + 30*time.Minute
	evening = 19*time.Hour + 30*time.Minute
	atNight = 22*time.Hour + 20*time.Minute
)

// newScript writes the day of a date that there are plans for. The plans are as
// they stand when it is written.
func newScript(ctx context.Context, w *World, date visit.Date) (*script, error) {
	s := &script{w: w, date: date, book: newBook(), spots: make(map[string]*spots)}
	for _, p := range w.people {
		if p.Role != visit.RoleRep {
			continue
		}
		plan, err := w.planNow(ctx, p.ID, date)
		if err != nil {
			return nil, err
		}
		if len(plan) == 0 {
			return nil, fmt.Errorf("demo: %s has no plan on %s", p.ID, date)
		}
		s.book.account(p.ID).plan, s.book.account(p.ID).dawn = plan, len(plan)
		s.spots[p.ID] = newSpots(p, w.customers[p.ID], plan)
	}
	s.add(morning, w.tr("两个群收到当天计划", "Both groups hear the plan of the day"), seat{}, func(context.Context) error { return nil })
	s.add(evening, w.tr("两个群收到当天总结", "Both groups hear the summary of the day"), seat{}, func(context.Context) error { return nil })
	s.hours()
	for _, side := range sides {
		if err := s.write(side); err != nil {
			return nil, fmt.Errorf("demo: write the day of %s: %w", side.team, err)
		}
	}
	slices.SortFunc(s.steps, func(a, b step) int { return int(a.at - b.at) })
	return s, nil
}

// add puts a step at a time, or the next minute that is free.
func (s *script) add(at time.Duration, title string, who seat, do func(context.Context) error) {
	for slices.ContainsFunc(s.steps, func(o step) bool { return o.at == at }) {
		at += time.Minute
	}
	s.steps = append(s.steps, step{at, title, who, do})
}

func clockAt(hour, minute int) time.Duration {
	return time.Duration(hour)*time.Hour + time.Duration(minute)*time.Minute
}

// write writes one side's day: first what there is to show, then the rounds.
func (s *script) write(d side) error {
	steady, far, fresh, mall := seat{d.steady, d.platform}, seat{d.far, d.platform}, seat{d.fresh, d.platform}, seat{d.mall, d.platform}
	at := func(hour, minute int) time.Duration { return clockAt(hour, minute) + d.later }
	tr := s.w.tr
	s.command(at(8, 40), steady, tr("计划", "plan"))
	s.consent(at(8, 44), fresh)
	if err := s.thorough(at(9, 2), steady); err != nil {
		return err
	}
	if err := s.beside(at(9, 24), far, seat{d.boss, d.platform}); err != nil {
		return err
	}
	s.choice(at(9, 40), mall)
	s.twice(at(10, 6), steady)
	s.command(at(10, 30), fresh, tr("帮助", "help"))
	if err := s.elsewhere(at(10, 50), far); err != nil {
		return err
	}
	if err := s.coldCall(at(11, 4), mall); err != nil {
		return err
	}
	s.round(at(11, 20), steady, false)
	s.round(at(11, 34), fresh, true)
	s.round(at(13, 40), far, true)
	s.round(at(14, 0), fresh, false)
	s.round(at(14, 10), steady, true)
	s.command(at(14, 30), seat{d.boss, d.platform}, tr("今天", "today"))
	s.stranger(at(14, 50), seat{d.stranger, d.platform})
	s.round(at(15, 10), steady, false)
	s.round(at(15, 24), far, false)
	s.round(at(15, 40), fresh, true)
	// Who is on both platforms may check in on either.
	s.round(at(16, 0), seat{d.mall, onWeCom}, true)
	s.round(at(16, 30), seat{d.mall, d.platform}, false)
	s.extra(at(16, 50), steady)
	s.planned(d, at)
	s.reports(d, at)
	if s.date != s.w.week()[0] {
		s.assigned(d, at)
	}
	s.late(atNight+d.later, steady)
	return nil
}

// name is a person's name.
func (s *script) name(id string) string {
	p, _ := s.w.person(id)
	return p.Name
}

// verified sends a location from a customer's door.
func (s *script) verified(who seat, c visit.Customer, at geo.Point) (sent, error) {
	m, err := s.w.sendPlace(who, c.Address, at)
	s.book.visit(who, c.ID, visit.Verified, s.w.Now())
	return m, err
}

func (s *script) photo(who seat, kind shot, subject string) error {
	s.book.photo(who)
	// No photo of one day is that of another.
	return s.w.sendPhoto(who, picture(kind, subject+" "+string(s.date)))
}

// tap taps a button of the newest card that has any.
func (s *script) tap(who seat, button int) error {
	messages, err := s.w.chat(who)
	if err != nil {
		return err
	}
	for _, m := range slices.Backward(messages) {
		if m.Card == nil || len(m.Card.Buttons) == 0 {
			continue
		}
		_, err := s.w.press(who, m.ID, button)
		return err
	}
	return errNoButton
}

// command says something that is answered by one message.
func (s *script) command(at time.Duration, who seat, text string) {
	s.add(at, s.name(who.person)+s.w.tr("：", ": ")+text, who, func(context.Context) error {
		s.book.reply(who)
		_, err := s.w.sendText(who, text)
		return err
	})
}

// consent: a location is not kept before its sender has agreed. Who has agreed
// before, on an earlier day, is not asked.
func (s *script) consent(at time.Duration, who seat) {
	c, here, ok := s.spots[who.person].door()
	if !ok {
		return
	}
	name, asked := s.name(who.person), false
	s.add(at, name+s.w.tr("：还没同意，先看告知", " has not agreed yet and is told first"), who, func(ctx context.Context) error {
		if _, err := s.w.sendPlace(who, c.Address, here); err != nil {
			return err
		}
		if err := s.w.settled(ctx); err != nil {
			return err
		}
		messages, err := s.w.chat(who)
		if err != nil {
			return err
		}
		n := len(messages)
		if asked = n > 0 && messages[n-1].Card != nil && len(messages[n-1].Card.Buttons) == 1; !asked {
			s.book.visit(who, c.ID, visit.Verified, s.w.Now())
			return nil
		}
		s.book.reply(who)
		facts, err := s.facts(ctx, who.person)
		s.note(s.w.tr("同意之前没有保存 ", "Nothing is kept before consent: ")+name, "0", fmt.Sprint(facts))
		return err
	})
	s.add(at+2*time.Minute, name+s.w.tr("：同意", " agrees"), who, func(context.Context) error {
		if !asked {
			return nil
		}
		return s.tap(who, 0)
	})
	s.add(at+4*time.Minute, name+s.w.tr("：再发一次位置", " sends the location again"), who, func(context.Context) error {
		if !asked {
			return nil
		}
		_, err := s.verified(who, c, here)
		return err
	})
}

// breath is what lies between two messages of one step: the time on the wire
// has a second's precision on WeCom, and of what happens at the same instant
// nobody can say which was first.
const breath = 2 * time.Second

func (s *script) breathe() { s.w.clock.forward(s.w.Now().Add(breath)) }

// thorough: a visit with photos from before and after, a note and a check-out.
func (s *script) thorough(at time.Duration, who seat) error {
	c, here, ok := s.spots[who.person].door()
	if !ok {
		return fmt.Errorf("%s has nobody to visit", who.person)
	}
	name := s.name(who.person)
	s.add(at, name+s.w.tr("：到店，先拍照再签到", ": a photo, then the check-in"), who, func(context.Context) error {
		if err := s.w.open(who, here); err != nil {
			return err
		}
		s.breathe()
		if err := s.photo(who, shotBefore, c.ID); err != nil {
			return err
		}
		s.breathe()
		_, err := s.verified(who, c, here)
		return err
	})
	s.add(at+16*time.Minute, name+s.w.tr("：备注、照片、签退", ": a note, a photo, the check-out"), who, func(context.Context) error {
		if _, err := s.w.sendText(who, s.w.tr("缺货三个品种已补齐，订货 20 件", "Restocked three missing items, ordered 20 cases")); err != nil {
			return err
		}
		s.breathe()
		a := s.book.account(who.person)
		a.ordered, a.collected = a.ordered+12_000_00, a.collected+5_000_00
		if _, err := s.w.sendText(who, s.w.tr("成交 订货1.2万 回款 5000 竞品：隔壁牌子买二赠一", "deal order 12,000 collected 5000 competitor: the brand next door gives one for two")); err != nil {
			return err
		}
		s.breathe()
		if err := s.photo(who, shotAfter, c.ID); err != nil {
			return err
		}
		s.breathe()
		_, err := s.w.sendText(who, s.w.tr("签退", "checkout"))
		return err
	})
	return nil
}

// beside: a check-in a little far away, with the reason for it.
func (s *script) beside(at time.Duration, who, boss seat) error {
	c, here, err := s.spots[who.person].near()
	if err != nil {
		return err
	}
	name := s.name(who.person)
	s.add(at, name+s.w.tr("：离客户有些远", " is a little far away"), who, func(context.Context) error {
		s.book.visit(who, c.ID, visit.Near, s.w.Now())
		_, err := s.w.sendPlace(who, s.pin(who), here)
		return err
	})
	s.add(at+2*time.Minute, name+s.w.tr("：说明原因", " gives the reason"), who, func(context.Context) error {
		_, err := s.w.sendText(who, s.w.tr("门口修路封闭，在路口和店长谈的", "The street is closed for repairs, we met at the corner"))
		return err
	})
	s.add(at+14*time.Minute, s.name(boss.person)+s.w.tr("：认可这次拜访", " accepts the visit"), boss, func(context.Context) error {
		s.book.accept(who, c.ID)
		return s.tapNamed(boss, s.w.say.T("button.accept"))
	})
	return nil
}

// pin is the label of a place that is no address.
func (s *script) pin(who seat) string {
	p, _ := s.w.person(who.person)
	return p.turf.city + p.turf.district + s.w.tr("·地图选点", ", dropped pin")
}

// choice: two customers in one building, of which the second is meant.
func (s *script) choice(at time.Duration, who seat) {
	first, second, here := s.spots[who.person].mall()
	name := s.name(who.person)
	s.add(at, name+s.w.tr("：同一商场有两家客户", ": two customers in one mall"), who, func(context.Context) error {
		s.book.visit(who, second.ID, visit.Verified, s.w.Now())
		_, err := s.w.sendPlace(who, first.Address, here)
		return err
	})
	s.add(at+2*time.Minute, name+s.w.tr("：点选是哪一家", " taps which one"), who, func(context.Context) error { return s.tap(who, 1) })
}

// twice: the platform delivers the same message again.
func (s *script) twice(at time.Duration, who seat) {
	c, here, ok := s.spots[who.person].door()
	if !ok {
		return
	}
	name := s.name(who.person)
	var m sent
	s.add(at, name+s.w.tr("：到店签到", ": a check-in"), who, func(context.Context) (err error) {
		m, err = s.verified(who, c, here)
		return err
	})
	title := s.w.tr("同一条消息重复送达，只算一次", "The same message is delivered again and counts once")
	s.add(at+2*time.Minute, name+s.w.tr("：", ": ")+title, who, func(ctx context.Context) error {
		before, factsBefore, err := s.state(ctx, who)
		if err != nil {
			return err
		}
		if err := s.w.again(m); err != nil {
			return err
		}
		if err := s.w.settled(ctx); err != nil {
			return err
		}
		after, factsAfter, err := s.state(ctx, who)
		if err != nil {
			return err
		}
		s.note(title+" "+s.w.tr("（", "(")+s.w.say.T("platform."+who.platform)+s.w.tr("）", ")"),
			fmt.Sprintf("%d/%d", before, factsBefore), fmt.Sprintf("%d/%d", after, factsAfter))
		return nil
	})
}

// state returns how many messages the bot has said in a chat, and how many facts there are of its person.
func (s *script) state(ctx context.Context, who seat) (said, facts int, err error) {
	messages, err := s.w.chat(who)
	if err != nil {
		return 0, 0, err
	}
	for _, m := range messages {
		if m.Bot {
			said += 1 + m.Changed
		}
	}
	facts, err = s.facts(ctx, who.person)
	return said, facts, err
}

// facts counts the facts of a rep's date; without a store there are none to be seen.
func (s *script) facts(ctx context.Context, rep string) (int, error) {
	if s.w.bot.Store == nil {
		return 0, nil
	}
	list, err := s.w.bot.Store.Facts().Day(ctx, rep, s.date)
	return len(list), err
}

// nothingKept checks that what was just sent leaves no fact.
func (s *script) nothingKept(ctx context.Context, rep, title string) error {
	if s.w.bot.Store == nil {
		return nil
	}
	before, err := s.facts(ctx, rep)
	if err != nil {
		return err
	}
	if err := s.w.settled(ctx); err != nil {
		return err
	}
	after, err := s.facts(ctx, rep)
	s.note(title, fmt.Sprint(before), fmt.Sprint(after))
	return err
}

// elsewhere: a check-in from where no customer is.
func (s *script) elsewhere(at time.Duration, who seat) error {
	c, here, err := s.spots[who.person].elsewhere()
	if err != nil {
		return err
	}
	s.add(at, s.name(who.person)+s.w.tr("：不在客户处也签到", " checks in from somewhere else"), who, func(context.Context) error {
		s.book.visit(who, c.ID, visit.OffSite, s.w.Now())
		_, err := s.w.sendPlace(who, s.pin(who), here)
		return err
	})
	return nil
}

// coldCall: a new customer, by a button, then its name.
func (s *script) coldCall(at time.Duration, who seat) error {
	here, err := s.spots[who.person].afar()
	if err != nil {
		return err
	}
	name := s.name(who.person)
	s.add(at, name+s.w.tr("：附近没有客户", ": no customer is near"), who, func(context.Context) error {
		s.book.visit(who, "", "", s.w.Now())
		_, err := s.w.sendPlace(who, s.pin(who), here)
		return err
	})
	s.add(at+2*time.Minute, name+s.w.tr("：点“陌拜新客户”", " taps “Cold call”"), who, func(context.Context) error { return s.tapNamed(who, s.w.say.T("button.prospect")) })
	s.add(at+4*time.Minute, name+s.w.tr("：写下名称", " writes its name"), who, func(context.Context) error {
		_, err := s.w.sendText(who, s.w.tr("福满多生活超市，马老板，愿意下周看样品", "Fumanduo Market, Mr Ma, will look at samples next week"))
		return err
	})
	return nil
}

// round: the next planned customer.
func (s *script) round(at time.Duration, who seat, withPhoto bool) {
	c, here, ok := s.spots[who.person].door()
	if !ok {
		return
	}
	s.add(at, s.name(who.person)+s.w.tr("：到店签到", ": a check-in"), who, func(context.Context) error {
		if _, err := s.verified(who, c, here); err != nil || !withPhoto {
			return err
		}
		s.breathe()
		return s.photo(who, shotFront, c.ID)
	})
}

// extra: a customer that was not planned.
func (s *script) extra(at time.Duration, who seat) {
	c, here, ok := s.spots[who.person].extra()
	if !ok {
		return
	}
	s.add(at, s.name(who.person)+s.w.tr("：顺路拜访计划外的客户", ": a customer that was not planned"), who, func(context.Context) error {
		_, err := s.verified(who, c, here)
		return err
	})
}

// stranger: somebody who is not on the roster.
func (s *script) stranger(at time.Duration, who seat) {
	s.add(at, s.name(who.person)+s.w.tr("：不在名册里的人", ": somebody who is not on the roster"), who, func(context.Context) error {
		s.book.reply(who)
		_, err := s.w.sendText(who, s.w.tr("你好，请问怎么签到？", "Hello, how do I check in?"))
		return err
	})
}

// late: a location outside working hours, which is not recorded.
func (s *script) late(at time.Duration, who seat) {
	p, _ := s.w.person(who.person)
	home := geo.Offset(p.turf.center, 500, 200)
	title := p.Name + s.w.tr("：下班后发位置，不记录", ": a location after hours is not recorded")
	s.add(at, title, who, func(ctx context.Context) error {
		s.book.reply(who)
		if _, err := s.w.sendPlace(who, s.pin(who), home); err != nil {
			return err
		}
		return s.nothingKept(ctx, who.person, strings.Replace(title, s.w.tr("：", ": "), s.w.tr("，", ", "), 1))
	})
}

// note adds what was found while playing.
func (s *script) note(title, want, got string) {
	s.found = append(s.found, check{title, want, got})
}
