package scheduler

import (
	"context"
	"fmt"
	"strconv"
	"time"

	"roundsman/visit"
)

// warnHour is when the admins hear of a year whose holidays are not known: not at night.
const warnHour = 9

// calendar returns the workdays as they are known by now.
func (s *Scheduler) calendar(ctx context.Context) (*visit.Calendar, error) {
	holidays, err := s.Store.Calendar().All(ctx)
	if err != nil {
		return nil, fmt.Errorf("read the holidays: %w", err)
	}
	return visit.NewCalendar(s.Policy.China, holidays), nil
}

// warnUnknownYear tells the admins, once a week from thirty days before, that
// a year's holidays should be imported.
func (s *Scheduler) warnUnknownYear(ctx context.Context, calendar *visit.Calendar, now time.Time) error {
	local := now.In(s.Policy.Zone)
	today := visit.DateOf(local)
	year := calendar.UnknownAhead(today)
	if year == 0 || local.Hour() < warnHour {
		return nil
	}
	y, week := local.ISOWeek()
	id := fmt.Sprintf("calendar/%d/%d-%d", year, y, week)
	return s.tellAdmins(ctx, id, s.Say.T("holidays.unknown", "Year", strconv.Itoa(year)))
}
