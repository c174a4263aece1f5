package wecom

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strconv"
	"strings"
)

// begin writes what every callback starts with.
func (a *App) begin(from, kind string) *xmlWriter {
	w := &xmlWriter{}
	w.open("xml")
	w.text("ToUserName", a.corp.id)
	w.text("FromUserName", from)
	w.number("CreateTime", a.s.now().Unix())
	w.text("MsgType", kind)
	return w
}

// say sends a member's message: fields writes the elements between MsgType and
// MsgId, after those behind AgentID.
func (a *App) say(from, kind string, content any, fields, after func(*xmlWriter)) (Message, error) {
	s := a.s
	s.mu.Lock()
	m, err := a.sayLocked(from, kind, content, fields, after)
	s.mu.Unlock()
	if err != nil {
		return Message{}, err
	}
	s.Tick()
	s.notify()
	return m, nil
}

func (a *App) sayLocked(from, kind string, content any, fields, after func(*xmlWriter)) (Message, error) {
	s := a.s
	u, err := a.member(from)
	if err != nil {
		return Message{}, err
	}
	id := s.nextMsgID()
	w := a.begin(u.UserID, kind)
	fields(w)
	w.number("MsgId", id)
	w.number("AgentID", int64(a.cfg.AgentID))
	if after != nil {
		after(w)
	}
	w.close("xml")
	m := &Message{
		ID: strconv.FormatInt(id, 10), CorpID: a.corp.id, AgentID: a.cfg.AgentID, Member: u.UserID, From: u.UserID,
		Time: s.now(), Type: kind, Content: mustJSON(content), XML: w.b.String(),
	}
	m.Push = a.enqueue(&push{from: u.UserID, xml: []byte(m.XML), msgID: id})
	s.keep(m)
	return *m, nil
}

// event sends an event, which has no MsgId.
func (a *App) event(from, name string, fields func(*xmlWriter), after func(*xmlWriter)) *push {
	w := a.begin(from, "event")
	w.text("Event", name)
	if fields != nil {
		fields(w)
	}
	w.number("AgentID", int64(a.cfg.AgentID))
	if after != nil {
		after(w)
	}
	w.close("xml")
	p := &push{from: from, xml: []byte(w.b.String())}
	a.enqueue(p)
	return p
}

func wxwork(w *xmlWriter) { w.text("AppType", "wxwork") }

// SendText makes a member write a text to the app. It is delivered to the
// callback in the background; the message's Push is the delivery's number.
func (a *App) SendText(from, text string) (Message, error) {
	return a.say(from, "text", map[string]string{"content": text}, func(w *xmlWriter) { w.text("Content", text) }, nil)
}

// SendLocation makes a member send a location message: any pin of the map, not
// necessarily where the phone is. lat and lng are degrees in whatever datum the
// phone uses; which one that is WeCom does not document. On the wire Location_X
// is the latitude.
func (a *App) SendLocation(from, label string, lat, lng float64) (Message, error) {
	if lat < -90 || lat > 90 || lng < -180 || lng > 180 {
		return Message{}, fmt.Errorf("wecom sandbox: %v, %v is not a latitude and a longitude", lat, lng)
	}
	content := map[string]any{"label": label, "latitude": lat, "longitude": lng, "scale": 16}
	return a.say(from, "location", content, func(w *xmlWriter) {
		w.decimal("Location_X", lat, 6)
		w.decimal("Location_Y", lng, 6)
		w.number("Scale", 16)
		w.text("Label", label)
	}, wxwork)
}

