package sheet

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"roundsman/geo"
	"roundsman/storage"
	"roundsman/visit"
)

// checkIn is a visit as it is exported.
type checkIn struct {
	visit.Visit
	repName, customerName string
	zone                  *time.Location
	// wgs84 is the place of the fix in WGS-84.
	wgs84 geo.Point
	// hash is the record's commitment to the location that began the visit; empty
	// while it is not sealed.
	hash string
}

// checkInColumns are the columns of an exported check-in (see
// docs/ARCHITECTURE.md). Amounts are yuan, none where nothing was said of them.
var checkInColumns = []column[checkIn]{
	{name: "id", get: func(c *checkIn) any { return c.ID }},
	{name: "platform", get: func(c *checkIn) any { return c.Source.Platform }},
	{name: "message_id", get: func(c *checkIn) any { return c.Source.Message }},
	{name: "rep", get: func(c *checkIn) any { return c.Source.Rep }},
	{name: "rep_name", get: func(c *checkIn) any { return c.repName }},
	{name: "team", get: func(c *checkIn) any { return c.Source.Team }},
	{name: "customer", get: func(c *checkIn) any { return c.Customer }},
	{name: "customer_name", get: func(c *checkIn) any { return c.customerName }},
	{name: "planned", get: func(c *checkIn) any { return c.Planned }},
	{name: "date", get: func(c *checkIn) any { return string(c.Source.Date) }},
	{name: "time", get: func(c *checkIn) any { return c.Start.In(c.zone).Format(time.RFC3339) }},
	{name: "received_at", get: func(c *checkIn) any { return c.Source.Received.In(c.zone).Format(time.RFC3339) }},
	{name: "verdict", get: func(c *checkIn) any { return string(c.Ruled()) }},
	{name: "decision", get: func(c *checkIn) any {
		if c.Decided == nil {
			return ""
		}
		return string(c.Decided.Decision.Verdict)
	}},
	{name: "reasons", get: func(c *checkIn) any { return reasons(c.Visit) }},
	{name: "rule", get: func(c *checkIn) any { return c.Fix.Rule }},
	{name: "distance_m", get: func(c *checkIn) any {
		// A prospect has nothing to be measured against.
		if c.Prospect || c.Claim.Distance < 0 {
			return nil
		}
		return c.Claim.Distance
	}},
	{name: "accuracy_m", get: func(c *checkIn) any { return orNone(c.Fix.Accuracy) }},
	{name: "evidence", get: func(c *checkIn) any { return string(c.Evidence()) }},
	{name: "address", get: func(c *checkIn) any { return c.Fix.Address }},
	{name: "photos", get: func(c *checkIn) any { return photos(c.Photos) }},
	{name: "note", get: func(c *checkIn) any { return strings.Join(c.Said(), "\n") }},
	{name: "result", get: func(c *checkIn) any { return string(c.Result.Kind) }},
	{name: "order_amount", get: func(c *checkIn) any { return saidYuan(c.Result.Order) }},
	{name: "collection_amount", get: func(c *checkIn) any { return saidYuan(c.Result.Collected) }},
	{name: "hash", get: func(c *checkIn) any { return c.hash }},
}

// coordinateColumns say where the person was: as received, and in WGS-84.
var coordinateColumns = []column[checkIn]{
	{name: "latitude", get: func(c *checkIn) any { return unlessZero(c.Fix.Point, c.Fix.Point.Lat) }},
	{name: "longitude", get: func(c *checkIn) any { return unlessZero(c.Fix.Point, c.Fix.Point.Lng) }},
	{name: "datum", get: func(c *checkIn) any { return string(c.Fix.Point.Datum) }},
	{name: "latitude_wgs84", get: func(c *checkIn) any { return unlessZero(c.wgs84, c.wgs84.Lat) }},
	{name: "longitude_wgs84", get: func(c *checkIn) any { return unlessZero(c.wgs84, c.wgs84.Lng) }},
}

func saidYuan(fen *int64) any {
	if fen == nil {
		return nil
	}
	return float64(*fen) / 100
}

// reasons are why the verdict is not better, and what speaks against the visit.
func reasons(v visit.Visit) []string {
	var out []string
	for _, r := range v.Claim.Reasons {
		out = append(out, string(r))
	}
	if v.Short() {
		out = append(out, "short_visit")
	}
	for _, s := range v.Signals {
		if !slices.Contains(out, string(s.Kind)) {
			out = append(out, string(s.Kind))
		}
	}
	return out
}

