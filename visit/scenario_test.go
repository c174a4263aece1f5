package visit_test

import (
	"bytes"
	"flag"
	"fmt"
	"hash/fnv"
	"maps"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"go.yaml.in/yaml/v3"

	"roundsman/geo"
	"roundsman/visit"
)

// scenario is a story that is drawn many times, each with other noise: what reps
// do, and what their phones and platforms make of it.
type scenario struct {
	name, set string
	About     string
	// Draws is how often it is drawn, Days on how many dates in a row it is played each time.
	Draws, Days int
	// Places are metres east and north of a square in the middle of a city.
	// Those of the customers are where they are stored.
	Customers, Places map[string][2]float64
	Steps             []scene
}

// scene is one check-in of a scenario.
type scene struct {
	// At is the time on the wall, HH:MM:SS; Jitter how many seconds it may be later.
	At     string
	Jitter int
	Rep    string
	// Day is the only date on which it is played, from 1; 0 is every date.
	Day int
	// Stand is where the rep is: the name of a place or of a customer.
	Stand string
	// Pin is where the pin is put: the same place if empty. With Listed it is chosen
	// from the platform's list, and so always has the same digits.
	Pin    string
	Listed bool
	// Device says that the fix comes from the device and not from a pin.
	Device *reading
	// Code is the customer whose code the device scanned, or a picture of it.
	Code string
	// Seen is where the device itself was some seconds before.
	Seen *sighting
	// Photo comes a minute after.
	Photo *picture
	// Late is by how many minutes the event comes late.
	Late int
	// Trick says that this check-in is not honest.
	Trick bool
	// Label names the fix, for others to copy.
	Label string
}

// reading is what a device says of its place.
type reading struct {
	// Accuracy is drawn from between the two; it says the truth about the noise.
	Accuracy [2]float64
	// Network says that it is a Wi-Fi's place: the same digits in the same place.
	Network bool
	// Decimals cuts the digits, Exact leaves the noise away, Says is an accuracy that is said whatever is true.
	Decimals int
	Exact    bool
	Says     *float64
	// Copy is the label of a fix whose numbers are sent again.
	Copy string
}

// picture is a photo that is sent.
type picture struct {
	// File names the file: the same name is the same file. Without one it is a new photo.
	File string
	// Ago is by how many minutes it was taken before, by its camera; none if the
	// platform dropped what the camera wrote.
	Ago *int
	// Place is where, by its camera, if that says.
	Place string
}

type sighting struct {
	Stand string
	Ago   int
}

// square is where the scenarios play: People's Square in Shanghai, in WGS-84.
var square = geo.Point{Lat: 31.2303905, Lng: 121.4737021, Datum: geo.WGS84}

func (s scenario) place(name string) geo.Point {
	at, ok := s.Places[name]
	if !ok {
		at, ok = s.Customers[name]
	}
	if !ok {
		panic(fmt.Sprintf("%s: no place %q", s.name, name))
	}
	return geo.Offset(square, math.Hypot(at[0], at[1]), math.Atan2(at[0], at[1])*180/math.Pi)
}

func scenarios(t *testing.T) []scenario {
	t.Helper()
	files, err := filepath.Glob("testdata/scenarios/*/*.yaml")
	if err != nil || len(files) == 0 {
		t.Fatalf("no scenarios: %v", err)
	}
	var out []scenario
	for _, file := range files {
		data, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		var s scenario
		d := yaml.NewDecoder(bytes.NewReader(data))
		d.KnownFields(true)
		if err := d.Decode(&s); err != nil {
			t.Fatalf("%s: %v", file, err)
		}
		s.name = strings.TrimSuffix(filepath.Base(file), ".yaml")
		s.set = filepath.Base(filepath.Dir(file))
		out = append(out, s)
	}
	return out
}

// played counts what came of a scenario's visits, over all draws.
type played struct {
	visits, verified, near, offSite, suspicious int
	// tricks are the visits that were none, caught those of them that are to be
	// reviewed or count for nothing; stories and seen are the same by draw.
	tricks, caught, stories, seen int
	// signals are how often each spoke against a visit.
	signals map[visit.SignalKind]int
}

