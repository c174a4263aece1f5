package handlers

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"roundsman/bot"
	"roundsman/digest"
	"roundsman/visit"
)

// reviewFor is how long a plan may be approved by a tap.
const reviewFor = 3 * 24 * time.Hour

// approve approves a rep's plan (批准 张伟), or shows those of a team that wait.
func (s *Service) approve(ctx context.Context, c call) error {
	if c.rest == "" {
		team, ok, err := s.asked(ctx, c, "")
		if err != nil || !ok {
			return err
		}
		post := "re/" + c.m.Key
		body, err := s.approvals(ctx, team, c.who.Rep, c.m.At, post)
		if err != nil {
			return err
		}
		return s.Outbox.Say(ctx, bot.Post{ID: post, To: direct(c.m), Body: body})
	}
	return s.review(ctx, c, c.rest, "", func(id string) string { return "批准 " + id })
}

// sendBack asks a rep to change a plan: 退回 张伟 多去两家 A 类.
func (s *Service) sendBack(ctx context.Context, c call) error {
	name, reason, _ := strings.Cut(c.rest, " ")
	if reason = strings.TrimSpace(reason); reason == "" {
		return s.reply(ctx, c.m, s.text("approval.usage"))
	}
	return s.review(ctx, c, name, reason, func(id string) string { return "退回 " + id + " " + reason })
}

// review gives a manager's word on a rep's plan: a yes, or why it goes back.
func (s *Service) review(ctx context.Context, c call, name, reason string, again func(id string) string) error {
	rep, ok, err := s.colleague(ctx, c, name, again)
	if err != nil || !ok {
		return err
	}
	who, err := s.rep(ctx, rep.ID)
	if err != nil {
		return err
	}
	if !who.policy.ApprovePlans {
		return s.reply(ctx, c.m, s.text("approval.off"))
	}
	date, err := s.reviewDate(ctx, who.team, c.m.At)
	if err != nil {
		return err
	}
	p, err := s.planOf(ctx, who, date)
	if err != nil {
		return err
	}
	f := s.reviewFact(c.m, who, date, c.who.ID, visit.Review{Approved: reason == ""})
	f.Note = reason
	before := p.without(f.ID).plan
	pairs := []any{"Name", rep.Name, "Date", s.Say.Date(date.Time())}
	switch {
	case !before.Settled():
		return s.reply(ctx, c.m, s.text("approval.not_yet", pairs...))
	case reason == "" && before.Approval == visit.ApprovalApproved:
		return s.reply(ctx, c.m, s.text("approval.again", pairs...))
	}
	if err := s.hand(ctx, f); err != nil {
		return err
	}
	key := "approval.done"
	if reason != "" {
		key = "approval.sent_back"
	}
	return s.reply(ctx, c.m, s.text(key, pairs...))
}

// reviewDate is the date whose plans are to be approved: today until the next
// ones are proposed, then that of the next workday.
func (s *Service) reviewDate(ctx context.Context, team visit.Team, at time.Time) (visit.Date, error) {
	calendar, err := s.calendar(ctx)
	if err != nil {
		return "", err
	}
	policy := s.Policy.Of(team)
	today := s.Policy.DateIn(team, at)
	if calendar.Workday(today) && at.Before(today.At(policy.PlanProposal, policy.Zone)) {
		return today, nil
	}
	return calendar.Next(today), nil
}

// reviewFact is a manager's word on a rep's plan.
func (s *Service) reviewFact(m bot.Message, who person, date visit.Date, by string, review visit.Review) visit.Fact {
	return s.fact(m, who, visit.KindPlanReviewed, "review/"+who.ID, func(f *visit.Fact) { f.Date, f.By, f.Review = date, by, &review })
}

// approvals are a team's plans for a manager, with a button while some wait.
func (s *Service) approvals(ctx context.Context, team visit.Team, manager visit.Rep, at time.Time, post string) (bot.Body, error) {
	if !s.Policy.Of(team).ApprovePlans {
		return s.text("approval.off"), nil
	}
	date, err := s.reviewDate(ctx, team, at)
	if err != nil {
		return bot.Body{}, err
	}
	day, err := digest.Load(ctx, s.Store, s.Policy, team, date)
	if err != nil {
		return bot.Body{}, err
	}
	body := digest.Approvals(day, s.Say)
	body.Card.Buttons = s.approveButtons(day, manager, at, post)
	return body, nil
}

