package wecom

import (
	"encoding/json"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"time"
	"unicode/utf8"
)

// responseCodeLife: a response_code is good for 72 hours and one call (document
// path 94888).
const responseCodeLife = 72 * time.Hour

type responseCode struct {
	msgid   string
	expires time.Time
	used    bool
}

// newResponseCode makes the credential for updating the card of a message.
func (a *App) newResponseCode(msgid string) string {
	code := a.s.random(64)
	a.codes[code] = &responseCode{msgid: msgid, expires: a.s.now().Add(responseCodeLife)}
	return code
}

// card is a template card (document paths 90236 and 91770) as far as it is
// checked or acted on.
type card struct {
	CardType string `json:"card_type"`
	TaskID   string `json:"task_id"`
	Source   struct {
		Desc string `json:"desc"`
	} `json:"source"`
	ActionMenu *struct {
		Desc       string       `json:"desc"`
		ActionList []cardButton `json:"action_list"`
	} `json:"action_menu"`
	MainTitle  cardTitle `json:"main_title"`
	Emphasis   cardTitle `json:"emphasis_content"`
	SubTitle   string    `json:"sub_title_text"`
	Horizontal []struct {
		KeyName string `json:"keyname"`
		Value   string `json:"value"`
		Type    int    `json:"type"`
		URL     string `json:"url"`
		MediaID string `json:"media_id"`
		UserID  string `json:"userid"`
	} `json:"horizontal_content_list"`
	Vertical   []cardTitle  `json:"vertical_content_list"`
	JumpList   []cardAction `json:"jump_list"`
	CardAction *cardAction  `json:"card_action"`
	CardImage  *struct {
		URL string `json:"url"`
	} `json:"card_image"`
	ImageText *struct {
		ImageURL string `json:"image_url"`
	} `json:"image_text_area"`
	Selection    *cardSelect  `json:"button_selection"`
	Buttons      []cardButton `json:"button_list"`
	Checkbox     *cardSelect  `json:"checkbox"`
	SelectList   []cardSelect `json:"select_list"`
	SubmitButton *cardButton  `json:"submit_button"`
	ReplaceText  string       `json:"replace_text"`
}

type cardTitle struct {
	Title string `json:"title"`
	Desc  string `json:"desc"`
}

type cardAction struct {
	Type  int    `json:"type"`
	Title string `json:"title"`
	URL   string `json:"url"`
	AppID string `json:"appid"`
}

type cardButton struct {
	Type  int    `json:"type"`
	Text  string `json:"text"`
	Style int    `json:"style"`
	Key   string `json:"key"`
	URL   string `json:"url"`
}

type cardSelect struct {
	QuestionKey string       `json:"question_key"`
	Title       string       `json:"title"`
	OptionList  []cardOption `json:"option_list"`
}

type cardOption struct {
	ID   string `json:"id"`
	Text string `json:"text"`
}

var taskIDForm = regexp.MustCompile(`^[0-9a-zA-Z_\-@]{1,128}$`)

// cardContent checks a card that is sent: by an app, or by a robot, which has
// only the two notices. The lock must be held.
func (s *Server) cardContent(a *App, raw json.RawMessage, byApp bool) (shown, *answer) {
	c, r := s.cardOf(a, raw, byApp)
	if r != nil {
		return shown{}, r
	}
	if byApp && c.TaskID != "" && a.tasks[c.TaskID] {
		r := badParameter("template_card.task_id exists")
		return shown{}, &r
	}
	return shown{json: raw, taskID: c.TaskID, warnings: c.warnings(byApp)}, nil
}

