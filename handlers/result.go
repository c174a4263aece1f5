package handlers

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"roundsman/bot"
	"roundsman/storage"
	"roundsman/visit"
)

// deliveryResult marks in an action that it says how a delivery ended.
const deliveryResult = "delivery/"

// resultButtons ask what came of a visit until somebody has said it: of a
// planned delivery how it ended, of every other visit in a word. A visit that
// needs a reason is asked for that first.
func (s *Service) resultButtons(view dayView, v visit.Visit) []bot.Button {
	if v.Verdict() == visit.OffSite || v.Prospect && len(v.Notes) == 0 || v.Verdict() == visit.Near && !v.Explained() {
		return nil
	}
	expires := v.Start.Add(choiceFor)
	button := func(key, of string) bot.Button {
		return s.button(s.Say.T(key), bot.ButtonPlain, expires, action{Do: doResult, Rep: view.who.ID, Fix: v.ID, Of: of})
	}
	var out []bot.Button
	switch {
	case view.delivers(v.Customer):
		if v.Result.Delivery != "" {
			return nil
		}
		for _, d := range visit.DeliveryOutcomes {
			out = append(out, button("delivery."+string(d), deliveryResult+string(d)))
		}
	case v.Result.Kind == "":
		for _, k := range visit.ResultKinds {
			out = append(out, button("result."+string(k), string(k)))
		}
	}
	return out
}

// delivers reports whether a delivery is planned to the customer.
func (v dayView) delivers(customer string) bool {
	for _, p := range v.plan {
		if p.Customer == customer && customer != "" {
			return p.Purpose == visit.Delivery
		}
	}
	return false
}

// result records what came of a visit, as tapped.
func (s *Service) result(ctx context.Context, m bot.Message, who person, a action) error {
	fix, err := s.Store.Facts().Get(ctx, a.Fix)
	if errors.Is(err, storage.ErrNotFound) || err == nil && fix.Rep != who.ID {
		return s.reply(ctx, m, s.text("button.expired"))
	}
	if err != nil {
		return fmt.Errorf("find the visit: %w", err)
	}
	r := visit.Result{Visit: a.Fix, Kind: visit.ResultKind(a.Of)}
	if delivery, ok := strings.CutPrefix(a.Of, deliveryResult); ok {
		r = visit.Result{Visit: a.Fix, Delivery: visit.DeliveryOutcome(delivery)}
	}
	f := s.fact(m, who, visit.KindResult, "result", func(f *visit.Fact) {
		f.Date, f.Team, f.Result = fix.Date, fix.Team, &r
	})
	said, err := s.advance(ctx, who, tap{fix: fix.ID, response: m.Press.Response}, f)
	if err != nil {
		return err
	}
	if said {
		return s.delivered(ctx, m, who, f)
	}
	return s.reply(ctx, m, s.text("button.again"))
}
