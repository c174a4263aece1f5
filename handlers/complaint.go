package handlers

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"roundsman/bot"
	"roundsman/digest"
	"roundsman/storage"
	"roundsman/visit"
)

// jobComplaint is due when a complaint is to have been seen to; it is about the complaint.
const jobComplaint = "complaint"

// complaintWords is what is said of a complaint: 华联 破损2箱 处理人:李娜 期限:明天.
type complaintWords struct {
	// customer is the first word, text what follows it; all is both.
	customer, text, all string
	handler             string
	due                 visit.Date
}

// parseComplaint reads what follows the command.
func parseComplaint(rest string, today visit.Date) (complaintWords, error) {
	var w complaintWords
	var words []string
	for _, word := range strings.Fields(rest) {
		key, value, _ := strings.Cut(strings.ReplaceAll(word, "：", ":"), ":")
		switch strings.ToLower(key) {
		case "处理人", "handler":
			w.handler = value
		case "期限", "due":
			date, ok := dateWord(value, today)
			if !ok || date < today || today.Days(date) > maxAhead {
				return w, notUnderstood(word)
			}
			w.due = date
		default:
			words = append(words, word)
		}
	}
	if len(words) > 0 {
		w.customer, w.text, w.all = words[0], strings.Join(words[1:], " "), strings.Join(words, " ")
	}
	return w, nil
}

// complain opens a complaint, or lists those that are open: 投诉 华联 破损2箱.
// Without a customer's name it is about where the person is.
func (s *Service) complain(ctx context.Context, c call) error {
	w, err := parseComplaint(c.rest, s.Policy.DateIn(c.who.team, c.m.At))
	if bad := notUnderstood(""); errors.As(err, &bad) {
		return s.reply(ctx, c.m, s.text("complaint.not_understood", "Word", bot.CutBytes(string(bad), 60)))
	}
	if w.all == "" {
		return s.listComplaints(ctx, c)
	}
	customer, ok, err := s.complainant(ctx, c, &w)
	if err != nil || !ok {
		return err
	}
	if w.text == "" {
		return s.reply(ctx, c.m, s.text("complaint.usage"))
	}
	handler, ok, err := s.handlerOf(ctx, c, w, customer)
	if err != nil || !ok {
		return err
	}
	calendar, err := s.calendar(ctx)
	if err != nil {
		return err
	}
	if w.due == "" {
		w.due = calendar.Next(s.Policy.DateIn(handler.team, c.m.At))
	}
	f := s.fact(c.m, handler, visit.KindComplaint, "complaint", func(f *visit.Fact) {
		if handler.ID != c.who.ID {
			f.By = c.who.ID
		}
		due := visit.Millis(w.due.At(handler.policy.ReportDeadline, handler.zone))
		f.Complaint = &visit.ComplaintFact{Customer: customer.ID, Due: due, Text: bot.Clean(w.text, 500)}
	})
	if err := s.inLane(ctx, c.who, handler, f, s.complained); err != nil {
		return err
	}
	opened, _ := visit.CaseOf(f)
	card := s.complaintCard(s.Say.T("complaint.opened", "Customer", customer.Name), opened, handler)
	card.Buttons = []bot.Button{s.resolveButton(s.Say.T("button.resolve"), c.who.ID, opened, c.m.At)}
	return s.reply(ctx, c.m, bot.Body{Card: card})
}

// complainant finds the customer that complains: by name, else where the person is just now.
func (s *Service) complainant(ctx context.Context, c call, w *complaintWords) (visit.Customer, bool, error) {
	hits, err := s.customersFor(ctx, c, c.who, w.customer)
	if err != nil {
		return visit.Customer{}, false, err
	}
	if len(hits) == 0 && c.who.onRoster {
		plan, facts, err := s.day(ctx, c.who.ID, s.Policy.DateIn(c.who.team, c.m.At))
		if err != nil {
			return visit.Customer{}, false, err
		}
		if v := visit.Fold(plan, facts).Current(); v != nil && v.Customer != "" && v.Open(c.m.At) {
			here, err := s.Store.Customers().Get(ctx, v.Customer)
			if err != nil {
				return visit.Customer{}, false, fmt.Errorf("read the customers: %w", err)
			}
			if len(here) == 1 {
				w.text = w.all
				return here[0], true, nil
			}
		}
	}
	return s.oneCustomer(ctx, c, w.customer, hits, "complaint.no_customer")
}

