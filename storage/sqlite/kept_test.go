package sqlite_test

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"roundsman/geo"
	"roundsman/storage"
	"roundsman/storage/sqlite"
	"roundsman/visit"
)

// TestWhatANewerVersionWroteIsKept changes, with this version, documents that a
// newer one has written a field to, and looks for the field. What this version
// takes away goes all the same.
func TestWhatANewerVersionWroteIsKept(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "r.db")
	s := open(t, path, sqlite.Options{})
	ctx := t.Context()
	customer := func(n int) visit.Customer {
		c := visit.Customer{ID: "c", Name: fmt.Sprint(n), Cadence: n}
		if n == 1 {
			c.Address, c.Point = "世纪大道", geo.Point{Lat: 31.2, Lng: 121.4, Datum: geo.WGS84}
		}
		return c
	}
	outcome := func(n int) visit.Outcome {
		o := visit.Outcome{Rep: "r", Team: "t", Date: "2026-11-24", Facts: n}
		if n == 1 {
			o.Dropped, o.Leave = []string{"c"}, 2
		}
		return o
	}
	put := func(n int) {
		t.Helper()
		name := fmt.Sprint(n)
		amount := int64(n)
		for i, do := range []func(context.Context) error{
			func(ctx context.Context) error {
				return s.Roster().PutReps(ctx, visit.Rep{ID: "r", Name: name, Identities: map[string]string{"feishu": name}})
			},
			func(ctx context.Context) error { return s.Roster().PutTeam(ctx, visit.Team{Name: "t", Timezone: name}) },
			func(ctx context.Context) error { return s.Customers().Put(ctx, customer(n)) },
			func(ctx context.Context) error {
				return s.Plans().Put(ctx, visit.PlannedVisit{Rep: "r", Date: "2026-11-24", Customer: "c", Order: n})
			},
			func(ctx context.Context) error {
				return s.Targets().Put(ctx, visit.MonthTarget{Rep: "r", Month: "2026-11", Order: &amount})
			},
			func(ctx context.Context) error {
				return s.Routes().Put(ctx, visit.Route{Rep: "r", Stops: []visit.RouteStop{{Weekday: n, Customer: "c"}}})
			},
			func(ctx context.Context) error { return s.Outcomes().Put(ctx, outcome(n)) },
			func(ctx context.Context) error {
				return s.Complaints().Put(ctx, visit.ComplaintCase{ID: "c", Text: name})
			},
			func(ctx context.Context) error {
				return s.Calendar().Put(ctx, visit.Holiday{Date: "2026-10-01", Name: name})
			},
		} {
			if err := do(ctx); err != nil {
				t.Fatalf("put %d of %d: %v", i, n, err)
			}
		}
	}
	put(1)
	fix := visit.Fact{ID: "f", Kind: visit.KindFix, Rep: "r", Date: "2026-01-01", Fix: &visit.Fix{Address: "a", Point: customer(1).Point}}
	if err := s.Facts().Append(ctx, fix); err != nil {
		t.Fatal(err)
	}

	db, err := sql.Open("sqlite", "file:"+path+"?_pragma=busy_timeout(5000)")
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	tables := []string{"reps", "teams", "customers", "plans", "targets", "routes", "outcomes", "complaints", "holidays", "facts"}
	for _, name := range tables {
		if _, err := db.ExecContext(ctx, "UPDATE "+name+` SET doc = json_set(doc, '$.mood', json('{"is": ["good", null]}'), '$.since', 2027)`); err != nil {
			t.Fatalf("%s: %v", name, err)
		}
	}
	if _, err := db.ExecContext(ctx, "UPDATE facts SET doc = json_set(doc, '$.fix.mood', 'good')"); err != nil {
		t.Fatal(err)
	}

	moved := customer(1).Point
	moved.Lat++
	if err := errors.Join(s.Customers().SetPlace(ctx, "c", customer(1).Point, moved), s.Customers().SetOwner(ctx, "", "r", "c")); err != nil {
		t.Fatal(err)
	}
	for range 2 {
		put(2)
	}
	if n, err := s.Facts().Redact(ctx, "2026-02-01"); err != nil || n != 1 {
		t.Fatalf("%d facts are redacted, %v", n, err)
	}
	for _, name := range tables {
		var mood string
		var since int
		err := db.QueryRowContext(ctx, "SELECT json_extract(doc, '$.mood'), json_extract(doc, '$.since') FROM "+name).Scan(&mood, &since)
		if err != nil || mood != `{"is":["good",null]}` || since != 2027 {
			t.Errorf("%s: %q, %d, %v", name, mood, since, err)
		}
	}
	var mood string
	var place any
	if err := db.QueryRowContext(ctx, "SELECT json_extract(doc, '$.fix.mood'), json_extract(doc, '$.fix.point') FROM facts").Scan(&mood, &place); err != nil || mood != "good" || place != nil {
		t.Errorf("the redacted fact: %q, %v, %v", mood, place, err)
	}

	// And this version reads what it wrote, and nothing of what it took away.
	if got, err := s.Customers().Get(ctx, "c"); err != nil || !cmp.Equal(got, []visit.Customer{customer(2)}) {
		t.Errorf("the customer is %+v, %v", got, err)
	}
	for o, err := range s.Outcomes().Range(ctx, storage.FactFilter{}) {
		if err != nil || !cmp.Equal(o, outcome(2), cmpopts.EquateEmpty()) {
			t.Errorf("the outcome is %+v, %v", o, err)
		}
	}
	if r, err := s.Roster().ByIdentity(ctx, "feishu", "2"); err != nil || r.Name != "2" {
		t.Errorf("the person is %v, %v", r, err)
	}
}