// play draws a scenario once.
func (s scenario) play(draw int, p *played) {
	h := fnv.New64a()
	fmt.Fprint(h, s.name, draw)
	r := rand.New(rand.NewPCG(h.Sum64(), 1))
	rules := visit.Rules{Radius: 200, Near: 500, MaxAccuracy: 150}
	var customers []visit.Customer
	var plan []visit.PlannedVisit
	places := make(map[string]geo.Point)
	for _, id := range slices.Sorted(maps.Keys(s.Customers)) {
		c := visit.Customer{ID: id, Point: s.place(id)}.Located()
		customers, places[id] = append(customers, c), c.Place
		plan = append(plan, visit.PlannedVisit{Customer: id, Order: len(customers)})
	}
	var kept []visit.Fact
	labels := make(map[string]visit.Fix)
	tricks := make(map[string]bool)
	type delivery struct {
		fact  visit.Fact
		seen  visit.Sighting
		photo *visit.Fact
		file  string
	}
	var album []visit.Twin
	files := make(map[string]string) // of a photo, by its id
	var deliveries []delivery
	for day := range s.Days {
		date := visit.Date("2026-11-02").Add(day)
		for i, step := range s.Steps {
			if step.Day != 0 && step.Day != day+1 {
				continue
			}
			at, err := time.Parse(time.DateTime, string(date)+" "+step.At)
			if err != nil {
				panic(err)
			}
			at = at.Add(-8*time.Hour + time.Duration(r.IntN(step.Jitter+1))*time.Second)
			rep := step.Rep
			if rep == "" {
				rep = "r1"
			}
			fix := s.fix(step, r, labels)
			f := visit.Fact{
				ID: fmt.Sprintf("%s/%d", date, i), Kind: visit.KindFix, Rep: rep, Date: date, At: at,
				Received: at.Add(time.Duration(step.Late) * time.Minute), Fix: &fix,
			}
			tricks[f.ID] = step.Trick
			d := delivery{fact: f}
			if step.Seen != nil {
				d.seen = visit.Sighting{Point: noisy(s.place(step.Seen.Stand), 20, r), Accuracy: 20, At: at.Add(-time.Duration(step.Seen.Ago) * time.Second)}
			}
			if step.Photo != nil {
				d.file = step.Photo.File
				if d.file == "" {
					d.file = "of " + f.ID
				}
				d.photo = s.photo(step, f, r)
			}
			deliveries = append(deliveries, d)
		}
	}
	slices.SortStableFunc(deliveries, func(a, b delivery) int { return a.fact.Received.Compare(b.fact.Received) })
	for _, d := range deliveries {
		f := d.fact
		f.Fix.Claims = rules.Claims(*f.Fix, plan, customers)
		past := visit.Past{Places: places, Device: d.seen}
		today := []visit.Fact{f}
		for _, o := range kept {
			if o.Rep == f.Rep {
				past.Own = append(past.Own, o)
				if o.Date == f.Date {
					today = append(today, o)
				}
			}
			if o.Fix != nil && o.Fix.Point == f.Fix.Point {
				past.Same = append(past.Same, o)
			}
		}
		past.Meant = visit.Fold(plan, today).Meant()
		f.Fix.Signals = visit.Signals(f, past)
		kept = append(kept, f)
		if d.photo != nil {
			var twins []visit.Twin
			for _, o := range album {
				if files[o.Photo] == d.file {
					twins = append(twins, o)
				}
			}
			p := *d.photo
			p.Photo.Signals = visit.PhotoSignals(f.Rep, p.At, *p.Photo.Look, f.Fix, twins)
			sent := p
			sent.ID, sent.Kind, sent.Photo = p.Photo.Of, visit.KindPhoto, &visit.Photo{}
			kept = append(kept, sent, p)
			album = append(album, visit.Twin{Photo: sent.ID, Rep: f.Rep, At: p.At, File: true})
			files[sent.ID] = d.file
		}
	}
	days := make(map[string][]visit.Fact)
	for _, f := range kept {
		days[f.Rep+string(f.Date)] = append(days[f.Rep+string(f.Date)], f)
	}
	caught, tricky := false, false
	for _, facts := range days {
		for _, v := range visit.Fold(plan, facts).Visits {
			p.count(v)
			if tricks[v.ID] {
				tricky = true
				p.tricks++
				if v.Verdict() != visit.Verified {
					p.caught++
				}
				caught = caught || v.Verdict() == visit.Suspicious
			}
		}
	}
	if tricky {
		p.stories++
		if caught {
			p.seen++
		}
	}
}

