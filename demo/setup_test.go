package demo_test

import (
	"context"
	"sync"
	"testing"
	"time"

	"roundsman/demo"
	"roundsman/storage"
	"roundsman/visit"
)

var shanghai = time.FixedZone("CST", 8*3600)

// tuesday is half past seven on a workday.
var tuesday = time.Date(2026, 11, 24, 7, 30, 0, 0, shanghai)

func setup(t *testing.T, o demo.Options) *demo.World {
	t.Helper()
	if o.Start.IsZero() {
		o.Start = tuesday
	}
	w, err := demo.New(o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := w.Close(); err != nil {
			t.Error(err)
		}
	})
	return w
}

// kept is a store that only remembers what it is given.
type kept struct {
	mu        sync.Mutex
	Teams     []visit.Team
	Reps      []visit.Rep
	Customers []visit.Customer
	Plans     []visit.PlannedVisit
	Targets   []visit.MonthTarget
	Routes    []visit.Route
	Consents  []visit.Consent
	Facts     []visit.Fact
	Outcomes  []visit.Outcome
	Blobs     []storage.Blob
}

type (
	keptRoster struct {
		storage.Roster
		to *kept
	}
	keptCustomers struct {
		storage.Customers
		to *kept
	}
	keptPlans struct {
		storage.Plans
		to *kept
	}
	keptTargets struct {
		storage.Targets
		to *kept
	}
	keptRoutes struct {
		storage.Routes
		to *kept
	}
	keptConsents struct {
		storage.Consents
		to *kept
	}
	keptFacts struct {
		storage.Facts
		to *kept
	}
	keptOutcomes struct {
		storage.Outcomes
		to *kept
	}
	keptMedia struct {
		storage.Media
		to *kept
	}
	keepAll struct {
		storage.Store
		to *kept
	}
)

func (k keepAll) Roster() storage.Roster       { return keptRoster{to: k.to} }
func (k keepAll) Customers() storage.Customers { return keptCustomers{to: k.to} }
func (k keepAll) Plans() storage.Plans         { return keptPlans{to: k.to} }
func (k keepAll) Targets() storage.Targets     { return keptTargets{to: k.to} }
func (k keepAll) Routes() storage.Routes       { return keptRoutes{to: k.to} }
func (k keepAll) Consents() storage.Consents   { return keptConsents{to: k.to} }
func (k keepAll) Facts() storage.Facts         { return keptFacts{to: k.to} }
func (k keepAll) Outcomes() storage.Outcomes   { return keptOutcomes{to: k.to} }
func (k keepAll) Media() storage.Media         { return keptMedia{to: k.to} }

func keep[T any](k *kept, list *[]T, v ...T) error {
	k.mu.Lock()
	defer k.mu.Unlock()
	*list = append(*list, v...)
	return nil
}

func (k keptRoster) PutTeam(_ context.Context, t visit.Team) error {
	return keep(k.to, &k.to.Teams, t)
}

func (k keptRoster) PutReps(_ context.Context, r ...visit.Rep) error {
	return keep(k.to, &k.to.Reps, r...)
}

func (k keptCustomers) Put(_ context.Context, c ...visit.Customer) error {
	return keep(k.to, &k.to.Customers, c...)
}

func (k keptPlans) Put(_ context.Context, p ...visit.PlannedVisit) error {
	return keep(k.to, &k.to.Plans, p...)
}

func (k keptTargets) Put(_ context.Context, t ...visit.MonthTarget) error {
	return keep(k.to, &k.to.Targets, t...)
}

func (k keptRoutes) Put(_ context.Context, r ...visit.Route) error {
	return keep(k.to, &k.to.Routes, r...)
}

func (k keptConsents) Put(_ context.Context, c visit.Consent) error {
	return keep(k.to, &k.to.Consents, c)
}

func (k keptFacts) Append(_ context.Context, f ...visit.Fact) error {
	return keep(k.to, &k.to.Facts, f...)
}

func (k keptOutcomes) Put(_ context.Context, o visit.Outcome) error {
	return keep(k.to, &k.to.Outcomes, o)
}

func (k keptMedia) PutBlob(_ context.Context, b storage.Blob) error {
	return keep(k.to, &k.to.Blobs, b)
}

// seeded returns what a world seeds.
func seeded(t *testing.T, w *demo.World) *kept {
	t.Helper()
	k := &kept{}
	if err := w.Seed(t.Context(), keepAll{to: k}); err != nil {
		t.Fatal(err)
	}
	return k
}
