package visit

import (
	"maps"
	"slices"
	"strings"
)

// Metric names one of the figures by which visits are judged: each is a [Share].
// docs/METRICS.md has their formulas with worked cases, which a test computes.
type Metric string

// The metrics. All go by effective verdicts ([Visit.Verdict]); "visited" means
// a verified visit, by whomever, and "customers" those that the rep owns.
const (
	// MetricAdherence (计划达成率): planned customers visited on their date by the rep ÷ planned customers.
	MetricAdherence Metric = "adherence"
	// MetricRoute (线路依从率): the most of the planned visits made that follow each other as planned ÷ planned visits made.
	MetricRoute Metric = "route"
	// MetricCoverage (客户覆盖率): customers visited ÷ customers; the others are those of one grade.
	MetricCoverage  Metric = "coverage"
	MetricCoverageA Metric = "coverage_a"
	MetricCoverageB Metric = "coverage_b"
	MetricCoverageC Metric = "coverage_c"
	// MetricFrequency (频次达标率): customers that were never without a visit for
	// longer than their cadence ÷ customers with a cadence.
	MetricFrequency Metric = "frequency"
	// MetricProductive (拜访成交率): visits with an order ÷ visits, whatever their verdict.
	MetricProductive Metric = "productive"
	// MetricMinimum (日拜访达标率): days on which the rep visited the least number of
	// distinct customers, of which leave takes its part ÷ days worked that have such a number.
	MetricMinimum Metric = "minimum"
	// MetricVerified (核实率): verified visits ÷ visits with a verdict.
	MetricVerified Metric = "verified"
	// MetricOrders and MetricCollections (目标达成率): fen ordered and collected ÷ their
	// target, as [Tally.Against] has it for each date. Without a target of the
	// month they are those of the dates whose plan has one.
	MetricOrders      Metric = "order_target"
	MetricCollections Metric = "collection_target"
	// MetricReports (日报及时率): reports by their deadline ÷ days worked.
	MetricReports Metric = "report"
	// MetricOverdue (逾期): customers overdue at the period's end ÷ customers with a cadence and some visit ever.
	MetricOverdue Metric = "overdue"
	// MetricAvoidance (回避): customers avoided ([Avoided]) ÷ customers.
	MetricAvoidance Metric = "avoidance"
)

// Metrics are all, in the order in which they are shown.
var Metrics = []Metric{
	MetricAdherence, MetricRoute, MetricCoverage, MetricCoverageA, MetricCoverageB, MetricCoverageC, MetricFrequency,
	MetricProductive, MetricMinimum, MetricVerified, MetricOrders, MetricCollections, MetricReports, MetricOverdue, MetricAvoidance,
}

// Money reports whether the metric's two numbers are fen; they are counts otherwise.
func (m Metric) Money() bool { return m == MetricOrders || m == MetricCollections }

// coverageOf are the coverages of the grades.
var coverageOf = map[string]Metric{"A": MetricCoverageA, "B": MetricCoverageB, "C": MetricCoverageC}

// Period is what the metrics of the dates From to To, both included, are computed from.
type Period struct {
	From, To Date
	// Reps are whom it is about, by id.
	Reps []string
	// Outcomes are what days came to; other dates do not count. Those of other
	// reps only say which customers were visited.
	Outcomes []Outcome
	// Customers are those that the reps own.
	Customers []Customer
	// Last is the date of a customer's last verified visit before From; none if there was none.
	Last map[string]Date
	// Targets are the reps' of the months in which the period lies.
	Targets []MonthTarget
	// Calendar tells the dates on which a minimum and a report are due, and over which a target is spread.
	Calendar *Calendar
}

// Score is what a rep's period came to, or with [Score.Add] a team's.
type Score struct {
	// Rep is empty for a sum.
	Rep string
	// Days are the days worked: workdays with a plan or a visit and no whole day
	// of leave. Leave is what was granted, in half days, counted apart.
	Days, Leave int
	// Tally adds up the days; its Distinct are distinct within a day.
	Tally Tally
	// Shares has every metric.
	Shares map[Metric]Share
	// Avoided are the customers that are avoided, the most often first.
	Avoided []Avoided
}

