package sheet

import (
	"context"
	"fmt"
	"strings"

	"roundsman/visit"
)

// stopRow is a stop of a rep's route.
type stopRow struct {
	rep string
	visit.RouteStop
}

var routes = table[stopRow]{
	key: func(s *stopRow) string {
		return fmt.Sprintf("%s\x00%d\x00%s\x00%d", s.rep, s.Weekday, s.Customer, s.Week)
	},
	keys: []string{"rep", "weekday", "customer"},
	columns: []column[stopRow]{
		{
			name: "rep", chinese: "工号", required: true,
			set: func(r *stopRow, s string) (bad *fault) { r.rep, bad = digits(s); return },
		},
		{
			name: "weekday", chinese: "星期", required: true, excel: excelNumber,
			set: func(r *stopRow, s string) (bad *fault) { r.Weekday, bad = weekday(s); return },
		},
		{
			name: "customer", chinese: "客户编号", required: true,
			set: func(r *stopRow, s string) (bad *fault) { r.Customer, bad = digits(s); return },
		},
		{
			name: "week", chinese: "周次", excel: excelNumber,
			set: func(r *stopRow, s string) (bad *fault) { r.Week, bad = count(s, 0, visit.MaxCycle); return },
		},
	},
}

// weekdays are 1 to 7 by their place.
const weekdays = "一二三四五六日"

// weekday reads 1 to 7, 周一 or 星期一.
func weekday(s string) (int, *fault) {
	plain := strings.TrimPrefix(strings.TrimPrefix(s, "星期"), "周")
	if plain == "天" {
		plain = "日"
	}
	for i, r := range []rune(weekdays) {
		if plain == string(r) || s == fmt.Sprint(i+1) {
			return i + 1, nil
		}
	}
	return 0, wrong("weekday", "Value", cut(s))
}

// readRoutes makes one route of all rows of a rep. It takes the place of what is
// stored whole: a stop that is not in the file any more is gone.
func readRoutes(ctx context.Context, src *source, known Known) (*Import, error) {
	r, err := routes.read(ctx, src)
	if err != nil {
		return nil, err
	}
	people, err := roster(ctx, known)
	if err != nil {
		return nil, err
	}
	var ids []string
	for _, e := range r.entries {
		if e.row.Customer != "" {
			ids = append(ids, e.row.Customer)
		}
	}
	places, err := customersByID(ctx, known.Customers(), ids)
	if err != nil {
		return nil, err
	}
	r.next()
	out := &Import{Kind: Routes}
	at := make(map[string]int)
	for _, e := range r.entries {
		_, onRoster := people[e.row.rep]
		if e.row.rep != "" && !onRoster {
			r.report(e.line, "rep", wrong("unknown_rep", "Value", e.row.rep))
		}
		switch place, ok := places[e.row.Customer]; {
		case e.row.Customer == "":
		case !ok:
			r.report(e.line, "customer", wrong("unknown_customer", "Value", e.row.Customer))
		case onRoster && place.Owner != e.row.rep:
			r.report(e.line, "customer", wrong("not_owner", "Value", e.row.Customer, "Rep", e.row.rep))
		}
		i, ok := at[e.row.rep]
		if !ok {
			i = len(out.Routes)
			at[e.row.rep] = i
			out.Routes = append(out.Routes, visit.Route{Rep: e.row.rep})
		}
		out.Routes[i].Stops = append(out.Routes[i].Stops, e.row.RouteStop)
	}
	if err := r.err(); err != nil {
		return nil, err
	}
	return out, nil
}
