package visit

import (
	"errors"
	"math/big"
	"strings"
	"unicode"
)

// ErrAmount says that a text is not an amount of money that a visit can have.
var ErrAmount = errors.New("not an amount like 12000, 1.2万 or 一万二")

// maxAmount bounds an amount, in fen: a hundred million yuan.
const maxAmount = 100_000_000 * 100

// ParseAmount reads an amount in yuan as people write it ("12000", "12,000.50",
// "1.2万", "1万2", "一万二", "¥300", "300元") and returns fen, from 0 to
// 10,000,000,000. What has a sign, more than two decimals of a yuan or is
// larger is refused with ErrAmount.
func ParseAmount(s string) (int64, error) {
	s = strings.TrimSpace(narrow(s))
	for _, prefix := range []string{"¥", "￥", "rmb", "RMB"} {
		s = strings.TrimPrefix(s, prefix)
	}
	for _, suffix := range []string{"元", "块", "圆", "整"} {
		s = strings.TrimSuffix(s, suffix)
	}
	s = strings.TrimSpace(s)
	sum, above := new(big.Rat), int64(0)
	for rest := s; rest != ""; {
		number, unit, tail, ok := segment(rest)
		if !ok || above != 0 && unit >= above {
			return 0, ErrAmount
		}
		switch {
		case unit != 0:
		case above >= 10 && number.IsInt() && number.Cmp(big.NewRat(10, 1)) < 0:
			// The digit after 万 counts thousands: 1万2.
			unit = above / 10
		default:
			unit = 1
		}
		if above != 0 && number.Cmp(big.NewRat(above, unit)) >= 0 {
			return 0, ErrAmount
		}
		sum.Add(sum, number.Mul(number, new(big.Rat).SetInt64(unit)))
		rest, above = tail, unit
		if rest != "" && unit == 1 {
			return 0, ErrAmount
		}
	}
	fen := sum.Mul(sum, big.NewRat(100, 1))
	if s == "" || !fen.IsInt() || !fen.Num().IsInt64() || fen.Num().Int64() > maxAmount {
		return 0, ErrAmount
	}
	return fen.Num().Int64(), nil
}

// narrow writes full-width forms, as a Chinese keyboard gives them, in ASCII.
func narrow(s string) string {
	return strings.Map(func(r rune) rune {
		if r >= '！' && r <= '～' {
			return r - '！' + '!'
		}
		if r == '\u3000' {
			return ' '
		}
		return r
	}, s)
}

// units are what follows a number in figures.
var units = map[rune]int64{'千': 1000, 'k': 1000, 'K': 1000, '万': 10_000, 'w': 10_000, 'W': 10_000, '亿': 100_000_000}

// segment reads a number, in figures or in words, and the unit after it; 0 for none.
func segment(s string) (number *big.Rat, unit int64, rest string, ok bool) {
	runes := []rune(s)
	n := 0
	for n < len(runes) && (runes[n] >= '0' && runes[n] <= '9' || runes[n] == '.' || runes[n] == ',') {
		n++
	}
	if n == 0 {
		// Words carry their units with them.
		v, ok := inWords(runes)
		return new(big.Rat).SetInt64(v), 1, "", ok
	}
	figures := string(runes[:n])
	if !grouped(figures) {
		return nil, 0, "", false
	}
	number, ok = new(big.Rat).SetString(strings.ReplaceAll(figures, ",", ""))
	if !ok {
		return nil, 0, "", false
	}
	for n < len(runes) && unicode.IsSpace(runes[n]) {
		n++
	}
	if n < len(runes) {
		if unit = units[runes[n]]; unit == 0 {
			return nil, 0, "", false
		}
		n++
	}
	return number, unit, string(runes[n:]), true
}

// grouped reports whether commas in figures separate thousands, and the figures are few enough.
func grouped(s string) bool {
	whole, decimals, point := strings.Cut(s, ".")
	if len(s) > 20 || whole == "" || point && (decimals == "" || strings.ContainsAny(decimals, ".,")) {
		return false
	}
	groups := strings.Split(whole, ",")
	for i, g := range groups {
		if i == 0 && (g == "" || len(groups) > 1 && len(g) > 3) || i > 0 && len(g) != 3 {
			return false
		}
	}
	return true
}

var (
	digits = map[rune]int64{
		'零': 0, '〇': 0, '一': 1, '二': 2, '两': 2, '三': 3, '四': 4, '五': 5, '六': 6, '七': 7, '八': 8, '九': 9,
	}
	tens  = map[rune]int64{'十': 10, '百': 100, '千': 1000}
	large = map[rune]int64{'万': 10_000, '亿': 100_000_000}
)

// inWords reads a number in Chinese words: 一万二千五, 十五, 三百零五.
func inWords(runes []rune) (int64, bool) {
	var total, section, digit int64
	pending, zero := false, false
	last, lastTen, lastLarge := int64(0), int64(10_000), int64(1e12)
	for _, r := range runes {
		if d, ok := digits[r]; ok {
			if pending {
				return 0, false
			}
			digit, pending, zero = d, d != 0, zero || d == 0
			continue
		}
		if unit, ok := tens[r]; ok {
			if !pending && (unit != 10 || section != 0) || unit >= lastTen {
				return 0, false
			}
			if !pending {
				digit = 1
			}
			section += digit * unit
			last, lastTen, pending, zero = unit, unit, false, false
			continue
		}
		unit, ok := large[r]
		if pending {
			section += digit
		}
		if !ok || section == 0 || unit >= lastLarge {
			return 0, false
		}
		total += section * unit
		section, last, lastTen, lastLarge, pending, zero = 0, unit, 10_000, unit, false, false
	}
	if pending {
		if !zero && last >= 10 {
			digit *= last / 10
		}
		section += digit
	}
	return total + section, len(runes) > 0
}
