package sheet_test

import (
	"archive/zip"
	"bytes"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/xuri/excelize/v2"
	"golang.org/x/text/encoding/simplifiedchinese"

	"roundsman/digest/sheet"
	"roundsman/visit"
)

const table = "名称,编号,经度,纬度,坐标系,Radius,负责人,级别,拜访周期,电话\r\n" +
	"永辉超市（人民路店）,C7,121.4737,31.2304,gcj-02,300,R1,b,14,+86 138\r\n" +
	"\"老王\n小卖部\",C8,,,,,,,,\r\n"

func tableRows() []visit.Customer {
	return []visit.Customer{
		{ID: "C7", Name: "永辉超市（人民路店）", Point: shop, Radius: 300, Owner: "R1", Grade: "B", Cadence: 14, Phone: "+86 138"},
		{ID: "C8", Name: "老王 小卖部"},
	}
}

func TestEncodings(t *testing.T) {
	t.Parallel()
	gb, err := simplifiedchinese.GB18030.NewEncoder().String(table)
	ok(t, err)
	for name, content := range map[string]string{
		"utf8": table, "utf8_with_mark": "\uFEFF" + table, "gb18030": gb,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			equal(t, good(t, sheet.Customers, company(), content).Customers, tableRows())
		})
	}
}

func TestUnreadable(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		file, content, reason string
	}{
		"utf16":          {"t.csv", "\xff\xfe\x16\x7f\xf7\x53", "encoding"},
		"binary":         {"t.csv", "id,name\x00\x01", "encoding"},
		"half_character": {"t.csv", "编号,名称\nC1,\xe4", "encoding"},
		"old_excel":      {"t.xls", "\xd0\xcf\x11\xe0", "other_format"},
		"pdf":            {"t.pdf", "%PDF", "format"},
		"no_name":        {"", "", "format"},
		"not_a_zip":      {"t.xlsx", "id,name", "damaged"},
		"with_password":  {"t.xlsx", "\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + strings.Repeat("\x00", 600), "damaged"},
		"too_wide":       {"t.csv", "id" + strings.Repeat(",", 300), "too_wide"},
		"too_large":      {"t.csv", strings.Repeat("x", 50<<20+1), "too_large"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, err := sheet.Read(t.Context(), tt.file, sheet.Customers, strings.NewReader(tt.content), company())
			if got := refused(t, err).Problems[0].Reason; got != tt.reason {
				t.Errorf("refused for %s, want %s", got, tt.reason)
			}
		})
	}
}

func TestUnknownKind(t *testing.T) {
	t.Parallel()
	for _, kind := range []sheet.Kind{"visits", "Plans", sheet.CheckIns, ""} {
		_, err := read(t, kind, company(), table)
		if invalid := (*sheet.Invalid)(nil); err == nil || errors.As(err, &invalid) {
			t.Errorf("%q: %v", kind, err)
		}
	}
}

// A reader that fails is no fault of the file.
func TestReadFails(t *testing.T) {
	t.Parallel()
	broken := errors.New("broken pipe")
	_, err := sheet.Read(t.Context(), "t.csv", sheet.Customers, io.MultiReader(strings.NewReader(table), failing{broken}), company())
	if !errors.Is(err, broken) {
		t.Errorf("got %v", err)
	}
}

type failing struct{ err error }

func (f failing) Read([]byte) (int, error) { return 0, f.err }

// What a spreadsheet keeps in a cell is not what it shows.
func TestExcelCells(t *testing.T) {
	t.Parallel()
	day := time.Date(2026, 11, 25, 0, 0, 0, 0, time.UTC)
	data := workbook(t,
		[]any{"日期", "工号", "客户编号", "时间", "目的", "单号", "回款目标", "订货目标"},
		[]any{day, "R1", "C1", 9 * time.Hour, "收款", 10001, 0.1 + 0.2, 33.299999999999997},
		[]any{day.Add(15 * time.Hour), "R1", "C2", "13:30－14:00", "Order", "007", nil, 12000},
		[]any{20261126, "R1", "C1", 0.5, nil, nil, 1234.56},
		[]any{"2026/1/2", "R1", "C1", "9：05～9：35"},
		[]any{},
		[]any{46353, "R1", "C1", "08:15:00"},
	)
	got, err := sheet.Read(t.Context(), "计划.XLSX", sheet.Plans, bytes.NewReader(data), company())
	ok(t, err)
	at := func(h, m int) visit.Span {
		return visit.Span{From: visit.Clock{Hour: h, Minute: m}, To: visit.Clock{Hour: h, Minute: m}}
	}
	equal(t, got.Plans, []visit.PlannedVisit{
		{Rep: "R1", Date: "2026-11-25", Customer: "C1", Order: 1, Window: at(9, 0), Purpose: visit.Collection, Reference: "10001", CollectionTarget: 30, OrderTarget: 3330},
		{Rep: "R1", Date: "2026-11-25", Customer: "C2", Order: 2, Window: visit.Span{From: visit.Clock{Hour: 13, Minute: 30}, To: visit.Clock{Hour: 14}}, Purpose: visit.Order, Reference: "007", OrderTarget: 1200000},
		{Rep: "R1", Date: "2026-11-26", Customer: "C1", Order: 1, Window: at(12, 0), CollectionTarget: 123456},
		{Rep: "R1", Date: "2026-01-02", Customer: "C1", Order: 1, Window: visit.Span{From: visit.Clock{Hour: 9, Minute: 5}, To: visit.Clock{Hour: 9, Minute: 35}}},
		{Rep: "R1", Date: "2026-11-27", Customer: "C1", Order: 1, Window: at(8, 15)},
	})
}

