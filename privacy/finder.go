package privacy

import (
	"bytes"
	"encoding/json"
	"strings"
	"unicode/utf8"

	"roundsman/storage"
	"roundsman/visit"
)

// finder finds what is about a person.
type finder struct {
	// words are the person's id and user ids, and names what is written for them.
	words, names []string
}

func finderOf(p visit.Rep) finder {
	f := finder{}
	for _, word := range append([]string{p.ID}, users(p)...) {
		if word != "" {
			f.words = append(f.words, word)
		}
	}
	// A name of one sign would be found everywhere.
	if utf8.RuneCountInString(p.Name) > 1 {
		quoted, err := json.Marshal(p.Name)
		if err == nil {
			f.names = append(f.names, strings.Trim(string(quoted), `"`))
		}
	}
	return f
}

func users(p visit.Rep) (out []string) {
	for _, user := range p.Identities {
		out = append(out, user)
	}
	return out
}

// ends are the signs between the parts of a key.
const ends = "/|: "

// Key reports whether a part of the key is one of the person's ids.
func (f finder) Key(key string) bool {
	for part := range strings.FieldsFuncSeq(key, func(r rune) bool { return strings.ContainsRune(ends, r) }) {
		for _, w := range f.words {
			if part == w {
				return true
			}
		}
	}
	// An id may itself have such signs in it.
	for _, w := range f.words {
		if strings.ContainsAny(w, ends) && strings.Contains(key, w) {
			return true
		}
	}
	return false
}

// Event reports whether JSON has one of the person's ids as a text or as a part of one.
func (f finder) Event(content []byte) bool {
	for _, w := range f.words {
		if holdsWord(content, w) {
			return true
		}
	}
	return false
}

// Payload reports whether JSON has one of the person's ids as a text or as a part
// of one, or their name; or holds a file, which nobody can look into here, and
// which those who have it do not need any more.
func (f finder) Payload(content []byte) bool {
	if len(content) == 0 {
		return false
	}
	if bytes.Contains(content, []byte(`"file":{"data":`)) || bytes.Contains(content, []byte(`"image":{"data":`)) {
		return true
	}
	if f.Event(content) {
		return true
	}
	for _, n := range f.names {
		if bytes.Contains(content, []byte(n)) {
			return true
		}
	}
	return false
}

// holdsWord reports whether the word stands in JSON between the signs that end a text or a part of a key.
func holdsWord(content []byte, word string) bool {
	for at := 0; ; {
		i := bytes.Index(content[at:], []byte(word))
		if i < 0 {
			return false
		}
		from, to := at+i, at+i+len(word)
		if from > 0 && to < len(content) && strings.IndexByte(`"`+ends, content[from-1]) >= 0 && strings.IndexByte(`"\`+ends, content[to]) >= 0 {
			return true
		}
		at = from + 1
	}
}

// anonymous returns a text of which the person's ids are replaced.
func (f finder) anonymous(s string) string {
	if !f.Key(s) {
		return s
	}
	for _, w := range f.words {
		if s == w {
			return storage.Erased
		}
	}
	var out strings.Builder
	for part := range strings.SplitAfterSeq(strings.NewReplacer("/", "/\x00", "|", "|\x00", ":", ":\x00", " ", " \x00").Replace(s), "\x00") {
		part = strings.TrimSuffix(part, "\x00")
		bare := strings.TrimRight(part, ends)
		if f.Key(bare) {
			part = storage.Erased + part[len(bare):]
		}
		out.WriteString(part)
	}
	return out.String()
}

// words that people wrote, or that are no names of anybody, are left as they are.
var plain = map[string]bool{
	"kind": true, "team": true, "date": true, "note": true, "text": true, "address": true, "platform": true, "evidence": true, "rule": true,
	"verdict": true, "reason": true, "reasons": true, "done": true, "purpose": true, "reference": true, "what": true, "datum": true,
	"competitor": true, "feedback": true, "news": true, "at": true, "received": true,
}

// rewritten returns a record of which the person's ids are replaced, and whether there were any.
func rewritten[T any](f finder, record T) (out T, changed bool, err error) {
	data, err := json.Marshal(record)
	if err != nil {
		return out, false, err
	}
	d := json.NewDecoder(bytes.NewReader(data))
	d.UseNumber()
	var tree any
	if err := d.Decode(&tree); err != nil {
		return out, false, err
	}
	if tree, changed = f.walk(tree); !changed {
		return record, false, nil
	}
	if data, err = json.Marshal(tree); err != nil {
		return out, false, err
	}
	return out, true, json.Unmarshal(data, &out)
}

func (f finder) walk(v any) (out any, changed bool) {
	switch v := v.(type) {
	case string:
		s := f.anonymous(v)
		return s, s != v
	case []any:
		for i := range v {
			x, c := f.walk(v[i])
			v[i], changed = x, changed || c
		}
		return v, changed
	case map[string]any:
		for k := range v {
			if plain[k] {
				continue
			}
			x, c := f.walk(v[k])
			v[k], changed = x, changed || c
		}
		return v, changed
	}
	return v, false
}
