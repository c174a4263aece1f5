package record

import (
	"encoding/json"
	"errors"
	"fmt"
)

// Proof shows that a block holds some things, and how it is tied to a later
// head, to whoever has that head and nothing else.
type Proof struct {
	// Version is that of this package's encodings.
	Version int `json:"version"`
	// Things are what is proved.
	Things []Shown `json:"things"`
	// Chain are the headers from the first block of a thing up to the head, none left out.
	Chain []Header `json:"chain"`
}

// Shown is a thing with its way to the root of its block.
type Shown struct {
	// Payload are the very bytes that were committed to, Place those of where a
	// person was; none if it had none, or they are not shown.
	Payload json.RawMessage `json:"payload"`
	Salt    []byte          `json:"salt"`
	Place   json.RawMessage `json:"place,omitempty"`
	// PlaceSalt is the salt of Place, PlaceHash its commitment where it is not shown.
	PlaceSalt []byte `json:"place_salt,omitempty"`
	PlaceHash Hash   `json:"place_hash,omitzero"`
	// Block and Index say where it is, Path leads to the root.
	Block uint64 `json:"block"`
	Index int    `json:"index"`
	Path  []Hash `json:"path"`
}

// What can be wrong with a proof. The errors of [Follow] may be, too.
var (
	ErrVersion = errors.New("the proof is of another version")
	ErrEmpty   = errors.New("the proof shows nothing")
	ErrPath    = errors.New("what is shown is not in the block")
)

// Leaf is the thing's leaf.
func (s Shown) Leaf() Leaf {
	l := Leaf{Payload: Commit(s.Salt, s.Payload), Place: s.PlaceHash}
	if len(s.Place) > 0 {
		l.Place = Commit(s.PlaceSalt, s.Place)
	}
	return l
}

// Holds reports whether a head is one of the proof's chain, which holds.
func (p Proof) Holds(h Head) bool {
	for _, c := range p.Chain {
		if c.Head() == h {
			_, err := p.Verify()
			return err == nil
		}
	}
	return false
}

// Verify checks the proof and returns the head that it ends at: the proof is as
// good as that head is known from elsewhere.
func (p Proof) Verify() (Head, error) {
	switch {
	case p.Version != Version:
		return Head{}, fmt.Errorf("%w: %d", ErrVersion, p.Version)
	case len(p.Things) == 0 || len(p.Chain) == 0:
		return Head{}, ErrEmpty
	}
	for i, h := range p.Chain[1:] {
		before := p.Chain[i].Head()
		switch {
		case h.Number != before.Number+1:
			return Head{}, fmt.Errorf("block %d: %w", h.Number, ErrNumber)
		case h.Prev != before.Hash:
			return Head{}, fmt.Errorf("block %d: %w", h.Number, ErrPrev)
		}
	}
	first := p.Chain[0].Number
	for i, s := range p.Things {
		if s.Block < first || s.Block-first >= uint64(len(p.Chain)) {
			return Head{}, fmt.Errorf("thing %d: %w", i+1, ErrPath)
		}
		h := p.Chain[s.Block-first]
		if root, ok := climb(s.Leaf().Hash(), s.Index, int(h.Count), s.Path); !ok || root != h.Root {
			return Head{}, fmt.Errorf("thing %d: %w", i+1, ErrPath)
		}
	}
	return p.Chain[len(p.Chain)-1].Head(), nil
}
