package digest

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"roundsman/storage"
	"roundsman/visit"
)

// Nouns are the parts of a store that a digest reads.
type Nouns interface {
	Roster() storage.Roster
	Customers() storage.Customers
	Plans() storage.Plans
	Targets() storage.Targets
	Calendar() storage.Calendar
	Facts() storage.Facts
	Outcomes() storage.Outcomes
	Complaints() storage.Complaints
	Consents() storage.Consents
}

// TeamDay is everything about a team on a date.
type TeamDay struct {
	Team visit.Team
	Date visit.Date
	Zone *time.Location
	// Reps are the team's reps, by name; managers and admins only if they have a plan or visits.
	Reps      []RepDay
	Customers map[string]visit.Customer
	// Before is what the team's day a week before came to; zero if nothing is kept of it.
	Before visit.Tally
	// Forgotten are the team's overdue customers (遗忘客户), the most overdue first.
	Forgotten []Forgotten
	// MadeUp is what came after the summary of the workday before.
	MadeUp []MadeUp
	// Complaints are the team's open ones, by when they are due.
	Complaints []visit.ComplaintCase
	// Wide is what the group hears besides, where its team chose so.
	Wide *Wide
}

// Forgotten is a customer whose next visit is overdue.
type Forgotten struct {
	Customer visit.Customer
	// Last is the date of the last verified visit, whose ever; empty if there was none.
	Last visit.Date
	// Overdue is days since then ÷ cadence, above 1.
	Overdue float64
}

// RepDay is a rep's plan and what became of it.
type RepDay struct {
	Rep   visit.Rep
	Plan  []visit.PlannedVisit
	Day   visit.Day
	Tally visit.Tally
	// Unconfirmed says that the plan is a proposal that the rep never looked at.
	Unconfirmed bool
	// Settled says that the plan is one to approve, Approval how it stands with
	// the manager, Changed when the rep last changed it; zero if they never did.
	Settled  bool
	Approval visit.Approval
	Changed  time.Time
}

// Total returns the team's tally.
func (d TeamDay) Total() visit.Tally {
	var t visit.Tally
	for _, r := range d.Reps {
		t = t.Add(r.Tally)
	}
	return t
}

// Name returns a customer's name, or the id of one that is gone.
func (d TeamDay) Name(customer string) string {
	if c, ok := d.Customers[customer]; ok {
		return c.Name
	}
	return customer
}

// Load reads a team's day.
func Load(ctx context.Context, store Nouns, policy visit.Policy, team visit.Team, date visit.Date) (TeamDay, error) {
	out := TeamDay{Team: team, Date: date, Zone: policy.ZoneOf(team), Customers: make(map[string]visit.Customer)}
	reps, err := store.Roster().Reps(ctx)
	if err != nil {
		return out, fmt.Errorf("read the roster: %w", err)
	}
	facts := make(map[string][]visit.Fact)
	for f, err := range store.Facts().Range(ctx, storage.FactFilter{Team: team.Name, From: date, To: date}) {
		if err != nil {
			return out, fmt.Errorf("read the facts: %w", err)
		}
		facts[f.Rep] = append(facts[f.Rep], f)
	}
	// Of a large company the team's own are read alone.
	reps = slices.DeleteFunc(reps, func(r visit.Rep) bool { return r.Team != team.Name && len(facts[r.ID]) == 0 })
	plans, err := plansOf(ctx, store, date, reps)
	if err != nil {
		return out, err
	}
	var ids []string
	for _, r := range reps {
		plan, happened := plans[r.ID], facts[r.ID]
		folded := visit.FoldPlan(plan, happened)
		if r.Team != team.Name {
			// They changed teams; what they did for this one stays with it, the plan went with them.
			folded = visit.Plan{}
		}
		plan = folded.Lines
		day := visit.Fold(plan, happened)
		if r.Role != visit.RoleRep && len(plan)+len(day.Visits)+len(day.Unplaced) == 0 {
			continue
		}
		out.Reps = append(out.Reps, RepDay{
			Rep: r, Plan: plan, Day: day, Tally: day.Tally(plan), Unconfirmed: folded.Proposed && !folded.Confirmed,
			Settled: folded.Settled(), Approval: folded.Approval, Changed: folded.Changed,
		})
		for _, p := range plan {
			ids = append(ids, p.Customer)
		}
		for _, v := range day.Visits {
			ids = append(ids, v.Customer)
		}
	}
	if err := out.aim(ctx, store, policy); err != nil {
		return out, err
	}
	slices.SortFunc(out.Reps, func(a, b RepDay) int {
		return strings.Compare(a.Rep.Name+"\x00"+a.Rep.ID, b.Rep.Name+"\x00"+b.Rep.ID)
	})
	slices.Sort(ids)
	customers, err := store.Customers().Get(ctx, slices.Compact(ids)...)
	if err != nil {
		return out, fmt.Errorf("read the customers: %w", err)
	}
	for _, c := range customers {
		out.Customers[c.ID] = c
	}
	return out, nil
}

// plansOf returns what was imported for the reps' date, by rep.
func plansOf(ctx context.Context, store Nouns, date visit.Date, reps []visit.Rep) (map[string][]visit.PlannedVisit, error) {
	ids := make([]string, len(reps))
	for i, r := range reps {
		ids[i] = r.ID
	}
	lines, err := store.Plans().Of(ctx, date, ids...)
	if err != nil {
		return nil, fmt.Errorf("read the plans: %w", err)
	}
	plans := make(map[string][]visit.PlannedVisit)
	for _, l := range lines {
		plans[l.Rep] = append(plans[l.Rep], l)
	}
	return plans, nil
}

// aim counts the days of the team's reps against their months' targets, which
// went with whoever changed teams.
func (d *TeamDay) aim(ctx context.Context, store Nouns, policy visit.Policy) error {
	var ids []string
	for _, r := range d.Reps {
		if r.Rep.Team == d.Team.Name {
			ids = append(ids, r.Rep.ID)
		}
	}
	goals, err := LoadGoals(ctx, store, policy, d.Date.Month(), ids...)
	if err != nil {
		return err
	}
	for i, r := range d.Reps {
		d.Reps[i].Tally = goals.Day(r.Rep.ID, d.Date, r.Tally)
	}
	return nil
}
