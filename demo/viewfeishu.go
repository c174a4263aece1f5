package demo

import (
	"encoding/json"
	"strconv"
	"strings"

	"roundsman/sandbox/feishu"
)

// fromFeishu reads a message of the emulated Feishu. What it does not know
// becomes a text that says its type.
func fromFeishu(m feishu.Message, bot string) Message {
	out := Message{ID: m.ID, Bot: m.SenderType == feishu.SenderApp, From: m.SenderName, Time: m.CreateTime, Changed: m.Revision}
	if out.Bot {
		out.From = bot
	}
	var c struct {
		Text      string `json:"text"`
		ImageKey  string `json:"image_key"`
		FileKey   string `json:"file_key"`
		Name      string `json:"name"`
		FileName  string `json:"file_name"`
		Latitude  string `json:"latitude"`
		Longitude string `json:"longitude"`
	}
	if m.Type != "interactive" && json.Unmarshal([]byte(m.Content), &c) != nil {
		out.Text = "[" + m.Type + "]"
		return out
	}
	switch m.Type {
	case "text":
		out.Text = c.Text
		for _, at := range m.Mentions {
			out.Text = strings.ReplaceAll(out.Text, at.Key, "@"+at.Name)
		}
	case "image":
		out.Photo = photoPath(onFeishu, c.ImageKey)
	case "location":
		lat, errLat := strconv.ParseFloat(c.Latitude, 64)
		lng, errLng := strconv.ParseFloat(c.Longitude, 64)
		if errLat != nil || errLng != nil {
			out.Text = "[" + m.Type + "]"
			break
		}
		out.Place = &Place{c.Name, lat, lng}
	case "interactive":
		card := feishuCard(m.Content)
		out.Card = &card
	case "file":
		out.File, out.Link = c.FileName, filePath(onFeishu, c.FileKey)
	default:
		out.Text = "[" + m.Type + "]"
	}
	return out
}

// element is an element of a card of schema 2.0, as far as it is shown.
type element struct {
	Tag  string `json:"tag"`
	Text struct {
		Content string `json:"content"`
		Size    string `json:"text_size"`
	} `json:"text"`
	Content string `json:"content"`
	Header  struct {
		Title struct{ Content string } `json:"title"`
	} `json:"header"`
	Type      string `json:"type"`
	Behaviors []struct {
		Type string `json:"type"`
	} `json:"behaviors"`
	Columns  []element `json:"columns"`
	Elements []element `json:"elements"`
}

var feishuTones = map[string]string{"green": "good", "orange": "warn", "red": "bad", "grey": "quiet"}

// feishuCard reads a card of schema 2.0.
func feishuCard(content string) Card {
	var in struct {
		Header struct {
			Title    struct{ Content string } `json:"title"`
			Template string                   `json:"template"`
		} `json:"header"`
		Body struct {
			Elements []element `json:"elements"`
		} `json:"body"`
	}
	out := Card{Tone: "info", Blocks: []Block{}}
	if json.Unmarshal([]byte(content), &in) != nil {
		return out
	}
	out.Title = in.Header.Title.Content
	if t, ok := feishuTones[in.Header.Template]; ok {
		out.Tone = t
	}
	for _, e := range in.Body.Elements {
		out.element(e)
	}
	return out
}

func (c *Card) element(e element) {
	switch e.Tag {
	case "div":
		kind := map[string]string{"heading": blockHeading, "notation": blockQuiet}[e.Text.Size]
		if kind == "" {
			kind = blockText
		}
		c.Blocks = append(c.Blocks, Block{Kind: kind, Text: e.Text.Content})
	case "markdown":
		c.Blocks = append(c.Blocks, Block{Kind: blockText, Text: e.Content})
	case "hr":
		c.Blocks = append(c.Blocks, Block{Kind: blockRule})
	case "button":
		style := map[string]string{"primary": "primary", "primary_filled": "primary", "danger": "danger"}[e.Type]
		if style == "" {
			style = "plain"
		}
		link := len(e.Behaviors) > 0 && e.Behaviors[0].Type == "open_url"
		c.Buttons = append(c.Buttons, Button{e.Text.Content, style, link})
	case "column_set":
		if len(e.Columns) == 2 && e.Columns[0].isText() && e.Columns[1].isText() {
			c.Blocks = append(c.Blocks, Block{Kind: blockField, Label: e.Columns[0].Elements[0].Text.Content, Text: e.Columns[1].Elements[0].Text.Content})
			return
		}
		for _, column := range e.Columns {
			c.element(column)
		}
	default:
		if title := e.Header.Title.Content; title != "" {
			c.Blocks = append(c.Blocks, Block{Kind: blockHeading, Text: title})
		}
		for _, inner := range e.Elements {
			c.element(inner)
		}
	}
}

// isText reports whether a column holds one text and nothing else.
func (e element) isText() bool { return len(e.Elements) == 1 && e.Elements[0].Tag == "div" }