// photos lists those whose bytes are kept.
func photos(ps []visit.PhotoState) []string {
	var out []string
	for _, p := range ps {
		if p.SHA256 != "" {
			out = append(out, p.SHA256)
		}
	}
	return out
}

// maxNames bounds the customers' names that are remembered while exporting.
const maxNames = 20_000

// checkIns goes through rep-days, with one date's plans and a bounded number of
// names in memory.
type checkIns struct {
	store  Source
	policy visit.Policy
	hashes func(ctx context.Context, ids ...string) (map[string]string, error)
	put    func(*checkIn) error

	reps  map[string]visit.Rep
	zones map[string]*time.Location
	names map[string]string
	// plans are those of date, by rep.
	date  visit.Date
	plans map[string][]visit.PlannedVisit
}

// eachCheckIn puts every visit of the dates, folded from its rep's day.
func eachCheckIn(ctx context.Context, f Filter, store Source, policy visit.Policy, o Options, put func(*checkIn) error) error {
	people, err := roster(ctx, store)
	if err != nil {
		return err
	}
	teams, err := store.Roster().Teams(ctx)
	if err != nil {
		return fmt.Errorf("read the teams: %w", err)
	}
	c := checkIns{
		store: store, policy: policy, hashes: o.Hashes, put: put, reps: people,
		zones: make(map[string]*time.Location, len(teams)), names: make(map[string]string),
	}
	for _, t := range teams {
		c.zones[t.Name] = policy.ZoneOf(t)
	}
	// Facts come by date and rep: a day is complete when the next one begins.
	var day []visit.Fact
	for fact, err := range store.Facts().Range(ctx, storage.FactFilter{From: f.From, To: f.To}) {
		if err != nil {
			return fmt.Errorf("read the facts: %w", err)
		}
		if len(day) > 0 && (day[0].Date != fact.Date || day[0].Rep != fact.Rep) {
			if err := c.day(ctx, day); err != nil {
				return err
			}
			day = day[:0]
		}
		day = append(day, fact)
	}
	if len(day) == 0 {
		return nil
	}
	return c.day(ctx, day)
}

// day puts the visits of one rep's day.
func (c *checkIns) day(ctx context.Context, facts []visit.Fact) error {
	date, rep := facts[0].Date, facts[0].Rep
	if c.date != date {
		lines, err := c.store.Plans().Date(ctx, date)
		if err != nil {
			return fmt.Errorf("read the plans: %w", err)
		}
		c.date, c.plans = date, make(map[string][]visit.PlannedVisit)
		for _, l := range lines {
			c.plans[l.Rep] = append(c.plans[l.Rep], l)
		}
	}
	day := visit.Fold(visit.FoldPlan(c.plans[rep], facts).Lines, facts)
	if err := c.learn(ctx, day); err != nil {
		return err
	}
	hashes, err := c.sealed(ctx, day)
	if err != nil {
		return err
	}
	for _, v := range day.Visits {
		zone := c.zones[v.Source.Team]
		if zone == nil {
			zone = c.policy.Zone
		}
		row := checkIn{Visit: v, repName: c.reps[rep].Name, customerName: c.names[v.Customer], zone: zone, hash: hashes[v.ID]}
		if !v.Fix.Point.IsZero() {
			row.wgs84 = v.Fix.Point.WGS84()
		}
		if err := c.put(&row); err != nil {
			return err
		}
	}
	return nil
}

// sealed are the record's hashes of the day's visits.
func (c *checkIns) sealed(ctx context.Context, day visit.Day) (map[string]string, error) {
	if c.hashes == nil || len(day.Visits) == 0 {
		return nil, nil
	}
	ids := make([]string, len(day.Visits))
	for i, v := range day.Visits {
		ids[i] = v.ID
	}
	return c.hashes(ctx, ids...)
}

// learn reads the names of the day's customers that are not known yet.
func (c *checkIns) learn(ctx context.Context, day visit.Day) error {
	if len(c.names) > maxNames {
		clear(c.names)
	}
	var ids []string
	for _, v := range day.Visits {
		if _, known := c.names[v.Customer]; !known && v.Customer != "" {
			ids = append(ids, v.Customer)
			c.names[v.Customer] = ""
		}
	}
	found, err := customersByID(ctx, c.store.Customers(), ids)
	if err != nil {
		return err
	}
	for id, customer := range found {
		c.names[id] = customer.Name
	}
	return nil
}
