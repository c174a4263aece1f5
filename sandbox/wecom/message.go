package wecom

import (
	"cmp"
	"crypto/sha256"
	"encoding/json"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"
)

// Limits of message/send (document paths 90236 and 90312).
const (
	maxText         = 2048 // bytes; more is cut
	maxMarkdown     = 2048 // bytes; more is refused
	perMemberMinute = 30   // more is dropped without a word
	perMemberHour   = 1000
	recallWithin    = 24 * time.Hour
	duplicateWithin = 1800 * time.Second
	maxDuplicate    = 4 * time.Hour
)

// Message is one message of a conversation, as the platform keeps it. In a 1:1
// chat every receiver has a Message of its own under the same ID.
type Message struct {
	ID      string // msgid (to a member) or MsgId (from a member); made up for a robot's
	CorpID  string
	AgentID int    // 0: a robot's
	Chat    string // id of the group; "" in a 1:1 chat
	Member  string // userid of the member of a 1:1 chat
	From    string // userid of the member who wrote it; "" for the app or robot
	Robot   string // key of the robot that wrote it
	Time    time.Time
	Type    string // msgtype
	// Content is the object under the msgtype's name as it is shown: a too long
	// text is cut. From a member it is made from the callback's fields.
	Content json.RawMessage
	// Cut tells that a text was longer than allowed and lost its end.
	Cut bool
	// Warnings name card texts longer than the documents advise; clients cut them.
	Warnings []string
	// Recalled: taken back by message/recall.
	Recalled bool
	// Dropped: over the member's frequency limit, so the platform said ok and
	// showed nothing. In a group DroppedFor names whom that hit.
	Dropped    bool
	DroppedFor []string
	// Suppressed: equal to an earlier one under enable_duplicate_check.
	Suppressed bool
	// Passive: came as the answer to a callback.
	Passive bool

	// TaskID and the rest concern template cards. Revision counts updates.
	TaskID   string
	Revision int
	// ReplacedBy is the text that took the place of the card's buttons.
	ReplacedBy string

	// Push is the callback that carried a member's message; 0 if the app had no
	// callback address. XML is its plain text.
	Push int64
	XML  string
}

// Text returns what a person reads of the message: the text, the markdown, or
// the titles and buttons of a card; "" for media.
func (m Message) Text() string {
	var v struct {
		Content      string                       `json:"content"`
		Title        string                       `json:"title"`
		Description  string                       `json:"description"`
		SubTitleText string                       `json:"sub_title_text"`
		Label        string                       `json:"label"`
		Emphasis     struct{ Title, Desc string } `json:"emphasis_content"`
		Quote        struct {
			Title string `json:"title"`
			Text  string `json:"quote_text"`
		} `json:"quote_area"`
		Horizontal []struct{ KeyName, Value string }     `json:"horizontal_content_list"`
		Vertical   []struct{ Title, Desc string }        `json:"vertical_content_list"`
		Main       struct{ Title, Desc string }          `json:"main_title"`
		Buttons    []struct{ Text string }               `json:"button_list"`
		Jumps      []struct{ Title string }              `json:"jump_list"`
		Articles   []struct{ Title, Description string } `json:"articles"`
	}
	if json.Unmarshal(m.Content, &v) != nil {
		return ""
	}
	lines := []string{v.Content, v.Title, v.Description, v.Label, v.Main.Title, v.Main.Desc, v.Emphasis.Title, v.Emphasis.Desc, v.Quote.Title, v.Quote.Text, v.SubTitleText}
	for _, h := range v.Horizontal {
		lines = append(lines, strings.TrimSpace(h.KeyName+" "+h.Value))
	}
	for _, h := range v.Vertical {
		lines = append(lines, strings.TrimSpace(h.Title+" "+h.Desc))
	}
	for _, j := range v.Jumps {
		lines = append(lines, "["+j.Title+"]")
	}
	for _, a := range v.Articles {
		lines = append(lines, a.Title, a.Description)
	}
	if m.ReplacedBy != "" {
		lines = append(lines, "["+m.ReplacedBy+"]")
	} else {
		for _, b := range v.Buttons {
			lines = append(lines, "["+b.Text+"]")
		}
	}
	return strings.Join(slices.DeleteFunc(lines, func(l string) bool { return l == "" }), "\n")
}

// threadKey names a conversation.
func threadKey(corp, chat string, agent int, member string) string {
	if chat != "" {
		return corp + "/" + chat
	}
	return corp + "/" + strconv.Itoa(agent) + "/" + strings.ToLower(member)
}

