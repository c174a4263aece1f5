package scheduler_test

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"roundsman/bot"
	"roundsman/storage"
	"roundsman/visit"
)

// comes keeps what the rep's day has come to: visits, and the report.
func (f *fixture) comes(date visit.Date, facts int, o visit.Outcome) {
	f.Helper()
	o.Rep, o.Team, o.Date, o.Facts = "z", team, date, facts
	f.ok(f.store.Outcomes().Put(f.Context(), o))
	var all []visit.Fact
	for i, c := range o.Calls {
		all = append(all, visit.Fact{
			ID: string(date) + c.Visit, Kind: visit.KindFix, Rep: "z", Team: team, Date: date, At: c.Start, Received: c.Start,
			Fix: &visit.Fix{Claims: []visit.Claim{{Customer: string(rune('A' + i)), Verdict: visit.Verified}}},
		})
	}
	f.ok(f.store.Facts().Append(f.Context(), all...))
}

// summary is the post of an evening in the group, and what it says.
func (f *fixture) summary(group string, date visit.Date) (storage.Post, string) {
	f.Helper()
	p, err := f.store.Outbox().Get(f.Context(), "run/evening_summary|"+group+"|"+string(date))
	f.ok(err)
	var body bot.Body
	f.ok(json.Unmarshal(p.Body, &body))
	var lines []string
	for _, l := range body.Card.Lines {
		lines = append(lines, l.Label+" "+l.Text)
	}
	return p, strings.Join(lines, "\n")
}

func (f *fixture) call(at string) visit.Call {
	f.Helper()
	t, err := time.ParseInLocation("2006-01-02 15:04:05", at, zone(f.T, "Asia/Shanghai"))
	f.ok(err)
	return visit.Call{Visit: at, Customer: "A", Verdict: visit.Verified, Start: visit.Millis(t), Last: visit.Millis(t)}
}

// A visit after the summary comes into it where a message can be changed, and
// into the next morning's plan everywhere.
func TestWhatComesLateIsMadeUp(t *testing.T) {
	t.Parallel()
	f := setup(t, "2026-11-24 07:00:00")
	f.tick()
	first := f.call("2026-11-24 10:00:00")
	f.comes("2026-11-24", 1, visit.Outcome{Calls: []visit.Call{first}})
	f.at("2026-11-24 19:30:10")
	f.tick()
	f.tick()
	p, said := f.summary("feishu:group/g1", "2026-11-24")
	if p.Version != 1 || !strings.Contains(said, "1 次拜访") {
		t.Fatalf("the summary, version %d: %s", p.Version, said)
	}

	late := f.call("2026-11-24 20:10:00")
	f.at("2026-11-24 20:10:00")
	f.comes("2026-11-24", 3, visit.Outcome{Calls: []visit.Call{first, late}, Reported: visit.Millis(f.now)})
	f.at("2026-11-24 20:13:00")
	f.tick()
	f.tick()
	p, said = f.summary("feishu:group/g1", "2026-11-24")
	if p.Version != 4 || !strings.Contains(said, "2 次拜访") {
		t.Errorf("after a late visit, version %d: %s", p.Version, said)
	}
	if p, said = f.summary("wecom:group/g2", "2026-11-24"); p.Version != 1 || !strings.Contains(said, "1 次拜访") {
		t.Errorf("where nothing can be changed, version %d: %s", p.Version, said)
	}

	f.at("2026-11-25 08:30:10")
	f.comes("2026-11-24", 4, visit.Outcome{Calls: []visit.Call{first, late}, Reported: visit.Millis(f.now)})
	f.tick()
	if p, _ := f.summary("feishu:group/g1", "2026-11-24"); p.Version != 4 {
		t.Errorf("the next morning it is changed again: version %d", p.Version)
	}
	for _, group := range []string{"feishu:group/g1", "wecom:group/g2"} {
		post, err := f.store.Outbox().Get(t.Context(), "run/morning_plan|"+group+"|2026-11-25")
		f.ok(err)
		if !strings.Contains(string(post.Body), "上个工作日补报") || !strings.Contains(string(post.Body), "张伟（1 次拜访 · 日报）") {
			t.Errorf("%s reads in the morning: %s", group, post.Body)
		}
	}
}
