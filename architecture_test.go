package main_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// module is the path of everything that is ours.
const module = "roundsman"

// rules say which package, or kind of package ("bot/*"), may import which; "main" is the root.
type rules struct {
	// order is that of the table.
	order   []string
	allowed map[string][]string
}

// everything is what main may import.
const everything = "everything"

var (
	names    = regexp.MustCompile("`([a-z*/]+)`")
	listOnly = regexp.MustCompile("^(`[a-z*/]+`)(, `[a-z*/]+`)*$")
)

func tokens(s string) []string {
	var out []string
	for _, m := range names.FindAllStringSubmatch(s, -1) {
		out = append(out, m[1])
	}
	return out
}

// parseRules reads the table under the heading "Who may import whom". The right
// column is clauses with semicolons between them: a list, "nothing", "everything",
// "all above except" a list; after "`package`:" a clause adds to that package only.
func parseRules(doc string) (rules, error) {
	r := rules{allowed: make(map[string][]string)}
	_, section, ok := strings.Cut(doc, "\n## Who may import whom\n")
	if !ok {
		return r, errors.New("there is no such section")
	}
	section, _, _ = strings.Cut(section, "\n## ")
	rows := 0
	for line := range strings.Lines(section) {
		line = strings.TrimSpace(line)
		cells := strings.Split(strings.Trim(line, "|"), "|")
		if !strings.HasPrefix(line, "|") || strings.HasPrefix(line, "|---") || strings.TrimSpace(cells[0]) == "package" {
			continue
		}
		if len(cells) != 2 {
			return r, fmt.Errorf("a row has %d cells: %s", len(cells), line)
		}
		left := strings.TrimSpace(cells[0])
		if !listOnly.MatchString(left) {
			return r, fmt.Errorf("a row does not begin with a list of packages: %s", line)
		}
		rows++
		above := slices.Clone(r.order)
		who := tokens(left)
		r.order = append(r.order, who...)
		for clause := range strings.SplitSeq(cells[1], ";") {
			if err := r.clause(strings.TrimSpace(clause), who, above); err != nil {
				return r, fmt.Errorf("%w: %s", err, line)
			}
		}
	}
	if rows == 0 {
		return r, errors.New("the section has no table")
	}
	return r, nil
}

func (r rules) clause(clause string, who, above []string) error {
	if key, rest, ok := strings.Cut(clause, ":"); ok {
		only := tokens(key)
		if len(only) != 1 || !slices.Contains(who, only[0]) {
			return fmt.Errorf("%q is not of this row", key)
		}
		who, clause = only, strings.TrimSpace(rest)
	}
	var may []string
	except, isRest := strings.CutPrefix(clause, "all above except ")
	switch {
	case clause == "nothing", clause == "never each other":
	case clause == everything:
		may = []string{everything}
	case isRest && listOnly.MatchString(except):
		may = slices.DeleteFunc(slices.Clone(above), func(p string) bool { return slices.Contains(tokens(except), p) })
	case listOnly.MatchString(clause):
		may = tokens(clause)
	default:
		return fmt.Errorf("cannot read %q", clause)
	}
	for _, p := range who {
		r.allowed[p] = append(r.allowed[p], may...)
	}
	return nil
}

// row returns the name under which a package stands in the table: itself, its
// kind, or that of its nearest parent; "" if none does.
func (r rules) row(pkg string) string {
	for {
		if slices.Contains(r.order, pkg) {
			return pkg
		}
		parent, _, nested := cutLast(pkg)
		if !nested {
			return ""
		}
		if kind := parent + "/*"; slices.Contains(r.order, kind) {
			return kind
		}
		pkg = parent
	}
}

func cutLast(pkg string) (parent, name string, nested bool) {
	i := strings.LastIndexByte(pkg, '/')
	if i < 0 {
		return "", pkg, false
	}
	return pkg[:i], pkg[i+1:], true
}

// may reports whether the one package may import the other.
func (r rules) may(importer, imported string) bool {
	allowed := r.allowed[r.row(importer)]
	return slices.Contains(allowed, everything) || r.row(imported) != "" && slices.Contains(allowed, r.row(imported))
}

// pkg is what go list says of a package.
type pkg struct {
	ImportPath                         string
	Imports, TestImports, XTestImports []string
}

// name is the package's name in the table.
func (p pkg) name() string {
	if p.ImportPath == module {
		return "main"
	}
	return strings.TrimPrefix(p.ImportPath, module+"/")
}

func packages(t *testing.T) []pkg {
	t.Helper()
	var out []pkg
	// For each system: a file may be of one only.
	for _, system := range []string{"linux", "darwin", "windows"} {
		list := exec.CommandContext(t.Context(), "go", "list", "-e", "-json=ImportPath,Imports,TestImports,XTestImports", "./...")
		list.Env = append(os.Environ(), "GOOS="+system, "CGO_ENABLED=0")
		var stderr bytes.Buffer
		list.Stderr = &stderr
		data, err := list.Output()
		if err != nil {
			t.Fatalf("go list: %v\n%s", err, stderr.String())
		}
		for dec := json.NewDecoder(bytes.NewReader(data)); ; {
			var p pkg
			err := dec.Decode(&p)
			if errors.Is(err, io.EOF) {
				break
			}
			if err != nil {
				t.Fatal(err)
			}
			out = append(out, p)
		}
	}
	if len(out) < 30 {
		t.Fatalf("go list found %d packages", len(out))
	}
	return out
}

