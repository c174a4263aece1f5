package visit_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"roundsman/geo"
	"roundsman/visit"
)

func TestShare(t *testing.T) {
	t.Parallel()
	for want, s := range map[string]visit.Share{
		"3/8 (38%)": {Num: 3, Den: 8}, "0/4 (0%)": {Den: 4}, "—": {}, "1/1 (100%)": {Num: 1, Den: 1}, "9/8 (113%)": {Num: 9, Den: 8},
	} {
		if s.String() != want {
			t.Errorf("%d of %d is %q, want %q", s.Num, s.Den, s, want)
		}
	}
}

// drawPeriod draws a fortnight of two teams' reps who visit each other's customers too.
func drawPeriod(rt *rapid.T) visit.Period {
	const from = visit.Date("2026-11-16")
	p := visit.Period{
		From: from.Add(rapid.IntRange(0, 5).Draw(rt, "from")), To: from.Add(rapid.IntRange(6, 13).Draw(rt, "to")),
		Reps: []string{"R0", "R1", "R2"}, Last: make(map[string]visit.Date),
		Calendar: visit.NewCalendar(true, nil),
	}
	shop := geo.Point{Lat: 31.2304, Lng: 121.4737, Datum: geo.WGS84}
	var ids []string
	for i := range 9 {
		c := visit.Customer{ID: fmt.Sprint("C", i), Owner: p.Reps[i%3], Grade: []string{"A", "B", "C", ""}[i%4], Point: geo.Offset(shop, float64(1+400*i), 90)}
		p.Customers, ids = append(p.Customers, c), append(ids, c.ID)
		if rapid.Bool().Draw(rt, "known") {
			p.Last[c.ID] = p.From.Add(-rapid.IntRange(1, 40).Draw(rt, "ago"))
		}
	}
	customer, half := rapid.SampledFrom(ids), rapid.IntRange(0, 2)
	verdict := rapid.SampledFrom([]visit.Verdict{visit.Verified, visit.Verified, visit.Near, visit.OffSite, visit.Suspicious})
	for day := range 14 {
		for _, rep := range p.Reps {
			o := visit.Outcome{Rep: rep, Date: from.Add(day), Minimum: rapid.IntRange(0, 3).Draw(rt, "minimum"), ReportDue: planTime}
			if rapid.IntRange(0, 4).Draw(rt, "leaves") == 0 {
				o.Leave = half.Draw(rt, "leave")
			}
			if rapid.Bool().Draw(rt, "reports") {
				o.Reported = planTime.AddDate(0, 0, rapid.IntRange(-1, 1).Draw(rt, "late"))
			}
			o.Planned = rapid.SliceOfNDistinct(customer, 0, 4, rapid.ID).Draw(rt, "planned")
			o.Shed = rapid.SliceOfNDistinct(customer, 0, 1, rapid.ID).Draw(rt, "shed")
			o.OrderTarget = rapid.Int64Range(0, 2).Draw(rt, "target") * 100
			for i := range rapid.IntRange(0, 4).Draw(rt, "calls") {
				c := visit.Call{Visit: fmt.Sprint(i), Customer: customer.Draw(rt, "customer"), Verdict: verdict.Draw(rt, "verdict")}
				if rapid.IntRange(0, 5).Draw(rt, "prospect") == 0 {
					c.Customer, c.Verdict = "", ""
				}
				if rapid.Bool().Draw(rt, "orders") {
					c.Order = new(rapid.Int64Range(0, 300).Draw(rt, "order"))
				}
				o.Calls = append(o.Calls, c)
			}
			p.Outcomes = append(p.Outcomes, o)
		}
	}
	return p
}

// Shares are parts of their wholes, but for targets, which may be exceeded; the
// order in which days come does not matter; and one rep's figures are the same
// whoever else is asked about.
func TestSharesArePartsOfTheirWholes(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(rt *rapid.T) {
		p := drawPeriod(rt)
		scores := p.Scores()
		for _, s := range scores {
			if len(s.Shares) != len(visit.Metrics) {
				rt.Fatalf("%s has %d metrics", s.Rep, len(s.Shares))
			}
			for m, share := range s.Shares {
				if share.Num < 0 || share.Den < 0 || !m.Money() && share.Num > share.Den || !share.Known() && share.Num != 0 {
					rt.Fatalf("%s of %s is %+v", m, s.Rep, share)
				}
			}
		}
		again := p
		again.Outcomes = rapid.Permutation(p.Outcomes).Draw(rt, "order")
		if diff := cmp.Diff(scores, again.Scores()); diff != "" {
			rt.Fatalf("the order matters: %s", diff)
		}
		alone := p
		alone.Reps = []string{"R1"}
		if diff := cmp.Diff(scores[1:2], alone.Scores()); diff != "" {
			rt.Fatalf("the others matter: %s", diff)
		}
	})
}

