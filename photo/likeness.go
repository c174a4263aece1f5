package photo

import (
	"fmt"
	"image"
	"math/bits"

	"github.com/corona10/goimagehash"
)

// Hash is what a picture looks like in two times 64 bits: D by the differences of
// neighbouring areas (dHash, https://www.hackerfactor.com/blog/?/archives/529-Kind-of-Like-That.html),
// P by its lowest frequencies (pHash, https://www.hackerfactor.com/blog/index.php?/archives/432-Looks-Like-It.html).
// It is that of the upright view. Zero is no hash.
type Hash struct{ D, P uint64 }

// Likeness says how much two pictures look alike.
type Likeness int

// The likenesses.
const (
	// Different: other pictures, or ones of which cannot be said.
	Different Likeness = iota
	// Same: one picture, perhaps scaled, compressed again or cut a little.
	Same
)

// sameWithin is the most bits of 64 by which one picture differs, in D as in P. Measured on the
// tests' scenes: up to 2 after JPEG of quality 30, scaling to 40 % or another turn
// of the camera, 4 to 6 after cutting 2 % off each side and 6 to 14 after cutting 5 %;
// different scenes differ by 24 and more.
const sameWithin = 6

// Similar says how much two pictures look alike, by their worse hash. Of a picture
// without features nothing can be said: those of a white wall or of the night would
// all be the same.
func Similar(a, b Hash) Likeness {
	if a.plain() || b.plain() {
		return Different
	}
	if max(bits.OnesCount64(a.D^b.D), bits.OnesCount64(a.P^b.P)) <= sameWithin {
		return Same
	}
	return Different
}

// plain reports whether hardly any area, or nearly every one, is brighter than its
// neighbour.
func (h Hash) plain() bool {
	n := bits.OnesCount64(h.D)
	return n < sameWithin || n > 64-sameWithin
}

// hashSide bounds in pixels what is hashed. Hashes average it down to 64 pixels and
// less, and take 20 times as long for a whole view.
const hashSide = 384

// hash returns the hash of a view, by its brightness.
func hash(view *image.YCbCr) (Hash, error) {
	from := planeY(view)
	side := max(from.width, from.height, hashSide)
	small := image.NewGray(image.Rect(0, 0, max(1, from.width*hashSide/side), max(1, from.height*hashSide/side)))
	plane{small.Pix, small.Rect.Dx(), small.Rect.Dy(), small.Stride}.average(from)
	d, err := goimagehash.DifferenceHash(small)
	if err != nil {
		return Hash{}, fmt.Errorf("hash a view: %w", err)
	}
	p, err := goimagehash.PerceptionHash(small)
	if err != nil {
		return Hash{}, fmt.Errorf("hash a view: %w", err)
	}
	return Hash{d.GetHash(), p.GetHash()}, nil
}
