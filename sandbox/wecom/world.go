package wecom

import (
	"cmp"
	"encoding/base64"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"
)

// shanghai is the zone of WeCom's day counters. China has had one offset
// without daylight saving since 1991, so no zone data is needed.
var shanghai = time.FixedZone("Asia/Shanghai", 8*3600)

// Corp is one company: members, departments, apps, chats, robots and media.
type Corp struct {
	s     *Server
	id    string
	users map[string]*User // by userid in lower case: userids ignore case
	depts map[int]*Department
	tags  map[int][]string
	apps  map[int]*App
	chats map[string]*Chat
	media map[string]*media
	// positions are where members' phones are, by userid in lower case.
	positions map[string]position

	checkins  []Checkin
	made      map[string]int     // appchats created per day
	badSecret window             // wrong secrets presented
	teamSends weighted           // person-sends into appchats
	chatSends map[string]*window // appchat messages per member
}

// User is a member of a corp. Only UserID is needed.
type User struct {
	UserID       string
	Name         string // default: the UserID
	Alias        string
	Department   []int // default: the root department, 1
	Position     string
	Mobile       string // found by user/getuserid
	Gender       string // "0" unknown, "1" male, "2" female
	Email        string
	DirectLeader []string
	IsLeader     bool // leader in each of its departments
	Unlicensed   bool // has no licence: message/send lists it as unlicenseduser
	Disabled     bool // status 2: gets nothing and can send nothing
}

// Department is one node of the corp's tree; the root has ID 1.
type Department struct {
	ID       int
	Name     string
	ParentID int // default: 1
	Order    int
	Leaders  []string
}

// Chat is a group: made by an app (appchat) or the home of a group robot.
type Chat struct {
	ID      string
	Name    string
	Owner   string
	Members []string
	// AgentID is the app that made the chat; 0 for a robot's group.
	AgentID int
}

// Checkin is one record of the corp's attendance app (打卡), as getcheckindata
// gives it. Lat and Lng are GCJ-02 degrees; on the wire they are multiplied by
// 1 000 000.
type Checkin struct {
	UserID        string
	GroupName     string
	Type          string // e.g. 外出打卡
	ExceptionType string
	Time          time.Time
	Title, Detail string
	Notes         string
	Lat, Lng      float64
	MediaIDs      []string
}

// AppConfig describes an app for [Server.NewApp]. Empty fields are generated.
type AppConfig struct {
	CorpID         string // an existing corp is joined
	AgentID        int
	Secret         string
	Token          string
	EncodingAESKey string // 43 characters
	Name           string
	Description    string
	// RootVisible makes the whole corp the app's visible range. Only such an app
	// may use appchat.
	RootVisible bool
	// Visible and VisibleDepartments are the range of an app without RootVisible;
	// [App.AddUser] adds to it.
	Visible            []string
	VisibleDepartments []int
	// LocationReport is the administrator's switch for LOCATION events.
	LocationReport bool
	// MuteEnter switches enter_agent events off.
	MuteEnter bool
	// Retry is when a callback is tried again; see [RetryPolicy].
	Retry RetryPolicy
	// RetryVerbatim makes a retry repeat the first attempt byte for byte, with its
	// old timestamp and signature. Which of the two WeCom does is not documented.
	RetryVerbatim bool
	// TrustedDomain, if set, is the only host an OAuth redirect may go to.
	TrustedDomain string
	// DailyQuota is the number of person-sends of message/send a day; 0 means
	// 200 000: 200 for each account of a limit of 1000 (document path 90312).
	DailyQuota int
	// Checkins permits reading attendance records.
	Checkins bool
}

// App is one self-built app of a corp.
type App struct {
	s    *Server
	corp *Corp
	cfg  AppConfig

	callback string
	held     bool
	cur      *token
	menu     []menuButton
	tasks    map[string]bool
	codes    map[string]*responseCode
	sends    map[string]*window // message/send per member
	sentDay  map[string]int     // person-sends per day
	recent   map[string]dup     // for the duplicate check
}

