package feishu

import (
	"errors"
	"fmt"
	"slices"
	"time"
)

// tenantKey is the company's, unless an app or user names another.
const tenantKey = "2ca1d211f64f6438"

// User is a person of the company. Empty ids are generated.
type User struct {
	OpenID        string // the same for every app
	UserID        string
	UnionID       string
	Name          string
	EnName        string
	Email         string
	Mobile        string // e.g. +8613800000000
	TenantKey     string
	DepartmentIDs []string // open_department_id
	LeaderOpenID  string
	Resigned      bool
}

// Department is a unit of the company; "0" is the root.
type Department struct {
	ID           string // department_id
	OpenID       string // od-…
	ParentID     string // open_department_id of the parent, "0" for the root
	Name         string
	LeaderOpenID string
}

// Chat is a group chat.
type Chat struct {
	ID      string // oc_…
	Name    string
	Owner   string   // open_id; the first member if empty
	Members []string // open_ids
	Apps    []string // ids of the apps whose bot is a member
	// Muted lets only the owner speak: a bot's message answers 230035.
	Muted bool
	// Type is "group" or "p2p"; set by the sandbox.
	Type string
	// Dissolved is true after [Server.DissolveChat].
	Dissolved bool
}

// chat is the stored form of a Chat with its messages.
type chat struct {
	Chat
	log []*message
}

func (c *chat) hasApp(a *App) bool     { return slices.Contains(c.Apps, a.ID) }
func (c *chat) hasUser(id string) bool { return slices.Contains(c.Members, id) }
func (c *chat) snapshot() Chat {
	out := c.Chat
	out.Members = slices.Clone(out.Members)
	out.Apps = slices.Clone(out.Apps)
	return out
}

// AddUser adds or replaces a user and returns it with its ids filled in.
func (s *Server) AddUser(u User) User {
	s.mu.Lock()
	if u.OpenID == "" {
		u.OpenID = s.id("ou_", 32)
	}
	if u.UserID == "" {
		u.UserID = s.id("", 8)
	}
	if u.UnionID == "" {
		u.UnionID = s.id("on_", 32)
	}
	if u.TenantKey == "" {
		u.TenantKey = tenantKey
	}
	if u.Name == "" {
		u.Name = u.UserID
	}
	u.DepartmentIDs = slices.Clone(u.DepartmentIDs)
	s.users[u.OpenID] = &u
	s.mu.Unlock()
	s.notify()
	return u
}

// Users returns everybody, by open_id.
func (s *Server) Users() []User {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.usersLocked()
}

func (s *Server) usersLocked() []User {
	out := make([]User, 0, len(s.users))
	for _, u := range s.users {
		out = append(out, *u)
	}
	slices.SortFunc(out, func(a, b User) int {
		if a.OpenID < b.OpenID {
			return -1
		}
		return 1
	})
	return out
}

// AddDepartment adds or replaces a department and returns it with its ids filled
// in.
func (s *Server) AddDepartment(d Department) Department {
	s.mu.Lock()
	defer s.mu.Unlock()
	if d.OpenID == "" {
		d.OpenID = s.id("od-", 32)
	}
	if d.ID == "" {
		d.ID = s.id("", 16)
	}
	if d.ParentID == "" {
		d.ParentID = "0"
	}
	s.departments[d.OpenID] = &d
	return d
}

// AddChat makes a group chat and returns it with its id filled in. No event is
// sent; [App.JoinChat] sends one. An id already in use, an unknown member or app
// panics.
func (s *Server) AddChat(c Chat) Chat {
	s.mu.Lock()
	if c.ID == "" {
		c.ID = s.id("oc_", 32)
	}
	if s.chats[c.ID] != nil {
		s.mu.Unlock()
		panic("feishu sandbox: chat " + c.ID + " exists already")
	}
	for _, m := range c.Members {
		if s.users[m] == nil {
			s.mu.Unlock()
			panic("feishu sandbox: chat member " + m + " is not a user")
		}
	}
	for _, id := range c.Apps {
		if s.apps[id] == nil {
			s.mu.Unlock()
			panic("feishu sandbox: no app " + id)
		}
	}
	if c.Owner == "" && len(c.Members) > 0 {
		c.Owner = c.Members[0]
	}
	c.Type = "group"
	c.Members = slices.Clone(c.Members)
	c.Apps = slices.Clone(c.Apps)
	st := &chat{Chat: c}
	s.chats[c.ID] = st
	s.chatOrder = append(s.chatOrder, st)
	out := st.snapshot()
	s.mu.Unlock()
	s.notify()
	return out
}

// Chats returns every chat, group and p2p, in order of making.
func (s *Server) Chats() []Chat {
	s.mu.Lock()
	defer s.mu.Unlock()
	out := make([]Chat, 0, len(s.chatOrder))
	for _, c := range s.chatOrder {
		out = append(out, c.snapshot())
	}
	return out
}

// Chat returns one chat.
func (s *Server) Chat(id string) (Chat, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	c := s.chats[id]
	if c == nil {
		return Chat{}, false
	}
	return c.snapshot(), true
}

// P2P returns the id of the direct chat between the bot and a user, made on
// demand; each app has its own with each user.
func (a *App) P2P(openID string) (string, error) {
	a.s.mu.Lock()
	defer a.s.mu.Unlock()
	if a.s.users[openID] == nil {
		return "", fmt.Errorf("feishu sandbox: no user %s", openID)
	}
	return a.p2pLocked(openID).ID, nil
}

