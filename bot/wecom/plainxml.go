package wecom

import (
	"bytes"
	"encoding/xml"
	"errors"
	"io"
	"strings"
	"unicode/utf8"
)

// Bounds on XML from outside; WeCom's own is three levels deep and has a few
// dozen elements.
const (
	maxDepth    = 32
	maxElements = 1024
)

var errXML = errors.New("not the XML that WeCom sends")

// fields reads <xml><Name>text</Name>…</xml> and returns the texts of the
// names that are asked for. Declarations and comments are refused, as is depth,
// and a name that is asked for and comes twice: the one that is checked must be
// the one that is used. What lies deeper is passed over.
func fields(data []byte, names ...string) (map[string]string, error) {
	wanted := make(map[string]bool, len(names))
	for _, n := range names {
		wanted[n] = true
	}
	out := make(map[string]string, len(names))
	d := xml.NewDecoder(bytes.NewReader(legible(data)))
	var name string
	var text strings.Builder
	for depth, elements, roots := 0, 0, 0; ; {
		tok, err := d.RawToken()
		if errors.Is(err, io.EOF) {
			if depth != 0 || roots != 1 {
				return nil, errXML
			}
			return out, nil
		}
		if err != nil {
			return nil, errXML
		}
		switch t := tok.(type) {
		case xml.Directive, xml.Comment:
			return nil, errXML
		case xml.ProcInst:
			if t.Target != "xml" || elements > 0 {
				return nil, errXML
			}
		case xml.StartElement:
			depth++
			elements++
			if depth > maxDepth || elements > maxElements {
				return nil, errXML
			}
			switch depth {
			case 1:
				if roots++; roots > 1 || t.Name.Local != "xml" {
					return nil, errXML
				}
			case 2:
				name = t.Name.Local
				text.Reset()
			}
		case xml.EndElement:
			if depth == 2 {
				if t.Name.Local != name {
					return nil, errXML
				}
				if wanted[name] {
					if _, twice := out[name]; twice {
						return nil, errXML
					}
					out[name] = strings.TrimSpace(text.String())
				}
			}
			if depth--; depth < 0 {
				return nil, errXML
			}
		case xml.CharData:
			if depth == 2 {
				text.Write(t)
			}
		}
	}
}

// legible returns data as XML may carry it: what people write is not refused
// for a stray byte or a control character, which would lose their message.
func legible(data []byte) []byte {
	return bytes.Map(func(r rune) rune {
		switch {
		case r == '\t', r == '\n', r == '\r':
			return r
		case r < ' ', r == 0xFFFE, r == 0xFFFF:
			return -1
		}
		return r
	}, bytes.ToValidUTF8(data, []byte(string(utf8.RuneError))))
}