// NewApp makes an app, and its corp when there is none of that id. It panics on
// an impossible configuration (a wrong key length, an agent id taken), as that
// is a mistake in the program.
func (s *Server) NewApp(cfg AppConfig) *App {
	s.mu.Lock()
	defer s.mu.Unlock()
	if cfg.CorpID == "" {
		cfg.CorpID = "ww" + s.randomOf("0123456789abcdef", 16)
	}
	corp := s.corps[cfg.CorpID]
	if corp == nil {
		corp = &Corp{
			s: s, id: cfg.CorpID,
			users: map[string]*User{},
			depts: map[int]*Department{1: {ID: 1, Name: "公司"}},
			tags:  map[int][]string{},
			apps:  map[int]*App{},
			chats: map[string]*Chat{},
			media: map[string]*media{},

			positions: map[string]position{},
			made:      map[string]int{},
		}
		s.corps[cfg.CorpID] = corp
	}
	if cfg.AgentID == 0 {
		cfg.AgentID = 1000002
		for corp.apps[cfg.AgentID] != nil {
			cfg.AgentID++
		}
	}
	if corp.apps[cfg.AgentID] != nil {
		panic(fmt.Sprintf("wecom sandbox: corp %s already has agent %d", cfg.CorpID, cfg.AgentID))
	}
	cfg.Secret = cmp.Or(cfg.Secret, s.random(43))
	cfg.Token = cmp.Or(cfg.Token, s.random(24))
	if cfg.EncodingAESKey == "" {
		cfg.EncodingAESKey = base64.StdEncoding.EncodeToString(s.randomBytes(32))[:43]
	}
	if _, err := aesKey(cfg.EncodingAESKey); err != nil {
		panic("wecom sandbox: " + err.Error())
	}
	cfg.Name = cmp.Or(cfg.Name, fmt.Sprintf("应用%d", cfg.AgentID))
	if cfg.DailyQuota == 0 {
		cfg.DailyQuota = 200 * 1000
	}
	cfg.Visible = slices.Clone(cfg.Visible)
	cfg.VisibleDepartments = slices.Clone(cfg.VisibleDepartments)
	a := &App{
		s: s, corp: corp, cfg: cfg,
		tasks:   map[string]bool{},
		codes:   map[string]*responseCode{},
		sends:   map[string]*window{},
		sentDay: map[string]int{},
		recent:  map[string]dup{},
	}
	corp.apps[cfg.AgentID] = a
	return a
}

// Config returns the app's configuration with all generated values.
func (a *App) Config() AppConfig {
	a.s.mu.Lock()
	defer a.s.mu.Unlock()
	c := a.cfg
	c.Visible, c.VisibleDepartments = slices.Clone(c.Visible), slices.Clone(c.VisibleDepartments)
	return c
}

// Corp returns the app's corp.
func (a *App) Corp() *Corp { return a.corp }

// Apps returns all apps of all corps, ordered by corp and agent id.
func (s *Server) Apps() []*App {
	s.mu.Lock()
	defer s.mu.Unlock()
	var out []*App
	for _, c := range s.corps {
		for _, a := range c.apps {
			out = append(out, a)
		}
	}
	slices.SortFunc(out, func(x, y *App) int {
		return cmp.Or(strings.Compare(x.corp.id, y.corp.id), cmp.Compare(x.cfg.AgentID, y.cfg.AgentID))
	})
	return out
}

// ID is the CorpID.
func (c *Corp) ID() string { return c.id }

// AddUser adds a member to the corp, or replaces it. Apps with RootVisible see
// the member; for another app use [App.AddUser].
func (c *Corp) AddUser(u User) {
	c.s.mu.Lock()
	defer c.s.mu.Unlock()
	c.addUser(u)
}

func (c *Corp) addUser(u User) {
	if !validUserID(u.UserID) {
		panic(fmt.Sprintf("wecom sandbox: impossible userid %q", u.UserID))
	}
	u.Name = cmp.Or(u.Name, u.UserID)
	u.Gender = cmp.Or(u.Gender, "0")
	if len(u.Department) == 0 {
		u.Department = []int{1}
	}
	c.users[strings.ToLower(u.UserID)] = &u
}

// RemoveUser takes a member out of the corp, as when one leaves the company.
func (c *Corp) RemoveUser(userID string) {
	c.s.mu.Lock()
	defer c.s.mu.Unlock()
	delete(c.users, strings.ToLower(userID))
	for _, ch := range c.chats {
		ch.Members = slices.DeleteFunc(ch.Members, func(m string) bool { return strings.EqualFold(m, userID) })
	}
}

// Users returns the members ordered by userid.
func (c *Corp) Users() []User {
	c.s.mu.Lock()
	defer c.s.mu.Unlock()
	out := make([]User, 0, len(c.users))
	for _, k := range slices.Sorted(maps.Keys(c.users)) {
		out = append(out, *c.users[k])
	}
	return out
}

// AddDepartment adds a department, or replaces it.
func (c *Corp) AddDepartment(d Department) {
	c.s.mu.Lock()
	defer c.s.mu.Unlock()
	if d.ID != 1 && d.ParentID == 0 {
		d.ParentID = 1
	}
	c.depts[d.ID] = &d
}

// AddTag gives the members a tag, for totag of message/send.
func (c *Corp) AddTag(id int, userIDs ...string) {
	c.s.mu.Lock()
	defer c.s.mu.Unlock()
	c.tags[id] = append(c.tags[id], userIDs...)
}

// AddCheckin adds an attendance record.
func (c *Corp) AddCheckin(r Checkin) {
	c.s.mu.Lock()
	defer c.s.mu.Unlock()
	c.checkins = append(c.checkins, r)
}

