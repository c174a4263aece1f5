package sheet_test

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"strings"
	"testing"
	"time"

	"github.com/xuri/excelize/v2"

	"roundsman/catalog"
	"roundsman/digest"
	"roundsman/digest/sheet"
	"roundsman/storage/sqlite"
	"roundsman/visit"
)

// fullDay adds to what happened a plan with all that may become of it, results,
// words that look like formulas, a decision, leave, a complaint and a report.
func fullDay(t testing.TB, store *sqlite.Store) {
	t.Helper()
	ctx := t.Context()
	n := 0
	fact := func(kind visit.Kind, when time.Time, fill func(*visit.Fact)) {
		n++
		f := visit.Fact{ID: fmt.Sprint("x", n), Kind: kind, Rep: "R1", Team: "华东一队", Date: "2026-11-24", At: when, Received: when}
		fill(&f)
		ok(t, store.Facts().Append(ctx, f))
	}
	fen := int64(1_250_050)
	ok(t, store.Plans().Put(ctx,
		visit.PlannedVisit{
			Rep: "R1", Date: "2026-11-24", Customer: "C1", Order: 1, Window: visit.Span{From: visit.Clock{Hour: 9}, To: visit.Clock{Hour: 10}},
			Purpose: visit.Order, Reference: "SO-1", OrderTarget: 2_000_000, Note: "=HYPERLINK(\"http://x\")",
		},
		visit.PlannedVisit{Rep: "R1", Date: "2026-11-24", Customer: "C2", Order: 2, Purpose: visit.Collection, CollectionTarget: 500_000},
		visit.PlannedVisit{Rep: "R1", Date: "2026-11-25", Customer: "C2", Order: 1, Window: visit.Span{From: visit.Clock{Hour: 9}, To: visit.Clock{Hour: 10}}},
	))
	fact(visit.KindPlanProposed, at(-8, 0), func(f *visit.Fact) {
		f.Plan = &visit.Change{Put: []visit.PlannedVisit{{Customer: "C3", Why: visit.Why{Kind: visit.WhyOverdue, Days: 20, Cadence: 14}}}}
	})
	fact(visit.KindPlanLocked, at(-4, 0), func(*visit.Fact) {})
	fact(visit.KindPlanChanged, at(8, 0), func(f *visit.Fact) { f.Plan = &visit.Change{Drop: []string{"C3"}, Reason: "-客户来电改期"} })
	fact(visit.KindResult, at(9, 6), func(f *visit.Fact) {
		f.Result = &visit.Result{Visit: "f1", Kind: visit.ResultDeal, Order: &fen, Competitor: "+打九折\n送货", Feedback: "@价格", News: "装修"}
	})
	fact(visit.KindDecision, at(18, 0), func(f *visit.Fact) {
		f.By, f.Decision = "R2", &visit.Decision{Visit: "f2", Verdict: visit.Verified}
	})
	fact(visit.KindComplaint, at(16, 30), func(f *visit.Fact) { f.Complaint = &visit.ComplaintFact{Customer: "C1", Text: "冰柜坏了"} })
	fact(visit.KindComplaintClosed, at(17, 30), func(f *visit.Fact) { f.Complaint = &visit.ComplaintFact{Of: "x6", Customer: "C1", Text: "已换"} })
	fact(visit.KindReport, at(18, 40), func(f *visit.Fact) { f.Note = "=今天很好" })
	fact(visit.KindComment, at(20, 0), func(f *visit.Fact) { f.By, f.Note = "R2", "好" })
	fact(visit.KindLeaveDecided, at(10, 0), func(f *visit.Fact) {
		f.Date, f.Leave = "2026-11-25", &visit.Leave{Part: visit.Morning, Approved: true}
	})
}

// printed writes a workbook as text: its sheets with their cells, a line for each row.
func printed(t testing.TB, f *excelize.File) string {
	t.Helper()
	var out strings.Builder
	for _, name := range f.GetSheetList() {
		rows, err := f.GetRows(name)
		ok(t, err)
		fmt.Fprintf(&out, "=== %s\n", name)
		for _, row := range rows {
			out.WriteString(strings.ReplaceAll(strings.TrimRight(strings.Join(row, " | "), " |"), "\n", "⏎") + "\n")
		}
	}
	return out.String()
}

func TestWorkbook(t *testing.T) {
	t.Parallel()
	store := seeded(t)
	happened(t, store)
	fullDay(t, store)
	p := policy(t)
	p.MinVisits, p.ReportDeadline = 4, visit.Clock{Hour: 19}
	dates := digest.Dates{Store: store, Policy: p, Teams: []string{"华东一队"}, From: "2026-11-24", To: "2026-11-25"}
	for _, lang := range catalog.Languages {
		var out bytes.Buffer
		ok(t, sheet.Workbook(t.Context(), &out, dates, speak(t, lang)))
		f, err := excelize.OpenReader(&out)
		ok(t, err)
		golden(t, "workbook."+lang+".txt", printed(t, f))
		for i, name := range f.GetSheetList() {
			layout, err := f.GetPageLayout(name)
			ok(t, err)
			if *layout.Size != 9 || *layout.Orientation != "landscape" || i < 2 && (*layout.FitToWidth != 1 || *layout.FitToHeight != 0) {
				t.Errorf("%s is printed as %+v", name, layout)
			}
			panes, err := f.GetPanes(name)
			if err != nil || !panes.Freeze || panes.YSplit < 2 {
				t.Errorf("%s is frozen as %+v, %v", name, panes, err)
			}
			formulas(t, f, name)
		}
		var titles []string
		for _, d := range f.GetDefinedName() {
			titles = append(titles, d.Scope+" "+d.RefersTo)
		}
		want := make([]string, 3)
		for i, name := range f.GetSheetList() {
			want[i] = fmt.Sprintf("%s %s", name, []string{"'" + name + "'!$1:$2", "'" + name + "'!$1:$2", "'" + name + "'!$A:$C,'" + name + "'!$1:$3"}[i])
		}
		equal(t, titles, want)
		ok(t, f.Close())
	}
}

// formulas fails for a cell that is one, and for a text that is no cell of the type text.
func formulas(t *testing.T, f *excelize.File, name string) {
	t.Helper()
	rows, err := f.GetRows(name)
	ok(t, err)
	for i, row := range rows {
		for j, cell := range row {
			formula, err := f.GetCellFormula(name, cellName(t, i, j))
			kind, err2 := f.GetCellType(name, cellName(t, i, j))
			if err != nil || err2 != nil || formula != "" || strings.HasPrefix(cell, "=") && kind != excelize.CellTypeInlineString {
				t.Errorf("%s %s is %q of type %d: %q", name, cellName(t, i, j), cell, kind, formula)
			}
		}
	}
}

func TestWorkbookRefuses(t *testing.T) {
	t.Parallel()
	dates := digest.Dates{Store: seeded(t), Policy: policy(t), From: "2026-11-25", To: "2026-11-24"}
	if err := sheet.Workbook(t.Context(), io.Discard, dates, speak(t, "zh")); err == nil {
		t.Error("dates that are none")
	}
	dates.From = dates.To
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := sheet.Workbook(ctx, io.Discard, dates, speak(t, "zh")); err == nil {
		t.Error("a store that does not answer")
	}
}

func TestReports(t *testing.T) {
	t.Parallel()
	store := seeded(t)
	happened(t, store)
	fullDay(t, store)
	for _, format := range []sheet.Format{sheet.CSV, sheet.JSONL} {
		text, rows := write(t, sheet.Reports, format, days, store, sheet.Options{})
		equal(t, rows, 3)
		golden(t, "reports."+string(format), text)
	}
}
