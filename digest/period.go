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

// Length is how long a period is.
type Length string

// The lengths: a week from Monday to Sunday, and a month of the calendar.
const (
	Week  Length = "week"
	Month Length = "month"
)

// Of returns the period in which a date lies.
func (l Length) Of(d visit.Date) (from, to visit.Date) {
	if l == Month {
		return d.Month().First(), d.Month().Last()
	}
	return d.Week()
}

// Before returns the last period with a workday before that of the date: after
// a week of holidays it is the one before them.
func (l Length) Before(c *visit.Calendar, d visit.Date) (from, to visit.Date) {
	begins, _ := l.Of(d)
	return l.Of(c.Last(begins))
}

// TeamPeriod is what a team's week or month came to, for its manager.
type TeamPeriod struct {
	Team     visit.Team
	Length   Length
	From, To visit.Date
	// Reps are the team's reps, by name, and whoever else made visits for it; Scores are theirs, in the same order.
	Reps   []visit.Rep
	Scores []visit.Score
	// Before is the whole team's score of the period before.
	Before visit.Score
	// Forgotten are the team's overdue customers at the period's end, the most overdue first.
	Forgotten []Forgotten
	// Avoided are those that their owners avoid: over the last four weeks at least.
	Avoided   []visit.Avoided
	Customers map[string]visit.Customer
}

// avoidedOver is over how many days at least it is asked whom somebody avoids: of a week one cannot tell.
const avoidedOver = 28

// LoadPeriod reads the team's last period before that of the date.
func LoadPeriod(ctx context.Context, store Nouns, calendar *visit.Calendar, team visit.Team, length Length, date visit.Date) (TeamPeriod, error) {
	p := TeamPeriod{Team: team, Length: length, Customers: make(map[string]visit.Customer)}
	p.From, p.To = length.Before(calendar, date)
	earlier, earlierTo := length.Before(calendar, p.From)
	looked := min(p.From, p.To.Add(1-avoidedOver))
	r, err := readPeriod(ctx, store, team.Name, min(earlier, looked), p.To)
	if err != nil {
		return p, err
	}
	r.Calendar = calendar
	if r.Targets, err = targetsOf(ctx, store, r.Reps, min(earlier, looked), p.To); err != nil {
		return p, err
	}
	p.Reps = r.people
	for _, c := range r.Customers {
		p.Customers[c.ID] = c
	}
	scores := func(from, to visit.Date) ([]visit.Score, error) {
		r.From, r.To = from, to
		var err error
		r.Last, err = r.lastVisits(ctx, store, from)
		return r.Scores(), err
	}
	before, err := scores(earlier, earlierTo)
	if err != nil {
		return p, err
	}
	p.Before = visit.Total(before)
	if p.Scores, err = scores(looked, p.To); err != nil {
		return p, err
	}
	p.Avoided = visit.Total(p.Scores).Avoided
	if p.Scores, err = scores(p.From, p.To); err != nil {
		return p, err
	}
	p.Forgotten = forgotten(r.Customers, r.latest, p.To)
	return p, nil
}

// LoadAvoided reads whom the team's reps avoid, over the four weeks to a date.
func LoadAvoided(ctx context.Context, store Nouns, calendar *visit.Calendar, team visit.Team, date visit.Date) (TeamPeriod, error) {
	p := TeamPeriod{Team: team, From: date.Add(1 - avoidedOver), To: date, Customers: make(map[string]visit.Customer)}
	r, err := readPeriod(ctx, store, team.Name, p.From, p.To)
	if err != nil {
		return p, err
	}
	r.Calendar, p.Reps = calendar, r.people
	for _, c := range r.Customers {
		p.Customers[c.ID] = c
	}
	if r.Last, err = r.lastVisits(ctx, store, p.From); err != nil {
		return p, err
	}
	p.Avoided = visit.Total(r.Scores()).Avoided
	return p, nil
}

