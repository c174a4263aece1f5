package feishu

import (
	"net/http"
	"slices"
	"strconv"
	"time"
)

func (s *Server) botInfo(c *call) (any, *apiError) {
	return flat{"code": 0, "msg": "ok", "bot": map[string]any{
		"activate_status": 2, "app_name": c.app.BotName, "avatar_url": "", "ip_white_list": []string{}, "open_id": c.app.BotOpenID,
	}}, nil
}

// jsTicketGet answers the ticket for signing JSAPI calls; it lives 2 h and a
// repeat within them returns the same one.
func (s *Server) jsTicketGet(c *call) (any, *apiError) {
	s.mu.Lock()
	defer s.mu.Unlock()
	now := s.now()
	if a := c.app; a.jsTicket == "" || !now.Before(a.jsTicketEnd) {
		a.jsTicket, a.jsTicketEnd = s.id("", 64), now.Add(2*time.Hour)
	}
	return map[string]any{"ticket": c.app.jsTicket, "expire_in": int(c.app.jsTicketEnd.Sub(now) / time.Second)}, nil
}

// JSTicket returns the app's current JSAPI ticket, "" if none was fetched.
func (a *App) JSTicket() string {
	a.s.mu.Lock()
	defer a.s.mu.Unlock()
	return a.jsTicket
}

func (c *call) chatView(ch *chat) map[string]any {
	return map[string]any{
		"chat_id": ch.ID, "avatar": "", "name": ch.Name, "description": "", "owner_id": ch.Owner, "owner_id_type": "open_id",
		"external": false, "tenant_key": c.app.TenantKey, "chat_status": map[bool]string{true: "dissolved", false: "normal"}[ch.Dissolved],
	}
}

func (s *Server) listChats(c *call) (any, *apiError) {
	s.mu.Lock()
	defer s.mu.Unlock()
	var list []any
	for _, ch := range s.chatOrder {
		if ch.Type == "group" && ch.hasApp(c.app) && !ch.Dissolved {
			list = append(list, c.chatView(ch))
		}
	}
	return c.page(list, 20, 100), nil
}

// chat finds the group of the path; the lock must be held. A bot outside may ask
// nothing but whether it is in.
func (c *call) chat(inside bool) (*chat, *apiError) {
	ch := c.s.chats[c.r.PathValue("id")]
	switch {
	case ch == nil:
		return nil, fail(232006, "Your request specifies a chat_id which is invalid.")
	case ch.Dissolved:
		return nil, fail(codeDissolved, "Your request specifies a chat which has already been dissolved.")
	case inside && !ch.hasApp(c.app):
		return nil, fail(232011, "Operator can NOT be out of the chat.")
	}
	return ch, nil
}

func (s *Server) getChat(c *call) (any, *apiError) {
	s.mu.Lock()
	defer s.mu.Unlock()
	ch, e := c.chat(true)
	if e != nil {
		return nil, e
	}
	v := c.chatView(ch)
	delete(v, "chat_id")
	v["chat_mode"] = ch.Type
	v["chat_type"] = "private"
	v["user_count"] = strconv.Itoa(len(ch.Members))
	v["bot_count"] = strconv.Itoa(len(ch.Apps))
	return v, nil
}

// chatMembers lists the people of a group; bots are left out.
func (s *Server) chatMembers(c *call) (any, *apiError) {
	s.mu.Lock()
	defer s.mu.Unlock()
	ch, e := c.chat(true)
	if e != nil {
		return nil, e
	}
	kind := firstOf(c.r.URL.Query().Get("member_id_type"), "open_id")
	var list []any
	for _, id := range ch.Members {
		u := s.users[id]
		list = append(list, map[string]any{"member_id_type": kind, "member_id": idOf(u, kind), "name": u.Name, "tenant_key": u.TenantKey})
	}
	out := c.page(list, 20, 100)
	out["member_total"] = len(ch.Members)
	return out, nil
}

func (s *Server) isInChat(c *call) (any, *apiError) {
	s.mu.Lock()
	defer s.mu.Unlock()
	ch, e := c.chat(false)
	if e != nil {
		return nil, e
	}
	return map[string]any{"is_in_chat": ch.hasApp(c.app)}, nil
}

func idOf(u *User, kind string) string {
	switch kind {
	case "user_id":
		return u.UserID
	case "union_id":
		return u.UnionID
	}
	return u.OpenID
}

// userView is a person as the contact interface shows it to the app.
func (c *call) userView(u *User) map[string]any {
	out := map[string]any{
		"open_id": u.OpenID, "union_id": u.UnionID,
		"department_ids":    nonNil(u.DepartmentIDs),
		"leader_user_id":    u.LeaderOpenID,
		"avatar":            map[string]any{},
		"status":            map[string]any{"is_frozen": false, "is_resigned": u.Resigned, "is_activated": true, "is_exited": false, "is_unjoin": false},
		"is_tenant_manager": false,
	}
	if !c.app.Scopes.NoUserID {
		out["user_id"] = u.UserID
	}
	if !c.app.Scopes.NoUserName {
		out["name"], out["en_name"] = u.Name, u.EnName
	}
	return out
}

func nonNil(list []string) []string {
	if list == nil {
		return []string{}
	}
	return slices.Clone(list)
}