// SendImage makes a member send a picture (JPEG or PNG). The callback names it by
// MediaId, good for three days at media/get, and by PicUrl, which the server
// serves; it fails as long as the server's address is unknown.
func (a *App) SendImage(from string, data []byte) (Message, error) {
	name := "image.jpg"
	switch http.DetectContentType(data) {
	case "image/jpeg":
	case "image/png":
		name = "image.png"
	default:
		return Message{}, errors.New("wecom sandbox: the picture is neither JPEG nor PNG")
	}
	s := a.s
	s.mu.Lock()
	f := s.addMedia(a.corp, "image", name, data)
	pic, err := s.picURL(f)
	s.mu.Unlock()
	if err != nil {
		return Message{}, err
	}
	return a.say(from, "image", map[string]string{"media_id": f.id, "picurl": pic}, func(w *xmlWriter) {
		w.text("PicUrl", pic)
		w.text("MediaId", f.id)
	}, nil)
}

// SendVoice makes a member send a voice note (AMR).
func (a *App) SendVoice(from string, data []byte) (Message, error) {
	a.s.mu.Lock()
	f := a.s.addMedia(a.corp, "voice", "voice.amr", data)
	a.s.mu.Unlock()
	return a.say(from, "voice", map[string]string{"media_id": f.id}, func(w *xmlWriter) {
		w.text("MediaId", f.id)
		w.text("Format", "amr")
	}, nil)
}

// SendVideo makes a member send a video with its thumbnail.
func (a *App) SendVideo(from string, video, thumb []byte) (Message, error) {
	a.s.mu.Lock()
	f := a.s.addMedia(a.corp, "video", "video.mp4", video)
	t := a.s.addMedia(a.corp, "image", "thumb.jpg", thumb)
	a.s.mu.Unlock()
	return a.say(from, "video", map[string]string{"media_id": f.id, "thumb_media_id": t.id}, func(w *xmlWriter) {
		w.text("MediaId", f.id)
		w.text("ThumbMediaId", t.id)
	}, nil)
}

// SendLink makes a member share a link.
func (a *App) SendLink(from, title, description, link, pic string) (Message, error) {
	content := map[string]string{"title": title, "description": description, "url": link, "picurl": pic}
	return a.say(from, "link", content, func(w *xmlWriter) {
		w.text("Title", title)
		w.text("Description", description)
		w.text("Url", link)
		w.text("PicUrl", pic)
	}, nil)
}

// EnterChat makes a member open the app's conversation: an enter_agent event and,
// if location reporting is on, a LOCATION event with a fix. precision is in
// metres; a negative one means that the phone gives no fix (no consent, no
// signal), and no LOCATION follows. It returns the numbers of the pushes.
func (a *App) EnterChat(from string, lat, lng, precision float64) ([]int64, error) {
	s := a.s
	s.mu.Lock()
	u, err := a.member(from)
	if err != nil {
		s.mu.Unlock()
		return nil, err
	}
	var out []int64
	if !a.cfg.MuteEnter {
		p := a.event(u.UserID, "enter_agent", func(w *xmlWriter) { w.text("EventKey", "") }, nil)
		out = append(out, p.id)
	}
	if a.cfg.LocationReport && precision >= 0 {
		p := a.event(u.UserID, "LOCATION", func(w *xmlWriter) {
			w.decimal("Latitude", lat, 6)
			w.decimal("Longitude", lng, 6)
			w.decimal("Precision", precision, 3)
		}, wxwork)
		out = append(out, p.id)
	}
	s.mu.Unlock()
	s.Tick()
	s.notify()
	return out, nil
}

// Follow sends the event of a member who comes into the app's range (subscribe),
// or leaves it (unsubscribe). The range itself is not changed.
func (a *App) Follow(from string, in bool) (int64, error) {
	name := "subscribe"
	if !in {
		name = "unsubscribe"
	}
	return a.act(from, func(u *User) (*push, error) { return a.event(u.UserID, name, nil, nil), nil })
}

// act runs f for a member under the lock and sends what it made.
func (a *App) act(from string, f func(u *User) (*push, error)) (int64, error) {
	s := a.s
	s.mu.Lock()
	u, err := a.member(from)
	var p *push
	if err == nil {
		p, err = f(u)
	}
	s.mu.Unlock()
	if err != nil {
		return 0, err
	}
	s.Tick()
	s.notify()
	return p.id, nil
}