// handlerOf is who sees to a complaint: who is named, else the customer's owner, else who opens it.
func (s *Service) handlerOf(ctx context.Context, c call, w complaintWords, customer visit.Customer) (person, bool, error) {
	if w.handler != "" {
		rep, ok, err := s.colleague(ctx, c, w.handler, func(id string) string { return strings.Replace(c.m.Text, w.handler, id, 1) })
		if err != nil || !ok {
			return person{}, false, err
		}
		who, err := s.rep(ctx, rep.ID)
		return who, err == nil, err
	}
	if customer.Owner != "" {
		owner, err := s.rep(ctx, customer.Owner)
		if err != nil || owner.onRoster {
			return owner, err == nil, err
		}
	}
	if !c.who.onRoster {
		return person{}, false, s.reply(ctx, c.m, s.text("complaint.no_handler"))
	}
	return c.who, true, nil
}

// inLane takes a fact into its rep's day: at once if that is who caused it,
// else through the rep's lane.
func (s *Service) inLane(ctx context.Context, by, rep person, f visit.Fact, take func(context.Context, person, visit.Fact) error) error {
	if by.ID == rep.ID {
		return take(ctx, rep, f)
	}
	return s.hand(ctx, f)
}

// complained takes a complaint into the day of whoever sees to it, and tells
// them and the managers.
func (s *Service) complained(ctx context.Context, who person, f visit.Fact) error {
	opened, ok := visit.CaseOf(f)
	if !ok {
		return nil
	}
	if _, err := s.advance(ctx, who, tap{}, f); err != nil {
		return err
	}
	if err := s.Store.Complaints().Put(ctx, opened); err != nil {
		return fmt.Errorf("keep a complaint: %w", err)
	}
	watched := bot.Message{
		Key: "due/" + jobComplaint + "/" + opened.ID, At: opened.Due, Received: f.Received,
		Due: &bot.Due{Job: jobComplaint, Rep: who.ID, Date: f.Date, Of: opened.ID},
	}
	if err := s.Inlet.Accept(ctx, watched); err != nil {
		return fmt.Errorf("watch a complaint: %w", err)
	}
	return s.tellOfComplaint(ctx, who, opened, "complaint/"+opened.ID, opened.By, "complaint.told", bot.ToneWarn)
}

// dueComplaint reminds of a complaint that is open when its time is over.
func (s *Service) dueComplaint(ctx context.Context, m bot.Message, who person) error {
	c, err := s.Store.Complaints().Get(ctx, m.Due.Of)
	if errors.Is(err, storage.ErrNotFound) || err == nil && (!c.Open() || !c.Due.Equal(m.At)) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("find a complaint: %w", err)
	}
	if c.Handler != who.ID { // it was given to another
		if who, err = s.rep(ctx, c.Handler); err != nil {
			return err
		}
	}
	return s.tellOfComplaint(ctx, who, c, "complaint_due/"+c.ID, "", "complaint.overdue", bot.ToneBad)
}

// tellOfComplaint tells who sees to a complaint and the managers of it, but for
// one who knows; a tap closes it.
func (s *Service) tellOfComplaint(ctx context.Context, who person, c visit.ComplaintCase, post, knows, title string, tone bot.Tone) error {
	name, err := s.customerName(ctx, c.Customer)
	if err != nil {
		return err
	}
	by, err := s.rep(ctx, c.By)
	if err != nil {
		return err
	}
	card := s.complaintCard(s.Say.T(title, "Name", by.Name, "Customer", name), c, who)
	card.Tone = tone
	tell := func(rep visit.Rep) bot.Body {
		if rep.ID == knows {
			return bot.Body{}
		}
		mine := *card
		mine.Buttons = []bot.Button{s.resolveButton(s.Say.T("button.resolve"), rep.ID, c, c.Due)}
		return bot.Body{Card: &mine}
	}
	if err := s.sayHome(ctx, who.Rep, post, tell(who.Rep)); err != nil {
		return err
	}
	return s.tellManagers(ctx, who, post, func(manager visit.Rep, _ []visit.Rep) bot.Body { return tell(manager) })
}