// keep files a message. The lock must be held.
func (s *Server) keep(m *Message) {
	k := threadKey(m.CorpID, m.Chat, m.AgentID, m.Member)
	s.thread[k] = append(s.thread[k], m)
	s.byID[m.ID] = append(s.byID[m.ID], m)
}

// copied are the messages for a caller.
func copied(in []*Message) []Message {
	out := make([]Message, len(in))
	for i, m := range in {
		out[i] = *m
		out[i].DroppedFor = slices.Clone(m.DroppedFor)
	}
	return out
}

// Messages returns the 1:1 conversation between the app and a member, both
// directions, oldest first, with what was dropped or suppressed (see the flags).
func (a *App) Messages(userID string) []Message {
	a.s.mu.Lock()
	defer a.s.mu.Unlock()
	return copied(a.s.thread[threadKey(a.corp.id, "", a.cfg.AgentID, userID)])
}

// ChatMessages returns the messages of a group of the corp, oldest first.
func (c *Corp) ChatMessages(chatID string) []Message {
	c.s.mu.Lock()
	defer c.s.mu.Unlock()
	return copied(c.s.thread[threadKey(c.id, chatID, 0, "")])
}

// ChatMessages is [Corp.ChatMessages] for the app's corp.
func (a *App) ChatMessages(chatID string) []Message { return a.corp.ChatMessages(chatID) }

// Message returns all copies of a message, one per receiver.
func (s *Server) Message(id string) []Message {
	s.mu.Lock()
	defer s.mu.Unlock()
	return copied(s.byID[id])
}

// number is an integer that may come as a JSON string: SDKs send agentid so.
type number int

func (n *number) UnmarshalJSON(b []byte) error {
	v, err := strconv.Atoi(strings.Trim(string(b), `"`))
	*n = number(v)
	return err
}

// wantAgent checks the body's agentid against the token's app.
func (c *apiCall) wantAgent() *answer {
	say := func(a answer) *answer { return &a }
	raw, found := c.body["agentid"]
	if !found || string(raw) == `""` {
		return say(refuse(41011, "missing agentid"))
	}
	var id number
	if json.Unmarshal(raw, &id) != nil {
		return say(refuse(40056, "invalid agentid"))
	}
	if int(id) != c.app.cfg.AgentID {
		return say(refuse(301002, "not allow operate another agent with this accesstoken"))
	}
	return nil
}

// dup is what the duplicate check remembers.
type dup struct {
	at    time.Time
	msgid string
}

func (s *Server) messageSend(c *apiCall) answer {
	a := c.app
	var toUser, toParty, toTag, kind string
	var dupCheck, dupSeconds, safe int
	if r := c.fields("touser", &toUser, "toparty", &toParty, "totag", &toTag, "msgtype", &kind,
		"enable_duplicate_check", &dupCheck, "duplicate_check_interval", &dupSeconds, "safe", &safe); r != nil {
		return *r
	}
	if r := c.wantAgent(); r != nil {
		return *r
	}
	to, r := a.receivers(toUser, toParty, toTag)
	if r != nil {
		return *r
	}
	content, r := s.content(c, kind, appKinds)
	if r != nil {
		return *r
	}
	if len(to.users) == 0 && len(to.unlicensed) == 0 {
		return refuse(81013, "user & party & tag all invalid")
	}
	day := s.day()
	if a.sentDay[day]+len(to.users) > a.cfg.DailyQuota {
		return refuse(45009, "api freq out of limit")
	}
	now := s.now()
	interval := duplicateWithin
	if dupSeconds > 0 {
		interval = min(time.Duration(dupSeconds)*time.Second, maxDuplicate)
	}
	msgid := s.random(43)
	hash := sha256.Sum256(slices.Concat([]byte(kind), content.json))
	for _, u := range to.users {
		m := &Message{
			ID: msgid, CorpID: a.corp.id, AgentID: a.cfg.AgentID, Member: u.UserID, Time: now, Type: kind,
			Content: content.json, Cut: content.cut, Warnings: content.warnings, TaskID: content.taskID,
		}
		// The interval is the later call's; the same content to the same member in
		// it is not shown again and the call still succeeds.
		k := strings.ToLower(u.UserID) + "|" + string(hash[:])
		last, seen := a.recent[k]
		if dupCheck == 1 && seen && now.Sub(last.at) < interval {
			m.Suppressed = true
			s.keep(m)
			continue
		}
		a.recent[k] = dup{now, msgid}
		a.deliver(m, u)
		a.sentDay[day]++
	}
	out := ok("msgid", msgid)
	if len(to.badUsers) > 0 {
		out.fields["invaliduser"] = strings.ToLower(strings.Join(to.badUsers, "|"))
	}
	if len(to.badParties) > 0 {
		out.fields["invalidparty"] = strings.Join(to.badParties, "|")
	}
	if len(to.badTags) > 0 {
		out.fields["invalidtag"] = strings.Join(to.badTags, "|")
	}
	if len(to.unlicensed) > 0 {
		out.fields["unlicenseduser"] = strings.Join(to.unlicensed, "|")
	}
	if content.taskID != "" || kind == "template_card" {
		if content.taskID != "" {
			a.tasks[content.taskID] = true
		}
		out.fields["response_code"] = a.newResponseCode(msgid)
	}
	return out
}