// Add returns the score of both together.
func (s Score) Add(o Score) Score {
	out := Score{Days: s.Days + o.Days, Leave: s.Leave + o.Leave, Tally: s.Tally.Add(o.Tally), Shares: make(map[Metric]Share, len(Metrics))}
	for _, m := range Metrics {
		out.Shares[m] = s.Shares[m].Add(o.Shares[m])
	}
	out.Avoided = slices.Concat(s.Avoided, o.Avoided)
	slices.SortFunc(out.Avoided, compareAvoided)
	return out
}

// Total returns the score of all together.
func Total(scores []Score) Score {
	total := Score{}.Add(Score{})
	for _, s := range scores {
		total = total.Add(s)
	}
	return total
}

// Worked reports whether the rep had something to do on the date, and no leave
// for all of it: then a report is due.
func (o Outcome) Worked() bool { return len(o.Planned)+len(o.Calls) > 0 && o.Leave < 2 }

// MetMinimum reports whether the date has its least number of distinct
// customers verified. Half a day of leave takes half of it, rounded up.
func (o Outcome) MetMinimum() bool { return 2*len(o.Verified()) >= o.Minimum*(2-o.Leave) }

// OnTime reports whether the report was submitted by its deadline.
func (o Outcome) OnTime() bool { return !o.Reported.IsZero() && !o.Reported.After(o.ReportDue) }

// Scores computes the metrics of each of the reps, in their order.
func (p Period) Scores() []Score {
	days := slices.DeleteFunc(slices.Clone(p.Outcomes), func(o Outcome) bool { return o.Date < p.From || o.Date > p.To })
	slices.SortStableFunc(days, func(a, b Outcome) int { return strings.Compare(string(a.Date), string(b.Date)) })
	visited := make(map[string][]Date) // the dates on which a customer was visited
	of := make(map[string][]Outcome, len(p.Reps))
	for _, o := range days {
		of[o.Rep] = append(of[o.Rep], o)
		for _, c := range o.Verified() {
			visited[c] = append(visited[c], o.Date)
		}
	}
	owned := make(map[string][]Customer, len(p.Reps))
	for _, c := range p.Customers {
		owned[c.Owner] = append(owned[c.Owner], c)
	}
	avoided := p.avoided(days)
	scores := make([]Score, len(p.Reps))
	for i, rep := range p.Reps {
		s := Score{Rep: rep, Shares: make(map[Metric]Share, len(Metrics)), Avoided: avoided[rep]}
		for _, m := range Metrics {
			s.Shares[m] = Share{}
		}
		p.ofDays(&s, of[rep])
		p.ofCustomers(&s, owned[rep], visited)
		scores[i] = s
	}
	return scores
}

// count adds one to the metric's whole, and to its part if it is so.
func (s Score) count(m Metric, is bool) {
	share := s.Shares[m]
	share.Den++
	if is {
		share.Num++
	}
	s.Shares[m] = share
}

// ofDays adds what a rep's days say.
func (p Period) ofDays(s *Score, days []Outcome) {
	orders, collections := p.targets(s.Rep)
	for _, o := range days {
		t := o.Tally()
		s.Tally, s.Leave = s.Tally.Add(t), s.Leave+o.Leave
		made, inOrder := o.route()
		s.Shares[MetricRoute] = s.Shares[MetricRoute].Add(shareOf(inOrder, made))
		orders.add(o.Date.Month(), t.Ordered, t.OrderTarget)
		collections.add(o.Date.Month(), t.Collected, t.CollectionTarget)
		if !o.Worked() || !p.Calendar.Workday(o.Date) {
			continue
		}
		s.Days++
		s.count(MetricReports, o.OnTime())
		if o.Minimum > 0 {
			s.count(MetricMinimum, o.MetMinimum())
		}
	}
	t := s.Tally
	maps.Copy(s.Shares, map[Metric]Share{
		MetricAdherence:   shareOf(t.Reached, t.Planned),
		MetricProductive:  shareOf(t.Productive, t.Visits),
		MetricVerified:    shareOf(t.Verified, t.Verified+t.Near+t.OffSite+t.Suspicious),
		MetricOrders:      orders.share(),
		MetricCollections: collections.share(),
	})
}

