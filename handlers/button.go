package handlers

import (
	"context"
	"errors"
	"fmt"
	"time"

	"roundsman/bot"
	"roundsman/seal"
	"roundsman/storage"
	"roundsman/visit"
)

// choiceFor is how long a rep may say what a location meant.
const choiceFor = 36 * time.Hour

// action is what a button does, sealed into it: who may press it and about what.
type action struct {
	Do       string     `json:"d"`
	Rep      string     `json:"r"`
	Fix      string     `json:"f,omitempty"`
	Customer string     `json:"c,omitempty"`
	Date     visit.Date `json:"t,omitempty"`
	// Of is the event or the post that the button is about.
	Of string `json:"o,omitempty"`
	// To is whom something is given to.
	To string `json:"g,omitempty"`
	// At is when something was shown that a tap does.
	At time.Time `json:"a,omitzero"`
}

// What buttons do.
const (
	doConsent  = "consent"
	doChoose   = "choose"
	doProspect = "prospect"
	doRetry    = "retry"
	doDrop     = "drop"
	doResend   = "resend"
	// doResult is what came of the visit Fix: Of.
	doResult = "result"
	// doReport submits the report of the action's date.
	doReport = "report"
	// doLeave answers the wish for leave Fix, up to the date in Customer.
	doLeave = "leave"
	// doOnWay says that the rep is on the way to the customer.
	doOnWay = "on_way"
	// doResolve closes the complaint Of.
	doResolve = "resolve"
	// doSay says the command Of.
	doSay = "say"
	// doConfirmPlan is the rep's yes to the plan of the action's date.
	doConfirmPlan = "plan"
	// doEditPlan asks what may be changed of the plan of the action's date; Of is the page.
	doEditPlan = "edit_plan"
	// doApprove approves the plans of the team Customer on the action's date, or
	// the one of the rep Fix.
	doApprove = "approve"
	// doDecide is a manager's answer to the question about the visit Fix: Of.
	doDecide = "decide"
	// doHeal mends the place of the customer: Of; To is the post.
	doHeal = "heal"
	// doTransfer gives customers of the rep Fix, or the one of them, to the rep To.
	doTransfer = "transfer"
	// doImport imports the table that waits as the job Fix.
	doImport = "import"
	// doCancelImport takes it back, doCancel a transfer.
	doCancelImport = "cancel_import"
	doCancel       = "cancel"
	// doAskErase asks for the erasure of oneself, doErase has the rep Fix erased.
	doAskErase = "ask_erase"
	doErase    = "erase"
	// doWithdraw takes a consent back.
	doWithdraw = "withdraw"
)

// press acts on a tapped button. Who may, until when and about what is checked now.
func (s *Service) press(ctx context.Context, m bot.Message, who person) error {
	var a action
	switch err := s.Buttons.Open(m.Press.Value, m.At, &a); {
	case errors.Is(err, seal.ErrExpired):
		return s.reply(ctx, m, s.text("button.expired"))
	case err != nil:
		return s.reply(ctx, m, s.text("button.forged"))
	case a.Rep != who.ID:
		return s.reply(ctx, m, s.text("button.foreign"))
	}
	switch a.Do {
	case doConsent:
		return s.consent(ctx, m, who, a)
	case doChoose, doProspect:
		return s.choose(ctx, m, who, a)
	case doRetry, doDrop:
		return s.settleDead(ctx, m, who, a)
	case doResult:
		return s.result(ctx, m, who, a)
	case doReport:
		return s.submitReport(ctx, m, who, a)
	case doLeave:
		return s.decideLeave(ctx, m, who, a)
	case doOnWay:
		return s.onWay(ctx, m, who, a)
	case doResolve:
		return s.resolveTap(ctx, m, who, a)
	case doSay:
		m.Text = a.Of
		return s.command(ctx, m, who)
	case doConfirmPlan:
		return s.confirmPlan(ctx, m, who, a)
	case doEditPlan:
		return s.editPlan(ctx, m, who, a)
	case doApprove:
		return s.approveTap(ctx, m, who, a)
	case doDecide:
		return s.decide(ctx, m, who, a)
	case doHeal:
		return s.heal(ctx, m, who, a)
	case doTransfer:
		return s.transfer(ctx, m, who, a)
	case doImport:
		return s.importTap(ctx, m, who, a)
	case doCancelImport:
		return s.dropImport(ctx, m, a)
	case doCancel:
		return s.cancelled(ctx, m, a)
	case doAskErase:
		return s.askedErase(ctx, m, who)
	case doErase:
		return s.confirmErase(ctx, m, who, a)
	case doWithdraw:
		return s.withdraw(ctx, m, who, a)
	case doResend:
		return s.resend(ctx, m, who, a)
	}
	return s.reply(ctx, m, s.text("button.expired"))
}

// tap is the button press that caused a change, if one did: the location it
// was about, and the right to change the tapped message.
type tap struct{ fix, response string }

// choose records what the rep says a location meant.
func (s *Service) choose(ctx context.Context, m bot.Message, who person, a action) error {
	fix, err := s.Store.Facts().Get(ctx, a.Fix)
	if errors.Is(err, storage.ErrNotFound) || err == nil && fix.Rep != who.ID {
		return s.reply(ctx, m, s.text("button.expired"))
	}
	if err != nil {
		return fmt.Errorf("find the location: %w", err)
	}
	f := s.fact(m, who, visit.KindChoice, "choice", func(f *visit.Fact) {
		f.Date, f.Team = fix.Date, fix.Team
		f.Choice = &visit.Choice{Fix: a.Fix, Customer: a.Customer, Prospect: a.Do == doProspect}
	})
	_, facts, err := s.day(ctx, who.ID, fix.Date)
	if err != nil {
		return err
	}
	var latest *visit.Fact
	for _, old := range facts {
		if old.ID != f.ID && old.Choice != nil && old.Choice.Fix == a.Fix && !old.At.After(f.At) {
			latest = &old
		}
	}
	if latest != nil && *latest.Choice == *f.Choice {
		return s.reply(ctx, m, s.text("button.again"))
	}
	if _, err = s.advance(ctx, who, tap{fix: fix.ID, response: m.Press.Response}, f); err != nil {
		return err
	}
	return s.firstPlace(ctx, fix, a.Customer, "")
}

// answerPress changes the message that was tapped: by its post where messages
// can be changed, by the right that came with the tap where there is one, by a
// new message elsewhere.
func (s *Service) answerPress(ctx context.Context, m bot.Message, post string, body bot.Body, version int64) error {
	if s.updatable(direct(m)) {
		if body.Card == nil {
			// What was tapped is a card, and stays one.
			body = bot.Body{Card: &bot.Card{Title: body.Text}}
		}
		return s.Outbox.Say(ctx, bot.Post{ID: post, To: direct(m), Body: body, Version: version})
	}
	if m.Press != nil {
		body.Response = m.Press.Response
	}
	return s.Outbox.Say(ctx, bot.Post{ID: "tap/" + m.Key, To: direct(m), Body: body})
}
