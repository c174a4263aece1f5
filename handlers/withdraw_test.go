package handlers_test

import (
	"slices"
	"testing"
	"time"

	"roundsman/storage"
	"roundsman/visit"
)

func (f *fixture) factsOf(rep string) []visit.Fact {
	f.Helper()
	facts, err := f.store.Facts().Day(f.Context(), rep, "2026-11-24")
	f.ok(err)
	return facts
}

// notice is the newest notice that waits for the user's yes.
func (f *fixture) notice(user string) storage.Post {
	f.Helper()
	posts := f.posts()
	i := slices.IndexFunc(posts, func(p storage.Post) bool { return contains(p.ID, "consent/"+user+"/", "/after/") })
	if i < 0 {
		f.Fatalf("%s was not asked again: %q", user, f.said(user))
	}
	return posts[i]
}

func TestAConsentIsTakenBack(t *testing.T) {
	t.Parallel()
	for _, user := range []string{"zhang", "li"} {
		t.Run(user, func(t *testing.T) {
			t.Parallel()
			f := setup(t)
			f.at(user, shop)
			before := len(f.factsOf(user))
			f.text(user, "撤回同意")
			asked := f.last(user)
			if got := show(asked); !contains(got, "不再记录您的位置", "坐标保存满 90 天", "申请删除", "[取消]") {
				t.Fatalf("asked: %s", got)
			}
			f.pass(time.Minute)
			f.press(user, value(t, asked, "撤回同意"))
			f.handle(f.lastMessage) // as after a crash
			if got := f.said(user); !slices.ContainsFunc(got, func(s string) bool { return contains(s, "已撤回同意（09:01）", "想恢复签到时") }) {
				t.Fatalf("the answer: %q", got)
			}
			f.pass(time.Minute)
			f.at(user, shop)
			f.photo(user)
			f.text(user, "订货 100")
			if got := len(f.factsOf(user)); got != before {
				t.Errorf("%d facts were added", got-before)
			}
			if open, err := f.store.Media().Count(t.Context()); err != nil || open != 0 {
				t.Errorf("%d photos are to be fetched, %v", open, err)
			}
			f.text(user, "撤回同意")
			if got := show(f.last(user)); !contains(got, "没有生效的同意") {
				t.Errorf("again: %s", got)
			}
			f.pass(time.Minute)
			f.press(user, value(t, f.body(f.notice(user)), "同意"))
			f.at(user, shop)
			if got := len(f.factsOf(user)); got != before+1 {
				t.Errorf("after a new yes there are %d facts, there were %d", got, before)
			}
		})
	}
}

// A word that came before the withdrawal and is handled after it does not count.
func TestTheNewestWordCounts(t *testing.T) {
	t.Parallel()
	f := setup(t)
	f.ok(f.store.Consents().Put(t.Context(), visit.Consent{Rep: "zhang", Version: visit.ConsentWithdrawn, At: f.now.Add(time.Minute), Source: "w"}))
	f.ok(f.store.Consents().Put(t.Context(), visit.Consent{Rep: "zhang", Version: visit.ConsentNotice, At: f.now.Add(time.Second), Source: "late"}))
	f.pass(2 * time.Minute)
	f.at("zhang", shop)
	if got := f.factsOf("zhang"); len(got) != 0 {
		t.Errorf("kept: %+v", got)
	}
}

// Where the company keeps the record of who agreed, taking it back in the chat holds all the same.
func TestAConsentRecordedElsewhereIsTakenBack(t *testing.T) {
	t.Parallel()
	f := setup(t, func(p *visit.Policy) { p.ConsentRequired = false })
	f.text("wang", "撤回同意")
	f.press("wang", value(t, f.last("wang"), "撤回同意"))
	f.pass(time.Minute)
	f.at("wang", shop)
	if got := f.factsOf("wang"); len(got) != 0 {
		t.Errorf("kept: %+v", got)
	}
}
