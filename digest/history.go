package digest

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"slices"

	"roundsman/storage"
	"roundsman/visit"
)

// week is how far back a day is compared with.
const week = 7

// LoadHistory adds to a team's day what it is compared with: the same day a
// week before, the customers that are overdue by its end, and the open complaints.
func LoadHistory(ctx context.Context, store Nouns, policy visit.Policy, d *TeamDay) error {
	before := d.Date.Add(-week)
	tallies := make(map[string]visit.Tally)
	for o, err := range store.Outcomes().Range(ctx, storage.FactFilter{Team: d.Team.Name, From: before, To: before}) {
		if err != nil {
			return fmt.Errorf("read the week before: %w", err)
		}
		tallies[o.Rep] = o.Tally()
	}
	goals, err := LoadGoals(ctx, store, policy, before.Month(), slices.Collect(maps.Keys(tallies))...)
	if err != nil {
		return err
	}
	for rep, t := range tallies {
		d.Before = d.Before.Add(goals.Day(rep, before, t))
	}
	for _, r := range d.Reps {
		found, err := Overdue(ctx, store, r.Rep.ID, d.Date)
		if err != nil {
			return err
		}
		d.Forgotten = append(d.Forgotten, found...)
	}
	slices.SortFunc(d.Forgotten, compareForgotten)
	if d.Complaints, err = store.Complaints().Open(ctx, d.Team.Name); err != nil {
		return fmt.Errorf("read the complaints: %w", err)
	}
	return d.nameComplainants(ctx, store)
}

// Overdue returns a rep's customers that are overdue by the end of a date, the most overdue first.
func Overdue(ctx context.Context, store Nouns, rep string, date visit.Date) ([]Forgotten, error) {
	owned, err := store.Customers().Owned(ctx, rep)
	if err != nil {
		return nil, fmt.Errorf("read the customers: %w", err)
	}
	ids := make([]string, len(owned))
	for i, c := range owned {
		ids[i] = c.ID
	}
	last, err := store.Outcomes().LastVerified(ctx, date.Add(1), ids...)
	if err != nil {
		return nil, fmt.Errorf("read the last visits: %w", err)
	}
	return forgotten(owned, last, date), nil
}

// forgotten finds the customers that are overdue by the end of a date, by the
// dates of their last visits, the most overdue first.
func forgotten(customers []visit.Customer, last map[string]visit.Date, date visit.Date) (out []Forgotten) {
	for _, c := range customers {
		// Who was never visited is new, not forgotten.
		if f := (Forgotten{c, last[c.ID], c.Overdue(last[c.ID], date)}); f.Last != "" && f.Overdue > 1 {
			out = append(out, f)
		}
	}
	slices.SortFunc(out, compareForgotten)
	return out
}

func compareForgotten(a, b Forgotten) int {
	return cmp.Or(cmp.Compare(b.Overdue, a.Overdue), cmp.Compare(a.Customer.ID, b.Customer.ID))
}
