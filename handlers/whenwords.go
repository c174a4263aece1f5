package handlers

import (
	"strings"
	"time"

	"roundsman/visit"
)

// dayWords are days by their distance from today.
var dayWords = map[string]int{
	"今天": 0, "今日": 0, "today": 0, "昨天": -1, "昨日": -1, "yesterday": -1, "前天": -2, "明天": 1, "tomorrow": 1, "后天": 2,
}

// dateWord reads a date as people write it: 昨天, 2026-11-24, 11-24, 11/24,
// 11月24日. One without a year is the nearest.
func dateWord(word string, today visit.Date) (visit.Date, bool) {
	if n, ok := dayWords[strings.ToLower(word)]; ok {
		return today.Add(n), true
	}
	word = strings.NewReplacer("年", "-", "月", "-", "/", "-", ".", "-", "日", "", "号", "").Replace(word)
	if d, err := time.Parse("2006-1-2", word); err == nil {
		return visit.DateOf(d), true
	}
	d, err := time.Parse("1-2", word)
	if err != nil {
		return "", false
	}
	now := today.Time()
	best := visit.Date("")
	for year := now.Year() - 1; year <= now.Year()+1; year++ {
		near := time.Date(year, d.Month(), d.Day(), 0, 0, 0, 0, time.UTC)
		if near.Day() != d.Day() {
			continue // 29 February
		}
		if date := visit.DateOf(near); best == "" || away(date, today) < away(best, today) {
			best = date
		}
	}
	return best, best != ""
}

// away is how many days lie between two dates.
func away(a, b visit.Date) int { return max(a.Days(b), b.Days(a)) }
