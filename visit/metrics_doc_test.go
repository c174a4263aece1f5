package visit_test

import (
	"fmt"
	"os"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"
	_ "time/tzdata"

	"roundsman/geo"
	"roundsman/visit"
)

// mdTable is a table of a Markdown page: its header, and its rows by the header's words.
type mdTable struct {
	header []string
	rows   []map[string]string
}

// mdTables returns the tables of a text in their order.
func mdTables(text string) (out []mdTable) {
	open := false
	for line := range strings.Lines(text) {
		line = strings.TrimSpace(line)
		if !strings.HasPrefix(line, "|") {
			open = false
			continue
		}
		var cells []string
		for cell := range strings.SplitSeq(strings.Trim(line, "|"), "|") {
			cells = append(cells, strings.TrimSpace(cell))
		}
		switch {
		case !open:
			out, open = append(out, mdTable{header: cells}), true
		case !strings.HasPrefix(cells[0], "---"):
			row := make(map[string]string)
			for i, name := range out[len(out)-1].header {
				row[name] = cells[i]
			}
			out[len(out)-1].rows = append(out[len(out)-1].rows, row)
		}
	}
	return out
}

// docDay is a rep's date of a case.
type docDay struct {
	rep  string
	date visit.Date
}

// docCase is a case of docs/METRICS.md on its way from words to facts.
type docCase struct {
	*testing.T
	customers []visit.Customer
	last      map[string]visit.Date
	imported  map[docDay][]visit.PlannedVisit
	facts     map[docDay][]visit.Fact
	targets   []visit.MonthTarget
	n         int
}

const docYear = "2026-"

// docPolicy is how the company of the page works.
func (c *docCase) policy(rep string) visit.Policy {
	c.Helper()
	name := "Asia/Shanghai"
	if rep == "R3" {
		name = "Asia/Urumqi"
	}
	zone, err := time.LoadLocation(name)
	c.ok(err)
	return visit.Policy{Zone: zone, DayStarts: visit.Clock{Hour: 4}, MinVisits: 4, ReportDeadline: visit.Clock{Hour: 19}}
}

func (c *docCase) ok(err error) {
	c.Helper()
	if err != nil {
		c.Fatal(err)
	}
}

func (c *docCase) fen(yuan string) int64 {
	c.Helper()
	n, err := strconv.ParseInt(yuan, 10, 64)
	c.ok(err)
	return n * 100
}

func (c *docCase) company(t mdTable) {
	c.Helper()
	shop := geo.Point{Lat: 31.2304, Lng: 121.4737, Datum: geo.WGS84}
	for _, r := range t.rows {
		metres, err := strconv.ParseFloat(r["metres"], 64)
		c.ok(err)
		place := shop
		if metres > 0 {
			place = geo.Offset(shop, metres, 90)
		}
		c.customers = append(c.customers, visit.Customer{ID: r["customer"], Owner: r["owner"], Grade: strings.Trim(r["grade"], "–"), Point: place})
		if r["last visit"] != "–" {
			c.last[r["customer"]] = visit.Date(docYear + r["last visit"])
		}
	}
}

var plannedWord = regexp.MustCompile(`^(C\d)(?:\((?:(order|collect) (\d+)|(\d\d:\d\d-\d\d:\d\d))\))?$`)

// plan reads a cell like "proposed C1 C2(order 1000) C3(09:00-10:00)".
func (c *docCase) plan(d docDay, cell string) {
	c.Helper()
	cell, proposed := strings.CutPrefix(cell, "proposed ")
	var lines []visit.PlannedVisit
	for i, word := range regexp.MustCompile(`C\d(\([^)]*\))?`).FindAllString(cell, -1) {
		m := plannedWord.FindStringSubmatch(word)
		if m == nil {
			c.Fatalf("no planned visit: %q", word)
		}
		line := visit.PlannedVisit{Rep: d.rep, Date: d.date, Customer: m[1], Order: i + 1}
		switch m[2] {
		case "order":
			line.OrderTarget = c.fen(m[3])
		case "collect":
			line.CollectionTarget = c.fen(m[3])
		}
		if m[4] != "" {
			var err error
			line.Window, err = visit.ParseSpan(m[4])
			c.ok(err)
		}
		lines = append(lines, line)
	}
	if !proposed {
		c.imported[d] = lines
		return
	}
	c.add(d, d.date.Add(-1).At(visit.Clock{Hour: 16}, c.policy(d.rep).Zone), visit.KindPlanProposed, func(f *visit.Fact) { f.Plan = &visit.Change{Put: lines} })
}

