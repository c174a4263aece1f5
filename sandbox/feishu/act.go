package feishu

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"image"
	_ "image/gif" // reads the size of pictures that users send
	_ "image/jpeg"
	_ "image/png"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"
)

// What follows acts as a user in the client. from is the user's open_id, chat a
// chat id or "" for the direct chat with this app's bot. Every bot of the chat
// that may hear the message gets its event. Each returns the stored message.

// SendText sends a text. mentions are open_ids (of users or bots) or "all": each
// becomes a placeholder @_user_N, in place of "@" + its name where the text has
// that, else in front.
func (a *App) SendText(from, chat, text string, mentions ...string) (Message, error) {
	return a.say(from, chat, "", text, mentions)
}

// SendReply answers a message with a text; root_id and parent_id are set.
func (a *App) SendReply(from, parentID, text string, mentions ...string) (Message, error) {
	a.s.mu.Lock()
	p := a.s.messages[parentID]
	var chatID string
	if p != nil {
		chatID = p.ChatID
	}
	a.s.mu.Unlock()
	if p == nil {
		return Message{}, fmt.Errorf("feishu sandbox: no message %s", parentID)
	}
	return a.say(from, chatID, parentID, text, mentions)
}

func (a *App) say(from, chat, parent, text string, mentions []string) (Message, error) {
	return a.send(from, chat, parent, func(m *message) error {
		for _, id := range mentions {
			if id == "all" {
				text = place(text, "@所有人", "@_all")
				continue
			}
			at := Mention{Key: "@_user_" + strconv.Itoa(len(m.Mentions)+1), OpenID: id}
			if u := a.s.users[id]; u != nil {
				at.Name = u.Name
			} else if i := slices.IndexFunc(a.s.appOrder, func(o *App) bool { return o.BotOpenID == id }); i >= 0 {
				at.Name, at.Bot = a.s.appOrder[i].BotName, true
			} else {
				return fmt.Errorf("feishu sandbox: nobody has open_id %s", id)
			}
			text = place(text, "@"+at.Name, at.Key)
			m.Mentions = append(m.Mentions, at)
		}
		m.Type, m.Content = "text", marshal(map[string]any{"text": text})
		return nil
	})
}

func place(text, name, key string) string {
	if strings.Contains(text, name) {
		return strings.Replace(text, name, key, 1)
	}
	return key + " " + text
}

// SendLocation sends a map pin. As on the wire, coordinates become strings, the
// longitude first; degrees, datum as the client has it (unverified which).
func (a *App) SendLocation(from, chat, name string, lat, lng float64) (Message, error) {
	return a.send(from, chat, "", func(m *message) error {
		f := func(v float64) string { return strconv.FormatFloat(v, 'f', -1, 64) }
		m.Type = "location"
		// Written by hand to keep the order of the documents.
		m.Content = `{"name":` + marshal(name) + `,"longitude":"` + f(lng) + `","latitude":"` + f(lat) + `"}`
		return nil
	})
}

// SendImage sends a picture; the bytes may be anything.
func (a *App) SendImage(from, chat string, data []byte) (Message, error) {
	return a.send(from, chat, "", func(m *message) error {
		b := a.s.keepBlob("image", "image"+extension(data), data, nil)
		m.blobs = []string{b.key}
		m.Type, m.Content = "image", marshal(map[string]any{"image_key": b.key})
		return nil
	})
}

// SendFile sends a file.
func (a *App) SendFile(from, chat, name string, data []byte) (Message, error) {
	return a.send(from, chat, "", func(m *message) error {
		b := a.s.keepBlob("file", name, data, nil)
		m.blobs = []string{b.key}
		m.Type, m.Content = "file", marshal(map[string]any{"file_key": b.key, "file_name": name})
		return nil
	})
}

// SendPost sends pictures with a caption, which arrive as a post.
func (a *App) SendPost(from, chat, caption string, images ...[]byte) (Message, error) {
	return a.send(from, chat, "", func(m *message) error {
		var lines []any
		for _, data := range images {
			b := a.s.keepBlob("image", "image"+extension(data), data, nil)
			m.blobs = append(m.blobs, b.key)
			img := map[string]any{"tag": "img", "image_key": b.key}
			if c, _, err := image.DecodeConfig(bytes.NewReader(data)); err == nil {
				img["width"], img["height"] = c.Width, c.Height
			}
			lines = append(lines, []any{img})
		}
		if caption != "" {
			lines = append(lines, []any{map[string]any{"tag": "text", "text": caption, "style": []any{}}})
		}
		m.Type, m.Content = "post", marshal(map[string]any{"title": "", "content": lines})
		return nil
	})
}

// SendContent sends a message of any type with that content JSON, such as audio,
// sticker or media. It carries no file.
func (a *App) SendContent(from, chat, msgType, content string) (Message, error) {
	if !json.Valid([]byte(content)) {
		return Message{}, errors.New("feishu sandbox: content is not JSON")
	}
	return a.send(from, chat, "", func(m *message) error {
		m.Type, m.Content = msgType, content
		return nil
	})
}

