package config

import (
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strings"

	"github.com/go-viper/mapstructure/v2"
	"github.com/knadh/koanf/providers/confmap"
	"github.com/knadh/koanf/v2"
)

// Section is a platform's own part of the configuration, read but not yet
// understood. Printing it shows no values.
type Section struct {
	name string
	// values is a function because fmt prints unexported fields past any method
	// of theirs, maps and pointers with some verbs too, but of a function only the address.
	values func() map[string]any
}

// Decode fills dst, a pointer to a struct with `koanf` tags of strings,
// numbers and types that read text. What is not in the section stays as it is
// in dst, so defaults may be set before. Keys that the struct does not have and
// values that do not fit come back as one *Error.
func (s Section) Decode(dst any) error {
	var p problems
	values := s.values()
	fields := tags(reflect.TypeOf(dst).Elem())
	known := slices.Sorted(maps.Keys(fields))
	for _, k := range slices.Sorted(maps.Keys(values)) {
		kind, ok := fields[k]
		if !ok {
			p.add(s.name+"."+k, unknownKey(k, known), "")
			continue
		}
		// One by one, so that each error has its key.
		one := koanf.New(".")
		if err := one.Load(confmap.Provider(map[string]any{k: values[k]}, ""), nil); err != nil {
			return fmt.Errorf("read %s.%s: %w", s.name, k, err)
		}
		err := one.UnmarshalWithConf("", dst, koanf.UnmarshalConf{DecoderConfig: &mapstructure.DecoderConfig{
			Result: dst, TagName: "koanf", WeaklyTypedInput: true, DecodeHook: mapstructure.TextUnmarshallerHookFunc(),
		}})
		if err != nil {
			// The decoder's own words quote the value, which may be secret.
			p.add(s.name+"."+k, "is not "+wanted(kind), "")
		}
	}
	return p.err()
}

// wanted says what a field takes.
func wanted(t reflect.Type) string {
	switch t.Kind() {
	case reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64, reflect.Uint, reflect.Uint8, reflect.Uint16, reflect.Uint32, reflect.Uint64:
		return "a whole number"
	case reflect.Float32, reflect.Float64:
		return "a number"
	case reflect.Bool:
		return "true or false"
	}
	return "a valid " + strings.ToLower(t.Name())
}

// tags returns the type of each key that the struct has.
func tags(t reflect.Type) map[string]reflect.Type {
	out := make(map[string]reflect.Type)
	for f := range t.Fields() {
		if tag := f.Tag.Get("koanf"); tag != "" && tag != "-" {
			out[tag] = f.Type
		}
	}
	return out
}

// platforms resolves the platforms' sections. A section that is there and empty is off, like an absent one.
func (l *loader) platforms(c *Config) {
	for _, name := range platforms {
		raw, ok := l.merged.Get(name).(map[string]any)
		if !ok {
			if v := l.merged.Get(name); v != nil {
				l.problems.add(name, "is not a section", "")
			}
			continue
		}
		values := make(map[string]any, len(raw))
		for _, k := range slices.Sorted(maps.Keys(raw)) {
			s, err := l.resolve(raw[k])
			if err != nil {
				l.problems.add(name+"."+k, err.Error(), "")
				continue
			}
			values[k] = s
			shown := hidden
			if public[k] || s == "" {
				shown = s
			}
			c.values = append(c.values, Value{name + "." + k, shown, l.source(name + "." + k)})
		}
		if len(values) > 0 {
			c.sections[name] = Section{name, func() map[string]any { return values }}
		}
	}
}

// public are the keys of platform sections that are shown; everything else may be a secret.
var public = map[string]bool{
	"mode": true, "app_id": true, "base_url": true, "datum": true, "corp_id": true, "agent_id": true,
	"message_datum": true, "event_datum": true, "page_datum": true,
}
