package sheet_test

import (
	"bytes"
	"context"
	"encoding/csv"
	"encoding/json"
	"errors"
	"io"
	"math"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/xuri/excelize/v2"

	"roundsman/digest/sheet"
	"roundsman/geo"
	"roundsman/storage/sqlite"
	"roundsman/visit"
)

// at is a wall time of the 24th in Shanghai.
func at(h, m int) time.Time { return time.Date(2026, 11, 24, h-8, m, 0, 0, time.UTC) }

// happened is a day of R1: a planned visit with photos and notes, an off-site
// one, a prospect; and one visit of R2 on the next day, in another team's zone.
func happened(t testing.TB, store *sqlite.Store) {
	t.Helper()
	rules := visit.Rules{Radius: 200, Near: 500, MaxAccuracy: 150}
	customers, err := store.Customers().Get(t.Context(), "C1")
	ok(t, err)
	fix := func(p geo.Point, accuracy float64) *visit.Fix {
		f := visit.Fix{Point: p, Accuracy: accuracy, Evidence: visit.EvidencePin, Support: -1, Rule: visit.RuleVersion, Address: "=南京东路"}
		f.Claims = []visit.Claim{rules.Judge(f, customers[0])}
		return &f
	}
	fact := func(id string, kind visit.Kind, when time.Time) visit.Fact {
		return visit.Fact{ID: id, Kind: kind, Rep: "R1", Team: "华东一队", Date: "2026-11-24", At: when, Received: when.Add(2 * time.Second), Platform: "feishu", Message: "om_" + id}
	}
	first := fact("f1", visit.KindFix, at(9, 0))
	first.Fix = fix(geo.Offset(shop, 20, 90), 35)
	photo := fact("p1", visit.KindPhoto, at(9, 1))
	photo.Photo = &visit.Photo{}
	kept := fact("k1", visit.KindPhotoKept, at(9, 2))
	kept.Photo = &visit.Photo{Of: "p1", SHA256: strings.Repeat("ab", 32)}
	lost := fact("p2", visit.KindPhoto, at(9, 3))
	lost.Photo = &visit.Photo{}
	note := fact("n1", visit.KindNote, at(9, 4))
	note.Note = "+86 的客户\n订 3 箱\x00\u202e"
	note2 := fact("n2", visit.KindNote, at(9, 5))
	note2.Note = "下次带样品"
	off := fact("f2", visit.KindFix, at(13, 0))
	off.Fix = fix(geo.Offset(shop, 2300, 90), 0)
	named := fact("c2", visit.KindChoice, at(13, 1))
	named.Choice = &visit.Choice{Fix: "f2", Customer: "C2"}
	prospect := fact("f3", visit.KindFix, at(15, 0))
	prospect.Fix = fix(geo.Offset(shop, 9000, 90), 0)
	prospect.Fix.Claims = nil
	choice := fact("c3", visit.KindChoice, at(15, 1))
	choice.Choice = &visit.Choice{Fix: "f3", Prospect: true}
	unplaced := fact("f4", visit.KindFix, at(16, 0))
	unplaced.Fix = &visit.Fix{Point: geo.Offset(shop, 9000, 90), Evidence: visit.EvidencePin}
	other := fact("f5", visit.KindFix, at(33, 0))
	other.Rep, other.Team, other.Date, other.Fix = "R2", "新德里", "2026-11-25", fix(shop, 10)
	// A visit to a customer that is gone, when its coordinates are gone as well.
	gone := fact("f6", visit.KindFix, at(35, 0))
	gone.Rep, gone.Date = "R2", "2026-11-25"
	gone.Fix = &visit.Fix{Evidence: visit.EvidencePin, Claims: []visit.Claim{{Customer: "C0", Verdict: visit.Near, Reasons: []visit.Reason{visit.ReasonNoPoint, visit.ReasonInaccurate}, Distance: 12.5}}}
	before := fact("f0", visit.KindFix, at(-20, 0))
	before.Date, before.Fix = "2026-11-23", fix(shop, 0)
	ok(t, store.Roster().PutTeam(t.Context(), visit.Team{Name: "新德里", Timezone: "Asia/Kolkata"}))
	ok(t, store.Plans().Put(t.Context(), visit.PlannedVisit{Rep: "R1", Date: "2026-11-24", Customer: "C1", Order: 1}))
	ok(t, store.Facts().Append(t.Context(), other, gone, choice, first, photo, kept, lost, note, note2, off, prospect, unplaced, before, named))
}

