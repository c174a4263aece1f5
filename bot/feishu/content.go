package feishu

import (
	"context"
	"encoding/json"
	"fmt"
	"regexp"
	"strings"

	larkim "github.com/larksuite/oapi-sdk-go/v3/service/im/v1"

	"roundsman/bot"
)

// Kinds of messages that people send and that are read here.
const (
	kindText     = "text"
	kindPost     = "post"
	kindImage    = "image"
	kindFile     = "file"
	kindLocation = "location"
)

// message reads im.message.receive_v1. It reports false for what is acknowledged
// and not kept: what bots say, and kinds of messages that mean nothing here.
func (d decoder) message(ctx context.Context, event json.RawMessage) (bot.Message, bool, error) {
	malformed := refuse("malformed", errShape)
	var in larkim.P2MessageReceiveV1Data
	if json.Unmarshal(event, &in) != nil || in.Message == nil || in.Sender == nil {
		return bot.Message{}, false, malformed
	}
	if str(in.Sender.SenderType) != "user" {
		return bot.Message{}, false, nil
	}
	msg := in.Message
	id, from := str(msg.MessageId), openID(in.Sender.SenderId)
	if !validID(id) || !validID(from) {
		return bot.Message{}, false, malformed
	}
	// The same message can come under a second event id.
	m := bot.Message{
		Key: Name + ":m:" + id, Platform: Name, ID: id, From: from,
		At: d.at(str(msg.CreateTime)), Received: d.received,
	}
	var at mentions
	switch str(msg.ChatType) {
	case "p2p":
		m.Chat = user(from)
	case "group", "topic_group":
		if !validID(str(msg.ChatId)) {
			return m, false, malformed
		}
		m.Chat = group(str(msg.ChatId))
	default:
		return m, false, malformed
	}
	kind := str(msg.MessageType)
	if len(msg.Mentions) > 0 && (kind == kindText || kind == kindPost) {
		ctx, cancel := context.WithTimeout(ctx, askWithin)
		defer cancel()
		self, err := d.p.self.id(ctx)
		if err != nil && m.Chat.Place == bot.ToGroup {
			return m, false, fmt.Errorf("tell who is mentioned: %w", err)
		}
		at = newMentions(msg.Mentions, self)
		m.Mentioned = m.Chat.Place == bot.ToGroup && at.us
	}
	if err := d.content(&m, kind, []byte(str(msg.Content)), at); err != nil {
		return m, false, err
	}
	return m, m.Text != "" || m.Location != nil || len(m.Media) > 0 || m.Mentioned, nil
}

// content fills m with what a message of that kind says.
func (d decoder) content(m *bot.Message, kind string, content []byte, at mentions) error {
	read := func(v any) error {
		if err := decode(content, v); err != nil {
			return refuse("malformed", err)
		}
		return nil
	}
	switch kind {
	case kindText:
		var c struct {
			Text string `json:"text"`
		}
		if err := read(&c); err != nil {
			return err
		}
		m.Text = strings.TrimSpace(at.resolve(c.Text))
	case kindLocation:
		// Longitude comes first in the JSON, and as a string; a number is taken too.
		var c struct {
			Name      string `json:"name"`
			Longitude number `json:"longitude"`
			Latitude  number `json:"latitude"`
		}
		if err := read(&c); err != nil {
			return err
		}
		m.Location = &bot.Location{Lat: string(c.Latitude), Lng: string(c.Longitude), Datum: d.p.config.Datum, Name: c.Name}
	case kindImage:
		var c struct {
			ImageKey string `json:"image_key"`
		}
		if err := read(&c); err != nil {
			return err
		}
		if !validID(c.ImageKey) {
			return refuse("malformed", errShape)
		}
		m.Media = []bot.Media{{Resource: c.ImageKey}}
	case kindFile:
		var c struct {
			FileKey  string `json:"file_key"`
			FileName string `json:"file_name"`
		}
		if err := read(&c); err != nil {
			return err
		}
		if validID(c.FileKey) {
			m.Media = []bot.Media{{Resource: c.FileKey, File: true, Document: !isPicture(c.FileName), Name: c.FileName}}
		}
	case kindPost:
		var c post
		if err := read(&c); err != nil {
			return err
		}
		m.Text, m.Media = c.read(at)
	}
	return nil
}

// number is a JSON number or string, kept as it was written; anything else is empty.
type number string

func (n *number) UnmarshalJSON(b []byte) error {
	var s string
	switch {
	case json.Unmarshal(b, &s) == nil:
		*n = number(s)
	case len(b) > 0 && (b[0] == '-' || b[0] >= '0' && b[0] <= '9'):
		*n = number(b)
	}
	return nil
}

// post is a rich text as it is received: a photo with a caption is one.
type post struct {
	Title   string   `json:"title"`
	Content [][]span `json:"content"`
}

type span struct {
	Tag      string `json:"tag"`
	Text     string `json:"text"`
	UserID   string `json:"user_id"`
	UserName string `json:"user_name"`
	ImageKey string `json:"image_key"`
}

// maxPictures bounds the pictures of one post.
const maxPictures = 20

func (p post) read(at mentions) (string, []bot.Media) {
	var media []bot.Media
	lines := []string{p.Title}
	for _, spans := range p.Content {
		var line strings.Builder
		for _, s := range spans {
			switch s.Tag {
			case "text", "a", "md", "code_block":
				line.WriteString(at.resolve(s.Text))
			case "at":
				if strings.HasPrefix(s.UserID, "@_") {
					line.WriteString(at.resolve(s.UserID))
				} else if s.UserID != at.self || at.self == "" {
					line.WriteString("@" + s.UserName)
				}
			case "img":
				if validID(s.ImageKey) && len(media) < maxPictures {
					media = append(media, bot.Media{Resource: s.ImageKey})
				}
			}
		}
		lines = append(lines, strings.TrimSpace(line.String()))
	}
	return strings.TrimSpace(strings.Join(lines, "\n")), media
}

// mentions are who is meant by the placeholders of a text.
type mentions struct {
	names map[string]string // by placeholder; empty for the bot itself
	self  string
	us    bool
}

func newMentions(list []*larkim.MentionEvent, self string) mentions {
	m := mentions{names: make(map[string]string, len(list)), self: self}
	for _, e := range list {
		if e == nil {
			continue
		}
		if openID(e.Id) == self {
			m.us = true
			m.names[str(e.Key)] = ""
			continue
		}
		m.names[str(e.Key)] = "@" + strings.TrimLeft(str(e.Name), "@")
	}
	return m
}

var placeholders = regexp.MustCompile(`@_(user_\d+|all\b)[ \t]?`)

// resolve replaces the placeholders of a text by names, and that of the bot by
// nothing: "@_user_1 今天" is 今天. In one pass, so that no name is taken for a placeholder.
func (m mentions) resolve(text string) string {
	return placeholders.ReplaceAllStringFunc(text, func(found string) string {
		key := strings.TrimRight(found, " \t")
		space := found[len(key):]
		if key == "@_all" {
			return "@all" + space
		}
		name, ok := m.names[key]
		switch {
		case !ok:
			return found
		case name == "":
			return ""
		}
		return name + space
	})
}
