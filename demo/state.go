package demo

import (
	"context"
	"slices"
	"time"

	"roundsman/geo"
	"roundsman/visit"
)

// state is everything that the page shows for somebody at a phone.
type state struct {
	Revision int64        `json:"revision"`
	Language string       `json:"language"`
	Clock    clockView    `json:"clock"`
	Play     playView     `json:"play"`
	People   []personView `json:"people"`
	Phone    phoneView    `json:"phone"`
	Groups   []groupView  `json:"groups"`
	Map      *mapView     `json:"map,omitempty"`
}

type clockView struct {
	Now    time.Time `json:"now"`
	Speed  float64   `json:"speed"`
	Paused bool      `json:"paused"`
}

type playView struct {
	On bool `json:"on"`
	// Part says that a day was begun and not played to its end.
	Part bool `json:"part"`
	// Last is the step played last, Next the one to come.
	Last   string    `json:"last"`
	Next   *nextView `json:"next,omitempty"`
	Active *seatView `json:"active,omitempty"`
	Step   int       `json:"step"`
	Steps  int       `json:"steps"`
	Result *result   `json:"result,omitempty"`
}

type nextView struct {
	At    time.Time `json:"at"`
	Title string    `json:"title"`
}

type seatView struct {
	Person   string `json:"person"`
	Platform string `json:"platform"`
}

type personView struct {
	ID        string     `json:"id"`
	Name      string     `json:"name"`
	Role      visit.Role `json:"role"`
	Team      string     `json:"team"`
	Platforms []string   `json:"platforms"`
	// Said is how many messages the bot has sent them, by platform.
	Said map[string]int `json:"said"`
}

type phoneView struct {
	seatView
	// Page says that the person can open the check-in page.
	Page     bool      `json:"page"`
	Messages []Message `json:"messages"`
}

type groupView struct {
	Team     string    `json:"team"`
	Platform string    `json:"platform"`
	Messages []Message `json:"messages"`
}

// mapView is a rep's customers; coordinates are GCJ-02, distances metres.
type mapView struct {
	Lat       float64        `json:"lat"`
	Lng       float64        `json:"lng"`
	Place     string         `json:"place"`
	Customers []customerView `json:"customers"`
}

type customerView struct {
	ID      string        `json:"id"`
	Name    string        `json:"name"`
	Address string        `json:"address"`
	Lat     float64       `json:"lat"`
	Lng     float64       `json:"lng"`
	Radius  float64       `json:"radius"`
	Order   int           `json:"order"`
	Window  string        `json:"window"`
	Purpose string        `json:"purpose"`
	Verdict visit.Verdict `json:"verdict"`
}

// shown bounds the messages of a chat on the page.
const shown = 150

func newest(messages []Message) []Message {
	if messages == nil {
		return []Message{}
	}
	return messages[max(0, len(messages)-shown):]
}

// look returns the state for somebody at a phone.
func (w *World) look(ctx context.Context, who seat) (state, error) {
	messages, err := w.chat(who)
	if err != nil {
		return state{}, err
	}
	out := state{
		Language: w.say.Language(),
		Phone:    phoneView{seatView{who.person, who.platform}, w.checkInPage(who.platform) != "", newest(messages)},
		Groups: []groupView{
			{eastTeam, onFeishu, newest(w.group(eastTeam))},
			{southTeam, onWeCom, newest(w.group(southTeam))},
		},
	}
	out.Revision, out.Play = w.live.view()
	out.Clock.Now = w.Now()
	out.Clock.Speed, out.Clock.Paused = w.clock.pace()
	for _, p := range w.people {
		v := personView{ID: p.ID, Name: p.Name, Role: p.Role, Team: p.Team, Platforms: p.platforms(), Said: make(map[string]int)}
		for _, platform := range v.Platforms {
			if list, err := w.chat(seat{p.ID, platform}); err == nil {
				v.Said[platform] = said(list)
			}
		}
		out.People = append(out.People, v)
	}
	out.Map, err = w.mapOf(ctx, who.person)
	return out, err
}

func (l *live) view() (revision int64, v playView) {
	l.mu.Lock()
	defer l.mu.Unlock()
	v = playView{On: l.playing, Last: l.last, Step: l.next, Result: l.result}
	if l.active != (seat{}) {
		v.Active = &seatView{l.active.person, l.active.platform}
	}
	if l.script != nil {
		v.Steps = len(l.script.steps)
		v.Part = l.next > 0 && l.next < v.Steps
		if l.next < v.Steps {
			st := l.script.steps[l.next]
			v.Next = &nextView{l.script.instant(st), st.title}
		}
	}
	return l.revision, v
}

// mapOf returns the map of a rep's day; somebody without customers has none.
func (w *World) mapOf(ctx context.Context, id string) (*mapView, error) {
	p, _ := w.person(id)
	customers := w.customers[id]
	if len(customers) == 0 {
		return nil, nil
	}
	date := visit.WorkingDate(w.Now(), zone, visit.Clock{Hour: 4})
	plan, err := w.planNow(ctx, id, date)
	if err != nil {
		return nil, err
	}
	var day visit.Day
	if w.bot.Store != nil {
		facts, err := w.bot.Store.Facts().Day(ctx, id, date)
		if err != nil {
			return nil, err
		}
		day = visit.Fold(plan, facts)
	}
	out := &mapView{Lat: p.turf.center.Lat, Lng: p.turf.center.Lng, Place: p.turf.city + p.turf.district}
	for _, c := range customers {
		v := customerView{ID: c.ID, Name: c.Name, Address: c.Address, Lat: c.Point.Lat, Lng: c.Point.Lng, Radius: c.Radius}
		if v.Radius == 0 {
			v.Radius = rules.Radius
		}
		if i := slices.IndexFunc(plan, func(p visit.PlannedVisit) bool { return p.Customer == c.ID }); i >= 0 {
			v.Order, v.Window = plan[i].Order, plan[i].Window.String()
			if plan[i].Purpose != "" {
				v.Purpose = w.say.T("purpose." + string(plan[i].Purpose))
			}
			if plan[i].Window.From == plan[i].Window.To && v.Window != "" {
				v.Window = plan[i].Window.From.String()
			}
		}
		for _, x := range day.Visits {
			if x.Customer == c.ID && v.Verdict != visit.Verified {
				v.Verdict = x.Verdict()
			}
		}
		out.Customers = append(out.Customers, v)
	}
	return out, nil
}

// label names the place of a pin as a phone would: by the address of the shop
// it is at, else by the district.
func (w *World) label(p person, at geo.Point) string {
	for _, c := range w.customers[p.ID] {
		if geo.Distance(c.Point, at) < 60 {
			return c.Address
		}
	}
	return p.turf.city + p.turf.district + w.tr("·地图选点", ", dropped pin")
}