// cardOf decodes and checks a card. The documents give no code of their own for
// a bad card, so it is 40058 (unverified).
func (s *Server) cardOf(a *App, raw json.RawMessage, byApp bool) (card, *answer) {
	var c card
	fail := func(format string, args ...any) (card, *answer) {
		r := badParameter("template_card."+format, args...)
		return c, &r
	}
	if err := json.Unmarshal(raw, &c); err != nil {
		return fail("* has a wrong type")
	}
	interactive := c.CardType == "button_interaction" || c.CardType == "vote_interaction" || c.CardType == "multiple_interaction"
	notice := c.CardType == "text_notice" || c.CardType == "news_notice"
	switch {
	case !notice && (!interactive || !byApp):
		return fail("card_type invalid")
	case c.TaskID == "" && byApp && (interactive || c.ActionMenu != nil):
		return fail("task_id missing")
	case c.TaskID != "" && !taskIDForm.MatchString(c.TaskID):
		return fail("task_id invalid")
	case c.CardType == "text_notice" && c.MainTitle.Title == "" && c.SubTitle == "":
		return fail("main_title.title and sub_title_text missing")
	case c.CardType != "text_notice" && c.MainTitle.Title == "":
		return fail("main_title.title missing")
	case c.CardType == "news_notice" && c.CardImage == nil && c.ImageText == nil:
		return fail("card_image missing")
	case notice && c.CardAction == nil:
		return fail("card_action missing")
	case len(c.Horizontal) > 6:
		return fail("horizontal_content_list exceed max length 6")
	case len(c.JumpList) > 3:
		return fail("jump_list exceed max length 3")
	case len(c.Vertical) > 4:
		return fail("vertical_content_list exceed max length 4")
	}
	for _, act := range append(slices.Clone(c.JumpList), deref(c.CardAction)...) {
		if act.Type == 1 && act.URL == "" || act.Type == 2 && act.AppID == "" || act.Type < 0 || act.Type > 2 {
			return fail("card_action or jump_list: type without its url or appid")
		}
	}
	if notice && c.CardAction.Type == 0 {
		return fail("card_action.type invalid")
	}
	for _, h := range c.Horizontal {
		switch {
		case h.KeyName == "":
			return fail("horizontal_content_list.keyname missing")
		case h.Type == 1 && h.URL == "", h.Type == 3 && h.UserID == "":
			return fail("horizontal_content_list: type without its url or userid")
		case h.Type == 2 && a.corp.mediaOf(h.MediaID, s.now()) == nil:
			r := refuse(40007, "invalid media_id")
			return c, &r
		}
	}
	if m := c.ActionMenu; m != nil {
		if len(m.ActionList) < 1 || len(m.ActionList) > 3 {
			return fail("action_menu.action_list must have 1 to 3 items")
		}
		if err := checkButtons(m.ActionList); err != nil {
			return fail("action_menu.action_list: %v", err)
		}
	}
	switch c.CardType {
	case "button_interaction":
		if len(c.Buttons) < 1 || len(c.Buttons) > 6 {
			return fail("button_list must have 1 to 6 items")
		}
		if err := checkButtons(c.Buttons); err != nil {
			return fail("button_list: %v", err)
		}
		if c.Selection != nil {
			if err := c.Selection.check(10); err != nil {
				return fail("button_selection: %v", err)
			}
		}
	case "vote_interaction":
		if c.Checkbox == nil {
			return fail("checkbox missing")
		}
		if err := c.Checkbox.check(20); err != nil {
			return fail("checkbox: %v", err)
		}
	case "multiple_interaction":
		if len(c.SelectList) < 1 || len(c.SelectList) > 3 {
			return fail("select_list must have 1 to 3 items")
		}
		for _, sel := range c.SelectList {
			if err := sel.check(10); err != nil {
				return fail("select_list: %v", err)
			}
		}
	}
	if c.CardType == "vote_interaction" || c.CardType == "multiple_interaction" {
		if c.SubmitButton == nil || c.SubmitButton.Text == "" || c.SubmitButton.Key == "" || len(c.SubmitButton.Key) > 1024 {
			return fail("submit_button missing or invalid")
		}
	}
	return c, nil
}

func deref(a *cardAction) []cardAction {
	if a == nil {
		return nil
	}
	return []cardAction{*a}
}

// checkButtons: a text each, and a key of at most 1024 bytes, unique in the card,
// for those that call back (type 0), a url for those that open a page (type 1).
func checkButtons(list []cardButton) error {
	keys := map[string]bool{}
	for _, b := range list {
		switch {
		case b.Text == "":
			return errors.New("text missing")
		case b.Type == 1 && b.URL == "":
			return errors.New("url missing")
		case b.Type == 1:
		case b.Key == "" || len(b.Key) > 1024:
			return errors.New("key missing or longer than 1024 bytes")
		case keys[b.Key]:
			return errors.New("key repeated")
		}
		keys[b.Key] = true
	}
	return nil
}

func (c cardSelect) check(most int) error {
	if c.QuestionKey == "" || len(c.QuestionKey) > 1024 {
		return errors.New("question_key missing or longer than 1024 bytes")
	}
	if len(c.OptionList) < 1 || len(c.OptionList) > most {
		return fmt.Errorf("option_list must have 1 to %d items", most)
	}
	for _, o := range c.OptionList {
		if o.ID == "" || o.Text == "" || len(o.ID) > 128 {
			return errors.New("option without id or text, or an id longer than 128 bytes")
		}
	}
	return nil
}