func (a *App) p2pLocked(openID string) *chat {
	if c := a.p2p[openID]; c != nil {
		return c
	}
	c := &chat{Chat: Chat{
		ID: a.s.id("oc_", 32), Type: "p2p", Members: []string{openID}, Apps: []string{a.ID}, Owner: openID,
	}}
	a.p2p[openID] = c
	a.s.chats[c.ID] = c
	a.s.chatOrder = append(a.s.chatOrder, c)
	return c
}

var errNoChat = errors.New("feishu sandbox: no such chat")

// JoinChat lets a member add the bot to a group chat and pushes
// im.chat.member.bot.added_v1.
func (a *App) JoinChat(operator, chatID string) error {
	return a.s.changeChat(chatID, func(c *chat) error {
		if c.hasApp(a) {
			return fmt.Errorf("feishu sandbox: the bot is in chat %s already", chatID)
		}
		c.Apps = append(c.Apps, a.ID)
		a.pushLocked(EventBotAdded, "", a.chatEvent(c, operator))
		return nil
	})
}

// LeaveChat lets a member remove the bot from a group chat and pushes
// im.chat.member.bot.deleted_v1.
func (a *App) LeaveChat(operator, chatID string) error {
	return a.s.changeChat(chatID, func(c *chat) error {
		if !c.hasApp(a) {
			return fmt.Errorf("feishu sandbox: the bot is not in chat %s", chatID)
		}
		c.Apps = slices.DeleteFunc(c.Apps, func(id string) bool { return id == a.ID })
		a.pushLocked(EventBotDeleted, "", a.chatEvent(c, operator))
		return nil
	})
}

// DissolveChat dissolves a group chat: sending into it answers 232009. Its bots
// get im.chat.disbanded_v1.
func (s *Server) DissolveChat(chatID string) error {
	return s.changeChat(chatID, func(c *chat) error {
		c.Dissolved = true
		for _, id := range c.Apps {
			s.apps[id].pushLocked(EventDisbanded, "", s.apps[id].chatEvent(c, c.Owner))
		}
		return nil
	})
}

// AddMember puts a user into a group chat and pushes
// im.chat.member.user.added_v1 to the bots that subscribed to it.
func (s *Server) AddMember(chatID, openID string) error {
	return s.changeMember(chatID, openID, true)
}

// RemoveMember takes a user out of a group chat and pushes
// im.chat.member.user.deleted_v1 to the bots that subscribed to it.
func (s *Server) RemoveMember(chatID, openID string) error {
	return s.changeMember(chatID, openID, false)
}

func (s *Server) changeMember(chatID, openID string, in bool) error {
	return s.changeChat(chatID, func(c *chat) error {
		u := s.users[openID]
		if u == nil {
			return fmt.Errorf("feishu sandbox: no user %s", openID)
		}
		if c.hasUser(openID) == in {
			return fmt.Errorf("feishu sandbox: membership of %s in %s is so already", openID, chatID)
		}
		kind := EventUserAdded
		if in {
			c.Members = append(c.Members, openID)
		} else {
			kind = EventUserDeleted
			c.Members = slices.DeleteFunc(c.Members, func(id string) bool { return id == openID })
		}
		for _, id := range c.Apps {
			a := s.apps[id]
			ev := a.chatEvent(c, c.Owner)
			ev["users"] = []any{map[string]any{"name": u.Name, "tenant_key": u.TenantKey, "user_id": a.userID(openID)}}
			a.pushLocked(kind, "", ev)
		}
		return nil
	})
}

// SetMuted lets only the owner of a group chat speak, or everybody again.
func (s *Server) SetMuted(chatID string, muted bool) error {
	return s.changeChat(chatID, func(c *chat) error {
		c.Muted = muted
		return nil
	})
}

func (s *Server) changeChat(chatID string, f func(*chat) error) error {
	s.mu.Lock()
	c := s.chats[chatID]
	var err error
	switch {
	case c == nil || c.Type != "group":
		err = fmt.Errorf("%w: %s", errNoChat, chatID)
	case c.Dissolved:
		err = fmt.Errorf("feishu sandbox: chat %s is dissolved", chatID)
	default:
		err = f(c)
	}
	s.mu.Unlock()
	if err != nil {
		return err
	}
	s.Tick()
	s.notify()
	return nil
}

// EnterP2P lets a user open the direct chat with the bot and pushes
// im.chat.access_event.bot_p2p_chat_entered_v1.
func (a *App) EnterP2P(openID string) error {
	a.s.mu.Lock()
	if a.s.users[openID] == nil {
		a.s.mu.Unlock()
		return fmt.Errorf("feishu sandbox: no user %s", openID)
	}
	c := a.p2pLocked(openID)
	ev := map[string]any{"chat_id": c.ID, "operator_id": a.userID(openID), "last_message_id": "", "last_message_create_time": ""}
	if n := len(c.log); n > 0 {
		ev["last_message_id"] = c.log[n-1].ID
		ev["last_message_create_time"] = millis(c.log[n-1].CreateTime)
	}
	a.pushLocked(EventP2PEntered, "", ev)
	a.s.mu.Unlock()
	a.s.Tick()
	a.s.notify()
	return nil
}

// chatEvent is the body that the chat and membership events share.
func (a *App) chatEvent(c *chat, operator string) map[string]any {
	return map[string]any{
		"chat_id":             c.ID,
		"operator_id":         a.userID(operator),
		"external":            false,
		"operator_tenant_key": a.TenantKey,
		"name":                c.Name,
		"i18n_names":          map[string]any{"zh_cn": c.Name, "en_us": "", "ja_jp": ""},
	}
}

func millis(t time.Time) string { return fmt.Sprint(t.UnixMilli()) }
