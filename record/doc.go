// Package record is the hash chain by which time and place of a check-in cannot
// be altered unnoticed: salted commitments to what was kept, in blocks that each
// name the one before, and proofs that stand without a store. docs/RECORD.md
// gives every byte of it.
//
// It knows bytes only: not what they say, nor where they are kept.
package record
