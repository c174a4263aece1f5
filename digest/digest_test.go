package digest_test

import (
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
	_ "time/tzdata"

	"github.com/google/go-cmp/cmp"

	"roundsman/bot"
	"roundsman/catalog"
	"roundsman/digest"
	"roundsman/geo"
	"roundsman/storage/sqlite"
	"roundsman/visit"
)

var update = flag.Bool("update", false, "write the golden files")

var shop = geo.Point{Lat: 31.2304, Lng: 121.4737, Datum: geo.GCJ02}

const (
	team = "华东一队"
	date = visit.Date("2026-11-24")
)

// load seeds a team's day and reads it back.
func load(t *testing.T) digest.TeamDay {
	t.Helper()
	store, err := sqlite.Open(t.Context(), filepath.Join(t.TempDir(), "r.db"), sqlite.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := store.Close(); err != nil {
			t.Error(err)
		}
	})
	ok := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	ctx := t.Context()
	zone, err := time.LoadLocation("Asia/Shanghai")
	ok(err)
	rules := visit.Rules{Radius: 200, Near: 500, MaxAccuracy: 150}
	ok(store.Roster().PutReps(ctx,
		visit.Rep{ID: "1", Name: "张伟", Team: team, Role: visit.RoleRep},
		visit.Rep{ID: "2", Name: "李娜", Team: team, Role: visit.RoleRep},
		visit.Rep{ID: "3", Name: "<at id=all></at>", Team: team, Role: visit.RoleRep},
		visit.Rep{ID: "4", Name: "王芳", Team: team, Role: visit.RoleManager},
		visit.Rep{ID: "5", Name: "别队", Team: "华南一队", Role: visit.RoleRep},
	))
	names := []string{"华联超市", "大润发", "好德便利", "罗森", "全家"}
	var customers []visit.Customer
	for i, name := range names {
		customers = append(customers, visit.Customer{ID: fmt.Sprint("C", i), Name: name, Owner: "1", Point: geo.Offset(shop, float64(i*2000), 90), Address: "世纪大道" + fmt.Sprint(i) + "号"})
	}
	ok(store.Customers().Put(ctx, customers...))
	plan := []visit.PlannedVisit{
		{Rep: "1", Date: date, Customer: "C0", Order: 1, Purpose: visit.Collection, Window: visit.Span{From: visit.Clock{Hour: 10}, To: visit.Clock{Hour: 10}}},
		{Rep: "1", Date: date, Customer: "C1", Order: 2, Purpose: visit.Delivery, Window: visit.Span{From: visit.Clock{Hour: 14}, To: visit.Clock{Hour: 15}}, Note: "带新品样品"},
		{Rep: "1", Date: date, Customer: "C2", Order: 3},
		{Rep: "2", Date: date, Customer: "C3", Order: 1},
		{Rep: "5", Date: date, Customer: "C4", Order: 1},
	}
	ok(store.Plans().Put(ctx, plan...))
	start := time.Date(2026, 11, 24, 9, 0, 0, 0, zone)
	fix := func(id string, minutes int, p geo.Point) visit.Fact {
		f := visit.Fix{Point: p, Evidence: visit.EvidencePin, Rule: visit.RuleVersion, Support: -1}
		f.Claims = rules.Claims(f, plan[:3], customers)
		return visit.Fact{ID: id, Kind: visit.KindFix, Rep: "1", Team: team, Date: date, At: start.Add(time.Duration(minutes) * time.Minute).UTC(), Fix: &f}
	}
	fact := func(id string, minutes int, kind visit.Kind) visit.Fact {
		return visit.Fact{ID: id, Kind: kind, Rep: "1", Team: team, Date: date, At: start.Add(time.Duration(minutes) * time.Minute).UTC()}
	}
	photo, note := fact("p", 3, visit.KindPhoto), fact("n", 130, visit.KindNote)
	photo.Photo, note.Note = &visit.Photo{}, "[新店](http://evil) @所有人"
	choice := fact("c", 121, visit.KindChoice)
	choice.Choice = &visit.Choice{Fix: "f3", Prospect: true}
	ok(store.Facts().Append(ctx, fix("f1", 12, shop), photo, fix("f2", 60, geo.Offset(shop, 2420, 90)),
		fix("f3", 120, geo.Offset(shop, 30000, 0)), choice, note, fix("f4", 180, geo.Offset(shop, 8000, 90)), fix("f5", 240, geo.Offset(shop, 31000, 0))))
	policy := visit.Policy{Zone: zone, DayStarts: visit.Clock{Hour: 4}, Rules: rules}
	td, err := digest.Load(ctx, store, policy, visit.Team{Name: team}, date)
	ok(err)
	return td
}

// text writes a body as people read it.
func text(b bot.Body) string {
	var out strings.Builder
	fmt.Fprintf(&out, "# %s (%s)\n", b.Card.Title, b.Card.Tone)
	for _, l := range b.Card.Lines {
		fmt.Fprintf(&out, "%-8s %s\n", l.Kind, strings.TrimSpace(l.Label+"  "+l.Text))
	}
	fmt.Fprintf(&out, "-- %s\n", b.Card.Footer)
	return out.String()
}

func TestGolden(t *testing.T) {
	t.Parallel()
	td := load(t)
	for _, lang := range catalog.Languages {
		say, err := catalog.New(lang)
		if err != nil {
			t.Fatal(err)
		}
		for name, body := range map[string]bot.Body{
			"morning":      digest.Morning(td, say, false),
			"morning_late": digest.Morning(td, say, true),
			"evening":      digest.Evening(td, say, false, false),
			"board":        digest.Board(td, say),
			"plan":         digest.Plan(td, td.Reps[1], say),
			"plan_none":    digest.Plan(td, digest.RepDay{Rep: visit.Rep{Name: "新人"}}, say),
		} {
			t.Run(name+"/"+lang, func(t *testing.T) {
				t.Parallel()
				golden(t, name+"."+lang+".txt", text(body))
			})
		}
	}
}

// golden compares what people read with a file.
func golden(t *testing.T, name, got string) {
	t.Helper()
	path := filepath.Join("testdata", name)
	if *update {
		if err := os.WriteFile(path, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), got); diff != "" {
		t.Errorf("%s (-want +got):\n%s", name, diff)
	}
}

// A group hears no time, place, address or doubt about a person.
func TestGroupsHearNoWhereabouts(t *testing.T) {
	t.Parallel()
	td := load(t)
	say, err := catalog.New("zh")
	if err != nil {
		t.Fatal(err)
	}
	data, err := json.Marshal([]bot.Body{digest.Morning(td, say, false), digest.Evening(td, say, false, false)})
	if err != nil {
		t.Fatal(err)
	}
	for _, private := range []string{"09:12", "10:00", "14:00", "世纪大道", "31.23", "121.47", "evil"} {
		if strings.Contains(string(data), private) {
			t.Errorf("the group hears %q", private)
		}
	}
}

func TestTotalsAreTheSumOfTheReps(t *testing.T) {
	t.Parallel()
	td := load(t)
	want := visit.Tally{Planned: 4, Reached: 1, Visits: 4, Verified: 2, Near: 1, Prospects: 1, Extra: 1, Unplaced: 1, Photos: 1, Distinct: 2}
	if diff := cmp.Diff(want, td.Total()); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}
