package sheet_test

import (
	"bytes"
	"slices"
	"strings"
	"testing"

	"roundsman/digest/sheet"
)

func TestATableIsKnownByItsHeader(t *testing.T) {
	t.Parallel()
	for csv, want := range map[string][]sheet.Kind{
		"编号,名称\n": {sheet.Customers},
		"\n编号*,名称*,经度,纬度,坐标系\n": {sheet.Customers},
		"id,name,owner\n":                     {sheet.Customers},
		"id,name,team,role\n":                 {sheet.Reps}, // a customer has no team
		"工号,姓名,团队,角色,企业微信\n":                  {sheet.Reps},
		"日期,工号,客户编号,目的\n":                     {sheet.Plans},
		"Date,Rep,Customer\n2026-11-24,r,c\n": {sheet.Plans},
		"月份,工号,订货目标\n":                        {sheet.Targets},
		"工号,星期,客户编号,周次\n":                     {sheet.Routes},
		"日期,类型,名称\n":                          {sheet.Holidays},
		"日期,工号,客户编号,星期\n":                     {sheet.Plans, sheet.Routes}, // and each has a column too many
		"编号,名称,颜色\n":                          {sheet.Customers},           // reading it says what is wrong
		"编号\n":                                nil,
		"一,二\n":                               nil,
		"":                                    nil,
	} {
		got, err := sheet.Recognise("a.csv", strings.NewReader(csv))
		ok(t, err)
		if !slices.Equal(got, want) {
			t.Errorf("%q: %v", csv, got)
		}
	}
	got, err := sheet.Recognise("a.xlsx", bytes.NewReader(workbook(t, []any{}, []any{"日期", "类型"}, []any{"2026-12-31", "rest"})))
	ok(t, err)
	equal(t, got, []sheet.Kind{sheet.Holidays})
	_, err = sheet.Recognise("a.xls", strings.NewReader("x"))
	refused(t, err)
	_, err = sheet.Recognise("a.xlsx", strings.NewReader("PK no workbook"))
	refused(t, err)
}

// What was held is applied once it is released, and not before.
func TestAHeldImport(t *testing.T) {
	t.Parallel()
	ctx, store := t.Context(), seeded(t)
	table := good(t, sheet.Customers, store, "编号,名称\nH1,新店\n")
	ok(t, table.Hold(ctx, store, "file/1", now))
	ok(t, sheet.Resume(ctx, store))
	if named(t, store, "新店") != 0 {
		t.Fatal("it did not wait")
	}
	ok(t, store.Imports().Release(ctx, "file/1", now))
	ok(t, sheet.Resume(ctx, store))
	if named(t, store, "新店") != 1 || pending(t, store) != 0 {
		t.Fatal("it was not applied")
	}
}
