package handlers_test

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"roundsman/bot"
	"roundsman/storage"
	"roundsman/visit"
)

// drive is a platform on which files can be sent.
type drive struct {
	platform
	f *fixture
}

func (d drive) Fetch(_ context.Context, _ string, m bot.Media, limit int64) ([]byte, error) {
	data, ok := d.f.files[m.Resource]
	switch {
	case !ok:
		return nil, &bot.FetchError{Reason: bot.FetchExpired}
	case int64(len(data)) > limit:
		return nil, &bot.FetchError{Reason: bot.FetchTooLarge}
	}
	return data, nil
}

// file is a file that the user sends.
func (f *fixture) file(user, name, data string) {
	f.Helper()
	if f.files == nil {
		f.files = make(map[string][]byte)
	}
	f.handle(f.message(user, func(m *bot.Message) {
		r := fmt.Sprint("file", f.seq)
		f.files[r] = []byte(data)
		m.Media = []bot.Media{{Resource: r, File: true, Document: true, Name: name}}
	}))
}

func (f *fixture) customer(id string) visit.Customer {
	f.Helper()
	found, err := f.store.Customers().Get(f.Context(), id)
	f.ok(err)
	if len(found) == 0 {
		return visit.Customer{}
	}
	return found[0]
}

func TestATableIsImportedByATap(t *testing.T) {
	t.Parallel()
	f := setup(t)
	f.file("boss", "客户.csv", "编号,名称,负责人\nC1,华联新名,zhang\nC2,大润发,zhang\nN1,新店,li\n")
	ask := f.last("boss")
	if got := show(ask); got != "导入客户：3 行 | 客户.csv | 新增 1 · 改动 1 · 相同 1 | [导入] | [取消] | 点“导入”才写入" {
		t.Fatalf("asked: %s", got)
	}
	if f.customer("C1").Name != "华联超市" {
		t.Fatal("it is written before the tap")
	}
	f.pass(time.Minute)
	f.press("boss", value(t, ask, "导入"))
	tap := f.lastMessage
	for range 2 {
		if got := show(f.saidTo("boss", "已导入")); got != "已导入客户：3 行 | 十分钟内发“撤销”可以还原" {
			t.Errorf("done: %s", got)
		}
		if f.customer("C1").Name != "华联新名" || f.customer("N1").Owner != "li" {
			t.Errorf("%+v, %+v", f.customer("C1"), f.customer("N1"))
		}
		f.handle(tap)
	}

	f.text("boss", "撤销")
	if got := show(f.last("boss")); !contains(got, "好，已撤销导入（客户）：还原 2 条，去掉新增的 1 条") {
		t.Errorf("undone: %s", got)
	}
	if f.customer("C1").Name != "华联超市" || f.customer("N1").ID != "" {
		t.Errorf("%+v, %+v", f.customer("C1"), f.customer("N1"))
	}
	// Tapped again, it is not written again.
	f.press("boss", value(t, ask, "导入"))
	if f.customer("N1").ID != "" {
		t.Error("an import was applied twice")
	}
	f.press("boss", value(t, ask, "取消"))
	if got := show(f.last("boss")); got != "已经选过了，不用再点" {
		t.Errorf("cancelled when done: %s", got)
	}
}

func TestATableThatIsNotWanted(t *testing.T) {
	t.Parallel()
	f := setup(t)
	const table = "编号,名称\nN1,新店\n"
	f.file("boss", "a.csv", table)
	ask := f.last("boss")
	f.press("boss", value(t, ask, "取消"))
	if got := show(f.saidTo("boss", "取消")); got != "好，取消了，什么都没有改" {
		t.Errorf("cancelled: %s", got)
	}
	f.press("boss", value(t, ask, "导入"))
	if got := show(f.last("boss")); !contains(got, "过了 30 分钟") {
		t.Errorf("tapped when cancelled: %s", got)
	}
	f.file("boss", "a.csv", table)
	ask = f.last("boss")
	f.pass(31 * time.Minute)
	f.press("boss", value(t, ask, "导入"))
	if got := show(f.last("boss")); !contains(got, "过了 30 分钟") {
		t.Errorf("tapped too late: %s", got)
	}
	if f.customer("N1").ID != "" {
		t.Error("it was imported")
	}
}

// Imported plans are told of: new deliveries to their reps, and what today comes to.
func TestImportedDeliveriesAreTold(t *testing.T) {
	t.Parallel()
	f := setup(t)
	f.file("boss", "送货.csv", "日期,工号,客户编号,时间,目的,单号\n2026-11-24,zhang,C1,14:00-15:00,送货,SO1\n"+
		"2026-11-25,zhang,C2,,送货,SO2\n2026-11-24,li,C2·,,收款,\n2026-11-20,li,C1·,,送货,SO3\n")
	f.press("boss", value(t, f.last("boss"), "导入"))
	tap := f.lastMessage
	for range 2 {
		told := f.said("zhang")
		if len(told) != 1 || !contains(told[0], "有新的送货 | 11月24日 周二 华联超市", "14:00", "#SO1 | 11月25日 周三 大润发", "#SO2") {
			t.Errorf("told: %q", told)
		}
		if told := f.said("li"); len(told) > 0 {
			t.Errorf("of no delivery, or one that is over: %q", told)
		}
		f.handle(tap)
	}
	found := false
	for _, m := range f.later {
		found = found || m.Due.Job == "window" && m.Due.Rep == "zhang"
	}
	if !found {
		t.Error("nobody watches the delivery's window")
	}
}

