package digest_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"roundsman/catalog"
	"roundsman/digest"
	"roundsman/geo"
	"roundsman/storage"
	"roundsman/storage/storagetest/fresh"
	"roundsman/visit"
)

// calls of a day in short: "C1 C2~ -" is a verified visit, one nearby and a prospect.
func calls(short string, at time.Time, order int64) (out []visit.Call) {
	for i, word := range strings.Fields(short) {
		c := visit.Call{Visit: fmt.Sprint(at.Unix(), i), Start: visit.Millis(at), Last: visit.Millis(at), Verdict: visit.Verified}
		if id, near := strings.CutSuffix(word, "~"); near {
			word, c.Verdict = id, visit.Near
		}
		if c.Customer = word; word == "-" {
			c.Customer, c.Verdict = "", ""
		}
		if i == 0 && order > 0 {
			c.Order = new(order)
		}
		out = append(out, c)
	}
	return out
}

// seedPeriod keeps three weeks of two reps: Nov 2 to 20, 2026.
func seedPeriod(t *testing.T) storage.Store {
	t.Helper()
	store := fresh.Store(t)
	ctx := t.Context()
	ok := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	ok(store.Roster().PutReps(ctx,
		visit.Rep{ID: "1", Name: "张伟", Team: team, Role: visit.RoleRep},
		visit.Rep{ID: "2", Name: "李娜", Team: team, Role: visit.RoleRep},
		visit.Rep{ID: "3", Name: "新人", Team: team, Role: visit.RoleRep},
		visit.Rep{ID: "4", Name: "王芳", Team: team, Role: visit.RoleManager},
		visit.Rep{ID: "5", Name: "别队", Team: "华南一队", Role: visit.RoleRep},
	))
	names := []string{"华联超市", "大润发", "好德便利", "罗森", "<at id=all></at>", "全家"}
	for i, name := range names {
		ok(store.Customers().Put(ctx, visit.Customer{
			ID: fmt.Sprint("C", i), Name: name, Owner: []string{"1", "2"}[i/4], Grade: []string{"A", "B", "C", ""}[i%4], Point: geo.Offset(shop, float64(i*3000), 90),
		}))
	}
	zone := time.FixedZone("CST", 8*3600)
	put := func(rep string, date visit.Date, plan, shed, done string, order int64, more func(*visit.Outcome)) {
		t.Helper()
		at := date.At(visit.Clock{Hour: 10}, zone)
		o := visit.Outcome{
			Rep: rep, Team: team, Date: date, Facts: 1, Planned: strings.Fields(plan), Shed: strings.Fields(shed), Dropped: strings.Fields(shed),
			Calls: calls(done, at, order), Minimum: 2, ReportDue: visit.Millis(date.At(visit.Clock{Hour: 19}, zone)), Reported: visit.Millis(at),
		}
		if more != nil {
			more(&o)
		}
		ok(store.Outcomes().Put(ctx, o))
	}
	put("1", "2026-11-03", "C0 C1", "", "C0 C1", 100_00, nil)
	put("1", "2026-11-10", "C0 C1", "C3", "C0", 0, nil)
	put("2", "2026-11-11", "C4", "", "C4 C5", 50_00, nil)
	put("1", "2026-11-16", "C0 C1", "C3", "C0 C2~ -", 300_00, func(o *visit.Outcome) { o.OrderTarget = 400_00 })
	put("1", "2026-11-17", "C1", "C3", "C1 C0", 70_00, func(o *visit.Outcome) { o.Reported = time.Time{} })
	put("1", "2026-11-18", "", "", "", 0, func(o *visit.Outcome) { o.Leave = 2 })
	put("2", "2026-11-17", "C4 C5", "", "C5", 0, func(o *visit.Outcome) { o.Leave = 1 })
	ok(store.Outcomes().Put(ctx, visit.Outcome{Rep: "5", Team: "华南一队", Date: "2026-11-20", Facts: 1, Calls: calls("C3", date.At(visit.Clock{Hour: 9}, zone), 0)}))
	return store
}

func TestPeriodGolden(t *testing.T) {
	t.Parallel()
	store, calendar := seedPeriod(t), visit.NewCalendar(true, nil)
	for _, lang := range catalog.Languages {
		say, err := catalog.New(lang)
		if err != nil {
			t.Fatal(err)
		}
		for name, tt := range map[string]struct {
			length digest.Length
			date   visit.Date
		}{"weekly": {digest.Week, "2026-11-23"}, "monthly": {digest.Month, "2026-12-01"}} {
			p, err := digest.LoadPeriod(t.Context(), store, calendar, visit.Team{Name: team}, tt.length, tt.date)
			if err != nil {
				t.Fatal(err)
			}
			golden(t, name+"."+lang+".txt", text(digest.PeriodCard(p, say)))
		}
		p, err := digest.LoadPeriod(t.Context(), store, calendar, visit.Team{Name: team}, digest.Week, "2026-09-07")
		if body := digest.PeriodCard(p, say); err != nil || body.Card != nil {
			t.Errorf("a week in which nothing happened: %v, %v", body, err)
		}
	}
}

// A period is the last one with a workday before that of the date.
func TestPeriodsBefore(t *testing.T) {
	t.Parallel()
	store, calendar := fresh.Store(t), visit.NewCalendar(true, nil)
	for name, tt := range map[string]struct {
		length   digest.Length
		date     visit.Date
		from, to visit.Date
	}{
		"week":                     {digest.Week, "2026-11-23", "2026-11-16", "2026-11-22"},
		"from_the_middle":          {digest.Week, "2026-11-26", "2026-11-16", "2026-11-22"},
		"over_the_spring_festival": {digest.Week, "2026-02-24", "2026-02-09", "2026-02-15"},
		"month":                    {digest.Month, "2026-12-01", "2026-11-01", "2026-11-30"},
		"over_the_year":            {digest.Month, "2026-01-05", "2025-12-01", "2025-12-31"},
		"of_february":              {digest.Month, "2026-03-31", "2026-02-01", "2026-02-28"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p, err := digest.LoadPeriod(t.Context(), store, calendar, visit.Team{Name: team}, tt.length, tt.date)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff([]visit.Date{tt.from, tt.to}, []visit.Date{p.From, p.To}); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}
