package digest

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"roundsman/bot"
	"roundsman/catalog"
	"roundsman/storage"
	"roundsman/visit"
)

// Wide is what a group hears besides where its team chose the wider form.
type Wide struct {
	// Least is the least number of customers of a day.
	Least   int
	Avoided TeamPeriod
	// Agreed are the reps, by id, whose first and last visits may be told.
	Agreed map[string]bool
}

// LoadEvening reads a team's day as the evening's summary shows it.
func LoadEvening(ctx context.Context, store Nouns, calendar *visit.Calendar, policy visit.Policy, team visit.Team, date visit.Date) (TeamDay, error) {
	d, err := Load(ctx, store, policy, team, date)
	if err != nil || len(d.Reps) == 0 {
		return d, err
	}
	if err := LoadHistory(ctx, store, policy, &d); err != nil {
		return d, err
	}
	own := policy.Of(team)
	if own.Group != visit.GroupWide {
		return d, nil
	}
	d.Wide = &Wide{Least: own.MinVisits, Agreed: make(map[string]bool)}
	if d.Wide.Avoided, err = LoadAvoided(ctx, store, calendar, team, date); err != nil {
		return d, err
	}
	for _, r := range d.Reps {
		c, err := store.Consents().Latest(ctx, r.Rep.ID)
		if err != nil && !errors.Is(err, storage.ErrNotFound) {
			return d, fmt.Errorf("read a consent: %w", err)
		}
		d.Wide.Agreed[r.Rep.ID] = c.Wide() || !policy.ConsentRequired
	}
	return d, nil
}

// belowLine names those who are below the least number of customers.
func belowLine(d TeamDay, least int, say *catalog.Catalog) []bot.Line {
	var below []string
	for _, r := range d.Reps {
		if r.below(least) {
			below = append(below, say.T("detail.below_one", "Name", r.Rep.Name, "Count", r.Tally.Distinct))
		}
	}
	if len(below) == 0 {
		return nil
	}
	return []bot.Line{{Label: say.T("detail.below", "Count", least), Text: strings.Join(below, say.T("list.comma"))}}
}

// wideLines are what the group hears besides of the team.
func wideLines(d TeamDay, say *catalog.Catalog) []bot.Line {
	if d.Wide == nil {
		return nil
	}
	return append(belowLine(d, d.Wide.Least, say), avoidedLine(d.Wide.Avoided, say)...)
}

// times is when a rep's first and last visits were, if the group may hear it.
func (d TeamDay) times(r RepDay, say *catalog.Catalog) string {
	if d.Wide == nil || !d.Wide.Agreed[r.Rep.ID] || len(r.Day.Visits) == 0 {
		return ""
	}
	return " · " + Report{RepDay: r, Date: d.Date, Zone: d.Zone}.span(say)
}
