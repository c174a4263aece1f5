package handlers_test

import (
	"bytes"
	"testing"

	"github.com/xuri/excelize/v2"
)

func TestATeamIsExportedInTheChat(t *testing.T) {
	t.Parallel()
	f := setup(t)
	f.at("zhang", shop)
	f.text("zhang", "订货 12000")
	for text, name := range map[string]string{
		"导出 本周":            "华东一队 2026-11-23 – 2026-11-25.xlsx",
		"导出 今天":            "华东一队 2026-11-24 – 2026-11-24.xlsx",
		"导出 11-01至11-15":   "华东一队 2026-11-01 – 2026-11-15.xlsx",
		"export lastmonth": "华东一队 2026-10-01 – 2026-10-31.xlsx",
	} {
		f.text("wang", text)
		got := f.last("wang")
		if got.File == nil || got.File.Name != name {
			t.Fatalf("%s: %s, %+v", text, show(got), got.File)
		}
		if text != "导出 本周" {
			continue
		}
		book, err := excelize.OpenReader(bytes.NewReader(got.File.Data))
		f.ok(err)
		rows, err := book.GetRows("每日销售报告表")
		f.ok(err)
		found := false
		for _, row := range rows {
			found = found || contains(join(row), "张伟", "订货 12,000")
		}
		if !found {
			t.Errorf("the reports lack the order: %v", rows)
		}
		f.ok(book.Close())
	}
	for text, want := range map[string]string{
		"导出":                       "例如：导出 本周",
		"导出 明年":                    "例如：导出 本周",
		"导出 11-15至11-01":           "例如：导出 本周",
		"导出 2026-01-01至2026-11-01": "例如：导出 本周",
		"导出 华南一队 本周":               "只能看自己的团队",
	} {
		f.text("wang", text)
		if got := show(f.last("wang")); !contains(got, want) {
			t.Errorf("%s: %s", text, got)
		}
	}
	f.text("zhang", "导出 本周")
	if got := show(f.last("zhang")); !contains(got, "需要经理权限") {
		t.Errorf("a rep: %s", got)
	}
	f.text("boss", "导出 华南一队 上周")
	if got := f.last("boss"); got.File == nil {
		t.Errorf("an admin: %s", show(got))
	}
}

func join(row []string) (out string) {
	for _, cell := range row {
		out += cell + "|"
	}
	return out
}
