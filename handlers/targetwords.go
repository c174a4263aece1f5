package handlers

import (
	"regexp"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"roundsman/visit"
)

// targetWords are whose target of which month is meant, and what it is to be:
//
//	张伟 2026-12 订货 12万 回款 5万
type targetWords struct {
	name  string
	month visit.Month
	// order and collection are fen, nil where nothing was said of it.
	order, collection *int64
}

// sets reports whether a target is to be changed.
func (w targetWords) sets() bool { return w.order != nil || w.collection != nil }

// orderWords and collectionWords stand before an amount, the longest first.
var (
	orderWords      = []string{"订货目标", "订货额", "订货", "orders", "order"}
	collectionWords = []string{"回款目标", "回款额", "回款", "收款", "collection", "collected"}
)

// unitWords may stand apart from their number.
var unitWords = []string{"千", "万", "亿", "k", "w", "元", "块"}

// parseTarget reads what follows the command. The month is today's if none is said.
func parseTarget(text string, today visit.Date) (targetWords, error) {
	out := targetWords{month: today.Month()}
	words := strings.Fields(signs.Replace(text))
	month := false
	for i := 0; i < len(words); i++ {
		word := words[i]
		to := &out.order
		amount, ok := after(word, orderWords)
		if !ok {
			to = &out.collection
			amount, ok = after(word, collectionWords)
		}
		if !ok {
			m, isMonth, err := monthWord(word, today)
			switch {
			case err != nil, isMonth && month, !isMonth && out.sets():
				return targetWords{}, notUnderstood(word)
			case isMonth:
				out.month, month = m, true
			default:
				out.name = strings.TrimSpace(out.name + " " + word)
			}
			continue
		}
		if amount == "" && i+1 < len(words) {
			i++
			amount = words[i]
		}
		if i+1 < len(words) && isUnit(words[i+1]) {
			i++
			amount += words[i]
		}
		fen, err := visit.ParseAmount(amount)
		if err != nil || *to != nil {
			return targetWords{}, notUnderstood(strings.TrimSpace(word + " " + strings.TrimPrefix(amount, word)))
		}
		*to = &fen
	}
	return out, nil
}

// after returns what follows one of the words that s begins with.
func after(s string, words []string) (string, bool) {
	for _, w := range words {
		if len(s) < len(w) || !strings.EqualFold(s[:len(w)], w) {
			continue
		}
		rest := strings.TrimLeft(s[len(w):], ":=")
		if next, _ := utf8.DecodeRuneInString(rest); w[0] < utf8.RuneSelf && unicode.IsLetter(next) {
			continue // a name that begins so
		}
		return rest, true
	}
	return "", false
}

func isUnit(word string) bool {
	for _, u := range unitWords {
		if strings.EqualFold(word, u) {
			return true
		}
	}
	return false
}

var (
	// monthLike is what is meant for a month of a year.
	monthLike = regexp.MustCompile(`^[0-9]{4}[-/年.][0-9]{1,2}月?$`)
	monthOnly = regexp.MustCompile(`^([0-9]{1,2})月份?$`)
)

// monthWord reads a month as people write it: 本月, 下个月, 12月, 2026-12. One
// without a year is the nearest, of two as near the later. It is an error if it
// looks like one and is none.
func monthWord(word string, today visit.Date) (m visit.Month, ok bool, err error) {
	this := today.Month()
	switch strings.ToLower(word) {
	case "本月", "这个月", "当月":
		return this, true, nil
	case "下月", "下个月":
		return this.Add(1), true, nil
	case "上月", "上个月":
		return this.Add(-1), true, nil
	}
	if monthLike.MatchString(word) {
		m, err = visit.ParseMonth(strings.TrimSuffix(strings.NewReplacer("年", "-", ".", "-").Replace(word), "月"))
		return m, err == nil, err
	}
	if digits := monthOnly.FindStringSubmatch(word); digits != nil {
		n, _ := strconv.Atoi(digits[1])
		for away := range 7 {
			for _, near := range []visit.Month{this.Add(away), this.Add(-away)} {
				if int(near.First().Time().Month()) == n {
					return near, true, nil
				}
			}
		}
		return "", false, visit.ErrMonth
	}
	return "", false, nil
}