// approveButtons is the button that approves what waits of a team's day, if something does.
func (s *Service) approveButtons(day digest.TeamDay, manager visit.Rep, at time.Time, post string) []bot.Button {
	if !slices.ContainsFunc(day.Reps, digest.RepDay.Waits) {
		return nil
	}
	return s.approveButton("button.approve_all", manager, action{Date: day.Date, Customer: day.Team.Name, Of: post, At: at})
}

func (s *Service) approveButton(key string, manager visit.Rep, a action) []bot.Button {
	a.Do, a.Rep = doApprove, manager.ID
	button := s.button(s.Say.T(key), bot.ButtonPrimary, a.At.Add(reviewFor), a)
	if button.Value == "" {
		return nil
	}
	return []bot.Button{button}
}

// approveTap approves what a manager saw: a plan that its rep has changed since waits on.
func (s *Service) approveTap(ctx context.Context, m bot.Message, manager person, a action) error {
	team, err := s.team(ctx, a.Customer)
	if err != nil {
		return err
	}
	if !manager.Role.AtLeast(visit.RoleManager) || team.Name != manager.Team && !manager.Role.AtLeast(visit.RoleAdmin) {
		return s.reply(ctx, m, s.text("team.not_yours"))
	}
	day, err := digest.Load(ctx, s.Store, s.Policy, team, a.Date)
	if err != nil {
		return err
	}
	for i, r := range day.Reps {
		if !r.Waits() || a.Fix != "" && a.Fix != r.Rep.ID || r.Changed.After(a.At) {
			continue
		}
		who, err := s.rep(ctx, r.Rep.ID)
		if err != nil {
			return err
		}
		review := visit.Review{Approved: true, Seen: visit.Millis(a.At)}
		if err := s.hand(ctx, s.reviewFact(m, who, a.Date, manager.ID, review)); err != nil {
			return err
		}
		day.Reps[i].Approval = visit.ApprovalApproved
	}
	body := digest.Approvals(day, s.Say)
	body.Card.Buttons = s.approveButtons(day, manager.Rep, m.At, a.Of)
	return s.answerPress(ctx, m, a.Of, body, m.At.UnixMilli())
}

// dueApproval shows a manager the plans that wait once they are locked.
func (s *Service) dueApproval(ctx context.Context, m bot.Message, manager person) error {
	if !manager.policy.ApprovePlans {
		return nil
	}
	body, err := s.approvals(ctx, manager.team, manager.Rep, m.At, m.Key)
	if err != nil {
		return err
	}
	return s.sayHome(ctx, manager.Rep, m.Key, body)
}

// planReviewed takes a manager's word into the rep's plan. Of a yes the rep's
// own message about the plan tells; what is to be changed is said.
func (s *Service) planReviewed(ctx context.Context, who person, f visit.Fact) error {
	p, err := s.planOf(ctx, who, f.Date)
	if err != nil {
		return err
	}
	if err := s.appendPlan(ctx, p, f); err != nil {
		return err
	}
	if err := s.refresh(ctx, p, ""); err != nil {
		return err
	}
	if f.Review.Approved {
		return nil
	}
	by, err := s.rep(ctx, f.By)
	if err != nil {
		return err
	}
	key := "approval.told"
	if f.Date == s.Policy.DateIn(who.team, f.At) {
		key = "approval.told_today"
	}
	return s.sayHome(ctx, who.Rep, "review/"+f.ID, s.text(key,
		"Name", by.Name, "Date", s.Say.Date(f.Date.Time()), "Text", bot.Clean(f.Note, 200)))
}

// askApproval shows the managers a plan that its rep changed after the lock.
func (s *Service) askApproval(ctx context.Context, p *planning, f visit.Fact) error {
	id := "changed/" + f.ID
	return s.tellManagers(ctx, p.who, id, func(manager visit.Rep, _ []visit.Rep) bot.Body {
		card := bot.Card{Title: s.Say.T("approval.changed", "Name", p.who.Name, "Date", s.Say.Date(p.date.Time()))}
		for i, l := range p.plan.Lines {
			card.Lines = append(card.Lines, bot.Line{Text: fmt.Sprintf("%d. %s", i+1, digest.Stop(l, p.name(l.Customer), s.Say))})
		}
		card.Lines = append(card.Lines, bot.Line{Kind: bot.LineQuiet, Label: s.Say.T("leave.reason"), Text: bot.Clean(f.Plan.Reason, 200)})
		if p.plan.Settled() {
			card.Buttons = s.approveButton("button.approve", manager, action{
				Date: p.date, Customer: p.who.Team, Fix: p.who.ID, Of: id + "/" + manager.ID, At: f.At,
			})
		}
		return bot.Body{Card: &card}
	})
}