// complaintCard says what a complaint is about.
func (s *Service) complaintCard(title string, c visit.ComplaintCase, handler person) *bot.Card {
	due := c.Due.In(handler.zone)
	return &bot.Card{Title: title, Lines: []bot.Line{
		{Text: c.Text},
		{Label: s.Say.T("complaint.handler"), Text: handler.Name},
		{Label: s.Say.T("complaint.due"), Text: s.Say.Date(due) + " " + s.Say.Clock(due)},
	}, Footer: s.Say.T("complaint.footer")}
}

// complaintFor is how long after its time a complaint can be closed by a tap.
const complaintFor = 14 * 24 * time.Hour

func (s *Service) resolveButton(label, who string, c visit.ComplaintCase, at time.Time) bot.Button {
	until := at
	if c.Due.After(until) {
		until = c.Due
	}
	return s.button(label, bot.ButtonPrimary, until.Add(complaintFor), action{Do: doResolve, Rep: who, Of: c.ID})
}

// listComplaints lists what is open: to a manager of the team, to a rep of their own.
func (s *Service) listComplaints(ctx context.Context, c call) error {
	open, err := s.openComplaints(ctx, c.who)
	if err != nil {
		return err
	}
	if len(open) == 0 {
		return s.reply(ctx, c.m, s.text("complaint.none"))
	}
	card := &bot.Card{Title: s.Say.T("complaint.list", "Count", len(open)), Footer: s.Say.T("complaint.footer")}
	for i, one := range open {
		name, err := s.customerName(ctx, one.Customer)
		if err != nil {
			return err
		}
		handler, err := s.rep(ctx, one.Handler)
		if err != nil {
			return err
		}
		due := one.Due.In(handler.zone)
		text := strings.Join([]string{one.Text, handler.Name, s.Say.Date(due)}, " · ")
		if one.Overdue(c.m.At) {
			text = s.Say.T("complaint.late") + " · " + text
			card.Tone = bot.ToneWarn
		}
		card.Lines = append(card.Lines, bot.Line{Label: name, Text: text})
		if i < maxChoices {
			if slices.ContainsFunc(open, func(o visit.ComplaintCase) bool { return o.Customer == one.Customer && o.ID != one.ID }) {
				name = bot.CutBytes(one.Text, 24) // the customer's name would not say which
			}
			card.Buttons = append(card.Buttons, s.resolveButton(s.Say.T("button.resolve_one", "Name", name), c.who.ID, one, c.m.At))
		}
	}
	return s.reply(ctx, c.m, bot.Body{Card: card})
}

// openComplaints are those that the person may close: a manager the team's, a rep their own.
func (s *Service) openComplaints(ctx context.Context, who person) ([]visit.ComplaintCase, error) {
	open, err := s.Store.Complaints().Open(ctx, who.Team)
	if err != nil {
		return nil, fmt.Errorf("read the complaints: %w", err)
	}
	return slices.DeleteFunc(open, func(c visit.ComplaintCase) bool { return !mayResolve(who, c) }), nil
}

// mayResolve reports whether somebody may close a complaint.
func mayResolve(who person, c visit.ComplaintCase) bool {
	return who.ID == c.Handler || who.ID == c.By || who.Role.AtLeast(visit.RoleAdmin) || who.Role.AtLeast(visit.RoleManager) && who.Team == c.Team
}

// settle closes a customer's complaint: 结案 华联 补发两箱.
func (s *Service) settle(ctx context.Context, c call) error {
	name, done, _ := strings.Cut(c.rest, " ")
	open, err := s.openComplaints(ctx, c.who)
	if err != nil {
		return err
	}
	ids := make([]string, len(open))
	for i, one := range open {
		ids[i] = one.Customer
	}
	customers, err := s.Store.Customers().Get(ctx, ids...)
	if err != nil {
		return fmt.Errorf("read the customers: %w", err)
	}
	hits := customersNamed(name, slices.Values(customers))
	open = slices.DeleteFunc(open, func(one visit.ComplaintCase) bool {
		return !slices.ContainsFunc(hits, func(h visit.Customer) bool { return h.ID == one.Customer })
	})
	switch len(open) {
	case 0:
		return s.reply(ctx, c.m, s.text("complaint.not_open", "Name", bot.CutBytes(name, 60)))
	case 1:
		return s.closeComplaint(ctx, c.m, c.who, open[0], strings.TrimSpace(done))
	}
	card := bot.Card{Title: s.Say.T("complaint.which")}
	for _, one := range open[:min(len(open), maxChoices)] {
		card.Buttons = append(card.Buttons, s.resolveButton(bot.CutBytes(one.Text, 40), c.who.ID, one, c.m.At))
	}
	return s.reply(ctx, c.m, bot.Body{Card: &card})
}

