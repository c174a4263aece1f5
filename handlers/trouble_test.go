package handlers_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"

	"roundsman/bot"
	"roundsman/storage"
)

// die puts an event into the inbox that failed for the last time.
func (f *fixture) die(m bot.Message) {
	f.Helper()
	payload, err := json.Marshal(m)
	f.ok(err)
	fresh, err := f.store.Inbox().Accept(f.Context(), storage.Event{
		Key: m.Key, At: m.At, Received: m.Received, Payload: payload, Attempts: 5, Dead: true, Error: "handler",
	})
	f.ok(err)
	if !fresh {
		f.Fatal("the event was there")
	}
}

// lose makes a post uncertain.
func (f *fixture) lose(id string, to bot.Address) { f.end(id, to, storage.PostUncertain) }

// end lets a post end in a state.
func (f *fixture) end(id string, to bot.Address, state storage.PostState) {
	f.Helper()
	out := bot.NewOutbox(f.store.Outbox(), func() time.Time { return f.now }, func(string) {})
	f.ok(out.Say(f.Context(), bot.Post{ID: id, To: to, Body: bot.Body{Text: "secret text"}}))
	_, err := f.store.Deliveries().Claim(f.Context(), id, f.now, storage.Claim{Owner: "s", Until: f.now.Add(time.Minute)})
	f.ok(err)
	f.ok(f.store.Deliveries().Report(f.Context(), id, "s", storage.Progress{State: state, Error: "timeout"}, true))
}

func TestDeadLettersAreListedRetriedAndDropped(t *testing.T) {
	t.Parallel()
	f := setup(t)
	f.text("boss", "死信")
	if got := show(f.last("boss")); got != "没有处理失败的消息" {
		t.Errorf("an empty list: %s", got)
	}
	location := f.message("zhang", func(m *bot.Message) { m.Location = &bot.Location{Lat: "31.2", Lng: "121.4"} })
	text := f.message("li", func(m *bot.Message) { m.Text = "secret text" })
	f.die(location)
	f.die(text)
	f.text("boss", "死信")
	list := f.last("boss")
	got := show(list)
	for _, want := range []string{"2 条消息没有处理成功", "1 张伟 · 位置 · ", "2 李娜 · 文字 · ", "[重试 1]", "[丢弃 1]", "[重试 2]", "[丢弃 2]"} {
		if !contains(got, want) {
			t.Errorf("the list lacks %q: %s", want, got)
		}
	}
	if contains(got, "secret") || contains(got, "31.2") {
		t.Errorf("the list shows what was sent: %s", got)
	}
	f.press("boss", value(t, list, "重试 1"))
	if got := show(f.last("boss")); !contains(got, "正在重试") {
		t.Errorf("retried: %s", got)
	}
	waiting, err := f.store.Inbox().Waiting(t.Context(), location.Key)
	if err != nil || len(waiting) != 1 || waiting[0].Attempts != 0 || len(waiting[0].Payload) == 0 {
		t.Errorf("the retried event is %+v, %v", waiting, err)
	}
	f.press("boss", value(t, list, "丢弃 1"))
	if got := show(f.last("boss")); !contains(got, "正在处理中") {
		t.Errorf("dropped while it is tried again: %s", got)
	}
	f.press("boss", value(t, list, "丢弃 2"))
	f.press("boss", value(t, list, "重试 2"))
	if got := show(f.last("boss")); !contains(got, "已经处理过了") {
		t.Errorf("retried after it was dropped: %s", got)
	}
	if dead, err := f.store.Inbox().Dead(t.Context(), 9); err != nil || len(dead) != 0 {
		t.Errorf("still dead: %v, %v", dead, err)
	}
}

func TestAnApologyIsNotTheAnswer(t *testing.T) {
	t.Parallel()
	f := setup(t)
	m := f.message("zhang", func(m *bot.Message) { m.Text = "帮助" })
	f.service.GiveUp(t.Context(), m)
	f.service.GiveUp(t.Context(), m)
	f.handle(m)
	said := strings.Join(f.said("zhang"), "\n")
	if strings.Count(said, "抱歉") != 1 || !contains(said, "我能做什么") {
		t.Errorf("said %s", said)
	}
}

