package privacy

import (
	"bytes"
	"encoding/json"
	"iter"
	"strings"
	"unicode/utf8"

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
