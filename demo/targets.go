package demo

import "roundsman/visit"

// dailyOrder is what a rep of the eastern team is to take orders for on each
// workday, in fen. It has months' targets for orders; all other targets are
// those of the planned visits.
func dailyOrder(p person) int64 {
	if p.Team != eastTeam || p.Role != visit.RoleRep {
		return 0
	}
	return int64(8+random("target "+p.ID).IntN(8)) * 100_000
}

// targetsOf makes a rep's targets of the month in which the demo begins and of the next.
func (w *World) targetsOf(p person) []visit.MonthTarget {
	daily := dailyOrder(p)
	if daily == 0 {
		return nil
	}
	var out []visit.MonthTarget
	for n := range 2 {
		month := w.start.Month().Add(n)
		fen := daily * int64(len(month.Workdays(w.calendar)))
		out = append(out, visit.MonthTarget{Rep: p.ID, Month: month, Order: &fen})
	}
	return out
}

// routesOf makes the fixed route of a rep of the eastern team: two customers a
// day, one of them every other week.
func routesOf(p person, customers []visit.Customer) []visit.Route {
	if p.Team != eastTeam {
		return nil
	}
	r := visit.Route{Rep: p.ID}
	for day := 1; day <= 5; day++ {
		r.Stops = append(r.Stops,
			visit.RouteStop{Weekday: day, Customer: customers[day].ID},
			visit.RouteStop{Weekday: day, Customer: customers[day+5].ID, Week: 1 + day%2})
	}
	return []visit.Route{r}
}
