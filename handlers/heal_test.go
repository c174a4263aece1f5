package handlers_test

import (
	"errors"
	"testing"
	"time"

	"roundsman/geo"
	"roundsman/storage"
	"roundsman/visit"
)

// Three visits in a row just where the customer would be by another datum: the
// managers may mend it by a tap, and are asked once.
func TestACustomerWithAWrongDatum(t *testing.T) {
	t.Parallel()
	f := setup(t)
	there := geo.Offset(shop, 7000, 180)
	f.ok(f.store.Customers().Put(f.Context(), visit.Customer{
		ID: "C9", Name: "新华书店", Owner: "zhang", Point: geo.Point{Lat: there.Lat, Lng: there.Lng, Datum: geo.WGS84},
	}))
	for day := range 4 {
		date := visit.Date("2026-11-24").Add(day)
		f.ok(f.store.Plans().Put(f.Context(), visit.PlannedVisit{Rep: "zhang", Date: date, Customer: "C9", Order: 1}))
		f.at("zhang", there)
		f.pass(24 * time.Hour)
	}
	var asked []string
	for _, s := range f.said("wang") {
		if contains(s, "坐标可能不对") {
			asked = append(asked, s)
		}
	}
	if len(asked) != 1 || !contains(asked[0], "按 GCJ02 看正好相符", "WGS84 多半填错了", "[改为 GCJ02]") {
		t.Fatalf("the manager is asked: %s", asked)
	}
	f.tapOn("wang", "坐标可能不对", "改为 GCJ02")
	if c := f.customer("C9"); geo.Distance(c.Point, there) > 1 {
		t.Errorf("it is at %v", c.Point)
	}
	if got := f.said("wang"); !contains(got[len(got)-1], "已更新 新华书店 的坐标") && !contains(f.saidText("wang"), "已更新 新华书店 的坐标") {
		t.Errorf("the manager is told: %s", got)
	}
}

// saidText is everything that was said to the user.
func (f *fixture) saidText(user string) (all string) {
	for _, s := range f.said(user) {
		all += s + "\n"
	}
	return all
}

// A customer without a place gets one by a visit that a manager accepted.
func TestTheFirstPlaceOfACustomer(t *testing.T) {
	t.Parallel()
	f := setup(t)
	there := geo.Offset(shop, 7000, 180)
	f.ok(f.store.Customers().Put(f.Context(), visit.Customer{ID: "C9", Name: "新华书店", Owner: "zhang"}))
	f.ok(f.store.Plans().Put(f.Context(), visit.PlannedVisit{Rep: "zhang", Date: "2026-11-24", Customer: "C9", Order: 9}))
	f.at("zhang", there)
	f.tapOn("zhang", "附近没有您的客户", "新华书店")
	if c := f.customer("C9"); !c.Point.IsZero() {
		t.Fatalf("a pin alone set the place %v", c.Point)
	}
	f.pass(11 * time.Minute)
	f.untilNow()
	f.tapOn("wang", "请核实", "认可")
	if c := f.customer("C9"); geo.Distance(c.Point, there) > 1 {
		t.Errorf("it is at %v", c.Point)
	}
}

// Whoever gets a customer while its place is set keeps it, and a place that
// somebody else set meanwhile stays.
func TestAPlaceAndAnOwnerAtOnce(t *testing.T) {
	t.Parallel()
	there, imported := geo.Offset(shop, 7000, 180), geo.Offset(shop, 9000, 180)
	for name, tt := range map[string]struct {
		meanwhile func(f *fixture) error
		want      visit.Customer
	}{
		"another owner": {
			func(f *fixture) error { return f.store.Customers().SetOwner(f.Context(), "zhang", "li", "C9") },
			visit.Customer{Owner: "li", Point: there},
		},
		"another place": {
			func(f *fixture) error { return f.store.Customers().SetPlace(f.Context(), "C9", geo.Point{}, imported) },
			visit.Customer{Owner: "zhang", Point: imported},
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			// After each of the times that customers are read.
			for at, reads := 1, 1; at <= reads; at++ {
				f := setup(t)
				f.ok(f.store.Customers().Put(f.Context(), visit.Customer{ID: "C9", Name: "新华书店", Owner: "zhang"}))
				f.ok(f.store.Plans().Put(f.Context(), visit.PlannedVisit{Rep: "zhang", Date: "2026-11-24", Customer: "C9", Order: 9}))
				f.at("zhang", there)
				f.tapOn("zhang", "附近没有您的客户", "新华书店")
				f.pass(11 * time.Minute)
				f.untilNow()
				reads = 0
				late := false // it has its place by then
				f.meanwhile = func() {
					if reads++; reads == at {
						err := tt.meanwhile(f)
						if late = errors.Is(err, storage.ErrConflict); !late {
							f.ok(err)
						}
					}
				}
				f.tapOn("wang", "请核实", "认可")
				f.meanwhile = nil
				if c := f.customer("C9"); reads >= at && !late && (c.Owner != tt.want.Owner || geo.Distance(c.Point, tt.want.Point) > 1) {
					t.Errorf("after read %d it is %s's, at %v", at, c.Owner, c.Point)
				}
			}
		})
	}
}

func TestCalibrate(t *testing.T) {
	t.Parallel()
	f := setup(t)
	f.ok(f.store.Roster().PutReps(f.Context(), visit.Rep{ID: "zhang", Name: "张伟", Team: team, Role: visit.RoleAdmin, Identities: map[string]string{"blue": "zhang"}}))
	say := func(text string, want ...string) {
		t.Helper()
		f.text("zhang", text)
		if got := f.said("zhang"); !contains(got[len(got)-1], want...) {
			t.Errorf("%s: %s", text, got[len(got)-1])
		}
	}
	say("校准", "请写“校准 客户名”")
	say("校准 华联超市", "请先站在 华联超市")
	f.at("zhang", shop)
	f.pass(time.Minute)
	say("校准 C1", "GCJ02 0 米", "最相符的是 GCJ02，与现在的设置一致")
	// The platform sends WGS-84, and is set to GCJ-02.
	f.pass(time.Hour)
	raw := shop.WGS84()
	f.at("zhang", geo.Point{Lat: raw.Lat, Lng: raw.Lng, Datum: geo.GCJ02})
	say("校准 C1", "最相符的是 WGS84", "现在设为 GCJ02")
	f.pass(11 * time.Minute)
	say("校准 C1", "请先站在")
}

func TestDuplicateCustomers(t *testing.T) {
	t.Parallel()
	f := setup(t)
	f.text("boss", "客户 重复")
	if got := f.said("boss"); !contains(got[0], "华联超市（C1） ~ 华联超市·（C1·），相距 0 米") {
		t.Errorf("the admin is told: %s", got)
	}
}
