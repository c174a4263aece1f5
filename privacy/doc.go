// Package privacy is what is owed to the people whose whereabouts are kept: a
// log of who looked at them, their own data as a file, and erasure. docs/PRIVACY.md
// says what is owed and why.
//
// It must not know platforms, texts or HTTP.
package privacy