// deliver shows a message to a member unless the frequency limit eats it.
func (a *App) deliver(m *Message, u *User) {
	w := a.sends[strings.ToLower(u.UserID)]
	if w == nil {
		w = &window{}
		a.sends[strings.ToLower(u.UserID)] = w
	}
	now := a.s.now()
	if w.within(now, time.Minute) >= perMemberMinute || w.within(now, time.Hour) >= perMemberHour {
		m.Dropped = true
	} else {
		w.add(now, time.Hour)
	}
	a.s.keep(m)
}

// audience is whom a message reaches and what of the request was not valid.
type audience struct {
	users                                     []*User
	badUsers, badParties, badTags, unlicensed []string
}

// receivers resolves touser, toparty and totag (document path 90236).
func (a *App) receivers(toUser, toParty, toTag string) (audience, *answer) {
	var to audience
	seen := map[string]bool{}
	add := func(u *User) {
		k := strings.ToLower(u.UserID)
		switch {
		case seen[k]:
			return
		case u.Unlicensed:
			to.unlicensed = append(to.unlicensed, u.UserID)
		case u.Disabled:
			to.badUsers = append(to.badUsers, u.UserID)
		default:
			to.users = append(to.users, u)
		}
		seen[k] = true
	}
	users, parties, tags := split(toUser), split(toParty), split(toTag)
	if len(users)+len(parties)+len(tags) == 0 {
		r := refuse(82001, "All touser & toparty & totag all empty")
		return to, &r
	}
	if slices.Contains(users, "@all") {
		for _, u := range a.visibleUsers() {
			add(u)
		}
		return to, nil
	}
	if len(users) > 1000 {
		r := refuse(40032, "invalid userid list length")
		return to, &r
	}
	if len(parties) > 100 || len(tags) > 100 {
		r := badParameter("more than 100 parties or tags")
		return to, &r
	}
	for _, id := range users {
		if u := a.user(id); u != nil {
			add(u)
		} else {
			to.badUsers = append(to.badUsers, id)
		}
	}
	for _, id := range parties {
		d, err := strconv.Atoi(id)
		if err != nil || a.corp.depts[d] == nil || !a.seesDepartment(d) {
			to.badParties = append(to.badParties, id)
			continue
		}
		for _, u := range a.visibleUsers() {
			if slices.ContainsFunc(u.Department, func(x int) bool { return a.corp.within(x, d) }) {
				add(u)
			}
		}
	}
	for _, id := range tags {
		t, err := strconv.Atoi(id)
		if err != nil || a.corp.tags[t] == nil {
			to.badTags = append(to.badTags, id)
			continue
		}
		for _, m := range a.corp.tags[t] {
			if u := a.user(m); u != nil {
				add(u)
			}
		}
	}
	return to, nil
}

func split(list string) []string {
	var out []string
	for v := range strings.SplitSeq(list, "|") {
		if v = strings.TrimSpace(v); v != "" {
			out = append(out, v)
		}
	}
	return out
}

func (s *Server) messageRecall(c *apiCall) answer {
	var id string
	if r := c.field("msgid", &id); r != nil {
		return *r
	}
	if id == "" {
		return badParameter("msgid missing")
	}
	copies := s.byID[id]
	// Document path 94867: own messages of the last 24 hours. 90313 names 40058 for
	// another app's; that it is 40058 as well after a day is unverified.
	if len(copies) == 0 || copies[0].CorpID != c.app.corp.id || copies[0].AgentID != c.app.cfg.AgentID ||
		copies[0].From != "" || copies[0].Chat != "" {
		return badParameter("msgid invalid")
	}
	if s.now().Sub(copies[0].Time) > recallWithin {
		return badParameter("msgid is older than 24 hours")
	}
	for _, m := range copies {
		m.Recalled = true
	}
	return ok()
}

// shown is a message's content after the platform's checks.
type shown struct {
	json     json.RawMessage
	cut      bool
	warnings []string
	taskID   string
}

