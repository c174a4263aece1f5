package feishu

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"regexp"
	"strings"

	larkim "github.com/larksuite/oapi-sdk-go/v3/service/im/v1"

	"roundsman/bot"
)

// Limits of the body of a request, in bytes, a little below the documented 150 KB
// of a text and 30 KB of a card: the content is a string in it and counts with its
// escapes, and the other fields count too.
const (
	maxTextBody = 149 << 10
	maxCardBody = 29 << 10
	// maxImage is the largest picture that can be uploaded.
	maxImage = 10 << 20
	// maxElements is below the 200 elements that a card may have.
	maxElements = 180
)

// Bounds on single texts of a card, in bytes: they keep one of them from pushing
// out everything else.
const (
	maxTitle  = 300
	maxLabel  = 120
	maxLine   = 6000
	maxFooter = 1000
	maxButton = 90
)

// ellipsis stands for what was cut.
const ellipsis = "…"

// Compose writes a body in Feishu's form: a text message, a card of schema 2.0, or
// a picture or file that Send uploads. What is too long is cut and ends with "…".
func (p *Platform) Compose(to bot.Address, b bot.Body) ([]bot.Part, error) {
	if _, err := receiveIDType(to); err != nil {
		return nil, err
	}
	switch {
	case b.Card != nil:
		return []bot.Part{{Type: larkim.MsgTypeInteractive, Data: composeCard(to.Place, *b.Card)}}, nil
	case b.Image != nil:
		if len(b.Image.Data) == 0 || len(b.Image.Data) > maxImage {
			return nil, fmt.Errorf("feishu: a picture of %d bytes cannot be sent", len(b.Image.Data))
		}
		return []bot.Part{{Type: larkim.MsgTypeImage, Upload: b.Image}}, nil
	case b.File != nil:
		if len(b.File.Data) == 0 || len(b.File.Data) > bot.MaxFile || b.File.Name == "" {
			return nil, fmt.Errorf("feishu: a file of %d bytes cannot be sent", len(b.File.Data))
		}
		return []bot.Part{{Type: larkim.MsgTypeFile, Upload: b.File}}, nil
	case b.Text != "":
		return []bot.Part{{Type: larkim.MsgTypeText, Data: composeText(b.Text)}}, nil
	}
	return nil, errors.New("feishu: there is nothing to say")
}

// composeText writes the content of a text message.
func composeText(text string) []byte {
	text = plain(text)
	content := func(limit int) []byte {
		return marshal(map[string]string{"text": bot.CutBytes(text, limit)})
	}
	out := content(len(text))
	// Escapes make some characters longer, so the room for the text is searched.
	if bodySize(out) > maxTextBody {
		low, high := 0, min(len(text), maxTextBody)
		for low < high {
			mid := (low + high + 1) / 2
			if bodySize(content(mid)) <= maxTextBody {
				low = mid
			} else {
				high = mid - 1
			}
		}
		out = content(low)
	}
	return out
}

var (
	// Text messages know <at …>, <b>, <i>, <u>, <s> and <a>.
	tags    = regexp.MustCompile(`<([/!]?[A-Za-z])`)
	mention = regexp.MustCompile(`(?i)<(\s*/?\s*(?:at|person)\b)`)
	// And, of Markdown, links and bold; entities in case a client reads them.
	links = strings.NewReplacer("](", "] (", "**", "＊＊", "&lt;", "＜", "&#60;", "＜", "&#x3c;", "＜", "&#x3C;", "＜")
)

// plain breaks what a text message would show as markup or a mention, and leaves
// it readable.
func plain(s string) string {
	return links.Replace(tags.ReplaceAllString(breakMentions(strings.ToValidUTF8(s, "\uFFFD")), "＜$1"))
}

// bodySize is how long content is as a string within the JSON of a request.
func bodySize(content []byte) int {
	b, err := json.Marshal(string(content))
	if err != nil {
		return len(content) * 6 // a string cannot fail
	}
	return len(b)
}

// marshal writes JSON without escaping <, > and &, as the content is JSON in a
// string and not HTML.
func marshal(v any) []byte {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	if err := e.Encode(v); err != nil {
		panic("feishu: " + err.Error()) // structs of strings cannot fail
	}
	return bytes.TrimRight(b.Bytes(), "\n")
}
