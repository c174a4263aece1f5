package handlers_test

import (
	"fmt"
	"math"
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
			Lat: fmt.Sprint(p.Lat), Lng: fmt.Sprint(p.Lng), Datum: p.Datum, Accuracy: accuracy, Device: true, Late: ago > 5*time.Minute, Customer: customer,
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