// kinds are the message types of an interface with its limits in bytes; a limit
// of 0 means that the type does not exist there.
type kinds struct {
	text     int  // text
	refuse   bool // a longer text is refused, not cut
	markdown int
	v2       int
	media    []string
	cards    bool
	textcard bool
	mpnews   bool
	base64   bool // image carries its bytes
}

var (
	appKinds   = kinds{text: maxText, markdown: maxMarkdown, media: []string{"image", "voice", "video", "file"}, cards: true, textcard: true, mpnews: true}
	chatKinds  = kinds{text: maxText, markdown: maxMarkdown, media: []string{"image", "voice", "video", "file"}, textcard: true, mpnews: true}
	robotKinds = kinds{text: 2048, refuse: true, markdown: 4096, v2: 4096, media: []string{"file", "voice"}, cards: true, base64: true}
)

// content checks the object of a message's type. The lock must be held.
func (s *Server) content(c *apiCall, kind string, k kinds) (shown, *answer) {
	fail := func(a answer) (shown, *answer) { return shown{}, &a }
	raw := c.body[kind]
	known := kind == "text" || kind == "markdown" || kind == "news" || kind == "markdown_v2" && k.v2 > 0 ||
		kind == "template_card" && k.cards || kind == "textcard" && k.textcard || kind == "mpnews" && k.mpnews ||
		kind == "image" && k.base64 || slices.Contains(k.media, kind)
	if !known {
		return fail(refuse(40008, "invalid message type"))
	}
	if raw == nil || string(raw) == "null" {
		return fail(badParameter("%s missing", kind))
	}
	var v struct {
		Content     string `json:"content"`
		MediaID     string `json:"media_id"`
		Title       string `json:"title"`
		Description string `json:"description"`
		URL         string `json:"url"`
		Articles    []struct {
			Title        string `json:"title"`
			URL          string `json:"url"`
			ThumbMediaID string `json:"thumb_media_id"`
			Content      string `json:"content"`
		} `json:"articles"`
	}
	if err := json.Unmarshal(raw, &v); err != nil {
		return fail(badParameter("%s has a wrong type", kind))
	}
	switch kind {
	case "text":
		return cutText(raw, v.Content, k)
	case "markdown", "markdown_v2":
		limit := cmp.Or(map[string]int{"markdown": k.markdown, "markdown_v2": k.v2}[kind], maxMarkdown)
		if v.Content == "" {
			return fail(badParameter("%s.content missing", kind))
		}
		if len(v.Content) > limit {
			return fail(badParameter("%s.content exceed max length %d", kind, limit))
		}
	case "textcard":
		switch {
		case v.Title == "":
			return fail(refuse(41016, "missing title"))
		case v.Description == "" || v.URL == "":
			return fail(badParameter("textcard.description or textcard.url missing"))
		}
	case "news", "mpnews":
		if n := len(v.Articles); n < 1 || n > 8 {
			return fail(refuse(45008, "article size out of limit"))
		}
		for _, art := range v.Articles {
			if art.Title == "" {
				return fail(refuse(41016, "missing title"))
			}
			if kind == "mpnews" && (c.app.corp.mediaOf(art.ThumbMediaID, s.now()) == nil || art.Content == "") {
				return fail(refuse(40007, "invalid media_id"))
			}
		}
	case "template_card":
		return s.cardContent(c.app, raw, !k.base64)
	case "image":
		if k.base64 {
			return s.robotImage(c.app, raw)
		}
		fallthrough
	default: // media
		m := c.app.corp.mediaOf(v.MediaID, s.now())
		// Document path 90313, 40007 no. 3: the kind of media must fit.
		if m == nil || m.kind != kind {
			return fail(refuse(40007, "invalid media_id"))
		}
	}
	return shown{json: raw}, nil
}

// cutText cuts a text to its limit at a character (document path 90236), or
// refuses it where the interface does not cut.
func cutText(raw json.RawMessage, text string, k kinds) (shown, *answer) {
	if text == "" {
		r := refuse(44004, "empty content")
		return shown{}, &r
	}
	if len(text) <= k.text {
		return shown{json: raw}, nil
	}
	if k.refuse {
		r := badParameter("text.content exceed max length %d", k.text)
		return shown{}, &r
	}
	text = text[:k.text]
	for !utf8.ValidString(text) && len(text) > 0 {
		text = text[:len(text)-1]
	}
	b, err := json.Marshal(map[string]string{"content": text})
	if err != nil {
		r := badParameter("text.content is not text")
		return shown{}, &r
	}
	return shown{json: b, cut: true}, nil
}
