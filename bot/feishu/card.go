package feishu

import (
	"slices"
	"strings"

	"roundsman/bot"
)

// The keys of a button's callback value: what it carries, and, in groups, that it
// is in one, which a callback does not say.
const (
	valueKey = "v"
	placeKey = "place"
)

// card is a card of schema 2.0. In it Feishu refuses properties that it does not
// know, so only documented ones are here.
type card struct {
	Schema string     `json:"schema"`
	Config cardConfig `json:"config"`
	Header *header    `json:"header,omitempty"`
	Body   cardBody   `json:"body"`
}

type cardConfig struct {
	// UpdateMulti must be true for the card to be changed later.
	UpdateMulti bool `json:"update_multi"`
}

type header struct {
	Title    plainText `json:"title"`
	Template string    `json:"template"`
}

type cardBody struct {
	Elements []any `json:"elements"`
}

// plainText is the only kind of text used: it knows neither markup nor mentions.
type plainText struct {
	Tag     string `json:"tag"` // plain_text
	Content string `json:"content"`
	Size    string `json:"text_size,omitempty"`
	Color   string `json:"text_color,omitempty"`
}

type div struct {
	Tag  string    `json:"tag"` // div
	Text plainText `json:"text"`
}

type hr struct {
	Tag string `json:"tag"` // hr
}

// panel is what the reader unfolds.
type panel struct {
	Tag      string      `json:"tag"` // collapsible_panel
	Expanded bool        `json:"expanded"`
	Header   panelHeader `json:"header"`
	Elements []any       `json:"elements"`
}

type panelHeader struct {
	Title plainText `json:"title"`
}

type columnSet struct {
	Tag      string   `json:"tag"` // column_set
	FlexMode string   `json:"flex_mode"`
	Columns  []column `json:"columns"`
}

type column struct {
	Tag      string `json:"tag"` // column
	Width    string `json:"width"`
	Weight   int    `json:"weight,omitempty"`
	Elements []any  `json:"elements"`
}

type button struct {
	Tag       string     `json:"tag"` // button
	Text      plainText  `json:"text"`
	Type      string     `json:"type"`
	Behaviors []behavior `json:"behaviors"`
}

type behavior struct {
	Type string `json:"type"` // callback or open_url
	// Value must be an object: the SDK cannot read a string.
	Value map[string]string `json:"value,omitempty"`
	URL   string            `json:"default_url,omitempty"`
}

var templates = map[bot.Tone]string{
	bot.ToneInfo: "blue", bot.ToneGood: "green", bot.ToneWarn: "orange", bot.ToneBad: "red", bot.ToneQuiet: "grey",
}

var buttonTypes = map[bot.ButtonStyle]string{
	bot.ButtonPlain: "default", bot.ButtonPrimary: "primary", bot.ButtonDanger: "danger",
}

// A card has room for a number of elements, and two columns for a label and its
// text cost seven. From this many lines on, or where it has no room otherwise, a card is set
// densely: label and text as one, and lines that follow each other as one element.
const (
	manyLabels = 16
	manyLines  = 60
)

// composeCard writes a card. Lines that have no room are left out from the end,
// with "…" in their place; then buttons are, from the end.
func composeCard(place bot.Place, c bot.Card) []byte {
	columns := 0
	for _, l := range c.Lines {
		if l.Kind == bot.LinePlain && l.Label != "" {
			columns++
		}
	}
	dense := columns >= manyLabels || len(c.Lines) >= manyLines
	build := func(lines, buttons int) ([]byte, bool) {
		shown := c.Lines[:lines]
		if dense {
			shown = joined(shown)
		}
		if lines < len(c.Lines) {
			shown = append(slices.Clone(shown), bot.Line{Text: ellipsis})
		}
		out := card{Schema: "2.0", Config: cardConfig{UpdateMulti: true}, Body: cardBody{Elements: []any{}}}
		n := 0
		var folded *panel
		add := func(cost int, e any) {
			n += cost
			if folded != nil {
				folded.Elements = append(folded.Elements, e)
				return
			}
			out.Body.Elements = append(out.Body.Elements, e)
		}
		if c.Title != "" {
			out.Header = &header{Title: text(c.Title, maxTitle, "", ""), Template: template(c.Tone)}
			n++
		}
		for _, l := range shown {
			if l.Kind == bot.LineFold && folded == nil {
				p := &panel{"collapsible_panel", false, panelHeader{text(oneText(l), maxTitle, "", "")}, []any{}}
				add(2, p)
				folded = p
				continue
			}
			if cost, e := line(l); e != nil {
				add(cost, e)
			}
		}
		folded = nil
		if buttons > 0 {
			cost, e := row(place, c.Buttons[:buttons])
			add(cost, e)
		}
		if c.Footer != "" {
			add(2, div{"div", text(c.Footer, maxFooter, "notation", "grey")})
		}
		data := marshal(out)
		return data, n <= maxElements && bodySize(data) <= maxCardBody
	}
	if data, ok := build(len(c.Lines), len(c.Buttons)); ok {
		return data
	}
	dense = true
	if data, ok := build(len(c.Lines), len(c.Buttons)); ok {
		return data
	}
	// most finds the largest count that fits; 0 is the least there is.
	most := func(limit int, fits func(int) bool) int {
		low, high := 0, limit
		for low < high {
			mid := (low + high + 1) / 2
			if fits(mid) {
				low = mid
			} else {
				high = mid - 1
			}
		}
		return low
	}
	buttons := most(len(c.Buttons), func(n int) bool { _, ok := build(0, n); return ok })
	lines := most(len(c.Lines), func(n int) bool { _, ok := build(n, buttons); return ok })
	data, _ := build(lines, buttons)
	return data
}

