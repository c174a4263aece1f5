package sheet

import (
	"context"
	"errors"
	"io"

	"roundsman/visit"
)

// Import is a table that was read and found right, with everything that is to
// be written. Only the list of its kind is filled.
type Import struct {
	Kind      Kind                 `json:"kind"`
	Customers []visit.Customer     `json:"customers,omitempty"`
	Reps      []visit.Rep          `json:"reps,omitempty"`
	Plans     []visit.PlannedVisit `json:"plans,omitempty"`
	Targets   []visit.MonthTarget  `json:"targets,omitempty"`
	Routes    []visit.Route        `json:"routes,omitempty"`
	Holidays  []visit.Holiday      `json:"holidays,omitempty"`
}

// Rows returns how many rows there are.
func (i *Import) Rows() int {
	n := len(i.Customers) + len(i.Reps) + len(i.Plans) + len(i.Targets) + len(i.Holidays)
	for _, r := range i.Routes {
		n += len(r.Stops)
	}
	return n
}

// Read reads a table of the kind from a file called name, of at most 50 MB and
// 200,000 rows, and checks it whole against what is known. It writes nothing.
//
// A file that cannot be imported gives an [*Invalid] that names each problem;
// any other error means that the file or the store could not be read.
//
// An empty cell of customers, reps and targets clears what is stored; a column
// that the file does not have leaves it as it is. Planned visits, holidays and
// the route of each rep in the file are written whole.
func Read(ctx context.Context, name string, kind Kind, file io.Reader, known Known) (_ *Import, err error) {
	if err := oneOf("table to import", kind, Kinds()); err != nil {
		return nil, err
	}
	src, err := open(name, file)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, src.close()) }()
	switch kind {
	case Customers:
		return readCustomers(ctx, src, known)
	case Reps:
		return readReps(ctx, src, known)
	case Plans:
		return readPlans(ctx, src, known)
	case Targets:
		return readTargets(ctx, src, known)
	case Routes:
		return readRoutes(ctx, src, known)
	default:
		return readHolidays(ctx, src)
	}
}
