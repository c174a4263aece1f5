package wecom

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"unicode/utf8"

	"roundsman/bot"
)

// Types of parts: WeCom's own words for kinds of messages, and the call that
// replaces a tapped card.
const (
	typeText     = "text"
	typeMarkdown = "markdown"
	typeImage    = "image"
	typeFile     = "file"
	typeCard     = "template_card"
	typeUpdate   = "update_template_card"
)

const (
	// maxContent is the longest text, and the longest markdown of an app, in bytes.
	maxContent = 2048
	// maxRobotMarkdown is the longest markdown of a robot, in bytes.
	maxRobotMarkdown = 4096
	// maxLabel bounds a label, in characters, so that a line has room for its text.
	maxLabel = 60
	// maxParts is how many messages a body becomes at most.
	maxParts = 2
)

// content is what a text and a markdown message hold.
type content struct {
	Content string `json:"content"`
}

// replacement replaces a tapped card, by another or by a word in place of its buttons.
type replacement struct {
	Card   *templateCard  `json:"template_card,omitempty"`
	Button *replaceButton `json:"button,omitempty"`
	// Else is the message to send when the right to replace is used up or over.
	Else *alternative `json:"else"`
}

type replaceButton struct {
	ReplaceName string `json:"replace_name"`
}

type alternative struct {
	Type string          `json:"type"`
	Data json.RawMessage `json:"data"`
}

var errNothing = errors.New("wecom: a body without text, card and image")

// Compose writes a body as one or two messages. A card for a person becomes a
// template card when it has buttons, and a text otherwise: markdown does not
// show for members who use WeCom inside WeChat, and a template card without
// buttons (text_notice) must lead to a page. A card for a group becomes
// markdown, where buttons that open a page are links and the others, which nobody
// in a group could press, are left out.
func (p *Platform) Compose(to bot.Address, b bot.Body) ([]bot.Part, error) {
	if to.Platform != Name {
		return nil, fmt.Errorf("wecom: an address of %q", to.Platform)
	}
	person := to.Place == bot.ToUser
	b.Text = clean(b.Text)
	if b.Card != nil {
		c := cleaned(*b.Card)
		b.Card = &c
	}
	switch {
	case b.Card != nil && person && b.Response != "":
		return p.replace(*b.Card, b.Response)
	case b.Card != nil && person && len(b.Card.Buttons) > 0:
		return p.interactive(*b.Card)
	case b.Card != nil && person:
		return contents(typeText, pack(cardText(*b.Card), maxContent, maxParts))
	case b.Card != nil && to.Place == bot.ToRobot:
		return contents(typeMarkdown, groupCard(*b.Card, maxRobotMarkdown))
	case b.Card != nil:
		return contents(typeMarkdown, groupCard(*b.Card, maxContent))
	case b.Image != nil:
		return []bot.Part{{Type: typeImage, Upload: b.Image}}, nil
	case b.File != nil:
		return []bot.Part{{Type: typeFile, Upload: b.File}}, nil
	case b.Text == "":
		return nil, errNothing
	case person && b.Response != "":
		return p.replaceByText(b.Text, b.Response)
	}
	return contents(typeText, pack(textRows(b.Text), maxContent, maxParts))
}

// groupCard is a card as markdown of at most limit bytes each: what it has in
// short where the whole does not fit one message.
func groupCard(c bot.Card, limit int) []string {
	texts := pack(cardMarkdown(c), limit, maxParts)
	if len(texts) == 1 || len(c.Short) == 0 {
		return texts
	}
	c.Lines = c.Short
	return pack(cardMarkdown(c), limit, maxParts)
}

// contents are the parts of a text or markdown message.
func contents(kind string, texts []string) ([]bot.Part, error) {
	parts := make([]bot.Part, len(texts))
	for i, t := range texts {
		data, err := json.Marshal(content{t})
		if err != nil {
			return nil, fmt.Errorf("wecom: write a %s: %w", kind, err)
		}
		parts[i] = bot.Part{Type: kind, Data: data}
	}
	return parts, nil
}

// interactive is a card with buttons. What a template card has no room for is
// said whole in a text before it, and the card has only the head and the buttons.
func (p *Platform) interactive(c bot.Card) ([]bot.Part, error) {
	card, whole, err := p.card(c)
	if err == nil && !whole {
		card, _, err = p.card(bot.Card{Title: c.Title, Buttons: c.Buttons, Footer: c.Footer})
	}
	if err != nil {
		return nil, err
	}
	data, err := json.Marshal(card)
	if err != nil {
		return nil, fmt.Errorf("wecom: write a card: %w", err)
	}
	part := bot.Part{Type: typeCard, Data: data}
	if whole {
		return []bot.Part{part}, nil
	}
	before, err := contents(typeText, pack(cardText(c), maxContent, 1))
	return append(before, part), err
}