func (a *App) send(from, chatID, parentID string, fill func(*message) error) (Message, error) {
	s := a.s
	s.mu.Lock()
	m, err := func() (Message, error) {
		u := s.users[from]
		if u == nil {
			return Message{}, fmt.Errorf("feishu sandbox: no user %s", from)
		}
		var c *chat
		if chatID == "" {
			c = a.p2pLocked(from)
		} else if c = s.chats[chatID]; c == nil {
			return Message{}, fmt.Errorf("%w: %s", errNoChat, chatID)
		}
		switch {
		case c.Dissolved:
			return Message{}, fmt.Errorf("feishu sandbox: chat %s is dissolved", c.ID)
		case !c.hasUser(from):
			return Message{}, fmt.Errorf("feishu sandbox: %s is not in chat %s", u.Name, c.ID)
		case c.Type == "p2p" && a.unavailable[from]:
			return Message{}, fmt.Errorf("feishu sandbox: %s is outside the app's availability range", u.Name)
		}
		m := &message{Message: Message{SenderID: from, SenderType: SenderUser, SenderName: u.Name}}
		if parentID != "" {
			m.replyTo(s.messages[parentID])
		}
		if err := fill(m); err != nil {
			return Message{}, err
		}
		s.add(c, m)
		for _, id := range c.Apps {
			if o := s.apps[id]; o.hears(c, m) {
				o.pushLocked(EventMessage, m.ID, o.messageEvent(m))
			}
		}
		return m.snapshot(), nil
	}()
	s.mu.Unlock()
	if err != nil {
		return Message{}, err
	}
	s.Tick()
	s.notify()
	return m, nil
}

// Recall takes back a user's message and pushes im.message.recalled_v1 to the
// bots that subscribed to it.
func (a *App) Recall(messageID string) error {
	s := a.s
	s.mu.Lock()
	m := s.messages[messageID]
	if m == nil || m.SenderType != SenderUser || m.Deleted {
		s.mu.Unlock()
		return fmt.Errorf("feishu sandbox: no message of a user %s to recall", messageID)
	}
	m.Deleted = true
	m.UpdateTime = s.now()
	c := s.chats[m.ChatID]
	for _, id := range c.Apps {
		s.apps[id].pushLocked(EventRecalled, "", map[string]any{
			"message_id": m.ID, "chat_id": m.ChatID, "recall_time": millis(m.UpdateTime), "recall_type": "message_owner",
		})
	}
	s.mu.Unlock()
	s.Tick()
	s.notify()
	return nil
}

// CallbackResult is what came of a tap on a card.
type CallbackResult struct {
	EventID     string
	Token       string // for /interactive/v1/card/update: 30 minutes, twice
	Toast       Toast
	CardUpdated bool   // the answer carried a card, now shown
	Raw         []byte // the answer
}

// Toast is the short notice shown to the one who tapped.
type Toast struct {
	Type    string // info, success, error, warning
	Content string
}

// Action is an interaction with a card.
type Action struct {
	// Value of the button tapped; nil taps by Name.
	Value map[string]any
	// Name of the button; needed for a submit button without a value.
	Name string
	// FormValue holds the fields of the form that the button submits.
	FormValue map[string]any
}

// ErrNoButton says that the card, as it is shown, has no such enabled button.
var ErrNoButton = errors.New("feishu sandbox: the card has no such button")

// Click taps the button with that callback value on a card and waits for the
// app's answer, 3 s at most; callbacks are not retried. The error matches
// [ErrNoButton], [ErrNoCallback], [ErrCallbackTimeout] or [ErrCallbackFailed].
func (a *App) Click(from, messageID string, value map[string]any) (CallbackResult, error) {
	return a.Act(from, messageID, Action{Value: value})
}