// Click makes a member press a button of a template card, named by its msgid or
// its task_id and the button's key. It fails if the member has no such card, the
// card no such button, or the buttons were replaced. Pressing twice sends two
// events, each with a ResponseCode of its own.
func (a *App) Click(from, messageOrTask, key string) (int64, error) {
	return a.Submit(from, messageOrTask, key, nil)
}

// Submit is [App.Click] with choices: for the submit button of a vote_interaction or
// multiple_interaction card, or a button_interaction card with a selection.
// chosen maps a question_key to the ids of its options.
func (a *App) Submit(from, messageOrTask, key string, chosen map[string][]string) (int64, error) {
	return a.act(from, func(u *User) (*push, error) {
		m, c, err := a.cardAt(u, messageOrTask)
		if err != nil {
			return nil, err
		}
		if m.ReplacedBy != "" {
			return nil, fmt.Errorf("wecom sandbox: the buttons of card %s were replaced by %q", messageOrTask, m.ReplacedBy)
		}
		buttons := slices.DeleteFunc(slices.Clone(c.Buttons), func(b cardButton) bool { return b.Type != 0 })
		var asked []cardSelect
		switch c.CardType {
		case "button_interaction":
			if c.Selection != nil {
				asked = append(asked, *c.Selection)
			}
		case "vote_interaction":
			buttons, asked = []cardButton{*c.SubmitButton}, []cardSelect{*c.Checkbox}
		case "multiple_interaction":
			buttons, asked = []cardButton{*c.SubmitButton}, c.SelectList
		}
		if !slices.ContainsFunc(buttons, func(b cardButton) bool { return b.Key == key }) {
			return nil, fmt.Errorf("wecom sandbox: card %s has no button with the key %q", messageOrTask, key)
		}
		for _, q := range slices.Sorted(maps.Keys(chosen)) {
			at := slices.IndexFunc(asked, func(s cardSelect) bool { return s.QuestionKey == q })
			if at < 0 {
				return nil, fmt.Errorf("wecom sandbox: card %s does not ask %q", messageOrTask, q)
			}
			for _, id := range chosen[q] {
				if !slices.ContainsFunc(asked[at].OptionList, func(o cardOption) bool { return o.ID == id }) {
					return nil, fmt.Errorf("wecom sandbox: %q has no option %q", q, id)
				}
			}
		}
		return a.cardEvent("template_card_event", u, m, c, key, chosen), nil
	})
}

// ClickMenu makes a member press an item of the menu in the corner of a card
// (action_menu): a template_card_menu_event.
func (a *App) ClickMenu(from, messageOrTask, key string) (int64, error) {
	return a.act(from, func(u *User) (*push, error) {
		m, c, err := a.cardAt(u, messageOrTask)
		if err != nil {
			return nil, err
		}
		if c.ActionMenu == nil || !slices.ContainsFunc(c.ActionMenu.ActionList, func(b cardButton) bool { return b.Key == key }) {
			return nil, fmt.Errorf("wecom sandbox: card %s has no menu item with the key %q", messageOrTask, key)
		}
		return a.cardEvent("template_card_menu_event", u, m, c, key, nil), nil
	})
}

// cardEvent writes the event of a card (document path 96468).
func (a *App) cardEvent(name string, u *User, m *Message, c card, key string, chosen map[string][]string) *push {
	p := a.event(u.UserID, name, func(w *xmlWriter) {
		w.text("EventKey", key)
		w.text("TaskId", c.TaskID)
		w.text("CardType", c.CardType)
		w.text("ResponseCode", a.newResponseCode(m.ID))
	}, func(w *xmlWriter) {
		if len(chosen) == 0 {
			return
		}
		w.open("SelectedItems")
		for _, q := range slices.Sorted(maps.Keys(chosen)) {
			w.open("SelectedItem")
			w.text("QuestionKey", q)
			w.open("OptionIds")
			for _, id := range chosen[q] {
				w.text("OptionId", id)
			}
			w.close("OptionIds")
			w.close("SelectedItem")
		}
		w.close("SelectedItems")
	})
	p.cardMsg = m.ID
	return p
}

