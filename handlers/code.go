package handlers

import (
	"context"
	"fmt"
	"strings"

	"roundsman/bot"
	"roundsman/digest/picture"
)

// codeHelp is the help of a command that needs a check-in page, on whichever platform.
const codeHelp = "help.code"

// customerCode sends a customer's code as a picture to print and to hang up at
// the counter: 客户码 大润发.
func (s *Service) customerCode(ctx context.Context, c call) error {
	on := s.pageNames()
	if s.CustomerCode == nil || len(on) == 0 {
		return s.reply(ctx, c.m, s.text("code.no_page"))
	}
	if c.rest == "" {
		return s.reply(ctx, c.m, s.text("code.usage"))
	}
	hits, err := s.customersFor(ctx, c, c.who, c.rest)
	if err != nil {
		return err
	}
	customer, ok, err := s.oneCustomer(ctx, c, c.rest, hits, "code.no_customer")
	if err != nil || !ok {
		return err
	}
	address, until, err := s.CustomerCode(customer.ID)
	if err != nil {
		return err
	}
	poster := picture.Poster{
		Content: address, Hint: s.Say.T("code.hint", "Platforms", strings.Join(on, "/")), Name: customer.Name, ID: customer.ID,
		Note: s.Say.T("code.until", "Date", until.In(c.who.zone).Format("2006-01-02")),
	}
	data, err := poster.PNG()
	if err != nil {
		return fmt.Errorf("draw a customer's code: %w", err)
	}
	return s.reply(ctx, c.m, bot.Body{Image: &bot.File{Data: data, Name: "code.png", Alt: s.Say.T("code.alt", "Name", customer.Name)}})
}

// pageNames are the platforms on which somebody can check in on the page, as they are called.
func (s *Service) pageNames() []string {
	var out []string
	for _, p := range s.Platforms {
		if len(s.pageButtons(p.Name())) > 0 {
			out = append(out, s.Say.T("platform."+p.Name()))
		}
	}
	return out
}
