package demo

import (
	"encoding/json"
	"regexp"
	"slices"
	"strings"

	"roundsman/sandbox/wecom"
)

// wecomViews reads messages of the emulated WeCom, without those that nobody saw.
func (w *World) wecomViews(messages []wecom.Message) []Message {
	var out []Message
	for _, m := range messages {
		if m.Dropped || m.Suppressed || m.Recalled {
			continue
		}
		v := fromWeCom(m, botName)
		if v.Link != "" {
			v.File, _, _ = w.wecomApp.Corp().Media(v.Link[strings.LastIndexByte(v.Link, '/')+1:])
		}
		for _, p := range w.people {
			if m.From != "" && strings.EqualFold(p.WeCom, m.From) {
				v.From = p.Name
			}
		}
		out = append(out, v)
	}
	return out
}

// fromWeCom reads a message. What it does not know becomes a text that says its type.
func fromWeCom(m wecom.Message, bot string) Message {
	out := Message{ID: m.ID, Bot: m.From == "", From: m.From, Time: m.Time, Changed: m.Revision}
	if out.Bot {
		out.From = bot
	}
	var c struct {
		Content   string  `json:"content"`
		PicURL    string  `json:"picurl"`
		MediaID   string  `json:"media_id"`
		Label     string  `json:"label"`
		Latitude  float64 `json:"latitude"`
		Longitude float64 `json:"longitude"`
	}
	if m.Type != "template_card" && json.Unmarshal(m.Content, &c) != nil {
		out.Text = "[" + m.Type + "]"
		return out
	}
	switch m.Type {
	case "text":
		out.Text = c.Content
	case "markdown", "markdown_v2":
		card := markdownCard(c.Content)
		out.Card = &card
	case "location":
		out.Place = &Place{c.Label, c.Latitude, c.Longitude}
	case "image":
		if i := strings.LastIndexByte(c.PicURL, '/'); i >= 0 {
			out.Photo = photoPath(onWeCom, c.PicURL[i+1:])
		} else if c.MediaID != "" {
			out.Photo = photoPath(onWeCom, c.MediaID)
		} else {
			out.Text = "[" + m.Type + "]"
		}
	case "file":
		out.File, out.Link = "file", filePath(onWeCom, c.MediaID)
	case "template_card":
		card := templateCard(m)
		out.Card = &card
	default:
		out.Text = "[" + m.Type + "]"
	}
	return out
}

// templateCard reads a template card as it is now.
func templateCard(m wecom.Message) Card {
	var in struct {
		Title struct{ Title, Desc string }      `json:"main_title"`
		Sub   string                            `json:"sub_title_text"`
		List  []struct{ Keyname, Value string } `json:"horizontal_content_list"`
		Menu  []struct {
			Text  string `json:"text"`
			Style int    `json:"style"`
			Type  int    `json:"type"`
		} `json:"button_list"`
	}
	out := Card{Tone: "info", Blocks: []Block{}}
	if json.Unmarshal(m.Content, &in) != nil {
		return out
	}
	out.Title = in.Title.Title
	if in.Title.Desc != "" {
		out.Blocks = append(out.Blocks, Block{Kind: blockQuiet, Text: in.Title.Desc})
	}
	if in.Sub != "" {
		out.Blocks = append(out.Blocks, Block{Kind: blockText, Text: in.Sub})
	}
	for _, f := range in.List {
		out.Blocks = append(out.Blocks, Block{Kind: blockField, Label: f.Keyname, Text: f.Value})
	}
	if m.ReplacedBy != "" {
		out.Closed = m.ReplacedBy
		return out
	}
	for _, b := range in.Menu {
		style := map[int]string{1: "primary", 3: "danger"}[b.Style]
		if style == "" {
			style = "plain"
		}
		out.Buttons = append(out.Buttons, Button{b.Text, style, b.Type == 1})
	}
	// Those that call back are counted by themselves.
	slices.SortStableFunc(out.Buttons, func(a, b Button) int {
		switch {
		case a.Link == b.Link:
			return 0
		case b.Link:
			return -1
		}
		return 1
	})
	return out
}

var (
	markdownFont  = regexp.MustCompile(`<font color="(info|warning|comment)">(.*?)</font>`)
	markdownField = regexp.MustCompile(`^\*\*(.+?)\*\*(?:：|: ?)(.*)$`)
	markdownLink  = regexp.MustCompile(`^\[([^\]]+)\]\(\S+\)$`)
	markdownBold  = regexp.MustCompile(`^\*\*(.+?)\*\*$`)
)

// markdownCard reads the few forms that WeCom's markdown has: headings, bold
// text, three colours, and links. The rest stays as it is written.
func markdownCard(content string) Card {
	out := Card{Tone: "info", Blocks: []Block{}, Markdown: true}
	plain := func(s string) string {
		return strings.ReplaceAll(markdownFont.ReplaceAllString(s, "$2"), "**", "")
	}
	for i, line := range strings.Split(content, "\n") {
		if title, ok := strings.CutPrefix(line, "### "); ok && i == 0 {
			if f := markdownFont.FindStringSubmatch(title); f != nil {
				out.Tone = map[string]string{"info": "good", "warning": "warn", "comment": "quiet"}[f[1]]
			}
			out.Title = plain(title)
			continue
		}
		if l := markdownLink.FindStringSubmatch(line); l != nil {
			out.Buttons = append(out.Buttons, Button{l[1], "plain", true})
			continue
		}
		block := Block{Kind: blockText, Text: plain(line)}
		if f := markdownField.FindStringSubmatch(line); f != nil {
			block = Block{Kind: blockField, Label: plain(f[1]), Text: plain(f[2])}
		} else if b := markdownBold.FindStringSubmatch(line); b != nil {
			block = Block{Kind: blockHeading, Text: plain(b[1])}
		} else if f := markdownFont.FindStringSubmatch(line); f != nil && f[0] == line && f[1] == "comment" {
			block.Kind = blockQuiet
		} else if strings.TrimSpace(line) == "" {
			block = Block{Kind: blockRule}
		}
		out.Blocks = append(out.Blocks, block)
	}
	return out
}

// filePath is where the page finds a file.
func filePath(platform, key string) string { return "file/" + platform + "/" + key }

// photoPath is where the page finds a picture.
func photoPath(platform, key string) string { return "photo/" + platform + "/" + key }
