package handlers

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"time"

	"roundsman/bot"
	"roundsman/storage"
	"roundsman/visit"
)

const (
	// gather is how long a photo waits for its location before it is asked for.
	gather = 20 * time.Second
	// overtaken is how long a location may be behind a text that was sent after it.
	overtaken = 2 * time.Second
	// quiet is how long what follows a check-in is gathered before it is told,
	// where a message cannot be changed; the end of the visit tells it at once.
	quiet = 3 * time.Minute
)

// internal appends a fact that somebody else than the rep caused.
func (s *Service) internal(ctx context.Context, f visit.Fact) error {
	who, err := s.rep(ctx, f.Rep)
	if err != nil {
		return err
	}
	switch f.Kind {
	case visit.KindComment:
		return s.commented(ctx, who, f)
	case visit.KindLeaveDecided:
		return s.leaveDecided(ctx, who, f)
	case visit.KindPlanChanged:
		return s.assigned(ctx, who, f)
	case visit.KindPlanReviewed:
		return s.planReviewed(ctx, who, f)
	case visit.KindComplaint:
		return s.complained(ctx, who, f)
	case visit.KindComplaintClosed:
		return s.resolved(ctx, who, f)
	case visit.KindDecision, visit.KindAsked:
		return s.decided(ctx, who, f)
	}
	if f.Photo == nil {
		s.Log.Warn("a fact that nobody knows what to do with", "kind", string(f.Kind))
		return nil
	}
	first, err := s.Store.Facts().Get(ctx, f.Photo.Of)
	if errors.Is(err, storage.ErrNotFound) && !who.known {
		return s.dropPhoto(ctx, *f.Photo)
	}
	if err != nil {
		// The message that brought it may be tried again, and is behind.
		return fmt.Errorf("find the photo's fact: %w", err)
	}
	f.Team = first.Team
	if f.Kind == visit.KindPhotoKept && f.Photo.Look != nil {
		if f, err = s.examined(ctx, who, first, f); err != nil {
			return err
		}
	}
	_, err = s.advance(ctx, who, tap{}, f)
	return err
}

// dropPhoto removes the bytes of a photo whose rep was erased while it was
// fetched, unless somebody else sent the same file.
func (s *Service) dropPhoto(ctx context.Context, p visit.Photo) error {
	if p.SHA256 == "" {
		return nil
	}
	found, err := s.Store.Media().Alike(ctx, storage.Print{Photo: p.Of, SHA256: p.SHA256}, alikeShown)
	if err != nil {
		return fmt.Errorf("look for the same photo: %w", err)
	}
	if slices.ContainsFunc(found, func(o storage.Print) bool { return o.SHA256 == p.SHA256 }) {
		return nil
	}
	if err := s.Store.Media().DropBlobs(ctx, p.SHA256); err != nil {
		return fmt.Errorf("remove a photo of nobody: %w", err)
	}
	return nil
}

// rep finds somebody of the roster by id; of one who has left only the id is known.
func (s *Service) rep(ctx context.Context, id string) (person, error) {
	p := person{zone: s.Policy.Zone, policy: s.Policy}
	rep, err := s.Store.Roster().Rep(ctx, id)
	if errors.Is(err, storage.ErrNotFound) {
		p.ID = id
		return p, nil
	}
	if err != nil {
		return p, fmt.Errorf("find a person: %w", err)
	}
	p.Rep, p.known, p.onRoster = rep, true, true
	p.team, err = s.team(ctx, p.Team)
	p.policy = s.Policy.Of(p.team)
	p.zone = p.policy.Zone
	return p, err
}

// day reads a rep's day: the plan as it stands, and what happened.
func (s *Service) day(ctx context.Context, rep string, date visit.Date) ([]visit.PlannedVisit, []visit.Fact, error) {
	imported, facts, err := s.kept(ctx, rep, date)
	return visit.FoldPlan(imported, facts).Lines, facts, err
}

// kept reads what is kept of a rep's day: what was imported for it, and its facts.
func (s *Service) kept(ctx context.Context, rep string, date visit.Date) (imported []visit.PlannedVisit, facts []visit.Fact, err error) {
	imported, err = s.Store.Plans().Day(ctx, rep, date)
	if err != nil {
		return nil, nil, fmt.Errorf("read the plan: %w", err)
	}
	if facts, err = s.Store.Facts().Day(ctx, rep, date); err != nil {
		return nil, nil, fmt.Errorf("read the day: %w", err)
	}
	return imported, facts, nil
}

// keepOutcome keeps what a rep's day came to, for whoever asks about many days.
// It is made of what is kept, so that making it again comes to the same.
func (s *Service) keepOutcome(ctx context.Context, who person, date visit.Date, imported []visit.PlannedVisit, facts []visit.Fact) error {
	if err := s.Store.Outcomes().Put(ctx, visit.OutcomeOf(who.Rep, who.policy, date, imported, facts)); err != nil {
		return fmt.Errorf("keep what the day came to: %w", err)
	}
	return nil
}

