package handlers_test

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"roundsman/bot"
	"roundsman/storage"
	"roundsman/visit"
)

func TestPeopleSeeWhoLookedAtThem(t *testing.T) {
	t.Parallel()
	f := setup(t)
	f.text("zhang", "谁看过我")
	if got := show(f.last("zhang")); !contains(got, "最近 90 天谁看过", "没有人看过") {
		t.Fatalf("before: %s", got)
	}
	f.at("zhang", shop)
	f.at("li", shop)
	f.pass(time.Minute)
	for _, text := range []string{"张伟", "地图 张伟 昨天", "日报 张伟", "照片 张伟", "导出 今天", "华联超市", "今天", "王芳"} {
		f.text("wang", text)
		f.handle(f.lastMessage) // as after a crash
	}
	f.text("zhang", "谁看过我")
	got := show(f.last("zhang"))
	for _, want := range []string{
		"王芳 · 一天的拜访 11月24日 周二", "王芳 · 地图 11月23日 周一", "王芳 · 日报 11月24日 周二", "王芳 · 照片 11月24日 周二", "王芳 · 导出 11月24日 周二 11月24日 周二", "王芳 · 客户的拜访记录 C1",
	} {
		if strings.Count(got, want) != 1 {
			t.Errorf("%q is not there once: %s", want, got)
		}
	}
	f.text("li", "谁看过我")
	if got := show(f.last("li")); strings.Count(got, "王芳") != 1 || !contains(got, "导出") {
		t.Errorf("li: %s", got)
	}
	f.text("wang", "谁看过我")
	if got := show(f.last("wang")); !contains(got, "没有人看过") {
		t.Errorf("the manager's own look: %s", got)
	}
	f.pass(91 * 24 * time.Hour)
	f.text("zhang", "谁看过我")
	if got := show(f.last("zhang")); !contains(got, "没有人看过") {
		t.Errorf("after 90 days: %s", got)
	}
}

// away is a store that takes no acts.
type away struct{ storage.Store }

func (a away) Acts() storage.Acts { return noActs{} }

type noActs struct{ storage.Acts }

var errNoActs = errors.New("no acts today")

func (noActs) Append(context.Context, ...visit.Act) error { return errNoActs }

func TestNothingIsShownThatCannotBeLogged(t *testing.T) {
	t.Parallel()
	f := setup(t)
	f.at("zhang", shop)
	f.service.Store = away{f.store}
	before := len(f.posts())
	for _, text := range []string{"张伟", "地图 张伟", "日报 张伟", "导出 今天"} {
		err := f.service.Handle(t.Context(), f.message("wang", func(m *bot.Message) { m.Text = text }))
		if !errors.Is(err, errNoActs) {
			t.Errorf("%s: %v", text, err)
		}
	}
	if posts := f.posts(); len(posts) != before {
		t.Errorf("shown: %q", f.said("wang"))
	}
}