// A team's figures are the sums of its reps', and these those of their days:
// what is added up, however it is divided, comes to the same.
func TestATeamIsTheSumOfItsRepsAndAPeriodOfItsDays(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(rt *rapid.T) {
		p := drawPeriod(rt)
		scores := p.Scores()
		total := visit.Total(scores)
		var tally visit.Tally
		var worked, leave int
		for _, o := range p.Outcomes {
			if o.Date < p.From || o.Date > p.To {
				continue
			}
			tally, leave = tally.Add(o.Tally()), leave+o.Leave
			if o.Worked() && p.Calendar.Workday(o.Date) {
				worked++
			}
		}
		if total.Tally != tally || total.Days != worked || total.Leave != leave {
			rt.Fatalf("the total is %+v, the days %+v", total, tally)
		}
		for _, m := range visit.Metrics {
			var num, den int64
			for _, s := range scores {
				num, den = num+s.Shares[m].Num, den+s.Shares[m].Den
			}
			if got := total.Shares[m]; got.Num != num || got.Den != den {
				rt.Fatalf("%s of the team is %v, of its reps %d/%d", m, got, num, den)
			}
		}
		// Metrics of days are the sums of single days; those of customers need the whole period.
		days := make(map[visit.Metric]visit.Share)
		for d := p.From; d <= p.To; d = d.Add(1) {
			one := p
			one.From, one.To = d, d
			for m, share := range visit.Total(one.Scores()).Shares {
				days[m] = days[m].Add(share)
			}
		}
		for _, m := range []visit.Metric{
			visit.MetricAdherence, visit.MetricRoute, visit.MetricProductive, visit.MetricMinimum,
			visit.MetricVerified, visit.MetricOrders, visit.MetricCollections, visit.MetricReports,
		} {
			if days[m] != total.Shares[m] {
				rt.Fatalf("%s is %v, of the days %v", m, total.Shares[m], days[m])
			}
		}
	})
}

// Of a rep's whole customers those of the grades are parts.
func TestGradesArePartsOfTheCoverage(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(rt *rapid.T) {
		for _, s := range drawPeriod(rt).Scores() {
			grades := s.Shares[visit.MetricCoverageA].Add(s.Shares[visit.MetricCoverageB]).Add(s.Shares[visit.MetricCoverageC])
			if all := s.Shares[visit.MetricCoverage]; grades.Num > all.Num || grades.Den > all.Den {
				rt.Fatalf("of %v the grades have %v", all, grades)
			}
			if n := int64(len(s.Avoided)); s.Shares[visit.MetricAvoidance].Num != n {
				rt.Fatalf("%d avoided, %v", n, s.Shares[visit.MetricAvoidance])
			}
		}
	})
}

// What a period sums up is what its facts say: amounts, visits, and the shares made of them.
func TestAPeriodsSumsEqualItsFacts(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(rt *rapid.T) {
		plan, facts := drawDay(rt)
		const date = visit.Date("2026-11-24")
		day := visit.Fold(plan, facts)
		var ordered, target, verdicts, verified int64
		productive, reached := int64(0), make(map[string]bool)
		for _, v := range day.Visits {
			ordered += visit.Fen(v.Result.Order)
			if visit.Fen(v.Result.Order) > 0 {
				productive++
			}
			if v.Verdict() != "" {
				verdicts++
			}
			if v.Verdict() == visit.Verified {
				verified++
				reached[v.Customer] = true
			}
		}
		met := int64(0)
		for _, l := range plan {
			target += l.OrderTarget
			if reached[l.Customer] {
				met++
			}
		}
		want := map[visit.Metric]visit.Share{
			visit.MetricAdherence:  {Num: met, Den: int64(len(plan))},
			visit.MetricProductive: {Num: productive, Den: int64(len(day.Visits))},
			visit.MetricVerified:   {Num: verified, Den: verdicts},
			visit.MetricOrders:     {Num: ordered, Den: target},
		}
		if target == 0 {
			want[visit.MetricOrders] = visit.Share{}
		}
		s := visit.Period{
			From: date, To: date, Reps: []string{"R"}, Calendar: visit.NewCalendar(true, nil),
			Outcomes: []visit.Outcome{visit.OutcomeOf(visit.Rep{ID: "R"}, visit.Policy{Zone: time.UTC}, date, plan, facts)},
		}.Scores()[0]
		for m, share := range want {
			if s.Shares[m] != share {
				rt.Fatalf("%s is %+v, of the facts %+v", m, s.Shares[m], share)
			}
		}
		if s.Tally.Ordered != ordered || s.Tally.Visits != len(day.Visits) {
			rt.Fatalf("%+v, of the facts %d in %d visits", s.Tally, ordered, len(day.Visits))
		}
	})
}
