package visit_test

import (
	"slices"
	"strconv"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"roundsman/visit"
)

const planDate = visit.Date("2026-11-25")

var planTime = time.Date(2026, 11, 24, 8, 0, 0, 0, time.UTC)

func planFact(minute int, kind visit.Kind, change *visit.Change) visit.Fact {
	at := planTime.Add(time.Duration(minute) * time.Minute)
	return visit.Fact{ID: strconv.Itoa(minute) + "/" + string(kind), Kind: kind, Rep: "z", Team: "t", Date: planDate, At: at, Received: at, Plan: change}
}

func put(customers ...string) *visit.Change {
	c := new(visit.Change)
	for _, id := range customers {
		c.Put = append(c.Put, visit.PlannedVisit{Customer: id})
	}
	return c
}

func customersOf(p visit.Plan) []string {
	var out []string
	for _, l := range p.Lines {
		out = append(out, l.Customer)
	}
	return out
}

func TestFoldPlan(t *testing.T) {
	t.Parallel()
	imported := []visit.PlannedVisit{{Rep: "z", Date: planDate, Customer: "A", Order: 1}}
	proposed := planFact(0, visit.KindPlanProposed, put("B", "A", "C"))
	swap := &visit.Change{Put: []visit.PlannedVisit{{Customer: "D"}}, Drop: []string{"B"}}
	ten := visit.Span{From: visit.Clock{Hour: 10}, To: visit.Clock{Hour: 10}}
	for name, tt := range map[string]struct {
		facts     []visit.Fact
		want      []string
		confirmed bool
		late      int
	}{
		"imported":                {nil, []string{"A"}, false, 0},
		"proposed":                {[]visit.Fact{proposed}, []string{"B", "A", "C"}, false, 0},
		"confirmed":               {[]visit.Fact{proposed, planFact(5, visit.KindPlanConfirmed, nil)}, []string{"B", "A", "C"}, true, 0},
		"a_change_is_a_yes":       {[]visit.Fact{proposed, planFact(5, visit.KindPlanChanged, swap)}, []string{"A", "C", "D"}, true, 0},
		"locked_unseen":           {[]visit.Fact{proposed, planFact(9, visit.KindPlanLocked, nil)}, []string{"B", "A", "C"}, false, 0},
		"too_late_a_yes":          {[]visit.Fact{proposed, planFact(9, visit.KindPlanLocked, nil), planFact(10, visit.KindPlanConfirmed, nil)}, []string{"B", "A", "C"}, false, 0},
		"locked_without_a_reason": {[]visit.Fact{proposed, planFact(9, visit.KindPlanLocked, nil), planFact(10, visit.KindPlanChanged, swap)}, []string{"B", "A", "C"}, false, 0},
		"locked_with_a_reason": {
			[]visit.Fact{proposed, planFact(9, visit.KindPlanLocked, nil), planFact(10, visit.KindPlanChanged, &visit.Change{Put: swap.Put, Drop: swap.Drop, Reason: "临时"})},
			[]string{"A", "C", "D"},
			false, 1,
		},
		"what_was_taken_off_stays_off": {[]visit.Fact{planFact(-5, visit.KindPlanChanged, &visit.Change{Drop: []string{"A"}}), proposed}, []string{"B", "C"}, true, 0},
		"by_its_time": {
			[]visit.Fact{proposed, planFact(5, visit.KindPlanChanged, &visit.Change{Put: []visit.PlannedVisit{
				{Customer: "C", Window: visit.Span{From: visit.Clock{Hour: 14}, To: visit.Clock{Hour: 15}}}, {Customer: "B", Window: ten},
			}})},
			[]string{"A", "B", "C"},
			true, 0,
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := visit.FoldPlan(imported, tt.facts)
			if got := customersOf(p); !slices.Equal(got, tt.want) {
				t.Errorf("the plan is %v, want %v", got, tt.want)
			}
			if p.Confirmed != tt.confirmed || len(p.Late) != tt.late {
				t.Errorf("confirmed %v with %d late changes, want %v with %d", p.Confirmed, len(p.Late), tt.confirmed, tt.late)
			}
			for i, l := range p.Lines {
				if l.Order != i+1 || l.Rep != "z" || l.Date != planDate {
					t.Errorf("line %d is %+v", i, l)
				}
			}
		})
	}
}

// drawPlanFacts draws what may happen to a plan.
func drawPlanFacts(t *rapid.T) []visit.Fact {
	customer := rapid.SampledFrom([]string{"A", "B", "C", "D", "E"})
	kinds := []visit.Kind{visit.KindPlanProposed, visit.KindPlanChanged, visit.KindPlanConfirmed, visit.KindPlanLocked, visit.KindPlanReviewed}
	n := rapid.IntRange(0, 12).Draw(t, "n")
	var facts []visit.Fact
	for i := range n {
		f := planFact(i/2, rapid.SampledFrom(kinds).Draw(t, "kind"), nil)
		f.ID = strconv.Itoa(i)
		if f.Kind == visit.KindPlanProposed || f.Kind == visit.KindPlanChanged {
			f.Plan = put(rapid.SliceOfN(customer, 0, 3).Draw(t, "put")...)
			f.Plan.Drop = rapid.SliceOfN(customer, 0, 2).Draw(t, "drop")
			f.Plan.Reason = rapid.SampledFrom([]string{"", "a reason"}).Draw(t, "reason")
		}
		if f.Kind == visit.KindPlanReviewed {
			f.By, f.Review = "boss", &visit.Review{Approved: rapid.Bool().Draw(t, "approved")}
		}
		facts = append(facts, f)
	}
	return facts
}

