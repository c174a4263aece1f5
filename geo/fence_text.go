package geo

import (
	"encoding/json"
	"errors"
	"strconv"
	"strings"
)

// Bounds, in bytes, of what is read: 200 vertices at full length fit.
const (
	maxFenceText = 16 << 10
	maxFenceJSON = 64 << 10
)

// ErrFenceText is a text that is no fence, or one of more than 16 KiB (64 KiB as JSON).
var ErrFenceText = errors.New("not a fence: lng,lat;lng,lat;lng,lat or POLYGON((lng lat, lng lat, lng lat))")

// betweenVertices reports whether r is what people, map services and Chinese
// keyboards put between vertices.
func betweenVertices(r rune) bool { return strings.ContainsRune(";；|\r\n", r) }

// ParseFence reads a fence as a column of an import holds it: longitude first,
// as the coordinate pickers of map services give it,
//
//	lng,lat;lng,lat;lng,lat
//
// in degrees of the datum, with semicolons, bars or line breaks between the
// vertices; or as the WKT of a polygon without holes,
//
//	POLYGON((lng lat, lng lat, lng lat, lng lat))
//
// Numbers are as in [Parse]. It returns ErrFenceText, a [VertexError] (ErrSwapped
// for latitude first), or an error of [NewFence].
func ParseFence(text string, d Datum) (Fence, error) {
	if len(text) > maxFenceText {
		return Fence{}, ErrFenceText
	}
	text = strings.TrimSpace(text)
	if len(text) >= len("POLYGON") && strings.EqualFold(text[:len("POLYGON")], "POLYGON") {
		ring, ok := wktRing(text[len("POLYGON"):])
		if !ok {
			return Fence{}, ErrFenceText
		}
		return parseVertices(strings.Split(ring, ","), d, func(s string) (lng, lat string, ok bool) {
			pair := strings.Fields(s)
			if len(pair) != 2 {
				return "", "", false
			}
			return pair[0], pair[1], true
		})
	}
	if strings.ContainsAny(text, "()") { // WKT of something else
		return Fence{}, ErrFenceText
	}
	return parseVertices(strings.FieldsFunc(text, betweenVertices), d, func(s string) (lng, lat string, ok bool) {
		return strings.Cut(strings.Replace(s, "，", ",", 1), ",")
	})
}

// wktRing returns what is within the two pairs of parentheses; false if there are more.
func wktRing(s string) (string, bool) {
	for range 2 {
		s = strings.TrimSpace(s)
		if len(s) < 2 || s[0] != '(' || s[len(s)-1] != ')' {
			return "", false
		}
		s = s[1 : len(s)-1]
	}
	return s, !strings.ContainsAny(s, "()")
}

func parseVertices(texts []string, d Datum, cut func(string) (lng, lat string, ok bool)) (Fence, error) {
	if len(texts) > MaxFenceVertices+1 {
		return Fence{}, ErrFenceTooMany
	}
	vertices := make([]Point, len(texts))
	for i, s := range texts {
		lng, lat, ok := cut(s)
		if !ok {
			if i == 0 {
				return Fence{}, ErrFenceText // not the form at all
			}
			return Fence{}, &VertexError{i + 1, ErrFenceText}
		}
		p, err := Parse(lat, lng, d)
		if err != nil {
			return Fence{}, &VertexError{i + 1, err}
		}
		vertices[i] = p
	}
	return NewFence(vertices)
}

// String returns the vertices as lng,lat;lng,lat;lng,lat in degrees of their
// datum, which [ParseFence] reads back to the same fence.
func (f Fence) String() string {
	var b strings.Builder
	for i, v := range f.vertices {
		if i > 0 {
			b.WriteByte(';')
		}
		b.WriteString(formatDegrees(v.Lng))
		b.WriteByte(',')
		b.WriteString(formatDegrees(v.Lat))
	}
	return b.String()
}

// formatDegrees writes every digit, in no more bytes than Parse reads.
func formatDegrees(x float64) string {
	s := strconv.FormatFloat(x, 'f', -1, 64)
	if len(s) > maxDigits {
		s = strconv.FormatFloat(x, 'e', -1, 64)
	}
	return s
}

// MarshalJSON writes the vertices as an array of points; null for the zero Fence.
func (f Fence) MarshalJSON() ([]byte, error) {
	return json.Marshal(f.vertices)
}

// UnmarshalJSON reads what MarshalJSON writes, with the errors of [NewFence],
// or ErrFenceText for more than 64 KiB; f is as before then.
func (f *Fence) UnmarshalJSON(data []byte) error {
	if len(data) > maxFenceJSON {
		return ErrFenceText
	}
	var vertices []Point
	if err := json.Unmarshal(data, &vertices); err != nil {
		return err
	}
	if vertices == nil {
		*f = Fence{}
		return nil
	}
	read, err := NewFence(vertices)
	if err == nil {
		*f = read
	}
	return err
}
