package visit

import (
	"slices"
	"time"
)

// ComplaintCase is a customer's complaint (客诉), from the fact that opened it to the
// one that closed it. Both are facts of the day of whoever sees to it.
type ComplaintCase struct {
	// ID is the id of the fact that opened it.
	ID       string `json:"id"`
	Team     string `json:"team"`
	Customer string `json:"customer"`
	Text     string `json:"text"`
	// By is who opened it and Handler who sees to it, by id.
	By      string `json:"by"`
	Handler string `json:"handler"`
	// Opened and Due, until when it is to be seen to, are UTC milliseconds.
	Opened time.Time `json:"opened"`
	Due    time.Time `json:"due"`
	// ClosedBy is the id of the fact that closed it, Done what was done; empty while it is open.
	ClosedBy string `json:"closed_by,omitempty"`
	Done     string `json:"done,omitempty"`
}

// Open reports whether it is still to be seen to.
func (c ComplaintCase) Open() bool { return c.ClosedBy == "" }

// Overdue reports whether it is open beyond its time.
func (c ComplaintCase) Overdue(at time.Time) bool { return c.Open() && at.After(c.Due) }

// CaseOf is the complaint that a fact opens; false for other facts.
func CaseOf(f Fact) (ComplaintCase, bool) {
	if f.Kind != KindComplaint || f.Complaint == nil {
		return ComplaintCase{}, false
	}
	c := ComplaintCase{
		ID: f.ID, Team: f.Team, Customer: f.Complaint.Customer, Text: f.Complaint.Text,
		By: f.Rep, Handler: f.Rep, Opened: f.At, Due: f.Complaint.Due,
	}
	if f.By != "" {
		c.By = f.By
	}
	return c, true
}

// complaint adds what a fact tells of a complaint.
func (f *folder) complaint(fact Fact) {
	c := fact.Complaint
	if fact.Kind == KindComplaint {
		f.day.Complaints = append(f.day.Complaints, ComplaintState{ID: fact.ID, Customer: c.Customer, Text: c.Text, Due: c.Due})
		return
	}
	i := slices.IndexFunc(f.day.Complaints, func(s ComplaintState) bool { return s.ID == c.Of })
	if i < 0 {
		i = len(f.day.Complaints)
		f.day.Complaints = append(f.day.Complaints, ComplaintState{ID: c.Of, Customer: c.Customer})
	}
	if !f.day.Complaints[i].Closed {
		f.day.Complaints[i].Closed, f.day.Complaints[i].Done = true, c.Text
	}
}
