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
	pages, err := filepath.Glob("docs/*.md")
	if err != nil || len(pages) < 8 {
		t.Fatalf("the pages are %v, %v", pages, err)
	}
	named := make(map[string]int)
	for _, page := range pages {
		doc, err := os.ReadFile(page)
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range regexp.MustCompile("`((?:Test|Fuzz)[A-Z]\\w*)[`/]").FindAllStringSubmatch(string(doc), -1) {
			named[page]++
			if !tests[m[1]] {
				t.Errorf("%s names %s, which is no test", page, m[1])
			}
		}
		if m := regexp.MustCompile(`@[A-Z_]+@`).FindString(string(doc)); m != "" {
			t.Errorf("%s has no figure at %s", page, m)
		}
	}
	if named["docs/RELIABILITY.md"] < 100 {
		t.Errorf("docs/RELIABILITY.md names %d tests only", named["docs/RELIABILITY.md"])
	}
	testInPackage(t)
}

// testInPackage fails where a row of the faults names a test for a package that has none of that name.
func testInPackage(t *testing.T) {
	t.Helper()
	doc, err := os.ReadFile("docs/RELIABILITY.md")
	if err != nil {
		t.Fatal(err)
	}
	_, table, ok := strings.Cut(string(doc), "| fault | what happens | shown by |\n|---|---|---|\n")
	if !ok {
		t.Fatal("docs/RELIABILITY.md has no table of faults")
	}
	has := func(dir, test string) bool {
		files, err := filepath.Glob(filepath.Join(dir, "*_test.go"))
		if err != nil {
			t.Fatal(err)
		}
		return slices.ContainsFunc(files, func(name string) bool {
			src, err := os.ReadFile(name)
			return err == nil && strings.Contains(string(src), "\nfunc "+test+"(")
		})
	}
	word := regexp.MustCompile("`([^`]+)`")
	for row := range strings.Lines(table) {
		cells := strings.Split(row, " | ")
		if !strings.HasPrefix(row, "| ") || len(cells) != 3 {
			break
		}
		// Directories stand before the tests in them; several before one have it each.
		dirs, fresh := []string{"."}, false
		for _, m := range word.FindAllStringSubmatch(cells[2], -1) {
			if info, err := os.Stat(m[1]); err == nil && info.IsDir() {
				if fresh {
					dirs = append(dirs, m[1])
				} else {
					dirs = []string{m[1]}
				}
				fresh = true
				continue
			}
			if strings.HasPrefix(m[1], "Test") || strings.HasPrefix(m[1], "Fuzz") {
				for _, dir := range dirs {
					name, _, _ := strings.Cut(m[1], "/")
					if !has(dir, name) && !has(".", name) {
						t.Errorf("%s is not in %s: %s", name, dir, row)
					}
				}
			}
			fresh = false
		}
	}
}