// targetsOf reads the reps' targets of the months in which dates lie.
func targetsOf(ctx context.Context, store Nouns, reps []string, from, to visit.Date) (out []visit.MonthTarget, err error) {
	for m := from.Month(); m <= to.Month(); m = m.Add(1) {
		targets, err := store.Targets().Get(ctx, m, reps...)
		if err != nil {
			return nil, fmt.Errorf("read the targets: %w", err)
		}
		out = append(out, targets...)
	}
	return out, nil
}

// period is what a period's metrics are computed from, as it is read.
type period struct {
	visit.Period

	people []visit.Rep
	// latest is the date of each customer's last verified visit until the end.
	latest map[string]visit.Date
}

// lastVisits returns the dates of the customers' last verified visits before a date.
func (p *period) lastVisits(ctx context.Context, store Nouns, before visit.Date) (map[string]visit.Date, error) {
	ids := make([]string, len(p.Customers))
	for i, c := range p.Customers {
		ids[i] = c.ID
	}
	last, err := store.Outcomes().LastVerified(ctx, before, ids...)
	if err != nil {
		return nil, fmt.Errorf("read the last visits: %w", err)
	}
	return last, nil
}

// readPeriod reads what a team's dates came to.
func readPeriod(ctx context.Context, store Nouns, team string, from, to visit.Date) (*period, error) {
	var outcomes []visit.Outcome
	for o, err := range store.Outcomes().Range(ctx, storage.FactFilter{Team: team, From: from, To: to}) {
		if err != nil {
			return nil, fmt.Errorf("read what days came to: %w", err)
		}
		outcomes = append(outcomes, o)
	}
	return periodOf(ctx, store, []string{team}, from, to, outcomes)
}

// periodOf adds to what dates came to whose they are: the teams' reps and
// whoever else was there, with the customers of the teams. No teams means all.
func periodOf(ctx context.Context, store Nouns, teams []string, from, to visit.Date, outcomes []visit.Outcome) (*period, error) {
	p := &period{Period: visit.Period{From: from, To: to, Outcomes: outcomes}}
	all, err := store.Roster().Reps(ctx)
	if err != nil {
		return nil, fmt.Errorf("read the roster: %w", err)
	}
	there := make(map[string]bool)
	visited := make(map[string]visit.Date)
	for _, o := range outcomes {
		there[o.Rep] = there[o.Rep] || len(o.Calls) > 0
		for _, c := range o.Verified() {
			visited[c] = max(visited[c], o.Date)
		}
	}
	asked := func(r visit.Rep) bool { return len(teams) == 0 || slices.Contains(teams, r.Team) }
	for _, r := range all {
		if r.Role == visit.RoleRep && asked(r) || there[r.ID] {
			p.people = append(p.people, r)
		}
	}
	slices.SortFunc(p.people, func(a, b visit.Rep) int {
		return cmp.Or(cmp.Compare(a.Team, b.Team), cmp.Compare(a.Name, b.Name), cmp.Compare(a.ID, b.ID))
	})
	for _, r := range p.people {
		p.Reps = append(p.Reps, r.ID)
		if !asked(r) {
			continue // their customers went with them
		}
		owned, err := store.Customers().Owned(ctx, r.ID)
		if err != nil {
			return nil, fmt.Errorf("read the customers: %w", err)
		}
		p.Customers = append(p.Customers, owned...)
	}
	if p.latest, err = p.lastVisits(ctx, store, to.Add(1)); err != nil {
		return nil, err
	}
	// What others visited is known by its last date.
	for _, c := range slices.Sorted(maps.Keys(p.latest)) {
		if d := p.latest[c]; d >= from && d > visited[c] {
			p.Outcomes = append(p.Outcomes, visit.Outcome{Date: d, Calls: []visit.Call{{Customer: c, Verdict: visit.Verified}}})
		}
	}
	return p, nil
}
