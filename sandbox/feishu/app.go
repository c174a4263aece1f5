package feishu

import (
	"fmt"
	"slices"
	"time"
)

// Event types that the sandbox sends by itself. [App.PushRaw] sends any other.
const (
	EventMessage     = "im.message.receive_v1"
	EventRecalled    = "im.message.recalled_v1"
	EventBotAdded    = "im.chat.member.bot.added_v1"
	EventBotDeleted  = "im.chat.member.bot.deleted_v1"
	EventUserAdded   = "im.chat.member.user.added_v1"
	EventUserDeleted = "im.chat.member.user.deleted_v1"
	EventDisbanded   = "im.chat.disbanded_v1"
	EventP2PEntered  = "im.chat.access_event.bot_p2p_chat_entered_v1"
	EventCardAction  = "card.action.trigger"
)

// AppConfig describes an app; empty fields get generated or documented values.
type AppConfig struct {
	ID                string // cli_…
	Secret            string
	VerificationToken string
	EncryptKey        string // see NoEncryption
	BotOpenID         string
	BotName           string
	TenantKey         string

	// NoEncryption leaves EncryptKey empty: events are sent in clear and unsigned.
	NoEncryption bool
	// Scopes are the granted permissions.
	Scopes Scopes
	// Events are the subscribed event types; nil means message received and
	// recalled, bot added and deleted, chat disbanded, and bot chat entered.
	Events []string
	// TokenLifetime of tenant access tokens; 0 means 2 h.
	TokenLifetime time.Duration
	// RedirectURIs that may receive login codes; empty allows any.
	RedirectURIs []string
	// SignOnce makes a retried webhook carry the timestamp, nonce, body and
	// signature of its first attempt; otherwise each attempt is signed anew.
	// Which of the two Feishu does is unverified.
	SignOnce bool
	// Unlimited lifts the rate limits.
	Unlimited bool
	// WebSocket is the client configuration sent to WebSocket clients; zero fields
	// become Feishu's (-1, 120 s, 30 s, 120 s).
	WebSocket ClientConfig
}

// Scopes are permissions in the form of exceptions: the zero value is an
// ordinary bot that hears direct messages and the group messages that mention it.
type Scopes struct {
	// GroupMsg (im:message.group_msg) hears every message of its groups.
	GroupMsg bool
	// NoUserID hides user_id (no contact:user.employee_id:readonly).
	NoUserID bool
	// NoUserName hides names (no contact:user.base:readonly).
	NoUserName bool
	// NoUrgent refuses urgent_app (no im:message.urgent).
	NoUrgent bool
}

// ClientConfig is what the endpoint and every pong tell WebSocket clients.
type ClientConfig struct {
	ReconnectCount    int `json:"ReconnectCount"`    // negative: without end
	ReconnectInterval int `json:"ReconnectInterval"` // seconds
	ReconnectNonce    int `json:"ReconnectNonce"`    // seconds of jitter
	PingInterval      int `json:"PingInterval"`      // seconds
}

// App is an app installed in the company, with its bot. Its exported fields do
// not change.
type App struct {
	AppConfig

	s *Server

	// guarded by s.mu
	callback    string
	conns       []*wsConn
	muted       bool
	split       int
	refusals    []refusal
	held        bool
	queue       []*push
	inflight    int
	events      map[string]*envelope // last event by message id, for Redeliver
	unavailable map[string]bool      // open_ids outside the availability range
	p2p         map[string]*chat     // by open_id
	uuids       map[string]uuidUse
	jsTicket    string
	jsTicketEnd time.Time
}

type refusal struct {
	status, authCode int
	msg              string
}

// NewApp installs an app. An ID already in use panics: the two would share
// everything.
func (s *Server) NewApp(c AppConfig) *App {
	s.mu.Lock()
	defer s.mu.Unlock()
	fill := func(field *string, prefix string, digits int) {
		if *field == "" {
			*field = s.id(prefix, digits)
		}
	}
	fill(&c.ID, "cli_", 16)
	fill(&c.Secret, "", 32)
	fill(&c.VerificationToken, "", 32)
	fill(&c.BotOpenID, "ou_", 32)
	if c.NoEncryption {
		c.EncryptKey = ""
	} else {
		fill(&c.EncryptKey, "", 32)
	}
	if c.BotName == "" {
		c.BotName = "Bot"
	}
	if c.TenantKey == "" {
		c.TenantKey = tenantKey
	}
	if c.TokenLifetime == 0 {
		c.TokenLifetime = 2 * time.Hour
	}
	if c.Events == nil {
		c.Events = []string{EventMessage, EventRecalled, EventBotAdded, EventBotDeleted, EventDisbanded, EventP2PEntered}
	}
	if c.WebSocket.ReconnectCount == 0 {
		c.WebSocket.ReconnectCount = -1
	}
	if c.WebSocket.ReconnectInterval == 0 {
		c.WebSocket.ReconnectInterval = 120
	}
	if c.WebSocket.ReconnectNonce == 0 {
		c.WebSocket.ReconnectNonce = 30
	}
	if c.WebSocket.PingInterval == 0 {
		c.WebSocket.PingInterval = 120
	}
	if s.apps[c.ID] != nil {
		panic("feishu sandbox: app " + c.ID + " exists already")
	}
	a := &App{
		AppConfig:   c,
		s:           s,
		split:       1,
		events:      map[string]*envelope{},
		unavailable: map[string]bool{},
		p2p:         map[string]*chat{},
		uuids:       map[string]uuidUse{},
	}
	s.apps[c.ID] = a
	s.appOrder = append(s.appOrder, a)
	return a
}

// App returns the app with that id, or nil.
func (s *Server) App(id string) *App {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.apps[id]
}

// Apps returns every app in order of installation.
func (s *Server) Apps() []*App {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.appOrder)
}

// SetAvailable puts a user into or out of the app's availability range (可用范围).
// Everybody is in at first; sending to one outside answers 230013.
func (a *App) SetAvailable(openID string, available bool) {
	a.s.mu.Lock()
	defer a.s.mu.Unlock()
	a.unavailable[openID] = !available
}

// ExpireToken makes every token issued so far invalid, as after a reset of the
// app secret: calls with them answer HTTP 400, code 99991663.
func (a *App) ExpireToken() {
	a.s.mu.Lock()
	defer a.s.mu.Unlock()
	for _, t := range a.s.tokens {
		if t.app == a && t.user == "" {
			t.revoked = true
		}
	}
}

// userID gives the three ids of a user as the app may see them; the lock must be
// held.
func (a *App) userID(openID string) map[string]any {
	if openID == a.BotOpenID {
		return map[string]any{"open_id": openID, "union_id": "on_" + openID[min(3, len(openID)):], "user_id": ""}
	}
	out := map[string]any{"open_id": openID, "union_id": "", "user_id": ""}
	if u := a.s.users[openID]; u != nil {
		out["union_id"] = u.UnionID
		if !a.Scopes.NoUserID {
			out["user_id"] = u.UserID
		}
	}
	return out
}

func (a *App) String() string { return fmt.Sprintf("%s (%s)", a.BotName, a.ID) }