// Workbooks of old Macs count days from 1904.
func TestExcelFrom1904(t *testing.T) {
	t.Parallel()
	f := excelize.NewFile()
	yes := true
	ok(t, f.SetWorkbookProps(&excelize.WorkbookPropsOptions{Date1904: &yes}))
	ok(t, f.SetSheetRow("Sheet1", "A1", &[]any{"日期", "类型", "名称"}))
	ok(t, f.SetSheetRow("Sheet1", "A2", &[]any{44925, "休", "元旦"}))
	var data bytes.Buffer
	_, err := f.WriteTo(&data)
	ok(t, errors.Join(err, f.Close()))
	got, err := sheet.Read(t.Context(), "h.xlsx", sheet.Holidays, &data, company())
	ok(t, err)
	equal(t, got.Holidays, []visit.Holiday{{Date: "2026-12-31", Name: "元旦"}})
}

func TestTextIsCleaned(t *testing.T) {
	t.Parallel()
	csv := "id,name,address,contact\nC\u200b9,\u202e超市\u202c\x07,\"一层\r\n二层\",👩\u200d🔧 \ufeff王\n"
	equal(t, good(t, sheet.Customers, company(), csv).Customers, []visit.Customer{
		{ID: "C9", Name: "超市", Address: "一层 二层", Contact: "👩\u200d🔧 王"},
	})
}

// A column that the file lacks leaves what is stored, an empty cell clears it.
func TestAbsentColumnsKeep(t *testing.T) {
	t.Parallel()
	known := company()
	known.customers[0] = known.customers[0].Located()
	want := known.customers[0]
	want.Name, want.Radius, want.Phone = "新名", 90, ""
	equal(t, good(t, sheet.Customers, known, "编号,名称,半径,电话\nC1,新名,90,\nC3,新店,,\n").Customers,
		[]visit.Customer{{ID: want.ID, Name: want.Name, Point: want.Point, Address: want.Address, Radius: 90, Fence: market, Owner: "R1", Grade: "A", Cadence: 7, Area: want.Area, Contact: want.Contact}, {ID: "C3", Name: "新店"}})

	equal(t, good(t, sheet.Reps, known, "工号,姓名,团队,角色,飞书\nR1,张伟,华东二队,经理,\n").Reps,
		[]visit.Rep{{ID: "R1", Name: "张伟", Team: "华东二队", Role: visit.RoleManager, Identities: map[string]string{"wecom": "zhangwei", "other": "x1"}}})
}

// An account may move within a file: its old owner is in it, without it.
func TestIdentityMoves(t *testing.T) {
	t.Parallel()
	csv := "id,name,team,role,feishu\nR1,张伟,一队,rep,ou_2\nR2,李娜,一队,rep,ou_1\n"
	got := good(t, sheet.Reps, company(), csv).Reps
	equal(t, []string{got[0].Identities["feishu"], got[1].Identities["feishu"]}, []string{"ou_2", "ou_1"})
}

// Of many problems the first are told, with those that only show across rows
// among them, and the rest counted.
func TestProblemsAreCounted(t *testing.T) {
	t.Parallel()
	csv := "编号,名称,负责人,级别\n" + strings.Repeat("C1,x,R9,Z\n", 301)
	_, err := read(t, sheet.Customers, company(), csv)
	invalid := refused(t, err)
	if len(invalid.Problems) != 200 || invalid.More != 702 { // 301 grades, 301 owners, 300 duplicates
		t.Fatalf("%d problems and %d more", len(invalid.Problems), invalid.More)
	}
	var lines []int
	owners := 0
	for _, p := range invalid.Problems {
		lines = append(lines, p.Line)
		if p.Reason == "unknown_rep" {
			owners++
		}
	}
	if !slices.IsSorted(lines) || lines[len(lines)-1] != 68 || owners != 67 {
		t.Errorf("lines %d to %d, %d owners", lines[0], lines[len(lines)-1], owners)
	}
}

