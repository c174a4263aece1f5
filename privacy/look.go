package privacy

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"roundsman/storage"
	"roundsman/visit"
)

// What was looked at: the first word of an act's What, and a word of the catalogue.
const (
	// LookDay is somebody's visits of a date, with their times; LookReport their
	// daily report; LookMap the places of a date.
	LookDay    = "day"
	LookReport = "report"
	LookMap    = "map"
	// LookHistory is a customer's visits, whosever.
	LookHistory = "history"
	// LookExport is a table of a period, LookProof the proof of a check-in.
	// LookPhoto is the photos of a date.
	LookPhoto  = "photo"
	LookExport = "export"
	LookProof  = "proof"
)

// Look is a look at where other people were, or at their photos.
type Look struct {
	// Kind is visit.ActLook or visit.ActExport.
	Kind visit.ActKind
	// Cause is what it was done by: the same cause twice is one look.
	Cause string
	At    time.Time
	// By is who looked, by id; empty for what Roundsman sends by itself.
	By string
	// Team is the team whose people they are, if it is one.
	Team string
	// What is one of the words above and what it was of: "map 2026-11-24".
	What string
	// Reason is the one that was given.
	Reason string
}

// atOnce bounds the acts of one write.
const atOnce = 500

// Note records a look, an act for each person whom it concerns but whoever
// looked, so that each finds it in their own log. It comes before anything is
// shown: after an error nothing may be. Twice is fine.
func Note(ctx context.Context, acts storage.Acts, l Look, about ...string) error {
	var out []visit.Act
	about = slices.Compact(slices.Sorted(slices.Values(about)))
	for _, id := range about {
		if id == "" || id == l.By {
			continue
		}
		out = append(out, visit.Act{
			ID: string(l.Kind) + "/" + l.Cause + "/" + id, Kind: l.Kind, At: visit.Millis(l.At), By: l.By, About: id, Team: l.Team,
			What: l.What, Reason: strings.TrimSpace(l.Reason),
		})
	}
	for some := range slices.Chunk(out, atOnce) {
		if err := acts.Append(ctx, some...); err != nil {
			return fmt.Errorf("note who looks: %w", err)
		}
	}
	return nil
}

// Concerned are the people of whom something happened in a period, by id: those
// whom an export of it shows.
func Concerned(ctx context.Context, facts storage.Facts, f storage.FactFilter) ([]string, error) {
	seen := make(map[string]bool)
	for fact, err := range facts.Range(ctx, f) {
		if err != nil {
			return nil, fmt.Errorf("find whom an export shows: %w", err)
		}
		seen[fact.Rep] = true
	}
	var out []string
	for id := range seen {
		out = append(out, id)
	}
	slices.Sort(out)
	return out, nil
}

// Looks are who looked at a person from an instant on, newest first, at most limit.
func Looks(ctx context.Context, acts storage.Acts, person string, from time.Time, limit int) ([]visit.Act, error) {
	all, err := acts.About(ctx, person, from, lookedThrough)
	if err != nil {
		return nil, fmt.Errorf("read who looked: %w", err)
	}
	all = slices.DeleteFunc(all, func(a visit.Act) bool { return a.Kind != visit.ActLook && a.Kind != visit.ActExport })
	return all[:min(len(all), limit)], nil
}

// lookedThrough bounds the acts about a person that are looked through.
const lookedThrough = 10_000