// replace is a card in place of the tapped one.
func (p *Platform) replace(c bot.Card, response string) ([]bot.Part, error) {
	card, whole, err := p.card(c)
	if err != nil {
		return nil, err
	}
	otherwise := bot.Card{Title: c.Title}
	if whole {
		otherwise = c
	}
	var before []bot.Part
	if !whole {
		if before, err = contents(typeText, pack(cardText(c), maxContent, 1)); err != nil {
			return nil, err
		}
	}
	r := replacement{Card: &card, Else: &alternative{Type: typeCard}}
	if len(c.Buttons) > 0 {
		r.Else.Data, err = json.Marshal(card)
	} else {
		r.Else.Type = typeText
		r.Else.Data, err = json.Marshal(content{pack(cardText(otherwise), maxContent, 1)[0]})
	}
	if err != nil {
		return nil, fmt.Errorf("wecom: write a card: %w", err)
	}
	part, err := update(r, response)
	return append(before, part), err
}

// replaceByText puts a word in place of a card's buttons, and a text in place of the card.
func (p *Platform) replaceByText(text, response string) ([]bot.Part, error) {
	if utf8.RuneCountInString(text) > maxButtonText || strings.Contains(text, "\n") {
		title, rest, _ := strings.Cut(text, "\n")
		c := bot.Card{Title: title}
		if rest != "" {
			c.Lines = []bot.Line{{Text: rest}}
		}
		return p.replace(c, response)
	}
	data, err := json.Marshal(content{escapeText(text)})
	if err != nil {
		return nil, fmt.Errorf("wecom: write a text: %w", err)
	}
	part, err := update(replacement{Button: &replaceButton{text}, Else: &alternative{typeText, data}}, response)
	return []bot.Part{part}, err
}

func update(r replacement, response string) (bot.Part, error) {
	data, err := json.Marshal(r)
	if err != nil {
		return bot.Part{}, fmt.Errorf("wecom: write a replacement: %w", err)
	}
	return bot.Part{Type: typeUpdate, Data: data, Response: response}, nil
}

// cardText is a card as lines of plain text.
func cardText(c bot.Card) []row {
	line := func(s string) row { return row{text: escapeText(oneLine(s))} }
	var out []row
	if c.Title != "" {
		out = append(out, line(c.Title))
	}
	for _, l := range c.Lines {
		switch {
		case l.Kind == bot.LineRule:
			out = append(out, row{})
		case l.Kind == bot.LineHeading, l.Kind == bot.LineFold:
			out = append(out, row{}, row{"【", escapeText(oneLine(l.Text)), "】"})
		case l.Label != "":
			label := escapeText(cutRunes(oneLine(l.Label), maxLabel))
			rows := textRows(l.Text)
			rows[0].open = label + colon(label)
			out = append(out, rows...)
		default:
			out = append(out, textRows(l.Text)...)
		}
	}
	if c.Footer != "" {
		out = append(out, row{}, line(c.Footer))
	}
	return tidy(out)
}

// colours are the three that markdown has, by tone.
var colours = map[bot.Tone]string{bot.ToneGood: "info", bot.ToneWarn: "warning", bot.ToneBad: "warning", bot.ToneQuiet: "comment"}

// cardMarkdown is a card as lines of markdown.
func cardMarkdown(c bot.Card) []row {
	font := func(colour, s string) row {
		return row{`<font color="` + colour + `">`, escapeMarkdown(oneLine(s)), `</font>`}
	}
	bold := func(s string) row { return row{"**", escapeMarkdown(oneLine(s)), "**"} }
	var out []row
	if c.Title != "" {
		title := row{"### ", escapeMarkdown(oneLine(c.Title)), ""}
		if colour, ok := colours[c.Tone]; ok {
			title = font(colour, c.Title)
			title.open = "### " + title.open
		}
		out = append(out, title)
	}
	for _, l := range c.Lines {
		switch {
		case l.Kind == bot.LineRule:
			out = append(out, row{})
		case l.Kind == bot.LineHeading, l.Kind == bot.LineFold:
			out = append(out, row{}, bold(l.Text))
		case l.Label != "":
			label := bold(cutRunes(l.Label, maxLabel)).String() + colon(l.Label)
			for i, s := range strings.Split(l.Text, "\n") {
				r := row{text: escapeMarkdown(oneLine(s))}
				if i == 0 {
					r.open = label
				}
				out = append(out, r)
			}
		default:
			for s := range strings.SplitSeq(l.Text, "\n") {
				if l.Kind == bot.LineQuiet {
					out = append(out, font("comment", s))
				} else {
					out = append(out, row{text: escapeMarkdown(oneLine(s))})
				}
			}
		}
	}
	for _, b := range c.Buttons {
		if b.Link != "" {
			out = append(out, row{"[", escapeMarkdown(oneLine(b.Text)), "](" + b.Link + ")"})
		}
	}
	if c.Footer != "" {
		out = append(out, font("comment", c.Footer))
	}
	return tidy(out)
}

// tidy takes away markup around nothing, and empty lines that follow one another.
func tidy(rows []row) []row {
	var out []row
	for _, r := range rows {
		if strings.TrimSpace(r.text) == "" && r.close != "" {
			continue
		}
		blank := r.size() == 0
		if blank && (len(out) == 0 || out[len(out)-1].size() == 0) {
			continue
		}
		out = append(out, r)
	}
	return out
}
