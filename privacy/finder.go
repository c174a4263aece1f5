package privacy

import (
	"bytes"
	"compress/gzip"
	"encoding/json"
	"io"
	"iter"
	"strings"
	"unicode/utf8"

	"roundsman/storage"
	"roundsman/visit"
)

// finder finds what is about a person.
type finder struct {
	person visit.Rep
	// key makes of ids that name the person others that do not.
	key []byte
	// words are the person's id and user ids, and names what is written for them.
	words, names []string
}

func finderOf(p visit.Rep, key []byte) finder {
	f := finder{person: p, key: key}
	if p.ID != "" {
		f.words = append(f.words, p.ID)
	}
	for _, user := range f.users() {
		f.words = append(f.words, user)
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

// users are the person's user ids by platform.
func (f finder) users() iter.Seq2[string, string] {
	return func(yield func(platform, user string) bool) {
		for platform, user := range f.person.Identities {
			if user != "" && !yield(platform, user) {
				return
			}
		}
	}
}

// is reports whether an id is the person's: that of the roster, or an address,
// by which admins go who are none by the roster.
func (f finder) is(id string) bool {
	for platform, user := range f.users() {
		if id == platform+":user/"+user {
			return true
		}
	}
	return id != "" && id == f.person.ID
}

// ends are the signs between the parts of a key.
const ends = "/|: "

// Key reports whether the key of something that is on its way, or was, names the
// person: beside what ids are made of (embeds), lanes, posts and whoever did something.
func (f finder) Key(key string) bool {
	if f.embeds(key) || f.is(key) {
		return true
	}
	for platform, user := range f.users() {
		// lane/chat/wecom/USER, stranger/wecom/USER/2026-11-24
		if after(key, "/"+platform+"/"+user, ended) {
			return true
		}
	}
	if f.person.ID == "" {
		return false
	}
	// consent/REP/…, and doubt/VISIT/REP as what is told to one of several; photo/0 counts photos.
	rest, last := strings.CutSuffix(key, "/"+f.person.ID)
	return strings.HasPrefix(key, "consent/"+f.person.ID+"/") || last && !strings.HasSuffix(rest, "photo")
}

// event is what of an event says whose it is, in the form that the inbox keeps it.
type event struct {
	// ID is the platform's id of a message; what a page of ours sent has none.
	ID       string `json:"id"`
	Platform string `json:"platform"`
	From     string `json:"from"`
	Media    []struct{ Resource string }
	Fact     *visit.Fact           `json:"fact"`
	Due      *struct{ Rep string } `json:"due"`
}

// Event says how an event is about the person: theirs is what they sent and what
// is for their lane. What others wrote was acknowledged, whoever is in it.
func (f finder) Event(key string, payload []byte) storage.Naming {
	if len(payload) == 0 {
		if f.Key(key) {
			return storage.Theirs
		}
		return storage.NamesNobody
	}
	var e event
	err := json.Unmarshal(payload, &e)
	theirs := e.From != "" && e.From == f.person.Identities[e.Platform] ||
		f.person.ID != "" && (e.Fact != nil && e.Fact.Rep == f.person.ID || e.Due != nil && e.Due.Rep == f.person.ID)
	switch {
	case theirs:
		return storage.Theirs
	case !f.Key(key) && !f.mentions(payload):
		return storage.NamesNobody
	case err != nil:
		// Nobody can handle it.
		return storage.Theirs
	}
	return storage.NamesThem
}

// Rewritten takes the person out of somebody else's event, but for what was written.
func (f finder) Rewritten(key string, payload []byte) (string, []byte) {
	named := f.Renamed(key)
	var e map[string]json.RawMessage
	if json.Unmarshal(payload, &e) != nil {
		return named, payload
	}
	changed := named != key
	set := func(in map[string]json.RawMessage, name string, to any) {
		if data, err := json.Marshal(to); err == nil {
			in[name], changed = data, true
		}
	}
	if changed {
		set(e, "key", named)
	}
	var fact visit.Fact
	if e["fact"] != nil && json.Unmarshal(e["fact"], &fact) == nil {
		if fact, is := f.fact(fact); is {
			set(e, "fact", fact)
		}
	}
	var due map[string]json.RawMessage
	if e["due"] != nil && json.Unmarshal(e["due"], &due) == nil {
		var of string
		if json.Unmarshal(due["of"], &of) == nil && f.Renamed(of) != of {
			set(due, "of", f.Renamed(of))
			set(e, "due", due)
		}
	}
	if !changed {
		return key, payload
	}
	out, err := json.Marshal(e)
	if err != nil {
		return key, payload
	}
	return named, out
}

// keptMedia begins the resource of a photo whose bytes the store has.
const keptMedia = "kept:"

// Blobs returns the keys of the bytes that an event, or the resource of a fetch, speaks of.
func (f finder) Blobs(content []byte) (out []string) {
	if blob, ok := bytes.CutPrefix(content, []byte(keptMedia)); ok {
		return []string{string(blob)}
	}
	var e event
	if json.Unmarshal(content, &e) != nil {
		return nil
	}
	for _, m := range e.Media {
		if blob, ok := strings.CutPrefix(m.Resource, keptMedia); ok && e.ID == "" {
			out = append(out, blob)
		}
	}
	if e.Fact != nil && e.Fact.Photo != nil && e.Fact.Photo.SHA256 != "" {
		out = append(out, e.Fact.Photo.SHA256)
	}
	return out
}

// mentions reports whether JSON has one of the person's ids as a text or as a part of one.
func (f finder) mentions(content []byte) bool {
	for _, w := range f.words {
		if holdsWord(content, w) {
			return true
		}
	}
	return false
}

// File reports whether content has a file, which nobody can look into here, and
// which those who have it do not need any more.
func (f finder) File(content []byte) bool {
	return bytes.Contains(content, []byte(`"file":{"data":`)) || bytes.Contains(content, []byte(`"image":{"data":`))
}

// maxUnpacked bounds what is looked through of something that is compressed, in bytes.
const maxUnpacked = 256 << 20

// Payload reports whether JSON, or JSON that is compressed, has one of the person's
// ids as a text or as a part of one, or their name.
func (f finder) Payload(content []byte) bool {
	if bytes.HasPrefix(content, []byte("\x1f\x8b")) {
		z, err := gzip.NewReader(bytes.NewReader(content))
		if err != nil {
			return true
		}
		if content, err = io.ReadAll(io.LimitReader(z, maxUnpacked)); err != nil || len(content) == maxUnpacked {
			return true // nobody can tell
		}
	}
	if f.mentions(content) {
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
