package visit

import "fmt"

// Share is a part of a whole, with both numbers. Where the whole is nothing the
// share is unknown, which is not 0 %.
type Share struct{ Num, Den int64 }

// shareOf is a share of things that are counted.
func shareOf(num, den int) Share { return Share{int64(num), int64(den)} }

// Known reports whether there is something to have a share of.
func (s Share) Known() bool { return s.Den > 0 }

// Add returns the share of both wholes together.
func (s Share) Add(o Share) Share { return Share{s.Num + o.Num, s.Den + o.Den} }

// Ratio is the share as a number, 0 where it is not known.
func (s Share) Ratio() float64 {
	if !s.Known() {
		return 0
	}
	return float64(s.Num) / float64(s.Den)
}

// String writes "3/8 (38%)", rounded half up, and "—" where it is not known.
func (s Share) String() string {
	if !s.Known() {
		return "—"
	}
	return fmt.Sprintf("%d/%d (%d%%)", s.Num, s.Den, (200*s.Num+s.Den)/(2*s.Den))
}
