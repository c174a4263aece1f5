// Package visit is the domain: reps, customers, plans, and a rep's day as a
// fold of its facts. It is pure: no clock, no I/O, no platform, no store.
// Distances are metres, instants are UTC with millisecond precision, dates
// are the team's local dates.
//
// The life of a visit, as [Fold] derives it from facts sorted by (time, kind, id):
//
//	fix ──► claimed customer? ──no──► unplaced ──choice──► visit (陌拜 or a customer)
//	          │ yes
//	          ▼
//	        open ◄── a better fix, photos, notes, a choice of another customer
//	          │
//	          ├── check-out ───────► ended
//	          └── the next visit ──► ended
//
// Nothing is ever edited: a correction is a later fact.
package visit
