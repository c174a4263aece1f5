package handlers

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"roundsman/bot"
	"roundsman/geo"
	"roundsman/visit"
)

// supportFor is how long a position that a platform reported of itself
// supports a location that the rep sends.
const supportFor = 5 * time.Minute

// vaguest is the worst accuracy in metres with which such a position still says something.
const vaguest = 10_000

// notePassive remembers a position for a few minutes, in memory only: alone it
// is nobody's business.
func (s *Service) notePassive(ctx context.Context, m bot.Message, who person) error {
	if ok, err := s.mayRecord(ctx, m, who); err != nil || !ok {
		return err
	}
	point, err := geo.Parse(m.Location.Lat, m.Location.Lng, m.Location.Datum)
	// Of a position without an accuracy, or with one that says nothing, nothing follows.
	if a := m.Location.Accuracy; err != nil || !(a > 0 && a <= vaguest) {
		return nil
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	for id, p := range s.passive {
		if m.At.Sub(p.At) > supportFor {
			delete(s.passive, id)
		}
	}
	s.passive[who.ID] = visit.Sighting{Point: point, Accuracy: m.Location.Accuracy, At: m.At}
	return nil
}

// mayRecord reports whether the person agreed and the time is one in which whereabouts may be recorded.
func (s *Service) mayRecord(ctx context.Context, m bot.Message, who person) (bool, error) {
	agreed, err := s.agreed(ctx, who)
	return agreed && s.Policy.WorkHours.Holds(m.At.In(who.zone)), err
}

// admit says why nothing may be recorded of m, if so, and reports whether it may.
func (s *Service) admit(ctx context.Context, m bot.Message, who person) (bool, error) {
	agreed, err := s.agreed(ctx, who)
	if err != nil {
		return false, err
	}
	if !agreed {
		return false, s.askConsent(ctx, m, who)
	}
	if !s.Policy.WorkHours.Holds(m.At.In(who.zone)) {
		return false, s.reply(ctx, m, s.text("checkin.outside_hours", "Hours", s.Policy.WorkHours.String()))
	}
	return true, nil
}

// location takes a check-in.
func (s *Service) location(ctx context.Context, m bot.Message, who person) error {
	if ok, err := s.admit(ctx, m, who); err != nil || !ok {
		return err
	}
	point, err := geo.Parse(m.Location.Lat, m.Location.Lng, m.Location.Datum)
	if err != nil {
		return s.reply(ctx, m, s.text(locationHint(err)))
	}
	date := s.Policy.DateIn(who.team, m.At)
	plan, facts, err := s.day(ctx, who.ID, date)
	if err != nil {
		return err
	}
	own, err := s.reachable(ctx, who.ID, plan)
	if err != nil {
		return err
	}
	customers, code, err := s.coded(ctx, m.Location.Customer, own)
	if err != nil {
		return err
	}
	rules := who.policy.Rules
	seen := s.sighting(who.ID, m.At)
	late := m.Location.Device && who.policy.Late(m.At, m.Received)
	fix := visit.Fix{
		Point: point, Accuracy: m.Location.Accuracy, Address: m.Location.Name, Late: late,
		Evidence: evidence(*m.Location, late), Support: support(seen, point), Rule: visit.RuleVersion, MaxAccuracy: rules.MaxAccuracy, MinStay: rules.MinStay, NoDrift: rules.NoDrift,
		Code: code,
	}
	fix.Claims = rules.Claims(fix, plan, customers)
	f := s.fact(m, who, visit.KindFix, "fix", func(f *visit.Fact) { f.Fix = &fix })
	if i := slices.IndexFunc(facts, func(o visit.Fact) bool { return o.ID == f.ID }); i >= 0 {
		// It was judged before a crash, by what was known then.
		f = facts[i]
	} else if fix.Signals, err = s.signals(ctx, f, plan, facts, customers, seen); err != nil {
		return err
	}
	// What came with it is of the same instant, and sorts behind it.
	photos, err := s.queuePhotos(ctx, m, who)
	if err != nil {
		return err
	}
	said, err := s.advance(ctx, who, tap{}, append([]visit.Fact{f}, photos...)...)
	if len(photos) > 0 {
		s.FetchPhotos()
	}
	if err == nil {
		err = errors.Join(s.offerNearby(ctx, who, f, plan, own), s.askWider(ctx, m, who), s.doubtPlace(ctx, who, f, plan, facts, customers), s.spotCheck(ctx, who, f))
	}
	if err != nil || said {
		return err
	}
	// Nothing changed, but whoever sends a location wants to know that it came.
	return s.reply(ctx, m, s.text("checkin.still_there"))
}

// evidence is how strongly a location proves presence. A device's fix that came
// long after its time is no more than a pin: only the device says when it was.
func evidence(l bot.Location, late bool) visit.Evidence {
	if l.Device && !late {
		return visit.EvidenceDevice
	}
	return visit.EvidencePin
}

// reachable returns the customers that a location of the rep may mean: their own and the planned ones.
func (s *Service) reachable(ctx context.Context, rep string, plan []visit.PlannedVisit) ([]visit.Customer, error) {
	customers, err := s.Store.Customers().Owned(ctx, rep)
	if err != nil {
		return nil, fmt.Errorf("read the customers: %w", err)
	}
	var missing []string
	for _, p := range plan {
		if !slices.ContainsFunc(customers, func(c visit.Customer) bool { return c.ID == p.Customer }) {
			missing = append(missing, p.Customer)
		}
	}
	if len(missing) == 0 {
		return customers, nil
	}
	planned, err := s.Store.Customers().Get(ctx, missing...)
	if err != nil {
		return nil, fmt.Errorf("read the planned customers: %w", err)
	}
	return append(customers, planned...), nil
}

// coded adds the customer whose code was scanned to those that a location may
// mean, whoever's it is, and returns its id: empty for one that is no more.
func (s *Service) coded(ctx context.Context, id string, customers []visit.Customer) ([]visit.Customer, string, error) {
	if id == "" || slices.ContainsFunc(customers, func(c visit.Customer) bool { return c.ID == id }) {
		return customers, id, nil
	}
	c, ok, err := s.customer(ctx, id)
	if err != nil || !ok {
		return customers, "", err
	}
	return append(slices.Clip(customers), c), id, nil
}

// sighting returns a recent position of the rep that the platform reported of
// itself; zero if there is none.
func (s *Service) sighting(rep string, at time.Time) visit.Sighting {
	s.mu.Lock()
	defer s.mu.Unlock()
	p := s.passive[rep]
	if age := at.Sub(p.At); age < -time.Minute || age > supportFor {
		return visit.Sighting{}
	}
	return p
}

// support returns the distance in metres from a position that the platform
// reported of itself, or -1 where there was none.
func support(seen visit.Sighting, point geo.Point) float64 {
	if seen.IsZero() {
		return -1
	}
	return float64(int(geo.Distance(seen.Point, point)))
}

const (
	// comparedWith bounds the fixes of a rep that a new one is compared with,
	// samePlaces those of anybody with the same coordinates, sameFor how old these are.
	comparedWith = 20
	samePlaces   = 50
	sameFor      = 90 * 24 * time.Hour
)

// signals says what speaks against a fix, by what is kept of the rep's other
// fixes and of everybody's in the same place.
func (s *Service) signals(ctx context.Context, f visit.Fact, plan []visit.PlannedVisit, today []visit.Fact, customers []visit.Customer, seen visit.Sighting) ([]visit.Signal, error) {
	latest, err := s.Store.Facts().Latest(ctx, f.Rep, f.At, comparedWith)
	if err != nil {
		return nil, fmt.Errorf("read the latest locations: %w", err)
	}
	same, err := s.Store.Facts().Same(ctx, f.Fix.Point, f.At.Add(-sameFor), samePlaces)
	if err != nil {
		return nil, fmt.Errorf("read the locations of a place: %w", err)
	}
	past := visit.Past{
		Own: slices.Clone(today), Same: same, Device: seen,
		Meant: visit.Fold(plan, append(slices.Clone(today), f)).Meant(), Places: make(map[string]geo.Point, len(customers)),
	}
	for _, o := range latest {
		if o.Date != f.Date {
			past.Own = append(past.Own, o)
		}
	}
	for _, c := range customers {
		past.Places[c.ID] = c.Place
	}
	return append(visit.Signals(f, past), photosBefore(f, today)...), nil
}

// locationHint is what to tell somebody whose location cannot be used.
func locationHint(err error) string {
	switch {
	case errors.Is(err, geo.ErrNullIsland):
		return "location.zero"
	case errors.Is(err, geo.ErrSwapped):
		return "location.swapped"
	case errors.Is(err, geo.ErrOutOfRange):
		return "location.out_of_range"
	}
	return "location.not_a_number"
}

// fact makes a fact of a message. Its id derives from the message's key.
func (s *Service) fact(m bot.Message, who person, kind visit.Kind, suffix string, fill func(*visit.Fact)) visit.Fact {
	f := visit.Fact{
		ID: m.Key + "/" + suffix, Kind: kind, Rep: who.ID, Team: who.Team,
		Date: s.Policy.DateIn(who.team, m.At), At: visit.Millis(m.At), Received: visit.Millis(m.Received),
		Platform: m.Platform, Message: m.ID,
	}
	fill(&f)
	return f
}

// checkOut ends the visit in progress. The fact is kept in any case: what it
// ends may still be on its way.
func (s *Service) checkOut(ctx context.Context, c call) error {
	agreed, err := s.agreed(ctx, c.who)
	if err != nil {
		return err
	}
	said := false
	if agreed && c.who.onRoster {
		said, err = s.advance(ctx, c.who, tap{}, s.fact(c.m, c.who, visit.KindCheckOut, "check_out", func(*visit.Fact) {}))
	}
	if err != nil || said {
		return err
	}
	return s.reply(ctx, c.m, s.text("checkout.none"))
}
