package sheet

import (
	"context"
	"time"

	"roundsman/digest"
	"roundsman/visit"
)

// reportColumns are the columns of an exported daily report, a row for each
// rep's date: what [Workbook] prints, for machines. Amounts are yuan, instants
// RFC 3339 in the team's zone; a text of a visit begins with its customer's id.
var reportColumns = []column[digest.RepDate]{
	{name: "date", get: func(d *digest.RepDate) any { return string(d.Date) }},
	{name: "team", get: func(d *digest.RepDate) any { return d.Team }},
	{name: "rep", get: func(d *digest.RepDate) any { return d.Rep.ID }},
	{name: "rep_name", get: func(d *digest.RepDate) any { return d.Rep.Name }},
	{name: "first", get: func(d *digest.RepDate) any { first, _ := attendance(*d); return instant(first, d.Zone) }},
	{name: "last", get: func(d *digest.RepDate) any { _, last := attendance(*d); return instant(last, d.Zone) }},
	{name: "hours", get: func(d *digest.RepDate) any { return hours(*d) }},
	{name: "leave_days", get: func(d *digest.RepDate) any { return float64(d.Day.Leave) / 2 }},
	{name: "planned", get: func(d *digest.RepDate) any { return d.Tally.Planned }},
	{name: "reached", get: func(d *digest.RepDate) any { return d.Tally.Reached }},
	{name: "visits", get: func(d *digest.RepDate) any { return d.Tally.Visits }},
	{name: "verified", get: func(d *digest.RepDate) any { return d.Tally.Verified }},
	{name: "results", get: func(d *digest.RepDate) any {
		return told(*d, func(r visit.Result) string { return string(r.Kind) }, byID)
	}},
	{name: "complaints", get: func(d *digest.RepDate) any {
		var out []string
		for _, c := range d.Day.Complaints {
			text := c.Customer + ": " + c.Text
			if c.Closed {
				text += " → " + c.Done
			}
			out = append(out, text)
		}
		return out
	}},
	{name: "order_target", get: func(d *digest.RepDate) any { return yuan(d.Tally.OrderTarget) }},
	{name: "order_amount", get: func(d *digest.RepDate) any { return float64(d.Tally.Ordered) / 100 }},
	{name: "collection_target", get: func(d *digest.RepDate) any { return yuan(d.Tally.CollectionTarget) }},
	{name: "collection_amount", get: func(d *digest.RepDate) any { return float64(d.Tally.Collected) / 100 }},
	{name: "competitor", get: func(d *digest.RepDate) any { return told(*d, competitor, byID) }},
	{name: "feedback", get: func(d *digest.RepDate) any { return told(*d, feedback, byID) }},
	{name: "news", get: func(d *digest.RepDate) any { return told(*d, news, byID) }},
	{name: "reflections", get: func(d *digest.RepDate) any { return d.Day.Reflections }},
	{name: "submitted_at", get: func(d *digest.RepDate) any { return instant(d.Day.Reported, d.Zone) }},
	{name: "due_at", get: func(d *digest.RepDate) any { return instant(d.Deadline, d.Zone) }},
	{name: "comments", get: func(d *digest.RepDate) any { return said(d.Day.Comments) }},
}

// byID begins a text with the id of the visit's customer; a prospect has none.
func byID(v visit.Visit, text string) string { return v.Customer + ": " + text }

// instant writes a time with its zone, and nothing for none.
func instant(t time.Time, zone *time.Location) string {
	if t.IsZero() {
		return ""
	}
	return t.In(zone).Format(time.RFC3339)
}

// eachReport puts the reports of the dates.
func eachReport(ctx context.Context, f Filter, store Source, policy visit.Policy, put func(*digest.RepDate) error) error {
	for d, err := range (digest.Dates{Store: store, Policy: policy, From: f.From, To: f.To}).Each(ctx) {
		if err != nil {
			return err
		}
		if err := put(&d); err != nil {
			return err
		}
	}
	return nil
}
