// Package handlers decides what each message, button and command means: one
// file per conversation. A handler reads what is kept, lets package visit
// decide, appends facts whose ids derive from the event, and says what changed;
// doing so twice comes to the same. It must not know platforms by name, nor HTTP.
package handlers

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"sync"
	"time"

	"roundsman/bot"
	"roundsman/catalog"
	"roundsman/seal"
	"roundsman/storage"
	"roundsman/visit"
)

// Options are what a Service works with. All are required.
type Options struct {
	Store     storage.Store
	Outbox    *bot.Outbox
	Platforms []bot.Platform
	Say       *catalog.Catalog
	// Buttons seals the values of buttons.
	Buttons *seal.Box
	Policy  visit.Policy
	// Admins are the people who are admins by configuration, whatever the roster says.
	Admins []bot.Address
	// Inlet takes internal events for the lanes of others.
	Inlet interface {
		Accept(ctx context.Context, m bot.Message) error
	}
	// FetchPhotos is called when there is a photo to fetch.
	FetchPhotos func()
	// Page is the address of the check-in page for people of a platform, "" where
	// there is none; nil means nowhere.
	Page func(platform string) string
	// CustomerCode makes the address that a customer's code holds, and says until
	// when it is good; nil where there is no check-in page.
	CustomerCode func(customer string) (address string, until time.Time, err error)
	Now          func() time.Time
	Log          *slog.Logger
}

// Service answers messages. It is a [bot.Handler].
type Service struct {
	Options
	platforms map[string]bot.Platform
	commands  []command

	mu sync.Mutex
	// passive holds the last position that a platform reported of itself, by
	// person, for a few minutes and never on disk.
	passive map[string]visit.Sighting
}

// New returns a Service.
func New(o Options) *Service {
	s := &Service{Options: o, platforms: make(map[string]bot.Platform), passive: make(map[string]visit.Sighting)}
	for _, p := range o.Platforms {
		s.platforms[p.Name()] = p
	}
	s.commands = commandTable()
	return s
}

// person is who wrote: somebody of the roster, or an admin by configuration.
type person struct {
	visit.Rep
	team visit.Team
	zone *time.Location
	// policy is that of their team.
	policy visit.Policy
	// known is false for somebody we have never heard of; onRoster also for an
	// admin by configuration who is on no roster and so in no team.
	known, onRoster bool
}

// Lane returns the rep whose day m touches, or the chat of somebody unknown.
func (s *Service) Lane(ctx context.Context, m bot.Message) (string, error) {
	if rep, ok := m.Internal(); ok {
		return "rep/" + rep, nil
	}
	rep, err := s.Store.Roster().ByIdentity(ctx, m.Platform, m.From)
	switch {
	case err == nil:
		return "rep/" + rep.ID, nil
	case errors.Is(err, storage.ErrNotFound):
		return "chat/" + m.Platform + "/" + m.From, nil
	}
	return "", fmt.Errorf("find a person: %w", err)
}

// spontaneous reports whether m is something that the platform tells of
// itself, to which nobody expects an answer.
func spontaneous(m bot.Message) bool {
	return m.Notice != "" || m.Location != nil && m.Location.Passive
}

// Handle does what m asks for.
func (s *Service) Handle(ctx context.Context, m bot.Message) error {
	if m.Fact != nil {
		return s.internal(ctx, *m.Fact)
	}
	if m.Due != nil {
		return s.due(ctx, m)
	}
	if m.Notice == bot.NoticeJoined {
		return s.joined(ctx, m)
	}
	who, err := s.who(ctx, m.Platform, m.From)
	if err != nil {
		return err
	}
	inGroup := m.Chat.Place != bot.ToUser
	switch {
	case inGroup && !m.Mentioned:
		return nil
	case !who.known:
		return s.stranger(ctx, m)
	case m.Notice == bot.NoticeEntered:
		return nil
	case m.Press != nil:
		return s.press(ctx, m, who)
	case inGroup:
		// Whereabouts and photos are never taken from a group.
		if m.Text == "" {
			return nil
		}
		return s.command(ctx, m, who)
	case isDocument(m):
		return s.table(ctx, m, who)
	case !who.onRoster && (m.Location != nil || len(m.Media) > 0):
		if spontaneous(m) {
			return nil
		}
		return s.reply(ctx, m, s.text("checkin.not_on_roster"))
	case m.Location != nil && m.Location.Passive:
		return s.notePassive(ctx, m, who)
	case m.Location != nil:
		return s.location(ctx, m, who)
	case len(m.Media) > 0:
		return s.photos(ctx, m, who)
	case m.Text != "":
		return s.command(ctx, m, who)
	}
	return nil
}

