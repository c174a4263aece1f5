package sheet

import (
	"context"
	"strings"

	"roundsman/visit"
)

var holidays = table[visit.Holiday]{
	key:  func(h *visit.Holiday) string { return string(h.Date) },
	keys: []string{"date"},
	columns: []column[visit.Holiday]{
		{
			name: "date", chinese: "日期", required: true, excel: excelDate,
			set: func(h *visit.Holiday, s string) (bad *fault) { h.Date, bad = date(s); return },
		},
		{
			name: "kind", chinese: "类型", required: true,
			set: func(h *visit.Holiday, s string) *fault {
				var err error
				if h.Work, err = visit.ParseHolidayKind(strings.ToLower(s)); err != nil {
					return wrong("kind", "Value", cut(s))
				}
				return nil
			},
		},
		{
			name: "name", chinese: "名称",
			set: func(h *visit.Holiday, s string) (bad *fault) { h.Name, bad = text(s, maxName); return },
		},
	},
}

func readHolidays(ctx context.Context, src *source) (*Import, error) {
	r, err := holidays.read(ctx, src)
	if err != nil {
		return nil, err
	}
	if err := r.err(); err != nil {
		return nil, err
	}
	out := &Import{Kind: Holidays, Holidays: make([]visit.Holiday, len(r.entries))}
	for i, e := range r.entries {
		out.Holidays[i] = e.row
	}
	return out, nil
}
