package handlers_test

import (
	"errors"
	"testing"
	"time"

	"roundsman/bot"
	"roundsman/geo"
	"roundsman/storage"
	"roundsman/visit"
)

// kept says that the bytes of a photo are there, with what they say.
func (f *fixture) kept(sent bot.Message, sha256 string, look visit.Look) {
	f.Helper()
	rep := sent.From
	of := sent.Key + "/photo/0"
	fact := visit.Fact{
		ID: of + "/photo_kept", Kind: visit.KindPhotoKept, Rep: rep, Date: visit.DateOf(sent.At), At: visit.Millis(f.now), Received: visit.Millis(f.now),
		Photo: &visit.Photo{Of: of, SHA256: sha256, Bytes: 1000, Look: &look},
	}
	// Twice, as after a crash: it is judged once.
	for range 2 {
		f.handle(bot.Message{Key: "internal:" + fact.ID, At: f.now, Received: f.now, Fact: &fact})
	}
}

func TestWhatSpeaksAgainstAPhoto(t *testing.T) {
	t.Parallel()
	// A picture with features, and the same one compressed again.
	const d, p = 0x0f1e_2d3c_4b5a_6978, 0x1122_3344_5566_7788
	look := visit.Look{D: d, P: p}
	again := visit.Look{D: d ^ 1<<40, P: p ^ 3}
	other := visit.Look{D: ^uint64(d), P: ^uint64(p)}
	for name, tt := range map[string]struct {
		// first is the photo of another visit, before the one that is looked at.
		first      string
		firstLook  visit.Look
		by         string
		file       string
		look       func(now time.Time) visit.Look
		beforeFix  bool
		want       visit.Verdict
		wantSignal visit.SignalKind
	}{
		"its own":             {"one", look, "zhang", "two", func(time.Time) visit.Look { return other }, false, visit.Verified, ""},
		"the same file":       {"one", look, "zhang", "one", func(time.Time) visit.Look { return look }, false, visit.Suspicious, visit.SignalPhotoSame},
		"a colleague's":       {"one", look, "li", "two", func(time.Time) visit.Look { return again }, false, visit.Suspicious, visit.SignalPhotoSame},
		"one's own, alike":    {"one", look, "zhang", "two", func(time.Time) visit.Look { return again }, false, visit.Verified, visit.SignalPhotoSame},
		"taken yesterday":     {"one", look, "zhang", "two", func(now time.Time) visit.Look { return visit.Look{Taken: now.Add(-24 * time.Hour)} }, false, visit.Suspicious, visit.SignalPhotoOld},
		"taken an hour ago":   {"one", look, "zhang", "two", func(now time.Time) visit.Look { return visit.Look{Taken: now.Add(-time.Hour)} }, false, visit.Verified, visit.SignalPhotoOld},
		"taken in Beijing":    {"one", look, "zhang", "two", func(time.Time) visit.Look { return visit.Look{Place: geo.Offset(shop.WGS84(), 900_000, 0)} }, false, visit.Suspicious, visit.SignalPhotoPlace},
		"sent before the fix": {"one", look, "zhang", "two", func(time.Time) visit.Look { return visit.Look{Place: geo.Offset(shop.WGS84(), 900_000, 0)} }, true, visit.Suspicious, visit.SignalPhotoPlace},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f := setup(t)
			f.at(tt.by, shop)
			first := f.photo(tt.by)
			f.kept(first, tt.first, tt.firstLook)
			f.pass(2 * time.Hour)
			place := geo.Offset(shop, 2000, 90)
			if !tt.beforeFix {
				f.at("zhang", place)
			}
			f.kept(f.photo("zhang"), tt.file, tt.look(f.now))
			if tt.beforeFix {
				f.pass(time.Minute)
				f.at("zhang", place)
			}
			visits := f.day("zhang").Visits
			v := visits[len(visits)-1]
			if v.Customer != "C2" || v.Verdict() != tt.want {
				t.Errorf("%s is %s, want %s", v.Customer, v.Verdict(), tt.want)
			}
			var got visit.SignalKind
			for _, s := range v.Signals {
				got = s.Kind
			}
			if len(v.Signals) > 1 || got != tt.wantSignal {
				t.Errorf("the signals are %v, want %s", v.Signals, tt.wantSignal)
			}
			// It names the photo that was there first.
			if got == visit.SignalPhotoSame && v.Signals[0].With != first.Key+"/photo/0" {
				t.Errorf("the first one is %s, want %s", v.Signals[0].With, first.Key+"/photo/0")
			}
		})
	}
}

