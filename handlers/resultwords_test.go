package handlers

import (
	"strconv"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"roundsman/visit"
)

func TestParseResult(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"成交":                          "deal",
		"成交 订货 12000 回款5000":          "deal order 12000 collected 5000",
		"订货12000回款5000":               "order 12000 collected 5000",
		"订货：1.2万，回款：一千二":              "order 12000 collected 1200",
		"订货 1.2 万 老板下周回来":             "order 12000 | 老板下周回来",
		"订货 12000元，补货两箱":              "order 12000 | 补货两箱",
		"回款 0":                        "collected 0",
		"订货 20 件":                     "| 订货 20 件",
		"缺货三个品种已补齐，订货 20 件":           "| 缺货三个品种已补齐，订货 20 件",
		"订货一批饮料":                      "| 订货一批饮料",
		"订货一直不顺":                      "| 订货一直不顺",
		"补货两箱":                        "| 补货两箱",
		"竞品: 某牌打九折 反馈: 想要小包装":         "competitor 某牌打九折 feedback 想要小包装",
		"竞品：某牌打九折；订货 500":             "order 500 competitor 某牌打九折",
		"竞品在做买二赠一":                    "| 竞品在做买二赠一",
		"客户动态：要开分店\n拒绝":               "refused news 要开分店",
		"拒绝 老板说太贵":                    "refused | 老板说太贵",
		"客户拒绝了":                       "| 客户拒绝了",
		"结果：有意向 下周再谈":                 "interested | 下周再谈",
		"其他":                          "other",
		"其他品种也缺":                      "| 其他品种也缺",
		"其他 品种也缺":                     "| 其他 品种也缺",
		"部分送达 少两箱":                    "partial | 少两箱",
		"已送达":                         "delivered",
		"order 12,000 collected 50.5": "order 12000 collected 50.50",
		"ordered 20 cases":            "| ordered 20 cases",
		"order: 1.2w deal":            "deal order 12000",
		"follow up":                   "| follow up",
		"Deal":                        "deal",
		"订货 -500":                     "bad -500",
		"回款 1.234":                    "bad 1.234",
		"订货 999999999999":             "bad 999999999999",
		"订货":                          "| 订货",
		"回款 明天打":                      "| 回款 明天打",
		"订货 12点再来":                    "| 订货 12点再来",
	} {
		if got := understood(parseResult(text)); got != want {
			t.Errorf("%q: %s; want %s", text, got, want)
		}
	}
}

// understood writes what was understood.
func understood(w resultWords) string {
	if w.bad != "" {
		return "bad " + w.bad
	}
	var out []string
	add := func(word string, is bool) {
		if is {
			out = append(out, word)
		}
	}
	r := w.result
	add(string(r.Delivery), r.Delivery != "")
	add(string(r.Kind), r.Kind != "")
	for _, a := range []struct {
		name string
		fen  *int64
	}{{"order", r.Order}, {"collected", r.Collected}} {
		if a.fen != nil {
			out = append(out, a.name, strings.TrimSuffix(yuan(*a.fen), ".00"))
		}
	}
	add("competitor "+r.Competitor, r.Competitor != "")
	add("feedback "+r.Feedback, r.Feedback != "")
	add("news "+r.News, r.News != "")
	add("| "+w.note, w.note != "")
	return strings.Join(out, " ")
}

func yuan(fen int64) string { return strconv.FormatFloat(float64(fen)/100, 'f', 2, 64) }

// A rep's words are never lost: what is not understood as a field is in the
// note, and an amount that is understood is what ParseAmount reads.
func TestNoWordIsLost(t *testing.T) {
	t.Parallel()
	pieces := []string{"订货 12000", "回款5000", "成交", "竞品: 打折", "老板不在", "下周再来", "订货 20 件", "news: new shop", "，", " ", "；", "\n", "😀"}
	rapid.Check(t, func(rt *rapid.T) {
		text := strings.Join(rapid.SliceOfN(rapid.SampledFrom(pieces), 1, 8).Draw(rt, "pieces"), rapid.SampledFrom([]string{" ", "，", "\n"}).Draw(rt, "between"))
		w := parseResult(text)
		if w.bad != "" {
			rt.Fatalf("%q: %q cannot be read", text, w.bad)
		}
		all := w.note + w.result.Competitor + w.result.News + w.result.Feedback
		for _, word := range []string{"老板不在", "下周再来", "20 件", "😀"} {
			if strings.Contains(text, word) && !strings.Contains(all, word) {
				rt.Fatalf("%q: %q is lost; left are %+v", text, word, w)
			}
		}
		if o := w.result.Order; o != nil && *o != 12000_00 {
			rt.Fatalf("%q: the order is %d", text, *o)
		}
		if c := w.result.Collected; strings.Contains(text, "回款5000") != (c != nil) && !strings.Contains(all, "回款5000") {
			rt.Fatalf("%q: nothing collected", text)
		}
	})
}

func FuzzParseResult(f *testing.F) {
	for _, s := range []string{"成交 订货12000 回款 5000元", "竞品: 某牌打九折；反馈：小包装", "订货 -1", "结果:拒绝", "order 1.2w", "部分 少两箱"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		w := parseResult(s)
		for _, fen := range []*int64{w.result.Order, w.result.Collected} {
			if fen != nil && (*fen < 0 || *fen > 10_000_000_000) {
				t.Fatalf("%q: an amount of %d fen", s, *fen)
			}
		}
		if w.bad == "" && w.result == (visit.Result{}) && w.note != s {
			t.Fatalf("%q became the note %q", s, w.note)
		}
	})
}
