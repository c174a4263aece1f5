package wecom

import (
	"cmp"
	"errors"
	"strings"
	"unicode/utf8"

	"roundsman/bot"
)

// What a template card of the kind button_interaction holds (document path
// 90236). The numbers of characters are advised: more is taken, and cut by
// phones, so it is cut here, where it can be said elsewhere.
const (
	maxButtons    = 6
	maxFields     = 6
	maxTitle      = 36
	maxDesc       = 44
	maxSubtitle   = 160
	maxFieldName  = 5
	maxFieldValue = 30
	maxButtonText = 10
	maxButtonKey  = 1024 // bytes
)

// templateCard is a card as WeCom takes it. The task id is given by Send.
type templateCard struct {
	CardType string       `json:"card_type"`
	TaskID   string       `json:"task_id,omitempty"`
	Title    cardTitle    `json:"main_title"`
	Subtitle string       `json:"sub_title_text,omitempty"`
	Fields   []cardField  `json:"horizontal_content_list,omitempty"`
	Buttons  []cardButton `json:"button_list"`
	// ReplaceText stands in grey where the buttons were; only in a replacement.
	ReplaceText string `json:"replace_text,omitempty"`
}

type cardTitle struct {
	Title string `json:"title"`
	Desc  string `json:"desc,omitempty"`
}

type cardField struct {
	Name  string `json:"keyname"`
	Value string `json:"value,omitempty"`
}

type cardButton struct {
	// Type is 0 for a button that calls back, 1 for one that opens URL.
	Type  int    `json:"type,omitempty"`
	Text  string `json:"text"`
	Style int    `json:"style"`
	Key   string `json:"key,omitempty"`
	URL   string `json:"url,omitempty"`
}

// styles of buttons. The documents show the four in a picture only.
var styles = map[bot.ButtonStyle]int{bot.ButtonPrimary: 1, bot.ButtonPlain: 2, bot.ButtonDanger: 3}

var errKey = errors.New("wecom: a button's value is empty or longer than 1024 bytes")

// card lays a card out: short labelled lines as fields, the footer as small
// print under the title, everything else as text. whole says that nothing had
// to be cut. A card without buttons gets the grey word in their place, which
// only a replacement can have.
func (p *Platform) card(c bot.Card) (card templateCard, whole bool, err error) {
	card.CardType = "button_interaction"
	var sub []string
	title := oneLine(c.Title)
	if utf8.RuneCountInString(title) > maxTitle {
		sub = append(sub, title)
	}
	for _, l := range c.Lines {
		label, text := oneLine(l.Label), strings.TrimSpace(l.Text)
		switch {
		case l.Kind == bot.LineRule:
		case l.Kind == bot.LineHeading, l.Kind == bot.LineFold:
			sub = append(sub, "【"+oneLine(text)+"】")
		case label != "" && len(card.Fields) < maxFields && utf8.RuneCountInString(label) <= maxFieldName &&
			utf8.RuneCountInString(text) <= maxFieldValue && !strings.Contains(text, "\n"):
			card.Fields = append(card.Fields, cardField{label, text})
		case label != "":
			sub = append(sub, label+colon(label)+text)
		case text != "":
			sub = append(sub, text)
		}
	}
	if footer := oneLine(c.Footer); utf8.RuneCountInString(footer) <= maxDesc {
		card.Title.Desc = footer
	} else {
		sub = append(sub, footer)
	}
	card.Subtitle, whole = subtitle(sub)
	if title == "" {
		title = ellipsis
	}
	card.Title.Title = cutRunes(title, maxTitle)
	if len(c.Buttons) == 0 {
		card.ReplaceText = p.done
		card.Buttons = []cardButton{{Text: p.done, Style: 1, Key: "done"}}
		return card, whole, nil
	}
	card.Buttons, err = buttons(c.Buttons)
	return card, whole, err
}

// subtitle joins lines to at most 160 characters, cut after a whole line where
// there is one.
func subtitle(lines []string) (text string, whole bool) {
	text = strings.Join(lines, "\n")
	if utf8.RuneCountInString(text) <= maxSubtitle {
		return text, true
	}
	text = cutRunes(text, maxSubtitle)
	if i := strings.LastIndexByte(text, '\n'); i > 0 {
		text = text[:i+1] + ellipsis
	}
	return text, false
}

// buttons are the first six buttons. The same value twice, which WeCom
// refuses, is one button.
func buttons(in []bot.Button) ([]cardButton, error) {
	var out []cardButton
	seen := make(map[string]bool)
	for _, b := range in {
		what := cmp.Or(b.Value, b.Link)
		if what == "" || len(what) > maxButtonKey {
			return nil, errKey
		}
		if seen[what] || len(out) == maxButtons {
			continue
		}
		seen[what] = true
		text := cutMiddle(oneLine(b.Text), maxButtonText)
		if text == "" {
			text = ellipsis
		}
		style, ok := styles[b.Style]
		if !ok {
			style = styles[bot.ButtonPlain]
		}
		if b.Value == "" {
			out = append(out, cardButton{Type: 1, Text: text, Style: style, URL: b.Link})
			continue
		}
		out = append(out, cardButton{Text: text, Style: style, Key: b.Value})
	}
	return out, nil
}
