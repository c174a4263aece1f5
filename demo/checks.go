package demo

import (
	"context"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"roundsman/storage"
	"roundsman/visit"
)

// check is a figure that the day must come to.
type check struct{ title, want, got string }

func (c check) ok() bool { return c.want == c.got }

// checks compares the played day with the book: what the groups read, what the
// store holds, and how many messages everybody got.
func (s *script) checks(ctx context.Context) ([]check, error) {
	out := slices.Clone(s.found)
	for _, side := range sides {
		out = append(out, s.groupChecks(side)...)
		facts, err := s.factChecks(ctx, side)
		if err != nil {
			return nil, err
		}
		out = append(out, facts...)
		bubbles, err := s.bubbleChecks(side)
		if err != nil {
			return nil, err
		}
		out = append(out, bubbles...)
	}
	return out, nil
}

// posts returns the messages of a team's group that have the title.
func (s *script) posts(team, title string) []Message {
	return slices.DeleteFunc(s.w.group(team), func(m Message) bool { return m.Card == nil || m.Card.Title != title })
}

var wallTime = regexp.MustCompile(`\d{1,2}:\d{2}`)

// groupChecks compares what a group read.
func (s *script) groupChecks(d side) []check {
	say, tr := s.w.say, s.w.tr
	date := say.Date(s.date.Time())
	mornings := s.posts(d.team, say.T("morning.title", "Team", d.team, "Date", date))
	evenings := s.posts(d.team, say.T("evening.title", "Team", d.team, "Date", date))
	out := []check{
		{d.team + tr(" 早报发了一次", ": one morning post"), "1", strconv.Itoa(len(mornings))},
		{d.team + tr(" 晚报发了一次", ": one evening post"), "1", strconv.Itoa(len(evenings))},
	}
	if len(mornings) != 1 || len(evenings) != 1 {
		return out
	}
	reps, total := s.reps(d.team), s.total(d.team)
	dawn := 0
	for _, id := range reps {
		dawn += s.book.account(id).dawn
	}
	planned := say.T("morning.total", "Reps", len(reps), "Count", dawn)
	out = append(out, check{d.team + tr(" 早报人数和家数", ": people and stops of the morning post"), planned, last(mornings[0])})
	figure := func(title, label, want string) {
		got, ok := evenings[0].figure(label)
		if !ok {
			got = tr("没有", "missing")
		}
		out = append(out, check{d.team + " " + title, want, got})
	}
	figure(say.T("evening.adherence"), say.T("evening.adherence"), say.Share(total.Reached, total.Planned))
	figure(say.T("evening.visits"), say.T("evening.visits"), s.counts(total))
	for _, m := range []struct {
		key            string
		actual, target int64
	}{{"report.order", total.Ordered, total.OrderTarget}, {"report.collection", total.Collected, total.CollectionTarget}} {
		want := say.Money(m.actual)
		if m.target > 0 {
			want = say.T("report.of_target", "Actual", say.Money(m.actual), "Target", say.Money(m.target), "Rate", say.Percent(m.actual, m.target))
		}
		figure(say.T(m.key), say.T(m.key), want)
	}
	for _, id := range reps {
		t := s.counted(id)
		want := say.T("evening.rep", "Planned", t.Planned, "Reached", t.Reached)
		if t.Extra > 0 {
			want += " · " + say.T("evening.extra", "Count", t.Extra)
		}
		if t.Prospects > 0 {
			want += " · " + say.T("evening.prospects", "Count", t.Prospects)
		}
		for _, m := range []struct {
			key            string
			actual, target int64
		}{{"result.order", t.Ordered, t.OrderTarget}, {"result.collected", t.Collected, t.CollectionTarget}} {
			if m.actual+m.target == 0 {
				continue
			}
			want += " · " + say.T(m.key, "Amount", say.Money(m.actual))
			if m.target > 0 {
				want += say.T("list.brackets", "Text", say.Percent(m.actual, m.target))
			}
		}
		figure(s.name(id), s.name(id), want)
	}
	out = append(out, s.managerChecks(d)...)
	times := wallTime.FindAllString(strings.Join(evenings[0].lines(), "\n"), -1)
	return append(out, check{d.team + tr(" 晚报里没有任何人的时间", ": no times of people in the evening post"), "[]", fmt.Sprint(times)})
}

