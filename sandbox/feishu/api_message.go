package feishu

import (
	"encoding/json"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"time"
)

// Limits of messages (im-v1/message).
const (
	maxTextBytes = 150 << 10
	maxCardBytes = 30 << 10
	uuidWindow   = time.Hour
	cardEditable = 14 * 24 * time.Hour
	maxEdits     = 20
)

type uuidUse struct {
	at      time.Time
	message *message
}

// cardToken allows late updates of a card after a tap.
type cardToken struct {
	app     *App
	message *message
	end     time.Time
	used    int
}

type messageBody struct {
	ReceiveID     string `json:"receive_id"`
	MsgType       string `json:"msg_type"`
	Content       string `json:"content"`
	UUID          string `json:"uuid"`
	ReplyInThread bool   `json:"reply_in_thread"`
}

func (s *Server) createMessage(c *call) (any, *apiError) {
	var in messageBody
	if err := c.decode(&in); err != nil {
		return nil, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if m := c.sentBefore(in.UUID); m != nil {
		return c.view(m), nil
	}
	ch, e := c.receiver(c.r.URL.Query().Get("receive_id_type"), in.ReceiveID)
	if e != nil {
		return nil, e
	}
	return c.post(ch, in, nil)
}

func (s *Server) replyMessage(c *call) (any, *apiError) {
	var in messageBody
	if err := c.decode(&in); err != nil {
		return nil, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if m := c.sentBefore(in.UUID); m != nil {
		return c.view(m), nil
	}
	parent, e := c.message()
	if e != nil {
		return nil, e
	}
	return c.post(s.chats[parent.ChatID], in, parent)
}

// sentBefore finds the message of a repeated uuid. Feishu sends at most one
// within an hour; that the repeat is answered with the first one is unverified.
func (c *call) sentBefore(uuid string) *message {
	u, ok := c.app.uuids[uuid]
	if uuid == "" || !ok || c.s.now().Sub(u.at) >= uuidWindow {
		return nil
	}
	return u.message
}

// receiver finds the chat of a receive_id; the lock must be held.
func (c *call) receiver(kind, id string) (*chat, *apiError) {
	s := c.s
	if kind == "chat_id" {
		ch := s.chats[id]
		if ch == nil {
			return nil, fail(codeParam, "Your request contains an invalid request parameter, ext=invalid receive_id")
		}
		return ch, nil
	}
	u, e := s.findUser(kind, id)
	if e != nil {
		return nil, e
	}
	if u == nil {
		return nil, fail(codeParam, "Your request contains an invalid request parameter, ext=invalid receive_id")
	}
	if c.app.unavailable[u.OpenID] || u.Resigned {
		return nil, fail(codeOutOfRange, "Bot has NO availability to this user.")
	}
	return c.app.p2pLocked(u.OpenID), nil
}

// findUser finds a user by one of the id types; nil if there is none.
func (s *Server) findUser(kind, id string) (*User, *apiError) {
	var get func(*User) string
	switch kind {
	case "open_id":
		return s.users[id], nil
	case "user_id":
		get = func(u *User) string { return u.UserID }
	case "union_id":
		get = func(u *User) string { return u.UnionID }
	case "email":
		get = func(u *User) string { return u.Email }
	default:
		return nil, fail(99992402, "field validation failed: id type must be one of open_id, user_id, union_id, email, chat_id")
	}
	for _, u := range s.users {
		if id != "" && get(u) == id {
			return u, nil
		}
	}
	return nil, nil
}

// mayPost checks that the bot may speak in a chat.
func (c *call) mayPost(ch *chat) *apiError {
	switch {
	case ch.Dissolved:
		return fail(codeDissolved, "Your request specifies a chat which has already been dissolved.")
	case !ch.hasApp(c.app):
		return fail(codeNotInChat, "Bot/User can NOT be out of the chat.")
	case ch.Type == "p2p" && c.app.unavailable[ch.Owner]:
		return fail(codeOutOfRange, "Bot has NO availability to this user.")
	case ch.Muted:
		return fail(230035, "Send Message Permission deny.")
	}
	return nil
}

// post checks and stores a bot's message; the lock must be held.
func (c *call) post(ch *chat, in messageBody, parent *message) (any, *apiError) {
	s := c.s
	if e := c.mayPost(ch); e != nil {
		return nil, e
	}
	m := &message{app: c.app, Message: Message{
		Type: in.MsgType, Content: in.Content, UUID: in.UUID,
		SenderID: c.app.ID, SenderType: SenderApp, SenderName: c.app.BotName,
	}}
	if len(in.UUID) > 50 {
		return nil, fail(codeParam, "Your request contains an invalid request parameter, ext=uuid is longer than 50")
	}
	if e := c.checkContent(m); e != nil {
		return nil, e
	}
	if e := c.perChat(ch.ID); e != nil {
		return nil, e
	}
	if parent != nil {
		m.replyTo(parent)
		if in.ReplyInThread && m.ThreadID == "" {
			m.ThreadID = s.id("omt_", 16)
		}
	}
	s.add(ch, m)
	if in.UUID != "" {
		c.app.uuids[in.UUID] = uuidUse{s.now(), m}
	}
	return c.view(m), nil
}

// checkContent validates msg_type and content.
func (c *call) checkContent(m *message) *apiError {
	limit := maxTextBytes
	if m.Type == "interactive" || m.Type == "post" {
		limit = maxCardBytes
	}
	if len(m.Content) > limit {
		return fail(codeTooLong, "The length of the message content reaches its limit.")
	}
	bad := func(what string) *apiError {
		return fail(codeParam, "Your request contains an invalid request parameter, ext="+what)
	}
	var v map[string]any
	if err := json.Unmarshal([]byte(m.Content), &v); err != nil {
		if m.Type == "interactive" {
			return (&cardError{200621, "parse card json err, please check whether the card json is correct"}).api()
		}
		return bad("content is not a string in json format")
	}
	text := func(key string) string { t, _ := v[key].(string); return t }
	switch m.Type {
	case "text":
		if text("text") == "" {
			return bad("text message content is empty")
		}
	case "post":
		return c.checkPost(m, v, bad)
	case "image", "sticker":
		return c.attach(m, "image", firstOf(text("image_key"), text("file_key")), bad)
	case "file", "audio", "media":
		return c.attach(m, "file", text("file_key"), bad)
	case "interactive":
		info, err := parseCard(m.Content)
		ce := new(cardError)
		if errors.As(err, &ce) {
			return ce.api()
		}
		if e := c.app.checkImages(info); e != nil {
			return e
		}
		m.blobs = info.images
	case "share_chat":
		if c.s.chats[text("chat_id")] == nil {
			return bad("invalid chat_id")
		}
	case "share_user":
		if c.s.users[text("user_id")] == nil {
			return bad("invalid user_id")
		}
	default:
		// A bot can send neither locations nor anything else that users can.
		return bad("invalid msg_type")
	}
	return nil
}

// attach checks the key of an image or file that a bot sends: it must have
// uploaded it.
func (c *call) attach(m *message, kind, key string, bad func(string) *apiError) *apiError {
	b := c.s.blobs[key]
	if b == nil || b.app != c.app || b.kind != kind {
		return bad("invalid " + kind + "_key")
	}
	m.blobs = []string{key}
	if kind == "file" {
		// Whoever reads the message finds the name under which it was uploaded.
		m.Content = marshal(map[string]any{"file_key": key, "file_name": b.name})
	}
	return nil
}

func (a *App) checkImages(info cardInfo) *apiError {
	for _, key := range info.images {
		if b := a.s.blobs[key]; b == nil || b.app != a || b.kind != "image" {
			return (&cardError{200570, "card contains invalid image keys"}).api()
		}
	}
	return nil
}

// checkPost checks a rich text: {"zh_cn": {"title", "content": [[{tag}]]}}.
func (c *call) checkPost(m *message, v map[string]any, bad func(string) *apiError) *apiError {
	if inner, ok := v["post"].(map[string]any); ok {
		v = inner
	}
	found := false
	for _, lang := range []string{"zh_cn", "en_us", "ja_jp"} {
		raw, ok := v[lang]
		if !ok {
			continue
		}
		found = true
		body, _ := raw.(map[string]any)
		lines, ok := body["content"].([]any)
		if !ok {
			return bad("invalid post content")
		}
		for _, line := range lines {
			parts, ok := line.([]any)
			if !ok {
				return bad("invalid post content")
			}
			for _, p := range parts {
				part, _ := p.(map[string]any)
				tag, _ := part["tag"].(string)
				if tag == "" {
					return bad("invalid post content")
				}
				if tag == "img" {
					key, _ := part["image_key"].(string)
					if e := c.attach(&message{}, "image", key, bad); e != nil {
						return e
					}
					m.blobs = append(m.blobs, key)
				}
			}
		}
	}
	if !found {
		return bad("invalid post content: no zh_cn, en_us or ja_jp")
	}
	return nil
}

// message finds the message of the path; the lock must be held.
func (c *call) message() (*message, *apiError) {
	m := c.s.messages[c.r.PathValue("id")]
	if m == nil {
		return nil, fail(codeParam, "Your request contains an invalid request parameter, ext=invalid message_id")
	}
	if m.Deleted {
		return nil, fail(codeRecalled, "The message was withdrawn.")
	}
	return m, nil
}

// own finds the app's own message of the path, in a chat where it still is.
func (c *call) own() (*message, *apiError) {
	m, e := c.message()
	if e != nil {
		return nil, e
	}
	ch := c.s.chats[m.ChatID]
	switch {
	case ch.Dissolved:
		return nil, fail(codeDissolved, "Your request specifies a chat which has already been dissolved.")
	case !ch.hasApp(c.app):
		return nil, fail(codeNotInChat, "Bot/User can NOT be out of the chat.")
	case m.app != c.app:
		// The code for another sender's message is unverified.
		return nil, fail(230071, "The operator is not the sender of the message.")
	}
	return m, nil
}

// patchMessage replaces a card: own, interactive, shared (update_multi), sent
// within 14 days, 5 QPS per message.
func (s *Server) patchMessage(c *call) (any, *apiError) {
	var in messageBody
	if err := c.decode(&in); err != nil {
		return nil, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	m, e := c.own()
	if e != nil {
		return nil, e
	}
	if m.Type != "interactive" {
		return nil, fail(230054, "This operation is not allowed for this message type.")
	}
	if s.now().Sub(m.CreateTime) > cardEditable {
		return nil, fail(230031, "Message can only be modified within 14 days after sending.")
	}
	next := &message{Message: Message{Type: m.Type, Content: in.Content}}
	if e := c.checkContent(next); e != nil {
		return nil, e
	}
	for _, content := range []string{m.Content, in.Content} {
		info, err := parseCard(content)
		if err != nil {
			return nil, fail(codeCard, err.Error())
		}
		if shared := info.v2 && info.updateMulti == nil || info.updateMulti != nil && *info.updateMulti; !shared {
			return nil, (&cardError{200671, "config.update_multi must be true before and after the update"}).api()
		}
	}
	if !c.app.Unlimited {
		if _, ok := s.allow("patch "+m.ID, 5, time.Second); !ok {
			return nil, fail(codeRateChat, "This operation triggers the frequency limit.")
		}
	}
	m.revise(in.Content, s.now().Truncate(time.Millisecond))
	m.blobs = next.blobs
	return nil, nil
}

// putMessage edits an own text or post.
func (s *Server) putMessage(c *call) (any, *apiError) {
	var in messageBody
	if err := c.decode(&in); err != nil {
		return nil, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	m, e := c.own()
	if e != nil {
		return nil, e
	}
	if m.Type != "text" && m.Type != "post" || in.MsgType != m.Type {
		return nil, fail(230054, "This operation is not allowed for this message type.")
	}
	if m.Revision >= maxEdits {
		return nil, fail(230072, "The message has reached the number of times it can be edited.")
	}
	next := &message{Message: Message{Type: m.Type, Content: in.Content}}
	if e := c.checkContent(next); e != nil {
		return nil, e
	}
	m.revise(in.Content, s.now().Truncate(time.Millisecond))
	m.blobs = next.blobs
	return c.view(m), nil
}

func (s *Server) deleteMessage(c *call) (any, *apiError) {
	s.mu.Lock()
	defer s.mu.Unlock()
	m, e := c.own()
	if e != nil {
		return nil, e
	}
	m.Deleted = true
	m.UpdateTime = s.now().Truncate(time.Millisecond)
	return nil, nil
}

func (s *Server) getMessage(c *call) (any, *apiError) {
	s.mu.Lock()
	defer s.mu.Unlock()
	m, e := c.message()
	if e != nil {
		return nil, e
	}
	if !s.chats[m.ChatID].hasApp(c.app) {
		return nil, fail(codeNotInChat, "Bot/User can NOT be out of the chat.")
	}
	return map[string]any{"items": []any{c.view(m)}}, nil
}

// listMessages answers the history of a chat.
func (s *Server) listMessages(c *call) (any, *apiError) {
	q := c.r.URL.Query()
	s.mu.Lock()
	defer s.mu.Unlock()
	ch := s.chats[q.Get("container_id")]
	if q.Get("container_id_type") != "chat" || ch == nil {
		return nil, fail(codeParam, "Your request contains an invalid request parameter, ext=invalid container_id")
	}
	if !ch.hasApp(c.app) {
		return nil, fail(codeNotInChat, "Bot/User can NOT be out of the chat.")
	}
	if ch.Type == "group" && !c.app.Scopes.GroupMsg {
		return nil, fail(codeNoPermission, "Lack of necessary permissions, ext=need scope: im:message.group_msg")
	}
	start, end := seconds(q.Get("start_time")), seconds(q.Get("end_time"))
	var list []any
	for _, m := range ch.log {
		if !start.IsZero() && m.CreateTime.Before(start) || !end.IsZero() && !m.CreateTime.Before(end) {
			continue
		}
		list = append(list, c.view(m))
	}
	if q.Get("sort_type") == "ByCreateTimeDesc" {
		slices.Reverse(list)
	}
	return c.page(list, 20, 50), nil
}

func seconds(v string) time.Time {
	n, err := strconv.ParseInt(v, 10, 64)
	if err != nil {
		return time.Time{}
	}
	return time.Unix(n, 0)
}

// page cuts a list by page_size and page_token.
func (c *call) page(list []any, size, most int) map[string]any {
	q := c.r.URL.Query()
	if n, err := strconv.Atoi(q.Get("page_size")); err == nil && n > 0 {
		size = min(n, most)
	}
	from, err := strconv.Atoi(q.Get("page_token"))
	if err != nil || from < 0 || from > len(list) {
		from = 0
	}
	to := min(from+size, len(list))
	out := map[string]any{"items": list[from:to], "has_more": to < len(list), "page_token": ""}
	if list == nil {
		out["items"] = []any{}
	}
	if to < len(list) {
		out["page_token"] = strconv.Itoa(to)
	}
	return out
}

func (s *Server) urgentApp(c *call) (any, *apiError) {
	var in struct {
		UserIDList []string `json:"user_id_list"`
	}
	if err := c.decode(&in); err != nil {
		return nil, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if c.app.Scopes.NoUrgent {
		return nil, fail(codeNoPermission, "Lack of necessary permissions, ext=need scope: im:message.urgent")
	}
	m, e := c.own()
	if e != nil {
		return nil, e
	}
	if len(in.UserIDList) == 0 || len(in.UserIDList) > 200 {
		return nil, fail(codeParam, "Your request contains an invalid request parameter, ext=user_id_list must have 1 to 200 entries")
	}
	invalid := []string{}
	for _, id := range in.UserIDList {
		u, e := s.findUser(firstOf(c.r.URL.Query().Get("user_id_type"), "open_id"), id)
		if e != nil {
			return nil, e
		}
		if u == nil || !s.chats[m.ChatID].hasUser(u.OpenID) {
			invalid = append(invalid, id)
			continue
		}
		if !slices.Contains(m.Urgent, u.OpenID) {
			m.Urgent = append(m.Urgent, u.OpenID)
		}
	}
	return map[string]any{"invalid_user_id_list": invalid}, nil
}

// updateCard updates a card with the token of a callback: 30 minutes, twice.
func (s *Server) updateCard(c *call) (any, *apiError) {
	var in struct {
		Token string          `json:"token"`
		Card  json.RawMessage `json:"card"`
	}
	if err := c.decode(&in); err != nil {
		return nil, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	t := s.cardTokens[in.Token]
	// The codes of a spent or unknown token are unverified.
	switch {
	case t == nil || t.app != c.app:
		return nil, fail(300080, "token is invalid")
	case s.now().After(t.end):
		return nil, fail(300090, "token is expired")
	case t.used >= 2:
		return nil, fail(300110, "token has been used up")
	case t.message.Deleted:
		return nil, fail(codeRecalled, "The message was withdrawn.")
	}
	next := &message{Message: Message{Type: "interactive", Content: string(in.Card)}}
	if e := c.checkContent(next); e != nil {
		return nil, e
	}
	t.used++
	t.message.revise(next.Content, s.now().Truncate(time.Millisecond))
	t.message.blobs = next.blobs
	return nil, nil
}

var atTag = regexp.MustCompile(`<at\s+user_id\s*=\s*"([^"]*)"\s*>([^<]*)</at>`)

// view is a message as the interface returns it; the lock must be held.
func (c *call) view(m *message) map[string]any {
	content, mentions := m.Content, m.Mentions
	if m.app != nil && m.Type == "text" {
		content, mentions = c.s.mentioned(content)
	}
	if m.Deleted {
		content = "This message was recalled"
	}
	sender := map[string]any{"id": m.SenderID, "id_type": "open_id", "sender_type": m.SenderType, "tenant_key": c.app.TenantKey}
	if m.SenderType == SenderApp {
		sender["id_type"] = "app_id"
	}
	out := map[string]any{
		"message_id": m.ID, "msg_type": m.Type, "chat_id": m.ChatID,
		"create_time": millis(m.CreateTime), "update_time": millis(m.UpdateTime),
		"deleted": m.Deleted, "updated": m.Revision > 0,
		"sender": sender, "body": map[string]any{"content": content},
	}
	for key, v := range map[string]string{"root_id": m.RootID, "parent_id": m.ParentID, "thread_id": m.ThreadID} {
		if v != "" {
			out[key] = v
		}
	}
	if len(mentions) > 0 {
		list := make([]any, 0, len(mentions))
		for _, at := range mentions {
			list = append(list, map[string]any{
				"key": at.Key, "id": at.OpenID, "id_type": "open_id", "name": at.Name, "tenant_key": c.app.TenantKey,
			})
		}
		out["mentions"] = list
	}
	return out
}

// mentioned turns the <at user_id="…"> of a bot's text into placeholders.
func (s *Server) mentioned(content string) (string, []Mention) {
	var v map[string]any
	if json.Unmarshal([]byte(content), &v) != nil {
		return content, nil
	}
	text, _ := v["text"].(string)
	var list []Mention
	v["text"] = atTag.ReplaceAllStringFunc(text, func(tag string) string {
		part := atTag.FindStringSubmatch(tag)
		if part[1] == "all" {
			return "@_all"
		}
		at := Mention{Key: fmt.Sprintf("@_user_%d", len(list)+1), OpenID: part[1], Name: part[2]}
		if u := s.users[part[1]]; u != nil {
			at.Name = u.Name
		}
		list = append(list, at)
		return at.Key
	})
	return marshal(v), list
}