func TestUncertainPostsAreListedAndSentAgain(t *testing.T) {
	t.Parallel()
	f := setup(t)
	f.text("boss", "未确认")
	if got := show(f.last("boss")); got != "没有未确认送到的消息" {
		t.Errorf("an empty list: %s", got)
	}
	group := bot.Address{Platform: "green", Place: bot.ToRobot, ID: "r1"}
	teams, err := f.store.Roster().Team(t.Context(), team)
	f.ok(err)
	teams.Groups = []string{group.String()}
	f.ok(f.store.Roster().PutTeam(t.Context(), teams))
	run := "run/morning_plan|" + group.String() + "|2026-11-24"
	f.lose(run, group)
	f.pass(time.Minute)
	for i := range 4 {
		f.lose(fmt.Sprint("visit/", i), bot.Address{Platform: "green", Place: bot.ToUser, ID: "li"})
	}
	f.text("boss", "未确认")
	list := f.last("boss")
	got := show(list)
	for _, want := range []string{"5 条消息没有确认送到", "1 早报 → " + team, "2 回复 → 李娜", "还有 2 条没有列出", "[再发 1]", "[再发 3]"} {
		if !contains(got, want) {
			t.Errorf("the list lacks %q: %s", want, got)
		}
	}
	if contains(got, "secret") {
		t.Errorf("the list shows what was said: %s", got)
	}
	state := func() storage.PostState {
		p, err := f.store.Outbox().Get(t.Context(), run)
		f.ok(err)
		return p.State
	}
	f.press("boss", value(t, list, "再发 1"))
	if s := state(); s != storage.PostPending {
		t.Errorf("after the tap it is %s", s)
	}
	// The same tap handled again after a crash must not send what became uncertain once more.
	again := f.lastMessage
	_, err = f.store.Deliveries().Claim(t.Context(), run, f.now, storage.Claim{Owner: "s", Until: f.now.Add(time.Minute)})
	f.ok(err)
	f.ok(f.store.Deliveries().Report(t.Context(), run, "s", storage.Progress{State: storage.PostUncertain}, true))
	f.handle(again)
	if s := state(); s != storage.PostUncertain {
		t.Errorf("after the same tap again it is %s", s)
	}
	f.press("boss", value(t, list, "再发 1"))
	f.press("boss", value(t, list, "再发 1"))
	if got := show(f.last("boss")); !contains(got, "没有再发") {
		t.Errorf("a second tap: %s", got)
	}
}

func TestRefusedPostsAreListedToo(t *testing.T) {
	t.Parallel()
	f := setup(t)
	f.end("visit/1", bot.Address{Platform: "green", Place: bot.ToUser, ID: "li"}, storage.PostFailed)
	f.text("boss", "未确认")
	list := f.last("boss")
	if got := show(list); !contains(got, "1 回复 → 李娜 · 平台拒收（timeout）") {
		t.Errorf("the list is %s", got)
	}
	f.press("boss", value(t, list, "再发 1"))
	if p, err := f.store.Outbox().Get(t.Context(), "visit/1"); err != nil || p.State != storage.PostPending {
		t.Errorf("the post is %s, %v", p.State, err)
	}
}

func TestButtonsOfTroubleAreTheAdminsOwn(t *testing.T) {
	t.Parallel()
	f := setup(t)
	f.die(f.message("zhang", func(m *bot.Message) { m.Text = "x" }))
	f.text("boss", "死信")
	f.press("zhang", value(t, f.last("boss"), "丢弃 1"))
	if got := show(f.last("zhang")); !contains(got, "发给别人的按钮") {
		t.Errorf("somebody else's tap: %s", got)
	}
	if dead, err := f.store.Inbox().Dead(t.Context(), 9); err != nil || len(dead) != 1 {
		t.Errorf("dead: %v, %v", dead, err)
	}
}
