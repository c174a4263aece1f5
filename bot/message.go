package bot

import (
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"roundsman/geo"
	"roundsman/visit"
)

// Message is something that arrived: what a person sent or tapped, an event of
// a platform, or an internal event for a lane.
type Message struct {
	// Key identifies the source event; every delivery of the same thing has the same key.
	Key string `json:"key"`
	// Platform is empty for internal events.
	Platform string `json:"platform,omitempty"`
	// ID is the platform's message id; empty for events that have none.
	ID string `json:"id,omitempty"`
	// From is the sender's user id on the platform.
	From string `json:"from,omitempty"`
	// Chat is where an answer goes.
	Chat Address `json:"chat,omitzero"`
	// Mentioned says that a group message was addressed to the bot.
	Mentioned bool `json:"mentioned,omitempty"`
	// At is the event's own time, Received when it arrived; UTC.
	At       time.Time `json:"at"`
	Received time.Time `json:"received"`

	Text     string    `json:"text,omitempty"`
	Location *Location `json:"location,omitempty"`
	Media    []Media   `json:"media,omitempty"`
	Press    *Press    `json:"press,omitempty"`
	// Notice is something that happened to the bot itself.
	Notice Notice `json:"notice,omitempty"`
	// Fact is an internal event: a fact for the lane of its rep.
	Fact *visit.Fact `json:"fact,omitempty"`
	// Due is an internal event: a job's slot came, for the lane of a rep.
	Due *Due `json:"due,omitempty"`
}

// Due is a job that is to be done with a rep's day, at the slot Message.At.
type Due struct {
	Job string `json:"job"`
	Rep string `json:"rep"`
	// Date is the slot's date, on the wall of the rep's team.
	Date visit.Date `json:"date"`
	// Of is what of the day it is about, in the job's words; empty for all of it.
	Of string `json:"of,omitempty"`
}

// Internal returns the rep into whose lane an internal event goes.
func (m Message) Internal() (rep string, ok bool) {
	switch {
	case m.Fact != nil:
		return m.Fact.Rep, true
	case m.Due != nil:
		return m.Due.Rep, true
	}
	return "", false
}

// Location is a place as the platform gave it, not yet checked.
type Location struct {
	// Lat and Lng are decimal degrees as text, as received.
	Lat, Lng string
	Datum    geo.Datum
	// Accuracy is the radius in metres, 0 if the platform gives none.
	Accuracy float64
	Name     string
	// Passive says that the platform reported it of itself, without the person sending it.
	Passive bool
	// Device says that the person's device measured it, on a page of ours, at the
	// message's time by its own word.
	Device bool
	// Customer is the id of the customer whose code was scanned there, on a page of ours; empty if none was.
	Customer string
}

// Media is a picture or a document that was sent; its bytes are fetched by the resource key.
type Media struct {
	Resource string
	// File says that it came as a file, not as a picture.
	File bool
	// Document says that it is a file of another kind than a picture, such as a table.
	Document bool
	Name     string
}

// Press is a tap on a button.
type Press struct {
	// Value is the sealed value that the button carried.
	Value string
	// Message is the platform's id of the message with the button.
	Message string
	// Response is the platform's one-time right to change that message, if it gives one.
	Response string
}

// Notice says what happened to the bot itself.
type Notice string

// The notices.
const (
	// NoticeJoined: the bot was added to the group Message.Chat.
	NoticeJoined Notice = "joined"
	// NoticeEntered: the person opened the chat with the bot.
	NoticeEntered Notice = "entered"
)

// Bounds on what is kept of a message, in runes.
const (
	maxText = 2000
	maxName = 120
	// maxMedia bounds the pictures of one message.
	maxMedia = 20
	// maxID bounds ids and keys of a platform, in bytes.
	maxID = 256
	// maxSealedValue bounds what a button carried, in bytes.
	maxSealedValue = 4096
)

// clean returns m with everything that came from outside bounded and free of
// control and direction-changing characters.
func (m Message) clean() Message {
	m.Text = Clean(m.Text, maxText)
	m.ID, m.From, m.Chat.ID = bound(m.ID, maxID), bound(m.From, maxID), bound(m.Chat.ID, maxID)
	if m.Press != nil {
		m.Press = &Press{Value: bound(m.Press.Value, maxSealedValue), Message: bound(m.Press.Message, maxID), Response: bound(m.Press.Response, 2*maxID)}
	}
	if m.Location != nil {
		l := *m.Location
		l.Name, l.Lat, l.Lng = Clean(l.Name, maxName), Clean(l.Lat, maxName), Clean(l.Lng, maxName)
		m.Location = &l
	}
	m.Media = append([]Media(nil), m.Media[:min(len(m.Media), maxMedia)]...)
	for i := range m.Media {
		m.Media[i].Name = Clean(m.Media[i].Name, maxName)
		m.Media[i].Resource = bound(m.Media[i].Resource, 2*maxID)
	}
	return m
}

// bound returns s, or nothing of what is too long to be what it should be: a cut id would be another's.
func bound(s string, limit int) string {
	if len(s) > limit {
		return ""
	}
	return s
}

// Clean returns s as text that is safe to keep and to show: valid UTF-8, at
// most limit runes, without control characters (newlines stay, other white
// space becomes a space), without characters that change the direction of
// writing or join invisibly.
func Clean(s string, limit int) string {
	s = strings.ToValidUTF8(s, "\uFFFD")
	var b strings.Builder
	n := 0
	for _, r := range s {
		switch {
		case r == '\n':
		case r == '\u200d':
			// Joins emoji; harmless alone.
		case unicode.Is(unicode.Bidi_Control, r), unicode.Is(unicode.Cf, r), r == '\u2028', r == '\u2029':
			continue
		case unicode.IsSpace(r):
			r = ' '
		case unicode.IsControl(r), unicode.Is(unicode.Co, r), unicode.Is(unicode.Cs, r):
			continue
		}
		if n++; n > limit {
			break
		}
		b.WriteRune(r)
	}
	return strings.TrimSpace(b.String())
}

// CutBytes returns the longest prefix of s that has at most limit bytes and
// ends between runes, with an ellipsis in place of what was cut.
func CutBytes(s string, limit int) string {
	if len(s) <= limit {
		return s
	}
	const ellipsis = "…"
	cut := max(limit-len(ellipsis), 0)
	for cut > 0 && !utf8.RuneStart(s[cut]) {
		cut--
	}
	if limit < len(ellipsis) {
		return ""
	}
	return s[:cut] + ellipsis
}
