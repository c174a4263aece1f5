package handlers

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"maps"
	"slices"
	"strings"
	"time"

	"roundsman/bot"
	"roundsman/digest"
	"roundsman/match"
	"roundsman/storage"
	"roundsman/visit"
)

// plan shows the person's own plan of today, or changes it as they say.
func (s *Service) plan(ctx context.Context, c call) error {
	date := s.Policy.DateIn(c.who.team, c.m.At)
	if c.rest != "" {
		if !c.who.onRoster {
			return s.reply(ctx, c.m, s.text("checkin.not_on_roster"))
		}
		p, err := s.planOf(ctx, c.who, date)
		if err != nil {
			return err
		}
		if done, err := s.changePlan(ctx, c, p); done || err != nil {
			return err
		}
		if err := s.watch(ctx, p); err != nil {
			return err
		}
	}
	plan, facts, err := s.day(ctx, c.who.ID, date)
	if err != nil {
		return err
	}
	day := visit.Fold(plan, facts)
	view, err := s.view(ctx, c.who, plan, day)
	if err != nil {
		return err
	}
	rep := digest.RepDay{Rep: c.who.Rep, Plan: plan, Day: day, Tally: day.Tally(plan)}
	td := digest.TeamDay{Team: c.who.team, Date: date, Zone: c.who.zone, Customers: view.customers}
	return s.reply(ctx, c.m, digest.Plan(td, rep, s.Say))
}

// tomorrow shows the person's plan of the next workday, proposed if nobody has
// made one, or changes it as they say.
func (s *Service) tomorrow(ctx context.Context, c call) error {
	if !c.who.onRoster {
		return s.reply(ctx, c.m, s.text("checkin.not_on_roster"))
	}
	p, err := s.planning(ctx, c.who, c.m.At)
	if err != nil {
		return err
	}
	if c.rest != "" {
		if done, err := s.changePlan(ctx, c, p); done || err != nil {
			return err
		}
	}
	if err := s.refresh(ctx, p, ""); err != nil {
		return err
	}
	post := "re/" + c.m.Key
	return s.Outbox.Say(ctx, bot.Post{ID: post, To: direct(c.m), Body: s.planCard(p, post), Version: int64(len(p.facts))})
}

// confirmPlan is a tap on the plan's button.
func (s *Service) confirmPlan(ctx context.Context, m bot.Message, who person, a action) error {
	p, err := s.planOf(ctx, who, a.Date)
	if err != nil {
		return err
	}
	f := s.planFact(m, p, visit.KindPlanConfirmed, nil)
	before := p.without(f.ID)
	switch {
	case !m.At.Before(p.deadline): // by when it was tapped, not when it came
		return s.reply(ctx, m, s.text("plan.too_late", "Deadline", s.Say.Clock(p.deadline.In(who.zone))))
	case before.plan.Confirmed:
		return s.reply(ctx, m, s.text("button.again"))
	}
	if err := s.appendPlan(ctx, p, f); err != nil {
		return err
	}
	if err := s.refresh(ctx, p, a.Of); err != nil {
		return err
	}
	body := s.planCard(p, a.Of)
	if !s.updatable(direct(m)) {
		// The plan stands above, as it was.
		body = s.text("plan.confirmed")
	}
	return s.answerPress(ctx, m, a.Of, body, int64(len(p.facts)))
}

// planning is a rep's plan of a date while it is made.
type planning struct {
	who  person
	date visit.Date
	// deadline is when it locks.
	deadline  time.Time
	imported  []visit.PlannedVisit
	facts     []visit.Fact
	plan      visit.Plan
	customers map[string]visit.Customer
}

// without returns the plan as it was without a fact.
func (p *planning) without(id string) planning {
	out := *p
	out.facts = slices.DeleteFunc(slices.Clone(p.facts), func(f visit.Fact) bool { return f.ID == id })
	out.plan = visit.FoldPlan(out.imported, out.facts)
	return out
}

// planning returns the plan of the workday after the instant, with a proposal
// and, after its deadline, locked.
func (s *Service) planning(ctx context.Context, who person, at time.Time) (*planning, error) {
	calendar, err := s.calendar(ctx)
	if err != nil {
		return nil, err
	}
	today := s.Policy.DateIn(who.team, at)
	p, err := s.planOf(ctx, who, calendar.Next(today))
	if err != nil {
		return nil, err
	}
	if !p.plan.Proposed && visit.Fold(nil, p.facts).Leave < 2 {
		// Asked for after the hour at which it is proposed, it counts as made then.
		proposed := today.At(who.policy.PlanProposal, who.zone)
		if at.Before(proposed) {
			proposed = at
		}
		if err := s.propose(ctx, p, proposed); err != nil {
			return nil, err
		}
	}
	if !p.plan.Locked && !at.Before(p.deadline) {
		err = s.appendPlan(ctx, p, s.madeFact(p, visit.KindPlanLocked, p.deadline, nil))
	}
	return p, err
}

