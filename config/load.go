package config

import (
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	_ "time/tzdata" // A minimal image has no zones of its own.

	"github.com/knadh/koanf/parsers/yaml"
	"github.com/knadh/koanf/providers/confmap"
	"github.com/knadh/koanf/providers/rawbytes"
	"github.com/knadh/koanf/v2"
)

// envPrefix begins the name of every variable that sets a key.
const envPrefix = "ROUNDSMAN_"

// platforms are the sections that platforms decode themselves.
var platforms = []string{"feishu", "wecom"}

// Load reads the file at path and the environment (as os.Environ returns it)
// over the defaults. What is wrong comes back as one *Error, also when there is
// no such file: whoever can do without one calls [Parse] with nothing.
func Load(path string, environ []string) (*Config, error) {
	data, err := os.ReadFile(path)
	if err != nil {
		return nil, &Error{[]Problem{{Key: path, Reason: "cannot be read: " + reason(err)}}}
	}
	return Parse(data, filepath.Dir(path), environ)
}

// Parse is [Load] of a file's content. Relative paths in file: values start at dir.
func Parse(data []byte, dir string, environ []string) (*Config, error) {
	file := koanf.New(".")
	if err := file.Load(rawbytes.Provider(data), yaml.Parser()); err != nil {
		return nil, &Error{[]Problem{{Key: "the file", Reason: "is not YAML: " + yamlReason(err)}}}
	}
	env := make(map[string]string)
	for _, kv := range environ {
		name, value, _ := strings.Cut(kv, "=")
		env[name] = value
	}
	l := loader{dir: dir, env: env, sources: make(map[string]string), merged: koanf.New(".")}
	l.merge(file)
	c := &Config{sections: make(map[string]Section)}
	l.keys(c)
	l.admins(c)
	l.teams(c)
	l.platforms(c)
	slices.SortFunc(c.values, func(a, b Value) int { return strings.Compare(a.Key, b.Key) })
	for i, p := range l.problems {
		l.problems[i].Source = l.sources[p.Key]
	}
	return c, l.problems.err()
}

// yamlReason says where a text is not YAML or names a key twice, in one line.
// The parser quotes values that it cannot place, which may be secret.
func yamlReason(err error) string {
	if strings.Contains(err.Error(), "cannot unmarshal") {
		return "the top level is not keys with values"
	}
	return strings.Join(strings.Fields(strings.TrimPrefix(err.Error(), "yaml: unmarshal errors:")), " ")
}

type loader struct {
	dir      string
	env      map[string]string
	merged   *koanf.Koanf
	sources  map[string]string
	problems problems
}

// merge lays the environment over the file.
func (l *loader) merge(file *koanf.Koanf) {
	for _, k := range file.Keys() {
		l.sources[k] = "file"
	}
	over := make(map[string]any)
	for name, value := range l.env {
		path, ok := strings.CutPrefix(name, envPrefix)
		if !ok {
			continue
		}
		k := strings.ToLower(strings.ReplaceAll(path, "__", "."))
		if !l.settable(k) {
			// Somebody else's variable, such as a test's, may share the prefix. One
			// with a section's separator or a slip away from a key is meant for us.
			if strings.Contains(path, "__") || slices.ContainsFunc(names(), func(n string) bool { return editDistance(k, n) <= 2 }) {
				l.problems.add(name, unknownKey(k, names()), "")
			}
			continue
		}
		over[k] = value
		l.sources[k] = "env"
	}
	// A file whose top level is no mapping was refused before; these cannot fail.
	_ = l.merged.Merge(file)
	_ = l.merged.Load(confmap.Provider(over, "."), nil)
	for _, k := range file.Keys() {
		switch {
		case l.settable(k):
		case isSection(k):
			// A section all of whose keys are commented out is a section.
			if v := file.Get(k); v != nil && !isEmptyMap(v) {
				l.problems.add(k, "is not a section", "")
			}
		default:
			l.problems.add(k, unknownKey(k, names()), "")
		}
	}
}

// settable reports whether the key exists; the platforms know their own.
func (l *loader) settable(k string) bool {
	top, _, nested := strings.Cut(k, ".")
	if slices.Contains(platforms, top) {
		return nested || top == k
	}
	return slices.Contains(names(), k)
}

// isSection reports whether k has keys of its own below it.
func isSection(k string) bool {
	return slices.ContainsFunc(names(), func(n string) bool { return strings.HasPrefix(n, k+".") })
}

func isEmptyMap(v any) bool {
	m, ok := v.(map[string]any)
	return ok && len(m) == 0
}

func names() []string {
	var out []string
	for _, k := range keys() {
		out = append(out, k.name)
	}
	return append(out, "admins", "teams")
}

func (l *loader) keys(c *Config) {
	for _, k := range keys() {
		s, source := k.byDefault, "default"
		if l.merged.Exists(k.name) {
			source = l.sources[k.name]
			var err error
			if s, err = l.resolve(l.merged.Get(k.name)); err != nil {
				l.problems.add(k.name, err.Error(), k.example)
				continue
			}
		}
		if err := k.set(c, s); err != nil {
			l.problems.add(k.name, err.Error(), k.example)
		}
		shown := s
		if k.secret && s != "" && !strings.HasPrefix(s, "sqlite:") {
			shown = hidden
		}
		c.values = append(c.values, Value{k.name, shown, source})
	}
}

var adminForm = regexp.MustCompile(`^[a-z][a-z0-9]*:[^\s:]{1,128}$`)

