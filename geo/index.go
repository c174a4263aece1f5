package geo

import (
	"cmp"
	"iter"
	"math"
	"slices"

	"github.com/tidwall/rtree"
)

// Index finds values by their place among many (below some hundreds a scan
// with [Around] is as quick). The zero value is empty and ready. Reading is safe
// from several goroutines, inserting is not.
type Index[T any] struct {
	tree rtree.RTreeG[entry[T]]
}

// entry is a value with its place in WGS-84 and its number, which orders equals.
type entry[T any] struct {
	place  Point
	number int
	value  T
}

// Insert adds a value at p, in any datum. It reports whether p is a place;
// what has none is not added, for no search could find it.
func (x *Index[T]) Insert(p Point, value T) bool {
	if !p.Valid() {
		return false
	}
	w := p.WGS84()
	at := [2]float64{w.Lng, w.Lat}
	x.tree.Insert(at, at, entry[T]{w, x.tree.Len(), value})
	return true
}

// Len returns how many values there are.
func (x *Index[T]) Len() int { return x.tree.Len() }

// Within returns the values at most the metres away from p with their
// [Distance], the nearest first, equals as they were inserted.
func (x *Index[T]) Within(p Point, metres float64) iter.Seq2[T, float64] {
	return pairs(x.within(p, metres))
}

// Nearest returns the n values nearest to p, in the order of [Index.Within].
func (x *Index[T]) Nearest(p Point, n int) iter.Seq2[T, float64] {
	if n <= 0 || !p.Valid() {
		return pairs[T](nil)
	}
	// Customers lie in clusters: from a house to the globe in eleven steps.
	const house, globe = 50, math.Pi * earthRadius
	for metres := float64(house); ; metres *= 4 {
		list := x.within(p, metres)
		if len(list) >= n || metres > globe {
			return pairs(list[:min(n, len(list))])
		}
	}
}

// found is an entry and its metres from the place asked about.
type found[T any] struct {
	entry[T]
	metres float64
}

func (x *Index[T]) within(p Point, metres float64) []found[T] {
	if !p.Valid() {
		return nil
	}
	var out []found[T]
	w := p.WGS84()
	// The margin, a tenth of a millimetre, is for rounding; the distance decides.
	b := around(w, metres/earthRadius*180/math.Pi+1e-9)
	if b.round {
		b.minLng, b.maxLng = -180.1, 180.1
	}
	x.tree.Search([2]float64{b.minLng, b.minLat}, [2]float64{b.maxLng, b.maxLat}, func(_, _ [2]float64, e entry[T]) bool {
		if d := between(w, e.place); d <= metres {
			out = append(out, found[T]{e, d})
		}
		return true
	})
	slices.SortFunc(out, func(a, b found[T]) int {
		return cmp.Or(cmp.Compare(a.metres, b.metres), cmp.Compare(a.number, b.number))
	})
	return out
}

func pairs[T any](list []found[T]) iter.Seq2[T, float64] {
	return func(yield func(T, float64) bool) {
		for _, f := range list {
			if !yield(f.value, f.metres) {
				return
			}
		}
	}
}