// visible finds a user whom the app may see.
func (c *call) visible(id string) (*User, *apiError) {
	u, e := c.s.findUser(firstOf(c.r.URL.Query().Get("user_id_type"), "open_id"), id)
	if e != nil {
		return nil, e
	}
	if u == nil {
		return nil, fail(99992351, "The request you send is not a valid {open_id} or not exists, example value:ou_xxxx.")
	}
	if c.app.unavailable[u.OpenID] {
		return nil, &apiError{status: http.StatusForbidden, code: 41050, msg: "no user authority error"}
	}
	return u, nil
}

func (s *Server) getUser(c *call) (any, *apiError) {
	s.mu.Lock()
	defer s.mu.Unlock()
	u, e := c.visible(c.r.PathValue("id"))
	if e != nil {
		return nil, e
	}
	return map[string]any{"user": c.userView(u)}, nil
}

func (s *Server) batchUsers(c *call) (any, *apiError) {
	ids := c.r.URL.Query()["user_ids"]
	if len(ids) == 0 || len(ids) > 50 {
		return nil, fail(99992402, "field validation failed: user_ids must have 1 to 50 entries")
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	items := []any{}
	for _, id := range ids {
		if u, e := c.visible(id); e == nil {
			items = append(items, c.userView(u))
		}
	}
	return map[string]any{"items": items}, nil
}

func (s *Server) batchUserIDs(c *call) (any, *apiError) {
	var in struct {
		Emails  []string `json:"emails"`
		Mobiles []string `json:"mobiles"`
	}
	if err := c.decode(&in); err != nil {
		return nil, err
	}
	if len(in.Emails) > 50 || len(in.Mobiles) > 50 {
		return nil, fail(99992402, "field validation failed: at most 50 emails and 50 mobiles")
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	kind := firstOf(c.r.URL.Query().Get("user_id_type"), "open_id")
	list := []any{}
	look := func(key, value string, is func(*User) bool) {
		item := map[string]any{key: value}
		for _, u := range s.users {
			if is(u) && !c.app.unavailable[u.OpenID] && !u.Resigned {
				item["user_id"] = idOf(u, kind)
			}
		}
		list = append(list, item)
	}
	for _, v := range in.Emails {
		look("email", v, func(u *User) bool { return v != "" && u.Email == v })
	}
	for _, v := range in.Mobiles {
		look("mobile", v, func(u *User) bool { return v != "" && (u.Mobile == v || u.Mobile == "+86"+v) })
	}
	return map[string]any{"user_list": list}, nil
}

// departmentUsers lists the direct members of a department.
func (s *Server) departmentUsers(c *call) (any, *apiError) {
	s.mu.Lock()
	defer s.mu.Unlock()
	id := c.r.URL.Query().Get("department_id")
	if d := s.findDepartment(c.departmentIDType(), id); d != nil {
		id = d.OpenID
	} else if id != "0" {
		return nil, fail(40004, "no dept authority error")
	}
	var list []any
	for _, u := range s.usersLocked() {
		in := slices.Contains(u.DepartmentIDs, id) || id == "0" && len(u.DepartmentIDs) == 0
		if in && !c.app.unavailable[u.OpenID] {
			list = append(list, c.userView(&u))
		}
	}
	return c.page(list, 10, 50), nil
}

func (c *call) departmentIDType() string {
	return firstOf(c.r.URL.Query().Get("department_id_type"), "open_department_id")
}

func (s *Server) findDepartment(kind, id string) *Department {
	if kind == "open_department_id" {
		return s.departments[id]
	}
	for _, d := range s.departments {
		if d.ID == id {
			return d
		}
	}
	return nil
}

func (s *Server) departmentView(d *Department) map[string]any {
	n := 0
	for _, u := range s.users {
		if slices.Contains(u.DepartmentIDs, d.OpenID) {
			n++
		}
	}
	return map[string]any{
		"name": d.Name, "department_id": d.ID, "open_department_id": d.OpenID, "parent_department_id": d.ParentID,
		"leader_user_id": d.LeaderOpenID, "member_count": n, "status": map[string]any{"is_deleted": false},
	}
}

func (s *Server) getDepartment(c *call) (any, *apiError) {
	s.mu.Lock()
	defer s.mu.Unlock()
	d := s.findDepartment(c.departmentIDType(), c.r.PathValue("id"))
	if d == nil {
		return nil, fail(40004, "no dept authority error")
	}
	return map[string]any{"department": s.departmentView(d)}, nil
}

func (s *Server) departmentChildren(c *call) (any, *apiError) {
	s.mu.Lock()
	defer s.mu.Unlock()
	id := c.r.PathValue("id")
	if d := s.findDepartment(c.departmentIDType(), id); d != nil {
		id = d.OpenID
	} else if id != "0" {
		return nil, fail(40004, "no dept authority error")
	}
	all := c.r.URL.Query().Get("fetch_child") == "true"
	ids := make([]string, 0, len(s.departments))
	for k := range s.departments {
		ids = append(ids, k)
	}
	slices.Sort(ids)
	var list []any
	for _, k := range ids {
		if d := s.departments[k]; d.ParentID == id || all && s.under(d, id) {
			list = append(list, s.departmentView(d))
		}
	}
	return c.page(list, 10, 50), nil
}

// under tells whether a department lies somewhere below another.
func (s *Server) under(d *Department, id string) bool {
	for range len(s.departments) {
		if d == nil {
			return false
		}
		if d.ParentID == id {
			return true
		}
		d = s.departments[d.ParentID]
	}
	return false
}
