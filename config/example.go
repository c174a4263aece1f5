package config

import _ "embed"

// Example is a complete configuration with a comment on each key.
//
//go:embed example.yaml
var Example []byte
