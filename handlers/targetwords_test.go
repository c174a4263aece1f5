package handlers

import (
	"testing"

	"pgregory.net/rapid"

	"roundsman/visit"
)

func TestMonthWords(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		word  string
		today visit.Date
		want  visit.Month
	}{
		{"本月", "2026-11-24", "2026-11"},
		{"下个月", "2026-12-31", "2027-01"},
		{"上月", "2026-01-01", "2025-12"},
		{"12月", "2026-11-24", "2026-12"},
		{"1月", "2026-11-24", "2027-01"},
		{"10月份", "2026-11-24", "2026-10"},
		{"5月", "2026-11-24", "2027-05"},
		{"11月", "2026-01-05", "2025-11"},
		{"2026年3月", "2026-11-24", "2026-03"},
		{"2026.03", "2026-11-24", "2026-03"},
		{"202612", "2026-11-24", ""}, // may be somebody's number
		{"0月", "2026-11-24", ""},
		{"2026-13", "2026-11-24", ""},
		{"张伟", "2026-11-24", ""},
	} {
		if got, ok, _ := monthWord(tt.word, tt.today); got != tt.want || ok != (tt.want != "") {
			t.Errorf("%s on %s is %q, want %q", tt.word, tt.today, got, tt.want)
		}
	}
}

// Whatever is written, amounts are within bounds and nothing of a text that is refused is kept.
func TestTargetWordsHold(t *testing.T) {
	t.Parallel()
	words := rapid.SampledFrom([]string{
		"张伟", "zw", "订货", "回款", "订货目标", "order", "collection", "12万", "-5", "NaN", "2亿", "1", "万", "元", "2026-12", "2026-99", "12月", "下月", "，", "：", "0x1", "1e400", "Ordinary",
	})
	rapid.Check(t, func(t *rapid.T) {
		text := ""
		for _, w := range rapid.SliceOfN(words, 0, 8).Draw(t, "words") {
			text += w + rapid.SampledFrom([]string{" ", "", "，"}).Draw(t, "apart")
		}
		w, err := parseTarget(text, "2026-11-24")
		for _, fen := range []*int64{w.order, w.collection} {
			if fen != nil && (err != nil || *fen < 0 || *fen > 10_000_000_000) {
				t.Fatalf("%q: %d fen", text, *fen)
			}
		}
		if _, bad := visit.ParseMonth(string(w.month)); err == nil && bad != nil {
			t.Fatalf("%q is of %q", text, w.month)
		}
	})
}
