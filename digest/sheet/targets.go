package sheet

import (
	"context"

	"roundsman/visit"
)

var targets = table[visit.MonthTarget]{
	key:  func(t *visit.MonthTarget) string { return string(t.Month) + "\x00" + t.Rep },
	keys: []string{"month", "rep"},
	columns: []column[visit.MonthTarget]{
		{
			name: "month", chinese: "月份", required: true, excel: excelDate,
			set: func(t *visit.MonthTarget, s string) (bad *fault) { t.Month, bad = month(s); return },
		},
		{
			name: "rep", chinese: "工号", required: true,
			set: func(t *visit.MonthTarget, s string) (bad *fault) { t.Rep, bad = digits(s); return },
		},
		{
			name: "collection_target", chinese: "回款目标", excel: excelMoney,
			set: func(t *visit.MonthTarget, s string) *fault { return amount(&t.Collection, s) },
		},
		{
			name: "order_target", chinese: "订货目标", excel: excelMoney,
			set: func(t *visit.MonthTarget, s string) *fault { return amount(&t.Order, s) },
		},
	},
}

// month reads a month, also as the first day that a spreadsheet makes of it.
func month(s string) (visit.Month, *fault) {
	if m, err := visit.ParseMonth(s); err == nil {
		return m, nil
	}
	if d, err := visit.ParseDate(s); err == nil && d == d.Month().First() {
		return d.Month(), nil
	}
	return "", wrong("month", "Value", cut(s))
}

func amount(to **int64, s string) *fault {
	n, bad := fen(s)
	if bad == nil {
		*to = &n
	}
	return bad
}

// readTargets leaves an amount whose column is missing as it is stored; an empty cell clears it.
func readTargets(ctx context.Context, src *source, known Known) (*Import, error) {
	r, err := targets.read(ctx, src)
	if err != nil {
		return nil, err
	}
	hasOrder, hasCollection := r.titles["order_target"] != "", r.titles["collection_target"] != ""
	if !hasOrder && !hasCollection {
		return nil, whole("no_amounts", "Columns", targets.known())
	}
	people, err := roster(ctx, known)
	if err != nil {
		return nil, err
	}
	r.next()
	out := &Import{Kind: Targets, Targets: make([]visit.MonthTarget, len(r.entries))}
	for i, e := range r.entries {
		if _, ok := people[e.row.Rep]; e.row.Rep != "" && !ok {
			r.report(e.line, "rep", wrong("unknown_rep", "Value", e.row.Rep))
		}
		if hasOrder && e.row.Order == nil {
			e.row.Order = new(int64)
		}
		if hasCollection && e.row.Collection == nil {
			e.row.Collection = new(int64)
		}
		out.Targets[i] = e.row
	}
	if err := r.err(); err != nil {
		return nil, err
	}
	return out, nil
}
