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
