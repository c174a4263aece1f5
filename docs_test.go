package main_test

import (
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"roundsman/config"
)

// documented returns the keys of README's table of settings. ".b" after "a.x" in the first cell is a.b.
func documented(t *testing.T) []string {
	t.Helper()
	doc, err := os.ReadFile("README.md")
	if err != nil {
		t.Fatal(err)
	}
	_, section, ok := strings.Cut(string(doc), "\n## Configuration\n")
	if !ok {
		t.Fatal("README.md has no section Configuration")
	}
	section, _, _ = strings.Cut(section, "\n## ")
	word := regexp.MustCompile("`([a-z_.]+)`")
	var out []string
	for line := range strings.Lines(section) {
		if !strings.HasPrefix(line, "| `") {
			continue
		}
		parent := ""
		for _, m := range word.FindAllStringSubmatch(strings.Split(line, "|")[1], -1) {
			key := m[1]
			if strings.HasPrefix(key, ".") {
				key = parent + key
			}
			parent, _, _ = strings.Cut(key, ".")
			out = append(out, key)
		}
	}
	return out
}

func TestREADMENamesEverySetting(t *testing.T) {
	t.Parallel()
	// The example has every key, those of the platforms' sections too.
	c, err := config.Parse(config.Example, t.TempDir(), []string{
		"ROUNDSMAN_KEY=" + strings.Repeat("k", 32), "FEISHU_APP_SECRET=s", "WECOM_SECRET=s", "WECOM_TOKEN=t", "WECOM_AES_KEY=k",
	})
	if err != nil {
		t.Fatal(err)
	}
	inTable := documented(t)
	var exist []string
	for _, v := range c.Explain() {
		exist = append(exist, v.Key)
		if !slices.Contains(inTable, v.Key) {
			t.Errorf("README.md lacks %s", v.Key)
		}
	}
	for _, key := range inTable {
		if !slices.Contains(exist, key) {
			t.Errorf("README.md names %s, which does not exist", key)
		}
	}
}

// What the docs point to is there. The README's picture is taken from the running demo before a release.
func TestLinksOfTheDocsHold(t *testing.T) {
	t.Parallel()
	link := regexp.MustCompile(`\]\(([^)#:]+)(#[^)]*)?\)`)
	for _, dir := range []string{"", "docs/"} {
		entries, err := os.ReadDir("./" + dir)
		if err != nil {
			t.Fatal(err)
		}
		for _, e := range entries {
			if !strings.HasSuffix(e.Name(), ".md") {
				continue
			}
			text, err := os.ReadFile(dir + e.Name())
			if err != nil {
				t.Fatal(err)
			}
			for _, m := range link.FindAllStringSubmatch(string(text), -1) {
				if _, err := os.Stat(dir + m[1]); err != nil && m[1] != "docs/demo.png" {
					t.Errorf("%s%s points to %s, which is not there", dir, e.Name(), m[1])
				}
			}
		}
	}
}

// A promise stands beside the test that shows it; a test that is renamed takes its row along.
func TestTheTestsOfTheDocsExist(t *testing.T) {
	t.Parallel()
	tests := make(map[string]bool)
	err := filepath.WalkDir(".", func(path string, d fs.DirEntry, err error) error {
		if err != nil || !strings.HasSuffix(path, "_test.go") {
			return err
		}
		src, err := os.ReadFile(path)
		for _, m := range regexp.MustCompile(`(?m)^func ((?:Test|Fuzz)\w+)\(`).FindAllStringSubmatch(string(src), -1) {
			tests[m[1]] = true
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	for _, page := range []string{"docs/RELIABILITY.md", "docs/SCALING.md", "docs/ARCHITECTURE.md"} {
		doc, err := os.ReadFile(page)
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range regexp.MustCompile("`((?:Test|Fuzz)[A-Za-z]+)[`/]").FindAllStringSubmatch(string(doc), -1) {
			if !tests[m[1]] {
				t.Errorf("%s names %s, which is no test", page, m[1])
			}
		}
		if m := regexp.MustCompile(`@[A-Z_]+@`).FindString(string(doc)); m != "" {
			t.Errorf("%s has no figure at %s", page, m)
		}
	}
}
