package handlers

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"roundsman/bot"
	"roundsman/match"
	"roundsman/storage"
	"roundsman/visit"
)

// A transfer gives a rep's customers to another, with what is planned at them
// from tomorrow on, their open complaints and their stops of the fixed route.
// It is shown first and done by a tap, once.
const (
	// jobTransfer and jobTransferBack are what a transfer, or its undoing, does
	// to the plans of one of its reps; they are about the transfer.
	jobTransfer     = "transfer"
	jobTransferBack = "transfer_back"
	// kindTransfer is a transfer among what can be undone.
	kindTransfer = "transfer"
	// askedFor is how long something that was shown first may be done by a tap.
	askedFor = 30 * time.Minute
	// namesShown bounds the customers that a message names.
	namesShown = 8
)

// moving is what a transfer moves, each thing as it was before.
type moving struct {
	From      string   `json:"from"`
	To        string   `json:"to"`
	Customers []string `json:"customers"`
	// Routes are those of both, if they have one.
	Routes     []visit.Route `json:"routes,omitempty"`
	Stops      int           `json:"stops,omitempty"`
	Visits     []movedVisit  `json:"visits,omitempty"`
	Complaints []string      `json:"complaints,omitempty"`
}

// movedVisit is a planned visit that moves. Had says that the other one was to go there anyway.
type movedVisit struct {
	Line visit.PlannedVisit `json:"line"`
	Had  bool               `json:"had,omitempty"`
}

// moves reports whether a customer is one of those that move.
func (mv moving) moves(customer string) bool { return slices.Contains(mv.Customers, customer) }

// givers are the signs and words between who gives and who gets.
var givers = strings.NewReplacer("→", " → ", "⇒", " → ", "->", " → ", "-＞", " → ", "－>", " → ", "＞", " → ", ">", " → ", "给", " → ")

// transferWords are the two sides of 张伟→李娜; false if there are not two.
func transferWords(text string) (what, to string, ok bool) {
	what, to, ok = strings.Cut(givers.Replace(text), "→")
	what, to = strings.TrimSpace(what), strings.TrimSpace(to)
	return what, to, ok && what != "" && to != "" && !strings.Contains(to, "→")
}

// isTransfer returns what follows the word for a transfer, if the text begins with it.
func isTransfer(text string) (rest string, ok bool) {
	word, rest, _ := strings.Cut(text, " ")
	return strings.TrimSpace(rest), slices.Contains([]string{"转移", "transfer"}, strings.ToLower(word))
}

// askTransfer shows what a transfer would move: 客户 转移 张伟→李娜, or of one
// customer 客户 转移 华联→李娜.
func (s *Service) askTransfer(ctx context.Context, c call, text string) error {
	what, name, ok := transferWords(text)
	if !ok {
		return s.reply(ctx, c.m, s.text("transfer.usage"))
	}
	said := func(a, b string) string { return "客户 转移 " + a + " → " + b }
	to, ok, err := s.colleague(ctx, c, name, func(id string) string { return said(what, id) })
	if err != nil || !ok {
		return err
	}
	a := action{Rep: c.who.ID, To: to.ID, Of: "re/" + c.m.Key, At: c.m.At}
	people, err := s.colleagues(ctx, c.who)
	if err != nil {
		return err
	}
	if len(match.Find(what, slices.Values(people), func(r visit.Rep) (id, name string) { return r.ID, r.Name })) > 0 {
		from, ok, err := s.colleague(ctx, c, what, func(id string) string { return said(id, to.ID) })
		if err != nil || !ok {
			return err
		}
		a.Fix = from.ID
	} else {
		hits, err := s.customersFor(ctx, c, c.who, what)
		if err != nil {
			return err
		}
		customer, ok, err := s.oneCustomer(ctx, c, what, hits, "transfer.nobody")
		if err != nil || !ok {
			return err
		}
		a.Fix, a.Customer = customer.Owner, customer.ID
	}
	if a.Fix == a.To {
		return s.reply(ctx, c.m, s.text("transfer.same", "Name", to.Name))
	}
	mv, err := s.moving(ctx, a, c.m.At)
	if err != nil {
		return err
	}
	if len(mv.Customers) == 0 {
		return s.reply(ctx, c.m, s.text("transfer.nothing", "Name", bot.CutBytes(what, 60)))
	}
	card, err := s.movingCard(ctx, "transfer.title", mv, "")
	if err != nil {
		return err
	}
	card.Footer = s.Say.T("transfer.footer")
	card.Buttons = s.askButtons("button.transfer", doTransfer, doCancel, a)
	return s.reply(ctx, c.m, bot.Body{Card: card})
}

