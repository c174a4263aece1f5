package sheet_test

import (
	"bytes"
	"context"
	"errors"
	"flag"
	"fmt"
	"iter"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
	_ "time/tzdata"

	"github.com/google/go-cmp/cmp"
	"github.com/xuri/excelize/v2"

	"roundsman/catalog"
	"roundsman/digest"
	"roundsman/digest/sheet"
	"roundsman/geo"
	"roundsman/storage"
	"roundsman/storage/sqlite"
	"roundsman/visit"
)

var update = flag.Bool("update", false, "write the golden files")

// now is when the tests take place.
var now = time.Date(2026, 11, 24, 8, 30, 15, 123_000_000, time.UTC)

var shop = geo.Point{Lat: 31.2304, Lng: 121.4737, Datum: geo.GCJ02}

func ok(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func equal[T any](t testing.TB, got, want T) {
	t.Helper()
	if diff := cmp.Diff(want, got); diff != "" {
		t.Fatalf("(-want +got):\n%s", diff)
	}
}

// memory is what is known, without a store.
type memory struct {
	digest.Nouns

	customers []visit.Customer
	reps      []visit.Rep
	plans     []visit.PlannedVisit
	facts     []visit.Fact
}

func (m memory) Roster() storage.Roster       { return memoryRoster{m: m} }
func (m memory) Customers() storage.Customers { return memoryCustomers{m: m} }
func (m memory) Plans() storage.Plans         { return memoryPlans{m: m} }
func (m memory) Facts() storage.Facts         { return memoryFacts{m: m} }

type memoryRoster struct {
	storage.Roster
	m memory
}

func (r memoryRoster) Reps(context.Context) ([]visit.Rep, error) { return r.m.reps, nil }

type memoryCustomers struct {
	storage.Customers
	m memory
}

func (c memoryCustomers) Get(_ context.Context, ids ...string) (out []visit.Customer, _ error) {
	want := make(map[string]bool, len(ids))
	for _, id := range ids {
		want[id] = true
	}
	for _, customer := range c.m.customers {
		if want[customer.ID] {
			out = append(out, customer)
		}
	}
	return out, nil
}

func (c memoryCustomers) Search(context.Context, string, int) ([]visit.Customer, error) {
	return c.m.customers, nil
}

type memoryPlans struct {
	storage.Plans
	m memory
}

func (p memoryPlans) Date(_ context.Context, d visit.Date) (out []visit.PlannedVisit, _ error) {
	for _, line := range p.m.plans {
		if line.Date == d {
			out = append(out, line)
		}
	}
	return out, nil
}

type memoryFacts struct {
	storage.Facts
	m memory
}

func (f memoryFacts) Range(_ context.Context, filter storage.FactFilter) iter.Seq2[visit.Fact, error] {
	return func(yield func(visit.Fact, error) bool) {
		for _, fact := range f.m.facts {
			if fact.Date >= filter.From && fact.Date <= filter.To && !yield(fact, nil) {
				return
			}
		}
	}
}

// market is the ground of a market around the shop.
var market = func() geo.Fence {
	f, err := geo.ParseFence("121.473,31.23;121.475,31.23;121.475,31.231;121.473,31.231", geo.GCJ02)
	if err != nil {
		panic(err)
	}
	return f
}()

// company is two reps and two customers.
func company() memory {
	return memory{
		reps: []visit.Rep{
			{ID: "R1", Name: "张伟", Team: "华东一队", Role: visit.RoleRep, Identities: map[string]string{"feishu": "ou_1", "wecom": "zhangwei", "other": "x1"}},
			{ID: "R2", Name: "李娜", Team: "华东一队", Role: visit.RoleManager, Identities: map[string]string{"feishu": "ou_2"}},
		},
		customers: []visit.Customer{
			{ID: "C1", Name: "永辉超市", Point: shop, Address: "南京东路 1 号", Radius: 150, Fence: market, Owner: "R1", Grade: "A", Cadence: 7, Area: "黄浦", Contact: "王店长", Phone: "021-1234"},
			{ID: "C2", Name: "联华便利", Owner: "R1"},
		},
	}
}

// seeded opens a store with the company in it.
func seeded(t testing.TB) *sqlite.Store {
	t.Helper()
	store, err := sqlite.Open(t.Context(), filepath.Join(t.TempDir(), "r.db"), sqlite.Options{})
	ok(t, err)
	t.Cleanup(func() { ok(t, store.Close()) })
	m := company()
	ok(t, store.Roster().PutTeam(t.Context(), visit.Team{Name: "华东一队", Timezone: "Asia/Shanghai", Groups: []string{"feishu:oc_1"}}))
	ok(t, store.Roster().PutReps(t.Context(), m.reps...))
	ok(t, store.Customers().Put(t.Context(), m.customers...))
	return store
}

// read reads a CSV text.
func read(t testing.TB, kind sheet.Kind, known sheet.Known, csv string) (*sheet.Import, error) {
	t.Helper()
	return sheet.Read(t.Context(), "table.csv", kind, strings.NewReader(csv), known)
}

// good reads a CSV text that is right.
func good(t testing.TB, kind sheet.Kind, known sheet.Known, csv string) *sheet.Import {
	t.Helper()
	got, err := read(t, kind, known, csv)
	if invalid := (*sheet.Invalid)(nil); errors.As(err, &invalid) {
		t.Fatal(invalid.Text(speak(t, "en")))
	}
	ok(t, err)
	return got
}

// refused returns what is wrong with a file.
func refused(t testing.TB, err error) *sheet.Invalid {
	t.Helper()
	var invalid *sheet.Invalid
	if !errors.As(err, &invalid) {
		t.Fatalf("got error %v, want the file refused", err)
	}
	return invalid
}

func speak(t testing.TB, lang string) *catalog.Catalog {
	t.Helper()
	say, err := catalog.New(lang)
	ok(t, err)
	return say
}

// workbook makes an Excel file of the rows.
func workbook(t testing.TB, rows ...[]any) []byte {
	t.Helper()
	f := excelize.NewFile()
	for i, row := range rows {
		ok(t, f.SetSheetRow("Sheet1", fmt.Sprintf("A%d", i+1), &row))
	}
	var out bytes.Buffer
	_, err := f.WriteTo(&out)
	ok(t, errors.Join(err, f.Close()))
	return out.Bytes()
}

// golden compares what people read with a file.
func golden(t *testing.T, name, got string) {
	t.Helper()
	path := filepath.Join("testdata", name)
	if *update {
		ok(t, os.MkdirAll("testdata", 0o755))
		ok(t, os.WriteFile(path, []byte(got), 0o644))
	}
	want, err := os.ReadFile(path)
	ok(t, err)
	equal(t, got, string(want))
}

// policy is a company of Shanghai.
func policy(t testing.TB) visit.Policy {
	t.Helper()
	zone, err := time.LoadLocation("Asia/Shanghai")
	ok(t, err)
	return visit.Policy{Zone: zone, DayStarts: visit.Clock{Hour: 4}}
}
