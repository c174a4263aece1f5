package wecom

import (
	"math"
	"slices"
	"strconv"
	"unicode/utf8"
)

// wantAgentQuery checks the agentid of the query against the token's app.
func (c *apiCall) wantAgentQuery() *answer {
	id := c.q.Get("agentid")
	switch {
	case id == "":
		r := refuse(41011, "missing agentid")
		return &r
	case id != strconv.Itoa(c.app.cfg.AgentID):
		r := refuse(301002, "not allow operate another agent with this accesstoken")
		return &r
	}
	return nil
}

func (s *Server) agentGet(c *apiCall) answer {
	if r := c.wantAgentQuery(); r != nil {
		return *r
	}
	cfg := c.app.cfg
	users := make([]map[string]string, 0, len(cfg.Visible))
	for _, v := range cfg.Visible {
		users = append(users, map[string]string{"userid": v})
	}
	parties := slices.Concat([]int{}, cfg.VisibleDepartments)
	if cfg.RootVisible {
		parties = []int{1}
	}
	return ok("agentid", cfg.AgentID, "name", cfg.Name, "square_logo_url", "", "description", cfg.Description,
		"allow_userinfos", map[string]any{"user": users}, "allow_partys", map[string]any{"partyid": parties},
		"allow_tags", map[string]any{"tagid": []int{}}, "close", 0, "redirect_domain", cfg.TrustedDomain,
		"report_location_flag", flag(cfg.LocationReport), "isreportenter", flag(!cfg.MuteEnter), "home_url", "")
}

func flag(on bool) int {
	if on {
		return 1
	}
	return 0
}

// agentSet changes what a bot may want to set (document path 90228).
func (s *Server) agentSet(c *apiCall) answer {
	if r := c.wantAgent(); r != nil {
		return *r
	}
	location, enter := -1, -1
	cfg := &c.app.cfg
	name, description, domain := cfg.Name, cfg.Description, cfg.TrustedDomain
	if r := c.fields("report_location_flag", &location, "isreportenter", &enter, "name", &name,
		"description", &description, "redirect_domain", &domain); r != nil {
		return *r
	}
	if location > 1 || enter > 1 {
		return refuse(40059, "invalid report_location_flag")
	}
	if location >= 0 {
		cfg.LocationReport = location == 1
	}
	if enter >= 0 {
		cfg.MuteEnter = enter == 0
	}
	cfg.Name, cfg.Description, cfg.TrustedDomain = name, description, domain
	return ok()
}

// menuButton is an item of an app's menu (document path 90231).
type menuButton struct {
	Type string       `json:"type,omitempty"`
	Name string       `json:"name"`
	Key  string       `json:"key,omitempty"`
	URL  string       `json:"url,omitempty"`
	Sub  []menuButton `json:"sub_button,omitempty"`
}

var menuTypes = []string{
	"click", "view", "scancode_push", "scancode_waitmsg", "pic_sysphoto", "pic_photo_or_album", "pic_weixin", "location_select", "view_miniprogram",
}

func (s *Server) menuCreate(c *apiCall) answer {
	if r := c.wantAgentQuery(); r != nil {
		return *r
	}
	var menu []menuButton
	if r := c.field("button", &menu); r != nil {
		return *r
	}
	if len(menu) < 1 || len(menu) > 3 {
		return refuse(40016, "invalid button size")
	}
	for _, b := range menu {
		if len(b.Sub) == 0 {
			if r := checkMenu(b, 40017, 16); r != nil {
				return *r
			}
			continue
		}
		if len(b.Name) > 16 || b.Name == "" {
			return refuse(40018, "invalid button name size")
		}
		if len(b.Sub) > 5 {
			return refuse(40023, "invalid sub button size")
		}
		for _, sub := range b.Sub {
			if len(sub.Sub) > 0 {
				return refuse(40022, "invalid sub button level")
			}
			if r := checkMenu(sub, 40024, 40); r != nil {
				return *r
			}
		}
	}
	c.app.menu = menu
	return ok()
}

// checkMenu checks one item; typeCode is the code for an unknown type, nameMax the
// name's limit in bytes.
func checkMenu(b menuButton, typeCode, nameMax int) *answer {
	var r answer
	switch {
	case !slices.Contains(menuTypes, b.Type):
		r = refuse(typeCode, "invalid button type")
	case b.Name == "" || len(b.Name) > nameMax || !utf8.ValidString(b.Name):
		r = refuse(40018, "invalid button name size")
	case b.Type == "view" && (b.URL == "" || len(b.URL) > 1024):
		r = refuse(40020, "invalid button url size")
	case b.Type != "view" && b.Type != "view_miniprogram" && (b.Key == "" || len(b.Key) > 128):
		r = refuse(40019, "invalid button key size")
	default:
		return nil
	}
	return &r
}

func (s *Server) menuGet(c *apiCall) answer {
	if r := c.wantAgentQuery(); r != nil {
		return *r
	}
	if len(c.app.menu) == 0 {
		return refuse(46003, "menu not exist")
	}
	return ok("button", c.app.menu)
}

func (s *Server) menuDelete(c *apiCall) answer {
	if r := c.wantAgentQuery(); r != nil {
		return *r
	}
	c.app.menu = nil
	return ok()
}

// callbackIP lists the addresses callbacks come from (document path 92521):
// here the sandbox's own.
func (s *Server) callbackIP(*apiCall) answer { return ok("ip_list", []string{"127.0.0.1", "::1"}) }

// checkinData lists attendance records (document path 90262): at most 100
// members and 30 days; coordinates are GCJ-02 times 1 000 000.
func (s *Server) checkinData(c *apiCall) answer {
	var kind, from, to int64
	var users []string
	if r := c.fields("opencheckindatatype", &kind, "starttime", &from, "endtime", &to, "useridlist", &users); r != nil {
		return *r
	}
	switch {
	case !c.app.cfg.Checkins:
		return refuse(48002, "api forbidden")
	case len(users) == 0 || len(users) > 100 || kind < 1 || kind > 3 || to < from || to-from > 30*24*3600:
		return badParameter("useridlist, opencheckindatatype or time range invalid")
	}
	list := []map[string]any{}
	for _, r := range c.app.corp.checkins {
		outing := r.Type == "外出打卡"
		if !containsFold(users, r.UserID) || r.Time.Unix() < from || r.Time.Unix() > to || kind == 1 && outing || kind == 2 && !outing {
			continue
		}
		list = append(list, map[string]any{
			"userid": r.UserID, "groupname": r.GroupName, "checkin_type": r.Type, "exception_type": r.ExceptionType,
			"checkin_time": r.Time.Unix(), "location_title": r.Title, "location_detail": r.Detail, "wifiname": "",
			"notes": r.Notes, "wifimac": "", "mediaids": slices.Concat([]string{}, r.MediaIDs),
			"lat": int64(math.Round(r.Lat * 1e6)), "lng": int64(math.Round(r.Lng * 1e6)),
			"deviceid": "", "sch_checkin_time": 0, "groupid": 0, "schedule_id": 0, "timeline_id": 0,
		})
	}
	return ok("checkindata", list)
}