func table(t *testing.T) rules {
	t.Helper()
	doc, err := os.ReadFile("docs/ARCHITECTURE.md")
	if err != nil {
		t.Fatal(err)
	}
	r, err := parseRules(string(doc))
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func TestImportsFollowTheTable(t *testing.T) {
	t.Parallel()
	r := table(t)
	for _, p := range packages(t) {
		if r.row(p.name()) == "" {
			t.Errorf("%s is not in the table of docs/ARCHITECTURE.md", p.ImportPath)
			continue
		}
		for _, imported := range p.Imports {
			if other, ours := strings.CutPrefix(imported, module+"/"); ours && !r.may(p.name(), other) {
				t.Errorf("%s imports %s, which the table of docs/ARCHITECTURE.md does not allow", p.name(), other)
			}
		}
	}
}

// A third party is known in one place.
func TestThirdPartiesStayInTheirPlace(t *testing.T) {
	t.Parallel()
	places := map[string][]string{
		"github.com/bep/imagemeta":         {"photo"},
		"github.com/boombuler/barcode":     {"digest/picture"},
		"github.com/corona10/goimagehash":  {"photo"},
		"github.com/kellydunn/golang-geo":  {"geo"},
		"github.com/larksuite/oapi-sdk-go": {"bot/feishu", "sandbox/feishu"},
		"github.com/silenceper/wechat":     {"bot/wecom"},
		"go.mongodb.org/mongo-driver":      {"storage/mongo"},
		"golang.org/x/image/font":          {"typeface"},
		"modernc.org/sqlite":               {"storage/sqlite"},
		module + "/storage/":               {"main", "storage/storagetest/fresh"},
	}
	// The emulator is tested with the SDK that talks to it in production.
	inTests := map[string][]string{"github.com/silenceper/wechat": {"bot/wecom", "sandbox/wecom"}}
	for _, p := range packages(t) {
		for third, in := range places {
			uses := func(imports []string) bool {
				return slices.ContainsFunc(imports, func(i string) bool { return strings.HasPrefix(i, third) })
			}
			if uses(p.Imports) && !slices.Contains(in, p.name()) {
				t.Errorf("%s imports %s; only %s may", p.name(), third, strings.Join(in, " and "))
			}
			if only, ok := inTests[third]; ok && uses(append(p.TestImports, p.XTestImports...)) && !slices.Contains(only, p.name()) {
				t.Errorf("tests of %s import %s; only those of %s may", p.name(), third, strings.Join(only, " and "))
			}
		}
	}
}

// Time is a value passed in: nothing in the domain and in storage reads the clock.
func TestDomainAndStorageReadNoClock(t *testing.T) {
	t.Parallel()
	clocks := []string{"Now", "Since", "Until", "After", "Tick", "Sleep"}
	files := 0
	for _, dir := range []string{"visit", "storage"} {
		err := filepath.WalkDir(dir, func(path string, e fs.DirEntry, err error) error {
			if err != nil || !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go") {
				return err
			}
			files++
			set := token.NewFileSet()
			file, err := parser.ParseFile(set, path, nil, parser.SkipObjectResolution)
			if err != nil {
				return err
			}
			ast.Inspect(file, func(n ast.Node) bool {
				if s, ok := n.(*ast.SelectorExpr); ok {
					if x, ok := s.X.(*ast.Ident); ok && x.Name == "time" && slices.Contains(clocks, s.Sel.Name) {
						t.Errorf("%s uses time.%s", set.Position(n.Pos()), s.Sel.Name)
					}
				}
				return true
			})
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	if files < 10 {
		t.Errorf("only %d files were read", files)
	}
}

func TestParseRules(t *testing.T) {
	t.Parallel()
	const head = "x\n## Who may import whom\n\n| package | may import |\n|---|---|\n"
	r, err := parseRules(head + "| `a`, `s/*` | nothing; `s/*`: `a` |\n| `s` | `a` |\n| `top` | all above except `s/*`; never each other |\n| `main` | everything |\n\n## Next\n\n| `no` | `a` |\n")
	if err != nil {
		t.Fatal(err)
	}
	want := map[string][]string{"s/*": {"a"}, "s": {"a"}, "top": {"a", "s"}, "main": {everything}, "a": nil}
	if diff := cmp.Diff(want, r.allowed); diff != "" {
		t.Errorf("rules (-want +got):\n%s", diff)
	}
	for _, c := range []struct {
		importer, imported string
		want               bool
	}{
		{"s/x", "a", true},
		{"s/x/deep", "a", true},
		{"s/x", "s", false},
		{"s/x", "s/y", false},
		{"a", "s", false},
		{"top", "s", true},
		{"top", "s/x", false},
		{"top/sub", "s", true},
		{"main", "s/x", true},
		{"unknown", "a", false},
		{"top", "unknown", false},
	} {
		if got := r.may(c.importer, c.imported); got != c.want {
			t.Errorf("may %s import %s: %v", c.importer, c.imported, got)
		}
	}
	for _, bad := range []string{
		"no table at all",
		"x\n## Who may import whom\nnothing here\n",
		head + "| a | nothing |\n",
		head + "| `a` | perhaps |\n",
		head + "| `a` | `b`: `c` |\n",
		head + "| `a` | `b` | `c` |\n",
	} {
		if _, err := parseRules(bad); err == nil {
			t.Errorf("%q was read", bad)
		}
	}
}
