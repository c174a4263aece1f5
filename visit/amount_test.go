package visit_test

import (
	"errors"
	"strconv"
	"testing"

	"roundsman/visit"
)

func TestParseAmount(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]int64{
		"0": 0, "12000": 1_200_000, "12,000": 1_200_000, "1,234,567.89": 123_456_789, "１２０００": 1_200_000,
		"1.2万": 1_200_000, "1万2": 1_200_000, "1万2千": 1_200_000, "1万2000": 1_200_000, "1 万": 1_000_000, "3w": 3_000_000, "5k": 500_000,
		"一万二": 1_200_000, "一万二千": 1_200_000, "一万二千五": 1_250_000, "十五": 1500, "十五万": 15_000_000, "两千": 200_000,
		"三百零五": 30_500, "一万零二": 1_000_200, "一百二": 12_000, "二十": 2000, "¥300": 30_000, "300元": 30_000, "三百块": 30_000,
		"0.5": 50, "0.05": 5, "1亿": maxFen, "一亿": maxFen, "零": 0,
	} {
		got, err := visit.ParseAmount(text)
		if err != nil || got != want {
			t.Errorf("%q is %d fen, %v; want %d", text, got, err, want)
		}
	}
	for _, text := range []string{
		"", " ", "-1", "+1", "−1", "NaN", "Inf", "1e9", "0x10", "1/3", "1.234", "1.2.3", "1,2", "12,00", "1,,000", ",100", ".5", "5.",
		"1亿1", "2亿", "99999999999999999999999", "万", "一二", "一百一百", "十百", "一万万", "1千1万", "abc", "12元人民币", "1万2万", "五百千", "元",
	} {
		if got, err := visit.ParseAmount(text); !errors.Is(err, visit.ErrAmount) {
			t.Errorf("%q is %d fen, %v; want it refused", text, got, err)
		}
	}
}

// maxFen is the largest amount that there is.
const maxFen = 100_000_000 * 100

func FuzzParseAmount(f *testing.F) {
	for _, s := range []string{"12,000.50", "1.2万", "1万2", "一万二千五", "¥300元", "十", "1 0", "９", "1亿"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		fen, err := visit.ParseAmount(s)
		if err != nil {
			return
		}
		if fen < 0 || fen > maxFen {
			t.Fatalf("%q is %d fen", s, fen)
		}
		// What was understood, written in figures, is understood alike.
		again, err := visit.ParseAmount(strconv.FormatFloat(float64(fen)/100, 'f', 2, 64))
		if err != nil || again != fen {
			t.Fatalf("%q is %d fen, which written out is %d, %v", s, fen, again, err)
		}
	})
}
