package visit

import (
	"errors"
	"slices"
	"time"
)

// Month is a calendar month, "2026-11". The zero value is no month.
type Month string

// ErrMonth says that a text is not a month.
var ErrMonth = errors.New("not a month like 2026-11")

const monthLayout = "2006-01"

// ParseMonth reads "2026-11", "2026/11", "2026年11月" or "202611".
func ParseMonth(s string) (Month, error) {
	for _, layout := range []string{"2006-1", "2006/1", "2006年1月", "200601"} {
		if t, err := time.Parse(layout, s); err == nil {
			if t.Year() < 2000 || t.Year() > 2199 {
				return "", ErrMonth
			}
			return Month(t.Format(monthLayout)), nil
		}
	}
	return "", ErrMonth
}

// Month returns the month of d.
func (d Date) Month() Month { return Month(d.Time().Format(monthLayout)) }

// First returns the first date of m.
func (m Month) First() Date { return Date(m) + "-01" }

// Last returns the last date of m.
func (m Month) Last() Date { return m.Add(1).First().Add(-1) }

// Add returns the month n months later.
func (m Month) Add(n int) Month { return DateOf(m.First().Time().AddDate(0, n, 0)).Month() }

// Workdays returns the workdays of m, in order.
func (m Month) Workdays(c *Calendar) []Date {
	var out []Date
	for d := m.First(); d.Month() == m; d = d.Add(1) {
		if c.Workday(d) {
			out = append(out, d)
		}
	}
	return out
}

// MonthTarget is what a rep is to bring in a month (月目标). Its key is (Rep, Month).
type MonthTarget struct {
	Rep   string `json:"rep"`
	Month Month  `json:"month"`
	// Order and Collection are integer fen, 0 or more. Nil, where nothing was
	// said of it, and 0 both mean that there is no target.
	Order      *int64 `json:"order,omitempty"`
	Collection *int64 `json:"collection,omitempty"`
}

// On returns the shares of the month's target that fall on d, in fen. The month
// is spread evenly over its workdays: their shares differ by at most one fen and
// come to exactly the month's. A day that is no workday, or of another month, has 0;
// so has a month without workdays. Leave does not change it.
func (t MonthTarget) On(d Date, c *Calendar) (order, collection int64) {
	days := t.Month.Workdays(c)
	k := slices.Index(days, d)
	if k < 0 {
		return 0, 0
	}
	return share(Fen(t.Order), k, len(days)), share(Fen(t.Collection), k, len(days))
}

// share is part k of n, from 0, of an amount; what does not divide is spread too.
func share(fen int64, k, n int) int64 {
	whole, rest := fen/int64(n), fen%int64(n)
	return whole + rest*int64(k+1)/int64(n) - rest*int64(k)/int64(n)
}

// Against returns the tally of a rep's date with the targets that count for it.
// It is the one rule wherever a day's target is shown, summed up or compared: of
// orders as of collections, the date's share of the month's target if the rep
// has one ([MonthTarget.On]), else the sum of what was planned for the visits.
// The month's target stands above the visits', and the two are never added up.
//
// An [Outcome] keeps what was planned, so that a month's target may be set at any
// time and counts for the whole month; what it came to is o.Tally().Against(…).
func (t Tally) Against(m MonthTarget, d Date, c *Calendar) Tally {
	if d.Month() != m.Month {
		return t
	}
	order, collection := m.On(d, c)
	if Fen(m.Order) > 0 {
		t.OrderTarget = order
	}
	if Fen(m.Collection) > 0 {
		t.CollectionTarget = collection
	}
	return t
}