func (p *played) count(v visit.Visit) {
	p.visits++
	switch v.Verdict() {
	case visit.Verified:
		p.verified++
	case visit.Near:
		p.near++
	case visit.OffSite:
		p.offSite++
	case visit.Suspicious:
		p.suspicious++
	}
	for _, s := range v.Signals {
		p.signals[s.Kind]++
	}
}

// photo is what comes of a step's photo, before it is compared.
func (s scenario) photo(step scene, fix visit.Fact, r *rand.Rand) *visit.Fact {
	look := visit.Look{}
	at := fix.At.Add(time.Minute)
	if step.Photo.Ago != nil {
		look.Taken = at.Add(-time.Duration(*step.Photo.Ago) * time.Minute)
	}
	if step.Photo.Place != "" {
		look.Place = noisy(s.place(step.Photo.Place), 30, r)
	}
	return &visit.Fact{
		ID: fix.ID + "/kept", Kind: visit.KindPhotoKept, Rep: fix.Rep, Date: fix.Date, At: at, Received: fix.Received,
		Photo: &visit.Photo{Of: fix.ID + "/photo", SHA256: "x", Look: &look},
	}
}

// fix is what comes of a step.
func (s scenario) fix(step scene, r *rand.Rand, labels map[string]visit.Fix) visit.Fix {
	f := visit.Fix{Evidence: visit.EvidencePin, Support: -1, Rule: visit.RuleVersion}
	switch d := step.Device; {
	case d == nil:
		name := step.Pin
		if name == "" {
			name = step.Stand
		}
		at := s.place(name)
		if step.Listed {
			at = geo.Offset(at, 12, float64(len(name)*37%360))
		} else {
			at = noisy(at, 15, r)
		}
		f.Point = cut(at.In(geo.GCJ02), 6)
	case d.Copy != "":
		f = labels[d.Copy]
	default:
		f.Evidence = visit.EvidenceDevice
		f.Accuracy = math.Round((d.Accuracy[0]+r.Float64()*(d.Accuracy[1]-d.Accuracy[0]))*10) / 10
		at := s.place(step.Stand)
		noise := r
		if d.Network {
			// The same place gives the same numbers, whenever and to whomever.
			h := fnv.New64a()
			fmt.Fprint(h, step.Stand)
			noise = rand.New(rand.NewPCG(h.Sum64(), 2))
			f.Accuracy = math.Round(d.Accuracy[0] + noise.Float64()*(d.Accuracy[1]-d.Accuracy[0]))
		}
		if !d.Exact {
			at = noisy(at, f.Accuracy, noise)
		}
		decimals := d.Decimals
		if decimals == 0 {
			decimals = 7
		}
		f.Point = cut(at, decimals)
		if d.Says != nil {
			f.Accuracy = *d.Says
		}
	}
	if step.Code != "" {
		f.Code = step.Code
	}
	if step.Label != "" {
		labels[step.Label] = f
	}
	return f
}

// noisy moves a place as an error does of which the accuracy is the 68 % radius:
// a Rayleigh distribution of σ = accuracy / 1.50959.
func noisy(p geo.Point, accuracy float64, r *rand.Rand) geo.Point {
	sigma := accuracy / 1.50959
	return geo.Offset(p, sigma*math.Sqrt(-2*math.Log(1-r.Float64())), 360*r.Float64())
}

func cut(p geo.Point, decimals int) geo.Point {
	scale := math.Pow10(decimals)
	p.Lat, p.Lng = math.Round(p.Lat*scale)/scale, math.Round(p.Lng*scale)/scale
	return p
}

