package web

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"time"

	"roundsman/seal"
)

// A customer's code is a link to the check-in page that hangs at the customer's
// counter. What it says is sealed; see docs/EVIDENCE.md for what it proves.

const (
	// codeParam holds a sealed code in the page's address.
	codeParam = "c"
	// codeFor is how long a code is good. Paper at a counter fades in about that time,
	// and whoever left the company by then has no session.
	codeFor = 2 * 365 * 24 * time.Hour
	// maxSealedCode bounds a sealed code, in bytes: a customer's id has 64 characters at most.
	maxSealedCode = 640
)

// code is what is sealed in a code. It is short, so that the code reads from afar.
type code struct {
	// Customer is the customer's id.
	Customer string `json:"c"`
	// Made is the day on which it was made, counted from 1970-01-01 in UTC.
	Made int64 `json:"m"`
}

// CodeAddress makes a code for the customer with the id: the address that it
// holds, and until when it is good. It names no platform: the client that scans it does.
func (p *Pages) CodeAddress(customer string) (address string, until time.Time, err error) {
	now := p.Now()
	until = now.Add(codeFor)
	sealed, err := p.codes.Seal(code{customer, now.Unix() / int64(24*time.Hour/time.Second)}, until)
	if err != nil {
		return "", time.Time{}, fmt.Errorf("make a customer's code: %w", err)
	}
	return p.PublicURL + CheckInPath + "?" + url.Values{codeParam: {sealed}}.Encode(), until, nil
}

// coded returns the id of the customer whose code was sealed; "" is no code. It fails with a [refusal].
func (p *Pages) coded(sealed string) (string, error) {
	if sealed == "" {
		return "", nil
	}
	var c code
	err := p.codes.Open(sealed, p.Now(), &c)
	switch {
	case errors.Is(err, seal.ErrExpired):
		return "", refusedCodeExpired
	case err != nil || c.Customer == "" || len(sealed) > maxSealedCode:
		return "", refusedCodeForged
	}
	return c.Customer, nil
}

// carried is the code in a request's address, to be taken through a login; "" if
// there is none that could be ours. Whether it is, is asked when it is used.
func carried(r *http.Request) string {
	sealed := r.URL.Query().Get(codeParam)
	if !carriable(sealed) {
		return ""
	}
	return sealed
}

// carriable reports whether a text is of the kind that sealed codes are: short, and of base64url's letters.
func carriable(sealed string) bool {
	return len(sealed) <= maxSealedCode && strings.Trim(sealed, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_") == ""
}

// withCode adds a code to an address of ours that has parameters.
func withCode(address, sealed string) string {
	if sealed == "" {
		return address
	}
	return address + "&" + url.Values{codeParam: {sealed}}.Encode()
}

// scanned is what the page is told of the code that it was opened with.
type scanned struct {
	// Name is the customer's; empty for somebody who is not on the roster, and for a customer that is no more.
	Name string `json:"name,omitempty"`
	// Refused says why it will not be taken.
	Refused string `json:"refused,omitempty"`
}

// tell says what a visitor may know of a code.
func (p *Pages) tell(ctx context.Context, sealed string, onRoster bool) (*scanned, error) {
	if sealed == "" {
		return nil, nil
	}
	id, err := p.coded(sealed)
	if reason, ok := isRefusal(err); ok {
		return &scanned{Refused: p.Say.T("web.refused." + string(reason))}, nil
	}
	var out scanned
	if !onRoster {
		return &out, nil
	}
	found, err := p.Store.Customers().Get(ctx, id)
	if err != nil {
		return nil, fmt.Errorf("read a customer: %w", err)
	}
	if len(found) > 0 {
		out.Name = found[0].Name
	}
	return &out, nil
}