// Chats returns the corp's groups ordered by id.
func (c *Corp) Chats() []Chat {
	c.s.mu.Lock()
	defer c.s.mu.Unlock()
	out := make([]Chat, 0, len(c.chats))
	for _, k := range slices.Sorted(maps.Keys(c.chats)) {
		ch := *c.chats[k]
		ch.Members = slices.Clone(ch.Members)
		out = append(out, ch)
	}
	return out
}

// AddUser adds a member to the app's corp and to the app's visible range.
func (a *App) AddUser(u User) {
	a.s.mu.Lock()
	defer a.s.mu.Unlock()
	a.corp.addUser(u)
	if !a.cfg.RootVisible {
		a.cfg.Visible = append(a.cfg.Visible, u.UserID)
	}
}

// Hide takes a member out of the visible range of an app without RootVisible.
func (a *App) Hide(userID string) {
	a.s.mu.Lock()
	defer a.s.mu.Unlock()
	a.cfg.Visible = slices.DeleteFunc(a.cfg.Visible, func(v string) bool { return strings.EqualFold(v, userID) })
}

// SetLocationReport turns LOCATION events on or off, as the administrator does.
func (a *App) SetLocationReport(on bool) {
	a.s.mu.Lock()
	defer a.s.mu.Unlock()
	a.cfg.LocationReport = on
}

// SetRetry changes when callbacks are tried again.
func (a *App) SetRetry(p RetryPolicy, verbatim bool) {
	a.s.mu.Lock()
	defer a.s.mu.Unlock()
	a.cfg.Retry, a.cfg.RetryVerbatim = p, verbatim
}

// user finds a member of the corp that the app may see. The lock must be held.
func (a *App) user(id string) *User {
	u := a.corp.users[strings.ToLower(id)]
	if u == nil || !a.sees(u) {
		return nil
	}
	return u
}

func (a *App) sees(u *User) bool {
	if a.cfg.RootVisible || slices.ContainsFunc(a.cfg.Visible, func(v string) bool { return strings.EqualFold(v, u.UserID) }) {
		return true
	}
	return slices.ContainsFunc(u.Department, a.seesDepartment)
}

func (a *App) seesDepartment(d int) bool {
	return a.cfg.RootVisible || slices.ContainsFunc(a.cfg.VisibleDepartments, func(root int) bool { return a.corp.within(d, root) })
}

// within tells whether department d is root or below it.
func (c *Corp) within(d, root int) bool {
	for range len(c.depts) + 1 { // a loop in the tree must not hang the server
		if d == root {
			return true
		}
		dep := c.depts[d]
		if dep == nil || d == 1 {
			return false
		}
		d = dep.ParentID
	}
	return false
}

// visibleUsers returns the members in the app's range, ordered by userid.
func (a *App) visibleUsers() []*User {
	var out []*User
	for _, k := range slices.Sorted(maps.Keys(a.corp.users)) {
		if u := a.corp.users[k]; a.sees(u) {
			out = append(out, u)
		}
	}
	return out
}

// member is the active member who acts, for the methods that act as one.
func (a *App) member(id string) (*User, error) {
	u := a.user(id)
	switch {
	case u == nil:
		return nil, fmt.Errorf("wecom sandbox: %q is not in the visible range of app %d", id, a.cfg.AgentID)
	case u.Disabled:
		return nil, errors.New("wecom sandbox: the member is disabled")
	}
	return u, nil
}

// validUserID: 1 to 64 characters of letters, digits and _-@. beginning with a
// letter or digit (document path 90195).
func validUserID(id string) bool {
	if len(id) == 0 || len(id) > 64 {
		return false
	}
	for i, r := range id {
		ok := r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || i > 0 && strings.ContainsRune("_-@.", r)
		if !ok {
			return false
		}
	}
	return true
}

// window counts events in the last spans of a rate limit.
type window struct{ at []time.Time }

// within counts the events of the last span.
func (w *window) within(now time.Time, span time.Duration) int {
	n := 0
	for _, t := range w.at {
		if t.After(now.Add(-span)) && !t.After(now) {
			n++
		}
	}
	return n
}

// add notes an event and forgets those older than keep.
func (w *window) add(now time.Time, keep time.Duration) {
	w.at = slices.DeleteFunc(w.at, func(t time.Time) bool { return !t.After(now.Add(-keep)) })
	w.at = append(w.at, now)
}

// weighted is a window of events that count for several.
type weighted struct {
	at []time.Time
	n  []int
}

func (w *weighted) within(now time.Time, span time.Duration) int {
	sum := 0
	for i, t := range w.at {
		if t.After(now.Add(-span)) && !t.After(now) {
			sum += w.n[i]
		}
	}
	return sum
}

func (w *weighted) add(now time.Time, n int, keep time.Duration) {
	for len(w.at) > 0 && !w.at[0].After(now.Add(-keep)) {
		w.at, w.n = w.at[1:], w.n[1:]
	}
	w.at, w.n = append(w.at, now), append(w.n, n)
}

// day names the date in WeCom's zone.
func (s *Server) day() string { return s.now().In(shanghai).Format(time.DateOnly) }
