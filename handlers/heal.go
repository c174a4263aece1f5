package handlers

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"roundsman/bot"
	"roundsman/geo"
	"roundsman/storage"
	"roundsman/visit"
)

const (
	// healDays bounds the days with a visit of which a customer's place is thought over.
	healDays = 12
	// healFrom is how far off in metres a check-in makes one think it over.
	healFrom = 100
	// healFor is how long a suggestion may be taken up by a tap.
	healFor = 30 * 24 * time.Hour
	// What a tap does about a place.
	healMove  = "move"
	healDatum = "datum"
)

// visitsAt are the fixes by which a customer's latest visits began, as far as
// their places are still kept.
func (s *Service) visitsAt(ctx context.Context, customer string) ([]visit.Fix, error) {
	days, err := s.Store.Outcomes().OfCustomer(ctx, customer, healDays)
	if err != nil {
		return nil, fmt.Errorf("read a customer's history: %w", err)
	}
	var out []visit.Fix
	for _, d := range days {
		for _, c := range d.Calls {
			if c.Customer != customer {
				continue
			}
			f, err := s.Store.Facts().Get(ctx, c.Visit)
			if err != nil && !errors.Is(err, storage.ErrNotFound) {
				return nil, fmt.Errorf("read a visit: %w", err)
			}
			if f.Fix != nil {
				out = append(out, *f.Fix)
			}
		}
	}
	return out, nil
}

// doubtPlace suggests to the managers, once a month for each customer, to mend a
// place that the visits there contradict.
func (s *Service) doubtPlace(ctx context.Context, who person, f visit.Fact, plan []visit.PlannedVisit, today []visit.Fact, customers []visit.Customer) error {
	id := visit.Fold(plan, append(without(today, f.ID), f)).Meant()[f.ID]
	for _, c := range customers {
		if c.ID != id || c.Point.IsZero() || !(geo.Distance(c.Point, f.Fix.Point) > healFrom) {
			continue
		}
		fixes, err := s.visitsAt(ctx, c.ID)
		if err != nil {
			return err
		}
		wrong := visit.CheckPlace(c, fixes)
		if wrong.IsZero() {
			return nil
		}
		post := fmt.Sprintf("place/%s/%s", c.ID, f.Date[:len("2006-01")])
		return s.tellManagers(ctx, who, post, func(manager visit.Rep, _ []visit.Rep) bot.Body {
			card := bot.Card{Title: s.Say.T("heal.title", "Name", c.Name), Tone: bot.ToneWarn}
			key, label, of := "heal.move", "button.heal_move", healMove
			if wrong.Datum != "" {
				key, label, of = "heal.datum", "button.heal_datum", healDatum
				card.Footer = s.Say.T("heal.datum_all")
			}
			datum := strings.ToUpper(string(wrong.Datum))
			card.Lines = []bot.Line{{Text: s.Say.T(key, "Distance", s.Say.Metres(wrong.Metres), "Was", strings.ToUpper(string(c.Point.Datum)), "Datum", datum)}}
			card.Buttons = []bot.Button{s.button(s.Say.T(label, "Datum", datum), bot.ButtonPrimary, f.At.Add(healFor),
				action{Do: doHeal, Rep: manager.ID, Customer: c.ID, Of: of, To: post + "/" + manager.ID})}
			return bot.Body{Card: &card}
		})
	}
	return nil
}

// heal mends a customer's place by what its visits say now.
func (s *Service) heal(ctx context.Context, m bot.Message, manager person, a action) error {
	c, ok, err := s.customer(ctx, a.Customer)
	if err != nil {
		return err
	}
	if !ok {
		return s.reply(ctx, m, s.text("button.expired"))
	}
	owner, err := s.rep(ctx, c.Owner)
	if err != nil {
		return err
	}
	if !manager.Role.AtLeast(visit.RoleManager) || owner.Team != manager.Team && !manager.Role.AtLeast(visit.RoleAdmin) {
		return s.reply(ctx, m, s.text("team.not_yours"))
	}
	fixes, err := s.visitsAt(ctx, c.ID)
	if err != nil {
		return err
	}
	wrong, place := visit.CheckPlace(c, fixes), c.Point
	switch {
	case a.Of == healDatum && wrong.Datum != "":
		place.Datum = wrong.Datum
	case a.Of == healMove && !wrong.Move.IsZero():
		place = wrong.Move.In(c.Point.Datum)
	default:
		return s.answerPress(ctx, m, a.To, s.text("heal.settled", "Name", c.Name), 2)
	}
	if err := s.putPlace(ctx, c, place, m.Key, m.At, manager.ID, a.Of); err != nil {
		return err
	}
	return s.answerPress(ctx, m, a.To, s.text("heal.done", "Name", c.Name), 2)
}