// warnings names the texts that are longer than the documents advise (90236 for
// apps, 91770 for robots). The platform takes them; phones cut them.
func (c card) warnings(byApp bool) []string {
	var out []string
	check := func(name, text string, app, robot int) {
		most := app
		if !byApp {
			most = robot
		}
		if n := utf8.RuneCountInString(text); n > most {
			out = append(out, fmt.Sprintf("%s has %d characters, advised at most %d", name, n, most))
		}
	}
	check("source.desc", c.Source.Desc, 20, 13)
	check("main_title.title", c.MainTitle.Title, 36, 26)
	check("main_title.desc", c.MainTitle.Desc, 44, 30)
	check("emphasis_content.title", c.Emphasis.Title, 14, 10)
	check("emphasis_content.desc", c.Emphasis.Desc, 22, 15)
	check("sub_title_text", c.SubTitle, 160, 112)
	for _, h := range c.Horizontal {
		check("horizontal_content_list.keyname", h.KeyName, 5, 5)
		check("horizontal_content_list.value", h.Value, 30, 26)
	}
	for _, v := range c.Vertical {
		check("vertical_content_list.title", v.Title, 38, 26)
		check("vertical_content_list.desc", v.Desc, 160, 112)
	}
	for _, j := range c.JumpList {
		check("jump_list.title", j.Title, 18, 13)
	}
	for _, b := range c.Buttons {
		check("button_list.text", b.Text, 10, 10)
	}
	return out
}

// updateCard is message/update_template_card: it needs a response_code, and
// changes the buttons' text or the whole card for the named receivers.
func (s *Server) updateCard(c *apiCall) answer {
	a := c.app
	var userIDs []string
	var parties, tags []int
	var atAll int
	var code string
	var button struct {
		ReplaceName string `json:"replace_name"`
	}
	if r := c.fields("userids", &userIDs, "partyids", &parties, "tagids", &tags, "atall", &atAll,
		"response_code", &code, "button", &button); r != nil {
		return *r
	}
	if r := c.wantAgent(); r != nil {
		return *r
	}
	rc := a.codes[code]
	// The code of this refusal is not documented (unverified).
	if rc == nil || rc.used || !s.now().Before(rc.expires) {
		return badParameter("response_code invalid, used or expired")
	}
	raw := c.body["template_card"]
	if button.ReplaceName == "" && raw == nil {
		return badParameter("button.replace_name and template_card missing")
	}
	if atAll == 0 && len(userIDs)+len(parties)+len(tags) == 0 {
		return refuse(82001, "userids & partyids & tagids all empty")
	}
	ids := make([]string, 0, len(userIDs)+len(parties))
	for _, p := range parties {
		ids = append(ids, fmt.Sprint(p))
	}
	tagIDs := make([]string, 0, len(tags))
	for _, t := range tags {
		tagIDs = append(tagIDs, fmt.Sprint(t))
	}
	var to audience
	if atAll == 0 {
		var r *answer
		if to, r = a.receivers(strings.Join(userIDs, "|"), strings.Join(ids, "|"), strings.Join(tagIDs, "|")); r != nil {
			return *r
		}
	}
	if raw != nil {
		next, r := s.cardOf(a, withTask(raw, s.byID[rc.msgid][0].TaskID), true)
		if r != nil {
			return *r
		}
		if own := s.byID[rc.msgid][0].TaskID; next.TaskID != own && a.tasks[next.TaskID] {
			return badParameter("template_card.task_id exists")
		}
	}
	rc.used = true
	bad := slices.Clone(to.badUsers)
	reached := map[string]bool{}
	for _, m := range s.byID[rc.msgid] {
		if atAll == 0 && !slices.ContainsFunc(to.users, func(u *User) bool { return strings.EqualFold(u.UserID, m.Member) }) {
			continue
		}
		reached[strings.ToLower(m.Member)] = true
		m.changeCard(a, button.ReplaceName, raw)
	}
	for _, u := range to.users {
		if !reached[strings.ToLower(u.UserID)] {
			bad = append(bad, strings.ToLower(u.UserID))
		}
	}
	return ok("invaliduser", slices.Concat([]string{}, bad))
}

// changeCard replaces the buttons' text, or the card.
func (m *Message) changeCard(a *App, replaceName string, raw json.RawMessage) {
	m.Revision++
	if raw == nil {
		m.ReplacedBy = replaceName
		return
	}
	raw = withTask(raw, m.TaskID)
	var c card
	_ = json.Unmarshal(raw, &c) // checked by the caller
	m.Content, m.ReplacedBy, m.TaskID = raw, c.ReplaceText, c.TaskID
	m.Warnings = c.warnings(true)
	if c.TaskID != "" {
		a.tasks[c.TaskID] = true
	}
}

// withTask gives an updated card the task id it had if it names none: the
// documents' examples of updates leave it out.
func withTask(raw json.RawMessage, taskID string) json.RawMessage {
	var m map[string]json.RawMessage
	if taskID == "" || json.Unmarshal(raw, &m) != nil || m == nil || m["task_id"] != nil {
		return raw
	}
	m["task_id"], _ = json.Marshal(taskID)
	out, err := json.Marshal(m)
	if err != nil {
		return raw
	}
	return out
}
