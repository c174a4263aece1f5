package handlers

import (
	"context"
	"slices"

	"roundsman/bot"
	"roundsman/visit"
)

// pageHelp is the help of a command that leads somewhere only where there is a page.
const pageHelp = "help.page"

// page shows the way to the check-in page.
func (s *Service) page(ctx context.Context, c call) error {
	buttons := s.pageButtons(c.m.Platform)
	if len(buttons) == 0 {
		return s.reply(ctx, c.m, s.text("page.none"))
	}
	buttons[0].Style = bot.ButtonPrimary
	return s.reply(ctx, c.m, bot.Body{Card: &bot.Card{
		Title: s.Say.T("page.title"), Lines: []bot.Line{{Text: s.Say.T("page.link")}}, Buttons: buttons,
	}})
}

// havePages reports whether anybody can check in on the page.
func (s *Service) havePages() bool { return len(s.pageNames()) > 0 }

// pageButtons is the button that opens the check-in page, where there is one.
func (s *Service) pageButtons(platform string) []bot.Button {
	if s.Page == nil {
		return nil
	}
	address := s.Page(platform)
	if address == "" {
		return nil
	}
	return []bot.Button{{Text: s.Say.T("button.page"), Link: address}}
}

// measuresBetter reports whether a visit would gain by the device's own fix,
// which is taken from the place itself and says how good it is.
func measuresBetter(v visit.Visit) bool {
	if !v.End.IsZero() || v.Decided != nil {
		return false
	}
	has := func(r visit.Reason) bool { return slices.Contains(v.Claim.Reasons, r) }
	return v.Claim.Verdict == visit.OffSite || v.Claim.Verdict == visit.Near && !v.Explained() && (has(visit.ReasonInaccurate) || has(visit.ReasonEvidence))
}