func TestTablesThatCannotBeImported(t *testing.T) {
	t.Parallel()
	f := setup(t)
	rows := strings.Repeat("C1,,x\n", 30)
	for name, c := range map[string]struct{ data, want string }{
		"bad.csv":     {"编号,名称,级别\n" + rows, "这份表格有"},
		"letter.csv":  {"你好,世界\n1,2\n", "看不出是哪种表"},
		"several.csv": {"编号,名称,日期,类型\nC1,华联,2026-11-24,rest\n", "看不出是哪一种（客户、假期）"},
		"a.pdf":       {"%PDF", "只能导入 .csv 或 .xlsx 文件"},
		"a.xls":       {"x", "请用 Excel 或 WPS 另存为"},
		"a.xlsx":      {"x", "文件"},
		"empty.csv":   {"", "看不出是哪种表"},
		"large.csv":   {strings.Repeat("x", 5<<20+1), "文件超过 5 MB"},
	} {
		f.file("boss", name, c.data)
		got := f.last("boss")
		if !contains(show(got), c.want) {
			t.Errorf("%s: %s", name, show(got))
		}
		if got.Card != nil && len(got.Card.Buttons) > 0 {
			t.Errorf("%s can be imported", name)
		}
	}
	f.file("boss", "bad.csv", "编号,名称,级别\n"+rows)
	if got := f.last("boss"); len(got.Card.Lines) != 11 || !contains(show(got), "第 2 行", "另外还有", "一行也没有导入") {
		t.Errorf("the problems: %s", show(got))
	}
	f.handle(f.message("boss", func(m *bot.Message) {
		m.Media = []bot.Media{{Resource: "gone", File: true, Document: true, Name: "b.csv"}}
	}))
	if got := show(f.last("boss")); !contains(got, "“b.csv”：文件取不到了") {
		t.Errorf("gone: %s", got)
	}
	for _, user := range []string{"zhang", "wang"} {
		f.file(user, "a.csv", "编号,名称\nN1,新店\n")
		if got := show(f.last(user)); !contains(got, "只有管理员能发表格导入") {
			t.Errorf("%s: %s", user, got)
		}
	}
}

// A tap that died between its word and the import is done again.
func TestATappedImportIsCompleted(t *testing.T) {
	t.Parallel()
	f := setup(t)
	f.file("boss", "a.csv", "编号,名称\nN1,新店\n")
	asked := f.lastMessage
	f.ok(f.store.Imports().Release(t.Context(), "file/"+asked.Key, f.now))
	f.press("boss", value(t, f.last("boss"), "导入"))
	if f.customer("N1").ID == "" || !contains(show(f.saidTo("boss", "已导入")), "已导入客户：1 行") {
		t.Errorf("%s", f.said("boss"))
	}
	// And the table that was sent, handled again, does not wait once more.
	f.handle(asked)
	if job, err := f.store.Imports().Get(t.Context(), "file/"+asked.Key); err != nil || !job.Done || job.Held {
		t.Errorf("%+v, %v", job, err)
	}
}

// What today comes to follows its plan in, and out again.
func TestImportedPlansCountToday(t *testing.T) {
	t.Parallel()
	f := setup(t)
	planned := func() (n int) {
		f.Helper()
		for o, err := range f.store.Outcomes().Range(t.Context(), storage.FactFilter{Rep: "zhang", From: "2026-11-24", To: "2026-11-24"}) {
			f.ok(err)
			n = len(o.Planned)
		}
		return n
	}
	f.at("zhang", shop)
	if n := planned(); n != 4 {
		t.Fatalf("%d planned before", n)
	}
	f.file("boss", "a.csv", "日期,工号,客户编号,目的\n2026-11-24,zhang,C1·,收款\n2026-11-24,zhang,C1,送货\n")
	f.press("boss", value(t, f.last("boss"), "导入"))
	if n := planned(); n != 5 {
		t.Errorf("%d planned once it is in", n)
	}
	told := len(f.said("zhang"))
	f.text("boss", "撤销")
	if got := show(f.last("boss")); !contains(got, "好，已撤销导入（计划）：还原 1 条，去掉新增的 1 条") {
		t.Errorf("undone: %s", got)
	}
	if n := planned(); n != 4 || len(f.said("zhang")) != told {
		t.Errorf("%d planned once it is out; told %q", n, f.said("zhang"))
	}
}