// planOf reads a rep's plan of a date. It locks on the evening of the last
// workday before.
func (s *Service) planOf(ctx context.Context, who person, date visit.Date) (*planning, error) {
	calendar, err := s.calendar(ctx)
	if err != nil {
		return nil, err
	}
	eve := date.Add(-1)
	for range 60 {
		if calendar.Workday(eve) {
			break
		}
		eve = eve.Add(-1)
	}
	p := &planning{who: who, date: date, deadline: eve.At(who.policy.PlanDeadline, who.zone), customers: make(map[string]visit.Customer)}
	if p.imported, err = s.Store.Plans().Day(ctx, who.ID, date); err != nil {
		return nil, fmt.Errorf("read the plan: %w", err)
	}
	if p.facts, err = s.Store.Facts().Day(ctx, who.ID, date); err != nil {
		return nil, fmt.Errorf("read the day: %w", err)
	}
	p.plan = visit.FoldPlan(p.imported, p.facts)
	customers, err := s.reachable(ctx, who.ID, slices.Concat(p.plan.Lines, p.plan.Excused))
	if err != nil {
		return nil, err
	}
	for _, c := range customers {
		p.customers[c.ID] = c
	}
	return p, nil
}

func (s *Service) calendar(ctx context.Context) (*visit.Calendar, error) {
	imported, err := s.Store.Calendar().All(ctx)
	if err != nil {
		return nil, fmt.Errorf("read the holidays: %w", err)
	}
	return visit.NewCalendar(s.Policy.China, imported), nil
}

// propose appends the proposal for a plan. Whoever asks first makes it, once.
func (s *Service) propose(ctx context.Context, p *planning, at time.Time) error {
	last, err := s.Store.Outcomes().LastVerified(ctx, p.date, slices.Collect(maps.Keys(p.customers))...)
	if err != nil {
		return fmt.Errorf("read the last visits: %w", err)
	}
	routes, err := s.Store.Routes().Get(ctx, p.who.ID)
	if err != nil {
		return fmt.Errorf("read the route: %w", err)
	}
	proposal := visit.Proposal{
		Rep: p.who.ID, Date: p.date, Fixed: p.plan.Lines, Last: last, Skip: p.plan.Dropped, Min: p.who.policy.MinVisits,
	}
	for _, r := range routes {
		proposal.Route = r.OnDate(p.date)
	}
	for _, c := range p.customers {
		proposal.Customers = append(proposal.Customers, c)
	}
	if proposal.Crowded() {
		if proposal.Planned, err = s.lastPlanned(ctx, p.who.ID, p.date); err != nil {
			return err
		}
	}
	lines := visit.Propose(proposal)
	if len(lines) == 0 {
		// There may be customers by the next time.
		return nil
	}
	return s.appendPlan(ctx, p, s.madeFact(p, visit.KindPlanProposed, at, &visit.Change{Put: lines}))
}

// turnsOver is over how many days forgotten customers take turns: two of the longest usual cadences.
const turnsOver = 60

// lastPlanned is when each customer was last on the rep's plan, also if it was taken off.
func (s *Service) lastPlanned(ctx context.Context, rep string, before visit.Date) (map[string]visit.Date, error) {
	last := make(map[string]visit.Date)
	for o, err := range s.Store.Outcomes().Range(ctx, storage.FactFilter{Rep: rep, From: before.Add(-turnsOver), To: before.Add(-1)}) {
		if err != nil {
			return nil, fmt.Errorf("read the plans before: %w", err)
		}
		for _, c := range slices.Concat(o.Planned, o.Dropped) {
			last[c] = o.Date
		}
	}
	return last, nil
}

// appendPlan appends a fact to the plan. One that was there already stays as it was.
func (s *Service) appendPlan(ctx context.Context, p *planning, f visit.Fact) error {
	if err := s.Store.Facts().Append(ctx, f); err != nil {
		return fmt.Errorf("append to the plan: %w", err)
	}
	read, err := s.planOf(ctx, p.who, p.date)
	if err != nil {
		return err
	}
	*p = *read
	return s.keepOutcome(ctx, p.who, p.date, p.imported, p.facts)
}

// planFact makes a fact of a plan that a message caused.
func (s *Service) planFact(m bot.Message, p *planning, kind visit.Kind, change *visit.Change) visit.Fact {
	return s.fact(m, p.who, kind, string(kind), func(f *visit.Fact) { f.Date, f.Plan = p.date, change })
}

// madeFact makes a fact of a plan that comes of its date alone: there is one.
func (s *Service) madeFact(p *planning, kind visit.Kind, at time.Time, change *visit.Change) visit.Fact {
	return visit.Fact{
		ID: fmt.Sprintf("%s/%s/%s", kind, p.who.ID, p.date), Kind: kind, Rep: p.who.ID, Team: p.who.Team,
		Date: p.date, At: visit.Millis(at), Received: visit.Millis(s.Now()), Plan: change,
	}
}

