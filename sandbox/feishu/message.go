package feishu

import (
	"slices"
	"time"
)

// Sender types.
const (
	SenderUser = "user"
	SenderApp  = "app"
)

// Message is what the chat shows: sent by a user or by a bot. It is a copy.
type Message struct {
	ID, ChatID string
	ChatType   string // group, p2p
	RootID     string
	ParentID   string // the message replied to
	ThreadID   string
	Type       string // text, post, image, file, location, interactive …
	Content    string // JSON, of the newest revision
	SenderID   string // open_id of a user, app id of a bot
	SenderType string // SenderUser, SenderApp
	SenderName string
	Mentions   []Mention
	UUID       string
	CreateTime time.Time
	UpdateTime time.Time
	Revision   int // edits and card updates so far
	Deleted    bool
	Urgent     []string // open_ids that were urged in the app
}

// Mention is one @ in a message.
type Mention struct {
	Key    string // @_user_1
	OpenID string
	Name   string
	Bot    bool
}

// Revision is one earlier or current content of a message.
type Revision struct {
	Content string
	Time    time.Time
}

// message is the stored form of a Message.
type message struct {
	Message
	app     *App // of a bot's message
	history []Revision
	blobs   []string // keys of images and files it carries
}

func (m *message) snapshot() Message {
	out := m.Message
	out.Mentions = slices.Clone(out.Mentions)
	out.Urgent = slices.Clone(out.Urgent)
	return out
}

// revise sets a new content.
func (m *message) revise(content string, now time.Time) {
	m.Content = content
	m.UpdateTime = now
	m.Revision++
	m.history = append(m.history, Revision{content, now})
}

// blob is an uploaded or received file.
type blob struct {
	key, name, kind string // kind: image, file
	contentType     string
	data            []byte
	app             *App // who uploaded it; nil for users
}

// Messages returns a chat's messages in order of sending.
func (s *Server) Messages(chatID string) []Message {
	s.mu.Lock()
	defer s.mu.Unlock()
	c := s.chats[chatID]
	if c == nil {
		return nil
	}
	out := make([]Message, 0, len(c.log))
	for _, m := range c.log {
		out = append(out, m.snapshot())
	}
	return out
}

// Message returns one message.
func (s *Server) Message(id string) (Message, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	m := s.messages[id]
	if m == nil {
		return Message{}, false
	}
	return m.snapshot(), true
}

// History returns every content a message has had, oldest first.
func (s *Server) History(id string) []Revision {
	s.mu.Lock()
	defer s.mu.Unlock()
	m := s.messages[id]
	if m == nil {
		return nil
	}
	return slices.Clone(m.history)
}

// File returns the bytes and content type of an image_key or file_key, for
// showing it.
func (s *Server) File(key string) (data []byte, contentType string, ok bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	b := s.blobs[key]
	if b == nil {
		return nil, "", false
	}
	return b.data, b.contentType, true
}

// add stores a message in its chat; the lock must be held.
func (s *Server) add(c *chat, m *message) {
	now := s.now().Truncate(time.Millisecond)
	m.ID = s.id("om_", 32)
	m.ChatID, m.ChatType = c.ID, c.Type
	m.CreateTime, m.UpdateTime = now, now
	m.history = []Revision{{m.Content, now}}
	s.messages[m.ID] = m
	c.log = append(c.log, m)
}

// replyTo sets root and parent as Feishu does: the root is the first message of
// the exchange.
func (m *message) replyTo(parent *message) {
	m.ParentID = parent.ID
	m.RootID = parent.RootID
	if m.RootID == "" {
		m.RootID = parent.ID
	}
	m.ThreadID = parent.ThreadID
}
