package handlers_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"roundsman/bot"
	"roundsman/geo"
	"roundsman/visit"
)

// onPage submits a device's fix on the check-in page.
func (f *fixture) onPage(user string, p geo.Point, accuracy float64, ago time.Duration, photos ...string) bot.Message {
	f.Helper()
	m := f.message(user, func(m *bot.Message) {
		m.ID, m.Key = "", "web:"+m.Key
		m.At = f.now.Add(-ago)
		m.Location = &bot.Location{
			Lat: fmt.Sprint(p.Lat), Lng: fmt.Sprint(p.Lng), Datum: p.Datum, Accuracy: accuracy, Device: true,
		}
		for _, sum := range photos {
			m.Media = append(m.Media, bot.KeepMedia(sum))
		}
	})
	f.handle(m)
	return m
}

func TestADeviceChecksIn(t *testing.T) {
	t.Parallel()
	f := setup(t)
	m := f.onPage("zhang", geo.Offset(shop, 30, 90).WGS84(), 12.5, 4*time.Second, "ab", "cd")
	day := f.day("zhang")
	v := day.Visits[0]
	if v.Fix.Evidence != visit.EvidenceDevice || v.Fix.Late || v.Fix.Accuracy != 12.5 || v.Claim.Verdict != visit.Verified || v.Start != visit.Millis(m.At) {
		t.Errorf("the visit is %+v", v)
	}
	if len(v.Photos) != 2 || len(day.Loose) != 0 {
		t.Errorf("photos: %+v, loose: %+v", v.Photos, day.Loose)
	}
	if said := f.said("zhang"); len(said) != 1 || !strings.Contains(said[0], "2 张照片") || strings.Contains(said[0], "补报") {
		t.Errorf("said %q", said)
	}
	fetches, err := f.store.Media().Due(t.Context(), f.now.Add(time.Hour), 10)
	f.ok(err)
	if len(fetches) != 2 || fetches[0].Message != "" || fetches[0].Resource != "kept:ab" {
		t.Errorf("fetches: %+v", fetches)
	}
	// Once more is nothing more.
	f.handle(m)
	if said := f.said("zhang"); len(said) != 1 || len(f.day("zhang").Visits[0].Photos) != 2 {
		t.Errorf("again: %q", said)
	}
}

func TestALateFixIsNoMoreThanAPin(t *testing.T) {
	t.Parallel()
	f := setup(t)
	f.pass(3 * time.Hour)
	f.onPage("zhang", shop, 12, 2*time.Hour)
	v := f.day("zhang").Visits[0]
	if v.Fix.Evidence != visit.EvidencePin || !v.Fix.Late || v.Claim.Verdict != visit.Verified {
		t.Errorf("the visit is %+v", v)
	}
	if said := f.said("zhang"); !strings.Contains(said[0], "补报 手机在 10:00 定位，12:00 才发到") {
		t.Errorf("said %q", said)
	}
}

func TestATeamMayWantTheDevicesOwnFix(t *testing.T) {
	t.Parallel()
	f := setup(t)
	f.text("wang", "设置 签到方式 定位页")
	if b := show(f.last("wang")); !strings.Contains(b, "没有开通签到页") {
		t.Errorf("without a page: %s", b)
	}
	f.pages = map[string]string{"blue": "https://bot.example.com/m/check-in?on=blue"}
	f.text("wang", "设置 签到方式 定位页")
	if b := show(f.last("wang")); !strings.Contains(b, "签到方式 定位页（本队设的）") {
		t.Errorf("the settings are %s", b)
	}
	f.at("zhang", shop)
	v := f.day("zhang").Visits[0]
	if v.Claim.Verdict != visit.Near || len(v.Claim.Reasons) != 1 || v.Claim.Reasons[0] != visit.ReasonEvidence {
		t.Errorf("a pin is %+v", v.Claim)
	}
	b := f.last("zhang")
	if !strings.Contains(show(b), "您的团队要求用签到页定位") || len(b.Card.Buttons) != 1 || b.Card.Buttons[0].Link != f.pages["blue"] || b.Card.Buttons[0].Value != "" {
		t.Errorf("said %s", show(b))
	}
	f.text("zhang", "为什么")
	if b := show(f.last("zhang")); !strings.Contains(b, "团队要求用签到页定位") {
		t.Errorf("why: %s", b)
	}
	f.pass(time.Minute)
	f.onPage("zhang", geo.Offset(shop, 20, 0), 10, 0)
	if v := f.day("zhang").Visits[0]; v.Claim.Verdict != visit.Verified || v.Fix.Evidence != visit.EvidenceDevice {
		t.Errorf("a device's fix is %+v", v)
	}
	f.text("wang", "设置 签到方式 不限")
	f.at("li", shop)
	if v := f.day("li").Visits[0]; v.Claim.Verdict != visit.Verified {
		t.Errorf("a pin is %+v again", v.Claim)
	}
}

