package match

import (
	"math/bits"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/mozillazg/go-pinyin"
	"golang.org/x/text/unicode/norm"
)

// How well a thing is matched; less is better.
const (
	byID      = iota
	whole     // but for what does not count
	beginning // or read so as a whole
	inside    // or read so from its beginning
	readInside
	noMatch
)

// maxRead bounds what is read aloud: how far a query has been read is a set of
// the bits of a uint64.
const maxRead = 60

// query is what somebody wrote, ready to be compared with many names.
type query struct {
	raw, text string
	// letters are those of the text, or none if there are too many to read aloud.
	letters []rune
	// sounds are those of the characters that were met: looking one up takes
	// microseconds, and names share their characters.
	sounds map[rune]sound
}

func newQuery(text string) *query {
	q := &query{raw: text, text: fold(text), sounds: make(map[rune]sound)}
	if utf8.RuneCountInString(q.text) <= maxRead {
		q.letters = []rune(q.text)
	}
	return q
}

// fold takes away what does not count when names are compared.
func fold(text string) string {
	folded := strings.Map(plain, text)
	if composed := norm.NFKC.String(folded); composed != folded {
		folded = strings.Map(plain, composed)
	}
	return folded
}

// plain folds one character, or drops it.
func plain(r rune) rune {
	switch {
	case unicode.Is(unicode.Han, r): // most are
		return r
	case unicode.IsSpace(r), unicode.Is(unicode.Cf, r):
		return -1
	case '！' <= r && r <= '～': // NFKC would do it, at many times the cost
		r -= '！' - '!'
	}
	// By way of the upper case, for letters with two lower ones: ς and σ.
	return unicode.ToLower(unicode.ToUpper(r))
}

// rank says how well a thing is matched, if not worse than a best that was
// found: worse ones are not looked for.
func (q *query) rank(id, name string, best int) int {
	if id == q.raw {
		return byID
	}
	name = fold(name)
	if name == q.text || fold(id) == q.text {
		return whole
	}
	written := noMatch
	switch at := strings.Index(name, q.text); {
	case at == 0:
		return beginning
	case at > 0:
		written = inside
	}
	if len(q.letters) == 0 || best <= whole {
		return written
	}
	read := q.read(name)
	if min(written, read) == noMatch && best >= readInside {
		read = q.readInside(name)
	}
	return min(written, read)
}

// read follows the query through a name from its first character.
func (q *query) read(name string) int {
	end := uint64(1) << len(q.letters)
	rank, at := noMatch, uint64(1)
	for _, r := range name {
		if at = q.step(at, r, false); at == 0 {
			break
		}
		if at&end != 0 {
			rank = inside
		}
	}
	if at&end != 0 {
		rank = beginning
	}
	return rank
}

// readInside follows the query through a name from each of its characters at once.
func (q *query) readInside(name string) int {
	at := uint64(0)
	for _, r := range name {
		if at = q.step(at|1, r, true); at>>len(q.letters) != 0 {
			return readInside
		}
	}
	return noMatch
}

// step reads one more character of a name. Bit n of at says that the query can
// have been read up to its letter n before it, bit n of what is returned, after
// it: all readings are followed at once, so that they do not multiply. If strict,
// the character alone may be the whole query only by a whole syllable.
func (q *query) step(at uint64, r rune, strict bool) uint64 {
	s := q.sound(r)
	var next uint64
	if s.silent {
		next = at
	}
	for left := at &^ (1 << len(q.letters)); left != 0; left &= left - 1 {
		from := bits.TrailingZeros64(left)
		rest := q.letters[from:]
		var full, short uint64
		if rest[0] == r {
			full = 1 << 1
		}
		for _, syllable := range s.syllables {
			n := common(syllable, rest)
			switch {
			case n == 0:
				continue
			case n == len(syllable):
				full |= 1 << n
			case n == len(rest): // unfinished
				short |= 1 << n
			}
			short |= 1 << 1
			if n > 1 && syllable[1] == 'h' { // zh, ch, sh
				short |= 1 << 2
			}
		}
		if strict && from == 0 {
			short &^= 1 << len(rest)
		}
		next |= (full | short) << from
	}
	return next
}

// common counts the letters with which both begin.
func common(syllable string, rest []rune) int {
	n := 0
	for n < len(syllable) && n < len(rest) && rune(syllable[n]) == rest[n] {
		n++
	}
	return n
}

// sound is how a character is read aloud besides as itself.
type sound struct {
	syllables []string
	// silent characters are signs, which may be left out.
	silent bool
}

func (q *query) sound(r rune) sound {
	s, ok := q.sounds[r]
	if !ok {
		s.silent = !unicode.IsLetter(r) && !unicode.IsNumber(r)
		s.syllables = pinyin.SinglePinyin(r, pinyin.Args{Style: pinyin.Normal, Heteronym: true})
		for _, syllable := range s.syllables {
			// No key has the ü: it is typed as v, and by many as u.
			if other := strings.ReplaceAll(syllable, "v", "u"); other != syllable {
				s.syllables = append(s.syllables, other)
			}
		}
		q.sounds[r] = s
	}
	return s
}
