package handlers

import (
	"context"
	"fmt"

	"roundsman/bot"
	"roundsman/digest"
)

// due does what a job is due for in a rep's lane. One that comes when its time
// is over changes what is kept, and says nothing.
func (s *Service) due(ctx context.Context, m bot.Message) error {
	who, err := s.rep(ctx, m.Due.Rep)
	if err != nil || !who.onRoster {
		return err
	}
	switch m.Due.Job {
	case "plan_proposal", "plan_reminder", "plan_lock":
		return s.duePlan(ctx, m, who)
	case "report_reminder":
		return s.dueReport(ctx, m, who)
	case "day_open":
		return s.dueOpen(ctx, m, who)
	case "plan_approval":
		return s.dueApproval(ctx, m, who)
	case jobWindow:
		return s.dueWindow(ctx, m, who)
	case jobChallenge:
		return s.dueChallenge(ctx, m, who)
	case jobDoubt:
		return s.dueDoubt(ctx, m, who)
	case jobNearby:
		return s.dueNearby(ctx, m, who)
	case jobComplaint:
		return s.dueComplaint(ctx, m, who)
	case jobTransfer, jobTransferBack:
		return s.dueTransfer(ctx, m, who)
	case jobImported, jobImportedBack:
		return s.dueImported(ctx, m, who)
	case jobIdle, jobSoon, jobMinimum:
		return s.dueNudge(ctx, m, who)
	}
	s.Log.Warn("a job that nobody knows was due", "job", m.Due.Job)
	return nil
}

// duePlan proposes a plan, reminds of it, or locks it.
func (s *Service) duePlan(ctx context.Context, m bot.Message, who person) error {
	p, err := s.planning(ctx, who, m.At)
	if err != nil {
		return err
	}
	to := bot.Home(who.Rep, s.names())
	open := len(p.plan.Lines) > 0 && !p.plan.Confirmed && s.Now().Before(p.deadline)
	if !open || to == (bot.Address{}) {
		return nil
	}
	switch m.Due.Job {
	case "plan_proposal":
		return s.Outbox.Say(ctx, bot.Post{ID: p.proposalPost(), To: to, Body: s.planCard(p, p.proposalPost()), Version: int64(len(p.facts))})
	case "plan_reminder":
		return s.Outbox.Say(ctx, bot.Post{ID: p.reminderPost(), To: to, Body: s.reminderCard(p), Version: int64(len(p.facts))})
	}
	return nil
}

// proposalPost and reminderPost are the posts by which a plan came to its rep by itself.
func (p *planning) proposalPost() string { return fmt.Sprintf("plan/%s/%s", p.who.ID, p.date) }
func (p *planning) reminderPost() string { return p.proposalPost() + "/reminder" }

// reminderCard asks once more.
func (s *Service) reminderCard(p *planning) bot.Body {
	body := digest.PlanReminder(p.draft(), s.Say)
	body.Card.Buttons = append(s.confirmButton(p, p.reminderPost()), s.editButton(p)...)
	return body
}

// refresh brings the messages in which a plan stands to what it is now, but for
// one that is answered anyway.
func (s *Service) refresh(ctx context.Context, p *planning, but string) error {
	for _, id := range []string{p.proposalPost(), p.reminderPost()} {
		if id == but {
			continue
		}
		err := s.renew(ctx, bot.Post{ID: id, To: bot.Home(p.who.Rep, s.names()), Body: s.planCard(p, id), Version: int64(len(p.facts))})
		if err != nil {
			return err
		}
	}
	return nil
}

// names are the names of the platforms that are on.
func (s *Service) names() []string {
	names := make([]string, len(s.Platforms))
	for i, p := range s.Platforms {
		names[i] = p.Name()
	}
	return names
}