// Two reps at one customer send the same picture: that is no doubt.
func TestAPhotoThatIsShared(t *testing.T) {
	t.Parallel()
	f := setup(t)
	for _, user := range []string{"zhang", "li"} {
		f.at(user, shop)
		f.kept(f.photo(user), "one", visit.Look{D: 0x0f1e_2d3c_4b5a_6978, P: 1})
		f.pass(5 * time.Minute)
	}
	if v := f.day("li").Visits[0]; v.Verdict() != visit.Verified || len(v.Signals) > 0 {
		t.Errorf("it is %s: %v", v.Verdict(), v.Signals)
	}
}

// What is refused is said, with what to do.
func TestAPhotoThatIsRefused(t *testing.T) {
	t.Parallel()
	f := setup(t)
	f.at("zhang", shop)
	sent := f.photo("zhang")
	of := sent.Key + "/photo/0"
	fact := visit.Fact{
		ID: of + "/photo_missing", Kind: visit.KindPhotoMissing, Rep: "zhang", Date: "2026-11-24", At: visit.Millis(f.now),
		Photo: &visit.Photo{Of: of, Reason: bot.FetchFileKind},
	}
	f.handle(bot.Message{Key: "internal:" + fact.ID, At: f.now, Received: f.now, Fact: &fact})
	if got := f.said("zhang"); !contains(got[0], "格式不支持", "作为图片而不是文件发送") {
		t.Errorf("the rep is told: %s", got)
	}
}

// Whoever was erased while their photo was fetched leaves no view of it behind,
// and no event that is tried in vain; what somebody else sent too stays.
// A photo whose message is being tried again waits for it.
func TestAPhotoThatIsFetchedBeforeItsMessageIsHandled(t *testing.T) {
	t.Parallel()
	f := setup(t)
	ctx := t.Context()
	f.ok(f.store.Media().PutBlob(ctx, storage.Blob{SHA256: "early", Data: []byte("jpeg"), At: visit.Millis(f.now)}))
	sent := f.message("zhang", nothing)
	fact := visit.Fact{
		ID: sent.Key + "/photo/0/photo_kept", Kind: visit.KindPhotoKept, Rep: "zhang", Date: visit.DateOf(f.now), At: visit.Millis(f.now), Received: visit.Millis(f.now),
		Photo: &visit.Photo{Of: sent.Key + "/photo/0", SHA256: "early", Look: &visit.Look{}},
	}
	fetched := bot.Message{Key: "internal:" + fact.ID, At: f.now, Received: f.now, Fact: &fact}
	if err := f.service.Handle(ctx, fetched); !errors.Is(err, storage.ErrNotFound) {
		t.Fatalf("it is handled: %v", err)
	}
	sent.Media = []bot.Media{{Resource: "r"}}
	f.handle(sent)
	f.handle(fetched)
	if loose := f.day("zhang").Loose; len(loose) != 1 || loose[0].SHA256 != "early" {
		t.Errorf("the photos are %+v", loose)
	}
	if _, err := f.store.Media().Blob(ctx, "early"); err != nil {
		t.Errorf("its bytes: %v", err)
	}
}

func TestAPhotoOfSomebodyWhoWasErased(t *testing.T) {
	t.Parallel()
	f := setup(t)
	ctx := t.Context()
	f.at("zhang", shop)
	f.kept(f.photo("zhang"), "both", visit.Look{})
	for _, sha := range []string{"theirs", "both"} {
		if err := f.store.Media().PutBlob(ctx, storage.Blob{SHA256: sha, Data: []byte("jpeg"), At: visit.Millis(f.now)}); err != nil {
			t.Fatal(err)
		}
		f.kept(bot.Message{Key: "wecom:m:erased", From: "gone", At: f.now}, sha, visit.Look{})
	}
	if _, err := f.store.Media().Blob(ctx, "theirs"); !errors.Is(err, storage.ErrNotFound) {
		t.Errorf("the view is there: %v", err)
	}
	if _, err := f.store.Media().Blob(ctx, "both"); err != nil {
		t.Errorf("what a colleague sent too: %v", err)
	}
	facts, err := f.store.Facts().Day(ctx, "gone", visit.DateOf(f.now))
	if err != nil || len(facts) != 0 {
		t.Errorf("facts of nobody: %+v, %v", facts, err)
	}
}
