package scheduler

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"roundsman/bot"
	"roundsman/notary"
	"roundsman/storage"
	"roundsman/visit"
)

const jobRecordHead = "record_head"

// recordHead gives each group the head of the record after the summary: as a text
// of its own that is never changed, so that every phone in the group is a witness.
func (s *Scheduler) recordHead() job {
	return job{
		name: jobRecordHead, at: at(func(p visit.Policy) visit.Clock { return p.EveningSummary }), within: 4 * time.Hour,
		write: func(ctx context.Context, team visit.Team, _ visit.Date, _ bool) (bot.Body, error) {
			reps, err := s.Store.Roster().Reps(ctx)
			if err != nil {
				return bot.Body{}, fmt.Errorf("read the roster: %w", err)
			}
			if !slices.ContainsFunc(reps, func(r visit.Rep) bool { return r.Team == team.Name && r.Role == visit.RoleRep }) {
				return bot.Body{}, nil
			}
			head, err := notary.Head(ctx, s.Store.Record())
			if errors.Is(err, storage.ErrNotFound) {
				return bot.Body{}, nil
			}
			if err != nil {
				return bot.Body{}, err
			}
			return bot.Body{Text: s.Say.T("record.head", "Head", head.String())}, nil
		},
	}
}
