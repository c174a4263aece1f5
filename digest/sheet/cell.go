package sheet

import (
	"math"
	"regexp"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/xuri/excelize/v2"

	"roundsman/visit"
)

// Lengths in runes.
const (
	maxID   = 64
	maxName = 200
	maxText = 1000
)

// text reads a text of at most most runes.
func text(s string, most int) (string, *fault) {
	if utf8.RuneCountInString(s) > most {
		return "", wrong("too_long", "Max", most)
	}
	if excelErrors[s] {
		return "", wrong("formula_error", "Value", s)
	}
	return s, nil
}

// excelErrors are what a formula that failed leaves in its cell.
var excelErrors = map[string]bool{
	"#N/A": true, "#REF!": true, "#VALUE!": true, "#DIV/0!": true, "#NAME?": true, "#NUM!": true, "#NULL!": true, "#SPILL!": true,
}

// rounded is how Excel writes a long number that was typed into a cell that is not a text: its last digits are gone.
var rounded = regexp.MustCompile(`^[0-9](\.[0-9]+)?E\+[0-9]+$`)

// digits reads a text that is often all digits: an id or a phone number.
func digits(s string) (string, *fault) {
	if rounded.MatchString(s) {
		return "", wrong("exponent", "Value", s)
	}
	return text(s, maxID)
}

// maxDigits bounds what is taken for a number, in bytes.
const maxDigits = 32

// number reads a decimal number: no names such as NaN, no hexadecimal, no
// separators, finite.
func number(s string) (float64, *fault) {
	if len(s) > maxDigits || strings.Trim(s, "0123456789.+-eE") != "" {
		if strings.Trim(s, "0123456789.+-eE,，") == "" {
			return 0, wrong("comma", "Value", cut(s))
		}
		return 0, wrong("number", "Value", cut(s))
	}
	f, err := strconv.ParseFloat(s, 64)
	if err != nil || math.IsInf(f, 0) || math.IsNaN(f) {
		return 0, wrong("number", "Value", cut(s))
	}
	return f, nil
}

// within reads a number from low to high.
func within(s string, low, high float64) (float64, *fault) {
	f, bad := number(s)
	if bad == nil && !(f >= low && f <= high) {
		bad = wrong("range", "Value", cut(s), "Min", shortest(low), "Max", shortest(high))
	}
	return f, bad
}

// count reads a whole number from low to high.
func count(s string, low, high int) (int, *fault) {
	f, bad := within(s, float64(low), float64(high))
	if bad == nil && f != math.Trunc(f) {
		bad = wrong("integer", "Value", cut(s))
	}
	return int(f), bad
}

// maxYuan bounds an amount; beyond it something was mistyped.
const maxYuan = 10_000_000_000

// fen reads an amount of yuan with at most two decimals, as integer fen.
func fen(s string) (int64, *fault) {
	f, bad := within(s, 0, maxYuan)
	if bad != nil {
		return 0, bad
	}
	amount := math.Round(f * 100)
	// Of two decimals the nearest float is shown again by its shortest digits.
	if shortest(amount/100) != shortest(f) {
		return 0, wrong("money", "Value", cut(s))
	}
	return int64(amount), nil
}

// yuan is fen as a number of yuan, nil for none.
func yuan(fen int64) any {
	if fen == 0 {
		return nil
	}
	return float64(fen) / 100
}

func shortest(f float64) string { return strconv.FormatFloat(f, 'f', -1, 64) }

func date(s string) (visit.Date, *fault) {
	d, err := visit.ParseDate(s)
	if err != nil {
		return "", wrong("date", "Value", cut(s))
	}
	return d, nil
}

// dashes are what people put between two times.
var dashes = strings.NewReplacer("：", ":", "–", "-", "—", "-", "~", "-", "～", "-", "－", "-", "至", "-", " ", "")

// window reads "9:00" or "09:00-10:30", also with full-width signs and with
// seconds of zero. A single time is a window that ends where it begins. Midnight
// alone cannot be told from no time at all, and is refused.
func window(s string) (visit.Span, *fault) {
	bad := wrong("time", "Value", cut(s))
	from, to, two := strings.Cut(dashes.Replace(s), "-")
	a, err := visit.ParseClock(withoutSeconds(from))
	if err != nil {
		return visit.Span{}, bad
	}
	b := a
	if two {
		if b, err = visit.ParseClock(withoutSeconds(to)); err != nil {
			return visit.Span{}, bad
		}
	}
	span := visit.Span{From: a, To: b}
	if span == (visit.Span{}) {
		return span, wrong("midnight")
	}
	return span, nil
}

// withoutSeconds makes "09:00:00" the "09:00" that it means.
func withoutSeconds(s string) string {
	if strings.Count(s, ":") == 2 {
		return strings.TrimSuffix(s, ":00")
	}
	return s
}

// windowText is what window reads.
func windowText(s visit.Span) string {
	if s != (visit.Span{}) && s.From == s.To {
		return s.From.String()
	}
	return s.String()
}

// What follows turns the raw content of an Excel cell into the text that a
// person sees there. Excel keeps dates as days since 1899-12-30 (or
// 1904-01-01), times as fractions of a day, and numbers with 17 digits of which
// the last two are noise.

// excelDate turns the number of a date cell into a date. A date written as
// eight digits is no such number.
func excelDate(raw string, from1904 bool) string {
	f, err := strconv.ParseFloat(raw, 64)
	if err != nil || f < 1 || f >= 200_000 {
		return raw
	}
	t, err := excelize.ExcelDateToTime(math.Floor(f), from1904)
	if err != nil {
		return raw
	}
	d, err := visit.ParseDate(string(visit.DateOf(t)))
	if err != nil {
		return raw
	}
	return string(d)
}

// excelTime turns the fraction of a time cell into a time to the minute.
func excelTime(raw string, _ bool) string {
	f, err := strconv.ParseFloat(raw, 64)
	if err != nil || f < 0 || f >= 1 {
		return raw
	}
	minutes := int(math.Round(f * 24 * 60))
	return time.Unix(int64(minutes)*60, 0).UTC().Format("15:04")
}

// excelNumber takes the noise off a number.
func excelNumber(raw string, _ bool) string {
	f, err := strconv.ParseFloat(raw, 64)
	if err != nil || strings.Trim(raw, "0123456789.-eE+") != "" {
		return raw
	}
	return shortest(f)
}

// excelMoney rounds a number to the 15 digits that Excel shows, which also
// takes off what adding decimals left.
func excelMoney(raw string, _ bool) string {
	f, err := strconv.ParseFloat(raw, 64)
	if err != nil || strings.Trim(raw, "0123456789.-eE+") != "" {
		return raw
	}
	f, err = strconv.ParseFloat(strconv.FormatFloat(f, 'g', 15, 64), 64)
	if err != nil {
		return raw
	}
	return shortest(f)
}