// achievement is an amount against its target while it is added up.
type achievement struct {
	actual, target int64
	// months are those with a target of their own, which stands above the plans'.
	months map[Month]bool
}

// targets begins with what falls on the period's dates of a rep's months.
func (p Period) targets(rep string) (orders, collections achievement) {
	orders.months, collections.months = make(map[Month]bool), make(map[Month]bool)
	for _, m := range p.Targets {
		if m.Rep != rep {
			continue
		}
		orders.months[m.Month], collections.months[m.Month] = Fen(m.Order) > 0, Fen(m.Collection) > 0
		for d := max(p.From, m.Month.First()); d <= min(p.To, m.Month.Last()); d = d.Add(1) {
			order, collection := m.On(d, p.Calendar)
			orders.target, collections.target = orders.target+order, collections.target+collection
		}
	}
	return orders, collections
}

// add adds a date's amount, and what was planned for its visits: in a month
// without a target an amount counts where something was planned.
func (a *achievement) add(month Month, actual, planned int64) {
	switch {
	case a.months[month]:
		a.actual += actual
	case planned > 0:
		a.actual, a.target = a.actual+actual, a.target+planned
	}
}

// share is unknown where nothing was to be achieved.
func (a *achievement) share() Share {
	if a.target == 0 {
		return Share{}
	}
	return Share{a.actual, a.target}
}

// ofCustomers adds what became of the customers that a rep owns.
func (p Period) ofCustomers(s *Score, owned []Customer, visited map[string][]Date) {
	for _, c := range owned {
		dates := visited[c.ID]
		s.count(MetricCoverage, len(dates) > 0)
		if m, ok := coverageOf[c.Grade]; ok {
			s.count(m, len(dates) > 0)
		}
		s.count(MetricAvoidance, slices.ContainsFunc(s.Avoided, func(a Avoided) bool { return a.Customer == c.ID }))
		if c.Due() == 0 {
			continue
		}
		s.count(MetricFrequency, p.frequent(c, dates))
		last := p.Last[c.ID]
		if len(dates) > 0 {
			last = dates[len(dates)-1]
		}
		if last != "" {
			s.count(MetricOverdue, c.Overdue(last, p.To) > 1)
		}
	}
}

// frequent reports whether a customer was never without a visit for longer than
// its cadence: from the last one before the period, or from its first date if
// there was none, to its end. Without any visit it was not.
func (p Period) frequent(c Customer, dates []Date) bool {
	last := p.Last[c.ID]
	if last == "" && len(dates) == 0 {
		return false
	}
	if last == "" {
		last = p.From
	}
	for _, d := range append(slices.Clone(dates), p.To) {
		if c.Overdue(last, d) > 1 {
			return false
		}
		last = d
	}
	return true
}

// route returns how many planned customers were visited, and how many of these
// at most follow each other as planned, each by its first verified visit.
func (o Outcome) route() (made, inOrder int) {
	// longest[i] is the length of the longest run in order that ends with the visit i.
	var places, longest []int
	for _, c := range o.Calls {
		place := slices.Index(o.Planned, c.Customer)
		if c.Verdict != Verified || place < 0 || slices.Contains(places, place) {
			continue
		}
		run := 1
		for i, before := range places {
			if before < place {
				run = max(run, longest[i]+1)
			}
		}
		places, longest = append(places, place), append(longest, run)
		inOrder = max(inOrder, run)
	}
	return len(places), inOrder
}