// write exports and returns what was written.
func write(t testing.TB, kind sheet.Kind, format sheet.Format, f sheet.Filter, store sheet.Source, o sheet.Options) (string, int) {
	t.Helper()
	var out bytes.Buffer
	rows, err := sheet.Write(t.Context(), &out, kind, format, f, store, policy(t), o)
	ok(t, err)
	return out.String(), rows
}

var days = sheet.Filter{From: "2026-11-24", To: "2026-11-25"}

// The record's hash of each check-in stands beside it, once it has one.
func TestCheckInsWithTheirHashes(t *testing.T) {
	t.Parallel()
	store := seeded(t)
	happened(t, store)
	lines, _ := write(t, sheet.CheckIns, sheet.JSONL, days, store, sheet.Options{
		Hashes: func(_ context.Context, ids ...string) (map[string]string, error) {
			return map[string]string{"f1": "hash of " + ids[0]}, nil
		},
	})
	if n := strings.Count(lines, `"hash":"hash of f1"`); n != 1 || strings.Count(lines, `"hash":""`) != 4 {
		t.Errorf("the hashes are in %s", lines)
	}
}

func TestCheckIns(t *testing.T) {
	t.Parallel()
	store := seeded(t)
	happened(t, store)
	for _, o := range []struct {
		name string
		sheet.Options
	}{{"checkins", sheet.Options{}}, {"checkins_coordinates", sheet.Options{Coordinates: true}}} {
		lines, rows := write(t, sheet.CheckIns, sheet.JSONL, days, store, o.Options)
		equal(t, rows, 5)
		golden(t, o.name+".jsonl", lines)
		for line := range strings.Lines(lines) {
			if !json.Valid([]byte(line)) {
				t.Errorf("not JSON: %s", line)
			}
		}
		table, rows := write(t, sheet.CheckIns, sheet.CSV, days, store, o.Options)
		equal(t, rows, 5)
		golden(t, o.name+".csv", table)

		// The workbook has the same cells, but for what CSV must guard.
		book, rows := write(t, sheet.CheckIns, sheet.XLSX, days, store, o.Options)
		equal(t, rows, 5)
		want, err := csv.NewReader(strings.NewReader(strings.TrimPrefix(table, "\uFEFF"))).ReadAll()
		ok(t, err)
		for i := range want {
			for j, cell := range want[i] {
				if strings.HasPrefix(cell, "'") {
					want[i][j] = cell[1:]
				}
				if cell == "true" || cell == "false" {
					want[i][j] = strings.ToUpper(cell)
				}
			}
		}
		f, err := excelize.OpenReader(strings.NewReader(book))
		ok(t, err)
		got, err := f.GetRows(f.GetSheetName(0), excelize.Options{RawCellValue: true})
		ok(t, err)
		for i := range got {
			for j, cell := range got[i] {
				if kind, err := f.GetCellType(f.GetSheetName(0), cellName(t, i, j)); err != nil || kind == excelize.CellTypeBool {
					got[i][j] = map[string]string{"1": "TRUE", "0": "FALSE"}[cell]
				}
			}
			for len(got[i]) < len(want[i]) {
				got[i] = append(got[i], "") // the last cells of a row, when empty
			}
		}
		// A workbook keeps 15 digits of a number.
		digits := cmp.Comparer(func(a, b string) bool {
			x, err := strconv.ParseFloat(a, 64)
			y, err2 := strconv.ParseFloat(b, 64)
			return a == b || err == nil && err2 == nil && math.Abs(x-y) <= 1e-14*math.Abs(x)
		})
		if diff := cmp.Diff(want, got, digits); diff != "" {
			t.Errorf("(-want +got):\n%s", diff)
		}
		panes, err := f.GetPanes(f.GetSheetName(0))
		ok(t, err)
		style, err := f.GetCellStyle(f.GetSheetName(0), "A1")
		ok(t, err)
		bold, err := f.GetStyle(style)
		ok(t, err)
		if !panes.Freeze || panes.YSplit != 1 || bold.Font == nil || !bold.Font.Bold {
			t.Errorf("header: %+v, %+v", panes, bold.Font)
		}
		ok(t, f.Close())
	}
}