func TestTheWayToThePage(t *testing.T) {
	t.Parallel()
	f := setup(t)
	f.text("zhang", "签到")
	if b := show(f.last("zhang")); !strings.Contains(b, "没有开通签到页") {
		t.Errorf("without one: %s", b)
	}
	f.pages = map[string]string{"blue": "https://bot.example.com/m/check-in?on=blue"}
	f.text("zhang", "check in")
	b := f.last("zhang")
	if b.Card == nil || len(b.Card.Buttons) != 1 || b.Card.Buttons[0].Link != f.pages["blue"] {
		t.Errorf("the way is %s", show(b))
	}
	links := func() (n int) {
		for _, b := range f.last("zhang").Card.Buttons {
			if b.Link != "" {
				n++
			}
		}
		return n
	}
	f.at("zhang", geo.Offset(shop, 60_000, 0)) // near nobody
	if links() != 1 {
		t.Errorf("near nobody: %s", show(f.last("zhang")))
	}
	f.pass(time.Minute)
	f.at("zhang", geo.Offset(shop, 1500, 180)) // too far from a planned one
	if links() != 1 || len(f.last("zhang").Card.Buttons) > 6 {
		t.Errorf("off site: %s", show(f.last("zhang")))
	}
	f.pass(time.Minute)
	f.at("zhang", shop)
	if links() != 0 {
		t.Errorf("verified: %s", show(f.last("zhang")))
	}
}

func TestNobodyChecksInOnThePageBeforeAgreeing(t *testing.T) {
	t.Parallel()
	f := setup(t)
	f.onPage("wang", shop, 10, 0, "ab") // who was not asked yet
	if day := f.day("wang"); day.Facts != 0 {
		t.Errorf("kept: %+v", day)
	}
	fetches, err := f.store.Media().Due(t.Context(), f.now.Add(time.Hour), 10)
	f.ok(err)
	if len(fetches) != 0 {
		t.Errorf("fetches: %+v", fetches)
	}
}

// How old a device's fix may be is each team's to say.
func TestATeamSaysHowOldAFixMayBe(t *testing.T) {
	t.Parallel()
	f := setup(t)
	f.text("wang", "设置 定位时效 30")
	f.pass(3 * time.Hour)
	f.onPage("zhang", shop, 12, 20*time.Minute)
	if v := f.day("zhang").Visits[0]; v.Fix.Evidence != visit.EvidenceDevice || v.Fix.Late {
		t.Errorf("the visit is %+v", v)
	}
	f.text("wang", "设置 定位时效 1")
	f.pass(time.Hour)
	f.onPage("zhang", geo.Offset(shop, 2000, 90), 12, 2*time.Minute)
	visits := f.day("zhang").Visits
	if v := visits[len(visits)-1]; len(visits) != 2 || v.Fix.Evidence != visit.EvidencePin || !v.Fix.Late {
		t.Errorf("the second is %+v", v)
	}
}