func (c *docCase) add(d docDay, at time.Time, kind visit.Kind, fill func(*visit.Fact)) string {
	c.n++
	f := visit.Fact{ID: fmt.Sprintf("f%03d", c.n), Kind: kind, Rep: d.rep, Team: "T" + d.rep, Date: d.date, At: visit.Millis(at)}
	fill(&f)
	c.facts[d] = append(c.facts[d], f)
	return f.ID
}

// happened reads what happened: events with their time, in the words of the page.
func (c *docCase) happened(d docDay, cell string) {
	c.Helper()
	policy := c.policy(d.rep)
	visits := make(map[string]string) // the last visit by customer
	for event := range strings.SplitSeq(cell, ";") {
		words := strings.Fields(event)
		if len(words) == 0 {
			continue
		}
		if words[0] == "month" {
			c.targets = append(c.targets, visit.MonthTarget{Rep: d.rep, Month: d.date.Month(), Order: new(c.fen(words[3]))})
			continue
		}
		date := d.date
		if words[0] == "eve" {
			date, words = date.Add(-1), words[1:]
		}
		clock, err := visit.ParseClock(words[0])
		c.ok(err)
		words = words[1:]
		if words[0] == "next" {
			date, words = date.Add(1), words[1:]
		}
		at := date.At(clock, policy.Zone)
		by := ""
		if words[0] == "manager" {
			by, words = "M", words[1:]
		}
		change := func(p visit.Change) func(*visit.Fact) {
			p.Reason = "said so"
			return func(f *visit.Fact) { f.Plan, f.By = &p, by }
		}
		switch {
		case words[0] == "report":
			c.add(d, at, visit.KindReport, func(*visit.Fact) {})
		case words[0] == "locked":
			c.add(d, at, visit.KindPlanLocked, func(*visit.Fact) {})
		case words[0] == "leave":
			part := visit.LeavePart(strings.TrimPrefix(words[1], "day"))
			c.add(d, at, visit.KindLeaveDecided, func(f *visit.Fact) { f.By, f.Leave = "M", &visit.Leave{Part: part, Approved: true} })
		case words[0] == "drops":
			c.add(d, at, visit.KindPlanChanged, change(visit.Change{Drop: words[1:2]}))
		case words[0] == "moves":
			c.add(d, at, visit.KindPlanChanged, change(visit.Change{Drop: words[1:2]}))
			by = d.rep
			c.add(docDay{d.rep, visit.Date(docYear + words[3])}, at, visit.KindPlanChanged, change(visit.Change{Put: []visit.PlannedVisit{{Customer: words[1]}}}))
		case by != "":
			of := visits[words[0]]
			c.add(d, at, visit.KindDecision, func(f *visit.Fact) {
				f.By, f.Decision = by, &visit.Decision{Visit: of, Verdict: visit.Verdict(words[1])}
			})
		default:
			day := docDay{d.rep, visit.WorkingDate(at, policy.Zone, policy.DayStarts)}
			visits[words[0]] = c.call(day, at, words)
		}
	}
}

// call reads a visit like "C1 verified order 100 collected 20" or "prospect".
func (c *docCase) call(d docDay, at time.Time, words []string) string {
	c.Helper()
	fix := &visit.Fix{Evidence: visit.EvidencePin, Support: -1}
	if slices.Contains(words, "device") {
		fix.Evidence = visit.EvidenceDevice
	}
	var result visit.Result
	for i, word := range words[:len(words)-1] {
		switch word {
		case "order":
			result.Order = new(c.fen(words[i+1]))
		case "collected":
			result.Collected = new(c.fen(words[i+1]))
		}
	}
	if words[0] != "prospect" {
		fix.Claims = []visit.Claim{{Customer: words[0], Verdict: visit.Verdict(words[1]), Distance: 10}}
		if fix.Claims[0].Verdict == visit.OffSite {
			fix.Claims[0].Distance = 900
		}
	}
	id := c.add(d, at, visit.KindFix, func(f *visit.Fact) { f.Fix = fix })
	if words[0] == "prospect" {
		c.add(d, at, visit.KindChoice, func(f *visit.Fact) { f.Choice = &visit.Choice{Fix: id, Prospect: true} })
	}
	if !result.IsZero() {
		c.add(d, at.Add(time.Minute), visit.KindResult, func(f *visit.Fact) { f.Result = &result })
	}
	return id
}

