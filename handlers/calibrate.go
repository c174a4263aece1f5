package handlers

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"roundsman/bot"
	"roundsman/geo"
	"roundsman/match"
	"roundsman/visit"
)

// calibrateWithin is how old a location may be by which a source's datum is told.
const calibrateWithin = 10 * time.Minute

// calibrate tells in which datum a platform's locations come: an admin stands at a
// customer whose place is right, sends a location, and says 校准 with its name.
func (s *Service) calibrate(ctx context.Context, c call) error {
	found, err := s.Store.Customers().Search(ctx, c.rest, customersShown)
	if err != nil {
		return fmt.Errorf("search the customers: %w", err)
	}
	hits := match.Find(c.rest, slices.Values(found), func(c visit.Customer) (id, name string) { return c.ID, c.Name })
	if c.rest == "" || len(hits) != 1 || hits[0].Point.IsZero() {
		return s.reply(ctx, c.m, s.text("calibrate.usage"))
	}
	latest, err := s.Store.Facts().Latest(ctx, c.who.ID, visit.Millis(c.m.At), 1)
	if err != nil {
		return fmt.Errorf("read the latest location: %w", err)
	}
	if len(latest) == 0 || c.m.At.Sub(latest[0].At) > calibrateWithin {
		return s.reply(ctx, c.m, s.text("calibrate.send_first", "Name", hits[0].Name))
	}
	fix, customer := latest[0].Fix, hits[0]
	card := bot.Card{Title: s.Say.T("calibrate.title", "Name", customer.Name)}
	best, least := geo.Datum(""), 0.0
	data := []geo.Datum{geo.WGS84, geo.GCJ02, geo.BD09}
	if !geo.InGCJRegion(customer.Point) {
		data = append(data, geo.GCJ02Always) // which is no other elsewhere
	}
	for _, d := range data {
		away := geo.Distance(customer.Point, geo.Point{Lat: fix.Point.Lat, Lng: fix.Point.Lng, Datum: d})
		if best == "" || away < least {
			best, least = d, away
		}
		card.Lines = append(card.Lines, bot.Line{Label: strings.ToUpper(string(d)), Text: s.Say.Metres(away)})
	}
	key := "calibrate.right"
	if best != fix.Point.Datum {
		key, card.Tone = "calibrate.wrong", bot.ToneWarn
	}
	card.Lines = append(card.Lines, bot.Line{Text: s.Say.T(key,
		"Datum", strings.ToUpper(string(best)), "Now", strings.ToUpper(string(fix.Point.Datum)), "Platform", s.Say.T("platform."+latest[0].Platform))})
	card.Footer = s.Say.T("calibrate.footer")
	return s.reply(ctx, c.m, bot.Body{Card: &card})
}
