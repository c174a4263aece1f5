package sheet

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// clean takes out of a text what nobody sees but what moves or hides other
// text: control characters, direction marks and overrides, zero-width spaces.
// Line breaks and tabs become spaces, invalid bytes U+FFFD. The joiners of
// Indian scripts and emoji stay.
func clean(s string) string {
	if plain(s) {
		return strings.TrimSpace(s)
	}
	return strings.TrimSpace(strings.Map(func(r rune) rune {
		switch {
		case r == '\t' || r == '\n' || r == '\r' || r == '\u2028' || r == '\u2029':
			return ' '
		case hidden(r):
			return -1
		}
		return r
	}, strings.ToValidUTF8(s, "\uFFFD")))
}

// plain reports whether s is printable ASCII.
func plain(s string) bool {
	for i := range len(s) {
		if s[i] < ' ' || s[i] > '~' {
			return false
		}
	}
	return true
}

func hidden(r rune) bool {
	switch {
	case unicode.IsControl(r):
		return true
	case r == '\u200b', r == '\u200e', r == '\u200f', r == '\u061c', r == '\u2060', r == '\ufeff', r == '\ufffe', r == '\uffff':
		return true
	case r >= '\u202a' && r <= '\u202e', r >= '\u2066' && r <= '\u2069':
		return true
	}
	return false
}

// legible is clean for exports: it keeps line breaks.
func legible(s string) string {
	if plain(s) {
		return s
	}
	return strings.Map(func(r rune) rune {
		if r != '\n' && r != '\t' && hidden(r) {
			return -1
		}
		return r
	}, strings.ToValidUTF8(s, "\uFFFD"))
}

// cut shortens what was typed for showing it in a message.
func cut(s string) string {
	const most = 40
	if utf8.RuneCountInString(s) <= most {
		return s
	}
	return string([]rune(s)[:most]) + "…"
}

// formulaStart is what a spreadsheet takes for the begin of a formula, even in
// a CSV file (the rule of OWASP's "CSV Injection", and the full-width forms,
// which Excel takes as well). An apostrophe in front stops it.
const formulaStart = "=+-@\t\r\n＝＋－＠"

// formula reports whether s would be taken for a formula but for the
// apostrophes that it begins with.
func formula(s string) bool {
	r, size := utf8.DecodeRuneInString(strings.TrimLeft(s, "'"))
	return size > 0 && strings.ContainsRune(formulaStart, r)
}

// guard puts the apostrophe in front of what a spreadsheet would take for a
// formula. One is also put before texts that have some already, so that
// unguard can always take one away.
func guard(s string) string {
	if formula(s) {
		return "'" + s
	}
	return s
}

// guardTyped is guard where cells have types and a text is never a formula:
// only what unguard would change is escaped.
func guardTyped(s string) string {
	if strings.HasPrefix(s, "'") && formula(s) {
		return "'" + s
	}
	return s
}

// unguard undoes guard.
func unguard(s string) string {
	if strings.HasPrefix(s, "'") && formula(s) {
		return s[1:]
	}
	return s
}
