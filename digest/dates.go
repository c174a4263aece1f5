package digest

import (
	"cmp"
	"context"
	"fmt"
	"iter"
	"slices"

	"roundsman/storage"
	"roundsman/visit"
)

// Dates are the dates of teams, to be read in full.
type Dates struct {
	Store  Nouns
	Policy visit.Policy
	// Teams are those whose dates are read; none means all.
	Teams []string
	// From and To are included.
	From, To visit.Date
}

// RepDate is a rep's date in full: its report, and how its plan came about.
type RepDate struct {
	Report

	// Team is the team that the date belongs to.
	Team string
	// Made is the plan with what happened to it.
	Made    visit.Plan
	Outcome visit.Outcome
}

// maxNames bounds the customers that are remembered between dates.
const maxNames = 50_000

// Each yields the dates on which a rep had a plan, leave, or something happened,
// by date, team and the rep's name. While a date is looked at the next one is read.
func (d Dates) Each(ctx context.Context) iter.Seq2[RepDate, error] {
	return func(yield func(RepDate, error) bool) {
		ctx, cancel := context.WithCancel(ctx)
		read := make(chan readDate)
		done := make(chan struct{})
		go func() {
			defer close(done)
			defer close(read)
			d.read(ctx, read)
		}()
		defer func() { cancel(); <-done }()
		for r := range read {
			if r.err != nil {
				yield(RepDate{}, r.err)
				return
			}
			for _, row := range r.rows {
				if !yield(row, nil) {
					return
				}
			}
		}
		if err := ctx.Err(); err != nil {
			yield(RepDate{}, err)
		}
	}
}

// readDate is a date that was read.
type readDate struct {
	rows []RepDate
	err  error
}

// read reads the dates into a channel, until an error or the end of ctx.
func (d Dates) read(ctx context.Context, into chan<- readDate) {
	send := func(r readDate) bool {
		select {
		case into <- r:
			return r.err == nil
		case <-ctx.Done():
			return false
		}
	}
	r, err := d.reader(ctx)
	if err != nil {
		send(readDate{err: err})
		return
	}
	for date := d.From; date <= d.To; date = date.Add(1) {
		rows, err := r.date(ctx, date)
		if !send(readDate{rows, err}) {
			return
		}
	}
}

// reader reads dates one after the other.
type reader struct {
	Dates

	reps []visit.Rep
	// policies are the teams' own.
	policies  map[string]visit.Policy
	customers map[string]visit.Customer
	// facts is how many the date before had.
	facts int
	// goals are those of the month.
	month visit.Month
	goals Goals
}

func (d Dates) reader(ctx context.Context) (*reader, error) {
	r := &reader{Dates: d, policies: make(map[string]visit.Policy), customers: make(map[string]visit.Customer)}
	var err error
	if r.reps, err = d.Store.Roster().Reps(ctx); err != nil {
		return nil, fmt.Errorf("read the roster: %w", err)
	}
	teams, err := d.Store.Roster().Teams(ctx)
	if err != nil {
		return nil, fmt.Errorf("read the teams: %w", err)
	}
	for _, t := range teams {
		r.policies[t.Name] = d.Policy.Of(t)
	}
	return r, nil
}

// date returns everybody's date.
func (r *reader) date(ctx context.Context, date visit.Date) ([]RepDate, error) {
	if err := r.aim(ctx, date.Month()); err != nil {
		return nil, err
	}
	lines, err := r.Store.Plans().Date(ctx, date)
	if err != nil {
		return nil, fmt.Errorf("read the plans: %w", err)
	}
	imported := byRep(lines, func(l visit.PlannedVisit) string { return l.Rep })
	filter := storage.FactFilter{From: date, To: date}
	if len(r.Teams) == 1 {
		filter.Team = r.Teams[0]
	}
	all := make([]visit.Fact, 0, r.facts)
	for f, err := range r.Store.Facts().Range(ctx, filter) {
		if err != nil {
			return nil, fmt.Errorf("read the facts: %w", err)
		}
		all = append(all, f)
	}
	r.facts = len(all)
	facts := byRep(all, func(f visit.Fact) string { return f.Rep })
	var rows []RepDate
	for _, rep := range r.reps {
		if filter.Team != "" && len(imported[rep.ID]) > 0 && len(facts[rep.ID]) == 0 {
			// Nothing happened to the plan, or it was in a team that they have left since.
			if facts[rep.ID], err = r.Store.Facts().Day(ctx, rep.ID, date); err != nil {
				return nil, fmt.Errorf("read the facts: %w", err)
			}
		}
		row := r.repDate(rep, date, imported[rep.ID], facts[rep.ID])
		if len(r.Teams) > 0 && !slices.Contains(r.Teams, row.Team) {
			continue
		}
		if o := row.Outcome; len(o.Planned)+len(o.Dropped)+len(row.Made.Excused)+len(o.Calls)+o.Leave+len(row.Day.Complaints) > 0 || !o.Reported.IsZero() {
			rows = append(rows, row)
		}
	}
	slices.SortFunc(rows, func(a, b RepDate) int {
		return cmp.Or(cmp.Compare(a.Team, b.Team), cmp.Compare(a.Rep.Name, b.Rep.Name), cmp.Compare(a.Rep.ID, b.Rep.ID))
	})
	return rows, r.learn(ctx, rows)
}

