package bot

// Body is what a post says: one of Text, Card, Image and File. Everything in it is
// plain text; an adapter escapes it, so that nothing a person wrote can become
// markup, a mention or a link.
type Body struct {
	Text string `json:"text,omitempty"`
	Card *Card  `json:"card,omitempty"`
	// Image is shown, at most 2 MB of PNG or JPEG; File is offered for download.
	Image *File `json:"image,omitempty"`
	File  *File `json:"file,omitempty"`
	// Response is the one-time right to change a message that came with a tap
	// ([Press.Response]): where the platform works so, this body replaces that
	// message instead of being sent as a new one.
	Response string `json:"response,omitempty"`
}

// Card is a message with a head, lines and buttons.
type Card struct {
	Title string `json:"title"`
	Tone  Tone   `json:"tone,omitempty"`
	// Lines are shown in order.
	Lines []Line `json:"lines,omitempty"`
	// Short is what a platform that cannot fold shows in their place where they
	// do not fit one message; empty where there is nothing to leave out.
	Short   []Line   `json:"short,omitempty"`
	Buttons []Button `json:"buttons,omitempty"`
	// Footer is small print.
	Footer string `json:"footer,omitempty"`
}

// Tone colours a card's head.
type Tone string

// The tones.
const (
	ToneInfo Tone = ""
	ToneGood Tone = "good"
	ToneWarn Tone = "warn"
	ToneBad  Tone = "bad"
	// ToneQuiet is for what is over.
	ToneQuiet Tone = "quiet"
)

// Line is one line of a card.
type Line struct {
	Kind LineKind `json:"kind,omitempty"`
	// Label is the name of a field; empty for plain lines.
	Label string `json:"label,omitempty"`
	Text  string `json:"text,omitempty"`
}

// LineKind is how a line is set.
type LineKind string

// The kinds of lines.
const (
	LinePlain   LineKind = ""
	LineHeading LineKind = "heading"
	LineQuiet   LineKind = "quiet"
	LineRule    LineKind = "rule"
	// LineFold is a heading under which what follows, to the end of the card, is
	// folded away where the platform can.
	LineFold LineKind = "fold"
)

// Button is something to tap. Value is sealed; where it is empty the button
// opens Link, an address of our own.
type Button struct {
	Text  string      `json:"text"`
	Value string      `json:"value"`
	Style ButtonStyle `json:"style,omitempty"`
	Link  string      `json:"link,omitempty"`
}

// ButtonStyle is how much a button stands out.
type ButtonStyle string

// The styles.
const (
	ButtonPlain   ButtonStyle = ""
	ButtonPrimary ButtonStyle = "primary"
	ButtonDanger  ButtonStyle = "danger"
)

// Empty reports whether there is nothing to say.
func (b Body) Empty() bool {
	return b.Text == "" && b.Card == nil && b.Image == nil && b.File == nil
}

// MaxFile is the largest file that is sent, in bytes: with its base64 it fits a
// document of MongoDB, and both platforms take more.
const MaxFile = 8 << 20

// File is a picture or another file, of at most [MaxFile] bytes.
type File struct {
	Data []byte `json:"data"`
	// Name is what it is saved as.
	Name string `json:"name"`
	// Alt is what a picture shows, in words.
	Alt string `json:"alt,omitempty"`
}