// changePlan changes the plan as the person says, all of it or nothing. It
// reports whether it answered.
func (s *Service) changePlan(ctx context.Context, c call, p *planning) (done bool, err error) {
	words, err := parsePlan(c.rest)
	if bad := notUnderstood(""); errors.As(err, &bad) {
		return true, s.reply(ctx, c.m, s.text("plan.not_understood", "Word", bot.CutBytes(string(bad), 60)))
	}
	f := s.planFact(c.m, p, visit.KindPlanChanged, nil)
	before := p.without(f.ID)
	late := !c.m.At.Before(p.deadline)
	if late && words.reason == "" && before.plan.Returned != "" {
		// The manager asked for it: that is the reason.
		words.reason = before.plan.Returned
	}
	if late && words.reason == "" {
		if p.date == s.Policy.DateIn(c.who.team, c.m.At) {
			return true, s.reply(ctx, c.m, s.text("plan.needs_reason_today"))
		}
		return true, s.reply(ctx, c.m, s.text("plan.needs_reason", "Deadline", s.Say.Clock(p.deadline.In(c.who.zone))))
	}
	change, problem := s.resolve(c, before, words)
	if !problem.Empty() {
		return true, s.reply(ctx, c.m, problem)
	}
	f.Plan = change
	if err := s.appendPlan(ctx, p, f); err != nil {
		return false, err
	}
	if !p.who.policy.ApprovePlans || !p.plan.Locked {
		return false, nil
	}
	return false, s.askApproval(ctx, p, f)
}

// resolve finds the customers that are meant, or says what is wrong with one:
// where a name means several a tap says the whole again with the one's number.
func (s *Service) resolve(c call, p planning, words planWords) (change *visit.Change, problem bot.Body) {
	change = &visit.Change{Reason: words.reason}
	planned := make(map[string]visit.Customer)
	for _, l := range p.plan.Lines {
		planned[l.Customer] = p.customers[l.Customer]
	}
	find := func(name string, among map[string]visit.Customer, missing string) (string, bool) {
		found := customersNamed(name, maps.Values(among))
		switch len(found) {
		case 1:
			return found[0].ID, true
		case 0:
			problem = s.text(missing, "Name", bot.CutBytes(name, 60))
		default:
			card := bot.Card{Title: s.Say.T("plan.which", "Name", bot.CutBytes(name, 60)), Footer: s.Say.T("plan.which_else")}
			for _, hit := range found[:min(len(found), maxChoices)] {
				line := hit.ID + " " + hit.Name
				if strings.Contains(c.m.Text, name) {
					card.Buttons = append(card.Buttons, s.sayButton(c, line, strings.Replace(c.m.Text, name, hit.ID, 1)))
				} else {
					card.Lines = append(card.Lines, bot.Line{Text: line})
				}
			}
			problem = bot.Body{Card: &card}
		}
		return "", false
	}
	for _, name := range words.drop {
		id, ok := find(name, planned, "plan.not_on_it")
		if !ok {
			return nil, problem
		}
		if p.assigned(id) {
			return nil, s.text("plan.assigned", "Name", p.name(id))
		}
		change.Drop = append(change.Drop, id)
	}
	for _, w := range words.put {
		id, ok := find(w.name, p.customers, "plan.not_yours")
		if !ok {
			return nil, problem
		}
		if p.assigned(id) {
			return nil, s.text("plan.assigned", "Name", p.name(id))
		}
		w.visit.Customer = id
		change.Put = append(change.Put, w.visit)
	}
	return change, bot.Body{}
}

// customersNamed returns the customers that a name means.
func customersNamed(name string, among iter.Seq[visit.Customer]) []visit.Customer {
	return match.Find(name, among, func(c visit.Customer) (id, name string) { return c.ID, c.Name })
}

// assigned reports whether the customer's line is not the rep's to change.
func (p *planning) assigned(customer string) bool {
	return slices.ContainsFunc(p.plan.Lines, func(l visit.PlannedVisit) bool { return l.Customer == customer && l.Assigned() })
}

// planCard is a rep's plan while it is made, with its button until it is confirmed.
func (s *Service) planCard(p *planning, post string) bot.Body {
	body := digest.Draft(p.draft(), s.Say)
	body.Card.Buttons = append(s.confirmButton(p, post), s.editButton(p)...)
	return body
}

// confirmButton is the button of a message with a plan that is still to be confirmed.
func (s *Service) confirmButton(p *planning, post string) []bot.Button {
	if len(p.plan.Lines) == 0 || p.plan.Confirmed || p.plan.Locked {
		return nil
	}
	// It lives on beyond the deadline, so that who taps too late hears what they can still do.
	button := s.button(s.Say.T("button.confirm_plan"), bot.ButtonPrimary, p.deadline.Add(choiceFor),
		action{Do: doConfirmPlan, Rep: p.who.ID, Date: p.date, Of: post})
	if button.Value == "" {
		return nil
	}
	return []bot.Button{button}
}

// draft is the plan as it is written.
func (p *planning) draft() digest.DraftPlan {
	return digest.DraftPlan{
		Rep: p.who.Rep, Date: p.date, Plan: p.plan, Customers: p.customers, Deadline: p.deadline.In(p.who.zone),
		Approve: p.who.policy.ApprovePlans,
	}
}
