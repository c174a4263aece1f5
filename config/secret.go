package config

import (
	"fmt"
	"io"
	"log/slog"
)

// Secret is a value that no log, error or listing shows.
type Secret string

const hidden = "[hidden]"

// String returns a placeholder; an empty secret is empty.
func (s Secret) String() string {
	if s == "" {
		return ""
	}
	return hidden
}

// Format prints the placeholder whatever the verb; with String alone %d would show the value.
func (s Secret) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, s.String()) }

// GoString returns a placeholder.
func (s Secret) GoString() string { return s.String() }

// MarshalText writes a placeholder, also into JSON.
func (s Secret) MarshalText() ([]byte, error) { return []byte(s.String()), nil }

// LogValue logs a placeholder.
func (s Secret) LogValue() slog.Value { return slog.StringValue(s.String()) }

// Reveal returns the secret itself.
func (s Secret) Reveal() string { return string(s) }
