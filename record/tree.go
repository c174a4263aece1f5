package record

import (
	"crypto/sha256"
	"math/bits"
)

// Root is the hash of a block's leaves: the Merkle tree hash of RFC 6962, 2.1.
// That of none is zero.
func Root(leaves []Leaf) Hash {
	if len(leaves) == 0 {
		return Hash{}
	}
	return root(hashes(leaves))
}

func hashes(leaves []Leaf) []Hash {
	out := make([]Hash, len(leaves))
	for i, l := range leaves {
		out[i] = l.Hash()
	}
	return out
}

// root hashes a row of the tree; it has at least one.
func root(row []Hash) Hash {
	if len(row) == 1 {
		return row[0]
	}
	k := split(len(row))
	return node(root(row[:k]), root(row[k:]))
}

// split is the largest power of two that is smaller than n.
func split(n int) int { return 1 << (bits.Len(uint(n-1)) - 1) }

func node(left, right Hash) Hash {
	var b [1 + 2*sha256.Size]byte
	b[0] = tagNode
	copy(b[1:], left[:])
	copy(b[1+sha256.Size:], right[:])
	return sha256.Sum256(b[:])
}

// Path is what is needed beside a leaf to come to the root, from the leaf up
// (RFC 6962, 2.1.1). i is from 0 up to, not including, the number of leaves.
func Path(leaves []Leaf, i int) []Hash { return path(hashes(leaves), i) }

func path(row []Hash, i int) []Hash {
	if len(row) == 1 {
		return nil
	}
	k := split(len(row))
	if i < k {
		return append(path(row[:k], i), root(row[k:]))
	}
	return append(path(row[k:], i-k), root(row[:k]))
}

// climb returns the root to which a leaf's hash leads, and false if the path is
// not one of leaf i of n.
func climb(h Hash, i, n int, path []Hash) (Hash, bool) {
	if i < 0 || i >= n {
		return Hash{}, false
	}
	if n == 1 {
		return h, len(path) == 0
	}
	if len(path) == 0 {
		return Hash{}, false
	}
	k, top := split(n), path[len(path)-1]
	if i < k {
		left, ok := climb(h, i, k, path[:len(path)-1])
		return node(left, top), ok
	}
	right, ok := climb(h, i-k, n-k, path[:len(path)-1])
	return node(top, right), ok
}
