package wecom

import (
	"regexp"
	"slices"
	"strings"
	"time"
	"unicode/utf8"
)

// Limits of appchat (document paths 90245 to 90248).
const (
	minChat       = 2
	maxChat       = 2000
	chatsPerDay   = 1000
	chatMinute    = 200 // per member over all chats; more is dropped without a word
	chatDay       = 10_000
	chatSendsCorp = 20_000 // person-sends a minute
)

var chatIDForm = regexp.MustCompile(`^[0-9a-zA-Z]{1,32}$`)

// mayChat: only apps that see the root department may use appchat. The code of
// the refusal is from a user's report, not from the documents (unverified).
func (a *App) mayChat() *answer {
	if a.cfg.RootVisible {
		return nil
	}
	r := refuse(60011, "no privilege to access/modify contact/party/agent")
	return &r
}

// ownChat finds a chat that this app made.
func (a *App) ownChat(id string) (*Chat, *answer) {
	say := func(r answer) (*Chat, *answer) { return nil, &r }
	ch := a.corp.chats[id]
	switch {
	case id == "":
		return say(refuse(86201, "chatid missing"))
	case ch == nil:
		return say(refuse(86003, "invalid chatid"))
	case ch.AgentID != a.cfg.AgentID:
		return say(refuse(86008, "no privilege to operate this chat"))
	}
	return ch, nil
}

func (s *Server) chatCreate(c *apiCall) answer {
	a := c.app
	var name, owner, id string
	var list []string
	if r := c.fields("name", &name, "owner", &owner, "userlist", &list, "chatid", &id); r != nil {
		return *r
	}
	if r := a.mayChat(); r != nil {
		return *r
	}
	members, r := a.members(list)
	if r != nil {
		return *r
	}
	if len(members) < minChat || len(members) > maxChat {
		return refuse(86006, "invalid chat member number")
	}
	if owner == "" {
		owner = members[s.rnd.IntN(len(members))]
	} else if !containsFold(members, owner) {
		return refuse(86207, "owner not in userlist")
	}
	switch {
	case id == "":
		id = s.random(32)
	case len(id) > 32:
		return refuse(86205, "chatid too long")
	case !chatIDForm.MatchString(id):
		return refuse(86001, "invalid chatid")
	case a.corp.chats[id] != nil:
		return refuse(86215, "chatid existed")
	}
	if a.corp.made[s.day()] >= chatsPerDay {
		return refuse(45009, "api freq out of limit")
	}
	a.corp.made[s.day()]++
	a.corp.chats[id] = &Chat{ID: id, Name: cutName(name), Owner: owner, Members: members, AgentID: a.cfg.AgentID}
	return ok("chatid", id)
}

func (s *Server) chatUpdate(c *apiCall) answer {
	var id, name, owner string
	var add, del []string
	if r := c.fields("chatid", &id, "name", &name, "owner", &owner, "add_user_list", &add, "del_user_list", &del); r != nil {
		return *r
	}
	if r := c.app.mayChat(); r != nil {
		return *r
	}
	ch, r := c.app.ownChat(id)
	if r != nil {
		return *r
	}
	added, r := c.app.members(add)
	if r != nil {
		return *r
	}
	members := slices.DeleteFunc(slices.Clone(ch.Members), func(m string) bool { return containsFold(del, m) })
	for _, m := range added {
		if !containsFold(members, m) {
			members = append(members, m)
		}
	}
	if len(members) < minChat || len(members) > maxChat {
		return refuse(86006, "invalid chat member number")
	}
	if owner == "" && containsFold(members, ch.Owner) {
		owner = ch.Owner
	} else if owner == "" {
		owner = members[0]
	} else if !containsFold(members, owner) {
		return refuse(86207, "owner not in userlist")
	}
	ch.Members, ch.Owner = members, owner
	if name != "" {
		ch.Name = cutName(name)
	}
	return ok()
}

func (s *Server) chatGet(c *apiCall) answer {
	if r := c.app.mayChat(); r != nil {
		return *r
	}
	ch, r := c.app.ownChat(c.q.Get("chatid"))
	if r != nil {
		return *r
	}
	return ok("chat_info", map[string]any{"chatid": ch.ID, "name": ch.Name, "owner": ch.Owner, "userlist": ch.Members})
}

func (s *Server) chatSend(c *apiCall) answer {
	a := c.app
	var id, kind string
	if r := c.fields("chatid", &id, "msgtype", &kind); r != nil {
		return *r
	}
	if r := a.mayChat(); r != nil {
		return *r
	}
	ch, r := a.ownChat(id)
	if r != nil {
		return *r
	}
	content, r := s.content(c, kind, chatKinds)
	if r != nil {
		return *r
	}
	now := s.now()
	if a.corp.teamSends.within(now, time.Minute)+len(ch.Members) > chatSendsCorp {
		return refuse(45009, "api freq out of limit")
	}
	a.corp.teamSends.add(now, len(ch.Members), time.Minute)
	m := &Message{
		ID: s.random(43), CorpID: a.corp.id, AgentID: a.cfg.AgentID, Chat: ch.ID, Time: now, Type: kind,
		Content: content.json, Cut: content.cut,
	}
	for _, member := range ch.Members {
		w := a.chatWindow(member)
		if w.within(now, time.Minute) >= chatMinute || w.within(now, 24*time.Hour) >= chatDay {
			m.DroppedFor = append(m.DroppedFor, member)
			continue
		}
		w.add(now, 24*time.Hour)
	}
	m.Dropped = len(m.DroppedFor) == len(ch.Members)
	s.keep(m)
	return ok()
}

// chatWindow counts what a member got over all chats of the corp.
func (a *App) chatWindow(member string) *window {
	if a.corp.chatSends == nil {
		a.corp.chatSends = map[string]*window{}
	}
	k := strings.ToLower(member)
	if a.corp.chatSends[k] == nil {
		a.corp.chatSends[k] = &window{}
	}
	return a.corp.chatSends[k]
}

// members resolves userids to their spelling in the corp, each once.
func (a *App) members(list []string) ([]string, *answer) {
	var out []string
	for _, id := range list {
		u := a.user(id)
		if u == nil {
			r := refuse(86007, "invalid chat member: %s", id)
			return nil, &r
		}
		if !containsFold(out, u.UserID) {
			out = append(out, u.UserID)
		}
	}
	return out, nil
}

// cutName cuts a chat's name to 50 characters.
func cutName(name string) string {
	if utf8.RuneCountInString(name) <= 50 {
		return name
	}
	return string([]rune(name)[:50])
}

func containsFold(list []string, v string) bool {
	return slices.ContainsFunc(list, func(x string) bool { return strings.EqualFold(x, v) })
}
