package match

import (
	"cmp"
	"iter"
	"slices"
	"strings"
)

// Find returns what a query means among things that have an id and a name: the
// best matches only, by name and then by id. In which order the things come does
// not matter. A query without a character that counts means nothing.
//
// Where the query lies in a name says how good a match it is, and what lies there
// only as the name is read aloud is less good, by one, than what is written there:
//
//	0  it is the id, to the letter
//	1  it is the id or the name
//	2  the name begins with it, or is read so as a whole
//	3  the name has it inside, or is read so from its beginning
//	4  the name is read so somewhere inside
//
// So 大润发 means that one although there is 大润发人民广场店, and zw means 张伟
// before 赵卫国, who is zwg; but a shop ZW东门店 and 张伟 are as good as each
// other, and both are returned: to be asked costs less than to be misunderstood.
// An id means one thing whatever others are called, so that a button can say it.
// A part of an id means nothing, since a part of a number is another number.
//
// Read aloud, a character is itself, its pinyin in any of its readings, without
// tones (ü is v or u), or the pinyin's initial (zh or z); the last one may be
// unfinished (zhangwe), and signs may be left out. A single letter so means every
// name that begins with it, and it is for the caller to say that they are many.
// Inside a name it means nothing, for d is in every 店: there it takes a whole
// syllable, or more than one character.
//
// Case, width and spaces do not count, nor do characters that nobody sees.
// Traditional and simplified characters are different. What has more than 60
// characters is not read aloud. The cost is linear in the names' length.
func Find[T any](query string, among iter.Seq[T], key func(T) (id, name string)) []T {
	q := newQuery(query)
	if q.text == "" {
		return nil
	}
	var found []T
	best := noMatch - 1
	for item := range among {
		id, name := key(item)
		r := q.rank(id, name, best)
		if r > best {
			continue
		}
		if r < best {
			best, found = r, nil
		}
		found = append(found, item)
	}
	slices.SortStableFunc(found, func(a, b T) int {
		idA, nameA := key(a)
		idB, nameB := key(b)
		return cmp.Or(strings.Compare(nameA, nameB), strings.Compare(idA, idB))
	})
	return found
}