// askButtons are those of something that is shown before it is done.
func (s *Service) askButtons(yes, do, cancel string, a action) []bot.Button {
	var out []bot.Button
	for _, b := range []struct {
		key, do string
		style   bot.ButtonStyle
	}{{yes, do, bot.ButtonPrimary}, {"button.cancel", cancel, bot.ButtonPlain}} {
		a.Do = b.do
		out = append(out, s.button(s.Say.T(b.key), b.style, a.At.Add(choiceFor), a))
	}
	return out
}

// moving finds what moves from one rep to another: all customers, or the one
// of the action. Plans are looked at from tomorrow on, as far ahead as visits
// can be assigned.
func (s *Service) moving(ctx context.Context, a action, at time.Time) (moving, error) {
	mv := moving{From: a.Fix, To: a.To}
	from, err := s.rep(ctx, a.Fix)
	if err != nil {
		return mv, err
	}
	owned, err := s.Store.Customers().Owned(ctx, a.Fix)
	if err != nil {
		return mv, fmt.Errorf("read the customers: %w", err)
	}
	for _, c := range owned {
		if a.Customer == "" || a.Customer == c.ID {
			mv.Customers = append(mv.Customers, c.ID)
		}
	}
	if a.Fix == "" {
		return mv, nil // nobody's customer: nothing is planned there
	}
	if mv.Routes, err = s.Store.Routes().Get(ctx, a.Fix, a.To); err != nil {
		return mv, fmt.Errorf("read the routes: %w", err)
	}
	for _, r := range mv.Routes {
		for _, stop := range r.Stops {
			if r.Rep == a.Fix && mv.moves(stop.Customer) {
				mv.Stops++
			}
		}
	}
	open, err := s.Store.Complaints().Open(ctx, from.Team)
	if err != nil {
		return mv, fmt.Errorf("read the complaints: %w", err)
	}
	for _, c := range open {
		if c.Handler == a.Fix && mv.moves(c.Customer) {
			mv.Complaints = append(mv.Complaints, c.ID)
		}
	}
	mv.Visits, err = s.movingVisits(ctx, mv, s.Policy.DateIn(from.team, at))
	return mv, err
}

// movingVisits are the planned visits after today that move.
func (s *Service) movingVisits(ctx context.Context, mv moving, today visit.Date) (out []movedVisit, err error) {
	first, last := today.Add(1), today.Add(maxAhead)
	facts := make(map[visit.Date][]visit.Fact)
	for f, err := range s.Store.Facts().Range(ctx, storage.FactFilter{Rep: mv.From, From: first, To: last}) {
		if err != nil {
			return nil, fmt.Errorf("read the days ahead: %w", err)
		}
		facts[f.Date] = append(facts[f.Date], f)
	}
	for date := first; date <= last; date = date.Add(1) {
		imported, err := s.Store.Plans().Day(ctx, mv.From, date)
		if err != nil {
			return nil, fmt.Errorf("read the plan: %w", err)
		}
		lines := slices.DeleteFunc(visit.FoldPlan(imported, facts[date]).Lines, func(l visit.PlannedVisit) bool { return !mv.moves(l.Customer) })
		if len(lines) == 0 {
			continue
		}
		theirs, _, err := s.day(ctx, mv.To, date)
		if err != nil {
			return nil, err
		}
		for _, l := range lines {
			had := slices.ContainsFunc(theirs, func(t visit.PlannedVisit) bool { return t.Customer == l.Customer })
			l.Date, l.Order, l.Why = date, 0, visit.Why{}
			out = append(out, movedVisit{l, had})
		}
	}
	return out, nil
}

// movingCard says what moves, to one who knows who gives and who gets.
func (s *Service) movingCard(ctx context.Context, title string, mv moving, by string) (*bot.Card, error) {
	from, err := s.rep(ctx, mv.From)
	if err != nil {
		return nil, err
	}
	to, err := s.rep(ctx, mv.To)
	if err != nil {
		return nil, err
	}
	some, err := s.Store.Customers().Get(ctx, mv.Customers[:min(len(mv.Customers), namesShown)]...)
	if err != nil {
		return nil, fmt.Errorf("read the customers: %w", err)
	}
	var names []string
	for _, c := range some {
		names = append(names, c.Name)
	}
	if len(mv.Customers) > len(some) {
		names = append(names, "…")
	}
	giver := cmp.Or(from.Name, from.ID, s.Say.T("transfer.unowned"))
	card := &bot.Card{Title: s.Say.T(title, "From", giver, "To", to.Name, "By", by)}
	card.Lines = []bot.Line{{Label: s.Say.T("transfer.customers", "Count", len(mv.Customers)), Text: strings.Join(names, s.Say.T("list.comma"))}}
	for _, l := range []struct {
		key string
		n   int
	}{{"transfer.visits", len(mv.Visits)}, {"transfer.complaints", len(mv.Complaints)}, {"transfer.stops", mv.Stops}} {
		if l.n > 0 {
			card.Lines = append(card.Lines, bot.Line{Text: s.Say.T(l.key, "Count", l.n)})
		}
	}
	return card, nil
}