// advance appends facts to one day of a rep, says what they changed, and
// reports whether anything was to be said. It runs in the rep's lane. Done
// again after a crash, it compares the same two days and says the same posts
// with the same versions, which is nothing.
func (s *Service) advance(ctx context.Context, who person, by tap, added ...visit.Fact) (said bool, err error) {
	if len(added) == 0 {
		return false, nil
	}
	date := added[0].Date
	imported, facts, err := s.kept(ctx, who.ID, date)
	if err != nil {
		return false, err
	}
	old := slices.DeleteFunc(facts, func(f visit.Fact) bool {
		return slices.ContainsFunc(added, func(a visit.Fact) bool { return a.ID == f.ID })
	})
	if err := s.Store.Facts().Append(ctx, added...); err != nil {
		return false, fmt.Errorf("append to the day: %w", err)
	}
	facts = append(slices.Clone(old), added...)
	if err := s.keepOutcome(ctx, who, date, imported, facts); err != nil {
		return false, err
	}
	plan := visit.FoldPlan(imported, facts).Lines
	c := change{before: visit.Fold(plan, old), after: visit.Fold(plan, facts), by: by, added: added}
	if c.dayView, err = s.view(ctx, who, plan, c.before, c.after); err != nil {
		return false, err
	}
	if said, err = s.sayChange(ctx, c); err != nil {
		return false, err
	}
	return said, errors.Join(s.watchDoubts(ctx, c), s.refreshDoubts(ctx, c))
}

// without returns the facts but for the one with the id.
func without(facts []visit.Fact, id string) []visit.Fact {
	return slices.DeleteFunc(slices.Clone(facts), func(f visit.Fact) bool { return f.ID == id })
}

// change is two states of a day and what made one of the other.
type change struct {
	dayView
	before, after visit.Day
	by            tap
	added         []visit.Fact
}

// sayChange says what differs between the two states of a day.
func (s *Service) sayChange(ctx context.Context, c change) (said bool, err error) {
	var posts []bot.Post
	for _, v := range c.after.Visits {
		more, err := s.visitPosts(ctx, c, v)
		if err != nil {
			return false, err
		}
		posts = append(posts, more...)
	}
	for _, f := range c.after.Unplaced {
		if !isUnplaced(c.before, f.ID) {
			posts = append(posts, bot.Post{ID: visitPost(f.ID), To: c.chat(f), Body: s.unplacedCard(c.dayView, c.after, f)})
		}
	}
	posts = append(posts, s.mergedPosts(c)...)
	loose, err := s.loosePosts(ctx, c)
	if err != nil {
		return false, err
	}
	for _, p := range append(posts, loose...) {
		if p.To == (bot.Address{}) {
			continue
		}
		if p.Version == 0 {
			p.Version = int64(c.after.Facts)
		}
		if err := s.Outbox.Say(ctx, p); err != nil {
			return false, err
		}
		said = true
	}
	return said, nil
}

// isUnplaced reports whether a fix means no customer in that state of the day.
func isUnplaced(d visit.Day, fix string) bool {
	return slices.ContainsFunc(d.Unplaced, func(f visit.Fact) bool { return f.ID == fix })
}

// mergedPosts tells of fixes with a bubble of their own that turned out to
// belong to the visit before.
func (s *Service) mergedPosts(c change) []bot.Post {
	sources := slices.Clone(c.before.Unplaced)
	for _, v := range c.before.Visits {
		sources = append(sources, v.Source)
	}
	var posts []bot.Post
	for _, f := range sources {
		if c.after.Visit(f.ID) != nil || isUnplaced(c.after, f.ID) {
			continue
		}
		p := bot.Post{ID: visitPost(f.ID), To: c.chat(f), Body: s.mergedCard()}
		if c.by.fix == f.ID && !s.updatable(p.To) {
			p.ID, p.Body.Response = visitPost(f.ID)+"/by/"+c.added[0].ID, c.by.response
		}
		posts = append(posts, p)
	}
	return posts
}

// updatable reports whether messages in the chat can be changed.
func (s *Service) updatable(to bot.Address) bool {
	platform, ok := s.platforms[to.Platform]
	return ok && platform.Abilities().UpdateFor > 0
}

// loosePosts asks for the location of photos that belong to no visit, after a
// moment in which it may come by itself, and takes back what was to be said of
// photos and texts whose location came.
func (s *Service) loosePosts(ctx context.Context, c change) ([]bot.Post, error) {
	loose := func(d visit.Day, id string) bool {
		return slices.ContainsFunc(d.Loose, func(p visit.PhotoState) bool { return p.ID == id })
	}
	var posts []bot.Post
	for i, p := range c.after.Loose {
		if loose(c.before, p.ID) || i > 0 && p.At.Sub(c.after.Loose[i-1].At) <= visit.PhotoLead {
			// The question for the photo before stands for this one too.
			continue
		}
		if cause := slices.IndexFunc(c.added, func(f visit.Fact) bool { return f.ID == p.ID }); cause >= 0 {
			posts = append(posts, bot.Post{
				ID: "photo/" + p.ID, To: c.chat(c.added[cause]), Body: s.text("photo.needs_location"),
				Version: 1, NotBefore: s.Now().Add(gather),
			})
		}
	}
	for _, p := range c.before.Loose {
		if loose(c.after, p.ID) {
			continue
		}
		if err := s.Outbox.Withdraw(ctx, "photo/"+p.ID, int64(c.after.Facts)); err != nil {
			return nil, err
		}
	}
	left := c.after.LooseWords()
	for _, id := range c.before.LooseWords() {
		if slices.Contains(left, id) {
			continue
		}
		if err := s.Outbox.Withdraw(ctx, notePost(id), int64(c.after.Facts)); err != nil {
			return nil, err
		}
	}
	return posts, nil
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
		for _, c := range d.Complaints {
			ids = append(ids, c.Customer)
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