func cellName(t *testing.T, row, column int) string {
	t.Helper()
	name, err := excelize.CoordinatesToCellName(column+1, row+1)
	ok(t, err)
	return name
}

// Without being asked for, no coordinate of a person is in any export.
func TestNoCoordinates(t *testing.T) {
	t.Parallel()
	store := seeded(t)
	happened(t, store)
	for _, format := range []sheet.Format{sheet.CSV, sheet.JSONL} {
		out, _ := write(t, sheet.CheckIns, format, days, store, sheet.Options{})
		for _, trace := range []string{"latitude", "longitude", "31.23", "121.4", "gcj02"} {
			if strings.Contains(out, trace) {
				t.Errorf("%s holds %s", format, trace)
			}
		}
	}
}

func TestCustomersAndRepsAsJSONL(t *testing.T) {
	t.Parallel()
	var all strings.Builder
	for _, kind := range []sheet.Kind{sheet.Customers, sheet.Reps} {
		lines, rows := write(t, kind, sheet.JSONL, sheet.Filter{}, company(), sheet.Options{})
		equal(t, rows, 2)
		all.WriteString(lines)
	}
	golden(t, "company.jsonl", all.String())
}

func TestEmptyExport(t *testing.T) {
	t.Parallel()
	for _, format := range sheet.Formats() {
		_, rows := write(t, sheet.CheckIns, format, days, seeded(t), sheet.Options{})
		equal(t, rows, 0)
	}
}

func TestPlansAreExportedAsTheyStand(t *testing.T) {
	t.Parallel()
	m := company()
	m.plans = []visit.PlannedVisit{{Rep: "R1", Date: days.From, Customer: "C1", Order: 1}}
	for i, rep := range []string{"R1", "R2"} {
		m.facts = append(m.facts, visit.Fact{
			ID: rep, Kind: visit.KindPlanChanged, Rep: rep, Date: days.From, At: time.Date(2026, 11, 20, 8, i, 0, 0, time.UTC),
			Plan: &visit.Change{Put: []visit.PlannedVisit{{Customer: "C2", Purpose: visit.Order, OrderTarget: 120_000}}, Drop: []string{"C1"}},
		})
	}
	out, rows := write(t, sheet.Plans, sheet.CSV, sheet.Filter{From: days.From, To: days.From}, m, sheet.Options{})
	if rows != 2 || strings.Contains(out, "C1") || strings.Count(out, "C2") != 2 || !strings.Contains(out, "1200") {
		t.Errorf("%d rows:\n%s", rows, out)
	}
}