// transfer is the tap by which a transfer is done. What moves is kept first, as
// it was: done again after a crash, the same is moved, and another tap finds that it was.
func (s *Service) transfer(ctx context.Context, m bot.Message, who person, a action) error {
	if !who.Role.AtLeast(visit.RoleAdmin) {
		return s.reply(ctx, m, s.text("command.denied", "Role", s.Say.T("role."+string(visit.RoleAdmin))))
	}
	id := kindTransfer + "/" + a.Of
	u, err := s.Store.Undos().Get(ctx, id)
	if errors.Is(err, storage.ErrNotFound) {
		if m.At.Sub(a.At) > askedFor {
			return s.reply(ctx, m, s.text("ask.expired"))
		}
		mv, err := s.moving(ctx, a, m.At)
		if err != nil {
			return err
		}
		if len(mv.Customers) == 0 {
			return s.reply(ctx, m, s.text("transfer.gone"))
		}
		data, err := json.Marshal(mv)
		if err != nil {
			return fmt.Errorf("write down a transfer: %w", err)
		}
		u = storage.Undo{ID: id, Kind: kindTransfer, By: who.ID, Cause: m.Key, At: visit.Millis(m.At), Data: data}
		if err := s.Store.Undos().Put(ctx, u); err != nil {
			return fmt.Errorf("keep a transfer: %w", err)
		}
		// Another tap may have been the first.
		if u, err = s.Store.Undos().Get(ctx, id); err != nil {
			return fmt.Errorf("read a transfer: %w", err)
		}
	} else if err != nil {
		return fmt.Errorf("read a transfer: %w", err)
	}
	if u.Cause != m.Key {
		return s.reply(ctx, m, s.text("button.again"))
	}
	mv, err := movingOf(u)
	if err != nil {
		return err
	}
	if err := s.move(ctx, m, u, mv, false); err != nil {
		return err
	}
	s.Log.Info("customers were transferred", "from", mv.From, "to", mv.To, "customers", len(mv.Customers), "by", who.ID)
	card, err := s.movingCard(ctx, "transfer.done", mv, "")
	if err != nil {
		return err
	}
	card.Footer = s.Say.T("undo.hint")
	return s.answerPress(ctx, m, a.Of, bot.Body{Card: card}, 2)
}

// movingOf reads what a transfer moved.
func movingOf(u storage.Undo) (mv moving, err error) {
	if err := json.Unmarshal(u.Data, &mv); err != nil {
		return mv, fmt.Errorf("read the transfer %s: %w", u.ID, err)
	}
	return mv, nil
}