func (l *loader) admins(c *Config) {
	const example = `["feishu:ou_…", "wecom:zhangsan"]`
	var list []any
	switch v := l.merged.Get("admins").(type) {
	case nil:
	case string: // from the environment
		for s := range strings.FieldsFuncSeq(v, func(r rune) bool { return r == ',' || r == ' ' }) {
			list = append(list, s)
		}
	case []any:
		list = v
	default:
		l.problems.add("admins", "is not a list", example)
	}
	for _, item := range list {
		s, err := l.resolve(item)
		if err == nil && !adminForm.MatchString(s) {
			err = fmt.Errorf("%q is not PLATFORM:USER", s)
		}
		if err != nil {
			l.problems.add("admins", err.Error(), example)
			continue
		}
		c.Admins = append(c.Admins, s)
	}
	c.values = append(c.values, Value{"admins", strings.Join(c.Admins, ", "), l.source("admins")})
}

func (l *loader) source(k string) string {
	if s, ok := l.sources[k]; ok {
		return s
	}
	return "default"
}

func (l *loader) teams(c *Config) {
	const example = `[{name: 华东一队, groups: ["feishu:oc_…"]}]`
	list, ok := l.merged.Get("teams").([]any)
	if !ok && l.merged.Exists("teams") && l.merged.Get("teams") != nil {
		l.problems.add("teams", "is not a list", example)
	}
	var shown []string
	seen := make(map[string]bool)
	for i, item := range list {
		at := fmt.Sprintf("teams[%d]", i)
		fields, ok := item.(map[string]any)
		if !ok {
			l.problems.add(at, "is not a team", example)
			continue
		}
		t := l.team(at, fields)
		if t.Name == "" || seen[t.Name] {
			l.problems.add(at+".name", "must be there and be different for each team", "华东一队")
		}
		seen[t.Name] = true
		c.Teams = append(c.Teams, t)
		shown = append(shown, t.Name)
	}
	c.values = append(c.values, Value{"teams", strings.Join(shown, ", "), l.source("teams")})
}

func (l *loader) team(at string, fields map[string]any) Team {
	var t Team
	for _, k := range slices.Sorted(maps.Keys(fields)) {
		var err error
		switch k {
		case "name":
			t.Name, err = l.resolve(fields[k])
		case "timezone":
			var s string
			if s, err = l.resolve(fields[k]); err == nil && s != "" {
				t.Zone, err = zone(s)
			}
		case "groups":
			groups, ok := fields[k].([]any)
			if !ok {
				err = fmt.Errorf("is not a list")
			}
			for _, g := range groups {
				var s string
				if s, err = l.group(g); err != nil {
					break
				}
				t.Groups = append(t.Groups, Secret(s))
			}
		default:
			l.problems.add(at+"."+k, unknownKey(k, []string{"name", "timezone", "groups"}), "")
		}
		if err != nil {
			l.problems.add(at+"."+k, err.Error(), map[string]string{"groups": `["feishu:oc_…"]`, "timezone": "Asia/Shanghai"}[k])
		}
	}
	return t
}

// group reads "platform:chat"; what follows the colon may be file:PATH or ${ENV}.
func (l *loader) group(v any) (string, error) {
	s, ok := v.(string)
	platform, chat, found := strings.Cut(s, ":")
	if !ok || !found || platform == "" || chat == "" {
		// It may be a robot's key without its platform, so it is not shown.
		return "", fmt.Errorf("an entry is not PLATFORM:CHAT")
	}
	chat, err := l.resolve(chat)
	if err != nil {
		return "", err
	}
	if chat == "" || strings.ContainsAny(chat, " \n") {
		return "", fmt.Errorf("the chat of %s is empty or no id", platform)
	}
	return platform + ":" + chat, nil
}

var envForm = regexp.MustCompile(`\$\{([A-Za-z_][A-Za-z0-9_]*)\}`)

// maxFile bounds a file named by a value.
const maxFile = 64 << 10

// resolve writes a scalar as text, with ${ENV} replaced and file:PATH read.
func (l *loader) resolve(v any) (string, error) {
	switch v.(type) {
	case map[string]any, []any:
		return "", fmt.Errorf("is not a single value")
	case nil:
		return "", nil
	}
	s := fmt.Sprint(v)
	var missing error
	s = envForm.ReplaceAllStringFunc(s, func(m string) string {
		value, ok := l.env[m[2:len(m)-1]]
		if !ok {
			missing = fmt.Errorf("the variable %s is not set", m[2:len(m)-1])
		}
		return value
	})
	if missing != nil {
		return "", missing
	}
	path, ok := strings.CutPrefix(s, "file:")
	if !ok {
		return s, nil
	}
	if !filepath.IsAbs(path) {
		path = filepath.Join(l.dir, path)
	}
	info, err := os.Stat(path)
	if err == nil && (info.Size() > maxFile || !info.Mode().IsRegular()) {
		return "", fmt.Errorf("%s is too large or no file", path)
	}
	data, err := os.ReadFile(path)
	if err != nil {
		return "", fmt.Errorf("%s cannot be read: %s", path, reason(err))
	}
	return strings.TrimRight(string(data), "\r\n"), nil
}

func reason(err error) string {
	if os.IsNotExist(err) {
		return "there is no such file"
	}
	if os.IsPermission(err) {
		return "no permission"
	}
	return firstLine(err)
}

func firstLine(err error) string {
	s, _, _ := strings.Cut(err.Error(), "\n")
	return s
}
