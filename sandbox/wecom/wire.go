package wecom

import (
	"bytes"
	"encoding/json"
	"encoding/xml"
	"errors"
	"io"
	"strconv"
	"strings"
	"unicode"
)

// cdata is a text that is written as <![CDATA[…]]>, as the platform does.
type cdata struct {
	Text string `xml:",cdata"`
}

// xmlWriter builds the plain XML of a callback, elements in the documents' order.
type xmlWriter struct{ b strings.Builder }

func (w *xmlWriter) open(name string)  { w.b.WriteString("<" + name + ">") }
func (w *xmlWriter) close(name string) { w.b.WriteString("</" + name + ">") }

// text writes an element with CDATA. Characters that XML cannot carry are left
// out, and an end mark inside is split.
func (w *xmlWriter) text(name, v string) {
	v = strings.Map(func(r rune) rune {
		if r < 0x20 && r != '\t' && r != '\n' && r != '\r' || r == unicode.ReplacementChar || r == 0xFFFE || r == 0xFFFF {
			return -1
		}
		return r
	}, v)
	w.open(name)
	w.b.WriteString("<![CDATA[" + strings.ReplaceAll(v, "]]>", "]]]]><![CDATA[>") + "]]>")
	w.close(name)
}

func (w *xmlWriter) number(name string, v int64) {
	w.open(name)
	w.b.WriteString(strconv.FormatInt(v, 10))
	w.close(name)
}

func (w *xmlWriter) decimal(name string, v float64, digits int) {
	w.open(name)
	w.b.WriteString(strconv.FormatFloat(v, 'f', digits, 64))
	w.close(name)
}

// element is a parsed XML tree, for passive replies.
type element struct {
	name     string
	value    string
	children []*element
}

const maxDepth = 16

// parseElement reads one XML document.
func parseElement(b []byte) (*element, error) {
	d := xml.NewDecoder(bytes.NewReader(b))
	root := &element{}
	stack := []*element{root}
	for {
		tok, err := d.Token()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return nil, err
		}
		top := stack[len(stack)-1]
		switch t := tok.(type) {
		case xml.StartElement:
			if len(stack) > maxDepth {
				return nil, errors.New("too deep")
			}
			el := &element{name: t.Name.Local}
			top.children = append(top.children, el)
			stack = append(stack, el)
		case xml.EndElement:
			stack = stack[:len(stack)-1]
		case xml.CharData:
			top.value += string(t)
		}
	}
	if len(root.children) != 1 {
		return nil, errors.New("want one root element")
	}
	return root.children[0], nil
}

// child returns the first child of the name, or an empty element.
func (e *element) child(name string) *element {
	for _, c := range e.children {
		if c.name == name {
			return c
		}
	}
	return &element{name: name}
}

func (e *element) all(name string) []*element {
	var out []*element
	for _, c := range e.children {
		if c.name == name {
			out = append(out, c)
		}
	}
	return out
}

// text is the trimmed text of a child.
func (e *element) text(name string) string { return strings.TrimSpace(e.child(name).value) }

// toJSON turns the XML form of a card into the form of the API: MainTitle becomes
// main_title, and an element that ends in List becomes an array with an item for
// each time it occurs.
func (e *element) toJSON() any {
	if len(e.children) == 0 {
		v := strings.TrimSpace(e.value)
		switch e.name {
		case "Type", "Style", "DescColor", "Mode", "Disable":
			if n, err := strconv.Atoi(v); err == nil {
				return n
			}
		}
		return v
	}
	out := map[string]any{}
	for _, c := range e.children {
		k := snake(c.name)
		if strings.HasSuffix(c.name, "List") {
			list, _ := out[k].([]any)
			out[k] = append(list, c.toJSON())
			continue
		}
		out[k] = c.toJSON()
	}
	return out
}

// snake writes QuoteText as quote_text. KeyName, AppID and the like are one word
// in the API.
func snake(name string) string {
	switch name {
	case "KeyName", "Appid", "AppID", "AppId", "Pagepath", "PagePath", "Userid", "UserID", "UserId":
		return strings.ToLower(name)
	}
	var b strings.Builder
	for i, r := range name {
		if i > 0 && unicode.IsUpper(r) {
			b.WriteByte('_')
		}
		b.WriteRune(unicode.ToLower(r))
	}
	return b.String()
}

// mustJSON encodes a value of ours.
func mustJSON(v any) json.RawMessage {
	b, err := json.Marshal(v)
	if err != nil {
		panic("wecom sandbox: " + err.Error())
	}
	return b
}
