package config

import "log/slog"

// Secret is a value that no log, error or listing shows.
type Secret string

const hidden = "[hidden]"

// String returns a placeholder.
func (s Secret) String() string {
	if s == "" {
		return ""
	}
	return hidden
}

// GoString returns a placeholder.
func (s Secret) GoString() string { return s.String() }

// MarshalText writes a placeholder.
func (s Secret) MarshalText() ([]byte, error) { return []byte(s.String()), nil }

// LogValue logs a placeholder.
func (s Secret) LogValue() slog.Value { return slog.StringValue(s.String()) }

// Reveal returns the secret itself.
func (s Secret) Reveal() string { return string(s) }