// Act is [App.Click] for buttons known by name and for forms.
func (a *App) Act(from, messageID string, act Action) (CallbackResult, error) {
	s := a.s
	s.mu.Lock()
	p, info, err := a.cardPush(from, messageID, act)
	s.mu.Unlock()
	if err != nil {
		return CallbackResult{}, err
	}
	out := CallbackResult{EventID: p.env.Header.EventID, Token: p.env.Event["token"].(string)}
	r, err := s.call(p)
	out.Raw = r.body
	if err != nil {
		return out, err
	}
	var in struct {
		Toast *struct {
			Type    string            `json:"type"`
			Content string            `json:"content"`
			I18n    map[string]string `json:"i18n"`
		} `json:"toast"`
		Card *struct {
			Type string          `json:"type"`
			Data json.RawMessage `json:"data"`
		} `json:"card"`
	}
	if len(bytes.TrimSpace(r.body)) > 0 {
		if err := json.Unmarshal(r.body, &in); err != nil {
			return out, fmt.Errorf("%w: the answer is not a callback response: %w", ErrCallbackFailed, err)
		}
	}
	if in.Toast != nil {
		out.Toast = Toast{Type: in.Toast.Type, Content: firstOf(in.Toast.Content, in.Toast.I18n["zh_cn"])}
		if out.Toast.Type == "" {
			out.Toast.Type = "info"
		}
		if !slices.Contains([]string{"info", "success", "error", "warning"}, out.Toast.Type) {
			return out, fmt.Errorf("%w: unknown toast type %q", ErrCallbackFailed, out.Toast.Type)
		}
	}
	if in.Card == nil {
		return out, nil
	}
	if in.Card.Type != "raw" {
		return out, fmt.Errorf("%w: card type %q (only raw is known here)", ErrCallbackFailed, in.Card.Type)
	}
	next, err := parseCard(string(in.Card.Data))
	if err != nil {
		return out, fmt.Errorf("%w: %w", ErrCallbackFailed, err)
	}
	if next.v2 != info.v2 {
		return out, fmt.Errorf("%w: the card in the answer has another schema version", ErrCallbackFailed)
	}
	s.mu.Lock()
	m := s.messages[messageID]
	e := a.checkImages(next)
	if e == nil && !m.Deleted {
		m.revise(string(in.Card.Data), s.now().Truncate(time.Millisecond))
		out.CardUpdated = true
	}
	s.mu.Unlock()
	if e != nil {
		return out, fmt.Errorf("%w: %s", ErrCallbackFailed, e.msg)
	}
	s.notify()
	return out, nil
}

// cardPush makes the callback of an action; the lock must be held.
func (a *App) cardPush(from, messageID string, act Action) (*push, cardInfo, error) {
	s := a.s
	m, u := s.messages[messageID], s.users[from]
	switch {
	case u == nil:
		return nil, cardInfo{}, fmt.Errorf("feishu sandbox: no user %s", from)
	case m == nil || m.Type != "interactive" || m.app != a || m.Deleted:
		return nil, cardInfo{}, fmt.Errorf("feishu sandbox: no card of this app %s", messageID)
	case !s.chats[m.ChatID].hasUser(from):
		return nil, cardInfo{}, fmt.Errorf("feishu sandbox: %s does not see the card", u.Name)
	}
	info, err := parseCard(m.Content)
	if err != nil {
		return nil, info, err
	}
	b, ok := info.find(act.Value, act.Name)
	if !ok || b.Disabled {
		return nil, info, fmt.Errorf("%w: %s", ErrNoButton, marshal(act.Value))
	}
	action := map[string]any{"tag": "button", "timezone": "Asia/Shanghai", "value": map[string]any{}}
	if b.Value != nil {
		action["value"] = normal(b.Value)
	}
	if b.Name != "" {
		action["name"] = b.Name
	}
	if act.FormValue != nil {
		if !b.InForm {
			return nil, info, fmt.Errorf("%w: button %q is not in a form", ErrNoButton, b.Text)
		}
		for name := range act.FormValue {
			if !slices.Contains(info.inputs, name) {
				return nil, info, fmt.Errorf("feishu sandbox: the form has no field %q", name)
			}
		}
		action["form_value"] = normal(act.FormValue)
	}
	operator := a.userID(from)
	operator["tenant_key"] = u.TenantKey
	t := &cardToken{app: a, message: m, end: s.now().Add(30 * time.Minute)}
	token := s.id("c-", 40)
	s.cardTokens[token] = t
	env := a.newEvent(EventCardAction, map[string]any{
		"operator": operator,
		"token":    token,
		"action":   action,
		"host":     "im_message",
		"context":  map[string]any{"open_message_id": m.ID, "open_chat_id": m.ChatID},
	})
	return &push{app: a, env: env, body: env.bytes(), messageID: m.ID}, info, nil
}

// keepBlob stores bytes under a new key; the lock must be held.
func (s *Server) keepBlob(kind, name string, data []byte, owner *App) *blob {
	prefix := "img_v3_"
	if kind == "file" {
		prefix = "file_v3_"
	}
	b := &blob{key: s.id(prefix, 36), kind: kind, name: name, contentType: http.DetectContentType(data), data: bytes.Clone(data), app: owner}
	s.blobs[b.key] = b
	return b
}

func extension(data []byte) string {
	switch http.DetectContentType(data) {
	case "image/jpeg":
		return ".jpg"
	case "image/png":
		return ".png"
	case "image/gif":
		return ".gif"
	case "image/webp":
		return ".webp"
	}
	return ""
}

func marshal(v any) string {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	if err := e.Encode(v); err != nil {
		panic(fmt.Sprintf("feishu sandbox: %v", err)) // plain values only
	}
	return strings.TrimSuffix(b.String(), "\n")
}