// scores computes the case over dates like "11-24" or "11-24…11-25".
func (c *docCase) scores(dates string) map[string]visit.Score {
	c.Helper()
	from, to, two := strings.Cut(dates, "…")
	if !two {
		to = from
	}
	p := visit.Period{
		From: visit.Date(docYear + from), To: visit.Date(docYear + to), Reps: []string{"R1", "R2", "R3"},
		Customers: c.customers, Last: c.last, Targets: c.targets, Calendar: visit.NewCalendar(true, nil),
	}
	days := make(map[docDay]bool)
	for d := range c.imported {
		days[d] = true
	}
	for d := range c.facts {
		days[d] = true
	}
	for d := range days {
		p.Outcomes = append(p.Outcomes, visit.OutcomeOf(visit.Rep{ID: d.rep}, c.policy(d.rep), d.date, c.imported[d], c.facts[d]))
	}
	scores := p.Scores()
	out := map[string]visit.Score{"all": visit.Total(scores)}
	for _, s := range scores {
		out[s.Rep] = s
	}
	return out
}

// said writes a figure as the page does.
func said(s visit.Score, name string) string {
	switch name {
	case "days":
		return strconv.Itoa(s.Days)
	case "leave":
		return strconv.Itoa(s.Leave)
	}
	m := visit.Metric(name)
	share, ok := s.Shares[m]
	switch {
	case !ok:
		return "no metric " + name
	case !share.Known():
		return "—"
	case m.Money():
		return fmt.Sprintf("%d/%d", share.Num/100, share.Den/100)
	}
	return fmt.Sprintf("%d/%d", share.Num, share.Den)
}

// The page's cases come to what the page says, and its formulas are of the metrics that there are.
func TestMetricsDoc(t *testing.T) {
	t.Parallel()
	page, err := os.ReadFile("../docs/METRICS.md")
	if err != nil {
		t.Fatal(err)
	}
	definitions, rest, ok := strings.Cut(string(page), "\n## Cases\n")
	if !ok {
		t.Fatal("the page has no cases")
	}
	for _, m := range visit.Metrics {
		name := strings.TrimPrefix(string(m), "coverage")
		if !strings.Contains(definitions, "`"+string(m)+"`") && !strings.Contains(definitions, "`"+name+"`") {
			t.Errorf("the page does not define %s", m)
		}
	}
	sections := strings.Split(rest, "\n### ")[1:]
	company := mdTables(sections[0])[0]
	seen := make(map[string]bool)
	for _, section := range sections[1:] {
		name, _, _ := strings.Cut(section, "\n")
		t.Run(name, func(t *testing.T) {
			c := &docCase{
				T: t, last: make(map[string]visit.Date), imported: make(map[docDay][]visit.PlannedVisit),
				facts: make(map[docDay][]visit.Fact),
			}
			c.company(company)
			tables := mdTables(section)
			for _, table := range tables[:len(tables)-1] {
				for _, r := range table.rows {
					d := docDay{r["rep"], visit.Date(docYear + r["date"])}
					c.plan(d, r["plan"])
					c.happened(d, r["what happened"])
				}
			}
			want := tables[len(tables)-1]
			for _, r := range want.rows {
				s := c.scores(r["dates"])[r["who"]]
				for _, name := range want.header[2:] {
					seen[name] = true
					if got := said(s, name); got != r[name] {
						t.Errorf("%s of %s on %s is %s, the page says %s", name, r["who"], r["dates"], got, r[name])
					}
				}
			}
		})
	}
	if len(sections) < 16 {
		t.Errorf("only %d cases", len(sections)-1)
	}
	for _, m := range visit.Metrics {
		if !seen[string(m)] {
			t.Errorf("no case has %s", m)
		}
	}
}