// last returns the last line that a card says, above its buttons.
func last(m Message) string {
	if m.Card == nil || len(m.Card.Blocks) == 0 {
		return ""
	}
	return m.Card.Blocks[len(m.Card.Blocks)-1].Text
}

// reps are the ids of a team's reps.
func (s *script) reps(team string) []string {
	var out []string
	for _, p := range s.w.people {
		if p.Team == team && p.Role == visit.RoleRep {
			out = append(out, p.ID)
		}
	}
	return out
}

// counted is what a rep's day must come to, against what of their month falls on it.
func (s *script) counted(id string) visit.Tally {
	t := s.book.account(id).tally()
	if p, _ := s.w.person(id); dailyOrder(p) > 0 {
		t.OrderTarget = dailyOrder(p)
		if !s.w.calendar.Workday(s.date) {
			t.OrderTarget = 0
		}
	}
	return t
}

// total is what a team's day must come to.
func (s *script) total(team string) visit.Tally {
	var t visit.Tally
	for _, id := range s.reps(team) {
		t = t.Add(s.counted(id))
	}
	return t
}

// counts writes visits as an evening post does, in which no doubt shows.
func (s *script) counts(t visit.Tally) string {
	text := s.w.say.T("count.visits", "Count", t.Visits)
	if t.Prospects > 0 {
		text += " · " + s.w.say.T("verdict.prospect") + " " + strconv.Itoa(t.Prospects)
	}
	return text
}

// factChecks compares each rep's facts, folded.
func (s *script) factChecks(ctx context.Context, d side) ([]check, error) {
	if s.w.bot.Store == nil {
		return nil, nil
	}
	facts := make(map[string][]visit.Fact)
	for f, err := range s.w.bot.Store.Facts().Range(ctx, storage.FactFilter{Team: d.team, From: s.date, To: s.date}) {
		if err != nil {
			return nil, fmt.Errorf("read the facts: %w", err)
		}
		facts[f.Rep] = append(facts[f.Rep], f)
	}
	var out []check
	for _, id := range s.reps(d.team) {
		a := s.book.account(id)
		day := visit.Fold(a.plan, facts[id])
		var want, got []string
		for _, v := range a.visits {
			want = append(want, v.customer+":"+string(v.verdict))
		}
		for _, v := range day.Visits {
			got = append(got, v.Customer+":"+string(v.Verdict()))
		}
		out = append(out,
			check{s.name(id) + s.w.tr(" 存下的每次拜访", ": each visit in the store"), strings.Join(want, " "), strings.Join(got, " ")},
			check{s.name(id) + s.w.tr(" 存下的统计", ": the tally in the store"), tallied(a.tally()), tallied(day.Tally(a.plan))})
	}
	return out, nil
}

// tallied writes a tally for comparison.
func tallied(t visit.Tally) string {
	return fmt.Sprintf("%d/%d, %d visits (%d %d %d %d), %d extra, %d photos, %d missing, %d unplaced", t.Reached, t.Planned, t.Visits,
		t.Verified, t.Near, t.OffSite, t.Prospects, t.Extra, t.Photos, t.MissingPhotos, t.Unplaced)
}

