package wecom

import (
	"maps"
	"slices"
	"strconv"
	"strings"
)

// userJSON is a member as user/get gives it (document path 90196).
func (a *App) userJSON(u *User) map[string]any {
	leader, status := 0, 1
	if u.IsLeader {
		leader = 1
	}
	if u.Disabled {
		status = 2
	}
	depts := slices.DeleteFunc(slices.Clone(u.Department), func(d int) bool { return !a.seesDepartment(d) && !a.sees(u) })
	leaders, orders := make([]int, len(depts)), make([]int, len(depts))
	for i := range depts {
		leaders[i] = leader
	}
	return map[string]any{
		"userid": u.UserID, "name": u.Name, "alias": u.Alias, "department": depts, "order": orders,
		"is_leader_in_dept": leaders, "position": u.Position, "mobile": u.Mobile, "gender": u.Gender, "email": u.Email,
		"direct_leader": slices.Concat([]string{}, u.DirectLeader), "main_department": u.Department[0],
		"status": status, "isleader": leader, "enable": 2 - status, "telephone": "", "avatar": "", "thumb_avatar": "",
		"extattr": map[string]any{"attrs": []any{}},
	}
}

func (s *Server) userGet(c *apiCall) answer {
	id := c.q.Get("userid")
	if id == "" {
		return refuse(41009, "missing userid")
	}
	if c.app.corp.users[strings.ToLower(id)] == nil {
		return refuse(60111, "userid not found")
	}
	u := c.app.user(id)
	if u == nil {
		return refuse(60011, "no privilege to access/modify contact/party/agent")
	}
	a := ok()
	maps.Copy(a.fields, c.app.userJSON(u))
	return a
}

func (s *Server) userByMobile(c *apiCall) answer {
	var mobile string
	if r := c.field("mobile", &mobile); r != nil {
		return *r
	}
	for _, u := range c.app.visibleUsers() {
		if mobile != "" && u.Mobile == mobile {
			return ok("userid", u.UserID)
		}
	}
	return refuse(46004, "user not exist")
}

// departmentUsers are the visible members of a department and, on request, of
// those below it.
func (c *apiCall) departmentUsers() ([]*User, *answer) {
	id, err := strconv.Atoi(c.q.Get("department_id"))
	if err != nil || c.app.corp.depts[id] == nil {
		r := refuse(60003, "department not found")
		return nil, &r
	}
	if !c.app.seesDepartment(id) {
		r := refuse(60011, "no privilege to access/modify contact/party/agent")
		return nil, &r
	}
	deep := c.q.Get("fetch_child") == "1"
	return slices.DeleteFunc(c.app.visibleUsers(), func(u *User) bool {
		return !slices.ContainsFunc(u.Department, func(d int) bool { return d == id || deep && c.app.corp.within(d, id) })
	}), nil
}

func (s *Server) userSimpleList(c *apiCall) answer {
	users, r := c.departmentUsers()
	if r != nil {
		return *r
	}
	list := make([]map[string]any, 0, len(users))
	for _, u := range users {
		list = append(list, map[string]any{"userid": u.UserID, "name": u.Name, "department": u.Department})
	}
	return ok("userlist", list)
}

func (s *Server) userList(c *apiCall) answer {
	users, r := c.departmentUsers()
	if r != nil {
		return *r
	}
	list := make([]map[string]any, 0, len(users))
	for _, u := range users {
		list = append(list, c.app.userJSON(u))
	}
	return ok("userlist", list)
}

// userListID pages through all visible members (document path 96067). The cursor
// is the userid after which to go on.
func (s *Server) userListID(c *apiCall) answer {
	var cursor string
	limit := 10000
	if r := c.fields("cursor", &cursor, "limit", &limit); r != nil {
		return *r
	}
	limit = max(1, min(limit, 10000))
	list, next := []map[string]any{}, ""
	for _, u := range c.app.visibleUsers() {
		if strings.ToLower(u.UserID) <= strings.ToLower(cursor) {
			continue
		}
		if len(list) == limit {
			next = list[limit-1]["userid"].(string)
			break
		}
		list = append(list, map[string]any{"userid": u.UserID, "department": u.Department[0]})
	}
	return ok("dept_user", list, "next_cursor", next)
}

// visibleDepartments are the departments below root (0: all) in the app's range.
func (c *apiCall) visibleDepartments() ([]*Department, *answer) {
	root := 0
	if v := c.q.Get("id"); v != "" {
		var err error
		if root, err = strconv.Atoi(v); err != nil || c.app.corp.depts[root] == nil {
			r := refuse(60003, "department not found")
			return nil, &r
		}
		if !c.app.seesDepartment(root) {
			r := refuse(60011, "no privilege to access/modify contact/party/agent")
			return nil, &r
		}
	}
	var out []*Department
	for _, id := range slices.Sorted(maps.Keys(c.app.corp.depts)) {
		if c.app.seesDepartment(id) && (root == 0 || c.app.corp.within(id, root)) {
			out = append(out, c.app.corp.depts[id])
		}
	}
	return out, nil
}

func departmentJSON(d *Department) map[string]any {
	return map[string]any{
		"id": d.ID, "name": d.Name, "name_en": "", "department_leader": slices.Concat([]string{}, d.Leaders),
		"parentid": d.ParentID, "order": d.Order,
	}
}

func (s *Server) departmentList(c *apiCall) answer {
	depts, r := c.visibleDepartments()
	if r != nil {
		return *r
	}
	list := make([]map[string]any, 0, len(depts))
	for _, d := range depts {
		list = append(list, departmentJSON(d))
	}
	return ok("department", list)
}

func (s *Server) departmentSimpleList(c *apiCall) answer {
	depts, r := c.visibleDepartments()
	if r != nil {
		return *r
	}
	list := make([]map[string]any, 0, len(depts))
	for _, d := range depts {
		list = append(list, map[string]any{"id": d.ID, "parentid": d.ParentID, "order": d.Order})
	}
	return ok("department_id", list)
}

func (s *Server) departmentGet(c *apiCall) answer {
	if c.q.Get("id") == "" {
		return refuse(60003, "department not found")
	}
	depts, r := c.visibleDepartments()
	if r != nil {
		return *r
	}
	for _, d := range depts {
		if strconv.Itoa(d.ID) == c.q.Get("id") {
			return ok("department", departmentJSON(d))
		}
	}
	return refuse(60003, "department not found")
}
