package demo

import (
	"errors"
	"fmt"
	"slices"

	"roundsman/geo"
)

// seat is somebody at one of their chats with the bot.
type seat struct{ person, platform string }

var (
	errNobody   = errors.New("there is nobody like that on this platform")
	errNoButton = errors.New("the message has no such button")
)

// at returns who sits there.
func (w *World) at(s seat) (person, error) {
	p, ok := w.person(s.person)
	if !ok || !p.on(s.platform) {
		return person{}, errNobody
	}
	return p, nil
}

// sent is a message that somebody sent, to be delivered again.
type sent struct {
	platform, message string
	push              int64
}

// sendText writes to the bot.
func (w *World) sendText(s seat, text string) (sent, error) {
	p, err := w.at(s)
	if err != nil {
		return sent{}, err
	}
	if s.platform == onFeishu {
		m, err := w.feishuApp.SendText(p.openID(), "", text)
		return sent{onFeishu, m.ID, 0}, err
	}
	m, err := w.wecomApp.SendText(p.WeCom, text)
	return sent{onWeCom, m.ID, m.Push}, err
}

// sendPlace sends a pin, whose coordinates are GCJ-02, as on phones in China.
func (w *World) sendPlace(s seat, label string, at geo.Point) (sent, error) {
	p, err := w.at(s)
	if err != nil {
		return sent{}, err
	}
	at = at.In(geo.GCJ02)
	if s.platform == onFeishu {
		m, err := w.feishuApp.SendLocation(p.openID(), "", label, at.Lat, at.Lng)
		return sent{onFeishu, m.ID, 0}, err
	}
	m, err := w.wecomApp.SendLocation(p.WeCom, label, at.Lat, at.Lng)
	return sent{onWeCom, m.ID, m.Push}, err
}

// sendPhoto sends a picture.
func (w *World) sendPhoto(s seat, data []byte) error {
	p, err := w.at(s)
	if err != nil {
		return err
	}
	if s.platform == onFeishu {
		_, err = w.feishuApp.SendImage(p.openID(), "", data)
		return err
	}
	_, err = w.wecomApp.SendImage(p.WeCom, data)
	return err
}

// open opens the chat; on WeCom the phone then reports where it is, in WGS-84.
func (w *World) open(s seat, at geo.Point) error {
	p, err := w.at(s)
	if err != nil || s.platform != onWeCom {
		return err
	}
	here := at.WGS84()
	_, err = w.wecomApp.EnterChat(p.WeCom, here.Lat, here.Lng, 25)
	return err
}

// press taps a button, the first of a card being 0, and returns what the
// platform shows for a moment.
func (w *World) press(s seat, message string, button int) (toast string, err error) {
	p, err := w.at(s)
	if err != nil {
		return "", err
	}
	if s.platform == onFeishu {
		chat, err := w.feishuApp.P2P(p.openID())
		if err != nil {
			return "", err
		}
		m, ok := w.feishu.Message(message)
		buttons := w.feishu.Buttons(message)
		if !ok || m.ChatID != chat || button < 0 || button >= len(buttons) {
			return "", errNoButton
		}
		answer, err := w.feishuApp.Click(p.openID(), message, buttons[button].Value)
		return answer.Toast.Content, err
	}
	buttons := w.wecomApp.Buttons(p.WeCom, message)
	if button < 0 || button >= len(buttons) {
		return "", errNoButton
	}
	_, err = w.wecomApp.Click(p.WeCom, message, buttons[button].Key)
	return "", err
}

// again delivers a message that was delivered: as it was, and on Feishu also
// as another event with the same message.
func (w *World) again(s sent) error {
	if s.platform == onFeishu {
		return errors.Join(w.feishuApp.Redeliver(s.message, false), w.feishuApp.Redeliver(s.message, true))
	}
	return errors.Join(w.wecomApp.Redeliver(s.push), w.wecomApp.Redeliver(s.push))
}

// chat returns the messages between somebody and the bot, oldest first.
func (w *World) chat(s seat) ([]Message, error) {
	p, err := w.at(s)
	if err != nil {
		return nil, err
	}
	if s.platform == onFeishu {
		id, err := w.feishuApp.P2P(p.openID())
		if err != nil {
			return nil, fmt.Errorf("find the chat: %w", err)
		}
		return w.feishuViews(id), nil
	}
	return w.wecomViews(w.wecomApp.Messages(p.WeCom)), nil
}

// group returns the messages of a team's group, oldest first.
func (w *World) group(team string) []Message {
	if team == eastTeam {
		return w.feishuViews(w.eastChat)
	}
	return w.wecomViews(w.wecomApp.ChatMessages(southChat))
}

// said counts the bot's messages in a chat.
func said(messages []Message) int {
	return len(slices.DeleteFunc(slices.Clone(messages), func(m Message) bool { return !m.Bot }))
}

func (w *World) feishuViews(chat string) []Message {
	var out []Message
	for _, m := range w.feishu.Messages(chat) {
		if !m.Deleted {
			out = append(out, fromFeishu(m, botName))
		}
	}
	return out
}
