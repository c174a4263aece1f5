package catalog_test

import (
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"go.yaml.in/yaml/v3"

	"roundsman/catalog"
)

func read(t *testing.T, lang string) map[string]any {
	t.Helper()
	data, err := os.ReadFile(lang + ".yaml")
	if err != nil {
		t.Fatal(err)
	}
	var m map[string]any
	if err := yaml.Unmarshal(data, &m); err != nil {
		t.Fatal(err)
	}
	return m
}

func TestBothLanguagesSayTheSameThings(t *testing.T) {
	t.Parallel()
	zh, en := read(t, "zh"), read(t, "en")
	if diff := cmp.Diff(slices.Sorted(maps.Keys(zh)), slices.Sorted(maps.Keys(en))); diff != "" {
		t.Errorf("keys (-zh +en):\n%s", diff)
	}
	variable := regexp.MustCompile(`\{\{\.(\w+)\}\}`)
	variables := func(v any) []string {
		var out []string
		for _, m := range variable.FindAllStringSubmatch(strings.ReplaceAll(toText(v), "\n", " "), -1) {
			out = append(out, m[1])
		}
		slices.Sort(out)
		return slices.Compact(out)
	}
	for key := range zh {
		a, b := variables(zh[key]), variables(en[key])
		// A plural's singular may leave the number out.
		if _, plural := en[key].(map[string]any); plural {
			continue
		}
		if !slices.Equal(a, b) {
			t.Errorf("%s: zh has %v, en has %v", key, a, b)
		}
	}
}

func toText(v any) string {
	switch v := v.(type) {
	case string:
		return v
	case map[string]any:
		var all []string
		for _, s := range v {
			all = append(all, toText(s))
		}
		return strings.Join(all, " ")
	}
	return ""
}

// Every key that the code asks for exists. Keys that are put together are
// listed with what they begin with.
func TestNoSentenceIsMissing(t *testing.T) {
	t.Parallel()
	keys := read(t, "zh")
	used := regexp.MustCompile(`(?:\.T|s\.text)\("([a-z_.]+)"`)
	found := 0
	err := filepath.WalkDir("..", func(path string, d os.DirEntry, err error) error {
		if err != nil || d.IsDir() || !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go") {
			return err
		}
		if strings.HasPrefix(path, filepath.Join("..", "sandbox")) {
			return nil // says nothing to people
		}
		source, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		for _, m := range used.FindAllStringSubmatch(string(source), -1) {
			found++
			key := m[1]
			if _, ok := keys[key]; ok || strings.HasSuffix(key, ".") && hasPrefix(keys, key) {
				continue
			}
			t.Errorf("%s asks for %q", path, key)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if found < 80 {
		t.Errorf("only %d keys found in the code: does the pattern still fit?", found)
	}
}

func hasPrefix(keys map[string]any, prefix string) bool {
	for k := range keys {
		if strings.HasPrefix(k, prefix) {
			return true
		}
	}
	return false
}

func TestFormats(t *testing.T) {
	t.Parallel()
	day := time.Date(2026, 11, 24, 9, 5, 0, 0, time.UTC)
	for lang, want := range map[string][]string{
		"zh": {"42 米", "1.2 公里", "距离未知", "35 分钟", "1 小时 5 分", "90 天", "11月24日 周二", "09:05", "5/6 (83%)", "—"},
		"en": {"42 m", "1.2 km", "distance unknown", "35 min", "1 h 5 min", "90 days", "Tue 24 Nov", "09:05", "5/6 (83%)", "—"},
	} {
		t.Run(lang, func(t *testing.T) {
			t.Parallel()
			c, err := catalog.New(lang)
			if err != nil {
				t.Fatal(err)
			}
			got := []string{
				c.Metres(42.4), c.Metres(1234), c.Metres(-1), c.Duration(35 * time.Minute), c.Duration(65 * time.Minute),
				c.Days(90 * 24 * time.Hour), c.Date(day), c.Clock(day), c.Share(5, 6), c.Share(0, 0),
			}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

func TestPlurals(t *testing.T) {
	t.Parallel()
	c, err := catalog.New("en")
	if err != nil {
		t.Fatal(err)
	}
	if got := c.T("count.visits", "Count", 1) + ", " + c.T("count.visits", "Count", 2); got != "1 visit, 2 visits" {
		t.Errorf("got %q", got)
	}
	if got := c.T("no.such.key"); got != "no.such.key" {
		t.Errorf("a missing key gives %q", got)
	}
}

// A sentence of one form has it for every count: an English 1 asks for another one.
func TestOneFormIsThatOfEveryCount(t *testing.T) {
	t.Parallel()
	for _, lang := range []string{"zh", "en"} {
		c, err := catalog.New(lang)
		if err != nil {
			t.Fatal(err)
		}
		for key := range read(t, lang) {
			for _, n := range []int{0, 1, 2, 11} {
				if c.T(key, "Count", n) == key {
					t.Errorf("%s: %s is not said for %d", lang, key, n)
				}
			}
		}
	}
}

// What people wrote is put in as it is: it cannot become a template.
func TestValuesAreNotTemplates(t *testing.T) {
	t.Parallel()
	c, err := catalog.New("zh")
	if err != nil {
		t.Fatal(err)
	}
	if got := c.T("prospect.named", "Name", "{{.Name}}<at>"); got != "陌拜：{{.Name}}<at>" {
		t.Errorf("got %q", got)
	}
}