// resolveTap is a tap that closes a complaint.
func (s *Service) resolveTap(ctx context.Context, m bot.Message, who person, a action) error {
	c, err := s.Store.Complaints().Get(ctx, a.Of)
	if errors.Is(err, storage.ErrNotFound) {
		return s.reply(ctx, m, s.text("button.expired"))
	}
	if err != nil {
		return fmt.Errorf("find a complaint: %w", err)
	}
	return s.closeComplaint(ctx, m, who, c, "")
}

// closeComplaint closes a complaint in the day of whoever sees to it.
func (s *Service) closeComplaint(ctx context.Context, m bot.Message, who person, c visit.ComplaintCase, done string) error {
	if !mayResolve(who, c) {
		return s.reply(ctx, m, s.text("team.not_yours"))
	}
	handler, err := s.rep(ctx, c.Handler)
	if err != nil {
		return err
	}
	f := s.fact(m, handler, visit.KindComplaintClosed, "resolved", func(f *visit.Fact) {
		if handler.ID != who.ID {
			f.By = who.ID
		}
		f.Complaint = &visit.ComplaintFact{Of: c.ID, Customer: c.Customer, Text: bot.Clean(done, 500)}
	})
	if !c.Open() && c.ClosedBy != f.ID {
		return s.reply(ctx, m, s.text("complaint.already"))
	}
	if err := s.inLane(ctx, who, handler, f, s.resolved); err != nil {
		return err
	}
	name, err := s.customerName(ctx, c.Customer)
	if err != nil {
		return err
	}
	return s.reply(ctx, m, s.text("complaint.closed", "Customer", name))
}

// resolved takes the end of a complaint into the day of whoever saw to it. Who
// opened it and the managers hear of it; of two who close it, the first did.
func (s *Service) resolved(ctx context.Context, who person, f visit.Fact) error {
	c, err := s.Store.Complaints().Get(ctx, f.Complaint.Of)
	if err != nil {
		return fmt.Errorf("find a complaint: %w", err)
	}
	if !c.Open() && c.ClosedBy != f.ID {
		return nil
	}
	if _, err := s.advance(ctx, who, tap{}, f); err != nil {
		return err
	}
	c.ClosedBy, c.Done = f.ID, f.Complaint.Text
	if err := s.Store.Complaints().Put(ctx, c); err != nil {
		return fmt.Errorf("keep a complaint: %w", err)
	}
	closer := who
	if f.By != "" {
		if closer, err = s.rep(ctx, f.By); err != nil {
			return err
		}
	}
	name, err := s.customerName(ctx, c.Customer)
	if err != nil {
		return err
	}
	done := digest.Done(c.Done, s.Say)
	told := s.text("complaint.closed_told", "Name", closer.Name, "Customer", name, "Done", done)
	tell := func(rep visit.Rep) bot.Body {
		if rep.ID == closer.ID {
			return bot.Body{}
		}
		return told
	}
	post := "resolved/" + c.ID
	if err := s.sayHome(ctx, who.Rep, post, tell(who.Rep)); err != nil {
		return err
	}
	opener, err := s.rep(ctx, c.By)
	if err != nil {
		return err
	}
	if opener.ID != who.ID && opener.Role == visit.RoleRep {
		if err := s.sayHome(ctx, opener.Rep, post+"/"+opener.ID, tell(opener.Rep)); err != nil {
			return err
		}
	}
	return s.tellManagers(ctx, who, post, func(manager visit.Rep, _ []visit.Rep) bot.Body { return tell(manager) })
}

// customerName is a customer's name, or the id of one that is gone.
func (s *Service) customerName(ctx context.Context, id string) (string, error) {
	found, err := s.Store.Customers().Get(ctx, id)
	if err != nil {
		return "", fmt.Errorf("read the customers: %w", err)
	}
	if len(found) == 0 {
		return id, nil
	}
	return found[0].Name, nil
}

// sayHome says something to somebody in their own chat, if they have one and there is something to say.
func (s *Service) sayHome(ctx context.Context, rep visit.Rep, id string, body bot.Body) error {
	to := bot.Home(rep, s.names())
	if to == (bot.Address{}) || body.Empty() {
		return nil
	}
	return s.Outbox.Say(ctx, bot.Post{ID: id, To: to, Body: body})
}