// move gives what moves to whom it is for, or back. Each write can be repeated.
// The plans follow in the lanes of their reps.
func (s *Service) move(ctx context.Context, m bot.Message, u storage.Undo, mv moving, back bool) error {
	job, from, to := jobTransfer, mv.From, mv.To
	if back {
		job, from, to = jobTransferBack, mv.To, mv.From
	}
	if err := errors.Join(s.moveCustomers(ctx, mv, from, to), s.moveRoutes(ctx, mv, back), s.moveComplaints(ctx, mv, from, to)); err != nil {
		return err
	}
	// Whoever gets goes first: a visit may stand in two plans for a moment, never in none.
	for _, rep := range []string{to, from} {
		if rep == "" {
			continue
		}
		e := bot.Message{
			Key: "due/" + job + "/" + u.ID + "/" + rep, At: visit.Millis(m.At), Received: m.Received,
			Due: &bot.Due{Job: job, Rep: rep, Of: u.ID},
		}
		if err := s.Inlet.Accept(ctx, e); err != nil {
			return fmt.Errorf("move the plans: %w", err)
		}
	}
	by, err := s.nameOf(ctx, u.By)
	if err != nil {
		return err
	}
	card, err := s.movingCard(ctx, told(job), mv, by)
	if err != nil {
		return err
	}
	for _, rep := range []string{mv.From, mv.To} {
		who, err := s.rep(ctx, rep)
		if err != nil {
			return err
		}
		if !who.onRoster {
			continue
		}
		err = s.tellManagers(ctx, who, job+"/"+u.ID, func(manager visit.Rep, _ []visit.Rep) bot.Body {
			if manager.ID == u.By || manager.ID == mv.From || manager.ID == mv.To {
				return bot.Body{}
			}
			return bot.Body{Card: card}
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// told is the catalogue key of what is told of a transfer, or of its undoing.
func told(job string) string {
	if job == jobTransferBack {
		return "transfer.told_back"
	}
	return "transfer.told"
}

// nameOf is what somebody who did something is called; an admin by
// configuration has no name.
func (s *Service) nameOf(ctx context.Context, id string) (string, error) {
	who, err := s.rep(ctx, id)
	return cmp.Or(who.Name, s.Say.T("transfer.admin")), err
}

func (s *Service) moveCustomers(ctx context.Context, mv moving, from, to string) error {
	// Whom an import gave to a third one meanwhile stays there.
	for ids := range slices.Chunk(mv.Customers, 500) {
		if err := s.Store.Customers().SetOwner(ctx, from, to, ids...); err != nil {
			return fmt.Errorf("give customers to another: %w", err)
		}
	}
	return nil
}

func (s *Service) moveRoutes(ctx context.Context, mv moving, back bool) error {
	if mv.Stops == 0 {
		return nil
	}
	before := map[string]visit.Route{}
	for _, r := range mv.Routes {
		before[r.Rep] = r
	}
	from, to := visit.Route{Rep: mv.From}, visit.Route{Rep: mv.To, Stops: slices.Clone(before[mv.To].Stops)}
	for _, stop := range before[mv.From].Stops {
		switch {
		case !mv.moves(stop.Customer):
			from.Stops = append(from.Stops, stop)
		case !slices.Contains(to.Stops, stop):
			to.Stops = append(to.Stops, stop)
		}
	}
	routes := []visit.Route{from, to}
	if back {
		routes = mv.Routes
		if _, had := before[mv.To]; !had {
			if err := s.Store.Routes().Delete(ctx, mv.To); err != nil {
				return fmt.Errorf("take back a route: %w", err)
			}
		}
	}
	if err := s.Store.Routes().Put(ctx, routes...); err != nil {
		return fmt.Errorf("move stops of a route: %w", err)
	}
	return nil
}

func (s *Service) moveComplaints(ctx context.Context, mv moving, from, to string) error {
	if len(mv.Complaints) == 0 {
		return nil
	}
	handler, err := s.rep(ctx, to)
	if err != nil {
		return err
	}
	for _, id := range mv.Complaints {
		c, err := s.Store.Complaints().Get(ctx, id)
		if errors.Is(err, storage.ErrNotFound) || err == nil && (!c.Open() || c.Handler != from) {
			continue
		}
		if err != nil {
			return fmt.Errorf("find a complaint: %w", err)
		}
		c.Handler, c.Team = to, handler.Team
		if err := s.Store.Complaints().Put(ctx, c); err != nil {
			return fmt.Errorf("give a complaint to another: %w", err)
		}
	}
	return nil
}

// dueTransfer moves the planned visits of one of the two, in their lane, and tells them once.
func (s *Service) dueTransfer(ctx context.Context, m bot.Message, who person) error {
	u, err := s.Store.Undos().Get(ctx, m.Due.Of)
	if err != nil {
		return fmt.Errorf("read a transfer: %w", err)
	}
	mv, err := movingOf(u)
	if err != nil {
		return err
	}
	by, err := s.nameOf(ctx, u.By)
	if err != nil {
		return err
	}
	back := m.Due.Job == jobTransferBack
	gets := (who.ID == mv.To) != back
	changes := make(map[visit.Date]*visit.Change)
	for _, v := range mv.Visits {
		change := changes[v.Line.Date]
		if change == nil {
			change = &visit.Change{Reason: s.Say.T("transfer.reason", "Name", by)}
			changes[v.Line.Date] = change
		}
		switch {
		case gets:
			change.Put = append(change.Put, v.Line)
		case !back || !v.Had:
			change.Drop = append(change.Drop, v.Line.Customer)
		}
	}
	for _, date := range slices.Sorted(maps.Keys(changes)) {
		p, err := s.planOf(ctx, who, date)
		if err != nil {
			return err
		}
		f := visit.Fact{
			ID: fmt.Sprintf("%s/%s/%s/%s", m.Due.Job, u.ID, who.ID, date), Kind: visit.KindPlanChanged, Rep: who.ID, Team: who.Team,
			Date: date, At: visit.Millis(m.At), Received: visit.Millis(m.Received), By: u.By, Plan: changes[date],
		}
		if err := s.appendPlan(ctx, p, f); err != nil {
			return err
		}
		if err := errors.Join(s.refresh(ctx, p, ""), s.watch(ctx, p)); err != nil {
			return err
		}
	}
	card, err := s.movingCard(ctx, told(m.Due.Job), mv, by)
	if err != nil {
		return err
	}
	return s.sayHome(ctx, who.Rep, m.Due.Job+"/"+u.ID+"/"+who.ID, bot.Body{Card: card})
}

// cancelled takes back a transfer that was shown and not done.
func (s *Service) cancelled(ctx context.Context, m bot.Message, a action) error {
	return s.answerPress(ctx, m, a.Of, s.text("ask.cancelled"), 2)
}