func TestMostRows(t *testing.T) {
	t.Parallel()
	var b strings.Builder
	b.WriteString("编号,名称\n")
	for i := range 200_000 {
		fmt.Fprintf(&b, "C%d,店\n", i)
	}
	got := good(t, sheet.Customers, company(), b.String())
	equal(t, got.Rows(), 200_000)
	b.WriteString("last,店\n")
	_, err := read(t, sheet.Customers, company(), b.String())
	equal(t, refused(t, err).Problems[0].Reason, "too_many_rows")
}

// bomb makes a workbook with a sheet of the content.
func bomb(t *testing.T, write func(io.Writer)) []byte {
	t.Helper()
	in, err := zip.NewReader(bytes.NewReader(workbook(t, []any{"id", "name"})), int64(len(workbook(t, []any{"id", "name"}))))
	ok(t, err)
	var out bytes.Buffer
	z := zip.NewWriter(&out)
	for _, p := range in.File {
		w, err := z.Create(p.Name)
		ok(t, err)
		if p.Name == "xl/worksheets/sheet1.xml" {
			write(w)
			continue
		}
		r, err := p.Open()
		ok(t, err)
		_, err = io.Copy(w, r)
		ok(t, err)
	}
	ok(t, z.Close())
	return out.Bytes()
}

// What unpacks to more than its bound is refused before it is unpacked.
func TestZipBomb(t *testing.T) {
	t.Parallel()
	data := bomb(t, func(w io.Writer) {
		zeros := make([]byte, 1<<20)
		for range 300 {
			_, err := w.Write(zeros)
			ok(t, err)
		}
	})
	began := time.Now()
	_, err := sheet.Read(t.Context(), "b.xlsx", sheet.Customers, bytes.NewReader(data), company())
	equal(t, refused(t, err).Problems[0].Reason, "too_large_unpacked")
	if took := time.Since(began); took > time.Second {
		t.Errorf("took %v for %d bytes", took, len(data))
	}
}

// One cell in the last of 16384 columns makes a row of as many.
func TestWideRowBomb(t *testing.T) {
	t.Parallel()
	data := bomb(t, func(w io.Writer) {
		_, _ = io.WriteString(w, `<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><sheetData>`)
		for i := range 1_000_000 {
			_, _ = fmt.Fprintf(w, `<row r="%d"><c r="XFD%[1]d"><v>1</v></c></row>`, i+1)
		}
		_, _ = io.WriteString(w, `</sheetData></worksheet>`)
	})
	_, err := sheet.Read(t.Context(), "b.xlsx", sheet.Customers, bytes.NewReader(data), company())
	p := refused(t, err).Problems[0]
	equal(t, fmt.Sprint(p.Line, p.Reason), "1too_wide")
}

// No CSV panics, and what is accepted holds to the bounds.
func FuzzReadCSV(f *testing.F) {
	f.Add([]byte(table), 0)
	for i, b := range bad {
		f.Add([]byte(b.csv), i)
	}
	gb, err := simplifiedchinese.GB18030.NewEncoder().String(table)
	ok(f, err)
	f.Add([]byte(gb), 0)
	f.Add([]byte("id,name\n'=x,\"'＝1\"\n"), 0)
	say := speak(f, "zh")
	f.Fuzz(func(t *testing.T, data []byte, kind int) {
		kinds := sheet.Kinds()
		k := kinds[((kind%len(kinds))+len(kinds))%len(kinds)]
		got, err := sheet.Read(t.Context(), "f.csv", k, bytes.NewReader(data), company())
		if err != nil {
			if text := refused(t, err).Text(say); strings.Contains(text, "import.") && !bytes.Contains(data, []byte("import.")) {
				t.Errorf("a sentence is missing: %s", text)
			}
			return
		}
		if got.Rows() == 0 {
			t.Error("nothing was accepted")
		}
		for _, c := range got.Customers {
			if c.ID == "" || c.Name == "" || !c.Point.IsZero() && !c.Point.Valid() || c.Radius != 0 && !(c.Radius >= 50 && c.Radius <= 5000) {
				t.Errorf("accepted %+v", c)
			}
		}
		for _, p := range got.Plans {
			if d, err := visit.ParseDate(string(p.Date)); err != nil || d != p.Date || p.CollectionTarget < 0 || p.OrderTarget < 0 || p.Order < 1 {
				t.Errorf("accepted %+v", p)
			}
		}
	})
}

// No workbook panics.
func FuzzReadXLSX(f *testing.F) {
	f.Add(workbook(f, []any{"编号", "名称"}, []any{"C1", "店"}))
	f.Fuzz(func(t *testing.T, data []byte) {
		if _, err := sheet.Read(t.Context(), "f.xlsx", sheet.Customers, bytes.NewReader(data), company()); err != nil {
			refused(t, err)
		}
	})
}