// byRep cuts what is sorted by rep into each one's part.
func byRep[T any](sorted []T, rep func(T) string) map[string][]T {
	parts := make(map[string][]T)
	for len(sorted) > 0 {
		id := rep(sorted[0])
		end := slices.IndexFunc(sorted, func(t T) bool { return rep(t) != id })
		if end < 0 {
			end = len(sorted)
		}
		parts[id], sorted = sorted[:end:end], sorted[end:]
	}
	return parts
}

func (r *reader) repDate(rep visit.Rep, date visit.Date, imported []visit.PlannedVisit, facts []visit.Fact) RepDate {
	row := RepDate{Made: visit.FoldPlan(imported, facts)}
	day := visit.Fold(row.Made.Lines, facts)
	policy := r.policyOf(rep.Team)
	row.Outcome = visit.Sum(rep, policy, date, row.Made, day, facts)
	if row.Team = row.Outcome.Team; row.Team != rep.Team {
		policy = r.policyOf(row.Team)
		row.Outcome = visit.Sum(rep, policy, date, row.Made, day, facts)
	}
	row.Report = Report{
		RepDay: RepDay{
			Rep: rep, Plan: row.Made.Lines, Day: day, Tally: day.Tally(row.Made.Lines), Unconfirmed: row.Outcome.Unconfirmed,
		},
		Date: date, Zone: policy.Zone, Deadline: date.At(policy.ReportDeadline, policy.Zone),
	}
	if row.Team == rep.Team {
		// Who changed teams took the month's target along.
		row.Tally = r.goals.Day(rep.ID, date, row.Tally)
	}
	return row
}

// aim reads what everybody's days of a month are counted against.
func (r *reader) aim(ctx context.Context, month visit.Month) (err error) {
	if r.month == month {
		return nil
	}
	ids := make([]string, len(r.reps))
	for i, rep := range r.reps {
		ids[i] = rep.ID
	}
	r.month = month
	r.goals, err = LoadGoals(ctx, r.Store, r.Policy, month, ids...)
	return err
}

// policyOf is the policy of a team, or the company's where there is no such team.
func (r *reader) policyOf(team string) visit.Policy {
	if own, ok := r.policies[team]; ok {
		return own
	}
	return r.Policy
}

// learn gives the rows of a date their customers, of whom it reads those that
// are not known yet. One that is gone has its id for a name.
func (r *reader) learn(ctx context.Context, rows []RepDate) error {
	if len(r.customers) > maxNames {
		clear(r.customers)
	}
	wanted := make(map[string]visit.Customer)
	var ids []string
	want := func(id string) {
		if _, already := wanted[id]; already || id == "" {
			return
		}
		c, known := r.customers[id]
		if !known {
			c = visit.Customer{ID: id, Name: id}
			ids = append(ids, id)
		}
		wanted[id] = c
	}
	for i, row := range rows {
		rows[i].Customers = wanted
		for _, l := range slices.Concat(row.Made.Lines, row.Made.Excused) {
			want(l.Customer)
		}
		for _, c := range row.Made.Dropped {
			want(c)
		}
		for _, v := range row.Day.Visits {
			want(v.Customer)
		}
		for _, c := range row.Day.Complaints {
			want(c.Customer)
		}
	}
	found, err := r.Store.Customers().Get(ctx, ids...)
	if err != nil {
		return fmt.Errorf("read the customers: %w", err)
	}
	for _, c := range found {
		r.customers[c.ID], wanted[c.ID] = c, c
	}
	return nil
}

// Scores computes the metrics of the dates from their outcomes: those of the
// teams' reps and of whoever else was there, by team and name.
func (d Dates) Scores(ctx context.Context, outcomes []visit.Outcome) ([]visit.Rep, []visit.Score, error) {
	holidays, err := d.Store.Calendar().All(ctx)
	if err != nil {
		return nil, nil, fmt.Errorf("read the holidays: %w", err)
	}
	p, err := periodOf(ctx, d.Store, d.Teams, d.From, d.To, outcomes)
	if err != nil {
		return nil, nil, err
	}
	p.Calendar = visit.NewCalendar(d.Policy.China, holidays)
	if p.Targets, err = targetsOf(ctx, d.Store, p.Reps, d.From, d.To); err != nil {
		return nil, nil, err
	}
	if p.Last, err = p.lastVisits(ctx, d.Store, d.From); err != nil {
		return nil, nil, err
	}
	return p.people, p.Scores(), nil
}
