// Package digest turns what is kept into what people read: the morning plan,
// the evening summary, the live board and a rep's own plan. Jobs post them and
// commands preview them. It must not know platforms, nor when something is said.
package digest
