package demo

import (
	"strings"
	"time"
)

// Message is a message of a chat in a form that is the same for both
// platforms. Everything in it is plain text.
type Message struct {
	ID   string `json:"id"`
	Bot  bool   `json:"bot"`
	From string `json:"from"`
	// Time is when it was sent, Changed how often it changed since.
	Time    time.Time `json:"time"`
	Changed int       `json:"changed"`
	Text    string    `json:"text,omitempty"`
	// Photo names a picture that the page can show.
	Photo string `json:"photo,omitempty"`
	// File is what a file is called, Link where it can be had.
	File  string `json:"file,omitempty"`
	Link  string `json:"link,omitempty"`
	Place *Place `json:"place,omitempty"`
	Card  *Card  `json:"card,omitempty"`
}

// Place is a pin, in degrees of GCJ-02.
type Place struct {
	Label string  `json:"label"`
	Lat   float64 `json:"lat"`
	Lng   float64 `json:"lng"`
}

// Card is a message with a head, lines and buttons.
type Card struct {
	Title string `json:"title"`
	// Tone is info, good, warn, bad or quiet.
	Tone    string   `json:"tone"`
	Blocks  []Block  `json:"blocks"`
	Buttons []Button `json:"buttons,omitempty"`
	// Closed stands where the buttons were.
	Closed string `json:"closed,omitempty"`
	// Markdown says that it is a markdown message, which has no frame.
	Markdown bool `json:"markdown,omitempty"`
}

// Block is a line of a card: a text, a heading, a quiet line, a rule or a field with a label.
type Block struct {
	Kind  string `json:"kind"`
	Label string `json:"label,omitempty"`
	Text  string `json:"text,omitempty"`
}

// The kinds of blocks.
const (
	blockText    = "text"
	blockHeading = "heading"
	blockQuiet   = "quiet"
	blockRule    = "rule"
	blockField   = "field"
)

// Button is a button of a card. Style is plain, primary or danger.
type Button struct {
	Text  string `json:"text"`
	Style string `json:"style"`
	// Link says that it opens the check-in page.
	Link bool `json:"link,omitempty"`
}

// lines writes a message as a person reads it.
func (m Message) lines() []string {
	var out []string
	switch {
	case m.Card != nil:
		return m.Card.lines()
	case m.Place != nil:
		out = append(out, "📍 "+m.Place.Label)
	case m.Photo != "":
		out = append(out, "📷")
	case m.File != "":
		out = append(out, "📎 "+m.File)
	}
	if m.Text != "" {
		out = append(out, strings.Split(m.Text, "\n")...)
	}
	return out
}

func (c Card) lines() []string {
	out := []string{c.Title}
	add := func(s string) {
		out = append(out, strings.Split(s, "\n")...)
	}
	for _, b := range c.Blocks {
		switch b.Kind {
		case blockRule:
			add("───")
		case blockField:
			add(b.Label + "  " + b.Text)
		default:
			add(b.Text)
		}
	}
	var row []string
	for _, b := range c.Buttons {
		row = append(row, "["+b.Text+"]")
	}
	if c.Closed != "" {
		row = append(row, "("+c.Closed+")")
	}
	if len(row) > 0 {
		add(strings.Join(row, " "))
	}
	return out
}

// figure returns what a message says beside a label: of a field of a card, or
// of a line that begins with it.
func (m Message) figure(label string) (string, bool) {
	if m.Card != nil {
		for _, b := range m.Card.Blocks {
			if b.Kind == blockField && b.Label == label {
				return b.Text, true
			}
		}
	}
	for _, l := range m.lines() {
		if rest, ok := strings.CutPrefix(l, label); ok {
			return strings.TrimLeft(rest, "：: "), true
		}
	}
	return "", false
}
