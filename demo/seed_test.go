package demo_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"roundsman/demo"
	"roundsman/geo"
	"roundsman/visit"
)

func TestSeedIsTheSameEveryTime(t *testing.T) {
	t.Parallel()
	w := setup(t, demo.Options{})
	first, second := seeded(t, w), seeded(t, setup(t, demo.Options{}))
	if diff := cmp.Diff(first, second, cmpopts.IgnoreUnexported(kept{})); diff != "" {
		t.Errorf("two worlds differ (-first +second):\n%s", diff)
	}
	// Seeding the same world again finds its group on WeCom made already.
	again := seeded(t, w)
	if diff := cmp.Diff(first, again, cmpopts.IgnoreUnexported(kept{})); diff != "" {
		t.Errorf("seeding again differs:\n%s", diff)
	}
}

func TestTheCompanyIsPlausible(t *testing.T) {
	t.Parallel()
	k := seeded(t, setup(t, demo.Options{}))
	roles, onBoth := map[visit.Role]int{}, 0
	for _, r := range k.Reps {
		roles[r.Role]++
		if len(r.Identities) == 2 && r.Role == visit.RoleRep {
			onBoth++
		}
		if len(r.Identities) == 0 {
			t.Errorf("%s is nowhere", r.Name)
		}
	}
	if want := map[visit.Role]int{visit.RoleRep: 8, visit.RoleManager: 2, visit.RoleAdmin: 1}; !cmp.Equal(roles, want) || onBoth != 1 {
		t.Errorf("roles %v, %d reps on both platforms", roles, onBoth)
	}
	if len(k.Teams) != 2 || len(k.Customers) != 120 {
		t.Errorf("%d teams, %d customers", len(k.Teams), len(k.Customers))
	}
	for _, team := range k.Teams {
		if len(team.Groups) != 1 || !strings.Contains(team.Groups[0], ":group/") {
			t.Errorf("%s has the groups %v", team.Name, team.Groups)
		}
	}
	// Everybody has agreed but one rep of each team.
	agreed := make(map[string]bool)
	for _, c := range k.Consents {
		agreed[c.Rep] = true
	}
	missing := map[string]int{}
	for _, r := range k.Reps {
		if !agreed[r.ID] {
			missing[r.Team+" "+string(r.Role)]++
		}
	}
	if want := map[string]int{"华东一队 rep": 1, "华南一队 rep": 1}; !cmp.Equal(missing, want) {
		t.Errorf("without consent: %v", missing)
	}
	cities := map[string][2]geo.Point{
		"上海市": {{Lat: 31.13, Lng: 121.36}, {Lat: 31.28, Lng: 121.60}},
		"深圳市": {{Lat: 22.51, Lng: 113.86}, {Lat: 22.60, Lng: 114.16}},
	}
	names := make(map[string]bool)
	pairs := 0
	for i, c := range k.Customers {
		if names[c.Name] || c.Name == "" {
			t.Errorf("the name %q twice", c.Name)
		}
		names[c.Name] = true
		box := cities[string([]rune(c.Address)[:3])]
		if c.Point.Datum != geo.GCJ02 || c.Point.Lat < box[0].Lat || c.Point.Lat > box[1].Lat || c.Point.Lng < box[0].Lng || c.Point.Lng > box[1].Lng {
			t.Errorf("%s lies at %v", c.Address, c.Point)
		}
		for _, o := range k.Customers[:i] {
			if o.Owner == c.Owner && geo.Distance(o.Point, c.Point) < 400 {
				pairs++
			}
		}
	}
	if pairs != 2 { // one pair in a mall, each side
		t.Errorf("%d pairs of customers are close to each other", pairs)
	}
}

// The reps of the eastern team have a route of customers of their own, and targets.
func TestRoutesAndTargetsHold(t *testing.T) {
	t.Parallel()
	k := seeded(t, setup(t, demo.Options{}))
	owner, team := make(map[string]string), make(map[string]string)
	for _, c := range k.Customers {
		owner[c.ID] = c.Owner
	}
	for _, r := range k.Reps {
		team[r.ID] = r.Team
	}
	if len(k.Routes) != 4 || len(k.Targets) != 2*4 {
		t.Fatalf("%d routes, %d targets", len(k.Routes), len(k.Targets))
	}
	for _, r := range k.Routes {
		for _, s := range r.Stops {
			if team[r.Rep] != "华东一队" || owner[s.Customer] != r.Rep || s.Weekday < 1 || s.Weekday > 5 || s.Week > 2 {
				t.Errorf("%s has the stop %+v of %s", r.Rep, s, owner[s.Customer])
			}
		}
	}
	calendar := visit.NewCalendar(true, nil)
	for _, m := range k.Targets {
		days := int64(len(m.Month.Workdays(calendar)))
		if team[m.Rep] != "华东一队" || m.Month != "2026-11" && m.Month != "2026-12" || visit.Fen(m.Order)/days%100_000 != 0 || m.Collection != nil {
			t.Errorf("the target %+v of %d workdays", m, days)
		}
	}
}

