// Package config is the one configuration: defaults, a YAML file and the
// environment, validated whole before anything starts. A platform's own section
// stays raw here; the platform decodes it ([Section.Decode]). Secrets never
// print. It must not know how anything is used.
package config