// managerChecks compares what the team's manager was told of itself: who owes a
// report, and who did not confirm the next day's plan.
func (s *script) managerChecks(d side) []check {
	say, tr := s.w.say, s.w.tr
	var reported, confirmed int
	reps := s.reps(d.team)
	for _, id := range reps {
		if a := s.book.account(id); a.reported {
			reported++
		}
		if s.book.account(id).confirmed {
			confirmed++
		}
	}
	messages, _ := s.w.chat(seat{d.boss, d.platform})
	count := func(title string) string {
		n := 0
		for _, m := range messages {
			if m.Bot && m.lines()[0] == title {
				n++
			}
		}
		return strconv.Itoa(n)
	}
	next := say.Date(s.w.calendar.Next(s.date).Time())
	return []check{
		{
			d.team + fmt.Sprintf(tr(" 经理收到日报 %d/%d", ": the manager gets %d of %d reports"), reported, len(reps)), "1",
			count(say.T("reports.title", "Team", d.team, "Date", say.Date(s.date.Time()), "Submitted", reported, "Due", len(reps))),
		},
		{
			d.team + fmt.Sprintf(tr(" 经理知道 %d 人没有确认计划", ": the manager hears that %d did not confirm"), len(reps)-confirmed), "1",
			count(say.T("unconfirmed.title", "Team", d.team, "Date", next, "Count", len(reps)-confirmed)),
		},
	}
}

// ofItself are the catalogue's keys of what comes at its hour without being
// asked for, or follows from what somebody else did.
var ofItself = []string{
	"plan.title", "plan.reminder", "unconfirmed.title", "report.title", "reports.title", "window.rep", "window.title", "delivery.told",
	"nudge.idle", "nudge.soon", "nudge.minimum", "nudge.nearby", "assign.title", "detail.title", "period.week", "period.month", "doubt.title", "doubt.decided",
}

// ofItself reports whether a message came without being asked for.
func (s *script) ofItself(m Message) bool {
	if m.Bot && m.Photo+m.File != "" {
		return true // the maps of the day, the table of the week
	}
	head := m.lines()[0]
	today, next := s.w.say.Date(s.date.Time()), s.w.say.Date(s.w.calendar.Next(s.date).Time())
	for _, key := range ofItself {
		date := today
		if strings.HasPrefix(key, "plan.") || strings.HasPrefix(key, "unconfirmed.") {
			date = next
		}
		if s.w.wordsOf(key, date).MatchString(head) {
			return true
		}
	}
	return false
}

// wordsOf matches what the catalogue makes of a key for a date, whatever the names and numbers in it.
func (w *World) wordsOf(key, date string) *regexp.Regexp {
	const name, count = "NAME", 987654
	pairs := []any{"Date", date}
	for _, p := range []string{"Name", "Team", "What", "Time", "How", "From", "To", "Distance"} {
		pairs = append(pairs, p, name)
	}
	for _, p := range []string{"Count", "Submitted", "Due", "Verified", "Least", "Year", "Month"} {
		pairs = append(pairs, p, count)
	}
	text := regexp.QuoteMeta(w.say.T(key, pairs...))
	return regexp.MustCompile("^" + strings.NewReplacer(name, ".+", strconv.Itoa(count), `\d+`).Replace(text) + "$")
}

// bubbleChecks counts the bot's messages: on Feishu one a visit, on WeCom one or two.
func (s *script) bubbleChecks(d side) ([]check, error) {
	var out []check
	for _, p := range s.w.people {
		if p.Team != d.team && p.ID != d.stranger {
			continue
		}
		for _, platform := range p.platforms() {
			who := seat{p.ID, platform}
			visits, replies := s.book.visits[who], s.book.replies[who]
			if visits+replies == 0 {
				continue
			}
			messages, err := s.w.chat(who)
			if err != nil {
				return nil, err
			}
			n := said(slices.DeleteFunc(messages, func(m Message) bool {
				return visit.DateOf(m.Time.In(zone)) != s.date || s.ofItself(m)
			})) - replies
			most := visits
			if platform == onWeCom {
				most = 2 * visits
			}
			got := strconv.Itoa(visits)
			if n < visits || n > most {
				got = strconv.Itoa(n)
			}
			title := fmt.Sprintf(s.w.tr("%s（%s）：%d 次拜访 %d 条消息，每次至多 %d 条", "%s (%s): %d visits in %d messages, at most %d each"),
				p.Name, s.w.say.T("platform."+platform), visits, n, max(most/max(visits, 1), 1))
			out = append(out, check{title, strconv.Itoa(visits), got})
		}
	}
	return out, nil
}
