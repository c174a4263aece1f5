package handlers_test

import (
	"bytes"
	"fmt"
	"image/png"
	"math"
	"strings"
	"testing"
	"time"

	"roundsman/bot"
	"roundsman/geo"
	"roundsman/visit"
)

// scan checks in on the page with a customer's code.
func (f *fixture) scan(user string, p geo.Point, accuracy float64, ago time.Duration, customer string) bot.Message {
	f.Helper()
	m := f.message(user, func(m *bot.Message) {
		m.ID, m.Key = "", "web:"+m.Key
		m.At = f.now.Add(-ago)
		m.Location = &bot.Location{
			Lat: fmt.Sprint(p.Lat), Lng: fmt.Sprint(p.Lng), Datum: p.Datum, Accuracy: accuracy, Device: true, Customer: customer,
		}
	})
	f.handle(m)
	return m
}

func TestACodeVerifiesWhereThePhoneCannot(t *testing.T) {
	t.Parallel()
	f := setup(t, checked)
	m := f.scan("zhang", geo.Offset(shop, 60, 0), 300, 0, "C1")
	f.handle(m) // once more is nothing more
	day := f.day("zhang")
	v := day.Visits[0]
	if len(day.Visits) != 1 || v.Customer != "C1" || v.Verdict() != visit.Verified || v.Evidence() != visit.EvidenceQR || v.Fix.Code != "C1" {
		t.Errorf("the visits are %+v", day.Visits)
	}
	// Everybody is spot-checked here, but for whom a code proves.
	got := f.saidText("zhang")
	if !contains(got, "✅", "证据 客户码") || contains(got, "抽查") {
		t.Errorf("said: %s", got)
	}
	f.text("zhang", "为什么")
	if b := show(f.last("zhang")); !contains(b, "定位不够准（定位精度 300 米）", "扫了这家的客户码，所以是“已核实”", "证据 客户码") {
		t.Errorf("why: %s", b)
	}
}

// A colleague's customer, or one that is on nobody's plan, is named by its code
// too; what the rep says of it afterwards counts.
func TestACodeNamesAnybodysCustomer(t *testing.T) {
	t.Parallel()
	f := setup(t)
	f.ok(f.store.Customers().Put(t.Context(), visit.Customer{ID: "X1", Name: "物美", Owner: "li", Point: geo.Offset(shop, 20, 90)}))
	f.scan("zhang", shop, 12, 0, "X1")
	v := f.day("zhang").Visits[0]
	if v.Customer != "X1" || v.Planned || len(v.Options) != 0 || v.Evidence() != visit.EvidenceQR {
		t.Errorf("the visit is %+v", v)
	}
	if b := show(f.last("zhang")); !contains(b, "物美") || contains(b, "华联超市]") {
		t.Errorf("said: %s", b)
	}
}

func TestACodeScannedElsewhereIsAskedAbout(t *testing.T) {
	t.Parallel()
	f := setup(t)
	f.scan("zhang", geo.Offset(shop, 9000, 180), 12, 0, "C1")
	v := f.day("zhang").Visits[0]
	if v.Customer != "C1" || v.Claim.Verdict != visit.OffSite || v.Verdict() != visit.Suspicious || v.Evidence() != visit.EvidenceDevice ||
		len(v.Signals) != 1 || v.Signals[0].Kind != visit.SignalCodeAway || math.Abs(v.Signals[0].Value-9000) > 1 {
		t.Errorf("the visit is %+v", v)
	}
	f.text("zhang", "为什么")
	if b := show(f.last("zhang")); !contains(b, "扫客户码时，手机定位离这家客户 9.0 公里，所以需要核实") || contains(b, "证据") {
		t.Errorf("why: %s", b)
	}
	f.pass(11 * time.Minute)
	f.untilNow()
	if got := f.doubts(); len(got) != 1 || !contains(got[0], "扫客户码时，手机定位离这家客户 9.0 公里") || contains(got[0], "作弊") {
		t.Errorf("the manager is told: %s", got)
	}
}

func TestALateCodeNamesTheCustomerOnly(t *testing.T) {
	t.Parallel()
	f := setup(t)
	f.pass(3 * time.Hour)
	f.scan("zhang", geo.Offset(shop, 60, 0), 300, 2*time.Hour, "C1")
	v := f.day("zhang").Visits[0]
	if v.Customer != "C1" || v.Claim.Verdict != visit.Near || v.Claim.Reasons[0] != visit.ReasonInaccurate || v.Evidence() != visit.EvidencePin {
		t.Errorf("the visit is %+v", v)
	}
}

// The code of a customer that is no more says nothing.
func TestACodeOfNoCustomer(t *testing.T) {
	t.Parallel()
	f := setup(t)
	f.scan("zhang", shop, 12, 0, "gone")
	v := f.day("zhang").Visits[0]
	if v.Customer != "C1" || v.Fix.Code != "" || v.Evidence() != visit.EvidenceDevice {
		t.Errorf("the visit is %+v", v)
	}
}

