package handlers

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"time"

	"roundsman/bot"
	"roundsman/visit"
)

// gather is how long what follows a check-in is waited for before it is told
// where a message cannot be changed, and how long a photo waits for its location.
const gather = 20 * time.Second

// internal appends a fact that somebody else than the rep caused.
func (s *Service) internal(ctx context.Context, f visit.Fact) error {
	first, err := s.Store.Facts().Get(ctx, f.Photo.Of)
	if err != nil {
		return fmt.Errorf("find the photo's fact: %w", err)
	}
	f.Team = first.Team
	rep, err := s.rep(ctx, f.Rep)
	if err != nil {
		return err
	}
	return s.advance(ctx, rep, tap{}, f)
}

// rep finds somebody of the roster by id.
func (s *Service) rep(ctx context.Context, id string) (person, error) {
	reps, err := s.Store.Roster().Reps(ctx)
	if err != nil {
		return person{}, fmt.Errorf("read the roster: %w", err)
	}
	p := person{zone: s.Policy.Zone}
	i := slices.IndexFunc(reps, func(r visit.Rep) bool { return r.ID == id })
	if i < 0 {
		p.ID = id
		return p, nil
	}
	p.Rep, p.known = reps[i], true
	p.team, err = s.team(ctx, p.Team)
	p.zone = s.Policy.ZoneOf(p.team)
	return p, err
}

// day reads a rep's day.
func (s *Service) day(ctx context.Context, rep string, date visit.Date) ([]visit.PlannedVisit, []visit.Fact, error) {
	plan, err := s.Store.Plans().Day(ctx, rep, date)
	if err != nil {
		return nil, nil, fmt.Errorf("read the plan: %w", err)
	}
	facts, err := s.Store.Facts().Day(ctx, rep, date)
	if err != nil {
		return nil, nil, fmt.Errorf("read the day: %w", err)
	}
	return plan, facts, nil
}

// advance appends facts to one day of a rep and says what they changed. It
// runs in the rep's lane. Done again after a crash, it compares the same two
// days and says the same posts with the same versions, which is nothing.
func (s *Service) advance(ctx context.Context, who person, by tap, added ...visit.Fact) error {
	if len(added) == 0 {
		return nil
	}
	date := added[0].Date
	plan, facts, err := s.day(ctx, who.ID, date)
	if err != nil {
		return err
	}
	without := slices.DeleteFunc(facts, func(f visit.Fact) bool {
		return slices.ContainsFunc(added, func(a visit.Fact) bool { return a.ID == f.ID })
	})
	if err := s.Store.Facts().Append(ctx, added...); err != nil {
		return fmt.Errorf("append to the day: %w", err)
	}
	before := visit.Fold(plan, without)
	after := visit.Fold(plan, append(slices.Clone(without), added...))
	return s.sayChanges(ctx, who, plan, before, after, by, added)
}

// sayChanges says what differs between two states of a day.
func (s *Service) sayChanges(ctx context.Context, who person, plan []visit.PlannedVisit, before, after visit.Day, by tap, added []visit.Fact) error {
	view, err := s.view(ctx, who, plan, before, after)
	if err != nil {
		return err
	}
	version := int64(after.Facts)
	var posts []bot.Post
	for _, v := range after.Visits {
		posts = append(posts, s.visitPosts(view, before, after, v, by, added)...)
	}
	for _, f := range after.Unplaced {
		if !slices.ContainsFunc(before.Unplaced, func(b visit.Fact) bool { return b.ID == f.ID }) {
			posts = append(posts, bot.Post{ID: visitPost(f.ID), To: view.chat(f), Body: s.unplacedCard(view, f)})
		}
	}
	for _, v := range before.Visits {
		if after.Visit(v.ID) == nil && !slices.ContainsFunc(after.Unplaced, func(f visit.Fact) bool { return f.ID == v.ID }) {
			posts = append(posts, bot.Post{ID: visitPost(v.ID), To: view.chat(v.Source), Body: s.mergedCard()})
		}
	}
	for _, p := range posts {
		if p.To == (bot.Address{}) {
			continue
		}
		if p.Version == 0 {
			p.Version = version
		}
		if err := s.Outbox.Say(ctx, p); err != nil {
			return err
		}
	}
	return s.sayPhotos(ctx, view, before, after, added, version)
}

// sayPhotos asks for the location of photos that belong to no visit, after a
// moment in which it may come by itself, and takes the question back when it came.
func (s *Service) sayPhotos(ctx context.Context, view dayView, before, after visit.Day, added []visit.Fact, version int64) error {
	for i, p := range after.Loose {
		if known := slices.ContainsFunc(before.Loose, func(b visit.PhotoState) bool { return b.ID == p.ID }); known {
			continue
		}
		if i > 0 && p.At.Sub(after.Loose[i-1].At) <= visit.PhotoLead {
			// The question for the photo before it stands for this one too.
			continue
		}
		cause := slices.IndexFunc(added, func(f visit.Fact) bool { return f.ID == p.ID })
		if cause < 0 {
			continue
		}
		err := s.Outbox.Say(ctx, bot.Post{
			ID: "photo/" + p.ID, To: view.chat(added[cause]), Body: s.text("photo.needs_location"),
			Version: 1, NotBefore: s.Now().Add(gather),
		})
		if err != nil {
			return err
		}
	}
	for _, p := range before.Loose {
		if slices.ContainsFunc(after.Loose, func(a visit.PhotoState) bool { return a.ID == p.ID }) {
			continue
		}
		if err := s.Outbox.Withdraw(ctx, "photo/"+p.ID, version); err != nil {
			return err
		}
	}
	return nil
}

// dayView is what is needed to write about a day.
type dayView struct {
	who       person
	plan      []visit.PlannedVisit
	customers map[string]visit.Customer
}

func (s *Service) view(ctx context.Context, who person, plan []visit.PlannedVisit, days ...visit.Day) (dayView, error) {
	view := dayView{who, plan, make(map[string]visit.Customer)}
	var ids []string
	for _, p := range plan {
		ids = append(ids, p.Customer)
	}
	for _, d := range days {
		for _, v := range d.Visits {
			for _, c := range v.Fix.Claims {
				ids = append(ids, c.Customer)
			}
			ids = append(ids, v.Customer)
		}
		for _, f := range d.Unplaced {
			for _, c := range f.Fix.Claims {
				ids = append(ids, c.Customer)
			}
		}
	}
	slices.Sort(ids)
	customers, err := s.Store.Customers().Get(ctx, slices.Compact(ids)...)
	if err != nil {
		return view, fmt.Errorf("read the customers: %w", err)
	}
	for _, c := range customers {
		view.customers[c.ID] = c
	}
	return view, nil
}

// name returns a customer's name, or the id of one that is gone.
func (v dayView) name(customer string) string {
	if c, ok := v.customers[customer]; ok {
		return c.Name
	}
	return customer
}

// chat is where the rep is answered about a fact: the platform it came from.
func (v dayView) chat(f visit.Fact) bot.Address {
	if user := v.who.Identities[f.Platform]; user != "" {
		return bot.Address{Platform: f.Platform, Place: bot.ToUser, ID: user}
	}
	return bot.Address{}
}

// same reports whether two bodies say the same.
func same(a, b bot.Body) bool {
	x, errX := json.Marshal(a)
	y, errY := json.Marshal(b)
	return errX == nil && errY == nil && bytes.Equal(x, y)
}