// putPlace keeps a customer's new place, and who changed it. It fails with
// storage.ErrConflict if it was changed since the customer was read.
func (s *Service) putPlace(ctx context.Context, c visit.Customer, place geo.Point, key string, at time.Time, by, why string) error {
	act := visit.Act{ID: "place/" + key, Kind: visit.ActPlace, At: visit.Millis(at), By: by, What: why + " " + c.ID}
	if err := s.Store.Acts().Append(ctx, act); err != nil {
		return fmt.Errorf("record a customer's new place: %w", err)
	}
	if err := s.Store.Customers().SetPlace(ctx, c.ID, c.Point, place); err != nil {
		return fmt.Errorf("keep a customer's place: %w", err)
	}
	return nil
}

// firstPlace sets the place of a customer that has none by a visit there: by a
// device's own fix, or by any that a manager accepted.
func (s *Service) firstPlace(ctx context.Context, f visit.Fact, customer, by string) error {
	device := f.Fix != nil && f.Fix.Evidence == visit.EvidenceDevice && f.Fix.Accuracy > 0 && f.Fix.Accuracy <= visit.FirstAccuracy
	if customer == "" || f.Fix == nil || f.Fix.Point.IsZero() || by == "" && !device {
		return nil
	}
	c, ok, err := s.customer(ctx, customer)
	if err != nil || !ok || !c.Point.IsZero() {
		return err
	}
	err = s.putPlace(ctx, c, f.Fix.Point, f.ID, f.At, by, "first")
	if errors.Is(err, storage.ErrConflict) || errors.Is(err, storage.ErrNotFound) {
		return nil // it got one meanwhile, or is gone
	}
	return err
}

// customer returns the customer with the id, if there is one.
func (s *Service) customer(ctx context.Context, id string) (visit.Customer, bool, error) {
	found, err := s.Store.Customers().Get(ctx, id)
	if err != nil {
		return visit.Customer{}, false, fmt.Errorf("read a customer: %w", err)
	}
	if len(found) == 0 {
		return visit.Customer{}, false, nil
	}
	return found[0], true, nil
}

const (
	// duplicatesShown bounds the pairs that are pointed out, duplicatesOf the
	// customers that are looked at.
	duplicatesShown = 20
	duplicatesOf    = 1_000_000
)

// duplicates points out customers that may be one.
func (s *Service) duplicates(ctx context.Context, c call) error {
	all, err := s.Store.Customers().Search(ctx, "", duplicatesOf)
	if err != nil {
		return fmt.Errorf("read the customers: %w", err)
	}
	pairs := visit.Duplicates(all, duplicatesShown+1)
	if len(pairs) == 0 {
		return s.reply(ctx, c.m, s.text("duplicates.none", "Count", len(all)))
	}
	card := bot.Card{Title: s.Say.T("duplicates.title", "Count", min(len(pairs), duplicatesShown))}
	for _, p := range pairs[:min(len(pairs), duplicatesShown)] {
		card.Lines = append(card.Lines, bot.Line{Text: s.Say.T("duplicates.pair",
			"A", p.A.Name, "IDA", p.A.ID, "B", p.B.Name, "IDB", p.B.ID, "Distance", s.Say.Metres(p.Metres))})
	}
	card.Footer = s.Say.T("duplicates.footer")
	return s.reply(ctx, c.m, bot.Body{Card: &card})
}