// customerCode makes a code as the check-in page does, with a content that can be told.
func (f *fixture) customerCode(customer string) (string, time.Time, error) {
	f.coded = append(f.coded, customer)
	return "https://bot.example.com/m/check-in?c=" + customer, f.now.Add(730 * 24 * time.Hour), nil
}

func TestAManagerGetsACustomersCode(t *testing.T) {
	t.Parallel()
	f := setup(t)
	f.pages = map[string]string{"blue": "https://bot.example.com/m/check-in?on=blue"}
	f.ok(f.store.Customers().Put(t.Context(),
		visit.Customer{ID: "N1", Name: "永辉", Point: shop}, visit.Customer{ID: "S1", Name: "华南的店", Owner: "far", Point: shop},
	))
	f.ok(f.store.Roster().PutReps(t.Context(), visit.Rep{ID: "far", Name: "远方", Team: "华南一队", Role: visit.RoleRep}))
	for _, tt := range []struct{ user, text, of string }{
		{"wang", "客户码 大润发 C2", ""},
		{"wang", "客户码 好德", ""}, // zhang's and li's are called the same
		{"wang", "客户码 C3", "C3"},
		{"wang", "code 永辉", "N1"},
		{"wang", "客户码 华南的店", ""}, // another team's
		{"boss", "客户码 华南的店", "S1"},
		{"wang", "客户码", ""},
		{"wang", "客户码 没有这家", ""},
		{"zhang", "客户码 C1", ""},
	} {
		f.coded = nil
		f.text(tt.user, tt.text)
		b := f.last(tt.user)
		if tt.of == "" {
			if b.Image != nil || len(f.coded) > 0 || show(b) == "" {
				t.Errorf("%s %s: said %s, made %v", tt.user, tt.text, show(b), f.coded)
			}
			continue
		}
		if b.Image == nil || len(f.coded) != 1 || f.coded[0] != tt.of || !strings.Contains(b.Image.Alt, "的客户码") {
			t.Errorf("%s %s: said %s, made %v", tt.user, tt.text, show(b), f.coded)
			continue
		}
		img, err := png.Decode(bytes.NewReader(b.Image.Data))
		if err != nil || img.Bounds().Dx() != 800 {
			t.Errorf("%s: the picture: %v", tt.text, err)
		}
	}
	// Of several a tap says which, whatever the command's word has of the name.
	for _, name := range []string{"de", "od"} {
		f.ok(f.store.Customers().Put(t.Context(), visit.Customer{ID: "Q1" + name, Name: "Mo" + name + "l", Point: shop}, visit.Customer{ID: "Q2" + name, Name: "Yo" + name + "l", Point: shop}))
		f.text("wang", "code "+name)
		f.press("wang", value(t, f.last("wang"), "Yo"+name+"l"))
		if b := f.last("wang"); b.Image == nil || !strings.Contains(b.Image.Alt, "Yo"+name+"l") {
			t.Errorf("%s: a tap gives %s", name, show(b))
		}
	}
	f.text("zhang", "客户码 C1")
	if b := show(f.last("zhang")); !contains(b, "经理") {
		t.Errorf("a rep is told: %s", b)
	}
	// It goes to whoever asked, also from a group.
	before := len(f.posts())
	f.inGroup("wang", "客户码 C1", true)
	if posts := f.posts()[before:]; len(posts) != 1 || posts[0].Chat != "blue:user/wang" || f.body(posts[0]).Image == nil {
		t.Errorf("in a group: %+v", posts)
	}
}

func TestNoCodeWithoutAPage(t *testing.T) {
	t.Parallel()
	f := setup(t)
	for _, text := range []string{"客户码 C1", "客户码"} {
		f.text("wang", text)
		if b := show(f.last("wang")); !contains(b, "没有开通签到页", "public_url") || len(f.coded) > 0 {
			t.Errorf("%s: %s", text, b)
		}
	}
	help := func() string { f.text("wang", "帮助"); return show(f.last("wang")) }
	if contains(help(), "客户码") {
		t.Error("help names what leads nowhere")
	}
	f.pages = map[string]string{"green": "https://bot.example.com/m/check-in?on=green"}
	if !contains(help(), "客户码 <客户>") {
		t.Error("help does not name it")
	}
}

// A code makes no offers of a colleague's customer that lies around the corner.
func TestACodeDoesNotMakeACustomerOnesOwn(t *testing.T) {
	t.Parallel()
	f := setup(t)
	f.ok(f.store.Customers().Put(t.Context(), visit.Customer{ID: "X1", Name: "物美", Owner: "li", Cadence: 7, Point: geo.Offset(shop, 20, 90)}))
	f.scan("zhang", shop, 12, 0, "X1")
	for _, m := range f.later {
		if m.Due.Job == "nudge_nearby" {
			t.Errorf("watched for: %+v", m.Due)
		}
	}
}