// cardAt finds the newest shown card of a member by msgid or task_id.
func (a *App) cardAt(u *User, ref string) (*Message, card, error) {
	for _, m := range slices.Backward(a.s.thread[threadKey(a.corp.id, "", a.cfg.AgentID, u.UserID)]) {
		if m.Type != "template_card" || m.ID != ref && m.TaskID != ref || m.Dropped || m.Suppressed || m.Recalled {
			continue
		}
		var c card
		if err := json.Unmarshal(m.Content, &c); err != nil {
			return nil, card{}, fmt.Errorf("wecom sandbox: card %s: %w", ref, err)
		}
		return m, c, nil
	}
	return nil, card{}, fmt.Errorf("wecom sandbox: %s has no card %s", u.UserID, ref)
}

// Button is one button of a card as the member sees it.
type Button struct{ Text, Key string }

// Buttons lists the buttons a member can press on a card, in order; none after
// they were replaced.
func (a *App) Buttons(userID, messageOrTask string) []Button {
	a.s.mu.Lock()
	defer a.s.mu.Unlock()
	u := a.user(userID)
	if u == nil {
		return nil
	}
	m, c, err := a.cardAt(u, messageOrTask)
	if err != nil || m.ReplacedBy != "" {
		return nil
	}
	var out []Button
	for _, b := range c.Buttons {
		if b.Type == 0 {
			out = append(out, Button{b.Text, b.Key})
		}
	}
	if c.SubmitButton != nil {
		out = append(out, Button{c.SubmitButton.Text, c.SubmitButton.Key})
	}
	return out
}

// PressMenu makes a member press an item of the app's menu by its key (click) or
// its url (view). Items of other types send nothing here but location_select, for
// which there is [App.PickLocation].
func (a *App) PressMenu(from, keyOrURL string) (int64, error) {
	return a.act(from, func(u *User) (*push, error) {
		for _, b := range flatMenu(a.menu) {
			switch {
			case b.Type == "click" && b.Key == keyOrURL:
				return a.event(u.UserID, "click", func(w *xmlWriter) { w.text("EventKey", b.Key) }, nil), nil
			case b.Type == "view" && b.URL == keyOrURL:
				return a.event(u.UserID, "view", func(w *xmlWriter) { w.text("EventKey", b.URL) }, nil), nil
			}
		}
		return nil, fmt.Errorf("wecom sandbox: the menu has no item %q", keyOrURL)
	})
}

// PickLocation makes a member choose a place through a location_select item of
// the menu: the event with SendLocationInfo, and no location message here.
func (a *App) PickLocation(from, key, label string, lat, lng float64) (int64, error) {
	return a.act(from, func(u *User) (*push, error) {
		if !slices.ContainsFunc(flatMenu(a.menu), func(b menuButton) bool { return b.Type == "location_select" && b.Key == key }) {
			return nil, fmt.Errorf("wecom sandbox: the menu has no location_select item %q", key)
		}
		return a.event(u.UserID, "location_select", func(w *xmlWriter) {
			w.text("EventKey", key)
			w.open("SendLocationInfo")
			w.text("Location_X", strconv.FormatFloat(lat, 'f', 6, 64))
			w.text("Location_Y", strconv.FormatFloat(lng, 'f', 6, 64))
			w.text("Scale", "16")
			w.text("Label", label)
			w.text("Poiname", "")
			w.close("SendLocationInfo")
		}, wxwork), nil
	})
}

func flatMenu(menu []menuButton) []menuButton {
	var out []menuButton
	for _, b := range menu {
		out = append(append(out, b), b.Sub...)
	}
	return out
}

// redirectsTo tells whether host is the app's trusted domain; without one all are.
func (a *App) redirectsTo(host string) bool {
	return a.cfg.TrustedDomain == "" || strings.EqualFold(host, a.cfg.TrustedDomain)
}
