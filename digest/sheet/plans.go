package sheet

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"

	"roundsman/storage"
	"roundsman/visit"
)

var plans = table[visit.PlannedVisit]{
	key:  func(p *visit.PlannedVisit) string { return string(p.Date) + "\x00" + p.Rep + "\x00" + p.Customer },
	keys: []string{"date", "rep", "customer"},
	columns: []column[visit.PlannedVisit]{
		{
			name: "date", chinese: "日期", required: true, excel: excelDate,
			set: func(p *visit.PlannedVisit, s string) (bad *fault) { p.Date, bad = date(s); return },
			get: func(p *visit.PlannedVisit) any { return string(p.Date) },
		},
		{
			name: "rep", chinese: "工号", required: true,
			set: func(p *visit.PlannedVisit, s string) (bad *fault) { p.Rep, bad = digits(s); return },
			get: func(p *visit.PlannedVisit) any { return p.Rep },
		},
		{
			name: "customer", chinese: "客户编号", required: true,
			set: func(p *visit.PlannedVisit, s string) (bad *fault) { p.Customer, bad = digits(s); return },
			get: func(p *visit.PlannedVisit) any { return p.Customer },
		},
		{
			name: "time", chinese: "时间", excel: excelTime,
			set: func(p *visit.PlannedVisit, s string) (bad *fault) { p.Window, bad = window(s); return },
			get: func(p *visit.PlannedVisit) any { return windowText(p.Window) },
		},
		{
			name: "purpose", chinese: "目的",
			set: func(p *visit.PlannedVisit, s string) *fault {
				var err error
				if p.Purpose, err = visit.ParsePurpose(strings.ToLower(s)); err != nil {
					return wrong("purpose", "Value", cut(s))
				}
				return nil
			},
			get: func(p *visit.PlannedVisit) any { return string(p.Purpose) },
		},
		{
			name: "reference", chinese: "单号",
			set: func(p *visit.PlannedVisit, s string) (bad *fault) { p.Reference, bad = digits(s); return },
			get: func(p *visit.PlannedVisit) any { return p.Reference },
		},
		{
			name: "collection_target", chinese: "回款目标", excel: excelMoney,
			set: func(p *visit.PlannedVisit, s string) (bad *fault) { p.CollectionTarget, bad = fen(s); return },
			get: func(p *visit.PlannedVisit) any { return yuan(p.CollectionTarget) },
		},
		{
			name: "order_target", chinese: "订货目标", excel: excelMoney,
			set: func(p *visit.PlannedVisit, s string) (bad *fault) { p.OrderTarget, bad = fen(s); return },
			get: func(p *visit.PlannedVisit) any { return yuan(p.OrderTarget) },
		},
		{
			name: "note", chinese: "备注",
			set: func(p *visit.PlannedVisit, s string) (bad *fault) { p.Note, bad = text(s, maxText); return },
			get: func(p *visit.PlannedVisit) any { return p.Note },
		},
	},
}

func readPlans(ctx context.Context, src *source, known Known) (*Import, error) {
	r, err := plans.read(ctx, src)
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
	out := &Import{Kind: Plans, Plans: make([]visit.PlannedVisit, len(r.entries))}
	// The order of a rep's round is the order of its rows, so that the same
	// file again comes to the same.
	type day struct {
		rep  string
		date visit.Date
	}
	stops := make(map[day]int)
	for i, e := range r.entries {
		if _, ok := people[e.row.Rep]; e.row.Rep != "" && !ok {
			r.report(e.line, "rep", wrong("unknown_rep", "Value", e.row.Rep))
		}
		if _, ok := places[e.row.Customer]; e.row.Customer != "" && !ok {
			r.report(e.line, "customer", wrong("unknown_customer", "Value", e.row.Customer))
		}
		d := day{e.row.Rep, e.row.Date}
		stops[d]++
		e.row.Order = stops[d]
		out.Plans[i] = e.row
	}
	if err := r.err(); err != nil {
		return nil, err
	}
	return out, nil
}

// plansOf returns the plans of a date as they stand, by rep: what was imported,
// and what became of it in chat.
func plansOf(ctx context.Context, store Source, date visit.Date) ([]visit.PlannedVisit, error) {
	lines, err := store.Plans().Date(ctx, date)
	if err != nil {
		return nil, fmt.Errorf("read the plans: %w", err)
	}
	imported := make(map[string][]visit.PlannedVisit)
	facts := make(map[string][]visit.Fact)
	for _, l := range lines {
		imported[l.Rep] = append(imported[l.Rep], l)
		facts[l.Rep] = nil
	}
	for f, err := range store.Facts().Range(ctx, storage.FactFilter{From: date, To: date}) {
		if err != nil {
			return nil, fmt.Errorf("read the facts: %w", err)
		}
		facts[f.Rep] = append(facts[f.Rep], f)
	}
	var out []visit.PlannedVisit
	for _, rep := range slices.Sorted(maps.Keys(facts)) {
		out = append(out, visit.FoldPlan(imported[rep], facts[rep]).Lines...)
	}
	return out, nil
}
