package digest

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"

	"roundsman/bot"
	"roundsman/catalog"
	"roundsman/visit"
)

// complaintsShown bounds the open complaints that a group reads one by one.
const complaintsShown = 3

// nameComplainants adds the customers of the open complaints to those that are known.
func (d *TeamDay) nameComplainants(ctx context.Context, store Nouns) error {
	var ids []string
	for _, c := range d.Complaints {
		if _, known := d.Customers[c.Customer]; !known {
			ids = append(ids, c.Customer)
		}
	}
	slices.Sort(ids)
	customers, err := store.Customers().Get(ctx, slices.Compact(ids)...)
	if err != nil {
		return fmt.Errorf("read the customers: %w", err)
	}
	for _, c := range customers {
		d.Customers[c.ID] = c
	}
	return nil
}

// complaintLine is how many complaints are open, how many of them are due by
// the end of the date, and what the most urgent are about.
func complaintLine(d TeamDay, say *catalog.Catalog) []bot.Line {
	if len(d.Complaints) == 0 {
		return nil
	}
	text := say.T("complaint.open", "Count", len(d.Complaints))
	end, due := d.Date.Add(1).At(visit.Clock{}, d.Zone), 0
	for _, c := range d.Complaints {
		if c.Due.Before(end) {
			due++
		}
	}
	if due > 0 {
		text += " · " + say.T("complaint.due_count", "Count", due)
	}
	var names []string
	for _, c := range d.Complaints[:min(len(d.Complaints), complaintsShown)] {
		names = append(names, say.T("complaint.one", "Name", d.Name(c.Customer), "Text", short(c.Text)))
	}
	return []bot.Line{{Label: say.T("evening.complaints"), Text: text + "\n" + strings.Join(names, say.T("list.comma"))}}
}

// short is a person's words in a line among others.
func short(text string) string { return bot.Clean(strings.ReplaceAll(text, "\n", " "), 60) }

// Done is what was done about a complaint, or that it was seen to.
func Done(text string, say *catalog.Catalog) string {
	return cmp.Or(short(text), say.T("complaint.done"))
}

// complaints are those that were opened or closed on the day, each in a line.
func (r Report) complaints(say *catalog.Catalog) string {
	var out []string
	for _, c := range r.Day.Complaints {
		text := r.name(c.Customer)
		if c.Text != "" {
			text = say.T("complaint.one", "Name", text, "Text", short(c.Text))
		}
		state := say.T("complaint.state_open", "Due", say.Date(c.Due.In(r.Zone)))
		if c.Closed {
			state = say.T("complaint.state_closed", "Done", Done(c.Done, say))
		}
		out = append(out, text+" · "+state)
	}
	return strings.Join(out, "\n")
}
