package record

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"
)

// Version is that of the encodings of this package. It is hashed with everything.
const Version = 1

// What a hash is of is told apart by its first byte (RFC 6962, 2.1).
const (
	tagLeaf   = 0x00
	tagNode   = 0x01
	tagHeader = 0x02
)

// SaltSize is the length of a salt in bytes.
const SaltSize = 16

// Hash is a SHA-256 digest. The zero Hash stands for nothing.
type Hash [sha256.Size]byte

// String writes the hash as 64 hex digits.
func (h Hash) String() string { return hex.EncodeToString(h[:]) }

// IsZero reports whether the hash stands for nothing.
func (h Hash) IsZero() bool { return h == Hash{} }

// ErrHash says that a text is no hash.
var ErrHash = errors.New("not a hash of 64 hex digits")

// ParseHash reads what [Hash.String] writes.
func ParseHash(s string) (Hash, error) {
	var h Hash
	if len(s) != 2*len(h) {
		return h, ErrHash
	}
	if _, err := hex.Decode(h[:], []byte(s)); err != nil {
		return Hash{}, ErrHash
	}
	return h, nil
}

// MarshalText writes the hash as hex digits.
func (h Hash) MarshalText() ([]byte, error) { return []byte(h.String()), nil }

// UnmarshalText reads hex digits.
func (h *Hash) UnmarshalText(b []byte) (err error) {
	*h, err = ParseHash(string(b))
	return err
}

// Commit returns the commitment to a payload: HMAC-SHA256 under a salt of its
// own. Without the salt it says nothing about the payload; so whoever forgets
// both has erased it, and the chain stands.
func Commit(salt, payload []byte) Hash {
	m := hmac.New(sha256.New, salt)
	m.Write(payload)
	return Hash(m.Sum(nil))
}

// Leaf is what a block holds of one thing.
type Leaf struct {
	// Payload is the commitment to what stays, Place to where a person was,
	// which goes before; zero if it had none.
	Payload Hash `json:"payload"`
	Place   Hash `json:"place"`
}

// Hash is the leaf's in the block's tree.
func (l Leaf) Hash() Hash {
	b := make([]byte, 0, 2+2*sha256.Size)
	b = append(b, tagLeaf, Version)
	b = append(b, l.Payload[:]...)
	return sha256.Sum256(append(b, l.Place[:]...))
}

// Header is a block without its leaves.
type Header struct {
	// Number counts blocks from 1; Count is how many leaves it has, at least one.
	Number uint64 `json:"number"`
	Count  uint32 `json:"count"`
	// At is when it was made; UTC milliseconds.
	At time.Time `json:"at"`
	// Prev is the hash of the header before, zero for the first; Root that of the leaves' tree.
	Prev Hash `json:"prev"`
	Root Hash `json:"root"`
}

// Hash is the header's, which the next one names and people are given.
func (h Header) Hash() Hash {
	b := make([]byte, 0, 2+8+4+8+2*sha256.Size)
	b = append(b, tagHeader, Version)
	b = binary.BigEndian.AppendUint64(b, h.Number)
	b = binary.BigEndian.AppendUint32(b, h.Count)
	b = binary.BigEndian.AppendUint64(b, uint64(h.At.UnixMilli()))
	b = append(b, h.Prev[:]...)
	return sha256.Sum256(append(b, h.Root[:]...))
}

// Next makes the header of the block after a head, the zero Head for the first.
func Next(before Head, at time.Time, leaves []Leaf) Header {
	return Header{Number: before.Number + 1, Count: uint32(len(leaves)), At: at.UTC().Truncate(time.Millisecond), Prev: before.Hash, Root: Root(leaves)}
}

// Head is a block's number and hash: all that a witness has to keep.
type Head struct {
	Number uint64 `json:"number"`
	Hash   Hash   `json:"hash"`
}

// Head is the header's.
func (h Header) Head() Head { return Head{h.Number, h.Hash()} }

// String writes a head as people get it: "12 4f2a…", the hash with all its digits.
func (h Head) String() string { return strconv.FormatUint(h.Number, 10) + " " + h.Hash.String() }

// ParseHead reads a head in whatever line it stands in: a number, perhaps
// after a #, and the 64 digits after it.
func ParseHead(s string) (Head, error) {
	fields := strings.FieldsFunc(s, func(r rune) bool { return !('0' <= r && r <= '9' || 'a' <= r && r <= 'f' || 'A' <= r && r <= 'F') })
	for i, f := range fields[:max(len(fields)-1, 0)] {
		n, err := strconv.ParseUint(f, 10, 64)
		if err != nil || n == 0 {
			continue
		}
		if h, err := ParseHash(strings.ToLower(fields[i+1])); err == nil {
			return Head{n, h}, nil
		}
	}
	return Head{}, fmt.Errorf("no block's number with its hash: %w", ErrHash)
}

// What can be wrong with a block.
var (
	// ErrNumber: a block is missing, or there twice.
	ErrNumber = errors.New("the block is not the next one")
	// ErrPrev: the block names another one before it.
	ErrPrev = errors.New("the block does not follow from the one before")
	// ErrRoot: the leaves are not those that the block was made of.
	ErrRoot = errors.New("the block's records are not those that it was made of")
	// ErrOwn: the block is not the one that its own hash is of.
	ErrOwn = errors.New("the block is not the one that its hash is of")
	// ErrHead: a witness saw another block of the number.
	ErrHead = errors.New("the block is not the one that was witnessed")
)

// Follow checks that a header with its leaves follows a head, the zero Head for
// the first, and returns its own.
func Follow(before Head, h Header, leaves []Leaf) (Head, error) {
	switch {
	case h.Number != before.Number+1:
		return Head{}, ErrNumber
	case h.Prev != before.Hash:
		return Head{}, ErrPrev
	case len(leaves) == 0 || int(h.Count) != len(leaves) || h.Root != Root(leaves):
		return Head{}, ErrRoot
	}
	return h.Head(), nil
}