func TestBadExports(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		kind   sheet.Kind
		format sheet.Format
		filter sheet.Filter
		want   error
	}{
		"kind":      {"photos", sheet.CSV, days, nil},
		"holidays":  {sheet.Holidays, sheet.CSV, days, nil},
		"format":    {sheet.Reps, "pdf", days, nil},
		"no_dates":  {sheet.Plans, sheet.CSV, sheet.Filter{}, sheet.ErrDates},
		"one_date":  {sheet.CheckIns, sheet.CSV, sheet.Filter{From: "2026-11-24"}, sheet.ErrDates},
		"backwards": {sheet.CheckIns, sheet.CSV, sheet.Filter{From: "2026-11-24", To: "2026-11-23"}, sheet.ErrDates},
		"no_date":   {sheet.Plans, sheet.CSV, sheet.Filter{From: "2026-11-24", To: "tomorrow"}, sheet.ErrDates},
		"too_long":  {sheet.Plans, sheet.CSV, sheet.Filter{From: "2000-01-01", To: "2199-01-01"}, sheet.ErrDates},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			rows, err := sheet.Write(t.Context(), io.Discard, tt.kind, tt.format, tt.filter, company(), policy(t), sheet.Options{})
			if err == nil || rows != 0 || tt.want != nil && !errors.Is(err, tt.want) {
				t.Errorf("%d rows, %v", rows, err)
			}
		})
	}
}

type full struct{ room int }

var errFull = errors.New("no space left")

func (f *full) Write(b []byte) (int, error) {
	if f.room -= len(b); f.room < 0 {
		return 0, errFull
	}
	return len(b), nil
}

func TestDiskFull(t *testing.T) {
	t.Parallel()
	m := company()
	for i := range 2000 {
		m.customers = append(m.customers, visit.Customer{ID: string(rune('a' + i%26)), Name: strings.Repeat("店", 20)})
	}
	for _, format := range sheet.Formats() {
		for _, room := range []int{0, 10, 5000} {
			if _, err := sheet.Write(t.Context(), &full{room}, sheet.Customers, format, sheet.Filter{}, m, policy(t), sheet.Options{}); !errors.Is(err, errFull) {
				t.Errorf("%s with room for %d: %v", format, room, err)
			}
		}
	}
}

// No text in a CSV begins with what a spreadsheet takes for a formula; in a
// workbook it is a text.
func TestFormulaInjection(t *testing.T) {
	t.Parallel()
	evil := []string{
		"=1+1", "+1", "-1", "@SUM(A1)", "=cmd|'/C calc'!A0", "=HYPERLINK(\"http://x\",\"y\")", "\t=1", "\r=1", "\n=1",
		"＝1", "＋1", "－1", "＠1", "'=1", "''=1", "\u200b=1", "\u202e=1", "\x00=1", "\ufeff=1",
	}
	m := memory{}
	for i, s := range evil {
		m.customers = append(m.customers, visit.Customer{ID: string(rune('a' + i)), Name: s, Point: geo.Point{Lat: -33.87, Lng: -70.5, Datum: geo.WGS84}})
	}
	out, _ := write(t, sheet.Customers, sheet.CSV, sheet.Filter{}, m, sheet.Options{})
	rows, err := csv.NewReader(strings.NewReader(strings.TrimPrefix(out, "\uFEFF"))).ReadAll()
	ok(t, err)
	for i, row := range rows[1:] {
		if first, _ := firstRune(row[1]); strings.ContainsRune("=+-@\t\r\n＝＋－＠\u200b\u202e\x00\ufeff", first) {
			t.Errorf("%q is written as %q", evil[i], row[1])
		}
		equal(t, row[2:4], []string{"-70.5", "-33.87"}) // numbers are numbers
	}
	book, _ := write(t, sheet.Customers, sheet.XLSX, sheet.Filter{}, m, sheet.Options{})
	f, err := excelize.OpenReader(strings.NewReader(book))
	ok(t, err)
	for i := range evil {
		cell := cellName(t, i+1, 1)
		kind, err := f.GetCellType("Sheet1", cell)
		ok(t, err)
		formula, err := f.GetCellFormula("Sheet1", cell)
		ok(t, err)
		if formula != "" || kind != excelize.CellTypeInlineString && kind != excelize.CellTypeSharedString {
			t.Errorf("%q is a cell of type %v with formula %q", evil[i], kind, formula)
		}
	}
	ok(t, f.Close())
}

func firstRune(s string) (rune, bool) {
	for _, r := range s {
		return r, true
	}
	return 0, false
}