// What a manager said of a plan holds until its rep changes it.
func TestAManagersWordHoldsUntilThePlanChanges(t *testing.T) {
	t.Parallel()
	said := func(minute int, approved bool, note string) visit.Fact {
		f := planFact(minute, visit.KindPlanReviewed, nil)
		f.By, f.Note, f.Review = "boss", note, &visit.Review{Approved: approved}
		return f
	}
	seen := func(minute int, f visit.Fact) visit.Fact {
		f.Review.Seen = planTime.Add(time.Duration(minute) * time.Minute)
		return f
	}
	changed := func(minute int, by string) visit.Fact {
		f := planFact(minute, visit.KindPlanChanged, &visit.Change{Drop: []string{"B"}, Reason: "it has to be"})
		f.By = by
		return f
	}
	lock := planFact(1, visit.KindPlanLocked, nil)
	for name, tt := range map[string]struct {
		facts    []visit.Fact
		want     visit.Approval
		returned string
	}{
		"nothing_said":            {[]visit.Fact{lock}, visit.ApprovalPending, ""},
		"approved":                {[]visit.Fact{lock, said(2, true, "")}, visit.ApprovalApproved, ""},
		"returned":                {[]visit.Fact{lock, said(2, false, "more A")}, visit.ApprovalReturned, "more A"},
		"the_latest_counts":       {[]visit.Fact{lock, said(3, true, ""), said(2, false, "more A")}, visit.ApprovalApproved, ""},
		"changed_since":           {[]visit.Fact{lock, said(2, true, ""), changed(3, "")}, visit.ApprovalPending, ""},
		"changed_as_asked":        {[]visit.Fact{lock, said(2, false, "more A"), changed(3, "")}, visit.ApprovalPending, "more A"},
		"changed_unseen":          {[]visit.Fact{lock, changed(3, ""), seen(2, said(4, true, ""))}, visit.ApprovalPending, ""},
		"changed_and_seen":        {[]visit.Fact{lock, changed(3, ""), seen(3, said(4, true, ""))}, visit.ApprovalApproved, ""},
		"changed_by_the_manager":  {[]visit.Fact{lock, said(2, true, ""), changed(3, "boss")}, visit.ApprovalApproved, ""},
		"approved_after_a_change": {[]visit.Fact{lock, said(2, false, "more A"), changed(3, ""), said(4, true, "")}, visit.ApprovalApproved, ""},
	} {
		p := visit.FoldPlan([]visit.PlannedVisit{{Customer: "A"}, {Customer: "B"}}, tt.facts)
		if p.Approval != tt.want || p.Returned != tt.returned || !p.Settled() {
			t.Errorf("%s: %q, %q", name, p.Approval, p.Returned)
		}
	}
}

func TestAPlanChangesAfterTheLockOnlyWithAReason(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		facts := drawPlanFacts(t)
		imported := []visit.PlannedVisit{{Rep: "z", Date: planDate, Customer: "A", Order: 1}}
		whole := visit.FoldPlan(imported, facts)
		if got := visit.FoldPlan(imported, rapid.Permutation(facts).Draw(t, "order")); !cmp.Equal(got, whole) {
			t.Fatalf("the order of arrival matters: %s", cmp.Diff(whole, got))
		}
		customers := customersOf(whole)
		slices.Sort(customers)
		if len(slices.Compact(customers)) != len(whole.Lines) {
			t.Fatalf("a customer is planned twice: %v", customers)
		}
		for _, d := range whole.Dropped {
			if slices.Contains(customers, d) {
				t.Fatalf("%s is dropped and planned", d)
			}
		}
		for i, d := range whole.Shed {
			if !slices.Contains(whole.Dropped, d) || slices.Contains(whole.Shed[:i], d) {
				t.Fatalf("shed %v of dropped %v", whole.Shed, whole.Dropped)
			}
		}
		lock := slices.IndexFunc(facts, func(f visit.Fact) bool { return f.Kind == visit.KindPlanLocked })
		if lock < 0 {
			return
		}
		kept := slices.DeleteFunc(slices.Clone(facts), func(f visit.Fact) bool {
			return f.At.After(facts[lock].At) && (f.Kind == visit.KindPlanConfirmed || f.Plan != nil && (f.Kind == visit.KindPlanProposed || f.Plan.Reason == ""))
		})
		if got := visit.FoldPlan(imported, kept); !cmp.Equal(got, whole) {
			t.Fatalf("what came after the lock without a reason counts: %s", cmp.Diff(got, whole))
		}
	})
}
