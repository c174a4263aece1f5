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

// Section is a platform's own part of the configuration, read but not yet understood.
type Section struct {
	name   string
	values map[string]any
}

// Decode fills dst, a pointer to a struct with `koanf` tags of strings,
// numbers and types that read text. A key that the struct does not have is an
// *Error, as is a value that does not fit.
func (s Section) Decode(dst any) error {
	var p problems
	known := tags(reflect.TypeOf(dst).Elem())
	for _, k := range slices.Sorted(maps.Keys(s.values)) {
		if !slices.Contains(known, k) {
			p.add(s.name+"."+k, unknownKey(k, known), "")
		}
	}
	if err := p.err(); err != nil {
		return err
	}
	k := koanf.New(".")
	if err := k.Load(confmap.Provider(s.values, ""), nil); err != nil {
		return fmt.Errorf("read the section %s: %w", s.name, err)
	}
	err := k.UnmarshalWithConf("", dst, koanf.UnmarshalConf{DecoderConfig: &mapstructure.DecoderConfig{
		Result: dst, TagName: "koanf", WeaklyTypedInput: true, DecodeHook: mapstructure.TextUnmarshallerHookFunc(),
	}})
	if err != nil {
		p.add(s.name, "a value does not fit: "+strings.Join(badFields(err), ", "), "")
	}
	return p.err()
}

// badFields names the fields of an error without their values, which may be secret.
func badFields(err error) []string {
	var fields []string
	for part := range strings.SplitSeq(err.Error(), "'") {
		if part != "" && !strings.ContainsAny(part, " :\n") {
			fields = append(fields, part)
		}
	}
	return slices.Compact(fields)
}

func tags(t reflect.Type) []string {
	var out []string
	for f := range t.Fields() {
		if tag := f.Tag.Get("koanf"); tag != "" && tag != "-" {
			out = append(out, tag)
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
			c.sections[name] = Section{name, values}
		}
	}
}

// public are the keys of platform sections that are shown; everything else may be a secret.
var public = map[string]bool{
	"mode": true, "app_id": true, "base_url": true, "datum": true, "corp_id": true, "agent_id": true,
	"message_datum": true, "event_datum": true,
}
