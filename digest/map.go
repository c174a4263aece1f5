package digest

import (
	"fmt"
	"slices"

	"roundsman/bot"
	"roundsman/catalog"
	"roundsman/digest/picture"
	"roundsman/visit"
)

// RepMap is a rep's day as a schematic map, for their manager's eyes: planned
// customers with their fences, the visits in their order. It is empty if there
// is nothing to show.
func RepMap(d TeamDay, r RepDay, policy visit.Policy, say *catalog.Catalog) (bot.Body, error) {
	m, ok := dayMap(d, r, policy, say)
	if !ok {
		return bot.Body{}, nil
	}
	data, err := m.PNG()
	if err != nil {
		return bot.Body{}, fmt.Errorf("draw a map: %w", err)
	}
	return bot.Body{Image: &bot.File{Data: data, Name: string(d.Date) + ".png", Alt: m.Title + " · " + m.Totals}}, nil
}

// Maps are the maps of a team's reps on one picture, for their manager's eyes.
// Where they are too many it has those with the most open visits.
func Maps(d TeamDay, policy visit.Policy, say *catalog.Catalog) (bot.Body, error) {
	reps := slices.Clone(d.Reps)
	slices.SortStableFunc(reps, func(a, b RepDay) int {
		return (b.Tally.Planned - b.Tally.Reached) - (a.Tally.Planned - a.Tally.Reached)
	})
	var atlas picture.Atlas
	for _, r := range reps {
		if m, ok := dayMap(d, r, policy, say); ok && len(atlas) < picture.MaxMaps {
			atlas = append(atlas, m)
		}
	}
	if len(atlas) == 0 {
		return bot.Body{}, nil
	}
	data, err := atlas.PNG()
	if err != nil {
		return bot.Body{}, fmt.Errorf("draw the maps: %w", err)
	}
	title := say.T("map.title", "Name", d.Team.Name, "Date", say.Date(d.Date.Time()))
	return bot.Body{Image: &bot.File{Data: data, Name: string(d.Date) + ".png", Alt: title}}, nil
}

// dayMap is a rep's day as a map; false if it has no place.
func dayMap(d TeamDay, r RepDay, policy visit.Policy, say *catalog.Catalog) (picture.DayMap, bool) {
	m := picture.DayMap{
		Title:   say.T("map.title", "Name", r.Rep.Name, "Date", say.Date(d.Date.Time())),
		Totals:  say.T("evening.adherence") + " " + say.Share(r.Tally.Reached, r.Tally.Planned),
		Reached: say.T("picture.verified"), Open: say.T("picture.open"), Visit: say.T("map.visit"), North: say.T("map.north"),
	}
	reached := make(map[string]bool)
	for _, v := range r.Day.Visits {
		if v.Verdict() == visit.Verified {
			reached[v.Customer] = true
		}
		if p := v.Fix.Point; !p.IsZero() && len(m.Visits) < picture.MaxPlaces {
			m.Visits = append(m.Visits, p)
		}
	}
	for _, p := range r.Plan {
		c, ok := d.Customers[p.Customer]
		if !ok || c.Place.IsZero() || len(m.Customers) == picture.MaxPlaces {
			continue
		}
		radius := c.Radius
		if radius == 0 {
			radius = policy.Rules.Radius
		}
		m.Customers = append(m.Customers, picture.Customer{Name: c.Name, At: c.Place, Radius: radius, Reached: reached[c.ID]})
	}
	return m, len(m.Customers)+len(m.Visits) > 0
}