// confusion writes what the rule makes of the scenarios.
func confusion(all []scenario, by map[string]*played) string {
	var b strings.Builder
	percent := func(n, of int) string {
		if of == 0 {
			return "–"
		}
		return fmt.Sprintf("%.2f %%", 100*float64(n)/float64(of))
	}
	for _, set := range []string{"honest", "dishonest"} {
		last := "to be reviewed (share)"
		if set == "dishonest" {
			last = "tricks not verified | stories seen through"
		}
		fmt.Fprintf(&b, "| %s | visits | verified | nearby | off site | to be reviewed | %s |\n", set, last)
		fmt.Fprintf(&b, "|---|---|---|---|---|---|---|%s\n", strings.Repeat("---|", strings.Count(last, "|")))
		sum := played{}
		for _, s := range all {
			if s.set != set {
				continue
			}
			p := by[s.set+"/"+s.name]
			row := func(name string, p played) {
				tail := percent(p.suspicious, p.visits)
				if set == "dishonest" {
					tail = percent(p.caught, p.tricks) + " | " + percent(p.seen, p.stories)
				}
				fmt.Fprintf(&b, "| %s | %d | %d | %d | %d | %d | %s |\n", name, p.visits, p.verified, p.near, p.offSite, p.suspicious, tail)
			}
			row(strings.ReplaceAll(s.name, "_", " "), *p)
			sum.visits, sum.verified, sum.near = sum.visits+p.visits, sum.verified+p.verified, sum.near+p.near
			sum.offSite, sum.suspicious, sum.tricks, sum.caught = sum.offSite+p.offSite, sum.suspicious+p.suspicious, sum.tricks+p.tricks, sum.caught+p.caught
			sum.stories, sum.seen = sum.stories+p.stories, sum.seen+p.seen
		}
		tail := percent(sum.suspicious, sum.visits)
		if set == "dishonest" {
			tail = percent(sum.caught, sum.tricks) + " | " + percent(sum.seen, sum.stories)
		}
		fmt.Fprintf(&b, "| **all** | %d | %d | %d | %d | %d | %s |\n\n", sum.visits, sum.verified, sum.near, sum.offSite, sum.suspicious, tail)
	}
	return b.String()
}

// Honest visits raise hardly any question, and every trick is seen through.
func TestScenarios(t *testing.T) {
	t.Parallel()
	all := scenarios(t)
	by := make(map[string]*played)
	visits, asked := 0, 0
	for _, s := range all {
		p := &played{signals: make(map[visit.SignalKind]int)}
		for draw := range s.Draws {
			s.play(draw, p)
		}
		by[s.set+"/"+s.name] = p
		switch s.set {
		case "honest":
			visits, asked = visits+p.visits, asked+p.suspicious
			if 100*p.suspicious >= p.visits {
				t.Errorf("%s: %d of %d honest visits are to be reviewed: %v", s.name, p.suspicious, p.visits, p.signals)
			}
		default:
			if p.stories == 0 || p.seen < p.stories {
				t.Errorf("%s: seen through in %d of %d stories: %v", s.name, p.seen, p.stories, p.signals)
			}
		}
	}
	if visits < 10_000 || 100*asked >= visits {
		t.Errorf("%d of %d honest visits are to be reviewed", asked, visits)
	}
	table := confusion(all, by)
	t.Logf("\n%s", table)
	documented(t, "confusion", table)
}

var update = flag.Bool("update", false, "write what the documents show")

// documented compares a table with the one in the documents, between comments
// with the name. Other processors round the last digit otherwise.
func documented(t *testing.T, name, table string) {
	t.Helper()
	const file = "../docs/EVIDENCE.md"
	data, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	head, rest, ok := strings.Cut(string(data), "<!-- "+name+" -->\n")
	old, tail, ok2 := strings.Cut(rest, "<!-- /"+name+" -->")
	if !ok || !ok2 {
		t.Fatalf("%s has no table %s", file, name)
	}
	if *update {
		if err := os.WriteFile(file, []byte(head+"<!-- "+name+" -->\n"+table+"<!-- /"+name+" -->"+tail), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	if old != table && runtime.GOARCH == "amd64" {
		t.Errorf("%s shows another table; write this one with -update", file)
	}
}