// GiveUp apologises for an event that could not be handled.
func (s *Service) GiveUp(ctx context.Context, m bot.Message) {
	if m.Platform == "" || m.From == "" || spontaneous(m) {
		return
	}
	// Not as the answer to m: an admin may have it tried again, and then it gets one.
	err := s.Outbox.Say(ctx, bot.Post{ID: "sorry/" + m.Key, To: direct(m), Body: s.text("error.gave_up")})
	if err != nil {
		s.Log.Error("cannot apologise", "event", m.Key, "error", err)
	}
}

// who finds the person with a user id on a platform.
func (s *Service) who(ctx context.Context, platform, user string) (person, error) {
	p := person{zone: s.Policy.Zone, policy: s.Policy}
	rep, err := s.Store.Roster().ByIdentity(ctx, platform, user)
	if err != nil && !errors.Is(err, storage.ErrNotFound) {
		return p, fmt.Errorf("find a person: %w", err)
	}
	p.known, p.onRoster = err == nil, err == nil
	p.Rep = rep
	address := bot.Address{Platform: platform, Place: bot.ToUser, ID: user}
	if slices.Contains(s.Admins, address) {
		p.Role = visit.RoleAdmin
		if !p.known {
			p.known = true
			p.ID, p.Identities = address.String(), map[string]string{platform: user}
		}
	}
	if p.Team != "" {
		if p.team, err = s.team(ctx, p.Team); err != nil {
			return p, err
		}
		p.policy = s.Policy.Of(p.team)
		p.zone = p.policy.Zone
	}
	return p, nil
}

// team returns the team of the name; one that nobody has described has only its name.
func (s *Service) team(ctx context.Context, name string) (visit.Team, error) {
	t, err := s.Store.Roster().Team(ctx, name)
	if errors.Is(err, storage.ErrNotFound) {
		return visit.Team{Name: name}, nil
	}
	if err != nil {
		return visit.Team{}, fmt.Errorf("read a team: %w", err)
	}
	return t, nil
}

// direct is the chat between the bot and whoever sent m.
func direct(m bot.Message) bot.Address {
	return bot.Address{Platform: m.Platform, Place: bot.ToUser, ID: m.From}
}

// reply answers m in the sender's own chat, once.
func (s *Service) reply(ctx context.Context, m bot.Message, b bot.Body) error {
	return s.Outbox.Say(ctx, bot.Post{ID: "re/" + m.Key, To: direct(m), Body: b})
}

// replyHere answers m where it was said, once.
func (s *Service) replyHere(ctx context.Context, m bot.Message, b bot.Body) error {
	return s.Outbox.Say(ctx, bot.Post{ID: "re/" + m.Key, To: m.Chat, Body: b})
}

// text is a body of one sentence.
func (s *Service) text(key string, pairs ...any) bot.Body {
	return bot.Body{Text: s.Say.T(key, pairs...)}
}

// stranger tells somebody unknown, once a day, how to be known: the id that
// the roster needs is theirs. Nothing else is told.
func (s *Service) stranger(ctx context.Context, m bot.Message) error {
	if spontaneous(m) {
		return nil
	}
	date := visit.WorkingDate(m.At, s.Policy.Zone, s.Policy.DayStarts)
	return s.Outbox.Say(ctx, bot.Post{
		ID: fmt.Sprintf("stranger/%s/%s/%s", m.Platform, m.From, date), To: direct(m), Body: s.text("stranger", "User", m.From),
	})
}

// joined greets a group that the bot was added to and tells how to bind it.
func (s *Service) joined(ctx context.Context, m bot.Message) error {
	return s.Outbox.Say(ctx, bot.Post{ID: "joined/" + m.Key, To: m.Chat, Body: s.text("group.joined")})
}