// joined makes one line of plain lines that follow each other.
func joined(lines []bot.Line) []bot.Line {
	var out []bot.Line
	open := false // the last line can be added to
	for _, l := range lines {
		value := oneText(l)
		switch {
		case l.Kind != bot.LinePlain:
			out, open = append(out, l), false
		case value == "":
		case open:
			out[len(out)-1].Text += "\n" + value
		default:
			out, open = append(out, bot.Line{Text: value}), true
		}
	}
	return out
}

// oneText sets a label and its text as one.
func oneText(l bot.Line) string {
	label, value := strings.TrimSpace(l.Label), strings.TrimSpace(l.Text)
	if label != "" {
		label = bot.CutBytes(label, maxLabel) + "  "
	}
	return strings.TrimSpace(label + bot.CutBytes(value, maxLine))
}

// line sets one line; nil if it shows nothing.
func line(l bot.Line) (cost int, element any) {
	label, value := strings.TrimSpace(l.Label), strings.TrimSpace(l.Text)
	if l.Kind == bot.LineRule {
		return 1, hr{"hr"}
	}
	if label != "" && value != "" && l.Kind == bot.LinePlain {
		return 7, columnSet{"column_set", "none", []column{
			{"column", "weighted", 1, []any{div{"div", text(label, maxLabel, "", "grey")}}},
			{"column", "weighted", 3, []any{div{"div", text(value, maxLine, "", "")}}},
		}}
	}
	if label != "" {
		value = oneText(l)
	}
	switch {
	case value == "":
		return 0, nil
	case l.Kind == bot.LineHeading, l.Kind == bot.LineFold:
		return 2, div{"div", text(value, maxLine, "heading", "")}
	case l.Kind == bot.LineQuiet:
		return 2, div{"div", text(value, maxLine, "notation", "grey")}
	}
	// Joined lines are bounded one by one, and all together by the card.
	return 2, div{"div", text(value, maxCardBody, "", "")}
}

// row sets the buttons side by side; on a narrow screen they wrap.
func row(place bot.Place, buttons []bot.Button) (cost int, element columnSet) {
	set := columnSet{Tag: "column_set", FlexMode: "flow"}
	for _, b := range buttons {
		does := behavior{Type: "open_url", URL: b.Link}
		if b.Value != "" {
			value := map[string]string{valueKey: b.Value}
			if place == bot.ToGroup {
				value[placeKey] = string(place)
			}
			does = behavior{Type: "callback", Value: value}
		}
		kind, ok := buttonTypes[b.Style]
		if !ok {
			kind = buttonTypes[bot.ButtonPlain]
		}
		set.Columns = append(set.Columns, column{"column", "auto", 0, []any{
			button{"button", text(b.Text, maxButton, "", ""), kind, []behavior{does}},
		}})
	}
	return 1 + 3*len(buttons), set
}

func text(s string, limit int, size, color string) plainText {
	return plainText{"plain_text", bot.CutBytes(breakMentions(strings.ToValidUTF8(s, "\uFFFD")), limit), size, color}
}

// breakMentions keeps a mention from being one even if a client took plain text
// for markup.
func breakMentions(s string) string { return mention.ReplaceAllString(s, "＜$1") }

func template(t bot.Tone) string {
	if v, ok := templates[t]; ok {
		return v
	}
	return templates[bot.ToneInfo]
}