func TestPlansAndHistoryHold(t *testing.T) {
	t.Parallel()
	w := setup(t, demo.Options{})
	k := seeded(t, w)
	owner := make(map[string]string)
	for _, c := range k.Customers {
		owner[c.ID] = c.Owner
	}
	calendar := visit.NewCalendar(true, nil)
	type repDay struct {
		rep  string
		date visit.Date
	}
	plans := make(map[repDay][]visit.PlannedVisit)
	for _, p := range k.Plans {
		key := repDay{p.Rep, p.Date}
		if slices.ContainsFunc(plans[key], func(o visit.PlannedVisit) bool { return o.Customer == p.Customer || o.Order == p.Order }) {
			t.Errorf("%v is planned twice", p)
		}
		plans[key] = append(plans[key], p)
		if owner[p.Customer] != p.Rep || !calendar.Workday(p.Date) {
			t.Errorf("%v is not the rep's, or not on a workday", p)
		}
	}
	for key, plan := range plans {
		if len(plan) < 5 || len(plan) > 8 {
			t.Errorf("%v has %d visits", key, len(plan))
		}
	}
	week := w.Week()
	if len(week) != 5 || week[0] != "2026-11-24" {
		t.Errorf("the week is %v", week)
	}
	if want := 8 * (len(week) + 20); len(plans) != want {
		t.Errorf("%d days of reps are planned, want %d", len(plans), want)
	}
	blobs := make(map[string]bool)
	for _, b := range k.Blobs {
		blobs[b.SHA256] = true
	}
	facts, ids := make(map[repDay][]visit.Fact), make(map[string]bool)
	for _, f := range k.Facts {
		if ids[f.ID] || f.Date >= week[0] || visit.WorkingDate(f.At, shanghai, visit.Clock{Hour: 4}) != f.Date {
			t.Fatalf("the fact %s of %s at %v", f.ID, f.Date, f.At)
		}
		ids[f.ID] = true
		if f.Photo != nil && f.Photo.SHA256 != "" && !blobs[f.Photo.SHA256] {
			t.Errorf("the photo of %s is not there", f.ID)
		}
		facts[repDay{f.Rep, f.Date}] = append(facts[repDay{f.Rep, f.Date}], f)
	}
	if len(facts) != 6*20 { // of those who agreed
		t.Errorf("%d days of reps have facts", len(facts))
	}
	var total visit.Tally
	for key, list := range facts {
		tally := visit.Fold(plans[key], list).Tally(plans[key])
		if tally.Visits < 2 || tally.Visits > tally.Planned {
			t.Errorf("%v: %+v", key, tally)
		}
		total = total.Add(tally)
	}
	for what, share := range map[string]float64{
		"verified": float64(total.Verified) / float64(total.Visits), "met": float64(total.Reached) / float64(total.Planned),
	} {
		if share < 0.75 || share > 0.97 {
			t.Errorf("%s: %.2f of %+v", what, share, total)
		}
	}
	if total.Near == 0 || total.OffSite == 0 || total.Photos == 0 || total.MissingPhotos != 0 {
		t.Errorf("the past is %+v", total)
	}
}

func TestEveryDayCanBePlayed(t *testing.T) {
	t.Parallel()
	for _, start := range []time.Time{tuesday, tuesday.AddDate(0, 0, 3), time.Date(2026, 9, 24, 7, 30, 0, 0, shanghai), time.Date(2027, 3, 6, 12, 0, 0, 0, shanghai)} {
		w := setup(t, demo.Options{Start: start})
		for _, date := range w.Week() {
			steps, err := w.Steps(t.Context(), date)
			if err != nil {
				t.Errorf("%s: %v", date, err)
				continue
			}
			if len(steps) < 50 {
				t.Errorf("%s has %d steps", date, len(steps))
			}
			for i := 1; i < len(steps); i++ {
				if steps[i]-steps[i-1] < time.Minute {
					t.Errorf("%s: a step at %v, the next at %v", date, steps[i-1], steps[i])
				}
			}
		}
	}
}

func TestADayThatWasNotPlayedFailsItsChecks(t *testing.T) {
	t.Parallel()
	w := setup(t, demo.Options{})
	hold, fail, err := w.Unplayed(t.Context(), w.Week()[0])
	if err != nil || fail < 4 {
		t.Errorf("%d checks hold, %d fail, %v", hold, fail, err)
	}
}
